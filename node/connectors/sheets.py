"""Importing a file: reading it beside the event loop, showing every fault at once, then one transaction.

A file with faults changes nothing; the same file again changes nothing; an order that came in another file before is
not taken twice.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from typing import Any

import pydantic

from contracts import axes
from node import errors
from node.connectors import memories
from node.connectors.spreadsheets import articles, catalogues, keys, orders, sources
from node.connectors.spreadsheets.articles import CatalogueRow
from node.connectors.spreadsheets.faults import FaultCode, SheetFault
from node.storage import partners, settings, shelves
from node.trade import books, doors
from node.trade.goods import catalogues as goods
from node.trade.ordering import batches, routes
from node.trade.shelves import intakes

register = doors.Register()
ORDERS_PER_TRANSACTION = 100  # so that the node goes on talking to partners during a long import
COLUMNS = {
    "titles": frozenset(articles.TITLE_FIELDS),
    "options": frozenset({"spec", *articles.SPEC_FIELDS}),
    "currency": frozenset({"price", "retail"}),
    "weight_g": frozenset({"weight_g", "weight_kg", "weight"}),
}
"""What an article says -> the columns that say it, where they are called otherwise."""
HEADINGS_HINT = "docs/spreadsheets.md lists the headings; --map HEADING=FIELD says what another one means"
HINTS = {
    FaultCode.LOCALE: "--decimal-comma or --decimal-point says how the file writes figures",
    FaultCode.ENCODING: "--encoding names the character set",
    FaultCode.SEPARATOR: "--separator says what stands between the cells",
    FaultCode.SEVERAL: "--sheet names the one to read",
    FaultCode.UNKNOWN_SHEET: "--sheet names the one to read",
    FaultCode.HEADING_MISSING: HEADINGS_HINT,
    FaultCode.HEADING_REPEATED: HEADINGS_HINT,
    FaultCode.MAPPING: HEADINGS_HINT,
    FaultCode.CURRENCY: "--currency names the one of amounts that name none",
    "route.supplier": "`hanse partners` lists your suppliers",
    "stock.reserved": "leave the stock cell empty, or cancel orders first",
    "route.sku": "`hanse catalogue list --partner PARTNER` lists what a partner offers",
}
"""What a person at the command line can do about a fault, besides mending the file."""


class Import(doors.Arguments):
    """A file's name and content, and what its sender told us about it (see docs/spreadsheets.md).

    `mapping`: heading as written in the file -> field, or "" to leave the column out.
    """

    name: str
    data_hex: str
    currency: str = "CNY"
    shop: str | None = None
    decimal_comma: bool | None = None
    language: str = ""
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    mapping: dict[str, str] = pydantic.Field(default_factory=dict)
    supply_price: str = ""
    unpaid: bool = False
    dry_run: bool = False


def refuse(name: str, faults: Sequence[SheetFault | routes.RouteFault]) -> None:
    """Raise `sheet.faults` with every fault of the file, if it has any."""
    if faults:
        hints = dict.fromkeys(HINTS[str(fault.code)] for fault in faults if str(fault.code) in HINTS)
        raise errors.NodeError(
            "sheet.faults",
            f"{name} has {len(faults)} fault{'s' if len(faults) > 1 else ''}; nothing was imported",
            hint="; ".join(hints),
            faults=[describe(fault) for fault in faults],
        )


def describe(fault: SheetFault | routes.RouteFault) -> errors.Fault:
    """One fault where the person finds it: row and column as the spreadsheet program shows them."""
    column = fault.column if isinstance(fault, SheetFault) else ""
    return {
        "row": str(fault.row),
        "column": column,
        "code": str(fault.code),
        "path": f"row {fault.row}" + (f", column {column}" if column else ""),
        "expected": fault.expected,
        "got": fault.got,
    }


def content_of(given: Import) -> bytes:
    """The file's bytes."""
    try:
        return bytes.fromhex(given.data_hex)
    except ValueError:
        raise errors.NodeError("request.malformed", "data_hex is no hex", expected="hex digits", got="other") from None


def source_of(given: Import, shop: str = "") -> sources.Source:
    """What is known about the sender of the file."""
    return sources.Source(
        shop=given.shop or shop,
        currency=given.currency,
        decimal_comma=given.decimal_comma,
        language=given.language,
        encoding=given.encoding,
        delimiter=given.separator,
        sheet=given.sheet,
        mapping=given.mapping,
        supply_heading=given.supply_price,
        unpaid=given.unpaid,
    )


def said(given: Import) -> dict[str, Any]:
    """How its sender says that a file is to be read: all that is not the file itself."""
    return given.model_dump(include=set(Import.model_fields) - {"name", "data_hex", "dry_run"})


def import_key(sheet_key: str, given: Import) -> str:
    """The name under which an import is remembered: the same file, read in the same way."""
    return "sheet:" + keys.parts_key([sheet_key, *(f"{name}={value}" for name, value in sorted(said(given).items()))])


