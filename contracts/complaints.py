"""Opening an issue and following it: the guards that look at the agreement and the order, from what the author knew."""

from __future__ import annotations

from contracts import abandonments, channels, disputes, issues, orders, placements, terms, threads
from contracts.agreements import Agreement
from contracts.channels import Candidate, Change, Channel, Join, Plan
from contracts.documents import deems, returns, splits
from contracts.documents import disputes as dispute_papers
from contracts.documents import issues as papers
from contracts.errors import Fault
from contracts.issues import Issue
from contracts.items import Member
from contracts.ledgers import Account
from contracts.orders import Order
from contracts.terms import Version
from contracts.threads import Faults


def step(issue: Issue, member: Member, blind: bool) -> tuple[Issue, Faults]:
    """One document of an issue thread, by table T7."""
    match member.document:
        case papers.Reply() as document:
            return issues.reply(issue, member, document)
        case papers.Cascade() as document:
            return issues.cascade(issue, member, document)
        case papers.Escalate():
            return issues.escalate(issue, member)
        case papers.Close():
            return issues.close(issue, member)
        case splits.Offer() as document:
            return issues.offer(issue, member, document)
        case splits.Accept() as document:
            return issues.accept(issue, member, document)
        case dispute_papers.Open():
            return disputes.dispute(issue, member)
        case dispute_papers.Evidence():
            return issues.moved(issue, member, issues.IssueEvent.EVIDENCE, member.side)
        case dispute_papers.Decide() as document:
            return disputes.decide(issue, member, document)
        case dispute_papers.Comply():
            return disputes.comply(issue, member)
        case dispute_papers.Default():
            return disputes.default(issue, member)
        case deems.Deem() as document:
            return abandonments.lapse(issue, member, document)
        case returns.Grant() as document:
            return issues.refund(issue, member, document.total)
        case _:
            raise AssertionError(f"no step for {member.document.TYPE}")


def open_issue(channel: Channel, candidate: Candidate) -> Plan:
    """`issue.open` of either side. A complaint needs no active peering: it may be about why that ended."""
    document = candidate.document
    assert isinstance(document, papers.Open)
    found = channels.accepted(channel, candidate, document.agreement)
    if isinstance(found, Plan):
        return found
    agreement, version = found
    faults = channels.role_faults(candidate, agreement.seller)
    faults.extend(_times(version, document))
    if document.claim is not None and document.claim.c != agreement.currency:
        faults.append(Fault("money.currency", "claim", agreement.currency, document.claim.c))
    faults.extend(_subject(channel, candidate, document, agreement))
    if faults:
        return channels.refused(faults)
    member = candidate.member(0)
    issue = issues.opened(member, document, agreement.key, version)
    thread = threads.opened(member.hash, "issue", agreement.seller, issue, step, (member.side, member.index))
    return Plan(effect=lambda: [_opened(channel, agreement, thread)])


def _opened(channel: Channel, agreement: Agreement, thread: threads.Thread[Issue]) -> Change:
    order = thread.state.document.order
    if order is not None:
        channel.issues_of.setdefault(order, []).append(thread.key)
    return channels.begin(channel, thread, (channel.ledgers[agreement.key], Account(thread)))


def _times(version: Version, document: papers.Open) -> list[Fault]:
    """Law 5: the expected times are those of the signed agreement; absent means these."""
    return [
        Fault("agreement.silence", name, str(wanted), str(got))
        for name, wanted, got in (
            ("expected_response_s", version.terms.issue_response_s, document.expected_response_s),
            ("expected_resolution_s", issues.resolution_s(version), document.expected_resolution_s),
        )
        if got is not None and got != wanted
    ]


