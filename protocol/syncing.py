"""Synchronisation: what the author and the reader of a logbook may do, as tables.

docs/protocol.md section 8. Nothing here reads or writes: events and values go in, states, verdicts and windows come
out, and the node does the rest.

Two questions are kept apart. *May I sign?* is asked once for each start of the node: only after the partner has shown,
in HEADS, that it knows no later head of my logbook (a restored backup would otherwise sign a second history). That is
`AuthorState`. *May I send?* is asked for every batch of a session: that is `Window`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from protocol import limits
from protocol.errors import Code, PeerError


class AuthorState(StrEnum):
    """Whether this node may sequence and sign into its own logbook of a channel."""

    WAITING = "waiting"  # no HEADS agreed since this start
    READY = "ready"
    RECOVERING = "recovering"  # a later head of mine exists somewhere: fetch it, sign nothing
    FORKED = "forked"  # two heads contradict each other: nothing more is signed


class AuthorEvent(StrEnum):
    """What the partner's HEADS or the fence told about my own logbook."""

    AGREED = "agreed"
    BEHIND = "behind"  # the partner proves a head later than mine
    RECOVERED = "recovered"  # the partner signed that it holds no head later than mine
    CONTRADICTED = "contradicted"


AUTHOR: Mapping[tuple[AuthorState, AuthorEvent], AuthorState] = {
    (AuthorState.WAITING, AuthorEvent.AGREED): AuthorState.READY,
    (AuthorState.WAITING, AuthorEvent.BEHIND): AuthorState.RECOVERING,
    (AuthorState.WAITING, AuthorEvent.CONTRADICTED): AuthorState.FORKED,
    (AuthorState.READY, AuthorEvent.AGREED): AuthorState.READY,
    (AuthorState.READY, AuthorEvent.BEHIND): AuthorState.RECOVERING,
    (AuthorState.READY, AuthorEvent.CONTRADICTED): AuthorState.FORKED,
    (AuthorState.RECOVERING, AuthorEvent.BEHIND): AuthorState.RECOVERING,
    (
        AuthorState.RECOVERING,
        AuthorEvent.AGREED,
    ): AuthorState.RECOVERING,  # the partner must also sign that it is so
    (AuthorState.RECOVERING, AuthorEvent.RECOVERED): AuthorState.READY,
    (AuthorState.RECOVERING, AuthorEvent.CONTRADICTED): AuthorState.FORKED,
}


def step_author(state: AuthorState, event: AuthorEvent) -> AuthorState:
    """The next state; PeerError `session.state` for a pair that the table does not have."""
    following = AUTHOR.get((state, event))
    if following is None:
        expected = sorted(known.value for held, known in AUTHOR if held is state)
        raise PeerError(Code.STATE, f"own logbook is {state}", expected=expected, got=event.value)
    return following


def compare_own(
    size: int, mirror_size: int, root_there: bytes, root_here: bytes | None, known_size: int
) -> AuthorEvent:
    """What a partner's claim about my logbook means.

    `size` is mine; `mirror_size` and `root_there` (32 bytes) are what the partner says it stores; `root_here` is my
    root at `mirror_size`, None when that is beyond my size; `known_size` is the size of the newest checkpoint
    carrying *my valid signature* that the partner showed, 0 for none. A larger claim without my signature proves
    nothing about me and is the partner's fault (`log.ahead`).
    """
    if known_size > size:
        return AuthorEvent.BEHIND
    if root_here is None:
        raise PeerError(Code.AHEAD, "mirror larger than the logbook", expected=f"at most {size}", got=mirror_size)
    if root_there != root_here:
        return AuthorEvent.CONTRADICTED
    return AuthorEvent.AGREED


class ReaderState(StrEnum):
    """How this node follows the partner's logbook within a session."""

    GREETING = "greeting"  # no HEADS yet
    FOLLOWING = "following"
    STALE = "stale"  # the author shows a head smaller than one known: it must catch up first
    FORKED = "forked"


class ReaderEvent(StrEnum):
    """What the author's HEADS or a batch told about its logbook."""

    CURRENT = "current"
    ROLLED_BACK = "rolled-back"
    CAUGHT_UP = "caught-up"
    CONTRADICTED = "contradicted"


