"""Set-off between two merchants who owe each other (the bilateral part of table T10).

One selling and one buying agreement of the same pair, in one currency: the same amount comes off both debts. What one
owes the other on the whole stays as it was (law 6), while both books get shorter, and less has to be paid.

The thread stands in the accounts of two ledgers. Only the side that did not propose can move it, so its documents have
one order whatever was cut where; there is nothing to linearise, and two statements can never see it differently.
How much may be set off is policy, since no guard looks at sums (docs/decisions/0004-aggregates-are-policy.md). Too much
would do no harm: a debt turns round, and the whole stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from contracts import channels, statements, tables, threads
from contracts.agreements import Agreement
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import setoffs as papers
from contracts.dues import NOTHING, Owed
from contracts.errors import Fault
from contracts.items import Member
from contracts.ledgers import Account
from contracts.threads import Faults, Thread


class SetoffState(StrEnum):
    """Where a set-off stands."""

    PROPOSED = "proposed"
    APPLIED = "applied"
    DECLINED = "declined"


class SetoffEvent(StrEnum):
    """What can happen to it."""

    CONSENT = "setoff.consent"
    DECLINE = "setoff.consent, declined"


S, E = SetoffState, SetoffEvent
TABLE: Final[Mapping[tuple[SetoffState, SetoffEvent], SetoffState]] = {
    (S.PROPOSED, E.CONSENT): S.APPLIED,
    (S.PROPOSED, E.DECLINE): S.DECLINED,
}
RANKS: Final = {papers.Consent.TYPE: 0}


@dataclass(frozen=True, slots=True)
class Setoff:
    """`amount` minor units of `currency` off the debts under two agreement threads, proposed by `side`."""

    key: bytes
    agreement: bytes
    against: bytes
    seller: int
    side: int
    currency: str
    amount: int
    state: SetoffState = S.PROPOSED

    @property
    def owed(self) -> Owed:
        """What comes off the debt, the same under both agreements."""
        return NOTHING._replace(setoff=-self.amount) if self.state is S.APPLIED else NOTHING


def step(setoff: Setoff, member: Member, blind: bool) -> tuple[Setoff, Faults]:
    """The answer of the side that did not propose."""
    document = member.document
    assert isinstance(document, papers.Consent)
    following = tables.step(TABLE, setoff.state, E.CONSENT if document.accept else E.DECLINE)
    if following is None:
        return setoff, (Fault("setoff.state", "", S.PROPOSED, setoff.state),)
    return replace(setoff, state=following), ()


def propose(channel: Channel, candidate: Candidate) -> Plan:
    """`setoff.propose` of either side."""
    document = candidate.document
    assert isinstance(document, papers.Propose)
    faults: list[Fault] = []
    pair: list[Agreement] = []
    for path, name in (("agreement", document.agreement), ("against", document.against)):
        found = channels.agreement_at(channel, candidate.past, name)
        if found is None or not found[0].accepted:
            faults.append(Fault("agreement.not-in-force", path, "an accepted agreement", name.hex()))
        else:
            pair.append(found[0])
    if faults:
        return channels.refused(faults)
    one, other = pair
    faults.extend(channels.role_faults(candidate, one.seller))
    if one.seller == other.seller:
        faults.append(Fault("setoff.direction", "against", "an agreement in which the buyer sells", "the same seller"))
    for path, currency in (("agreement", one.currency), ("against", other.currency)):
        if document.amount.c != currency:
            faults.append(Fault("money.currency", path, document.amount.c, currency))
    for place, name in enumerate(document.statements):
        statement = channel.statements.get(name)
        if statement is None or not any(statements.closed(statement, of.key, candidate.past) for of in pair):
            faults.append(Fault("reference.dangling", f"statements.{place}", "a closed statement", name.hex()))
    if faults:
        return channels.refused(faults)
    member = candidate.member(0)
    setoff = Setoff(
        member.hash, one.key, other.key, one.seller, member.side, document.amount.c, document.amount.a
    )  # fmt: skip
    thread = threads.opened(member.hash, "setoff", one.seller, setoff, step, (member.side, member.index))
    return Plan(effect=lambda: [_opened(channel, setoff, thread)])


def _opened(channel: Channel, setoff: Setoff, thread: Thread[Setoff]) -> Change:
    ledgers = channel.ledgers
    twin = (ledgers[setoff.against], Account(thread))
    return channels.begin(channel, thread, (ledgers[setoff.agreement], Account(thread, twin=twin)))


def consent(channel: Channel, candidate: Candidate) -> Plan:
    """`setoff.consent` of the side that did not propose."""
    thread = channels.follow(channel, candidate, "setoff")
    if isinstance(thread, Plan):
        return thread
    faults = channels.role_faults(candidate, thread.start.seller)
    if thread.start.side == candidate.item.side:
        faults.append(Fault("role.mismatch", "", "the side that did not propose", "the author"))
    join = channels.joining(channel, candidate, thread, RANKS[candidate.document.TYPE], faults)
    return channels.refused(faults) if join is None else Plan(joins=(join,))
