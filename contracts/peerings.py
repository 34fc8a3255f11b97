"""Peering (table T0): whether two merchants trade at all. One thread a channel, symmetric in its two sides.

No new thread begins unless its author knows the peering to be active; threads that are open go on in every state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from contracts import tables
from contracts.documents import peers
from contracts.errors import Fault
from contracts.items import Member
from contracts.threads import Faults


class PeeringState(StrEnum):
    """Where the peering stands. `ended` follows from `ending` when nothing is open: `History.ended`."""

    NONE = "none"
    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDING = "ending"


class PeeringEvent(StrEnum):
    """What can happen to it."""

    INVITE = "invite"
    ACCEPT = "accept"
    SUSPEND = "suspend"
    RESUME = "resume"
    END = "end"


S, E = PeeringState, PeeringEvent
TABLE: Final[Mapping[tuple[PeeringState, PeeringEvent], PeeringState]] = {
    (S.NONE, E.INVITE): S.INVITED,
    (S.INVITED, E.INVITE): S.ACTIVE,  # the other side's own invite is as good as an accept
    (S.INVITED, E.ACCEPT): S.ACTIVE,  # the other side
    (S.ACTIVE, E.SUSPEND): S.SUSPENDED,
    (S.SUSPENDED, E.SUSPEND): S.SUSPENDED,  # the other side too
    (S.SUSPENDED, E.RESUME): S.ACTIVE,  # who suspended; suspended as long as the other side's suspension stands
    (S.INVITED, E.END): S.ENDING,
    (S.ACTIVE, E.END): S.ENDING,
    (S.SUSPENDED, E.END): S.ENDING,
    (S.ENDING, E.END): S.ENDING,  # the other side too
}
# end last: whoever acted before knowing of it acted in an active peering
RANKS: Final = {
    peers.Invite.TYPE: 0,
    peers.Accept.TYPE: 1,
    peers.Suspend.TYPE: 2,
    peers.Resume.TYPE: 3,
    peers.End.TYPE: 4,
}
_EVENTS: Final = {
    peers.Invite.TYPE: E.INVITE,
    peers.Accept.TYPE: E.ACCEPT,
    peers.Suspend.TYPE: E.SUSPEND,
    peers.Resume.TYPE: E.RESUME,
    peers.End.TYPE: E.END,
}


@dataclass(frozen=True, slots=True)
class Peering:
    """The state, and which sides invited, suspended or ended."""

    state: PeeringState = S.NONE
    invited: frozenset[int] = frozenset()
    suspended: frozenset[int] = frozenset()
    ended: frozenset[int] = frozenset()


def step(peering: Peering, member: Member, blind: bool) -> tuple[Peering, Faults]:
    """One document of the peering, by table T0."""
    event = _EVENTS[member.document.TYPE]
    following = tables.step(TABLE, peering.state, event)
    if following is None:
        wanted = " or ".join(tables.sources(TABLE, event))
        return peering, (Fault("peering.state", "", wanted, peering.state),)
    if not _may(peering, event, member.side):
        return peering, (Fault("peering.state", "", "the other side", "the author"),)
    return _after(peering, event, member.side, following), ()


def _may(peering: Peering, event: PeeringEvent, side: int) -> bool:
    match event:
        case E.INVITE | E.ACCEPT:
            return side not in peering.invited
        case E.SUSPEND:
            return side not in peering.suspended
        case E.RESUME:
            return side in peering.suspended
        case E.END:
            return side not in peering.ended


def _after(peering: Peering, event: PeeringEvent, side: int, following: PeeringState) -> Peering:
    match event:
        case E.INVITE | E.ACCEPT:
            return replace(peering, state=following, invited=peering.invited | {side})
        case E.SUSPEND:
            return replace(peering, state=following, suspended=peering.suspended | {side})
        case E.RESUME:
            left = peering.suspended - {side}
            return replace(peering, state=S.SUSPENDED if left else following, suspended=left)
        case E.END:
            return replace(peering, state=following, ended=peering.ended | {side})
