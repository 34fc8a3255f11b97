"""One open session with a partner, from HEADS to the last byte.

docs/protocol.md section 8. Two tasks share the session: one takes messages in the order they come, the other (the
pump) sends what waits. Every answer is sent only after the transaction behind it is committed.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

import structlog

from node import ports
from node.replication import recoveries, sequencing
from node.storage import blobs, logbooks, outboxes, partners
from node.trade import books
from protocol import checkpoints, identities, limits, messages, sessions, syncing
from protocol.errors import Code, PeerError
from protocol.syncing import AuthorEvent, AuthorState, ReaderEvent, ReaderState

log = structlog.get_logger(__name__)
Shown = tuple[checkpoints.Checkpoint | None, checkpoints.Checkpoint | None]
BLOBS_UNDER_WAY_MAX = 16 * limits.BLOB_WANTS_MAX  # asked for and not here yet, so that a session holds little


@dataclass(slots=True)
class Standing:
    """What this start of the node has learned about one channel; forgotten when the process ends, on purpose."""

    author: AuthorState = AuthorState.WAITING


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
    blob_stored: Callable[[], None]  # a blob came: whoever was promised it can have it now
    receipt_leaves: Callable[[str, int], None] = unobserved  # (the partner's origin, size): I am about to vouch for it


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
    granted_bytes: int = limits.CREDIT_BYTES
    granted_entries: int = limits.CREDIT_ENTRIES
    charged_bytes: int = 0
    charged_entries: int = 0
    pieces: dict[bytes, bytearray] = field(default_factory=dict)
    asked: set[bytes] = field(default_factory=set)
    asked_to: int = 0  # row id of the newest want that was sent in this session
    retired: bool = False  # a newer session took over: nothing of this one may reach the disk any more
    partner_size: int = 0  # of the partner's own logbook, as its HEADS showed it
    vouched: bool = False  # the partner signed that it holds no later head of mine
    lost: str = ""  # the checkpoint of mine that proves what I lost
    recovered: list[bytes] = field(default_factory=list)
    owed: set[bytes] = field(default_factory=set)  # asked for by the partner before they were here
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)  # frames leave in the order of their nonces

    @property
    def standing(self) -> Standing:
        """What is known about my own logbook of this channel since the start."""
        return self.core.standings.setdefault(self.channel, Standing())

    async def run(self, early: list[messages.Message]) -> None:
        """Talk until the link closes or the partner breaks the protocol. `early` came with the handshake.

        Raises LinkClosed, PeerError, or NodeError when storage failed.
        """
        await self.send(await self.core.books.read(self._heads))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump())
                group.create_task(self._listen(early))
        except BaseExceptionGroup as failures:
            raise weightiest(failures) from None

    async def _listen(self, early: list[messages.Message]) -> None:
        for message in early:
            await self._take(message)
        while True:
            received, replies = self.session.receive(await self.link.receive())
            for reply in replies:
                await self.link.send(reply)
            for event in received:
                if isinstance(event, sessions.Received):
                    await self._take_fields(event)

    async def send(self, message: messages.Message) -> None:
        """Encrypt and send one message."""
        async with self.sending:
            await self.link.send(self.session.send(message.compose()))

    async def _take_fields(self, event: sessions.Received) -> None:
        try:
            message = messages.parse(event.message)
        except PeerError as error:
            if error.code is not Code.UNSUPPORTED:
                raise
            await self.send(messages.Failure(error.code, fatal=False))  # a newer partner: the session stays (W24)
            return
        await self._take(message)

    async def _take(self, message: messages.Message) -> None:
        if not self.greeted and isinstance(
            message, messages.Batch | messages.Receipt | messages.Want | messages.Data | messages.BlobWant
        ):
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
                self.wake.set()
            case messages.Want():
                await self._answer_want(message)
            case messages.Data():
                await self._take_data(message)
            case messages.BlobWant():
                await self._send_blobs(message.hashes)
            case messages.Blob():
                await self._take_blob(message)
            case messages.IdentityWant():
                await self._answer_identity(message)
            case messages.IdentityLog():
                await self._take_identity(message)
            case messages.Recovery():
                await self._take_recovery(message)
            case messages.Fork():
                await self._take_fork(message)
            case messages.Failure():
                log.warning("partner refused", partner=self.partner.name, code=message.code, fatal=message.fatal)
            case messages.Bye():
                raise ports.LinkClosed(message.why)
            case messages.Pair():
                pass  # a repeated invitation: the partner is known, nothing changes
            case _:
                assert_never(message)

    # HEADS ------------------------------------------------------------------------------------------------------

    def _heads(self, desk: books.Desk) -> messages.Heads:
        mine = logbooks.of_channel(desk.db, self.channel, mine=True)
        theirs = logbooks.of_channel(desk.db, self.channel, mine=False)
        given = logbooks.newest_receipt(desk.db, theirs.id)
        if given is not None:
            self.core.receipt_leaves(theirs.origin, given.size)
        claim = messages.Claim(
            origin=mine.origin,
            checkpoint=mine.checkpoint,
            mirror=theirs.origin,
            mirror_size=theirs.size,
            mirror_root=theirs.root,
            receipt=None if given is None else messages.ReceiptNotes(given.cosignature, given.pair),
            known=theirs.known_checkpoint,
        )
        recovering = self.standing.author is AuthorState.RECOVERING
        return messages.Heads((claim,), self.granted_bytes, self.granted_entries, self.core.fence, recovering)

    async def _take_heads(self, heads: messages.Heads) -> None:
        claim = self._own_claim(heads)
        shown = self._shown_heads(claim)
        event, mine, theirs_event = await self.core.books.database.write(lambda db: self._compare(db, claim, shown))
        self.standing.author = syncing.step_author(self.standing.author, event)
        self.partner_size = 0 if shown[0] is None else shown[0].size
        self.reader = syncing.step_reader(self.reader, theirs_event)
        if AuthorState.FORKED is self.standing.author or self.reader is ReaderState.FORKED:
            await self._forked(claim.known, mine.checkpoint)
        self.window = syncing.after_credit(
            syncing.Window(sent=min(claim.mirror_size, mine.size)), heads.credit_bytes, heads.credit_entries
        )
        self.greeted = True
        if heads.recovering:
            await self._sign_recovery(claim, heads.fence)
        if event is AuthorEvent.BEHIND:
            self.lost, self.recovered = claim.known, []
            first, end = mine.size, recoveries.size_of(claim.known)
            log.warning("recovering own logbook from partner", partner=self.partner.name, have=first, known=end)
            await self.send(messages.Want(mine.origin, first, min(end, first + limits.BATCH_ENTRIES_MAX)))
        if event is AuthorEvent.AGREED and claim.receipt is not None:
            size = self._paired_size(claim.receipt)
            if size > mine.receipted:
                await self._take_receipt(messages.Receipt(mine.origin, size, claim.receipt, ""))
        await self._receipt_what_is_stored()
        await self.core.books.dispatch(self.channel)
        await self._ask_blobs()
        self.wake.set()

    def _own_claim(self, heads: messages.Heads) -> messages.Claim:
        """The claim about this channel; a claim about any other logbook is hostile (W16)."""
        if len(heads.claims) != 1:
            raise PeerError(Code.WRONG_LOG, "one channel a session", expected=1, got=len(heads.claims))
        return heads.claims[0]

    def _paired_size(self, notes: messages.ReceiptNotes) -> int:
        """Which head of mine a receipt is for: its pairing note says so, whatever else the partner stores."""
        name = checkpoints.key_name(self.partner.node, "receipt")
        return checkpoints.open_pair(notes.pair, name, self.identity.keys["receipt"]).read.size

    def _shown_heads(self, claim: messages.Claim) -> Shown:
        """The partner's own head, and the newest head of mine that it can prove; both verified, None for none."""
        head = known = None
        if claim.checkpoint:
            head = checkpoints.open_checkpoint(claim.checkpoint, claim.origin, self.identity.keys["log"])
        if claim.known:
            own_key = recoveries.own_log_key(self.core.signer.secrets)
            known = checkpoints.open_checkpoint(claim.known, claim.mirror, own_key)
        return head, known

    def _compare(
        self, db: sqlite3.Connection, claim: messages.Claim, shown: Shown
    ) -> tuple[AuthorEvent, logbooks.Logbook, ReaderEvent]:
        mine = logbooks.of_channel(db, self.channel, mine=True)
        theirs = logbooks.of_channel(db, self.channel, mine=False)
        if (claim.origin, claim.mirror) != (theirs.origin, mine.origin):
            raise PeerError(Code.WRONG_LOG, "HEADS of another channel", expected=theirs.origin, got=claim.origin)
        head, known = shown
        known_size = 0 if known is None else known.size
        event = syncing.compare_own(
            mine.size, claim.mirror_size, claim.mirror_root, logbooks.root_at(db, mine, claim.mirror_size), known_size
        )
        if known is not None and known.size <= mine.size and logbooks.root_at(db, mine, known.size) != known.root:
            partners.keep_evidence(db, self.channel, "fork", f"{claim.known}\n\n{mine.checkpoint}".encode())
            event = AuthorEvent.CONTRADICTED  # I signed this head once, and hold another history now
        elif event is AuthorEvent.CONTRADICTED:
            raise PeerError(Code.ROOT, "mirror has another root", expected=mine.size, got=claim.mirror_size)
        if event is AuthorEvent.BEHIND:
            partners.set_channel_state(db, self.channel, partners.ChannelState.RECOVERING)
        return event, mine, self._compare_theirs(db, theirs, head, claim.checkpoint)

    def _compare_theirs(
        self, db: sqlite3.Connection, theirs: logbooks.Logbook, head: checkpoints.Checkpoint | None, note: str
    ) -> ReaderEvent:
        size = 0 if head is None else head.size
        if head is not None:
            logbooks.learn_checkpoint(db, theirs, size, note)
            root = logbooks.root_at(db, theirs, size)
            if root is not None and root != head.root:
                partners.keep_evidence(db, self.channel, "fork", f"{theirs.checkpoint}\n\n{note}".encode())
                partners.set_channel_state(db, self.channel, partners.ChannelState.FORKED)
                return ReaderEvent.CONTRADICTED
        if size < theirs.known_size:
            return ReaderEvent.ROLLED_BACK  # no evidence of malice: it restored a copy, and my HEADS tell it so
        return ReaderEvent.CURRENT

    async def _take_fork(self, message: messages.Fork) -> None:
        """The partner says that two heads contradict each other: believe the notes, not the partner.

        Two valid heads of one size with different roots stop the channel. Anything else is kept and proves nothing.
        """

        def unit(db: sqlite3.Connection) -> bool:
            authors = {
                logbooks.of_channel(db, self.channel, mine=True).origin: recoveries.own_log_key(
                    self.core.signer.secrets
                ),
                logbooks.of_channel(db, self.channel, mine=False).origin: self.identity.keys["log"],
            }
            proven = any(contradict(message, origin, key) for origin, key in authors.items())
            if proven:
                sequencing.keep_contradiction(db, self.channel, message.first, message.second)
            else:
                partners.keep_evidence(db, self.channel, "claim", f"{message.first}\n\n{message.second}".encode())
            return proven

        if await self.core.books.database.write(unit):
            self.standing.author = AuthorState.FORKED
            raise PeerError(Code.FORK, "the channel is forked and stays closed", expected="one history", got="two")

    async def _forked(self, first: str, second: str) -> None:
        await self.core.books.database.write(
            lambda db: partners.set_channel_state(db, self.channel, partners.ChannelState.FORKED)
        )
        await self.send(messages.Fork(first, second))
        raise PeerError(Code.FORK, "the channel is forked and stays closed", expected="one history", got="two")

    # Entries ----------------------------------------------------------------------------------------------------

    async def _take_batch(self, batch: messages.Batch) -> None:
        if self.reader is ReaderState.STALE:
            raise PeerError(
                Code.ROLLBACK, "catch up to your newest known head first", expected="caught up", got="batch"
            )
        self._charge(batch)
        checked = sequencing.check_batch(batch, self.identity.keys["log"])
        signing = self.standing.author is AuthorState.READY
        now_s = self.core.clock.now_ms() // 1000

        def unit(db: sqlite3.Connection) -> sequencing.Stored | None:
            theirs = logbooks.of_channel(db, self.channel, mine=False)
            self._refuse_if_retired()
            if theirs.origin != batch.origin:
                raise PeerError(Code.WRONG_LOG, "batch of another channel", expected=theirs.origin, got=batch.origin)
            return sequencing.store_batch(db, self.channel, checked, self.core.signer, now_s, signing)

        try:
            stored = await self.core.books.database.write(unit)
        except sequencing.ContradictionError as fork:
            first, second = fork.first, fork.second
            await self.core.books.database.write(
                lambda db: sequencing.keep_contradiction(db, self.channel, first, second)
            )
            await self._forked(first, second)
            return
        self.granted_bytes += sequencing.size_bytes(batch.entries)
        self.granted_entries += len(batch.entries)
        if stored is not None:
            await self._give_receipt(stored)
        await self.send(messages.Credit(self.granted_bytes, self.granted_entries))
        if self.standing.author is AuthorState.RECOVERING:
            await self._come_back()
        await self.core.books.dispatch(self.channel)
        await self._ask_blobs()

    def _charge(self, batch: messages.Batch) -> None:
        """Count a batch against what was granted. A partner who sends more ignores what it was told (W20)."""
        self.charged_bytes += sequencing.size_bytes(batch.entries)
        self.charged_entries += len(batch.entries)
        if self.charged_bytes > self.granted_bytes or self.charged_entries > self.granted_entries:
            granted = f"{self.granted_entries} entries of {self.granted_bytes} bytes"
            raise PeerError(Code.CREDIT, "more entries than were granted", expected=granted, got=self.charged_entries)

    def _refuse_if_retired(self) -> None:
        """Called inside a transaction: what the newer session has told the partner must stay true."""
        if self.retired:
            raise ports.LinkClosed("a newer session took over")

    async def _give_receipt(self, stored: sequencing.Stored) -> None:
        """My batch first, then the receipt that names its head."""
        await self._note_signed(stored.mine)
        await self._send_batches()
        notes = messages.ReceiptNotes(stored.receipt.cosignature, stored.receipt.pair)
        self.core.receipt_leaves(stored.theirs.origin, stored.receipt.size)
        await self.send(messages.Receipt(stored.theirs.origin, stored.receipt.size, notes, stored.mine.checkpoint))

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

        stored = await self.core.books.database.write(unit)
        if stored is not None:
            await self._give_receipt(stored)

    async def _take_receipt(self, receipt: messages.Receipt) -> None:
        trusted = sequencing.PartnerKeys(
            self.partner.node,
            self.identity.keys["mirror"],
            self.identity.keys["receipt"],
            self.identity.keys["log"],
        )

        def unit(db: sqlite3.Connection) -> bool:
            mine = logbooks.of_channel(db, self.channel, mine=True)
            theirs = logbooks.of_channel(db, self.channel, mine=False)
            if receipt.origin != mine.origin:
                raise PeerError(Code.RECEIPT, "receipt of another log", expected=mine.origin, got=receipt.origin)
            held = sequencing.check_receipt(db, mine, receipt.size, receipt.notes, trusted)
            logbooks.save_receipt(db, mine.id, held)
            if receipt.mine:
                head = checkpoints.open_checkpoint(receipt.mine, theirs.origin, trusted.log)
                logbooks.learn_checkpoint(db, theirs, head.size, receipt.mine)
            state = partners.channel(db, self.channel).state
            if state is partners.ChannelState.PAIRING and theirs.receipted:
                partners.set_channel_state(db, self.channel, partners.ChannelState.OPEN)
            return True

        await self.core.books.database.write(unit)
        self.window = syncing.after_receipt(self.window, receipt.size)
        self.core.receipted(self.channel, receipt.size)
        self.wake.set()

    async def _pump(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            if not self.greeted or self.standing.author is not AuthorState.READY:
                continue
            await self._send_batches()
            await self._sequence()
            await self._ask_blobs()
            await self._send_blobs(tuple(self.owed))

    async def _sequence(self) -> None:
        """Sign what waits in the outbox, as often as a batch may be closed, and send it."""
        while True:

            def unit(db: sqlite3.Connection) -> logbooks.Logbook | None:
                mine = logbooks.of_channel(db, self.channel, mine=True)
                if not syncing.may_close_batch(self.window, outboxes.waiting(db, mine.id)):
                    return None
                return sequencing.sequence(db, mine, self.core.signer)

            mine = await self.core.books.database.write(unit)
            if mine is None:
                return
            await self._note_signed(mine)
            await self._send_batches()

    async def _note_signed(self, mine: logbooks.Logbook) -> None:
        """Put the highest signed size into the state file, which no backup holds, before anything is sent."""
        await self.core.books.database.read(lambda db: self.core.signed(mine.origin, mine.size))

    async def _send_batches(self) -> None:
        """Send signed entries that the partner does not have, as far as its credit goes."""
        while True:
            first = self.window.sent
            batch = await self.core.books.database.read(functools.partial(self._next_batch, first=first))
            if batch is None:
                return
            size_bytes = sequencing.size_bytes(batch.entries)
            if self.window.sent != first:
                continue  # the other task sent it meanwhile
            if not syncing.may_send(self.window, len(batch.entries), size_bytes):
                return
            self.window = syncing.after_send(self.window, first + len(batch.entries), len(batch.entries), size_bytes)
            await self.send(batch)

    def _next_batch(self, db: sqlite3.Connection, first: int) -> messages.Batch | None:
        mine = logbooks.of_channel(db, self.channel, mine=True)
        if first >= mine.size:
            return None
        return sequencing.batch_at(db, mine, first, limits.BATCH_BYTES_MAX, limits.BATCH_ENTRIES_MAX)

    # Repair -----------------------------------------------------------------------------------------------------

    async def _answer_want(self, want: messages.Want) -> None:
        def unit(db: sqlite3.Connection) -> messages.Data:
            logbook = logbooks.of_origin(db, want.origin)
            if logbook is None or logbook.channel != self.channel:
                raise PeerError(
                    Code.WRONG_LOG, "WANT of another channel", expected="a logbook of ours", got=want.origin
                )
            end = min(want.end, logbook.size, want.first + limits.BATCH_ENTRIES_MAX)
            return messages.Data(
                want.origin, want.first, recoveries.fitting(logbooks.entries(db, logbook.id, want.first, end))
            )

        await self.send(await self.core.books.database.read(unit))

    async def _take_data(self, data: messages.Data) -> None:
        if self.standing.author is not AuthorState.RECOVERING:
            return  # nothing was asked for
        recovered = await recoveries.take(self.core, self.channel, self.lost, data, self.recovered)
        if isinstance(recovered, messages.Want):
            await self.send(recovered)
        else:
            raise ports.LinkClosed("own logbook is back: HEADS are exchanged afresh")

    async def _sign_recovery(self, claim: messages.Claim, fence: bytes) -> None:
        """Tell a partner that recovers, signed, that I hold no later head of its logbook; or show it the later one."""
        head = recoveries.head_of(claim.checkpoint, claim.origin)

        def unit(db: sqlite3.Connection) -> messages.Recovery | None:
            theirs = logbooks.of_channel(db, self.channel, mine=False)
            if head.size < theirs.known_size:
                return None  # my HEADS have shown the later head already
            return messages.Recovery(recoveries.sign_note(head, fence, self.core.signer))

        note = await self.core.books.database.read(unit)
        if note is not None:
            await self.send(note)

    async def _take_recovery(self, message: messages.Recovery) -> None:
        """The partner vouches for my head."""
        if self.standing.author is not AuthorState.RECOVERING:
            return
        receipt_key = self.identity.keys["receipt"]

        def unit(db: sqlite3.Connection) -> None:
            mine = logbooks.of_channel(db, self.channel, mine=True)
            recoveries.check_note(message.note, mine, self.core.fence, self.partner.node, receipt_key)
            partners.keep_evidence(db, self.channel, "recovery", message.note.encode())

        await self.core.books.database.write(unit)
        self.vouched = True
        await self._come_back()

    async def _come_back(self) -> None:
        """Trade again, once the partner vouched for my head and I hold its logbook as far as it showed.

        Before that, an entry of mine could claim to have seen less than I once receipted: a lie under law 13.
        """
        if not self.vouched:
            return
        back = await self.core.books.write(lambda desk: recoveries.finish(desk, self.channel, self.partner_size))
        if back:
            self.standing.author = syncing.step_author(self.standing.author, AuthorEvent.RECOVERED)
            log.info("own logbook is whole again", partner=self.partner.name)
            await self._receipt_what_is_stored()
            self.wake.set()

    # Blobs ------------------------------------------------------------------------------------------------------

    async def _ask_blobs(self) -> None:
        """Ask for the next blobs that are wanted, each once a session, as long as not too many are under way."""
        if len(self.asked) >= BLOBS_UNDER_WAY_MAX:
            return
        rows = await self.core.books.database.read(
            lambda db: blobs.wanted(db, self.channel, self.asked_to, limits.BLOB_WANTS_MAX)
        )
        fresh = [(id, digest) for id, digest in rows if id > self.asked_to]  # the other task may have asked meanwhile
        if fresh:
            self.asked_to = fresh[-1][0]
            self.asked.update(digest for _, digest in fresh)
            await self.send(messages.BlobWant(tuple(digest for _, digest in fresh)))

    async def _send_blobs(self, digests: tuple[bytes, ...]) -> None:
        """Send what is here; the rest is owed, and sent when it comes (a dealer passes sealed addresses on)."""
        for digest in digests:
            data = await self.core.books.database.read(functools.partial(blobs.get, digest=digest))
            if data is None:
                if len(self.owed) < limits.BLOB_WANTS_MAX * limits.BLOB_WANTS_MAX:
                    self.owed.add(digest)
                continue
            self.owed.discard(digest)
            for offset in range(0, len(data), limits.BLOB_PIECE_BYTES_MAX):
                piece = data[offset : offset + limits.BLOB_PIECE_BYTES_MAX]
                await self.send(messages.Blob(digest, offset, len(data), piece))

    async def _take_blob(self, blob: messages.Blob) -> None:
        if blob.hash not in self.asked:
            return  # not asked for in this session: dropped, stored nowhere
        buffer = self.pieces.setdefault(blob.hash, bytearray())
        if blob.offset != len(buffer):
            raise PeerError(Code.GAP, "blob pieces out of order", expected=len(buffer), got=blob.offset)
        buffer += blob.data
        if len(buffer) < blob.length:
            return
        data = bytes(self.pieces.pop(blob.hash))
        self.asked.discard(blob.hash)
        if hashlib.sha256(data).digest() != blob.hash:
            raise PeerError(Code.ROOT, "blob does not hash to its name", expected=blob.hash.hex(), got="other content")
        await self.core.books.database.write(lambda db: blobs.put(db, data))
        self.core.blob_stored()

    # Identity ---------------------------------------------------------------------------------------------------

    async def _answer_identity(self, want: messages.IdentityWant) -> None:
        me = self.core.signer.node
        stored = await self.core.books.database.read(lambda db: partners.identity_entries(db, me))
        await self.send(messages.IdentityLog(want.first, tuple(stored[want.first :])))

    async def _take_identity(self, log_part: messages.IdentityLog) -> None:
        if log_part.first != self.identity.size or not log_part.entries:
            return
        extended = identities.extend(self.identity, log_part.entries)
        node = self.partner.node
        await self.core.books.database.write(
            lambda db: partners.add_identity_entries(db, node, log_part.first, log_part.entries)
        )
        self.identity = extended


def contradict(message: messages.Fork, origin: str, author: bytes) -> bool:
    """Whether both notes are heads of this logbook, validly signed, of one size and with different roots."""
    try:
        first = checkpoints.open_checkpoint(message.first, origin, author)
        second = checkpoints.open_checkpoint(message.second, origin, author)
    except PeerError:
        return False
    return first.size == second.size and first.root != second.root


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
