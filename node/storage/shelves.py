"""The merchant's own goods and what lies on the shelf.

`reserved` is what accepted orders still wait for. Both columns carry CHECK (>= 0), so a mistake in a use case fails
loudly in its transaction instead of selling what is not there.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from node.storage import searches

MAIN = "main"  # the location of a merchant who has only one


@dataclass(frozen=True, slots=True)
class Good:
    """One article that this merchant sells: `content` is its listing without the partner's price."""

    sku: str
    content: dict[str, Any]
    supplier: int | None  # partner id, for goods that a supplier ships
    source: str | None = None  # the supplier's SKU, where it is another one

    @property
    def sold_as(self) -> str:
        """The SKU under which whoever ships it sells it."""
        return self.source or self.sku


@dataclass(frozen=True, slots=True)
class Shelf:
    """Stock of one article at one location, in units."""

    sku: str
    location: str
    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        """What can still be promised."""
        return self.on_hand - self.reserved


def put_good(db: sqlite3.Connection, good: Good) -> bool:
    """Store an article and let it be found; tells whether anything changed."""
    changed = db.execute(
        "INSERT INTO goods (sku, content, supplier, source) VALUES (?, ?, ?, ?) ON CONFLICT (sku) DO UPDATE"
        " SET content = excluded.content, supplier = excluded.supplier, source = excluded.source"
        " WHERE content != excluded.content OR supplier IS NOT excluded.supplier OR source IS NOT excluded.source",
        (good.sku, written(good), good.supplier, good.source),
    )
    if changed.rowcount:
        enter(db, good)
    return changed.rowcount > 0


def enter(db: sqlite3.Connection, good: Good) -> None:
    """Let an article be found: by its SKU and GTIN, the supplier's SKU, its titles and its brand."""
    numbers = [good.sku, good.sold_as, good.content.get("gtin") or ""]
    texts = [good.sku, *(good.content.get("titles") or {}).values(), good.content.get("brand") or ""]
    searches.put(
        db, searches.Findable("good", good.sku.encode(), searches.NO_CHANNEL, tuple(dict.fromkeys(numbers)), texts)
    )


def written(good: Good) -> str:
    """What an article says, as text: the same for the same."""
    return json.dumps(good.content, ensure_ascii=False, sort_keys=True)


def good(db: sqlite3.Connection, sku: str) -> Good | None:
    """The article with this SKU."""
    row = db.execute("SELECT sku, content, supplier, source FROM goods WHERE sku = ?", (sku,)).fetchone()
    return None if row is None else of_row(row)


def supplier(db: sqlite3.Connection, sku: str) -> int | None:
    """The partner who ships an article; None for what lies on the own shelf, and for what nobody knows."""
    row = db.execute("SELECT supplier FROM goods WHERE sku = ?", (sku,)).fetchone()
    return None if row is None else row[0]


def goods(db: sqlite3.Connection) -> list[Good]:
    """All articles by SKU."""
    rows = db.execute("SELECT sku, content, supplier, source FROM goods ORDER BY sku")
    return [of_row(row) for row in rows]


def page(
    db: sqlite3.Connection, text: str, supplier: int | None, after: str, count_max: int | None
) -> tuple[list[Good], int]:
    """Articles by SKU beyond `after`, at most `count_max`, and how many there are in all.

    `text` stands in the SKU, a title, the brand, the category, or is the whole GTIN; capital letters do not matter.
    """
    pattern = "%" + "".join(f"\\{char}" if char in "\\%_" else char for char in text) + "%"
    # the first LIKE is fast and lets most articles go; the others look at the texts alone, not at names of fields
    matches = (
        "(? = '' OR sku LIKE ? ESCAPE '\\' OR json_extract(content, '$.gtin') = ? OR content LIKE ? ESCAPE '\\' AND"
        " ((SELECT group_concat(value, ' ') FROM json_each(content, '$.titles')) LIKE ? ESCAPE '\\'"
        " OR coalesce(json_extract(content, '$.brand'), '') || ' ' || coalesce(json_extract(content, '$.category'), '')"
        " LIKE ? ESCAPE '\\'))"
    )
    where = f"{matches} AND (? IS NULL OR supplier = ?)"
    values = (text, pattern, text, pattern, pattern, pattern, supplier, supplier)
    found = f"WITH found AS MATERIALIZED (SELECT sku FROM goods WHERE {where})"
    rows = db.execute(
        f"{found} SELECT sku, content, supplier, source, (SELECT count(*) FROM found) FROM found JOIN goods USING (sku)"
        " WHERE sku > ? ORDER BY sku LIMIT ?",
        (*values, after, -1 if count_max is None else count_max),
    ).fetchall()
    if rows:
        return [of_row(row[:4]) for row in rows], rows[0][4]
    return [], db.execute(f"{found} SELECT count(*) FROM found", values).fetchone()[0] if after else 0


