"""The supplier's answer: our order sheet, or one of theirs, with the waybills filled in (feature S24)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from node.connectors.spreadsheets import articles, cells, drafts, files, headings, keys, tables, vocabularies
from node.connectors.spreadsheets.faults import CellRefused, FaultCode, Faults, Refused, SheetFault
from node.connectors.spreadsheets.lines import Line
from node.connectors.spreadsheets.sources import Source
from node.connectors.spreadsheets.tables import Cell

DIALECT = headings.Dialect("plain", vocabularies.WAYBILLS, (("number",), ("waybill",)))

_WAYBILL = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-]{4,39}")


@dataclass(frozen=True, slots=True)
class SheetWaybill:
    """Goods of one order that were handed to a carrier. Without `sku` the parcel holds the whole order; without
    `quantity` all of the article."""

    number: str
    shop: str
    sku: str | None
    quantity: int | None
    carrier: str
    waybill: str
    row: int

    def key(self) -> str:
        """The order it belongs to, see `keys.order_key`."""
        return keys.order_key(self.shop, self.number)


@dataclass(frozen=True, slots=True)
class WaybillSheet:
    """What a file says: waybills, or faults and no waybills. `open_rows`: rows without one, not shipped yet."""

    key: str
    waybills: tuple[SheetWaybill, ...]
    open_rows: tuple[int, ...]
    faults: tuple[SheetFault, ...]
    unknown: tuple[str, ...] = ()


def read(data: bytes, source: Source) -> WaybillSheet:
    """Read waybills from CSV, XLSX or XLS. Blocks while a child process reads a workbook."""
    key = keys.sheet_key(data)
    try:
        found = files.read(data, source.encoding, source.delimiter)
    except Refused as error:
        return WaybillSheet(key, (), (), tuple(error.faults))
    return read_tables(found, source, key)


def read_tables(found: Sequence[tables.Table], source: Source, key: str) -> WaybillSheet:
    """The same from tables that are cut already; at least one, each with a cell that is not empty."""
    faults = Faults()
    table, dialect = headings.choose(found, (DIALECT,), source, faults)
    columns = headings.locate(table, dialect, source, faults)
    if "shop" not in columns.indexes and not source.shop:
        faults.add(columns.row, "", FaultCode.HEADING_MISSING, "a shop column, or the shop named for this sender")
    lines = [Line(table, columns, row, faults) for row in range(columns.row + 1, len(table.rows) + 1)]
    lines = [line for line in lines if not line.is_blank() and not line.is_total("number")]
    found_waybills = [waybill for line in lines if line.shows("waybill") and (waybill := _waybill(line, source))]
    open_rows = tuple(line.row for line in lines if not line.shows("waybill"))
    if faults:
        return WaybillSheet(key, (), (), faults.all(), columns.unknown)
    return WaybillSheet(key, tuple(found_waybills), open_rows, (), columns.unknown)


def _waybill(line: Line, source: Source) -> SheetWaybill | None:
    name = drafts.name(line, source)
    whole = partial(cells.whole, decimal_comma=source.decimal_comma, least=1, most=articles.QUANTITY_MAX)
    sku = line.value("sku", cells.identifier)
    quantity = line.value("quantity", whole)
    carrier = line.shared("carrier", partial(cells.short, characters_max=drafts.NAME_CHARACTERS_MAX)) or ""
    waybill = line.shared("waybill", _number)
    if waybill is None:
        return None
    return SheetWaybill(name.number, name.shop, sku, quantity, carrier, waybill, line.row)


def _number(cell: Cell) -> str:
    number = cells.identifier(cell)
    if not _WAYBILL.fullmatch(number):
        raise CellRefused(FaultCode.IDENTIFIER, "one waybill: 5 to 40 letters, digits and dashes", number)
    return number
