"""The sending side of a session, and what both sides of it share.

docs/protocol.md section 8. One task, the pump, is the only one that sends, from what is due and from what the disk
holds. Every answer is sent only after the transaction behind it is committed.
"""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from node import ports
from node.replication import attachments, comparisons, recoveries, sequencing, standings
from node.storage import blobs, logbooks, outboxes, partners
from protocol import checkpoints, identities, limits, messages, sessions, syncing
from protocol.claims import ReceiptNotes
from protocol.errors import Code, PeerError
from protocol.syncing import AuthorState, ReaderState

Result = TypeVar("Result")
FAREWELL_S: Final = 10
"""Seconds in which a removed partner may still receipt that it was."""


@dataclass(slots=True)
class Pump:
    """One session with one partner: its state, and the task that sends."""

    core: standings.Core
    link: ports.Link
    session: sessions.Session
    partner: partners.Partner
    channel: int
    identity: identities.Identity
    boot: bytes
    reader: ReaderState = ReaderState.GREETING
    window: syncing.Window = field(default_factory=lambda: syncing.Window(sent=0))
    greeted: bool = False
    heard: int = 0  # messages that came
    told: str = ""  # the code with which the partner ended the session
    proof: tuple[str, str] | None = None  # two notes that the partner is shown before the session ends
    ending: PeerError | None = None
    retired: bool = False  # a newer session took over: nothing of this one may reach the disk any more
    offered: tuple[int, int] = (0, 0)  # up to where my newest batch reached that was not sent before, and when it left
    partner_size: int = 0  # of the partner's own logbook, as its HEADS showed it
    vouched: bool = False  # the partner signed that it holds no later head of mine
    loss: recoveries.Loss | None = None
    mending: logbooks.DamagedError | None = None  # what the partner was asked for
    credit: standings.Credit = field(default_factory=standings.Credit)
    incoming: attachments.Incoming = field(default_factory=attachments.Incoming)
    outgoing: attachments.Outgoing = field(default_factory=attachments.Outgoing)
    dues: standings.Dues = field(default_factory=standings.Dues)
    look: bool = True  # there may be blobs to ask for
    resting: asyncio.TimerHandle | None = None  # until repeats may go on
    parting: asyncio.TimerHandle | None = None  # until a removed partner is cut off
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def standing(self) -> standings.Standing:
        """What is known about my own logbook of this channel since the start."""
        return self.core.standings.setdefault(self.channel, standings.Standing())

    @property
    def may_author(self) -> bool:
        """Whether this side may sign and send entries of its own now."""
        return self.greeted and self.standing.author is AuthorState.READY

    async def send(self, message: messages.Message) -> None:
        """Encrypt and send one message. Called by one task at a time: frames leave in the order of their nonces."""
        await self.link.send(self.session.send(message.compose()))

    async def say_why(self, error: PeerError) -> None:
        """Tell the partner the code of its fault, and the notes that prove it; nothing else. The last words."""
        if self.session.state is sessions.State.OPEN:
            if self.proof is not None:
                await self.send(messages.Fork(*self.proof))
            await self.send(messages.Failure(error.code, fatal=True))

    def end(self, error: PeerError) -> None:
        """End the session for a reason that lies outside it."""
        self.ending = error
        self.wake.set()

    def ping(self) -> None:
        """Ask for something that every living node answers."""
        self.dues.ping = True
        self.wake.set()

    async def _write(self, unit: Callable[[sqlite3.Connection], Result]) -> Result:
        """A transaction of this session. A contradiction in it is persisted and ends the session."""

        def guarded(db: sqlite3.Connection) -> Result:
            self._refuse_if_retired()
            return unit(db)

        try:
            return await self.core.books.database.write(guarded)
        except logbooks.DamagedError as damage:
            await self.core.books.note_damage(damage)
            raise
        except sequencing.ContradictionError as error:
            proof = error
        await self.core.books.database.write(lambda db: sequencing.keep_contradiction(db, self.channel, proof))
        self.standing.author = AuthorState.FORKED
        self.proof = (proof.first, proof.second)
        raise PeerError(Code.FORK, "the channel is forked and stays closed", expected="one history", got="two")

    def _refuse_if_retired(self) -> None:
        """Called inside a transaction: what the newer session has told the partner must stay true."""
        if self.retired:
            raise ports.LinkClosed("a newer session took over")

    def _heads(self, db: sqlite3.Connection) -> messages.Heads:
        self._note_signed(logbooks.of_channel(db, self.channel, mine=True))
        claim = comparisons.claim(db, self.channel)
        given = logbooks.newest_receipt(db, logbooks.of_channel(db, self.channel, mine=False).id)
        if given is not None:
            self.core.receipt_leaves(claim.mirror, given.size)
        recovering = self.standing.author is AuthorState.RECOVERING
        credit = self.credit
        return messages.Heads((claim,), credit.told_bytes, credit.told_entries, self.core.fence, recovering)

    # Sending ----------------------------------------------------------------------------------------------------

    async def _pump(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            if self.ending is not None:
                raise self.ending
            await self._say_dues()
            if self.greeted and not self.retired:
                await self._ask_for_damaged()
                await self._send_batches()
                await self._store_blobs()
                await self._ask_blobs()
                await self._answer_want()
                await self._send_blobs()

    async def _say_dues(self) -> None:
        dues, self.dues = self.dues, standings.Dues(wanted=self.dues.wanted, receipt=self.dues.receipt)
        if dues.refused:
            await self.send(messages.Failure(dues.refused, fatal=False))
        if dues.identity is not None:
            await self._answer_identity(dues.identity)
        if dues.ping:
            await self.send(messages.IdentityWant(self.identity.size))
        if dues.want is not None:
            await self.send(dues.want)
        if dues.vouch is not None:
            await self._vouch(*dues.vouch)

    async def _send_batches(self) -> None:
        """Sign what waits as often as a batch may be closed, send what the partner does not have, and my receipts."""
        while self.greeted:
            step = await self._find() if self.may_author else standings.NOTHING
            if step.removed:
                self._part()
            if step.batch is None or not self._may_send(step.batch, step.repeated):
                await self._say_receipt()
                if not step.sequenced:
                    return
                continue
            end, size_bytes = step.batch.first + len(step.batch.entries), sequencing.size_bytes(step.batch.entries)
            self.window = syncing.after_send(self.window, end, len(step.batch.entries), size_bytes)
            if not step.repeated:
                self.offered = (end, self.core.clock.now_ms())
            await self.send(step.batch)
            if self.dues.receipt is None or self.dues.receipt.mine.size <= end:
                await self._say_receipt()

    async def _find(self) -> standings.Step:
        try:
            return await self._write(self._next)
        except logbooks.DamagedError:
            return standings.NOTHING  # until the copy is back

    def _next(self, db: sqlite3.Connection) -> standings.Step:
        """The next batch to send; or the outbox gets its indices and signatures, and the batch comes next time."""
        comparisons.refuse_stopped(db, self.channel)
        mine = logbooks.of_channel(db, self.channel, mine=True)
        self._note_signed(mine)
        removed = is_removed(db, self.partner)
        sent = self.window.sent
        if sent < mine.size:
            batch = sequencing.batch_at(db, mine, sent, limits.BATCH_BYTES_MAX, limits.BATCH_ENTRIES_MAX)
            return standings.Step(batch, repeated=sent < mine.receipted, removed=removed)
        waiting = outboxes.waiting_up_to(db, mine.id, limits.BATCH_ENTRIES_MAX)
        if not syncing.may_close_batch(self.window, waiting):
            return standings.Step(removed=removed)
        sequencing.sequence(db, mine, self.core.signer)
        return standings.Step(sequenced=True, removed=removed)

    def _note_signed(self, mine: logbooks.Logbook) -> None:
        """Put the highest signed size into the state file, which no backup holds, before anything of it is sent."""
        self.core.signed(mine.origin, mine.size)

    def _may_send(self, batch: messages.Batch, repeated: bool) -> bool:
        size_bytes = sequencing.size_bytes(batch.entries)
        if not syncing.may_send(self.window, len(batch.entries), size_bytes):
            return False
        return not repeated or self._paced(size_bytes)

    def _paced(self, size_bytes: int) -> bool:
        """Whether so many bytes may be given again now; if not, the pump comes back when they may."""
        loop = asyncio.get_running_loop()
        wait_s = self.standing.pace.wait_s(size_bytes, loop.time())
        if wait_s > 0 and (self.resting is None or self.resting.when() <= loop.time()):
            self.resting = loop.call_later(wait_s, self.wake.set)
        return wait_s == 0

    def _part(self) -> None:
        """The merchant has removed this partner: it may take its receipt for the end, but not for long."""
        if self.parting is None:
            self.parting = asyncio.get_running_loop().call_later(FAREWELL_S, self.wake.set)
        elif self.parting.when() <= asyncio.get_running_loop().time():
            raise ports.LinkClosed("a removed partner has had its time")

    async def _say_receipt(self) -> None:
        """The newest receipt, and the credit that goes with it; a receipt only while this side may sign."""
        stored, self.dues.receipt = self.dues.receipt, None
        if stored is not None and self.may_author:
            notes = ReceiptNotes(stored.receipt.cosignature, stored.receipt.pair)
            self.core.receipt_leaves(stored.theirs.origin, stored.receipt.size)
            await self.send(messages.Receipt(stored.theirs.origin, stored.receipt.size, notes, stored.paired))
        credit = self.credit.tell()
        if credit is not None:
            await self.send(credit)

    async def _ask_for_damaged(self) -> None:
        """Ask the partner for its copy of an entry that is damaged here, once a session."""
        damage = self.core.books.damages.get(self.channel)
        if damage is None or self.mending is not None or self.loss is not None:
            return
        self.mending = damage
        logbook = await self.core.books.database.read(lambda db: logbooks.by_id(db, damage.logbook))
        await self.send(messages.Want(logbook.origin, damage.position, damage.position + 1))

    async def _answer_want(self) -> None:
        want = self.dues.wanted
        if want is None:
            return

        def unit(db: sqlite3.Connection) -> messages.Data:
            logbook = logbooks.of_origin(db, want.origin)
            if logbook is None or logbook.channel != self.channel:
                raise PeerError(
                    Code.WRONG_LOG, "WANT of another channel", expected="a logbook of ours", got=want.origin
                )
            end = min(want.end, logbook.size, want.first + limits.BATCH_ENTRIES_MAX)
            found = logbooks.entries(db, logbook.id, want.first, end)
            return messages.Data(want.origin, want.first, recoveries.fitting(found))

        try:
            data = await self.core.books.database.read(unit)
        except logbooks.DamagedError as damage:
            await self.core.books.note_damage(damage)
            data = messages.Data(want.origin, want.first, ())
        if self._paced(sequencing.size_bytes(data.entries)):
            self.dues.wanted = None
            await self.send(data)

    async def _vouch(self, head: checkpoints.Checkpoint, fence: bytes) -> None:
        """Tell a partner that recovers, signed, that I hold no later head of its logbook."""

        def unit(db: sqlite3.Connection) -> bool:
            return head.size >= logbooks.of_channel(db, self.channel, mine=False).known_size

        if await self.core.books.database.read(unit):  # else my HEADS have shown the later head already
            await self.send(messages.Recovery(recoveries.sign_note(head, fence, self.core.signer)))

    async def _answer_identity(self, first: int) -> None:
        me = self.core.signer.node
        stored = await self.core.books.database.read(lambda db: partners.identity_entries(db, me))
        await self.send(messages.IdentityLog(first, tuple(stored[first:])))

    async def _store_blobs(self) -> None:
        """Store what came, in one transaction, and pass it on to whoever waits for it."""
        whole, self.incoming.whole = self.incoming.whole, []
        if whole:
            digests = await self._write(lambda db: [blobs.put(db, data) for data in whole])
            self.look = True
            for digest in digests:
                self.core.blob_stored(digest)

    async def _ask_blobs(self) -> None:
        """Ask for the next blobs that are wanted, each once a session, as long as not too many are under way."""
        while self.look:
            self.look = False
            rows = await self.core.books.database.read(
                lambda db: blobs.wanted(db, self.channel, self.incoming.reached, limits.BLOB_WANTS_MAX)
            )
            chosen = self.incoming.choose(rows, self.standing.spoilt)
            if chosen:
                self.look = True
                await self.send(messages.BlobWant(chosen))

    async def _send_blobs(self) -> None:
        """Send what is here, piece by piece, and let everything else go first; the rest is owed until it comes."""
        while not self.wake.is_set():
            piece = self.outgoing.piece()
            if piece is not None:
                await self.send(piece)
            elif self.outgoing.here:
                if not self._paced(len(self.outgoing.here[0][1])):
                    self.outgoing.rest()
                    return
                self.outgoing.begin()
            elif self.outgoing.due:
                looked = self.outgoing.look()
                unit = functools.partial(blobs.several, digests=looked, bytes_max=limits.BLOB_PIECE_BYTES_MAX)
                self.outgoing.found(looked, await self.core.books.database.read(unit))
            else:
                return

    def arrived(self, digest: bytes) -> None:
        """A blob came from elsewhere: the partner may wait for it (a dealer passes sealed addresses on)."""
        if self.outgoing.arrived(digest):
            self.wake.set()

    def stir(self) -> None:
        """The channel has something new."""
        self.look = True
        self.wake.set()


def is_removed(db: sqlite3.Connection, partner: partners.Partner) -> bool:
    """Whether the merchant has removed a partner."""
    found = partners.by_id(db, partner.id)
    return found is None or found.state is partners.PartnerState.REMOVED
