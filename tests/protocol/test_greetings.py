"""The clear hellos and the proof: exact bytes, and every wrong field refused by name."""

from __future__ import annotations

from collections.abc import Callable

import msgpack  # type: ignore[import-untyped]
import pytest

from protocol import encoding, greetings, limits
from protocol.encoding import Value
from protocol.errors import Code, PeerError
from protocol.identities import NodeId

TO = NodeId(bytes(range(32)))
HELLO: dict[str, Value] = {"t": "hello", "to": TO, "vs": [1]}
ANSWER: dict[str, Value] = {"t": "hello", "v": 1}
PROOF: dict[str, Value] = {"boot": bytes(16), "id": TO, "kel": [3, bytes(32)]}


def test_the_bytes_of_each_greeting() -> None:
    hello = b"\x83\xa1t\xa5hello\xa2to\xc4\x20" + TO + b"\xa2vs\x91\x01"
    assert greetings.Hello(TO, (1,), None).compose() == hello
    assert greetings.Hello.parse(hello) == greetings.Hello(TO, (1,), None)
    invited = b"\x84\xa3inv\xc4\x10" + bytes(16) + hello[1:]
    assert greetings.Hello(TO, (1,), bytes(16)).compose() == invited
    assert greetings.Hello.parse(invited) == greetings.Hello(TO, (1,), bytes(16))
    assert greetings.Answer(1).compose() == b"\x82\xa1t\xa5hello\xa1v\x01"
    assert greetings.Answer.parse(b"\x82\xa1t\xa5hello\xa1v\x01") == greetings.Answer(1)
    proof = b"\x83\xa4boot\xc4\x10" + bytes(16) + b"\xa2id\xc4\x20" + TO + b"\xa3kel\x92\x03\xc4\x20" + bytes(32)
    assert greetings.Proof(TO, (3, bytes(32)), bytes(16)).compose() == proof
    assert greetings.Proof.parse(proof) == greetings.Proof(TO, (3, bytes(32)), bytes(16))


def test_the_prologue_is_both_hellos_with_their_lengths() -> None:
    assert greetings.prologue(b"abc", b"de") == b"hanse/session/1\n\0\0\0\3abc\0\0\0\2de"


def test_keys_of_a_later_version_are_ignored() -> None:
    assert greetings.Hello.parse(encoding.encode({**HELLO, "zzz": [1], "a": None})) == greetings.Hello(TO, (1,), None)
    assert greetings.Answer.parse(encoding.encode({**ANSWER, "a": {}})) == greetings.Answer(1)
    assert greetings.Proof.parse(encoding.encode({**PROOF, "cap": ["x"]})).node_id == TO


@pytest.mark.parametrize(
    ("parse", "fields", "key", "value"),
    [
        (greetings.Hello.parse, HELLO, "t", "hallo"),
        (greetings.Hello.parse, HELLO, "to", bytes(31)),
        (greetings.Hello.parse, HELLO, "to", "x" * 32),
        (greetings.Hello.parse, HELLO, "vs", 1),
        (greetings.Hello.parse, HELLO, "vs", []),
        (greetings.Hello.parse, HELLO, "vs", [True]),
        (greetings.Hello.parse, HELLO, "vs", [-1]),
        (greetings.Hello.parse, HELLO, "vs", ["1"]),
        (greetings.Hello.parse, HELLO, "vs", [2, 1]),
        (greetings.Hello.parse, HELLO, "vs", [1, 1]),
        (greetings.Hello.parse, HELLO, "vs", list(range(17))),
        (greetings.Hello.parse, HELLO, "inv", bytes(15)),
        (greetings.Hello.parse, HELLO, "inv", None),
        (greetings.Answer.parse, ANSWER, "t", None),
        (greetings.Answer.parse, ANSWER, "v", True),
        (greetings.Answer.parse, ANSWER, "v", -1),
        (greetings.Answer.parse, ANSWER, "v", None),
        (greetings.Proof.parse, PROOF, "id", bytes(33)),
        (greetings.Proof.parse, PROOF, "boot", bytes(17)),
        (greetings.Proof.parse, PROOF, "kel", [1]),
        (greetings.Proof.parse, PROOF, "kel", [1, bytes(32), 1]),
        (greetings.Proof.parse, PROOF, "kel", [0, bytes(32)]),
        (greetings.Proof.parse, PROOF, "kel", [1, bytes(31)]),
        (greetings.Proof.parse, PROOF, "kel", {"size": 1}),
    ],
)
def test_W11_a_wrong_field_is_refused(
    parse: Callable[[bytes], object], fields: dict[str, Value], key: str, value: Value
) -> None:
    with pytest.raises(PeerError) as refusal:
        parse(encoding.encode({**fields, key: value}))
    assert refusal.value.code is Code.MALFORMED


@pytest.mark.parametrize("missing", [*HELLO, "kel", "id", "boot"])
def test_a_missing_field_is_refused(missing: str) -> None:
    parse, fields = (greetings.Hello.parse, HELLO) if missing in HELLO else (greetings.Proof.parse, PROOF)
    with pytest.raises(PeerError) as refusal:
        parse(encoding.encode({key: value for key, value in fields.items() if key != missing}))
    assert refusal.value.code is Code.MALFORMED


def test_W11_a_size_beyond_53_bits_is_refused() -> None:
    packed = msgpack.packb({"boot": bytes(16), "id": TO, "kel": [2**53, bytes(32)]})
    with pytest.raises(PeerError) as refusal:
        greetings.Proof.parse(packed)
    assert refusal.value.code is Code.RANGE


@pytest.mark.parametrize("fields", [[1], "hello", 5, None], ids=str)
def test_a_greeting_is_a_map(fields: Value) -> None:
    for parse in (greetings.Hello.parse, greetings.Answer.parse, greetings.Proof.parse):
        with pytest.raises(PeerError) as refusal:
            parse(encoding.encode(fields))
        assert refusal.value.code is Code.MALFORMED


def test_W10_another_spelling_of_a_hello_is_refused() -> None:
    unsorted = msgpack.packb({"vs": [1], "to": TO, "t": "hello"})
    long_integer = encoding.encode(HELLO)[:-1] + b"\xcc\x01"
    for data in (unsorted, long_integer):
        with pytest.raises(PeerError) as refusal:
            greetings.Hello.parse(data)
        assert refusal.value.code is Code.NOT_CANONICAL


def test_a_stranger_gets_no_memory() -> None:
    rooms: list[tuple[Value, Code]] = [
        (bytes(limits.HELLO_BYTES_MAX), Code.TOO_BIG),
        ([0] * limits.HELLO_OBJECTS_MAX, Code.MALFORMED),
    ]
    for room, code in rooms:
        fields: dict[str, Value] = {**HELLO, "x": room}
        with pytest.raises(PeerError) as refusal:
            greetings.Hello.parse(encoding.encode(fields))
        assert refusal.value.code is code


def test_every_hello_that_may_be_sent_can_be_read() -> None:
    largest = greetings.Hello(TO, tuple(range(2**40, 2**40 + limits.VERSIONS_OFFERED_MAX)), bytes(16))
    assert greetings.Hello.parse(largest.compose()) == largest


def test_the_highest_common_version_is_chosen() -> None:
    assert greetings.choose_version((0, 1, 2, 9)) == 1
    assert greetings.choose_version((1, 2, 9), spoken=(1, 2, 3)) == 2
    with pytest.raises(PeerError) as refusal:
        greetings.choose_version((2, 3))
    assert refusal.value.code is Code.UNSUPPORTED