@register.case("catalogue.import", Import)
async def import_catalogue(trade: doors.Trade, given: Import, report: doors.Report) -> doors.Json:
    """Take articles, prices and stock from a sheet."""
    sheet = await asyncio.to_thread(catalogues.read, content_of(given), source_of(given))
    refuse(given.name, sheet.faults)
    key = import_key(sheet.key, given)

    def unit(desk: books.Desk) -> doors.Json:
        if settings.answered(desk.db, key) is not None:
            return {"new": 0, "changed": 0, "unchanged": len(sheet.rows), "known": True}
        refuse(given.name, promised_away(desk, sheet.rows))
        wanted = [good_of(desk, row, sheet) for row in sheet.rows]
        if given.dry_run:
            return {**goods.compare(desk, wanted), "known": False}
        altered = (intakes.altered(desk, good, row.stock) for good, row in zip(wanted, sheet.rows, strict=True))
        number = intakes.keep(trade, desk, "catalogue", given.name, key, (row for row in altered if row is not None))
        counts = goods.put_goods(desk, wanted)
        for row in sheet.rows:
            if row.stock is not None:
                shelves.set_on_hand(desk.db, row.sku, shelves.MAIN, row.stock)
        settings.answer(desk.db, key, counts)
        memories.remember(desk, "catalogue", sheet.headings, said(given))
        return {**counts, "known": False, "import": number}

    counts = await (trade.books.read(unit) if given.dry_run else trade.books.act(unit))
    report("goods", len(sheet.rows), len(sheet.rows))
    return {
        "rows": len(sheet.rows),
        **counts,
        "unpriced": sum(row.price_minor is None for row in sheet.rows),
        "ignored": list(sheet.unknown),
        "dry_run": given.dry_run,
    }


def promised_away(desk: books.Desk, rows: Sequence[CatalogueRow]) -> list[routes.RouteFault]:
    """Rows that count less on the shelf than accepted orders wait for."""
    faults = []
    for row in rows:
        reserved = 0 if row.stock is None else shelves.shelf(desk.db, row.sku).reserved
        if row.stock is not None and row.stock < reserved:
            expected = f"at least the {reserved} that accepted orders wait for"
            faults.append(routes.RouteFault(row.row, "stock.reserved", expected, str(row.stock)))
    return faults


def good_of(desk: books.Desk, row: CatalogueRow, sheet: catalogues.CatalogueSheet) -> shelves.Good:
    """An article from a row; a supplier that it had stays, and ships it as before.

    What the file has no column for stays as it was: a list of new prices takes nothing else away.
    """
    known = shelves.good(desk.db, row.sku)
    content: dict[str, Any] = {
        "titles": row.titles,
        "options": axes.coded(row.options),
        "unit": row.unit,
        "price": row.price_minor,
        "retail": row.retail_minor,
        "currency": row.currency,
        "gtin": row.gtin,
        "weight_g": row.weight_g,
        "origin": row.origin,
        "lead_days": row.lead_days,
        "returnable": row.returnable,
        "min_quantity": row.min_quantity,
        "description": row.description,
        "brand": row.brand,
        "category": row.category,
    }
    if known is None:
        return shelves.Good(row.sku, content, None)
    if sheet.dialect == catalogues.PLAIN.name:
        silent = [name for name in content if not sheet.fields & COLUMNS.get(name, frozenset({name}))]
        content |= {name: known.content[name] for name in silent if name in known.content}
        content["titles"] = {**known.content["titles"], **row.titles}
    return goods.rewritten(known, content)


@register.case("order.import", Import)
async def import_orders(trade: doors.Trade, given: Import, report: doors.Report) -> doors.Json:
    """Take consumer orders from a sheet, split them by supplier, and place them there."""
    sheet = await asyncio.to_thread(orders.read, content_of(given), source_of(given, trade.config.name))
    plan = await trade.books.read(lambda desk: planned(desk, sheet))
    refuse(given.name, [*sheet.faults, *plan.faults])
    placed: dict[str, int] = {}
    number: int | None = None
    if not given.dry_run:
        names = await trade.database.read(lambda db: {partner.id: partner.name for partner in partners.every(db)})
        if plan.orders:
            number = await trade.books.act(lambda desk: batches.begin(trade, desk, given.name))
        for first in range(0, len(plan.orders), ORDERS_PER_TRANSACTION):
            portion = plan.orders[first : first + ORDERS_PER_TRANSACTION]
            counts = await trade.books.act(functools.partial(routes.place_all, routed=portion, intake=number))
            for partner, count in counts.items():
                placed[names[partner]] = placed.get(names[partner], 0) + count
            report("orders", min(first + ORDERS_PER_TRANSACTION, len(plan.orders)), len(plan.orders))
        await trade.books.act(lambda desk: memories.remember(desk, "orders", sheet.headings, said(given)))
    told = {"placed": placed, "ignored": list(sheet.unknown), "dry_run": given.dry_run, "import": number}
    return {**counts_of(sheet, plan), **told}


def counts_of(sheet: orders.OrderSheet, plan: routes.Plan) -> doors.Json:
    """What a file of orders comes to: what is new, what is known already, what is set aside and why."""
    return {
        "orders": len(plan.orders),
        "lines": sum(len(order.wanted.lines) for order in plan.orders),
        "unchanged": plan.known,
        "differing": plan.differing,
        "skipped": [{"row": skip.row, "number": skip.number, "reason": skip.reason} for skip in sheet.skipped],
    }


def planned(desk: books.Desk, sheet: orders.OrderSheet) -> routes.Plan:
    """Where the orders of a file would go; of a file with faults, what else is wrong with them."""
    return routes.plan(desk, [shop_order(order) for order in (sheet.drafts if sheet.faults else sheet.orders)])


def shop_order(order: orders.SheetOrder) -> routes.ShopOrder:
    """A consumer order from its sheet, as the trade takes it."""
    return routes.ShopOrder(
        source=order.key(),
        shop=order.shop,
        number=order.number,
        recipient=order.recipient,
        lines=tuple(
            routes.Wanted(line.sku, line.quantity, line.supplier or order.supplier, line.row) for line in order.lines
        ),
    )
