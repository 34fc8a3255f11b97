"""Lists of orders for people: consumer orders as imported, and one row for each order thread.

The rows are derived from the logbooks and could be rebuilt at any time. `shop_orders.content` is personal data: it
never enters a logbook, and is emptied when it is no longer needed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from node.storage import searches


@dataclass(frozen=True, slots=True)
class ShopOrder:
    """A consumer order of one of the merchant's shops."""

    id: int
    source: str  # shop and order number: the same order is never taken twice
    shop: str
    number: str
    content: dict[str, Any]  # recipient and lines


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order thread in a list. `titles`: of its first line, by language. `minor`: what it costs with tax.

    `ships`: whether this merchant hands the goods over itself. `waybill`: of the newest parcel. `shop`, `shop_number`
    and `city` are of the consumer's order that it serves; all of these are empty where there is none.
    """

    thread: bytes
    channel: int
    buying: bool
    number: str
    state: str
    ts_ms: int
    line_count: int = 0
    quantity: int = 0
    minor: int = 0
    currency: str = ""
    sku: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    ships: bool = False
    waybill: str = ""
    shop: str = ""
    shop_number: str = ""
    city: str = ""


COLUMNS = (
    "thread, channel, buying, number, state, ts_ms, line_count, quantity, minor, currency, sku, titles, ships, waybill,"
    " shop, shop_number, city"
)
COLUMN_NAMES = COLUMNS.split(", ")
TAKEN_BACK = "\ntaken back "
"""Behind the source of an imported order that was taken back, and before its number."""


def add_shop_order(
    db: sqlite3.Connection, source: str, shop: str, number: str, content: Any, now_ms: int
) -> int | None:
    """Store an imported order, and let its consumer be found; None when it is already there."""
    cursor = db.execute(
        "INSERT OR IGNORE INTO shop_orders (source, shop, number, content, imported_ms) VALUES (?, ?, ?, ?, ?)",
        (source, shop, number, json.dumps(content, ensure_ascii=False), now_ms),
    )
    if not cursor.rowcount or cursor.lastrowid is None:
        return None
    enter_shop_order(db, ShopOrder(cursor.lastrowid, source, shop, number, content))
    return cursor.lastrowid


def enter_shop_order(db: sqlite3.Connection, order: ShopOrder) -> None:
    """Let an imported order be found: by its number, and by its consumer until that is erased."""
    key = order.id.to_bytes(8, "big")
    searches.put(db, searches.Findable("shop-order", key, searches.NO_CHANNEL, (order.number,), ()))
    recipient = order.content.get("recipient") or {}
    searches.put_consumer(db, order.id, recipient.get("name") or "", recipient.get("phone") or "")


def shop_orders_after(db: sqlite3.Connection, id: int, limit: int) -> list[ShopOrder]:
    """Imported orders, the oldest first, with a number beyond `id`."""
    rows = db.execute(
        "SELECT id, source, shop, number, content FROM shop_orders WHERE id > ? ORDER BY id LIMIT ?", (id, limit)
    )
    return [ShopOrder(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in rows]


def erase_consumer(db: sqlite3.Connection, id: int) -> None:
    """Forget who an imported order was for: the words that found it and the city in lists go with it (triggers)."""
    db.execute("UPDATE shop_orders SET content = json_remove(content, '$.recipient') WHERE id = ?", (id,))


def forget_city(db: sqlite3.Connection, thread: bytes) -> None:
    """Take the consumer's city out of the lists."""
    db.execute("UPDATE orders SET city = '' WHERE thread = ?", (thread,))


def shop_order(db: sqlite3.Connection, id: int) -> ShopOrder | None:
    """An imported order."""
    row = db.execute("SELECT id, source, shop, number, content FROM shop_orders WHERE id = ?", (id,)).fetchone()
    return None if row is None else ShopOrder(row[0], row[1], row[2], row[3], json.loads(row[4]))


