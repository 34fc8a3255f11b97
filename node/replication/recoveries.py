"""Getting my own logbook back from the partner that mirrors it.

docs/protocol.md section 10. A node that meets a head of its own that it does not remember was restored from an old
copy. It signs nothing until every missing entry is back and their root is the one it once signed.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from contracts import errors as refusals
from node.replication import sequencing
from node.storage import logbooks, orderbooks, outboxes, partners, settings
from node.trade import books
from protocol import checkpoints, entries, identities, keys, limits, merkle, messages, notes
from protocol.encoding import Value
from protocol.errors import Code, PeerError

LAPSED = "lapsed"  # the kind of evidence under which a document is kept that could not be written again
log = structlog.get_logger(__name__)


def head_of(checkpoint: str, origin: str) -> checkpoints.Checkpoint:
    """The head in a checkpoint note that was verified before; the empty head of `origin` for none."""
    if not checkpoint:
        return checkpoints.Checkpoint(origin, 0, merkle.EMPTY_ROOT)
    return checkpoints.parse_text(notes.parse_note(checkpoint).text)


def fitting(data: Sequence[bytes]) -> tuple[bytes, ...]:
    """As many entries from the start as one message may hold."""
    used = 0
    for count, entry in enumerate(data):
        used += len(entry) + limits.ENTRY_OVERHEAD_BYTES
        if used > limits.BATCH_BYTES_MAX:
            return tuple(data[:count])
    return tuple(data)


@dataclass(frozen=True, slots=True)
class Loss:
    """What this node has to get back: the checkpoint of mine that proves it, and its head."""

    note: str
    head: checkpoints.Checkpoint

    def want(self, have: int) -> messages.Want:
        """Ask for the next entries, when `have` are here."""
        return messages.Want(self.head.origin, have, min(self.head.size, have + limits.BATCH_ENTRIES_MAX))


def begin(db: sqlite3.Connection, channel: int, known: str) -> tuple[Loss, messages.Want]:
    """A later head of mine exists: what is missing, and the first question. What came in an earlier session is void."""
    mine = logbooks.of_channel(db, channel, mine=True)
    logbooks.discard_staged(db, mine)
    loss = Loss(known, head_of(known, mine.origin))
    return loss, loss.want(mine.size)


def take(
    desk: books.Desk, channel: int, loss: Loss, data: messages.Data, signer: sequencing.Signer
) -> messages.Want | None:
    """Stage the entries of a DATA message beside my logbook: the next question, or None when all is back and adopted.

    PeerError `log.gap` for other entries than were asked for, `log.ahead` if the partner does not have them.
    """
    mine = logbooks.of_channel(desk.db, channel, mine=True)
    have = mine.size + logbooks.staged(desk.db, mine)
    if (data.origin, data.first) != (mine.origin, have) or have + len(data.entries) > loss.head.size:
        raise PeerError(Code.GAP, "not the entries asked for", expected=have, got=data.first)
    if not data.entries:
        raise PeerError(Code.AHEAD, "the partner shows a head whose entries it does not have", expected=have, got=0)
    leaves = [entries.leaf_hash(entry) for entry in data.entries]
    logbooks.stage(desk.db, mine, have, data.entries, leaves)
    have += len(data.entries)
    if have < loss.head.size:
        return loss.want(have)
    adopt(desk, channel, mine, loss, signer)
    return None


def adopt(desk: books.Desk, channel: int, mine: logbooks.Logbook, loss: Loss, signer: sequencing.Signer) -> None:
    """Append what is staged to my logbook, if it gives the root that I once signed; else PeerError `log.root`.

    It needs a head at the end of every batch, or it could not be sent again. These are heads of the same history
    below the one that I signed, so to sign them says nothing new.
    """
    frontier = mine.frontier
    for leaves in logbooks.staged_leaves(desk.db, mine):
        frontier = merkle.append(frontier, leaves)
    if (frontier.size, merkle.root(frontier)) != (loss.head.size, loss.head.root):
        raise PeerError(Code.ROOT, "recovered entries do not give my own root", expected=loss.head.size)
    for data, leaves in logbooks.take_staged(desk.db, mine):
        heads, frontier = sequencing.sign_heads(mine, data, leaves, signer)
        mine = logbooks.append(desk.db, mine, data, leaves, heads, frontier)
    desk.books.library.forget(channel)


def own_log_key(secrets: keys.Secrets) -> bytes:
    """My public log key, to tell a head that I signed from one that I did not."""
    return keys.public(secrets.log, "log")


def finish(desk: books.Desk, channel: int, partner_size: int) -> bool:
    """Open the channel again, if the partner's logbook is here as far as it showed; tells whether it was.

    What was lost is folded with its effects on this node's own tables, but nothing is answered by itself: whether it
    was answered already stands in the recovered entries, and the merchant looks at the rest.
    """
    theirs = logbooks.of_channel(desk.db, channel, mine=False)
    if theirs.size < partner_size:
        return False
    mine = logbooks.of_channel(desk.db, channel, mine=True)
    waiting = outboxes.rows(desk.db, mine.id)
    if waiting:
        outboxes.clear(desk.db, mine.id, waiting[-1][0])
    partners.set_channel_state(desk.db, channel, partners.ChannelState.PAIRING)
    partners.open_if_paired(desk.db, channel)
    if desk.rebuild(channel):
        rewrite(desk, desk.book(channel), [(leaf, data) for _, leaf, data in waiting])
    return True


def rewrite(desk: books.Desk, book: books.Book, waiting: Sequence[tuple[bytes, bytes]]) -> None:
    """Write again what waited in the outbox: it was judged against a state that is no more.

    An entry that came back is left out. The others keep their ids and get a new `seen`, so new hashes: what named the
    old one names the new one. What a rule refuses now is kept as lapsed, for the merchant to look at.
    """
    renamed: dict[bytes, bytes] = {}
    for leaf, data in waiting:
        entry = entries.parse(data)
        if entry.id in book.history.channel.ids[book.side]:
            continue
        body = {name: substitute(value, renamed) for name, value in entry.body.items()}
        references = [entries.Reference(it.side, renamed.get(it.hash, it.hash)) for it in entry.re]
        try:
            written = desk.write(book, entry.type, body, references, id=entry.id)
        except refusals.Refused as refused:
            log.warning("a document lapsed with the old copy", type=entry.type, fault=str(refused))
            partners.keep_evidence(desk.db, book.channel.id, LAPSED, data)
            continue
        renamed[leaf] = written.hash
        orderbooks.rename_fulfilment(desk.db, leaf, written.hash)
        settings.rename_answers(desk.db, leaf.hex(), written.hash.hex())


def substitute(value: Value, renamed: Mapping[bytes, bytes]) -> Value:
    """A value of a body with every hash renamed that has a new one."""
    match value:
        case bytes():
            return renamed.get(value, value)
        case list():
            return [substitute(part, renamed) for part in value]
        case dict():
            return {name: substitute(part, renamed) for name, part in value.items()}
    return value


def note_text(head: checkpoints.Checkpoint, fence: bytes) -> str:
    """The text of a recovery note: "I hold no later head of this logbook" (docs/protocol.md section 10)."""
    root, token = (base64.b64encode(value).decode() for value in (head.root, fence))
    return f"hanse recovery v1\n{head.origin} {head.size} {root}\n{token}\n"


def sign_note(head: checkpoints.Checkpoint, fence: bytes, signer: sequencing.Signer) -> str:
    """My recovery note for a head that the partner showed as its newest."""
    text = note_text(head, fence)
    name = checkpoints.key_name(signer.node, "receipt")
    return notes.format_note(text, [notes.sign(text, name, signer.secrets.receipt)])


def check_note(note: str, mine: logbooks.Logbook, fence: bytes, partner: identities.NodeId, receipt_key: bytes) -> None:
    """Verify a partner's recovery note about my logbook as it stands now, under the fence of this start."""
    text = notes.open_note(note, checkpoints.key_name(partner, "receipt"), receipt_key)
    expected = note_text(checkpoints.Checkpoint(mine.origin, mine.size, mine.root), fence)
    if text != expected:
        raise PeerError(Code.RECEIPT, "recovery note about another head", expected=expected, got=text)
