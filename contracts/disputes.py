"""Disputes (the second half of table T7): before the arbiter, decided, complied with or not.

The arbiters stand in the agreement, and each has `award_s` before the next one may decide. An arbiter is no party and
receives no receipts, so its clock is its own: it signs when it received the case and when it decided, and both have
named it because they trust it. So a dispute is decided with one party gone, and with arbiters gone too.
"""

from __future__ import annotations

from dataclasses import replace

from contracts import abandonments, channels, deems, issues, items
from contracts.channels import Candidate, Channel
from contracts.documents import disputes as papers
from contracts.documents import fields
from contracts.documents import issues as issue_papers
from contracts.errors import Fault
from contracts.issues import Issue, IssueEvent, Taken
from contracts.items import Member, Position
from contracts.terms import Version
from contracts.threads import Faults
from protocol import awards

E = IssueEvent


def place_of(version: Version, arbiter: bytes) -> int | None:
    """Where a node stands in the agreement's list of arbiters; None if it is none."""
    return next((place for place, one in enumerate(version.terms.arbiters) if one.node == arbiter), None)


# --- steps


def dispute(issue: Issue, member: Member) -> tuple[Issue, Faults]:
    """`dispute.open` of either side; of both, where neither knew of the other."""
    if any(items.knows(member, other) for other in issue.disputes.values()):
        return issue, (Fault("dispute.decided", "", issues.IssueState.ESCALATED, issue.state),)
    after, faults = issues.moved(issue, member, E.DISPUTE, member.side)
    return (issue, faults) if faults else (replace(after, disputes={**issue.disputes, member.hash: member}), ())


def decide(issue: Issue, member: Member, document: papers.Decide) -> tuple[Issue, Faults]:
    """`dispute.decide`, entered by either side. The same award may be entered by both."""
    award = document.award
    if award.dispute not in issue.disputes:
        return issue, (Fault("dispute.award", "award.dispute", "a dispute of this issue", award.dispute.hex()),)
    place = place_of(issue.version, award.arbiter)
    assert place is not None, "the guard has found the arbiter in the list"
    taken = issue.taken
    if taken is not None and taken.award == award:
        return issue, ()
    if taken is not None and (items.knows(member, taken.member) or place >= taken.place):
        return issue, (Fault("dispute.decided", "", "no award that counts before this one", issue.state),)
    after, faults = issues.moved(issue, member, E.DISMISS if award.complies is None else E.DECIDE, member.side)
    if faults:
        return issue, faults
    delta = sum(issues.delta(issue, one.to, one.amount) for one in award.deltas)
    return replace(after, taken=Taken(member, place, award), delta=delta), ()


def comply(issue: Issue, member: Member) -> tuple[Issue, Faults]:
    """`dispute.comply` of the side that the award binds."""
    return issues.moved(issue, member, E.COMPLY, bound(issue))


def default(issue: Issue, member: Member) -> tuple[Issue, Faults]:
    """`dispute.default` of the other side; that the time is over was proved before."""
    return issues.moved(issue, member, E.DEFAULT, 1 - bound(issue))


def bound(issue: Issue) -> int:
    """The side that must comply; without an award, the one that was complained about."""
    if issue.taken is None:
        return 1 - issue.side
    return issue.version.seller if issue.taken.award.complies == "seller" else 1 - issue.version.seller


# --- guards


def guards(channel: Channel, candidate: Candidate, issue: Issue, version: Version) -> list[Fault]:
    """What a document must prove beyond its place in the table. `issue` is as its author knew it."""
    document = candidate.document
    match document:
        case issue_papers.Escalate():
            since, after_s = (issue.side, issue.index), issues.resolution_s(version)
            return _elapsed(channel, candidate, since, after_s, document)
        case papers.Default():
            if issue.taken is None:
                return [Fault("issue.state", "", issues.IssueState.DECIDED, issue.state)]
            member = issue.taken.member
            since, after_s = (member.side, member.index), issue.taken.award.comply_within_s
            return _elapsed(channel, candidate, since, after_s, document)
        case papers.Open():
            faults = _currency(version, [("claim", document.claim)])
            if not version.terms.arbiters:
                faults.append(Fault("dispute.award", "", "an agreement that names an arbiter", "none"))
            return faults + _known(channel, candidate, document.documents)
        case papers.Evidence():
            return _known(channel, candidate, document.documents)
        case papers.Decide():
            return _award(candidate, document, version)
        case _:
            return []


def _elapsed(
    channel: Channel,
    candidate: Candidate,
    since: Position,
    after_s: int,
    document: issue_papers.Escalate | papers.Default,
) -> list[Fault]:
    proved, faults = deems.elapsed(channel, candidate, since, document.started, document.passed)
    if proved is not None and proved.passed_s < proved.started_s + after_s:
        wanted = f"at or after {proved.started_s + after_s}"
        faults.append(Fault("issue.early", "passed", wanted, str(proved.passed_s)))
    return faults


def _award(candidate: Candidate, document: papers.Decide, version: Version) -> list[Fault]:
    award = document.award
    place = place_of(version, award.arbiter)
    if place is None:
        return [Fault("dispute.award", "award.arbiter", "an arbiter of the agreement", award.arbiter.hex())]
    faults = _currency(version, [(f"award.deltas.{at}", one.amount) for at, one in enumerate(award.deltas)])
    signed = candidate.item.body["award"]
    assert isinstance(signed, dict)
    if not awards.stands(version.terms.arbiters[place].key, award.dispute, signed, document.signature):
        faults.append(Fault("dispute.award", "signature", "the arbiter's signature over this award", "another"))
    earliest_s = award.received_s + place * abandonments.award_s(version.terms)
    if award.decided_s < earliest_s:
        faults.append(Fault("dispute.early", "award.decided_s", f"at or after {earliest_s}", str(award.decided_s)))
    return faults


def _currency(version: Version, amounts: list[tuple[str, fields.Money | None]]) -> list[Fault]:
    return [
        Fault("money.currency", path, version.currency, amount.c)
        for path, amount in amounts
        if amount is not None and amount.c != version.currency
    ]


def _known(channel: Channel, candidate: Candidate, names: tuple[bytes, ...]) -> list[Fault]:
    return channels.dangling(channel, candidate, [(f"documents.{place}", name) for place, name in enumerate(names)])
