"""One entry of a logbook: the exact bytes that are a Merkle leaf (docs/protocol.md section 4.1).

    { "b": body, "id": 16 bytes, "re": [[side, leaf hash], …], "seen": int, "t": type, "ts": ms, "v": version }

`re` is absent when there are no references.

The bytes are kept as they came and hashed as they came; `parse` only reads them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from protocol import encoding, limits, merkle
from protocol.encoding import Value
from protocol.errors import Code, LocalError, PeerError

OWN: Final = 0
"""A reference into the author's own logbook."""
PARTNER: Final = 1
"""A reference into the partner's logbook."""

ID_BYTES: Final = 16
SALT_BYTES: Final = 16
LOG_ID_BYTES: Final = 20
EPOCH_MAX: Final = 2**32 - 1

_TYPE = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)?")
_FIELDS = ("b", "id", "seen", "t", "ts", "v")
_FIELDS_WITH_REFERENCES = ("b", "id", "re", "seen", "t", "ts", "v")


@dataclass(frozen=True, slots=True)
class Reference:
    """The entry that this one answers: its logbook, seen from the author, and its leaf hash (32 bytes)."""

    side: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry says.

    `id` is 16 bytes, unique per author for ever (a UUIDv7). `ts_ms` is a claim: milliseconds since 1970 UTC.
    `seen` is how many of the partner's entries the author had stored and folded when it wrote this.
    """

    id: bytes
    type: str
    version: int
    ts_ms: int
    seen: int
    re: tuple[Reference, ...]
    body: dict[str, Value]


def compose(entry: Entry) -> bytes:
    """The bytes of an entry. `LocalError` when the entry breaks the rules that `parse` checks."""
    fields: dict[str, Value] = {
        "b": entry.body,
        "id": entry.id,
        "seen": entry.seen,
        "t": str.__str__(entry.type),
        "ts": entry.ts_ms,
        "v": entry.version,
    }
    if entry.re:
        fields["re"] = [[reference.side, reference.hash] for reference in entry.re]
    data = encoding.encode(fields)
    try:
        _check_size(data)
        encoding.count_objects(data, limits.OBJECTS_MAX)
        _read(fields)
    except PeerError as error:
        raise LocalError(f"not a valid entry: {error}") from error
    return data


def parse(data: bytes) -> Entry:
    """The entry that the bytes are.

    Raises `PeerError` TOO_BIG above 65,535 bytes, what `encoding.decode` raises, MALFORMED for wrong fields, and
    RANGE for numbers out of bounds. Says nothing about the meaning of the body.
    """
    _check_size(data)
    fields = encoding.decode(data, bytes_max=limits.ENTRY_BYTES_MAX)
    if type(fields) is not dict:
        raise PeerError(Code.MALFORMED, "an entry is a map")
    return _read(fields)


def leaf_hash(data: bytes) -> bytes:
    """The leaf hash of an entry's bytes: SHA-256(0x00 ‖ bytes)."""
    return merkle.leaf_hash(data)


def log_id(author: bytes, reader: bytes, epoch: int, salt: bytes) -> bytes:
    """The 20-byte id of the logbook that `author` writes for `reader` (both 32-byte NodeIDs) in this epoch.

    SHA-256("hanse/log/1\\n" ‖ author ‖ reader ‖ u32be epoch ‖ salt)[:20]; the 16-byte salt of the channel makes it
    opaque to witnesses (docs/protocol.md section 3.4).
    """
    if len(author) != 32 or len(reader) != 32 or len(salt) != SALT_BYTES or not 0 <= epoch <= EPOCH_MAX:
        raise LocalError("log_id takes two NodeIDs of 32 bytes, an epoch of 32 bits and a salt of 16 bytes")
    material = b"hanse/log/1\n" + author + reader + epoch.to_bytes(4, "big") + salt
    return hashlib.sha256(material).digest()[:LOG_ID_BYTES]


def origin(log_id: bytes) -> str:
    """The name of a logbook in its checkpoints: `hanse/l/` and the id in lower-case base32."""
    if len(log_id) != LOG_ID_BYTES:
        raise LocalError("a log id has 20 bytes")
    return "hanse/l/" + base64.b32encode(log_id).decode().lower()


def channel_salt(initiator: bytes, responder: bytes) -> bytes:
    """The 16-byte salt of a channel, from the 16 random bytes of each side (docs/protocol.md section 3.4)."""
    if len(initiator) != SALT_BYTES or len(responder) != SALT_BYTES:
        raise LocalError("each side contributes 16 bytes")
    return hashlib.sha256(initiator + responder).digest()[:SALT_BYTES]


def _check_size(data: bytes) -> None:
    if len(data) > limits.ENTRY_BYTES_MAX:
        raise PeerError(Code.TOO_BIG, "an entry is too big", expected=f"{limits.ENTRY_BYTES_MAX} bytes", got=len(data))


def _read(fields: dict[str, Value]) -> Entry:
    names = tuple(sorted(fields))
    if names not in (_FIELDS, _FIELDS_WITH_REFERENCES):
        raise PeerError(Code.MALFORMED, "an entry has other fields", expected=list(_FIELDS), got=list(names))
    body, identifier, kind = fields["b"], fields["id"], fields["t"]
    if type(body) is not dict:
        raise PeerError(Code.MALFORMED, "b is a map")
    if type(identifier) is not bytes or len(identifier) != ID_BYTES:
        raise PeerError(Code.MALFORMED, "id has 16 bytes")
    if type(kind) is not str or len(kind) > limits.TYPE_CHARACTERS_MAX or not _TYPE.fullmatch(kind):
        raise PeerError(Code.MALFORMED, "t is a type", expected=_TYPE.pattern, got=kind)
    return Entry(
        identifier,
        kind,
        _integer(fields, "v", 1, limits.VERSION_MAX),
        _integer(fields, "ts", -limits.INTEGER_MAX, limits.INTEGER_MAX),
        _integer(fields, "seen", 0, limits.INTEGER_MAX),
        _references(fields["re"]) if "re" in fields else (),
        body,
    )


def _integer(fields: dict[str, Value], name: str, least: int, most: int) -> int:
    value = fields[name]
    if type(value) is not int:  # a boolean is an int to Python, and is refused here
        raise PeerError(Code.MALFORMED, f"{name} is an integer", got=type(value).__name__)
    if not least <= value <= most:
        raise PeerError(Code.RANGE, f"{name} is out of range", expected=f"{least} to {most}", got=value)
    return value


def _references(value: Value) -> tuple[Reference, ...]:
    # An empty list would be a second spelling of an absent one.
    if type(value) is not list or not 1 <= len(value) <= limits.REFERENCES_MAX:
        raise PeerError(Code.MALFORMED, "re is a list", expected=f"1 to {limits.REFERENCES_MAX} references")
    references = []
    for item in value:
        if type(item) is not list or len(item) != 2:
            raise PeerError(Code.MALFORMED, "a reference is a pair", expected="[side, leaf hash]")
        side, target = item
        if type(side) is not int or side not in (OWN, PARTNER):
            raise PeerError(Code.MALFORMED, "a reference names a side", expected="0 or 1", got=side)
        if type(target) is not bytes or len(target) != merkle.HASH_BYTES:
            raise PeerError(Code.MALFORMED, "a reference names a leaf hash", expected="32 bytes")
        references.append(Reference(side, target))
    return tuple(references)
