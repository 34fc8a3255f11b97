"""Messages, recovery notes and the first entry of a channel against their vector files."""

from __future__ import annotations

from typing import Any

import pytest

from protocol import checkpoints, encoding, entries, invitations, limits, messages
from protocol.errors import Code
from tests import vectors
from tests.protocol.refusals import code_of
from tests.vectors import values

MESSAGES = vectors.load("messages")
RECOVERIES = vectors.load("recoveries")
CHANNELS = vectors.load("channels")


def decoded(row: dict[str, Any]) -> dict[str, encoding.Value]:
    fields = encoding.decode(bytes.fromhex(row["hex"]), bytes_max=limits.SESSION_MESSAGE_BYTES_MAX)
    assert isinstance(fields, dict)
    return fields


@pytest.mark.parametrize("row", MESSAGES["positive"], ids=lambda row: row["name"])
def test_a_message_has_this_one_spelling(row: dict[str, Any]) -> None:
    fields = decoded(row)
    assert fields == values.untagged(row["value"])
    assert encoding.encode(messages.parse(fields).compose()).hex() == row["hex"]


@pytest.mark.parametrize("row", MESSAGES["positive"], ids=lambda row: row["name"])
def test_W24_a_key_of_a_later_version_is_ignored(row: dict[str, Any]) -> None:
    fields = decoded(row)
    assert messages.parse({**fields, "zz": 1}) == messages.parse(fields)


@pytest.mark.parametrize("row", MESSAGES["negative"], ids=lambda row: row["name"])
def test_W09_a_message_with_a_wrong_field_is_refused(row: dict[str, Any]) -> None:
    assert code_of(lambda: messages.parse(decoded(row))) == row["code"]


def test_there_is_a_vector_of_every_message() -> None:
    assert {row["value"]["t"] for row in MESSAGES["positive"]} == set(messages.PARSERS)
    assert {row["code"] for row in MESSAGES["negative"]} == {Code.MALFORMED, Code.UNSUPPORTED}


def test_a_recovery_note_is_signed_by_the_receipt_key() -> None:
    name, algorithm, public = checkpoints.parse_vkey(RECOVERIES["vkey"])
    assert name.endswith("/receipt") and algorithm == checkpoints.ED25519
    assert checkpoints.open_note(RECOVERIES["note"], name, public) == RECOVERIES["text"]
    assert code_of(lambda: checkpoints.open_pair(RECOVERIES["note"], name, public)) == Code.NOTE


def test_the_names_of_a_channel_follow_from_both_salts() -> None:
    dialler, dialled = (bytes.fromhex(CHANNELS[side]["salt"]) for side in ("dialler", "dialled"))
    salt = entries.channel_salt(dialler, dialled)
    assert salt.hex() == CHANNELS["salt"] != entries.channel_salt(dialled, dialler).hex()
    parties = [bytes.fromhex(CHANNELS[side]["node_id"]) for side in ("dialler", "dialled")]
    for (author, reader), origin in ((parties, "origin_of_dialler"), (parties[::-1], "origin_of_dialled")):
        assert entries.origin(entries.log_id(author, reader, CHANNELS["epoch"], salt)) == CHANNELS[origin]


def test_the_first_entry_opens_the_channel() -> None:
    data = bytes.fromhex(CHANNELS["entry"]["hex"])
    entry = entries.parse(data)
    assert (entry.type, entry.seen, entry.re) == ("channel.open", 0, ())
    assert entry.body["origins"] == [CHANNELS["origin_of_dialler"], CHANNELS["origin_of_dialled"]]
    assert entries.leaf_hash(data).hex() == CHANNELS["entry"]["leaf_hash"] == CHANNELS["root_of_one_entry"]
    assert invitations.tag(bytes(range(16))).hex() == CHANNELS["tag"]
