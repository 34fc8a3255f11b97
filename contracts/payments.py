"""Payments (the plain part of table T10): promised, sent, received, disputed.

Only what the creditor confirms as received changes the balance: a promise and a transfer under way are claims of the
debtor. `received` is at its end: nothing reopens it, and money that comes back is a payment of its own in the other
direction (faults.md D20).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, TypeAlias

from contracts import channels, lots, statements, tables, threads
from contracts.agreements import Agreement
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import payments as papers
from contracts.documents import voids
from contracts.dues import NOTHING, Owed
from contracts.errors import Fault
from contracts.items import Member
from contracts.ledgers import Account
from contracts.orders import Order
from contracts.threads import Faults, Thread


class PaymentState(StrEnum):
    """Where a payment stands."""

    PROMISED = "promised"
    SENT = "sent"
    DISPUTED = "disputed"
    RECEIVED = "received"
    VOIDED = "voided"


class PaymentEvent(StrEnum):
    """What can happen to it."""

    SEND = "sent"
    RECEIVE = "received"
    DISPUTE = "dispute"
    VOID = "void"
    ASK = "void, of what arrived"
    UNDO = "void.accept"
    ERASE = "void.accept, never announced"
    KEEP = "void.accept, declined"


S, E = PaymentState, PaymentEvent
TABLE: Final[Mapping[tuple[PaymentState, PaymentEvent], PaymentState]] = {
    (S.PROMISED, E.SEND): S.SENT,
    (S.DISPUTED, E.SEND): S.SENT,
    (S.PROMISED, E.RECEIVE): S.RECEIVED,
    (S.SENT, E.RECEIVE): S.RECEIVED,
    (S.DISPUTED, E.RECEIVE): S.RECEIVED,
    (S.PROMISED, E.DISPUTE): S.DISPUTED,
    (S.SENT, E.DISPUTE): S.DISPUTED,
    # nothing has taken effect: the debtor takes its word back
    (S.PROMISED, E.VOID): S.VOIDED,
    (S.SENT, E.VOID): S.VOIDED,
    (S.DISPUTED, E.VOID): S.VOIDED,
    (S.VOIDED, E.RECEIVE): S.RECEIVED,  # and the money came all the same
    # it has: nothing changes until the debtor agrees that it never arrived (law 8)
    (S.RECEIVED, E.ASK): S.RECEIVED,
    (S.RECEIVED, E.UNDO): S.SENT,
    (S.RECEIVED, E.ERASE): S.VOIDED,
    (S.RECEIVED, E.KEEP): S.RECEIVED,
}
CLOSED: Final = frozenset({S.RECEIVED, S.VOIDED})
# received last: it is the end, and what the debtor wrote without knowing of it is no mistake
RANKS: Final = {
    papers.Sent.TYPE: 0,
    papers.Dispute.TYPE: 1,
    voids.Void.TYPE: 2,
    voids.Accept.TYPE: 3,
    papers.Received.TYPE: 4,
}
Paper: TypeAlias = papers.Promise | papers.Sent | papers.Received


@dataclass(frozen=True, slots=True)
class Payment:
    """`amount` minor units of `currency` from the side `debtor`; `received` is what arrived, by the document `arrived`.

    `announced`: the debtor spoke of it first. `asked`: the `void` of what arrived that waits for the debtor.
    """

    key: bytes
    agreement: bytes
    seller: int
    debtor: int
    currency: str
    amount: int
    reference: str
    state: PaymentState
    statements: tuple[bytes, ...] = ()
    orders: tuple[bytes, ...] = ()
    received: int = 0
    announced: bool = True
    arrived: bytes | None = None
    asked: bytes | None = None

    @property
    def owed(self) -> Owed:
        """What the payment takes off the buyer's debt, once received."""
        sign = 1 if self.debtor == self.seller else -1
        return NOTHING._replace(payment=sign * self.received) if self.received else NOTHING


def step(payment: Payment, member: Member, blind: bool) -> tuple[Payment, Faults]:
    """One document of the thread, by table T10."""
    match member.document:
        case papers.Sent() as document:
            return _moved(payment, member, E.SEND, payment.debtor, amount=document.amount.a)
        case papers.Received() as document:
            if document.amount.a > payment.amount:
                wanted = f"at most {payment.amount}"
                return payment, (Fault("payment.amount", "amount", wanted, str(document.amount.a)),)
            changes = {"received": document.amount.a, "arrived": member.hash}
            return _moved(payment, member, E.RECEIVE, 1 - payment.debtor, **changes)
        case voids.Void() as document:
            return _void(payment, member, document)
        case voids.Accept() as document:
            return _unmade(payment, member, document)
        case _:
            return _moved(payment, member, E.DISPUTE, 1 - payment.debtor)


def _void(payment: Payment, member: Member, document: voids.Void) -> tuple[Payment, Faults]:
    """`void`: the debtor's of the whole payment, at once; the creditor's of what arrived, which has to be agreed."""
    arrived = member.side != payment.debtor
    target = payment.arrived if arrived else payment.key
    if document.target != target:
        wanted = "payment.received" if arrived else "the first document of the payment"
        return payment, (Fault("void.target", "target", wanted, document.target.hex()),)
    if arrived:
        return _moved(payment, member, E.ASK, member.side, asked=member.hash)
    return _moved(payment, member, E.VOID, member.side)


