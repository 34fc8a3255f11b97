"""Listings (table T2): what one side offers to the other, version by version.

A listing has one writer, the owner of the SKU, and each version is confirmed by one writer, the reader. So there is
nothing to linearise: the listing of a SKU is a chain of versions in the owner's logbook, and which of them an author
knew is a question of indexes. Versions that no later document of the reader can mean any more are forgotten.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from contracts import channels, tables
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import listings as papers
from contracts.documents import orders
from contracts.errors import Fault
from contracts.items import Past


class ListingState(StrEnum):
    """How far a version of a listing has come."""

    PUBLISHED = "published"
    RECEIVED = "received"
    REVIEW = "review"
    ACCEPTED = "accepted"
    LIVE = "live"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ListingEvent(StrEnum):
    """What can happen to it. A change begins a new version, as published."""

    RECEIVE = "received"
    REVIEW = "review"
    ACCEPT = "accepted"
    SYNCHRONISE = "synchronised"
    REJECT = "rejected"
    CHANGE = "change"
    WITHDRAW = "withdraw"


S, E = ListingState, ListingEvent
TABLE: Final[Mapping[tuple[ListingState, ListingEvent], ListingState]] = {
    (S.PUBLISHED, E.RECEIVE): S.RECEIVED,
    (S.PUBLISHED, E.REVIEW): S.REVIEW,
    (S.RECEIVED, E.REVIEW): S.REVIEW,
    (S.PUBLISHED, E.ACCEPT): S.ACCEPTED,
    (S.RECEIVED, E.ACCEPT): S.ACCEPTED,
    (S.REVIEW, E.ACCEPT): S.ACCEPTED,
    (S.PUBLISHED, E.SYNCHRONISE): S.LIVE,
    (S.RECEIVED, E.SYNCHRONISE): S.LIVE,
    (S.REVIEW, E.SYNCHRONISE): S.LIVE,
    (S.ACCEPTED, E.SYNCHRONISE): S.LIVE,
    (S.PUBLISHED, E.REJECT): S.REJECTED,
    (S.RECEIVED, E.REJECT): S.REJECTED,
    (S.REVIEW, E.REJECT): S.REJECTED,
    (S.ACCEPTED, E.REJECT): S.REJECTED,
    (S.LIVE, E.REJECT): S.REJECTED,
    **{(state, E.CHANGE): S.PUBLISHED for state in S if state is not S.WITHDRAWN},
    **{(state, E.WITHDRAW): S.WITHDRAWN for state in S if state is not S.WITHDRAWN},
}


@dataclass(frozen=True, slots=True)
class ListingVersion:
    """One version: where it stands in the owner's logbook, and what an order line must keep to.

    `document` is None for a withdrawal. `state` is what the reader made of it.
    """

    index: int
    hash: bytes
    state: ListingState
    document: papers.Publish | None
    reason: str | None = None


@dataclass(slots=True)
class Listing:
    """All versions of a SKU that still matter, the newest last."""

    side: int
    sku: str
    versions: list[ListingVersion] = field(default_factory=list)

    @property
    def current(self) -> ListingVersion:
        """The newest version."""
        return self.versions[-1]

    @property
    def state(self) -> ListingState:
        """The state of the newest version."""
        return self.versions[-1].state


def _index(version: ListingVersion) -> int:
    return version.index


def known(listing: Listing | None, past: Past) -> ListingVersion | None:
    """The newest version that a past holds."""
    if listing is None:
        return None
    place = bisect_left(listing.versions, past[listing.side], key=_index)
    return listing.versions[place - 1] if place else None


def publish(channel: Channel, candidate: Candidate) -> Plan:
    """`listing.publish` and `listing.change` of the owner."""
    document = candidate.document
    assert isinstance(document, papers.Publish)
    listing = channel.listings.get((candidate.item.side, document.sku))
    faults = [] if listing else channels.active_faults(channel, candidate.past)
    offered = listing is not None and listing.state is not S.WITHDRAWN
    if isinstance(document, papers.Change):
        if listing is None or not offered:
            faults.append(Fault("listing.unknown", "sku", "a listing that is offered", document.sku))
        elif document.replaces != listing.current.hash:
            faults.append(_superseded("replaces", listing.current.hash, document.replaces))
    elif listing is not None and offered:
        faults.append(Fault("listing.state", "sku", "listing.change of a listing that is offered", document.sku))
    if faults:
        return channels.refused(faults)
    version = ListingVersion(candidate.item.index, candidate.item.hash, S.PUBLISHED, document)
    return Plan(effect=lambda: [_append(channel, candidate, document.sku, version)])


def withdraw(channel: Channel, candidate: Candidate) -> Plan:
    """`listing.withdraw` of the owner."""
    document = candidate.document
    assert isinstance(document, papers.Withdraw)
    listing = channel.listings.get((candidate.item.side, document.sku))
    if listing is None or listing.state is S.WITHDRAWN:
        return channels.refused([Fault("listing.unknown", "sku", "a listing that is offered", document.sku)])
    if document.listing != listing.current.hash:
        return channels.refused([_superseded("listing", listing.current.hash, document.listing)])
    version = ListingVersion(candidate.item.index, candidate.item.hash, S.WITHDRAWN, None, document.reason)
    return Plan(effect=lambda: [_append(channel, candidate, document.sku, version)])


def confirm(channel: Channel, candidate: Candidate) -> Plan:
    """`listing.confirm` of the reader: on the version that it knows to be the newest."""
    document = candidate.document
    assert isinstance(document, papers.Confirm)
    owner = 1 - candidate.item.side
    listing = channel.listings.get((owner, document.sku))
    version = known(listing, candidate.past)
    if listing is None or version is None:
        return channels.refused([Fault("listing.unknown", "sku", "a listing of the partner", document.sku)])
    if version.hash != document.listing:
        return channels.refused([_superseded("listing", version.hash, document.listing)])
    following = tables.step(TABLE, version.state, ListingEvent(document.status))
    if following is None:
        wanted = ", ".join(tables.legal(TABLE, version.state)) or "nothing more"
        return channels.refused([Fault("listing.state", "status", wanted, document.status)])
    confirmed = replace(version, state=following, reason=document.reason)
    return Plan(effect=lambda: [_confirmed(channel, owner, document.sku, confirmed)])


def push(channel: Channel, candidate: Candidate) -> Plan:
    """`listing.push` of the owner: every SKU is on offer to this reader."""
    document, side = candidate.document, candidate.item.side
    assert isinstance(document, papers.Push)
    faults = channels.active_faults(channel, candidate.past)
    for place, sku in enumerate(document.items):
        listing = channel.listings.get((side, sku))
        if listing is None or listing.state is S.WITHDRAWN:
            faults.append(Fault("listing.unknown", f"items.{place}", "a listing that is offered", sku))
    if faults:
        return channels.refused(faults)
    return Plan(effect=lambda: [_pushed(channel, side, document)])


def _pushed(channel: Channel, side: int, document: papers.Push) -> Change:
    key = (side, document.name)
    before = channel.selections.get(key)
    channel.selections[key] = document
    return Change("selection", key, before, document)


def line_faults(channel: Channel, candidate: Candidate, seller: int, line: orders.PlacedLine, path: str) -> list[Fault]:
    """The guards of an order line: the listing that it names is the newest that the buyer knew, and is kept to."""
    version = known(channel.listings.get((seller, line.sku)), candidate.past)
    if version is None:
        return [Fault("listing.unknown", f"{path}.sku", "a listing of the seller", line.sku)]
    document = version.document
    if document is None or version.hash != line.listing:
        return [_superseded(f"{path}.listing", version.hash, line.listing)]
    faults = []
    if document.unit != line.unit:
        faults.append(Fault("quantity.unit", f"{path}.unit", document.unit, line.unit))
    low, high, by = document.min_quantity, document.max_quantity, document.increment
    if line.quantity < low or (high is not None and line.quantity > high) or (line.quantity - low) % by:
        wanted = f"{low} to {high or 'any'} by {by}"
        faults.append(Fault("quantity.increment", f"{path}.quantity", wanted, str(line.quantity)))
    return faults


def _superseded(path: str, wanted: bytes, got: bytes) -> Fault:
    return Fault("listing.superseded", path, wanted.hex(), got.hex())


def _append(channel: Channel, candidate: Candidate, sku: str, version: ListingVersion) -> Change:
    side = candidate.item.side
    listing = channel.listings.get((side, sku))
    if listing is None:
        listing = channel.listings[(side, sku)] = Listing(side, sku)
    before = listing.versions[-1] if listing.versions else None
    # what the reader has already seen past can never be meant again: its `seen` does not go back
    seen = bisect_left(listing.versions, channels.seen_of(channel, side), key=_index)
    if seen > 1:
        del listing.versions[: seen - 1]
    listing.versions.append(version)
    return Change("listing", (side, sku), before, version)


def _confirmed(channel: Channel, owner: int, sku: str, confirmed: ListingVersion) -> Change:
    listing = channel.listings[(owner, sku)]
    place = bisect_left(listing.versions, confirmed.index, key=_index)
    before = listing.versions[place]
    assert before.hash == confirmed.hash, "a version that a later document can mean is never forgotten"
    listing.versions[place] = confirmed
    return Change("listing", (owner, sku), before, confirmed)
