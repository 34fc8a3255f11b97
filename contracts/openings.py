"""Channel and peering documents: what opens and closes a logbook, the card, the peering itself."""

from __future__ import annotations

from contracts import channels, peerings
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import channels as papers
from contracts.documents import peers
from contracts.errors import Fault


def before_all(channel: Channel, candidate: Candidate) -> list[Fault]:
    """The laws of every document: its logbook was opened, and nothing that its author knew has closed the channel."""
    item = candidate.item
    faults = []
    if item.index and not channel.opened[item.side]:
        faults.append(Fault("channel.not-open", "", "channel.open at index 0", "none"))
    if channel.sealed[item.side]:
        faults.append(Fault("channel.closed", "", "the logbook of the next epoch", "sealed"))
    for side in (0, 1):
        closed_at = channel.closed_at[side]
        if closed_at is not None and closed_at < candidate.past[side] and not item.type.startswith("channel."):
            faults.append(Fault("channel.closed", "", "an open channel", f"closed at {closed_at} of side {side}"))
    return faults


def open_channel(channel: Channel, candidate: Candidate) -> Plan:
    """`channel.open`: entry 0 of each logbook, and nowhere else."""
    document, item = candidate.document, candidate.item
    assert isinstance(document, papers.Open)
    if item.index:
        return channels.refused([Fault("channel.order", "", "index 0", str(item.index))])
    faults = []
    nodes = (channel.parties[item.side], channel.parties[1 - item.side])
    if document.nodes != nodes:
        faults.append(Fault("channel.mismatch", "nodes", _hex(nodes), _hex(document.nodes)))
    if document.fold != papers.FOLD:
        faults.append(Fault("channel.mismatch", "fold", papers.FOLD, document.fold))
    if faults:
        return channels.refused(faults)

    def effect() -> list[Change]:
        channel.opened[item.side] = True
        return [Change("channel", item.side, None, document)]

    return Plan(effect=effect)


def seal(channel: Channel, candidate: Candidate) -> Plan:
    """`channel.seal`: the last entry of this logbook, which goes on in the next epoch."""
    item, document = candidate.item, candidate.document

    def effect() -> list[Change]:
        channel.sealed[item.side] = True
        return [Change("channel", item.side, None, document)]

    return Plan(effect=effect)


def close(channel: Channel, candidate: Candidate) -> Plan:
    """`channel.close`: nothing that knows of it is accepted any more, whoever wrote it."""
    item, document = candidate.item, candidate.document
    if channel.closed_at[item.side] is not None:
        return channels.refused([Fault("channel.closed", "", "one channel.close", "another")])

    def effect() -> list[Change]:
        channel.closed_at[item.side] = item.index
        return [Change("channel", item.side, None, document)]

    return Plan(effect=effect)


def nothing(channel: Channel, candidate: Candidate) -> Plan:
    """`channel.nak` and `channel.key`: they change no state of the trade."""
    return Plan()


def card(channel: Channel, candidate: Candidate) -> Plan:
    """`peer.card`: the newest of each side counts."""
    side, document = candidate.item.side, candidate.document

    def effect() -> list[Change]:
        before = channel.cards.get(side)
        channel.cards[side] = document
        return [Change("card", side, before, document)]

    return Plan(effect=effect)


def peering(channel: Channel, candidate: Candidate) -> Plan:
    """`peer.invite`, `peer.accept`, `peer.suspend`, `peer.resume`, `peer.end`."""
    assert isinstance(candidate.document, peers.Invite | peers.Accept | peers.Suspend | peers.Resume | peers.End)
    faults: list[Fault] = []
    rank = peerings.RANKS[candidate.document.TYPE]
    join = channels.joining(channel, candidate, channel.peering, rank, faults)
    return channels.refused(faults) if join is None else Plan(joins=(join,))


def _hex(nodes: tuple[bytes, ...]) -> str:
    return ", ".join(node.hex()[:16] for node in nodes)
