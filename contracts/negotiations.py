"""Agreement documents against what their author knew: who may propose what, and the ledger that a thread opens."""

from __future__ import annotations

from contracts import agreements, channels, currencies, threads
from contracts.agreements import Agreement
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import agreements as papers
from contracts.documents import fields
from contracts.errors import Fault
from contracts.ledgers import Ledger
from contracts.threads import Thread


def propose(channel: Channel, candidate: Candidate) -> Plan:
    """`agreement.propose` of either side."""
    document = candidate.document
    assert isinstance(document, papers.Propose)
    faults = channels.active_faults(channel, candidate.past)
    if document.terms.seller not in channel.parties:
        wanted = "one of the two nodes of this channel"
        return channels.refused([*faults, Fault("role.mismatch", "terms.seller", wanted, document.terms.seller.hex())])
    seller = channel.parties.index(document.terms.seller)
    faults.extend(channels.role_faults(candidate, seller))
    faults.extend(_terms_faults(channel, document.terms, document.terms.currency))
    if faults:
        return channels.refused(faults)
    member = candidate.member(0)
    agreement = agreements.proposed(member, document, seller)
    thread = threads.opened(member.hash, "agreement", seller, agreement, agreements.step, (member.side, member.index))
    return Plan(effect=lambda: [_opened(channel, thread)])


def follow(channel: Channel, candidate: Candidate) -> Plan:
    """Every later document of an agreement thread."""
    thread = channels.follow(channel, candidate, "agreement")
    if isinstance(thread, Plan):
        return thread
    document = candidate.document
    start: Agreement = thread.start
    faults = channels.role_faults(candidate, start.seller)
    faults.extend(channels.dangling(channel, candidate, _named(document)))
    if isinstance(document, papers.Counter | papers.Amend):
        faults.extend(_terms_faults(channel, document.terms, start.currency))
    join = channels.joining(channel, candidate, thread, agreements.RANKS[document.TYPE], faults)
    if join is None:
        return channels.refused(faults)
    return Plan(joins=(join,), effect=lambda: _versioned(channel, candidate, thread.key))


def _named(document: fields.Document) -> list[tuple[str, bytes | None]]:
    match document:
        case papers.Counter():
            return [("counters", document.counters)]
        case papers.Accept():
            return [("accepts", document.accepts)]
        case papers.Amend():
            return [("amends", document.amends)]
        case _:
            return []


def _terms_faults(channel: Channel, terms: papers.Terms, currency: str) -> list[Fault]:
    faults = []
    if terms.credit_limit is not None and terms.credit_limit.c != currency:
        faults.append(Fault("money.currency", "terms.credit_limit", currency, terms.credit_limit.c))
    if terms.currency not in currencies.EXPONENTS:
        faults.append(Fault("document.currency", "terms.currency", "an active ISO 4217 code", terms.currency))
    for place, share in enumerate(terms.shares):
        own = share.node == terms.seller
        if share.node in channel.parties and not own:
            wanted = "a third merchant, or the seller; what the buyer keeps for itself is a fee"
            faults.append(Fault("role.mismatch", f"terms.shares.{place}.node", wanted, "the buyer"))
        if own and share.by != "buyer":
            faults.append(Fault("role.mismatch", f"terms.shares.{place}.by", "buyer", share.by))
    return faults


def _opened(channel: Channel, thread: Thread[Agreement]) -> Change:
    agreement = thread.state
    channel.versions[thread.key] = thread.key
    channel.ledgers[thread.key] = Ledger(thread.key, agreement.currency, agreement.seller)
    return channels.begin(channel, thread)


def _versioned(channel: Channel, candidate: Candidate, key: bytes) -> list[Change]:
    if isinstance(candidate.document, papers.Counter | papers.Amend):
        channel.versions[candidate.item.hash] = key
    return []