def shop_orders_numbered(db: sqlite3.Connection, number: str) -> list[ShopOrder]:
    """Imported orders with this number, in any shop."""
    rows = db.execute("SELECT id, source, shop, number, content FROM shop_orders WHERE number = ?", (number,))
    return [ShopOrder(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in rows]


def shop_orders_of_phone(db: sqlite3.Connection, digits: str) -> list[ShopOrder]:
    """Imported orders whose consumer has a telephone number that ends with these digits."""
    word = "#" + digits[::-1]
    rows = db.execute(
        "SELECT id, source, shop, number, content FROM shop_orders WHERE id IN"
        " (SELECT shop_order FROM consumer_words WHERE word >= ? AND word < ?) ORDER BY id",
        (word, word + searches.BEYOND),
    )
    return [ShopOrder(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in rows]


def threads_serving(db: sqlite3.Connection, shop_order: int) -> list[bytes]:
    """The orders to suppliers that serve an imported order."""
    return [row[0] for row in db.execute("SELECT thread FROM fulfilments WHERE shop_order = ?", (shop_order,))]


def shop_order_from(db: sqlite3.Connection, source: str) -> ShopOrder | None:
    """The order with this source, if it was imported before and not taken back."""
    row = db.execute("SELECT id FROM shop_orders WHERE source = ?", (source,)).fetchone()
    return None if row is None else shop_order(db, row[0])


def take_back(db: sqlite3.Connection, id: int, now_ms: int) -> None:
    """Let an imported order be imported again: its source is free, and its number means the one that comes then."""
    db.execute(
        "UPDATE shop_orders SET source = source || ? || id, taken_back_ms = ? WHERE id = ?", (TAKEN_BACK, now_ms, id)
    )


def taken_back(db: sqlite3.Connection, source: str) -> list[int]:
    """The imported orders that had this source until they were taken back, the eldest first."""
    low = source + TAKEN_BACK
    rows = db.execute("SELECT id FROM shop_orders WHERE source > ? AND source < ? ORDER BY id", (low, low + ":"))
    return [row[0] for row in rows]


def is_taken_back(db: sqlite3.Connection, id: int) -> bool:
    """Whether an imported order was taken back."""
    row = db.execute("SELECT taken_back_ms IS NOT NULL FROM shop_orders WHERE id = ?", (id,)).fetchone()
    return bool(row and row[0])


def add_fulfilment(
    db: sqlite3.Connection, thread: bytes, channel: int, shop_order: int | None, parent: bytes | None
) -> None:
    """Remember for whom an order to a supplier was placed: a consumer order, or an order of a buyer."""
    db.execute("INSERT OR REPLACE INTO fulfilments VALUES (?, ?, ?, ?)", (thread, channel, shop_order, parent))
    if shop_order is not None:
        name_shops(db, "orders.thread = ?", thread)


def name_shops(db: sqlite3.Connection, which: str, value: object) -> None:
    """Let the rows of orders say which consumer's order they serve."""
    db.execute(
        "UPDATE orders SET shop = served.shop, shop_number = served.number,"
        " city = coalesce(json_extract(served.content, '$.recipient.city'), '')"
        " FROM fulfilments JOIN shop_orders AS served ON served.id = fulfilments.shop_order"
        f" WHERE fulfilments.thread = orders.thread AND {which}",
        (value,),
    )


def rename_fulfilment(db: sqlite3.Connection, old: bytes, new: bytes) -> None:
    """An order to a supplier was written again and has another hash now."""
    db.execute("UPDATE fulfilments SET thread = ? WHERE thread = ?", (new, old))
    name_shops(db, "orders.thread = ?", new)


def parent_of(db: sqlite3.Connection, thread: bytes) -> bytes | None:
    """The buyer's order that an order to a supplier serves."""
    row = db.execute("SELECT parent FROM fulfilments WHERE thread = ?", (thread,)).fetchone()
    return None if row is None else row[0]


def children_of(db: sqlite3.Connection, parent: bytes) -> list[tuple[bytes, int]]:
    """(thread, channel) of the orders to suppliers that serve a buyer's order."""
    return db.execute("SELECT thread, channel FROM fulfilments WHERE parent = ?", (parent,)).fetchall()


def shop_order_of(db: sqlite3.Connection, thread: bytes) -> int | None:
    """The consumer order that an order to a supplier serves."""
    row = db.execute("SELECT shop_order FROM fulfilments WHERE thread = ?", (thread,)).fetchone()
    return None if row is None else row[0]


def put_order(db: sqlite3.Connection, row: OrderRow) -> None:
    """Insert the row of an order thread, or refresh what changes in its life."""
    db.execute(
        f"INSERT INTO orders ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (thread) DO UPDATE SET state = excluded.state, quantity = excluded.quantity,"
        " minor = excluded.minor, waybill = excluded.waybill",
        (row.thread, row.channel, int(row.buying), row.number, row.state, row.ts_ms, row.line_count, row.quantity,
         row.minor, row.currency, row.sku, json.dumps(row.titles, ensure_ascii=False), int(row.ships), row.waybill,
         row.shop, row.shop_number, row.city),
    )  # fmt: skip


def refresh(db: sqlite3.Connection, thread: bytes, state: str, quantity: int, minor: int, waybill: str) -> bool:
    """Bring what changes in an order's life up to date; tells whether the order has a row."""
    changed = db.execute(
        "UPDATE orders SET state = ?, quantity = ?, minor = ?, waybill = ? WHERE thread = ?",
        (state, quantity, minor, waybill, thread),
    )
    return changed.rowcount > 0


def drop_channel(db: sqlite3.Connection, channel: int) -> None:
    """Forget the rows of a channel, to derive them anew."""
    db.execute("DELETE FROM orders WHERE channel = ?", (channel,))


def order(db: sqlite3.Connection, thread: bytes) -> OrderRow | None:
    """The row of an order thread."""
    row = db.execute(f"SELECT {COLUMNS} FROM orders WHERE thread = ?", (thread,)).fetchone()
    return None if row is None else of_row(row)


def listed_ms(db: sqlite3.Connection, thread: bytes) -> int | None:
    """Since when an order has its row."""
    row = db.execute("SELECT ts_ms FROM orders WHERE thread = ?", (thread,)).fetchone()
    return None if row is None else row[0]


def shop_number(db: sqlite3.Connection, thread: bytes | None) -> str | None:
    """What the own shop calls an order, where it has another number than the two partners use."""
    row = db.execute("SELECT shop_number FROM orders WHERE thread = ?", (thread,)).fetchone()
    return row[0] or None if row else None


def order_numbered(db: sqlite3.Connection, channel: int, number: str) -> OrderRow | None:
    """The order with this number that this node placed on a channel."""
    row = db.execute(
        f"SELECT {COLUMNS} FROM orders WHERE number = ? AND channel = ? AND buying = 1", (number, channel)
    ).fetchone()
    return None if row is None else of_row(row)


def of_row(columns: tuple[Any, ...]) -> OrderRow:
    """An `OrderRow` from a whole row."""
    row = dict(zip(COLUMN_NAMES, columns, strict=True))
    row["buying"], row["ships"] = bool(row["buying"]), bool(row["ships"])
    return OrderRow(**row | {"titles": json.loads(row["titles"])})


def find_orders(db: sqlite3.Connection, wanted: str) -> list[OrderRow]:
    """Orders by their number, by the number in the shop that they serve, or by the first characters of a hash.

    Of a hash, 8 characters are needed. A consumer's order may have been split into several.
    """
    rows = [of_row(row) for row in db.execute(f"SELECT {COLUMNS} FROM orders WHERE number = ?", (wanted,))]
    rows = rows or parts_of_shop_order(db, wanted)
    if rows or len(wanted) < 8 or any(letter not in "0123456789abcdef" for letter in wanted):
        return rows
    low = bytes.fromhex(wanted[: len(wanted) // 2 * 2])
    select = f"SELECT {COLUMNS} FROM orders WHERE thread >= ? AND thread < ? LIMIT 16"
    found = db.execute(select, (low, low + b"\xff" * 32))
    return [of_row(row) for row in found if row[0].hex().startswith(wanted)]


def parts_of_shop_order(db: sqlite3.Connection, number: str) -> list[OrderRow]:
    """The orders to suppliers that serve consumer orders of this number; of some that were taken back, where it names
    no others."""
    rows = db.execute(
        f"SELECT {COLUMNS}, taken_back_ms FROM orders JOIN (SELECT fulfilments.thread AS served, taken_back_ms"
        " FROM shop_orders JOIN fulfilments ON fulfilments.shop_order = shop_orders.id WHERE shop_orders.number = ?)"
        " ON thread = served ORDER BY thread",
        (number,),
    ).fetchall()
    standing = [row for row in rows if row[-1] is None]
    return [of_row(row[:-1]) for row in standing or rows]


def in_turn(db: sqlite3.Connection, state: str) -> list[bytes]:
    """The threads of all orders that this merchant sells and that stand in a state, first come, first served."""
    rows = db.execute("SELECT thread FROM orders WHERE state = ? AND buying = 0 ORDER BY ts_ms, thread", (state,))
    return [row[0] for row in rows]


def conditions(state: str | None, buying: bool | None, channel: int | None) -> tuple[list[str], list[Any]]:
    """Clauses of a WHERE and their values."""
    wanted = {"state": state, "buying": None if buying is None else int(buying), "channel": channel}
    given = {column: value for column, value in wanted.items() if value is not None}
    return [f"{column} = ?" for column in given], list(given.values())


def orders(
    db: sqlite3.Connection,
    state: str | None,
    buying: bool | None,
    channel: int | None,
    limit: int,
    after: bytes = b"",
) -> list[OrderRow]:
    """Order rows by thread, paged by key: at most `limit` with a thread beyond `after`."""
    clauses, values = conditions(state, buying, channel)
    clauses, values = ["thread > ?", *clauses], [after, *values]
    select = f"SELECT {COLUMNS} FROM orders WHERE {' AND '.join(clauses)} ORDER BY thread LIMIT ?"
    rows = db.execute(select, (*values, limit))
    return [of_row(row) for row in rows]
