"""The Noise handshakes XX and XXpsk0 and the transport ciphers that follow them.

Noise Protocol Framework, revision 34 (2018-07-11), for exactly two protocols:

    Noise_XX_25519_ChaChaPoly_SHA256          between partners
    Noise_XXpsk0_25519_ChaChaPoly_SHA256      with an invitation (docs/protocol.md section 5.4)

The names of the parts are those of the framework's section 5. Ephemeral private keys come in as arguments and must
never be used twice. Beyond the framework, three things are refused, because no honest partner sends them: an
X25519 result of zero, my own static key, my own ephemeral key.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import StrEnum
from struct import Struct
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from protocol import limits
from protocol.errors import Code, LocalError, PeerError

KEY_BYTES: Final = 32  # DHLEN and HASHLEN of both protocols, and the length of a psk
PLAINTEXT_BYTES_MAX: Final = limits.NOISE_BYTES_MAX - limits.NOISE_TAG_BYTES  # of one transport message
NONCE_MAX: Final = (1 << 64) - 1  # section 5.1: reserved, only Rekey uses it
NONCE: Final = Struct("<4xQ")  # section 12.3: 32 zero bits, then the counter, little-endian

Octets = bytes | memoryview


class Cipher:
    """CipherState (section 5.1) of one direction: encrypts or decrypts messages in one fixed order.

    `nonce` is the number of messages already processed in this direction; it only ever grows by one. After every
    `limits.REKEY_MESSAGES` messages the key is replaced by REKEY of it (sections 4.2, 11.3) and the nonce goes on.
    """

    __slots__ = ("_aead", "_nonce")

    def __init__(self, key: bytes, nonce: int = 0) -> None:
        self._aead = ChaCha20Poly1305(key)
        self._nonce = nonce

    @property
    def nonce(self) -> int:
        """The nonce of the next message."""
        return self._nonce

    def encrypt(self, plaintext: Octets, ad: bytes = b"") -> bytes:
        """The ciphertext with its 16-byte tag; LocalError when the nonces are used up."""
        if self._nonce >= NONCE_MAX:
            raise LocalError("no nonce left for this key: open a new session")
        ciphertext = self._aead.encrypt(NONCE.pack(self._nonce), plaintext, ad)
        self._advance()
        return ciphertext

    def decrypt(self, ciphertext: Octets, ad: bytes = b"") -> bytes:
        """The plaintext of the next message of this direction.

        PeerError `session.replay` for every other bytes: altered, repeated, reordered, or of another session. The
        nonce then stays as it was.
        """
        if self._nonce >= NONCE_MAX:
            raise PeerError(Code.REPLAY, "no nonce left for this key")
        try:
            plaintext = self._aead.decrypt(NONCE.pack(self._nonce), ciphertext, ad)
        except InvalidTag:
            raise PeerError(
                Code.REPLAY, "not the next message of this session", expected=f"message {self._nonce}"
            ) from None
        self._advance()
        return plaintext

    def rekey(self) -> None:
        """Replace the key by the first 32 bytes of ENCRYPT(key, 2^64-1, "", 32 zero bytes) (section 4.2)."""
        self._aead = ChaCha20Poly1305(self._aead.encrypt(NONCE.pack(NONCE_MAX), bytes(KEY_BYTES), b"")[:KEY_BYTES])

    def _advance(self) -> None:
        self._nonce += 1
        if self._nonce % limits.REKEY_MESSAGES == 0:
            self.rekey()


def hkdf(chaining_key: bytes, material: bytes, outputs: int) -> list[bytes]:
    """The framework's HKDF (section 4.3) with HMAC-SHA-256: two or three outputs of 32 bytes."""
    secret = hmac.digest(chaining_key, material, "sha256")
    results, last = [], b""
    for counter in range(1, outputs + 1):
        last = hmac.digest(secret, last + bytes([counter]), "sha256")
        results.append(last)
    return results


