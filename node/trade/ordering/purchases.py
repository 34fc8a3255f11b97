"""The buyer's side of orders: placing them with a partner, and asking to stop them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from contracts.documents import fields
from contracts.lots import LotState
from contracts.terms import Version
from node import errors
from node.storage import orderbooks
from node.trade import books, doors, drafts, peering, personal, portions, references
from node.trade.goods import catalogues, holds, offers
from node.trade.ordering import feedbacks, orders, outlets
from node.trade.partners import agreements, credits
from protocol.encoding import Value

register = doors.Register()
NUMBER_BYTES = 10  # 80 bits in an order number: unique on a channel
STOPPABLE = (
    LotState.PLACED,
    LotState.SELLER_PROPOSED,
    LotState.CHANGE_PROPOSED,
    LotState.AGREED,
    LotState.OVERDUE,
)


class Line(doors.Arguments):
    """So many of one SKU."""

    sku: str
    quantity: doors.Quantity
    hold: str | None = None  # hash of a hold that this line uses up


class Place(doors.Arguments):
    """An order by hand. `open_token`: the token in `recipient` identifies nobody, so it is not sealed.

    `key` makes a repeated request give the first answer.

    `holds` are used up by the lines of their SKUs. `location` or `territory` (a country) is from where it is to leave,
    `ship_by` the day by which it should, `channel` the kind of channel that the consumer bought on.
    """

    partner: str
    lines: list[Line]
    holds: list[str] | None = None
    location: str | None = None
    territory: str | None = None
    ship_by: fields.Date | None = None
    channel: fields.Code | None = None
    recipient: dict[str, str] | None = None
    open_token: bool = False
    key: str | None = None


class Cancel(doors.Arguments):
    """One or several orders; without `quantities` everything that can still be stopped.

    `recall`: also what has left."""

    order: str | None = None
    orders: list[str] | None = None
    quantities: dict[str, doors.Quantity] | None = None
    reason: str = "consumer"
    recall: bool = False


def unit_price(book: books.Book, sku: str, quantity: int) -> int | None:
    """What one unit costs me from this partner now, None when it does not offer the SKU under an agreement."""
    try:
        version = agreements.in_force(book, 1 - book.side)
    except errors.NodeError:
        return None
    offer = offers.offer(book, version, sku)
    quoted = None if offer is None else offer.quote(quantity)
    return None if quoted is None else quoted.price.amount.a


def place(
    desk: books.Desk,
    book: books.Book,
    wanted: Sequence[tuple[str, int]],
    *,
    numbers: Sequence[int] | None = None,
    recipient: Mapping[str, str] | None = None,
    served: bytes | None = None,
    shop_order: int | None = None,
    parent: bytes | None = None,
    forwarded: Mapping[str, Value] | None = None,
    destination: fields.Destination | None = None,
    used: Mapping[str, bytes] | None = None,
    leaving: Mapping[int, Mapping[str, Value]] | None = None,
    masked: Mapping[str, Value] | None = None,
    ship_by: str | None = None,
    feedback_key: bytes | None = None,
    channel: str | None = None,
) -> list[books.Written]:
    """Order (SKU, quantity) lines from the partner of a book; several orders where several nodes ship.

    The consumer's address is either `recipient`, sealed here to the node that ships, or `forwarded`, sealed already;
    then `destination` is what this node may see of it.
    `used` names by SKU the holds that the order uses up; `leaving` by line its `location` or `territory`.
    `masked` is a masked recipient that stands openly in the order. `feedback_key` is passed on from a buyer's order; an
    order for a consumer gets one of its own.
    `numbers` are those of the lines; 1 and up when absent.
    `served` is what the order is for: see `placed_for`, which has to be asked before. `channel`: the kind of channel
    that the consumer bought on.
    """
    agreement = agreements.in_force(book, 1 - book.side)
    outlets.check(book, agreement, channel)
    rows = by_shipper(book, agreement, wanted, numbers or range(1, len(wanted) + 1))
    credits.require(book, agreement, sum(worth(offer, quantity) for row in rows.values() for _, offer, quantity in row))
    written = []
    for part, (kem, lines) in enumerate(rows.items()):
        id = drafts.new_id(desk.books.entropy, desk.now_ms())
        body: books.Body = {
            "agreement": agreement.hash,
            "number": number_for(desk, book, served, part),
            "lines": [
                {
                    **line_body(number, offer, quantity, (used or {}).get(offer.document.sku)),
                    **(leaving or {}).get(number, {}),
                }
                for number, offer, quantity in lines
            ],
        }
        if masked:
            body |= masked
        elif forwarded is not None:
            body["pii"] = dict(forwarded)
        elif recipient is not None and kem is not None:
            body["pii"] = personal.seal(desk, book, id, recipient, kem, anonymous(lines[0][1]))
        if ship_by is not None:
            body["ship_by"] = ship_by
        if channel is not None:
            body["channel"] = channel
        seen = destination.model_dump(exclude_none=True) if destination is not None else {}
        seen_place = personal.place(recipient or seen, agreement.terms.disclosure)
        if seen_place:
            body["ship_to"] = seen_place
        if feedback_key is None and parent is None and (recipient or masked):
            body["feedback_key"] = feedbacks.public_key(desk, id)
        elif feedback_key is not None:
            body["feedback_key"] = feedback_key
        body |= references.to(desk, book, "parent", parent)
        done = desk.write(book, "order.place", body, id=id)
        orderbooks.add_fulfilment(desk.db, done.hash, book.channel.id, shop_order, parent)
        written.append(done)
    return written


def by_shipper(
    book: books.Book, agreement: Version, wanted: Sequence[tuple[str, int]], numbers: Sequence[int]
) -> dict[bytes | None, list[tuple[int, offers.Offer, int]]]:
    """Lines as (number, offer, quantity) by the key of the node that ships them. NodeError `order.sku`."""
    found: dict[bytes | None, list[tuple[int, offers.Offer, int]]] = {}
    for number, (sku, quantity) in zip(numbers, wanted, strict=True):
        offer = offers.offer(book, agreement, sku)
        if offer is None:
            raise errors.NodeError(
                "order.sku", f"{book.partner.name} does not offer it", expected="a SKU on offer", got=sku
            )
        ships = offer.document.shipper
        found.setdefault(None if ships is None else ships.kem, []).append((number, offer, quantity))
    return found


def anonymous(offer: offers.Offer) -> bool:
    """Whether somebody ships who is not named: the listing is derived from another one."""
    ships = offer.document.shipper
    return ships is not None and ships.node is None


def worth(offer: offers.Offer, quantity: int) -> int:
    """What a line will cost with tax, in minor units."""
    quoted = offer.quote(quantity)
    return 0 if quoted is None else quoted.gross


def number_for(desk: books.Desk, book: books.Book, served: bytes | None, part: int = 0) -> str:
    """An order number that tells nobody anything.

    It is random, unless the order serves something that has a name for ever: then it is the same whenever this node
    orders for it from this partner, so that an order is known again even when the disk that remembered it is gone.
    """
    if served is None:
        return base64.b32encode(desk.books.entropy.token(NUMBER_BYTES)).decode()
    return base64.b32encode(desk.books.blind(book.partner.node + bytes([part]) + served)[:NUMBER_BYTES]).decode()


def placed_for(desk: books.Desk, book: books.Book, served: bytes) -> list[orderbooks.OrderRow]:
    """The orders that this node placed with a partner for what is named, one for each node that ships."""
    found: list[orderbooks.OrderRow] = []
    while True:
        row = orderbooks.order_numbered(desk.db, book.channel.id, number_for(desk, book, served, len(found)))
        if row is None:
            return found
        found.append(row)


def line_body(number: int, offer: offers.Offer, quantity: int, hold: bytes | None) -> dict[str, Value]:
    """One line of `order.place` at the price that holds now."""
    quoted = offer.quote(quantity)
    assert quoted is not None
    line: dict[str, Value] = {
        "line": number,
        "sku": offer.document.sku,
        "listing": offer.listing.hash,
        "price_list": offer.price.hash,
        "quantity": quantity,
        "unit": offer.document.unit,
        "price": {
            "amount": catalogues.money_value(quoted.price.amount.a, quoted.currency),
            "base": quoted.price.base,
        },
    }
    if hold is not None:
        line["hold"] = hold
    tax = offer.price.item.tax
    if tax is not None:
        line["tax"] = {"category": tax.category, "percent": tax.percent, "scheme": tax.scheme}
    return line


@register.case("order.place", Place)
async def place_one(trade: doors.Trade, given: Place, report: doors.Report) -> doors.Json:
    """Place one order by hand."""

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        wanted = [(line.sku, line.quantity) for line in given.lines]
        named = [*(given.holds or []), *(line.hold for line in given.lines if line.hold is not None)]
        used = holds_of(desk, named, {sku for sku, _ in wanted})
        served = None if given.key is None else b"command\n" + given.key.encode()
        known = [] if served is None else placed_for(desk, book, served)
        placed = [{"order": row.thread.hex(), "number": row.number} for row in known]
        if not known:
            asked = {"location": given.location, "territory": given.territory}
            leaving: dict[str, Value] = {name: value for name, value in asked.items() if value is not None}
            masked = open_token(given)
            recipient = None if masked else given.recipient
            written = place(
                desk,
                book,
                wanted,
                recipient=recipient,
                served=served,
                used=used,
                leaving=dict.fromkeys(range(1, len(wanted) + 1), leaving),
                masked=masked,
                ship_by=given.ship_by,
                channel=given.channel,
            )
            placed = [{"order": done.hash.hex(), "number": str(done.item.body["number"])} for done in written]
        return {**placed[0], "orders": placed}

    return await doors.once(trade, given.key, unit)


def open_token(given: Place) -> dict[str, Value]:
    """A masked recipient that goes into the order openly. NodeError `request.malformed` for an address beside it."""
    if not given.open_token:
        return {}
    told = {name: value for name, value in (given.recipient or {}).items() if value}
    others = sorted(told.keys() - set(personal.MASKED))
    if others or "token" not in told:
        raise errors.NodeError(
            "request.malformed",
            "only a token with its platform and waybill may stand openly",
            expected=", ".join(personal.MASKED),
            got=", ".join(others) or "no token",
        )
    return dict(told)


def holds_of(desk: books.Desk, named: Sequence[str], skus: set[str]) -> dict[str, bytes]:
    """The holds that an order uses up, by SKU. NodeError `hold.unknown` for one that no line could use."""
    used = {}
    for name in named:
        hold = holds.find(desk, name)[1]
        if hold.sku not in skus:
            raise errors.NodeError(
                "hold.unknown",
                "the hold is for a SKU that is not ordered",
                expected=", ".join(sorted(skus)),
                got=hold.sku,
            )
        used[hold.sku] = hold.key
    return used


def stop(desk: books.Desk, found: orders.Found, lines: list[Value], reason: str, *, recall: bool = False) -> None:
    """Ask to stop some units."""
    role = "buyer" if found.row.buying else "seller"
    body: books.Body = {"thread": found.row.thread, "role": role, "lines": lines, "reason": reason}
    desk.write(found.book, "cancel.request", {**body, "recall": True} if recall else body)


@register.case("order.cancel", Cancel)
async def cancel(trade: doors.Trade, given: Cancel, report: doors.Report) -> doors.Json:
    """Ask to stop orders, or to bring back what has left. Before an answer that needs nobody's consent; afterwards the
    shipper says what it stopped."""
    named = await portions.chosen(trade, given.order, given.orders, all=False)
    parts = await trade.database.read(lambda db: [(id, orderbooks.parts_of_shop_order(db, id)) for id in named])
    wanted = [id for name, rows in parts for id in ([row.thread.hex() for row in rows] if len(rows) > 1 else [name])]

    def one(desk: books.Desk, id: str) -> None:
        found = orders.find(desk, id)
        lines: list[Value] = []
        states = (*STOPPABLE, LotState.SHIPPED) if given.recall else STOPPABLE
        for number, quantity in portions.line_quantities(found.order, given.quantities, *states).items():
            if quantity:
                lines.append({"line": number, "quantity": quantity})
        if not lines:
            raise errors.NodeError(
                "order.nothing", "nothing of this order can be stopped", expected="open", got=found.row.state
            )
        stop(desk, found, lines, given.reason, recall=given.recall)

    cancelling, refused = await portions.each(trade, wanted, one, report, "cancelling")
    return {"cancelling": cancelling, "refused": refused}
