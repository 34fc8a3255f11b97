"""The shelf: counting it, showing it, and telling partners what can still be promised."""

from __future__ import annotations

import asyncio

import structlog

from contracts import errors as refusals
from node import errors
from node.storage import partners, shelves
from node.trade import books, catalogues, doors

register = doors.Register()
log = structlog.get_logger(__name__)


class Set(doors.Arguments):
    """What was counted: one SKU, or several."""

    sku: str | None = None
    on_hand: doors.Quantity | None = None
    items: dict[str, doors.Quantity] | None = None


@register.case("stock.set", Set)
async def count(trade: doors.Trade, given: Set, report: doors.Report) -> doors.Json:
    """Enter what lies on the shelf, and tell partners at once."""
    counted = dict(given.items or {})
    if given.sku is not None and given.on_hand is not None:
        counted[given.sku] = given.on_hand

    def unit(desk: books.Desk) -> doors.Json:
        faults = [fault for sku, on_hand in counted.items() if (fault := fault_of(desk, sku, on_hand)) is not None]
        if faults or not counted:
            raise errors.NodeError("stock.count", "the count cannot be right", faults=faults, expected="counts by SKU")
        for sku, on_hand in counted.items():
            shelves.set_on_hand(desk.db, sku, shelves.MAIN, on_hand)
        share(desk)
        return {"changed": len(counted)}

    return await trade.books.act(unit)


def fault_of(desk: books.Desk, sku: str, on_hand: int) -> errors.Fault | None:
    """What is wrong with a count."""
    reserved = shelves.shelf(desk.db, sku).reserved
    if shelves.good(desk.db, sku) is None:
        return {"code": "stock.sku", "path": sku, "expected": "one of my own goods", "got": sku}
    if on_hand < reserved:
        expected = f"at least the {reserved} that accepted orders wait for"
        return {"code": "stock.reserved", "path": sku, "expected": expected, "got": str(on_hand)}
    return None


@register.case("stock.list", doors.NoArguments)
async def listed(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """The whole shelf."""
    rows = await trade.database.read(shelves.shelves)
    return {
        "stock": [
            {"sku": row.sku, "on_hand": row.on_hand, "reserved": row.reserved, "available": row.available}
            for row in rows
        ]
    }


def share(desk: books.Desk) -> None:
    """Send every partner the figures that changed for goods that it is offered."""
    goods = shelves.goods(desk.db)
    for partner in partners.every(desk.db):
        channel = partners.channel_of(desk.db, partner.id)
        trading = channel is not None and channel.state not in books.HALTED
        if channel is not None and trading and partner.state is partners.PartnerState.ACTIVE:
            catalogues.share_stock(desk, desk.book(channel.id), goods)


async def keep_sharing(trade: doors.Trade) -> None:
    """Tell partners from time to time what orders have left of the stock."""
    while True:
        await asyncio.sleep(trade.config.stock_share_seconds)
        try:
            await trade.books.act(share)
        except refusals.Refused as refused:
            log.warning("stock could not be shared", fault=str(refused))
