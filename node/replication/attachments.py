"""Blobs of one session: which ones were asked for, and which ones are owed (docs/protocol.md section 8.10).

Memory is bounded on both sides: no more is asked for than one blob may have, and one blob at a time is read to be sent,
or as many small ones as fit into a piece.
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
LOOKED_MAX: Final = 64
"""Blobs looked for on the disk at once: sealed addresses are small and come in hundreds."""


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
    here: deque[tuple[bytes, bytes]] = field(default_factory=deque)  # read, and next to go out
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

    def look(self) -> list[bytes]:
        """The next ones to look for on the disk. They count as owed meanwhile: they may come by then."""
        digests = [self.due.popleft() for _ in range(min(len(self.due), LOOKED_MAX))]
        self.owed.update(digests)
        return digests

    def found(self, looked: Sequence[bytes], rows: Sequence[tuple[bytes, bytes | None]]) -> None:
        """What the disk has of the first of them; the others are looked for next."""
        for digest, data in rows:
            if data is not None:
                self.owed.discard(digest)
                self.here.append((digest, data))
        self._postpone(looked[len(rows) :])

    def begin(self) -> None:
        """Let the next one go out that was read."""
        (self.digest, self.whole), self.offset = self.here.popleft(), 0

    def rest(self) -> None:
        """What was read cannot go out yet. It is not kept: it may be erased meanwhile."""
        self._postpone([digest for digest, _ in self.here])
        self.here.clear()

    def _postpone(self, digests: Sequence[bytes]) -> None:
        self.owed.difference_update(digests)
        self.due.extendleft(reversed(digests))

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
