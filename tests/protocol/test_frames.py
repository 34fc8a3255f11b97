"""Frames: what a message looks like on the wire, and every other shape refused before anything is decrypted."""

from __future__ import annotations

import pytest

from protocol import frames, limits, noise
from protocol.errors import Code, LocalError, PeerError

KEY = bytes(range(32))
FULL = noise.PLAINTEXT_BYTES_MAX


def ciphers() -> tuple[noise.Cipher, noise.Cipher]:
    return noise.Cipher(KEY), noise.Cipher(KEY)


def piece(cipher: noise.Cipher, plaintext: bytes) -> bytes:
    """One piece written by hand: its length, then the Noise transport message."""
    sealed = cipher.encrypt(plaintext)
    return len(sealed).to_bytes(2, "big") + sealed


@pytest.mark.parametrize(
    ("size", "pieces"),
    [(1, 1), (2_048, 1), (FULL, 1), (FULL + 1, 2), (3 * FULL, 3), (800 * 1024, 13), (1 << 20, 17)],
)
def test_a_message_is_cut_into_full_pieces_and_comes_back(size: int, pieces: int) -> None:
    sender, receiver = ciphers()
    plaintext = (bytes(range(251)) * (size // 251 + 1))[:size]
    frame = frames.seal(sender, plaintext)
    assert len(frame) == size + 18 * pieces <= limits.MESSAGE_BYTES_MAX
    assert sender.nonce == pieces
    assert frames.unseal(receiver, frame) == plaintext
    by_hand = noise.Cipher(KEY)
    assert frame == b"".join(piece(by_hand, plaintext[start : start + FULL]) for start in range(0, size, FULL))


@pytest.mark.parametrize("size", [0, (1 << 20) + 1])
def test_what_is_no_message_is_not_sealed(size: int) -> None:
    sender, _ = ciphers()
    with pytest.raises(LocalError):
        frames.seal(sender, bytes(size))
    assert sender.nonce == 0


def test_more_than_a_mebibyte_is_refused_before_anything_is_decrypted() -> None:
    sender, receiver = ciphers()
    too_big = b"".join(piece(sender, bytes(FULL)) for _ in range(16)) + piece(sender, bytes((1 << 20) + 1 - 16 * FULL))
    with pytest.raises(PeerError) as refusal:
        frames.unseal(receiver, too_big)
    assert refusal.value.code is Code.TOO_BIG
    assert receiver.nonce == 0
    with pytest.raises(PeerError):
        frames.unseal(receiver, bytes(10_000_000))


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\0",
        b"\0\0",
        bytes([0, 16]) + bytes(16),  # a piece that carries nothing
        bytes([0, 17]) + bytes(16),  # cut off
        bytes([0, 17]) + bytes(18),  # longer than it says
        (bytes([0, 17]) + bytes(17)) * 2,  # two pieces, the first not full
        b"\xff\xff" + bytes(65_535) + b"\0",
        b"\xff\xff" + bytes(65_535) + bytes([0, 16]) + bytes(16),
    ],
    ids=[
        "empty",
        "half a length",
        "length alone",
        "no payload",
        "cut off",
        "too long",
        "short first piece",
        "one byte of a second",
        "second without payload",
    ],
)
def test_another_shape_is_refused_before_anything_is_decrypted(frame: bytes) -> None:
    receiver = ciphers()[1]
    with pytest.raises(PeerError) as refusal:
        frames.unseal(receiver, frame)
    assert refusal.value.code is Code.MALFORMED
    assert receiver.nonce == 0


def test_W15_pieces_in_another_order_or_left_out_are_refused() -> None:
    sender, _ = ciphers()
    frame = frames.seal(sender, bytes(2 * FULL + 5))
    first, second, third = frame[:65_537], frame[65_537:131_074], frame[131_074:]
    for wrong in (second + first + third, second + third, first + first + third, first + third, third):
        with pytest.raises(PeerError) as refusal:
            frames.unseal(noise.Cipher(KEY), wrong)
        assert refusal.value.code is Code.REPLAY


def test_a_frame_cut_between_pieces_is_noticed_at_the_latest_by_the_next() -> None:
    """The map inside is then cut off as well, so that encoding refuses it; see test_sessions."""
    sender, receiver = ciphers()
    frame = frames.seal(sender, bytes(FULL + 5))
    assert frames.unseal(receiver, frame[:65_537]) == bytes(FULL)
    with pytest.raises(PeerError) as refusal:
        frames.unseal(receiver, frames.seal(sender, b"next"))
    assert refusal.value.code is Code.REPLAY
