"""Data for one reader only: HPKE, and personal data that never enters a logbook (docs/protocol.md section 11).

HPKE base mode of RFC 9180 with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20Poly1305, single-shot. It is
written out here because the ephemeral key must come in as an argument, so that every byte can be replayed; it is
compared with two other implementations in both directions.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from protocol import encoding, keys, limits
from protocol.encoding import Value
from protocol.errors import Code, LocalError, PeerError

SUITE: Final = "hpke1"
"""The name of this suite in references; a hybrid with ML-KEM will have another."""
SALT_BYTES: Final = 32
KEY_ID_BYTES: Final = 8
TAG_BYTES: Final = 16
OVERHEAD_BYTES: Final = keys.KEY_BYTES + TAG_BYTES
"""Bytes that sealing adds: the ephemeral public key and the tag."""

# RFC 9180 section 4.1 and 5.1: suite_id of the KEM and of the whole; ids of section 7.
_KEM_SUITE: Final = b"KEM" + (0x0020).to_bytes(2, "big")
_HPKE_SUITE: Final = b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (0x0020, 0x0001, 0x0003))
_PERSONAL: Final = b"hanse/pii/1\n"
_FIELDS: Final = ("cm", "ct", "kid", "len", "x")
_FORWARDED: Final = ("cm", "ct", "i", "kid", "len", "o", "x")


def seal(
    recipient_public: bytes, info: bytes, plaintext: bytes, ephemeral_private: bytes, *, aad: bytes = b""
) -> bytes:
    """The sealed bytes: enc (32 bytes) ‖ ciphertext with tag.

    `ephemeral_private` are 32 random bytes, never used twice. Raises `PeerError` KEY for a weak recipient key.
    """
    enc, agreed = keys.x25519_pair(ephemeral_private, recipient_public)
    shared = _extract_and_expand(agreed, enc + recipient_public)
    key, nonce = key_schedule(shared, info)
    return enc + ChaCha20Poly1305(key).encrypt(nonce, plaintext, aad)


def open_sealed(private: bytes, info: bytes, sealed: bytes, *, aad: bytes = b"") -> bytes:
    """The plaintext. `PeerError` SEALED when it does not open, KEY when the ephemeral key is weak."""
    if len(sealed) < OVERHEAD_BYTES:
        raise PeerError(Code.SEALED, "sealed data is too short", expected=f"{OVERHEAD_BYTES} bytes", got=len(sealed))
    enc, ciphertext = sealed[: keys.KEY_BYTES], sealed[keys.KEY_BYTES :]
    own, agreed = keys.x25519_pair(private, enc)
    shared = _extract_and_expand(agreed, enc + own)
    key, nonce = key_schedule(shared, info)
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, aad)
    except InvalidTag as error:
        raise PeerError(Code.SEALED, "sealed data does not open with this key") from error


def key_schedule(shared_secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Key (32 bytes) and base nonce (12 bytes) of base mode, RFC 9180 section 5.1; single-shot uses sequence 0."""
    psk_id_hash = _labeled_extract(_HPKE_SUITE, b"", b"psk_id_hash", b"")
    info_hash = _labeled_extract(_HPKE_SUITE, b"", b"info_hash", info)
    context = b"\x00" + psk_id_hash + info_hash  # mode_base
    secret = _labeled_extract(_HPKE_SUITE, shared_secret, b"secret", b"")
    return (
        _labeled_expand(_HPKE_SUITE, secret, b"key", context, 32),
        _labeled_expand(_HPKE_SUITE, secret, b"base_nonce", context, 12),
    )


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What an entry says about sealed personal data.

    `commitment` and `ciphertext_hash` are 32 bytes, `key_id` the first 8 of SHA-256 of the recipient's `kem` key,
    `length` the bytes of the ciphertext. A dealer who passes the blob on without reading it adds where it was sealed:
    `origin` of the logbook and `entry_id`; both are None for data sealed for the reader of this very entry.
    """

    commitment: bytes
    ciphertext_hash: bytes
    key_id: bytes
    length: int
    origin: str | None = None
    entry_id: bytes | None = None


def key_id(recipient_public: bytes) -> bytes:
    """The 8 bytes by which a reference names the recipient's key."""
    return hashlib.sha256(recipient_public).digest()[:KEY_ID_BYTES]


def seal_personal(
    fields: Mapping[str, str],
    *,
    salt: bytes,
    origin: str,
    entry_id: bytes,
    recipient_public: bytes,
    ephemeral: bytes,
) -> tuple[dict[str, Value], bytes]:
    """The reference for the entry and the ciphertext that travels beside it.

    `salt` are 32 random bytes that are destroyed with the data, so that the commitment alone tells nothing.
    `origin` and `entry_id` are those of the entry that carries the reference. `LocalError` when it is too long.
    """
    plaintext = _pad(fields, salt)
    commitment = _commit(salt, plaintext)
    sealed = seal(recipient_public, _info(origin, entry_id, commitment), plaintext, ephemeral)
    reference: dict[str, Value] = {
        "cm": commitment,
        "ct": hashlib.sha256(sealed).digest(),
        "kid": key_id(recipient_public),
        "len": len(sealed),
        "x": SUITE,
    }
    return reference, sealed


