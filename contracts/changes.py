"""Changes by consent (the middle of table T4): `order.change`, and the answer to a change or to a seller's offer.

What is proposed waits (`seller-proposed`, `change-proposed`) until the other side takes or declines it; until then
the original stands, and what neither could know of the other, a hand-over or a cancel, goes before it.
"""

from __future__ import annotations

from dataclasses import replace

from contracts import items, lots, orders
from contracts.documents import orders as papers
from contracts.errors import Fault
from contracts.items import Member
from contracts.lots import Lot, LotEvent, LotState
from contracts.orders import Order, OrderLine
from contracts.threads import Faults


def change(order: Order, member: Member, document: papers.Change, blind: bool) -> tuple[Order, Faults]:
    """`order.change`: agreed quantity waits for the other side; until then the original stands."""
    lines: dict[int, OrderLine] = {}
    faults: list[Fault] = []
    for place, changed in enumerate(document.lines):
        line = order.lines.get(changed.line)
        if line is None:
            faults.append(orders.unknown_line(order, place, changed.line))
            continue
        after, moved = lots.move(line.lots, LotEvent.CHANGE, changed.quantity, _wait((member.hash, place)))
        if moved < changed.quantity:
            faults.append(
                orders.short_of(line, LotEvent.CHANGE, moved, changed.quantity, f"lines.{place}", "order.state")
            )
        grown = line.ordered + max(0, (changed.new_quantity or 0) - changed.quantity)
        faults.extend(orders.too_much(line, changed.price, grown, f"lines.{place}"))
        lines[changed.line] = orders.with_lots(line, after)
    if faults:
        return order, tuple(faults)
    return orders.with_lines(order, lines, member), ()


def _wait(proposal: tuple[bytes, int]) -> lots.Change:
    return lambda lot, state: lot._replace(state=state, proposal=proposal)


def change_respond(order: Order, member: Member, document: papers.ChangeRespond, blind: bool) -> tuple[Order, Faults]:
    """`order.change_respond`: takes or declines the parts of the other side's proposal."""
    proposal = order.named.get(document.proposal)
    answerable = proposal is not None and isinstance(proposal.document, papers.Respond | papers.Change)
    if proposal is None or not answerable or not items.knows(member, proposal):
        return order, (Fault("reference.dangling", "proposal", "a proposal of this order", document.proposal.hex()),)
    if proposal.side == member.side:
        return order, (Fault("role.mismatch", "proposal", "the other side's proposal", "the author's own"),)
    offered = proposal.document
    assert isinstance(offered, papers.Respond | papers.Change)
    open_ = waiting(order, document.proposal, offered)
    asked = open_ if document.parts is None else list(document.parts)
    faults = [
        Fault("order.state", "parts", "a part that waits for an answer", str(place))
        for place in asked
        if place not in open_
    ]
    if not asked:
        faults.append(Fault("order.state", "proposal", "a proposal that waits for an answer", "nothing waits"))
    if faults:
        return order, tuple(faults)
    lines: dict[int, OrderLine] = {}
    for place in asked:
        number = offered.lines[place].line
        line = lines.get(number) or order.lines[number]
        lines[number] = answered(line, (document.proposal, place), offered, document.accept)
    return orders.with_lines(order, lines), ()


def waiting(order: Order, proposal: bytes, offered: papers.Respond | papers.Change) -> list[int]:
    """The parts of a proposal that wait for an answer."""
    return [place for place in range(len(offered.lines)) if _waits(order, proposal, offered, place)]


def _waits(order: Order, proposal: bytes, offered: papers.Respond | papers.Change, place: int) -> bool:
    line = order.lines.get(offered.lines[place].line)
    return line is not None and any(lot.proposal == (proposal, place) for lot in line.lots)


def answered(
    line: OrderLine, waiting: tuple[bytes, int], offered: papers.Respond | papers.Change, accept: bool
) -> OrderLine:
    """The line after the part `waiting` (proposal, place) was accepted or declined."""
    if not accept:
        reopen = isinstance(offered, papers.Respond) and offered.original_open
        event = LotEvent.REOPEN if reopen else LotEvent.DECLINE
        return _settled(line, waiting, event, lots.total(line.lots), None)
    if isinstance(offered, papers.Respond):
        return _taken(line, waiting, offered.lines[waiting[1]])[0]
    changed = offered.lines[waiting[1]]
    wanted = changed.quantity if changed.new_quantity is None else changed.new_quantity
    if wanted < changed.quantity:
        line = _settled(line, waiting, LotEvent.REDUCE, changed.quantity - wanted, None)
    line, new = _taken(line, waiting, changed)
    return _grown(line, wanted - changed.quantity, new) if wanted > changed.quantity else line


def _taken(line: OrderLine, waiting: tuple[bytes, int], part: papers.Part | papers.Changed) -> tuple[OrderLine, int]:
    """The waiting lots of a part become agreed, each on its old terms with what the part changes."""
    new = len(line.terms) - 1
    for old in sorted({lot.terms for lot in line.lots if lot.proposal == waiting}):
        terms = line.terms[old]
        if part.price is not None:
            terms = replace(terms, price=part.price.amount.a, base=part.price.base)
        if part.promised_ship_s is not None:
            terms = replace(terms, promised_ship_s=part.promised_ship_s)
        if isinstance(part, papers.Part) and part.sku is not None:
            terms = replace(terms, sku=part.sku)
        line, new = orders.with_terms(line, terms)
        line = _settled(line, waiting, LotEvent.TAKE, lots.total(line.lots), new, old)
    return line, new


def _settled(
    line: OrderLine, waiting: tuple[bytes, int], event: LotEvent, quantity: int, new: int | None, old: int | None = None
) -> OrderLine:
    """The lots of an answered part leave their waiting state."""

    def change(lot: Lot, state: LotState) -> Lot:
        return lot._replace(state=state, proposal=None, terms=lot.terms if new is None else new)

    def fits(lot: Lot) -> bool:
        return lot.proposal == waiting and (old is None or lot.terms == old)

    after, _ = lots.move(line.lots, event, quantity, change, fits)
    return orders.with_lots(line, after)


def _grown(line: OrderLine, more: int, terms: int) -> OrderLine:
    """More units than were ordered, by consent of both, on the terms just agreed."""
    added = Lot(LotState.AGREED, more, terms)
    return replace(line, ordered=line.ordered + more, lots=lots.joined(line.lots, [added]))
