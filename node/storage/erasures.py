"""What was erased of consumers: it is never asked for again, and never kept when it comes by itself. And which orders
are at an end, and since when, whose consumers may be erased as well (the triggers of the schema keep the list).
"""

from __future__ import annotations

import sqlite3


def note(db: sqlite3.Connection, name: bytes, now_ms: int) -> None:
    """Remember that a sealed address (its SHA-256), or the consumer of an order (its thread), was erased."""
    db.execute("INSERT OR IGNORE INTO erasures (name, at_ms) VALUES (?, ?)", (name, now_ms))


def at_ms(db: sqlite3.Connection, name: bytes) -> int | None:
    """When it was erased; None where it was not."""
    row = db.execute("SELECT at_ms FROM erasures WHERE name = ?", (name,)).fetchone()
    return None if row is None else int(row[0])


def stamp(db: sqlite3.Connection, now_ms: int, limit: int) -> int:
    """Say of orders that came to an end since the last look that it is now; how many there were, `limit` at most."""
    return db.execute(
        "UPDATE retained SET since_ms = ? WHERE thread IN (SELECT thread FROM retained WHERE since_ms IS NULL LIMIT ?)",
        (now_ms, limit),
    ).rowcount


def due(db: sqlite3.Connection, until_ms: int, limit: int) -> list[bytes]:
    """The threads of orders that are at an end since this moment or longer, the eldest first."""
    rows = db.execute("SELECT thread FROM retained WHERE since_ms <= ? ORDER BY since_ms LIMIT ?", (until_ms, limit))
    return [row[0] for row in rows]


def since_ms(db: sqlite3.Connection, thread: bytes) -> int | None:
    """Since when an order is at an end; None for one that is not, or whose consumer is erased."""
    row = db.execute("SELECT since_ms FROM retained WHERE thread = ?", (thread,)).fetchone()
    return None if row is None else row[0]


def postpone(db: sqlite3.Connection, thread: bytes, until_ms: int) -> None:
    """Let an order count as if it were at an end since this moment: something that belongs to it is not."""
    db.execute("UPDATE retained SET since_ms = ? WHERE thread = ?", (until_ms, thread))


def release(db: sqlite3.Connection, thread: bytes) -> None:
    """Nothing is kept of an order's consumer any more."""
    db.execute("DELETE FROM retained WHERE thread = ?", (thread,))
