"""One row for each return and each complaint, for the inbox that lists them; rebuilt from the logbooks at any time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

PREFIX_MIN = 8
STRAY = b""
"""What stands for the request of goods that came back without one, or are contested in their order."""


class Row(NamedTuple):
    """`thread`: the order, or the complaint itself. `request`: the return, STRAY, or the complaint again. `kind`:
    return, complaint, or dispute for a complaint that came before an arbiter. `place`: where the inbox shows it.
    `mine`: what comes next is up to this merchant."""

    thread: bytes
    request: bytes
    kind: str
    channel: int
    place: str
    mine: bool
    since_ms: int
    changed_ms: int


def put(db: sqlite3.Connection, row: Row) -> None:
    """Insert a row, or refresh everything but its beginning."""
    db.execute(
        "INSERT INTO aftersales VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (thread, request) DO UPDATE SET"
        " kind = excluded.kind, place = excluded.place, mine = excluded.mine, changed_ms = excluded.changed_ms",
        row,
    )


def drop(db: sqlite3.Connection, thread: bytes, request: bytes) -> None:
    """Forget a return that does not stand any more."""
    db.execute("DELETE FROM aftersales WHERE thread = ? AND request = ?", (thread, request))


def drop_channel(db: sqlite3.Connection, channel: int) -> None:
    """Forget the rows of a channel, to derive them anew."""
    db.execute("DELETE FROM aftersales WHERE channel = ?", (channel,))


def is_open(db: sqlite3.Connection, thread: bytes) -> bool:
    """Whether a return of this order, or this complaint, is not at an end."""
    row = db.execute("SELECT 1 FROM aftersales WHERE thread = ? AND place != 'closed'", (thread,)).fetchone()
    return row is not None


def beginning_with(db: sqlite3.Connection, prefix: str, kind: str) -> list[Row]:
    """The rows whose `request` begins with 8 or more hexadecimal digits, 16 at most; none for another text."""
    if len(prefix) < PREFIX_MIN or any(letter not in "0123456789abcdef" for letter in prefix):
        return []
    low = bytes.fromhex(prefix[: len(prefix) // 2 * 2])
    found = db.execute(
        "SELECT * FROM aftersales WHERE request >= ? AND request < ? AND kind = ? LIMIT 16",
        (low, low + b"\xff" * 32, kind),
    )
    return [of_row(row) for row in found if row[1].hex().startswith(prefix)]


def every(db: sqlite3.Connection, kind: str, channel: int | None) -> list[Row]:
    """All returns, or all complaints, of one channel or of all."""
    found = db.execute("SELECT * FROM aftersales WHERE kind = ? AND channel = coalesce(?, channel)", (kind, channel))
    return [of_row(row) for row in found]


def page(
    db: sqlite3.Connection, place: str | None, kind: str | None, channel: int | None, limit: int, after: Sequence[str]
) -> list[Row]:
    """Rows, those that changed last first: at most `limit` beyond `after`, which is [changed_ms, request in hex]."""
    wanted = {"place": place, "kind": kind, "channel": channel}
    clauses = [f"{column} = ?" for column, value in wanted.items() if value is not None]
    values: list[object] = [value for value in wanted.values() if value is not None]
    if after:
        clauses.append("(changed_ms, request) < (?, ?)")
        values += [int(after[0]), bytes.fromhex(after[1])]
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    found = db.execute(
        f"SELECT * FROM aftersales {where} ORDER BY changed_ms DESC, request DESC LIMIT ?", (*values, limit)
    )
    return [of_row(row) for row in found]


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """How many rows stand in each place."""
    return dict(db.execute("SELECT place, count(*) FROM aftersales GROUP BY place").fetchall())


def count_mine(db: sqlite3.Connection, returns: bool) -> int:
    """How many returns, or else complaints and disputes, wait for this merchant."""
    found = db.execute("SELECT count(*) FROM aftersales WHERE mine = 1 AND (kind = 'return') = ?", (returns,))
    return int(found.fetchone()[0])


def of_row(row: tuple[object, ...]) -> Row:
    """A `Row` from a whole row of the table."""
    thread, request, kind, channel, place, mine, since_ms, changed_ms = row
    return Row(thread, request, kind, channel, place, bool(mine), since_ms, changed_ms)  # type: ignore[arg-type]
