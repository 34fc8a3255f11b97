"""Orders whose price is shared with a third merchant, and of which it has not been told yet what they came to.

Put there in the transaction that folds what changed the order, taken away in the one that writes the report.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class Row(NamedTuple):
    """An order, by the hash of its first document, in a channel."""

    order: bytes
    channel: int


def put(db: sqlite3.Connection, order: bytes, channel: int) -> None:
    """Something changed what an order comes to."""
    db.execute("INSERT OR REPLACE INTO sharings (thread, channel, waits) VALUES (?, ?, 0)", (order, channel))


def due(db: sqlite3.Connection, count_max: int) -> list[Row]:
    """Some of those that nobody looked at since they changed."""
    found = db.execute("SELECT thread, channel FROM sharings WHERE waits = 0 ORDER BY thread LIMIT ?", (count_max,))
    return [Row(*row) for row in found]


def waiting(db: sqlite3.Connection) -> list[Row]:
    """Those that wait for an agreement with whoever is to be paid."""
    return [Row(*row) for row in db.execute("SELECT thread, channel FROM sharings WHERE waits ORDER BY thread")]


def wait(db: sqlite3.Connection, order: bytes) -> None:
    """No agreement lets it be passed on yet."""
    db.execute("UPDATE sharings SET waits = 1 WHERE thread = ?", (order,))


def wake(db: sqlite3.Connection) -> None:
    """An agreement is in force that may let some be passed on."""
    db.execute("UPDATE sharings SET waits = 0 WHERE waits")


def drop(db: sqlite3.Connection, order: bytes) -> None:
    """Everybody was told."""
    db.execute("DELETE FROM sharings WHERE thread = ?", (order,))
