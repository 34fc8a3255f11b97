"""References that were opened: a register by author, document and field. The last word of the author counts."""

from __future__ import annotations

from typing import NamedTuple

from contracts import channels
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents.references import Disclose
from contracts.errors import Fault


class Reference(NamedTuple):
    """Where a blinded reference stands: the author's side, the hash of its document, and the field."""

    side: int
    document: bytes
    name: str


class Opening(NamedTuple):
    """What it is said to be a commitment to (32 bytes), and the salt (32 bytes)."""

    hash: bytes
    salt: bytes


def disclose(channel: Channel, candidate: Candidate) -> Plan:
    """`reference.disclose` of the author of a reference. What is in the document itself is not looked at: the fold
    computes no hashes."""
    document = candidate.document
    assert isinstance(document, Disclose)
    reference = Reference(candidate.item.side, document.document, document.name)
    index = channel.positions[reference.side].get(reference.document)
    if index is None or index >= candidate.past[reference.side]:
        wanted = "an entry of the author"
        return channels.refused([Fault("reference.dangling", "document", wanted, reference.document.hex())])
    opening = Opening(document.hash, document.salt)
    return Plan(effect=lambda: [_opened(channel, reference, opening)])


def _opened(channel: Channel, reference: Reference, opening: Opening) -> Change:
    before = channel.disclosed.get(reference)
    channel.disclosed[reference] = opening
    return Change("disclosure", reference, before, opening)
