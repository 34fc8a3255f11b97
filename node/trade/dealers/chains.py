"""A dealer's chain: what a buyer orders from me is ordered at once from whoever ships it, and answers travel back.

Each link is an ordinary order with documents of its own. Where one was made from a document of another logbook it
names it by a blinded reference (`references`), which tells its reader nothing. The sealed address is passed on
unread. What the supplier answers, this node signs again for its buyer.

Who bears what: a cancel that reached this node before the supplier's hand-over did is granted to the buyer (its own
table demands it), even if the parcel has left. Then the parcel is at this node's risk, as the agreement with the
supplier prices it.
"""

from __future__ import annotations

from typing import cast

from contracts import errors as refusals
from contracts import histories, orders
from contracts.documents import orders as papers
from contracts.documents import shipments
from contracts.lots import LotState
from node import errors
from node.storage import orderbooks, partners, shelves
from node.trade import books, errands, personal, readings
from node.trade.dealers import comebacks
from node.trade.ordering import alignments, echoes, purchases, recalls, sales
from node.trade.ordering import orders as ordering
from protocol.encoding import Value

REPORTED = {"event", "at_s", "place", "eta_s", "code"}  # what a carrier reported of a parcel: the same at every link


def supplier_channel(desk: books.Desk, order: orders.Order) -> int | None:
    """The channel with the one supplier that ships every line of a buyer's order, None for goods of this merchant."""
    suppliers = {shelves.supplier(desk.db, sku) for sku in {line.terms[0].sku for line in order.lines.values()}}
    supplier = suppliers.pop() if len(suppliers) == 1 else None
    channel = None if supplier is None else partners.channel_of(desk.db, supplier)
    return None if channel is None else channel.id


