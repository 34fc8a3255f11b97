"""Figures for reports, in buckets of an hour or a day: kept as documents are folded, so a report adds up a few rows.

Amounts are minor units. What is of orders stands in the bucket in which the order came.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

HOUR_MS = 3_600_000
DAY_MS = 86_400_000
DAY = "(hour * 60 + :offset) / 1440"
"""Days since 1970 at an offset from UTC, in minutes."""


class Sale(NamedTuple):
    """What orders came to: `minor` and `units` of what was not called off, and units of which a cancel came in time
    (`stopped`) or did not (`late`)."""

    orders: int
    minor: int
    units: int
    stopped: int
    late: int


class Departure(NamedTuple):
    """Parcels: how many, of them with a promised time, of those late, and the seconds since their orders came."""

    parcels: int
    promised: int
    late: int
    seconds: int


def add_sale(db: sqlite3.Connection, channel: int, selling: bool, currency: str, at_ms: int, sale: Sale) -> None:
    """Add to a bucket; figures may be negative."""
    db.execute(
        "INSERT INTO sales VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " orders = orders + excluded.orders, minor = minor + excluded.minor,"
        " units = units + excluded.units, stopped = stopped + excluded.stopped,"
        " late = late + excluded.late",
        (channel, selling, currency, at_ms // HOUR_MS, *sale),
    )


def add_article(
    db: sqlite3.Connection, channel: int, selling: bool, sku: str, at_ms: int, shipped: int, returned: int
) -> None:
    """Add units of an article."""
    db.execute(
        "INSERT INTO article_sales VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " shipped = shipped + excluded.shipped, returned = returned + excluded.returned",
        (channel, selling, sku, at_ms // DAY_MS, shipped, returned),
    )


def add_departure(db: sqlite3.Connection, channel: int, selling: bool, at_ms: int, departure: Departure) -> None:
    """Add parcels."""
    db.execute(
        "INSERT INTO departures VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " parcels = parcels + excluded.parcels, promised = promised + excluded.promised, late = late + excluded.late,"
        " seconds = seconds + excluded.seconds",
        (channel, selling, at_ms // HOUR_MS, *departure),
    )


def note_balance(db: sqlite3.Connection, channel: int, currency: str, day: int, minor: int) -> None:
    """What the partner owes at the end of a day, as far as it is known."""
    db.execute(
        "INSERT INTO balances VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET minor = excluded.minor",
        (channel, currency, day, minor),
    )


def drop_channel(db: sqlite3.Connection, channel: int) -> None:
    """Forget what orders of a channel came to, to derive it anew. Balances of the past cannot be, and stay."""
    for table in ("sales", "article_sales", "departures"):
        db.execute(f"DELETE FROM {table} WHERE channel = ?", (channel,))


def sales(
    db: sqlite3.Connection, first: int, last: int, offset: int, selling: bool, channel: int | None
) -> list[tuple[int, int, str, Sale]]:
    """(day, channel, currency, figures) of the days `first` to `last` since 1970, at `offset` minutes from UTC."""
    rows = db.execute(
        f"SELECT {DAY}, channel, currency, sum(orders), sum(minor), sum(units), sum(stopped), sum(late) FROM sales"
        " WHERE hour >= :begin AND hour < :end AND selling = :selling AND channel = coalesce(:channel, channel)"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        span(first, last, offset) | {"selling": selling, "channel": channel},
    )
    return [(day, of, currency, Sale(*figures)) for day, of, currency, *figures in rows]


def departures(
    db: sqlite3.Connection, first: int, last: int, offset: int, selling: bool, channel: int | None
) -> list[tuple[int, int, Departure]]:
    """(day, channel, figures), as in `sales`."""
    rows = db.execute(
        f"SELECT {DAY}, channel, sum(parcels), sum(promised), sum(late), sum(seconds) FROM departures"
        " WHERE hour >= :begin AND hour < :end AND selling = :selling AND channel = coalesce(:channel, channel)"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        span(first, last, offset) | {"selling": selling, "channel": channel},
    )
    return [(day, of, Departure(*figures)) for day, of, *figures in rows]


def span(first: int, last: int, offset: int) -> dict[str, int]:
    """The hours that belong to some days."""
    return {"begin": (first * 1440 - offset) // 60, "end": ((last + 1) * 1440 - offset) // 60, "offset": offset}


def articles(
    db: sqlite3.Connection, first: int, last: int, selling: bool, channel: int | None, limit: int
) -> list[tuple[str, int, int, int]]:
    """(sku, channel, shipped, returned) of orders of some days in UTC, what came back most first."""
    rows = db.execute(
        "SELECT sku, channel, sum(shipped), sum(returned) FROM article_sales WHERE day BETWEEN ? AND ? AND selling = ?"
        " AND channel = coalesce(?, channel) GROUP BY 1, 2 HAVING sum(shipped) > 0"
        " ORDER BY 4 DESC, 3 DESC, 1 LIMIT ?",
        (first, last, selling, channel, limit),
    )
    return rows.fetchall()


def balances(db: sqlite3.Connection, first: int, last: int, channel: int | None) -> list[tuple[int, str, int, int]]:
    """(channel, currency, day, minor units that the partner owes): the last before `first`, and each up to `last`."""
    rows = db.execute(
        "SELECT channel, currency, day, minor FROM balances WHERE day BETWEEN :first AND :last"
        " AND channel = coalesce(:channel, channel)"
        " UNION ALL SELECT channel, currency, max(day), minor FROM balances WHERE day < :first"
        " AND channel = coalesce(:channel, channel) GROUP BY channel, currency ORDER BY 1, 2, 3",
        {"first": first, "last": last, "channel": channel},
    )
    return rows.fetchall()
