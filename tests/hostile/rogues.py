"""A partner made by hand: it has keys and logbooks of its own, speaks the protocol through a link of the simulated
network, and keeps to the rules only where a test lets it.

    rogue = Rogue(town)
    talk = await rogue.pair("factory")        # by an invitation of a real node
    rogue.channel.write("order.place", body)  # into its own logbook, whatever the rules say
    await talk.say(rogue.channel.batch())
    await talk.live()                         # behave for a while: store, receipt, remember
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from contracts import histories
from node import ports
from node.trade import readings
from protocol import checkpoints, entries, identities, invitations, keys, merkle, messages, sessions
from protocol.claims import Claim, ReceiptNotes
from protocol.encoding import Value
from tests.node.towns import Town
from tests.sim import entropy, links, lives

Kind = TypeVar("Kind")
QUIET_S = 3.0  # a healthy node answers much sooner
TIME_S = 1_790_000_000  # the time of cosignatures; it decides nothing


@dataclass(slots=True)
class Keyring:
    """Keys of a node that exists nowhere but here."""

    root: bytes
    inception: bytes

    @classmethod
    def make(cls, name: str) -> Keyring:
        random = entropy.SeededEntropy("rogue", name)
        root, recovery = random.token(32), keys.public(random.token(32), "rec")
        kem = [keys.x25519_public(random.token(32))]
        return cls(root, identities.inception(root, random.token(32), recovery, kem, random.token(16)))

    @property
    def secrets(self) -> keys.Secrets:
        return keys.derive(self.root)

    @property
    def identity(self) -> identities.Identity:
        return identities.replay([self.inception])


@dataclass(slots=True)
class Channel:
    """Both logbooks as this side has them, in memory. Nothing here refuses anything."""

    keyring: Keyring
    peer: identities.Identity
    salt: bytes
    clock_ms: int = TIME_S * 1000
    mine: list[bytes] = field(default_factory=list)
    theirs: list[bytes] = field(default_factory=list)
    checkpoint: str = ""  # the partner's, over all of `theirs`
    known: str = ""  # the partner's newest, with its entries or without
    given: dict[int, ReceiptNotes] = field(default_factory=dict)
    held: dict[int, ReceiptNotes] = field(default_factory=dict)
    _written: int = 0

    @property
    def me(self) -> identities.NodeId:
        return self.keyring.identity.node_id

    @property
    def side(self) -> int:
        return 0 if self.me < self.peer.node_id else 1

    @property
    def origin(self) -> str:
        return entries.origin(entries.log_id(self.me, self.peer.node_id, 1, self.salt))

    @property
    def mirror(self) -> str:
        """The origin of the partner's logbook."""
        return entries.origin(entries.log_id(self.peer.node_id, self.me, 1, self.salt))

    # -- my logbook

    def draft(
        self,
        kind: str,
        body: Mapping[str, Any],
        seen: int | None = None,
        re: Sequence[entries.Reference] = (),
        id: bytes | None = None,
    ) -> bytes:
        """The bytes of an entry."""
        self._written += 1
        fresh = self._written.to_bytes(16, "big") if id is None else id
        known = len(self.theirs) if seen is None else seen
        content: dict[str, Value] = dict(body)
        return entries.compose(entries.Entry(fresh, kind, 1, self.clock_ms, known, tuple(re), content))

    def write(self, kind: str, body: Mapping[str, Any], **fields: Any) -> bytes:
        """Append an entry; its hash."""
        return self.append(self.draft(kind, body, **fields))

    def append(self, data: bytes) -> bytes:
        """Append bytes, whatever they are; their leaf hash."""
        self.mine.append(data)
        return entries.leaf_hash(data)

    def head(self, size: int | None = None, data: Sequence[bytes] | None = None) -> str:
        """My signed checkpoint over the first `size` of these entries (my own, all)."""
        held = self.mine if data is None else data
        end = len(held) if size is None else size
        frontier = merkle.append(merkle.EMPTY, [entries.leaf_hash(entry) for entry in held[:end]])
        checkpoint = checkpoints.Checkpoint(self.origin, end, merkle.root(frontier))
        return checkpoints.sign_checkpoint(checkpoint, self.keyring.secrets.log)

    def batch(self, first: int = 0, end: int | None = None) -> messages.Batch:
        """Entries of mine with their checkpoint."""
        end = len(self.mine) if end is None else end
        return messages.Batch(self.origin, first, tuple(self.mine[first:end]), self.head(end))

    # -- the partner's

    def peer_head(self) -> str:
        """The partner's own newest head that is here."""
        return self.checkpoint

    def root_there(self, size: int | None = None) -> bytes:
        """The root over what I store of the partner's logbook."""
        end = len(self.theirs) if size is None else size
        return merkle.root(merkle.append(merkle.EMPTY, [entries.leaf_hash(data) for data in self.theirs[:end]]))

    def cosign(self, size: int | None = None, own: str | None = None) -> ReceiptNotes:
        """My receipt over the partner's head, paired with a head of mine (all of it)."""
        end = len(self.theirs) if size is None else size
        read = checkpoints.Checkpoint(self.mirror, end, self.root_there(end))
        mine = checkpoints.parse_text((own or self.head()).split("\n\n")[0] + "\n")
        secrets = self.keyring.secrets
        return ReceiptNotes(
            checkpoints.cosign(
                checkpoints.checkpoint_text(read), checkpoints.key_name(self.me, "mirror"), secrets.mirror, TIME_S
            ),
            checkpoints.sign_pair(
                checkpoints.Pair(read, mine), checkpoints.key_name(self.me, "receipt"), secrets.receipt
            ),
        )

    def receipt(self, size: int | None = None) -> messages.Receipt:
        """A receipt for everything of the partner that is here; the first one over a head stays."""
        end = len(self.theirs) if size is None else size
        notes = self.given.setdefault(end, self.cosign(end))
        return messages.Receipt(self.mirror, end, notes, self.head() if self.mine else "")

    def heads(self, **changes: Any) -> messages.Heads:
        """HEADS as an honest node would say them; `changes` are fields of the claim, `recovering` and `fence`."""
        newest = max(self.given, default=0)
        claim = Claim(
            origin=self.origin,
            checkpoint=self.head() if self.mine else "",
            mirror=self.mirror,
            mirror_size=len(self.theirs),
            mirror_root=self.root_there(),
            receipt=self.given.get(newest),
            known=self.known,
        )
        recovering, fence = changes.pop("recovering", False), changes.pop("fence", bytes(16))
        return messages.Heads((replace(claim, **changes),), 4 * 786_432, 4 * 1024, fence, recovering)

    def take(self, batch: messages.Batch) -> None:
        """Store a batch of the partner."""
        assert batch.origin == self.mirror
        assert batch.first <= len(self.theirs), "the node left a gap"
        self.theirs[batch.first :] = batch.entries
        self.checkpoint = self.known = batch.checkpoint
        opened = checkpoints.open_checkpoint(batch.checkpoint, self.mirror, self.peer.keys["log"])
        assert (opened.size, opened.root) == (len(self.theirs), self.root_there())

    # -- reading

    def items(self) -> tuple[list[histories.Item], list[histories.Item]]:
        """Both logbooks as items: mine, the partner's."""
        mine = [readings.read_item(self.side, at, entries.leaf_hash(data), data) for at, data in enumerate(self.mine)]
        other = 1 - self.side
        theirs = [readings.read_item(other, at, entries.leaf_hash(data), data) for at, data in enumerate(self.theirs)]
        return mine, theirs

    def fold(self) -> histories.History:
        """What both logbooks mean."""
        parties = (self.me, self.peer.node_id) if self.side == 0 else (self.peer.node_id, self.me)
        history = histories.History(parties)  # an author who proves no silence
        mine, theirs = self.items()
        for item in readings.replay(iter(mine), iter(theirs)):
            history.fold(item)
        return history

    def said(self, kind: str) -> list[histories.Item]:
        """The partner's documents of a type."""
        return [item for item in self.items()[1] if item.type == kind]

    def naks(self) -> dict[int, list[str]]:
        """Which of my entries the partner refused, and why."""
        found: dict[int, list[str]] = {}
        for item in self.said("channel.nak"):
            index, faults = item.body["idx"], item.body["faults"]
            assert isinstance(index, int) and isinstance(faults, list)
            assert index not in found, f"entry {index} was refused twice"
            found[index] = [row[0] for row in faults]
        return found