def open_personal(
    reference: Mapping[str, Value], ciphertext: bytes, *, origin: str, entry_id: bytes, private: bytes
) -> dict[str, str]:
    """The personal data, once it is seen to be what the signed entry names.

    `origin` and `entry_id` are those of the entry that carries the reference; a forwarded reference names others.
    Raises `PeerError` MALFORMED for a broken reference, UNSUPPORTED for another suite, SEALED for data that is not
    what the entry names or does not open, and what `encoding.decode` raises for a plaintext that is not HCM.
    """
    said = parse_reference(reference)
    if said.origin is not None and said.entry_id is not None:
        origin, entry_id = said.origin, said.entry_id
    if len(ciphertext) != said.length or hashlib.sha256(ciphertext).digest() != said.ciphertext_hash:
        raise PeerError(Code.SEALED, "this is not the data that the entry names")
    if key_id(keys.x25519_public(private)) != said.key_id:
        raise PeerError(Code.SEALED, "the data is sealed for another key", expected=said.key_id.hex())
    plaintext = open_sealed(private, _info(origin, entry_id, said.commitment), ciphertext)
    salt, fields = _unpad(plaintext)
    if not hmac.compare_digest(_commit(salt, plaintext), said.commitment):
        raise PeerError(Code.SEALED, "the data is not what its author committed to")
    return fields


def forward(reference: Mapping[str, Value], *, origin: str, entry_id: bytes) -> dict[str, Value]:
    """The reference with which a dealer passes the blob on: it adds where the data was sealed.

    A reference that was forwarded already stays as it is. `PeerError` MALFORMED or UNSUPPORTED.
    """
    if parse_reference(reference).origin is not None:
        return dict(reference)
    return {**reference, "o": origin, "i": entry_id}


def parse_reference(reference: Mapping[str, Value]) -> PersonalData:
    """What a reference says. `PeerError` MALFORMED for another form, UNSUPPORTED for another suite."""
    names = tuple(sorted(reference))
    if names not in (_FIELDS, _FORWARDED):
        raise PeerError(Code.MALFORMED, "a reference has other fields", expected=list(_FIELDS), got=list(names))
    if reference["x"] != SUITE:
        raise PeerError(Code.UNSUPPORTED, "another way of sealing", expected=SUITE, got=reference["x"])
    length, origin = reference["len"], reference.get("o")
    if type(length) is not int or not OVERHEAD_BYTES <= length <= limits.PERSONAL_BYTES_MAX + OVERHEAD_BYTES:
        raise PeerError(Code.MALFORMED, "len is the length of the ciphertext", got=length)
    if origin is not None and (type(origin) is not str or len(origin) > limits.ORIGIN_CHARACTERS_MAX):
        raise PeerError(Code.MALFORMED, "o is the name of a logbook")
    return PersonalData(
        _octets(reference, "cm", 32),
        _octets(reference, "ct", 32),
        _octets(reference, "kid", KEY_ID_BYTES),
        length,
        origin,
        _octets(reference, "i", 16) if "i" in reference else None,
    )


def _octets(reference: Mapping[str, Value], name: str, length: int) -> bytes:
    value = reference[name]
    if type(value) is not bytes or len(value) != length:
        raise PeerError(Code.MALFORMED, f"{name} has {length} bytes")
    return value


def _info(origin: str, entry_id: bytes, commitment: bytes) -> bytes:
    return _PERSONAL + origin.encode() + b"\n" + entry_id + commitment


def _commit(salt: bytes, plaintext: bytes) -> bytes:
    return hmac.digest(salt, _PERSONAL + plaintext, "sha256")


def _pad(fields: Mapping[str, str], salt: bytes) -> bytes:
    """HCM of {fields, pad, salt}; `pad` are 0 to 255 zeros, whose header always has two bytes."""
    if len(salt) != SALT_BYTES:
        raise LocalError("the salt has 32 bytes")
    value: dict[str, Value] = {"fields": dict(fields), "salt": salt, "pad": b""}
    missing = -len(encoding.encode(value)) % limits.PERSONAL_PAD_BYTES
    plaintext = encoding.encode({**value, "pad": bytes(missing)})
    if len(plaintext) > limits.PERSONAL_BYTES_MAX:
        raise LocalError(f"personal data has at most {limits.PERSONAL_BYTES_MAX} bytes, not {len(plaintext)}")
    return plaintext


def _unpad(plaintext: bytes) -> tuple[bytes, dict[str, str]]:
    value = encoding.decode(plaintext, bytes_max=limits.PERSONAL_BYTES_MAX)
    if type(value) is not dict or tuple(value) != ("fields", "pad", "salt"):
        raise PeerError(Code.SEALED, "personal data has another form", expected="fields, pad, salt")
    fields, pad, salt = value["fields"], value["pad"], value["salt"]
    if type(salt) is not bytes or len(salt) != SALT_BYTES or type(pad) is not bytes or any(pad):
        raise PeerError(Code.SEALED, "personal data has another salt or padding")
    if len(pad) >= limits.PERSONAL_PAD_BYTES or len(plaintext) % limits.PERSONAL_PAD_BYTES:
        raise PeerError(Code.SEALED, "personal data is padded to another length")
    if type(fields) is not dict:
        raise PeerError(Code.SEALED, "personal data has no fields")
    texts = {name: text for name, text in fields.items() if type(text) is str}
    if len(texts) != len(fields):
        raise PeerError(Code.SEALED, "personal data holds text only")
    return salt, texts


def _extract_and_expand(dh: bytes, kem_context: bytes) -> bytes:
    """RFC 9180 section 4.1."""
    prk = _labeled_extract(_KEM_SUITE, b"", b"eae_prk", dh)
    return _labeled_expand(_KEM_SUITE, prk, b"shared_secret", kem_context, 32)


def _labeled_extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    """RFC 9180 section 4, LabeledExtract: HKDF-Extract is HMAC with the salt as key, zeros when it is empty."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, "sha256")


def _labeled_expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """RFC 9180 section 4, LabeledExpand, for at most 32 bytes: one block of HKDF-Expand."""
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labeled + b"\x01", "sha256")[:length]
