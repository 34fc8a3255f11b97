"""Vectors of notes, checkpoints, cosignatures, receipts and proof files."""

from __future__ import annotations

import base64
from typing import Any

from protocol import checkpoints, entries, identities, merkle, nodeids
from tests.vectors import trees

# C2SP signed-note, section "Verifier keys", example.
C2SP_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)

SECRETS = identities.derive(b"\x01" * 32)
NODE = nodeids.NodeId(b"\xa1" * 32)
ORIGIN = entries.origin(entries.log_id(NODE, b"\xb2" * 32, 0, b"\x5a" * 16))
OTHER = entries.origin(entries.log_id(b"\xb2" * 32, NODE, 0, b"\x5a" * 16))
LOG_KEY = identities.public(SECRETS.log, "log")
MIRROR_KEY = identities.public(SECRETS.mirror, "mirror")
RECEIPT_KEY = identities.public(SECRETS.receipt, "receipt")
MIRROR = checkpoints.key_name(NODE, "mirror")
RECEIPT = checkpoints.key_name(NODE, "receipt")
TIME_S = 1_760_000_000


def head(size: int, origin: str = ORIGIN) -> checkpoints.Checkpoint:
    return checkpoints.Checkpoint(origin, size, trees.defined_root([trees.leaf(index) for index in range(size)]))


def checkpoint_note(size: int = 257) -> str:
    return checkpoints.sign_checkpoint(head(size), SECRETS.log)


def stranger(number: int, name: str = "example.com/w") -> str:
    """A line of a key that nobody here knows."""
    return signature_line(f"{name}{number}", bytes([number]) * 76)


def signature_line(name: str, raw: bytes) -> str:
    """A signature line that is checked by nobody."""
    return f"— {name} {base64.b64encode(raw).decode()}\n"


def broken(line: str) -> str:
    """The same line with one bit of the signature flipped."""
    start, _, encoded = line.rstrip("\n").rpartition(" ")
    raw = bytearray(base64.b64decode(encoded))
    raw[-1] ^= 1
    return signature_line(start.removeprefix("— "), bytes(raw))


