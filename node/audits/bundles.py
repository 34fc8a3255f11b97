"""Writing an audit export: everything that an auditor needs to check this node's books without asking anybody.

Of each channel, both logbooks up to a head that the other side has receipted: what a partner has not yet confirmed is
no evidence against it. Written are entries, tree hashes, public keys and signed notes, and of the blobs only the
lines of statements; so no private key, no personal data and no name that this merchant gave a partner can be in it.

Entries are read and written 256 at a time; nothing grows with the length of a logbook.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from node import errors
from node.audits import keyrings, layouts, readmes, views
from node.audits.progresses import Progress, Report
from node.storage import blobs, exports, logbooks, partners
from protocol import checkpoints, entries, identities, tiles
from protocol.errors import PeerError

Written = TypeVar("Written")
FORK: Final = "fork"
"""The kind of evidence that is two signed heads; `replication` keeps it."""
READABLE_BACK_MAX: Final = 1_024
"""How far back an entry is looked for that can be read, where the last ones cannot."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written: `skipped` channels have no head that both sides have receipted yet."""

    channels: int
    entries: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Part:
    """One logbook of a channel and the size up to which it is exported."""

    logbook: logbooks.Logbook
    author: identities.NodeId
    reader: identities.NodeId
    size: int


def export(db: sqlite3.Connection, directory: Path, me: bytes, report: Report) -> Summary:
    """Write the books of the node `me` into a folder that does not exist yet or is empty.

    The folder appears whole or not at all. Raises `NodeError` `audit.target` for a folder that is not empty,
    `audit.no-identity`, `disk.full` and `disk.failed`.
    """
    return whole(directory, lambda root: write(db, root, identities.NodeId(me), report))


