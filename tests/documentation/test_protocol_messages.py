"""The tables of messages in docs/protocol.md section 8 have the messages and fields of the code, and its bounds."""

from __future__ import annotations

import re
from dataclasses import fields as fields_of

import pytest

from protocol import limits, messages
from tests.documentation import pages
from tests.vectors import exchanges

TEXT = pages.PROTOCOL.read_text("utf-8")
SHOWN = pages.blocks(TEXT)
COMPOSED = {str(message.compose()["t"]): message for _, message in exchanges.samples()}
NUMBERS = {
    "heads": {limits.CHANNELS_PER_PARTNER_MAX, 16},
    "batch": {1, limits.BATCH_ENTRIES_MAX, limits.ENTRY_BYTES_MAX},
    "data": {0, limits.BATCH_ENTRIES_MAX, limits.ENTRY_BYTES_MAX},
    "blobq": {limits.BLOB_WANTS_MAX, 32},
    "blob": {32, limits.BLOB_BYTES_MAX, limits.BLOB_PIECE_BYTES_MAX},
    "idlog": {limits.IDENTITY_ENTRIES_MAX, limits.ENTRY_BYTES_MAX},
    "pair": {
        limits.IDENTITY_ENTRIES_MAX,
        limits.NAME_CHARACTERS_MAX,
        limits.ADDRESSES_MAX,
        limits.ADDRESS_CHARACTERS_MAX,
        16,
    },
    "err": {limits.CODE_CHARACTERS_MAX},
    "bye": {limits.CODE_CHARACTERS_MAX},
}
"""The numbers that stand in a table, section numbers left out."""


def shown_keys(block: str) -> list[str]:
    return [row[0] for row in pages.rows(SHOWN[block])]


def test_every_message_has_a_table() -> None:
    tables = {name.removeprefix("message ") for name in SHOWN if name.startswith("message ")}
    assert tables == set(messages.PARSERS) | {"heads row"}
    overview = TEXT.split("### 8.1 ")[1].split("### 8.2 ")[0]
    assert set(messages.PARSERS) <= set(pages.coded(overview))


@pytest.mark.parametrize("kind", messages.PARSERS)
def test_a_table_has_the_fields_of_its_message(kind: str) -> None:
    fields = COMPOSED[kind].compose()
    assert sorted([*shown_keys(f"message {kind}"), "t"]) == sorted(fields)


def test_the_rows_of_heads_and_the_receipt() -> None:
    heads = COMPOSED["heads"]
    assert isinstance(heads, messages.Heads)
    row, receipt = heads.claims[0].compose(), exchanges.RECEIPT.compose()
    assert isinstance(row, dict) and isinstance(receipt, dict)
    assert sorted(shown_keys("message heads row")) == sorted(row)
    section = TEXT.split("### 8.2 ")[1].split("### 8.3 ")[0]
    assert [cells[0] for cells in pages.rows(section)] == sorted(receipt)


@pytest.mark.parametrize("kind", messages.PARSERS)
def test_a_table_says_the_bounds_of_its_message(kind: str) -> None:
    text = re.sub(r"\(\d[^)]*\)|section \d+|`[^`]*`", "", SHOWN[f"message {kind}"])
    numbers = {int(number.replace(",", "")) for number in re.findall(r"\b\d[\d,]*\b", text)}
    assert numbers == NUMBERS.get(kind, set())


def test_every_field_of_a_message_class_goes_on_the_wire() -> None:
    for message in COMPOSED.values():
        fields = fields_of(message)
        inside = 1 if isinstance(message, messages.Heads) else 0  # two totals in one array
        assert len(message.compose()) == len(fields) + 1 - inside, type(message).__name__
