"""Opening references by consent: to the partner who reads them, or into a file for an auditor or an arbiter.

What is opened is found again from the documents of the two orders themselves, and from the salts, which follow from
this node's secret. Nothing has to be remembered for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from contracts import histories, items
from contracts.disclosures import Opening, Reference
from node import errors
from node.storage import logbooks, orderbooks, shelves
from node.trade import books, doors, peering, readings, references
from node.trade.money import shares
from node.trade.ordering import orders
from protocol import entries
from protocol import references as blinded

register = doors.Register()
NAMES = ("parent", "upstream")
FORMAT = "hanse-openings/1"
Named = tuple[bytes, tuple[bool, entries.Entry]]  # a hash, whether the entry is mine, and the entry
Documents = dict[bytes, tuple[bool, entries.Entry]]


class Disclose(doors.Arguments):
    """Of `orders`, or of `all` with all listings: what they name elsewhere. `partner`: tell it what it has read."""

    orders: list[str] | None = None
    all: bool = False
    partner: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A reference of mine in `book`, in a document of a type, and what it opens to."""

    book: books.Book
    type: str
    reference: Reference
    opening: Opening


@register.case("order.disclose", Disclose)
async def disclose(trade: doors.Trade, given: Disclose, report: doors.Report) -> doors.Json:
    """Open the references of orders that I pass on; without a partner nothing is sent."""

    def unit(desk: books.Desk) -> doors.Json:
        partner = None if given.partner is None else peering.find(desk, given.partner)[0].id
        wanted = [orders.find(desk, order).row for order in given.orders or ()]
        rows = {row.thread: row for row in (orderbooks.orders(desk.db, None, False, None, -1) if given.all else wanted)}
        found = [opened for row in rows.values() for opened in openings(desk, row)]
        found = list({opened.reference: opened for opened in (*found, *(listings(desk) if given.all else ()))}.values())
        if not found and not given.all:
            raise errors.NodeError(
                "order.nothing",
                "no document of these orders passes anything on",
                expected="orders of a chain",
                got="none",
            )
        chosen = [opened for opened in found if partner is None or opened.book.partner.id == partner]
        told = 0 if partner is None else sum(tell(desk, opened) for opened in chosen)
        return {"format": FORMAT, "openings": [describe(opened) for opened in chosen], "told": told}

    return await trade.books.act(unit)


def describe(opened: Opened) -> doors.Json:
    """One opening, as it stands in a file."""
    return {
        "document": opened.reference.document.hex(),
        "type": opened.type,
        "name": opened.reference.name,
        "hash": opened.opening.hash.hex(),
        "salt": opened.opening.salt.hex(),
    }


def tell(desk: books.Desk, opened: Opened) -> bool:
    """Open a reference to the partner who has read it, unless that was done."""
    if opened.book.history.disclosed.get(opened.reference) == opened.opening:
        return False
    body: books.Body = {"document": opened.reference.document, "name": opened.reference.name}
    body |= {"hash": opened.opening.hash, "salt": opened.opening.salt}
    desk.write(opened.book, "reference.disclose", body)
    return True


def openings(desk: books.Desk, row: orderbooks.OrderRow) -> Iterator[Opened]:
    """What the documents of an order name in the orders behind and before it, and the other way round, and the shares
    of its price that name it."""
    yield from shared(desk, row)
    parent = orderbooks.parent_of(desk.db, row.thread) if row.buying else row.thread
    below = None if parent is None else orderbooks.order(desk.db, parent)
    if parent is None or below is None:
        return
    buyer = desk.book(below.channel)
    for child, channel in orderbooks.children_of(desk.db, parent):
        supplier = desk.book(channel)
        if child in supplier.history.orders:
            sold, bought = dict(entries_of(desk, buyer, parent)), dict(entries_of(desk, supplier, child))
            yield from between(desk, buyer, sold, bought)
            yield from between(desk, supplier, bought, sold)


