"""A stock list: which article, and how many. What else stands in the file is passed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from contracts import amounts
from node.connectors.spreadsheets import cells, files, headings, keys, tables, vocabularies
from node.connectors.spreadsheets.faults import FaultCode, Faults, Refused, SheetFault
from node.connectors.spreadsheets.lines import Line
from node.connectors.spreadsheets.sources import Source

VOCABULARY = vocabularies.Vocabulary({name: vocabularies.CATALOGUE.fields[name] for name in ("sku", "stock")})
PLAIN = headings.Dialect("stock", VOCABULARY, (("sku",), ("stock",)))


@dataclass(frozen=True, slots=True)
class StockRow:
    """So many units of one article; `row` counts from 1."""

    sku: str
    stock: int
    row: int


@dataclass(frozen=True, slots=True)
class StockSheet:
    """What a file says: rows, or faults and no rows."""

    key: str
    rows: tuple[StockRow, ...]
    faults: tuple[SheetFault, ...]
    unknown: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()


def read(data: bytes, source: Source) -> StockSheet:
    """Read a stock list from CSV, XLSX, XLS or ODS. Blocks while a child process reads a workbook."""
    key = keys.sheet_key(data)
    try:
        found = files.read(data, source.encoding, source.delimiter)
    except Refused as error:
        return StockSheet(key, (), tuple(error.faults))
    return read_tables(found, source, key)


def read_tables(found: Sequence[tables.Table], source: Source, key: str) -> StockSheet:
    """The same from tables that are cut already. An article in two rows, as at two shelves, is added up."""
    faults = Faults()
    table, dialect = headings.choose(found, (PLAIN,), source, faults)
    columns = headings.locate(table, dialect, source, faults)
    whole = partial(cells.whole, decimal_comma=source.decimal_comma, most=amounts.QUANTITY_MAX)
    counted: dict[str, StockRow] = {}
    for number in range(columns.row + 1, len(table.rows) + 1):
        line = Line(table, columns, number, faults)
        if line.is_blank() or line.is_total("sku"):
            continue
        sku, stock = line.value("sku", cells.identifier, required=True), line.value("stock", whole)
        if sku and stock is not None:
            known = counted.get(sku)
            counted[sku] = StockRow(sku, stock + (known.stock if known else 0), known.row if known else number)
    if not counted and not faults:
        faults.add(columns.row, "", FaultCode.EMPTY, "rows below the headings")
    kept = () if faults else tuple(counted.values())
    return StockSheet(key, kept, faults.all(), columns.unknown, tuple(columns.names.values()))
