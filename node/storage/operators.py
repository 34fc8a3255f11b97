"""Operators of the console: who they are, what proves it, and their second factors."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

COLUMNS = "id, name, role, password, language, created_ms, disabled_ms, totp, totp_begun, totp_counter"
PASSKEY_COLUMNS = "id, operator, credential, public_key, sign_count, host, label, created_ms, used_ms"


@dataclass(frozen=True, slots=True, repr=False)
class Operator:
    """One of this merchant's people. `password`: see node.passwords. `totp`, `totp_begun`: sealed, see node.codes."""

    id: int
    name: str
    role: str
    password: str
    language: str | None
    created_ms: int
    disabled_ms: int | None
    totp: bytes | None
    totp_begun: bytes | None
    totp_counter: int  # the last time step whose code was used

    def __repr__(self) -> str:
        return f"Operator({self.id}, {self.name!r}, {self.role})"


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of an operator. `host`: the site to which the browser gives it."""

    id: int
    operator: int
    credential: bytes
    public_key: bytes
    sign_count: int
    host: str
    label: str
    created_ms: int
    used_ms: int | None


def likeness(name: str) -> str:
    """What two names that are the same to a person have in common."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def add(db: sqlite3.Connection, name: str, role: str, password: str, language: str | None, now_ms: int) -> Operator:
    """A new operator. sqlite3.IntegrityError when the name is taken."""
    cursor = db.execute(
        "INSERT INTO operators (name, likeness, role, password, language, created_ms) VALUES (?, ?, ?, ?, ?, ?)",
        (name, likeness(name), role, password, language, now_ms),
    )
    added = by_id(db, int(cursor.lastrowid or 0))
    assert added is not None
    return added


def every(db: sqlite3.Connection) -> list[Operator]:
    """All operators, the eldest first."""
    return [Operator(*row) for row in db.execute(f"SELECT {COLUMNS} FROM operators ORDER BY id")]


def exist(db: sqlite3.Connection) -> bool:
    """Whether there is any."""
    return db.execute("SELECT 1 FROM operators LIMIT 1").fetchone() is not None


def by_name(db: sqlite3.Connection, name: str) -> Operator | None:
    """The operator of this name, in whatever case it is written."""
    row = db.execute(f"SELECT {COLUMNS} FROM operators WHERE likeness = ?", (likeness(name),)).fetchone()
    return None if row is None else Operator(*row)


def by_id(db: sqlite3.Connection, id: int) -> Operator | None:
    """The operator with this number. Numbers are never used again."""
    row = db.execute(f"SELECT {COLUMNS} FROM operators WHERE id = ?", (id,)).fetchone()
    return None if row is None else Operator(*row)


def change(db: sqlite3.Connection, changed: Operator) -> None:
    """Write name, role, language and whether it is disabled. sqlite3.IntegrityError when the name is taken."""
    db.execute(
        "UPDATE operators SET name = ?, likeness = ?, role = ?, language = ?, disabled_ms = ? WHERE id = ?",
        (changed.name, likeness(changed.name), changed.role, changed.language, changed.disabled_ms, changed.id),
    )


def remove(db: sqlite3.Connection, id: int) -> None:
    """Remove an operator and, by the schema, sessions, passkeys and recovery codes."""
    db.execute("DELETE FROM operators WHERE id = ?", (id,))


def set_password(db: sqlite3.Connection, id: int, password: str) -> None:
    """Replace the string of a password."""
    db.execute("UPDATE operators SET password = ? WHERE id = ?", (password, id))


# --- second factors


def begin_totp(db: sqlite3.Connection, id: int, sealed: bytes) -> None:
    """Keep the secret of an authenticator that has not shown a code yet; one in use goes on meanwhile."""
    db.execute("UPDATE operators SET totp_begun = ? WHERE id = ?", (sealed, id))


