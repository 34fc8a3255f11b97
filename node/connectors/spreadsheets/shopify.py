"""Shopify's product export: several rows make one product, and each variant is one article.

Rows of a handle after the first leave the product's own columns empty and inherit them; rows that hold nothing but
an image belong to the product. What a consumer pays becomes the retail price. The supply price is whatever column
the merchant named for this sender, else unknown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from contracts import amounts
from contracts.documents import fields
from node.connectors.spreadsheets import articles, cells, headings, keys, markup, prices, units
from node.connectors.spreadsheets.articles import CatalogueRow
from node.connectors.spreadsheets.faults import CellRefused, FaultCode
from node.connectors.spreadsheets.headings import Columns
from node.connectors.spreadsheets.lines import Line
from node.connectors.spreadsheets.sources import Source
from node.connectors.spreadsheets.tables import Cell

OPTIONS = ("option1", "option2", "option3")
_NO_OPTION = ("Title", "Default Title")
_STATUSES = frozenset({"", "active", "draft", "archived", "unlisted"})


@dataclass(slots=True)
class _Product:
    """What the rows of one handle share."""

    title: str = ""
    description: str = ""
    brand: str = ""
    category: str = ""
    image: str = ""
    active: bool = True
    options: dict[str, str] = field(default_factory=dict)


def rows(lines: Sequence[Line], columns: Columns, source: Source) -> list[CatalogueRow]:
    """The articles of all rows, in their order; faults go where the lines put theirs."""
    source = dataclasses.replace(source, decimal_comma=False)
    columns = _with_supply(lines, columns, source)
    for line in lines:
        line.columns = columns
    products: dict[str, _Product] = {}
    variants: list[tuple[Line, str]] = []
    for line in lines:
        handle = line.value("handle", _handle, required=True)
        if handle is None:
            continue
        _learn(products.setdefault(handle, _Product()), line)
        if _is_variant(line):
            variants.append((line, handle))
    found = (_article(line, handle, products[handle], columns, source) for line, handle in variants)
    return [article for article in found if article is not None]


def variant_sku(handle: str, options: dict[str, str]) -> str:
    """The SKU of a variant that has none: its handle and option values joined by slashes, `shirt/Red/M`.

    One that is too long for a SKU ends in a hash of the whole instead.
    """
    whole = "/".join((handle, *options.values()))
    if len(whole) <= cells.IDENTIFIER_CHARACTERS_MAX:
        return whole
    return f"{whole[: cells.IDENTIFIER_CHARACTERS_MAX - 17]}~{keys.parts_key((whole,))[:16]}"


def _with_supply(lines: Sequence[Line], columns: Columns, source: Source) -> Columns:
    """The columns with one more field `price` where the merchant named the heading of the supply price."""
    if not source.supply_heading:
        return columns
    wanted = headings.normal(source.supply_heading)
    index = next((index for index, name in columns.names.items() if headings.normal(name) == wanted), None)
    if index is None:
        if lines:
            lines[0].fault("price", FaultCode.MAPPING, "a heading of this file", source.supply_heading)
        return columns
    return dataclasses.replace(columns, indexes={**columns.indexes, "price": index})


def _learn(product: _Product, line: Line) -> None:
    """Take over what a row says about its product; the first row that says something wins."""
    product.title = product.title or line.value("title", articles.title) or ""
    product.description = product.description or line.value("description", _description) or ""
    product.brand = product.brand or line.value("brand", cells.label) or ""
    product.category = (
        product.category or line.value("category", cells.label) or line.value("taxonomy", cells.label) or ""
    )
    product.image = product.image or line.value("image", cells.text) or ""
    for option in OPTIONS:
        name = line.value(f"{option}_name", cells.label)
        if name:
            product.options.setdefault(option, name)
    product.active = product.active and line.value("published", cells.truth) is not False and _is_shown(line)


def _is_shown(line: Line) -> bool:
    return line.value("status", _status) in (None, "active")


def _handle(cell: Cell) -> str:
    """Handles may be longer than a SKU."""
    handle = cells.label(cell)
    return handle if isinstance(cell, str) else cells.identifier(cell)


def _description(cell: Cell) -> str:
    return cells.short(markup.plain(cells.text(cell)), fields.TEXT_MAX)


def _status(cell: Cell) -> str:
    status = cells.text(cell).casefold()
    if status not in _STATUSES:
        raise CellRefused(FaultCode.STATUS, "active, draft, archived or unlisted", status)
    return status


def _is_variant(line: Line) -> bool:
    return any(line.has(name) for name in ("option1_value", "sku", "retail"))


def _article(line: Line, handle: str, product: _Product, columns: Columns, source: Source) -> CatalogueRow | None:
    if not product.title:
        line.fault("title", FaultCode.MISSING, "a title in the first row of every handle")
    options = _options(line, product)
    sku = line.value("sku", cells.identifier) if line.has("sku") else _made_up(line, handle, options)
    currency = prices.currency(line, columns, source, ("retail", "price"))
    stock = line.value("stock", cells.signed)
    article = CatalogueRow(
        sku=sku or "",
        titles={source.language or "en": product.title},
        options=options,
        unit=units.ONE,
        price_minor=prices.minor_units(line, "price", currency, source),
        retail_minor=prices.minor_units(line, "retail", currency, source),
        currency=currency or "",
        stock=None if stock is None else _stock(line, stock),
        gtin=line.value("gtin", _barcode),
        weight_g=line.value("grams", partial(cells.weight_g, decimal_comma=source.decimal_comma)) or None,
        origin="",
        lead_days=None,
        returnable=None,
        min_quantity=1,
        description=product.description,
        image=line.value("variant_image", cells.text) or line.value("image", cells.text) or product.image,
        row=line.row,
        brand=product.brand,
        category=product.category,
        active=product.active,
    )
    return article if sku else None


def _options(line: Line, product: _Product) -> dict[str, str]:
    found: dict[str, str] = {}
    for option in OPTIONS:
        value = line.value(f"{option}_value", cells.label)
        name = product.options.get(option, option.capitalize())
        if value and (name, value) != _NO_OPTION:
            found[name] = value
    return found


def _made_up(line: Line, handle: str, options: dict[str, str]) -> str | None:
    return line.given("sku", variant_sku(handle, options), cells.identifier)


def _stock(line: Line, stock: int) -> int:
    """Shopify counts below zero what it has oversold: there is nothing to sell then."""
    if stock > amounts.QUANTITY_MAX:
        line.fault("stock", FaultCode.RANGE, f"at most {amounts.QUANTITY_MAX}", stock)
    return max(stock, 0)


def _barcode(cell: Cell) -> str:
    """Shopify puts an apostrophe in front of codes, against spreadsheet programs that would shorten them."""
    return cells.gtin(cell.strip().removeprefix("'") if isinstance(cell, str) else cell)
