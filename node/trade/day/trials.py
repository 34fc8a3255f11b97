"""Use cases for measuring: they exist only in a node started with HANSE_BENCH=1, and write ordinary orders."""

from __future__ import annotations

import time

from node.storage import blobs, logbooks, outboxes, partners
from node.trade import books, doors, peering
from node.trade.goods import offers
from node.trade.ordering import purchases
from node.trade.partners import agreements

register = doors.Register()
ORDERS_PER_TRANSACTION = 500


class Load(doors.Arguments):
    """How many orders go to which partner."""

    partner: str
    count: int


def draft(desk: books.Desk, book: books.Book, index: int) -> None:
    """Write one order of two lines, about 600 bytes, its address sealed like every other."""
    version = agreements.in_force(book, 1 - book.side)
    wanted = []
    for number in (index % 10, (index + 1) % 10):
        offer = offers.offer(book, version, f"BENCH-{number}")
        assert offer is not None
        wanted.append((offer.document.sku, 1 + index % 3))
    recipient = {"name": "张三", "phone": "10000000000", "street": f"测试路 {index} 号", "city": "景德镇"}
    purchases.place(desk, book, wanted, recipient=recipient)


@register.case("bench.orders", Load)
async def load(trade: doors.Trade, given: Load, report: doors.Report) -> doors.Json:
    """Write orders in portions and wait until the partner holds them all. Seconds are of the wall clock."""
    channel = (await trade.books.read(lambda desk: peering.find(desk, given.partner)))[1].id
    started, size = time.monotonic(), 0
    for first in range(0, given.count, ORDERS_PER_TRANSACTION):
        last = min(first + ORDERS_PER_TRANSACTION, given.count)

        def unit(desk: books.Desk, first: int = first, last: int = last) -> int:
            book = desk.book(channel)
            for index in range(first, last):
                draft(desk, book, index)
            return book.history.sizes[book.side]

        size = await trade.books.write(unit)
        report("writing", last, given.count)
    written = time.monotonic()
    await trade.receipts.wait(channel, size)
    return {"written_seconds": written - started, "receipted_seconds": time.monotonic() - started}


@register.case("bench.singles", Load)
async def singles(trade: doors.Trade, given: Load, report: doors.Report) -> doors.Json:
    """Write orders one by one, each after the receipt of the one before; milliseconds from write to receipt."""
    channel = (await trade.books.read(lambda desk: peering.find(desk, given.partner)))[1].id
    latencies = []
    for index in range(given.count):

        def unit(desk: books.Desk, index: int = index) -> int:
            book = desk.book(channel)
            draft(desk, book, index)
            return book.history.sizes[book.side]

        started = time.monotonic()
        size = await trade.books.write(unit)
        await trade.receipts.wait(channel, size)
        latencies.append((time.monotonic() - started) * 1000)
    return {"latencies_ms": latencies}


@register.case("bench.progress", doors.NoArguments)
async def progress(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """How far each channel is: what I wrote, what is receipted, what I hold of the partner and have folded."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = []
        for channel in partners.channels(desk.db):
            mine = logbooks.of_channel(desk.db, channel.id, mine=True)
            theirs = logbooks.of_channel(desk.db, channel.id, mine=False)
            waiting = outboxes.waiting(desk.db, mine.id)
            wanted = blobs.count_wanted(desk.db, channel.id)
            row = {"wanted": wanted, "mine": mine.size + waiting, "receipted": mine.receipted, "theirs": theirs.size}
            rows.append({**row, "applied": channel.applied})
        return {"channels": rows}

    return await trade.books.read(unit)
