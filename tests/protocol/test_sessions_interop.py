"""A second implementation, written from docs/protocol.md alone on msgpack and the package noiseprotocol.

It shares no code with `protocol` but the fixed keys of the conversations, and talks to our sessions in both roles.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from noise.connection import Keypair, NoiseConnection

from protocol import sessions
from protocol.encoding import Value
from protocol.errors import Code, PeerError
from protocol.sessions import Session, State
from tests.protocol.conversations import ALICE, BOB, SECRET, Conversation, Node, public

SECRETS = pytest.mark.parametrize("secret", [None, SECRET], ids=["partners", "invited"])
VECTORS = pathlib.Path(__file__).parents[1] / "vectors" / "sessions.json"


class Stranger:
    """The other program. Maps are written in the order of their keys, which is all that HCM asks of these."""

    def __init__(self, node: Node, initiator: bool, secret: bytes | None) -> None:
        self.node, self.initiator, self.secret = node, initiator, secret
        name = b"Noise_XXpsk0_25519_ChaChaPoly_SHA256" if secret else b"Noise_XX_25519_ChaChaPoly_SHA256"
        self.noise = NoiseConnection.from_name(name)
        if secret:
            self.noise.set_psks(HKDF(SHA256(), 32, salt=None, info=b"hanse/pair/1").derive(secret))
        if initiator:
            self.noise.set_as_initiator()
        else:
            self.noise.set_as_responder()
        self.noise.set_keypair_from_private_bytes(Keypair.STATIC, node.hs_private)

    def hello(self, to: bytes) -> bytes:
        fields: dict[str, Any] = {"t": "hello", "to": to, "vs": [1]}
        if self.secret:
            fields = {"inv": hashlib.sha256(b"hanse/invite/1\n" + self.secret).digest()[:16], **fields}
        packed: bytes = msgpack.packb(fields)
        return packed

    def begin(self, hello: bytes, answer: bytes) -> None:
        lengths = [len(part).to_bytes(4, "big") for part in (hello, answer)]
        self.noise.set_prologue(b"hanse/session/1\n" + lengths[0] + hello + lengths[1] + answer)
        self.noise.start_handshake()

    def proof(self) -> bytes:
        packed: bytes = msgpack.packb({"boot": self.node.boot, "id": self.node.node_id, "kel": [*self.node.kel]})
        return packed

    def read(self, message: bytes) -> bytes:
        return bytes(self.noise.read_message(message))

    def write(self, payload: bytes = b"") -> bytes:
        return bytes(self.noise.write_message(payload))

    def seal(self, plaintext: bytes) -> bytes:
        frame = b""
        for start in range(0, len(plaintext), 65_519):
            piece = bytes(self.noise.encrypt(plaintext[start : start + 65_519]))
            frame += len(piece).to_bytes(2, "big") + piece
        return frame

    def open(self, frame: bytes) -> bytes:
        plaintext, position = b"", 0
        while position < len(frame):
            size = int.from_bytes(frame[position : position + 2], "big")
            plaintext += bytes(self.noise.decrypt(frame[position + 2 : position + 2 + size]))
            position += 2 + size
        return plaintext


def meet_as_responder(secret: bytes | None) -> tuple[Session, Stranger]:
    """Our Alice dials the stranger, who plays Bob."""
    alice, bob = ALICE.dial(BOB.node_id, secret), Stranger(BOB, initiator=False, secret=secret)
    hello = alice.start()
    assert hello == Stranger(ALICE, initiator=True, secret=secret).hello(BOB.node_id)
    answer = msgpack.packb({"t": "hello", "v": 1})
    bob.begin(hello, answer)
    assert bob.read(alice.receive(answer)[1][0]) == b""
    third = alice.receive(bob.write())[1][0]
    assert bob.read(third) == Stranger(ALICE, initiator=True, secret=secret).proof()
    events, _ = alice.receive(bob.seal(bob.proof()))
    assert events == [sessions.Authenticated(BOB.node_id, public(BOB.hs_private), BOB.kel, BOB.boot)]
    alice.confirm()
    return alice, bob


def meet_as_initiator(secret: bytes | None) -> tuple[Session, Stranger]:
    """The stranger, who plays Alice, dials our Bob."""
    alice, bob = Stranger(ALICE, initiator=True, secret=secret), BOB.listen()
    hello = alice.hello(BOB.node_id)
    answers = bob.receive(hello)[1] if secret is None else invited(bob, hello, secret)
    assert answers == [msgpack.packb({"t": "hello", "v": 1})]
    alice.begin(hello, answers[0])
    assert alice.read(bob.receive(alice.write())[1][0]) == b""
    events, _ = bob.receive(alice.write(alice.proof()))
    assert events == [sessions.Authenticated(ALICE.node_id, public(ALICE.hs_private), ALICE.kel, ALICE.boot)]
    proof = bob.confirm()[1][0]
    assert alice.open(proof) == Stranger(BOB, initiator=False, secret=secret).proof()
    return bob, alice


def invited(bob: Session, hello: bytes, secret: bytes) -> list[bytes]:
    events, replies = bob.receive(hello)
    assert (events, replies) == ([sessions.Invited(msgpack.unpackb(hello)["inv"])], [])
    return bob.accept_invite(secret)[1]


@SECRETS
@pytest.mark.parametrize("meet", [meet_as_responder, meet_as_initiator], ids=["we dial", "we are dialled"])
def test_another_program_talks_to_ours(meet: Any, secret: bytes | None) -> None:
    ours, theirs = meet(secret)
    assert ours.state is State.OPEN
    for size in (1, 65_500, 65_519, 200_000, 1_000_000):
        message: dict[str, Value] = {"d": bytes(size), "t": "blob"}
        assert theirs.open(ours.send(message)) == msgpack.packb(message)
        assert ours.receive(theirs.seal(msgpack.packb(message))) == ([sessions.Received(message)], [])


@pytest.mark.parametrize(
    ("plaintext", "code"),
    [
        (msgpack.packb({"t": "x", "a": 1}), Code.NOT_CANONICAL),  # keys out of order
        (b"\x81\xa1t\xd9\x01x", Code.NOT_CANONICAL),  # a longer header than needed
        (b"\x82\xa1a\xcc\x01\xa1t\xa1x", Code.NOT_CANONICAL),
        (b"\x82\xa1t\xa1x\xa1t\xa1y", Code.NOT_CANONICAL),  # a key twice
        (msgpack.packb({"a": 1.5, "t": "x"}), Code.NOT_CANONICAL),
        (b"\x81\xa1t\xa1\xff", Code.NOT_CANONICAL),  # not UTF-8
        (msgpack.packb({"a": 2**53, "t": "x"}), Code.RANGE),
        (msgpack.packb({"a": -(2**63), "t": "x"}), Code.RANGE),
        (msgpack.packb({"t": "x"}) + b"\0", Code.MALFORMED),
        (msgpack.packb({"t": "x"})[:-1], Code.MALFORMED),
        (b"\xc1", Code.MALFORMED),
        (msgpack.packb(["t", "x"]), Code.MALFORMED),
        (msgpack.packb({}), Code.MALFORMED),
        (msgpack.packb({"t": 5}), Code.MALFORMED),
        (msgpack.packb({"t": None}), Code.MALFORMED),
        (b"\x82\xa1a\xdd\xff\xff\xff\xff\xa1t\xa1x", Code.MALFORMED),
        (msgpack.packb({"a": [[]] * 10_001, "t": "x"}), Code.MALFORMED),
    ],
)
def test_W10_W11_what_is_no_canonical_map_closes_the_session(plaintext: bytes, code: Code) -> None:
    ours, theirs = meet_as_initiator(None)
    with pytest.raises(PeerError) as refusal:
        ours.receive(theirs.seal(plaintext))
    assert refusal.value.code is code
    assert ours.state is State.CLOSED


@pytest.mark.parametrize("number", [1, 2], ids=["message 1", "message 2"])
def test_a_payload_where_none_belongs_is_refused(number: int) -> None:
    answer = msgpack.packb({"t": "hello", "v": 1})
    with pytest.raises(PeerError) as refusal:
        if number == 1:
            alice, bob = Stranger(ALICE, initiator=True, secret=None), BOB.listen()
            hello = alice.hello(BOB.node_id)
            alice.begin(hello, bob.receive(hello)[1][0])
            bob.receive(alice.write(b"early"))
        else:
            ours, other = ALICE.dial(BOB.node_id), Stranger(BOB, initiator=False, secret=None)
            other.begin(ours.start() or b"", answer)
            other.read(ours.receive(answer)[1][0])
            ours.receive(other.write(b"early"))
    assert refusal.value.code is Code.HANDSHAKE


def test_a_proof_that_is_none_is_refused() -> None:
    for payload in (b"", b"\x80", msgpack.packb({"t": "heads"})):
        alice, bob = Stranger(ALICE, initiator=True, secret=None), BOB.listen()
        hello = alice.hello(BOB.node_id)
        alice.begin(hello, bob.receive(hello)[1][0])
        alice.read(bob.receive(alice.write())[1][0])
        with pytest.raises(PeerError) as refusal:
            bob.receive(alice.write(payload))
        assert refusal.value.code is Code.MALFORMED
        assert bob.state is State.CLOSED


def test_the_recorded_sessions_come_out_byte_for_byte() -> None:
    """tests/vectors/sessions.json: for whoever writes another node. The keys are those of the conversations."""
    for vector in json.loads(VECTORS.read_text(encoding="utf-8"))["sessions"]:
        secret = bytes.fromhex(vector["invitation_secret"]) if vector["invitation_secret"] else None
        assert vector == describe(secret)


def describe(secret: bytes | None) -> dict[str, Any]:
    """One whole session with everything that goes into it, in hexadecimal."""
    conversation = Conversation(secret).run()
    frames = [side.send({"t": "bye", "why": "done"}) for side in conversation.sides]
    names = ["hello", "answer", "message_1", "message_2", "message_3", "responder_proof"]
    return {
        "invitation_secret": secret.hex() if secret else None,
        "initiator": keys(ALICE),
        "responder": keys(BOB),
        "messages": dict(zip(names, (message.hex() for message in conversation.messages), strict=True)),
        "frame_of_initiator": {"plaintext": {"t": "bye", "why": "done"}, "bytes": frames[0].hex()},
        "frame_of_responder": {"plaintext": {"t": "bye", "why": "done"}, "bytes": frames[1].hex()},
    }


def keys(node: Node) -> dict[str, Any]:
    return {
        "node_id": node.node_id.hex(),
        "hs_private": node.hs_private.hex(),
        "ephemeral_private": node.ephemeral.hex(),
        "kel": [node.kel[0], node.kel[1].hex()],
        "boot": node.boot.hex(),
    }
