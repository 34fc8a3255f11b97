"""Logbooks on disk: entries, tree hashes, signed heads, receipts.

Everything here runs inside the caller's transaction. Cost: appending n entries writes n rows and n/256 tree rows; a
root is read, never recomputed; a proof reads O(log n) rows and at most one block of 256 leaves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from node import errors
from protocol import merkle

BLOCK = 256  # hashes in a tile, C2SP tlog-tiles
PORTION = 1024  # entries read at once
BLOCK_LEVELS = 8  # tree levels in a tile: 2 ** 8 = 256


@dataclass(frozen=True, slots=True)
class Logbook:
    """One logbook as its row stands: the stored entries and the newest head over exactly them."""

    id: int
    channel: int
    mine: bool
    origin: str
    size: int
    frontier: merkle.Frontier
    root: bytes
    checkpoint: str  # signed note over `size`, "" while empty
    receipted: int  # size of the newest receipt: held for mine, given for theirs
    known_size: int  # the newest size ever seen signed by the author, entries or not
    known_checkpoint: str


@dataclass(frozen=True, slots=True)
class Head:
    """A head signed by its author."""

    size: int
    root: bytes
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A reader's cosignature over a head, and the note that pairs it with the reader's own head."""

    size: int
    cosignature: str
    pair: str
    time_s: int


COLUMNS = "id, channel, mine, origin, size, frontier, root, checkpoint, receipted, known_size, known_checkpoint"


class DamagedError(errors.NodeError):
    """Stored bytes do not hash to what was signed: entry `position` of a logbook (L14)."""

    def __init__(self, logbook: int, position: int) -> None:
        super().__init__(
            "storage.damaged",
            "an entry on this disk is damaged; its copy is fetched from the partner",
            got=f"entry {position}",
            hint="look at the disk of this machine",
        )
        self.logbook, self.position = logbook, position


def of_row(row: Sequence[object]) -> Logbook:
    """A `Logbook` from a row of COLUMNS."""
    (id, channel, mine, origin, size, frontier, root, checkpoint, receipted, known_size, known_checkpoint) = row
    assert isinstance(id, int) and isinstance(channel, int) and isinstance(origin, str) and isinstance(size, int)
    assert isinstance(frontier, bytes) and isinstance(root, bytes) and isinstance(checkpoint, str)
    assert isinstance(receipted, int) and isinstance(known_size, int) and isinstance(known_checkpoint, str)
    unpacked = merkle.unpack(frontier, size)
    if merkle.root(unpacked) != root:  # whatever was signed on top of it would be a second history
        raise errors.StorageError(f"the head of {origin} is damaged")
    return Logbook(
        id, channel, bool(mine), origin, size, unpacked, root, checkpoint, receipted, known_size, known_checkpoint
    )


def create(db: sqlite3.Connection, channel: int, mine: bool, origin: str) -> Logbook:
    """A new, empty logbook."""
    empty = merkle.EMPTY
    db.execute(
        "INSERT INTO logbooks (channel, mine, origin, size, frontier, root, checkpoint, receipted, known_size,"
        " known_checkpoint) VALUES (?, ?, ?, 0, ?, ?, '', 0, 0, '')",
        (channel, int(mine), origin, merkle.pack(empty), merkle.root(empty)),
    )
    return of_channel(db, channel, mine)


def of_channel(db: sqlite3.Connection, channel: int, mine: bool) -> Logbook:
    """The logbook of a channel that this node writes (`mine`) or mirrors."""
    row = db.execute(f"SELECT {COLUMNS} FROM logbooks WHERE channel = ? AND mine = ?", (channel, int(mine))).fetchone()
    if row is None:
        raise errors.StorageError(f"channel {channel} has no logbook")
    return of_row(row)


def of_origin(db: sqlite3.Connection, origin: str) -> Logbook | None:
    """The logbook with this origin, None when there is none."""
    row = db.execute(f"SELECT {COLUMNS} FROM logbooks WHERE origin = ?", (origin,)).fetchone()
    return None if row is None else of_row(row)


def by_id(db: sqlite3.Connection, id: int) -> Logbook:
    """The logbook with this row id."""
    return of_row(db.execute(f"SELECT {COLUMNS} FROM logbooks WHERE id = ?", (id,)).fetchone())


