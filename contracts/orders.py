"""Orders (table T4): the state of an order thread, and the seller's answers.

`step` functions take the order, the document and whether it is `blind` (see `threads.Step`), and give the next order
or the faults. The table itself is `lots.TABLE`; here and in `changes`, `cancellations` and
`shipments` stand its guards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from contracts import amounts, dues, items, lots, tables
from contracts.documents import fields
from contracts.documents import orders as papers
from contracts.dues import LineTerms, Owed
from contracts.errors import Fault
from contracts.items import Member, Position
from contracts.lots import Lot, LotEvent, Lots, LotState
from contracts.terms import Version
from contracts.threads import Faults


class OrderState(StrEnum):
    """The header: the join of the lines, never transmitted (law 7)."""

    PLACED = "placed"
    PROPOSED = "proposed"
    AGREED = "agreed"
    PART_SHIPPED = "part-shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    ATTENTION = "attention"
    CLOSED = "closed"


class ParcelState(StrEnum):
    """Where a parcel is, by the carrier's events."""

    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    EXCEPTION = "exception"
    DELIVERED = "delivered"
    REFUSED = "refused"
    RETURNING = "returning"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A hand-over that stands: `member` is its document, `arrived` the first one that says that it was delivered."""

    member: Member
    carrier: str
    waybill: str
    state: ParcelState = ParcelState.HANDED_OVER
    eta_s: int | None = None
    arrived: Member | None = None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`ordered` units in `lots`; `terms` holds every price and promise that a lot refers to, the first as placed."""

    number: int
    unit: str
    ordered: int
    terms: tuple[LineTerms, ...]
    lots: Lots
    owed: Owed = dues.NOTHING

    def quantity(self, *states: LotState) -> int:
        """The units in any of `states`."""
        return lots.count(self.lots, states)


@dataclass(frozen=True, slots=True)
class Order:
    """The state of an order thread. `version` is the agreement that governs it, whatever comes later.

    `named` holds the proposals and cancels that stand, by hash; `parcels` the hand-overs that stand.
    """

    key: bytes
    version: Version
    root: Position
    number: str
    partial: bool
    charges: int
    lines: Mapping[int, OrderLine]
    named: Mapping[bytes, Member]
    parcels: Mapping[bytes, Parcel]
    owed: Owed = dues.NOTHING

    @property
    def state(self) -> OrderState:
        """The header state."""
        return header(self)

    @property
    def quote(self) -> int:
        """The gross value of everything ordered, at the prices agreed for it."""
        return sum(dues.value(line.terms, line.lots) for line in self.lines.values())

    @property
    def deltas(self) -> tuple[tuple[int, LotState, int], ...]:
        """(line, reason, amount) for each quantity that will not come: quote + deltas is what is or will be owed."""
        return tuple(
            (line.number, state, amount)
            for line in self.lines.values()
            for state, amount in dues.deltas(line.terms, line.lots)
        )


RANKS: Final = {
    "order.respond": 1,
    "order.change_respond": 2,
    "shipment.handover": 3,
    "shipment.status": 4,
    "cancel.result": 5,
    "receipt.advice": 6,
    "order.change": 7,
    # last: after every concurrent hand-over, so that the hand-overs before it are those that did not know of it
    "cancel.request": 8,
    # after every answer that its author did not know of: the answer wins
    "deem": 20,
}
_ACTIONS: Final = {
    "accept": LotEvent.ACCEPT,
    "change": LotEvent.OFFER,
    "substitute": LotEvent.OFFER,
    "backorder": LotEvent.OFFER,
    "reject": LotEvent.REJECT,
}


def placed(member: Member, document: papers.Place, version: Version) -> Order:
    """The state after `order.place`."""
    lines = {}
    for line in document.lines:
        terms = LineTerms(line.sku, line.price.amount.a, line.price.base, tax_rate(line.tax))
        stock = (Lot(LotState.PLACED, line.quantity),)
        lines[line.line] = OrderLine(line.line, line.unit, line.quantity, (terms,), stock)
    return Order(
        key=member.hash,
        version=version,
        root=(member.side, member.index),
        number=document.number,
        partial=document.partial,
        charges=sum(charge.amount.a for charge in document.charges),
        lines=lines,
        named={},
        parcels={},
    )


def tax_rate(tax: fields.Tax | None) -> amounts.Rate:
    """Percent as a share: 19 is 19/100. No tax named means that the price is final."""
    if tax is None:
        return amounts.ZERO_RATE
    percent = amounts.rate(tax.percent)
    return amounts.Rate(percent.numerator, percent.denominator * 100)


# --- the seller answers


def respond(order: Order, member: Member, document: papers.Respond, blind: bool) -> tuple[Order, Faults]:
    """`order.respond`: part by part, each on a quantity of a line."""
    lines: dict[int, OrderLine] = {}
    faults: list[Fault] = []
    for place, part in enumerate(document.lines):
        line = lines.get(part.line) or order.lines.get(part.line)
        if line is None:
            faults.append(unknown_line(order, place, part.line))
            continue
        if not order.partial and part.quantity != line.ordered:
            faults.append(Fault("order.partial", f"lines.{place}.quantity", str(line.ordered), str(part.quantity)))
            continue
        after, moved = _part(order, member, line, place, part)
        if moved < part.quantity:
            faults.append(short_of(line, _ACTIONS[part.action], moved, part.quantity, f"lines.{place}", "order.state"))
        faults.extend(too_much(line, part.price, part.quantity, f"lines.{place}"))
        lines[part.line] = after
    if faults:
        return order, tuple(faults)
    offers = any(_ACTIONS[part.action] is LotEvent.OFFER for part in document.lines)
    return with_lines(order, lines, member if offers else None), ()


