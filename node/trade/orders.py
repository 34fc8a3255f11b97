"""Orders from both sides: placing and cancelling as a buyer, answering and shipping as a seller."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts import errors as refusals
from contracts import orders, threads
from contracts.lots import LotState
from node import errors
from node.storage import logbooks, orderbooks, shelves
from node.trade import agreements, books, catalogues, doors, offers, peering, personal
from protocol.encoding import Value
from protocol.entries import Entry

register = doors.Register()
NUMBER_BYTES = 10  # 80 random bits in an order number: unique on a channel, and tells nothing
FAULTS_SHOWN_MAX = 100

# What a seller's shelf keeps back for a line, and what has left it.
RESERVED = (LotState.AGREED, LotState.CHANGE_PROPOSED, LotState.CANCELLING)
GONE = (
    LotState.SHIPPED,
    LotState.RTO_ASKED,
    LotState.RETURNING,
    LotState.DELIVERED,
    LotState.RECEIVED,
    LotState.CONTESTED,
)


class Line(doors.Arguments):
    """So many of one SKU."""

    sku: str
    quantity: int


class Place(doors.Arguments):
    """An order by hand. `key` makes a repeated request give the first answer."""

    partner: str
    lines: list[Line]
    recipient: dict[str, str] | None = None
    key: str | None = None


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


class Accept(doors.Arguments):
    """One, several, or all that wait.

    `quantities` (line -> units) accepts less; the rest is declined, or comes later with `backorder`.
    """

    order: str | None = None
    orders: list[str] | None = None
    all: bool = False
    quantities: dict[str, int] | None = None
    backorder: bool = False


class Reject(One):
    """`reason` is a short code."""

    reason: str = "unavailable"


class Parcel(doors.Arguments):
    """One row of a list of waybills."""

    order: str
    carrier: str
    waybill: str


class Ship(doors.Arguments):
    """One order, or `rows` of them. Without `quantities` everything that is agreed leaves."""

    order: str | None = None
    carrier: str | None = None
    waybill: str | None = None
    quantities: dict[str, int] | None = None
    rows: list[Parcel] | None = None


class Cancel(doors.Arguments):
    """One or several orders; without `quantities` everything that can still be stopped."""

    order: str | None = None
    orders: list[str] | None = None
    quantities: dict[str, int] | None = None
    reason: str = "consumer"


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


# Placing


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
    recipient: Mapping[str, str] | None = None,
    shop_order: int | None = None,
    parent: bytes | None = None,
    forwarded: Mapping[str, Value] | None = None,
) -> list[books.Written]:
    """Order (SKU, quantity) lines from the partner of a book; several orders where several nodes ship.

    The consumer's address is either `recipient`, sealed here to the node that ships, or `forwarded`, sealed already.
    """
    agreement = agreements.in_force(book, 1 - book.side)
    by_shipper: dict[bytes | None, list[tuple[offers.Offer, int]]] = {}
    for sku, quantity in wanted:
        offer = offers.offer(book, agreement, sku)
        if offer is None:
            raise errors.NodeError(
                "order.sku", f"{book.partner.name} does not offer it", expected="a SKU on offer", got=sku
            )
        ships = offer.document.shipper
        by_shipper.setdefault(None if ships is None else ships.kem, []).append((offer, quantity))
    written = []
    for kem, lines in by_shipper.items():
        id = books.new_id(desk.books.entropy, desk.now_ms())
        body: books.Body = {
            "agreement": agreement.hash,
            "number": new_number(desk),
            "lines": [line_body(number, offer, quantity) for number, (offer, quantity) in enumerate(lines, 1)],
        }
        if forwarded is not None:
            body["pii"] = dict(forwarded)
        elif recipient is not None and kem is not None:
            body["pii"] = personal.seal(desk, book, id, recipient, kem)
        if recipient is not None and len(recipient.get("country", "")) == 2:
            body["ship_to"] = {"country": recipient["country"]}
        done = desk.write(book, "order.place", body, id=id)
        orderbooks.add_fulfilment(desk.db, done.hash, book.channel.id, shop_order, parent)
        written.append(done)
    return written


def new_number(desk: books.Desk) -> str:
    """A random order number for one channel."""
    return base64.b32encode(desk.books.entropy.token(NUMBER_BYTES)).decode()


def line_body(number: int, offer: offers.Offer, quantity: int) -> dict[str, Value]:
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
        written = place(desk, book, wanted, recipient=given.recipient)
        placed = [{"order": done.hash.hex(), "number": done.item.body["number"]} for done in written]
        return {**placed[0], "orders": placed}

    return await doors.once(trade, given.key, unit)


# Looking


@register.case("order.list", Listing)
async def listed(trade: doors.Trade, given: Listing, report: doors.Report) -> doors.Json:
    """One page of orders, both those I sell and those I buy."""

    def unit(desk: books.Desk) -> doors.Json:
        channel = None if given.partner is None else peering.find(desk, given.partner)[1].id
        buying = None if given.selling is None else not given.selling
        limit = max(1, min(given.limit, 1000))
        rows = orderbooks.orders(desk.db, given.state, buying, channel, limit, bytes.fromhex(given.after))
        shown = [summary(desk, row) for row in rows]
        return {"orders": shown, "next": rows[-1].thread.hex() if len(rows) == limit else None}

    return await trade.books.read(unit)


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


# Selling


@register.case("order.accept", Accept)
async def accept(trade: doors.Trade, given: Accept, report: doors.Report) -> doors.Json:
    """Accept orders as far as the shelf goes, or the quantities asked for."""
    wanted = await chosen(trade, given.order, given.orders, given.all)

    def one(desk: books.Desk, id: str) -> None:
        found = find(desk, id)
        asked = line_quantities(found.order, given.quantities, LotState.PLACED)
        respond(desk, found, asked, "backorder" if given.backorder else "reject", "unavailable")

    accepted, refused = await each(trade, wanted, one, report, "accepting")
    return {"accepted": accepted, "refused": refused}


async def chosen(
    trade: doors.Trade, order: str | None, several: Sequence[str] | None, all: bool, state: str = "placed"
) -> list[str]:
    """Which orders a person means."""
    if not all:
        return list(several or []) + ([order] if order is not None else [])
    rows = await trade.database.read(lambda db: orderbooks.orders(db, state, False, None, 1_000_000))
    return [row.thread.hex() for row in rows]


def respond(desk: books.Desk, found: Found, asked: Mapping[int, int], rest: str, reason: str) -> None:
    """Answer everything that waits: as much of each line as asked and as is on the shelf, the rest otherwise."""
    parts: list[Value] = []
    promised: dict[str, int] = {}
    for line in found.order.lines.values():
        open_ = line.quantity(LotState.PLACED)
        taken = min(asked.get(line.number, 0), open_)
        sku = line.terms[0].sku
        if is_own(desk, sku):
            available = max(0, shelves.shelf(desk.db, sku).available - promised.get(sku, 0))
            taken = min(taken, available)
            promised[sku] = promised.get(sku, 0) + taken
        if not found.order.partial and taken < open_:
            taken = 0
        if taken:
            parts.append({"line": line.number, "action": "accept", "quantity": taken})
        if open_ > taken:
            left: dict[str, Value] = {"line": line.number, "action": rest, "quantity": open_ - taken, "reason": reason}
            parts.append(left)
    if not parts:
        raise errors.NodeError(
            "order.nothing", "nothing of this order waits for an answer", expected="placed", got=found.row.state
        )
    desk.write(found.book, "order.respond", {"thread": found.row.thread, "lines": parts})


def is_own(desk: books.Desk, sku: str) -> bool:
    """Whether the goods lie on this merchant's own shelf; a supplier's are promised by the supplier."""
    good = shelves.good(desk.db, sku)
    return good is None or good.supplier is None


def line_quantities(order: orders.Order, given: Mapping[str, int] | None, *states: LotState) -> dict[int, int]:
    """Units by line: everything in the given states, or what was asked for."""
    if given is None:
        return {line.number: line.quantity(*states) for line in order.lines.values()}
    unknown = [key for key in given if not key.isdigit() or int(key) not in order.lines]
    if unknown:
        raise errors.NodeError("order.line", "no such line", expected=list(order.lines), got=", ".join(unknown))
    return {int(key): quantity for key, quantity in given.items()}


@register.case("order.reject", Reject)
async def reject(trade: doors.Trade, given: Reject, report: doors.Report) -> doors.Json:
    """Decline everything of an order that waits for an answer."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.order)
        respond(desk, found, {}, "reject", given.reason)
        return {"order": found.row.thread.hex()}

    return await trade.books.act(unit)


