"""Signed notes, byte for byte as C2SP signed-note says (docs/protocol.md section 6.1).

A note is text that ends in a newline, an empty line, and signature lines `— <name> <base64(key id ‖ signature)>`.
The text must be ignored until a known key has signed it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from protocol import keys, limits
from protocol.errors import Code, LocalError, PeerError

ED25519: Final = 0x01
"""Signature type: Ed25519 over the note text."""
COSIGNATURE: Final = 0x04
"""Signature type: timestamped Ed25519 cosignature of a checkpoint (C2SP tlog-cosignature)."""

_DASH: Final = "— "
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_KEY_ID_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, unverified: the key's name, its 4-byte id, and the bytes after the id."""

    name: str
    key_id: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note, unverified: the text with its final newline, and every signature line in order."""

    text: str
    signatures: tuple[Signature, ...]


def parse_note(data: str) -> Note:
    """Split a note at its last empty line and read the signature lines. `PeerError` NOTE."""
    if len(data) > limits.NOTE_CHARACTERS_MAX:
        raise _malformed("too long", f"at most {limits.NOTE_CHARACTERS_MAX} characters", len(data))
    if _CONTROL.search(data):
        raise _malformed("it holds a control character", "text")
    text, separator, lines = data.rpartition("\n\n")
    if not separator or not text:
        raise _malformed("it has no text before an empty line", "text, an empty line, signatures")
    if not lines.endswith("\n"):
        raise _malformed("the last line is not ended", "a newline")
    if lines.count("\n") > limits.SIGNATURES_MAX:
        raise _malformed("too many signatures", f"at most {limits.SIGNATURES_MAX}", lines.count("\n"))
    return Note(text + "\n", tuple(parse_signature(line) for line in lines[:-1].split("\n")))


def parse_signature(line: str) -> Signature:
    """One signature line without its newline. `PeerError` NOTE."""
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise _malformed("a signature line has another form", "— name base64")
    if not valid_name(name):
        raise _malformed("a key name is not allowed", "no space, no plus", name)
    raw = strict_base64(encoded)
    if len(raw) <= _KEY_ID_BYTES:
        raise _malformed("a signature is too short", "4 bytes of key id and the signature", len(raw))
    return Signature(name, raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:])


def format_note(text: str, lines: Sequence[str]) -> str:
    """The note of a text (ending in a newline) and signature lines (each ending in a newline). `LocalError`."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise LocalError("the text of a note ends in a newline and holds no other control character")
    note = text + "\n" + "".join(lines)
    try:
        parse_note(note)
    except PeerError as error:
        raise LocalError(f"not a note: {error}") from error
    return note


def signature_line(name: str, identifier: bytes, payload: bytes) -> str:
    """One signature line with its newline."""
    if not valid_name(name):
        raise LocalError(f"not a key name: {name!r}")
    return f"{_DASH}{name} {base64.b64encode(identifier + payload).decode()}\n"


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """The 4-byte id of a key: SHA-256(name ‖ newline ‖ algorithm ‖ public key)[:4]."""
    return hashlib.sha256(name.encode() + b"\n" + bytes((algorithm,)) + public).digest()[:_KEY_ID_BYTES]


def vkey(name: str, algorithm: int, public: bytes) -> str:
    """The verifier key: `name+hex(key id)+base64(algorithm ‖ public key)`."""
    if not valid_name(name):
        raise LocalError(f"not a key name: {name!r}")
    encoded = base64.b64encode(bytes((algorithm,)) + public).decode()
    return f"{name}+{key_id(name, algorithm, public).hex()}+{encoded}"


def parse_vkey(text: str) -> tuple[str, int, bytes]:
    """Name, algorithm and public key of a verifier key. Split twice only: base64 may hold a plus.

    Raises `PeerError` NOTE for another form and KEY for an id that does not belong to the key, or a weak key.
    """
    parts = text.split("+", 2)
    if len(parts) != 3 or not valid_name(parts[0]) or not re.fullmatch(r"[0-9a-f]{8}", parts[1]):
        raise _malformed("a verifier key has another form", "name+hex id+base64", text)
    name, identifier, raw = parts[0], bytes.fromhex(parts[1]), strict_base64(parts[2])
    if len(raw) < 2:
        raise _malformed("a verifier key is too short", "algorithm and public key", len(raw))
    algorithm, public = raw[0], raw[1:]
    if key_id(name, algorithm, public) != identifier:
        raise PeerError(Code.KEY, "the id of the verifier key does not belong to it", got=text)
    if algorithm in (ED25519, COSIGNATURE):
        keys.check_ed25519(public)
    return name, algorithm, public


def sign(text: str, name: str, private: bytes) -> str:
    """The signature line of an Ed25519 key (type 0x01) over a note text, with its newline."""
    if not text.endswith("\n"):
        raise LocalError("the text of a note ends in a newline")
    identifier = key_id(name, ED25519, keys.public(private, "log"))
    return signature_line(name, identifier, keys.ed25519_sign(private, text.encode()))


def open_note(data: str, name: str, public: bytes) -> str:
    """The text of a note that this Ed25519 key has signed.

    Lines of other keys are ignored, even when they share the name or the id. A line of this key that fails rejects
    the note, and so does the absence of one. `PeerError` NOTE, KEY or SIGNATURE.
    """
    note = parse_note(data)
    identifier = key_id(name, ED25519, public)
    mine = [line for line in note.signatures if line.name == name and line.key_id == identifier]
    if not mine:
        raise PeerError(Code.SIGNATURE, "no signature of the expected key", expected=name)
    for line in mine:
        keys.ed25519_verify(public, note.text.encode(), line.payload)
    return note.text


def valid_name(name: str) -> bool:
    """Whether a key name is allowed: not empty, no Unicode space, no plus, no control character."""
    return (
        0 < len(name) <= limits.KEY_NAME_CHARACTERS_MAX
        and "+" not in name
        and not any(character.isspace() or character < " " for character in name)
    )


def strict_base64(text: str) -> bytes:
    """The bytes of standard base64 with padding, in its one spelling (RFC 4648 section 3.5). `PeerError` NOTE."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise _malformed("not base64", "standard base64 with padding") from error
    if base64.b64encode(raw).decode() != text:
        raise _malformed("base64 has another spelling", "padding and no stray bits")
    return raw


def _malformed(hint: str, expected: str, got: object = None) -> PeerError:
    return PeerError(Code.NOTE, hint, expected=expected, got=got)
