"""The worked examples of docs/protocol.md. All keys are those of the vector files: published, and worthless."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Final

from protocol import (
    checkpoints,
    encoding,
    entries,
    greetings,
    identities,
    invitations,
    keys,
    leaves,
    merkle,
    nodeids,
    notes,
    sealing,
    tiles,
)
from tests.documentation import dumps
from tests.vectors import exchanges, nodes, signatures, trees, values


def fenced(*lines: str) -> str:
    """Lines as a block that is shown as it is."""
    return "\n".join(("```text", *(line.rstrip("\n") for line in lines), "```"))


def named(**rows: bytes | str) -> list[str]:
    """`name  value` rows, bytes in hexadecimal."""
    width = max(map(len, rows)) + 2
    found = []
    for name, value in rows.items():
        parts = dumps.wrapped(value) if isinstance(value, bytes) else value.rstrip("\n").split("\n")
        found.append(f"{name.replace('_', ' '):<{width}}{parts[0]}")
        found += [" " * width + part for part in parts[1:]]
    return found


def hcm() -> str:
    value: encoding.Value = {"t": "note", "n": -300, "b": b"\x01\x02", "ok": True, "re": [None, 7]}
    return fenced(dumps.hcm(encoding.encode(value)))


def node_id() -> str:
    icp, raw = nodes.icp(), identities.node_id(nodes.icp())
    plain = nodeids.base32(raw)
    return fenced(
        *named(
            SHA_256_of_icp=hashlib.sha256(icp).digest(),
            NodeID=raw,
            base32=plain,
            groups_of_13=" ".join(plain[start : start + 13] for start in range(0, 52, 13)),
            text=identities.to_text(raw),
            lower_case="hanse/id/" + plain.lower(),
        )
    )


def check_character() -> str:
    group = nodeids.base32(identities.node_id(nodes.icp()))[:13]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    rows, total = [], 0
    for position, character in enumerate(group):
        factor = 1 + position % 2
        product = alphabet.index(character) * factor
        digits = product // 32 + product % 32
        total += digits
        rows.append(f"{character}  value {product // factor:2}  times {factor} = {product:2}  digits add {digits:2}")
    check = alphabet[-total % 32]
    assert identities.to_text(identities.node_id(nodes.icp())).replace("-", "")[13] == check
    return fenced(*rows, f"sum {total}; (32 - {total} mod 32) mod 32 = {-total % 32}: the check character is {check}")


def derivation() -> str:
    root = nodes.ROOTS[0]
    secrets = identities.derive(root)
    return fenced(
        *named(
            root_secret=root,
            info=b"hanse/key/1\nlog",
            private_log=secrets.log,
            public_log=keys.public(secrets.log, "log"),
            private_hs=secrets.hs,
            public_hs=keys.public(secrets.hs, "hs"),
        )
    )


def log_id() -> str:
    author, reader = exchanges.PARTIES
    raw = entries.log_id(author, reader, 1, exchanges.SALT)
    return fenced(
        *named(
            part_of_dialler=exchanges.PARTS[0],
            part_of_dialled=exchanges.PARTS[1],
            salt=exchanges.SALT,
            author=author,
            reader=reader,
            epoch=(1).to_bytes(4, "big"),
            log_id=raw,
            origin=entries.origin(raw),
        )
    )


def kem_leaf() -> str:
    identity = nodes.grown()
    leaf = identity.entries[1]
    signed = {name: value for name, value in leaves.parse(leaf).items() if name != "sg"}
    message = b"hanse/id/1\n" + encoding.encode(signed)
    keys.ed25519_verify(identities.replay(identity.entries[:1]).keys["log"], message, signature_of(leaf))
    return fenced(
        dumps.hcm(leaf),
        "",
        "the signature is over these bytes:",
        dumps.shown(message),
        "",
        "leaf hash of this leaf, which is the `prev` of the next:",
        merkle.leaf_hash(leaf).hex(),
    )


def signature_of(leaf: bytes) -> bytes:
    """The only signature of a `kem` leaf."""
    signatures_ = leaves.parse(leaf)["sg"]
    assert isinstance(signatures_, list) and isinstance(signatures_[0], list)
    found = signatures_[0][1]
    assert isinstance(found, bytes)
    return found


def inception() -> str:
    icp = nodes.icp()
    return fenced(f"{len(icp)} bytes:", dumps.shown(icp))


def commitments() -> str:
    following = identities.public_keys(identities.derive(nodes.ROOTS[1]))
    return fenced(
        "HCM of the map role -> public key of the next generation:",
        dumps.shown(encoding.encode(leaves.key_map(following))),
        "",
        *named(
            next=leaves.next_commitment(following),
            recovery_public_key=nodes.recovery_public(0),
            rec=leaves.recovery_commitment(nodes.recovery_public(0)),
        ),
    )


def entry() -> str:
    data = entries.compose(values.entry_of(values.sample()))
    return fenced(
        dumps.hcm(data), "", f"{len(data)} bytes; leaf hash = SHA-256(00 ‖ these bytes):", entries.leaf_hash(data).hex()
    )


def tree() -> str:
    hashes = [trees.leaf(index) for index in range(3)]
    left = merkle.node_hash(hashes[0], hashes[1])
    root = merkle.node_hash(left, hashes[2])
    assert root == merkle.root(merkle.append(merkle.EMPTY, hashes))
    assert merkle.inclusion(1, 3, trees.complete) == [hashes[0], hashes[2]]
    assert merkle.consistency(2, 3, trees.complete) == [hashes[2]]
    rows = [f"h{index} = H(00 ‖ {trees.data(index).hex()}) = {each.hex()}" for index, each in enumerate(hashes)]
    return fenced(
        *rows,
        f"n  = H(01 ‖ h0 ‖ h1)     = {left.hex()}",
        f"root over 3 = H(01 ‖ n ‖ h2) = {root.hex()}",
        "inclusion proof of leaf 1 in 3: h0, h2",
        "consistency proof of 2 in 3:    h2",
    )


def tile() -> str:
    paths = [tiles.path(each.level, each.number, each.width) for each in (*tiles.tiles(513), *tiles.bundles(513))]
    return fenced("a logbook of 513 entries has these tiles and bundles:", *paths)


def checkpoint() -> str:
    text = checkpoints.checkpoint_text(signatures.head(257))
    note = signatures.checkpoint_note()
    identifier = checkpoints.key_id(signatures.ORIGIN, checkpoints.ED25519, signatures.LOG_KEY)
    assert checkpoints.open_checkpoint(note, signatures.ORIGIN, signatures.LOG_KEY) == signatures.head(257)
    return fenced(
        note,
        "",
        *named(
            public_key=signatures.LOG_KEY,
            key_id=identifier,
            verifier_key=checkpoints.vkey(signatures.ORIGIN, checkpoints.ED25519, signatures.LOG_KEY),
            signed_bytes=text.encode(),
        ),
    )


def cosignature() -> str:
    text = checkpoints.checkpoint_text(exchanges.READ)
    raw = base64.b64decode(exchanges.COSIGNATURE.rpartition(" ")[2])
    message = f"cosignature/v1\ntime {signatures.TIME_S}\n{text}".encode()
    keys.ed25519_verify(signatures.MIRROR_KEY, message, raw[12:])
    return fenced(
        exchanges.COSIGNATURE,
        "",
        *named(
            public_key=signatures.MIRROR_KEY,
            verifier_key=checkpoints.vkey(signatures.MIRROR, checkpoints.COSIGNATURE, signatures.MIRROR_KEY),
            key_id=raw[:4],
            time=f"{raw[4:12].hex()} = {signatures.TIME_S}",
            signature=raw[12:],
            signed_bytes=message,
        ),
    )


def pair_note() -> str:
    pair = checkpoints.open_pair(exchanges.PAIR_NOTE, signatures.RECEIPT, signatures.RECEIPT_KEY)
    assert pair == checkpoints.Pair(exchanges.READ, exchanges.OWN)
    return fenced(
        exchanges.PAIR_NOTE,
        "",
        *named(verifier_key=checkpoints.vkey(signatures.RECEIPT, checkpoints.ED25519, signatures.RECEIPT_KEY)),
    )


def proof_file() -> str:
    proof = checkpoints.Proof(100, tuple(merkle.inclusion(100, 257, trees.complete)), signatures.checkpoint_note())
    checkpoints.verify_proof(proof, trees.leaf(100), signatures.ORIGIN, signatures.LOG_KEY)
    return fenced(checkpoints.format_proof(proof))


def recovery_note() -> str:
    text = notes.open_note(exchanges.recovery_note(), signatures.RECEIPT, signatures.RECEIPT_KEY)
    return fenced(exchanges.recovery_note(), "", *named(fence=exchanges.FENCE, signed_bytes=text.encode()))


def hello() -> str:
    data = greetings.Hello(identities.NodeId(bytes(range(32))), (1,), None).compose()
    return fenced(dumps.hcm(data), "", "and the answer:", dumps.hcm(greetings.Answer(1).compose()))


def credit() -> str:
    return fenced(dumps.hcm(encoding.encode({"t": "credit", "b": 3_146_000, "n": 4_097})))


def receipt_message() -> str:
    fields = dict(exchanges.samples())["a receipt"].compose()
    return fenced(
        json.dumps(values.tagged(fields), ensure_ascii=False, indent=1),
        "",
        f"in HCM {len(encoding.encode(fields))} bytes; they stand in tests/vectors/messages.json",
    )


def invitation() -> str:
    given = nodes.invitation()
    return fenced(
        invitations.to_uri(given),
        "",
        *named(
            NodeID=given.node_id,
            secret=given.secret,
            inv=invitations.tag(given.secret),
            psk=invitations.psk(given.secret),
        ),
    )


def words() -> str:
    a, b = exchanges.PARTIES
    digest = hashlib.sha256(b"hanse/words/1\n" + min(a, b) + max(a, b)).digest()[:11]
    found = invitations.words(nodeids.NodeId(a), nodeids.NodeId(b))
    number = int.from_bytes(digest, "big")
    values_ = [number >> shift & 2047 for shift in range(77, -1, -11)]
    assert [invitations.WORDS[value] for value in values_] == list(found)
    return fenced(
        *named(smaller_NodeID=min(a, b), larger_NodeID=max(a, b), first_11_bytes=digest),
        "numbers  " + " ".join(map(str, values_)),
        "words    " + " ".join(found),
    )


def opening() -> str:
    data = entries.compose(exchanges.opening())
    return fenced(dumps.hcm(data), "", "leaf hash:", entries.leaf_hash(data).hex())


def personal() -> str:
    reference, sealed = sealing.seal_personal(
        nodes.PERSONAL,
        salt=nodes.SALT,
        origin=signatures.ORIGIN,
        entry_id=nodes.NONCE,
        recipient_public=nodes.kem_public(0),
        ephemeral=nodes.EPHEMERAL,
    )
    commitment = reference["cm"]
    assert isinstance(commitment, bytes)
    info = b"hanse/pii/1\n" + signatures.ORIGIN.encode() + b"\n" + nodes.NONCE + commitment
    plaintext = sealing.open_sealed(nodes.KEMS[0], info, sealed)
    assert hmac.digest(nodes.SALT, b"hanse/pii/1\n" + plaintext, "sha256") == commitment
    return fenced(
        "plaintext:",
        dumps.hcm(plaintext),
        "",
        *named(
            salt=nodes.SALT,
            recipient_public_key=nodes.kem_public(0),
            ephemeral_private_key=nodes.EPHEMERAL,
            info=info,
        ),
        f"sealed    {len(sealed)} bytes, tests/vectors/sealing.json",
        "",
        "the reference in the entry:",
        dumps.hcm(encoding.encode(reference)),
    )


EXAMPLES: Final[dict[str, Callable[[], str]]] = {
    "example hcm": hcm,
    "example node id": node_id,
    "example check character": check_character,
    "example derivation": derivation,
    "example log id": log_id,
    "example kem leaf": kem_leaf,
    "example inception": inception,
    "example commitments": commitments,
    "example entry": entry,
    "example tree": tree,
    "example tiles": tile,
    "example checkpoint": checkpoint,
    "example cosignature": cosignature,
    "example pairing note": pair_note,
    "example proof file": proof_file,
    "example recovery note": recovery_note,
    "example hello": hello,
    "example credit": credit,
    "example receipt message": receipt_message,
    "example invitation": invitation,
    "example words": words,
    "example opening": opening,
    "example personal data": personal,
}
"""Block -> what writes it."""
