"""Ed25519 and X25519 with one frozen rule each, and the derivation of a node's keys (protocol.md sections 3.2, 3.3).

Implementations of Ed25519 disagree about strange keys and signatures (Chalkias, Garillot, Nikolaenko, "Taming the
many EdDSAs", 2020). OpenSSL, which does the arithmetic here, accepts the identity point as the public key of *any*
message. The rule of Hanse is: A and R canonical and not of small order, A on the curve, S < L, and then the
equation without cofactor, S·B = R + k·A (RFC 8032 section 5.1.7). Go's crypto/ed25519 accepts all of these.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from protocol.errors import Code, LocalError, PeerError

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
MLDSA44_KEY_BYTES: Final = 1312

ED25519_ROLES: Final = ("log", "mirror", "receipt", "relay", "settle", "witness")
X25519_ROLES: Final = ("hs",)
ROLES: Final = tuple(sorted(ED25519_ROLES + X25519_ROLES))

_P: Final = 2**255 - 19
_L: Final = 2**252 + 27742317777372353535851937790883648493  # order of the base point, RFC 8032 section 5.1
_D: Final = -121665 * pow(121666, -1, _P) % _P
_Y_MASK: Final = 2**255 - 1

# The y of the eight points of small order: order 1 is y = 1, order 2 is y = -1, order 4 is y = 0, order 8 is ±y8.
# "Taming the many EdDSAs", table 1; tests/protocol/test_keys.py recomputes them from the curve.
_Y8: Final = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
_ED25519_SMALL: Final = frozenset((0, 1, _P - 1, _Y8, _P - _Y8))

# The u of the points of small order of Curve25519 (Bernstein, "Curve25519: new Diffie-Hellman speed records" and
# cr.yp.to/ecdh.html, "How do I validate public keys"): each gives the all-zero result for every private key.
_X25519_SMALL: Final = frozenset(
    (
        0,
        1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
        _P - 1,
    )
)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The private keys of one key generation, 32 raw bytes each, one for each role."""

    log: bytes
    receipt: bytes
    settle: bytes
    relay: bytes
    mirror: bytes
    witness: bytes
    hs: bytes

    def __repr__(self) -> str:
        return "Secrets(…)"


def derive(root: bytes) -> Secrets:
    """The private keys that follow from a root secret of 32 bytes.

    HKDF-SHA256 (RFC 5869) without salt, `info` = "hanse/key/1\\n" ‖ role. `kem` keys are random and not derived,
    since they must be destroyable.
    """
    if len(root) != KEY_BYTES:
        raise LocalError("a root secret has 32 bytes")
    return Secrets(**{field.name: hkdf(root, b"hanse/key/1\n" + field.name.encode()) for field in fields(Secrets)})


def hkdf(secret: bytes, info: bytes) -> bytes:
    """32 bytes of HKDF-SHA256 without salt (RFC 5869)."""
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=info).derive(secret)


def public(private: bytes, role: str) -> bytes:
    """The public key of a private one: X25519 for the roles `hs` and `kem`, Ed25519 for all others."""
    if role in X25519_ROLES or role == "kem":
        return x25519_public(private)
    if role in ED25519_ROLES or role == "rec":
        return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    raise LocalError(f"no such role: {role}")


def public_keys(secrets: Secrets) -> dict[str, bytes]:
    """The sorted map role -> public key that an identity entry publishes."""
    return {role: public(getattr(secrets, role), role) for role in ROLES}


def check_ed25519(public: bytes) -> None:
    """Refuse a public key that is not 32 bytes, not canonical, of small order, or no point. `PeerError` KEY."""
    _verifier(public)


def ed25519_sign(private: bytes, message: bytes) -> bytes:
    """The 64-byte signature (RFC 8032 section 5.1.6)."""
    return Ed25519PrivateKey.from_private_bytes(private).sign(message)


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Check a signature by the one frozen rule of this module. `PeerError` KEY or SIGNATURE."""
    verifier = _verifier(public)
    if len(signature) != SIGNATURE_BYTES:
        raise PeerError(Code.SIGNATURE, "a signature has another length", expected="64 bytes", got=len(signature))
    reason = _encoding_fault(signature[:32])
    if reason:
        raise PeerError(Code.SIGNATURE, f"R of the signature is {reason}")
    if int.from_bytes(signature[32:], "little") >= _L:
        raise PeerError(Code.SIGNATURE, "S of the signature is not below the group order")
    try:
        verifier.verify(signature, message)
    except InvalidSignature as error:
        raise PeerError(Code.SIGNATURE, "the signature does not match") from error


def x25519_public(private: bytes) -> bytes:
    """The X25519 public key of 32 private bytes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def check_x25519(public: bytes) -> None:
    """Refuse a public key that is not 32 bytes, not canonical, or of small order. `PeerError` KEY.

    RFC 7748 lets a reader mask the highest bit; here a key has one spelling, since keys are compared as bytes.
    """
    if len(public) != KEY_BYTES:
        raise PeerError(Code.KEY, "an X25519 key has another length", expected="32 bytes", got=len(public))
    u = int.from_bytes(public, "little")
    if u >= _P:
        raise PeerError(Code.KEY, "the X25519 key is not canonical")
    if u in _X25519_SMALL:
        raise PeerError(Code.KEY, "the X25519 key is of small order")


def x25519(private: bytes, public: bytes) -> bytes:
    """The shared secret of 32 bytes; `PeerError` KEY for a refused key, so the result is never all zero."""
    return x25519_pair(private, public)[1]


def x25519_pair(private: bytes, public: bytes) -> tuple[bytes, bytes]:
    """The public key of `private`, and what `x25519` gives; most of the work is the same for both."""
    check_x25519(public)
    own = X25519PrivateKey.from_private_bytes(private)
    try:
        result = own.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:  # OpenSSL refuses an all-zero result as well
        raise PeerError(Code.KEY, "the X25519 result is zero") from error
    if hmac.compare_digest(result, bytes(KEY_BYTES)):
        raise PeerError(Code.KEY, "the X25519 result is zero")
    return own.public_key().public_bytes_raw(), result


@lru_cache(maxsize=1024)
def _verifier(public: bytes) -> Ed25519PublicKey:
    """The key object of a checked public key; remembered, since a partner's keys rarely change."""
    if len(public) != KEY_BYTES:
        raise PeerError(Code.KEY, "an Ed25519 key has another length", expected="32 bytes", got=len(public))
    reason = _encoding_fault(public) or ("" if _on_curve(public) else "no point of the curve")
    if reason:
        raise PeerError(Code.KEY, f"the Ed25519 key is {reason}")
    return Ed25519PublicKey.from_public_bytes(public)


def _encoding_fault(point: bytes) -> str:
    """Why a 32-byte encoding of a point is refused, or nothing."""
    y = int.from_bytes(point, "little") & _Y_MASK
    if y >= _P:
        return "not canonical"
    return "of small order" if y in _ED25519_SMALL else ""  # x = 0 with a sign bit is among these


def _on_curve(point: bytes) -> bool:
    """Whether x exists: x² = (y² - 1) / (d·y² + 1) must be a square (RFC 8032 section 5.1.3)."""
    y = int.from_bytes(point, "little") & _Y_MASK
    product = (y * y - 1) * (_D * y * y + 1) % _P
    return pow(product, (_P - 1) // 2, _P) <= 1