@dataclass(slots=True)
class Talk:
    """One open session with a node."""

    channel: Channel
    session: sessions.Session
    link: ports.Link
    receipting: bool = True
    heard: list[messages.Message] = field(default_factory=list)
    closed: bool = False

    async def say(self, message: messages.Message) -> None:
        """Send one message."""
        await self.link.send(self.session.send(message.compose()))

    async def utter(self, fields: dict[str, Value]) -> None:
        """Send any map."""
        await self.link.send(self.session.send(fields))

    async def receive(self, seconds: float = QUIET_S) -> list[messages.Message]:
        """What comes next, nothing after some time of silence or when the link is closed."""
        try:
            async with asyncio.timeout(seconds):
                events, replies = self.session.receive(await self.link.receive())
        except TimeoutError:
            return []
        except ports.LinkClosed:
            self.closed = True
            return []
        for reply in replies:
            await self.link.send(reply)
        found = [messages.parse(event.message) for event in events if isinstance(event, sessions.Received)]
        self.heard.extend(found)
        return found

    async def hear(self, kind: type[Kind], seconds: float = QUIET_S) -> Kind:
        """The next message of a kind; those before it are remembered and otherwise ignored."""
        while found := await self.receive(seconds):
            for message in found:
                if isinstance(message, kind):
                    return message
        raise AssertionError(f"no {kind.__name__} came: {[type(message).__name__ for message in self.heard]}")

    async def greet(self, **changes: Any) -> messages.Heads:
        """Exchange HEADS; the node's."""
        heads = await self.hear(messages.Heads)
        if heads.claims[0].checkpoint and not self.channel.known:
            self.channel.known = heads.claims[0].checkpoint
        await self.say(self.channel.heads(**changes))
        return heads

    async def live(self, seconds: float = QUIET_S) -> list[messages.Message]:
        """Behave until the node is silent for some time: store, receipt, remember. What came meanwhile."""
        began = len(self.heard)
        while found := await self.receive(seconds):
            for message in found:
                if isinstance(message, messages.Batch):
                    self.channel.take(message)
                    if self.receipting:
                        await self.say(self.channel.receipt())
                elif isinstance(message, messages.Receipt):
                    self.channel.held[message.size] = message.notes
                elif isinstance(message, messages.IdentityWant):
                    await self.say(messages.IdentityLog(message.first, ()))
        return self.heard[began:]

    async def deliver(self, first: int | None = None) -> list[messages.Message]:
        """Send my entries from an index on (those without a receipt), and live."""
        start = max(self.channel.held, default=0) if first is None else first
        if start < len(self.channel.mine):
            await self.say(self.channel.batch(start))
        return await self.live()

    def failures(self) -> list[str]:
        """The codes with which the node refused something in this session."""
        return [message.code for message in self.heard if isinstance(message, messages.Failure)]

    def count(self, kind: type[messages.Message]) -> int:
        """How many messages of a kind came."""
        return sum(isinstance(message, kind) for message in self.heard)

    async def close(self) -> None:
        await self.link.close()


