"""What two sides show each other in HEADS and receipts, and whether it contradicts what is held.

docs/protocol.md sections 8.3, 8.5 and 8.12. Every function runs inside one unit of the database. A contradiction is
raised as `sequencing.ContradictionError` with the two signed notes that prove it: whoever catches it persists them
before anything else is done.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from node.replication import recoveries, sequencing
from node.storage import logbooks, partners
from protocol import checkpoints, messages, syncing
from protocol.claims import Claim, ReceiptNotes
from protocol.errors import Code, PeerError
from protocol.syncing import AuthorEvent, ReaderEvent

STOPPED = {partners.ChannelState.FORKED: Code.FORK, partners.ChannelState.STOPPED: Code.BUSY}


@dataclass(frozen=True, slots=True)
class Keys:
    """The two `log` keys of a channel."""

    mine: bytes
    theirs: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the partner's HEADS mean: for my logbook, for its own, and where both stand."""

    author: AuthorEvent
    reader: ReaderEvent
    mine: logbooks.Logbook
    theirs: logbooks.Logbook
    shown: checkpoints.Checkpoint  # the partner's own head; of size 0 if it has none
    receipt: messages.Receipt | None  # a newer receipt for my logbook than the newest one held


def claim(db: sqlite3.Connection, channel: int) -> Claim:
    """Where this side stands, from what is durable now."""
    mine = logbooks.of_channel(db, channel, mine=True)
    theirs = logbooks.of_channel(db, channel, mine=False)
    given = logbooks.newest_receipt(db, theirs.id)
    return Claim(
        origin=mine.origin,
        checkpoint=mine.checkpoint,
        mirror=theirs.origin,
        mirror_size=theirs.size,
        mirror_root=theirs.root,
        receipt=None if given is None else ReceiptNotes(given.cosignature, given.pair),
        known=theirs.known_checkpoint,
    )


def refuse_stopped(db: sqlite3.Connection, channel: int) -> None:
    """PeerError for a channel that only people can bring back: nothing more is signed or taken in it."""
    state = partners.channel(db, channel).state
    if state in STOPPED:
        raise PeerError(STOPPED[state], "the channel is stopped", expected="people who look at the evidence", got=state)


def compare(
    db: sqlite3.Connection,
    channel: int,
    claims: tuple[Claim, ...],
    keys: Keys,
    partner: sequencing.PartnerKeys,
) -> Verdict:
    """Judge the partner's HEADS. PeerError for what cannot be, ContradictionError for what proves a fork."""
    refuse_stopped(db, channel)
    mine = logbooks.of_channel(db, channel, mine=True)
    theirs = logbooks.of_channel(db, channel, mine=False)
    if [(row.origin, row.mirror) for row in claims] != [(theirs.origin, mine.origin)]:
        got = [row.origin for row in claims]
        raise PeerError(Code.WRONG_LOG, "HEADS of another channel", expected=theirs.origin, got=got)
    (row,) = claims
    author = compare_mine(db, mine, row, keys.mine)
    shown, reader = compare_theirs(db, theirs, row, keys.theirs)
    if author is AuthorEvent.BEHIND:
        partners.set_channel_state(db, channel, partners.ChannelState.RECOVERING)
    newer = newer_receipt(db, mine, row, partner) if author is AuthorEvent.AGREED else None
    return Verdict(author, reader, mine, theirs, shown, newer)


def compare_mine(db: sqlite3.Connection, mine: logbooks.Logbook, row: Claim, key: bytes) -> AuthorEvent:
    """What the partner says of my logbook. Only my own signature can prove anything against me."""
    known = checkpoints.Checkpoint(mine.origin, 0, b"")
    if row.known:
        known = checkpoints.open_checkpoint(row.known, mine.origin, key)
    root_here = logbooks.root_at(db, mine, row.mirror_size)
    event = syncing.compare_own(mine.size, row.mirror_size, row.mirror_root, root_here, known.size)
    if row.known and known.size <= mine.size and logbooks.root_at(db, mine, known.size) != known.root:
        raise sequencing.ContradictionError(row.known, note_at(db, mine, known.size))
    if event is AuthorEvent.CONTRADICTED:
        raise PeerError(Code.ROOT, "mirror has another root", expected=mine.size, got=row.mirror_size)
    return event


