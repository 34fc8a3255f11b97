"""Pages of the list of orders, and how many there are of each state.

A page is read from an index that begins with what is asked for and ends with the time, once for each state and side:
so it costs what it shows, however many orders there are. The counts are kept by triggers of the schema.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from node.storage import duties, orderbooks, searches


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list shows: orders in one of `states`, and of everything else that is given.

    `since_ms`, `until_ms`: unix milliseconds, the end not included. `text`: what `searches.find` finds for it, among
    the newest `searches.WITHIN_MAX`.
    """

    states: tuple[str, ...]
    buying: bool | None = None
    channel: int | None = None
    shop: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    text: str = ""
    duty: str = ""  # only those in which this is to be done, see `queue`


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, the newest first, or of a duty the most urgent; whether there are more before them and behind them.

    `places`: of a duty, where each row stands.
    """

    rows: list[orderbooks.OrderRow]
    newer: bool
    older: bool
    places: Sequence[duties.Place] = ()


def page(
    db: sqlite3.Connection, wanted: Filter, limit: int, after: bytes | None = None, before: bytes | None = None
) -> Page:
    """At most `limit` rows: the newest, or those that are older than the order `after`, or newer than `before`."""
    newest_first = before is None
    edge = after if newest_first else before
    order = "ts_ms DESC, thread DESC" if newest_first else "ts_ms, thread"
    clauses, values = residues(wanted, edge, newest_first)
    parts: list[str] = []
    given: list[object] = []
    for prefix, of_prefix in [among(db, wanted)] if wanted.text else prefixes(wanted):
        where = " AND ".join([*prefix, *clauses])
        parts.append(
            f"SELECT * FROM (SELECT {orderbooks.COLUMNS} FROM orders WHERE {where} ORDER BY {order} LIMIT {limit + 1})"
        )
        given += [*of_prefix, *values]
    found = db.execute(f"{' UNION ALL '.join(parts)} ORDER BY {order} LIMIT {limit + 1}", given)
    rows = [orderbooks.of_row(row) for row in found]
    more, rows = len(rows) > limit, rows[:limit]
    if newest_first:
        return Page(rows, newer=after is not None, older=more)
    return Page(rows[::-1], newer=more, older=True)


def queue(
    db: sqlite3.Connection,
    wanted: Filter,
    limit: int,
    after: duties.Place | None = None,
    before: duties.Place | None = None,
) -> Page:
    """At most `limit` rows in which a duty waits: the most urgent, or those behind the place `after`, or those in front
    of `before`. A place stays one when what stood there is done. Read are the rows that are shown, and what the other
    filters pass over in between."""
    edge = after or before
    sign, turn = ("<", " DESC") if before else (">", "")
    order = f"due_ms{turn}, waits_ms{turn}, key{turn}"
    beyond = f" AND (due_ms, ts_ms, key) {sign} (?, ?, ?)" if edge else ""
    which, values = among(db, wanted) if wanted.text else chosen(wanted)
    times, moments = residues(wanted, None, newest_first=True)
    # CROSS: the duties lead, in the order of their index
    found = db.execute(
        f"SELECT due_ms, waits_ms, {orderbooks.COLUMNS} FROM"
        f" (SELECT due_ms, ts_ms AS waits_ms, key FROM duties WHERE duty = ?{beyond})"
        f" CROSS JOIN orders ON thread = key WHERE {' AND '.join([*which, *times])} ORDER BY {order} LIMIT {limit + 1}",
        (wanted.duty, *(edge or ()), *values, *moments),
    ).fetchall()
    more, found = len(found) > limit, found[:limit][:: -1 if before else 1]
    rows = [orderbooks.of_row(columns[2:]) for columns in found]
    places = [duties.Place(columns[0], columns[1], row.thread) for columns, row in zip(found, rows, strict=True)]
    if before:
        return Page(rows, newer=more, older=True, places=places)
    return Page(rows, newer=after is not None, older=more, places=places)


def prefixes(wanted: Filter) -> Iterator[tuple[list[str], list[object]]]:
    """The beginnings of an index, one for each state and side: clauses and their values."""
    sides = (0, 1) if wanted.buying is None else (int(wanted.buying),)
    sides = (1,) if wanted.shop is not None and wanted.buying is None else sides  # a shop's orders are bought
    for side, state in itertools.product(sides, wanted.states):
        clauses: list[str] = ["buying = ?", "state = ?"]
        values: list[object] = [side, state]
        if wanted.channel is not None:
            clauses, values = ["channel = ?", *clauses], [wanted.channel, *values]
        if wanted.shop is not None:
            shop = ["shop = ?", "shop != ''"]  # the second clause lets the index be used that holds no empty ones
            clauses, values = [*shop, *("+" + clause for clause in clauses[:-1]), "state = ?"], [wanted.shop, *values]
        yield clauses, values


def among(db: sqlite3.Connection, wanted: Filter) -> tuple[list[str], list[object]]:
    """The same for what a text finds."""
    threads = containing(db, wanted.text)
    clauses, values = chosen(wanted)
    return [f"thread IN ({', '.join('?' * len(threads))})", *clauses], [*threads, *values]


def chosen(wanted: Filter) -> tuple[list[str], list[object]]:
    """The clauses about everything but text and time. The plus signs keep any other index from being read."""
    clauses = [f"+state IN ({', '.join('?' * len(wanted.states))})"]
    values: list[object] = [*wanted.states]
    for column, value in (("buying", wanted.buying), ("channel", wanted.channel), ("shop", wanted.shop)):
        if value is not None:
            clauses.append(f"+{column} = ?")
            values.append(value)
    return clauses, values


def residues(wanted: Filter, edge: bytes | None, newest_first: bool) -> tuple[list[str], list[object]]:
    """The clauses about time: beyond the edge of another page, and within what is asked for."""
    clauses: list[str] = []
    values: list[object] = []
    if edge is not None:
        sign = "<" if newest_first else ">"
        clauses.append(f"(ts_ms, thread) {sign} (SELECT ts_ms, thread FROM orders WHERE thread = ?)")
        values.append(edge)
    for clause, moment in (("ts_ms >= ?", wanted.since_ms), ("ts_ms < ?", wanted.until_ms)):
        if moment is not None:
            clauses.append(clause)
            values.append(moment)
    return clauses, values


def containing(db: sqlite3.Connection, text: str) -> list[bytes]:
    """The orders that a text finds, by themselves or by the consumer's order that they serve."""
    found = searches.find(db, text, searches.WITHIN_MAX, "order")
    threads = {match.key for match in found if match.kind == "order"}
    served = [int.from_bytes(match.key, "big") for match in found if match.kind == "shop-order"]
    return sorted(threads.union(serving(db, served)))


