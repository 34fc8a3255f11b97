"""What this node still has to do by itself: entries of partners that are folded, but not answered or passed on yet.

Put there in the transaction that folds the entry, taken away in the transaction that holds the answer: exactly once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """An entry of the partner of a channel, by index."""

    id: int
    channel: int
    position: int


def put(db: sqlite3.Connection, channel: int, positions: Sequence[int]) -> None:
    """Remember entries of the partner of a channel, by index."""
    db.executemany("INSERT INTO reactions (channel, position) VALUES (?, ?)", [(channel, at) for at in positions])


def first(db: sqlite3.Connection, beyond: int, count_max: int) -> list[Row]:
    """What waits longest, among rows beyond an id."""
    found = db.execute(
        "SELECT id, channel, position FROM reactions WHERE id > ? ORDER BY id LIMIT ?", (beyond, count_max)
    )
    return [Row(*row) for row in found]


def waits(db: sqlite3.Connection, id: int) -> bool:
    """Whether a row is still there."""
    return db.execute("SELECT 1 FROM reactions WHERE id = ?", (id,)).fetchone() is not None


def drop(db: sqlite3.Connection, id: int) -> None:
    """Take one away, as done or as impossible."""
    db.execute("DELETE FROM reactions WHERE id = ?", (id,))