class Symmetric:
    """SymmetricState (section 5.2): the running hash of all that was said, and the keys that follow from it."""

    __slots__ = ("_chaining_key", "_cipher", "hash")

    def __init__(self, protocol: bytes) -> None:
        fits = len(protocol) <= KEY_BYTES
        self.hash = protocol.ljust(KEY_BYTES, b"\0") if fits else hashlib.sha256(protocol).digest()
        self._chaining_key = self.hash
        self._cipher: Cipher | None = None

    @property
    def tag_bytes(self) -> int:
        """How much longer `encrypt` makes its input: 0 before the first key, then 16."""
        return 0 if self._cipher is None else limits.NOISE_TAG_BYTES

    def mix_hash(self, data: Octets) -> None:
        """MixHash."""
        self.hash = hashlib.sha256(self.hash + data).digest()

    def mix_key(self, material: bytes) -> None:
        """MixKey: everything after it is encrypted under a key that depends on `material`."""
        self._chaining_key, key = hkdf(self._chaining_key, material, 2)
        self._cipher = Cipher(key)

    def mix_key_and_hash(self, material: bytes) -> None:
        """MixKeyAndHash, for a pre-shared key (section 9.1)."""
        self._chaining_key, mixed, key = hkdf(self._chaining_key, material, 3)
        self.mix_hash(mixed)
        self._cipher = Cipher(key)

    def encrypt(self, plaintext: bytes) -> bytes:
        """EncryptAndHash."""
        ciphertext = plaintext if self._cipher is None else self._cipher.encrypt(plaintext, self.hash)
        self.mix_hash(ciphertext)
        return ciphertext

    def decrypt(self, ciphertext: bytes) -> bytes:
        """DecryptAndHash; PeerError `session.replay`."""
        plaintext = ciphertext if self._cipher is None else self._cipher.decrypt(ciphertext, self.hash)
        self.mix_hash(ciphertext)
        return plaintext

    def split(self) -> tuple[Cipher, Cipher]:
        """Split: first the initiator's direction, then the responder's."""
        first, second = hkdf(self._chaining_key, b"", 2)
        return Cipher(first), Cipher(second)


class Token(StrEnum):
    """What a handshake message does, in order (section 7.1). The first letter of a DH is the initiator's key."""

    E = "e"
    S = "s"
    EE = "ee"
    ES = "es"
    SE = "se"
    PSK = "psk"


Pattern = tuple[tuple[Token, ...], ...]  # the tokens of each message

# Section 7.5; "psk0" puts the token psk before the first message (section 9.4).
XX: Final[Pattern] = ((Token.E,), (Token.E, Token.EE, Token.S, Token.ES), (Token.S, Token.SE))
XX_PSK0: Final[Pattern] = ((Token.PSK, *XX[0]), *XX[1:])


class Turn(StrEnum):
    """Whose message is next."""

    WRITE = "write"
    READ = "read"
    SPLIT = "split"  # all three messages are done, the transport keys can be taken
    OVER = "over"  # they were taken, or something was refused: nothing more can be done


