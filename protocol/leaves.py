"""The five leaf formats of an identity logbook, read and signed (docs/protocol.md sections 3.5, 3.6).

    icp {"t":"id/icp/1","v":1,"keys":{role:32},"kem":[32…],"next":32,"rec":32,"pq":nil|{role:bytes},"n":16,"sg":…}
    kem {"t":"id/kem/1","prev":32,"kem":[32…],"sg":…}
    addr {"t":"id/addr/1","prev":32,"urls":[str…],"relays":[32…],"sg":…}
    rot {"t":"id/rot/1","prev":32,"keys":{role:32},"next":32,"upto":32,"why":str,"sg":…}
    rec {"t":"id/rec/1","prev":32,"key":32,"keys":{role:32},"next":32,"rec":32,"from":int,"upto":32,"sg":…}

`prev` is the leaf hash of the leaf before. `sg` is a list of [label, 64 bytes], sorted by label, over
"hanse/id/1\\n" ‖ the HCM bytes of the leaf without `sg`. Labels: in icp, rot and rec the six Ed25519 roles of the
new keys, each proving that its private key is held; `old`, the former `log` key, in a rot that is not for
compromise; `rec`, the recovery key, in rec; `log` alone in kem and addr. What may follow what is in
`protocol.identities`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from protocol import encoding, keys, limits
from protocol.encoding import Value
from protocol.errors import Code, PeerError

INCEPTION: Final = "id/icp/1"
KEM: Final = "id/kem/1"
ADDRESSES: Final = "id/addr/1"
ROTATION: Final = "id/rot/1"
RECOVERY: Final = "id/rec/1"

FIELDS: Final[Mapping[str, frozenset[str]]] = {
    INCEPTION: frozenset(("t", "v", "keys", "kem", "next", "rec", "pq", "n", "sg")),
    KEM: frozenset(("t", "prev", "kem", "sg")),
    ADDRESSES: frozenset(("t", "prev", "urls", "relays", "sg")),
    ROTATION: frozenset(("t", "prev", "keys", "next", "upto", "why", "sg")),
    RECOVERY: frozenset(("t", "prev", "key", "keys", "next", "rec", "from", "upto", "sg")),
}

_SIGNED: Final = b"hanse/id/1\n"
_NONCE_BYTES: Final = 16
# `host:port`: a name or IPv4 of letters, digits, dots and dashes, or an IPv6 in brackets; the port without zeros.
_ADDRESS = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]):([1-9][0-9]{0,4})")


class Why(StrEnum):
    """Why keys were rotated."""

    SCHEDULED = "scheduled"
    SUSPECTED = "suspected"
    COMPROMISED = "compromised"


def next_commitment(key_map: Mapping[str, bytes]) -> bytes:
    """SHA-256("hanse/next/1\\n" ‖ HCM of the map role -> public key): what a rotation must reveal."""
    return hashlib.sha256(b"hanse/next/1\n" + encoding.encode(dict(key_map))).digest()


def recovery_commitment(public: bytes) -> bytes:
    """SHA-256 of the recovery public key: what a recovery must reveal."""
    return hashlib.sha256(public).digest()


def signers(secrets: keys.Secrets) -> dict[str, bytes]:
    """Label -> private key, of every role that signs new keys."""
    return {role: getattr(secrets, role) for role in keys.ED25519_ROLES}


def verifiers(key_map: Mapping[str, bytes]) -> dict[str, bytes]:
    """Label -> public key, of every role that signs new keys."""
    return {role: key_map[role] for role in keys.ED25519_ROLES}


def sign(fields: Mapping[str, Value], signers: Mapping[str, bytes]) -> bytes:
    """The leaf's bytes, with a signature for each label. `LocalError` for what HCM forbids."""
    message = _SIGNED + encoding.encode(dict(fields))
    signatures: list[Value] = [
        [label, keys.ed25519_sign(private, message)] for label, private in sorted(signers.items())
    ]
    return encoding.encode({**fields, "sg": signatures})


def verify(fields: Mapping[str, Value], verifiers: Mapping[str, bytes]) -> None:
    """Check that exactly these keys have signed the leaf. `PeerError` IDENTITY, KEY or SIGNATURE."""
    signatures = [_signature(item) for item in _list(fields, "sg")]
    labels = [label for label, _ in signatures]
    if labels != sorted(verifiers):
        raise PeerError(Code.IDENTITY, "signed by other keys", expected=sorted(verifiers), got=labels)
    message = _SIGNED + encoding.encode({name: value for name, value in fields.items() if name != "sg"})
    for label, signature in signatures:
        keys.ed25519_verify(verifiers[label], message, signature)


def parse(entry: bytes) -> dict[str, Value]:
    """The fields of a leaf of a known kind. `PeerError` as `encoding.decode`, UNSUPPORTED, or MALFORMED."""
    fields = encoding.decode(entry, bytes_max=limits.ENTRY_BYTES_MAX)
    if type(fields) is not dict or type(fields.get("t")) is not str:
        raise PeerError(Code.MALFORMED, "an identity leaf is a map with a type")
    names = FIELDS.get(str(fields["t"]))
    if names is None:
        raise PeerError(Code.UNSUPPORTED, "an unknown kind of identity leaf", expected=sorted(FIELDS), got=fields["t"])
    if fields.keys() != names:
        raise PeerError(Code.MALFORMED, "an identity leaf has other fields", expected=sorted(names), got=sorted(fields))
    if fields["t"] == INCEPTION:
        _check_inception(fields)
    return fields


