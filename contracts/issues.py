"""Issues and their disputes (table T7): a complaint, from its first word to what an arbiter decided.

A refund, and a split that both agree to, are legal until the end and end the dispute with it. The documents of both
logbooks make the state, so no copy can miss that end (openbazaar-desktop 1192).

Money: a split or an award moves `Owed.award` of the issue's own account, and so stands in the next statement as a
line. Refunds stand in the account of their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from contracts import items, tables
from contracts.documents import disputes as dispute_papers
from contracts.documents import issues as papers
from contracts.documents import splits
from contracts.documents.fields import Money, Role
from contracts.dues import NOTHING, Owed
from contracts.errors import Fault
from contracts.items import Member
from contracts.terms import Version
from contracts.threads import Faults

RESOLUTION_S: Final = 7 * 86_400
"""What an issue has before it may be escalated, where the agreement does not say."""


class IssueState(StrEnum):
    """Where an issue stands."""

    OPEN = "open"
    PROCESSING = "processing"
    NEED_MORE_INFO = "need-more-info"
    CASCADED = "cascaded"
    RESOLVED = "resolved"  # proposed by the other side; the complainant closes
    ESCALATED = "escalated"
    DISPUTED = "disputed"
    DECIDED = "decided"
    COMPLIED = "complied"
    DEFAULTED = "defaulted"
    DISMISSED = "dismissed"
    CLOSED = "closed"
    SETTLED = "settled"
    REFUNDED = "refunded"


class IssueEvent(StrEnum):
    """What can happen to it."""

    PROCESS = "issue.reply processing"
    ASK = "issue.reply need_more_info"
    RESOLVE = "issue.reply resolved"
    INFORM = "issue.reply information"
    CASCADE = "issue.cascade"
    ESCALATE = "issue.escalate"
    DISPUTE = "dispute.open"
    EVIDENCE = "dispute.evidence"
    DECIDE = "dispute.decide"
    DISMISS = "dispute.decide, nobody complies"
    COMPLY = "dispute.comply"
    DEFAULT = "dispute.default"
    CLOSE = "issue.close"
    OFFER = "settle.offer"
    DECLINE = "settle.accept, declined"
    SETTLE = "settle.accept"
    REFUND = "refund.grant"
    UNANSWERED = "deem issue.reply"
    UNDISPUTED = "deem issue.escalate"
    UNDECIDED = "deem dispute.open"


class OfferState(StrEnum):
    """Where an offer to settle stands."""

    OPEN = "open"
    REPLACED = "replaced"
    DECLINED = "declined"
    ACCEPTED = "accepted"


S, E = IssueState, IssueEvent
WORKED_ON: Final = (S.OPEN, S.PROCESSING, S.NEED_MORE_INFO, S.CASCADED, S.RESOLVED)
LIVE: Final = (*WORKED_ON, S.ESCALATED, S.DISPUTED)
"""Nothing is decided or agreed on yet."""
NEGOTIABLE: Final = (*LIVE, S.DECIDED, S.DEFAULTED)
"""Both may still agree on something else."""
TALK: Final = (E.PROCESS, E.ASK, E.RESOLVE, E.CASCADE, E.INFORM)
TABLE: Final[Mapping[tuple[IssueState, IssueEvent], IssueState]] = {
    **{(state, E.PROCESS): S.PROCESSING for state in WORKED_ON},
    **{(state, E.ASK): S.NEED_MORE_INFO for state in WORKED_ON},
    **{(state, E.RESOLVE): S.RESOLVED for state in WORKED_ON},
    **{(state, E.CASCADE): S.CASCADED for state in WORKED_ON},
    # news from the complainant puts the ball back into the other side's court
    (S.OPEN, E.INFORM): S.OPEN,
    (S.PROCESSING, E.INFORM): S.PROCESSING,
    (S.NEED_MORE_INFO, E.INFORM): S.PROCESSING,
    (S.CASCADED, E.INFORM): S.CASCADED,
    (S.RESOLVED, E.INFORM): S.PROCESSING,
    # whoever was silent, or whose solution was none, may still talk
    **{(state, E.ESCALATE): S.ESCALATED for state in WORKED_ON},
    **{(S.ESCALATED, event): S.ESCALATED for event in TALK},
    (S.ESCALATED, E.DISPUTE): S.DISPUTED,
    (S.DISPUTED, E.DISPUTE): S.DISPUTED,  # both went to the arbiter, neither knew of the other
    (S.DISPUTED, E.EVIDENCE): S.DISPUTED,
    (S.DISPUTED, E.DECIDE): S.DECIDED,
    (S.DISPUTED, E.DISMISS): S.DISMISSED,
    # two awards crossed: that of the arbiter who stands first in the list wins
    **{(state, E.DECIDE): S.DECIDED for state in (S.DECIDED, S.DISMISSED, S.DEFAULTED)},
    **{(state, E.DISMISS): S.DISMISSED for state in (S.DECIDED, S.DISMISSED, S.DEFAULTED)},
    (S.DECIDED, E.COMPLY): S.COMPLIED,
    (S.DEFAULTED, E.COMPLY): S.COMPLIED,
    (S.DECIDED, E.DEFAULT): S.DEFAULTED,
    # settling is possible as long as anything is open, and ends everything
    **{(state, event): state for state in NEGOTIABLE for event in (E.OFFER, E.DECLINE)},
    **{(state, E.SETTLE): S.SETTLED for state in NEGOTIABLE},
    **{(state, E.REFUND): S.REFUNDED for state in (*LIVE, S.DECIDED)},
    **{(state, E.CLOSE): S.CLOSED for state in LIVE},
    # a complaint that lies is over, by a deem (`abandonments`)
    (S.RESOLVED, E.UNANSWERED): S.CLOSED,
    (S.NEED_MORE_INFO, E.UNANSWERED): S.CLOSED,
    (S.ESCALATED, E.UNDISPUTED): S.CLOSED,
    (S.DISPUTED, E.UNDECIDED): S.CLOSED,
}
# an answer comes before what its absence would cause; what both agreed on comes after everything that did not know of
# it, and the complainant's giving up comes last
RANKS: Final = {
    papers.Reply.TYPE: 0,
    papers.Cascade.TYPE: 1,
    splits.Offer.TYPE: 2,
    papers.Escalate.TYPE: 3,
    dispute_papers.Open.TYPE: 4,
    dispute_papers.Evidence.TYPE: 5,
    dispute_papers.Decide.TYPE: 6,
    dispute_papers.Comply.TYPE: 7,
    dispute_papers.Default.TYPE: 8,
    splits.Accept.TYPE: 9,
    "refund.grant": 10,
    papers.Close.TYPE: 11,
    "deem": 12,
}
_STATUSES: Final = {
    "processing": E.PROCESS,
    "need_more_info": E.ASK,
    "resolved": E.RESOLVE,
    "information": E.INFORM,
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A split that `member` proposed: `delta` is what the buyer would owe more by it (minor units, signed).
    `ended` is what replaced it."""

    member: Member
    delta: int
    state: OfferState = OfferState.OPEN
    ended: Member | None = None

    def open_to(self, member: Member) -> bool:
        """Whether an answer may mean it: another offer that crossed it takes nothing away."""
        crossed = self.ended is not None and not items.knows(member, self.ended)
        return self.state is OfferState.OPEN or (self.state is OfferState.REPLACED and crossed)


