"""Who is connected: dialling, being dialled, pairing, and one exchange a partner.

Either side may dial. A dialler pauses with full jitter between its tries, from 1 s to 5 min, and goes through all
addresses of the partner each time. If both dialled at once, both keep the session that the smaller NodeID dialled.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime
import hashlib
import sqlite3
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from node import errors, ports
from node.replication import complaints, exchanges, greetings, standings
from node.storage import invites, partners
from node.trade import books, doors, peering
from protocol import identities, invitations, limits, messages, sessions
from protocol.errors import Code, PeerError

log = structlog.get_logger(__name__)
PING_S_MAX = 10  # seconds in which a living node answers
LAST_WORDS_S_MAX = 5  # a partner that does not read cannot keep its link open
EARLY_MAX = 1  # messages that may come before `pair`: HEADS, from a node that has this partner already


@dataclass(frozen=True, slots=True)
class Me:
    """What this node says of itself when it greets."""

    node: identities.NodeId
    hs_private: bytes
    root_secret: bytes
    name: str
    boot: bytes


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
    me: Me
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
        invitation = read_invitation(uri)
        if invitation.expires_s <= self.world.clock.now_ms() // 1000:
            ended = datetime.datetime.fromtimestamp(invitation.expires_s, datetime.UTC).isoformat()
            raise errors.NodeError(
                "invite.expired", "the invitation has expired", expected="a new invitation", got=f"valid until {ended}"
            )
        if invitation.node_id == self.me.node:
            raise errors.NodeError(
                "invite.own", "this is an invitation of this very node", expected="a partner's", got="my own"
            )
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
        raise errors.NodeError(
            "invite.unanswered",
            "no address of the invitation answered, or it was refused there",
            expected="a running node that knows this invitation",
            got=", ".join(invitation.addresses),
            hint="ask whether your partner's node runs there; one that was used or has ended needs a new invitation",
        )

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
        greeting = greetings.Greeting(link, await self._session(peer, secret), self._door(secret))
        if secret is not None:
            greeting.tag = invitations.tag(secret)
        proven = await greeting.run()
        link.authenticated()
        if greeting.tag is not None:
            partner = await self._pair(greeting, proven, dialled)
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

    async def _session(self, peer: identities.NodeId | None, secret: bytes | None) -> sessions.Session:
        mine = await self.core.books.database.read(lambda db: partners.identity_entries(db, self.me.node))
        identity = identities.replay(mine)
        kel = (identity.size, identity.root)
        ephemeral = self.world.entropy.token(32)
        if peer is None:
            return sessions.Session.responder(
                me=self.me.node, hs_private=self.me.hs_private, ephemeral=ephemeral, kel=kel, boot=self.me.boot
            )
        return sessions.Session.initiator(
            me=self.me.node,
            peer=peer,
            hs_private=self.me.hs_private,
            ephemeral=ephemeral,
            kel=kel,
            boot=self.me.boot,
            invite_secret=secret,
        )

    def _door(self, secret: bytes | None) -> greetings.Doorkeeper:
        async def secret_of(tag: bytes) -> bytes | None:
            now_s = self.world.clock.now_ms() // 1000
            return await self.core.books.database.write(
                lambda db: invites.secret_of(db, tag, self.me.root_secret, now_s)
            )

        async def admit(peer: sessions.Authenticated, tag: bytes | None) -> bool | greetings.Learn:
            if secret is not None:
                return True  # the session is bound to the NodeID of the invitation that was dialled
            return await self.core.books.database.read(lambda db: self._judge(db, peer, tag))

        async def teach(node: identities.NodeId, part: messages.IdentityLog) -> None:
            await self.core.books.database.write(lambda db: learn_identity(db, node, part))

        async def my_log() -> tuple[bytes, ...]:
            return tuple(await self.core.books.database.read(lambda db: partners.identity_entries(db, self.me.node)))

        return greetings.Doorkeeper(secret_of, admit, teach, my_log)

    def _judge(self, db: sqlite3.Connection, peer: sessions.Authenticated, tag: bytes | None) -> bool | greetings.Learn:
        partner = partners.by_node(db, peer.node_id)
        if partner is not None and partner.state is partners.PartnerState.REMOVED:
            return False  # no invitation revives it
        if tag is not None:
            return self._may_use(db, peer, tag)
        if partner is None:
            return False
        identity = identities.replay(partners.identity_entries(db, peer.node_id))
        if peer.kel[0] > identity.size:
            return greetings.Learn(identity.size)
        if peer.kel[0] == identity.size and peer.kel[1] != identity.root:
            self._say(log.warning, "a partner shows another identity log", partner.name)
            return False
        return identity.keys["hs"] == peer.static  # a shorter log is a restored copy: its key still counts

    def _may_use(self, db: sqlite3.Connection, peer: sessions.Authenticated, tag: bytes) -> bool:
        invite = partners.invite(db, tag)
        if invite is not None and invite.node not in (None, peer.node_id):
            who = identities.to_text(peer.node_id)
            self._say(log.warning, "an invitation was used again by another node", who)
            return False
        return invite is not None

    # Pairing

    async def _pair(
        self, greeting: greetings.Greeting, proven: sessions.Authenticated, dialled: bool
    ) -> partners.Partner:
        """Exchange `pair` messages and open the channel, once; a repeat finds it open already."""
        assert greeting.tag is not None
        salt = greetings.salt_of(self.me.root_secret, greeting.tag)
        entries = await self.core.books.database.read(lambda db: partners.identity_entries(db, self.me.node))
        mine = messages.Pair(tuple(entries), self.me.name, self.addresses, salt)
        await greeting.link.send(greeting.session.send(mine.compose()))
        theirs = await self._receive_pair(greeting)
        identity = identities.replay(theirs.identity)
        if identity.node_id != proven.node_id or identity.keys["hs"] != proven.static:
            raise PeerError(Code.KEY, "identity log of another node", expected=proven.node_id.hex(), got="another")
        parts = (salt, theirs.salt) if dialled else (theirs.salt, salt)
        tag = greeting.tag

        def unit(desk: books.Desk) -> partners.Partner:
            if not dialled:
                invites.claim(desk.db, tag, identity.node_id)
            refuse_double(desk.db, identity)
            salt = peering.channel_salt(*parts)
            return peering.open_channel(desk, identity, theirs.name, theirs.addresses, salt, tag, invited=dialled)

        return await self.core.books.write(unit)

    async def _receive_pair(self, greeting: greetings.Greeting) -> messages.Pair:
        async with asyncio.timeout(limits.AUTHENTICATION_MS_MAX / 1000):
            while True:
                for position, message in enumerate(greeting.early):
                    if isinstance(message, messages.Pair):
                        del greeting.early[position]
                        return message
                events, replies = greeting.session.receive(await greeting.link.receive())
                for reply in replies:
                    await greeting.link.send(reply)
                greeting.early.extend(
                    messages.parse(event.message) for event in events if isinstance(event, sessions.Received)
                )
                if len(greeting.early) > EARLY_MAX:
                    raise PeerError(Code.STATE, "the first message of an invitation", expected="pair", got="others")

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

    def _notify(self, partner: partners.Partner) -> None:
        if partner.id in self._changed:
            self._changed[partner.id].set()


def read_invitation(uri: str) -> invitations.Invitation:
    """The invitation that a person typed. NodeError `invite.malformed`; its secret is not repeated there."""
    try:
        return invitations.from_uri(uri)
    except PeerError as error:
        raise errors.NodeError(
            "invite.malformed",
            f"this is no invitation: {error.hint}",
            expected="the whole line that `hanse invite` printed, hanse:1?i=…&a=…&k=…&x=…",
            got=f"{len(uri)} characters",
            hint="put it in quotes, for a shell ends it at the first `&`; or use `hanse join -` and paste it",
        ) from None


def lan_tag(node: identities.NodeId) -> str:
    """What a node announces of itself on a local network: enough for partners to try, nothing for strangers."""
    digest = hashlib.sha256(b"hanse/lan/1\n" + node).digest()
    return base64.b32encode(digest).decode().lower()[:8]


def refuse_double(db: sqlite3.Connection, identity: identities.Identity) -> None:
    """Refuse a node that shares a key with another partner: whose signature would it be? (H08)"""
    for partner in partners.every(db):
        known = partners.identity_entries(db, partner.node)
        if partner.node != identity.node_id and identities.replay(known).used & identity.used:
            raise PeerError(Code.KEY, f"already paired as {partner.name}", expected="keys of its own", got="the same")


def learn_identity(db: sqlite3.Connection, node: identities.NodeId, part: messages.IdentityLog) -> None:
    """Extend the stored identity log of a partner with what it sent, verified entry by entry."""
    identity = identities.replay(partners.identity_entries(db, node))
    if part.first != identity.size or not part.entries:
        raise PeerError(Code.GAP, "identity log part", expected=identity.size, got=part.first)
    identities.extend(identity, part.entries)
    partners.add_identity_entries(db, node, part.first, part.entries)
