"""Complaints that their author lets lie: the timed rows of table T7.

An open complaint keeps goods from being final, and so withholds money. So a complainant who was answered, or asked, or
has gone on to escalate, has as long for the next step as the other side had to resolve the complaint; an arbiter has
what the agreement gives it, and after the last one nobody decides any more. Then the other side may claim (`deem`) that
the complaint is closed. Whatever the complainant had said before it knew the claim stands before it in the walk, leaves
it nothing to act on, and so wins (law 5).

Who never answers a complaint, on the other hand, has no such clock: `issue.reply resolved` starts it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from contracts import issues, tables
from contracts.documents.agreements import Terms
from contracts.documents.deems import Deem
from contracts.errors import Fault
from contracts.issues import Issue, IssueEvent
from contracts.items import Member
from contracts.silences import Claim
from contracts.threads import Faults


class Row(NamedTuple):
    """A timed row: its name, the silence that it is about, and what it causes."""

    name: str
    meaning: str
    event: IssueEvent

    @property
    def events(self) -> tuple[IssueEvent]:
        """The same, as rows of other tables have it."""
        return (self.event,)


ROWS: Final[Mapping[str, Row]] = {
    row.name: row
    for row in (
        Row(
            "issue.reply",
            "the complainant says nothing to a proposed solution, or to a question: the complaint is closed",
            IssueEvent.UNANSWERED,
        ),
        Row(
            "issue.escalate",
            "the complainant escalated, and takes it to no arbiter: the complaint is closed",
            IssueEvent.UNDISPUTED,
        ),
        Row(
            "dispute.open",
            "no arbiter of the agreement decides, each in its time: the complaint is closed",
            IssueEvent.UNDECIDED,
        ),
    )
}
AWARD_S: Final = 14 * 86_400
"""What each arbiter has before the next one may decide, where the agreement does not say."""


def award_s(terms: Terms) -> int:
    """Seconds that each arbiter has."""
    return AWARD_S if terms.award_s is None else terms.award_s


def waiting(issue: Issue) -> Iterator[tuple[Row, Member, Claim]]:
    """What waits in an issue, and since when: the row, the document that waits, and its clock.

    All of it favours the side that was complained about.
    """
    for row in ROWS.values():
        if (issue.state, row.event) in issues.TABLE:
            for member in targets(issue, row):
                yield row, member, Claim((member.side, member.index), after_s(issue, row))


def targets(issue: Issue, row: Row) -> tuple[Member, ...]:
    """The documents that may wait by a row."""
    match row.event:
        case IssueEvent.UNANSWERED:
            found: tuple[Member | None, ...] = (issue.answered,)
        case IssueEvent.UNDISPUTED:
            found = (issue.escalated,)
        case _:
            found = tuple(issue.disputes.values())
    return tuple(member for member in found if member is not None)


def after_s(issue: Issue, row: Row) -> int:
    """How long a row runs."""
    if row.event is IssueEvent.UNDECIDED:
        return award_s(issue.version.terms) * len(issue.version.terms.arbiters)
    return issues.resolution_s(issue.version)


def lapse(issue: Issue, member: Member, document: Deem) -> tuple[Issue, Faults]:
    """`deem` in the thread of an issue; that the time is over was proved before."""
    row = ROWS.get(document.row)
    if row is None:
        return issue, (Fault("deem.row", "row", " or ".join(ROWS), document.row),)
    if member.side == issue.side:
        return issue, (Fault("role.mismatch", "role", "the other side", "the complainant"),)
    following = tables.step(issues.TABLE, issue.state, row.event)
    if following is None or document.target not in [waits.hash for waits in targets(issue, row)]:
        wanted = f"something that waits by the row {row.name}"
        return issue, (Fault("deem.state", "target", wanted, document.target.hex()),)
    return replace(issue, state=following, deemed=row.name), ()


def claimed(issue: Issue, row: str, target: bytes) -> Claim | None:
    """The clock of a claim, None where nothing waits by it."""
    return next((claim for of, member, claim in waiting(issue) if (of.name, member.hash) == (row, target)), None)
