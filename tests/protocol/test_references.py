"""Blinded references: fixed bytes, and nothing but the right salt and hash opens one."""

from __future__ import annotations

import pytest

from protocol import references
from protocol.errors import LocalError

SALT, HASH = bytes(range(32)), bytes(range(32, 64))


def test_a_commitment_is_an_hmac_of_label_and_hash_under_the_salt() -> None:
    expected = "c1a92d586abccf939526aab888d5e4a15489faab4ad13bfd79c41f3623ead835"
    assert references.commit(SALT, HASH).hex() == expected


@pytest.mark.parametrize(
    ("salt", "hash"),
    [(SALT, SALT), (HASH, HASH), (HASH, SALT), (SALT[:31], HASH), (SALT, HASH + b"\x00"), (b"", HASH), (SALT, b"")],
)
def test_only_what_was_committed_to_opens_it(salt: bytes, hash: bytes) -> None:
    commitment = references.commit(SALT, HASH)
    assert references.opens(commitment, SALT, HASH)
    assert not references.opens(commitment, salt, hash)


@pytest.mark.parametrize(("salt", "hash"), [(SALT[:31], HASH), (SALT, HASH[:31]), (b"", b"")])
def test_a_commitment_to_anything_else_is_a_bug_of_ours(salt: bytes, hash: bytes) -> None:
    with pytest.raises(LocalError):
        references.commit(salt, hash)