@dataclass(frozen=True, slots=True)
class Taken:
    """The award that counts: `member` is its document, `place` that of its arbiter in the agreement's list."""

    member: Member
    place: int
    award: dispute_papers.Award


@dataclass(frozen=True, slots=True)
class Issue:
    """`side` complains about the other one. `delta`: what the buyer owes more (less) by a split or an award.
    `upstream`: salted hashes of issues further up. `disputes`: the documents, by hash, by which the arbiter
    may know it. `answered` is the last proposed solution or question, `escalated` the complainant's next step;
    `deemed`: the timed row by which it was closed."""

    key: bytes
    agreement: bytes
    version: Version
    side: int
    index: int
    document: papers.Open
    state: IssueState = S.OPEN
    offers: Mapping[bytes, Offer] = field(default_factory=dict)
    upstream: tuple[bytes, ...] = ()
    delta: int = 0
    disputes: Mapping[bytes, Member] = field(default_factory=dict)
    taken: Taken | None = None
    answered: Member | None = None
    escalated: Member | None = None
    deemed: str | None = None

    @property
    def owed(self) -> Owed:
        """What the issue came to in money."""
        return NOTHING._replace(award=self.delta) if self.delta else NOTHING

    @property
    def claim(self) -> int | None:
        """Minor units that the complainant wants to be paid."""
        return None if self.document.claim is None else self.document.claim.a


def resolution_s(version: Version) -> int:
    """Seconds that the other side has to resolve an issue, from its receipt on."""
    agreed = version.terms.issue_resolution_s
    return RESOLUTION_S if agreed is None else agreed


def opened(member: Member, document: papers.Open, agreement: bytes, version: Version) -> Issue:
    """The state after `issue.open`; `agreement` is the key of the agreement's thread."""
    return Issue(member.hash, agreement, version, member.side, member.index, document)


