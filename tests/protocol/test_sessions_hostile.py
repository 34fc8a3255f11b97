"""Sessions against a hostile network, a hostile node, and two of them at once."""

from __future__ import annotations

import ast
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import encoding, greetings, noise, sessions
from protocol.encoding import Value
from protocol.errors import Code, PeerError
from protocol.identities import NodeId
from protocol.sessions import State
from tests.protocol.conversations import (
    ALICE,
    BOB,
    CAROL,
    HEADS,
    SECRET,
    Conversation,
    key,
    opened,
    reach,
)

PROTOCOL = pathlib.Path(sessions.__file__).parent


def edited(message: bytes, **fields: Value) -> bytes:
    """A clear hello with fields set or, when None, left out."""
    old = encoding.decode(message, bytes_max=2_048)
    assert isinstance(old, dict)
    return encoding.encode({name: value for name, value in {**old, **fields}.items() if value is not None})


def test_H04_a_hello_mirrored_to_its_sender_is_refused() -> None:
    session = ALICE.dial(BOB.node_id)
    hello = session.start()
    assert hello is not None
    with pytest.raises(PeerError) as refusal:
        session.receive(hello)
    assert refusal.value.code is Code.MALFORMED
    assert session.state is State.CLOSED


def test_H04_handshake_message_1_mirrored_to_its_sender_is_refused() -> None:
    session = reach(State.AGREEING, 0)[0]
    first = Conversation().run().messages[2]
    with pytest.raises(PeerError) as refusal:
        session.receive(first + bytes(64))
    assert refusal.value.code is Code.HANDSHAKE
    assert "own key" in refusal.value.hint


def test_H04_a_whole_session_mirrored_to_the_same_node_is_refused() -> None:
    """Alice dials Mallory, who connects Alice to Alice: same static key on both ends."""
    mallory = CAROL.node_id
    sides = [ALICE.dial(mallory), ALICE.listen(ephemeral=key(0x77))]
    with pytest.raises(PeerError) as refusal:
        Conversation(sides=sides).run()
    assert refusal.value.code is Code.HANDSHAKE
    with pytest.raises(PeerError) as refusal:
        Conversation(
            sides=[ALICE.dial(mallory), ALICE.listen(ephemeral=key(0x77))],
            change=lambda number, message: edited(message, to=ALICE.node_id) if number == 0 else message,
        ).run()
    assert refusal.value.code is Code.HANDSHAKE


def test_H04_my_own_node_id_as_the_other_side_is_refused() -> None:
    """Another static key, but the NodeID claimed is the one of the side that reads it."""
    bob, hello = BOB.listen(), greetings.Hello(BOB.node_id, (1,), None).compose()
    answer = bob.receive(hello)[1][0]
    liar = noise.Handshake.xx(True, key(9), key(8), greetings.prologue(hello, answer), None)
    liar.read(bob.receive(liar.write(b""))[1][0])
    with pytest.raises(PeerError) as refusal:
        bob.receive(liar.write(greetings.Proof(BOB.node_id, BOB.kel, BOB.boot).compose()))
    assert refusal.value.code is Code.HANDSHAKE
    assert "my own" in refusal.value.hint


def test_H05_a_hello_passed_on_to_another_node_is_refused() -> None:
    """Alice wants Carol; Carol passes the hello on to Bob."""
    conversation = Conversation(sides=[ALICE.dial(CAROL.node_id), BOB.listen()])
    with pytest.raises(PeerError) as refusal:
        conversation.run()
    assert refusal.value.code is Code.HANDSHAKE
    assert [side.state for side in conversation.sides] == [State.GREETING, State.CLOSED]  # Bob did not even answer


def test_H05_a_hello_rewritten_for_another_node_breaks_the_handshake() -> None:
    """Alice wants Carol; Carol writes Bob's NodeID into the hello and carries everything else as it is."""
    alice, bob = ALICE.dial(CAROL.node_id), BOB.listen()
    with pytest.raises(PeerError) as refusal:
        Conversation(
            sides=[alice, bob],
            change=lambda number, message: edited(message, to=BOB.node_id) if number == 0 else message,
        ).run()
    assert refusal.value.code is Code.HANDSHAKE
    assert alice.state is State.CLOSED
    assert bob.state is State.FINISHING  # and message 3 will never come


