"""How suppliers stand behind the goods that this merchant sells on, and what of it somebody has taken note of."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

FIRST: Final = "offered"
"""As an article stands of which nothing was kept yet."""


class News(NamedTuple):
    """An article that stands otherwise than when somebody took note of it."""

    sku: str
    noted: str
    now: str
    at_ms: int


def begin(db: sqlite3.Connection, sku: str, state: str, now_ms: int) -> None:
    """Keep how an article stands, as something that is known."""
    db.execute("INSERT OR REPLACE INTO supplies VALUES (?, ?, ?, ?)", (sku, state, state, now_ms))


def change(db: sqlite3.Connection, sku: str, state: str, now_ms: int) -> None:
    """Keep how an article stands now; nothing where it stands as before."""
    db.execute(
        "INSERT INTO supplies SELECT ?, ?, ?, ? WHERE ? != ? OR EXISTS (SELECT 1 FROM supplies WHERE sku = ?)"
        " ON CONFLICT (sku) DO UPDATE SET now = excluded.now, at_ms = excluded.at_ms WHERE now != excluded.now",
        (sku, FIRST, state, now_ms, state, FIRST, sku),
    )


def news(db: sqlite3.Connection) -> list[News]:
    """What changed since it was taken note of, the newest first."""
    rows = db.execute("SELECT sku, noted, now, at_ms FROM supplies WHERE now != noted ORDER BY at_ms DESC, sku")
    return [News(*row) for row in rows]


def of(db: sqlite3.Connection, sku: str) -> News | None:
    """What changed of one article since it was taken note of."""
    row = db.execute("SELECT sku, noted, now, at_ms FROM supplies WHERE sku = ? AND now != noted", (sku,)).fetchone()
    return None if row is None else News(*row)


def note(db: sqlite3.Connection, sku: str | None) -> int:
    """Take note of how an article stands, or all; how many were news."""
    return db.execute("UPDATE supplies SET noted = now WHERE now != noted AND ? IN (sku, '')", (sku or "",)).rowcount
