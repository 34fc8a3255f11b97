"""Vectors of session messages, of recovery notes, and of the names and first entries of a channel."""

from __future__ import annotations

import base64
import hmac
from typing import Any

from protocol import checkpoints, encoding, entries, invitations, messages, notes
from protocol.claims import Claim, ReceiptNotes
from protocol.encoding import Value
from tests.vectors import nodes, signatures, trees, values

MALFORMED, UNSUPPORTED = "wire.malformed", "wire.unsupported"
FENCE = bytes(range(16, 32))
READ, OWN = signatures.head(257), signatures.head(12, signatures.OTHER)
COSIGNATURE = checkpoints.cosign(
    checkpoints.checkpoint_text(READ), signatures.MIRROR, signatures.SECRETS.mirror, signatures.TIME_S
)
PAIR_NOTE = checkpoints.sign_pair(checkpoints.Pair(READ, OWN), signatures.RECEIPT, signatures.SECRETS.receipt)
RECEIPT = ReceiptNotes(COSIGNATURE, PAIR_NOTE)


def own_checkpoint() -> str:
    """The checkpoint of the receipt's author over its own logbook."""
    return checkpoints.sign_checkpoint(OWN, signatures.SECRETS.log)


def samples() -> list[tuple[str, messages.Message]]:
    """Name and message: every type, and every choice inside one."""
    claim = Claim(
        origin=signatures.OTHER,
        checkpoint=own_checkpoint(),
        mirror=signatures.ORIGIN,
        mirror_size=257,
        mirror_root=READ.root,
        receipt=RECEIPT,
        known=signatures.checkpoint_note(),
    )
    empty = Claim(signatures.OTHER, "", signatures.ORIGIN, 0, signatures.head(0).root, None, "")
    entry = entries.compose(values.entry_of(values.sample()))
    return [
        ("heads", messages.Heads((claim,), 3_145_728, 4_096, FENCE, recovering=False)),
        ("heads of a new channel, recovering", messages.Heads((empty,), 3_145_728, 4_096, FENCE, recovering=True)),
        ("a batch", messages.Batch(signatures.ORIGIN, 256, (entry,), signatures.checkpoint_note())),
        ("a receipt", messages.Receipt(signatures.ORIGIN, 257, RECEIPT, own_checkpoint())),
        ("a receipt of a node whose own logbook is empty", messages.Receipt(signatures.ORIGIN, 257, RECEIPT, "")),
        ("credit", messages.Credit(3_146_000, 4_097)),
        ("want", messages.Want(signatures.ORIGIN, 256, 257)),
        ("data", messages.Data(signatures.ORIGIN, 256, (entry,))),
        ("no data", messages.Data(signatures.ORIGIN, 300, ())),
        ("blobs wanted", messages.BlobWant((b"\x33" * 32, b"\x34" * 32))),
        ("the last piece of a blob", messages.Blob(b"\x33" * 32, 262_144, 262_149, b"hello")),
        ("identity wanted", messages.IdentityWant(1)),
        ("identity", messages.IdentityLog(0, (nodes.icp(),))),
        ("pair", messages.Pair((nodes.icp(),), "瓷厂", ("shop.example:8443", "[2001:db8::1]:443"), b"\x44" * 16)),
        ("recovery", messages.Recovery(recovery_note())),
        ("fork", messages.Fork(signatures.checkpoint_note(), signatures.checkpoint_note(256))),
        ("a fatal error", messages.Failure("log.gap", fatal=True)),
        ("an error that ends nothing", messages.Failure(UNSUPPORTED, fatal=False)),
        ("goodbye", messages.Bye("done")),
    ]


NEGATIVES: list[tuple[str, Value, str]] = [
    ("an unknown message", {"t": "batches"}, UNSUPPORTED),
    ("a message without a type", {"b": 1, "n": 1}, UNSUPPORTED),
    ("a type that is no text", {"t": 1}, UNSUPPORTED),
    ("credit without a field", {"b": 1, "t": "credit"}, MALFORMED),
    ("credit below zero", {"b": -1, "n": 1, "t": "credit"}, MALFORMED),
    ("credit that is true", {"b": True, "n": 1, "t": "credit"}, MALFORMED),
    ("a batch of nothing", {"ck": "", "e": [], "from": 0, "o": "hanse/l/a", "t": "batch"}, MALFORMED),
    ("an origin of 65 characters", {"ck": "", "e": [b"x"], "from": 0, "o": "a" * 65, "t": "batch"}, MALFORMED),
    ("a batch of 1,025 entries", {"ck": "", "e": [b""] * 1025, "from": 0, "o": "a", "t": "batch"}, MALFORMED),
    ("an empty range", {"from": 5, "o": "hanse/l/a", "t": "want", "to": 5}, MALFORMED),
    ("a backward range", {"from": 5, "o": "hanse/l/a", "t": "want", "to": 4}, MALFORMED),
    ("a hash of 31 bytes", {"h": [bytes(31)], "t": "blobq"}, MALFORMED),
    ("65 blobs", {"h": [bytes(32)] * 65, "t": "blobq"}, MALFORMED),
    ("a piece beyond its blob", {"d": b"abc", "h": bytes(32), "len": 5, "off": 3, "t": "blob"}, MALFORMED),
    ("a blob of 64 MiB and a byte", {"d": b"", "h": bytes(32), "len": 67_108_865, "off": 0, "t": "blob"}, MALFORMED),
    ("a receipt without its notes", {"mine": "", "o": "a", "rcpt": None, "size": 1, "t": "rcpt"}, MALFORMED),
    (
        "heads in another state",
        {"credit": [1, 1], "fence": bytes(16), "l": [], "state": "fine", "t": "heads"},
        MALFORMED,
    ),
    ("heads with half a credit", {"credit": [1], "fence": bytes(16), "l": [], "state": "ok", "t": "heads"}, MALFORMED),
    ("a fence of 15 bytes", {"credit": [1, 1], "fence": bytes(15), "l": [], "state": "ok", "t": "heads"}, MALFORMED),
    ("nine addresses", {"a": ["a:1"] * 9, "id": [], "name": "", "salt": bytes(16), "t": "pair"}, MALFORMED),
    ("a code of 65 characters", {"code": "a" * 65, "fatal": True, "t": "err"}, MALFORMED),
    ("an error that is neither fatal nor not", {"code": "log.gap", "fatal": 1, "t": "err"}, MALFORMED),
]