def append(
    db: sqlite3.Connection,
    logbook: Logbook,
    data: Sequence[bytes],
    leaves: Sequence[bytes],
    heads: Sequence[Head],
    frontier: merkle.Frontier,
) -> Logbook:
    """Store entries with the signed heads that cover them; the last head and `frontier` must cover all of them.

    A second head of another root at a size that is already there fails on its key, loudly: that is the last line of
    defence against signing two histories.
    """
    last = heads[-1]
    if (last.size, last.root) != (logbook.size + len(leaves), merkle.root(frontier)) or last.size != frontier.size:
        raise errors.StorageError(f"head {last.size} of {logbook.origin} does not cover its entries")
    first = logbook.size
    db.executemany(
        "INSERT INTO entries (logbook, position, leaf, data) VALUES (?, ?, ?, ?)",
        [(logbook.id, first + offset, leaf, data[offset]) for offset, leaf in enumerate(leaves)],
    )
    save_tiles(db, logbook.id, first, frontier.size)
    db.executemany(
        "INSERT INTO heads (logbook, size, root, checkpoint) VALUES (?, ?, ?, ?)",
        [(logbook.id, head.size, head.root, head.checkpoint) for head in heads],
    )
    grown = replace(logbook, size=frontier.size, frontier=frontier, root=last.root, checkpoint=last.checkpoint)
    if grown.size >= grown.known_size:
        grown = replace(grown, known_size=grown.size, known_checkpoint=last.checkpoint)
    db.execute(
        "UPDATE logbooks SET size = ?, frontier = ?, root = ?, checkpoint = ?, known_size = ?, known_checkpoint = ?"
        " WHERE id = ?",
        (grown.size, merkle.pack(frontier), grown.root, grown.checkpoint, grown.known_size, grown.known_checkpoint,
         grown.id),
    )  # fmt: skip
    return grown


