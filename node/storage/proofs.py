"""Receipts as proofs of time: which cosignature shows when a logbook's reader had what stands in it.

Each look-up reads one row of `receipts` and one of `heads`, however long the logbook is.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

SELECT = (
    "SELECT receipts.size, heads.root, receipts.cosignature, receipts.time_s FROM receipts"
    " JOIN heads ON heads.logbook = receipts.logbook AND heads.size = receipts.size WHERE receipts.logbook = ?"
)


@dataclass(frozen=True, slots=True)
class Proof:
    """A reader's cosignature (a signature line) over the head of `size` entries, and its time in unix seconds."""

    size: int
    root: bytes
    cosignature: str
    time_s: int


def first(db: sqlite3.Connection, logbook: int, size: int) -> Proof | None:
    """The first receipt over a head of at least `size` entries: since when the reader had them."""
    row = db.execute(f"{SELECT} AND receipts.size >= ? ORDER BY receipts.size LIMIT 1", (logbook, size)).fetchone()
    return None if row is None else Proof(*row)


def newest(db: sqlite3.Connection, logbook: int) -> Proof | None:
    """The newest receipt: when the reader was last there."""
    row = db.execute(f"{SELECT} ORDER BY receipts.size DESC LIMIT 1", (logbook,)).fetchone()
    return None if row is None else Proof(*row)


def covering(db: sqlite3.Connection, logbook: int, index: int) -> int | None:
    """The size of the first signed head over an entry, None while there is none."""
    row = db.execute("SELECT min(size) FROM heads WHERE logbook = ? AND size > ?", (logbook, index)).fetchone()
    return None if row[0] is None else int(row[0])