@register.case("order.ship", Ship)
async def ship(trade: doors.Trade, given: Ship, report: doors.Report) -> doors.Json:
    """Hand parcels over to a carrier. What a cancel has reached stays here, and the refusal says so."""
    parcels = {row.order: (row.carrier, row.waybill) for row in given.rows or []}
    if given.order is not None:
        if given.carrier is None or given.waybill is None:
            raise errors.NodeError(
                "request.malformed", "a parcel has a carrier and a waybill", expected="both", got="one"
            )
        parcels[given.order] = (given.carrier, given.waybill)

    def one(desk: books.Desk, id: str) -> None:
        found = find(desk, id)
        quantities = line_quantities(found.order, given.quantities, LotState.AGREED)
        lines: list[Value] = []
        for number, quantity in quantities.items():
            agreed = found.order.lines[number].quantity(LotState.AGREED)
            if quantity:
                lines.append({"line": number, "quantity": quantity, "outstanding": max(0, agreed - quantity)})
        if not lines:
            raise errors.NodeError(
                "order.nothing", "nothing of this order may leave", expected="agreed", got=found.row.state
            )
        carrier, waybill = parcels[id]
        body: books.Body = {"thread": found.row.thread, "carrier": carrier, "waybill": waybill, "lines": lines}
        desk.write(found.book, "shipment.handover", {**body, "shipped_s": desk.now_ms() // 1000})

    shipped, refused = await each(trade, list(parcels), one, report, "shipping")
    return {"shipped": shipped, "refused": refused}


# Cancelling


@register.case("order.cancel", Cancel)
async def cancel(trade: doors.Trade, given: Cancel, report: doors.Report) -> doors.Json:
    """Ask to stop orders. Before an answer that needs nobody's consent; afterwards the shipper says what it stopped."""
    wanted = await chosen(trade, given.order, given.orders, all=False)

    def one(desk: books.Desk, id: str) -> None:
        found = find(desk, id)
        lines: list[Value] = []
        for number, quantity in line_quantities(found.order, given.quantities, *STOPPABLE).items():
            if quantity:
                lines.append({"line": number, "quantity": quantity})
        if not lines:
            raise errors.NodeError(
                "order.nothing", "nothing of this order can be stopped", expected="open", got=found.row.state
            )
        role = "buyer" if found.row.buying else "seller"
        body: books.Body = {"thread": found.row.thread, "role": role, "lines": lines, "reason": given.reason}
        desk.write(found.book, "cancel.request", body)

    cancelling, refused = await each(trade, wanted, one, report, "cancelling")
    return {"cancelling": cancelling, "refused": refused}


STOPPABLE = (LotState.PLACED, LotState.SELLER_PROPOSED, LotState.CHANGE_PROPOSED, LotState.AGREED)


async def each(
    trade: doors.Trade,
    wanted: Sequence[str],
    one: Any,
    report: doors.Report,
    what: str,
    per_transaction: int = 64,
) -> tuple[int, list[doors.Json]]:
    """Do the same to many orders, some in one transaction; one that is refused is reported and stops no other.

    When a portion contains a refusal it is rolled back whole, and its orders are done one by one.
    """
    done, refused = 0, []
    for first in range(0, len(wanted), per_transaction):
        portion = wanted[first : first + per_transaction]
        try:
            await trade.books.act(lambda desk, portion=portion: [one(desk, id) for id in portion])  # type: ignore[misc]
            done += len(portion)
        except (refusals.Refused, errors.NodeError) as error:
            if isinstance(error, errors.StorageError):
                raise
            for id in portion:
                fault = await try_one(trade, id, one)
                done += fault is None
                refused += [] if fault is None else [fault]
        report(what, first + len(portion), len(wanted))
    return done, refused[:FAULTS_SHOWN_MAX]


async def try_one(trade: doors.Trade, id: str, one: Any) -> doors.Json | None:
    """Do it to one order; what it was refused for."""
    try:
        await trade.books.act(lambda desk: one(desk, id))
    except refusals.Refused as refused:
        return {"order": id, "faults": doors.fault_rows(refused)}
    except errors.StorageError:
        raise
    except errors.NodeError as error:
        return {
            "order": id,
            "faults": [{"code": error.code, "path": "", "expected": str(error.expected), "got": str(error.got)}],
        }
    return None


# Tables that follow the fold


def record(desk: books.Desk, book: books.Book, key: bytes, before: orders.Order | None, after: orders.Order) -> None:
    """Bring the list of orders and the shelf up to date with one order's new state."""
    buying = after.version.seller != book.side
    row = orderbooks.OrderRow(key, book.channel.id, buying, after.number, after.state.value, desk.now_ms())
    orderbooks.put_order(desk.db, row)
    if buying:
        return
    moved: dict[str, tuple[int, int]] = {}
    for sign, order in ((-1, before), (1, after)):
        for sku, reserved, gone in shelf_use(order):
            at = moved.get(sku, (0, 0))
            moved[sku] = (at[0] + sign * reserved, at[1] - sign * gone)
    for sku, (reserved, on_hand) in moved.items():
        if (reserved or on_hand) and is_own(desk, sku):
            shelves.move(desk.db, sku, reserved, on_hand)


def shelf_use(order: orders.Order | None) -> Iterable[tuple[str, int, int]]:
    """(SKU, units kept back, units gone) of each lot of an order."""
    for line in () if order is None else order.lines.values():
        for lot in line.lots:
            sku = line.terms[lot.terms].sku
            yield sku, lot.quantity * (lot.state in RESERVED), lot.quantity * (lot.state in GONE)