def remove_good(db: sqlite3.Connection, sku: str) -> None:
    """Forget an article of which nobody else has ever heard, and its stock."""
    db.execute("DELETE FROM goods WHERE sku = ?", (sku,))
    db.execute("DELETE FROM stock WHERE sku = ?", (sku,))
    searches.drop(db, "good", sku.encode(), searches.NO_CHANNEL)


def supplied(db: sqlite3.Connection, partner: int, sku: str | None = None) -> list[Good]:
    """The articles that a partner ships: all, or those that it sells under this SKU."""
    which, values = ("", (partner,)) if sku is None else (" AND coalesce(source, sku) = ?", (partner, sku))
    select = "SELECT sku, content, supplier, source FROM goods WHERE supplier = ?"
    return [of_row(row) for row in db.execute(f"{select}{which} ORDER BY sku", values)]


def moved(db: sqlite3.Connection) -> list[Good]:
    """The articles whose supplier has changed its price since somebody took note of it, by SKU."""
    rows = db.execute(
        "SELECT sku, content, supplier, source FROM goods WHERE supplier IS NOT NULL"
        " AND json_type(content, '$.moved') IS NOT NULL ORDER BY sku"
    )
    return [of_row(row) for row in rows]


def of_row(row: tuple[Any, ...]) -> Good:
    """A `Good` from its columns."""
    sku, content, supplier, source = row
    return Good(sku, json.loads(content), supplier, source)


def supplies(db: sqlite3.Connection, partner: int) -> bool:
    """Whether a partner ships any of this merchant's goods."""
    return db.execute("SELECT 1 FROM goods WHERE supplier = ? LIMIT 1", (partner,)).fetchone() is not None


def set_on_hand(db: sqlite3.Connection, sku: str, location: str, on_hand: int) -> Shelf:
    """Count the shelf. What is reserved stays reserved, even beyond what was found."""
    db.execute(
        "INSERT INTO stock VALUES (?, ?, ?, 0) ON CONFLICT (sku, location) DO UPDATE SET on_hand = excluded.on_hand",
        (sku, location, on_hand),
    )
    return shelf(db, sku, location)


def shelf(db: sqlite3.Connection, sku: str, location: str = MAIN) -> Shelf:
    """The stock of an article; an article never counted has none."""
    row = db.execute(
        "SELECT sku, location, on_hand, reserved FROM stock WHERE sku = ? AND location = ?", (sku, location)
    ).fetchone()
    return Shelf(sku, location, 0, 0) if row is None else Shelf(*row)


def of_sku(db: sqlite3.Connection, sku: str) -> list[Shelf]:
    """The stock of an article at every location where it was ever counted."""
    rows = db.execute("SELECT sku, location, on_hand, reserved FROM stock WHERE sku = ? ORDER BY location", (sku,))
    return [Shelf(*row) for row in rows]


def shelves(db: sqlite3.Connection) -> list[Shelf]:
    """All stock by SKU and location."""
    rows = db.execute("SELECT sku, location, on_hand, reserved FROM stock ORDER BY sku, location")
    return [Shelf(*row) for row in rows]


def move(db: sqlite3.Connection, sku: str, reserved: int, on_hand: int, location: str = MAIN) -> None:
    """Add signed quantities to what is reserved and what is on hand. sqlite3.IntegrityError below zero."""
    db.execute("INSERT OR IGNORE INTO stock VALUES (?, ?, 0, 0)", (sku, location))
    db.execute(
        "UPDATE stock SET reserved = reserved + ?, on_hand = on_hand + ? WHERE sku = ? AND location = ?",
        (reserved, on_hand, sku, location),
    )
