"""Open sessions of the console, attempts to sign in that failed, and the keys of programs.

Of a token or key only its SHA-256 is stored: 256 random bits cannot be found from it, and a stolen copy of the
database opens nothing.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

SESSION_COLUMNS = "id, operator, whole, created_ms, seen_ms, address, browser, challenge"
KEY_COLUMNS = "id, label, role, maker, created_ms, used_ms, revoked_ms"


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that somebody signed in with. Not `whole`: the second factor is still to come, within minutes."""

    id: int
    operator: int
    whole: bool
    created_ms: int
    seen_ms: int
    address: str
    browser: str
    challenge: bytes | None


@dataclass(frozen=True, slots=True)
class ProgramKey:
    """A key with which a program asks this node, in a role."""

    id: int
    label: str
    role: str
    maker: str
    created_ms: int
    used_ms: int | None
    revoked_ms: int | None


def session_of_row(row: tuple[int, int, int, int, int, str, str, bytes | None]) -> Session:
    """A `Session` from a row of SESSION_COLUMNS."""
    id, operator, whole, created_ms, seen_ms, address, browser, challenge = row
    return Session(id, operator, bool(whole), created_ms, seen_ms, address, browser, challenge)


def open_session(
    db: sqlite3.Connection, hash: bytes, operator: int, whole: bool, address: str, browser: str, now_ms: int
) -> int:
    """A new session; its number."""
    cursor = db.execute(
        "INSERT INTO console_sessions (hash, operator, whole, created_ms, seen_ms, address, browser)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (hash, operator, whole, now_ms, now_ms, address, browser),
    )
    return int(cursor.lastrowid or 0)


def session(db: sqlite3.Connection, hash: bytes) -> Session | None:
    """The session with a token of this hash."""
    row = db.execute(f"SELECT {SESSION_COLUMNS} FROM console_sessions WHERE hash = ?", (hash,)).fetchone()
    return None if row is None else session_of_row(row)


def sessions(db: sqlite3.Connection, operator: int | None = None) -> list[Session]:
    """Whole sessions: of one operator, or all; the one seen last first."""
    rows = db.execute(
        f"SELECT {SESSION_COLUMNS} FROM console_sessions WHERE whole AND (? IS NULL OR operator = ?)"
        " ORDER BY seen_ms DESC, id DESC",
        (operator, operator),
    )
    return [session_of_row(row) for row in rows]


def see_session(db: sqlite3.Connection, id: int, now_ms: int, address: str) -> None:
    """A session was used just now."""
    db.execute("UPDATE console_sessions SET seen_ms = ?, address = ? WHERE id = ?", (now_ms, address, id))


def challenge_session(db: sqlite3.Connection, id: int, challenge: bytes | None) -> None:
    """What a passkey has to answer, or nothing any more."""
    db.execute("UPDATE console_sessions SET challenge = ? WHERE id = ?", (challenge, id))


def close_session(db: sqlite3.Connection, id: int) -> bool:
    """Close a session; whether it was open."""
    return db.execute("DELETE FROM console_sessions WHERE id = ?", (id,)).rowcount > 0


def close_sessions(db: sqlite3.Connection, operator: int, but: int | None = None) -> int:
    """Close every session of an operator, but one; how many."""
    return db.execute("DELETE FROM console_sessions WHERE operator = ? AND id IS NOT ?", (operator, but)).rowcount


def forget_sessions(db: sqlite3.Connection, seen_ms: int, created_ms: int, halves_ms: int) -> None:
    """Remove the sessions last seen or begun before these moments, and the halves begun before theirs."""
    db.execute(
        "DELETE FROM console_sessions WHERE seen_ms < ? OR created_ms < ? OR (NOT whole AND created_ms < ?)",
        (seen_ms, created_ms, halves_ms),
    )


# --- attempts that failed


def failures(db: sqlite3.Connection, account: bytes, place: str) -> tuple[int, int]:
    """How many attempts failed at an account from a place, and when the last one did."""
    row = db.execute(
        "SELECT count, last_ms FROM sign_in_failures WHERE account = ? AND place = ?", (account, place)
    ).fetchone()
    return (0, 0) if row is None else (row[0], row[1])


def set_failures(db: sqlite3.Connection, account: bytes, place: str, count: int, last_ms: int) -> None:
    """Remember failed attempts; none is forgotten."""
    if count <= 0:
        db.execute("DELETE FROM sign_in_failures WHERE account = ? AND place = ?", (account, place))
        return
    db.execute(
        "INSERT INTO sign_in_failures VALUES (?, ?, ?, ?)"
        " ON CONFLICT (account, place) DO UPDATE SET count = excluded.count, last_ms = excluded.last_ms",
        (account, place, count, last_ms),
    )


def forgive(db: sqlite3.Connection, account: bytes) -> None:
    """Forget every failed attempt at an account."""
    db.execute("DELETE FROM sign_in_failures WHERE account = ?", (account,))


def forget_failures(db: sqlite3.Connection, last_ms: int, rows_max: int) -> None:
    """Forget what failed before a moment, and the oldest beyond a bound: strangers must not fill the disk."""
    db.execute("DELETE FROM sign_in_failures WHERE last_ms < ?", (last_ms,))
    surplus = db.execute("SELECT count(*) FROM sign_in_failures").fetchone()[0] - rows_max
    if surplus > 0:
        db.execute(
            "DELETE FROM sign_in_failures WHERE (account, place) IN"
            " (SELECT account, place FROM sign_in_failures ORDER BY last_ms LIMIT ?)",
            (surplus,),
        )


# --- keys of programs


def add_key(db: sqlite3.Connection, hash: bytes, label: str, role: str, maker: str, now_ms: int) -> int:
    """A new key; its number."""
    cursor = db.execute(
        "INSERT INTO program_keys (hash, label, role, maker, created_ms) VALUES (?, ?, ?, ?, ?)",
        (hash, label, role, maker, now_ms),
    )
    return int(cursor.lastrowid or 0)


def key(db: sqlite3.Connection, hash: bytes) -> ProgramKey | None:
    """The key with this hash, revoked or not."""
    row = db.execute(f"SELECT {KEY_COLUMNS} FROM program_keys WHERE hash = ?", (hash,)).fetchone()
    return None if row is None else ProgramKey(*row)


def keys(db: sqlite3.Connection) -> list[ProgramKey]:
    """All keys, the newest first."""
    return [ProgramKey(*row) for row in db.execute(f"SELECT {KEY_COLUMNS} FROM program_keys ORDER BY id DESC")]


def use_key(db: sqlite3.Connection, id: int, now_ms: int) -> None:
    """A key was used just now."""
    db.execute("UPDATE program_keys SET used_ms = ? WHERE id = ?", (now_ms, id))


def revoke_key(db: sqlite3.Connection, id: int, now_ms: int) -> None:
    """A key opens nothing any more, from now on and for ever."""
    db.execute("UPDATE program_keys SET revoked_ms = coalesce(revoked_ms, ?) WHERE id = ?", (now_ms, id))
