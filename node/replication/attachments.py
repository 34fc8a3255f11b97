"""Blobs of one session: which ones were asked for, and which ones are owed (docs/protocol.md section 8.10).

Memory is bounded on both sides: no more is asked for than one blob may have, and one blob at a time is read to be sent.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from protocol import limits, messages
from protocol.errors import Code, PeerError

ASKED_MAX: Final = 16 * limits.BLOB_WANTS_MAX
"""Blobs asked for and not here yet."""
OWED_MAX: Final = limits.BLOB_WANTS_MAX * limits.BLOB_WANTS_MAX
"""Blobs that the partner asked for and that did not go out yet; what it asks beyond that is forgotten."""


@dataclass(slots=True)
class Incoming:
    """What this side asked for: hash -> the size that the document names; and the pieces that came."""

    sizes: dict[bytes, int] = field(default_factory=dict)
    pieces: dict[bytes, bytearray] = field(default_factory=dict)
    whole: list[bytes] = field(default_factory=list)  # complete, and not stored yet
    reached: int = 0  # row id of the newest want that was sent in this session

    def choose(self, rows: Sequence[tuple[int, bytes, int]], spoilt: Collection[bytes]) -> tuple[bytes, ...]:
        """Of the wanted (row id, hash, size), oldest first, those to ask for now; each once a session.

        `spoilt` are those that the partner has sent with another content before.
        """
        chosen = []
        room = limits.BLOB_BYTES_MAX - sum(self.sizes.values())
        for id, digest, size in rows:
            if size > room or len(self.sizes) >= ASKED_MAX:
                break
            self.reached = id
            if digest not in spoilt:
                room -= size
                self.sizes[digest] = size
                chosen.append(digest)
        return tuple(chosen)

    def take(self, piece: messages.Blob) -> bytes | None:
        """Add a piece; the whole blob once it is complete. What nobody asked for, or of another size, is dropped.

        PeerError `log.gap` for a piece out of order, `log.root` for a blob that does not hash to its name.
        """
        if self.sizes.get(piece.hash) != piece.length:
            return None
        buffer = self.pieces.setdefault(piece.hash, bytearray())
        if piece.offset != len(buffer) or (not piece.data and piece.length):
            raise PeerError(Code.GAP, "blob pieces out of order", expected=len(buffer), got=piece.offset)
        buffer += piece.data
        if len(buffer) < piece.length:
            return None
        data = bytes(self.pieces.pop(piece.hash))
        del self.sizes[piece.hash]
        if hashlib.sha256(data).digest() != piece.hash:
            raise PeerError(Code.ROOT, "blob does not hash to its name", expected=piece.hash.hex(), got="other content")
        return data


@dataclass(slots=True)
class Outgoing:
    """What the partner asked for: `due` is looked for now, `owed` was not here and goes out when it comes."""

    due: deque[bytes] = field(default_factory=deque)
    owed: set[bytes] = field(default_factory=set)
    whole: bytes = b""  # the blob that is going out
    digest: bytes = b""
    offset: int = 0

    def ask(self, digests: Sequence[bytes]) -> None:
        """The partner wants blobs."""
        for digest in digests:
            if digest not in self.owed and len(self.due) + len(self.owed) < OWED_MAX:
                self.due.append(digest)

    def arrived(self, digest: bytes) -> bool:
        """A blob came from elsewhere; tells whether the partner waits for it."""
        if digest not in self.owed:
            return False
        self.owed.discard(digest)
        self.due.append(digest)
        return True

    def look(self) -> bytes:
        """The next one to look for on the disk. It counts as owed meanwhile: it may arrive while the disk is read."""
        digest = self.due.popleft()
        self.owed.add(digest)
        return digest

    def found(self, digest: bytes, data: bytes | None) -> None:
        """What the disk has of it."""
        if data is not None:
            self.owed.discard(digest)
            self.whole, self.digest, self.offset = data, digest, 0

    def postpone(self, digest: bytes) -> None:
        """It is here, and cannot go out yet."""
        self.owed.discard(digest)
        self.due.appendleft(digest)

    def piece(self) -> messages.Blob | None:
        """The next piece of the blob that is going out; None when there is none."""
        if not self.digest:
            return None
        data = self.whole[self.offset : self.offset + limits.BLOB_PIECE_BYTES_MAX]
        piece = messages.Blob(self.digest, self.offset, len(self.whole), data)
        self.offset += len(data)
        if self.offset >= len(self.whole):
            self.whole, self.digest = b"", b""
        return piece
