"""Cancel-intercept (table T5): the race that decides the product.

Who came first between a cancel and a hand-over is decided by what the shipper had seen (law 13): the hand-over
stands iff its `seen` does not cover the cancel. `cancel.request` has the highest rank of the order's documents, so in
the walk every hand-over that did not know of it stands before it, and the cancel finds that quantity shipped: it
becomes a request to bring it back (`rto-asked`). A hand-over that knew of the cancel stands after it and finds the
quantity held. Where a closed cut turns the two around, the hand-over's own row gives the same result.

A cancel by quantity, whose author could not know that some of it had meanwhile been rejected, cancelled or shipped,
acts on what is left. One whose author knew is refused.
"""

from __future__ import annotations

from contracts import amounts, items, lots, orders
from contracts.documents import cancellations as papers
from contracts.errors import Fault
from contracts.items import Member
from contracts.lots import Lot, LotEvent, LotState
from contracts.orders import Order, OrderLine
from contracts.threads import Faults

_STAGES = {
    LotState.PLACED: "placed",
    LotState.SELLER_PROPOSED: "placed",
    LotState.AGREED: "agreed",
    LotState.CHANGE_PROPOSED: "agreed",
    LotState.CANCELLING: "agreed",
    LotState.SHIPPED: "handed_over",
    LotState.DELIVERED: "handed_over",
    LotState.OVERDUE: "overdue",
}
OVERDUE = ("penalty", "overdue")  # accrued once the time was over, and not waived by what follows
_OUTCOMES = {
    "stopped": LotEvent.STOPPED,
    "too_late": LotEvent.TOO_LATE,
    "recalled": LotEvent.RECALLED,
    "rto": LotEvent.RECALLED,
}


def request(order: Order, member: Member, document: papers.Request, blind: bool) -> tuple[Order, Faults]:
    """`cancel.request` of either side."""
    lines: dict[int, OrderLine] = {}
    faults: list[Fault] = []
    for place, cancelled in enumerate(document.lines):
        line = order.lines.get(cancelled.line)
        if line is None:
            faults.append(orders.unknown_line(order, place, cancelled.line))
            continue
        wanted = lots.total(line.lots) if cancelled.quantity is None else cancelled.quantity
        after, moved = _cancelled(order, member, document, line, wanted)
        if not moved or (moved < wanted and cancelled.quantity is not None and not blind):
            faults.append(_nothing_left(order, member, document, line, wanted, moved, f"lines.{place}"))
        lines[cancelled.line] = after
    if faults:
        return order, tuple(faults)
    return orders.with_lines(order, lines, member), ()


def _event(document: papers.Request) -> LotEvent:
    return LotEvent.CANCEL_BUYER if document.role == "buyer" else LotEvent.CANCEL_SELLER


def _cancelled(
    order: Order, member: Member, document: papers.Request, line: OrderLine, wanted: int
) -> tuple[OrderLine, int]:
    def change(lot: Lot, state: LotState) -> Lot:
        levy = lot.levy if lot.levy == OVERDUE else _levy(order, document, _stage(order, member, lot))
        return lot._replace(state=state, proposal=None, cancel=member.hash, levy=levy)

    def fits(lot: Lot) -> bool:
        allowed = order.version.cancel.get(_stage(order, member, lot), frozenset())
        return document.role in allowed and _open(order, member, document, lot)

    after, moved = lots.move(line.lots, _event(document), wanted, change, fits)
    return orders.with_lots(line, after), moved


def _levy(order: Order, document: papers.Request, stage: str) -> tuple[str, str]:
    """What the cancel costs its author. A seller who promised what was not there pays the dearer of the two rows."""
    if document.role == "buyer":
        return ("fee", stage)
    rates = order.version.rates
    row, oversell = (rates.get(("penalty", name), amounts.ZERO_RATE) for name in (stage, papers.OVERSELL))
    dearer = oversell.numerator * row.denominator > row.numerator * oversell.denominator
    return ("penalty", papers.OVERSELL if document.reason == papers.OVERSELL and dearer else stage)


