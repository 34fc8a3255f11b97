"""What a dealer's node would say to a partner and has not said: a rule refused it, or the choice is the merchant's.

Kept until it is said or is wanted no more, so that nothing is tried twice by itself and nothing is forgotten.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """Why it was not said."""

    REFUSED = "refused"
    CHOICE = "choice"


class ErrandState(StrEnum):
    """What the merchant said of it."""

    OPEN = "open"
    LATER = "later"  # said by itself, once a time is over
    WANTED = "wanted"  # said, as soon as whoever passes it on comes by
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Errand:
    """A document of `type` for the thread `thread` on `channel`. `cause` (32 bytes) names what it would pass on.

    `faults`: code, path, expected, got of each reason for which it was refused.
    """

    id: int
    channel: int
    thread: bytes
    type: str
    cause: bytes
    why: Why
    faults: Sequence[Mapping[str, str]]
    since_ms: int
    state: ErrandState


COLUMNS = "id, channel, thread, type, cause, why, faults, since_ms, state"


def put(
    db: sqlite3.Connection,
    place: tuple[int, bytes, str, bytes],
    why: Why,
    faults: Sequence[Mapping[str, str]],
    since_ms: int,
    state: ErrandState = ErrandState.OPEN,
) -> None:
    """Lay an errand before the merchant, or say anew why it was not done. `place`: channel, thread, type, cause."""
    db.execute(
        "INSERT INTO errands (channel, thread, type, cause, why, faults, since_ms, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (channel, thread, type, cause)"
        " DO UPDATE SET why = excluded.why, faults = excluded.faults, state = excluded.state",
        (*place, why, json.dumps(list(faults), ensure_ascii=False), since_ms, state),
    )


def state(db: sqlite3.Connection, place: tuple[int, bytes, str, bytes]) -> ErrandState | None:
    """What the merchant said of one; None where there is none."""
    row = db.execute(
        "SELECT state FROM errands WHERE channel = ? AND thread = ? AND type = ? AND cause = ?", place
    ).fetchone()
    return None if row is None else ErrandState(row[0])


def decide(db: sqlite3.Connection, id: int, state: ErrandState) -> None:
    """Keep what the merchant said of one."""
    db.execute("UPDATE errands SET state = ? WHERE id = ?", (state, id))


def drop(db: sqlite3.Connection, place: tuple[int, bytes, str, bytes]) -> None:
    """Take one away that is done."""
    db.execute("DELETE FROM errands WHERE channel = ? AND thread = ? AND type = ? AND cause = ?", place)


def keep_only(
    db: sqlite3.Connection, channel: int, thread: bytes, types: Iterable[str], causes: Iterable[bytes]
) -> None:
    """Take away what is wanted no more, of some types in a thread."""
    kept = set(causes)
    for errand in of_thread(db, channel, thread):
        if errand.type in types and errand.cause not in kept:
            db.execute("DELETE FROM errands WHERE id = ?", (errand.id,))


def end(db: sqlite3.Connection, channel: int, thread: bytes) -> None:
    """Take away what is only to be chosen, or said later, in a thread."""
    db.execute(
        "DELETE FROM errands WHERE channel = ? AND thread = ? AND (why = ? OR state = ?)",
        (channel, thread, Why.CHOICE, ErrandState.LATER),
    )


def of_thread(db: sqlite3.Connection, channel: int, thread: bytes) -> list[Errand]:
    """What was not said in a thread."""
    found = db.execute(f"SELECT {COLUMNS} FROM errands WHERE channel = ? AND thread = ? ORDER BY id", (channel, thread))
    return [of_row(row) for row in found]


def later(db: sqlite3.Connection) -> list[Errand]:
    """What is said by itself in time."""
    found = db.execute(f"SELECT {COLUMNS} FROM errands WHERE state = ? ORDER BY id", (ErrandState.LATER,))
    return [of_row(row) for row in found]


def every(db: sqlite3.Connection) -> list[Errand]:
    """All of them, the oldest first."""
    return [of_row(row) for row in db.execute(f"SELECT {COLUMNS} FROM errands ORDER BY id")]


def one(db: sqlite3.Connection, id: int) -> Errand | None:
    """One by its number."""
    row = db.execute(f"SELECT {COLUMNS} FROM errands WHERE id = ?", (id,)).fetchone()
    return None if row is None else of_row(row)


def of_row(row: tuple[int, int, bytes, str, bytes, str, str, int, str]) -> Errand:
    """A row as an errand."""
    id, channel, thread, type, cause, why, faults, since_ms, state = row
    return Errand(id, channel, thread, type, cause, Why(why), json.loads(faults), since_ms, ErrandState(state))
