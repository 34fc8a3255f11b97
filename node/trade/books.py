"""The books: one fold a channel, kept where the database lives, and the only way to write a document.

A `Desk` is one transaction at work. Opening a channel's book there first folds every stored entry of the partner and
carries out what follows from it (docs/architecture.md, "one transaction"). Only then may a document be judged against
that state, folded, and put into the outbox: so `seen` always tells the truth, and an effect happens exactly once,
together with the cursor that says so.
"""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast

import structlog

from contracts import errors as refusals
from contracts import histories
from node import errors, events, ports
from node.storage import database, logbooks, outboxes, partners, reactions, searches
from node.trade import drafts, readings, volumes
from node.trade.volumes import Book as Book
from protocol import entries, identities
from protocol.encoding import Value

Result = TypeVar("Result")
Body = dict[str, Value]
DISPATCH_ENTRIES_MAX = 1024  # entries folded in one transaction, so that a long catch-up blocks nobody
PORTION = 64  # reactions in one transaction
REPLAY_ENTRIES_MAX = 64  # entries read again at a time after a start: whoever asks meanwhile waits for no more
HALTED = frozenset(partners.ChannelState) - {partners.ChannelState.PAIRING, partners.ChannelState.OPEN}
log = structlog.get_logger(__name__)


class Conduct(Protocol):
    """How this node behaves: what it keeps in its own tables, and what it does by itself."""

    def record(self, desk: Desk, book: Book, item: histories.Item, outcome: histories.Outcome, own: bool) -> None:
        """Bring the node's own tables up to date with one folded entry, in the same transaction. Writes no document."""

    def rebuild(self, desk: Desk, book: Book) -> None:
        """Derive the node's own tables anew for a channel that was recovered."""

    def concerns(self, desk: Desk, book: Book, item: histories.Item, outcome: histories.Outcome) -> bool:
        """Whether `react` must be called for an entry of the partner."""

    def react(self, desk: Desk, book: Book, item: histories.Item) -> None:
        """Answer an entry of the partner, or pass it on. Every stored entry is folded by then, so `seen` is true."""

    def resume(self, desk: Desk, book: Book, thread: bytes) -> None:
        """Pass on in a thread what the merchant wants to be passed on after all."""


@dataclass(frozen=True, slots=True)
class Written:
    """A document that is now in the outbox: it has a hash and will never change, but no index yet."""

    hash: bytes
    id: bytes
    item: histories.Item
    outcome: histories.Outcome


@dataclass(frozen=True, slots=True)
class Merchant:
    """What this merchant tells every partner of itself."""

    name: str
    country: str = "CN"
    languages: tuple[str, ...] = ("zh-CN", "en")


@dataclass(slots=True)
class Consumers:
    """By order, the consumer's name and digits of the telephone number, as far as sealed addresses were opened since
    the start; `begun`: whether all that may be searched were looked at once."""

    known: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    begun: bool = False