def message_file() -> dict[str, Any]:
    return {
        "about": "Messages of a session, docs/protocol.md section 8. Unknown keys are ignored.",
        "positive": [
            {"name": name, "value": values.tagged(message.compose()), "hex": encoding.encode(message.compose()).hex()}
            for name, message in samples()
        ],
        "negative": [
            {"name": name, "hex": encoding.encode(value).hex(), "code": code} for name, value, code in NEGATIVES
        ],
    }


def recovery_text() -> str:
    """docs/protocol.md section 10.4, written out by hand."""
    root, fence = (base64.b64encode(value).decode() for value in (READ.root, FENCE))
    return f"hanse recovery v1\n{READ.origin} {READ.size} {root}\n{fence}\n"


def recovery_note() -> str:
    """The note that the reader of a logbook signs for its author."""
    line = notes.sign(recovery_text(), signatures.RECEIPT, signatures.SECRETS.receipt)
    return notes.format_note(recovery_text(), [line])


def recovery_file() -> dict[str, Any]:
    return {
        "about": "Recovery notes, docs/protocol.md section 10.4, signed by the `receipt` key of the logbook's reader.",
        "vkey": checkpoints.vkey(signatures.RECEIPT, checkpoints.ED25519, signatures.RECEIPT_KEY),
        "private": signatures.SECRETS.receipt.hex(),
        "origin": READ.origin,
        "size": READ.size,
        "root": READ.root.hex(),
        "fence": FENCE.hex(),
        "text": recovery_text(),
        "note": recovery_note(),
    }


def salt_part(root: bytes, tag: bytes) -> bytes:
    """What docs/protocol.md section 9.4 recommends."""
    return hmac.digest(root, b"hanse/pair-salt/1\n" + tag, "sha256")[:16]


PARTIES = (signatures.NODE, b"\xb2" * 32)  # the dialler first
TAG = invitations.tag(bytes(range(16)))
PARTS = (salt_part(nodes.ROOTS[0], TAG), salt_part(nodes.ROOTS[1], TAG))
SALT = entries.channel_salt(*PARTS)
ORIGINS = tuple(entries.origin(entries.log_id(author, reader, 1, SALT)) for author, reader in (PARTIES, PARTIES[::-1]))


def opening() -> entries.Entry:
    """Entry 0 of the dialler's logbook."""
    return entries.Entry(
        id=bytes.fromhex("0199c82cc0007000800000000000002a"),
        type="channel.open",
        version=1,
        ts_ms=1_760_000_000_000,
        seen=0,
        re=(),
        body={
            "nodes": list(PARTIES),
            "origins": list(ORIGINS),
            "salt": SALT,
            "epoch": 1,
            "suites": ["hanse/1"],
            "fold": "hanse-fold/1",
            "words_compared": False,
            "retention_years": 10,
            "prev": None,
        },
    )


def channel_file() -> dict[str, Any]:
    data = entries.compose(opening())
    return {
        "about": "Salt, logbooks and entry 0 of a channel, docs/protocol.md sections 3.4, 9.4 and 9.5.",
        "tag": TAG.hex(),
        "dialler": {"node_id": PARTIES[0].hex(), "root_secret": nodes.ROOTS[0].hex(), "salt": PARTS[0].hex()},
        "dialled": {"node_id": PARTIES[1].hex(), "root_secret": nodes.ROOTS[1].hex(), "salt": PARTS[1].hex()},
        "salt": SALT.hex(),
        "epoch": 1,
        "origin_of_dialler": ORIGINS[0],
        "origin_of_dialled": ORIGINS[1],
        "entry": {"hex": data.hex(), "leaf_hash": entries.leaf_hash(data).hex()},
        "root_of_one_entry": trees.defined_root([entries.leaf_hash(data)]).hex(),
    }
