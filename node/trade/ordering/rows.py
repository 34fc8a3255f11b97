"""One order as a list shows it: stored when it changes, so that a list walks no book."""

from __future__ import annotations

from typing import Any, Final

from contracts.orders import Order
from node.storage import orderbooks, partners, searches
from node.trade import books, doors
from node.trade.goods import catalogues, offers, reservations
from node.trade.partners import credits

LINES_FOUND_MAX: Final = 20
"""An order is found by the goods of so many of its lines."""


def record(desk: books.Desk, book: books.Book, key: bytes, before: Order | None, after: Order) -> None:
    """Bring the list of orders, the index and the shelf up to date with one order's new state."""
    waybill = newest_waybill(after)
    if before is None or not orderbooks.refresh(desk.db, key, after.state.value, quantity(after), after.quote, waybill):
        enlist(desk, book, key, after, desk.now_ms())
    elif len(before.parcels) != len(after.parcels) or before.returns != after.returns:
        desk.findables[key] = findable(book, after)
    if after.version.key in book.credit:
        credits.follow(book, before, after)
    if after.version.seller == book.side:
        reservations.follow(desk, before, after)


def enlist(desk: books.Desk, book: books.Book, key: bytes, order: Order, since_ms: int) -> None:
    """A new row."""
    first = next(iter(order.lines.values())).terms[0].sku
    selling = order.version.seller == book.side
    orderbooks.put_order(
        desk.db,
        orderbooks.OrderRow(
            thread=key,
            channel=book.channel.id,
            buying=not selling,
            number=order.number,
            state=order.state.value,
            ts_ms=since_ms,
            line_count=len(order.lines),
            quantity=quantity(order),
            minor=order.quote,
            currency=order.version.currency,
            sku=first,
            titles=titles_of(book, order, first),
            ships=selling and reservations.is_own(desk, first),
            waybill=newest_waybill(order),
        ),
    )
    desk.findables[key] = findable(book, order)


def relist(desk: books.Desk, book: books.Book) -> None:
    """The rows of all orders of a channel, from the fold. What was listed before keeps its time."""
    known = {row.thread: row.ts_ms for row in orderbooks.orders(desk.db, None, None, book.channel.id, -1)}
    orderbooks.drop_channel(desk.db, book.channel.id)
    for key, order in book.history.orders.items():
        enlist(desk, book, key, order, known.get(key, desk.now_ms()))
    orderbooks.name_shops(desk.db, "orders.channel = ?", book.channel.id)


def quantity(order: Order) -> int:
    """All units of an order."""
    return sum(line.ordered for line in order.lines.values())


def newest_waybill(order: Order) -> str:
    """The waybill of the parcel that left last; empty while none has."""
    return list(order.parcels.values())[-1].waybill if order.parcels else ""


def titles_of(book: books.Book, order: Order, sku: str) -> dict[str, str]:
    """How the seller calls a SKU, by language, as it is offered now."""
    listed = offers.listing(book, order.version.seller, sku)
    return {} if listed is None else {text.lang: text.text for text in listed[1].titles}


def findable(book: books.Book, order: Order) -> searches.Findable:
    """An order by its numbers, by those of its parcels on either way, and by its goods."""
    parcels = [parcel.waybill for parcel in order.parcels.values()]
    back = [waybill for one in order.returns.values() for _, waybill in one.shipped]
    skus = dict.fromkeys(line.terms[0].sku for line in list(order.lines.values())[:LINES_FOUND_MAX])
    texts = [text for sku in skus for text in (sku, *titles_of(book, order, sku).values())]
    return searches.Findable("order", order.key, book.channel.id, (order.number, *parcels, *back), texts)


def describe(row: orderbooks.OrderRow, partner: str) -> dict[str, Any]:
    """One order for people and programs, from its row alone."""
    return {
        "order": row.thread.hex(),
        "number": row.number,
        "shop": row.shop or None,
        "shop_order": row.shop_number or None,
        "partner": partner,
        "selling": not row.buying,
        "since_ms": row.ts_ms,
        "state": row.state,
        "sku": row.sku,
        "title": catalogues.title_of(dict(row.titles)),
        "titles": dict(row.titles),
        "lines": row.line_count,
        "quantity": row.quantity,
        "amount": catalogues.shown(row.minor, row.currency),
        "waybill": row.waybill or None,
        "city": row.city or None,
        "ships": row.ships,
    }


def partner_names(desk: books.Desk) -> dict[int, str]:
    """How this merchant calls the partner of each channel."""
    names = {partner.id: partner.name for partner in partners.every(desk.db)}
    return {channel.id: names[channel.partner] for channel in partners.channels(desk.db)}


def summary(desk: books.Desk, thread: bytes) -> doors.Json:
    """One order by its thread, as its row stands."""
    row = orderbooks.order(desk.db, thread)
    assert row is not None
    return describe(row, partner_names(desk)[row.channel])
