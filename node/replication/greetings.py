"""From a bare link to an open session with somebody whose keys are known.

docs/protocol.md sections 5 and 9. Whoever is no partner and holds no invitation gets no answer: the link closes, with
the same code and timing as for a partner that was removed.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from node import ports
from protocol import identities, limits, messages, sessions
from protocol.errors import Code, PeerError


@dataclass(frozen=True, slots=True)
class Me:
    """What this node says of itself when it greets."""

    node: identities.NodeId
    hs_private: bytes
    root_secret: bytes
    name: str
    boot: bytes


@dataclass(frozen=True, slots=True)
class Learn:
    """The NodeID is known, but its identity log has grown: fetch it from entry `first` on, then ask again."""

    first: int


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Who may come in. `admit` returns True, False, or what must be learned first.

    `secret_of` gives the secret of an invitation tag, None when none is valid. `admit` judges a NodeID that proved
    the static key (32 bytes) and showed the head of its identity log. `teach` stores more of that log, verified.
    `my_log` is this node's own identity log.
    """

    secret_of: Callable[[bytes], Awaitable[bytes | None]]
    admit: Callable[[sessions.Authenticated, bytes | None], Awaitable[bool | Learn]]
    teach: Callable[[identities.NodeId, messages.IdentityLog], Awaitable[None]]
    my_log: Callable[[], Awaitable[tuple[bytes, ...]]]


@dataclass(slots=True)
class Greeting:
    """One handshake under way, and in the end the open session."""

    link: ports.Link
    session: sessions.Session
    door: Doorkeeper
    tag: bytes | None = None  # of the invitation used, if any
    peer: sessions.Authenticated | None = None
    early: list[messages.Message] = field(default_factory=list)

    async def run(self) -> sessions.Authenticated:
        """Drive the handshake to its end. Raises LinkClosed, TimeoutError, PeerError; the link stays the caller's."""
        async with asyncio.timeout(limits.AUTHENTICATION_MS_MAX / 1000):
            first = self.session.start()
            if first is not None:
                await self.link.send(first)
            while self.session.state is not sessions.State.OPEN:
                await self._step(self.session.receive(await self.link.receive()))
        assert self.peer is not None
        return self.peer

    async def _step(self, step: sessions.Step) -> None:
        events, replies = step
        for reply in replies:
            await self.link.send(reply)
        for event in events:
            match event:
                case sessions.Invited():
                    await self._invited(event.tag)
                case sessions.Authenticated():
                    self.peer = event
                    await self._judge(event)
                case sessions.Received():
                    await self._received(messages.parse(event.message))

    async def _invited(self, tag: bytes) -> None:
        secret = await self.door.secret_of(tag)
        if secret is None:
            raise PeerError(Code.INVITE, "no such invitation", expected="a valid invitation", got="unknown or used")
        self.tag = tag
        await self._step(self.session.accept_invite(secret))

    async def _judge(self, peer: sessions.Authenticated) -> None:
        verdict = await self.door.admit(peer, self.tag)
        if verdict is False:
            raise PeerError(Code.KEY, "not a partner", expected="a partner", got="an unknown node")
        if isinstance(verdict, Learn):
            if self.session.state is sessions.State.JUDGING:
                await self._step(self.session.learn())
            await self._say(messages.IdentityWant(verdict.first))
            return
        await self._step(self.session.confirm())

    async def _received(self, message: messages.Message) -> None:
        if isinstance(message, messages.IdentityWant):
            entries = await self.door.my_log()
            await self._say(messages.IdentityLog(message.first, entries[message.first :]))
        elif isinstance(message, messages.IdentityLog) and self.peer is not None:
            await self.door.teach(self.peer.node_id, message)
            if await self.door.admit(self.peer, self.tag) is not True:
                raise PeerError(Code.KEY, "identity log does not name this key", expected="the hs key", got="another")
            await self._step(self.session.confirm())
        else:
            self.early.append(message)

    async def _say(self, message: messages.Message) -> None:
        await self.link.send(self.session.send(message.compose()))


def salt_of(root_secret: bytes, tag: bytes) -> bytes:
    """This side's 16 bytes of the channel salt: the same for every repeat of an invitation, known to nobody else.

    So a crash between the two commits of a pairing harms nothing.
    """
    return hmac.digest(root_secret, b"hanse/pair-salt/1\n" + tag, "sha256")[:16]
