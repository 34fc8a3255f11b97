"""Placing an order and asking for a hold: the guards that look at agreement, listing, price and stock promise.

All of them are answered from what the buyer knew when writing (see `channels`). Credit limits and stock are no
guards: they depend on more than one thread and are the policy of the node that accepts
(docs/decisions/0004-aggregates-are-policy.md).
"""

from __future__ import annotations

from typing import Final, get_args

from contracts import (
    amounts,
    changes,
    channels,
    feedbacks,
    holds,
    listings,
    orders,
    prices,
    quotations,
    silences,
    terms,
    threads,
)
from contracts import cancellations as cancelling
from contracts import returns as returning
from contracts import shipments as shipping
from contracts.agreements import Agreement
from contracts.channels import Candidate, Change, Channel, Join, Plan
from contracts.documents import agreements as agreement_papers
from contracts.documents import cancellations, fields, returns, shipments, splits
from contracts.documents import holds as hold_papers
from contracts.documents import orders as papers
from contracts.documents.deems import Deem
from contracts.errors import Fault
from contracts.holds import Hold, HoldState
from contracts.items import Member
from contracts.ledgers import Account
from contracts.orders import Order
from contracts.terms import Version
from contracts.threads import Faults

_PROPOSALS: Final[dict[str, agreement_papers.Proposal]] = {
    papers.Respond.TYPE: "response",
    papers.Change.TYPE: "change",
    cancellations.Request.TYPE: "cancel",
    returns.Request.TYPE: "return",
}


def step(order: Order, member: Member, blind: bool) -> tuple[Order, Faults]:
    """One document of an order thread, by tables T4 to T6."""
    match member.document:
        case papers.Respond() as document:
            return orders.respond(order, member, document, blind)
        case papers.Change() as document:
            return changes.change(order, member, document, blind)
        case papers.ChangeRespond() as document:
            return changes.change_respond(order, member, document, blind)
        case cancellations.Request() as document:
            return cancelling.request(order, member, document, blind)
        case cancellations.Result() as document:
            return cancelling.result(order, member, document, blind)
        case shipments.Plan():
            return shipping.plan(order)
        case shipments.Pack() as document:
            return shipping.pack(order, member, document)
        case shipments.Handover() as document:
            return shipping.handover(order, member, document, blind)
        case shipments.Status() as document:
            return shipping.status(order, member, document, blind)
        case shipments.Receipt() as document:
            return shipping.receipt(order, member, document, blind)
        case Deem() as document:
            return silences.deem(order, member, document, blind)
        case returns.Request() as document:
            return returning.request(order, member, document, blind)
        case returns.Decide() as document:
            return returning.decide(order, member, document, blind)
        case splits.Accept() as document:
            return returning.answer(order, member, document, blind)
        case returns.Withdraw() as document:
            return returning.withdraw(order, member, document, blind)
        case returns.Ship() as document:
            return returning.ship(order, member, document, blind)
        case returns.Proof() as document:
            return returning.proof(order, member, document, blind)
        case returns.Receive() as document:
            return returning.receive(order, member, document, blind)
        case returns.Inspect() as document:
            return returning.inspect(order, member, document, blind)
        case returns.Grant() as document:
            return returning.grant(order, member, document, blind)
        case returns.Exchange() as document:
            return returning.exchange(order, member, document, blind)
        case _:
            raise AssertionError(f"no step for {member.document.TYPE}")


# --- orders


def place(channel: Channel, candidate: Candidate) -> Plan:
    """`order.place` of the buyer."""
    document = candidate.document
    assert isinstance(document, papers.Place)
    found = prices.opening(channel, candidate, document.agreement)
    if isinstance(found, Plan):
        return found
    agreement, version, faults = found
    if not faults:
        faults.extend(_place_faults(channel, candidate, document, agreement, version))
    joins = _consumed(channel, candidate, document, agreement, faults)
    joins += quotations.used(channel, candidate, document, agreement, faults)
    if faults:
        return channels.refused(faults)
    member = candidate.member(0)
    order = orders.placed(member, document, version)
    thread = threads.opened(member.hash, "order", version.seller, order, step, (member.side, member.index))
    return Plan(joins=tuple(joins), effect=lambda: [_opened(channel, candidate, document, agreement, thread)])


