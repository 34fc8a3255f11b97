from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import checkpoints, keys, limits, notes
from protocol.errors import Code, LocalError
from tests import vectors
from tests.protocol.properties import quick
from tests.protocol.refusals import code_of
from tests.vectors import signatures

FILE = vectors.load("notes")
NAME, ALGORITHM, PUBLIC = notes.parse_vkey(FILE["vkey"])
PRIVATE = bytes.fromhex(FILE["private"])


def test_the_example_of_the_specification() -> None:
    example = FILE["c2sp"]
    name, algorithm, public = notes.parse_vkey(example["vkey"])
    assert (name, algorithm) == ("example.com/foo", notes.ED25519)
    assert notes.key_id(name, algorithm, public).hex() == "530d903a"
    assert notes.vkey(name, algorithm, public) == example["vkey"]
    assert notes.open_note(example["note"], name, public) == example["text"]


@pytest.mark.parametrize("row", FILE["positive"], ids=lambda row: row["name"])
def test_a_checkpoint_is_read(row: dict[str, Any]) -> None:
    checkpoint = checkpoints.open_checkpoint(row["note"], NAME, PUBLIC)
    assert (checkpoint.origin, checkpoint.size, checkpoint.root.hex()) == (NAME, row["size"], row["root"])


@pytest.mark.parametrize("row", FILE["negative"], ids=lambda row: row["name"])
def test_anything_else_is_refused(row: dict[str, Any]) -> None:
    assert code_of(lambda: checkpoints.open_checkpoint(row["note"], NAME, PUBLIC)) == row["code"]


@pytest.mark.parametrize("row", FILE["texts"], ids=lambda row: row["name"])
def test_a_signed_text_that_is_no_checkpoint(row: dict[str, Any]) -> None:
    assert code_of(lambda: checkpoints.parse_text(row["text"])) == Code.NOTE
    if row["text"].endswith("\n"):
        note = notes.format_note(row["text"], [notes.sign(row["text"], NAME, PRIVATE)])
        assert code_of(lambda: checkpoints.open_checkpoint(note, NAME, PUBLIC)) == Code.NOTE


@pytest.mark.parametrize("text", FILE["vkeys_refused"])
def test_a_verifier_key_that_is_none(text: str) -> None:
    assert code_of(lambda: notes.parse_vkey(text)) in (Code.NOTE, Code.KEY)


def test_a_verifier_key_of_another_kind_is_read_and_not_judged() -> None:
    text = notes.vkey("a.example/ecdsa", 0x02, b"DER")
    assert notes.parse_vkey(text) == ("a.example/ecdsa", 0x02, b"DER")
    assert code_of(lambda: notes.parse_vkey(notes.vkey("a.example/none", 0x02, b""))) == Code.NOTE


def test_base64_in_a_verifier_key_may_hold_a_plus() -> None:
    """Split on plus at most twice, or such a key is lost."""
    for number in range(200):
        public = keys.public(bytes([number]) * 32, "log")
        text = notes.vkey("a.example/log", notes.ED25519, public)
        if text.count("+") > 2:
            break
    else:
        pytest.fail("no key with a plus")
    assert notes.parse_vkey(text) == ("a.example/log", notes.ED25519, public)


def test_signing_gives_the_same_note() -> None:
    row = FILE["positive"][0]
    root = bytes.fromhex(row["root"])
    assert checkpoints.sign_checkpoint(checkpoints.Checkpoint(NAME, row["size"], root), PRIVATE) == row["note"]


def test_a_head_of_another_logbook_is_no_head_of_this_one() -> None:
    text = checkpoints.checkpoint_text(signatures.head(5, signatures.OTHER))
    note = notes.format_note(text, [notes.sign(text, NAME, PRIVATE)])
    assert code_of(lambda: checkpoints.open_checkpoint(note, NAME, PUBLIC)) == Code.WRONG_LOG


def test_sixteen_post_quantum_signatures_are_accepted() -> None:
    """C2SP: verifiers must accept at least 16 signatures; one in ML-DSA-44 has 2,432 bytes."""
    lines = [notes.signature_line(f"witness.example/{'w' * 200}{n}", bytes(4), bytes(2_428)) for n in range(16)]
    note = FILE["positive"][0]["note"] + "".join(lines)
    assert checkpoints.open_checkpoint(note, NAME, PUBLIC).size == 257
    long = note + notes.signature_line("w", bytes(4), bytes(limits.NOTE_CHARACTERS_MAX))
    assert code_of(lambda: checkpoints.open_checkpoint(long, NAME, PUBLIC)) == Code.NOTE


def test_the_text_may_hold_empty_lines() -> None:
    text = "a\n\n\nb\n"
    note = notes.format_note(text, [notes.sign(text, "n.example", PRIVATE)])
    assert notes.open_note(note, "n.example", PUBLIC) == text


@pytest.mark.parametrize("text", ["no newline", "tab\t\n", "\r\n", "\x00\n", ""])
def test_a_text_that_cannot_be_signed(text: str) -> None:
    with pytest.raises(LocalError):
        notes.format_note(text, [])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\nb", "a" * 256])
def test_a_name_that_is_not_allowed(name: str) -> None:
    assert not notes.valid_name(name)
    with pytest.raises(LocalError):
        notes.sign("text\n", name, PRIVATE)
    with pytest.raises(LocalError):
        notes.vkey(name, notes.ED25519, PUBLIC)


def test_unsigned_or_strangely_signed_notes_are_our_mistake() -> None:
    with pytest.raises(LocalError):
        notes.format_note("text\n", [])
    with pytest.raises(LocalError):
        notes.format_note("text\n", ["— name AAAA"])
    with pytest.raises(LocalError):
        notes.sign("text", "n.example", PRIVATE)


@quick
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60), st.data())
def test_a_changed_note_is_refused(text: str, data: st.DataObject) -> None:
    note = notes.format_note(text + "\n", [notes.sign(text + "\n", "n.example", PRIVATE)])
    assert notes.open_note(note, "n.example", PUBLIC) == text + "\n"
    position = data.draw(st.integers(0, len(note) - 1))
    changed = note[:position] + data.draw(st.sampled_from("aB3=\n —")) + note[position + 1 :]
    if changed != note:
        assert code_of(lambda: notes.open_note(changed, "n.example", PUBLIC)) in (Code.NOTE, Code.SIGNATURE)
