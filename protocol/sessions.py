"""One connection between two nodes, without the connection: bytes in, events and bytes out.

docs/protocol.md section 5. A clear hello both ways, a Noise handshake over it, a proof of who is there from each
side, then frames. Time limits, the counting of connections and every judgement about a NodeID are the driver's; it
is told who proved which key, and nothing is delivered or sent before it said yes.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol import encoding, frames, greetings, invitations, limits, noise
from protocol.encoding import Value
from protocol.errors import Code, LocalError, PeerError
from protocol.identities import NodeId

IDENTITY_TYPES: Final = frozenset({"idwant", "idlog", "err", "bye"})
"""The only messages while one side still fetches the other's identity log."""


class State(StrEnum):
    """What this side waits for."""

    # the initiator
    READY = "ready"  # start() to be called
    GREETING = "greeting"  # the answer to my hello
    AGREEING = "agreeing"  # handshake message 2
    PROVING = "proving"  # the responder's proof, its first frame
    # the responder
    LISTENING = "listening"  # a hello
    INVITED = "invited"  # the driver: is this invitation known?
    ANSWERING = "answering"  # handshake message 1
    FINISHING = "finishing"  # handshake message 3 with the initiator's proof
    # both
    JUDGING = "judging"  # the driver: is the key proven the one of that NodeID?
    LEARNING = "learning"  # the missing part of an identity log; nothing else passes
    HOLDING = "holding"  # the same, and one message that came too early is held back
    OPEN = "open"
    CLOSED = "closed"


class Call(StrEnum):
    """What the driver asks for."""

    START = "start"
    ACCEPT = "accept"
    LEARN = "learn"
    CONFIRM = "confirm"
    SEND_IDENTITY = "send-identity"  # a message of IDENTITY_TYPES
    SEND = "send"
    CLOSE = "close"


class Arrival(StrEnum):
    """What the peer's bytes turned out to be."""

    HELLO = "hello"
    INVITE = "invite"  # a hello that carries the tag of an invitation
    ANSWER = "answer"
    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    PROOF = "proof"
    IDENTITY = "identity"  # a message of IDENTITY_TYPES
    MESSAGE = "message"  # any other message


Trigger = Call | Arrival

TABLE: Final[Mapping[tuple[State, Trigger], State]] = {
    (State.READY, Call.START): State.GREETING,
    (State.GREETING, Arrival.ANSWER): State.AGREEING,
    (State.AGREEING, Arrival.SECOND): State.PROVING,
    (State.PROVING, Arrival.PROOF): State.JUDGING,
    (State.LISTENING, Arrival.HELLO): State.ANSWERING,
    (State.LISTENING, Arrival.INVITE): State.INVITED,
    (State.INVITED, Call.ACCEPT): State.ANSWERING,
    (State.ANSWERING, Arrival.FIRST): State.FINISHING,
    (State.FINISHING, Arrival.THIRD): State.JUDGING,
    (State.JUDGING, Call.CONFIRM): State.OPEN,
    (State.JUDGING, Call.LEARN): State.LEARNING,
    (State.LEARNING, Call.SEND_IDENTITY): State.LEARNING,
    (State.LEARNING, Arrival.IDENTITY): State.LEARNING,
    (State.LEARNING, Arrival.MESSAGE): State.HOLDING,
    (State.LEARNING, Call.CONFIRM): State.OPEN,
    (State.HOLDING, Call.SEND_IDENTITY): State.HOLDING,
    (State.HOLDING, Arrival.IDENTITY): State.HOLDING,
    (State.HOLDING, Call.CONFIRM): State.OPEN,
    (State.OPEN, Call.SEND_IDENTITY): State.OPEN,
    (State.OPEN, Call.SEND): State.OPEN,
    (State.OPEN, Arrival.IDENTITY): State.OPEN,
    (State.OPEN, Arrival.MESSAGE): State.OPEN,
    **{(state, Call.CLOSE): State.CLOSED for state in State},
}