def octets(fields: Mapping[str, Value], name: str, length: int) -> bytes:
    """A field of exactly so many bytes. `PeerError` MALFORMED."""
    value = fields[name]
    if type(value) is not bytes or len(value) != length:
        raise PeerError(Code.MALFORMED, f"{name} has {length} bytes")
    return value


def integer(fields: Mapping[str, Value], name: str) -> int:
    """A field that is an integer (not a boolean). `PeerError` MALFORMED."""
    value = fields[name]
    if type(value) is not int:
        raise PeerError(Code.MALFORMED, f"{name} is an integer")
    return value


def key_map(public_keys: Mapping[str, bytes]) -> dict[str, Value]:
    """A map role -> public key as a value."""
    return dict(public_keys)


def read_keys(fields: Mapping[str, Value]) -> dict[str, bytes]:
    """The map role -> public key: every role once, every key sound and different. `PeerError` MALFORMED or KEY."""
    value = fields["keys"]
    if type(value) is not dict or tuple(value) != keys.ROLES:
        raise PeerError(Code.MALFORMED, "keys is a map of every role", expected=list(keys.ROLES))
    result = {}
    for role in keys.ROLES:
        public = octets(value, role, keys.KEY_BYTES)
        (keys.check_x25519 if role in keys.X25519_ROLES else keys.check_ed25519)(public)
        result[role] = public
    if len(set(result.values())) != len(result):
        raise PeerError(Code.KEY, "one key in two roles")
    return result


def read_kem(fields: Mapping[str, Value]) -> tuple[bytes, ...]:
    """The X25519 keys for personal data, sound and different. `PeerError` MALFORMED or KEY."""
    public_keys = _octet_list(fields, "kem", limits.KEM_KEYS_MAX)
    for public in public_keys:
        keys.check_x25519(public)
    return public_keys


def read_relays(fields: Mapping[str, Value]) -> tuple[bytes, ...]:
    """The NodeIDs of the relays. `PeerError` MALFORMED."""
    return _octet_list(fields, "relays", limits.RELAYS_MAX)


def read_addresses(fields: Mapping[str, Value]) -> tuple[str, ...]:
    """The addresses, `host:port` each. `PeerError` MALFORMED."""
    addresses = _list(fields, "urls")
    if len(addresses) > limits.ADDRESSES_MAX:
        raise PeerError(Code.MALFORMED, "too many addresses", expected=f"at most {limits.ADDRESSES_MAX}")
    return tuple(check_address(address) for address in addresses)


def read_why(fields: Mapping[str, Value]) -> Why:
    """Why the keys were rotated. `PeerError` MALFORMED."""
    try:
        return Why(str(fields["why"]))
    except ValueError as error:
        raise PeerError(Code.MALFORMED, "why is one of three words", expected=[*Why], got=fields["why"]) from error


def check_address(address: object) -> str:
    """An address `host:port`, with an IPv6 host in brackets. `PeerError` MALFORMED."""
    if type(address) is str and len(address) <= limits.ADDRESS_CHARACTERS_MAX:
        match = _ADDRESS.fullmatch(address)
        if match and int(match[3]) < 1 << 16:
            return address
    raise PeerError(Code.MALFORMED, "an address has another form", expected="host:port")


def _signature(item: Value) -> tuple[str, bytes]:
    if type(item) is list and len(item) == 2:
        label, signature = item
        if type(label) is str and type(signature) is bytes:
            return label, signature
    raise PeerError(Code.MALFORMED, "a signature is a pair", expected="[label, 64 bytes]")


def _check_inception(fields: Mapping[str, Value]) -> None:
    if fields["v"] != 1 or type(fields["v"]) is not int:
        raise PeerError(Code.UNSUPPORTED, "another version of identities", expected=1, got=fields["v"])
    octets(fields, "n", _NONCE_BYTES)
    _check_post_quantum(fields["pq"])


def _check_post_quantum(value: Value) -> None:
    """Nil, or keys in ML-DSA-44 for some roles; no signature of this version depends on them."""
    if value is None:
        return
    if type(value) is not dict or not value.keys() <= set(keys.ED25519_ROLES):
        raise PeerError(Code.MALFORMED, "pq is nil or a map of roles")
    for role in value:
        octets(value, role, keys.MLDSA44_KEY_BYTES)


def _list(fields: Mapping[str, Value], name: str) -> list[Value]:
    value = fields[name]
    if type(value) is not list:
        raise PeerError(Code.MALFORMED, f"{name} is a list")
    return value


def _octet_list(fields: Mapping[str, Value], name: str, count_max: int) -> tuple[bytes, ...]:
    """Up to so many different values of 32 bytes."""
    result = []
    for item in _list(fields, name):
        if type(item) is not bytes or len(item) != 32:
            raise PeerError(Code.MALFORMED, f"{name} is a list of 32 bytes each")
        result.append(item)
    if len(result) > count_max or len(set(result)) != len(result):
        raise PeerError(Code.MALFORMED, f"{name} holds at most {count_max}, each once", got=len(result))
    return tuple(result)
