"""Looking at a file before it is taken in: its headings with what each means, its first rows, every fault, what would
change. What headings were said to mean is remembered by the set of headings, and told when such a file comes again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import pydantic

from node import errors
from node.connectors import memories, sheets
from node.connectors.spreadsheets import (
    catalogues,
    exports,
    files,
    headings,
    keys,
    orders,
    stocklists,
    tables,
)
from node.connectors.spreadsheets.faults import Faults, Refused, SheetFault, letters, shown
from node.storage import intakes as storage
from node.storage import settings, shelves
from node.trade import books, doors
from node.trade.goods import catalogues as goods
from node.trade.ordering import routes
from node.trade.shelves import intakes, stocks

register = doors.Register()
EXAMPLES_MAX: Final = 3
FIRST_ROWS: Final = 5
DIFFERENCES_MAX: Final = 200
ROWS_WRITTEN_MAX: Final = 100_000
DIALECTS: Final[Mapping[str, tuple[headings.Dialect, ...]]] = {
    "catalogue": (catalogues.SHOPIFY, catalogues.PLAIN),
    "stock": (stocklists.PLAIN,),
    "orders": (orders.SHOPIFY, orders.PLAIN),
}
ANSWERS: Final = memories.ANSWERS | {"encoding", "separator", "shop", "unpaid"}
"""What was said of a file, or stands for what was not said."""


class Stock(sheets.Import):
    """A stock list for one location of mine."""

    location: str = shelves.MAIN


class Preview(Stock):
    """`kind`: what the file is to be. `recall`: answer as was answered for the last file with these headings."""

    kind: Literal["catalogue", "stock", "orders"] = "catalogue"
    recall: bool = False


class Write(doors.Arguments):
    """A table: its name, its headings, and rows of as many cells each."""

    name: Annotated[str, pydantic.Field(min_length=1, max_length=31, pattern=r"^[^\[\]:*?/\\]+$")]
    headings: Annotated[list[str], pydantic.Field(min_length=1, max_length=100)]
    rows: Annotated[list[list[str | int]], pydantic.Field(max_length=ROWS_WRITTEN_MAX)]


@dataclass(frozen=True, slots=True)
class Look:
    """A file as it was read: the table that was chosen, its columns, and what it says."""

    given: Preview
    sheets: tuple[str, ...]
    table: tables.Table
    dialect: headings.Dialect
    columns: headings.Columns
    sheet: catalogues.CatalogueSheet | stocklists.StockSheet | orders.OrderSheet


def look(found: Sequence[tables.Table], given: Preview, key: str) -> Look:
    """Read the tables of a file in the way that was given."""
    source = sheets.source_of(given)
    table, dialect = headings.choose(found, DIALECTS[given.kind], source, Faults())
    columns = headings.locate(table, dialect, source, Faults())
    names = tuple(one.name for one in found)
    return Look(given, names, table, dialect, columns, READERS[given.kind](found, source, key))


READERS: Final[Mapping[str, Callable[..., catalogues.CatalogueSheet | stocklists.StockSheet | orders.OrderSheet]]] = {
    "catalogue": catalogues.read_tables,
    "stock": stocklists.read_tables,
    "orders": orders.read_tables,
}


@register.case("sheet.preview", Preview)
async def preview(trade: doors.Trade, given: Preview, report: doors.Report) -> doors.Json:
    """What a file says, as it would be read, and what taking it in would change. Nothing is changed."""
    data = sheets.content_of(given)
    if given.kind == "orders" and not given.shop:
        given = given.model_copy(update={"shop": trade.config.name})
    try:
        found = await asyncio.to_thread(files.read, data, given.encoding, given.separator)
    except Refused as error:
        answers = given.model_dump(include=set(ANSWERS))
        return {"readable": False, "name": given.name, "kind": given.kind, **answers, **faults_of(error.faults)}
    seen = await asyncio.to_thread(look, found, given, keys.sheet_key(data))
    known: dict[str, Any] = {}
    if given.recall:
        known = await trade.books.read(lambda desk: memories.recall(desk, given.kind, seen.sheet.headings))
        if known:
            given = given.model_copy(update=known)
            seen = await asyncio.to_thread(look, found, given, keys.sheet_key(data))
    return await trade.books.read(lambda desk: described(desk, seen, bool(known)))


def described(desk: books.Desk, seen: Look, known: bool) -> doors.Json:
    """A look for people."""
    given, columns, table = seen.given, seen.columns, seen.table
    faults: list[SheetFault | routes.RouteFault] = list(seen.sheet.faults)
    counts: doors.Json | None = None
    differences: list[doors.Json] = []
    if isinstance(seen.sheet, orders.OrderSheet):
        plan = sheets.planned(desk, seen.sheet)
        faults += plan.faults
        counts = sheets.counts_of(seen.sheet, plan)
    elif not faults:
        if isinstance(seen.sheet, catalogues.CatalogueSheet):
            faults += sheets.promised_away(desk, seen.sheet.rows)
            wanted = [sheets.good_of(desk, row, seen.sheet) for row in seen.sheet.rows]
            counts = goods.compare(desk, wanted)
            changed = (difference(desk, good, row.stock) for good, row in zip(wanted, seen.sheet.rows, strict=True))
            differences = [row for row in changed if row is not None]
            counts["unpriced"] = sum(row.price_minor is None for row in seen.sheet.rows)
        else:
            faults += uncountable(desk, seen.sheet.rows, given.location)
            differences = [row for one in seen.sheet.rows if (row := recount(desk, one, given.location)) is not None]
            counts = {"new": 0, "changed": len(differences), "unchanged": len(seen.sheet.rows) - len(differences)}
    return {
        "readable": True,
        "name": given.name,
        "kind": given.kind,
        "dialect": seen.dialect.name,
        "recalled": known,
        **given.model_dump(include=set(ANSWERS)),
        "sheets": [name for name in seen.sheets if name],
        "sheet": table.name,
        "heading_row": columns.row,
        "fields": list(seen.dialect.vocabulary.fields),
        "columns": described_columns(table, columns),
        "first": first_rows(table, columns),
        "rows": max(0, len(table.rows) - columns.row),
        "counts": None if faults else counts,
        "known": settings.answered(desk.db, sheets.import_key(seen.sheet.key, given)) is not None,
        "differences": differences[:DIFFERENCES_MAX],
        "more": max(0, len(differences) - DIFFERENCES_MAX),
        **faults_of(faults),
    }


def faults_of(faults: Sequence[SheetFault | routes.RouteFault]) -> doors.Json:
    """Every fault, and how many there are."""
    return {"faults": [dict(sheets.describe(fault)) for fault in faults], "fault_count": len(faults)}


def described_columns(table: tables.Table, columns: headings.Columns) -> list[doors.Json]:
    """Every column: its letter, its heading, the field that it means, and what stands in it."""
    fields = {index: field for field, index in columns.indexes.items()}
    return [
        {
            "letter": letters(index),
            "heading": heading,
            "field": fields.get(index, ""),
            "examples": examples(table, columns.row, index),
        }
        for index, heading in sorted(columns.names.items())
    ]


def examples(table: tables.Table, heading_row: int, index: int) -> list[str]:
    """A few of the first values that are not empty."""
    found: list[str] = []
    for row in range(heading_row + 1, min(len(table.rows), heading_row + 100) + 1):
        text = text_of(table.cell(row, index))
        if text and text not in found:
            found.append(text)
        if len(found) == EXAMPLES_MAX:
            break
    return found


def first_rows(table: tables.Table, columns: headings.Columns) -> list[doors.Json]:
    """The first rows below the headings, as they stand in the file."""
    rows = range(columns.row + 1, min(len(table.rows), columns.row + FIRST_ROWS) + 1)
    return [{"row": row, "cells": [text_of(table.cell(row, index)) for index in sorted(columns.names)]} for row in rows]


def text_of(cell: tables.Cell) -> str:
    """A cell as text on one line."""
    match cell:
        case tables.Moment(text) | tables.Broken(text):
            return shown(text)
        case float() if cell.is_integer():
            return str(int(cell))
        case _:
            return shown(cell)


def difference(desk: books.Desk, good: shelves.Good, stock: int | None) -> doors.Json | None:
    """What taking a good in would change; None for nothing."""
    known = shelves.good(desk.db, good.sku)
    shelf = shelves.shelf(desk.db, good.sku).on_hand
    counted = None if stock is None or (known is not None and stock == shelf) else stock
    if known is not None and known.content == good.content and counted is None:
        return None
    before = None if known is None else known.content
    changed = [name for name, value in good.content.items() if before is not None and before.get(name) != value]
    return {
        "sku": good.sku,
        "titles": good.content["titles"],
        "new": known is None,
        "price": goods.shown(good.content.get("price"), good.content["currency"]),
        "price_before": None if before is None else goods.shown(before.get("price"), before["currency"]),
        "stock": counted,
        "stock_before": None if known is None else shelf,
        "fields": changed,
    }


# --- stock lists


def uncountable(
    desk: books.Desk, rows: Sequence[stocklists.StockRow], location: str
) -> list[SheetFault | routes.RouteFault]:
    """Rows of a stock list that cannot be counted at a location."""
    stocks.known_location(desk, location)
    faults: list[SheetFault | routes.RouteFault] = []
    for row in rows:
        fault = stocks.fault_of(desk, shelves.shelf(desk.db, row.sku, location), row.stock)
        if fault is not None:
            faults.append(routes.RouteFault(row.row, fault["code"], fault["expected"], fault["got"]))
    return faults


def recount(desk: books.Desk, row: stocklists.StockRow, location: str) -> doors.Json | None:
    """What a row of a stock list would change; None for nothing."""
    before = shelves.shelf(desk.db, row.sku, location).on_hand
    good = shelves.good(desk.db, row.sku)
    if before == row.stock or good is None:
        return None
    titles = good.content["titles"]
    return {"sku": row.sku, "titles": titles, "new": False, "stock": row.stock, "stock_before": before, "fields": []}


def recounts(desk: books.Desk, rows: Sequence[stocklists.StockRow], location: str) -> Iterator[storage.Alteration]:
    """What the rows of a stock list will change."""
    for row in rows:
        before = shelves.shelf(desk.db, row.sku, location).on_hand
        if before != row.stock:
            yield storage.Alteration(row.sku, location, None, None, before, row.stock)


@register.case("stock.import", Stock)
async def import_stock(trade: doors.Trade, given: Stock, report: doors.Report) -> doors.Json:
    """Take the counts of a stock list for one location, and tell partners at once."""
    sheet = await asyncio.to_thread(stocklists.read, sheets.content_of(given), sheets.source_of(given))
    sheets.refuse(given.name, sheet.faults)

    def unit(desk: books.Desk) -> doors.Json:
        sheets.refuse(given.name, uncountable(desk, sheet.rows, given.location))
        changed = sum(recount(desk, row, given.location) is not None for row in sheet.rows)
        number = None
        if not given.dry_run:
            number = intakes.keep(trade, desk, "stock", given.name, "", recounts(desk, sheet.rows, given.location))
            for row in sheet.rows:
                shelves.set_on_hand(desk.db, row.sku, given.location, row.stock)
            memories.remember(desk, "stock", sheet.headings, sheets.said(given))
            stocks.share(desk)
        counts = {"new": 0, "changed": changed, "unchanged": len(sheet.rows) - changed}
        return {**counts, "known": False, "import": number}

    counts = await (trade.books.read(unit) if given.dry_run else trade.books.act(unit))
    report("goods", len(sheet.rows), len(sheet.rows))
    return {"rows": len(sheet.rows), **counts, "ignored": list(sheet.unknown), "dry_run": given.dry_run}


@register.case("sheet.write", Write)
async def write(trade: doors.Trade, given: Write, report: doors.Report) -> doors.Json:
    """A table as a workbook, in which no text becomes a formula."""
    if any(len(row) != len(given.headings) for row in given.rows):
        raise errors.NodeError("request.malformed", "every row needs a cell for each heading", expected="as many cells")
    grid = exports.Grid(given.name, given.headings, given.rows)
    return {"name": f"{given.name}.xlsx", "data_hex": (await asyncio.to_thread(exports.to_xlsx, grid)).hex()}
