from __future__ import annotations

import hashlib
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest

from protocol import encoding, entries, limits
from protocol.encoding import Value
from protocol.errors import Code, LocalError
from tests import vectors
from tests.protocol.refusals import code_of
from tests.vectors import values

FILE = vectors.load("entries")


@pytest.mark.parametrize("row", FILE["positive"])
def test_an_entry_has_these_bytes(row: dict[str, Any]) -> None:
    fields, data = values.untagged(row["value"]), bytes.fromhex(row["hex"])
    assert isinstance(fields, dict)
    entry = values.entry_of(fields)
    assert entries.compose(entry) == data
    assert entries.parse(data) == entry
    assert entries.leaf_hash(data) == hashlib.sha256(b"\x00" + data).digest() == bytes.fromhex(row["leaf_hash"])


@pytest.mark.parametrize("row", FILE["negative"], ids=lambda row: row["name"])
def test_anything_else_is_refused(row: dict[str, Any]) -> None:
    assert code_of(lambda: entries.parse(bytes.fromhex(row["hex"]))) == row["code"]


def test_names_of_logbooks() -> None:
    names = FILE["names"]
    author, reader, salt = (bytes.fromhex(names[key]) for key in ("author", "reader", "salt"))
    for row in names["epochs"]:
        log_id = entries.log_id(author, reader, row["epoch"], salt)
        assert log_id.hex() == row["log_id"]
        assert entries.origin(log_id) == row["origin"]
        assert len(row["origin"]) == 40 <= limits.ORIGIN_CHARACTERS_MAX
    assert entries.log_id(author, reader, 0, salt) != entries.log_id(reader, author, 0, salt)


@pytest.mark.parametrize(
    ("author", "reader", "epoch", "salt"),
    [(31, 32, 0, 16), (32, 33, 0, 16), (32, 32, -1, 16), (32, 32, 2**32, 16), (32, 32, 0, 15)],
)
def test_a_log_id_of_other_lengths_is_our_mistake(author: int, reader: int, epoch: int, salt: int) -> None:
    with pytest.raises(LocalError):
        entries.log_id(bytes(author), bytes(reader), epoch, bytes(salt))


def test_an_origin_is_of_a_log_id() -> None:
    with pytest.raises(LocalError):
        entries.origin(bytes(32))


def test_the_salt_of_a_channel_needs_both_sides() -> None:
    mine, theirs = bytes(16), bytes(range(16))
    assert entries.channel_salt(mine, theirs) == hashlib.sha256(mine + theirs).digest()[:16]
    with pytest.raises(LocalError):
        entries.channel_salt(mine, b"")


def padded_entry(size: int) -> bytes:
    """A valid entry of exactly so many bytes."""
    fields = values.sample(b={"x": b""})
    filling = size - len(encoding.encode(fields)) - 1  # bin 16 has one byte more of header than bin 8
    return encoding.encode(values.sample(b={"x": bytes(filling)}))


def test_the_largest_entry_and_one_byte_more() -> None:
    largest = padded_entry(limits.ENTRY_BYTES_MAX)
    assert len(largest) == 65_535
    assert code_of(lambda: entries.parse(largest)) is None
    assert code_of(lambda: entries.parse(padded_entry(limits.ENTRY_BYTES_MAX + 1))) == Code.TOO_BIG


def test_an_entry_with_too_many_objects() -> None:
    body: Value = [None] * 10_000
    data = encoding.encode(values.sample(b={"x": body}))
    assert len(data) < limits.ENTRY_BYTES_MAX
    assert code_of(lambda: entries.parse(data)) == Code.MALFORMED


def sample() -> entries.Entry:
    return values.entry_of(values.sample())


@pytest.mark.parametrize(
    "changes",
    [
        {"id": bytes(15)},
        {"type": "Order"},
        {"version": 0},
        {"seen": -1},
        {"re": (entries.Reference(2, bytes(32)),)},
        {"body": {"x": bytes(70_000)}},
        {"body": {"x": [None] * 10_000}},
        {"body": {"x": 1.5}},
    ],
)
def test_we_cannot_compose_what_we_would_refuse(changes: dict[str, Any]) -> None:
    with pytest.raises(LocalError):
        entries.compose(replace(sample(), **changes))


class Kind(StrEnum):
    PLACE = "order.place"


def test_a_type_may_be_an_enumeration() -> None:
    assert entries.compose(replace(sample(), type=Kind.PLACE)) == entries.compose(sample())


def test_the_reader_sees_the_body_as_it_was_written() -> None:
    body: dict[str, Value] = {"z": 1, "a": [True, None, {"b": b"\x00", "a": "é"}]}
    parsed = entries.parse(entries.compose(replace(sample(), body=body)))
    assert parsed.body == body
    assert list(parsed.body) == ["a", "z"]