def pass_on(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """A buyer ordered: order the same from the supplier, with the sealed address."""
    order = book.history.orders.get(item.hash)
    if order is None or order.version.seller != book.side or orderbooks.children_of(desk.db, item.hash):
        return
    channel = supplier_channel(desk, order)
    if channel is None:
        return
    upstream = desk.book(channel)
    known = purchases.placed_for(desk, upstream, item.hash)
    for part in known:  # placed before a disk was lost: the supplier gave it back
        orderbooks.add_fulfilment(desk.db, part.thread, channel, None, item.hash)
    if known:
        align(desk, book, item.hash)
    else:
        place(desk, book, item, order, upstream)


def place(desk: books.Desk, book: books.Book, item: histories.Item, order: orders.Order, upstream: books.Book) -> None:
    """Order from the supplier what the buyer still waits for; decline it where that cannot be."""
    reference = item.body.get("pii")
    forwarded = None
    if isinstance(reference, dict):
        forwarded = personal.forward(reference, book.theirs.origin, item.id)
    masked = {name: item.body[name] for name in personal.MASKED if item.body.get(name) is not None}
    waiting = {number: quantity for number, line in order.lines.items() if (quantity := line.quantity(LotState.PLACED))}
    if not waiting:
        return
    placed, at = papers.Place.model_validate(item.body), errands.place(upstream, item.hash, item.type, item.hash)
    if errands.rests(desk, at):
        return
    folds = desk.folds
    try:
        purchases.place(
            desk,
            upstream,
            [(source(desk, order.lines[number].terms[0].sku), quantity) for number, quantity in waiting.items()],
            numbers=list(waiting),
            served=item.hash,
            parent=item.hash,
            forwarded=forwarded,
            destination=placed.ship_to,
            leaving={line.line: wished(line) for line in placed.lines},
            ship_by=placed.ship_by,
            masked=cast(dict[str, Value], masked),
            feedback_key=cast(bytes | None, item.body.get("feedback_key")),
        )
        errands.done(desk, at)
    except refusals.Refused as refused:
        if desk.folds != folds:
            raise  # one supplier's part of it is written: all of it, or nothing
        errands.refuse(desk, upstream, at, refused)
    except errors.NodeError as refused:
        if books.is_for_later(refused):
            raise
        row = orderbooks.order(desk.db, item.hash)
        assert row is not None
        sales.respond(desk, ordering.Found(row, book, order), {}, "reject", "supply")


def wished(line: papers.PlacedLine) -> dict[str, Value]:
    """From where a buyer wants a line to leave. `main` is what this node calls the supplier's shelves, all of them."""
    asked: dict[str, Value] = {}
    if line.location not in (None, shelves.MAIN):
        asked["location"] = line.location
    if line.territory is not None:
        asked["territory"] = line.territory
    return asked


def place_again(desk: books.Desk, thread: bytes) -> None:
    """The merchant wants a buyer's order to be passed on that a rule had refused to let through."""
    row = orderbooks.order(desk.db, thread)
    if row is not None and not row.buying:
        book = desk.book(row.channel)
        index = book.history.channel.positions[1 - book.side][thread]
        for item in readings.stored_items(desk.db, book.theirs.id, 1 - book.side, index + 1, index):
            pass_on(desk, book, item)


def source(desk: books.Desk, sku: str) -> str:
    """The supplier's SKU for an article of mine."""
    good = shelves.good(desk.db, sku)
    return sku if good is None else good.sold_as


def upward(desk: books.Desk, item: histories.Item) -> tuple[books.Book, bytes] | None:
    """The buyer's order that the thread of a supplier's document serves: its book and its thread."""
    thread = item.body.get("thread")
    parent = orderbooks.parent_of(desk.db, thread) if isinstance(thread, bytes) else None
    row = None if parent is None else orderbooks.order(desk.db, parent)
    if parent is None or row is None:
        return None
    return desk.book(row.channel), parent


def align(desk: books.Desk, downstream: books.Book, thread: bytes, item: histories.Item | None = None) -> bool:
    """Bring a buyer's order and the orders that serve it to the same state; tells whether any does.

    `item`: the supplier's answer that has come, whose reasons are passed on.
    """
    reasons: dict[int, str] = {}
    if item is not None and item.type == papers.Respond.TYPE:
        parts = papers.Respond.model_validate(item.body).lines
        reasons = {part.line: part.reason for part in parts if part.reason is not None}
    children = [(child, desk.book(channel)) for child, channel in orderbooks.children_of(desk.db, thread)]
    links = [alignments.Link(desk, downstream, thread, upstream, child) for child, upstream in children]
    for link in links:
        if link.child in link.upstream.history.orders:  # else it was lost with a disk before anybody had it
            recalls.bring_back(link)
            comebacks.pass_on(desk, downstream, thread, link.upstream, link.child)
            alignments.align(link, reasons)
            recalls.recall(link)
            report(link)
            link.forget()
    return bool(links)


def follow(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """The supplier answered, handed over, stopped or cancelled something: the buyer is told alike."""
    found = upward(desk, item)
    if found is not None:
        align(desk, *found, item)


def follow_silence(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """The partner claimed what follows from a silence."""
    thread = item.body.get("thread")
    if isinstance(thread, bytes):
        settle(desk, book, thread)


def settle(desk: books.Desk, book: books.Book, thread: bytes) -> None:
    """Tell the other side of a chain what a silence in one of its orders has led to, whoever claimed it."""
    order = book.history.orders.get(thread)
    if order is None:
        return
    if order.version.seller == book.side:
        align(desk, book, thread)
        return
    parent = orderbooks.parent_of(desk.db, thread)
    row = None if parent is None else orderbooks.order(desk.db, parent)
    if parent is not None and row is not None:
        align(desk, desk.book(row.channel), parent)


def report(link: alignments.Link) -> None:
    """Pass on what the carrier reported to the supplier, for the parcel with the same waybill."""
    echo = echoes.Echo(
        link.desk,
        echoes.End(link.upstream, link.child, "parent"),
        echoes.End(link.downstream, link.thread, "upstream"),
    )
    for member in echo.unsaid((shipments.Status,)):
        document = member.document
        assert isinstance(document, shipments.Status)
        waybill = link.source.parcels[document.shipment].waybill
        told = books.body(document.model_dump(include=REPORTED, exclude_none=True))
        for hash, parcel in link.order.parcels.items():
            if parcel.waybill == waybill:
                echo.repeat(member, {"shipment": hash, **told})