@dataclass(slots=True)
class Books:
    """All books of a node, and the door to the database for everything that writes documents."""

    me: identities.NodeId
    merchant: Merchant
    library: volumes.Library
    database: database.Database
    clock: ports.Clock
    entropy: ports.Entropy
    blind: Callable[[bytes], bytes]  # stands for what is named, see `runtime.blind`
    conduct: Conduct
    wake: Callable[[int], None]  # a channel has something new in its outbox, or a blob to ask for
    changes: events.Changes = field(default_factory=events.Changes)  # for pages that renew themselves
    whole: Books | None = None  # where these are the books as one caller writes in them: the node's own
    damages: dict[int, logbooks.DamagedError] = field(default_factory=dict)  # by channel: what has to be fetched back
    consumers: Consumers = field(default_factory=Consumers)  # see `consumers`; never on the disk

    async def write(self, unit: Callable[[Desk], Result]) -> Result:
        """Run a unit in one transaction. If it raises, nothing happened, neither on disk nor in the folds.

        A caller that is cancelled meanwhile does not stop it: what is committed is also announced.
        """
        working = asyncio.create_task(self._write(unit), name="write")
        working.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(working)

    async def _write(self, unit: Callable[[Desk], Result]) -> Result:
        desks: list[Desk] = []

        def transact(db: sqlite3.Connection) -> Result:
            desk = Desk(db, self)
            desks.append(desk)
            try:
                result = unit(desk)
                desk.flush()
                return result
            except BaseException:
                for channel in desk.touched:
                    self.library.forget(channel)  # folded in memory, rolled back on disk: read again when needed
                raise

        try:
            result = await self.database.write(transact)
        except logbooks.DamagedError as damage:
            await self.note_damage(damage)
            raise
        for channel in sorted(desks[0].written):
            self.wake(channel)
        self.changes.note("trade")
        return result

    async def act(self, unit: Callable[[Desk], Result]) -> Result:
        """`write`, and afterwards everything that follows from what was folded on the way: for use cases."""
        await self.are_read()
        result = await self.write(unit)
        await (self.whole or self).settle()  # what follows is nobody's act
        return result

    async def read(self, unit: Callable[[Desk], Result]) -> Result:
        """Run a unit that writes nothing. Books may be read as they are; pending entries are not folded."""
        await self.are_read()
        try:
            return await self.database.read(lambda db: unit(Desk(db, self)))
        except logbooks.DamagedError as damage:
            await self.note_damage(damage)
            raise

    async def note_damage(self, damage: logbooks.DamagedError) -> None:
        """An entry on the disk is damaged: whoever talks with the partner of its channel fetches the copy (L14)."""
        logbook = await self.database.read(lambda db: logbooks.by_id(db, damage.logbook))
        if logbook.channel not in self.damages:
            log.error("an entry is damaged on this disk", origin=logbook.origin, index=damage.position)
        self.damages[logbook.channel] = damage
        self.wake(logbook.channel)

    async def dispatch(self, channel: int) -> None:
        """Fold what the partner sent, portion by portion, and then do what follows from it.

        A fold that fails is a bug of ours. It stops this channel, with its traceback in the log, and no other.
        """
        try:
            await self._read(channel)
            while await self.write(lambda desk: desk.catch_up(channel)):
                pass
        except errors.StorageError:
            raise
        except logbooks.DamagedError:
            log.warning("nothing is folded until the damaged entry is back", channel=channel)
        except Exception as error:
            log.error("the fold failed: the channel stops", channel=channel, exc_info=error)
            fault = repr(error)
            await self.database.write(lambda db: partners.stop(db, channel, "fold", fault.encode()))
        await self.settle()

    async def settle(self) -> None:
        """Do everything that this node does by itself and has not done yet.

        What a rule refuses has nothing left to do and is dropped. What cannot be written yet, because its channel is
        being recovered, stays for later and holds up nothing else.
        """
        beyond = 0
        while rows := await self.database.read(functools.partial(reactions.first, beyond=beyond, count_max=PORTION)):
            try:
                await self.write(functools.partial(Desk.react, rows=rows))
            except errors.StorageError:
                raise
            except Exception:
                for row in rows:
                    await self._settle_one(row)
            beyond = rows[-1][0]

    async def _settle_one(self, row: reactions.Row) -> None:
        """One alone, so that what it broke off in the middle takes nothing else with it."""
        try:
            await self.write(functools.partial(Desk.react, rows=[row]))
        except errors.StorageError:
            raise
        except Exception as error:
            fault = error
            if not is_for_later(fault):
                await self.database.write(lambda db: give_up(db, row, fault))

    async def are_read(self) -> None:
        """Wait until all books are read, where that goes on in the background: nobody has to do it for everybody."""
        if self.library.progress is not None:
            await self.library.progress.over.wait()

    async def read_all(self) -> None:
        """Read all books after a start, a portion at a time, so that links and pages are answered meanwhile.

        What cannot be read now is read again, and complained of, when somebody needs it.
        """
        progress = self.library.progress = self.library.progress or volumes.Progress()
        try:
            sizes = await self.database.read(volumes.sizes)
            progress.total = sum(sizes.values())
            for channel in sizes:
                try:
                    await self._read(channel)
                except logbooks.DamagedError as damage:
                    await self.note_damage(damage)
                except errors.StorageError:
                    raise
                except Exception as error:
                    log.error("a book cannot be read", channel=channel, exc_info=error)
        finally:
            progress.over.set()

    async def _read(self, channel: int) -> None:
        """Read the book of a channel, a portion at a time."""
        while await self.database.read(lambda db: self.library.read_on(db, channel, REPLAY_ENTRIES_MAX)):
            pass


