"""What a third key signs when one transition was delegated to it (docs/protocol.md section 12.13).

The holder of a granted key has no logbook. It signs the content of one document, and the merchant who granted the key
enters that document, with the signature, in its own logbook. The statement binds the grant, the document's type and
the whole body but the signature, so that nothing of it can be moved to another document, order or channel.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final, cast

from protocol import encoding, keys
from protocol.encoding import Value
from protocol.errors import LocalError, PeerError

FIELD: Final = "by"
"""The field of a body that holds the grant and the signature, and is not signed."""

_LABEL: Final = b"hanse/capability/1\n"


def statement(grant: bytes, type: str, body: Mapping[str, object]) -> bytes:
    """The bytes that are signed: label ‖ grant (32 bytes) ‖ type ‖ LF ‖ SHA-256 of the body without `by` in HCM.

    Raises `LocalError` for a body that HCM cannot spell.
    """
    if len(grant) != keys.KEY_BYTES:
        raise LocalError("a grant is named by a hash of 32 bytes")
    content = encoding.encode(cast(Value, {name: value for name, value in body.items() if name != FIELD}))
    return _LABEL + grant + type.encode() + b"\n" + hashlib.sha256(content).digest()


def sign(private: bytes, grant: bytes, type: str, body: Mapping[str, object]) -> bytes:
    """The signature (64 bytes) of the holder of a granted key (32 bytes) under the content of one document."""
    return keys.ed25519_sign(private, statement(grant, type, body))


def stands(public: bytes, grant: bytes, type: str, body: Mapping[str, object], signature: bytes) -> bool:
    """Whether the holder of `public` signed this content under this grant. False for any fault of key or signature."""
    try:
        keys.ed25519_verify(public, statement(grant, type, body), signature)
    except (PeerError, LocalError):
        return False
    return True
