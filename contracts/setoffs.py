"""Set-off (table T10): debts that cancel each other out, between two merchants or around a cycle of them.

**Two merchants.** One selling and one buying agreement of the same pair, in one currency: the same amount comes off
both debts. The thread stands in the accounts of two ledgers. Only the side that did not propose can move it, so its
documents have one order whatever was cut where, and two statements can never see it differently.

**A cycle.** Each edge is a thread of its own between debtor and creditor: the debtor proposes, the creditor's consent
locks it, and one secret applies all edges of the batch. Whoever learns the secret in one channel shows it in the other,
so all edges apply, or none, and nobody who is away can hold up more than its own copy. A secret that releases the
batch ends it. If the merchant who holds both secrets shows both, which its own signature then proves, the lock wins
wherever the creditor had consented. What nobody ends, time does (`lapses`).
docs/decisions/0020-a-cycle-has-one-secret-and-no-clock.md

What a merchant is owed on the whole stays as it was (law 6), while the books get shorter. How much may be set off is
policy, since no guard looks at sums (docs/decisions/0004-aggregates-are-policy.md). Too much would do no harm: a debt
turns round, and the whole stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from contracts import channels, statements, tables, terms, threads
from contracts.agreements import Agreement
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import setoffs as papers
from contracts.documents.deems import Deem
from contracts.dues import NOTHING, Owed
from contracts.errors import Fault
from contracts.items import Member, Position
from contracts.ledgers import Account
from contracts.terms import Version
from contracts.threads import Faults, Thread
from protocol import merkle


class SetoffState(StrEnum):
    """Where a set-off stands."""

    PROPOSED = "proposed"
    LOCKED = "locked"
    APPLIED = "applied"
    DECLINED = "declined"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"  # released before anybody had consented: nothing can apply it
    LAPSED = "lapsed"  # by silence: the creditor did not answer
    EXPIRED = "expired"  # by silence: nobody showed a secret


class SetoffEvent(StrEnum):
    """What can happen to it."""

    CONSENT = "setoff.consent"
    LOCK = "setoff.consent, locked"
    DECLINE = "setoff.consent, declined"
    APPLY = "setoff.notice"
    RELEASE = "setoff.notice of the release"
    LAPSE = "deem, setoff.propose"
    EXPIRE = "deem, setoff.lock"


S, E = SetoffState, SetoffEvent
TABLE: Final[Mapping[tuple[SetoffState, SetoffEvent], SetoffState]] = {
    (S.PROPOSED, E.CONSENT): S.APPLIED,
    (S.PROPOSED, E.LOCK): S.LOCKED,
    (S.PROPOSED, E.DECLINE): S.DECLINED,
    (S.LOCKED, E.APPLY): S.APPLIED,
    (S.LOCKED, E.RELEASE): S.RELEASED,
    (S.PROPOSED, E.RELEASE): S.WITHDRAWN,  # nobody has to answer any more
    (S.LAPSED, E.RELEASE): S.WITHDRAWN,
    (S.WITHDRAWN, E.RELEASE): S.WITHDRAWN,
    # silence frees what was offered or locked; a late answer counts, and a late secret applies all edges, or none
    (S.PROPOSED, E.LAPSE): S.LAPSED,
    (S.LAPSED, E.LOCK): S.LOCKED,
    (S.LAPSED, E.DECLINE): S.DECLINED,
    (S.LOCKED, E.EXPIRE): S.EXPIRED,
    (S.EXPIRED, E.APPLY): S.APPLIED,
    (S.EXPIRED, E.RELEASE): S.RELEASED,
    # both sides may show the secret; and where both secrets were shown, all edges apply
    (S.APPLIED, E.APPLY): S.APPLIED,
    (S.APPLIED, E.RELEASE): S.APPLIED,
    (S.RELEASED, E.APPLY): S.APPLIED,
    (S.RELEASED, E.RELEASE): S.RELEASED,
}
RANKS: Final = {papers.Consent.TYPE: 0, papers.Notice.TYPE: 1, Deem.TYPE: 2}
WAIT_S: Final = 7 * 86_400
"""How long an edge waits for a word of the other side, where the agreement names no time for a set-off."""


@dataclass(frozen=True, slots=True)
class Setoff:
    """`amount` minor units of `currency`, proposed by `side`: off the debts under two agreement threads, or, with a
    `batch`, off what `side` owes under one, once `secret` is known. `word`: the last one that waits for an answer, its
    place and its hash; it may wait for `wait_s` seconds."""

    key: bytes
    agreement: bytes
    against: bytes | None
    seller: int
    side: int
    currency: str
    amount: int
    word: tuple[Position, bytes]
    wait_s: int = WAIT_S
    batch: bytes | None = None
    lock: bytes | None = None
    release: bytes | None = None
    hops: int = 0
    state: SetoffState = S.PROPOSED
    secret: bytes | None = None

    @property
    def owed(self) -> Owed:
        """What comes off the buyer's debt: under both agreements the same, or off the seller's in a cycle."""
        if self.state is not S.APPLIED:
            return NOTHING
        of_seller = self.against is None and self.side == self.seller
        return NOTHING._replace(setoff=self.amount if of_seller else -self.amount)


def step(setoff: Setoff, member: Member, blind: bool) -> tuple[Setoff, Faults]:
    """One document of the thread, by table T10."""
    match member.document:
        case papers.Consent() as document:
            return _answered(setoff, member, document)
        case Deem() as document:
            return _silent(setoff, document)
        case document:
            assert isinstance(document, papers.Notice)
            return _shown(setoff, document)


def _answered(setoff: Setoff, member: Member, document: papers.Consent) -> tuple[Setoff, Faults]:
    event = E.DECLINE if not document.accept else E.CONSENT if setoff.lock is None else E.LOCK
    following = tables.step(TABLE, setoff.state, event)
    if following is None:
        return setoff, (Fault("setoff.state", "", S.PROPOSED, setoff.state),)
    amount = setoff.amount
    if document.amount is not None and document.accept:
        asked = document.amount
        if setoff.lock is None or asked.c != setoff.currency or not 1 <= asked.a <= amount:
            wanted = f"1 to {amount} {setoff.currency}, and only in a cycle"
            return setoff, (Fault("setoff.amount", "amount", wanted, f"{asked.a} {asked.c}"),)
        amount = asked.a
    word = ((member.side, member.index), member.hash)
    return replace(setoff, state=following, amount=amount, word=word), ()


def _silent(setoff: Setoff, document: Deem) -> tuple[Setoff, Faults]:
    """That the time is over was proved before."""
    event = E.LAPSE if document.row == papers.Propose.TYPE else E.EXPIRE
    following = tables.step(TABLE, setoff.state, event)
    if following is None or document.target != setoff.word[1]:
        return setoff, (Fault("deem.state", "target", f"an edge that waits by {document.row}", setoff.state),)
    return replace(setoff, state=following), ()


def _shown(setoff: Setoff, document: papers.Notice) -> tuple[Setoff, Faults]:
    digest = merkle.leaf_hash(document.secret)
    if digest not in (setoff.lock, setoff.release):
        return setoff, (Fault("setoff.secret", "secret", "the secret of the lock or of the release", "another"),)
    applies = digest == setoff.lock
    following = tables.step(TABLE, setoff.state, E.APPLY if applies else E.RELEASE)
    if following is None:
        return setoff, (Fault("setoff.state", "", S.LOCKED, setoff.state),)
    keeps = setoff.state is S.APPLIED
    return replace(setoff, state=following, secret=setoff.secret if keeps else document.secret), ()


def propose(channel: Channel, candidate: Candidate) -> Plan:
    """`setoff.propose` of either side, or of a debtor in a cycle."""
    document = candidate.document
    assert isinstance(document, papers.Propose)
    faults: list[Fault] = []
    named: list[Agreement] = []
    for path, name in (("agreement", document.agreement), ("against", document.against)):
        found = None if name is None else channels.agreement_at(channel, candidate.past, name)
        if found is not None and found[0].accepted:
            named.append(found[0])
        elif name is not None:
            faults.append(Fault("agreement.not-in-force", path, "an accepted agreement", name.hex()))
    if faults:
        return channels.refused(faults)
    faults.extend(channels.role_faults(candidate, named[0].seller))
    if len(named) == 2 and named[0].seller == named[1].seller:
        faults.append(Fault("setoff.direction", "against", "an agreement in which the buyer sells", "the same seller"))
    for path, agreement in zip(("agreement", "against"), named, strict=False):
        if document.amount.c != agreement.currency:
            faults.append(Fault("money.currency", path, document.amount.c, agreement.currency))
    for place, name in enumerate(document.statements):
        statement = channel.statements.get(name)
        if statement is None or not any(statements.closed(statement, of.key, candidate.past) for of in named):
            faults.append(Fault("reference.dangling", f"statements.{place}", "a closed statement", name.hex()))
    if faults:
        return channels.refused(faults)
    member = candidate.member(0)
    setoff = Setoff(
        key=member.hash,
        agreement=named[0].key,
        against=named[1].key if len(named) == 2 else None,
        seller=named[0].seller,
        side=member.side,
        currency=document.amount.c,
        amount=document.amount.a,
        word=((member.side, member.index), member.hash),
        wait_s=_wait_s(named[0].versions[document.agreement]),
        batch=document.batch,
        lock=document.lock,
        release=document.release,
        hops=document.hops,
    )
    thread = threads.opened(member.hash, "setoff", setoff.seller, setoff, step, (member.side, member.index))
    return Plan(effect=lambda: [_opened(channel, setoff, thread)])


def _wait_s(version: Version) -> int:
    answer = terms.answer(version, "setoff")
    return WAIT_S if answer is None else answer.respond_by_s


def _opened(channel: Channel, setoff: Setoff, thread: Thread[Setoff]) -> Change:
    ledger = channel.ledgers[setoff.agreement]
    if setoff.against is None:
        return channels.begin(channel, thread, (ledger, Account(thread)))
    twin = (channel.ledgers[setoff.against], Account(thread, shared=True))
    return channels.begin(channel, thread, (ledger, Account(thread, shared=True, twin=twin)))


def consent(channel: Channel, candidate: Candidate) -> Plan:
    """`setoff.consent` of the side that did not propose."""
    thread = channels.follow(channel, candidate, "setoff")
    if isinstance(thread, Plan):
        return thread
    faults = channels.role_faults(candidate, thread.start.seller)
    if thread.start.side == candidate.item.side:
        faults.append(Fault("role.mismatch", "", "the side that did not propose", "the author"))
    return joined(channel, candidate, thread, faults)


def notice(channel: Channel, candidate: Candidate) -> Plan:
    """`setoff.notice` of either side of an edge."""
    thread = channels.follow(channel, candidate, "setoff")
    if isinstance(thread, Plan):
        return thread
    faults = channels.role_faults(candidate, thread.start.seller)
    if thread.start.lock is None:
        # and it never joins: a thread in two ledgers is moved by one side alone
        faults.append(Fault("setoff.secret", "thread", "an edge of a cycle", "a set-off of two"))
    return joined(channel, candidate, thread, faults)


def joined(channel: Channel, candidate: Candidate, thread: Thread[Setoff], faults: list[Fault]) -> Plan:
    """The plan of a document that takes part in a set-off, unless it has faults."""
    join = channels.joining(channel, candidate, thread, RANKS[candidate.document.TYPE], faults)
    return channels.refused(faults) if join is None else Plan(joins=(join,))
