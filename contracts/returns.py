"""Returns, exchanges and refunds (table T6): further states of the quantities of an order.

A quantity that a return is about carries its `request`; whose `fault` it is follows from the reason, unless the
seller's answer says otherwise; the `verdict` on what came back decides what of the price goes back (`lots.repaid`).
What comes back undelivered, after a cancel or a refusal (T5), goes the same way without a request.

An exchange refunds what came back and agrees as much anew at the same price, in the same line: it costs nothing once
the replacement left, and nothing stays owed for a replacement that never does
(docs/decisions/0029-an-exchange-is-a-refund-and-a-new-quantity.md).

The refund of what is contested, whose author could not know that a return was asked for it meanwhile, stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol, TypeAlias, TypeVar

from contracts import amounts, dues, items, lots, orders, terms
from contracts.documents import returns as papers
from contracts.documents import splits
from contracts.errors import Fault
from contracts.items import Member
from contracts.lots import Lot, LotEvent, LotState
from contracts.orders import Order, OrderLine, Return
from contracts.threads import Faults

SETTLED: Final = "settled"
"""The verdict on goods that the buyer keeps for a part of their price: `OrderLine.settled` holds the money."""
_ACTIONS: Final[Mapping[papers.Action, LotEvent]] = {
    "approve": LotEvent.APPROVE,
    "reject": LotEvent.REFUSE_BACK,
    "refund": LotEvent.FORGO,
    "offer": LotEvent.OFFER_PART,
}


class Part(Protocol):
    """A quantity of a line, as every document of a return names it."""

    @property
    def line(self) -> int:
        """The number of the line."""

    @property
    def quantity(self) -> int:
        """Units of it."""


AnyPart = TypeVar("AnyPart", bound=Part)
Lines: TypeAlias = dict[int, OrderLine]


def _each(
    order: Order, parts: Sequence[AnyPart], act: Callable[[OrderLine, AnyPart, int], tuple[OrderLine, Fault | None]]
) -> tuple[Lines, list[Fault]]:
    """Every part of a document on its line, one after the other, with all that is wrong with them."""
    lines: Lines = {}
    faults: list[Fault] = []
    for place, part in enumerate(parts):
        line = lines.get(part.line) or order.lines.get(part.line)
        if line is None:
            faults.append(orders.unknown_line(order, place, part.line))
            continue
        lines[part.line], fault = act(line, part, place)
        if fault is not None:
            faults.append(fault)
    return lines, faults


def _move(
    line: OrderLine, event: LotEvent, part: Part, place: int, change: lots.Change, fits: lots.Fits, blind: bool = False
) -> tuple[OrderLine, Fault | None]:
    """An event on a quantity of a line. One that is `blind` acts on what is left, if anything is."""
    after, moved = lots.move(line.lots, event, part.quantity, change, fits)
    fault = None
    if moved < part.quantity and not (blind and moved):
        fault = orders.short_of(line, event, moved, part.quantity, f"lines.{place}", "return.state")
    return orders.with_lots(line, after), fault


def _under(request: bytes | None, shipment: bytes | None = None) -> lots.Fits:
    """The guard that lets the quantities of one request pass; without one, what is under none (of one parcel)."""
    return lambda lot: lot.request == request and (shipment is None or lot.shipment == shipment)


def _asked(order: Order, member: Member, request: bytes | None) -> Faults:
    """A fault unless the named request stands and the author knows it."""
    found = None if request is None else order.returns.get(request)
    if request is None or (found is not None and items.knows(member, found.member)):
        return ()
    return (Fault("reference.dangling", "request", "a return of this order", request.hex()),)


# --- asking and deciding


def request(order: Order, member: Member, document: papers.Request, blind: bool) -> tuple[Order, Faults]:
    """`return.request`. Where the buyer holds the seller to be at fault, what it contested already goes first."""
    fault = "buyer" if document.reason in papers.BUYERS_FAULT else "seller"

    def change(lot: Lot, state: LotState) -> Lot:
        return lot._replace(state=state, request=member.hash, levy=None)

    def contested(lot: Lot) -> bool:
        return lot.state is LotState.CONTESTED

    def ask(line: OrderLine, part: papers.ReturnedLine, place: int) -> tuple[OrderLine, Fault | None]:
        moved = 0
        if fault == "seller":
            after, moved = lots.move(line.lots, LotEvent.ASK_BACK, part.quantity, change, contested)
            line = orders.with_lots(line, after)
        after, more = lots.move(line.lots, LotEvent.ASK_BACK, part.quantity - moved, change)
        moved += more
        if moved < part.quantity and not (blind and moved):
            code = "return.state"
            return line, orders.short_of(line, LotEvent.ASK_BACK, moved, part.quantity, f"lines.{place}", code)
        return orders.with_lots(line, after), None

    lines, faults = _each(order, document.lines, ask)
    if faults:
        return order, tuple(faults)
    return orders.with_lines(order, lines, returning=Return(member, fault)), ()


def decide(order: Order, member: Member, document: papers.Decide, blind: bool) -> tuple[Order, Faults]:
    """`return.decide`, part by part."""
    dangling = _asked(order, member, document.request)
    if dangling:
        return order, dangling
    returning = order.returns[document.request]
    fault = document.fault or returning.fault
    fits = _under(document.request)

    def judge(line: OrderLine, part: papers.DecidedLine, place: int) -> tuple[OrderLine, Fault | None]:
        worth = 0

        def change(lot: Lot, state: LotState) -> Lot:
            nonlocal worth
            worth += line.terms[lot.terms].gross(lot.quantity)
            proposal = (member.hash, place) if part.action == "offer" else None
            held = None if part.action == "reject" else fault
            return lot._replace(state=state, fault=held, proposal=proposal)

        after, short = _move(line, _ACTIONS[part.action], part, place, change, fits, blind)
        if short is None and not blind and part.amount is not None and part.amount.a > worth:
            short = Fault("refund.amount", f"lines.{place}.amount", f"at most {worth}", str(part.amount.a))
        return after, short

    lines, faults = _each(order, document.lines, judge)
    if faults:
        return order, tuple(faults)
    actions = {part.action for part in document.lines}
    decided = replace(returning, fault=fault, decided=(*returning.decided, member))
    if "approve" in actions and (freight := _freight(order, document, fault)):
        decided = replace(decided, labels=(*returning.labels, (member, freight)))
    return orders.with_lines(order, lines, member if "offer" in actions else None, returning=decided), ()


def _freight(order: Order, document: papers.Decide, fault: str) -> int:
    """What the buyer owes for the way back: nothing where the carrier is paid by the one who bears it."""
    bearer = terms.bearer(order.version, "delivered", "back", fault)
    if document.freight is None or bearer in ("none", document.paid_by):
        return 0
    return document.freight.a if bearer == "buyer" else -document.freight.a


def answer(order: Order, member: Member, document: splits.Accept, blind: bool) -> tuple[Order, Faults]:
    """`settle.accept` of the buyer: takes or declines all parts of an offer that still wait."""
    if member.side == order.version.seller:
        return order, (Fault("role.mismatch", "role", "buyer", "seller"),)
    offer = order.named.get(document.offer)
    if offer is None or not isinstance(offer.document, papers.Decide) or not items.knows(member, offer):
        return order, (Fault("reference.dangling", "offer", "an offer in this order", document.offer.hex()),)
    lines: Lines = {}
    for place, part in enumerate(offer.document.lines):
        line = lines.get(part.line) or order.lines.get(part.line)
        if line is None or part.amount is None:
            continue
        after = _answered(line, (document.offer, place), part.quantity, part.amount.a, document.accept)
        if after is not line:
            lines[part.line] = after
    if not lines:
        return order, (Fault("return.state", "offer", "an offer that waits for an answer", "nothing waits"),)
    return orders.with_lines(order, lines), ()


def _answered(line: OrderLine, waiting: tuple[bytes, int], offered: int, amount: int, accept: bool) -> OrderLine:
    """The line after an answer to one part: `amount` was offered for `offered` units, some of which may be gone."""

    def change(lot: Lot, state: LotState) -> Lot:
        verdict, fault = (SETTLED, lot.fault) if accept else (None, None)
        return lot._replace(state=state, proposal=None, verdict=verdict, fault=fault)

    event = LotEvent.TAKE_PART if accept else LotEvent.DECLINE_PART
    after, moved = lots.move(line.lots, event, line.ordered, change, lambda lot: lot.proposal == waiting)
    if not moved:
        return line
    line = orders.with_lots(line, after)
    if not accept:
        return line
    gross = amounts.share(amount, moved, offered)
    rate = line.terms[0].tax
    tax = amounts.share(gross, rate.numerator, rate.denominator + rate.numerator)
    return replace(line, settled=(line.settled[0] + gross - tax, line.settled[1] + tax))


def withdraw(order: Order, member: Member, document: papers.Withdraw, blind: bool) -> tuple[Order, Faults]:
    """`return.withdraw`: the goods stay where they are, received."""
    dangling = _asked(order, member, document.request)
    if dangling:
        return order, dangling
    fits = _under(document.request)
    parts = document.lines or _all(order, LotEvent.KEEP, fits)
    if not parts:
        return order, (Fault("return.state", "request", "goods that were not sent back", "nothing is left"),)

    def keep(line: OrderLine, part: papers.ReturnedLine, place: int) -> tuple[OrderLine, Fault | None]:
        return _move(line, LotEvent.KEEP, part, place, _kept, fits, blind)

    lines, faults = _each(order, parts, keep)
    return (order, tuple(faults)) if faults else (orders.with_lines(order, lines), ())


def _kept(lot: Lot, state: LotState) -> Lot:
    if state is LotState.RETURN_REFUSED:
        return lot
    return lot._replace(state=state, proposal=None, request=None, fault=None)


def _all(order: Order, event: LotEvent, fits: lots.Fits) -> tuple[papers.ReturnedLine, ...]:
    """All that an event can act on, as parts."""
    counted = ((line.number, lots.available(line.lots, event, fits)) for line in order.lines.values())
    return tuple(papers.ReturnedLine(line=number, quantity=quantity) for number, quantity in counted if quantity)


# --- the way back


def ship(order: Order, member: Member, document: papers.Ship, blind: bool) -> tuple[Order, Faults]:
    """`return.ship`: from now on the freight of the way back is owed to the one who paid it, as the buyer knew it."""
    dangling = _asked(order, member, document.request)
    if dangling:
        return order, dangling
    fits = _under(document.request)

    def send(line: OrderLine, part: papers.ReturnedLine, place: int) -> tuple[OrderLine, Fault | None]:
        return _move(line, LotEvent.SEND_BACK, part, place, lots.into, fits, blind)

    lines, faults = _each(order, document.lines, send)
    if faults:
        return order, tuple(faults)
    returning = order.returns[document.request]
    known = [minor for decided, minor in returning.labels if items.knows(member, decided)]
    shipped = replace(
        returning,
        shipped=(*returning.shipped, (document.carrier, document.waybill)),
        freight=returning.freight + sum(known),
        labels=tuple((one, minor) for one, minor in returning.labels if not items.knows(member, one)),
    )
    return orders.with_lines(order, lines, returning=shipped), ()


def proof(order: Order, member: Member, document: papers.Proof, blind: bool) -> tuple[Order, Faults]:
    """`return.proof`: the carrier has delivered a parcel that the buyer told of. The last one counts."""
    dangling = _asked(order, member, document.request)
    if dangling:
        return order, dangling
    returning = order.returns[document.request]
    label = (document.carrier, document.waybill)
    if label not in returning.shipped:
        told = ", ".join(" ".join(known) for known in returning.shipped)
        return order, (Fault("return.state", "waybill", told or "a parcel that was sent back", " ".join(label)),)
    if not blind and not _all(order, LotEvent.ARRIVE_SILENT, _under(document.request)):
        return order, (Fault("return.state", "request", LotState.IN_RETURN, "nothing of it"),)
    return orders.with_lines(order, {}, returning=replace(returning, proved=member)), ()


def receive(order: Order, member: Member, document: papers.Receive, blind: bool) -> tuple[Order, Faults]:
    """`return.receive`, with or without the buyer's word that they are under way."""
    dangling = _asked(order, member, document.request)
    if dangling:
        return order, dangling
    fits = _under(document.request, document.shipment)

    def take(line: OrderLine, part: papers.ReturnedLine, place: int) -> tuple[OrderLine, Fault | None]:
        return _move(line, LotEvent.TAKE_BACK, part, place, lots.into, fits, blind)

    lines, faults = _each(order, document.lines, take)
    if faults:
        return order, tuple(faults)
    if document.request is None:
        return orders.with_lines(order, lines), ()
    return orders.with_lines(order, lines, returning=replace(order.returns[document.request], received=member)), ()


