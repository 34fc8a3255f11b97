"""One open session with a partner, from HEADS to the last byte: the side that listens.

docs/protocol.md section 8. Two tasks share the session. This one takes messages in the order in which they come; it
sends nothing, so that a partner that does not read can never keep it from reading. The other, the pump, sends. Between
them stands what is due, the newest of each kind: however much a partner asks, little waits.
"""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from typing import Final, assert_never

import structlog

from node import ports
from node.replication import comparisons, pumps, recoveries, sequencing, standings
from node.storage import logbooks, outboxes, partners
from node.trade import books
from protocol import identities, messages, sessions, syncing
from protocol.errors import Code, PeerError
from protocol.syncing import AuthorEvent, AuthorState, ReaderState

log = structlog.get_logger(__name__)
HEADS_S_MAX: Final = 60
"""Seconds that an authenticated partner may take until its HEADS: one that fetches an identity log first needs them."""
AFTER_HEADS: Final = (
    messages.Batch, messages.Receipt, messages.Want, messages.Data, messages.BlobWant, messages.Recovery
)  # fmt: skip


@dataclass(slots=True)
class Exchange(pumps.Pump):
    """The conversation over one link with one partner."""

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
                self._take_blob(message)
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

    # HEADS ------------------------------------------------------------------------------------------------------

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
            if pumps.is_removed(db, self.partner):
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

        def unit(db: sqlite3.Connection) -> tuple[int, bool]:
            mine = logbooks.of_channel(db, self.channel, mine=True)
            held, own = sequencing.check_receipt(db, mine, receipt, partner)
            comparisons.check_pairing(db, self.channel, receipt, own, partner.log)
            logbooks.save_receipt(db, mine.id, held)
            partners.open_if_paired(db, self.channel)
            parted = (
                pumps.is_removed(db, self.partner) and receipt.size == mine.size and not outboxes.waiting(db, mine.id)
            )
            return held.time_s, parted

        signed_s, parted = await self._write(unit)
        end, sent_ms = self.offered
        if receipt.size == end:  # what was sent last was receipted at once; earlier receipts may be repeats
            self.standing.skew_ms = standings.skew_ms(signed_s, sent_ms, self.core.clock.now_ms())
        self.window = window
        self.core.receipted(self.channel, receipt.size)
        if parted:
            raise ports.LinkClosed("a removed partner has been told")

    def _take_want(self, want: messages.Want) -> None:
        if self.dues.wanted is not None:
            raise PeerError(Code.STATE, "one WANT at a time", expected="after the DATA", got=want.first)
        self.dues.wanted = want

    async def _take_data(self, data: messages.Data) -> None:
        loss = self.loss
        if loss is None:
            await self._mend(data)
            return
        signer = self.core.signer

        def unit(desk: books.Desk) -> messages.Want | None:
            self._refuse_if_retired()
            return recoveries.take(desk, self.channel, loss, data, signer)

        self.dues.want = await self.core.books.write(unit)
        if self.dues.want is None:
            raise ports.LinkClosed("own logbook is back: HEADS are exchanged afresh")

    async def _mend(self, data: messages.Data) -> None:
        """Put the partner's copy of a damaged entry in its place; without one, the channel stops."""
        damage, self.mending = self.mending, None
        if damage is None:
            return  # nothing was asked for

        def unit(db: sqlite3.Connection) -> bool:
            logbook = logbooks.by_id(db, damage.logbook)
            fits = (data.origin, data.first, len(data.entries)) == (logbook.origin, damage.position, 1)
            if fits and logbooks.mend(db, logbook, damage.position, data.entries[0]):
                return True
            partners.stop(db, self.channel, "damaged", f"entry {damage.position} of {logbook.origin}".encode())
            return False

        mended = await self._write(unit)
        self.core.books.damages.pop(self.channel, None)
        self.core.books.library.forget(self.channel)
        log.warning("a damaged entry was mended" if mended else "a damaged entry is lost", partner=self.partner.name)
        await self._dispatch()

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

    def _take_blob(self, blob: messages.Blob) -> None:
        """A whole blob waits for the pump, which stores what came meanwhile at once: nobody was promised anything."""
        try:
            data = self.incoming.take(blob)
        except PeerError:
            self.standing.spoilt.add(blob.hash)
            raise
        if data is not None:
            self.incoming.whole.append(data)

    # Identity ---------------------------------------------------------------------------------------------------

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