READER: Mapping[tuple[ReaderState, ReaderEvent], ReaderState] = {
    (ReaderState.GREETING, ReaderEvent.CURRENT): ReaderState.FOLLOWING,
    (ReaderState.GREETING, ReaderEvent.ROLLED_BACK): ReaderState.STALE,
    (ReaderState.GREETING, ReaderEvent.CONTRADICTED): ReaderState.FORKED,
    (ReaderState.FOLLOWING, ReaderEvent.CURRENT): ReaderState.FOLLOWING,
    (ReaderState.FOLLOWING, ReaderEvent.ROLLED_BACK): ReaderState.STALE,
    (ReaderState.FOLLOWING, ReaderEvent.CONTRADICTED): ReaderState.FORKED,
    (ReaderState.STALE, ReaderEvent.CAUGHT_UP): ReaderState.FOLLOWING,
    (ReaderState.STALE, ReaderEvent.ROLLED_BACK): ReaderState.STALE,
    (ReaderState.STALE, ReaderEvent.CONTRADICTED): ReaderState.FORKED,
}


def step_reader(state: ReaderState, event: ReaderEvent) -> ReaderState:
    """The next state; PeerError `session.state` for a pair that the table does not have."""
    following = READER.get((state, event))
    if following is None:
        expected = sorted(known.value for held, known in READER if held is state)
        raise PeerError(Code.STATE, f"partner's logbook is {state}", expected=expected, got=event.value)
    return following


class Placement(StrEnum):
    """Where a batch lies against what is stored."""

    NEXT = "next"  # starts at the end: append all
    OVERLAP = "overlap"  # starts before the end and goes beyond: compare, then append the rest
    REPEAT = "repeat"  # ends at or before the end: compare, then give the receipt again
    GAP = "gap"  # starts beyond the end: ask for the entries between


def place(size: int, first: int, count: int) -> Placement:
    """Where entries [first, first + count) lie against a stored logbook of `size` entries."""
    if first > size:
        return Placement.GAP
    if first == size:
        return Placement.NEXT
    return Placement.OVERLAP if first + count > size else Placement.REPEAT


@dataclass(frozen=True, slots=True)
class Window:
    """What the author has sent in this session, and what it may still send. Sizes are logbook sizes."""

    sent: int
    in_flight: tuple[int, ...] = ()  # sizes at the ends of batches without a receipt
    used_bytes: int = 0
    used_entries: int = 0
    granted_bytes: int = 0
    granted_entries: int = 0


def may_send(window: Window, entries: int, size_bytes: int) -> bool:
    """Whether a batch fits the credit and the number of batches in flight."""
    return (
        len(window.in_flight) < limits.BATCHES_IN_FLIGHT_MAX
        and window.used_bytes + size_bytes <= window.granted_bytes
        and window.used_entries + entries <= window.granted_entries
    )


def may_close_batch(window: Window, waiting: int) -> bool:
    """Whether the outbox is sequenced now: at once while nothing is in flight, else only when a batch is full.

    So a single order waits for nothing, and load makes batches larger instead of slower.
    """
    return waiting > 0 and (not window.in_flight or waiting >= limits.BATCH_ENTRIES_MAX)


def after_send(window: Window, size: int, entries: int, size_bytes: int) -> Window:
    """The window once the batch that ends at `size` is on its way."""
    return replace(
        window,
        sent=size,
        in_flight=(*window.in_flight, size),
        used_bytes=window.used_bytes + size_bytes,
        used_entries=window.used_entries + entries,
    )


def after_receipt(window: Window, size: int) -> Window:
    """The window once everything below `size` is receipted. A receipt beyond what was sent is the partner's fault."""
    if size > window.sent:
        raise PeerError(Code.RECEIPT, "receipt for entries never sent", expected=f"at most {window.sent}", got=size)
    return replace(window, in_flight=tuple(end for end in window.in_flight if end > size))


def after_credit(window: Window, granted_bytes: int, granted_entries: int) -> Window:
    """The window after CREDIT. Totals are absolute and never shrink, so a repeated or late message harms nothing."""
    return replace(
        window,
        granted_bytes=max(window.granted_bytes, granted_bytes),
        granted_entries=max(window.granted_entries, granted_entries),
    )


def cut_batches(sizes: Sequence[int]) -> list[int]:
    """Where an outbox is cut into batches: the ends (counts from its start) of each batch.

    `sizes` are the byte lengths of the waiting entries, in order. Every batch holds at most BATCH_ENTRIES_MAX entries
    and BATCH_BYTES_MAX bytes, counting ENTRY_OVERHEAD_BYTES for the header of each.
    """
    ends: list[int] = []
    start = used = 0
    for position, size in enumerate(sizes):
        cost = size + limits.ENTRY_OVERHEAD_BYTES
        if position > start and (used + cost > limits.BATCH_BYTES_MAX or position - start == limits.BATCH_ENTRIES_MAX):
            ends.append(position)
            start, used = position, 0
        used += cost
    if len(sizes) > start:
        ends.append(len(sizes))
    return ends
