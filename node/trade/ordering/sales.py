"""The seller's side of orders: answering them as far as the shelf goes, and handing parcels over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from contracts.documents import shipments
from contracts.lots import LotState
from contracts.orders import Order
from node import errors
from node.storage import shelves
from node.trade import books, carriers, doors, portions
from node.trade.goods import promises, reservations
from node.trade.ordering import alignments, couriers, orders, recalls
from node.trade.partners import credits
from protocol.encoding import Value

register = doors.Register()


class Accept(doors.Arguments):
    """One, several, or all that wait.

    `quantities` (line -> units) accepts less; the rest is declined, or comes later with `backorder`. `location`: from
    where it leaves; without it the node chooses one that the buyer asked for and that has the goods. `promise_s`: until
    when it leaves, in unix seconds; without it the agreement's time runs.
    """

    order: str | None = None
    orders: list[str] | None = None
    all: bool = False
    quantities: dict[str, doors.Quantity] | None = None
    backorder: bool = False
    location: str | None = None
    promise_s: int | None = None


class Reject(orders.One):
    """`reason` is a short code."""

    reason: str = "unavailable"


class Parcel(doors.Arguments):
    """One row of a list of waybills."""

    order: str
    carrier: str | None = None
    waybill: str


class Ship(doors.Arguments):
    """One order, or `rows` of them. Without `quantities` everything that is agreed leaves. `short`: what does not
    leave now will not come at all."""

    order: str | None = None
    carrier: str | None = None
    waybill: str | None = None
    quantities: dict[str, doors.Quantity] | None = None
    rows: list[Parcel] | None = None
    location: str | None = None
    short: bool = False


class Recalled(orders.One):
    """`waybill`: one parcel of several. `outcome`: the carrier turned it round (`recalled`), or it comes back once the
    consumer has refused it (`rto`)."""

    waybill: str | None = None
    outcome: Literal["recalled", "rto"] = "recalled"


@register.case("order.accept", Accept)
async def accept(trade: doors.Trade, given: Accept, report: doors.Report) -> doors.Json:
    """Accept orders as far as the shelf goes, or the quantities asked for."""
    wanted = await portions.chosen(trade, given.order, given.orders, given.all)

    def one(desk: books.Desk, id: str) -> None:
        found = orders.find(desk, id)
        asked = portions.line_quantities(found.order, given.quantities, LotState.PLACED)
        rest = "backorder" if given.backorder else "reject"
        respond(desk, found, asked, rest, "unavailable", given.location, given.promise_s)

    accepted, refused = await portions.each(trade, wanted, one, report, "accepting")
    return {"accepted": accepted, "refused": refused}


def respond(
    desk: books.Desk,
    found: orders.Found,
    asked: Mapping[int, int],
    rest: str,
    reason: str,
    location: str | None = None,
    promise_s: int | None = None,
) -> None:
    """Answer everything that waits: as much of each line as asked and as is on the shelves, the rest otherwise."""
    parts: list[Value] = []
    amount = 0
    promised: dict[reservations.Place, int] = {}
    for line in found.order.lines.values():
        open_ = line.quantity(LotState.PLACED)
        wanted = min(asked.get(line.number, 0), open_)
        if not found.order.partial and wanted < open_:
            wanted = 0
        taken = places(desk, found, line.number, wanted, promised, location)
        units = sum(count for _, count in taken)
        amount += line.terms[0].gross(units)
        if not credits.covers(found.book, found.order.version, amount):
            taken, units, reason = [], 0, "credit"
        for place, count in taken:
            part: dict[str, Value] = {"line": line.number, "action": "accept", "quantity": count}
            if promise_s is not None:
                part["promised_ship_s"] = promise_s
            parts.append(part if place == shelves.MAIN else {**part, "location": place})
            promised[line.terms[0].sku, place] = promised.get((line.terms[0].sku, place), 0) + count
        if open_ > units:
            left: dict[str, Value] = {"line": line.number, "action": rest, "quantity": open_ - units, "reason": reason}
            parts.append(left)
    if not parts:
        raise errors.NodeError(
            "order.nothing", "nothing of this order waits for an answer", expected="placed", got=found.row.state
        )
    desk.write(found.book, "order.respond", {"thread": found.row.thread, "lines": parts})


def places(
    desk: books.Desk,
    found: orders.Found,
    number: int,
    wanted: int,
    promised: Mapping[reservations.Place, int],
    location: str | None,
) -> list[tuple[str, int]]:
    """From where `wanted` units of a line leave: (location, units), as far as the shelves go.

    A supplier's goods lie at the supplier's: nothing is chosen for them here.
    """
    sku = found.order.lines[number].terms[0].sku
    if not reservations.is_own(desk, sku):
        return [(shelves.MAIN, wanted)] if wanted else []
    placed = orders.asked(desk, found)
    line = next((line for line in placed.lines if line.line == number), None) if placed is not None else None
    free = {
        place: max(0, units - promised.get((sku, place), 0)) for place, units in promises.on_shelves(desk, sku).items()
    }
    return promises.chosen(
        desk,
        free,
        wanted,
        location=location or (line.location if line is not None else None),
        territory=line.territory if line is not None else None,
        country=placed.ship_to.country if placed is not None and placed.ship_to is not None else None,
        whole=not found.order.partial,
    )


@register.case("order.reject", Reject)
async def reject(trade: doors.Trade, given: Reject, report: doors.Report) -> doors.Json:
    """Decline everything of an order that waits for an answer."""

    def unit(desk: books.Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        respond(desk, found, {}, "reject", given.reason)
        return {"order": found.row.thread.hex()}

    return await trade.books.act(unit)


@register.case("order.ship", Ship)
async def ship(trade: doors.Trade, given: Ship, report: doors.Report) -> doors.Json:
    """Hand parcels over to a carrier. What a cancel has reached stays here, and the refusal says so."""
    parcels = parcels_of(given)

    def one(desk: books.Desk, id: str) -> None:
        found = orders.find(desk, id)
        carrier, waybill = parcels[id] or granted(trade, desk, found)
        if has_left(found.order, carrier, waybill, given.quantities):
            return  # the same command once more
        quantities = portions.line_quantities(found.order, given.quantities, *reservations.READY)
        if carrier is None:
            carrier = couriers.carrier_for(trade, desk, found, quantities, given.location)
        lines: list[Value] = []
        for number, quantity in quantities.items():
            agreed = found.order.lines[number].quantity(*reservations.READY)
            if quantity:
                following = 0 if given.short else max(0, agreed - quantity)
                lines.append({"line": number, "quantity": quantity, "outstanding": following})
        on_shelf(desk, found, quantities, given.location)
        if not lines:
            raise errors.NodeError(
                "order.nothing", "nothing of this order may leave", expected="agreed", got=found.row.state
            )
        body: books.Body = {"thread": found.row.thread, "carrier": carrier, "waybill": waybill, "lines": lines}
        if given.location is not None:
            body["location"] = given.location
        desk.write(found.book, "shipment.handover", {**body, "shipped_s": desk.now_ms() // 1000})

    shipped, refused = await portions.each(trade, list(parcels), one, report, "shipping")
    return {"shipped": shipped, "refused": refused}


@register.case("order.recalled", Recalled)
async def recalled(trade: doors.Trade, given: Recalled, report: doors.Report) -> doors.Json:
    """Say that the carrier brings back what a cancel had come too late for: all of it, or one parcel."""

    def unit(desk: books.Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        parcels = {hash for hash, parcel in found.order.parcels.items() if given.waybill in (None, parcel.waybill)}
        answered = 0
        for cancel in () if found.row.buying else alignments.open_cancels(found.order):
            coming = recalls.brought_back(found.order, cancel, given.outcome, found.order.lines)
            lines: list[Value] = [row for row in coming if row["handover"] in parcels]
            if lines:
                body: books.Body = {"thread": found.row.thread, "cancel": cancel, "lines": lines}
                desk.write(found.book, "cancel.result", body)
                answered += 1
        if not answered:
            raise errors.NodeError(
                "order.nothing", "nothing of it was to be brought back", expected="rto-asked", got=found.row.state
            )
        return {"order": found.row.thread.hex(), "cancels": answered}

    return await trade.books.act(unit)


def granted(trade: doors.Trade, desk: books.Desk, found: orders.Found) -> tuple[str, str]:
    """The waybill that came with a masked recipient. NodeError `request.malformed` where none did."""
    known = orders.recipient(trade, desk, found) or {}
    carrier = carriers.code(known.get("carrier", ""))
    if carrier is None or not known.get("waybill"):
        raise errors.NodeError(
            "request.malformed", "a parcel has a carrier and a waybill", expected="both, or a waybill with the order"
        )
    return carrier, known["waybill"]


def parcels_of(given: Ship) -> dict[str, tuple[str | None, str] | None]:
    """(Carrier's code, waybill) by order; without a carrier the rules choose one; None: as the marketplace granted.

    NodeError `request.malformed` with every carrier that is none.
    """
    rows = list(given.rows or [])
    if given.order is not None and given.carrier is None and given.waybill is None:
        return {given.order: None}
    if given.order is not None:
        if given.waybill is None:
            raise errors.NodeError(
                "request.malformed", "a parcel has a waybill", expected="a waybill", got=given.carrier
            )
        rows.append(Parcel(order=given.order, carrier=given.carrier, waybill=given.waybill))
    known = "a code of Latin letters such as SF, or a name such as 顺丰, 中通, 圆通, 京东, EMS, DHL"
    faults = [
        {"code": "request.carrier", "path": row.order, "expected": known, "got": row.carrier}
        for row in rows
        if row.carrier is not None and carriers.code(row.carrier) is None
    ]
    if faults:
        raise errors.NodeError("request.malformed", "a carrier is unknown; nothing was shipped", faults=faults)
    return {row.order: (row.carrier and carriers.code(row.carrier), row.waybill) for row in rows}


def has_left(order: Order, carrier: str | None, waybill: str, quantities: Mapping[str, int] | None) -> bool:
    """Whether this very parcel was handed over before: a waybill names one parcel for ever."""
    for parcel in order.parcels.values():
        document = parcel.member.document
        same = waybill == parcel.waybill and carrier in (None, parcel.carrier)
        if same and isinstance(document, shipments.Handover):
            held = {str(line.line): line.quantity for line in document.lines}
            if quantities is None or held == {line: quantity for line, quantity in quantities.items() if quantity}:
                return True
    return False


def on_shelf(desk: books.Desk, found: orders.Found, quantities: Mapping[int, int], location: str | None = None) -> None:
    """Refuse to ship what does not lie there: a backorder may be agreed before the goods have come."""
    leaving: dict[reservations.Place, int] = {}
    for number, quantity in quantities.items():
        line = found.order.lines[number]
        for lot in line.lots if reservations.is_own(desk, line.terms[0].sku) else ():
            place = (line.terms[0].sku, line.terms[lot.terms].location or shelves.MAIN)
            if lot.state in reservations.READY and location in (None, place[1]):
                leaving[place] = leaving.get(place, 0) + min(quantity, lot.quantity)
                quantity -= min(quantity, lot.quantity)
    for (sku, place_code), quantity in leaving.items():
        on_hand = shelves.shelf(desk.db, sku, place_code).on_hand
        if quantity > on_hand:
            raise errors.NodeError("stock.short", f"{sku} does not lie on the shelf", expected=quantity, got=on_hand)