def note_file() -> dict[str, Any]:
    note = checkpoint_note()
    text, _, line = note.rpartition("\n\n")
    text, body = text + "\n", line.rpartition(" ")[2].rstrip("\n")
    return {
        "about": "Signed notes and checkpoints, C2SP signed-note and tlog-checkpoint, docs/protocol.md section 6.",
        "c2sp": {"vkey": C2SP_VKEY, "note": C2SP_NOTE, "text": "This is an example message.\n"},
        "vkey": checkpoints.vkey(ORIGIN, checkpoints.ED25519, LOG_KEY),
        "private": SECRETS.log.hex(),
        "positive": [
            {"name": "a checkpoint", "note": note, "size": 257, "root": head(257).root.hex()},
            {"name": "an empty logbook", "note": checkpoint_note(0), "size": 0, "root": merkle.EMPTY_ROOT.hex()},
            {"name": "unknown keys are ignored", "note": note + "".join(stranger(n) for n in range(15)), "size": 257,
             "root": head(257).root.hex()},
            {"name": "a known name with an unknown id is ignored", "note": note + signature_line(ORIGIN, bytes(68)),
             "size": 257, "root": head(257).root.hex()},
            {"name": "the same signature twice", "note": note + line, "size": 257, "root": head(257).root.hex()},
        ],
        "negative": [
            {"name": name, "note": bad, "code": code}
            for name, bad, code in (
                ("nothing", "", "note.malformed"),
                ("no signature", text, "note.malformed"),
                ("no empty line", text + line, "note.malformed"),
                ("no newline at the end", note[:-1], "note.malformed"),
                ("two newlines at the end", note + "\n", "note.malformed"),
                ("carriage returns", note.replace("\n", "\r\n"), "note.malformed"),
                ("a tab in the text", note.replace("\n", "\t\n", 1), "note.malformed"),
                ("a hyphen for the dash", note.replace("—", "-"), "note.malformed"),
                ("two spaces", note.replace(" " + body, "  " + body), "note.malformed"),
                ("a space in the name", note.replace("— hanse", "— han se"), "note.malformed"),
                ("a plus in the name", note.replace("— hanse", "— han+se"), "note.malformed"),
                ("a Unicode space in the name", note.replace("— hanse", "— han\u2003se"), "note.malformed"),
                ("no name", note.replace("— " + ORIGIN, "— "), "note.malformed"),
                ("base64 without padding", note.replace(body, body.rstrip("=")), "note.malformed"),
                ("base64 with a space", note.replace(body, body[:8] + " " + body[8:]), "note.malformed"),
                ("base64 of the other alphabet", note.replace(body, "-_" + body[2:]), "note.malformed"),
                ("base64 with stray bits", note.replace(body, "AAAAAAAAAAB="), "note.malformed"),
                ("a signature of four bytes", note.replace(body, "AAAAAA=="), "note.malformed"),
                ("65 signatures", note + line * 64, "note.malformed"),
                ("another key", text + "\n" + stranger(3), "key.signature"),
                ("a broken signature", text + "\n" + broken(line), "key.signature"),
                ("a good and a broken signature", note + broken(line), "key.signature"),
                ("a changed size", note.replace("\n257\n", "\n258\n"), "key.signature"),
                ("a signature of 63 bytes", text + "\n" + signature_line(ORIGIN, base64.b64decode(body)[:-1]),
                 "key.signature"),
            )
        ],
        "texts": [
            {"name": name, "text": bad}
            for name, bad in (
                ("no root", f"{ORIGIN}\n5\n"),
                ("an extension line", checkpoints.checkpoint_text(head(5)) + "more\n"),
                ("no newline", checkpoints.checkpoint_text(head(5))[:-1]),
                ("a leading zero", checkpoints.checkpoint_text(head(5)).replace("\n5\n", "\n05\n")),
                ("a sign", checkpoints.checkpoint_text(head(5)).replace("\n5\n", "\n+5\n")),
                ("a negative size", checkpoints.checkpoint_text(head(5)).replace("\n5\n", "\n-5\n")),
                ("digits of another script", checkpoints.checkpoint_text(head(5)).replace("\n5\n", "\n٥\n")),
                ("a size of 2^53", checkpoints.checkpoint_text(head(5)).replace("\n5\n", f"\n{2**53}\n")),
                ("a size of 2^63", checkpoints.checkpoint_text(head(5)).replace("\n5\n", f"\n{2**63}\n")),
                ("no size", checkpoints.checkpoint_text(head(5)).replace("\n5\n", "\n\n")),
                ("a root of 31 bytes", f"{ORIGIN}\n5\n{base64.b64encode(bytes(31)).decode()}\n"),
                ("another root for nothing", checkpoints.checkpoint_text(head(5)).replace("\n5\n", "\n0\n")),
                ("no origin", checkpoints.checkpoint_text(head(5)).removeprefix(ORIGIN)),
                ("a space in the origin", checkpoints.checkpoint_text(head(5)).replace("hanse/", "hanse ")),
            )
        ],
        "vkeys_refused": [
            C2SP_VKEY.replace("530d903a", "530d903b"),
            C2SP_VKEY.replace("530d903a", "530D903A"),
            C2SP_VKEY.replace("+", "-"),
            C2SP_VKEY[:-1],
            C2SP_VKEY[:-4],
            "+".join(["", *C2SP_VKEY.split("+")[1:]]),
            checkpoints.vkey("example.com/weak", checkpoints.ED25519, b"\x01" + bytes(31)),
        ],
    }  # fmt: skip