def compare_theirs(
    db: sqlite3.Connection, theirs: logbooks.Logbook, row: Claim, key: bytes
) -> tuple[checkpoints.Checkpoint, ReaderEvent]:
    """The head that the partner shows of its own logbook, and what it means."""
    shown = recoveries.head_of("", theirs.origin)
    if row.checkpoint:
        shown = checkpoints.open_checkpoint(row.checkpoint, theirs.origin, key)
        learn(db, theirs, shown, row.checkpoint)
    if shown.size < theirs.known_size:
        return shown, ReaderEvent.ROLLED_BACK  # no evidence of malice: it restored a copy, and my HEADS tell it so
    return shown, ReaderEvent.CURRENT


def learn(db: sqlite3.Connection, theirs: logbooks.Logbook, shown: checkpoints.Checkpoint, note: str) -> None:
    """Remember a verified head of the partner, if it is the newest; ContradictionError if it does not fit in."""
    held = logbooks.root_at(db, theirs, shown.size)
    if held is None and shown.size == theirs.known_size:
        held = recoveries.head_of(theirs.known_checkpoint, theirs.origin).root
    if held is not None and held != shown.root:
        raise sequencing.ContradictionError(note_at(db, theirs, shown.size), note)
    logbooks.learn_checkpoint(db, theirs, shown.size, note)


def note_at(db: sqlite3.Connection, logbook: logbooks.Logbook, size: int) -> str:
    """The signed head that stands best against another one of this size: of the same size if there is one."""
    head = logbooks.head(db, logbook.id, size)
    if head is not None:
        return head.checkpoint
    return logbook.checkpoint if size <= logbook.size else logbook.known_checkpoint


def newer_receipt(
    db: sqlite3.Connection, mine: logbooks.Logbook, row: Claim, partner: sequencing.PartnerKeys
) -> messages.Receipt | None:
    """The receipt in HEADS, if it is news. Its pairing note says which head it is for.

    A head that came back after a restore may have no signed row of its own: its receipt says nothing new.
    """
    if row.receipt is None:
        return None
    name = checkpoints.key_name(partner.node, "receipt")
    size = checkpoints.open_pair(row.receipt.pair, name, partner.receipt).read.size
    if size <= mine.receipted or logbooks.head(db, mine.id, size) is None:
        return None
    return messages.Receipt(mine.origin, size, row.receipt, "")


def check_pairing(
    db: sqlite3.Connection, channel: int, receipt: messages.Receipt, own: checkpoints.Checkpoint, key: bytes
) -> None:
    """The second head in a pairing note: it must be the partner's, shown with it, and fit what is held (7.5)."""
    theirs = logbooks.of_channel(db, channel, mine=False)
    if own.origin != theirs.origin:
        raise PeerError(Code.RECEIPT, "paired with another logbook", expected=theirs.origin, got=own.origin)
    if receipt.mine:
        shown = checkpoints.open_checkpoint(receipt.mine, theirs.origin, key)
        if shown != own:
            raise PeerError(Code.RECEIPT, "paired with another head", expected=own.size, got=shown.size)
        learn(db, theirs, shown, receipt.mine)
    held = logbooks.root_at(db, theirs, own.size)
    if held is not None and held != own.root:
        raise sequencing.ContradictionError(receipt.notes.pair, note_at(db, theirs, own.size), "pairing")


def is_fork(db: sqlite3.Connection, channel: int, notes: tuple[str, str], keys: Keys) -> bool:
    """Whether two checkpoints that the partner sent prove a fork of one of the two logbooks of this channel.

    They do if they contradict each other, or if either contradicts what is held. The notes are believed, not the
    partner.
    """
    for mine, key in ((True, keys.mine), (False, keys.theirs)):
        logbook = logbooks.of_channel(db, channel, mine)
        heads = verified(notes, logbook.origin, key)
        held = [logbooks.root_at(db, logbook, head.size) for head in heads]
        if contradict(heads) or any(root not in (None, head.root) for root, head in zip(held, heads, strict=True)):
            return True
    return False


def verified(notes: tuple[str, str], origin: str, key: bytes) -> list[checkpoints.Checkpoint]:
    """Both heads, if both are signed by the author of this logbook; none otherwise."""
    try:
        return [checkpoints.open_checkpoint(note, origin, key) for note in notes]
    except PeerError:
        return []


def contradict(heads: Sequence[checkpoints.Checkpoint]) -> bool:
    """Whether there are heads of one size with different roots."""
    return len({head.root for head in heads}) > len({head.size for head in heads})
