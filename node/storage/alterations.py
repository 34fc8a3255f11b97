"""Who altered what of late, in the order in which it happened here: so that a form can be told what its author had not
seen when it was written (faults.md C13).

Documents are noted when they are folded; rows of this merchant's own tables by the triggers of the schema. A row lives
for `KEPT_MS`, longer than any session of the console, whose forms end with it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

KEPT_MS: Final = 8 * 86_400_000
PORTION: Final = 5_000


class Thing(NamedTuple):
    """What can be altered: `kind` is that of a thread, or of a row; `name` its key there, a hash in hexadecimal.

    For a thread `name` may be the beginning of the hash.
    """

    kind: str
    name: str


class Alteration(NamedTuple):
    """`what`: the type of a document, or which part of a row. `by`: an operator or a partner; empty for what this node
    did by itself or was told at the machine. `at_ms` is None where no clock was asked."""

    number: int
    kind: str
    name: str
    what: str
    by: str
    mine: bool
    at_ms: int | None


def last(db: sqlite3.Connection) -> int:
    """The number of the newest alteration there ever was; numbers are never used again."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'alterations'").fetchone()
    return 0 if row is None else int(row[0])


def note(db: sqlite3.Connection, thing: Thing, what: str, by: str, mine: bool, now_ms: int) -> None:
    """A document altered a thread."""
    db.execute(
        "INSERT INTO alterations (kind, name, what, by, mine, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
        (*thing, what, by, int(mine), now_ms),
    )


def sign(db: sqlite3.Connection, after: int, by: str, session: int | None, now_ms: int) -> None:
    """Everything of this node's own that was altered beyond `after` was done by this operator, in this session."""
    db.execute(
        "UPDATE alterations SET by = ?, session = ?, at_ms = coalesce(at_ms, ?) WHERE number > ? AND mine = 1",
        (by, session, now_ms, after),
    )


def since(db: sqlite3.Connection, after: int, things: Sequence[Thing], session: int | None) -> list[Alteration]:
    """What happened to any of these things beyond `after`, the eldest first, but for what this session did itself."""
    names: dict[str, set[str]] = {}
    for thing in things:
        names.setdefault(thing.kind, set()).add(thing.name)
    lengths = {kind: {len(name) for name in known} for kind, known in names.items()}
    rows = db.execute(
        "SELECT number, kind, name, what, by, mine, at_ms FROM alterations WHERE number > ?"
        f" AND (session IS NULL OR session IS NOT ?) AND kind IN ({', '.join('?' * len(names))}) ORDER BY number",
        (after, session, *names),
    )
    return [
        Alteration._make((*row, bool(mine), at_ms))
        for *row, mine, at_ms in rows
        if any(row[2][:length] in names[row[1]] for length in lengths[row[1]])
    ]


def remembers(db: sqlite3.Connection, after: int) -> bool:
    """Whether everything beyond `after` is still known; not for a number that nobody was given here."""
    eldest = db.execute("SELECT min(number) FROM alterations").fetchone()[0]
    newest = last(db)
    return (newest if eldest is None else int(eldest) - 1) <= after <= newest


def forget(db: sqlite3.Connection, before_ms: int) -> bool:
    """Forget the oldest ones, if all of a portion are older than this; tells whether there may be more."""
    count, newest, number = db.execute(
        "SELECT count(*), max(at_ms), max(number) FROM (SELECT number, at_ms FROM alterations ORDER BY number LIMIT ?)",
        (PORTION,),
    ).fetchone()
    if count < PORTION or (newest is not None and newest >= before_ms):
        return False
    db.execute("DELETE FROM alterations WHERE number <= ?", (number,))
    return True