def inspect(order: Order, member: Member, document: papers.Inspect, blind: bool) -> tuple[Order, Faults]:
    """`return.inspect`: a verdict on each unit."""
    dangling = _asked(order, member, document.request)
    if dangling:
        return order, dangling
    fits = _under(document.request, document.shipment)

    def judge(line: OrderLine, part: papers.InspectedLine, place: int) -> tuple[OrderLine, Fault | None]:
        return _move(line, LotEvent.INSPECT, part, place, _judged(part.verdict), fits, blind)

    lines, faults = _each(order, document.lines, judge)
    return (order, tuple(faults)) if faults else (orders.with_lines(order, lines), ())


def _judged(verdict: papers.Verdict) -> lots.Change:
    return lambda lot, state: lot._replace(state=state, verdict=verdict)


# --- the end


def grant(order: Order, member: Member, document: papers.Grant, blind: bool) -> tuple[Order, Faults]:
    """`refund.grant`: the amounts are those that the fold computes, as far as the author could know."""
    dangling = _asked(order, member, document.request)
    if dangling:
        return order, dangling

    def fits(lot: Lot) -> bool:
        if lot.state is LotState.RETURN_ASKED:
            assert lot.request is not None
            return document.request is None and not items.knows(member, order.returns[lot.request].member)
        return lot.request == document.request

    def refund(line: OrderLine, part: papers.RefundedLine, place: int) -> tuple[OrderLine, Fault | None]:
        after, fault = _move(line, LotEvent.REFUND, part, place, _refunded, fits, blind)
        amount = refunded(order, line, after)
        if fault is None and part.amount.a != amount and not blind:
            fault = Fault("refund.amount", f"lines.{place}.amount", str(amount), str(part.amount.a))
        return after, fault

    lines, faults = _each(order, document.lines, refund)
    return (order, tuple(faults)) if faults else (orders.with_lines(order, lines), ())


