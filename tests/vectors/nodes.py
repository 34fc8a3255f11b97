"""Vectors of identities, invitations and sealed data. Every private key here is published and worthless."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields
from typing import Any

from protocol import identities, invitations, keys, sealing
from tests.vectors import signatures

ROOTS = tuple(bytes([number]) * 32 for number in range(1, 7))
RECOVERIES = (b"\x71" * 32, b"\x72" * 32, b"\x73" * 32)
KEMS = (b"\x61" * 32, b"\x62" * 32, b"\x63" * 32)
UPTO = b"\x55" * 32
NONCE = bytes(range(16))
EPHEMERAL = b"\x42" * 32
SALT = b"\x43" * 32

# Syncthing device IDs from that program's documentation and tests: the same 32-byte text form.
SYNCTHING = {
    "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2": (
        "P56IOI7MZJNU2IQGDREYDM2MGTMGL3BXNPQ6W5BTBBZ4TJXZWICQ"
    ),
    "AEAQCAI-BAEAQCA-AIBAEAQ-CAIBAEC-AQCAIBA-EAQCAIA-BAEAQCA-IBAEAQC": (
        "AEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQ"
    ),
}

# RFC 9180, appendix A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode, sequence number 0.
RFC_9180 = {
    "source": "RFC 9180, appendix A.2.1 and A.2.1.1",
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "skEm": "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
    "pkRm": "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
    "skRm": "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
    "enc": "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
    "shared_secret": "0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7",
    "key": "ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91",
    "base_nonce": "5c4d98150661b848853b547f",
    "pt": "4265617574792069732074727574682c20747275746820626561757479",
    "aad": "436f756e742d30",
    "ct": "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
}


def recovery_public(number: int) -> bytes:
    return keys.public(RECOVERIES[number], "rec")


def kem_public(number: int) -> bytes:
    return keys.x25519_public(KEMS[number])


def icp() -> bytes:
    return identities.inception(ROOTS[0], ROOTS[1], recovery_public(0), [kem_public(0)], NONCE)


def grown() -> identities.Identity:
    """icp, kem, addr, rot by the foretold keys."""
    identity = identities.replay([icp()])
    identity = identities.extend(identity, [identities.kem_leaf(identity, ROOTS[0], [kem_public(0), kem_public(1)])])
    relays = [identities.NodeId(b"\x31" * 32)]
    identity = identities.extend(
        identity, [identities.addr_leaf(identity, ROOTS[0], ["shop.example:443", "[2001:db8::1]:8443"], relays)]
    )
    return identities.extend(identity, [rotation(identity)])


def rotation(identity: identities.Identity, why: identities.Why = identities.Why.SCHEDULED) -> bytes:
    return identities.rotation_leaf(identity, old_root=ROOTS[0], root=ROOTS[1], next_root=ROOTS[2], upto=UPTO, why=why)


def recovery(identity: identities.Identity, first: int) -> bytes:
    return identities.recovery_leaf(
        identity,
        first=first,
        recovery_private=RECOVERIES[0],
        root=ROOTS[3],
        next_root=ROOTS[4],
        recovery_public=recovery_public(1),
        upto=UPTO,
    )


def identity_file() -> dict[str, Any]:
    identity = grown()
    recovered = identities.extend(identity, [recovery(identity, 3)])
    secrets = identities.derive(ROOTS[0])
    return {
        "about": "Keys, NodeIDs and identity logbooks, docs/protocol.md section 3.",
        "text": [{"base32": plain, "text": text} for text, plain in SYNCTHING.items()],
        "text_refused": [
            "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ3",
            "P56IOI7-MZJNU2I-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2",
            "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ",
            "P56IOI7MZJNU2IQGDREYDM2MGTMGL3BXNPQ6W5BTBBZ4TJXZWICQ",
            "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWIC92",
            "",
        ],
        "derivation": {
            "root": ROOTS[0].hex(),
            "private": {field.name: getattr(secrets, field.name).hex() for field in fields(secrets)},
            "public": {role: public.hex() for role, public in identities.public_keys(secrets).items()},
        },
        "logbook": {
            "node_id": identity.node_id.hex(),
            "node_text": identities.to_text(identity.node_id),
            "origin": identities.origin(identity.node_id),
            "leaves": [leaf.hex() for leaf in identity.entries],
            "root": identity.root.hex(),
            "keys": {role: public.hex() for role, public in identity.keys.items()},
            "kem": [public.hex() for public in identity.kem],
            "addresses": list(identity.addresses),
            "relays": [relay.hex() for relay in identity.relays],
        },
        "recovery": {
            "leaves": [leaf.hex() for leaf in recovered.entries],
            "root": recovered.root.hex(),
            "keys": {role: public.hex() for role, public in recovered.keys.items()},
        },
    }


def invitation() -> invitations.Invitation:
    return invitations.Invitation(
        signatures.NODE, ("shop.example:8443", "[2001:db8::1]:443"), bytes(range(16)), 1_760_000_000
    )


def invitation_file() -> dict[str, Any]:
    uri = invitations.to_uri(invitation())
    other = identities.NodeId(b"\xb2" * 32)
    pasted = re.sub(r"^hanse|(?<=[ik]=)[a-z2-7]+", lambda match: match[0].upper(), uri)
    return {
        "about": "Invitations and fingerprint words, docs/protocol.md section 9.",
        "positive": [
            {"uri": uri, **told(invitation())},
            {"uri": f"  {pasted}\n", **told(invitation())},
        ],
        "negative": [
            {"name": name, "uri": bad}
            for name, bad in (
                ("nothing", ""),
                ("another scheme", uri.replace("hanse:", "http:")),
                ("another version", uri.replace("hanse:1", "hanse:2")),
                ("no address", uri.replace("&a=shop.example:8443", "").replace("&a=[2001:db8::1]:443", "")),
                ("nine addresses", uri.replace("&k=", "&a=shop.example:1" * 7 + "&k=")),
                ("an address without a port", uri.replace(":8443", "")),
                ("port 0", uri.replace(":8443", ":0")),
                ("port 65536", uri.replace(":8443", ":65536")),
                ("a path in the address", uri.replace(":8443", ":8443/x")),
                ("a user in the address", uri.replace("shop", "a@shop")),
                ("a space in the address", uri.replace("shop", "sh op")),
                ("no secret", uri.split("&k=")[0] + "&x=1"),
                ("two secrets", uri + "&k=" + "a" * 26),
                ("a short secret", uri.replace(uri.split("&k=")[1][:26], "a" * 24)),
                ("a secret with stray bits", uri.replace(uri.split("&k=")[1][:26], "a" * 25 + "b")),
                ("a secret that is not base32", uri.replace(uri.split("&k=")[1][:26], "1" * 26)),
                ("a secret that is not ASCII", uri.replace(uri.split("&k=")[1][:26], "é" * 26)),
                ("no NodeID", uri.replace("i=" + uri[10:62], "i=")),
                ("an unknown field", uri + "&y=1"),
                ("an expiry that is no number", uri.replace("x=1760000000", "x=soon")),
                ("an expiry with a sign", uri.replace("x=1760000000", "x=-1")),
                ("too long", uri + "&a=" + "a" * 1000 + ":1"),
            )
        ],
        "secret": bytes(range(16)).hex(),
        "tag": invitations.tag(bytes(range(16))).hex(),
        "psk": invitations.psk(bytes(range(16))).hex(),
        "word_list_sha256": hashlib.sha256("\n".join(invitations.WORDS).encode()).hexdigest(),
        "words": [
            {"a": signatures.NODE.hex(), "b": other.hex(), "words": list(invitations.words(signatures.NODE, other))},
            {"a": bytes(32).hex(), "b": bytes(32).hex(),
             "words": list(invitations.words(identities.NodeId(bytes(32)), identities.NodeId(bytes(32))))},
        ],
    }  # fmt: skip


def told(value: invitations.Invitation) -> dict[str, Any]:
    return {
        "node_id": value.node_id.hex(),
        "addresses": list(value.addresses),
        "secret": value.secret.hex(),
        "expires_s": value.expires_s,
    }


PERSONAL = {"city": "上海", "name": "Erika Mustermann", "street": "Heidestraße 17\nHinterhaus"}


def sealing_file() -> dict[str, Any]:
    reference, sealed = sealing.seal_personal(
        PERSONAL,
        salt=SALT,
        origin=signatures.ORIGIN,
        entry_id=NONCE,
        recipient_public=kem_public(0),
        ephemeral=EPHEMERAL,
    )
    shown = {name: value.hex() if isinstance(value, bytes) else value for name, value in reference.items()}
    return {
        "about": "HPKE base mode (RFC 9180) and personal data, docs/protocol.md section 11.",
        "hpke": RFC_9180,
        "personal": {
            "fields": PERSONAL,
            "salt": SALT.hex(),
            "origin": signatures.ORIGIN,
            "entry_id": NONCE.hex(),
            "recipient_private": KEMS[0].hex(),
            "ephemeral_private": EPHEMERAL.hex(),
            "reference": shown,
            "ciphertext": sealed.hex(),
        },
    }
