"""Orders for people: finding one, listing them, and showing one with its lines, parcels and signed documents."""

from __future__ import annotations

from dataclasses import dataclass

from contracts import orders, threads
from node import errors
from node.storage import logbooks, orderbooks
from node.trade import books, catalogues, credits, doors, offers, peering, personal, reservations
from protocol.entries import Entry

register = doors.Register()


class Listing(doors.Arguments):
    """A page of orders; `after` is the `next` of the page before."""

    state: str | None = None
    selling: bool | None = None
    partner: str | None = None
    limit: int = 100
    after: str = ""


class One(doors.Arguments):
    """An order by number or by the beginning (8 or more) of its hash."""

    order: str


@dataclass(frozen=True, slots=True)
class Found:
    """An order in its book."""

    row: orderbooks.OrderRow
    book: books.Book
    order: orders.Order


def find(desk: books.Desk, wanted: str) -> Found:
    """The order that a person means. NodeError when there is no single one."""
    rows = orderbooks.find_orders(desk.db, wanted)
    if len(rows) != 1:
        raise errors.NodeError(
            "order.unknown" if not rows else "order.ambiguous",
            f"no single order is called {wanted!r}",
            expected="an order number, or 8 or more characters of its hash",
            got=len(rows),
        )
    book = desk.book(rows[0].channel)
    return Found(rows[0], book, book.history.orders[rows[0].thread])


@register.case("order.list", Listing)
async def listed(trade: doors.Trade, given: Listing, report: doors.Report) -> doors.Json:
    """One page of orders, both those I sell and those I buy."""

    def unit(desk: books.Desk) -> doors.Json:
        channel = None if given.partner is None else peering.find(desk, given.partner)[1].id
        buying = None if given.selling is None else not given.selling
        limit = max(1, min(given.limit, 1000))
        rows = orderbooks.orders(desk.db, given.state, buying, channel, limit, page_end(given.after))
        shown = [summary(desk, row) for row in rows]
        return {"orders": shown, "next": rows[-1].thread.hex() if len(rows) == limit else None}

    return await trade.books.read(unit)


def page_end(after: str) -> bytes:
    """The last order of the page before. NodeError `request.malformed`."""
    try:
        return bytes.fromhex(after)
    except ValueError:
        raise errors.NodeError(
            "request.malformed", "this is not where a page ends", expected="what the page before named", got=after
        ) from None


def summary(desk: books.Desk, row: orderbooks.OrderRow) -> doors.Json:
    """One order for a list."""
    book = desk.peek(row.channel)
    order = book.history.orders[row.thread]
    return {
        "order": row.thread.hex(),
        "number": row.number,
        "partner": book.partner.name,
        "selling": not row.buying,
        "state": row.state,
        "lines": len(order.lines),
        "quantity": sum(line.ordered for line in order.lines.values()),
        "amount": catalogues.shown(order.quote, order.version.currency),
    }


@register.case("order.show", One)
async def show(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """One order with its lines, its parcels, its documents, and the recipient where this node ships or sold it."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.order)
        order, book = found.order, found.book
        return {
            **summary(desk, found.row),
            "owed": catalogues.shown(order.owed.total, order.version.currency),
            "lines": [describe_line(book, order, line) for line in order.lines.values()],
            "shipments": [
                {"carrier": parcel.carrier, "waybill": parcel.waybill, "state": parcel.state.value}
                for parcel in order.parcels.values()
            ],
            "documents": documents(book, found.row.thread),
            "recipient": recipient(trade, desk, found),
        }

    return await trade.books.act(unit)


def describe_line(book: books.Book, order: orders.Order, line: orders.OrderLine) -> doors.Json:
    """One line: how many units stand in which state."""
    buckets: dict[str, int] = {}
    for lot in line.lots:
        buckets[lot.state.value] = buckets.get(lot.state.value, 0) + lot.quantity
    sku = line.terms[0].sku
    listing = offers.listing(book, order.version.seller, sku)
    titles = {} if listing is None else {text.lang: text.text for text in listing[1].titles}
    return {
        "line": line.number,
        "sku": sku,
        "title": catalogues.title_of(titles),
        "ordered": line.ordered,
        "buckets": buckets,
        "price": catalogues.shown(line.terms[0].price, order.version.currency),
        "owed": catalogues.shown(line.owed.total, order.version.currency),
    }


def documents(book: books.Book, thread: bytes) -> list[doors.Json]:
    """The signed documents of a thread, each with its author and place, and why it was refused if it was."""
    found = book.history.channel.threads[thread]
    assert found.root is not None
    first = {"hash": thread.hex(), "type": "order.place", **place_of(book, *found.root)}
    answers = threads.linearise(found.members, (), found.leader)
    return [first] + [
        {"hash": member.hash.hex(), "type": member.document.TYPE, **place_of(book, member.side, member.index)}
        for member in answers
    ]


def place_of(book: books.Book, side: int, index: int) -> doors.Json:
    """Who wrote an entry, where it stands, and why the fold refuses it if it does."""
    return {
        "by": "me" if side == book.side else book.partner.name,
        "index": index,
        "refused": [fault.code for fault in book.history.refusals.get((side, index), ())],
    }


def recipient(trade: doors.Trade, desk: books.Desk, found: Found) -> dict[str, str] | None:
    """The consumer's address: opened where this node ships, or from the shop's own order."""
    entry, logbook = placed(desk, found)
    reference = None if entry is None else entry.body.get("pii")
    if entry is not None and isinstance(reference, dict):
        opened = personal.reveal(desk, trade.keys, reference, logbook.origin, entry.id)
        if opened is not None:
            return opened
    shop_order = orderbooks.shop_order_of(desk.db, found.row.thread)
    order = None if shop_order is None else orderbooks.shop_order(desk.db, shop_order)
    return None if order is None else order.content.get("recipient")


def placed(desk: books.Desk, found: Found) -> tuple[Entry | None, logbooks.Logbook]:
    """The entry that placed an order, None while it waits in the outbox, and the logbook that it belongs to."""
    root = found.book.history.channel.threads[found.row.thread].root
    assert root is not None
    logbook = found.book.mine if root[0] == found.book.side else found.book.theirs
    return books.stored_entry(desk.db, logbook.id, root[1]), logbook


def record(desk: books.Desk, book: books.Book, key: bytes, before: orders.Order | None, after: orders.Order) -> None:
    """Bring the list of orders and the shelf up to date with one order's new state."""
    enlist(desk, book, key, after)
    if after.version.key in book.credit:
        credits.follow(book, before, after)
    if after.version.seller == book.side:
        reservations.follow(desk, before, after)


def enlist(desk: books.Desk, book: books.Book, key: bytes, order: orders.Order) -> None:
    """The row of one order."""
    buying = order.version.seller != book.side
    row = orderbooks.OrderRow(key, book.channel.id, buying, order.number, order.state.value, desk.now_ms())
    orderbooks.put_order(desk.db, row)


def relist(desk: books.Desk, book: books.Book) -> None:
    """The rows of all orders of a channel, from the fold."""
    orderbooks.drop_channel(desk.db, book.channel.id)
    for key, order in book.history.orders.items():
        enlist(desk, book, key, order)
