"""A second reader of everything that is not a session, written from docs/protocol.md alone.

It shares no line with `protocol`: msgpack, hashlib and the bare primitives. What it cannot do from the page, the page
does not say. (Sessions have theirs in tests/protocol/test_sessions_interop.py.)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import msgpack  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SIGNERS = ["log", "mirror", "receipt", "relay", "settle", "witness"]


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def hkdf(secret: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=info).derive(secret)


def base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")


def sorted_map(value: Any) -> Any:
    """2.2: keys in ascending order of their bytes, everywhere."""
    if isinstance(value, dict):
        return {key: sorted_map(value[key]) for key in sorted(value, key=lambda key: key.encode())}
    return [sorted_map(item) for item in value] if isinstance(value, list) else value


def encode(value: Any) -> bytes:
    packed: bytes = msgpack.packb(sorted_map(value))
    return packed


def decode(data: bytes) -> Any:
    """2.4: decode, encode again, compare."""
    value = msgpack.unpackb(data, raw=False, strict_map_key=True)
    assert encode(value) == data
    return value


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


# --- section 3


def node_text(node: bytes) -> str:
    plain, groups = base32(node), ""
    for start in range(0, 52, 13):
        group, total = plain[start : start + 13], 0
        for position, character in enumerate(group):
            product = ALPHABET.index(character) * (1, 2)[position % 2]
            total += product // 32 + product % 32
        groups += group + ALPHABET[(32 - total % 32) % 32]
    return "-".join(groups[start : start + 7] for start in range(0, 56, 7))


def origin(author: bytes, reader: bytes, epoch: int, salt: bytes) -> str:
    log_id = sha(b"hanse/log/1\n" + author + reader + epoch.to_bytes(4, "big") + salt)[:20]
    return "hanse/l/" + base32(log_id).lower()


def replay(leaves: list[bytes]) -> dict[str, Any]:
    """3.7, for good logs: every rule is asserted."""
    state: dict[str, Any] = {}
    used: set[bytes] = set()
    for index, leaf in enumerate(leaves):
        fields = decode(leaf)
        kind, signatures = fields["t"], fields["sg"]
        signed = b"hanse/id/1\n" + encode({name: value for name, value in fields.items() if name != "sg"})
        keys = {role: fields["keys"][role] for role in SIGNERS} if "keys" in fields else {}
        if kind == "id/icp/1":
            assert index == 0
            state = {"node": sha(b"hanse/node/1\n" + leaf), "urls": [], "relays": [], **fields}
        else:
            assert index > 0 and fields["prev"] == sha(b"\x00" + leaves[index - 1])
        if kind in ("id/kem/1", "id/addr/1"):
            keys = {"log": state["keys"]["log"]}
        if kind == "id/rot/1":
            assert sha(b"hanse/next/1\n" + encode(fields["keys"])) == state["next"]
            if fields["why"] != "compromised":
                keys["old"] = state["keys"]["log"]
        if kind == "id/rec/1":
            assert sha(fields["key"]) == state["rec"] and fields["from"] == index
            keys["rec"] = fields["key"]
        assert [label for label, _ in signatures] == sorted(keys)
        for label, signature in signatures:
            verify(keys[label], signed, signature)
        assert not used & set(fields.get("keys", {}).values())
        used |= set(fields.get("keys", {}).values()) | ({fields["key"]} if "key" in fields else set())
        state.update(
            {name: fields[name] for name in ("keys", "kem", "urls", "relays", "next", "rec") if name in fields}
        )
    return state


def root(hashes: list[bytes]) -> bytes:
    """4.6."""
    if not hashes:
        return sha(b"")
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return sha(b"\x01" + root(hashes[:split]) + root(hashes[split:]))


# --- sections 6, 7 and 10


def open_note(note: str, verifier_key: str) -> str:
    """6.1, algorithm 01."""
    name, identifier, encoded = verifier_key.split("+", 2)
    raw = base64.b64decode(encoded)
    assert raw[0] == 1 and sha(name.encode() + b"\n" + raw)[:4].hex() == identifier
    head, _, lines = note.rpartition("\n\n")
    text, found = head + "\n", 0
    for line in lines.removesuffix("\n").split("\n"):
        dash, key_name, body = line.split(" ")
        payload = base64.b64decode(body)
        if dash == "—" and key_name == name and payload[:4].hex() == identifier:
            verify(raw[1:], text.encode(), payload[4:])
            found += 1
    assert found
    return text


def open_cosignature(line: str, text: str, verifier_key: str) -> int:
    """7.2."""
    name, identifier, encoded = verifier_key.split("+", 2)
    raw = base64.b64decode(encoded)
    assert raw[0] == 4 and sha(name.encode() + b"\n" + raw)[:4].hex() == identifier
    payload = base64.b64decode(line.removesuffix("\n").split(" ")[2])
    assert payload[:4].hex() == identifier and len(payload) == 76
    seconds = int.from_bytes(payload[4:12], "big")
    verify(raw[1:], f"cosignature/v1\ntime {seconds}\n{text}".encode(), payload[12:])
    return seconds


def head(origin: str, size: int, root: bytes) -> str:
    return f"{origin} {size} {base64.b64encode(root).decode()}\n"


# --- sections 9 and 11


def words(a: bytes, b: bytes) -> list[str]:
    number = int.from_bytes(sha(b"hanse/words/1\n" + min(a, b) + max(a, b))[:11], "big")
    found = []
    for place in range(7, -1, -1):
        w = number >> 11 * place & 2047
        found.append("bdfghjklmnprstvz"[w >> 7] + "aiou"[w >> 5 & 3] + "bdlmnrsv"[w >> 2 & 7] + "aiou"[w & 3])
    return found


def open_hpke(private: bytes, info: bytes, sealed: bytes) -> bytes:
    """11.2, with the library's HPKE."""
    from cryptography.hazmat.primitives import hpke

    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    return suite.decrypt(sealed, X25519PrivateKey.from_private_bytes(private), info=info)


def open_personal(reference: dict[str, Any], sealed: bytes, origin: str, entry_id: bytes, private: bytes) -> Any:
    """11.3 and 11.4."""
    assert sha(sealed) == reference["ct"] and len(sealed) == reference["len"] and reference["x"] == "hpke1"
    public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    assert sha(public)[:8] == reference["kid"]
    info = b"hanse/pii/1\n" + origin.encode() + b"\n" + entry_id + reference["cm"]
    plaintext = open_hpke(private, info, sealed)
    value = decode(plaintext)
    assert sorted(value) == ["fields", "pad", "salt"] and len(plaintext) % 256 == 0 and not any(value["pad"])
    assert hmac.digest(value["salt"], b"hanse/pii/1\n" + plaintext, "sha256") == reference["cm"]
    return value["fields"]
