"""A quarrel with a dealer in the middle: gone on with, brought before arbiters, decided, pair by pair (table T7).

Each pair has its own agreement, so its own clock and its own arbiter. A buyer that goes on makes this node go on with
its supplier, as soon as the time of that agreement is over. An arbiter costs, and is told what the pair keeps to
itself: whether to call one is the dealer's choice, and so is what it does with an award of another pair. Both are laid
before the merchant, once, with everything that has to be said. What the two of a pair agree on is passed on as in any
complaint, and ends the dispute on all copies.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts import amounts, issues, tables
from contracts import errors as refusals
from contracts.documents import disputes as papers
from contracts.documents import fields, splits
from contracts.documents import issues as complaints
from contracts.issues import Issue, IssueEvent, IssueState
from contracts.items import Member
from node import errors
from node.trade import books, doors, errands
from node.trade.aftersales import disputes
from node.trade.aftersales import issues as quarrels
from node.trade.goods import catalogues
from node.trade.ordering import echoes
from protocol.encoding import Value

TYPES: tuple[type[fields.Document], ...] = (complaints.Escalate, papers.Open, papers.Evidence, papers.Decide)
"""What this module answers to; `cascades` passes on the rest."""
EVENTS = {
    splits.Offer.TYPE: IssueEvent.OFFER,
    complaints.Reply.TYPE: IssueEvent.RESOLVE,
    complaints.Close.TYPE: IssueEvent.CLOSE,
}


@dataclass(frozen=True, slots=True)
class Way:
    """From a complaint to the one that stands for it in the other pair. `rate`: what an amount is there; `role`: what
    this node is there."""

    echo: echoes.Echo
    rate: amounts.Rate
    role: str

    @property
    def source(self) -> Issue:
        """The complaint in which something was said."""
        return self.echo.heard.book.history.issues[self.echo.heard.thread]

    @property
    def target(self) -> Issue:
        """The complaint in which it would be said again."""
        return self.echo.told.book.history.issues[self.echo.told.thread]

    def money(self, minor: int) -> Value:
        """An amount of the source as it is in the target."""
        return catalogues.money_value(self.rate.of(minor), self.target.version.currency)


def follow(up: Way, down: Way) -> None:
    """Go on where the buyer went on, and lay before the merchant what is its own to choose."""
    for member in up.echo.unsaid((complaints.Escalate,)):
        escalate(up, member)
    for member in up.echo.unsaid((papers.Open,)):
        open_dispute(up, member)
    for member in up.echo.unsaid((papers.Evidence,)):
        give_evidence(up, member)
    for way in (up, down):
        if way.target.state in issues.NEGOTIABLE:
            tell_award(way)
        else:
            errands.end(way.echo.desk, way.echo.told.book, way.echo.told.thread)


def escalate(up: Way, member: Member) -> None:
    """Escalate this node's own complaint, once its time is over: until then it waits, and the merchant sees it."""
    echo, at = up.echo, up.echo.errand(member)
    if up.target.state not in issues.WORKED_ON:
        errands.done(echo.desk, at)
        return
    found, wait_s = quarrels.Found(echo.told.book, up.target), issues.resolution_s(up.target.version)
    name: books.Body = {echo.told.name: echo.blinded(member.hash)}
    try:
        if disputes.write_in_time(echo.desk, found, member.document.TYPE, found.issue.index, wait_s, name):
            raise errors.NodeError("issue.unproved", "the time is over, and no receipt shows it yet")
        errands.done(echo.desk, at)
    except refusals.Refused as refused:
        errands.postpone(echo.desk, at, doors.fault_rows(refused))
    except errors.NodeError as refused:
        if refused.code != "issue.unproved":
            raise
        errands.postpone(
            echo.desk, at, [{"code": refused.code, "path": "", "expected": "a receipt", "got": "none yet"}]
        )


def open_dispute(up: Way, member: Member) -> None:
    """The buyer went to its arbiter: the merchant may go to the one of the agreement with the supplier."""
    issue, document = up.target, member.document
    possible = issue.state is IssueState.ESCALATED and issue.version.terms.arbiters
    if not possible or not errands.choose(up.echo.desk, up.echo.errand(member)):
        return
    assert isinstance(document, papers.Open)
    body: books.Body = {"role": up.role, "attachments": echoes.attached(document.attachments)}
    claim = up.source.claim if document.claim is None else document.claim.a
    if claim is not None:
        body["claim"] = up.money(claim)
    up.echo.repeat(member, body)


def give_evidence(up: Way, member: Member) -> None:
    """What the buyer wrote and photographed for its arbiter helps before the other one; entries stay in the pair."""
    document = member.document
    assert isinstance(document, papers.Evidence)
    if up.target.state is IssueState.DISPUTED and document.attachments:
        up.echo.repeat(member, {"role": up.role, "attachments": echoes.attached(document.attachments)})


def tell_award(way: Way) -> None:
    """An arbiter decided in one pair: the merchant may propose the same share in the other one, where nothing is
    decided yet; or, where the claim was dismissed, that nothing is left to be asked for."""
    taken, echo = way.source.taken, way.echo
    if taken is None or way.target.taken is not None or echo.blinded(taken.member.hash) in echo.told.named():
        return
    cause = taken.member.hash
    kind, body = proposed(way)
    at = errands.place(echo.told.book, echo.told.thread, kind, cause)
    possible = tables.step(issues.TABLE, way.target.state, EVENTS[kind]) is not None
    if possible and errands.choose(echo.desk, at):
        name: books.Body = {"thread": echo.told.thread, "role": way.role, echo.told.name: echo.blinded(cause)}
        errands.say(echo.desk, echo.told.book, at, {**name, **body})


def proposed(way: Way) -> tuple[str, books.Body]:
    """Type and content of what an award in one pair suggests in the other."""
    delta = way.source.delta
    if delta:
        return splits.Offer.TYPE, {"to": "seller" if delta > 0 else "buyer", "amount": way.money(abs(delta))}
    if way.role == "seller":
        return complaints.Reply.TYPE, {"status": "resolved"}
    return complaints.Close.TYPE, {"satisfied": False}