def _subject(channel: Channel, candidate: Candidate, document: papers.Open, agreement: Agreement) -> list[Fault]:
    if document.order is None:
        return []
    thread = channel.threads.get(document.order)
    order = None if thread is None else channels.thread_at(channel, thread, candidate.past)
    if not isinstance(order, Order) or order.version.key != agreement.key:
        wanted = "an order under this agreement that the author knows"
        return [Fault("reference.dangling", "order", wanted, document.order.hex())]
    faults = channels.dangling(channel, candidate, [("request", document.request)])
    for place, concerned in enumerate(document.lines):
        line = order.lines.get(concerned.line)
        if line is None or concerned.quantity > line.ordered:
            wanted = "a line of the order" if line is None else f"at most {line.ordered}"
            faults.append(Fault("issue.subject", f"lines.{place}", wanted, str(concerned.line)))
    return faults


def follow(channel: Channel, candidate: Candidate) -> Plan:
    """Every later document of an issue thread."""
    thread = channels.follow(channel, candidate, "issue")
    if isinstance(thread, Plan):
        return thread
    version: Version = thread.start.version
    faults = channels.role_faults(candidate, version.seller)
    document = candidate.document
    if isinstance(document, splits.Offer):
        faults.extend(terms.silence_faults(version, "settlement", document.respond_by_s, document.on_silence))
        if document.amount.c != version.currency:
            faults.append(Fault("money.currency", "amount", version.currency, document.amount.c))
    if isinstance(document, splits.Accept):
        faults.extend(channels.dangling(channel, candidate, [("offer", document.offer)]))
    known: Issue | None = channels.thread_at(channel, thread, candidate.past)
    assert known is not None
    faults.extend(disputes.guards(channel, candidate, known, version))
    join = channels.joining(channel, candidate, thread, issues.RANKS[document.TYPE], faults)
    return channels.refused(faults) if join is None else Plan(joins=(join,))


def split(channel: Channel, candidate: Candidate) -> Plan:
    """`settle.offer` and `settle.accept`: in the thread of an issue, or of an order whose return is talked about."""
    name: bytes = candidate.document.thread  # type: ignore[attr-defined]
    thread = channel.threads.get(name)
    if thread is not None and thread.kind == "order" and candidate.document.TYPE in orders.RANKS:
        return placements.follow(channel, candidate)
    return follow(channel, candidate)


def grant(channel: Channel, candidate: Candidate) -> Plan:
    """`refund.grant`: in the thread of its order, and of the issue that it names.

    What the order's table refuses in its author's own knowledge, ends no issue either.
    """
    document = candidate.document
    assert isinstance(document, returns.Grant)
    plan = placements.follow(channel, candidate)
    if document.issue is None or not plan.joins:
        return plan
    thread = channel.threads[document.thread]
    known = channels.thread_at(channel, thread, candidate.past)
    assert isinstance(known, Order)
    if placements.step(known, candidate.member(orders.RANKS[document.TYPE]), False)[1]:
        return plan
    faults: list[Fault] = []
    join = refunded(channel, candidate, document.issue, document.thread, faults)
    # the order comes last: it is its table that judges the document
    return channels.refused(faults) if join is None else Plan(joins=(join, *plan.joins))


def refunded(channel: Channel, candidate: Candidate, name: bytes, order: bytes, faults: list[Fault]) -> Join | None:
    """The place of a `refund.grant` in the issue that it names; None, with faults, where the author cannot mean it."""
    thread = channel.threads.get(name)
    issue = None if thread is None else channels.thread_at(channel, thread, candidate.past)
    if thread is None or not isinstance(issue, Issue):
        faults.append(Fault("reference.dangling", "issue", "an issue that the author knows", name.hex()))
        return None
    if issue.state not in issues.LIVE:
        faults.append(Fault("issue.state", "issue", " or ".join(issues.LIVE), issue.state))
    if issue.document.order not in (None, order):
        faults.append(Fault("issue.subject", "issue", "an issue about this order", issue.document.order.hex()))
    return channels.joining(channel, candidate, thread, issues.RANKS["refund.grant"], faults)
