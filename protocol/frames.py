"""Frames: one message of a session as Noise transport messages, and back. docs/protocol.md section 5.8.

    frame   = 1*( u16be length ‖ transport message of that length )

Every transport message but the last has exactly 65,535 bytes, so that the pieces follow from the length of the
frame and nobody can make us open a million pieces of one byte.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from protocol import limits, noise
from protocol.errors import Code, LocalError, PeerError

LENGTH: Final = Struct(">H")
PIECE_BYTES: Final = limits.NOISE_LENGTH_BYTES + limits.NOISE_BYTES_MAX  # a full piece on the wire
OVERHEAD_BYTES: Final = limits.NOISE_LENGTH_BYTES + limits.NOISE_TAG_BYTES  # of every piece


def seal(cipher: noise.Cipher, plaintext: bytes) -> bytes:
    """One frame; LocalError for an empty plaintext or one over `limits.SESSION_MESSAGE_BYTES_MAX`."""
    if not 0 < len(plaintext) <= limits.SESSION_MESSAGE_BYTES_MAX:
        raise LocalError(f"a message has 1 to {limits.SESSION_MESSAGE_BYTES_MAX} bytes, not {len(plaintext)}")
    view, parts = memoryview(plaintext), []
    for start in range(0, len(plaintext), noise.PLAINTEXT_BYTES_MAX):
        piece = cipher.encrypt(view[start : start + noise.PLAINTEXT_BYTES_MAX])
        parts.append(LENGTH.pack(len(piece)))
        parts.append(piece)
    return b"".join(parts)


def unseal(cipher: noise.Cipher, frame: bytes) -> bytes:
    """The plaintext of one frame. Its shape is checked in full before the first piece is decrypted.

    PeerError `wire.too-big` for a plaintext over `limits.SESSION_MESSAGE_BYTES_MAX`, `wire.malformed` for another
    shape, `session.replay` for pieces that are not the next ones of this session.
    """
    bounds = range(0, len(frame), PIECE_BYTES)
    size = len(frame) - OVERHEAD_BYTES * len(bounds)
    if size > limits.SESSION_MESSAGE_BYTES_MAX:
        raise PeerError(
            Code.TOO_BIG, "session message", expected=f"at most {limits.SESSION_MESSAGE_BYTES_MAX} bytes", got=size
        )
    view = memoryview(frame)
    pieces = [cut(view[start : start + PIECE_BYTES]) for start in bounds]
    if not pieces:
        raise PeerError(Code.MALFORMED, "frame", expected="at least one piece", got="nothing")
    return b"".join([cipher.decrypt(piece) for piece in pieces])


def cut(piece: memoryview) -> memoryview:
    """The transport message in one piece; PeerError `wire.malformed` unless its length is that of the piece."""
    carried = len(piece) - LENGTH.size
    if carried <= limits.NOISE_TAG_BYTES:
        raise PeerError(Code.MALFORMED, "frame", expected=f"more than {OVERHEAD_BYTES} bytes", got=len(piece))
    (stated,) = LENGTH.unpack_from(piece)
    if stated != carried:
        raise PeerError(Code.MALFORMED, "frame", expected=f"a piece of {carried} bytes", got=stated)
    return piece[LENGTH.size :]
