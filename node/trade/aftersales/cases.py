"""A case for the arbiter: the documents that a party discloses, with their proofs, in one file.

The arbiter is on no channel of the two. So the file carries both identity logs, a signed head of each logbook, and for
each document the path that shows it under that head. One party's copy is enough: the other one's documents carry the
other one's signature. Whoever reads a case asks no node and no disk.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pydantic

from node import errors
from node.storage import blobs, logbooks, outboxes, partners
from node.trade import books
from protocol import checkpoints, encoding, entries, identities, limits, merkle
from protocol.encoding import Value
from protocol.entries import Entry
from protocol.errors import PeerError

FORMAT = "hanse/case/1"
OPENING = "channel.open"
UNSIGNED = frozenset({"dispute.open", "dispute.evidence"})
"""What a party may show before its logbook is signed so far: its partner may be gone. An award names it by its hash, so
it counts only where that very entry comes to stand."""


class Head(pydantic.BaseModel):
    """A signed note of the author, and the reader's cosignature line over it, empty where there is none."""

    note: str
    cosignature: str = ""


class Disclosed(pydantic.BaseModel):
    """An entry at `index`: its bytes and the hashes of its proof under head number `under`, in hex. Without an index it
    is not signed yet."""

    index: int | None
    data: str
    under: int = 0
    proof: list[str] = []


class Book(pydantic.BaseModel):
    """What is disclosed of one logbook: its author's NodeID in hex, its origin, entries, and the heads above them: the
    newest one with a receipt, and the newest of all."""

    author: str
    origin: str
    heads: list[Head]
    entries: list[Disclosed]


