"""Two sessions with fixed keys, and a network between them that may change what it carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from protocol import invitations, sessions
from protocol.encoding import Value
from protocol.identities import NodeId
from protocol.sessions import Session, State

SECRET = bytes(range(16))
HEADS: dict[str, Value] = {"t": "heads", "l": []}
IDWANT: dict[str, Value] = {"t": "idwant", "from": 0}

Change = Callable[[int, bytes], bytes]  # (number of the message in the conversation, message) -> what arrives


def key(number: int) -> bytes:
    return bytes([number]) * 32


def public(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


@dataclass(frozen=True)
class Node:
    """What one side brings along. `ephemeral` is fixed, so that whole conversations can be compared."""

    node_id: NodeId
    hs_private: bytes
    ephemeral: bytes
    kel: tuple[int, bytes]
    boot: bytes

    def dial(self, peer: NodeId, secret: bytes | None = None, ephemeral: bytes | None = None) -> Session:
        return Session.initiator(
            me=self.node_id,
            peer=peer,
            hs_private=self.hs_private,
            ephemeral=ephemeral or self.ephemeral,
            kel=self.kel,
            boot=self.boot,
            invite_secret=secret,
        )

    def listen(self, ephemeral: bytes | None = None) -> Session:
        return Session.responder(
            me=self.node_id,
            hs_private=self.hs_private,
            ephemeral=ephemeral or self.ephemeral,
            kel=self.kel,
            boot=self.boot,
        )


def node(number: int) -> Node:
    return Node(
        NodeId(key(0xA0 + number)), key(number), key(0x50 + number), (number, key(0xC0 + number)), bytes([number]) * 16
    )


ALICE, BOB, CAROL = node(1), node(2), node(3)


def unchanged(number: int, message: bytes) -> bytes:
    return message


class Conversation:
    """Alice dials Bob. Every judgement is yes, except that `stop` is reached first; then everything stands still."""

    def __init__(
        self,
        secret: bytes | None = None,
        change: Change = unchanged,
        stop: tuple[int, State] | None = None,
        sides: list[Session] | None = None,
    ) -> None:
        self.sides = sides or [ALICE.dial(BOB.node_id, secret), BOB.listen()]
        self.change = change
        self.stop = stop
        self.messages: list[bytes] = []
        self.events: list[list[sessions.Event]] = [[], []]
        self.queue: list[tuple[int, bytes]] = []

    @property
    def stopped(self) -> bool:
        return self.stop is not None and self.sides[self.stop[0]].state is self.stop[1]

    def run(self) -> Conversation:
        """Carry messages until there are none left. PeerError comes out as it is."""
        if not self.stopped:
            first = self.sides[0].start()
            assert first is not None
            self.queue.append((1, first))
        while self.queue and not self.stopped:
            receiver, message = self.queue.pop(0)
            message = self.change(len(self.messages), message)
            self.messages.append(message)
            self.take(receiver, self.sides[receiver].receive(message))
        return self

    def take(self, side: int, step: sessions.Step) -> None:
        events, replies = step
        self.events[side] += events
        self.queue += [(1 - side, reply) for reply in replies]
        for event in events:
            if not self.stopped:
                self.judge(side, event)

    def judge(self, side: int, event: sessions.Event) -> None:
        session = self.sides[side]
        if isinstance(event, sessions.Invited):
            if event.tag == invitations.tag(SECRET):
                self.take(side, session.accept_invite(SECRET))
            else:
                session.refuse()
        elif isinstance(event, sessions.Authenticated):
            learning = (
                self.stop is not None and self.stop[0] == side and self.stop[1] in (State.LEARNING, State.HOLDING)
            )
            self.take(side, session.learn() if learning else session.confirm())


def opened(secret: bytes | None = None, change: Change = unchanged) -> list[Session]:
    """Two open sessions that belong together."""
    conversation = Conversation(secret, change).run()
    assert [side.state for side in conversation.sides] == [State.OPEN, State.OPEN]
    return conversation.sides


def reach(state: State, side: int, secret: bytes | None = None) -> list[Session]:
    """The two sessions at the moment when `side` (0 Alice, 1 Bob) is in `state`; the other is as far as it can be."""
    if state in (State.OPEN, State.CLOSED):
        sides = opened(secret)
        if state is State.CLOSED:
            sides[side].close()
        return sides
    if state is State.HOLDING:
        sides = reach(State.LEARNING, side, secret)
        assert sides[side].receive(sides[1 - side].send(HEADS)) == ([], [])
        return sides
    conversation = Conversation(secret, stop=(side, state)).run()
    if state is State.LEARNING:  # let what the learning side sent arrive, so that the other one can answer
        conversation.stop = None
        while conversation.queue:
            receiver, message = conversation.queue.pop(0)
            conversation.take(receiver, conversation.sides[receiver].receive(message))
    assert conversation.sides[side].state is state
    return conversation.sides
