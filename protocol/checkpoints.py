"""Checkpoints, cosignatures, receipts and proof files (docs/protocol.md sections 6 and 7).

C2SP tlog-checkpoint, tlog-cosignature and tlog-proof, byte for byte. Three signatures over a head are kept apart:
the author's checkpoint ("this is my logbook"), the partner's mirror cosignature ("all of this is on my disk"), a
witness's cosignature ("I never saw a head that contradicts this"). None says that a proposal was accepted.

The parts of a signed note are in `protocol.notes` and offered here as well: nobody uses one without the other.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from protocol import keys, limits, merkle, notes
from protocol.errors import Code, LocalError, PeerError
from protocol.notes import (
    COSIGNATURE,
    ED25519,
    Note,
    Signature,
    format_note,
    key_id,
    open_note,
    parse_note,
    parse_vkey,
    sign,
    vkey,
)

__all__ = [
    "COSIGNATURE",
    "ED25519",
    "Checkpoint",
    "Note",
    "Pair",
    "Proof",
    "Signature",
    "checkpoint_text",
    "cosign",
    "format_note",
    "format_proof",
    "key_id",
    "key_name",
    "open_checkpoint",
    "open_cosignature",
    "open_note",
    "open_pair",
    "parse_note",
    "parse_proof",
    "parse_text",
    "parse_vkey",
    "sign",
    "sign_checkpoint",
    "sign_pair",
    "verify_proof",
    "vkey",
]

_PAIR_HEADER: Final = "hanse receipt v1"
_PROOF_HEADER: Final = "c2sp.org/tlog-proof@v1"
_DECIMAL = re.compile(r"0|[1-9][0-9]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head: the logbook's name, its number of entries, and the 32-byte root over them."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Pair:
    """What a receipt says: I store `read`, and when I signed this my own logbook stood at `own`."""

    read: Checkpoint
    own: Checkpoint


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof file, unverified: leaf `index` with its audit path, in the tree of the checkpoint note."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None


def key_name(node_id: bytes, role: str) -> str:
    """The name of a node's key in notes: `hanse/n/<NodeID in lower-case base32>/<role>`.

    The `log` key has the origin of the logbook as its name instead.
    """
    if len(node_id) != 32 or role not in keys.ED25519_ROLES or role == "log":
        raise LocalError("a key name is of a NodeID of 32 bytes and a role that signs notes, other than log")
    return f"hanse/n/{base64.b32encode(node_id).decode().rstrip('=').lower()}/{role}"


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """The note text of a checkpoint: origin, size and base64 root, a line each."""
    return "\n".join(_words(checkpoint)) + "\n"


def parse_text(text: str) -> Checkpoint:
    """The checkpoint that a note text says. Extension lines are refused: no Hanse logbook has any.

    Raises `PeerError` NOTE.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise PeerError(Code.NOTE, "a checkpoint has three lines", expected="origin, size, root", got=len(lines) - 1)
    return _checkpoint(lines[0], lines[1], lines[2])


def sign_checkpoint(checkpoint: Checkpoint, private: bytes) -> str:
    """The whole note of a checkpoint, signed by the logbook's `log` key, whose name is the origin. `LocalError`."""
    text = checkpoint_text(checkpoint)
    _own(parse_text, text)
    return format_note(text, [sign(text, checkpoint.origin, private)])


def open_checkpoint(data: str, origin: str, public: bytes) -> Checkpoint:
    """The checkpoint of a note that this logbook's key has signed.

    Raises `PeerError` NOTE, KEY, SIGNATURE, or WRONG_LOG when the key signed a head of another logbook.
    """
    checkpoint = parse_text(open_note(data, origin, public))
    if checkpoint.origin != origin:
        raise PeerError(Code.WRONG_LOG, "a head of another logbook", expected=origin, got=checkpoint.origin)
    return checkpoint


def cosign(text: str, name: str, private: bytes, time_s: int) -> str:
    """The cosignature line over a checkpoint text, with its newline (C2SP tlog-cosignature, type 0x04).

    `time_s` are POSIX seconds, 1 to 2^63 - 1. The caller sees to it that they never go back for one logbook.
    """
    if not 0 < time_s <= limits.TIMESTAMP_S_MAX:
        raise LocalError(f"the time of a cosignature is 1 to 2^63 - 1 seconds, not {time_s}")
    _own(parse_text, text)
    identifier = key_id(name, COSIGNATURE, keys.public(private, "mirror"))
    signature = keys.ed25519_sign(private, _cosigned(text, time_s))
    return notes.signature_line(name, identifier, time_s.to_bytes(8, "big") + signature)


def open_cosignature(text: str, line: str, name: str, public: bytes) -> int:
    """The time in seconds of a cosignature line (with its newline) over this checkpoint text.

    Raises `PeerError` NOTE, KEY, SIGNATURE, or RECEIPT when the line is of another key.
    """
    if not line.endswith("\n"):
        raise PeerError(Code.NOTE, "a signature line is not ended", expected="a newline")
    signature = notes.parse_signature(line[:-1])
    if (signature.name, signature.key_id) != (name, key_id(name, COSIGNATURE, public)):
        raise PeerError(Code.RECEIPT, "a cosignature of another key", expected=name, got=signature.name)
    if len(signature.payload) != 8 + keys.SIGNATURE_BYTES:
        raise PeerError(Code.NOTE, "a cosignature has another length", expected="72 bytes", got=len(signature.payload))
    time_s = int.from_bytes(signature.payload[:8], "big")
    if not 0 < time_s <= limits.TIMESTAMP_S_MAX:
        raise PeerError(Code.NOTE, "the time of a cosignature is out of range", got=time_s)
    keys.ed25519_verify(public, _cosigned(text, time_s), signature.payload[8:])
    return time_s