def confirm_totp(db: sqlite3.Connection, id: int, counter: int) -> None:
    """The authenticator that was begun has shown the code of this time step: it is the one in use."""
    db.execute(
        "UPDATE operators SET totp = totp_begun, totp_begun = NULL, totp_counter = ? WHERE id = ?", (counter, id)
    )


def use_totp(db: sqlite3.Connection, id: int, counter: int) -> None:
    """The code of this time step was used, and no earlier one counts any more."""
    db.execute("UPDATE operators SET totp_counter = ? WHERE id = ?", (counter, id))


def drop_totp(db: sqlite3.Connection, id: int) -> None:
    """Forget the authenticator."""
    db.execute("UPDATE operators SET totp = NULL, totp_begun = NULL WHERE id = ?", (id,))


def set_challenge(db: sqlite3.Connection, id: int, challenge: bytes | None, now_ms: int) -> None:
    """What a new passkey has to answer, or nothing any more."""
    db.execute("UPDATE operators SET challenge = ?, challenge_ms = ? WHERE id = ?", (challenge, now_ms, id))


def challenge(db: sqlite3.Connection, id: int) -> tuple[bytes | None, int]:
    """The challenge for a new passkey, and since when it stands."""
    row = db.execute("SELECT challenge, challenge_ms FROM operators WHERE id = ?", (id,)).fetchone()
    return row[0], row[1] or 0


def add_passkey(
    db: sqlite3.Connection,
    operator: int,
    credential: bytes,
    public_key: bytes,
    sign_count: int,
    host: str,
    label: str,
    now_ms: int,
) -> int:
    """A new passkey; its number. sqlite3.IntegrityError when it is known already."""
    cursor = db.execute(
        "INSERT INTO passkeys (operator, credential, public_key, sign_count, host, label, created_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (operator, credential, public_key, sign_count, host, label, now_ms),
    )
    return int(cursor.lastrowid or 0)


def passkey(db: sqlite3.Connection, credential: bytes) -> Passkey | None:
    """The passkey with this credential id, whoever's."""
    row = db.execute(f"SELECT {PASSKEY_COLUMNS} FROM passkeys WHERE credential = ?", (credential,)).fetchone()
    return None if row is None else Passkey(*row)


def passkeys(db: sqlite3.Connection, operator: int, host: str | None = None) -> list[Passkey]:
    """The passkeys of an operator: for one site, or all."""
    rows = db.execute(
        f"SELECT {PASSKEY_COLUMNS} FROM passkeys WHERE operator = ? AND (? IS NULL OR host = ?) ORDER BY id",
        (operator, host, host),
    )
    return [Passkey(*row) for row in rows]


def use_passkey(db: sqlite3.Connection, id: int, sign_count: int, now_ms: int) -> None:
    """A passkey was used."""
    db.execute("UPDATE passkeys SET sign_count = ?, used_ms = ? WHERE id = ?", (sign_count, now_ms, id))


def remove_passkey(db: sqlite3.Connection, operator: int, id: int) -> bool:
    """Forget a passkey of this operator; whether there was one."""
    return db.execute("DELETE FROM passkeys WHERE operator = ? AND id = ?", (operator, id)).rowcount > 0


def set_recovery_codes(db: sqlite3.Connection, operator: int, hashes: Sequence[bytes]) -> None:
    """The recovery codes of an operator; earlier ones count no more."""
    db.execute("DELETE FROM recovery_codes WHERE operator = ?", (operator,))
    db.executemany("INSERT INTO recovery_codes VALUES (?, ?)", [(operator, hash) for hash in hashes])


def recovery_codes(db: sqlite3.Connection, operator: int) -> int:
    """How many are left."""
    return int(db.execute("SELECT count(*) FROM recovery_codes WHERE operator = ?", (operator,)).fetchone()[0])


def use_recovery_code(db: sqlite3.Connection, operator: int, hash: bytes) -> bool:
    """Use a code up; whether it was one."""
    return db.execute("DELETE FROM recovery_codes WHERE operator = ? AND hash = ?", (operator, hash)).rowcount > 0
