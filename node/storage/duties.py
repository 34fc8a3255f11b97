"""What waits for this merchant: one row for each thread and thing to do, and none for what is done.

The rows follow the folds in their transactions (`trade.duties`), and the counts follow the rows by triggers of the
schema. What is most urgent comes first: what has to be done by the earliest time, and of what has the same or none,
what has waited for the longest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

NEVER: Final = (1 << 53) - 1
"""The time of what has none, so that it comes after everything that has one."""


class Place(NamedTuple):
    """Where a thread stands among those that want the same, whether it is still there or not."""

    due_ms: int
    ts_ms: int
    key: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """A thread in which something is to be done, and since when."""

    duty: str
    ts_ms: int
    key: bytes
    channel: int


def replace(db: sqlite3.Connection, key: bytes, channel: int, wanted: Mapping[str, int], now_ms: int) -> None:
    """What is to be done in a thread from now on, and by when (unix milliseconds, or `NEVER`); what stays keeps the
    time since when."""
    known = dict(db.execute("SELECT duty, due_ms FROM duties WHERE key = ? AND channel = ?", (key, channel)).fetchall())
    for duty, due_ms in known.items():
        if duty not in wanted:
            db.execute("DELETE FROM duties WHERE key = ? AND channel = ? AND duty = ?", (key, channel, duty))
        elif wanted[duty] != due_ms:
            again = (wanted[duty], key, channel, duty)
            db.execute("UPDATE duties SET due_ms = ? WHERE key = ? AND channel = ? AND duty = ?", again)
    rows = [(duty, now_ms, key, channel, due_ms) for duty, due_ms in wanted.items() if duty not in known]
    db.executemany("INSERT INTO duties (duty, ts_ms, key, channel, due_ms) VALUES (?, ?, ?, ?, ?)", rows)


def drop_channel(db: sqlite3.Connection, channel: int) -> None:
    """Forget the rows of a channel, to derive them anew."""
    db.execute("DELETE FROM duties WHERE channel = ?", (channel,))


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """How many threads wait, by what is to be done."""
    return dict(db.execute("SELECT duty, count FROM duty_counts WHERE count > 0").fetchall())


def first(db: sqlite3.Connection, duty: str, limit: int) -> list[Row]:
    """Those that wait for the longest time."""
    rows = db.execute(
        "SELECT duty, ts_ms, key, channel FROM duties WHERE duty = ? ORDER BY due_ms, ts_ms, key LIMIT ?",
        (duty, limit),
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