class Case(pydantic.BaseModel):
    """The file. `identities`: the identity log of each party by its NodeID, in hex; `blobs` by their hash."""

    format: str = FORMAT
    dispute: str
    identities: dict[str, list[str]]
    books: list[Book]
    blobs: dict[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A document of a case. `proved`: under a head that its author signed; `receipted`: cosigned by the other side."""

    leaf: bytes
    author: bytes
    entry: Entry
    proved: bool
    receipted: bool


@dataclass(slots=True)
class Read:
    """A case that was checked. `faults`: everything that does not hold, in words."""

    dispute: bytes
    parties: tuple[bytes, ...] = ()
    documents: list[Shown] = field(default_factory=list)
    blobs: dict[bytes, bytes] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def find(self, leaf: bytes) -> Shown | None:
        """The document with this hash."""
        return next((one for one in self.documents if one.leaf == leaf), None)


# --- writing


def compose(desk: books.Desk, book: books.Book, dispute: bytes, leaves: Sequence[bytes]) -> Case:
    """The case of a dispute: the entries with these leaf hashes, and the openings of both logbooks."""
    parts = []
    for logbook, node, side in (
        (book.mine, book.me, book.side),
        (book.theirs, book.partner.node, 1 - book.side),
    ):
        positions = book.history.channel.positions[side]
        wanted = {positions[leaf] for leaf in leaves if leaf in positions}
        parts.append(disclose(desk.db, logbooks.by_id(desk.db, logbook.id), node, sorted({0, *wanted})))
    found = [bytes.fromhex(one.data) for part in parts for one in part.entries]
    return Case(
        dispute=dispute.hex(),
        identities={
            bytes(node).hex(): [leaf.hex() for leaf in partners.identity_entries(desk.db, node)]
            for node in (book.me, book.partner.node)
        },
        books=parts,
        blobs={digest.hex(): data.hex() for digest, data in attached(desk.db, found)},
    )


def disclose(db: sqlite3.Connection, logbook: logbooks.Logbook, author: bytes, indexes: Sequence[int]) -> Book:
    """Some entries of a logbook, each under a head that the other side receipted or else under the newest one; what
    waits in the outbox comes without a proof."""
    heads = list(heads_of(db, logbook))
    found = []
    waiting = outboxes.rows(db, logbook.id)
    for index in indexes:
        if index >= logbook.size:
            found.append(Disclosed(index=None, data=waiting[index - logbook.size][2].hex()))
            continue
        ((_, _, data),) = logbooks.rows(db, logbook.id, index, index + 1)
        under = next(place for place, (size, _) in enumerate(heads) if index < size)
        hashes = merkle.inclusion(index, heads[under][0], logbooks.node_at(db, logbook.id))
        proof = [hash.hex() for hash in hashes]
        found.append(Disclosed(index=index, data=data.hex(), under=under, proof=proof))
    return Book(author=author.hex(), origin=logbook.origin, heads=[head for _, head in heads], entries=found)


def heads_of(db: sqlite3.Connection, logbook: logbooks.Logbook) -> Iterator[tuple[int, Head]]:
    """The newest receipted head of a logbook and the newest one, with their sizes."""
    given = logbooks.newest_receipt(db, logbook.id)
    signed = None if given is None else logbooks.head(db, logbook.id, given.size)
    if given is not None and signed is not None:
        yield signed.size, Head(note=signed.checkpoint, cosignature=given.cosignature)
    if logbook.size and (signed is None or signed.size < logbook.size):
        yield logbook.size, Head(note=logbook.checkpoint)


def attached(db: sqlite3.Connection, found: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The blobs that are here of those which some entries name."""
    for data in found:
        rows = entries.parse(data).body.get("attachments")
        for row in rows if isinstance(rows, list) else ():
            digest = row.get("hash") if isinstance(row, dict) else None
            content = blobs.get(db, digest) if isinstance(digest, bytes) else None
            if isinstance(digest, bytes) and content is not None:
                yield digest, content


# --- reading


def read(content: str) -> Read:
    """Check a case. NodeError `case.unreadable` for what is no case at all; what does not hold stands in `faults`."""
    try:
        case = Case.model_validate_json(content)
        found = Read(bytes.fromhex(case.dispute))
        keys = {bytes.fromhex(node): [bytes.fromhex(leaf) for leaf in log] for node, log in case.identities.items()}
        for digest, data in case.blobs.items():
            found.blobs[bytes.fromhex(digest)] = bytes.fromhex(data)
        found.parties = tuple(bytes.fromhex(part.author) for part in case.books)
    except (pydantic.ValidationError, ValueError) as error:
        raise errors.NodeError(
            "case.unreadable", "this is no case", expected="what `hanse dispute export` wrote", got=str(error)[:200]
        ) from None
    if case.format != FORMAT or len(case.books) != 2:
        raise errors.NodeError("case.unreadable", "this is another kind of file", expected=FORMAT, got=case.format)
    known = {node: identity for node, log in keys.items() if (identity := identity_of(found, node, log)) is not None}
    for part, reader in zip(case.books, reversed(found.parties), strict=True):
        if bytes.fromhex(part.author) in known and reader in known:
            check_book(found, part, known[bytes.fromhex(part.author)], known[reader])
    for name, content_of in found.blobs.items():
        if hashlib.sha256(content_of).digest() != name:
            found.faults.append(f"the file {name.hex()[:12]} is not what its name says")
    opened = found.find(found.dispute)
    if opened is None or opened.entry.type != "dispute.open":
        found.faults.append("the dispute itself is not among the documents")
    return found


def identity_of(found: Read, node: bytes, log: Sequence[bytes]) -> identities.Identity | None:
    """A party's keys, from its identity log."""
    try:
        identity = identities.replay(log)
    except PeerError as error:
        found.faults.append(f"the identity of {node.hex()[:12]} does not hold: {error.hint}")
        return None
    if bytes(identity.node_id) != node:
        found.faults.append(f"the identity log of {node.hex()[:12]} is somebody else's")
        return None
    return identity


def generations(identity: identities.Identity, role: str) -> list[bytes]:
    """Every key that a role ever had, newest first."""
    return [identity.keys[role], *(retired.keys[role] for retired in reversed(identity.retired))]


def check_book(found: Read, part: Book, author: identities.Identity, reader: identities.Identity) -> None:
    """The documents of one logbook: its heads are the author's, each entry is under one, the first one opens it."""
    heads = [opened_head(part, head, author) for head in part.heads]
    if None in heads or not heads:
        found.faults.append(f"a head of {part.origin} is not signed by its author")
    for one in part.entries:
        head = heads[one.under] if one.index is not None and 0 <= one.under < len(heads) else None
        try:
            data = bytes.fromhex(one.data)
            entry, leaf = entries.parse(data), entries.leaf_hash(data)
            if head is not None and one.index is not None:
                hashes = [bytes.fromhex(hash) for hash in one.proof]
                merkle.verify_inclusion(leaf, one.index, head.size, hashes, head.root)
        except (PeerError, ValueError) as error:
            found.faults.append(f"an entry of {part.origin} does not hold: {error}")
            continue
        if head is None and entry.type not in UNSIGNED:
            found.faults.append(f"an entry of {part.origin}, {entry.type}, is signed by nobody")
        if one.index == 0 and not opens(entry, part, reader):
            found.faults.append(f"{part.origin} is no logbook between these two parties")
        receipted = head is not None and is_cosigned(part.heads[one.under], head, reader)
        found.documents.append(Shown(leaf, bytes(author.node_id), entry, head is not None, receipted))
    if all(one.index != 0 for one in part.entries):
        found.faults.append(f"{part.origin} comes without its first entry")


def opened_head(part: Book, head: Head, author: identities.Identity) -> checkpoints.Checkpoint | None:
    """A head of a logbook, if its author signed it with any key that it ever had."""
    for public in generations(author, "log"):
        try:
            return checkpoints.open_checkpoint(head.note, part.origin, public)
        except PeerError:
            continue
    return None


def is_cosigned(given: Head, head: checkpoints.Checkpoint, reader: identities.Identity) -> bool:
    """Whether the other side has receipted this very head."""
    name = checkpoints.key_name(reader.node_id, "mirror")
    for public in generations(reader, "mirror") if given.cosignature else ():
        try:
            checkpoints.open_cosignature(checkpoints.checkpoint_text(head), given.cosignature, name, public)
            return True
        except PeerError:
            continue
    return False


def opens(entry: Entry, part: Book, reader: identities.Identity) -> bool:
    """Whether entry 0 says that this logbook is its author's, for the other party."""
    nodes, origins = entry.body.get("nodes"), entry.body.get("origins")
    return (
        entry.type == OPENING
        and nodes == [bytes.fromhex(part.author), bytes(reader.node_id)]
        and isinstance(origins, list)
        and origins[:1] == [part.origin]
    )


# --- awards


class Signed(pydantic.BaseModel):
    """An award as a file: `award` is its HCM and `signature` the arbiter's, in hex; `reasons` is a text beside it."""

    format: str = "hanse/award/1"
    award: str
    signature: str
    reasons: str = ""


def read_award(content: str) -> tuple[dict[str, Value], bytes, str]:
    """The award, its signature and the reasons in a file. NodeError `case.unreadable`."""
    try:
        signed = Signed.model_validate_json(content)
        award = encoding.decode(bytes.fromhex(signed.award), bytes_max=limits.ENTRY_BYTES_MAX)
        signature = bytes.fromhex(signed.signature)
    except (pydantic.ValidationError, ValueError, PeerError) as error:
        raise errors.NodeError(
            "case.unreadable", "this is no award", expected="what `hanse dispute award` wrote", got=str(error)[:200]
        ) from None
    if not isinstance(award, dict):
        raise errors.NodeError("case.unreadable", "this is no award", expected="a map", got=type(award).__name__)
    return award, signature, signed.reasons
