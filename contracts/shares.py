"""Shares of a price (S11): what a merchant gets of a sale in which it is neither seller nor buyer.

One price, say of a shop for a factory's goods, may belong to more than two: somebody designed them, somebody found the
shop. The agreement of the two who trade names the parts, and who of them passes a part on. That one keeps it back, or
takes it out of what it gets, and owes it under its own agreement with the third merchant, who reads in `share.report`
what it is of, and not who traded with whom.

So money is conserved from pair to pair: what the buyer keeps back stands in one statement as `share` with a minus, what
it passes on in the other with a plus, and what the seller gets, the shares and the fees add up to the price. That the
two are the same figure nobody sees who has one of the channels alone; an auditor does, and everybody to whom the
`source` is opened.

Only the buyer writes here, so a share has one order of documents, and the last one counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from contracts import amounts, channels, dues, threads
from contracts.agreements import Agreement
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import agreements as agreement_papers
from contracts.documents import shares as papers
from contracts.dues import Owed
from contracts.errors import Fault
from contracts.items import Member
from contracts.ledgers import Account
from contracts.terms import Version
from contracts.threads import Faults

RANK = 0


@dataclass(frozen=True, slots=True)
class Share:
    """What is owed for the sale `source` (a commitment) by the row `role` of the agreement: `amount` of `base`, minor
    units. `version` is the one that the first report named."""

    key: bytes
    version: Version
    role: str
    source: bytes
    base: int
    amount: int

    @property
    def owed(self) -> Owed:
        """What the buyer owes."""
        return dues.NOTHING._replace(share=self.amount)


def row(version: Version, role: str) -> agreement_papers.Share | None:
    """The row of an agreement by which its seller gets a share, if there is one."""
    terms = version.terms
    return next((share for share in terms.shares if share.role == role and share.node == terms.seller), None)


def report(channel: Channel, candidate: Candidate) -> Plan:
    """`share.report` of the buyer."""
    document = candidate.document
    assert isinstance(document, papers.Report)
    if document.thread is not None:
        return _next(channel, candidate, document)
    found = channels.accepted(channel, candidate, document.agreement)
    if isinstance(found, Plan):
        return found
    agreement, version = found
    faults = channels.role_faults(candidate, agreement.seller)
    faults.extend(_figures(document, version))
    known = channel.shared.get((agreement.key, document.share, document.source))
    if known is not None:
        faults.append(Fault("share.twice", "thread", f"{known.hex()}, where this sale stands", "none"))
    if faults:
        return channels.refused(faults)
    member = candidate.member(RANK)
    share = Share(member.hash, version, document.share, document.source, document.base.a, document.amount.a)
    root = (member.side, member.index)
    thread = threads.opened(member.hash, "share", agreement.seller, share, step, root)
    return Plan(effect=lambda: [_opened(channel, agreement, thread)])


def _opened(channel: Channel, agreement: Agreement, thread: threads.Thread[Share]) -> Change:
    share = thread.state
    channel.shared[(agreement.key, share.role, share.source)] = share.key
    return channels.begin(channel, thread, (channel.ledgers[agreement.key], Account(thread)))


def _next(channel: Channel, candidate: Candidate, document: papers.Report) -> Plan:
    thread = channels.follow(channel, candidate, "share")
    if isinstance(thread, Plan):
        return thread
    start: Share = thread.start
    faults = channels.role_faults(candidate, start.version.seller)
    faults.extend(_figures(document, start.version))
    for path, wanted, got in (
        ("agreement", start.version.hash.hex(), document.agreement.hex()),
        ("share", start.role, document.share),
        ("source", start.source.hex(), document.source.hex()),
    ):
        if wanted != got:
            faults.append(Fault("share.twice", path, wanted, got))
    join = channels.joining(channel, candidate, thread, RANK, faults)
    return channels.refused(faults) if join is None else Plan(joins=(join,))


def _figures(document: papers.Report, version: Version) -> list[Fault]:
    """The row stands in the agreement, and the amount is its rate of the base, but for the one minor unit by which the
    parts of a whole may differ (`amounts.portions`)."""
    of = row(version, document.share)
    if of is None:
        rows = ", ".join(share.role for share in version.terms.shares if share.node == version.terms.seller)
        return [Fault("share.row", "share", rows or "an agreement with a share for its seller", document.share)]
    faults = [
        Fault("money.currency", path, version.currency, money.c)
        for path, money in (("base", document.base), ("amount", document.amount))
        if money.c != version.currency
    ]
    worth = amounts.rate(of.rate).of(document.base.a)
    if abs(worth - document.amount.a) > 1:
        faults.append(Fault("money.sum", "amount", str(worth), str(document.amount.a)))
    return faults


def step(share: Share, member: Member, blind: bool) -> tuple[Share, Faults]:
    """A further report of the same sale."""
    document = member.document
    assert isinstance(document, papers.Report)
    return replace(share, base=document.base.a, amount=document.amount.a), ()
