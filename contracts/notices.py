"""Notices: what each side has or looks for. One writer each, so a register: a notice is open until it is withdrawn.

It is kept by side and hash: a partner who copies an entry into the own logbook has a notice of its own, and touches no
other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from contracts import channels
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import notices as papers
from contracts.errors import Fault


class NoticeState(StrEnum):
    """Whether a notice stands."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"


class NoticeEvent(StrEnum):
    """What can happen to it."""

    WITHDRAW = "withdraw"


TABLE: Final = {(NoticeState.OPEN, NoticeEvent.WITHDRAW): NoticeState.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Notice:
    """What `side` has (`papers.Offer`) or looks for (`papers.Want`)."""

    key: bytes
    side: int
    document: papers.Notice
    state: NoticeState = NoticeState.OPEN


def post(channel: Channel, candidate: Candidate) -> Plan:
    """`offer` and `want` of either side."""
    document, item = candidate.document, candidate.item
    assert isinstance(document, papers.Notice)
    faults = channels.active_faults(channel, candidate.past)
    if faults:
        return channels.refused(faults)
    return Plan(effect=lambda: [_put(channel, Notice(item.hash, item.side, document))])


def known(channel: Channel, candidate: Candidate, name: bytes) -> bool:
    """Whether the author of a document knows a notice of this name, of either side."""
    where = channels.position(channel, candidate.item.side, candidate.past, name)
    return where is not None and (where[0], name) in channel.notices


def withdraw(channel: Channel, candidate: Candidate) -> Plan:
    """`notice.withdraw` of whoever posted it."""
    document = candidate.document
    assert isinstance(document, papers.Withdraw)
    posted = channel.notices.get((candidate.item.side, document.notice))
    if posted is None:
        return channels.refused(
            [Fault("reference.dangling", "notice", "a notice of the author", document.notice.hex())]
        )
    following = TABLE.get((posted.state, NoticeEvent.WITHDRAW))
    if following is None:
        return channels.refused([Fault("notice.state", "notice", NoticeState.OPEN, posted.state)])
    return Plan(effect=lambda: [_put(channel, replace(posted, state=following))])


def _put(channel: Channel, notice: Notice) -> Change:
    place = (notice.side, notice.key)
    before = channel.notices.get(place)
    channel.notices[place] = notice
    return Change("notice", notice.key, before, notice)