def save_tiles(db: sqlite3.Connection, logbook: int, old: int, new: int) -> None:
    """Store the hash of every block of 256 that became complete between the sizes, level by level."""
    level = 0
    while new // BLOCK > old // BLOCK:
        for block in range(old // BLOCK, new // BLOCK):
            top = merkle.append(merkle.EMPTY, block_hashes(db, logbook, level, block)).nodes[0]
            db.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", (logbook, level + 1, block, top))
        old, new, level = old // BLOCK, new // BLOCK, level + 1


def block_hashes(db: sqlite3.Connection, logbook: int, level: int, block: int) -> list[bytes]:
    """The stored hashes of one tile: `level` 0 are leaves; at most 256, in order."""
    first = block * BLOCK
    if level == 0:
        rows = db.execute(
            "SELECT leaf FROM entries WHERE logbook = ? AND position >= ? AND position < ? ORDER BY position",
            (logbook, first, first + BLOCK),
        )
    else:
        rows = db.execute(
            "SELECT hash FROM tiles WHERE logbook = ? AND level = ? AND position >= ? AND position < ?"
            " ORDER BY position",
            (logbook, level, first, first + BLOCK),
        )
    return [row[0] for row in rows]


def node_at(db: sqlite3.Connection, logbook: int) -> merkle.NodeAt:
    """The complete subtrees of a stored logbook, as `merkle` asks for them: (level, index) -> hash."""

    def fetch(level: int, index: int) -> bytes:
        tile_level, inner = divmod(level, BLOCK_LEVELS)
        first, width = index << inner, 1 << inner
        hashes = block_hashes(db, logbook, tile_level, first // BLOCK)[first % BLOCK : first % BLOCK + width]
        return merkle.append(merkle.EMPTY, hashes).nodes[0]

    return fetch


def root_at(db: sqlite3.Connection, logbook: Logbook, size: int) -> bytes | None:
    """The root over the first `size` entries, None when that is beyond the end. O(log n) hashes."""
    if size > logbook.size:
        return None
    if size == logbook.size:
        return logbook.root
    row = db.execute("SELECT root FROM heads WHERE logbook = ? AND size = ?", (logbook.id, size)).fetchone()
    return row[0] if row is not None else merkle.root(merkle.frontier_at(size, node_at(db, logbook.id)))


def frontier_at(db: sqlite3.Connection, logbook: Logbook, size: int) -> merkle.Frontier:
    """The frontier over the first `size` entries, at most all. O(log n) hashes."""
    return merkle.frontier_at(size, node_at(db, logbook.id))


def entries(db: sqlite3.Connection, logbook: int, first: int, end: int) -> list[bytes]:
    """The stored bytes of entries [first, end). DamagedError if one does not hash to its leaf."""
    return [data for _, _, data in rows(db, logbook, first, end)]


def rows(db: sqlite3.Connection, logbook: int, first: int, end: int) -> list[tuple[int, bytes, bytes]]:
    """Index, leaf hash and bytes of entries [first, end). DamagedError if one does not hash to its leaf."""
    found = raw_rows(db, logbook, first, end)
    for position, leaf, data in found:
        if merkle.leaf_hash(data) != leaf:
            raise DamagedError(logbook, position)
    return found


def raw_rows(db: sqlite3.Connection, logbook: int, first: int, end: int) -> list[tuple[int, bytes, bytes]]:
    """The same, damaged or not."""
    return db.execute(
        "SELECT position, leaf, data FROM entries WHERE logbook = ? AND position >= ? AND position < ?"
        " ORDER BY position",
        (logbook, first, end),
    ).fetchall()


def mend(db: sqlite3.Connection, logbook: Logbook, position: int, data: bytes) -> bool:
    """Put the partner's copy in the place of a damaged entry, if the tree says that it is the one; tells whether."""
    leaf = merkle.leaf_hash(data)
    ((_, stored, _),) = raw_rows(db, logbook.id, position, position + 1)
    if leaf != stored:  # then it is the stored hash that is damaged, or the copy is another entry
        db.execute("UPDATE entries SET leaf = ? WHERE logbook = ? AND position = ?", (leaf, logbook.id, position))
        if not is_sound(db, logbook, position // BLOCK):
            db.execute("UPDATE entries SET leaf = ? WHERE logbook = ? AND position = ?", (stored, logbook.id, position))
            return False
    db.execute("UPDATE entries SET data = ? WHERE logbook = ? AND position = ?", (data, logbook.id, position))
    return True


def is_sound(db: sqlite3.Connection, logbook: Logbook, block: int) -> bool:
    """Whether the leaf hashes of a block give the tree hash that was stored when it was complete, or the root."""
    if (block + 1) * BLOCK > logbook.size:
        return merkle.root(frontier_at(db, logbook, logbook.size)) == logbook.root
    (stored,) = block_hashes(db, logbook.id, 1, block // BLOCK)[block % BLOCK :][:1]
    return merkle.append(merkle.EMPTY, block_hashes(db, logbook.id, 0, block)).nodes[0] == stored


def mend_heads(db: sqlite3.Connection) -> list[int]:
    """Compare every cached root with the tree and the signed head. What the tree still gives is put right.

    Returns the channels whose tree gives another root than the one signed: nothing may be signed on top of it.
    """
    lost = []
    for id, channel, size, frontier, root in db.execute(
        "SELECT id, channel, size, frontier, root FROM logbooks"
    ).fetchall():
        head = db.execute("SELECT root FROM heads WHERE logbook = ? AND size = ?", (id, size)).fetchone()
        signed = merkle.EMPTY_ROOT if size == 0 else None if head is None else head[0]
        fits = len(frontier) == merkle.HASH_BYTES * size.bit_count()
        if signed == root and fits and merkle.root(merkle.unpack(frontier, size)) == root:
            continue
        found = merkle.frontier_at(size, node_at(db, id))
        db.execute(
            "UPDATE logbooks SET frontier = ?, root = ? WHERE id = ?", (merkle.pack(found), merkle.root(found), id)
        )
        if merkle.root(found) != signed:
            lost.append(channel)
    return lost


def leaves(db: sqlite3.Connection, logbook: int, first: int, end: int) -> list[bytes]:
    """The leaf hashes of entries [first, end)."""
    found = db.execute(
        "SELECT leaf FROM entries WHERE logbook = ? AND position >= ? AND position < ? ORDER BY position",
        (logbook, first, end),
    )
    return [row[0] for row in found]


# Entries of my own that are on their way back after a restore: beside the logbook until their root is the one signed.


def stage(db: sqlite3.Connection, logbook: Logbook, first: int, data: Sequence[bytes], leaves: Sequence[bytes]) -> None:
    """Put entries aside that follow the end of a logbook and those already aside."""
    db.executemany(
        "INSERT INTO entries (logbook, position, leaf, data) VALUES (?, ?, ?, ?)",
        [(-logbook.id, first + offset, leaf, data[offset]) for offset, leaf in enumerate(leaves)],
    )


def staged(db: sqlite3.Connection, logbook: Logbook) -> int:
    """How many entries are aside."""
    row = db.execute("SELECT max(position) FROM entries WHERE logbook = ?", (-logbook.id,)).fetchone()
    return 0 if row[0] is None else int(row[0]) + 1 - logbook.size


def staged_leaves(db: sqlite3.Connection, logbook: Logbook) -> Iterator[list[bytes]]:
    """The leaf hashes of all entries aside, in portions."""
    first = logbook.size
    while found := leaves(db, -logbook.id, first, first + PORTION):
        yield found
        first += len(found)


def take_staged(db: sqlite3.Connection, logbook: Logbook) -> Iterator[tuple[list[bytes], list[bytes]]]:
    """(entries, leaf hashes) of everything aside, in portions; each is gone from there when it is handed out."""
    first = logbook.size
    while found := rows(db, -logbook.id, first, first + PORTION):
        db.execute("DELETE FROM entries WHERE logbook = ? AND position < ?", (-logbook.id, first + PORTION))
        yield [data for _, _, data in found], [leaf for _, leaf, _ in found]
        first += len(found)


def discard_staged(db: sqlite3.Connection, logbook: Logbook) -> None:
    """Throw away what is aside."""
    db.execute("DELETE FROM entries WHERE logbook = ?", (-logbook.id,))


def head_after(db: sqlite3.Connection, logbook: int, size: int, bytes_max: int, entries_max: int) -> Head | None:
    """The farthest signed head beyond `size` whose entries still fit one batch; None when there is none.

    The next head always fits by itself, since every batch was cut to the limits before it was signed.
    """
    found: Head | None = None
    used, reached = 0, size
    for head_size, root, checkpoint in db.execute(
        "SELECT size, root, checkpoint FROM heads WHERE logbook = ? AND size > ? ORDER BY size", (logbook, size)
    ):
        if found is not None:
            used += bytes_between(db, logbook, reached, head_size)
            if head_size - size > entries_max or used > bytes_max:
                break
        else:
            used = bytes_between(db, logbook, reached, head_size)
        found, reached = Head(head_size, root, checkpoint), head_size
    return found


def bytes_between(db: sqlite3.Connection, logbook: int, first: int, end: int) -> int:
    """How many bytes the entries [first, end) take."""
    row = db.execute(
        "SELECT sum(length(data)) FROM entries WHERE logbook = ? AND position >= ? AND position < ?",
        (logbook, first, end),
    ).fetchone()
    return int(row[0] or 0)


def head(db: sqlite3.Connection, logbook: int, size: int) -> Head | None:
    """The signed head of exactly this size, None when none was ever signed there."""
    row = db.execute("SELECT size, root, checkpoint FROM heads WHERE logbook = ? AND size = ?", (logbook, size))
    found = row.fetchone()
    return None if found is None else Head(*found)


def learn_checkpoint(db: sqlite3.Connection, logbook: Logbook, size: int, checkpoint: str) -> None:
    """Remember the newest checkpoint that the author ever showed, before anything is answered."""
    db.execute(
        "UPDATE logbooks SET known_size = ?, known_checkpoint = ? WHERE id = ? AND known_size < ?",
        (size, checkpoint, logbook.id, size),
    )


def save_receipt(db: sqlite3.Connection, logbook: int, receipt: Receipt) -> None:
    """Store a receipt; the first one over a head stays for ever, so the same head gives the same bytes."""
    db.execute(
        "INSERT OR IGNORE INTO receipts (logbook, size, cosignature, pair, time_s) VALUES (?, ?, ?, ?, ?)",
        (logbook, receipt.size, receipt.cosignature, receipt.pair, receipt.time_s),
    )
    db.execute("UPDATE logbooks SET receipted = max(receipted, ?) WHERE id = ?", (receipt.size, logbook))


def receipt_at(db: sqlite3.Connection, logbook: int, size: int) -> Receipt | None:
    """The receipt over exactly this head."""
    row = db.execute(
        "SELECT size, cosignature, pair, time_s FROM receipts WHERE logbook = ? AND size = ?", (logbook, size)
    ).fetchone()
    return None if row is None else Receipt(*row)


def newest_receipt(db: sqlite3.Connection, logbook: int) -> Receipt | None:
    """The receipt over the largest head."""
    row = db.execute(
        "SELECT size, cosignature, pair, time_s FROM receipts WHERE logbook = ? ORDER BY size DESC LIMIT 1",
        (logbook,),
    ).fetchone()
    return None if row is None else Receipt(*row)


def receipts(db: sqlite3.Connection, logbook: int) -> list[Receipt]:
    """Every receipt of a logbook, by size."""
    found = db.execute(
        "SELECT size, cosignature, pair, time_s FROM receipts WHERE logbook = ? ORDER BY size", (logbook,)
    )
    return [Receipt(*row) for row in found]
