"""Stored logbooks: roots and proofs from rows, heads that cannot be signed twice, receipts that never change."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from node.storage import logbooks, migrations, outboxes, partners
from protocol import merkle
from protocol.identities import NodeId


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrations.apply(connection)
    partner = partners.add(connection, NodeId(b"\1" * 32), "瓷厂", ["127.0.0.1:1"], None, 1)
    partners.add_channel(connection, partner.id, 1, b"\2" * 16, 0)
    yield connection
    connection.close()


def new_logbook(db: sqlite3.Connection) -> logbooks.Logbook:
    return logbooks.create(db, partners.channels(db)[0].id, True, "hanse/l/test")


def entry(index: int) -> bytes:
    return f"entry {index}".encode()


def grow(db: sqlite3.Connection, logbook: logbooks.Logbook, count: int) -> logbooks.Logbook:
    data = [entry(logbook.size + offset) for offset in range(count)]
    leaves = [merkle.leaf_hash(item) for item in data]
    frontier = merkle.append(logbook.frontier, leaves)
    head = logbooks.Head(frontier.size, merkle.root(frontier), f"checkpoint {frontier.size}")
    return logbooks.append(db, logbook, data, leaves, [head], frontier)


def test_roots_and_proofs_come_from_rows_at_every_size(db: sqlite3.Connection) -> None:
    logbook = new_logbook(db)
    for count in (1, 2, 250, 3, 1, 255, 700, 1):
        logbook = grow(db, logbook, count)
    leaves = [merkle.leaf_hash(entry(index)) for index in range(logbook.size)]
    node_at = logbooks.node_at(db, logbook.id)
    for size in (0, 1, 2, 3, 255, 256, 257, 511, 512, 1000, logbook.size):
        expected = merkle.root(merkle.append(merkle.EMPTY, leaves[:size]))
        assert logbooks.root_at(db, logbook, size) == expected
        if 0 < size < logbook.size:
            proof = merkle.consistency(size, logbook.size, node_at)
            merkle.verify_consistency(size, expected, logbook.size, logbook.root, proof)
    for index in (0, 1, 255, 256, 700, logbook.size - 1):
        proof = merkle.inclusion(index, logbook.size, node_at)
        merkle.verify_inclusion(leaves[index], index, logbook.size, proof, logbook.root)
    assert logbooks.root_at(db, logbook, logbook.size + 1) is None


def test_reading_a_row_again_gives_the_same_logbook(db: sqlite3.Connection) -> None:
    logbook = grow(db, grow(db, new_logbook(db), 300), 7)
    assert logbooks.of_origin(db, logbook.origin) == logbook


def test_appending_reads_no_more_rows_when_the_logbook_is_long(db: sqlite3.Connection) -> None:
    logbook = grow(db, new_logbook(db), 10)
    counts: list[int] = []
    for wanted in (100, 5000):
        logbook = grow(db, logbook, wanted - logbook.size)
        statements: list[str] = []
        db.set_trace_callback(statements.append)
        logbook = grow(db, logbook, 10)
        db.set_trace_callback(None)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_L03_two_roots_at_one_size_fail_loudly(db: sqlite3.Connection) -> None:
    logbook = grow(db, new_logbook(db), 3)
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("INSERT INTO heads VALUES (?, 3, ?, 'other')", (logbook.id, b"\3" * 32))


def test_receipts_over_one_head_never_change(db: sqlite3.Connection) -> None:
    logbook = grow(db, new_logbook(db), 3)
    logbooks.save_receipt(db, logbook.id, logbooks.Receipt(3, "first", "pair", 10))
    logbooks.save_receipt(db, logbook.id, logbooks.Receipt(3, "second", "pair", 20))
    assert logbooks.receipt_at(db, logbook.id, 3) == logbooks.Receipt(3, "first", "pair", 10)
    assert logbooks.of_channel(db, logbook.channel, mine=True).receipted == 3


def test_batches_end_at_signed_heads_within_the_limits(db: sqlite3.Connection) -> None:
    logbook = new_logbook(db)
    for _ in range(5):
        logbook = grow(db, logbook, 4)
    head = logbooks.head_after(db, logbook.id, 4, bytes_max=10_000, entries_max=9)
    assert head is not None and head.size == 12
    head = logbooks.head_after(db, logbook.id, 4, bytes_max=1, entries_max=9)
    assert head is not None and head.size == 8  # one signed batch is always sendable
    assert logbooks.head_after(db, logbook.id, 20, 10_000, 9) is None


def test_the_outbox_keeps_its_order(db: sqlite3.Connection) -> None:
    logbook = new_logbook(db)
    outboxes.put(db, logbook.id, [(merkle.leaf_hash(entry(index)), entry(index)) for index in range(5)])
    rows = outboxes.rows(db, logbook.id)
    assert [data for _, _, data in rows] == [entry(index) for index in range(5)]
    outboxes.clear(db, logbook.id, rows[2][0])
    assert outboxes.waiting(db, logbook.id) == 2
