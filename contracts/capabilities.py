"""Capabilities: what a side offers to do for the other, and one transition of a side in the hands of a third key.

An offer or a grant has one writer, and so has its revocation: both stand in the same logbook. So there is nothing to
linearise: whether a grant is in force for a document is a question of indexes in the logbook of its author, who is
the author of the document as well. A document that carries a granted key's signature is the author's own in every
other respect: the table, the guards and the risk are the author's. The register is kept by side and hash: a partner
who copies an entry into the own logbook has made an offer of its own, and touches no other.

The signature is checked here, since whether a document stands depends on it; the check itself is `protocol`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from contracts import channels
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import capabilities as papers
from contracts.errors import Fault
from protocol import delegations


class CapabilityState(StrEnum):
    """Whether an offer or a grant holds."""

    IN_FORCE = "in-force"
    REVOKED = "revoked"


class CapabilityEvent(StrEnum):
    """What can happen to it."""

    REVOKE = "revoke"


TABLE: Final = {(CapabilityState.IN_FORCE, CapabilityEvent.REVOKE): CapabilityState.REVOKED}


@dataclass(frozen=True, slots=True)
class Capability:
    """An offer or a grant of `side`, at `index` of its logbook."""

    key: bytes
    side: int
    index: int
    document: papers.Offer | papers.Grant
    state: CapabilityState = CapabilityState.IN_FORCE
    reason: str | None = None


def announce(channel: Channel, candidate: Candidate) -> Plan:
    """`capability.offer` and `capability.grant`."""
    document, item = candidate.document, candidate.item
    assert isinstance(document, papers.Offer | papers.Grant)
    faults = channels.active_faults(channel, candidate.past)
    if isinstance(document, papers.Grant) and document.offer is not None:
        faults.extend(channels.dangling(channel, candidate, [("offer", document.offer)]))
    if faults:
        return channels.refused(faults)
    return Plan(effect=lambda: [_put(channel, Capability(item.hash, item.side, item.index, document))])


def revoke(channel: Channel, candidate: Candidate) -> Plan:
    """`capability.revoke` of whoever offered or granted it."""
    document = candidate.document
    assert isinstance(document, papers.Revoke)
    known = channel.capabilities.get((candidate.item.side, document.capability))
    if known is None:
        wanted = "an offer or grant of the author"
        return channels.refused([Fault("capability.unknown", "capability", wanted, document.capability.hex())])
    following = TABLE.get((known.state, CapabilityEvent.REVOKE))
    if following is None:
        return channels.refused([Fault("capability.state", "capability", CapabilityState.IN_FORCE, known.state)])
    return Plan(effect=lambda: [_put(channel, replace(known, state=following, reason=document.reason))])


def signed_faults(channel: Channel, candidate: Candidate) -> list[Fault]:
    """The guards of a document that a granted key has signed: the grant holds, is for this, and the signature is right.

    The grant and the document stand in one logbook, so what is folded of it is what its author knew.
    """
    signed: papers.Signed | None = candidate.document.__dict__.get(delegations.FIELD)
    if signed is None:
        return []
    item = candidate.item
    grant = channel.capabilities.get((item.side, signed.grant))
    if grant is None or not isinstance(grant.document, papers.Grant):
        return [Fault("capability.unknown", "by.grant", "a grant of the author", signed.grant.hex())]
    faults = []
    document = grant.document
    if grant.state is not CapabilityState.IN_FORCE:
        faults.append(Fault("capability.state", "by.grant", CapabilityState.IN_FORCE, grant.state))
    if document.entries_max is not None and item.index - grant.index > document.entries_max:
        last = grant.index + document.entries_max
        faults.append(Fault("capability.expired", "by.grant", f"an index up to {last}", str(item.index)))
    if item.type != document.transition:
        faults.append(Fault("capability.transition", "by.grant", document.transition, item.type))
    elif not delegations.stands(document.key, signed.grant, item.type, item.body, signed.signature):
        wanted = "a signature of the granted key under this body"
        faults.append(Fault("capability.signature", "by.signature", wanted, signed.signature.hex()[:16]))
    return faults


def _put(channel: Channel, capability: Capability) -> Change:
    place = (capability.side, capability.key)
    before = channel.capabilities.get(place)
    channel.capabilities[place] = capability
    return Change("capability", capability.key, before, capability)