@dataclass(slots=True)
class Desk:
    """One transaction at work. Lives only inside `Books.write` or `Books.read`."""

    db: sqlite3.Connection
    books: Books
    touched: set[int] = field(default_factory=set)
    written: set[int] = field(default_factory=set)
    drafts: dict[int, list[tuple[bytes, bytes]]] = field(default_factory=dict)  # by logbook: rows for the outbox
    findables: dict[bytes, searches.Findable] = field(default_factory=dict)  # orders, by thread: for the index
    folds: int = 0  # documents folded so far

    def flush(self) -> None:
        """Put what was written into the outbox and the index, all rows at once; the end of every transaction."""
        for logbook, rows in self.drafts.items():
            outboxes.put(self.db, logbook, rows)
        self.drafts.clear()
        searches.put_all(self.db, self.findables.values())
        self.findables.clear()

    def now_ms(self) -> int:
        """The wall clock, for claims and for policies of this node."""
        return self.books.clock.now_ms()

    def peek(self, channel: int) -> Book:
        """The book as far as it was dispatched, for reading."""
        return self.books.library.loaded(self.db, channel)

    def book(self, channel: int) -> Book:
        """The book with every stored entry folded, for writing."""
        while self.catch_up(channel):
            pass
        return self.books.library.loaded(self.db, channel)

    def catch_up(self, channel: int) -> bool:
        """Fold one portion of the partner's stored entries with all effects; tells whether there may be more.

        Nothing is folded while the own logbook is being recovered: see `rebuild`. An entry that claims to have seen
        more of my logbook than I ever signed is a lie, and the end of the channel.
        """
        if partners.channel(self.db, channel).state in HALTED:
            return False
        book = self.books.library.loaded(self.db, channel)
        first = book.seen
        rows = logbooks.rows(self.db, book.theirs.id, first, first + DISPATCH_ENTRIES_MAX)
        if not rows:
            return False
        self.touched.add(channel)
        signed = logbooks.of_channel(self.db, channel, mine=True).size
        waiting = []
        for position, leaf, data in rows:
            item = readings.read_item(1 - book.side, position, leaf, data)
            if item.seen > signed:
                self._stop_liar(book, item, signed)
                break
            if self.books.conduct.concerns(self, book, item, self._fold(book, item, own=False)):
                waiting.append(position)
        reactions.put(self.db, channel, waiting)
        partners.set_applied(self.db, channel, book.seen)
        return len(rows) == DISPATCH_ENTRIES_MAX

    def _stop_liar(self, book: Book, item: histories.Item, signed: int) -> None:
        theirs = logbooks.of_channel(self.db, book.channel.id, mine=False)
        proof = f"entry {item.index} has seen {item.seen} of {signed}\n\n{theirs.checkpoint}"
        partners.stop(self.db, book.channel.id, "seen", proof.encode())
        log.error(
            "a partner claims to have seen what was never written: the channel stops",
            partner=book.partner.name, index=item.index, seen=item.seen, signed=signed,
        )  # fmt: skip

    def rebuild(self, channel: int) -> bool:
        """Fold what came back after a restore, my own entries and the partner's, and derive the tables anew.

        Where one side has seen more than came back, something is lost, or somebody lied: the channel stops, and people
        have to look. Tells whether the channel goes on.
        """
        self.touched.add(channel)
        theirs = logbooks.of_channel(self.db, channel, mine=False)
        before = partners.channel(self.db, channel).applied
        partners.set_applied(self.db, channel, theirs.size)
        self.books.library.forget(channel)
        book = self.books.library.loaded(self.db, channel)
        partners.set_applied(self.db, channel, book.seen)
        whole = book.seen == theirs.size and book.history.sizes[book.side] == book.mine.size
        if not whole:
            proof = f"{book.history.sizes} of {book.mine.size}, {theirs.size}\n\n{theirs.checkpoint}"
            partners.stop(self.db, channel, "seen", proof.encode())
        self.books.conduct.rebuild(self, book)
        reactions.put(self.db, channel, self._unanswered(book, before))
        return whole

    def _unanswered(self, book: Book, first: int) -> list[int]:
        """Entries of the partner that may want an answer which this node does not remember to have given.

        Whoever answers looks first whether the answer is there already: it came back, or another channel has it.
        """
        found = []
        for item in readings.stored_items(self.db, book.theirs.id, 1 - book.side, book.seen, first):
            refused = (item.side, item.index) in book.history.refusals
            if not refused and self.books.conduct.concerns(self, book, item, histories.Outcome()):
                found.append(item.index)
        return found

    def react(self, rows: Sequence[reactions.Row]) -> None:
        """Do what waits. One that another task has done meanwhile is passed over.

        What is refused before it changed anything is settled here. What was broken off in the middle raises, and
        everything is rolled back, which costs a replay of the book.
        """
        for row in rows:
            before = self.folds
            try:
                if reactions.waits(self.db, row.id):
                    self._react_to(row)
            except (refusals.Refused, errors.NodeError) as refused:
                if self.folds != before or isinstance(refused, errors.StorageError):
                    raise
                if not is_for_later(refused):
                    give_up(self.db, row, refused)
            else:
                reactions.drop(self.db, row.id)

    def _react_to(self, row: reactions.Row) -> None:
        book = self.book(row.channel)
        ((_, leaf, data),) = logbooks.rows(self.db, book.theirs.id, row.position, row.position + 1)
        self.books.conduct.react(self, book, readings.read_item(1 - book.side, row.position, leaf, data))

    def judge(
        self, book: Book, kind: str, body: Mapping[str, Value], re: Sequence[entries.Reference] = ()
    ) -> tuple[refusals.Fault, ...]:
        """Every fault that the fold would find in a document written now."""
        item, _ = drafts.draft(self.books.entropy, self.now_ms(), book, kind, body, re)
        return book.history.judge(item)

    def write(
        self,
        book: Book,
        kind: str,
        body: Mapping[str, Value],
        re: Sequence[entries.Reference] = (),
        id: bytes | None = None,
    ) -> Written:
        """Judge, fold and put one document into the outbox. Raises `contracts.errors.Refused` with every fault."""
        if book.channel.id not in self.written:
            self._refuse_if_halted(book)
        item, data = drafts.draft(self.books.entropy, self.now_ms(), book, kind, body, re, id)
        faults = book.history.judge(item)
        if faults:
            raise refusals.Refused(faults)
        self.touched.add(book.channel.id)
        self.written.add(book.channel.id)
        self.drafts.setdefault(book.mine.id, []).append((item.hash, data))
        outcome = self._fold(book, item, own=True)
        return Written(item.hash, item.id, item, outcome)

    def _refuse_if_halted(self, book: Book) -> None:
        state = partners.channel(self.db, book.channel.id).state
        if state in HALTED:
            raise errors.NodeError(f"channel.{state}", f"nothing can be written to {book.partner.name} now")

    def _fold(self, book: Book, item: histories.Item, own: bool) -> histories.Outcome:
        self.folds += 1
        outcome = book.history.fold(item)
        self.books.conduct.record(self, book, item, outcome, own)
        return outcome


def is_for_later(error: Exception) -> bool:
    """Whether what was refused only has to wait, because its channel is being recovered."""
    return isinstance(error, errors.NodeError) and error.exit is errors.Exit.LATER


def give_up(db: sqlite3.Connection, row: reactions.Row, error: Exception) -> None:
    """Nothing more is done about an entry. A rule said no, or it is a bug of ours: the merchant can look it up."""
    if isinstance(error, refusals.Refused | errors.NodeError):
        log.warning("an automatic answer was refused", channel=row.channel, index=row.position, fault=str(error))
    else:
        log.error("an automatic answer failed", channel=row.channel, index=row.position, exc_info=error)
    partners.keep_evidence(db, row.channel, "unanswered", f"entry {row.position}: {error!r}".encode())
    reactions.drop(db, row.id)


def body(content: Mapping[str, object]) -> Body:
    """A body that another floor composed, as a value of the encoding; the encoder refuses what it cannot hold."""
    return cast(Body, dict(content))
