from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import invitations
from protocol.errors import Code, LocalError, PeerError
from protocol.nodeids import NodeId
from tests import vectors
from tests.protocol.properties import quick
from tests.protocol.refusals import code_of
from tests.vectors import nodes

FILE = vectors.load("invitations")
SECRET = bytes.fromhex(FILE["secret"])


@pytest.mark.parametrize("row", FILE["positive"], ids=["as written", "as people paste it"])
def test_an_invitation_says_this(row: dict[str, Any]) -> None:
    assert nodes.told(invitations.from_uri(row["uri"])) == {name: row[name] for name in row if name != "uri"}


def test_an_invitation_has_this_uri() -> None:
    assert invitations.to_uri(nodes.invitation()) == FILE["positive"][0]["uri"]


@pytest.mark.parametrize("row", FILE["negative"], ids=lambda row: row["name"])
def test_anything_else_is_no_invitation(row: dict[str, str]) -> None:
    assert row["uri"] != FILE["positive"][0]["uri"]
    assert code_of(lambda: invitations.from_uri(row["uri"])) == Code.INVITE


def test_a_refusal_does_not_repeat_the_secret() -> None:
    uri = FILE["positive"][0]["uri"]
    secret = uri.split("&k=")[1][:26]
    with pytest.raises(PeerError) as caught:
        invitations.from_uri(uri.replace("&x=1760000000", "&x=never"))
    assert secret not in f"{caught.value} {caught.value.args}"
    assert secret not in repr(nodes.invitation()) and repr(SECRET) not in repr(nodes.invitation())


def test_the_tag_and_the_key_follow_from_the_secret() -> None:
    assert invitations.tag(SECRET).hex() == FILE["tag"]
    assert invitations.tag(SECRET) == hashlib.sha256(b"hanse/invite/1\n" + SECRET).digest()[:16]
    assert invitations.psk(SECRET).hex() == FILE["psk"]
    assert len(invitations.psk(SECRET)) == 32


@pytest.mark.parametrize(
    "changes",
    [
        {"addresses": ()},
        {"addresses": ("shop.example",)},
        {"addresses": ("a:1",) * 9},
        {"addresses": ("a:1&k=x",)},
        {"secret": bytes(15)},
        {"secret": bytes(17)},
        {"node_id": bytes(31)},
        {"expires_s": -1},
        {"expires_s": 2**53},
    ],
)
def test_an_invitation_that_cannot_be_written(changes: dict[str, Any]) -> None:
    with pytest.raises(LocalError):
        invitations.to_uri(replace(nodes.invitation(), **changes))


def test_the_words_are_a_fixed_list() -> None:
    assert len(invitations.WORDS) == len(set(invitations.WORDS)) == 2_048
    assert all(re.fullmatch(r"[bdfghjklmnprstvz][aiou][bdlmnrsv][aiou]", word) for word in invitations.WORDS)
    assert hashlib.sha256("\n".join(invitations.WORDS).encode()).hexdigest() == FILE["word_list_sha256"]


@pytest.mark.parametrize("row", FILE["words"])
def test_two_nodes_show_these_words(row: dict[str, Any]) -> None:
    a, b = NodeId(bytes.fromhex(row["a"])), NodeId(bytes.fromhex(row["b"]))
    assert list(invitations.words(a, b)) == list(invitations.words(b, a)) == row["words"]


@quick
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_eight_words_are_88_bits(one: bytes, two: bytes) -> None:
    shown = invitations.words(NodeId(one), NodeId(two))
    bits = "".join(f"{invitations.WORDS.index(word):011b}" for word in shown)
    digest = hashlib.sha256(b"hanse/words/1\n" + min(one, two) + max(one, two)).digest()
    assert int(bits, 2).to_bytes(11, "big") == digest[:11]
