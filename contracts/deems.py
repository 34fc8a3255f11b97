"""`deem`: a timed row takes effect, proved by two cosignatures of the partner (law 5)."""

from __future__ import annotations

from contracts import abandonments, assents, channels, evidence, issues, lapses, orders, silences
from contracts.channels import Candidate, Channel, Plan
from contracts.documents import deems as papers
from contracts.errors import Fault
from contracts.evidence import Elapsed
from contracts.issues import Issue
from contracts.items import Position
from contracts.orders import Order
from contracts.silences import Claim

ORDER = "order"


def elapsed(
    channel: Channel, candidate: Candidate, since: Position, started: papers.Cosigned, passed: papers.Cosigned
) -> tuple[Elapsed | None, list[Fault]]:
    """What the cosignatures prove about the document at `since`; for every row, whatever its thread."""
    return evidence.elapsed(
        channel.signers, channel.seens, candidate.item.side, candidate.past, since, (started, passed)
    )


def deem(channel: Channel, candidate: Candidate) -> Plan:
    """`deem` of the side that a silence favours."""
    document = candidate.document
    assert isinstance(document, papers.Deem)
    if document.row in assents.ROWS:
        return assents.deem(channel, candidate)
    if document.row in lapses.ROWS:
        return lapses.deem(channel, candidate)
    if document.row in abandonments.ROWS:
        return _abandoned(channel, candidate, document)
    thread = channels.follow(channel, candidate, ORDER)
    if isinstance(thread, Plan):
        return thread
    faults = channels.role_faults(candidate, thread.start.version.seller)
    state: Order | None = channels.thread_at(channel, thread, candidate.past)
    assert state is not None
    faults.extend(_faults(channel, candidate, document, state))
    join = channels.joining(channel, candidate, thread, orders.RANKS[papers.Deem.TYPE], faults)
    return channels.refused(faults) if join is None else Plan(joins=(join,))


def _abandoned(channel: Channel, candidate: Candidate, document: papers.Deem) -> Plan:
    """A claim that a complaint was let lie, by the side that was complained about."""
    thread = channels.follow(channel, candidate, "issue")
    if isinstance(thread, Plan):
        return thread
    faults = channels.role_faults(candidate, thread.start.version.seller)
    known: Issue | None = channels.thread_at(channel, thread, candidate.past)
    assert known is not None
    claim = abandonments.claimed(known, document.row, document.target)
    if claim is None:
        wanted = f"something that waits by the row {document.row}"
        faults.append(Fault("deem.state", "target", wanted, document.target.hex()))
    elif candidate.item.side == known.side:
        faults.append(Fault("role.mismatch", "role", "the other side", "the complainant"))
    else:
        faults.extend(_early(channel, candidate, document, claim))
    join = channels.joining(channel, candidate, thread, issues.RANKS[papers.Deem.TYPE], faults)
    return channels.refused(faults) if join is None else Plan(joins=(join,))


def _early(channel: Channel, candidate: Candidate, document: papers.Deem, claim: Claim) -> list[Fault]:
    """What the cosignatures do not prove, or what they prove to be too early."""
    proved, faults = elapsed(channel, candidate, claim.since, document.started, document.passed)
    if proved is not None and proved.passed_s < claim.due_s(proved.started_s):
        due_s = claim.due_s(proved.started_s)
        faults.append(Fault("deem.early", "passed", f"at or after {due_s}", str(proved.passed_s)))
    return faults


def _faults(channel: Channel, candidate: Candidate, document: papers.Deem, order: Order) -> list[Fault]:
    row = silences.ROWS.get(document.row)
    if row is None:
        return [Fault("deem.row", "row", " or ".join(silences.ROWS), document.row)]
    claim = row.clock(order, document.target) if document.target in row.targets(order) else None
    if claim is None:
        return [Fault("deem.state", "target", f"something that waits by the row {row.name}", document.target.hex())]
    favoured = row.favours(order, document.target)
    if favoured != document.role:
        return [Fault("role.mismatch", "role", favoured, document.role)]
    if row.name == "shipment.final" and (open_ := open_issues(channel, candidate, order.key)):
        return [Fault("deem.state", "target", "an order without an open issue", open_[0].hex())]
    return _early(channel, candidate, document, claim)


def open_issues(channel: Channel, candidate: Candidate, order: bytes) -> list[bytes]:
    """The issues about an order that the author knows to be open."""
    found = []
    for key in sorted(channel.issues_of.get(order, ())):  # not in the order of arrival
        issue = channels.thread_at(channel, channel.threads[key], candidate.past)
        if issue is not None and issue.state in issues.LIVE:
            found.append(key)
    return found


def remind(channel: Channel, candidate: Candidate) -> Plan:
    """`reminder`: it names a document of a known thread, and changes nothing."""
    document = candidate.document
    assert isinstance(document, papers.Reminder)
    names = [("thread", document.thread), ("target", document.target)]
    return channels.refused(channels.dangling(channel, candidate, names))