def _refunded(lot: Lot, state: LotState) -> Lot:
    """Only what came back undelivered keeps the levy of its cancel or refusal."""
    return lot._replace(state=state) if lot.state is LotState.INSPECTED else lot._replace(state=state, levy=None)


def refunded(order: Order, before: OrderLine, after: OrderLine) -> int:
    """Minor units that the buyer gets back between two states of a line, tax included."""
    counted = [dues.of_line(line.terms, line.lots, order.version, line.settled) for line in (before, after)]
    change = dues.minus(counted[0], counted[1])
    return change.refund + change.refund_tax


def due(order: Order, request: bytes | None, quantities: Mapping[int, int] | None = None) -> dict[int, tuple[int, int]]:
    """What a `refund.grant` of everything that it may act on now (or of these quantities by line) has to say:
    (quantity, minor units) by line."""

    def fits(lot: Lot) -> bool:
        return lot.request == request and lot.state is not LotState.RETURN_ASKED

    found = {}
    for line in order.lines.values():
        wanted = line.ordered if quantities is None else quantities.get(line.number, 0)
        after, moved = lots.move(line.lots, LotEvent.REFUND, wanted, _refunded, fits)
        if moved:
            found[line.number] = (moved, refunded(order, line, orders.with_lots(line, after)))
    return found