def _part(order: Order, member: Member, line: OrderLine, place: int, part: papers.Part) -> tuple[OrderLine, int]:
    event = _ACTIONS[part.action]
    if event is LotEvent.ACCEPT and (part.promised_ship_s is not None or part.location is not None):
        agreed = replace(line.terms[0], promised_ship_s=part.promised_ship_s, location=part.location)
        line, promised = with_terms(line, agreed)
    else:
        promised = 0

    def change(lot: Lot, state: LotState) -> Lot:
        match state:
            case LotState.AGREED | LotState.CANCELLING:
                return lot._replace(state=state, terms=promised)
            case LotState.SELLER_PROPOSED:
                return lot._replace(state=state, proposal=(member.hash, place))
            case _:
                return lot._replace(state=state)

    def fits(lot: Lot) -> bool:
        return lot.cancel is None or not items.knows(member, order.named[lot.cancel])

    after, moved = lots.move(line.lots, event, part.quantity, change, fits)
    return with_lots(line, after), moved


# --- what all steps use


def with_terms(line: OrderLine, terms: LineTerms) -> tuple[OrderLine, int]:
    """The line knowing these terms, and their place."""
    if terms in line.terms:
        return line, line.terms.index(terms)
    return replace(line, terms=(*line.terms, terms)), len(line.terms)


def with_lots(line: OrderLine, after: Lots) -> OrderLine:
    """The line with other lots; `with_lines` counts what it owes. Written out: `replace` costs three times as much."""
    return OrderLine(line.number, line.unit, line.ordered, line.terms, after, line.owed)


def with_lines(
    order: Order,
    lines: Mapping[int, OrderLine],
    named: Member | None = None,
    parcel: tuple[bytes, Parcel] | None = None,
) -> Order:
    """The order with changed lines, what is owed counted anew, and one more named document or (changed) parcel."""
    owed = order.owed
    merged = dict(order.lines)
    for number, line in lines.items():
        assert line.ordered == lots.total(line.lots), "law 6: quantities are conserved"
        counted = dues.of_line(line.terms, line.lots, order.version)
        if counted != order.lines[number].owed:
            owed = dues.plus(owed, dues.minus(counted, order.lines[number].owed))
            line = OrderLine(line.number, line.unit, line.ordered, line.terms, line.lots, counted)
        merged[number] = line
    if order.charges:
        owed = owed._replace(charge=order.charges if owed.goods else 0)
    return Order(
        order.key,
        order.version,
        order.root,
        order.number,
        order.partial,
        order.charges,
        merged,
        order.named if named is None else {**order.named, named.hash: named},
        order.parcels if parcel is None else {**order.parcels, parcel[0]: parcel[1]},
        owed,
    )


def too_much(line: OrderLine, price: fields.Price | None, quantity: int, path: str) -> list[Fault]:
    """The faults of a quantity that no line may have, or whose value at a new or the old price is out of range."""
    prices = [(price.amount.a, price.base)] if price else [(terms.price, terms.base) for terms in line.terms]
    if quantity > amounts.QUANTITY_MAX:
        return [Fault("quantity.over", path, f"at most {amounts.QUANTITY_MAX}", str(quantity))]
    worth = max(amounts.value(minor, base, quantity) for minor, base in prices)
    if worth > amounts.AMOUNT_MAX:
        return [Fault("money.range", path, f"at most {amounts.AMOUNT_MAX}", str(worth))]
    return []


def unknown_line(order: Order, place: int, number: int) -> Fault:
    """The fault for a line that the order does not have."""
    return Fault("order.line", f"lines.{place}.line", "a line of the order", str(number))


def short_of(line: OrderLine, event: LotEvent, found: int, quantity: int, path: str, code: str) -> Fault:
    """The fault for an event that wanted `quantity` and `found` less: nothing in a legal state, or not enough of it."""
    if found:
        return Fault("quantity.over", f"{path}.quantity", f"at most {found}", str(quantity))
    states = ", ".join(f"{lot.quantity} {lot.state}" for lot in line.lots)
    return Fault(code, path, f"a quantity in {_names(event)}", states)


def _names(event: LotEvent) -> str:
    return " or ".join(tables.sources(lots.TABLE, event))


def header(order: Order) -> OrderState:
    """All at an end: closed. Something that needs people: attention. Else the least advanced quantity."""
    states = {lot.state for line in order.lines.values() for lot in line.lots}
    if states <= lots.CLOSED:
        return OrderState.CLOSED
    if states & {LotState.OVERDUE, LotState.CANCELLING, LotState.RTO_ASKED, LotState.RETURNING, LotState.CONTESTED}:
        return OrderState.ATTENTION
    if LotState.PLACED in states:
        return OrderState.PLACED
    if states & {LotState.SELLER_PROPOSED, LotState.CHANGE_PROPOSED}:
        return OrderState.PROPOSED
    under_way = states & {LotState.SHIPPED, LotState.DELIVERED, LotState.RECEIVED, LotState.FINAL}
    if LotState.AGREED in states:
        return OrderState.PART_SHIPPED if under_way else OrderState.AGREED
    return OrderState.SHIPPED if LotState.SHIPPED in states else OrderState.DELIVERED
