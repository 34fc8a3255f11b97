"""Blobs named by their SHA-256, and which ones are still wanted from whom."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence

from protocol import limits


def put(db: sqlite3.Connection, data: bytes) -> bytes:
    """Store a blob; returns its SHA-256 (32 bytes). Storing it again changes nothing, and what was erased stays so."""
    digest = hashlib.sha256(data).digest()
    db.execute(
        "INSERT OR IGNORE INTO blobs (hash, data) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM erasures WHERE name = ?)",
        (digest, data, digest),
    )
    db.execute("DELETE FROM blob_wants WHERE hash = ?", (digest,))
    return digest


def get(db: sqlite3.Connection, digest: bytes) -> bytes | None:
    """The blob, None when it is not here. One that was damaged on the disk is not here either (L14)."""
    row = db.execute("SELECT data FROM blobs WHERE hash = ?", (digest,)).fetchone()
    return row[0] if row is not None and hashlib.sha256(row[0]).digest() == digest else None


def several(db: sqlite3.Connection, digests: Sequence[bytes], bytes_max: int) -> list[tuple[bytes, bytes | None]]:
    """(hash, blob) of the first ones, None for what is not here; at least one, and no more once they exceed a size."""
    found: list[tuple[bytes, bytes | None]] = []
    size = 0
    for digest in digests:
        data = get(db, digest)
        found.append((digest, data))
        size += len(data or b"")
        if size > bytes_max:
            break
    return found


def erase(db: sqlite3.Connection, digest: bytes) -> bool:
    """Delete a blob; tells whether it was here. Every proof stays valid without it."""
    db.execute("DELETE FROM blob_wants WHERE hash = ?", (digest,))
    return db.execute("DELETE FROM blobs WHERE hash = ?", (digest,)).rowcount > 0


def want(db: sqlite3.Connection, channel: int, rows: Sequence[tuple[bytes, int]]) -> None:
    """Ask the partner of a channel for (hash, size) blobs that are not here, whenever a session is open."""
    db.executemany(
        "INSERT OR IGNORE INTO blob_wants (hash, channel, size)"
        " SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM blobs WHERE hash = ?)"
        " AND NOT EXISTS (SELECT 1 FROM erasures WHERE name = ?)",
        [(digest, channel, size, digest, digest) for digest, size in rows],
    )


def wanted(db: sqlite3.Connection, channel: int, after: int, count_max: int) -> list[tuple[int, bytes, int]]:
    """(row id, hash, size) of blobs that the partner of the channel should send, beyond the row `after`, oldest first.

    One that a document calls larger than any blob may be is never asked for.
    """
    return db.execute(
        "SELECT id, hash, size FROM blob_wants WHERE channel = ? AND id > ? AND size <= ? ORDER BY id LIMIT ?",
        (channel, after, limits.BLOB_BYTES_MAX, count_max),
    ).fetchall()


def is_wanted(db: sqlite3.Connection, digest: bytes) -> bool:
    """Whether a blob is still to come from a partner."""
    return db.execute("SELECT 1 FROM blob_wants WHERE hash = ?", (digest,)).fetchone() is not None


def count_wanted(db: sqlite3.Connection, channel: int) -> int:
    """How many blobs the partner of the channel still has to send."""
    return int(db.execute("SELECT count(*) FROM blob_wants WHERE channel = ?", (channel,)).fetchone()[0])
