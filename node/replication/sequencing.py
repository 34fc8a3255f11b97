"""The two transactions on which everything rests: signing my outbox, and storing a partner's batch.

docs/protocol.md sections 6 and 7. Both are plain functions inside one SQLite transaction. A receipt exists only if
the entries, the partner's checkpoint, my own head and both signatures are committed together: what leaves the node
afterwards can be read back after any crash.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from node.storage import logbooks, outboxes, partners
from protocol import checkpoints, entries, identities, keys, limits, merkle, messages, notes, syncing
from protocol.errors import Code, PeerError


@dataclass(frozen=True, slots=True)
class Signer:
    """The keys with which this node signs on every channel."""

    node: identities.NodeId
    secrets: keys.Secrets

    def sign_head(self, origin: str, frontier: merkle.Frontier) -> logbooks.Head:
        """My checkpoint over a frontier of my logbook."""
        root = merkle.root(frontier)
        checkpoint = checkpoints.Checkpoint(origin, frontier.size, root)
        return logbooks.Head(frontier.size, root, checkpoints.sign_checkpoint(checkpoint, self.secrets.log))

    def sign_receipt(self, theirs: logbooks.Logbook, mine: logbooks.Logbook, time_s: int) -> logbooks.Receipt:
        """My mirror cosignature over the partner's newest head, and the note that pairs it with my own."""
        read = checkpoints.Checkpoint(theirs.origin, theirs.size, theirs.root)
        own = checkpoints.Checkpoint(mine.origin, mine.size, mine.root)
        cosignature = checkpoints.cosign(
            checkpoints.checkpoint_text(read),
            checkpoints.key_name(self.node, "mirror"),
            self.secrets.mirror,
            time_s,
        )
        pair = checkpoints.sign_pair(
            checkpoints.Pair(read, own), checkpoints.key_name(self.node, "receipt"), self.secrets.receipt
        )
        return logbooks.Receipt(theirs.size, cosignature, pair, time_s)


def sequence(db: sqlite3.Connection, logbook: logbooks.Logbook, signer: Signer) -> logbooks.Logbook:
    """Give everything in the outbox its index, and sign a head at the end of every batch. One signature a batch.

    However much waits after days without the partner, no more than one batch of it is in memory at once.
    """
    while waiting := outboxes.rows(db, logbook.id, limits.BATCH_ENTRIES_MAX):
        data = [row[2] for row in waiting]
        leaves = [row[1] for row in waiting]
        heads, frontier = sign_heads(logbook, data, leaves, signer)
        outboxes.clear(db, logbook.id, waiting[-1][0])
        logbook = logbooks.append(db, logbook, data, leaves, heads, frontier)
    return logbook


def sign_heads(
    logbook: logbooks.Logbook, data: Sequence[bytes], leaves: Sequence[bytes], signer: Signer
) -> tuple[list[logbooks.Head], merkle.Frontier]:
    """A signed head at the end of each batch of the entries that follow a logbook, and the frontier after the last."""
    heads: list[logbooks.Head] = []
    frontier, start = logbook.frontier, 0
    for end in syncing.cut_batches([len(entry) for entry in data]):
        frontier = merkle.append(frontier, leaves[start:end])
        heads.append(signer.sign_head(logbook.origin, frontier))
        start = end
    return heads, frontier


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """A batch whose checkpoint carries the author's valid signature; its entries are hashed but not yet compared."""

    batch: messages.Batch
    checkpoint: checkpoints.Checkpoint
    leaves: tuple[bytes, ...]
    seen_max: int  # how many of my entries its author claims to have seen


def check_batch(batch: messages.Batch, author_log_key: bytes) -> CheckedBatch:
    """Verify the signature and that the batch ends at its checkpoint; hash the leaves. Touches no disk."""
    checkpoint = checkpoints.open_checkpoint(batch.checkpoint, batch.origin, author_log_key)
    end = batch.first + len(batch.entries)
    if checkpoint.size != end:
        raise PeerError(Code.GAP, "batch does not end at its checkpoint", expected=end, got=checkpoint.size)
    leaves = tuple(map(entries.leaf_hash, batch.entries))
    return CheckedBatch(batch, checkpoint, leaves, max(map(seen_of, batch.entries)))


