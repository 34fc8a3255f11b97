"""What this node still has to do by itself: entries of partners that are folded, but not answered or passed on yet.

Put there in the transaction that folds the entry, taken away in the transaction that holds the answer: exactly once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence


def put(db: sqlite3.Connection, channel: int, positions: Sequence[int]) -> None:
    """Remember entries of the partner of a channel, by index."""
    db.executemany("INSERT INTO reactions (channel, position) VALUES (?, ?)", [(channel, at) for at in positions])


def first(db: sqlite3.Connection, count_max: int) -> list[tuple[int, int, int]]:
    """(row id, channel, index) of what waits longest."""
    return db.execute("SELECT id, channel, position FROM reactions ORDER BY id LIMIT ?", (count_max,)).fetchall()


def any_waits(db: sqlite3.Connection) -> bool:
    """Whether anything waits."""
    return db.execute("SELECT 1 FROM reactions LIMIT 1").fetchone() is not None


def drop(db: sqlite3.Connection, id: int) -> None:
    """This one is done."""
    db.execute("DELETE FROM reactions WHERE id = ?", (id,))


def drop_first(db: sqlite3.Connection) -> None:
    """The one that waits longest can never be done."""
    db.execute("DELETE FROM reactions WHERE id = (SELECT min(id) FROM reactions)")