def _stage(order: Order, member: Member, lot: Lot) -> str:
    """The row of the term table: what the author knew. A hand-over that it did not know of costs it no more."""
    stage = _STAGES[lot.state]
    packed = lot.packed is not None and items.knows(member, order.named[lot.packed])
    agreed = "packed" if packed else "agreed"
    if lot.state is LotState.OVERDUE and not _buys(order, member):
        return agreed  # the row `overdue` sets the buyer free
    if stage == "handed_over" and not _knows_parcel(order, member, lot):
        return agreed
    return agreed if stage == "agreed" else stage


def _buys(order: Order, member: Member) -> bool:
    return member.side != order.version.seller


def _open(order: Order, member: Member, document: papers.Request, lot: Lot) -> bool:
    """Guard: goods under way are asked back only by a recall, or where the author did not know that they left."""
    match lot.state:
        case LotState.SHIPPED:
            return document.recall or not _knows_parcel(order, member, lot)
        case LotState.DELIVERED:
            return lot.cancel is None and not _knows_parcel(order, member, lot)
        case LotState.CANCELLING:
            return lot.cancel is not None and not items.knows(member, order.named[lot.cancel])
        case _:
            return True


def _knows_parcel(order: Order, member: Member, lot: Lot) -> bool:
    assert lot.shipment is not None
    return items.knows(member, order.parcels[lot.shipment].member)


def _nothing_left(
    order: Order, member: Member, document: papers.Request, line: OrderLine, wanted: int, moved: int, path: str
) -> Fault:
    event = _event(document)
    if not moved and lots.available(line.lots, event, lambda lot: _open(order, member, document, lot)):
        stages = sorted({_STAGES[lot.state] for lot in line.lots if lot.state in _STAGES})
        return Fault("cancel.not-allowed", path, f"a stage that lets the {document.role} cancel", ", ".join(stages))
    return orders.short_of(line, event, moved, wanted, path, "cancel.state")


def result(order: Order, member: Member, document: papers.Result, blind: bool) -> tuple[Order, Faults]:
    """`cancel.result` of the shipper, for a cancel of the buyer."""
    cancel = order.named.get(document.cancel)
    if cancel is None or cancel.side == member.side or not items.knows(member, cancel):
        return order, (Fault("reference.dangling", "cancel", "a cancel of this order", document.cancel.hex()),)
    lines: dict[int, OrderLine] = {}
    faults: list[Fault] = []
    for place, outcome in enumerate(document.lines):
        line = lines.get(outcome.line) or order.lines.get(outcome.line)
        if line is None:
            faults.append(orders.unknown_line(order, place, outcome.line))
            continue
        after, moved = _outcome(line, document.cancel, outcome)
        if moved < outcome.quantity:
            faults.append(_no_outcome(line, document.cancel, outcome, moved, f"lines.{place}"))
        lines[outcome.line] = after
    if faults:
        return order, tuple(faults)
    return orders.with_lines(order, lines), ()


def _outcome(line: OrderLine, cancel: bytes, outcome: papers.ResultLine) -> tuple[OrderLine, int]:
    def fits(lot: Lot) -> bool:
        return lot.cancel == cancel and (outcome.handover is None or lot.shipment == outcome.handover)

    def change(lot: Lot, state: LotState) -> Lot:
        return lot._replace(state=state, late=lot.late or outcome.outcome == "too_late")

    after, moved = lots.move(line.lots, _OUTCOMES[outcome.outcome], outcome.quantity, change, fits)
    return orders.with_lots(line, after), moved


def _no_outcome(line: OrderLine, cancel: bytes, outcome: papers.ResultLine, moved: int, path: str) -> Fault:
    event = _OUTCOMES[outcome.outcome]
    if event is LotEvent.TOO_LATE and not moved:
        held = sum(lot.quantity for lot in line.lots if lot.cancel == cancel)
        wanted = "a hand-over that stands and that moved this quantity"
        return Fault("cancel.too-late", f"{path}.handover", wanted, f"{held} cancelled otherwise")
    return orders.short_of(line, event, moved, outcome.quantity, path, "cancel.state")