def shared(desk: books.Desk, row: orderbooks.OrderRow) -> Iterator[Opened]:
    """What I have told third merchants of an order."""
    for book, share in shares.told_of(desk, row.channel, row.thread):
        salt = references.salt(desk, book, row.thread)
        mine = book.history.channel.threads[share].members[book.side]
        for hash in (share, *(member.hash for member in mine)):
            yield Opened(book, "share.report", Reference(book.side, hash, "source"), Opening(row.thread, salt))


def between(desk: books.Desk, book: books.Book, here: Documents, there: Documents) -> Iterator[Opened]:
    """What my documents on one channel name on the other one."""
    for hash, (mine, entry) in here.items():
        for name in NAMES if mine else ():
            commitment = entry.body.get(name)
            for other in there if isinstance(commitment, bytes) else ():
                salt = references.salt(desk, book, other)
                assert isinstance(commitment, bytes)
                if blinded.opens(commitment, salt, other):
                    yield Opened(book, entry.type, Reference(book.side, hash, name), Opening(other, salt))


def entries_of(desk: books.Desk, book: books.Book, order: bytes) -> Iterator[Named]:
    """The sequenced documents of an order, of the listings that it names, and of the complaints about it."""
    channel, seller = book.history.channel, book.history.orders[order].version.seller
    complaints = [issue.key for issue in book.history.issues_about(order)]
    for key in (order, *complaints):
        thread = channel.threads[key]
        members = [(member.side, member.index) for side in thread.members for member in side]
        for position in ([] if thread.root is None else [thread.root]) + members:
            for leaf, (mine, entry) in stored(desk, book, position):
                yield leaf, (mine, entry)
                for listing in listings_of(entry):
                    index = channel.positions[seller].get(listing)
                    yield from () if index is None else stored(desk, book, (seller, index))


def listings_of(entry: entries.Entry) -> Iterator[bytes]:
    """The listings that an order names."""
    lines = entry.body.get("lines") if entry.type == "order.place" else None
    for line in lines if isinstance(lines, list) else ():
        listing = line.get("listing") if isinstance(line, dict) else None
        if isinstance(listing, bytes):
            yield listing


def stored(desk: books.Desk, book: books.Book, position: items.Position) -> Iterator[Named]:
    """The entry at a position, once it is sequenced."""
    side, index = position
    logbook = logbooks.of_channel(desk.db, book.channel.id, mine=side == book.side)
    for _, leaf, data in logbooks.rows(desk.db, logbook.id, index, index + 1):
        yield leaf, (side == book.side, entries.parse(data))


def listings(desk: books.Desk) -> Iterator[Opened]:
    """What my derived listings name, whether anybody ordered from them or not."""
    behind: dict[tuple[int, str], list[bytes]] = {}
    for book in peering.open_books(desk):
        for item in listed(desk, book, mine=False):
            behind.setdefault((book.partner.id, str(item.body["sku"])), []).append(item.hash)
    for book in peering.open_books(desk):
        for item in listed(desk, book, mine=True):
            good, commitment = shelves.good(desk.db, str(item.body["sku"])), item.body.get("parent")
            if good is not None and good.supplier is not None and isinstance(commitment, bytes):
                for other in behind.get((good.supplier, good.sold_as), ()):
                    salt = references.salt(desk, book, other)
                    if blinded.opens(commitment, salt, other):
                        yield Opened(book, item.type, Reference(book.side, item.hash, "parent"), Opening(other, salt))


def listed(desk: books.Desk, book: books.Book, mine: bool) -> Iterator[histories.Item]:
    """The listings of one side of a channel, in every version."""
    logbook = logbooks.of_channel(desk.db, book.channel.id, mine=mine)
    side = book.side if mine else 1 - book.side
    for item in readings.stored_items(desk.db, logbook.id, side, logbook.size):
        if item.type in ("listing.publish", "listing.change") and (side, item.index) not in book.history.refusals:
            yield item