def test_H05_a_responder_that_proves_another_node_id_is_refused() -> None:
    """Carol holds a session key of her own and was dialled as Bob: the proof tells, before the driver is asked."""
    alice = ALICE.dial(BOB.node_id)
    hello = alice.start()
    assert hello is not None
    answer = greetings.Answer(1).compose()
    carol = noise.Handshake.xx(False, CAROL.hs_private, CAROL.ephemeral, greetings.prologue(hello, answer), None)
    carol.read(alice.receive(answer)[1][0])
    carol.read(alice.receive(carol.write(b""))[1][0])
    frame = carol.split()[0].encrypt(greetings.Proof(CAROL.node_id, CAROL.kel, CAROL.boot).compose())
    with pytest.raises(PeerError) as refusal:
        alice.receive(len(frame).to_bytes(2, "big") + frame)
    assert refusal.value.code is Code.HANDSHAKE
    assert "another node" in refusal.value.hint


@pytest.mark.parametrize(
    ("number", "fields"),
    [
        (0, {"vs": [1, 2]}),
        (0, {"vs": [0, 1]}),
        (0, {"later": 1}),
        (1, {"later": 1}),
    ],
    ids=["versions added", "older version added", "field in the hello", "field in the answer"],
)
def test_H06_whatever_is_changed_in_the_clear_breaks_the_handshake(number: int, fields: dict[str, Value]) -> None:
    conversation = Conversation(change=lambda at, message: edited(message, **fields) if at == number else message)
    with pytest.raises(PeerError) as refusal:
        conversation.run()
    assert refusal.value.code is Code.HANDSHAKE
    assert State.OPEN not in [side.state for side in conversation.sides]


def test_H06_taking_the_invitation_out_of_the_hello_breaks_the_handshake() -> None:
    conversation = Conversation(SECRET, lambda at, message: edited(message, inv=None) if at == 0 else message)
    with pytest.raises(PeerError) as refusal:
        conversation.run()
    assert refusal.value.code is Code.HANDSHAKE


def test_H06_no_common_version_is_unsupported() -> None:
    for versions in ([2], [0, 7]):
        session = BOB.listen()
        with pytest.raises(PeerError) as refusal:
            session.receive(encoding.encode({"t": "hello", "to": BOB.node_id, "vs": [*versions]}))
        assert (refusal.value.code, refusal.value.expected) == (Code.UNSUPPORTED, (1,))
    for version in (0, 2):
        session = reach(State.GREETING, 0)[0]
        with pytest.raises(PeerError) as refusal:
            session.receive(encoding.encode({"t": "hello", "v": version}))
        assert refusal.value.code is Code.UNSUPPORTED


def test_a_stolen_tag_without_the_secret_leads_nowhere() -> None:
    """The tag travels in the clear; whoever repeats it gets the answer to the hello and nothing more."""
    heard = Conversation(SECRET).run().messages[0]
    bob = BOB.listen(ephemeral=key(0x78))
    assert isinstance(bob.receive(heard)[0][0], sessions.Invited)
    answer = bob.accept_invite(SECRET)[1][0]
    thief = noise.Handshake.xx(True, key(9), key(8), greetings.prologue(heard, answer), bytes(32))
    with pytest.raises(PeerError) as refusal:
        bob.receive(thief.write(b""))
    assert refusal.value.code is Code.HANDSHAKE
    assert bob.state is State.CLOSED


def test_W15_a_captured_frame_belongs_to_one_session_and_one_place() -> None:
    captured = opened()[0].send(HEADS)
    later = Conversation(sides=[ALICE.dial(BOB.node_id, ephemeral=key(0x79)), BOB.listen(ephemeral=key(0x7A))]).run()
    for receiver in (later.sides[1], later.sides[0]):
        with pytest.raises(PeerError) as refusal:
            receiver.receive(captured)
        assert refusal.value.code is Code.REPLAY
        assert receiver.state is State.CLOSED


@pytest.mark.parametrize("to", [0, 1], ids=["mirrored", "repeated"])
def test_W15_a_frame_of_this_session_is_taken_once_and_by_the_other_side(to: int) -> None:
    sides = opened()
    frame = sides[0].send(HEADS)
    sides[1].receive(frame)
    with pytest.raises(PeerError) as refusal:
        sides[to].receive(frame)
    assert refusal.value.code is Code.REPLAY


def test_W15_a_whole_conversation_replayed_proves_nothing() -> None:
    """Everything that Alice ever said is said again to Bob, who has drawn a new ephemeral key."""
    said = [message for number, message in enumerate(Conversation().run().messages) if number % 2 == 0]
    bob = BOB.listen(ephemeral=key(0x7B))
    bob.receive(said[0])
    bob.receive(said[1])
    with pytest.raises(PeerError) as refusal:
        bob.receive(said[2])
    assert refusal.value.code is Code.HANDSHAKE