class Handshake:
    """HandshakeState (section 5.3): three messages, written and read in turn, each exactly once.

    A refused message ends the object; there is no second try and no partial result.
    """

    __slots__ = ("_ephemeral", "_initiator", "_psk", "_remaining", "_remote", "_static", "_symmetric", "_turn")

    def __init__(
        self, protocol: bytes, pattern: Pattern, initiator: bool, prologue: bytes,
        static_private: bytes, ephemeral_private: bytes, psk: bytes,
    ) -> None:  # fmt: skip
        self._symmetric = Symmetric(protocol)
        self._symmetric.mix_hash(prologue)
        self._initiator = initiator
        self._static = private_key(static_private)
        self._ephemeral = private_key(ephemeral_private)
        self._remote: dict[Token, bytes] = {}  # the other side's public keys under E and S, as they become known
        self._psk = psk
        self._remaining = list(pattern)
        self._turn = Turn.WRITE if initiator else Turn.READ

    @classmethod
    def xx(
        cls, initiator: bool, static_private: bytes, ephemeral_private: bytes, prologue: bytes, psk: bytes | None
    ) -> Handshake:
        """Noise_XX, or Noise_XXpsk0 when a `psk` (32 bytes) is given; X25519 private keys of 32 bytes.

        The ephemeral key must be fresh for every handshake. LocalError for keys of another length.
        """
        if psk is None:
            protocol, pattern, secret = b"Noise_XX_25519_ChaChaPoly_SHA256", XX, b""
        elif len(psk) == KEY_BYTES:
            protocol, pattern, secret = b"Noise_XXpsk0_25519_ChaChaPoly_SHA256", XX_PSK0, psk
        else:
            raise LocalError(f"a pre-shared key has {KEY_BYTES} bytes, not {len(psk)}")
        return cls(protocol, pattern, initiator, prologue, static_private, ephemeral_private, secret)

    @property
    def remote_static(self) -> bytes | None:
        """The other side's static key (32 bytes), proven only once the handshake is finished."""
        return self._remote.get(Token.S)

    @property
    def finished(self) -> bool:
        """All three messages are done and nothing was refused."""
        return self._turn is Turn.SPLIT

    @property
    def hash(self) -> bytes:
        """The handshake hash (section 11.2), unique to this session once the handshake is finished."""
        return self._symmetric.hash

    def write(self, payload: bytes) -> bytes:
        """WriteMessage: the next message; LocalError when it is not this side's turn."""
        if self._turn is not Turn.WRITE:
            raise LocalError(f"the handshake cannot write now: {self._turn}")
        parts = [self._write_token(token) for token in self._remaining.pop(0)]
        parts.append(self._symmetric.encrypt(payload))
        self._turn = Turn.READ if self._remaining else Turn.SPLIT
        return b"".join(parts)

    def read(self, message: bytes) -> bytes:
        """ReadMessage: the payload of the next message.

        PeerError `session.state` when it is not the other side's turn, `session.handshake` for any other fault.
        """
        turn, self._turn = self._turn, Turn.OVER
        if turn is not Turn.READ:
            raise PeerError(Code.STATE, "handshake message out of order", expected=turn.value, got="a message")
        if len(message) > limits.NOISE_BYTES_MAX:
            raise refused("message too long", f"at most {limits.NOISE_BYTES_MAX} bytes", len(message))
        payload = self._read(message)
        self._turn = Turn.WRITE if self._remaining else Turn.SPLIT
        return payload

    def split(self) -> tuple[Cipher, Cipher]:
        """The transport ciphers (send, receive) of this side; once, and only when finished (LocalError)."""
        turn, self._turn = self._turn, Turn.OVER
        if turn is not Turn.SPLIT:
            raise LocalError(f"the handshake has no keys to give: {turn}")
        first, second = self._symmetric.split()
        return (first, second) if self._initiator else (second, first)

    def _write_token(self, token: Token) -> bytes:
        match token:
            case Token.E:
                public = self._ephemeral.public_key().public_bytes_raw()
                self._mix_ephemeral(public)
                return public
            case Token.S:
                return self._symmetric.encrypt(self._static.public_key().public_bytes_raw())
            case _:
                self._mix_secret(token)
                return b""

    def _read(self, message: bytes) -> bytes:
        offset = 0
        try:
            for token in self._remaining.pop(0):
                offset = self._read_token(token, message, offset)
            return self._symmetric.decrypt(message[offset:])
        except PeerError as error:  # a cipher's refusal: within a handshake there is nothing to replay yet
            raise refused(error.hint, error.expected, error.got) from None

    def _read_token(self, token: Token, message: bytes, offset: int) -> int:
        """Process `token` at `offset` of the message; the offset behind it."""
        if token is Token.E:
            public = cut(message, offset, KEY_BYTES)
            self._learn(Token.E, public, self._ephemeral)
            self._mix_ephemeral(public)
            return offset + KEY_BYTES
        if token is Token.S:
            size = KEY_BYTES + self._symmetric.tag_bytes
            self._learn(Token.S, self._symmetric.decrypt(cut(message, offset, size)), self._static)
            return offset + size
        self._mix_secret(token)
        return offset

    def _learn(self, token: Token, public: bytes, mine: X25519PrivateKey) -> None:
        """Keep a public key of the other side, unless it is my own: then somebody mirrors my messages to me."""
        if hmac.compare_digest(public, mine.public_key().public_bytes_raw()):
            raise refused("my own key came back", "another node's key", f"my own ({token})")
        self._remote[token] = public

    def _mix_ephemeral(self, public: bytes) -> None:
        self._symmetric.mix_hash(public)
        if self._psk:
            self._symmetric.mix_key(public)  # section 9.2: every e of a psk handshake is mixed twice

    def _mix_secret(self, token: Token) -> None:
        """The tokens that put no bytes on the wire: psk, ee, es, se (section 5.3)."""
        if token is Token.PSK:
            self._symmetric.mix_key_and_hash(self._psk)
            return
        first, second = Token(token.value[0]), Token(token.value[1])
        mine, theirs = (first, second) if self._initiator else (second, first)
        private = self._ephemeral if mine is Token.E else self._static
        self._symmetric.mix_key(exchange(private, self._remote[theirs]))


def private_key(raw: bytes) -> X25519PrivateKey:
    """An X25519 private key from its 32 bytes; LocalError for another length."""
    if len(raw) != KEY_BYTES:
        raise LocalError(f"an X25519 private key has {KEY_BYTES} bytes, not {len(raw)}")
    return X25519PrivateKey.from_private_bytes(raw)


def exchange(private: X25519PrivateKey, public: bytes) -> bytes:
    """X25519 (RFC 7748); PeerError `session.handshake` for a public key of small order, whose result is zero."""
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:  # OpenSSL refuses a result of 32 zero bytes (RFC 7748 section 6.1)
        raise refused("X25519 result is zero", "a key of full order", "a key of small order") from None


def cut(message: bytes, offset: int, size: int) -> bytes:
    """`size` bytes at `offset`; PeerError `session.handshake` when the message ends before."""
    part = message[offset : offset + size]
    if len(part) != size:
        raise refused("message too short", f"at least {offset + size} bytes", len(message))
    return part


def refused(hint: str, expected: object, got: object) -> PeerError:
    """The one error of a handshake that failed for whatever reason."""
    return PeerError(Code.HANDSHAKE, hint, expected=expected, got=got)
