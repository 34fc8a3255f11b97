"""Importing a file: reading it beside the event loop, showing every fault at once, then one transaction.

A file with faults changes nothing; the same file again changes nothing; an order that came in another file before is
not taken twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from node import errors
from node.connectors.spreadsheets import articles, catalogues, orders, sources
from node.connectors.spreadsheets.articles import CatalogueRow
from node.connectors.spreadsheets.faults import SheetFault
from node.storage import partners, settings, shelves
from node.trade import books, doors, routes
from node.trade import catalogues as goods

register = doors.Register()
ORDERS_PER_TRANSACTION = 100  # so that the node goes on talking to partners during a long import


class Import(doors.Arguments):
    """A file's name and content, and what its sender told us about it (see docs/spreadsheets.md)."""

    name: str
    data_hex: str
    currency: str = "CNY"
    shop: str | None = None
    decimal_comma: bool | None = None
    language: str = ""
    dry_run: bool = False


def refuse(name: str, faults: Sequence[SheetFault | routes.RouteFault]) -> None:
    """Raise `sheet.faults` with every fault of the file, if it has any."""
    if faults:
        raise errors.NodeError(
            "sheet.faults",
            f"{name} has {len(faults)} fault{'s' if len(faults) > 1 else ''}; nothing was imported",
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
        shop=given.shop or shop, currency=given.currency, decimal_comma=given.decimal_comma, language=given.language
    )


@register.case("catalogue.import", Import)
async def import_catalogue(trade: doors.Trade, given: Import, report: doors.Report) -> doors.Json:
    """Take articles, prices and stock from a sheet."""
    sheet = await asyncio.to_thread(catalogues.read, content_of(given), source_of(given))
    refuse(given.name, sheet.faults)

    def unit(desk: books.Desk) -> dict[str, int]:
        counts = goods.put_goods(desk, [good_of(desk, row) for row in sheet.rows])
        for row in sheet.rows:
            if row.stock is not None:
                shelves.set_on_hand(desk.db, row.sku, shelves.MAIN, row.stock)
        return counts

    known = await trade.books.read(lambda desk: settings.answered(desk.db, f"sheet:{sheet.key}"))
    if given.dry_run or known is not None:
        return {
            "rows": len(sheet.rows),
            "new": 0,
            "changed": 0,
            "unchanged": len(sheet.rows),
            "ignored": list(sheet.unknown),
        }

    def once(desk: books.Desk) -> dict[str, int]:
        counts = unit(desk)
        settings.answer(desk.db, f"sheet:{sheet.key}", counts)
        return counts

    counts = await trade.books.act(once)
    report("goods", len(sheet.rows), len(sheet.rows))
    return {"rows": len(sheet.rows), **counts, "ignored": list(sheet.unknown)}


def good_of(desk: books.Desk, row: CatalogueRow) -> shelves.Good:
    """An article from a row; a supplier that it had stays."""
    known = shelves.good(desk.db, row.sku)
    content: dict[str, Any] = {
        "titles": row.titles,
        "options": articles.axes(row.options),
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
    }
    return shelves.Good(row.sku, content, None if known is None else known.supplier)


@register.case("order.import", Import)
async def import_orders(trade: doors.Trade, given: Import, report: doors.Report) -> doors.Json:
    """Take consumer orders from a sheet, split them by supplier, and place them there."""
    sheet = await asyncio.to_thread(orders.read, content_of(given), source_of(given, trade.config.name))
    refuse(given.name, sheet.faults)
    wanted = [
        routes.ShopOrder(
            source=order.key(),
            shop=order.shop,
            number=order.number,
            recipient=order.recipient,
            lines=tuple(
                routes.Wanted(line.sku, line.quantity, line.supplier or order.supplier, line.row)
                for line in order.lines
            ),
        )
        for order in sheet.orders
    ]
    plan = await trade.books.read(lambda desk: routes.plan(desk, wanted))
    refuse(given.name, plan.faults)
    placed: dict[str, int] = {}
    names = await trade.database.read(lambda db: {partner.id: partner.name for partner in partners.every(db)})
    if not given.dry_run:
        for first in range(0, len(plan.orders), ORDERS_PER_TRANSACTION):
            portion = plan.orders[first : first + ORDERS_PER_TRANSACTION]
            counts = await trade.books.act(lambda desk, portion=portion: routes.place_all(desk, portion))  # type: ignore[misc]
            for partner, count in counts.items():
                placed[names[partner]] = placed.get(names[partner], 0) + count
            report("orders", min(first + ORDERS_PER_TRANSACTION, len(plan.orders)), len(plan.orders))
    return {
        "orders": len(plan.orders),
        "lines": sum(len(order.wanted.lines) for order in plan.orders),
        "placed": placed,
        "unchanged": plan.known,
        "skipped": [{"row": skip.row, "number": skip.number, "reason": skip.reason} for skip in sheet.skipped],
        "ignored": list(sheet.unknown),
    }
