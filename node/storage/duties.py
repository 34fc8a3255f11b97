"""What waits for this merchant: one row for each thread and thing to do, and none for what is done.

The rows follow the folds in their transactions (`trade.duties`), so that counting them costs what is open, and not what
ever was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A thread in which something is to be done, and since when."""

    duty: str
    ts_ms: int
    key: bytes
    channel: int


def replace(db: sqlite3.Connection, key: bytes, channel: int, duties: Iterable[str], now_ms: int) -> None:
    """What is to be done in a thread from now on; what stays keeps the time since when."""
    wanted = set(duties)
    known = {row[0] for row in db.execute("SELECT duty FROM duties WHERE key = ? AND channel = ?", (key, channel))}
    for duty in known - wanted:
        db.execute("DELETE FROM duties WHERE key = ? AND channel = ? AND duty = ?", (key, channel, duty))
    db.executemany("INSERT INTO duties VALUES (?, ?, ?, ?)", [(duty, now_ms, key, channel) for duty in wanted - known])


def drop_channel(db: sqlite3.Connection, channel: int) -> None:
    """Forget the rows of a channel, to derive them anew."""
    db.execute("DELETE FROM duties WHERE channel = ?", (channel,))


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """How many threads wait, by what is to be done."""
    return dict(db.execute("SELECT duty, count(*) FROM duties GROUP BY duty").fetchall())


def first(db: sqlite3.Connection, duty: str, limit: int) -> list[Row]:
    """Those that wait for the longest time."""
    rows = db.execute(
        "SELECT duty, ts_ms, key, channel FROM duties WHERE duty = ? ORDER BY ts_ms, key LIMIT ?", (duty, limit)
    )
    return [Row(*row) for row in rows]


def of_channel(db: sqlite3.Connection, channel: int) -> list[Row]:
    """Everything that is to be done in the threads of a channel."""
    rows = db.execute("SELECT duty, ts_ms, key, channel FROM duties WHERE channel = ? ORDER BY key, duty", (channel,))
    return [Row(*row) for row in rows]


def keys(db: sqlite3.Connection, channel: int, duty: str) -> list[bytes]:
    """The threads of a channel in which something is to be done."""
    rows = db.execute("SELECT key FROM duties WHERE channel = ? AND duty = ? ORDER BY key", (channel, duty))
    return [row[0] for row in rows]