def seen_of(data: bytes) -> int:
    """The `seen` of an entry; 0 for bytes that are no entry, which are stored all the same and refused by the fold."""
    try:
        return entries.parse(data).seen
    except PeerError:
        return 0


class ContradictionError(Exception):
    """Two signed heads contradict each other, or signed entries do not hash to their head. Carries both notes.

    `kind` is "fork" for two checkpoints of one logbook, "pairing" for a pairing note against a checkpoint.
    """

    def __init__(self, first: str, second: str, kind: str = "fork") -> None:
        super().__init__("contradicting heads")
        self.first, self.second, self.kind = first, second, kind


@dataclass(frozen=True, slots=True)
class Stored:
    """The outcome of storing a batch: both logbooks as committed, the receipt, and the checkpoint of mine beside it."""

    mine: logbooks.Logbook
    theirs: logbooks.Logbook
    receipt: logbooks.Receipt
    paired: str


def store_batch(
    db: sqlite3.Connection, channel: int, checked: CheckedBatch, signer: Signer, now_s: int, may_sign: bool
) -> Stored | None:
    """Store a partner's batch and receipt it: the one transaction of docs/protocol.md section 7.4.

    Returns None when nothing can be receipted yet (`may_sign` is false: entries are stored, and receipted later).
    PeerError `log.gap` when entries before the batch are missing; ContradictionError when it proves a fork.
    """
    theirs = logbooks.of_channel(db, channel, mine=False)
    mine = logbooks.of_channel(db, channel, mine=True)
    if may_sign and checked.seen_max > mine.size:  # a logbook that is being recovered is shorter than it was
        raise PeerError(
            Code.AHEAD,
            "an entry claims to have seen more than there is",
            expected=f"at most {mine.size}",
            got=checked.seen_max,
        )
    batch, count = checked.batch, len(checked.leaves)
    placement = syncing.place(theirs.size, batch.first, count)
    if placement is syncing.Placement.GAP:
        raise PeerError(Code.GAP, "entries before the batch are missing", expected=theirs.size, got=batch.first)
    known = min(theirs.size - batch.first, count)
    if known and logbooks.leaves(db, theirs.id, batch.first, batch.first + known) != list(checked.leaves[:known]):
        raise ContradictionError(theirs.checkpoint, batch.checkpoint)
    if placement is not syncing.Placement.REPEAT:
        theirs = extend(db, theirs, checked, known)
    elif logbooks.root_at(db, theirs, checked.checkpoint.size) != checked.checkpoint.root:
        held = logbooks.head(db, theirs.id, checked.checkpoint.size)
        raise ContradictionError(theirs.checkpoint if held is None else held.checkpoint, batch.checkpoint)
    return receipt(db, channel, theirs, signer, now_s) if may_sign else None


def extend(db: sqlite3.Connection, theirs: logbooks.Logbook, checked: CheckedBatch, known: int) -> logbooks.Logbook:
    """Append the unknown part of a batch, once its entries themselves give the signed root (L04).

    They must also give the newest head that the author ever showed, whose entries may not have come at that time.
    """
    leaves = checked.leaves[known:]
    frontier = merkle.append(theirs.frontier, leaves)
    root = merkle.root(frontier)
    if root != checked.checkpoint.root:
        raise ContradictionError(theirs.checkpoint, checked.batch.checkpoint)
    shown = theirs.known_size - theirs.size
    if 0 < shown <= len(leaves):
        early = checkpoints.parse_text(notes.parse_note(theirs.known_checkpoint).text)
        if merkle.root(merkle.append(theirs.frontier, leaves[:shown])) != early.root:
            raise ContradictionError(theirs.known_checkpoint, checked.batch.checkpoint)
    head = logbooks.Head(frontier.size, root, checked.batch.checkpoint)
    return logbooks.append(db, theirs, checked.batch.entries[known:], leaves, [head], frontier)


