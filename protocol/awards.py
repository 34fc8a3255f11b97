"""What an arbiter signs: the award in a dispute between two merchants (docs/protocol.md section 12.14).

An arbiter is no party and has no logbook with them. Its signature binds the dispute (the leaf hash of the entry that
opened it) and every field of the award, so that either party can enter it in its own logbook, with the other one gone,
and nobody can use it for another dispute or change a figure in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final, cast

from protocol import encoding, keys
from protocol.encoding import Value
from protocol.errors import LocalError, PeerError

_LABEL: Final = b"hanse/award/1\n"


def statement(dispute: bytes, award: Mapping[str, object]) -> bytes:
    """The bytes that are signed: label ‖ leaf hash of the dispute (32 bytes) ‖ SHA-256 of the award in HCM.

    Raises `LocalError` for an award that HCM cannot spell.
    """
    if len(dispute) != keys.KEY_BYTES:
        raise LocalError("a dispute is named by a hash of 32 bytes")
    return _LABEL + dispute + hashlib.sha256(encoding.encode(cast(Value, dict(award)))).digest()


def sign(private: bytes, dispute: bytes, award: Mapping[str, object]) -> bytes:
    """The signature (64 bytes) of an arbiter's `settle` key (32 bytes) under an award."""
    return keys.ed25519_sign(private, statement(dispute, award))


def stands(public: bytes, dispute: bytes, award: Mapping[str, object], signature: bytes) -> bool:
    """Whether the arbiter with this key signed the award for this dispute. False for any fault of key or signature."""
    try:
        keys.ed25519_verify(public, statement(dispute, award), signature)
    except (PeerError, LocalError):
        return False
    return True
