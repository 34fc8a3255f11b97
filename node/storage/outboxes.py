"""The outbox: entries that are written, judged and folded, and wait without index and signature.

Strictly first in, first out in each logbook: the hash of an entry is known to later ones before its index is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence


def put(db: sqlite3.Connection, logbook: int, rows: Sequence[tuple[bytes, bytes]]) -> None:
    """Add (leaf hash, entry bytes) rows at the end."""
    db.executemany(
        "INSERT INTO outbox (logbook, leaf, data) VALUES (?, ?, ?)", [(logbook, leaf, data) for leaf, data in rows]
    )


def waiting(db: sqlite3.Connection, logbook: int) -> int:
    """How many entries wait."""
    row = db.execute("SELECT count(*) FROM outbox WHERE logbook = ?", (logbook,)).fetchone()
    return int(row[0])


def waiting_up_to(db: sqlite3.Connection, logbook: int, count_max: int) -> int:
    """How many entries wait, counted no further than asked."""
    row = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE logbook = ? LIMIT ?)", (logbook, count_max)
    ).fetchone()
    return int(row[0])


def rows(db: sqlite3.Connection, logbook: int, count_max: int = -1) -> list[tuple[int, bytes, bytes]]:
    """(row id, leaf hash, entry bytes) of what waits, in the order of writing: the first so many, or everything."""
    found = db.execute("SELECT id, leaf, data FROM outbox WHERE logbook = ? ORDER BY id LIMIT ?", (logbook, count_max))
    return found.fetchall()


def clear(db: sqlite3.Connection, logbook: int, last_id: int) -> None:
    """Remove the rows up to `last_id`, now that they are sequenced."""
    db.execute("DELETE FROM outbox WHERE logbook = ? AND id <= ?", (logbook, last_id))


def total(db: sqlite3.Connection) -> int:
    """How many entries wait in all."""
    return int(db.execute("SELECT count(*) FROM outbox").fetchone()[0])