def _unmade(payment: Payment, member: Member, document: voids.Accept) -> tuple[Payment, Faults]:
    """`void.accept` of the debtor: what arrived has never arrived, or it stands."""
    if payment.asked is None or document.void != payment.asked:
        return payment, (Fault("void.target", "void", "a void that waits", document.void.hex()),)
    if not document.accept:
        return _moved(payment, member, E.KEEP, payment.debtor, asked=None)
    event = E.UNDO if payment.announced else E.ERASE
    return _moved(payment, member, event, payment.debtor, asked=None, arrived=None, received=0)


def _moved(
    payment: Payment, member: Member, event: PaymentEvent, signer: int, **changes: Any
) -> tuple[Payment, Faults]:
    if member.side != signer:
        wanted = "debtor" if signer == payment.debtor else "creditor"
        return payment, (Fault("role.mismatch", "role", f"the {wanted}", "the other side"),)
    following = tables.step(TABLE, payment.state, event)
    if following is None:
        wanted = " or ".join(tables.sources(TABLE, event))
        return payment, (Fault("payment.state", "", wanted, payment.state),)
    return replace(payment, state=following, **changes), ()


def pay(channel: Channel, candidate: Candidate) -> Plan:
    """`payment.promise`, `payment.sent` and `payment.received`: a new payment, or the next step of one."""
    document = candidate.document
    assert isinstance(document, papers.Promise | papers.Sent | papers.Received)
    found = channels.accepted(channel, candidate, document.agreement)
    if isinstance(found, Plan):
        return found
    agreement = found[0]
    faults = channels.role_faults(candidate, agreement.seller)
    faults.extend(_guards(channel, candidate, document, agreement))
    if document.thread is not None:
        return _next(channel, candidate, agreement, faults)
    if faults:
        return channels.refused(faults)
    member = candidate.member(0)
    payment = _begun(member, document, agreement)
    thread = threads.opened(member.hash, "payment", agreement.seller, payment, step, (member.side, member.index))
    return Plan(effect=lambda: [_opened(channel, agreement, thread)])


def follow(channel: Channel, candidate: Candidate) -> Plan:
    """`payment.dispute` of the creditor, and voids."""
    thread = channels.follow(channel, candidate, "payment")
    if isinstance(thread, Plan):
        return thread
    faults = channels.role_faults(candidate, thread.start.seller)
    join = channels.joining(channel, candidate, thread, RANKS[candidate.document.TYPE], faults)
    return channels.refused(faults) if join is None else Plan(joins=(join,))


def _next(channel: Channel, candidate: Candidate, agreement: Agreement, faults: list[Fault]) -> Plan:
    thread = channels.follow(channel, candidate, "payment")
    if isinstance(thread, Plan):
        return channels.refused([*faults, *thread.faults])
    if thread.start.agreement != agreement.key:
        faults.append(Fault("thread.kind", "agreement", "the agreement of this payment", agreement.key.hex()))
    join = channels.joining(channel, candidate, thread, RANKS[candidate.document.TYPE], faults)
    return channels.refused(faults) if join is None else Plan(joins=(join,))


def _begun(member: Member, document: Paper, agreement: Agreement) -> Payment:
    received = isinstance(document, papers.Received)
    state = S.RECEIVED if received else S.SENT if isinstance(document, papers.Sent) else S.PROMISED
    return Payment(
        key=member.hash,
        agreement=agreement.key,
        seller=agreement.seller,
        debtor=1 - member.side if received else member.side,
        currency=agreement.currency,
        amount=document.amount.a,
        reference=document.reference,
        state=state,
        statements=document.statements,
        orders=document.orders,
        received=document.amount.a if received else 0,
        announced=not received,
        arrived=member.hash if received else None,
    )


def _opened(channel: Channel, agreement: Agreement, thread: Thread[Payment]) -> Change:
    return channels.begin(channel, thread, (channel.ledgers[agreement.key], Account(thread)))


def _guards(channel: Channel, candidate: Candidate, document: Paper, agreement: Agreement) -> list[Fault]:
    faults = []
    if document.amount.c != agreement.currency:
        faults.append(Fault("money.currency", "amount", agreement.currency, document.amount.c))
    for place, name in enumerate(document.statements):
        statement = channel.statements.get(name)
        if statement is None or not statements.closed(statement, agreement.key, candidate.past):
            faults.append(Fault("reference.dangling", f"statements.{place}", "a closed statement", name.hex()))
    for place, name in enumerate(document.orders):
        faults.extend(_order_faults(channel, candidate, name, f"orders.{place}"))
    return faults


def _order_faults(channel: Channel, candidate: Candidate, name: bytes, path: str) -> list[Fault]:
    """A payment names no order that came to nothing: one that was cancelled or refunded can never be paid."""
    thread = channel.threads.get(name)
    order = None if thread is None else channels.thread_at(channel, thread, candidate.past)
    if not isinstance(order, Order):
        return [Fault("reference.dangling", path, "an order that the author knows", name.hex())]
    states = {lot.state for line in order.lines.values() for lot in line.lots}
    if states <= lots.UNFULFILLED | {lots.LotState.REFUNDED} and order.owed.total == 0:
        return [Fault("payment.nothing-owed", path, "an order that something is or may be owed for", order.state)]
    return []
