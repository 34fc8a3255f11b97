"""A dealer's chain: what a buyer orders from me is ordered at once from whoever ships it, and answers travel back.

Each link is an ordinary order with documents of its own: nothing in one logbook points into another. The sealed
address is passed on unread. What the supplier answers, this node signs again for its buyer.

Who bears what: a cancel that reached this node before the supplier's hand-over did is granted to the buyer (its own
table demands it), even if the parcel has left. Then the parcel is at this node's risk, as the agreement with the
supplier prices it.
"""

from __future__ import annotations

from contracts import histories, orders
from contracts.documents import cancellations, shipments
from contracts.documents import orders as papers
from contracts.lots import LotState
from node import errors
from node.storage import orderbooks, partners, shelves
from node.trade import books, personal, purchases, reservations, sales
from node.trade import orders as ordering
from protocol.encoding import Value


def supplier_channel(desk: books.Desk, order: orders.Order) -> int | None:
    """The channel with the one supplier that ships every line of a buyer's order, None for goods of this merchant."""
    suppliers = set()
    for line in order.lines.values():
        good = shelves.good(desk.db, line.terms[0].sku)
        suppliers.add(None if good is None else good.supplier)
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
    reference = item.body.get("pii")
    forwarded = None
    if isinstance(reference, dict):
        forwarded = personal.forward(reference, book.theirs.origin, item.id)
    waiting = {number: quantity for number, line in order.lines.items() if (quantity := line.quantity(LotState.PLACED))}
    if not waiting:
        return
    wanted = [(order.lines[number].terms[0].sku, quantity) for number, quantity in waiting.items()]
    upstream = desk.book(channel)
    try:
        purchases.place(desk, upstream, wanted, numbers=list(waiting), parent=item.hash, forwarded=forwarded)
    except errors.NodeError:
        row = orderbooks.order(desk.db, item.hash)
        assert row is not None
        sales.respond(desk, ordering.Found(row, book, order), {}, "reject", "supply")


def upward(desk: books.Desk, book: books.Book, item: histories.Item) -> tuple[books.Book, orders.Order, bytes] | None:
    """The buyer's order that the thread of a supplier's document serves: its book, its state, its thread."""
    thread = item.body.get("thread")
    parent = orderbooks.parent_of(desk.db, thread) if isinstance(thread, bytes) else None
    row = None if parent is None else orderbooks.order(desk.db, parent)
    if parent is None or row is None:
        return None
    downstream = desk.book(row.channel)
    return downstream, downstream.history.orders[parent], parent


def promised(line: orders.OrderLine) -> int:
    """The units of a line that the seller has promised and nobody stops: they have left or are still to leave."""
    return line.quantity(LotState.AGREED, LotState.CHANGE_PROPOSED, *reservations.GONE)


