"""Lists of orders for people: consumer orders as imported, and one row for each order thread.

The rows are derived from the logbooks and could be rebuilt at any time. `shop_orders.content` is personal data: it
never enters a logbook, and is emptied when it is no longer needed.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any


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
    """One order thread in a list."""

    thread: bytes
    channel: int
    buying: bool
    number: str
    state: str
    ts_ms: int


def add_shop_order(
    db: sqlite3.Connection, source: str, shop: str, number: str, content: Any, now_ms: int
) -> int | None:
    """Store an imported order; None when it is already there."""
    cursor = db.execute(
        "INSERT OR IGNORE INTO shop_orders (source, shop, number, content, imported_ms) VALUES (?, ?, ?, ?, ?)",
        (source, shop, number, json.dumps(content, ensure_ascii=False), now_ms),
    )
    return cursor.lastrowid if cursor.rowcount else None


def shop_order(db: sqlite3.Connection, id: int) -> ShopOrder | None:
    """An imported order."""
    row = db.execute("SELECT id, source, shop, number, content FROM shop_orders WHERE id = ?", (id,)).fetchone()
    return None if row is None else ShopOrder(row[0], row[1], row[2], row[3], json.loads(row[4]))


def shop_orders_numbered(db: sqlite3.Connection, number: str) -> list[ShopOrder]:
    """Imported orders with this number, in any shop."""
    rows = db.execute("SELECT id, source, shop, number, content FROM shop_orders WHERE number = ?", (number,))
    return [ShopOrder(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in rows]


def shop_order_from(db: sqlite3.Connection, source: str) -> ShopOrder | None:
    """The order with this source, if it was imported before."""
    row = db.execute("SELECT id FROM shop_orders WHERE source = ?", (source,)).fetchone()
    return None if row is None else shop_order(db, row[0])


def add_fulfilment(
    db: sqlite3.Connection, thread: bytes, channel: int, shop_order: int | None, parent: bytes | None
) -> None:
    """Remember for whom an order to a supplier was placed: a consumer order, or an order of a buyer."""
    db.execute("INSERT OR REPLACE INTO fulfilments VALUES (?, ?, ?, ?)", (thread, channel, shop_order, parent))


def rename_fulfilment(db: sqlite3.Connection, old: bytes, new: bytes) -> None:
    """An order to a supplier was written again and has another hash now."""
    db.execute("UPDATE fulfilments SET thread = ? WHERE thread = ?", (new, old))


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
    """Insert or refresh the row of an order thread."""
    db.execute(
        "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (thread) DO UPDATE SET state = excluded.state",
        (row.thread, row.channel, int(row.buying), row.number, row.state, row.ts_ms),
    )


def drop_channel(db: sqlite3.Connection, channel: int) -> None:
    """Forget the rows of a channel, to derive them anew."""
    db.execute("DELETE FROM orders WHERE channel = ?", (channel,))


def order(db: sqlite3.Connection, thread: bytes) -> OrderRow | None:
    """The row of an order thread."""
    row = db.execute("SELECT * FROM orders WHERE thread = ?", (thread,)).fetchone()
    return None if row is None else of_row(row)


def order_numbered(db: sqlite3.Connection, channel: int, number: str) -> OrderRow | None:
    """The order with this number that this node placed on a channel."""
    row = db.execute(
        "SELECT * FROM orders WHERE number = ? AND channel = ? AND buying = 1", (number, channel)
    ).fetchone()
    return None if row is None else of_row(row)


def of_row(row: tuple[Any, ...]) -> OrderRow:
    """An `OrderRow` from a whole row."""
    thread, channel, buying, number, state, ts_ms = row
    return OrderRow(thread, channel, bool(buying), number, state, ts_ms)


def find_orders(db: sqlite3.Connection, wanted: str) -> list[OrderRow]:
    """Orders by their number, by the number in the shop that they serve, or by the first characters of a hash.

    Of a hash, 8 characters are needed. A consumer's order may have been split into several.
    """
    rows = [of_row(row) for row in db.execute("SELECT * FROM orders WHERE number = ?", (wanted,))]
    rows = rows or parts_of_shop_order(db, wanted)
    if rows or len(wanted) < 8 or any(letter not in "0123456789abcdef" for letter in wanted):
        return rows
    low = bytes.fromhex(wanted[: len(wanted) // 2 * 2])
    found = db.execute("SELECT * FROM orders WHERE thread >= ? AND thread < ? LIMIT 16", (low, low + b"\xff" * 32))
    return [of_row(row) for row in found if row[0].hex().startswith(wanted)]


def parts_of_shop_order(db: sqlite3.Connection, number: str) -> list[OrderRow]:
    """The orders to suppliers that serve consumer orders of this number."""
    rows = db.execute(
        "SELECT orders.* FROM shop_orders JOIN fulfilments ON fulfilments.shop_order = shop_orders.id"
        " JOIN orders ON orders.thread = fulfilments.thread WHERE shop_orders.number = ? ORDER BY orders.thread",
        (number,),
    )
    return [of_row(row) for row in rows]


def shop_number_of(db: sqlite3.Connection, thread: bytes) -> str | None:
    """The number, in its shop, of the consumer order that an order to a supplier serves."""
    row = db.execute(
        "SELECT number FROM shop_orders JOIN fulfilments ON fulfilments.shop_order = shop_orders.id"
        " WHERE fulfilments.thread = ?",
        (thread,),
    ).fetchone()
    return None if row is None else row[0]


def page(
    db: sqlite3.Connection,
    state: str | None,
    buying: bool | None,
    channel: int | None,
    limit: int,
    after: bytes | None = None,
) -> list[OrderRow]:
    """Order rows, the newest first: at most `limit` of those that are older than the order `after`."""
    clauses, values = conditions(state, buying, channel)
    if after is not None:
        clauses.append("(ts_ms, thread) < (SELECT ts_ms, thread FROM orders WHERE thread = ?)")
        values.append(after)
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    rows = db.execute(f"SELECT * FROM orders {where} ORDER BY ts_ms DESC, thread DESC LIMIT ?", (*values, limit))
    return [of_row(row) for row in rows]


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
    rows = db.execute(f"SELECT * FROM orders WHERE {' AND '.join(clauses)} ORDER BY thread LIMIT ?", (*values, limit))
    return [of_row(row) for row in rows]


def count_by_state(db: sqlite3.Connection) -> dict[tuple[bool, str], int]:
    """How many orders stand in each state: (buying, state) -> count."""
    rows = db.execute("SELECT buying, state, count(*) FROM orders GROUP BY buying, state")
    return {(bool(buying), state): count for buying, state, count in rows}
