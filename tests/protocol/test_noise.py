"""Noise: published vectors, another implementation as the other side, and everything that must be refused."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st
from noise.connection import Keypair, NoiseConnection

from protocol import limits, noise
from protocol.errors import Code, LocalError, PeerError

VECTORS: list[dict[str, Any]] = json.loads(
    (pathlib.Path(__file__).parents[1] / "vectors" / "noise.json").read_text(encoding="utf-8")
)["vectors"]

PROLOGUE = b"what both said before"
PSK = bytes(range(200, 232))
# The points of small order on Curve25519: 0, 1, two of order 8, p - 1, p and p + 1, little-endian (RFC 7748).
SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


def key(number: int) -> bytes:
    return bytes([number]) * 32


def public(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def pair(psk: bytes | None = None, prologues: tuple[bytes, bytes] = (PROLOGUE, PROLOGUE)) -> list[noise.Handshake]:
    """Initiator and responder with fixed keys: static 1 and 2, ephemeral 3 and 4."""
    return [
        noise.Handshake.xx(True, key(1), key(3), prologues[0], psk),
        noise.Handshake.xx(False, key(2), key(4), prologues[1], psk),
    ]


def converse(sides: list[noise.Handshake], payloads: list[bytes]) -> list[bytes]:
    """The messages of a handshake in which the two sides take turns, each payload checked on arrival."""
    messages = []
    for turn, payload in enumerate(payloads):
        message = sides[turn % 2].write(payload)
        assert sides[(turn + 1) % 2].read(message) == payload
        messages.append(message)
    return messages


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["protocol"])
def test_published_vectors(vector: dict[str, Any]) -> None:
    octets = {name: bytes.fromhex(vector[name] or "") for name in vector.keys() - {"protocol", "messages"}}
    psk, prologue = octets["psk"] or None, octets["prologue"]
    sides = [
        noise.Handshake.xx(True, octets["initiator_static"], octets["initiator_ephemeral"], prologue, psk),
        noise.Handshake.xx(False, octets["responder_static"], octets["responder_ephemeral"], prologue, psk),
    ]
    payloads = [bytes.fromhex(message["payload"]) for message in vector["messages"]]
    ciphertexts = [bytes.fromhex(message["ciphertext"]) for message in vector["messages"]]

    assert converse(sides, payloads[:3]) == ciphertexts[:3]
    assert sides[0].hash == sides[1].hash
    assert sides[0].remote_static == public(octets["responder_static"])
    assert sides[1].remote_static == public(octets["initiator_static"])
    ciphers = [side.split() for side in sides]
    for turn, (payload, ciphertext) in enumerate(zip(payloads[3:], ciphertexts[3:], strict=True)):
        assert ciphers[turn % 2][0].encrypt(payload) == ciphertext
        assert ciphers[(turn + 1) % 2][1].decrypt(ciphertext) == payload


def test_both_protocols_have_vectors() -> None:
    names = {vector["protocol"] for vector in VECTORS}
    assert names == {"Noise_XX_25519_ChaChaPoly_SHA256", "Noise_XXpsk0_25519_ChaChaPoly_SHA256"}


def stranger(initiator: bool, psk: bytes | None) -> NoiseConnection:
    """The package noiseprotocol with the keys that `pair` would give to this side."""
    name = b"Noise_XX_25519_ChaChaPoly_SHA256" if psk is None else b"Noise_XXpsk0_25519_ChaChaPoly_SHA256"
    connection = NoiseConnection.from_name(name)
    connection.set_prologue(PROLOGUE)
    if psk is not None:
        connection.set_psks(psk)
    if initiator:
        connection.set_as_initiator()
    else:
        connection.set_as_responder()
    connection.set_keypair_from_private_bytes(Keypair.STATIC, key(1 if initiator else 2))
    connection.start_handshake()
    return connection


@pytest.mark.parametrize("psk", [None, PSK], ids=["XX", "XXpsk0"])
def test_noiseprotocol_as_responder(psk: bytes | None) -> None:
    ours, theirs = pair(psk)[0], stranger(initiator=False, psk=psk)
    assert theirs.read_message(ours.write(b"one")) == b"one"
    assert ours.read(bytes(theirs.write_message(b"two"))) == b"two"
    assert theirs.read_message(ours.write(b"three")) == b"three"
    check_transport(ours, theirs, remote=public(key(2)))


@pytest.mark.parametrize("psk", [None, PSK], ids=["XX", "XXpsk0"])
def test_noiseprotocol_as_initiator(psk: bytes | None) -> None:
    ours, theirs = pair(psk)[1], stranger(initiator=True, psk=psk)
    assert ours.read(bytes(theirs.write_message(b"one"))) == b"one"
    assert theirs.read_message(ours.write(b"two")) == b"two"
    assert ours.read(bytes(theirs.write_message(b"three"))) == b"three"
    check_transport(ours, theirs, remote=public(key(1)))


def check_transport(ours: noise.Handshake, theirs: NoiseConnection, remote: bytes) -> None:
    assert ours.finished
    assert ours.remote_static == remote
    assert ours.hash == theirs.get_handshake_hash()
    send, receive = ours.split()
    for number in range(3):
        assert theirs.decrypt(send.encrypt(b"there %d" % number)) == b"there %d" % number
        assert receive.decrypt(theirs.encrypt(b"back %d" % number)) == b"back %d" % number
    send.rekey()
    theirs.rekey_inbound_cipher()
    assert theirs.decrypt(send.encrypt(b"rekeyed")) == b"rekeyed"


def test_the_key_changes_after_every_2_20_messages() -> None:
    sender = noise.Cipher(key(7), limits.REKEY_MESSAGES - 1)
    receiver = noise.Cipher(key(7), limits.REKEY_MESSAGES - 1)
    following = ChaCha20Poly1305(key(7)).encrypt(bytes(4) + b"\xff" * 8, bytes(32), b"")[:32]

    last_of_old = sender.encrypt(b"old key")
    first_of_new = sender.encrypt(b"new key")

    nonces = [bytes(4) + number.to_bytes(8, "little") for number in (2**20 - 1, 2**20)]
    assert last_of_old == ChaCha20Poly1305(key(7)).encrypt(nonces[0], b"old key", b"")
    assert first_of_new == ChaCha20Poly1305(following).encrypt(nonces[1], b"new key", b"")
    assert [receiver.decrypt(last_of_old), receiver.decrypt(first_of_new)] == [b"old key", b"new key"]
    assert sender.nonce == receiver.nonce == 2**20 + 1


def test_the_nonce_never_wraps() -> None:
    sender, receiver = noise.Cipher(key(7), noise.NONCE_MAX - 1), noise.Cipher(key(7), noise.NONCE_MAX - 1)
    assert receiver.decrypt(sender.encrypt(b"last")) == b"last"
    with pytest.raises(LocalError):
        sender.encrypt(b"one more")
    sealed_with_the_reserved_nonce = ChaCha20Poly1305(key(7)).encrypt(bytes(4) + b"\xff" * 8, b"one more", b"")
    with pytest.raises(PeerError) as refusal:
        receiver.decrypt(sealed_with_the_reserved_nonce)
    assert refusal.value.code is Code.REPLAY
    assert sender.nonce == receiver.nonce == noise.NONCE_MAX


def test_W15_repeated_reordered_and_reflected_transport_messages_are_refused() -> None:
    sides = pair()
    converse(sides, [b"", b"", b""])
    (there, other), (back, receive) = (side.split() for side in sides)
    first, second = there.encrypt(b"first"), there.encrypt(b"second")
    for wrong, cipher in ((second, receive), (first, other)):
        with pytest.raises(PeerError) as refusal:
            cipher.decrypt(wrong)
        assert refusal.value.code is Code.REPLAY
    assert receive.decrypt(first) == b"first"
    with pytest.raises(PeerError):
        receive.decrypt(first)
    assert receive.decrypt(second) == b"second"  # a refusal does not move the nonce
    assert other.decrypt(back.encrypt(b"back")) == b"back"


@pytest.mark.parametrize("psk", [None, PSK], ids=["XX", "XXpsk0"])
def test_H04_my_own_static_key_is_refused(psk: bytes | None) -> None:
    """Somebody answers with my static key, as when my own handshake is mirrored to me from another connection."""
    initiator = noise.Handshake.xx(True, key(1), key(3), PROLOGUE, psk)
    twin = noise.Handshake.xx(False, key(1), key(4), PROLOGUE, psk)
    twin.read(initiator.write(b""))
    with pytest.raises(PeerError) as refusal:
        initiator.read(twin.write(b""))
    assert refusal.value.code is Code.HANDSHAKE
    assert "own key" in refusal.value.hint
    assert not initiator.finished


def test_H04_the_responder_refuses_its_own_static_key() -> None:
    initiator, responder = pair()
    responder.read(initiator.write(b""))
    mirrored = replay_as_initiator(responder.write(b"")).encrypt(public(key(2)))
    with pytest.raises(PeerError) as refusal:
        responder.read(mirrored + bytes(16))
    assert refusal.value.code is Code.HANDSHAKE
    assert "own key" in refusal.value.hint


def replay_as_initiator(second: bytes) -> noise.Symmetric:
    """The symmetric state of the XX initiator of `pair` after message 2, so that a test can forge message 3."""
    symmetric = noise.Symmetric(b"Noise_XX_25519_ChaChaPoly_SHA256")
    symmetric.mix_hash(PROLOGUE)
    symmetric.mix_hash(public(key(3)))
    symmetric.mix_hash(b"")
    ephemeral = noise.private_key(key(3))
    symmetric.mix_hash(second[:32])
    symmetric.mix_key(noise.exchange(ephemeral, second[:32]))
    theirs = symmetric.decrypt(second[32:80])
    symmetric.mix_key(noise.exchange(ephemeral, theirs))
    symmetric.decrypt(second[80:])
    return symmetric


def test_H04_my_own_ephemeral_key_is_refused() -> None:
    """My message 1 mirrored to me as the beginning of message 2."""
    initiator = pair()[0]
    first = initiator.write(b"")
    with pytest.raises(PeerError) as refusal:
        initiator.read(first + bytes(64))
    assert refusal.value.code is Code.HANDSHAKE
    assert "own key" in refusal.value.hint


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_an_ephemeral_key_of_small_order_is_refused(point: str) -> None:
    initiator, responder = pair()
    initiator.write(b"")
    with pytest.raises(PeerError) as refusal:
        initiator.read(bytes.fromhex(point) + bytes(64))
    assert refusal.value.code is Code.HANDSHAKE
    responder.read(bytes.fromhex(point))  # message 1 has no exchange yet
    with pytest.raises(PeerError) as refusal:
        responder.write(b"")
    assert refusal.value.code is Code.HANDSHAKE
    with pytest.raises(LocalError):
        responder.split()


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_a_static_key_of_small_order_is_refused(point: str) -> None:
    initiator, responder = pair()
    responder.read(initiator.write(b""))
    second = responder.write(b"")
    with pytest.raises(PeerError) as refusal:
        responder.read(replay_as_initiator(second).encrypt(bytes.fromhex(point)) + bytes(16))
    assert refusal.value.code is Code.HANDSHAKE
    assert "zero" in refusal.value.hint


def test_H07_every_message_stands_in_its_turn() -> None:
    initiator, responder = pair()
    with pytest.raises(LocalError):
        responder.write(b"")
    first = initiator.write(b"")
    with pytest.raises(LocalError):
        initiator.write(b"")
    responder.read(first)
    with pytest.raises(PeerError) as refusal:
        responder.read(first)
    assert refusal.value.code is Code.STATE
    with pytest.raises(LocalError):
        responder.write(b"")  # the refusal ended it


def test_H07_nothing_is_read_after_completion_and_keys_are_given_once() -> None:
    sides = pair()
    with pytest.raises(LocalError):
        pair()[0].split()
    third = converse(sides, [b"", b"", b""])[2]
    assert sides[0].finished
    assert sides[0].split()
    with pytest.raises(LocalError):
        sides[0].split()
    with pytest.raises(PeerError) as refusal:
        sides[1].read(third)
    assert refusal.value.code is Code.STATE
    with pytest.raises(LocalError):
        sides[1].split()


@pytest.mark.parametrize("size", [0, 1, 31, 65_536, 10_000_000])
def test_H07_messages_of_a_wrong_size_are_refused(size: int) -> None:
    responder = pair()[1]
    with pytest.raises(PeerError) as refusal:
        responder.read(bytes(size))
    assert refusal.value.code is Code.HANDSHAKE
    with pytest.raises(LocalError):
        responder.write(b"")


def test_H06_another_prologue_breaks_the_handshake() -> None:
    initiator, responder = pair(prologues=(b"version 2", b"version 1"))
    responder.read(initiator.write(b""))
    with pytest.raises(PeerError) as refusal:
        initiator.read(responder.write(b""))
    assert refusal.value.code is Code.HANDSHAKE


def test_without_the_psk_not_even_message_1_is_read() -> None:
    with pytest.raises(PeerError) as refusal:
        pair(PSK)[1].read(pair(bytes(32))[0].write(b""))
    assert refusal.value.code is Code.HANDSHAKE
    with pytest.raises(PeerError):
        pair(PSK)[1].read(pair(None)[0].write(b""))


@pytest.mark.parametrize(("static", "ephemeral", "psk"), [(31, 32, None), (32, 33, None), (32, 32, 31)])
def test_keys_of_a_wrong_length_are_our_own_mistake(static: int, ephemeral: int, psk: int | None) -> None:
    with pytest.raises(LocalError):
        noise.Handshake.xx(True, bytes(static), bytes(ephemeral), b"", None if psk is None else bytes(psk))


def mutants(message: bytes) -> st.SearchStrategy[bytes]:
    """What a hostile network can make of a message: bits flipped, the end cut off, something added."""
    flipped = st.integers(0, 8 * len(message) - 1).map(
        lambda bit: message[: bit // 8] + bytes([message[bit // 8] ^ 1 << bit % 8]) + message[bit // 8 + 1 :]
    )
    cut = st.integers(0, len(message) - 1).map(lambda size: message[:size])
    longer = st.binary(min_size=1, max_size=40).map(lambda tail: message + tail)
    return st.one_of(flipped, cut, longer)


@given(st.sampled_from([None, PSK]), st.integers(0, 2), st.data())
def test_a_changed_message_never_finishes_the_handshake(psk: bytes | None, number: int, data: st.DataObject) -> None:
    """The side that got the changed message never finishes, and nothing but PeerError is raised."""
    sides = pair(psk)
    with pytest.raises(PeerError):
        for turn in range(3):
            message = sides[turn % 2].write(b"payload")
            sides[(turn + 1) % 2].read(data.draw(mutants(message)) if turn == number else message)
    assert not sides[(number + 1) % 2].finished
