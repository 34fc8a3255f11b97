"""A book: the fold of one channel and the logbooks under it, read from the disk again after a start.

It is read a portion at a time, so that a long one blocks nobody. What is written meanwhile is found.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from contracts import channels, documents, evidence, histories
from contracts.items import Member
from node.storage import logbooks, outboxes, partners
from node.trade import readings
from protocol import checkpoints, identities

ENTRIES_MAX = 1024  # read at a time by whoever needs the book at once


@dataclass(slots=True)
class Book:
    """The fold of one channel and the logbooks under it."""

    channel: partners.Channel
    partner: partners.Partner
    me: identities.NodeId
    mine: logbooks.Logbook
    theirs: logbooks.Logbook
    history: histories.History
    credit: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # see `credits`
    timed: dict[bytes, list[Any]] | None = None  # see `waits`
    noted: dict[str, tuple[int, int]] = field(default_factory=dict)  # see `figures`
    offered: dict[bytes, Any] = field(default_factory=dict)  # see `offers`
    window: Any = None  # see `showcases`
    complained: set[bytes] | None = None  # see `waits`
    expiries: list[Any] | None = None  # see `expiries`
    account: tuple[tuple[Any, ...], Any] | None = None  # see `statements`

    @property
    def side(self) -> int:
        """This node's side in the fold."""
        return self.channel.side

    @property
    def seen(self) -> int:
        """How many of the partner's entries are folded."""
        return self.history.sizes[1 - self.side]

    def role(self, seller: int) -> str:
        """What this node is where the side `seller` sells."""
        return channels.role(seller, self.side)


@dataclass(slots=True)
class Reading:
    """A book that is being read from the disk again: what is to be folded yet. What is written meanwhile is found."""

    book: Book
    items: Iterator[histories.Item]

    def read_on(self, count_max: int) -> int:
        """Fold so many more, or what is left; how many that were."""
        count = 0
        for item in itertools.islice(self.items, count_max):
            self.book.history.fold(item)
            count += 1
        return count


@dataclass(slots=True)
class Progress:
    """How far the books are read after a start, in entries."""

    done: int = 0
    total: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Library:
    """The books in memory: each is read from the disk at its first use, and stays."""

    me: identities.NodeId
    fold: type[histories.History] = histories.History
    progress: Progress | None = None  # where they are read in the background
    _books: dict[int, Book] = field(default_factory=dict)  # by channel
    _readings: dict[int, Reading] = field(default_factory=dict)

    def loaded(self, db: sqlite3.Connection, channel: int) -> Book:
        """The book of a channel as far as it was dispatched; replayed from the stored entries at first use."""
        while self.read_on(db, channel, ENTRIES_MAX):
            pass
        return self._books[channel]

    def read_on(self, db: sqlite3.Connection, channel: int, count_max: int) -> bool:
        """Read one portion of a book; tells whether there may be more."""
        if channel in self._books:
            return False
        reading = self._readings.get(channel) or begin(db, self.me, channel, self.fold)
        self._readings.pop(channel, None)  # one that fails in the middle begins anew
        count = reading.read_on(count_max)
        if self.progress is not None:
            self.progress.done += count
        if count < count_max:
            self._books[channel] = reading.book
            return False
        self._readings[channel] = reading
        return True

    def forget(self, channel: int) -> None:
        """Read the book again at its next use: its logbook changed by other means than a document."""
        self._books.pop(channel, None)
        self._readings.pop(channel, None)


def whole(db: sqlite3.Connection, book: Book, member: Member) -> Member:
    """A document of a thread with what it says, which the fold forgets inside a closed account: it is read again."""
    if not member.bare:
        return member
    entry = readings.stored_entry(db, (book.mine if member.side == book.side else book.theirs).id, member.index)
    assert entry is not None  # a statement is closed by somebody who has everything inside its cut
    return replace(member, document=documents.parse(entry.type, entry.version, entry.body), bare=False)


def load(db: sqlite3.Connection, me: identities.NodeId, channel_id: int, fold: type[histories.History]) -> Book:
    """Replay a channel from its stored entries and its outbox, without effects: those are in the tables already."""
    reading = begin(db, me, channel_id, fold)
    while reading.read_on(ENTRIES_MAX):
        pass
    return reading.book


def begin(db: sqlite3.Connection, me: identities.NodeId, channel_id: int, fold: type[histories.History]) -> Reading:
    """The book of a channel, with nothing folded yet."""
    channel = partners.channel(db, channel_id)
    partner = partners.by_id(db, channel.partner)
    assert partner is not None
    mine = logbooks.of_channel(db, channel_id, mine=True)
    theirs = logbooks.of_channel(db, channel_id, mine=False)
    parties = (me, partner.node) if channel.side == 0 else (partner.node, me)
    signers = (signer(db, me, mine.origin), signer(db, partner.node, theirs.origin))
    book = Book(channel, partner, me, mine, theirs, fold(parties, signers if channel.side == 0 else signers[::-1]))
    theirs_read = readings.stored_items(db, theirs.id, 1 - book.side, channel.applied)
    return Reading(book, readings.replay(own_items(db, book), theirs_read))


def sizes(db: sqlite3.Connection) -> dict[int, int]:
    """How many entries are read again of each channel."""
    return {
        channel.id: channel.applied + logbooks.of_channel(db, channel.id, mine=True).size
        for channel in partners.channels(db)
    }


def signer(db: sqlite3.Connection, node: identities.NodeId, origin: str) -> evidence.Signer:
    """A party of a channel as its cosignatures show it; `origin` names the logbook that it writes."""
    identity = identities.replay(partners.identity_entries(db, node))
    mirrors = (*(retired.keys["mirror"] for retired in identity.retired), identity.keys["mirror"])
    return evidence.Signer(origin, checkpoints.key_name(node, "mirror"), mirrors)


def own_items(db: sqlite3.Connection, book: Book) -> Iterator[histories.Item]:
    """Everything this node wrote: what is sequenced, then what waits in the outbox. What is sequenced while these are
    read, leaves the outbox in its order; and nothing new is written in a book before it is read."""
    position = 0
    while position < (size := logbooks.by_id(db, book.mine.id).size):
        yield from readings.stored_items(db, book.mine.id, book.side, size, position)
        position = size
    for offset, (_, leaf, data) in enumerate(outboxes.rows(db, book.mine.id)):
        yield readings.read_item(book.side, position + offset, leaf, data)
