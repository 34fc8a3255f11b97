"""One article of a catalogue, and its row on a Hanse sheet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from contracts import amounts
from contracts.documents import fields
from node.connectors.spreadsheets import cells, countries, prices, units
from node.connectors.spreadsheets.headings import Columns
from node.connectors.spreadsheets.lines import Line
from node.connectors.spreadsheets.sources import Source
from node.connectors.spreadsheets.tables import Cell

QUANTITY_MAX = 1_000_000
"""Pieces of one article that a consumer orders, or that a supplier demands at least: more is a typing mistake."""

TITLE_CHARACTERS_MAX = 500
"""Twice what the shops we know allow."""

TITLE_FIELDS = ("title", "title_local", "title_zh", "title_en")
SPEC_FIELDS = ("color", "size", "material")

_OPTION = re.compile(r"\s*(?P<name>[^:：]{1,40}?)\s*[:：]\s*(?P<value>\S.{0,199}?)\s*", re.DOTALL)
_OPTION_END = re.compile(r"[;；\n]")


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """One article. Amounts are minor units of `currency`, None where the sheet states none.

    titles: BCP 47 language -> title, at least one. options: what distinguishes variants, in the sheet's own words.
    unit: UN/ECE code. origin: ISO 3166-1 alpha-2, empty if not stated. weight_g: None for not stated or 0.
    active: False for a product that the sender's shop does not show. row: where it stands, counted from 1.
    """

    sku: str
    titles: dict[str, str]
    options: dict[str, str]
    unit: str
    price_minor: int | None
    retail_minor: int | None
    currency: str
    stock: int | None
    gtin: str | None
    weight_g: int | None
    origin: str
    lead_days: int | None
    returnable: bool | None
    min_quantity: int
    description: str
    image: str
    row: int
    brand: str = ""
    category: str = ""
    active: bool = True


def row(line: Line, columns: Columns, source: Source) -> CatalogueRow | None:
    """The article of one row, None where it has no SKU. Whatever else is at fault is left empty and noted."""
    sku = line.value("sku", cells.identifier, required=True)
    currency = prices.currency(line, columns, source, ("price", "retail"))
    whole = partial(cells.whole, decimal_comma=source.decimal_comma)
    active = line.value("active", cells.truth)
    article = CatalogueRow(
        sku=sku or "",
        titles=_titles(line, source),
        options=_options(line, columns),
        unit=line.value("unit", units.read) or units.ONE,
        price_minor=prices.minor_units(line, "price", currency, source),
        retail_minor=prices.minor_units(line, "retail", currency, source),
        currency=currency or "",
        stock=line.value("stock", partial(whole, most=amounts.QUANTITY_MAX)),
        gtin=line.value("gtin", cells.gtin),
        weight_g=_weight_g(line, source),
        origin=line.value("origin", countries.read) or "",
        lead_days=line.value("lead_days", cells.days),
        returnable=line.value("returnable", cells.truth),
        min_quantity=line.value("min_quantity", partial(whole, least=1, most=QUANTITY_MAX)) or 1,
        description=line.value("description", partial(cells.short, characters_max=fields.TEXT_MAX)) or "",
        image=line.value("image", cells.text) or "",
        row=line.row,
        brand=line.value("brand", cells.label) or "",
        category=line.value("category", cells.label) or "",
        active=active is None or active,
    )
    return article if sku else None


def title(cell: Cell) -> str:
    """A title: at most `TITLE_CHARACTERS_MAX` characters."""
    return cells.short(cell, TITLE_CHARACTERS_MAX)


def options(text: str, name: str) -> dict[str, str]:
    """The options that a specification spells out: `颜色:白;容量:300ml` gives two, any other text one under `name`."""
    parts = [part for part in _OPTION_END.split(text) if part.strip()]
    found = [_OPTION.fullmatch(part) for part in parts]
    named = {match["name"]: match["value"] for match in found if match is not None}
    return named if named and len(named) == len(parts) else {name: text}


def _titles(line: Line, source: Source) -> dict[str, str]:
    """Titles by language. A heading that names a language goes before one that does not."""
    named = {"zh": line.value("title_zh", title), "en": line.value("title_en", title)}
    open_headings = {"title_local": source.language or "zh", "title": source.language or "en"}
    titles = {language: found for language, found in named.items() if found}
    for field, language in open_headings.items():
        found = line.value(field, title)
        if found:
            titles.setdefault(language, found)
    if not any(line.has(field) for field in TITLE_FIELDS):
        line.missing(TITLE_FIELDS)
    return titles


def _options(line: Line, columns: Columns) -> dict[str, str]:
    found: dict[str, str] = {}
    spec = line.value("spec", _spec)
    if spec:
        found.update(options(spec, columns.names[columns.indexes["spec"]]))
    for field in SPEC_FIELDS:
        value = line.value(field, cells.label)
        if value:
            found[columns.names[columns.indexes[field]]] = value
    return found


def _spec(cell: Cell) -> str:
    """The text of a specification, once each of its options is known to fit a document."""
    text = cells.text(cell)
    for value in options(text, "").values():
        cells.label(value)
    return text


def _weight_g(line: Line, source: Source) -> int | None:
    """The first weight stated in grams, kilograms or with its own unit; 0 means not stated, as shops write it."""
    for field, unit_g in (("weight_g", 1), ("weight_kg", 1000), ("weight", 1)):
        if line.has(field):
            return line.value(field, partial(cells.weight_g, decimal_comma=source.decimal_comma, unit_g=unit_g)) or None
    return None