class Rogue:
    """Somebody with keys."""

    def __init__(self, town: Town, name: str = "rogue") -> None:
        self.town = town
        self.name = name
        self.keyring = Keyring.make(name)
        self.life = lives.Life(name, 1)
        self.links = links.SimLinks(town.network, name, self.life)
        self.channels: dict[str, Channel] = {}
        self.boots = 1
        self._random = entropy.SeededEntropy("rogue-session", name)

    @property
    def node_id(self) -> identities.NodeId:
        return self.keyring.identity.node_id

    @property
    def channel(self) -> Channel:
        """The one with the only partner."""
        (only,) = self.channels.values()
        return only

    def restart(self) -> None:
        """Be another start of the same node from now on: with another boot id."""
        self.boots += 1

    async def invitation(self, node: str) -> invitations.Invitation:
        """A fresh invitation of a node."""
        return invitations.from_uri((await self.town.ask(node, "invite"))["uri"])

    async def link(self, node: str) -> ports.Link:
        """A bare link."""
        return await self.links.dial(links.address(node))

    def session(
        self, peer: identities.NodeId, secret: bytes | None = None, kel: tuple[int, bytes] | None = None
    ) -> sessions.Session:
        """The dialling side of a new session."""
        mine = self.keyring.identity
        return sessions.Session.initiator(
            me=mine.node_id,
            peer=peer,
            hs_private=self.keyring.secrets.hs,
            ephemeral=self._random.token(32),
            kel=kel or (mine.size, mine.root),
            boot=self.boots.to_bytes(16, "big"),
            invite_secret=secret,
        )

    async def handshake(self, link: ports.Link, session: sessions.Session) -> bool:
        """Drive a handshake; False when the other side closed the link."""
        first = session.start()
        assert first is not None
        try:
            await link.send(first)
            while session.state is not sessions.State.OPEN:
                events, replies = session.receive(await link.receive())
                for event in events:
                    if isinstance(event, sessions.Authenticated):
                        replies += session.confirm()[1]
                for reply in replies:
                    await link.send(reply)
        except ports.LinkClosed:
            return False
        return True

    async def pair(self, node: str, invitation: invitations.Invitation | None = None, **said: Any) -> Talk:
        """Become a partner of a node and exchange first entries. `said`: fields of `messages.Pair`."""
        talk = await self.meet(node, invitation, **said)
        channel = talk.channel
        await talk.greet()
        channel.write("channel.open", self.opening(channel), seen=0)
        channel.write("peer.card", {"name": self.name, "country": "CN", "languages": ["en"]}, seen=0)
        await talk.live()
        channel.write("peer.accept", {})
        await talk.deliver(0)
        assert channel.held, f"the node did not receipt: {talk.failures()}"
        return talk

    async def meet(self, node: str, invitation: invitations.Invitation | None = None, **said: Any) -> Talk:
        """Use an invitation as far as the two `pair` messages."""
        invitation = invitation or await self.invitation(node)
        link, session = await self.link(node), self.session(invitation.node_id, invitation.secret)
        assert await self.handshake(link, session), "the invitation was refused"
        part = self._random.token(16)
        mine = messages.Pair((self.keyring.inception,), self.name, (), part)
        await link.send(session.send(replace(mine, **said).compose()))
        events, _ = session.receive(await link.receive())
        assert isinstance(events[0], sessions.Received)
        theirs = messages.parse(events[0].message)
        assert isinstance(theirs, messages.Pair)
        channel = Channel(self.keyring, identities.replay(theirs.identity), entries.channel_salt(part, theirs.salt))
        self.channels[node] = channel
        return Talk(channel, session, link)

    def opening(self, channel: Channel) -> dict[str, Value]:
        """The body of leaf 0."""
        return {
            "nodes": [channel.me, channel.peer.node_id],
            "origins": [channel.origin, channel.mirror],
            "salt": channel.salt,
            "epoch": 1,
            "suites": ["hanse/1"],
            "fold": "hanse-fold/1",
            "words_compared": False,
            "retention_years": 10,
            "prev": None,
        }

    async def dial(self, node: str) -> Talk:
        """A new session as a partner, before HEADS."""
        channel = self.channels[node]
        link, session = await self.link(node), self.session(channel.peer.node_id)
        assert await self.handshake(link, session), "the node refused its partner"
        return Talk(channel, session, link)

    async def visit(self, node: str, **changes: Any) -> Talk:
        """A new session, with HEADS exchanged."""
        talk = await self.dial(node)
        await talk.greet(**changes)
        return talk
