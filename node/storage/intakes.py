"""What files changed when they were taken in, goods, counts and orders, so that it can be looked at and taken back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

KEPT_MAX: Final = 30
"""So many of the newest of each kind can be looked at and taken back."""
ORDERS: Final = "orders"
"""The kind of a file of consumer orders."""


@dataclass(frozen=True, slots=True)
class Intake:
    """A file that was taken in. `key`: the name under which the same file is known again. `taken_back_ms`: or None."""

    id: int
    at_ms: int
    kind: str
    name: str
    by: str
    key: str
    taken_back_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Alteration:
    """What became of one article at one location. Contents as in `shelves.Good`: None before for a new one, None on
    both sides where only the count changed; counts None where nothing was counted."""

    sku: str
    location: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    counted_before: int | None
    counted: int | None


def add(db: sqlite3.Connection, intake: Intake, alterations: Iterable[Alteration] = ()) -> int:
    """Keep what a file changed; its number. Only the newest are kept."""
    added = db.execute(
        "INSERT INTO intakes (at_ms, kind, name, by, key) VALUES (?, ?, ?, ?, ?)",
        (intake.at_ms, intake.kind, intake.name, intake.by, intake.key),
    )
    id = added.lastrowid
    assert id is not None
    db.executemany(
        "INSERT INTO intake_alterations VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (id, row.sku, row.location, dumped(row.before), dumped(row.after), row.counted_before, row.counted)
            for row in alterations
        ),
    )
    old = "SELECT id FROM intakes WHERE kind = ? ORDER BY id DESC LIMIT -1 OFFSET ?"
    for table, column in (("intake_alterations", "intake"), ("intake_orders", "intake"), ("intakes", "id")):
        db.execute(f"DELETE FROM {table} WHERE {column} IN ({old})", (intake.kind, KEPT_MAX))
    return id


def add_order(db: sqlite3.Connection, id: int, shop_order: int) -> None:
    """A consumer's order came in this file."""
    db.execute("INSERT INTO intake_orders VALUES (?, ?)", (id, shop_order))


def orders(db: sqlite3.Connection, id: int) -> list[int]:
    """The consumers' orders that came in it, in their order."""
    return [row[0] for row in db.execute("SELECT shop_order FROM intake_orders WHERE intake = ? ORDER BY 1", (id,))]


def count_orders(db: sqlite3.Connection, id: int) -> int:
    """How many consumers' orders came in it."""
    return int(db.execute("SELECT count(*) FROM intake_orders WHERE intake = ?", (id,)).fetchone()[0])


def every(db: sqlite3.Connection) -> list[Intake]:
    """All that are kept, the newest first."""
    rows = db.execute("SELECT id, at_ms, kind, name, by, key, taken_back_ms FROM intakes ORDER BY id DESC")
    return [Intake(*row) for row in rows]


def by_id(db: sqlite3.Connection, id: int) -> Intake | None:
    """One of them."""
    row = db.execute("SELECT id, at_ms, kind, name, by, key, taken_back_ms FROM intakes WHERE id = ?", (id,)).fetchone()
    return None if row is None else Intake(*row)


def alterations(db: sqlite3.Connection, id: int) -> list[Alteration]:
    """What it changed, by SKU."""
    rows = db.execute(
        "SELECT sku, location, before, after, counted_before, counted FROM intake_alterations WHERE intake = ?"
        " ORDER BY sku, location",
        (id,),
    )
    return [Alteration(row[0], row[1], loaded(row[2]), loaded(row[3]), row[4], row[5]) for row in rows]


def counts(db: sqlite3.Connection, id: int) -> tuple[int, int]:
    """How many articles were new, and how many changed."""
    row = db.execute(
        "SELECT count(*) FILTER (WHERE before IS NULL AND after IS NOT NULL), count(*) FROM intake_alterations"
        " WHERE intake = ?",
        (id,),
    ).fetchone()
    return row[0], row[1] - row[0]


def take_back(db: sqlite3.Connection, id: int, at_ms: int) -> None:
    """Note that it was taken back."""
    db.execute("UPDATE intakes SET taken_back_ms = ? WHERE id = ?", (at_ms, id))


def dumped(content: dict[str, Any] | None) -> str | None:
    """A content as text: the same for the same."""
    return None if content is None else json.dumps(content, ensure_ascii=False, sort_keys=True)


def loaded(text: str | None) -> dict[str, Any] | None:
    """The content in a text."""
    if text is None:
        return None
    content: dict[str, Any] = json.loads(text)
    return content
