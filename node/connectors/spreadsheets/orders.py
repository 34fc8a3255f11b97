"""Consumer orders: from a Hanse sheet in English or Chinese, or from a Shopify order export."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

from node.connectors.spreadsheets import (
    drafts,
    files,
    headings,
    keys,
    statuses,
    tables,
    vocabularies,
)
from node.connectors.spreadsheets.drafts import SheetLine as SheetLine
from node.connectors.spreadsheets.drafts import SheetOrder as SheetOrder
from node.connectors.spreadsheets.faults import FaultCode, Faults, Refused, SheetFault
from node.connectors.spreadsheets.lines import Line
from node.connectors.spreadsheets.sources import Source
from node.connectors.spreadsheets.statuses import Skipped as Skipped

PLAIN = headings.Dialect(
    "plain",
    vocabularies.ORDERS,
    (("number",), ("sku",), ("quantity",), ("name", "token"), ("phone", "token"), ("street", "token")),
)
SHOPIFY = headings.Dialect(
    "shopify",
    vocabularies.SHOPIFY_ORDERS,
    (("number",), ("quantity",), ("sku",), ("name",), ("street", "street_whole")),
)


@dataclass(frozen=True, slots=True)
class OrderSheet:
    """What a file says: orders, or faults and no orders.

    drafts: what could be read of the orders of a file with faults, to be looked through for further faults only.
    key: `keys.sheet_key` of the file. skipped: rows that are orders no longer or not yet to be shipped, with the
    reason; the merchant is shown them. unknown: headings that nobody understood. headings: all of them, as written.
    """

    key: str
    dialect: str
    orders: tuple[SheetOrder, ...]
    skipped: tuple[Skipped, ...]
    faults: tuple[SheetFault, ...]
    unknown: tuple[str, ...] = ()
    drafts: tuple[SheetOrder, ...] = ()
    headings: tuple[str, ...] = field(default=(), compare=False)


def read(data: bytes, source: Source) -> OrderSheet:
    """Read consumer orders from CSV, XLSX, XLS or ODS. Blocks while a child process reads a workbook."""
    key = keys.sheet_key(data)
    try:
        found = files.read(data, source.encoding, source.delimiter)
    except Refused as error:
        return OrderSheet(key, "", (), (), tuple(error.faults))
    return read_tables(found, source, key)


def read_tables(found: Sequence[tables.Table], source: Source, key: str) -> OrderSheet:
    """The same from tables that are cut already; at least one, each with a cell that is not empty."""
    faults = Faults()
    table, dialect = headings.choose(found, (SHOPIFY, PLAIN), source, faults)
    columns = headings.locate(table, dialect, source, faults)
    if dialect is SHOPIFY:
        source = dataclasses.replace(source, decimal_comma=False)
    if "shop" not in columns.indexes and not source.shop:
        faults.add(columns.row, "", FaultCode.HEADING_MISSING, "a shop column, or the shop named for this sender")
    lines = [Line(table, columns, row, faults) for row in range(columns.row + 1, len(table.rows) + 1)]
    lines = [line for line in lines if not line.is_blank() and not line.is_total("sku")]
    book, judge, skipped = drafts.Book(), statuses.Judge(dialect is SHOPIFY, source.unpaid), []
    for line in lines:
        name = drafts.name(line, source)
        reason = judge.reason(name, line)
        if reason:
            skipped.append(Skipped(line.row, name.number, reason))
        else:
            book.add(name, line, columns, source, phone_required=dialect is PLAIN)
    found_orders, written = book.orders(), tuple(columns.names.values())
    if not lines and not faults:
        faults.add(columns.row, "", FaultCode.EMPTY, "rows below the headings")
    if faults:
        return OrderSheet(key, dialect.name, (), (), faults.all(), columns.unknown, found_orders, written)
    return OrderSheet(key, dialect.name, found_orders, tuple(skipped), (), columns.unknown, (), written)
