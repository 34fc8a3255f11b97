"""A supplier's catalogue: from a Hanse sheet in English or Chinese, or from a Shopify product export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from node.connectors.spreadsheets import articles, files, headings, keys, shopify, tables, vocabularies
from node.connectors.spreadsheets.articles import CatalogueRow as CatalogueRow
from node.connectors.spreadsheets.faults import FaultCode, Faults, Refused, SheetFault
from node.connectors.spreadsheets.lines import Line
from node.connectors.spreadsheets.sources import Source

PLAIN = headings.Dialect("plain", vocabularies.CATALOGUE, (("sku",), articles.TITLE_FIELDS))
SHOPIFY = headings.Dialect(
    "shopify", vocabularies.SHOPIFY_PRODUCTS, (("handle",), ("title",), ("option1_value",), ("retail",))
)


@dataclass(frozen=True, slots=True)
class CatalogueSheet:
    """What a file says: rows, or faults and no rows.

    key: `keys.sheet_key` of the file. dialect: `plain` or `shopify`. unknown: headings that nobody understood, for
    the merchant to map or to shrug off. headings: all of them, as written. fields: those
    that have a column.
    """

    key: str
    dialect: str
    rows: tuple[CatalogueRow, ...]
    faults: tuple[SheetFault, ...]
    unknown: tuple[str, ...] = ()
    headings: tuple[str, ...] = field(default=(), compare=False)
    fields: frozenset[str] = field(default=frozenset(), compare=False)


def read(data: bytes, source: Source) -> CatalogueSheet:
    """Read a catalogue from CSV, XLSX, XLS or ODS. Blocks while a child process reads a workbook."""
    key = keys.sheet_key(data)
    try:
        found = files.read(data, source.encoding, source.delimiter)
    except Refused as error:
        return CatalogueSheet(key, "", (), tuple(error.faults))
    return read_tables(found, source, key)


def read_tables(found: Sequence[tables.Table], source: Source, key: str) -> CatalogueSheet:
    """The same from tables that are cut already; at least one, each with a cell that is not empty."""
    faults = Faults()
    table, dialect = headings.choose(found, (SHOPIFY, PLAIN), source, faults)
    columns = headings.locate(table, dialect, source, faults)
    lines = [Line(table, columns, row, faults) for row in range(columns.row + 1, len(table.rows) + 1)]
    lines = [line for line in lines if not line.is_blank() and not line.is_total("sku")]
    if dialect is SHOPIFY:
        rows = shopify.rows(lines, columns, source)
    else:
        rows = [row for line in lines if (row := articles.row(line, columns, source)) is not None]
    _check_repeated(rows, columns, faults)
    if not rows and not faults:
        faults.add(columns.row, "", FaultCode.EMPTY, "rows below the headings")
    kept = () if faults else tuple(rows)
    written = tuple(columns.names.values())
    named = frozenset(columns.indexes)
    return CatalogueSheet(key, dialect.name, kept, faults.all(), columns.unknown, written, named)


def _check_repeated(rows: Sequence[CatalogueRow], columns: headings.Columns, faults: Faults) -> None:
    """A SKU names one article: the second row that claims it is at fault."""
    first: dict[str, int] = {}
    for row in rows:
        if row.sku in first:
            expected = f"every SKU once; first in row {first[row.sku]}"
            faults.add(row.row, columns.place("sku"), FaultCode.REPEATED, expected, row.sku)
        first.setdefault(row.sku, row.row)
