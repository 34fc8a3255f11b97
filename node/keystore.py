"""The secrets of a node, encrypted at rest under a passphrase.

The file `keys` is JSON around one sealed box, so that a person can see what kind of file it is and which cost protects
it:

    {"format": "hanse-keys", "version": 1, "nonce": hex 12,
     "kdf": {"name": "argon2id", "memory_kib": n, "passes": n, "lanes": n, "salt": hex 16},
     "sealed": hex, "sum": hex SHA-256 of the sealed bytes}

The box is ChaCha20-Poly1305 under a key that Argon2id (RFC 9106) makes of the passphrase; everything beside `sealed`
and `sum` is authenticated with it. Inside is an HCM map {"kem": [bin32], "root": bin32}. `sum` tells a damaged file
from a wrong passphrase. This module holds no file: `node.system.files` reads and replaces it.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from node import errors, ports
from protocol import encoding, limits
from protocol.errors import PeerError

FORMAT: Final = "hanse-keys"
VERSION: Final = 1
SECRET_BYTES: Final = 32
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 12
PASSPHRASE_CHARACTERS_MIN: Final = 8
PASSPHRASE_BYTES_MAX: Final = 4_096

PASSPHRASE_VARIABLE: Final = "HANSE_PASSPHRASE"
PASSPHRASE_FILE_VARIABLE: Final = "HANSE_PASSPHRASE_FILE"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess at a passphrase costs (Argon2id, RFC 9106 section 4: the second recommended option)."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4

    def is_bounded(self) -> bool:
        """Whether a file may demand this much: a planted file must not take the machine's memory."""
        return 1 <= self.lanes <= 16 and 8 * self.lanes <= self.memory_kib <= 1 << 20 and 1 <= self.passes <= 64