def serving(db: sqlite3.Connection, shop_orders: Sequence[int]) -> list[bytes]:
    """The orders to suppliers that serve imported orders."""
    marks = ", ".join("?" * len(shop_orders))
    rows = db.execute(f"SELECT thread FROM fulfilments WHERE shop_order IN ({marks}) ORDER BY thread", shop_orders)
    return [row[0] for row in rows]


def counts(
    db: sqlite3.Connection, buying: bool | None = None, channel: int | None = None, shop: str | None = None
) -> dict[tuple[bool, str], int]:
    """How many orders stand where: (buying, state) -> count; states in which there are none are left out."""
    given = {"buying": buying, "channel": channel, "shop": shop}
    named = {name: value for name, value in given.items() if value is not None}
    where = " AND ".join([f"{name} = ?" for name in named] or ["1"])
    rows = db.execute(
        f"SELECT buying, state, sum(count) FROM order_counts WHERE {where} GROUP BY 1, 2", list(named.values())
    )
    return {(bool(side), state): count for side, state, count in rows if count}


def shops(db: sqlite3.Connection) -> list[str]:
    """The shops whose orders are placed with suppliers."""
    return [row[0] for row in db.execute("SELECT DISTINCT shop FROM order_counts WHERE shop != '' ORDER BY shop")]


def shipped_here(db: sqlite3.Connection, limit: int) -> list[orderbooks.OrderRow]:
    """The newest orders that this merchant sells and hands over itself."""
    rows = db.execute(
        f"SELECT {orderbooks.COLUMNS} FROM orders WHERE buying = 0 AND ships = 1 ORDER BY ts_ms DESC LIMIT ?", (limit,)
    )
    return [orderbooks.of_row(row) for row in rows]
