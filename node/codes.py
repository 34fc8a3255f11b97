"""Second factors that are typed: the six digits of an authenticator (TOTP), and recovery codes for when it is lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import urllib.parse
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from node import ports
from protocol import keys

STEP_S: Final = 30
DIGITS: Final = 6
DRIFT_STEPS: Final = 1
"""How far an authenticator's clock may be off: RFC 6238 section 5.2 recommends one step."""
SECRET_BYTES: Final = 20
"""The length of SHA-1's output, as RFC 4226 section 4 recommends; other hashes are ignored by common authenticators."""
NONCE_BYTES: Final = 12

RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10
"""80 bits: a stored hash of a code cannot be turned back by trying."""
RECOVERY_GROUP: Final = 4
ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u
MISREAD: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})


def digits(secret: bytes, counter: int) -> str:
    """The six digits of a time step (RFC 4226 section 5.3 over RFC 6238's counter)."""
    mac = hmac.digest(secret, struct.pack(">Q", counter), "sha1")
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def matching(secret: bytes, typed: str, now_s: int, after: int) -> int | None:
    """The time step whose digits were typed, where it is later than `after`, the last one used: none counts twice."""
    code = "".join(typed.split())
    if not (code.isascii() and code.isdigit()):
        return None
    now = now_s // STEP_S
    steps = range(max(now - DRIFT_STEPS, after + 1), now + DRIFT_STEPS + 1)
    return next((step for step in steps if hmac.compare_digest(digits(secret, step), code)), None)


def uri(secret: bytes, issuer: str, account: str) -> str:
    """What the QR code for an authenticator says (Google Authenticator's key URI format)."""
    label = urllib.parse.quote(f"{issuer.replace(':', ' ')}:{account}")
    query = urllib.parse.urlencode({"secret": written(secret), "issuer": issuer}, quote_via=urllib.parse.quote)
    return f"otpauth://totp/{label}?{query}"


def written(secret: bytes) -> str:
    """A secret as it is typed into an authenticator that has no camera: base32."""
    return base64.b32encode(secret).decode().rstrip("=")


def seal(root: bytes, entropy: ports.Entropy, operator: int, secret: bytes) -> bytes:
    """A secret as it may lie in the database: nonce and box, under a key of this node, for this operator alone."""
    nonce = entropy.token(NONCE_BYTES)
    return nonce + cipher(root).encrypt(nonce, secret, b"%d" % operator)


def unseal(root: bytes, operator: int, sealed: bytes) -> bytes | None:
    """The secret; None where it was sealed under the key of another generation, or for somebody else."""
    try:
        return cipher(root).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], b"%d" % operator)
    except InvalidTag:
        return None


def cipher(root: bytes) -> ChaCha20Poly1305:
    """The cipher that guards second factors at rest."""
    return ChaCha20Poly1305(keys.hkdf(root, b"hanse/second-factor/1\n"))


def recovery(entropy: ports.Entropy) -> list[str]:
    """New recovery codes, in groups of four characters, to be printed."""
    return [recovery_code(entropy.token(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]


def recovery_code(secret: bytes) -> str:
    """Ten bytes as sixteen characters, in groups."""
    number = int.from_bytes(secret, "big")
    size = len(secret) * 8 // 5
    characters = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(size)))
    return "-".join(characters[start : start + RECOVERY_GROUP] for start in range(0, size, RECOVERY_GROUP))


def recovery_hash(typed: str) -> bytes:
    """What is stored of a recovery code, however it was typed."""
    return hashlib.sha256(b"hanse/recovery-code/1\n" + typed.strip().lower().translate(MISREAD).encode()).digest()
