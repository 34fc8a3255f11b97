"""One open session with a partner, from HEADS to the last byte.

docs/protocol.md section 8. Two tasks share the session. One takes messages in the order in which they come; it sends
nothing, so that a partner that does not read can never keep it from reading. The other, the pump, is the only one that
sends. Between them stands what is due, the newest of each kind: however much a partner asks, little waits.

Every answer is sent only after the transaction behind it is committed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar, assert_never

import structlog

from node import ports
from node.replication import attachments, comparisons, paces, recoveries, sequencing
from node.storage import blobs, logbooks, outboxes, partners
from node.trade import books
from protocol import checkpoints, identities, limits, messages, sessions, syncing
from protocol.errors import Code, PeerError
from protocol.syncing import AuthorEvent, AuthorState, ReaderState

log = structlog.get_logger(__name__)
Result = TypeVar("Result")
FAREWELL_S: Final = 10
"""Seconds in which a removed partner may still receipt that it was."""
HEADS_S_MAX: Final = 60
"""Seconds that an authenticated partner may take until its HEADS: one that fetches an identity log first needs them."""
AFTER_HEADS: Final = (
    messages.Batch, messages.Receipt, messages.Want, messages.Data, messages.BlobWant, messages.Recovery
)  # fmt: skip


@dataclass(slots=True)
class Standing:
    """What this start of the node has learned about one channel; forgotten when the process ends, on purpose."""

    author: AuthorState = AuthorState.WAITING
    pace: paces.Pace = field(default_factory=paces.Pace)
    spoilt: set[bytes] = field(default_factory=set)  # blobs that the partner sent with another content: not asked again


def unobserved(origin: str, size: int) -> None:
    """What is done when nobody wants to know of receipts."""


@dataclass(frozen=True, slots=True)
class Core:
    """What every exchange works with."""

    books: books.Books
    signer: sequencing.Signer
    clock: ports.Clock
    standings: dict[int, Standing]
    fence: bytes
    signed: Callable[[str, int], None]  # within the storage unit, after COMMIT: a head of mine is final
    receipted: Callable[[int, int], None]  # (channel, size): the partner holds my entries below size
    blob_stored: Callable[[bytes], None]  # a blob came: whoever was promised it can have it now
    receipt_leaves: Callable[[str, int], None] = unobserved  # (the partner's origin, size): I am about to vouch for it


@dataclass(slots=True)
class Dues:
    """What the pump has to say besides batches and blobs."""

    refused: str = ""  # the code of a message that this node does not know
    identity: int | None = None  # the partner asked for my identity log from here on
    ping: bool = False
    vouch: tuple[checkpoints.Checkpoint, bytes] | None = None  # a head of the partner and its fence
    want: messages.Want | None = None  # my question
    wanted: messages.Want | None = None  # the partner's question
    receipt: sequencing.Stored | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What the pump found to do: a batch to send, or an outbox that was sequenced just now."""

    batch: messages.Batch | None = None
    repeated: bool = False  # the partner has receipted these entries before
    sequenced: bool = False
    removed: bool = False  # the merchant has removed the partner meanwhile


NOTHING: Final = Step()


@dataclass(slots=True)
class Credit:
    """What the partner may send in batches, what it was told, and what it has sent: totals of this session."""

    granted_bytes: int = limits.CREDIT_BYTES
    granted_entries: int = limits.CREDIT_ENTRIES
    told_bytes: int = limits.CREDIT_BYTES
    told_entries: int = limits.CREDIT_ENTRIES
    used_bytes: int = 0
    used_entries: int = 0

    def use(self, batch: messages.Batch) -> None:
        """Take a batch; PeerError `session.credit` for more than the partner was told (W20)."""
        self.used_bytes += sequencing.size_bytes(batch.entries)
        self.used_entries += len(batch.entries)
        if self.used_bytes > self.told_bytes or self.used_entries > self.told_entries:
            told = f"{self.told_entries} entries of {self.told_bytes} bytes"
            raise PeerError(Code.CREDIT, "more entries than were granted", expected=told, got=self.used_entries)

    def renew(self, batch: messages.Batch) -> None:
        """Grant as much again as a stored batch took."""
        self.granted_bytes += sequencing.size_bytes(batch.entries)
        self.granted_entries += len(batch.entries)

    def tell(self) -> messages.Credit | None:
        """What to tell the partner; None when it knows."""
        if self.told_entries == self.granted_entries:
            return None
        self.told_bytes, self.told_entries = self.granted_bytes, self.granted_entries
        return messages.Credit(self.told_bytes, self.told_entries)


