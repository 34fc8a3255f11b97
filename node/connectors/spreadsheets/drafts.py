"""Orders while their rows are still being gathered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from contracts.documents import fields, orders
from node.connectors.spreadsheets import articles, cells, keys, prices
from node.connectors.spreadsheets.faults import FaultCode
from node.connectors.spreadsheets.headings import Columns
from node.connectors.spreadsheets.lines import Line
from node.connectors.spreadsheets.sources import Source
from node.connectors.spreadsheets.tables import Cell

NAME_CHARACTERS_MAX = 128
STREET_CHARACTERS_MAX = 512
NOTE_CHARACTERS_MAX = 2_000
TOKEN_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class SheetLine:
    """So many of one article. `price_minor` is what the consumer pays for one, None where the sheet states none.

    Rows of one order with the same SKU, and the same supplier if stated, add up; `row` is the first of them.
    """

    sku: str
    quantity: int
    price_minor: int | None
    title: str
    row: int
    supplier: str | None = None
    spec: str = ""


@dataclass(frozen=True, slots=True)
class SheetOrder:
    """One consumer's order. `row` is its first row in the file.

    recipient: the filled ones of name, phone, country, province, city, district, street, zip, note, or of a masked
    recipient: platform, token, grant, carrier, waybill. Personal data.
    supplier: whom the sheet names for all lines; None where it names none or several. currency: empty if unknown.
    """

    number: str
    shop: str
    recipient: dict[str, str]
    lines: tuple[SheetLine, ...]
    supplier: str | None
    row: int
    currency: str = ""

    def key(self) -> str:
        """The name of this order whatever file it came in (fault F15), see `keys.order_key`."""
        return keys.order_key(self.shop, self.number)


class OrderName(NamedTuple):
    """Order numbers are unique within a shop."""

    shop: str
    number: str


def name(line: Line, source: Source) -> OrderName:
    """Which order a row belongs to. A row that does not say is at fault, and gets a name of its own: the rest of it
    is still looked through."""
    number = line.shared("number", cells.identifier)
    if number is None and not line.shows("number"):
        line.missing(("number",))
    shop = line.shared("shop", partial(cells.short, characters_max=NAME_CHARACTERS_MAX)) or source.shop
    if not shop:
        line.missing(("shop",))
    return OrderName(shop, number or f"\0{line.row}")


@dataclass(slots=True)
class _Draft:
    """One order in the making: each value with the row that stated it first."""

    first: Line
    phone_required: bool
    currency: str = ""
    stated: set[str] = field(default_factory=set)
    recipient: dict[str, tuple[str, int]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    lines: dict[tuple[str, str], SheetLine] = field(default_factory=dict)


def _without_apostrophe(cell: Cell) -> Cell:
    """Shopify puts one in front of digits, against spreadsheet programs that would drop zeros."""
    return cell.strip().removeprefix("'") if isinstance(cell, str) else cell


_RECIPIENT: tuple[tuple[str, Callable[[Cell], str]], ...] = (
    ("name", partial(cells.short, characters_max=NAME_CHARACTERS_MAX)),
    ("phone", lambda cell: cells.phone(_without_apostrophe(cell))),
    ("country", partial(cells.short, characters_max=NAME_CHARACTERS_MAX)),
    ("province", partial(cells.short, characters_max=NAME_CHARACTERS_MAX)),
    ("city", partial(cells.short, characters_max=NAME_CHARACTERS_MAX)),
    ("district", partial(cells.short, characters_max=NAME_CHARACTERS_MAX)),
    ("zip", lambda cell: cells.identifier(_without_apostrophe(cell))),
    *((field_name, partial(cells.short, characters_max=TOKEN_CHARACTERS_MAX)) for field_name in orders.MASKED),
)


class Book:
    """All orders of a file, in the order of their first rows."""

    def __init__(self) -> None:
        self._drafts: dict[OrderName, _Draft] = {}

    def add(self, name: OrderName, line: Line, columns: Columns, source: Source, *, phone_required: bool) -> None:
        """Gather one row. Empty recipient cells repeat what an earlier row of the order said; others must agree."""
        draft = self._drafts.setdefault(name, _Draft(line, phone_required))
        for field_name, read in _RECIPIENT:
            _state(draft, line, field_name, line.shared(field_name, read))
        _state(draft, line, "street", _street(line))
        draft.stated.update(field_name for field_name in ("name", "phone", "street") if line.shows(field_name))
        if line.shows("street_whole"):
            draft.stated.add("street")
        note = line.shared("note", partial(cells.short, characters_max=NOTE_CHARACTERS_MAX))
        if note:
            draft.notes[note] = None
        _add_goods(draft, line, _currency(draft, line, columns, source), source)

    def orders(self) -> tuple[SheetOrder, ...]:
        """The orders; what one of them lacks becomes a fault of its first row."""
        return tuple(_order(name, draft) for name, draft in self._drafts.items())


def _order(name: OrderName, draft: _Draft) -> SheetOrder:
    for required in ("name", "street") + (("phone",) if draft.phone_required else ()):
        if required not in draft.stated and "token" not in draft.recipient:
            draft.first.missing((required, "street_whole", "token") if required == "street" else (required, "token"))
    recipient = {field_name: value for field_name, (value, _) in draft.recipient.items()}
    if draft.notes:
        recipient["note"] = "\n".join(draft.notes)
    lines = tuple(draft.lines.values())
    if len(lines) > fields.LINES_MAX:
        draft.first.fault("sku", FaultCode.RANGE, f"at most {fields.LINES_MAX} articles in one order", len(lines))
    suppliers = {line.supplier for line in lines}
    supplier = suppliers.pop() if len(suppliers) == 1 else None
    return SheetOrder(name.number, name.shop, recipient, lines, supplier, draft.first.row, draft.currency)


def _state(draft: _Draft, line: Line, field_name: str, value: str | None) -> None:
    """Take a recipient's value over; one that contradicts an earlier row is a fault: two parcels, or one mistake?"""
    if not value:
        return
    known, row = draft.recipient.setdefault(field_name, (value, line.row))
    if known != value:
        line.fault(field_name, FaultCode.CONFLICT, f"what row {row} says: {known}", value)


