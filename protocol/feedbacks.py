"""What the consumer's seller signs when it passes a consumer's word on (docs/protocol.md section 12.15).

Each order bears a key that was made for it alone and went up the chain with it. Who signs with it shows to have placed
the order at the chain's end, and nothing else: no link can change the words, and the key tells nobody whose it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final, cast

from protocol import encoding, keys
from protocol.encoding import Value
from protocol.errors import LocalError, PeerError

SIGNED: Final = ("attachments", "ratings", "tags")
"""The fields of the body that are signed; those that each link writes anew are not."""

_LABEL: Final = b"hanse/feedback/1\n"


def statement(public: bytes, body: Mapping[str, object]) -> bytes:
    """The bytes that are signed: label ‖ key (32 bytes) ‖ SHA-256 of the signed fields in HCM; an absent one is nil.

    Raises `LocalError` for a body that HCM cannot spell.
    """
    content = encoding.encode(cast(Value, {name: body.get(name) for name in SIGNED}))
    return _LABEL + public + hashlib.sha256(content).digest()


def sign(private: bytes, body: Mapping[str, object]) -> bytes:
    """The signature (64 bytes) of an order's own key under the feedback."""
    return keys.ed25519_sign(private, statement(keys.public(private, "log"), body))


def stands(public: bytes, body: Mapping[str, object], signature: bytes) -> bool:
    """Whether the order's own key signed this feedback. False for any fault of key or signature."""
    try:
        keys.ed25519_verify(public, statement(public, body), signature)
    except (PeerError, LocalError):
        return False
    return True
