"""Getting my own logbook back from the partner that mirrors it.

docs/protocol.md section 10. A node that meets a head of its own that it does not remember was restored from an old
copy. It signs nothing until every missing entry is back and their root is the one it once signed.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import structlog

from contracts import errors as refusals
from node.replication import sequencing
from node.storage import logbooks, orderbooks, outboxes, partners, settings
from node.trade import books
from protocol import checkpoints, entries, identities, keys, limits, merkle, messages, notes
from protocol.encoding import Value
from protocol.errors import Code, PeerError

if TYPE_CHECKING:
    from node.replication import exchanges

LAPSED = "lapsed"  # the kind of evidence under which a document is kept that could not be written again
log = structlog.get_logger(__name__)


def size_of(checkpoint: str) -> int:
    """The size in a checkpoint note, 0 for none. The signature is verified elsewhere."""
    return head_of(checkpoint, "").size


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


async def take(
    core: exchanges.Core, channel: int, known: str, data: messages.Data, parts: list[bytes]
) -> messages.Want | bool:
    """Add a DATA message to what is recovered: the next WANT, or True when everything is back and adopted.

    `known` is the checkpoint of mine that proved the loss; `parts` collects the entries between my size and its.
    """
    target = checkpoints.parse_text(notes.parse_note(known).text)
    mine = await core.books.database.read(lambda db: logbooks.of_channel(db, channel, mine=True))
    if data.origin != mine.origin or data.first != mine.size + len(parts) or not data.entries:
        raise PeerError(Code.GAP, "not the entries asked for", expected=mine.size + len(parts), got=data.first)
    parts.extend(data.entries)
    reached = mine.size + len(parts)
    if reached < target.size:
        return messages.Want(mine.origin, reached, min(target.size, reached + limits.BATCH_ENTRIES_MAX))
    await core.books.write(lambda desk: adopt(desk.db, channel, target, known, parts))
    core.books.forget(channel)
    return True


def adopt(
    db: sqlite3.Connection, channel: int, target: checkpoints.Checkpoint, known: str, parts: Sequence[bytes]
) -> None:
    """Append recovered entries to my logbook, if they give the root that I once signed."""
    mine = logbooks.of_channel(db, channel, mine=True)
    leaves = [entries.leaf_hash(data) for data in parts]
    frontier = merkle.append(mine.frontier, leaves)
    if frontier.size != target.size or merkle.root(frontier) != target.root:
        raise PeerError(Code.ROOT, "recovered entries do not give my own root", expected=target.size, got=frontier.size)
    logbooks.append(db, mine, parts, leaves, [logbooks.Head(target.size, target.root, known)], frontier)


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
    partners.set_channel_state(desk.db, channel, partners.ChannelState.OPEN)
    desk.rebuild(channel)
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
