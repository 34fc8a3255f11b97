"""What was erased of consumers on request: it is never asked for again, and never kept when it comes by itself."""

from __future__ import annotations

import sqlite3


def note(db: sqlite3.Connection, name: bytes, now_ms: int) -> None:
    """Remember that a sealed address (its SHA-256), or the consumer of an order (its thread), was erased."""
    db.execute("INSERT OR IGNORE INTO erasures (name, at_ms) VALUES (?, ?)", (name, now_ms))


def at_ms(db: sqlite3.Connection, name: bytes) -> int | None:
    """When it was erased; None where it was not."""
    row = db.execute("SELECT at_ms FROM erasures WHERE name = ?", (name,)).fetchone()
    return None if row is None else int(row[0])
