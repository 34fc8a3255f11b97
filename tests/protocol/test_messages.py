"""Every message there and back through real bytes, and every field refused when it is wrong."""

from __future__ import annotations

import pytest

from protocol import encoding, limits, messages
from protocol.claims import Claim, ReceiptNotes
from protocol.encoding import Value
from protocol.errors import Code, PeerError

NOTES = ReceiptNotes("— mirror AAAA\n", "hanse receipt v1\n")
CLAIM = Claim("hanse/l/a", "note", "hanse/l/b", 3, b"\1" * 32, NOTES, "known")
SAMPLES: list[messages.Message] = [
    messages.Heads((CLAIM,), 1000, 10, b"\2" * 16, recovering=False),
    messages.Heads((), 0, 0, b"\2" * 16, recovering=True),
    messages.Batch("hanse/l/a", 3, (b"one", b"two"), "note"),
    messages.Receipt("hanse/l/a", 5, NOTES, "mine"),
    messages.Credit(1 << 40, 7),
    messages.Want("hanse/l/a", 0, 4),
    messages.Data("hanse/l/a", 0, (b"one",)),
    messages.BlobWant((b"\3" * 32,)),
    messages.Blob(b"\3" * 32, 0, 5, b"hello"),
    messages.IdentityWant(1),
    messages.IdentityLog(1, (b"leaf",)),
    messages.Pair((b"icp",), "瓷厂", ("127.0.0.1:7443",), b"\4" * 16),
    messages.Recovery("note"),
    messages.Fork("one", "other"),
    messages.Failure("log.gap", fatal=True),
    messages.Bye("done"),
]


def through_bytes(fields: dict[str, Value]) -> dict[str, Value]:
    decoded = encoding.decode(encoding.encode(fields), bytes_max=limits.SESSION_MESSAGE_BYTES_MAX)
    assert isinstance(decoded, dict)
    return decoded


@pytest.mark.parametrize("message", SAMPLES, ids=lambda message: type(message).__name__)
def test_there_and_back(message: messages.Message) -> None:
    assert messages.parse(through_bytes(message.compose())) == message


def test_every_message_has_a_sample() -> None:
    assert {message.compose()["t"] for message in SAMPLES} == set(messages.PARSERS)


@pytest.mark.parametrize("message", SAMPLES, ids=lambda message: type(message).__name__)
def test_W09_every_field_missing_or_of_another_kind_is_refused(message: messages.Message) -> None:
    fields = message.compose()
    for key in fields:
        if key in ("t", "rcpt"):
            continue
        wrongs: list[dict[str, Value]] = [{}, {key: -1}, {key: [1]}, {key: "\x00" * 200_000}]
        for wrong in wrongs:
            broken = {name: value for name, value in fields.items() if name != key} | wrong
            with pytest.raises(PeerError) as refused:
                messages.parse(broken)
            assert refused.value.code is Code.MALFORMED


@pytest.mark.parametrize("kind", [None, 7, "", "batches", ["batch"]])
def test_W24_an_unknown_message_is_unsupported(kind: Value) -> None:
    with pytest.raises(PeerError) as refused:
        messages.parse({"t": kind})
    assert refused.value.code is Code.UNSUPPORTED


def test_a_piece_beyond_the_end_of_its_blob_is_refused() -> None:
    with pytest.raises(PeerError):
        messages.parse({"t": "blob", "h": b"\3" * 32, "off": 3, "len": 5, "d": b"abc"})
