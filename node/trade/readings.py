"""Stored entries, read again as the items that a fold takes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from contracts import histories
from node.storage import logbooks, outboxes
from protocol import entries
from protocol.errors import PeerError

ENTRIES_MAX = 1024  # read from the disk at a time


def item_of(side: int, index: int, leaf: bytes, entry: entries.Entry) -> histories.Item:
    """What the fold needs of an entry."""
    return histories.Item(
        side=side,
        index=index,
        hash=leaf,
        id=entry.id,
        type=entry.type,
        version=entry.version,
        ts_ms=entry.ts_ms,
        seen=entry.seen,
        re=tuple((reference.side, reference.hash) for reference in entry.re),
        body=entry.body,
    )


def read_item(side: int, index: int, leaf: bytes, data: bytes) -> histories.Item:
    """A stored entry as an item. One that is no entry at all still takes its place, and is refused by the fold."""
    try:
        return item_of(side, index, leaf, entries.parse(data))
    except PeerError as error:
        return histories.unreadable(side, index, leaf, error.code, error.hint)


def stored_entry(db: sqlite3.Connection, logbook: int, index: int) -> entries.Entry | None:
    """A sequenced entry, parsed; None when the index is not stored (it may wait in the outbox)."""
    rows = logbooks.rows(db, logbook, index, index + 1)
    return entries.parse(rows[0][2]) if rows else None


def waiting_entry(db: sqlite3.Connection, logbook: int) -> entries.Entry | None:
    """The first entry in the outbox, parsed; None when nothing waits."""
    rows = outboxes.rows(db, logbook, 1)
    return entries.parse(rows[0][2]) if rows else None


def stored_items(
    db: sqlite3.Connection, logbook: int, side: int, size: int, begin: int = 0
) -> Iterator[histories.Item]:
    """Entries [begin, size) of a logbook, read in portions."""
    for first in range(begin, size, ENTRIES_MAX):
        for position, leaf, data in logbooks.rows(db, logbook, first, min(size, first + ENTRIES_MAX)):
            yield read_item(side, position, leaf, data)


def replay(own: Iterator[histories.Item], theirs: Iterator[histories.Item]) -> Iterator[histories.Item]:
    """A legal interleaving: an own item as soon as what it had seen is there, else one of the partner's.

    An item that had seen more than there is ends it: a logbook that is being recovered waits for the partner's.
    """
    next_own, next_theirs = next(own, None), next(theirs, None)
    written = seen = 0
    while next_own is not None or next_theirs is not None:
        if next_own is not None and next_own.seen <= seen:
            yield next_own
            next_own, written = next(own, None), written + 1
        elif next_theirs is not None and next_theirs.seen <= written:
            yield next_theirs
            next_theirs, seen = next(theirs, None), seen + 1
        else:
            return
