"""Who is connected: dialling, being dialled, pairing, and one exchange a partner.

Either side may dial. A dialler pauses with full jitter between its tries, from 1 s to 5 min, and goes through all
addresses of the partner each time. If both dialled at once, both keep the session that the smaller NodeID dialled.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import sqlite3
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from node import errors, ports
from node.replication import admissions, complaints, exchanges, greetings, pairings, standings
from node.storage import partners
from node.trade import doors
from protocol import identities, invitations, limits, sessions
from protocol.errors import Code, PeerError

log = structlog.get_logger(__name__)
PING_S_MAX = 10  # seconds in which a living node answers
LAST_WORDS_S_MAX = 5  # a partner that does not read cannot keep its link open


@dataclass(slots=True)
class Connected:
    """One live exchange."""

    exchange: exchanges.Exchange
    dialled: bool


@dataclass(slots=True)
class Contact:
    """How it goes with one partner since this start of the node."""

    troubles: int = 0  # sessions in a row that ended with a refusal, mine or the partner's
    trouble: str = ""  # what the last refusal was, for people
    nearby: str = ""  # where the local network says that it is
    lost_ms: int | None = None  # when the last session ended
    sessions: int = 0  # running now: the newest and those that it replaces
    doubted: exchanges.Exchange | None = None  # of another start of the partner, and maybe dead


@dataclass(slots=True)
class Connections:
    """All links of a node."""

    core: standings.Core
    world: ports.Ports
    me: greetings.Me
    addresses: tuple[str, ...] = ()  # what invitations and the pair message name
    exchange: type[exchanges.Exchange] = exchanges.Exchange
    live: dict[int, Connected] = field(default_factory=dict)  # by partner id
    contacts: dict[int, Contact] = field(default_factory=dict)  # by partner id
    _hints: dict[int, str] = field(default_factory=dict)  # where a partner was seen on the local network
    _changed: dict[int, asyncio.Event] = field(default_factory=dict)
    _complaints: complaints.Complaints = field(default_factory=complaints.Complaints)
    _now_s: Callable[[], float] = float  # the loop's clock, once there is a loop
    _group: asyncio.TaskGroup | None = None
    _running: asyncio.Event = field(default_factory=asyncio.Event)  # from the moment at which links can be kept
    _failed: asyncio.Future[None] | None = None  # carries a failure of storage to whoever supervises `run`

    # The runtime's calls

    async def run(self) -> None:
        """Dial every partner for as long as the node runs."""
        known = await self.core.books.database.read(partners.every)
        await self._resume()
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._failed = asyncio.get_running_loop().create_future()
            self._changed.clear()
            for partner in known:
                self._start_dialling(partner)
            self._running.set()
            try:
                await self._failed  # until cancelled
            finally:
                self._running.clear()

    async def _resume(self) -> None:
        """Finish what the last run stored but did not fold or answer any more."""
        await self.core.books.read_all()
        for channel in await self.core.books.database.read(partners.channels):
            await self.core.books.dispatch(channel.id)

    async def hint(self, hint: ports.Hint) -> None:
        """Somebody on this network may be a partner: dial it, and let the handshake decide. Never trusted (W25)."""
        for partner in await self.core.books.database.read(partners.every):
            if lan_tag(partner.node) == hint.tag:
                self.contacts.setdefault(partner.id, Contact()).nearby = hint.address
                if partner.id not in self.live:
                    self._hints[partner.id] = hint.address
                    self._notify(partner)

    def online(self, partner: int) -> bool:
        """Whether a session with this partner is open."""
        return partner in self.live

    def contact(self, partner: int) -> doors.Contact:
        """Since when no session with this partner is open (None: there is one, or never was), and the last trouble."""
        known = self.contacts.get(partner, Contact())
        return doors.Contact(None if self.online(partner) else known.lost_ms, known.trouble, known.nearby)

    def signing(self, channel: int) -> str:
        """Whether this node may sign in a channel."""
        return self.core.standings.get(channel, standings.Standing()).author.value

    def skew_ms(self, channel: int) -> int:
        """By how much at least the partner's clock is ahead of mine; negative where it is behind."""
        return self.core.standings.get(channel, standings.Standing()).skew_ms

    def wake(self, channel: int) -> None:
        """A channel has something to send."""
        for connected in self.live.values():
            if connected.exchange.channel == channel:
                connected.exchange.stir()

    def arrived(self, digest: bytes) -> None:
        """A blob came that somebody may be waiting for."""
        for connected in self.live.values():
            connected.exchange.arrived(digest)

    def _start_dialling(self, partner: partners.Partner) -> None:
        if self._group is not None and partner.id not in self._changed:
            self._changed[partner.id] = asyncio.Event()
            self._group.create_task(self._keep_dialling(partner.id))

    async def _keep_dialling(self, partner_id: int) -> None:
        failures = 0
        contact = self.contacts.setdefault(partner_id, Contact())
        while True:
            if partner_id not in self.live:
                if await self._dial_partner(partner_id):
                    failures = 0
                else:
                    failures += 1
            self._changed[partner_id].clear()
            pause_ms = self._pause_ms(max(failures, contact.troubles))
            try:
                async with asyncio.timeout(None if partner_id in self.live else pause_ms / 1000):
                    await self._changed[partner_id].wait()
                    failures = 0
                    await asyncio.sleep(self._pause_ms(contact.troubles) / 1000)
            except TimeoutError:
                continue

    def _pause_ms(self, failures: int) -> int:
        """Full jitter: anything between 0 and the doubling bound."""
        bound = min(limits.REDIAL_MS_MAX, limits.REDIAL_MS_MIN << min(failures, 16))
        return int.from_bytes(self.world.entropy.token(4), "big") * bound >> 32

    async def _dial_partner(self, partner_id: int) -> bool:
        """Try every address once; True when a session was opened (it goes on in a task of its own)."""
        partner = await self.core.books.database.read(lambda db: partners.by_id(db, partner_id))
        if partner is None or partner.state is partners.PartnerState.REMOVED:
            return False
        hinted = self._hints.pop(partner_id, None)
        for address in (*(() if hinted is None else (hinted,)), *partner.addresses):
            try:
                link = await self.world.links.dial(address)
            except ports.LinkFailed:
                continue
            assert self._group is not None
            opened = asyncio.get_running_loop().create_future()
            self._group.create_task(self._talk(link, partner.node, None, opened))
            if await opened is not None:
                return True
        return False

    async def accept(self, link: ports.Link) -> None:
        """Serve one link that somebody else dialled."""
        await self._talk(link, None, None, asyncio.get_running_loop().create_future())

    async def join(self, uri: str) -> partners.Partner:
        """Use an invitation: pair with the node that gave it. NodeError when nobody answers or it is not valid."""
        invitation = pairings.checked(uri, self.me.node, self.world.clock.now_ms())
        await self._running.wait()  # whoever asks while the books are still read
        for address in invitation.addresses:
            try:
                link = await self.world.links.dial(address)
            except ports.LinkFailed:
                continue
            assert self._group is not None
            opened: asyncio.Future[partners.Partner | None] = asyncio.get_running_loop().create_future()
            self._group.create_task(self._talk(link, invitation.node_id, invitation.secret, opened))
            partner = await opened
            if partner is not None:
                return partner
        raise pairings.unanswered(invitation)

    # One link

    async def _talk(
        self,
        link: ports.Link,
        peer: identities.NodeId | None,
        secret: bytes | None,
        opened: asyncio.Future[partners.Partner | None],
    ) -> None:
        """From first byte to last; never raises. `opened` is set once it is clear whether a session came of it."""
        dialled = peer is not None
        self._now_s = asyncio.get_running_loop().time
        try:
            await self._converse(link, peer, secret, dialled, opened)
        except ports.LinkClosed:
            log.debug("link closed", remote=link.remote)
        except TimeoutError:
            self._say(log.info, "handshake took too long", complaints.host_of(link.remote))
        except PeerError as error:
            who = complaints.host_of(link.remote)
            self._say(log.warning, "the protocol was broken", who, error.code, fault=str(error))
        except errors.StorageError as error:
            if self._failed is not None and not self._failed.done():
                self._failed.set_exception(error)
        except Exception as error:  # a bug of ours: it ends this link and no other
            log.error("a conversation failed", remote=link.remote, exc_info=error)
        finally:
            if not opened.done():
                opened.set_result(None)
            await link.close()

    async def _converse(
        self,
        link: ports.Link,
        peer: identities.NodeId | None,
        secret: bytes | None,
        dialled: bool,
        opened: asyncio.Future[partners.Partner | None],
    ) -> None:
        admitted = admissions.Admissions(self.core.books.database, self.world, self.me, self._warn)
        greeting = greetings.Greeting(link, await admitted.session(peer, secret), admitted.keeper(secret))
        if secret is not None:
            greeting.tag = invitations.tag(secret)
        proven = await greeting.run()
        link.authenticated()
        if greeting.tag is not None:
            partner = await pairings.pair(self.core.books, self.me, self.addresses, greeting, proven, dialled)
        else:
            found = await self.core.books.database.read(lambda db: partners.by_node(db, proven.node_id))
            assert found is not None
            partner = found
        exchange = await self._exchange(link, greeting.session, partner, proven)
        if not self._enter(partner, exchange, dialled):
            return
        self._start_dialling(partner)
        if not opened.done():
            opened.set_result(partner)
        refusal: PeerError | None = None
        try:
            await exchange.run(greeting.early)
        except PeerError as error:
            refusal = error
            await self._say_why(exchange, error)
            raise
        finally:
            self._leave(partner, exchange, refusal)

    async def _say_why(self, exchange: exchanges.Exchange, error: PeerError) -> None:
        """Tell an authenticated partner what its fault was, if it listens."""
        with contextlib.suppress(ports.LinkClosed, TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S_MAX):
                await exchange.say_why(error)

    # The register

    async def _exchange(
        self,
        link: ports.Link,
        session: sessions.Session,
        partner: partners.Partner,
        proven: sessions.Authenticated,
    ) -> exchanges.Exchange:
        now_ms = self.world.clock.now_ms()

        def unit(db: sqlite3.Connection) -> tuple[identities.Identity, int]:
            partners.saw(db, partner.id, now_ms)
            channel = partners.channel_of(db, partner.id)
            assert channel is not None
            return identities.replay(partners.identity_entries(db, partner.node)), channel.id

        identity, channel = await self.core.books.database.write(unit)
        return self.exchange(self.core, link, session, partner, channel, identity, proven.boot)

    def _enter(self, partner: partners.Partner, exchange: exchanges.Exchange, dialled: bool) -> bool:
        """Register a new exchange; False when an older one is kept (both dialled at once, H12), or there are too many.

        The newest one wins, since the older may be a dead socket (W21). If it comes from another start of the partner,
        the older one is asked whether it lives: two that live with the same keys are a cloned machine (L13).
        """
        contact = self.contacts.setdefault(partner.id, Contact())
        old = self.live.get(partner.id)
        if old is not None and old.exchange.boot == exchange.boot and old.dialled != dialled:
            smaller_dials = self.me.node < partner.node
            if old.dialled == smaller_dials:
                return False
        if contact.sessions >= limits.SESSIONS_PARTNER_MAX:
            return False
        contact.sessions += 1
        self.live[partner.id] = Connected(exchange, dialled)
        if contact.doubted is not None:
            self._spawn(contact.doubted.link.close())
            contact.doubted = None
        if old is not None:
            old.exchange.retired = True
            if old.exchange.boot == exchange.boot:
                self._spawn(old.exchange.link.close())
            else:
                contact.doubted = old.exchange
                self._spawn(self._doubt(partner, old.exchange, exchange))
        self._notify(partner)
        self.core.books.changes.note("links")
        self._say(log.info, "partner connected", partner.name, remote=exchange.link.remote)
        return True

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        if self._group is None:
            work.close()
        else:
            self._group.create_task(work)

    async def _doubt(self, partner: partners.Partner, old: exchanges.Exchange, new: exchanges.Exchange) -> None:
        """Close an older session, once it is clear that it is dead; if it lives, tell both twins and close both."""
        heard = old.heard
        old.ping()
        for _ in range(PING_S_MAX):
            await asyncio.sleep(1)
            if old.heard != heard and new.greeted:
                log.error("two nodes live with the same keys", partner=partner.name)
                await self.core.books.database.write(
                    lambda db: partners.keep_evidence(db, new.channel, "twins", old.boot + new.boot)
                )
                twin = PeerError(Code.TWIN, "two living nodes use the same keys", expected="one", got="two")
                for exchange in (old, new):
                    exchange.end(twin)
                break
        else:
            await old.link.close()
        contact = self.contacts[partner.id]
        if contact.doubted is old:
            contact.doubted = None

    def _leave(self, partner: partners.Partner, exchange: exchanges.Exchange, refusal: PeerError | None) -> None:
        contact = self.contacts.setdefault(partner.id, Contact())
        contact.sessions -= 1
        if refusal is not None or exchange.told:
            contact.troubles += 1  # and the next try waits longer: no refusal is repeated in a hurry
            contact.trouble = str(refusal) if refusal is not None else f"the partner refused: {exchange.told}"
        elif exchange.greeted:
            contact.troubles, contact.trouble = 0, ""
        connected = self.live.get(partner.id)
        if connected is not None and connected.exchange is exchange:
            del self.live[partner.id]
            contact.lost_ms = self.world.clock.now_ms()
            self._notify(partner)
            self.core.books.changes.note("links")
            self._say(log.info, "partner disconnected", partner.name, trouble=contact.trouble or None)

    def _say(self, tell: Callable[..., Any], event: str, who: str, code: str = "", **fields: Any) -> None:
        self._complaints.say(tell, event, who, self._now_s(), code, **fields)

    def _warn(self, event: str, who: str) -> None:
        self._say(log.warning, event, who)

    def _notify(self, partner: partners.Partner) -> None:
        if partner.id in self._changed:
            self._changed[partner.id].set()


def lan_tag(node: identities.NodeId) -> str:
    """What a node announces of itself on a local network: enough for partners to try, nothing for strangers."""
    digest = hashlib.sha256(b"hanse/lan/1\n" + node).digest()
    return base64.b32encode(digest).decode().lower()[:8]