def _place_faults(
    channel: Channel, candidate: Candidate, document: papers.Place, agreement: Agreement, version: Version
) -> list[Fault]:
    faults = terms.silence_faults(version, "order", document.respond_by_s, document.on_silence)
    if document.number in channel.numbers[candidate.item.side]:
        faults.append(Fault("order.number", "number", "a number that was not used before", document.number))
    faults.extend(disclosure_faults(version, document))
    for number, charge in enumerate(document.charges):
        if charge.amount.c != agreement.currency:
            faults.append(Fault("money.currency", f"charges.{number}", agreement.currency, charge.amount.c))
    for place, line in enumerate(document.lines):
        path = f"lines.{place}"
        faults.extend(prices.currency_faults(agreement.currency, [line.price], f"{path}.price"))
        faults.extend(listings.line_faults(channel, candidate, agreement.seller, line, path))
        if line.quote is None:
            faults.extend(prices.line_faults(channel, candidate, agreement.key, line, path))
        worth = amounts.value(line.price.amount.a, line.price.base, line.quantity)
        if worth > amounts.AMOUNT_MAX:
            faults.append(Fault("money.range", path, f"at most {amounts.AMOUNT_MAX}", str(worth)))
    return faults


def disclosure_faults(version: Version, document: papers.Place) -> list[Fault]:
    """A place that is named more closely than the agreement's disclosure table lets the seller see."""
    table, place = version.terms.disclosure, document.ship_to
    levels = (*get_args(fields.Level), "county")
    if table is None or place is None or levels.index(place.level) <= levels.index(table.ship_to):
        return []
    return [Fault("order.disclosure", "ship_to", f"at most {table.ship_to}", place.level)]


def _opened(
    channel: Channel, candidate: Candidate, document: papers.Place, agreement: Agreement, thread: threads.Thread[Order]
) -> Change:
    channel.numbers[candidate.item.side].add(document.number)
    feedbacks.opened(channel, thread.key, document.feedback_key)
    return channels.begin(channel, thread, (channel.ledgers[agreement.key], Account(thread)))


def follow(channel: Channel, candidate: Candidate) -> Plan:
    """Every later document of an order thread."""
    thread = channels.follow(channel, candidate, "order")
    if isinstance(thread, Plan):
        return thread
    version: Version = thread.start.version
    faults = channels.role_faults(candidate, version.seller)
    document = candidate.document
    proposal = _PROPOSALS.get(document.TYPE)
    if proposal is not None:
        assert isinstance(document, papers.Respond | papers.Change | cancellations.Request | returns.Request)
        faults.extend(terms.silence_faults(version, proposal, document.respond_by_s, document.on_silence))
    faults.extend(channels.dangling(channel, candidate, _named(document)))
    for path, price in _prices(document):
        faults.extend(prices.currency_faults(version.currency, [price], path))
    for path, amount in _amounts(document):
        if amount.c != version.currency:
            faults.append(Fault("money.currency", path, version.currency, amount.c))
    join = channels.joining(channel, candidate, thread, orders.RANKS[document.TYPE], faults)
    return channels.refused(faults) if join is None else Plan(joins=(join,))


def _named(document: fields.Document) -> list[tuple[str, bytes | None]]:
    match document:
        case papers.ChangeRespond():
            return [("proposal", document.proposal)]
        case cancellations.Result():
            handovers = [(f"lines.{place}.handover", line.handover) for place, line in enumerate(document.lines)]
            return [("cancel", document.cancel), *handovers]
        case shipments.Status():
            return [("shipment", document.shipment)]
        case shipments.Receipt():
            return [("shipment", document.shipment)]
        case returns.Receive() | returns.Inspect():
            return [("request", document.request), ("shipment", document.shipment)]
        case (
            returns.Decide()
            | returns.Withdraw()
            | returns.Ship()
            | returns.Proof()
            | returns.Grant()
            | returns.Exchange()
        ):
            return [("request", document.request)]
        case splits.Accept():
            return [("offer", document.offer)]
        case _:
            return []