def _street(line: Line) -> str | None:
    read = partial(cells.short, characters_max=STREET_CHARACTERS_MAX)
    parts = [line.shared(field_name, read) for field_name in ("street", "street_more")]
    return " ".join(part for part in parts if part) or line.shared("street_whole", read)


def _currency(draft: _Draft, line: Line, columns: Columns, source: Source) -> str | None:
    """The currency of a row; rows that name none use that of the order's first."""
    if draft.currency and not line.has("currency"):
        return draft.currency
    code = prices.currency(line, columns, source, ("price",))
    if code and draft.currency and code != draft.currency:
        line.fault("currency", FaultCode.CONFLICT, f"{draft.currency}, as in row {draft.first.row}", code)
    draft.currency = draft.currency or code or ""
    return code


def _add_goods(draft: _Draft, line: Line, currency: str | None, source: Source) -> None:
    sku = line.value("sku", cells.identifier, required=True)
    whole = partial(cells.whole, decimal_comma=source.decimal_comma, least=1, most=articles.QUANTITY_MAX)
    quantity = line.value("quantity", whole, required=True)
    supplier = line.shared("supplier", partial(cells.short, characters_max=NAME_CHARACTERS_MAX))
    goods = SheetLine(
        sku=sku or "",
        quantity=quantity or 0,
        price_minor=prices.minor_units(line, "price", currency, source),
        title=line.value("title", cells.text) or "",
        row=line.row,
        supplier=supplier,
        spec=line.value("spec", cells.text) or "",
    )
    if sku and quantity:
        known = draft.lines.get((sku, supplier or ""))
        draft.lines[sku, supplier or ""] = goods if known is None else _sum(known, goods, line)


def _sum(known: SheetLine, more: SheetLine, line: Line) -> SheetLine:
    """The same article twice in one order: quantities add up, prices must agree."""
    quantity = known.quantity + more.quantity
    if quantity > articles.QUANTITY_MAX:
        line.fault("quantity", FaultCode.RANGE, f"at most {articles.QUANTITY_MAX} of one article", quantity)
    if None not in (known.price_minor, more.price_minor) and known.price_minor != more.price_minor:
        line.fault("price", FaultCode.CONFLICT, f"the price of row {known.row}", more.price_minor)
    return SheetLine(
        sku=known.sku,
        quantity=quantity,
        price_minor=more.price_minor if known.price_minor is None else known.price_minor,
        title=known.title or more.title,
        row=known.row,
        supplier=known.supplier,
        spec=known.spec or more.spec,
    )
