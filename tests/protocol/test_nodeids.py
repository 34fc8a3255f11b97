from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import identities, nodeids
from protocol.errors import Code
from tests import vectors
from tests.protocol.properties import quick
from tests.protocol.refusals import code_of

FILE = vectors.load("identities")


@pytest.mark.parametrize("row", FILE["text"], ids=lambda row: row["text"][:7])
def test_the_text_form_is_that_of_syncthing(row: dict[str, str]) -> None:
    node_id = identities.from_text(row["text"])
    assert nodeids.base32(node_id) == row["base32"]
    assert identities.to_text(node_id) == row["text"]


@pytest.mark.parametrize(
    "change",
    [
        str.lower,
        lambda text: text.replace("-", ""),
        lambda text: text.replace("-", " \n"),
        lambda text: text.replace("O", "0").replace("I", "1").replace("B", "8"),
    ],
    ids=["lower case", "no dashes", "spaces and newlines", "digits for letters"],
)
def test_what_people_do_to_a_node_id_is_forgiven(change: Callable[[str], str]) -> None:
    text = FILE["text"][0]["text"]
    assert identities.from_text(change(text)) == identities.from_text(text)


@pytest.mark.parametrize("text", [*FILE["text_refused"], "a" * 100_000, "Ä" * 56])
def test_a_mistyped_node_id_is_noticed(text: str) -> None:
    assert code_of(lambda: identities.from_text(text)) == Code.MALFORMED


def test_stray_bits_at_the_end_of_a_node_id() -> None:
    plain = nodeids.base32(bytes(32))[:-1] + "B"
    groups = [plain[start : start + 13] for start in range(0, 52, 13)]
    text = "".join(group + nodeids._check_character(group) for group in groups)
    assert code_of(lambda: identities.from_text(text)) == Code.MALFORMED


@quick
@given(st.binary(min_size=32, max_size=32), st.integers(0, 55), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_every_single_mistake_is_noticed(raw: bytes, position: int, typed: str) -> None:
    text = identities.to_text(identities.NodeId(raw)).replace("-", "")
    assert identities.from_text(text) == raw
    wrong = text[:position] + typed + text[position + 1 :]
    assert wrong == text or code_of(lambda: identities.from_text(wrong)) == Code.MALFORMED