def whole(directory: Path, write: Callable[[Path], Written]) -> Written:
    """Fill a folder by a function that gets an empty one: beside it and under another name until all is written."""
    check_target(directory)
    partial = directory.with_name(f".{directory.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)  # of an export that was interrupted
        partial.mkdir(parents=True, mode=0o700)
        try:
            written = write(partial)
            partial.replace(directory)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        code = "disk.full" if errors.is_full(error) else "disk.failed"
        raise errors.NodeError(code, "the export could not be written", got=error.strerror or str(error)) from error
    return written


def check_target(directory: Path) -> None:
    """Refuse a target that holds anything: an export is never mixed with other files."""
    try:
        if directory.is_symlink() or (directory.exists() and (not directory.is_dir() or any(directory.iterdir()))):
            raise errors.NodeError("audit.target", "the folder for the export is not empty", got=directory)
    except OSError as error:
        raise errors.NodeError("disk.failed", "the folder cannot be looked into", got=error.strerror) from error


def write(db: sqlite3.Connection, root: Path, me: identities.NodeId, report: Report) -> Summary:
    """Write the whole export into an empty folder."""
    channels = [(channel, parts) for channel in partners.channels(db) if (parts := parts_of(db, channel, me))]
    total = sum(part.size for _, parts in channels for part in parts)
    progress = Progress("entries", total, report)
    for node in sorted({me, *(part.author for _, parts in channels for part in parts)}):
        write_identity(db, root, node)
    for channel, parts in channels:
        folder = layouts.channel(parts[1].author, channel.epoch)
        for part in parts:
            write_logbook(db, root, folder, part, progress)
        kept = [content for kind, content in partners.evidence(db, channel.id) if kind == FORK]
        for number, content in enumerate(kept, start=1):
            save(root / folder / layouts.EVIDENCE / str(number), [content])
    save(root / layouts.README, [readmes.text(identities.to_text(me)).encode()])
    return Summary(len(channels), total, len(partners.channels(db)) - len(channels))


def parts_of(db: sqlite3.Connection, channel: partners.Channel, me: identities.NodeId) -> tuple[Part, Part] | None:
    """Both logbooks of a channel, mine first, and how far each is exported; None before both have a receipted head."""
    mine = logbooks.of_channel(db, channel.id, mine=True)
    theirs = logbooks.of_channel(db, channel.id, mine=False)
    sizes = closed_sizes(db, mine.id, theirs.id)
    return (part_of(db, mine, me, sizes[0]), part_of(db, theirs, me, sizes[1])) if all(sizes) else None


def part_of(db: sqlite3.Connection, logbook: logbooks.Logbook, me: identities.NodeId, size: int) -> Part:
    """A logbook of the node `me` up to `size`, with its author and reader."""
    partner = partners.by_id(db, partners.channel(db, logbook.channel).partner)
    assert partner is not None
    author, reader = (me, partner.node) if logbook.mine else (partner.node, me)
    return Part(logbook, author, reader, size)


def closed_sizes(db: sqlite3.Connection, mine: int, theirs: int) -> tuple[int, int]:
    """The largest receipted heads of two logbooks that have not seen beyond each other; (0, 0) when there are none.

    A partner's entry may have seen an entry of mine whose receipt is still on its way: then the partner's logbook is
    exported up to the receipted head before it.
    """
    sizes = [next(exports.receipted_sizes(db, logbook), 0) for logbook in (mine, theirs)]
    while True:
        lower = [
            next((size for size in exports.receipted_sizes(db, logbook) if fits(db, logbook, size, own, other)), 0)
            for logbook, own, other in ((mine, sizes[0], sizes[1]), (theirs, sizes[1], sizes[0]))
        ]
        if lower == sizes:
            return sizes[0], sizes[1]
        sizes = lower


def fits(db: sqlite3.Connection, logbook: int, size: int, size_max: int, seen_max: int) -> bool:
    """Whether a head is within `size_max`, and the entries under it have seen at most `seen_max` of the partner's."""
    return size <= size_max and last_seen(db, logbook, size) <= seen_max


def last_seen(db: sqlite3.Connection, logbook: int, size: int) -> int:
    """What the last entry below `size` has seen; since it never goes back, this is the most."""
    for index in range(size - 1, max(-1, size - 1 - READABLE_BACK_MAX), -1):
        try:
            return entries.parse(logbooks.entries(db, logbook, index, index + 1)[0]).seen
        except PeerError:
            continue
    return 0


def write_identity(db: sqlite3.Connection, root: Path, node: identities.NodeId) -> None:
    """The identity logbook of a node as entry bundles."""
    leaves = partners.identity_entries(db, node)
    if not leaves:
        raise errors.NodeError(
            "audit.no-identity", "the identity of a party is not stored", got=identities.to_text(node)
        )
    for tile in tiles.bundles(len(leaves)):
        first = tile.number * tiles.WIDTH
        content = tiles.bundle(leaves[first : first + tile.width])
        save(root / layouts.bundle(layouts.identity(node), tile), [content])


def write_logbook(db: sqlite3.Connection, root: Path, channel: str, part: Part, progress: Progress) -> None:
    """One logbook: entries, tiles, keys, notes, and the statements that its author proposed."""
    folder = f"{channel}/{layouts.logbook(part.logbook.origin)}"
    for tile in tiles.bundles(part.size):
        first = tile.number * tiles.WIDTH
        rows = logbooks.rows(db, part.logbook.id, first, first + tile.width)
        save(root / layouts.bundle(folder, tile), [tiles.bundle([data for _, _, data in rows])])
        for index, leaf, data in rows:
            if views.is_statement(data):
                write_statement(db, root, channel, part.logbook.origin, index, leaf, data)
        progress.add(len(rows))
    for tile in tiles.tiles(part.size):
        hashes = logbooks.block_hashes(db, part.logbook.id, tile.level, tile.number)[: tile.width]
        save(root / layouts.bundle(folder, tile), hashes)
    write_notes(db, root / folder, part)


def write_notes(db: sqlite3.Connection, folder: Path, part: Part) -> None:
    """The exported head and the keys, all other heads, and the pairing notes."""
    write_head(db, folder, part)
    signed = exports.signed_heads(db, part.logbook.id, part.size)
    save(folder / layouts.HEADS, joined(checkpoint + cosignature for _, checkpoint, cosignature in signed))
    save(folder / layouts.RECEIPTS, joined(exports.pairing_notes(db, part.logbook.id, part.size)))


def write_head(db: sqlite3.Connection, folder: Path, part: Part) -> str:
    """The exported head with its cosignature, and the keys that made them; returns the note."""
    head = logbooks.head(db, part.logbook.id, part.size)
    receipt = logbooks.receipt_at(db, part.logbook.id, part.size)
    assert head is not None and receipt is not None  # the size was chosen so
    origin, note = part.logbook.origin, head.checkpoint + receipt.cosignature
    log_vkey = layouts.log_vkey(origin, signer(db, part.author, "log", origin, note))
    mirror_vkey = layouts.mirror_vkey(part.reader, signer(db, part.reader, "mirror", origin, note))
    save(folder / layouts.CHECKPOINT, [note.encode()])
    save(folder / layouts.VKEY, [f"{log_vkey}\n".encode()])
    save(folder / layouts.MIRROR_VKEY, [f"{mirror_vkey}\n".encode()])
    save(folder / layouts.POLICY, [layouts.policy(log_vkey, mirror_vkey).encode()])
    return note


def signer(db: sqlite3.Connection, node: identities.NodeId, role: str, origin: str, note: str) -> bytes:
    """The public key of this role that signed a stored note."""
    keyring = keyrings.load("", partners.identity_entries(db, node))
    return keyring.signer(role, origin, checkpoints.parse_note(note).signatures).public


def write_statement(
    db: sqlite3.Connection, root: Path, channel: str, origin: str, index: int, leaf: bytes, data: bytes
) -> None:
    """A proposed statement in the form for people, and the blob with its lines where it is held."""
    try:
        entry = entries.parse(data)
    except PeerError:
        return  # it stands in the logbook all the same, and the auditor sees it refused
    if entry.type != views.STATEMENT:
        return
    digest = views.lines_hash(entry)
    blob = None if digest is None else blobs.get(db, digest)
    lines = None if blob is None else views.read_lines(blob)
    if digest is not None and blob is not None and lines is not None:
        save(root / layouts.blob(channel, digest), [blob])
    save(root / layouts.statement(channel, leaf), [views.statement(origin, index, leaf, entry, lines)])


def joined(notes: Iterable[str]) -> Iterator[bytes]:
    """Notes one after the other with an empty line between two."""
    for number, note in enumerate(notes):
        yield (f"\n{note}" if number else note).encode()


def save(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(chunks)