def test_W24_an_unknown_message_is_delivered_and_the_session_stays() -> None:
    sides = opened()
    strange: dict[str, Value] = {"t": "from_the_future", "x": [1, 2, 3]}
    assert sides[1].receive(sides[0].send(dict(strange))) == ([sessions.Received(strange)], [])
    assert sides[1].state is State.OPEN
    assert sides[1].receive(sides[0].send(HEADS))[0] == [sessions.Received(HEADS)]


def test_H11_secrets_are_never_compared_with_an_operator() -> None:
    """Tags, secrets and keys go through hmac.compare_digest; this looks for == and != beside such a name."""
    telling = ("tag", "secret", "psk", "static", "private", "ephemeral", "public")
    for module in ("noise.py", "sessions.py", "greetings.py", "frames.py"):
        tree = ast.parse((PROTOCOL / module).read_text(encoding="utf-8"))
        for comparison in (part for part in ast.walk(tree) if isinstance(part, ast.Compare)):
            if not any(isinstance(operator, (ast.Eq, ast.NotEq, ast.In, ast.NotIn)) for operator in comparison.ops):
                continue
            sizes = {id(inner) for call in ast.walk(comparison) if isinstance(call, ast.Call) for inner in call.args}
            names = [
                part.attr if isinstance(part, ast.Attribute) else part.id
                for part in ast.walk(comparison)
                if isinstance(part, (ast.Attribute, ast.Name)) and id(part) not in sizes
            ]
            assert not [name for name in names if any(word in name for word in telling)], ast.unparse(comparison)


def mutants(message: bytes) -> st.SearchStrategy[bytes]:
    """What a hostile network can make of a message: bits flipped, the end cut off, something added, other bytes."""
    flipped = st.integers(0, 8 * len(message) - 1).map(
        lambda bit: message[: bit // 8] + bytes([message[bit // 8] ^ 1 << bit % 8]) + message[bit // 8 + 1 :]
    )
    cut = st.integers(0, len(message) - 1).map(lambda size: message[:size])
    longer = st.binary(min_size=1, max_size=40).map(lambda tail: message + tail)
    other = st.binary(max_size=200).filter(lambda noise: noise != message)
    return st.one_of(flipped, cut, longer, other)


@given(st.sampled_from([None, SECRET]), st.integers(0, 5), st.data())
def test_a_changed_conversation_never_opens(secret: bytes | None, number: int, data: st.DataObject) -> None:
    """Of six messages one is changed: the side that got it never opens, and nothing but PeerError comes out."""
    conversation = Conversation(secret, lambda at, message: data.draw(mutants(message)) if at == number else message)
    reader = conversation.sides[1 - number % 2]
    try:
        conversation.run()
    except PeerError:
        assert State.CLOSED in [side.state for side in conversation.sides]
    assert reader.state is not State.OPEN
    if number < 5:  # the sixth message is the proof of a responder that has nothing more to wait for
        assert State.OPEN not in [side.state for side in conversation.sides]


@given(st.integers(0, 1), st.data())
def test_a_changed_frame_closes_the_session(sender: int, data: st.DataObject) -> None:
    sides = opened()
    frame = sides[sender].send({"t": "batch", "e": [bytes(70_000)], "n": 5})
    with pytest.raises(PeerError) as refusal:
        sides[1 - sender].receive(data.draw(mutants(frame)))
    assert refusal.value.code in (Code.REPLAY, Code.MALFORMED, Code.TOO_BIG)
    assert sides[1 - sender].state is State.CLOSED


@given(st.binary(max_size=300), st.sampled_from([(state, side) for state in sessions.READERS for side in (0, 1)]))
def test_noise_in_any_state_is_a_peer_error(noise_bytes: bytes, place: tuple[State, int]) -> None:
    state, side = place
    if state in (State.LISTENING, State.ANSWERING, State.FINISHING):
        side = 1
    elif state in (State.GREETING, State.AGREEING, State.PROVING):
        side = 0
    session = reach(state, side)[side]
    try:
        session.receive(noise_bytes)
    except PeerError:
        assert session.state is State.CLOSED
    else:  # message 1 between partners is 32 bytes that anybody can draw
        assert (state, len(noise_bytes)) == (State.ANSWERING, 32)


def test_a_node_id_is_32_bytes_in_every_greeting() -> None:
    for bad in (b"", bytes(31), bytes(33)):
        session = BOB.listen()
        with pytest.raises(PeerError) as refusal:
            session.receive(encoding.encode({"t": "hello", "to": NodeId(bad), "vs": [1]}))
        assert refusal.value.code is Code.MALFORMED
