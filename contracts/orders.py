"""Orders (table T4): the state of an order thread, and the seller's answers.

`step` functions take the order, the document and whether it is `blind` (see `threads.Step`), and give the next order
or the faults. The table itself is `lots.TABLE`; here and in `changes`, `cancellations` and
`shipments` stand its guards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from contracts import amounts, dues, items, lots, tables, terms
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
class Return:
    """A request to give goods back: `member` is its document, `fault` the role that the approval holds it to be.

    `decided` holds the seller's answers, `shipped` the way back (carrier, waybill), `received` the last word of its
    arrival. `freight`: what the buyer owes for the way back, signed minor units; `labels`: what each approval wants for
    it, until goods are sent back by a document that knows the approval. So nobody owes what came after. `proved` is
    the buyer's word that the carrier has delivered them.
    """

    member: Member
    fault: str
    decided: tuple[Member, ...] = ()
    shipped: tuple[tuple[str, str], ...] = ()
    received: Member | None = None
    freight: int = 0
    labels: tuple[tuple[Member, int], ...] = ()
    proved: Member | None = None

    @property
    def way_back(self) -> int:
        """What the buyer owes for the way back, or will once the goods are on it."""
        return self.freight + sum(minor for _, minor in self.labels)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`ordered` units in `lots`; `terms` holds every price and promise that a lot refers to, the first as placed.
    `settled` is what both agreed to give back for goods that the buyer keeps, (net, tax)."""

    number: int
    unit: str
    ordered: int
    terms: tuple[LineTerms, ...]
    lots: Lots
    owed: Owed = dues.NOTHING
    settled: tuple[int, int] = (0, 0)

    def quantity(self, *states: LotState) -> int:
        """The units in any of `states`."""
        return lots.count(self.lots, states)


@dataclass(frozen=True, slots=True)
class Order:
    """The state of an order thread. `version` is the agreement that governs it, whatever comes later.

    `named` holds the proposals, cancels and offers that stand, by hash; `parcels` the hand-overs, `returns` the
    requests that stand.
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
    returns: Mapping[bytes, Return] = field(default_factory=dict)

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
        """(line, reason, amount) for what will not come or is given back: quote + deltas is what is or will be owed."""
        lines = self.lines.values()
        missing = [(line, state, amount) for line in lines for state, amount in dues.deltas(line.terms, line.lots)]
        repaid = [
            (line, LotState.REFUNDED, back) for line in lines if (back := line.owed.refund + line.owed.refund_tax)
        ]
        return tuple((line.number, state, amount) for line, state, amount in (*missing, *repaid))


RANKS: Final = {
    "order.respond": 1,
    "order.change_respond": 2,
    "shipment.plan": 3,
    "shipment.pack": 3,
    "shipment.handover": 3,
    "shipment.status": 4,
    "cancel.result": 5,
    # what is on its way back goes before its arrival, and that before a withdrawal which comes too late
    "return.ship": 6,
    "return.decide": 7,
    "return.proof": 7,
    "return.receive": 8,
    "return.inspect": 9,
    "refund.grant": 10,
    "exchange.order": 11,
    "receipt.advice": 12,
    "return.request": 13,
    "settle.accept": 14,
    "return.withdraw": 15,
    "order.change": 16,
    # last: after every concurrent hand-over, so that the hand-overs before it are those that did not know of it
    "cancel.request": 17,
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
    return OrderLine(line.number, line.unit, line.ordered, line.terms, after, line.owed, line.settled)


def with_lines(
    order: Order,
    lines: Mapping[int, OrderLine],
    named: Member | None = None,
    parcel: tuple[bytes, Parcel] | None = None,
    returning: Return | None = None,
) -> Order:
    """The order with changed lines, what is owed counted anew, and one more named document, or (changed) parcel or
    return."""
    owed = order.owed
    merged = dict(order.lines)
    for number, line in lines.items():
        assert line.ordered == lots.total(line.lots), "law 6: quantities are conserved"
        counted = dues.of_line(line.terms, line.lots, order.version, line.settled)
        if counted != order.lines[number].owed:
            owed = dues.plus(owed, dues.minus(counted, order.lines[number].owed))
            line = OrderLine(line.number, line.unit, line.ordered, line.terms, line.lots, counted, line.settled)
        merged[number] = line
    returns = order.returns if returning is None else {**order.returns, returning.member.hash: returning}
    if order.charges or returns:
        owed = owed._replace(charge=charged(order, merged.values(), returns.values(), owed))
    if order.version.shares:
        owed = owed._replace(share=-dues.kept(order.version, owed.goods + owed.refund))
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
        returns,
    )


def charged(order: Order, lines: Iterable[OrderLine], returns: Iterable[Return], owed: Owed) -> int:
    """The charges of the order as soon as goods are owed, and the freight of what went back.

    Where all goods came back and the agreement lays the way out upon the one at fault, a seller at fault bears it.
    """
    back = sum(one.freight for one in returns)
    kept = [lot for line in lines for lot in line.lots if lots.owes(lot, order.version.terms.basis)]
    bearer = terms.bearer(order.version, "delivered", "out", "seller")
    free = bearer == "seller" and all(lots.repaid(lot) and lot.fault == "seller" for lot in kept)
    return back + (order.charges if owed.goods and not free else 0)


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


_ATTENTION: Final = frozenset(
    {
        *(LotState.OVERDUE, LotState.CANCELLING, LotState.RTO_ASKED, LotState.RETURNING, LotState.CONTESTED),
        *(state for state in lots.RETURN_OPEN if state not in lots.CLOSED),
    }
)


def header(order: Order) -> OrderState:
    """All at an end: closed. Something that needs people: attention. Else the least advanced quantity."""
    states = {lot.state for line in order.lines.values() for lot in line.lots}
    if states <= lots.CLOSED:
        return OrderState.CLOSED
    if states & _ATTENTION:
        return OrderState.ATTENTION
    if LotState.PLACED in states:
        return OrderState.PLACED
    if states & {LotState.SELLER_PROPOSED, LotState.CHANGE_PROPOSED}:
        return OrderState.PROPOSED
    under_way = states & {LotState.SHIPPED, *lots.ARRIVED, *lots.RETURNED, LotState.RETURN_REFUSED, LotState.FINAL}
    if LotState.AGREED in states:
        return OrderState.PART_SHIPPED if under_way else OrderState.AGREED
    return OrderState.SHIPPED if LotState.SHIPPED in states else OrderState.DELIVERED