def receipt(db: sqlite3.Connection, channel: int, theirs: logbooks.Logbook, signer: Signer, now_s: int) -> Stored:
    """Sequence my outbox, sign my head, and cosign the partner's: all for one commit.

    A head that was receipted before gets the same bytes again (receipt_idempotent).
    """
    mine = logbooks.of_channel(db, channel, mine=True)
    given = logbooks.receipt_at(db, theirs.id, theirs.size)
    if given is not None:
        return Stored(mine, theirs, given, paired_head(db, mine, given, signer))
    mine = sequence(db, mine, signer)
    given = signer.sign_receipt(theirs, mine, time_after(db, theirs, now_s))
    logbooks.save_receipt(db, theirs.id, given)
    partners.open_if_paired(db, channel)
    return Stored(mine, theirs, given, mine.checkpoint)


def paired_head(db: sqlite3.Connection, mine: logbooks.Logbook, given: logbooks.Receipt, signer: Signer) -> str:
    """My checkpoint over the head that a stored receipt is paired with: the receipt is older than my newest head.

    A head between two others that came back after a restore is signed again: Ed25519 gives the same bytes.
    """
    name = checkpoints.key_name(signer.node, "receipt")
    own = checkpoints.open_pair(given.pair, name, keys.public(signer.secrets.receipt, "receipt")).own
    head = logbooks.head(db, mine.id, own.size)
    if own.size == 0 or head is not None:
        return "" if head is None else head.checkpoint
    return signer.sign_head(mine.origin, logbooks.frontier_at(db, mine, own.size)).checkpoint


def time_after(db: sqlite3.Connection, theirs: logbooks.Logbook, now_s: int) -> int:
    """The time of a new cosignature: never before the last one over this logbook, even if the clock stepped (L19)."""
    last = logbooks.newest_receipt(db, theirs.id)
    return now_s if last is None else max(now_s, last.time_s)


@dataclass(frozen=True, slots=True)
class PartnerKeys:
    """The partner's keys that matter for a receipt."""

    node: identities.NodeId
    mirror: bytes
    receipt: bytes
    log: bytes


def check_receipt(
    db: sqlite3.Connection, mine: logbooks.Logbook, receipt: messages.Receipt, partner: PartnerKeys
) -> tuple[logbooks.Receipt, checkpoints.Checkpoint]:
    """Verify a receipt for a head of mine: both signatures, the head I signed, and the pairing (L07).

    Returns it with the partner's own head in it. PeerError `log.receipt` when it names a head that I never signed or
    another logbook.
    """
    head = logbooks.head(db, mine.id, receipt.size)
    if head is None or receipt.origin != mine.origin:
        raise PeerError(Code.RECEIPT, "receipt over a head never signed", expected="a signed size", got=receipt.size)
    read = checkpoints.Checkpoint(mine.origin, receipt.size, head.root)
    time_s = checkpoints.open_cosignature(
        checkpoints.checkpoint_text(read),
        receipt.notes.cosignature,
        checkpoints.key_name(partner.node, "mirror"),
        partner.mirror,
    )
    pair = checkpoints.open_pair(receipt.notes.pair, checkpoints.key_name(partner.node, "receipt"), partner.receipt)
    if pair.read != read:
        raise PeerError(Code.RECEIPT, "pairing note names another head", expected=receipt.size, got=pair.read.size)
    return logbooks.Receipt(receipt.size, receipt.notes.cosignature, receipt.notes.pair, time_s), pair.own


def keep_contradiction(db: sqlite3.Connection, channel: int, proof: ContradictionError) -> None:
    """Persist the proof of a fork and stop the channel, before anything is answered (L03)."""
    partners.keep_evidence(db, channel, proof.kind, f"{proof.first}\n\n{proof.second}".encode())
    partners.set_channel_state(db, channel, partners.ChannelState.FORKED)


def batch_at(
    db: sqlite3.Connection, mine: logbooks.Logbook, first: int, bytes_max: int, entries_max: int
) -> messages.Batch | None:
    """The next batch of my logbook from `first` on, ending at a head that I signed; None when all is sent."""
    head = logbooks.head_after(db, mine.id, first, bytes_max, entries_max)
    if head is None:
        return None
    return messages.Batch(mine.origin, first, tuple(logbooks.entries(db, mine.id, first, head.size)), head.checkpoint)


def size_bytes(data: Sequence[bytes]) -> int:
    """What entries cost against credit, in bytes."""
    return sum(map(len, data))