def step(state: State, trigger: Trigger) -> State:
    """The next state. An absent pair is refused: LocalError for a call, PeerError `session.state` otherwise."""
    following = TABLE.get((state, trigger))
    if following is not None:
        return following
    if isinstance(trigger, Call):
        raise LocalError(f"a session that is {state} cannot {trigger}")
    expected = sorted(known.value for held, known in TABLE if held is state and isinstance(known, Arrival))
    raise PeerError(Code.STATE, f"session is {state}", expected=expected, got=trigger.value)


@dataclass(frozen=True, slots=True)
class Invited:
    """A hello names an invitation by its tag (16 bytes): call `accept_invite` with its secret, or `close`."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Whoever holds the private key of `static` says to be `node_id`: judge, then `confirm`, `learn` or `refuse`.

    The handshake proves `static` (X25519, 32 bytes), not that it belongs to `node_id`: that stands in the identity
    log of `node_id`. `kel` is (size, root) of that log as its owner has it, `boot` 16 bytes new at each start.
    """

    node_id: NodeId
    static: bytes
    kel: tuple[int, bytes]
    boot: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """A message: a map whose "t" is a string, known to this version or not."""

    message: dict[str, Value]


Event = Invited | Authenticated | Received
Step = tuple[list[Event], list[bytes]]  # what happened, and the binary messages to send now, in this order


