"""What an audit export reads of a logbook, in the order in which it is written out, a row at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator


def signed_heads(db: sqlite3.Connection, logbook: int, end: int) -> Iterator[tuple[int, str, str]]:
    """(size, checkpoint note, cosignature line) of every signed head below size `end`; no cosignature: empty text."""
    return db.execute(
        "SELECT heads.size, heads.checkpoint, coalesce(receipts.cosignature, '') FROM heads"
        " LEFT JOIN receipts ON receipts.logbook = heads.logbook AND receipts.size = heads.size"
        " WHERE heads.logbook = ? AND heads.size < ? ORDER BY heads.size",
        (logbook, end),
    )


def pairing_notes(db: sqlite3.Connection, logbook: int, size_max: int) -> Iterator[str]:
    """The pairing notes of every receipted head up to a size, by size."""
    rows = db.execute("SELECT pair FROM receipts WHERE logbook = ? AND size <= ? ORDER BY size", (logbook, size_max))
    return (row[0] for row in rows)


def receipted_sizes(db: sqlite3.Connection, logbook: int) -> Iterator[int]:
    """The sizes of the heads that are both signed and receipted, largest first."""
    rows = db.execute(
        "SELECT receipts.size FROM receipts JOIN heads"
        " ON heads.logbook = receipts.logbook AND heads.size = receipts.size"
        " WHERE receipts.logbook = ? ORDER BY receipts.size DESC",
        (logbook,),
    )
    return (row[0] for row in rows)


def leaves(db: sqlite3.Connection, prefix: str, count_max: int = 2) -> list[bytes]:
    """The leaf hashes that begin with at least 8 hex digits. Reads through all logbooks."""
    if len(prefix) < 8 or any(digit not in "0123456789abcdef" for digit in prefix):
        return []
    low = bytes.fromhex(prefix[: len(prefix) // 2 * 2])
    rows = db.execute("SELECT DISTINCT leaf FROM entries WHERE leaf >= ? AND leaf < ?", (low, low + b"\xff" * 32))
    return [row[0] for row in rows if row[0].hex().startswith(prefix)][:count_max]


def place_of(db: sqlite3.Connection, leaf: bytes) -> tuple[str, int] | None:
    """(origin, index) of the entry with this leaf hash, None when there is none. Reads through all logbooks."""
    row = db.execute(
        "SELECT logbooks.origin, entries.position FROM entries JOIN logbooks ON logbooks.id = entries.logbook"
        " WHERE entries.leaf = ? ORDER BY logbooks.id LIMIT 1",
        (leaf,),
    ).fetchone()
    return None if row is None else (row[0], row[1])