def _amounts(document: fields.Document) -> list[tuple[str, fields.Money]]:
    if isinstance(document, returns.Grant):
        return [(f"lines.{place}.amount", line.amount) for place, line in enumerate(document.lines)]
    if not isinstance(document, returns.Decide):
        return []
    freight = [] if document.freight is None else [("freight", document.freight)]
    offers = [
        (f"lines.{place}.amount", line.amount) for place, line in enumerate(document.lines) if line.amount is not None
    ]
    return [*freight, *offers]


def _prices(document: fields.Document) -> list[tuple[str, fields.Price]]:
    if not isinstance(document, papers.Respond | papers.Change):
        return []
    lines: tuple[papers.Part | papers.Changed, ...] = document.lines
    return [(f"lines.{place}.price", line.price) for place, line in enumerate(lines) if line.price is not None]


# --- holds


def ask(channel: Channel, candidate: Candidate) -> Plan:
    """`stock.hold` of the buyer."""
    document = candidate.document
    assert isinstance(document, hold_papers.Ask)
    found = prices.opening(channel, candidate, document.agreement)
    if isinstance(found, Plan):
        return found
    agreement, version, faults = found
    faults.extend(terms.silence_faults(version, "hold", document.respond_by_s, document.on_silence))
    if faults:
        return channels.refused(faults)
    member = candidate.member(0)
    hold = holds.asked(member, document, agreement.key, agreement.seller)
    thread = threads.opened(member.hash, "hold", agreement.seller, hold, holds.step, (member.side, member.index))
    return Plan(effect=lambda: [channels.begin(channel, thread)])


def hold_follow(channel: Channel, candidate: Candidate) -> Plan:
    """Every later document of a hold thread, but the order that uses it."""
    thread = channels.follow(channel, candidate, "hold")
    if isinstance(thread, Plan):
        return thread
    faults = channels.role_faults(candidate, thread.start.seller)
    join = channels.joining(channel, candidate, thread, holds.RANKS[candidate.document.TYPE], faults)
    return channels.refused(faults) if join is None else Plan(joins=(join,))


def _consumed(
    channel: Channel, candidate: Candidate, document: papers.Place, agreement: Agreement, faults: list[Fault]
) -> list[Join]:
    """The order takes part in the thread of each hold that it names."""
    joins: list[Join] = []
    named: set[bytes] = set()
    for place, line in enumerate(document.lines):
        if line.hold is None:
            continue
        path = f"lines.{place}.hold"
        if line.hold in named:
            faults.append(Fault("document.repeated", path, "each hold once", line.hold.hex()))
        named.add(line.hold)
        thread = channel.threads.get(line.hold)
        hold = None if thread is None or thread.kind != "hold" else channels.thread_at(channel, thread, candidate.past)
        if thread is None or hold is None:
            faults.append(Fault("reference.dangling", path, "a hold that the author knows", line.hold.hex()))
            continue
        faults.extend(_hold_faults(hold, line, agreement, path))
        join = channels.joining(channel, candidate, thread, holds.RANKS[papers.Place.TYPE], faults)
        if join is not None:
            joins.append(join)
    return joins


def _hold_faults(hold: Hold, line: papers.PlacedLine, agreement: Agreement, path: str) -> list[Fault]:
    if hold.state is not HoldState.HELD:
        ended = hold.state in (HoldState.RELEASED, HoldState.REFUSED)
        return [Fault("hold.expired" if ended else "hold.state", path, HoldState.HELD, hold.state)]
    if (hold.agreement, hold.sku) != (agreement.key, line.sku) or line.quantity > hold.quantity:
        return [
            Fault("hold.mismatch", path, f"at most {hold.quantity} of {hold.sku}", f"{line.quantity} of {line.sku}")
        ]
    return []
