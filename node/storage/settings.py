"""Single values of a node, and answers to commands that were already carried out."""

from __future__ import annotations

import json
import sqlite3
from typing import Any


def get(db: sqlite3.Connection, key: str) -> bytes | None:
    """A stored value."""
    row = db.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
    return None if row is None else row[0]


def put(db: sqlite3.Connection, key: str, value: bytes) -> None:
    """Store or replace a value."""
    db.execute(
        "INSERT INTO settings VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
    )


def drop(db: sqlite3.Connection, key: str) -> None:
    """Forget a value."""
    db.execute("DELETE FROM settings WHERE key = ?", (key,))


def answered(db: sqlite3.Connection, key: str) -> Any | None:
    """The answer that a command with this idempotency key already got."""
    row = db.execute("SELECT result FROM commands WHERE key = ?", (key,)).fetchone()
    return None if row is None else json.loads(row[0])


def answer(db: sqlite3.Connection, key: str, result: Any) -> None:
    """Remember the answer, in the transaction of the effect."""
    db.execute("INSERT INTO commands VALUES (?, ?)", (key, json.dumps(result)))


def forget_answer(db: sqlite3.Connection, key: str) -> None:
    """Let a command be carried out again."""
    db.execute("DELETE FROM commands WHERE key = ?", (key,))


def rename_answers(db: sqlite3.Connection, old: str, new: str) -> None:
    """Name a document by its new hash (hex) in every answer that was given with its old one."""
    db.execute("UPDATE commands SET result = replace(result, ?, ?) WHERE instr(result, ?)", (old, new, old))