def cosignature_file() -> dict[str, Any]:
    text = checkpoints.checkpoint_text(head(257))
    line = checkpoints.cosign(text, MIRROR, SECRETS.mirror, TIME_S)
    pair = checkpoints.Pair(head(257), head(12, OTHER))
    note = checkpoints.sign_pair(pair, RECEIPT, SECRETS.receipt)
    raw = base64.b64decode(line.rpartition(" ")[2])

    def timed(time_s: int) -> str:
        return signature_line(MIRROR, raw[:4] + time_s.to_bytes(8, "big") + raw[12:])

    return {
        "about": "Cosignatures (C2SP tlog-cosignature, Ed25519) and receipts, docs/protocol.md section 7.",
        "text": text,
        "name": MIRROR,
        "private": SECRETS.mirror.hex(),
        "vkey": checkpoints.vkey(MIRROR, checkpoints.COSIGNATURE, MIRROR_KEY),
        "time_s": TIME_S,
        "line": line,
        "negative": [
            {"name": name, "text": over, "line": bad, "code": code}
            for name, over, bad, code in (
                ("no newline", text, line[:-1], "note.malformed"),
                ("another text", text.replace("257", "258"), line, "key.signature"),
                ("another time", text, timed(TIME_S + 1), "key.signature"),
                ("no time", text, timed(0), "note.malformed"),
                ("a time of 2^63", text, timed(2**63), "note.malformed"),
                ("a plain signature", text, checkpoints.sign(text, MIRROR, SECRETS.mirror), "log.receipt"),
                ("another name", text, line.replace("/mirror", "/witness"), "log.receipt"),
                ("a broken signature", text, broken(line), "key.signature"),
                ("too short", text, signature_line(MIRROR, raw[:-1]), "note.malformed"),
            )
        ],
        "pair": {
            "vkey": checkpoints.vkey(RECEIPT, checkpoints.ED25519, RECEIPT_KEY),
            "private": SECRETS.receipt.hex(),
            "note": note,
            "read": {"origin": ORIGIN, "size": 257, "root": head(257).root.hex()},
            "own": {"origin": OTHER, "size": 12, "root": head(12).root.hex()},
        },
    }  # fmt: skip


def proof_file() -> dict[str, Any]:
    hashes = tuple(merkle.inclusion(100, 257, trees.complete))
    proof = checkpoints.Proof(100, hashes, checkpoint_note())
    text = checkpoints.format_proof(proof)
    extra = checkpoints.format_proof(checkpoints.Proof(100, hashes, checkpoint_note(), b"context"))
    first = base64.b64encode(hashes[0]).decode()
    return {
        "about": "Proof files, C2SP tlog-proof, docs/protocol.md section 6.4. The leaf is u32be(100) of merkle.json.",
        "vkey": checkpoints.vkey(ORIGIN, checkpoints.ED25519, LOG_KEY),
        "leaf_data": trees.data(100).hex(),
        "positive": [
            {"proof": text, "index": 100, "extra": None},
            {"proof": extra, "index": 100, "extra": b"context".hex()},
        ],
        "negative": [
            {"name": name, "proof": bad, "code": code}
            for name, bad, code in (
                ("nothing", "", "note.malformed"),
                ("another version", text.replace("@v1", "@v2"), "note.malformed"),
                ("no index", text.replace("index 100\n", ""), "note.malformed"),
                ("an index with a zero", text.replace("index 100", "index 0100"), "note.malformed"),
                ("extra after the index", text.replace("index 100\n", "index 100\nextra AAAA\n"), "note.malformed"),
                ("a hash that is no base64", text.replace(first, first[:-1]), "note.malformed"),
                ("no checkpoint", text.split("\n\n")[0] + "\n\n", "note.malformed"),
                ("another index", text.replace("index 100", "index 101"), "log.proof"),
                ("an index beyond the end", text.replace("index 100", "index 257"), "log.proof"),
                ("a hash less", text.replace(first + "\n", ""), "log.proof"),
                ("a hash more", text.replace(first, first + "\n" + first), "log.proof"),
                ("64 hashes", text.replace(first, "\n".join([first] * 64)), "log.proof"),
                ("another head", text.replace("\n257\n", "\n258\n"), "key.signature"),
            )
        ],
    }