def answer_buyer(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """The supplier answered: answer the buyer alike. Offers wait for this merchant's decision.

    What is told is the state that both have come to, not the document: meanwhile the buyer may have cancelled, and
    the supplier may have heard of it.
    """
    found = upward(desk, book, item)
    if found is None:
        return
    downstream, parent, thread = found
    document = papers.Respond.model_validate(item.body)
    reasons = {part.line: part.reason for part in document.lines if part.action == "reject"}
    parts: list[Value] = []
    for number, source in book.history.orders[document.thread].lines.items():
        line = parent.lines[number]
        placed = line.quantity(LotState.PLACED)
        accepted = min(placed, max(0, promised(source) - promised(line)))
        declined = max(0, placed - accepted - source.quantity(LotState.PLACED, LotState.SELLER_PROPOSED))
        if accepted:
            parts.append({"line": number, "action": "accept", "quantity": accepted})
        if declined:
            reason = reasons.get(number) or "supply"
            parts.append({"line": number, "action": "reject", "quantity": declined, "reason": reason})
    if parts:
        desk.write(downstream, "order.respond", {"thread": thread, "lines": parts})


def hand_on(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """The supplier handed a parcel over: tell the buyer, with the same waybill."""
    found = upward(desk, book, item)
    if found is None:
        return
    downstream, parent, thread = found
    document = shipments.Handover.model_validate(item.body)
    parcel: list[Value] = []
    for shipped in document.lines:
        agreed = parent.lines[shipped.line].quantity(LotState.AGREED)
        quantity = min(shipped.quantity, agreed)  # what the buyer cancelled meanwhile travels at my risk
        if quantity:
            outstanding = agreed - quantity
            if shipped.outstanding is not None:
                outstanding = min(outstanding, shipped.outstanding)
            parcel.append({"line": shipped.line, "quantity": quantity, "outstanding": outstanding})
    if parcel:
        body: books.Body = {"thread": thread, "carrier": document.carrier, "waybill": document.waybill, "lines": parcel}
        desk.write(downstream, "shipment.handover", body)


def report_on(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """The carrier reported: pass the event on, for the parcel with the same waybill."""
    found = upward(desk, book, item)
    if found is None:
        return
    downstream, parent, thread = found
    document = shipments.Status.model_validate(item.body)
    waybill = book.history.orders[document.thread].parcels[document.shipment].waybill
    for hash, parcel in parent.parcels.items():
        if parcel.waybill == waybill:
            body: books.Body = {"thread": thread, "shipment": hash, "event": document.event}
            desk.write(downstream, "shipment.status", body)


def cancel_on(desk: books.Desk, book: books.Book, item: histories.Item) -> bool:
    """The buyer cancels: stop at the supplier what nobody wants any more. True when the answer waits for its word."""
    document = cancellations.Request.model_validate(item.body)
    parent = book.history.orders[document.thread]
    waits = False
    for thread, channel in orderbooks.children_of(desk.db, document.thread):
        upstream = desk.book(channel)
        lines: list[Value] = []
        for number, source in upstream.history.orders[thread].lines.items():
            quantity = surplus(parent.lines[number], source)
            if quantity:
                lines.append({"line": number, "quantity": quantity})
        if lines:
            body: books.Body = {"thread": thread, "role": "buyer", "lines": lines, "reason": document.reason}
            desk.write(upstream, "cancel.request", body)
        after = upstream.history.orders[thread]
        waits = waits or any(line.quantity(LotState.CANCELLING) for line in after.lines.values())
    return waits


def surplus(line: orders.OrderLine, source: orders.OrderLine) -> int:
    """How much of what the supplier could still stop is more than the buyer of a line wants."""
    open_ = source.quantity(*purchases.STOPPABLE)
    wanted = line.quantity(*purchases.STOPPABLE, *reservations.GONE)
    return max(0, min(open_, open_ + source.quantity(*reservations.GONE) - wanted))


def settle_cancel(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """The supplier said what it stopped: what the buyer asked to stop is stopped for the buyer in every case."""
    found = upward(desk, book, item)
    if found is not None:
        downstream, _, thread = found
        for cancel in open_cancels(downstream.history.orders[thread]):
            answer_cancel(desk, downstream, thread, cancel)


def open_cancels(order: orders.Order) -> list[bytes]:
    """The cancels under which a quantity still waits for the shipper's word."""
    waiting = (LotState.CANCELLING, LotState.RTO_ASKED)
    found = [lot.cancel for line in order.lines.values() for lot in line.lots if lot.state in waiting]
    return [cancel for cancel in dict.fromkeys(found) if cancel is not None]


def answer_cancel(desk: books.Desk, book: books.Book, thread: bytes, cancel: bytes) -> None:
    """Say what became of a cancel: what is held is stopped; what had left before is too late, with its hand-over."""
    order = book.history.orders[thread]
    lines: list[Value] = []
    for line in order.lines.values():
        for lot in line.lots:
            if lot.cancel != cancel:
                continue
            outcome: dict[str, Value] = {"line": line.number, "quantity": lot.quantity}
            if lot.state is LotState.CANCELLING:
                lines.append({**outcome, "outcome": "stopped"})
            elif lot.state is LotState.RTO_ASKED and lot.shipment is not None:
                lines.append({**outcome, "outcome": "too_late", "handover": lot.shipment})
    if lines:
        desk.write(book, "cancel.result", {"thread": thread, "cancel": cancel, "lines": lines})
