"""Sessions: the way from a hello to an open session, and every pair of the state table."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import pytest

from protocol import invitations, limits, sessions
from protocol.encoding import Value
from protocol.errors import Code, LocalError, PeerError
from protocol.sessions import Arrival, Call, Session, State
from tests.protocol.conversations import (
    ALICE,
    BOB,
    HEADS,
    IDWANT,
    SECRET,
    Conversation,
    key,
    opened,
    public,
    reach,
)

ROOT = pathlib.Path(sessions.__file__).parents[1]
BEGIN, END = "<!-- session states: begin -->", "<!-- session states: end -->"

SECRETS = pytest.mark.parametrize("secret", [None, SECRET], ids=["partners", "invited"])

SIDES = {
    State.READY: (0,), State.GREETING: (0,), State.AGREEING: (0,), State.PROVING: (0,),
    State.LISTENING: (1,), State.INVITED: (1,), State.ANSWERING: (1,), State.FINISHING: (1,),
    State.JUDGING: (0, 1), State.LEARNING: (0, 1), State.HOLDING: (0, 1), State.OPEN: (0, 1), State.CLOSED: (0, 1),
}  # fmt: skip
PLACES = [(state, side) for state, sides in SIDES.items() for side in sides]

CALLS: dict[Call, Callable[[Session], object]] = {
    Call.START: Session.start,
    Call.ACCEPT: lambda session: session.accept_invite(SECRET),
    Call.LEARN: Session.learn,
    Call.CONFIRM: Session.confirm,
    Call.SEND_IDENTITY: lambda session: session.send(IDWANT),
    Call.SEND: lambda session: session.send(HEADS),
    Call.CLOSE: Session.close,
}


@SECRETS
def test_both_sides_learn_who_the_other_is_and_open(secret: bytes | None) -> None:
    conversation = Conversation(secret).run()
    assert [side.state for side in conversation.sides] == [State.OPEN, State.OPEN]
    assert [side.version for side in conversation.sides] == [1, 1]
    bob = sessions.Authenticated(BOB.node_id, public(BOB.hs_private), BOB.kel, BOB.boot)
    alice = sessions.Authenticated(ALICE.node_id, public(ALICE.hs_private), ALICE.kel, ALICE.boot)
    assert conversation.events[0] == [bob]
    assert conversation.events[1] == ([] if secret is None else [sessions.Invited(invitations.tag(SECRET))]) + [alice]
    assert max(map(len, conversation.messages)) <= limits.HELLO_BYTES_MAX


@SECRETS
def test_messages_go_both_ways_whatever_their_size(secret: bytes | None) -> None:
    sides = opened(secret)
    for size in (0, 1, 65_000, 65_536, 800 * 1024):
        message: dict[str, Value] = {"t": "batch", "e": [bytes(size // 4)] * 4}
        for sender, receiver in ((0, 1), (1, 0)):
            frame = sides[sender].send(message)
            assert sides[receiver].receive(frame) == ([sessions.Received(message)], [])


def test_the_responder_says_nothing_about_itself_before_the_initiator_is_judged() -> None:
    sides = reach(State.JUDGING, 1)
    sides[1].refuse()
    assert sides[1].state is State.CLOSED
    conversation = Conversation(stop=(1, State.JUDGING)).run()
    assert conversation.queue == []
    events, replies = conversation.sides[1].confirm()
    assert (events, len(replies)) == ([], 1)


def test_an_unknown_invitation_gets_no_answer() -> None:
    sides = reach(State.INVITED, 1, secret=SECRET)
    sides[1].refuse()
    assert sides[1].state is State.CLOSED
    with pytest.raises(PeerError) as refusal:
        sides[1].receive(bytes(48))
    assert refusal.value.code is Code.STATE


def test_H11_only_the_secret_of_the_tag_is_accepted() -> None:
    sides = reach(State.INVITED, 1, secret=SECRET)
    with pytest.raises(LocalError):
        sides[1].accept_invite(bytes(16))
    assert sides[1].state is State.INVITED
    assert len(sides[1].accept_invite(SECRET)[1]) == 1


def test_a_node_does_not_dial_itself() -> None:
    with pytest.raises(LocalError):
        ALICE.dial(ALICE.node_id)


def test_start_of_the_responder_has_nothing_to_say() -> None:
    session = BOB.listen()
    assert session.start() is None
    assert session.state is State.LISTENING


@pytest.mark.parametrize("side", [0, 1], ids=["initiator", "responder"])
def test_while_learning_only_identity_messages_pass_and_heads_wait(side: int) -> None:
    sides = reach(State.LEARNING, side)
    learner, other = sides[side], sides[1 - side]
    with pytest.raises(LocalError):
        learner.send(HEADS)
    assert other.receive(learner.send(IDWANT))[0] == [sessions.Received(IDWANT)]
    assert learner.receive(other.send(HEADS)) == ([], [])
    assert learner.state is State.HOLDING
    answer: dict[str, Value] = {"t": "idlog", "from": 0, "e": [b"entry"]}
    assert learner.receive(other.send(answer))[0] == [sessions.Received(answer)]
    with pytest.raises(LocalError):
        learner.send(HEADS)
    assert learner.confirm() == ([sessions.Received(HEADS)], [])
    assert other.receive(learner.send(HEADS))[0] == [sessions.Received(HEADS)]


@pytest.mark.parametrize("side", [0, 1], ids=["initiator", "responder"])
def test_a_second_early_message_is_refused(side: int) -> None:
    sides = reach(State.HOLDING, side)
    with pytest.raises(PeerError) as refusal:
        sides[side].receive(sides[1 - side].send(HEADS))
    assert refusal.value.code is Code.STATE
    assert sides[side].state is State.CLOSED


def test_the_responder_proves_itself_once() -> None:
    conversation = Conversation(stop=(1, State.JUDGING)).run()
    responder = conversation.sides[1]
    assert len(responder.learn()[1]) == 1
    assert responder.confirm() == ([], [])


@pytest.mark.parametrize(
    "message",
    [{}, {"t": 1}, {"t": "x", "f": 1.5}, {"t": "x", "d": bytes(1 << 20)}],
    ids=["empty", "no text", "float", "too big"],
)
def test_what_cannot_be_sent_leaves_the_session_as_it_was(message: dict[str, object]) -> None:
    sides = opened()
    with pytest.raises(LocalError):
        sides[0].send(message)  # type: ignore[arg-type]
    assert sides[1].receive(sides[0].send(HEADS))[0] == [sessions.Received(HEADS)]


# Every pair of the state table.


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("trigger", [*Call, *Arrival])
def test_the_table_has_exactly_these_pairs(state: State, trigger: sessions.Trigger) -> None:
    if (state, trigger) in sessions.TABLE:
        assert sessions.step(state, trigger) is sessions.TABLE[state, trigger]
    elif isinstance(trigger, Call):
        with pytest.raises(LocalError):
            sessions.step(state, trigger)
    else:
        with pytest.raises(PeerError) as refusal:
            sessions.step(state, trigger)
        assert refusal.value.code is Code.STATE


def test_the_specification_shows_the_same_table() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    shown = text.split(BEGIN)[1].split(END)[0]
    rows = [[cell.strip(" `") for cell in line.split("|")[1:4]] for line in shown.strip().splitlines()[2:]]
    assert rows == [[*pair, state] for pair, state in sessions.TABLE.items() if pair[1] is not Call.CLOSE]


def test_every_state_is_reached_and_closed_is_final() -> None:
    assert {state for state, _ in PLACES} == set(State)
    assert {trigger for state, trigger in sessions.TABLE if state is State.CLOSED} == {Call.CLOSE}
    assert all((state, Call.CLOSE) in sessions.TABLE for state in State)
    arrivals = {state for state, trigger in sessions.TABLE if isinstance(trigger, Arrival)}
    assert arrivals == set(sessions.READERS)


@pytest.mark.parametrize(("state", "side"), PLACES)
@pytest.mark.parametrize("call", Call)
def test_every_call_in_every_state(state: State, side: int, call: Call) -> None:
    session = reach(state, side, secret=SECRET)[side]
    if (state, call) in sessions.TABLE:
        CALLS[call](session)
        assert session.state is sessions.TABLE[state, call]
    elif (state, call) == (State.LISTENING, Call.START):
        assert CALLS[call](session) is None  # the responder's turn to start is to wait
    else:
        with pytest.raises(LocalError):
            CALLS[call](session)
        assert session.state is state


def recorded() -> dict[Arrival, bytes]:
    """One message of each kind from a conversation of partners, whose keys are those of every other one here."""
    conversation = Conversation().run()
    hello, answer, first, second, third, proof = conversation.messages
    return {
        Arrival.HELLO: hello,
        Arrival.INVITE: Conversation(SECRET).run().messages[0],
        Arrival.ANSWER: answer,
        Arrival.FIRST: first,
        Arrival.SECOND: second,
        Arrival.THIRD: third,
        Arrival.PROOF: proof,
        Arrival.IDENTITY: conversation.sides[0].send(IDWANT),
        Arrival.MESSAGE: conversation.sides[0].send(HEADS),
    }


RECORDED = recorded()


@pytest.mark.parametrize(("state", "side"), PLACES)
@pytest.mark.parametrize("arrival", Arrival)
def test_H07_every_message_in_every_state(state: State, side: int, arrival: Arrival) -> None:
    sides = reach(state, side, secret=SECRET if state is State.INVITED else None)
    message = RECORDED[arrival]
    if state in (State.LEARNING, State.HOLDING, State.OPEN) and arrival in (Arrival.IDENTITY, Arrival.MESSAGE):
        message = sides[1 - side].send(IDWANT if arrival is Arrival.IDENTITY else HEADS)
    if (state, arrival) in sessions.TABLE:
        sides[side].receive(message)
        assert sides[side].state is sessions.TABLE[state, arrival]
        return
    with pytest.raises(PeerError) as refusal:
        sides[side].receive(message)
    assert sides[side].state is State.CLOSED
    if state not in sessions.READERS:
        assert refusal.value.code is Code.STATE


@pytest.mark.parametrize(("state", "side"), [place for place in PLACES if place[0] in sessions.EARLY])
def test_H07_strangers_get_no_room(state: State, side: int) -> None:
    for size in (limits.HELLO_BYTES_MAX + 1, 10_000_000):
        session = reach(state, side)[side]
        with pytest.raises(PeerError) as refusal:
            session.receive(bytes(size))
        assert refusal.value.code is Code.TOO_BIG
        assert session.state is State.CLOSED


def test_a_closed_session_holds_no_keys() -> None:
    for state, side in PLACES:
        session = reach(state, side, secret=SECRET)[side]
        session.close()
        kept = [getattr(session, name) for name in Session.__slots__ if name not in ("_me", "_peer", "_proof")]
        secrets = {SECRET, invitations.psk(SECRET), ALICE.hs_private, BOB.hs_private, ALICE.ephemeral, BOB.ephemeral}
        assert not secrets & {value for value in kept if isinstance(value, bytes)}
        assert not any(isinstance(value, object) and type(value).__module__ == "protocol.noise" for value in kept)
        assert key(0) not in kept
