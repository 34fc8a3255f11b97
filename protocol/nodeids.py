"""The name of a node: 32 bytes, and the text that people read to each other (docs/protocol.md section 3.1)."""

from __future__ import annotations

import base64
import hashlib
from typing import Final, NewType

from protocol.errors import Code, LocalError, PeerError

NodeId = NewType("NodeId", bytes)
"""32 bytes: SHA-256("hanse/node/1\\n" ‖ the bytes of the inception). Never changes."""

_BASE32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TEXT_GROUP: Final = 13  # characters for each check character, as Syncthing does it
_TEXT_CHARACTERS: Final = 56
# What people type when they mean a letter; base32 has no 0, 1 and 8.
_TYPED: Final = str.maketrans("018", "OIB", "- \t\n")


def node_id(icp: bytes) -> NodeId:
    """The NodeID of the bytes of an inception leaf."""
    return NodeId(hashlib.sha256(b"hanse/node/1\n" + icp).digest())


def origin(node_id: NodeId) -> str:
    """The name of a node's identity logbook in checkpoints: `hanse/id/` and the NodeID in lower-case base32."""
    return "hanse/id/" + base32(node_id).lower()


def to_text(node_id: NodeId) -> str:
    """The NodeID for people: 56 characters in eight groups of seven; every fourteenth is a check character.

    Base32 (RFC 4648, no padding) in groups of 13 with a Luhn mod 32 character each, like a Syncthing device ID.
    """
    if len(node_id) != 32:
        raise LocalError("a NodeID has 32 bytes")
    plain = base32(node_id)
    groups = [plain[start : start + _TEXT_GROUP] for start in range(0, len(plain), _TEXT_GROUP)]
    checked = "".join(group + _check_character(group) for group in groups)
    return "-".join(checked[start : start + 7] for start in range(0, _TEXT_CHARACTERS, 7))


def from_text(text: str) -> NodeId:
    """The NodeID of its text; dashes, spaces, case and the digits 0, 1, 8 for O, I, B are forgiven.

    Raises `PeerError` MALFORMED for another length or alphabet, a wrong check character, or stray bits.
    """
    typed = text[:256].translate(_TYPED).upper()
    if len(typed) != _TEXT_CHARACTERS or not set(typed) <= set(_BASE32):
        raise PeerError(Code.MALFORMED, "a NodeID has another form", expected="56 characters A-Z 2-7", got=len(typed))
    parts = [typed[start : start + _TEXT_GROUP + 1] for start in range(0, _TEXT_CHARACTERS, _TEXT_GROUP + 1)]
    for number, part in enumerate(parts, start=1):
        if _check_character(part[:-1]) != part[-1]:
            raise PeerError(Code.MALFORMED, f"a mistake in the characters {number * 14 - 13} to {number * 14}")
    plain = "".join(part[:-1] for part in parts)
    raw = base64.b32decode(plain + "====")
    if base32(raw) != plain:
        raise PeerError(Code.MALFORMED, "a NodeID has stray bits at its end")
    return NodeId(raw)


def base32(raw: bytes) -> str:
    """Upper-case base32 without padding (RFC 4648 section 6)."""
    return base64.b32encode(raw).decode().rstrip("=")


def _check_character(group: str) -> str:
    """Luhn mod 32 from left to right with the factors 1, 2, 1, … (Syncthing's variant)."""
    total = 0
    for position, character in enumerate(group):
        addend = _BASE32.index(character) << (position & 1)
        total += (addend >> 5) + (addend & 31)
    return _BASE32[-total % 32]
