"""Where the merchant's goods lie, what is kept back for safety, and how much each partner may be promised."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Location:
    """A place where stock lies: `code` names it, `content` is what partners may know of it."""

    code: str
    content: dict[str, Any]

    @property
    def country(self) -> str | None:
        """ISO 3166-1 alpha-2."""
        country: str | None = self.content.get("country")
        return country


@dataclass(frozen=True, slots=True)
class Allotment:
    """The most of a SKU that a partner is told: so many units, or so many percent of what there is."""

    units: int | None
    percent: int | None

    def of(self, available: int) -> int:
        """The most that this allotment lets out of `available` units."""
        if self.units is not None:
            return min(self.units, available)
        return available if self.percent is None else available * self.percent // 100


def put_location(db: sqlite3.Connection, location: Location) -> None:
    """Add a location, or describe it anew."""
    content = json.dumps(location.content, ensure_ascii=False, sort_keys=True)
    db.execute("INSERT OR REPLACE INTO locations VALUES (?, ?)", (location.code, content))


def locations(db: sqlite3.Connection) -> dict[str, Location]:
    """All locations by code."""
    rows = db.execute("SELECT code, content FROM locations ORDER BY code")
    return {code: Location(code, json.loads(content)) for code, content in rows}


def set_allotment(db: sqlite3.Connection, partner: int, sku: str, allotment: Allotment | None) -> None:
    """Limit what a partner is told of a SKU; None lifts the limit."""
    db.execute("DELETE FROM allotments WHERE partner = ? AND sku = ?", (partner, sku))
    if allotment is not None:
        db.execute("INSERT INTO allotments VALUES (?, ?, ?, ?)", (partner, sku, allotment.units, allotment.percent))


def allotment(db: sqlite3.Connection, partner: int, sku: str) -> Allotment | None:
    """The limit of a partner for a SKU."""
    row = db.execute("SELECT units, percent FROM allotments WHERE partner = ? AND sku = ?", (partner, sku)).fetchone()
    return None if row is None else Allotment(*row)


def allotments(db: sqlite3.Connection) -> list[tuple[int, str, Allotment]]:
    """All limits: (partner, SKU, limit)."""
    rows = db.execute("SELECT partner, sku, units, percent FROM allotments ORDER BY partner, sku")
    return [(partner, sku, Allotment(units, percent)) for partner, sku, units, percent in rows]


def set_buffer(db: sqlite3.Connection, sku: str, units: int) -> None:
    """Keep so many units of a SKU out of what partners are told."""
    db.execute("INSERT OR REPLACE INTO buffers VALUES (?, ?)", (sku, units))


def buffer(db: sqlite3.Connection, sku: str) -> int:
    """What is kept out of what partners are told of a SKU."""
    row = db.execute("SELECT units FROM buffers WHERE sku = ?", (sku,)).fetchone()
    return 0 if row is None else int(row[0])