class Session:
    """The sans-I/O state of one connection. Made by `initiator` or `responder`, used for one connection only.

    Every PeerError closes the session for good. The driver then closes the connection, and says why only to a peer
    that it had confirmed.
    """

    __slots__ = (
        "_ephemeral", "_handshake", "_held", "_hello", "_hs_private", "_me", "_owed", "_peer", "_proof", "_psk",
        "_receive", "_send", "_state", "_tag", "version",
    )  # fmt: skip

    def __init__(
        self, state: State, me: greetings.Proof, hs_private: bytes, ephemeral: bytes, peer: NodeId | None
    ) -> None:
        self._state = state
        self._me = me.node_id
        self._proof = me.compose()
        self._hs_private = hs_private
        self._ephemeral = ephemeral
        self._peer = peer  # the initiator knows whom it dials
        self._tag: bytes | None = None
        self._psk: bytes | None = None
        self._hello = b""  # the initiator's hello, as sent or received
        self._handshake: noise.Handshake | None = None
        self._send: noise.Cipher | None = None
        self._receive: noise.Cipher | None = None
        self._owed: list[bytes] = []  # the responder's proof, until the driver has judged the initiator
        self._held: list[Event] = []
        self.version = 0
        """The version agreed, 0 before that. The driver refuses one lower than ever before with this partner."""

    @classmethod
    def initiator(
        cls, *, me: NodeId, peer: NodeId, hs_private: bytes, ephemeral: bytes, kel: tuple[int, bytes], boot: bytes,
        invite_secret: bytes | None = None,
    ) -> Session:  # fmt: skip
        """The side that dialled, and knows whom.

        `hs_private` and `ephemeral` are X25519 private keys of 32 bytes, `ephemeral` fresh from the source of
        randomness for this one session. `kel` and `boot`: see `Authenticated`. `invite_secret` has 16 bytes.
        """
        if me == peer:
            raise LocalError("a node opens no session with itself")
        session = cls(State.READY, greetings.Proof(me, kel, boot), hs_private, ephemeral, peer)
        if invite_secret is not None:
            session._tag, session._psk = invitations.tag(invite_secret), invitations.psk(invite_secret)
        return session

    @classmethod
    def responder(
        cls, *, me: NodeId, hs_private: bytes, ephemeral: bytes, kel: tuple[int, bytes], boot: bytes
    ) -> Session:
        """The side that was dialled; the arguments are those of `initiator`."""
        return cls(State.LISTENING, greetings.Proof(me, kel, boot), hs_private, ephemeral, None)

    @property
    def state(self) -> State:
        """Where this side is."""
        return self._state

    def start(self) -> bytes | None:
        """The first message to send: the initiator's hello. The responder has none, and waits."""
        if self._state is State.LISTENING:
            return None
        self._advance(Call.START)
        assert self._peer is not None  # given to every initiator
        self._hello = greetings.Hello(self._peer, greetings.VERSIONS, self._tag).compose()
        return self._hello

    def receive(self, message: bytes) -> Step:
        """Take one binary message of the connection; PeerError closes the session.

        Not to be called between Invited or Authenticated and the driver's answer to it: the peer would be blamed.
        """
        try:
            reader = READERS.get(self._state)
            if reader is None:
                raise PeerError(Code.STATE, "message out of turn", got=f"a message while {self._state}")
            if self._state in EARLY and len(message) > limits.HELLO_BYTES_MAX:
                expected = f"at most {limits.HELLO_BYTES_MAX} bytes"
                raise PeerError(Code.TOO_BIG, "message before authentication", expected=expected, got=len(message))
            return reader(self, message)
        except PeerError:
            self.close()
            raise

    def accept_invite(self, secret: bytes) -> Step:
        """Go on with the handshake that only a holder of `secret` (16 bytes) can finish.

        LocalError for a secret that is not the one of the tag in Invited.
        """
        following = step(self._state, Call.ACCEPT)
        if self._tag is None or not hmac.compare_digest(invitations.tag(secret), self._tag):
            raise LocalError("not the secret of this invitation's tag")
        self._state, self._psk = following, invitations.psk(secret)
        return self._answer()

    def refuse(self) -> None:
        """Close without an answer, in place of `accept_invite` or `confirm`."""
        self.close()

    def learn(self) -> Step:
        """The NodeID may talk, but only about identity logs, until `confirm`: one side has to catch up first.

        One other message (HEADS) is held back meanwhile; a second one is refused.
        """
        self._advance(Call.LEARN)
        return [], self._pay()

    def confirm(self) -> Step:
        """The key proven is the one of the NodeID: open. Brings the responder's proof, and what was held back."""
        self._advance(Call.CONFIRM)
        held, self._held = self._held, []
        return held, self._pay()

    def send(self, message: dict[str, Value]) -> bytes:
        """One binary message from an HCM map with a "t". What is sealed must be sent, and in this order.

        LocalError while this session may not send it, for a map without "t" or outside HCM, and over
        `limits.SESSION_MESSAGE_BYTES_MAX`; the session then stays as it was.
        """
        kind = message.get("t")
        if not isinstance(kind, str):
            raise LocalError('a session message is a map with text under "t"')
        plaintext = encoding.encode(message)
        self._advance(Call.SEND_IDENTITY if kind in IDENTITY_TYPES else Call.SEND)
        return self._seal(plaintext)

    def close(self) -> None:
        """Forget every key. Always allowed; nothing can be done with the session afterwards."""
        self._advance(Call.CLOSE)
        self._handshake = self._send = self._receive = self._psk = None
        self._hs_private = self._ephemeral = b""
        self._owed, self._held = [], []

    # One reader for each state that waits for bytes.

    def _read_hello(self, message: bytes) -> Step:
        hello = greetings.Hello.parse(message)
        if hello.to != self._me:
            raise PeerError(Code.HANDSHAKE, "hello for another node", expected=self._me.hex(), got=hello.to.hex())
        self.version = greetings.choose_version(hello.versions)
        self._hello, self._tag = message, hello.tag
        if hello.tag is not None:
            self._advance(Arrival.INVITE)
            return [Invited(hello.tag)], []
        self._advance(Arrival.HELLO)
        return self._answer()

    def _answer(self) -> Step:
        answer = greetings.Answer(self.version).compose()
        self._begin(answer, initiator=False)
        return [], [answer]

    def _read_answer(self, message: bytes) -> Step:
        self.version = greetings.Answer.parse(message).version
        self._advance(Arrival.ANSWER)
        return [], [self._begin(message, initiator=True).write(b"")]

    def _read_first(self, message: bytes) -> Step:
        handshake = self._read_empty(message, Arrival.FIRST)
        return [], [handshake.write(b"")]

    def _read_second(self, message: bytes) -> Step:
        handshake = self._read_empty(message, Arrival.SECOND)
        third = handshake.write(self._proof)
        self._send, self._receive = handshake.split()
        return [], [third]

    def _read_third(self, message: bytes) -> Step:
        handshake, payload = self._read_handshake(message, Arrival.THIRD)
        self._send, self._receive = handshake.split()
        self._owed = [self._proof]
        return [self._prove(payload)], []

    def _read_proof(self, message: bytes) -> Step:
        payload = self._unseal(message)
        self._advance(Arrival.PROOF)
        return [self._prove(payload)], []

    def _read_message(self, message: bytes) -> Step:
        fields = encoding.decode(
            self._unseal(message),
            bytes_max=limits.SESSION_MESSAGE_BYTES_MAX,
            objects_max=limits.SESSION_MESSAGE_OBJECTS_MAX,
        )
        if not isinstance(fields, dict) or not isinstance(kind := fields.get("t"), str):
            raise PeerError(Code.MALFORMED, "session message", expected='a map with text under "t"')
        arrival = Arrival.IDENTITY if kind in IDENTITY_TYPES else Arrival.MESSAGE
        self._advance(arrival)
        if self._state is State.HOLDING and arrival is Arrival.MESSAGE:
            self._held = [Received(fields)]
            return [], []
        return [Received(fields)], []

    def _advance(self, trigger: Trigger) -> None:
        self._state = step(self._state, trigger)

    def _begin(self, answer: bytes, initiator: bool) -> noise.Handshake:
        """From here on the handshake covers both hellos."""
        self._handshake = noise.Handshake.xx(
            initiator, self._hs_private, self._ephemeral, greetings.prologue(self._hello, answer), self._psk
        )
        self._hs_private = self._ephemeral = b""
        return self._handshake

    def _read_handshake(self, message: bytes, arrival: Arrival) -> tuple[noise.Handshake, bytes]:
        assert self._handshake is not None  # every state that reads a handshake message has one
        payload = self._handshake.read(message)
        self._advance(arrival)
        return self._handshake, payload

    def _read_empty(self, message: bytes, arrival: Arrival) -> noise.Handshake:
        """Handshake messages 1 and 2 carry nothing."""
        handshake, payload = self._read_handshake(message, arrival)
        if payload:
            raise PeerError(Code.HANDSHAKE, f"payload of message {arrival}", expected="nothing", got=len(payload))
        return handshake

    def _prove(self, payload: bytes) -> Authenticated:
        """What the peer says to be, beside the key that the handshake proved."""
        assert self._handshake is not None and self._handshake.remote_static is not None  # finished
        static, self._handshake = self._handshake.remote_static, None
        proof = greetings.Proof.parse(payload)
        if proof.node_id == self._me:
            raise PeerError(Code.HANDSHAKE, "my own NodeID came back", expected="another node")
        if self._peer is not None and proof.node_id != self._peer:
            raise PeerError(Code.HANDSHAKE, "another node answered", got=proof.node_id.hex())
        return Authenticated(proof.node_id, static, proof.kel, proof.boot)

    def _pay(self) -> list[bytes]:
        owed, self._owed = self._owed, []
        return [self._seal(plaintext) for plaintext in owed]

    def _seal(self, plaintext: bytes) -> bytes:
        assert self._send is not None  # every state that sends frames has it
        return frames.seal(self._send, plaintext)

    def _unseal(self, frame: bytes) -> bytes:
        assert self._receive is not None  # every state that reads frames has it
        return frames.unseal(self._receive, frame)


READERS: Final[Mapping[State, Callable[[Session, bytes], Step]]] = {
    State.GREETING: Session._read_answer,
    State.AGREEING: Session._read_second,
    State.PROVING: Session._read_proof,
    State.LISTENING: Session._read_hello,
    State.ANSWERING: Session._read_first,
    State.FINISHING: Session._read_third,
    State.LEARNING: Session._read_message,
    State.HOLDING: Session._read_message,
    State.OPEN: Session._read_message,
}
EARLY: Final = frozenset(READERS) - {State.LEARNING, State.HOLDING, State.OPEN}
"""Where a message has at most `limits.HELLO_BYTES_MAX` bytes: a stranger gets no memory."""