def delta(issue: Issue, to: Role, amount: Money) -> int:
    """What a payment to one side changes in what the buyer owes: minor units, signed."""
    return amount.a if to == "seller" else -amount.a


def reply(issue: Issue, member: Member, document: papers.Reply) -> tuple[Issue, Faults]:
    """`issue.reply`: the complainant informs, the other side does the rest."""
    event = _STATUSES[document.status]
    signer = issue.side if event is E.INFORM else 1 - issue.side
    after, faults = moved(issue, member, event, signer)
    asks = not faults and event in (E.RESOLVE, E.ASK)
    return (replace(after, answered=member) if asks else after), faults


def cascade(issue: Issue, member: Member, document: papers.Cascade) -> tuple[Issue, Faults]:
    """`issue.cascade` of the other side. The clock of this issue keeps running."""
    after, faults = moved(issue, member, E.CASCADE, 1 - issue.side)
    return (issue, faults) if faults else (replace(after, upstream=(*issue.upstream, document.upstream)), ())


def escalate(issue: Issue, member: Member) -> tuple[Issue, Faults]:
    """`issue.escalate` of the complainant; that the time is over was proved before."""
    after, faults = moved(issue, member, E.ESCALATE, issue.side)
    return (issue, faults) if faults else (replace(after, escalated=member), ())


def close(issue: Issue, member: Member) -> tuple[Issue, Faults]:
    """`issue.close` of the complainant."""
    return moved(issue, member, E.CLOSE, issue.side)


def offer(issue: Issue, member: Member, document: splits.Offer) -> tuple[Issue, Faults]:
    """`settle.offer` of either side; it replaces the author's offer before, if that is still open."""
    after, faults = moved(issue, member, E.OFFER, member.side)
    if faults:
        return issue, faults
    offers = {
        name: replace(old, state=OfferState.REPLACED, ended=member)
        if old.state is OfferState.OPEN and old.member.side == member.side
        else old
        for name, old in issue.offers.items()
    }
    offers[member.hash] = Offer(member, delta(issue, document.to, document.amount))
    return replace(after, offers=offers), ()


def accept(issue: Issue, member: Member, document: splits.Accept) -> tuple[Issue, Faults]:
    """`settle.accept` of the side that did not offer: taken, it ends the issue, whatever else goes on."""
    made = issue.offers.get(document.offer)
    if made is None or made.member.side == member.side:
        return issue, (Fault("settle.state", "offer", "an offer of the other side", document.offer.hex()),)
    after, faults = moved(issue, member, E.SETTLE if document.accept else E.DECLINE, member.side)
    if not faults and not made.open_to(member):
        faults = (Fault("settle.state", "offer", OfferState.OPEN, made.state),)
    if not faults and _overtaken(issue, member, made):
        faults = (Fault("settle.state", "offer", "an offer made since the award", made.state),)
    if faults:
        return issue, faults
    answered = replace(made, state=OfferState.ACCEPTED if document.accept else OfferState.DECLINED)
    offers = {**issue.offers, document.offer: answered}
    return replace(after, offers=offers, delta=made.delta if document.accept else issue.delta), ()


def _overtaken(issue: Issue, member: Member, made: Offer) -> bool:
    """Whether the author of an answer knew of an award that the offer did not: nobody is held to an offer by which it
    wanted to spare itself the award."""
    taken = issue.taken
    if taken is None or not items.knows(member, taken.member):
        return False
    return not items.knows(made.member, taken.member)


def refund(issue: Issue, member: Member, minor: int) -> tuple[Issue, Faults]:
    """A `refund.grant` that names the issue: it ends it if it covers the claim. It stands by the table of its order
    in any case, so nothing is refused here."""
    following = tables.step(TABLE, issue.state, E.REFUND)
    if following is None or (issue.claim is not None and minor < issue.claim):
        return issue, ()
    if issue.taken is not None and items.knows(member, issue.taken.member):
        return issue, ()  # beside the award, not instead of it
    return replace(issue, state=following, delta=0), ()


def moved(issue: Issue, member: Member, event: IssueEvent, signer: int) -> tuple[Issue, Faults]:
    """The issue after an event that `signer` (a side) may cause, by table T7."""
    if member.side != signer:
        wanted = "the complainant" if signer == issue.side else "the other side"
        return issue, (Fault("role.mismatch", "role", wanted, "its partner"),)
    following = tables.step(TABLE, issue.state, event)
    if following is None:
        return issue, (Fault("issue.state", "", " or ".join(tables.sources(TABLE, event)), issue.state),)
    return replace(issue, state=following), ()
