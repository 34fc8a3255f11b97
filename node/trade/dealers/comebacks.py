"""Returns in a dealer's chain: asked of the supplier as the buyer asked for them, and every answer passed on.

Goods go back to whoever shipped them, past the dealer. What the supplier decided, received, found and granted, this
node says again to its buyer; each refund is what the two of that pair owe each other by their own prices and terms,
as the fold computes it, and an offer for a part is the same share of the price. The buyer's own clocks keep running
meanwhile: a dealer whose supplier is slow decides itself, at its own risk, and what the supplier says later is
declined by the table and dropped.
"""

from __future__ import annotations

from contracts import amounts, histories, returns
from contracts.documents import fields, shipments, splits
from contracts.documents import returns as papers
from contracts.items import Member
from contracts.orders import Order
from node.storage import orderbooks
from node.trade import books
from node.trade.dealers import cascades
from node.trade.goods import catalogues
from node.trade.ordering import echoes
from protocol.encoding import Value

TYPES: tuple[type[fields.Document], ...] = (*papers.TYPES, shipments.Receipt)
PLAIN = (
    "reason",
    "remedy",
    "carrier",
    "waybill",
    "shipped_s",
    "delivered_s",
    "received_s",
    "location",
    "fault",
    "paid_by",
)
"""What is the same in every pair."""
LINE_FIELDS = {"line", "quantity", "action", "verdict", "accepted", "short", "rejected", "condition", "promised_ship_s"}


def follow(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """The buyer or the supplier said something about goods that go back: the other one is told alike."""
    thread = item.body.get("thread")
    order = book.history.orders.get(thread) if isinstance(thread, bytes) else None
    if order is None:
        return
    if order.version.seller == book.side:
        for child, channel in orderbooks.children_of(desk.db, order.key):
            pass_on(desk, book, order.key, desk.book(channel), child)
        return
    parent = orderbooks.parent_of(desk.db, order.key)
    row = None if parent is None else orderbooks.order(desk.db, parent)
    if parent is not None and row is not None:
        pass_on(desk, desk.book(row.channel), parent, book, order.key)


def pass_on(desk: books.Desk, book: books.Book, parent: bytes, supplier: books.Book, child: bytes) -> None:
    """Repeat on either side what was said on the other and not passed on yet."""
    if child not in supplier.history.orders:
        return
    up = echoes.Echo(desk, echoes.End(book, parent, "upstream"), echoes.End(supplier, child, "parent"))
    for echo in (up, up.turned()):
        for member in echo.unsaid((*TYPES, splits.Accept)):
            body = translated(echo, member)
            if body is not None:
                echo.repeat(member, body)


def translated(echo: echoes.Echo, member: Member) -> books.Body | None:
    """What a document of one pair is in the other; None for what is not passed on, or has nothing to act upon there."""
    document, order = member.document, echo.told.book.history.orders[echo.told.thread]
    if isinstance(document, splits.Accept):
        offer = echo.original(document.offer)
        role = echo.told.book.role(order.version.seller)
        return None if offer is None else {"role": role, "offer": offer, "accept": document.accept}
    body, request = common(echo, document), document.__dict__.get("request")
    if request is not None:
        named = echo.counterpart(request)
        if named is None:
            return None
        body["request"] = named
    if isinstance(document, papers.Proof):
        return body
    lines = lines_of(echo, order, document, body.get("request"))
    if lines or isinstance(document, papers.Withdraw):
        return {**body, "lines": lines}
    return None


def common(echo: echoes.Echo, document: fields.Document) -> books.Body:
    """What a document says beside its lines, as it is in the other pair."""
    said = document.model_dump(include=set(PLAIN), exclude_none=True)
    body: books.Body = {name: value for name, value in said.items() if name in document.model_fields_set}
    attachments = document.__dict__.get("attachments", ())
    if attachments:
        body["attachments"] = echoes.attached(attachments)
    shipment = document.__dict__.get("shipment")
    if shipment is not None:
        parcel = same_parcel(echo, shipment)
        if parcel is not None:
            body["shipment"] = parcel
    if isinstance(document, papers.Decide) and document.freight is not None:
        body["freight"] = catalogues.money_value(document.freight.a, document.freight.c)
    if isinstance(document, papers.Grant) and document.issue is not None:
        issue = cascades.counterpart(echo.desk, echo.told.book, echo.heard.book, document.issue)
        if issue is not None:
            body["issue"] = issue
    return body


def same_parcel(echo: echoes.Echo, shipment: bytes) -> bytes | None:
    """The hand-over in the other pair that has the same waybill."""
    here, there = (end.book.history.orders[end.thread].parcels for end in (echo.heard, echo.told))
    known = here.get(shipment)
    labels = {(parcel.carrier, parcel.waybill): hash for hash, parcel in there.items()}
    return None if known is None else labels.get((known.carrier, known.waybill))


def lines_of(echo: echoes.Echo, order: Order, document: fields.Document, request: Value) -> list[Value]:
    """The lines of a document, as far as the order in the other pair has them; refunds at that pair's own prices."""
    parts = [part for part in document.__dict__["lines"] if part.line in order.lines]
    if isinstance(document, papers.Grant):
        wanted = {part.line: part.quantity for part in parts}
        due = returns.due(order, request if isinstance(request, bytes) else None, wanted)
        return [
            {"line": number, "quantity": quantity, "amount": catalogues.money_value(minor, order.version.currency)}
            for number, (quantity, minor) in due.items()
        ]
    rows: list[Value] = []
    for part in parts:
        row = books.body(part.model_dump(include=LINE_FIELDS, exclude_none=True))
        if isinstance(part, papers.DecidedLine) and part.amount is not None:
            share = worth(echo, part.line, part.quantity)
            row["amount"] = catalogues.money_value(share.of(part.amount.a), order.version.currency)
        rows.append(row)
    return rows


def worth(echo: echoes.Echo, number: int, quantity: int) -> amounts.Rate:
    """What an amount about units of a line is in the other pair: the same share of their price."""
    here, there = (end.book.history.orders[end.thread].lines[number].terms[0] for end in (echo.heard, echo.told))
    return amounts.Rate(there.gross(quantity), max(1, here.gross(quantity)))
