"""The shelf: counting it, showing it, and telling partners what can still be promised."""

from __future__ import annotations

import asyncio

import structlog

from contracts import errors as refusals
from node import errors
from node.storage import partners, shelves, warehouses
from node.trade import books, doors, errands, sightings
from node.trade.goods import catalogues, promises
from node.trade.money import shares
from node.trade.shelves import expiries

register = doors.Register()
VIRTUAL = "@"  # before a supplier's name: a location that is not mine
log = structlog.get_logger(__name__)


class Set(doors.Arguments):
    """What was counted at a location: one SKU, or several."""

    sku: str | None = None
    on_hand: doors.Quantity | None = None
    items: dict[str, doors.Quantity] | None = None
    location: str = shelves.MAIN


@register.case("stock.set", Set)
async def count(trade: doors.Trade, given: Set, report: doors.Report) -> doors.Json:
    """Enter what lies on the shelf, and tell partners at once."""
    counted = dict(given.items or {})
    if given.sku is not None and given.on_hand is not None:
        counted[given.sku] = given.on_hand

    def unit(desk: books.Desk) -> doors.Json:
        known_location(desk, given.location)
        rows = [(shelves.shelf(desk.db, sku, given.location), on_hand) for sku, on_hand in counted.items()]
        faults = [fault for row, on_hand in rows if (fault := fault_of(desk, row, on_hand)) is not None]
        if faults or not counted:
            raise errors.NodeError("stock.count", "the count cannot be right", faults=faults, expected="counts by SKU")
        for sku, on_hand in counted.items():
            shelves.set_on_hand(desk.db, sku, given.location, on_hand)
        share(desk)
        return {"changed": len(counted)}

    return await trade.books.act(unit)


def known_location(desk: books.Desk, location: str) -> None:
    """NodeError `stock.location` for what is no location of mine."""
    known = [shelves.MAIN, *warehouses.locations(desk.db)]
    if location not in known:
        raise errors.NodeError(
            "stock.location",
            "there is no such location",
            expected=", ".join(known),
            got=location,
            hint="`hanse stock location add` adds one",
        )


def fault_of(desk: books.Desk, row: shelves.Shelf, on_hand: int) -> errors.Fault | None:
    """What is wrong with a count."""
    if shelves.good(desk.db, row.sku) is None:
        return {"code": "stock.sku", "path": row.sku, "expected": "one of my own goods", "got": row.sku}
    if on_hand < row.reserved:
        expected = f"at least the {row.reserved} that accepted orders wait for"
        return {"code": "stock.reserved", "path": row.sku, "expected": expected, "got": str(on_hand)}
    return None


@register.case("stock.list", doors.NoArguments)
async def listed(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """Every shelf, and what suppliers can promise of the goods that they ship for me, as a location of theirs."""
    return await trade.books.read(lambda desk: {"stock": own(desk) + mirrored(desk)})


def own(desk: books.Desk) -> list[doors.Json]:
    """What lies at my own locations."""
    return [
        {
            "sku": row.sku,
            "location": row.location,
            "on_hand": row.on_hand,
            "reserved": row.reserved,
            "available": row.available,
            "buffer": warehouses.buffer(desk.db, row.sku),
        }
        for row in shelves.shelves(desk.db)
    ]


def mirrored(desk: books.Desk) -> list[doors.Json]:
    """What suppliers have told of the goods that they ship for me: nothing of it lies or is reserved here."""
    names = {partner.id: partner.name for partner in partners.every(desk.db)}
    return [
        {
            "sku": good.sku,
            "location": f"{VIRTUAL}{names[good.supplier]}",
            "available": available,
            "buffer": warehouses.buffer(desk.db, good.sku),
        }
        for good in shelves.goods(desk.db)
        if good.supplier is not None
        for available in promises.mirrored(desk, good).values()
    ]


def share(desk: books.Desk, supplier: int | None = None) -> None:
    """Send every partner the figures that changed for goods that it is offered; of one `supplier` only, if named."""
    goods = [good for good in shelves.goods(desk.db) if supplier is None or good.supplier == supplier]
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
            await trade.books.act(expiries.expire)
            await trade.books.act(errands.come_by)
            await trade.books.act(share)
            await trade.books.act(shares.report_due)
            await sightings.forget(trade.database, trade.world.clock)
        except refusals.Refused as refused:
            log.warning("stock could not be shared", fault=str(refused))