@dataclass(slots=True)
class Exchange:
    """The conversation over one link with one partner."""

    core: Core
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
    partner_size: int = 0  # of the partner's own logbook, as its HEADS showed it
    vouched: bool = False  # the partner signed that it holds no later head of mine
    loss: recoveries.Loss | None = None
    credit: Credit = field(default_factory=Credit)
    incoming: attachments.Incoming = field(default_factory=attachments.Incoming)
    outgoing: attachments.Outgoing = field(default_factory=attachments.Outgoing)
    dues: Dues = field(default_factory=Dues)
    look: bool = True  # there may be blobs to ask for
    resting: asyncio.TimerHandle | None = None  # until repeats may go on
    parting: asyncio.TimerHandle | None = None  # until a removed partner is cut off
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def standing(self) -> Standing:
        """What is known about my own logbook of this channel since the start."""
        return self.core.standings.setdefault(self.channel, Standing())

    @property
    def may_author(self) -> bool:
        """Whether this side may sign and send entries of its own now."""
        return self.greeted and self.standing.author is AuthorState.READY

    async def run(self, early: list[messages.Message]) -> None:
        """Talk until the link closes or the partner breaks the protocol. `early` came with the handshake.

        Raises LinkClosed, PeerError, or NodeError when storage failed.
        """
        await self.send(await self.core.books.database.read(self._heads))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump())
                group.create_task(self._listen(early))
        except BaseExceptionGroup as failures:
            raise weightiest(failures) from None

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

    # Listening --------------------------------------------------------------------------------------------------

    async def _listen(self, early: list[messages.Message]) -> None:
        for message in early:
            await self._take(message)
        while True:
            async with asyncio.timeout(None if self.greeted else HEADS_S_MAX):
                arrived = await self.link.receive()
            received, _ = self.session.receive(arrived)
            for event in received:
                if isinstance(event, sessions.Received):
                    await self._take_fields(event)

    async def _take_fields(self, event: sessions.Received) -> None:
        self.heard += 1
        try:
            message = messages.parse(event.message)
        except PeerError as error:
            if error.code is not Code.UNSUPPORTED:
                raise
            self.dues.refused = error.code  # a newer partner: the session stays (W24)
            self.wake.set()
            return
        await self._take(message)

    async def _take(self, message: messages.Message) -> None:
        if not self.greeted and isinstance(message, AFTER_HEADS):
            raise PeerError(Code.STATE, "HEADS come first", expected="heads", got=message.compose()["t"])
        match message:
            case messages.Heads():
                await self._take_heads(message)
            case messages.Batch():
                await self._take_batch(message)
            case messages.Receipt():
                await self._take_receipt(message)
            case messages.Credit():
                self.window = syncing.after_credit(self.window, message.bytes, message.entries)
            case messages.Want():
                self._take_want(message)
            case messages.Data():
                await self._take_data(message)
            case messages.BlobWant():
                self.outgoing.ask(message.hashes)
            case messages.Blob():
                await self._take_blob(message)
            case messages.IdentityWant():
                self.dues.identity = message.first
            case messages.IdentityLog():
                await self._take_identity(message)
            case messages.Recovery():
                await self._take_recovery(message)
            case messages.Fork():
                await self._take_fork(message)
            case messages.Failure():
                self._take_failure(message)
            case messages.Bye():
                raise ports.LinkClosed(message.why)
            case messages.Pair():
                pass  # a repeated invitation: the partner is known, nothing changes
            case _:
                assert_never(message)
        self.wake.set()

    async def _write(self, unit: Callable[[sqlite3.Connection], Result]) -> Result:
        """A transaction of this session. A contradiction in it is persisted and ends the session."""

        def guarded(db: sqlite3.Connection) -> Result:
            self._refuse_if_retired()
            return unit(db)

        try:
            return await self.core.books.database.write(guarded)
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

    # HEADS ------------------------------------------------------------------------------------------------------

    def _heads(self, db: sqlite3.Connection) -> messages.Heads:
        self._note_signed(logbooks.of_channel(db, self.channel, mine=True))
        claim = comparisons.claim(db, self.channel)
        given = logbooks.newest_receipt(db, logbooks.of_channel(db, self.channel, mine=False).id)
        if given is not None:
            self.core.receipt_leaves(claim.mirror, given.size)
        recovering = self.standing.author is AuthorState.RECOVERING
        credit = self.credit
        return messages.Heads((claim,), credit.told_bytes, credit.told_entries, self.core.fence, recovering)

    async def _take_heads(self, heads: messages.Heads) -> None:
        if self.greeted:
            raise PeerError(Code.STATE, "HEADS are said once in a session", expected="anything else", got="heads")
        keys = self._log_keys()
        partner = self._partner_keys()
        verdict = await self._write(lambda db: comparisons.compare(db, self.channel, heads.claims, keys, partner))
        self.standing.author = syncing.step_author(self.standing.author, verdict.author)
        self.reader = syncing.step_reader(self.reader, verdict.reader)
        self.partner_size = verdict.shown.size
        (claim,) = heads.claims
        self.window = syncing.after_credit(
            syncing.Window(sent=min(claim.mirror_size, verdict.mine.size)), heads.credit_bytes, heads.credit_entries
        )
        self.greeted = True
        if heads.recovering:
            self.dues.vouch = (verdict.shown, heads.fence)
        if verdict.author is AuthorEvent.BEHIND:
            self.loss, self.dues.want = await self._write(lambda db: recoveries.begin(db, self.channel, claim.known))
            log.warning(
                "recovering own logbook", partner=self.partner.name, have=verdict.mine.size, want=self.dues.want
            )
        if verdict.receipt is not None:
            await self._take_receipt(verdict.receipt)
        await self._receipt_what_is_stored()
        await self._dispatch()

    def _log_keys(self) -> comparisons.Keys:
        return comparisons.Keys(recoveries.own_log_key(self.core.signer.secrets), self.identity.keys["log"])

    def _partner_keys(self) -> sequencing.PartnerKeys:
        known = self.identity.keys
        return sequencing.PartnerKeys(self.partner.node, known["mirror"], known["receipt"], known["log"])

    # Entries ----------------------------------------------------------------------------------------------------

    async def _take_batch(self, batch: messages.Batch) -> None:
        if self.reader is ReaderState.STALE:
            raise PeerError(
                Code.ROLLBACK, "catch up to your newest known head first", expected="caught up", got="batch"
            )
        self.credit.use(batch)
        if self.loss is not None:
            return  # it may rest on entries of mine that are not back yet; the next session brings it again
        key = self.identity.keys["log"]
        signing = self.standing.author is AuthorState.READY
        now_s = self.core.clock.now_ms() // 1000

        def unit(db: sqlite3.Connection) -> sequencing.Stored | None:
            theirs = logbooks.of_channel(db, self.channel, mine=False)
            if theirs.origin != batch.origin:
                raise PeerError(Code.WRONG_LOG, "batch of another channel", expected=theirs.origin, got=batch.origin)
            comparisons.refuse_stopped(db, self.channel)
            if is_removed(db, self.partner):
                raise ports.LinkClosed("a removed partner writes nothing more")
            checked = sequencing.check_batch(batch, key)
            return sequencing.store_batch(db, self.channel, checked, self.core.signer, now_s, signing)

        stored = await self._write(unit)
        self.credit.renew(batch)
        self._owe_receipt(stored)
        if self.standing.author is AuthorState.RECOVERING:
            await self._come_back()
        await self._dispatch()

    async def _dispatch(self) -> None:
        """Fold what is stored, and end the session if that showed that the channel has to stop."""
        await self.core.books.dispatch(self.channel)
        self.look = True
        await self.core.books.database.read(lambda db: comparisons.refuse_stopped(db, self.channel))

    def _owe_receipt(self, stored: sequencing.Stored | None) -> None:
        if stored is not None:
            self.dues.receipt = stored
            self.wake.set()

    async def _receipt_what_is_stored(self) -> None:
        """Entries that were stored while nothing could be signed get their receipt now."""
        if self.standing.author is not AuthorState.READY:
            return
        now_s = self.core.clock.now_ms() // 1000

        def unit(db: sqlite3.Connection) -> sequencing.Stored | None:
            theirs = logbooks.of_channel(db, self.channel, mine=False)
            if theirs.size == theirs.receipted:
                return None
            return sequencing.receipt(db, self.channel, theirs, self.core.signer, now_s)

        self._owe_receipt(await self._write(unit))

    async def _take_receipt(self, receipt: messages.Receipt) -> None:
        window = syncing.after_receipt(self.window, receipt.size)
        partner = self._partner_keys()

        def unit(db: sqlite3.Connection) -> bool:
            mine = logbooks.of_channel(db, self.channel, mine=True)
            held, own = sequencing.check_receipt(db, mine, receipt, partner)
            comparisons.check_pairing(db, self.channel, receipt, own, partner.log)
            logbooks.save_receipt(db, mine.id, held)
            partners.open_if_paired(db, self.channel)
            return is_removed(db, self.partner) and receipt.size == mine.size and not outboxes.waiting(db, mine.id)

        parted = await self._write(unit)
        self.window = window
        self.core.receipted(self.channel, receipt.size)
        if parted:
            raise ports.LinkClosed("a removed partner has been told")

    # Sending ----------------------------------------------------------------------------------------------------

    async def _pump(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            if self.ending is not None:
                raise self.ending
            await self._say_dues()
            if self.greeted:
                await self._send_batches()
                await self._ask_blobs()
                await self._answer_want()
                await self._send_blobs()

    async def _say_dues(self) -> None:
        dues, self.dues = self.dues, Dues(wanted=self.dues.wanted, receipt=self.dues.receipt)
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
            step = await self._write(self._next) if self.may_author else NOTHING
            if step.removed:
                self._part()
            if step.batch is None or not self._may_send(step.batch, step.repeated):
                await self._say_receipt()
                if not step.sequenced:
                    return
                continue
            end, size_bytes = step.batch.first + len(step.batch.entries), sequencing.size_bytes(step.batch.entries)
            self.window = syncing.after_send(self.window, end, len(step.batch.entries), size_bytes)
            await self.send(step.batch)
            if self.dues.receipt is None or self.dues.receipt.mine.size <= end:
                await self._say_receipt()

    def _next(self, db: sqlite3.Connection) -> Step:
        """The next batch to send; or the outbox gets its indices and signatures, and the batch comes next time."""
        comparisons.refuse_stopped(db, self.channel)
        mine = logbooks.of_channel(db, self.channel, mine=True)
        self._note_signed(mine)
        removed = is_removed(db, self.partner)
        sent = self.window.sent
        if sent < mine.size:
            batch = sequencing.batch_at(db, mine, sent, limits.BATCH_BYTES_MAX, limits.BATCH_ENTRIES_MAX)
            return Step(batch, repeated=sent < mine.receipted, removed=removed)
        waiting = outboxes.waiting_up_to(db, mine.id, limits.BATCH_ENTRIES_MAX)
        if not syncing.may_close_batch(self.window, waiting):
            return Step(removed=removed)
        sequencing.sequence(db, mine, self.core.signer)
        return Step(sequenced=True, removed=removed)

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
            notes = messages.ReceiptNotes(stored.receipt.cosignature, stored.receipt.pair)
            self.core.receipt_leaves(stored.theirs.origin, stored.receipt.size)
            await self.send(messages.Receipt(stored.theirs.origin, stored.receipt.size, notes, stored.paired))
        credit = self.credit.tell()
        if credit is not None:
            await self.send(credit)

    # Repair -----------------------------------------------------------------------------------------------------

    def _take_want(self, want: messages.Want) -> None:
        if self.dues.wanted is not None:
            raise PeerError(Code.STATE, "one WANT at a time", expected="after the DATA", got=want.first)
        self.dues.wanted = want

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

        data = await self.core.books.database.read(unit)
        if self._paced(sequencing.size_bytes(data.entries)):
            self.dues.wanted = None
            await self.send(data)

    async def _take_data(self, data: messages.Data) -> None:
        loss = self.loss
        if loss is None:
            return  # nothing was asked for
        signer = self.core.signer

        def unit(desk: books.Desk) -> messages.Want | None:
            self._refuse_if_retired()
            return recoveries.take(desk, self.channel, loss, data, signer)

        self.dues.want = await self.core.books.write(unit)
        if self.dues.want is None:
            raise ports.LinkClosed("own logbook is back: HEADS are exchanged afresh")

    async def _vouch(self, head: checkpoints.Checkpoint, fence: bytes) -> None:
        """Tell a partner that recovers, signed, that I hold no later head of its logbook."""

        def unit(db: sqlite3.Connection) -> bool:
            return head.size >= logbooks.of_channel(db, self.channel, mine=False).known_size

        if await self.core.books.database.read(unit):  # else my HEADS have shown the later head already
            await self.send(messages.Recovery(recoveries.sign_note(head, fence, self.core.signer)))

    async def _take_recovery(self, message: messages.Recovery) -> None:
        """The partner vouches for my head."""
        if self.standing.author is not AuthorState.RECOVERING:
            return
        receipt_key = self.identity.keys["receipt"]

        def unit(db: sqlite3.Connection) -> None:
            mine = logbooks.of_channel(db, self.channel, mine=True)
            recoveries.check_note(message.note, mine, self.core.fence, self.partner.node, receipt_key)
            partners.keep_evidence(db, self.channel, "recovery", message.note.encode())

        await self._write(unit)
        self.vouched = True
        await self._come_back()

    async def _come_back(self) -> None:
        """Trade again, once the partner vouched for my head and I hold its logbook as far as it showed.

        Before that, an entry of mine could claim to have seen less than I once receipted: a lie under law 13.
        """
        if not self.vouched:
            return

        def unit(desk: books.Desk) -> bool:
            self._refuse_if_retired()
            return recoveries.finish(desk, self.channel, self.partner_size)

        if await self.core.books.write(unit):
            await self._dispatch()
            self.standing.author = syncing.step_author(self.standing.author, AuthorEvent.RECOVERED)
            log.info("own logbook is whole again", partner=self.partner.name)
            await self._receipt_what_is_stored()

    async def _take_fork(self, message: messages.Fork) -> None:
        """The partner shows two heads. They stop the channel only if they prove what they should."""
        keys = self._log_keys()

        def unit(db: sqlite3.Connection) -> None:
            if comparisons.is_fork(db, self.channel, (message.first, message.second), keys):
                raise sequencing.ContradictionError(message.first, message.second)
            content = f"{message.first}\n\n{message.second}".encode()
            partners.keep_evidence(db, self.channel, "claim", content)

        await self._write(unit)

    def _take_failure(self, message: messages.Failure) -> None:
        if message.fatal:
            self.told = message.code
        if message.code == Code.TWIN:
            self.standing.author = AuthorState.FORKED
            log.error("another node lives with the keys of this one: it signs nothing more", partner=self.partner.name)

    # Blobs ------------------------------------------------------------------------------------------------------

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

    async def _take_blob(self, blob: messages.Blob) -> None:
        try:
            data = self.incoming.take(blob)
        except PeerError:
            self.standing.spoilt.add(blob.hash)
            raise
        if data is not None:
            await self._write(lambda db: blobs.put(db, data))
            self.look = True
            self.core.blob_stored(blob.hash)

    async def _send_blobs(self) -> None:
        """Send what is here, piece by piece, and let everything else go first; the rest is owed until it comes."""
        while not self.wake.is_set():
            piece = self.outgoing.piece()
            if piece is not None:
                await self.send(piece)
            elif self.outgoing.due:
                digest = self.outgoing.due[0]
                data = await self.core.books.database.read(lambda db, digest=digest: blobs.get(db, digest))  # type: ignore[misc]
                if data is not None and not self._paced(len(data)):
                    return
                self.outgoing.found(data)
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

    # Identity ---------------------------------------------------------------------------------------------------

    async def _answer_identity(self, first: int) -> None:
        me = self.core.signer.node
        stored = await self.core.books.database.read(lambda db: partners.identity_entries(db, me))
        await self.send(messages.IdentityLog(first, tuple(stored[first:])))

    async def _take_identity(self, part: messages.IdentityLog) -> None:
        """The partner's identity log has grown; what does not continue the stored one is ignored."""
        node = self.partner.node

        def unit(db: sqlite3.Connection) -> identities.Identity:
            held = identities.replay(partners.identity_entries(db, node))
            if part.first != held.size or not part.entries:
                return held
            grown = identities.extend(held, part.entries)
            partners.add_identity_entries(db, node, part.first, part.entries)
            return grown

        if part.entries:
            self.identity = await self._write(unit)


def is_removed(db: sqlite3.Connection, partner: partners.Partner) -> bool:
    """Whether the merchant has removed a partner."""
    found = partners.by_id(db, partner.id)
    return found is None or found.state is partners.PartnerState.REMOVED


def weightiest(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of the failures of two tasks, the one that decides: our own bugs and storage before the partner's doing."""
    leaves: list[BaseException] = []
    pending: list[BaseException] = [failures]
    while pending:
        failure = pending.pop()
        if isinstance(failure, BaseExceptionGroup):
            pending.extend(failure.exceptions)
        else:
            leaves.append(failure)
    order: tuple[type[BaseException], ...] = (PeerError, ports.LinkClosed)
    return min(leaves, key=lambda leaf: next((rank for rank, kind in enumerate(order, 1) if isinstance(leaf, kind)), 0))