def sign_pair(pair: Pair, name: str, private: bytes) -> str:
    """The whole note of a receipt, signed by the `receipt` key."""
    text = _pair_text(pair)
    _own(_parse_pair, text)
    return format_note(text, [sign(text, name, private)])


def open_pair(data: str, name: str, public: bytes) -> Pair:
    """What a receipt note says, once this `receipt` key has signed it. `PeerError` NOTE, KEY or SIGNATURE."""
    return _parse_pair(open_note(data, name, public))


def format_proof(proof: Proof) -> str:
    """The text of a proof file (C2SP tlog-proof v1)."""
    lines = [_PROOF_HEADER]
    if proof.extra is not None:
        lines.append(f"extra {base64.b64encode(proof.extra).decode()}")
    lines.append(f"index {proof.index}")
    lines += [base64.b64encode(each).decode() for each in proof.hashes]
    return "\n".join(lines) + "\n\n" + proof.checkpoint


def parse_proof(data: str) -> Proof:
    """Read a proof file. Nothing in it is verified. `PeerError` NOTE or PROOF."""
    if len(data) > limits.PROOF_FILE_BYTES_MAX:
        raise PeerError(Code.NOTE, "a proof file is too long", expected=f"at most {limits.PROOF_FILE_BYTES_MAX}")
    head, separator, checkpoint = data.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines.pop(0) != _PROOF_HEADER:
        raise PeerError(Code.NOTE, "not a proof file", expected=_PROOF_HEADER)
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = notes.strict_base64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise PeerError(Code.NOTE, "a proof file names no index", expected="index <decimal>")
    index = _decimal(lines.pop(0).removeprefix("index "))
    if len(lines) > limits.PROOF_HASHES_MAX:
        raise PeerError(Code.PROOF, "too many hashes", expected=f"at most {limits.PROOF_HASHES_MAX}", got=len(lines))
    parse_note(checkpoint)
    return Proof(index, tuple(_hash(line) for line in lines), checkpoint, extra)


def verify_proof(proof: Proof, leaf: bytes, origin: str, public: bytes) -> Checkpoint:
    """The signed head under which the leaf hash is proven. `PeerError` as `open_checkpoint`, or PROOF."""
    checkpoint = open_checkpoint(proof.checkpoint, origin, public)
    merkle.verify_inclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return checkpoint


def _own(parse: Callable[[str], object], text: str) -> None:
    """What this side signs must be what it would read."""
    try:
        parse(text)
    except PeerError as error:
        raise LocalError(f"not to be signed: {error}") from error


def _cosigned(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def _words(checkpoint: Checkpoint) -> tuple[str, str, str]:
    return checkpoint.origin, str(checkpoint.size), base64.b64encode(checkpoint.root).decode()


def _checkpoint(origin: str, size: str, root: str) -> Checkpoint:
    if not notes.valid_name(origin) or len(origin) > limits.ORIGIN_CHARACTERS_MAX:
        raise PeerError(Code.NOTE, "an origin is not allowed", expected="no space, no plus, 64 characters", got=origin)
    checkpoint = Checkpoint(origin, _decimal(size), _hash(root))
    if checkpoint.size == 0 and checkpoint.root != merkle.EMPTY_ROOT:
        raise PeerError(Code.NOTE, "the root of an empty logbook is fixed", expected=merkle.EMPTY_ROOT.hex())
    return checkpoint


def _pair_text(pair: Pair) -> str:
    return f"{_PAIR_HEADER}\n{' '.join(_words(pair.read))}\n{' '.join(_words(pair.own))}\n"


def _parse_pair(text: str) -> Pair:
    lines = text.split("\n")
    if len(lines) != 4 or lines[0] != _PAIR_HEADER or lines[3]:
        raise PeerError(Code.NOTE, "not a receipt", expected=_PAIR_HEADER)
    heads = [line.split(" ") for line in lines[1:3]]
    if any(len(head) != 3 for head in heads):
        raise PeerError(Code.NOTE, "a receipt names two heads", expected="origin size root")
    return Pair(_checkpoint(*heads[0]), _checkpoint(*heads[1]))


def _decimal(text: str) -> int:
    if len(text) > len(str(limits.INTEGER_MAX)) or not _DECIMAL.fullmatch(text) or int(text) > limits.INTEGER_MAX:
        raise PeerError(Code.NOTE, "not a decimal", expected="no sign, no leading zero, at most 2^53 - 1", got=text)
    return int(text)


def _hash(text: str) -> bytes:
    raw = notes.strict_base64(text)
    if len(raw) != merkle.HASH_BYTES:
        raise PeerError(Code.NOTE, "a hash has another length", expected="32 bytes", got=len(raw))
    return raw