def exchange(order: Order, member: Member, document: papers.Exchange, blind: bool) -> tuple[Order, Faults]:
    """`exchange.order`: what was inspected is refunded, and as much is agreed anew at the same price."""
    dangling = _asked(order, member, document.request)
    if dangling:
        return order, dangling
    asked = order.returns[document.request].member.document
    assert isinstance(asked, papers.Request)
    if asked.remedy not in ("exchange", "repair"):
        return order, (Fault("return.state", "request", "a request for exchange or repair", asked.remedy),)
    fits = _under(document.request)

    def replaced(line: OrderLine, part: papers.ExchangedLine, place: int) -> tuple[OrderLine, Fault | None]:
        quantities: dict[int, int] = {}

        def change(lot: Lot, state: LotState) -> Lot:
            quantities[lot.terms] = quantities.get(lot.terms, 0) + lot.quantity
            return lot._replace(state=state)

        after, fault = _move(line, LotEvent.EXCHANGE, part, place, change, fits, blind)
        over = orders.too_much(line, None, line.ordered + part.quantity, f"lines.{place}")
        for old, quantity in quantities.items():
            after = _anew(after, part, old, quantity)
        return after, fault or next(iter(over), None)

    lines, faults = _each(order, document.lines, replaced)
    return (order, tuple(faults)) if faults else (orders.with_lines(order, lines), ())


def _anew(line: OrderLine, part: papers.ExchangedLine, old: int, quantity: int) -> OrderLine:
    before = line.terms[old]
    goods = part.sku or before.sku
    agreed = replace(before, sku=goods, promised_ship_s=part.promised_ship_s, location=part.location)
    line, place = orders.with_terms(line, agreed)
    added = lots.joined(line.lots, [Lot(LotState.AGREED, quantity, place)])
    return replace(line, ordered=line.ordered + quantity, lots=added)


# --- silence


def silent(order: Order, event: LotEvent, request: bytes) -> Lines:
    """The lines that a timed row of table T6 changes: what waited under a request."""
    fault = order.returns[request].fault
    changes: Mapping[LotEvent, lots.Change] = {
        LotEvent.APPROVE_SILENT: lambda lot, state: lot._replace(state=state, fault=fault),
        LotEvent.FORGO_SILENT: lambda lot, state: lot._replace(state=state, fault=fault),
        LotEvent.LAPSE_BACK: _kept,
        LotEvent.RESELLABLE_SILENT: _judged("resellable"),
        LotEvent.ARRIVE_SILENT: lots.into,
    }
    lines: Lines = {}
    for line in order.lines.values():
        after, moved = lots.move(line.lots, event, line.ordered, changes[event], _under(request))
        if moved:
            lines[line.number] = orders.with_lots(line, after)
    return lines
