"""One encrypted file for a backup, which opens with the passphrase of the node and nothing else.

    hanse-backup 1                                  what the file is, and how it is restored: lines for people
    ...
    {"node": ..., "written_ms": ..., "made": ..., "salt": hex 16, "keys": the content of the key file}
    chunks of 64 KiB, each sealed with ChaCha20-Poly1305

The key of the chunks is HKDF-SHA256 of the node's root secret and of a hash of everything before them, so the running
node needs no passphrase to write a backup. Whoever restores has the passphrase: it opens the key file in the head, and
that one holds the root secret. A chunk's nonce is its number (11 bytes) and whether it is the last one (1 byte), as in
the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): chunks cannot be left out, moved or cut off.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from node import errors
from protocol import keys

MAGIC: Final = b"hanse-backup 1\n"
INFO: Final = b"hanse/backup/1\n"
SALT_BYTES: Final = 16
CHUNK_BYTES: Final = 64 * 1024
TAG_BYTES: Final = 16
HEAD_BYTES_MAX: Final = 64 * 1024
README: Final = """\
A backup of a Hanse node, encrypted. The passphrase of the node opens it.

It holds what was decided (config.toml), the keys, and the database with every document, order and account. It does not
hold the passphrase, the recovery sheet, or the certificate of the console.

To restore it, on a machine where the old node does not run any more:

    hanse --home NEW-FOLDER restore THIS-FILE
    hanse --home NEW-FOLDER run

or start Hanse in an empty folder, open its page, and choose this file there.

The node notices that it is a copy. It signs nothing until its partners have given back what came after the backup.
Never run two copies of one node.

"""

Unlock = Callable[[bytes], bytes]
"""The content of a key file -> the root secret (32 bytes) in it. NodeError `key.*`."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup says of itself to everybody: whose it is, when it was written (unix milliseconds), and how.

    `node`: the NodeID as text. `made`: `schedule` where the node wrote it by itself, else `hand`. `keys`: the content
    of the key file, which the passphrase opens.
    """

    node: str
    written_ms: int
    made: str
    salt: bytes
    keys: bytes

    def encode(self) -> bytes:
        """The beginning of the file."""
        fields = {
            "node": self.node,
            "written_ms": self.written_ms,
            "made": self.made,
            "salt": self.salt.hex(),
            "keys": self.keys.decode(),
        }
        return MAGIC + README.encode() + json.dumps(fields).encode() + b"\n"


def read_head(stream: IO[bytes]) -> tuple[Head, bytes]:
    """The head of a backup and its bytes; the stream then stands at the first chunk. NodeError `backup.unreadable`."""
    raw = stream.readline(len(MAGIC))
    if raw != MAGIC:
        raise unreadable("another kind of file")
    while len(raw) <= HEAD_BYTES_MAX:
        line = stream.readline(HEAD_BYTES_MAX)
        raw += line
        if line.startswith(b"{") and line.endswith(b"\n"):
            return decode(line), raw
        if not line.endswith(b"\n"):
            break
    raise unreadable("a damaged head")


def decode(line: bytes) -> Head:
    """The fields of a head. NodeError `backup.unreadable`."""
    try:
        fields: dict[str, Any] = json.loads(line)
        head = Head(
            node=str(fields["node"]),
            written_ms=int(fields["written_ms"]),
            made=str(fields["made"]),
            salt=bytes.fromhex(fields["salt"]),
            keys=str(fields["keys"]).encode(),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise unreadable("a damaged head") from None
    if len(head.salt) != SALT_BYTES:
        raise unreadable("a damaged head")
    return head


def cipher(root: bytes, raw_head: bytes) -> ChaCha20Poly1305:
    """The cipher of one file: another head, another key."""
    return ChaCha20Poly1305(keys.hkdf(root, INFO + hashlib.sha256(raw_head).digest()))


def nonce(number: int, last: bool) -> bytes:
    """12 bytes for the chunk with this number."""
    return number.to_bytes(11, "big") + bytes([last])


class Sealer(io.RawIOBase):
    """Seals what is written to it. `finish` writes the last chunk; without it the file opens for nobody."""

    def __init__(self, stream: IO[bytes], root: bytes, head: Head) -> None:
        raw = head.encode()
        self._stream, self._cipher = stream, cipher(root, raw)
        self._waiting = bytearray()
        self._number = 0
        stream.write(raw)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, content: Any) -> int:
        """Seal the chunks that are full; one always waits, for it might be the last. Raises OSError."""
        self._waiting += content
        while len(self._waiting) > CHUNK_BYTES:
            self._put(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(content)

    def finish(self) -> None:
        """Seal what is left, as the last chunk. Raises OSError."""
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, chunk: bytes, last: bool) -> None:
        self._stream.write(self._cipher.encrypt(nonce(self._number, last), chunk, None))
        self._number += 1


class Opener(io.RawIOBase):
    """Reads what was sealed. NodeError `backup.unreadable` at the first chunk that is not as it was written."""

    def __init__(self, stream: IO[bytes], root: bytes, raw_head: bytes) -> None:
        self._stream, self._cipher = stream, cipher(root, raw_head)
        self._ahead = stream.read(CHUNK_BYTES + TAG_BYTES)
        self._opened = b""
        self._number = 0
        self._ended = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; 0 only after the last chunk."""
        if not self._opened and not self._ended:
            self._open()
        given = min(len(buffer), len(self._opened))
        buffer[:given] = self._opened[:given]
        self._opened = self._opened[given:]
        return given

    def _open(self) -> None:
        sealed, self._ahead = self._ahead, self._stream.read(CHUNK_BYTES + TAG_BYTES)
        self._ended = not self._ahead
        try:
            self._opened = self._cipher.decrypt(nonce(self._number, self._ended), sealed, None)
        except InvalidTag:
            raise unreadable("a file that was cut off or altered") from None
        self._number += 1


def unreadable(got: str) -> errors.NodeError:
    """The NodeError for a file that is no backup, or a damaged one."""
    return errors.NodeError(
        "backup.unreadable", "this is no backup of a node, or a damaged one", expected="a backup of Hanse", got=got
    )
