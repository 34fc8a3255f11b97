"""Blobs on their way out: in the order in which they were asked for, none lost, whatever is read of them at once."""

from __future__ import annotations

import hashlib
import random
import sqlite3

from node.replication import attachments
from node.storage import blobs, migrations
from protocol import limits


def home(count: int) -> tuple[sqlite3.Connection, dict[bytes, bytes]]:
    """A database with blobs, some of them larger than what is read at once."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrations.apply(db)
    draw = random.Random(7)
    sizes = [draw.choice((0, 1, 700, limits.BLOB_PIECE_BYTES_MAX + 1)) for _ in range(count)]
    contents = [bytes([place % 251]) * size + place.to_bytes(2, "big") for place, size in enumerate(sizes)]
    for content in contents:
        blobs.put(db, content)
    return db, {hashlib.sha256(content).digest(): content for content in contents}


def test_everything_that_is_asked_for_goes_out_once_and_in_order_though_it_has_to_rest() -> None:
    db, stored = home(150)
    missing = [hashlib.sha256(str(place).encode()).digest() for place in range(20)]
    wanted = [*stored, *missing]
    random.Random(3).shuffle(wanted)
    outgoing, sent, reads = attachments.Outgoing(), dict[bytes, bytes](), 0
    outgoing.ask(wanted)
    rests = random.Random(5)
    while outgoing.due or outgoing.here or outgoing.digest:
        piece = outgoing.piece()
        if piece is not None:
            assert piece.offset == len(sent.get(piece.hash, b""))
            sent[piece.hash] = sent.get(piece.hash, b"") + piece.data
        elif outgoing.here and rests.random() < 0.1:
            outgoing.rest()
            assert not outgoing.here
        elif outgoing.here:
            outgoing.begin()
        else:
            looked, reads = outgoing.look(), reads + 1
            rows = blobs.several(db, looked, limits.BLOB_PIECE_BYTES_MAX)
            large = [data for _, data in rows if data is not None and len(data) > limits.BLOB_PIECE_BYTES_MAX]
            assert len(looked) <= attachments.LOOKED_MAX and len(large) <= 1
            outgoing.found(looked, rows)
    assert list(sent) == [digest for digest in wanted if digest in stored] and sent == stored
    assert outgoing.owed == set(missing)
    assert reads < len(wanted)


def test_what_arrives_while_the_disk_is_read_goes_out_and_is_owed_no_more() -> None:
    _, stored = home(1)
    outgoing, absent = attachments.Outgoing(), b"\x07" * 32
    outgoing.ask([absent, *stored])
    looked = outgoing.look()
    assert outgoing.arrived(absent) and not outgoing.arrived(absent)
    outgoing.found(looked, [(absent, None), *stored.items()])
    assert list(outgoing.due) == [absent] and outgoing.owed == set()
    outgoing.begin()
    assert outgoing.digest in stored
