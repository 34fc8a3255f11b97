"""Invitations and fingerprint words (docs/protocol.md section 9).

    hanse:1?i=<NodeID, base32>&a=<host:port>[&a=…]&k=<secret, base32>&x=<expiry, unix seconds>

The secret authenticates the first contact: the dialler names the invitation by its tag, and the handshake mixes a key
that follows from the secret, so nobody without the invitation gets a single answer.

The words are for two people on the telephone. The list is made here, not copied: consonant, vowel, consonant, vowel,
16 · 4 · 8 · 4 = 2,048 words of four letters, each a number of 11 bits. The letters are those of proquints (Wilkerson,
arXiv:0901.4016), which read nearly the same in most languages and leave out c, e, q, w, x and y.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from protocol import keys, leaves, limits, nodeids
from protocol.errors import Code, LocalError, PeerError
from protocol.nodeids import NodeId

SECRET_BYTES: Final = 16
WORDS: Final[tuple[str, ...]] = tuple(
    first + vowel + second + last
    for first in "bdfghjklmnprstvz"
    for vowel in "aiou"
    for second in "bdlmnrsv"
    for last in "aiou"
)
"""2,048 words; the number of a word is its index."""

_WORD_COUNT: Final = 8
_WORD_BITS: Final = 11
_SCHEME: Final = "hanse:1?"
_SECRET_CHARACTERS: Final = 26
_NODE_CHARACTERS: Final = 52
_EXPIRY = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation: who invites, where to dial (`host:port`), 16 secret bytes, and when it ends (unix seconds)."""

    node_id: NodeId
    addresses: tuple[str, ...]
    secret: bytes
    expires_s: int

    def __repr__(self) -> str:
        return f"Invitation({nodeids.to_text(self.node_id)}, {self.addresses}, …, {self.expires_s})"


def to_uri(invitation: Invitation) -> str:
    """The URI of an invitation. `LocalError` for fields that `from_uri` would refuse."""
    parts = [f"i={nodeids.base32(invitation.node_id).lower()}"]
    parts += [f"a={address}" for address in invitation.addresses]
    parts += [f"k={nodeids.base32(invitation.secret).lower()}", f"x={invitation.expires_s}"]
    uri = _SCHEME + "&".join(parts)
    try:
        from_uri(uri)  # also notices a NodeID or a secret of another length
    except PeerError as error:
        raise LocalError(f"not a valid invitation: {error}") from error
    return uri


def from_uri(uri: str) -> Invitation:
    """The invitation of a URI; surrounding space and case of scheme and base32 are forgiven. `PeerError` INVITE.

    Whether it has expired is for whoever has a clock to say.
    """
    uri = uri.strip()
    if len(uri) > limits.INVITE_CHARACTERS_MAX or uri[: len(_SCHEME)].lower() != _SCHEME:
        raise _refused("not an invitation", "hanse:1?…")
    fields: dict[str, list[str]] = {"i": [], "a": [], "k": [], "x": []}
    for part in uri[len(_SCHEME) :].split("&"):
        name, equals, value = part.partition("=")
        if not equals or name not in fields:
            raise _refused("an invitation has other fields", "i, a, k, x")
        fields[name].append(value)
    if not 1 <= len(fields["a"]) <= limits.ADDRESSES_MAX:
        raise _refused("an invitation names addresses", f"1 to {limits.ADDRESSES_MAX}")
    expiry = _only(fields["x"])
    if not _EXPIRY.fullmatch(expiry) or int(expiry) > limits.INTEGER_MAX:
        raise _refused("the expiry is not a time", "unix seconds")
    return Invitation(
        NodeId(_base32(_only(fields["i"]), _NODE_CHARACTERS)),
        tuple(_address(address) for address in fields["a"]),
        _base32(_only(fields["k"]), _SECRET_CHARACTERS),
        int(expiry),
    )


def tag(secret: bytes) -> bytes:
    """The 16 bytes by which the dialler's hello names an invitation without giving its secret away."""
    return hashlib.sha256(b"hanse/invite/1\n" + secret).digest()[:16]


def psk(secret: bytes) -> bytes:
    """The 32-byte pre-shared key of the handshake: HKDF-SHA256(secret, "hanse/pair/1")."""
    return keys.hkdf(secret, b"hanse/pair/1")


def words(a: NodeId, b: NodeId) -> tuple[str, ...]:
    """Eight words, 88 bits, that both sides of a pair show; the order of the two NodeIDs does not matter.

    The first 88 bits of SHA-256("hanse/words/1\\n" ‖ the smaller NodeID ‖ the larger), 11 bits a word.
    """
    digest = hashlib.sha256(b"hanse/words/1\n" + min(a, b) + max(a, b)).digest()
    number = int.from_bytes(digest[: _WORD_COUNT * _WORD_BITS // 8], "big")
    shifts = range((_WORD_COUNT - 1) * _WORD_BITS, -1, -_WORD_BITS)
    return tuple(WORDS[number >> shift & (1 << _WORD_BITS) - 1] for shift in shifts)


def _only(values: list[str]) -> str:
    if len(values) != 1:
        raise _refused("a field stands once", "i, k and x once each")
    return values[0]


def _address(text: str) -> str:
    try:
        return leaves.check_address(text)
    except PeerError as error:
        raise _refused("an address has another form", "host:port") from error


def _base32(text: str, characters: int) -> bytes:
    upper = text.upper()
    if len(text) == characters and text.isascii():
        try:
            raw = base64.b32decode(upper + "=" * (-characters % 8))
        except ValueError:
            raw = b""
        if raw and nodeids.base32(raw) == upper:
            return raw
    raise _refused("a field is not base32", f"{characters} characters")


def _refused(hint: str, expected: str) -> PeerError:
    # Never what was got: an invitation holds a secret.
    return PeerError(Code.INVITE, hint, expected=expected)