COST: Final = Cost()


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What an open key file holds.

    `root` is the secret of 32 bytes from which all keys of this generation are derived (protocol.md section 3.2); `kem`
    are the X25519 private keys for personal data, which come from nowhere else, so that each can be destroyed.
    """

    root: bytes
    kem: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return f"Keys(…, {len(self.kem)} kem)"


@dataclass(frozen=True, slots=True, repr=False)
class RecoverySheet:
    """What the merchant keeps on paper, and the node nowhere: both are needed when the root is lost or stolen.

    `next_root` is the root secret of the next generation, `recovery` the Ed25519 private key of last resort; 32 bytes
    each.
    """

    next_root: bytes
    recovery: bytes

    def __repr__(self) -> str:
        return "RecoverySheet(…)"


def create(entropy: ports.Entropy, kem_keys: int = 1) -> tuple[Keys, RecoverySheet]:
    """New secrets. The sheet is returned here and never again."""
    kem = tuple(entropy.token(SECRET_BYTES) for _ in range(kem_keys))
    return (
        Keys(entropy.token(SECRET_BYTES), kem),
        RecoverySheet(entropy.token(SECRET_BYTES), entropy.token(SECRET_BYTES)),
    )


def with_root(keys: Keys, root: bytes) -> Keys:
    """The same keys after a rotation: the root of the next generation in the place of the old one."""
    assert len(root) == SECRET_BYTES
    return replace(keys, root=root)


def with_kem(keys: Keys, private: bytes) -> Keys:
    """The keys and a new key for personal data (32 bytes)."""
    assert len(private) == SECRET_BYTES
    return replace(keys, kem=(*keys.kem, private))


def without_kem(keys: Keys, private: bytes) -> Keys:
    """The keys without one for personal data: what was sealed to it is dead, in every copy.

    The caller seals the result and gives it to `files.overwrite_and_replace`. NodeError `key.missing`.
    """
    if private not in keys.kem:
        raise errors.NodeError("key.missing", "this key for personal data is not in the key file")
    return replace(keys, kem=tuple(key for key in keys.kem if key != private))


def seal(keys: Keys, passphrase: str, entropy: ports.Entropy, cost: Cost = COST) -> bytes:
    """The content of a key file. NodeError `key.passphrase` when the passphrase is too short."""
    if len(passphrase) < PASSPHRASE_CHARACTERS_MIN:
        raise errors.NodeError(
            "key.passphrase",
            "the passphrase is too short",
            expected=f"at least {PASSPHRASE_CHARACTERS_MIN} characters",
            got=len(passphrase),
        )
    assert cost.is_bounded()
    header = {
        "format": FORMAT,
        "version": VERSION,
        "nonce": entropy.token(NONCE_BYTES).hex(),
        "kdf": {
            "name": "argon2id",
            "memory_kib": cost.memory_kib,
            "passes": cost.passes,
            "lanes": cost.lanes,
            "salt": entropy.token(SALT_BYTES).hex(),
        },
    }
    content = encoding.encode({"root": keys.root, "kem": list(keys.kem)})
    sealed = cipher(header, cost, passphrase).encrypt(bytes.fromhex(str(header["nonce"])), content, bound(header))
    return (
        json.dumps({**header, "sealed": sealed.hex(), "sum": hashlib.sha256(sealed).hexdigest()}, indent=1) + "\n"
    ).encode()


def unseal(content: bytes, passphrase: str) -> Keys:
    """The keys in a key file. NodeError `key.passphrase` when it is the wrong one, `key.unreadable` for the rest."""
    header, cost, sealed = parse(content)
    try:
        opened = cipher(header, cost, passphrase).decrypt(bytes.fromhex(header["nonce"]), sealed, bound(header))
    except InvalidTag:
        raise errors.NodeError(
            "key.passphrase",
            "the passphrase is wrong",
            hint=f"it came from ${PASSPHRASE_FILE_VARIABLE}, ${PASSPHRASE_VARIABLE} or the keyboard, in this order",
        ) from None
    try:
        match encoding.decode(opened, bytes_max=limits.ENTRY_BYTES_MAX):
            case {"root": bytes(root), "kem": list(kem), **rest} if not rest and len(root) == SECRET_BYTES:
                private = tuple(key for key in kem if isinstance(key, bytes) and len(key) == SECRET_BYTES)
                if len(private) == len(kem):
                    return Keys(root, private)
    except PeerError:
        pass
    raise unreadable("other secrets than this program knows")


def parse(content: bytes) -> tuple[dict[str, Any], Cost, bytes]:
    """Header, cost and sealed box of a key file, checked. NodeError `key.unreadable`."""
    try:
        fields: dict[str, Any] = json.loads(content)
        sealed = bytes.fromhex(fields.pop("sealed"))
        checksum = fields.pop("sum")
        kdf = fields["kdf"]
        cost = Cost(kdf["memory_kib"], kdf["passes"], kdf["lanes"])
        kind = (fields["format"], fields["version"], kdf["name"])
        sizes = (len(bytes.fromhex(fields["nonce"])), len(bytes.fromhex(kdf["salt"])))
        known = cost.is_bounded()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise unreadable("no key file, or a damaged one") from None
    if kind != (FORMAT, VERSION, "argon2id"):
        raise unreadable(f"format and version {kind}")
    if sizes != (NONCE_BYTES, SALT_BYTES) or not known:
        raise unreadable("a nonce, a salt or a cost outside the bounds")
    if hashlib.sha256(sealed).hexdigest() != checksum:
        raise unreadable("a damaged file: its checksum differs")
    return fields, cost, sealed


def cipher(header: Mapping[str, Any], cost: Cost, passphrase: str) -> ChaCha20Poly1305:
    """The cipher that a passphrase gives under the salt and cost of a header."""
    kdf = Argon2id(
        salt=bytes.fromhex(header["kdf"]["salt"]),
        length=32,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    return ChaCha20Poly1305(kdf.derive(spelled(passphrase)))


def spelled(passphrase: str) -> bytes:
    """The bytes of a passphrase or password, however it was typed: NFC, as RFC 8265 has it for passwords."""
    return unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogateescape")


def bound(header: Mapping[str, Any]) -> bytes:
    """What the seal authenticates beside the secrets: nobody may lower the cost of a guess."""
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


def find_passphrase(
    environment: Mapping[str, str],
    read: Callable[[Path], bytes | None],
    prompt: Callable[[], str] | None = None,
) -> str:
    """The passphrase, from the file that HANSE_PASSPHRASE_FILE names, from HANSE_PASSPHRASE, or asked for.

    `read` reads a file (None when it does not exist); the last line end of the file does not belong to the
    passphrase. NodeError `key.passphrase` when there is none.
    """
    if name := environment.get(PASSPHRASE_FILE_VARIABLE):
        content = read(Path(name))
        if content is None or len(content) > PASSPHRASE_BYTES_MAX:
            raise errors.NodeError(
                "key.passphrase", f"{PASSPHRASE_FILE_VARIABLE} names no file with a passphrase", got=name
            )
        return content.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")
    if passphrase := environment.get(PASSPHRASE_VARIABLE):
        return passphrase
    if prompt is None:
        raise errors.NodeError(
            "key.passphrase",
            "the keys need a passphrase and none was given",
            hint=f"set {PASSPHRASE_FILE_VARIABLE} to a file that holds it, or start from a terminal",
        )
    return prompt()


def unreadable(got: str) -> errors.NodeError:
    """The NodeError for a key file that this program cannot read."""
    return errors.NodeError(
        "key.unreadable",
        "the key file cannot be read",
        expected=f"{FORMAT} version {VERSION}",
        got=got,
        hint="restore the file `keys` from its backup",
    )
