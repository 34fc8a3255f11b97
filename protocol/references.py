"""Blinded references: naming a document of another channel so that nobody can tell which, until it is opened.

A dealer signs again for its buyer what its supplier said, and the other way round. Each such document may carry a
commitment to the one that it was made from (docs/protocol.md section 11.7). Whoever reads it learns nothing; whoever
is given the salt and the hash can check that this document, and no other, was meant.
"""

from __future__ import annotations

import hmac
from typing import Final

from protocol.errors import LocalError

SALT_BYTES: Final = 32
HASH_BYTES: Final = 32
_LABEL: Final = b"hanse/reference/1\n"


def commit(salt: bytes, hash: bytes) -> bytes:
    """The commitment (32 bytes) to the entry with this leaf hash (32 bytes), under a secret salt (32 bytes)."""
    if len(salt) != SALT_BYTES or len(hash) != HASH_BYTES:
        raise LocalError("a reference is made of a salt and a hash of 32 bytes each")
    return hmac.digest(salt, _LABEL + hash, "sha256")


def opens(commitment: bytes, salt: bytes, hash: bytes) -> bool:
    """Whether salt and hash are what was committed to. False for any other lengths."""
    if len(salt) != SALT_BYTES or len(hash) != HASH_BYTES:
        return False
    return hmac.compare_digest(commit(salt, hash), commitment)
