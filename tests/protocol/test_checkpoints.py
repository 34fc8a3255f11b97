from __future__ import annotations

from typing import Any

import pytest

from protocol import checkpoints, limits, merkle
from protocol.errors import Code, LocalError
from tests import vectors
from tests.protocol.refusals import code_of
from tests.vectors import signatures

COSIGNATURES = vectors.load("cosignatures")
PROOFS = vectors.load("proofs")
TEXT, LINE = COSIGNATURES["text"], COSIGNATURES["line"]
NAME, ALGORITHM, PUBLIC = checkpoints.parse_vkey(COSIGNATURES["vkey"])


def test_a_cosignature_has_these_bytes() -> None:
    private = bytes.fromhex(COSIGNATURES["private"])
    assert ALGORITHM == checkpoints.COSIGNATURE
    assert checkpoints.cosign(TEXT, NAME, private, COSIGNATURES["time_s"]) == LINE
    assert checkpoints.open_cosignature(TEXT, LINE, NAME, PUBLIC) == COSIGNATURES["time_s"]


@pytest.mark.parametrize("row", COSIGNATURES["negative"], ids=lambda row: row["name"])
def test_L07_anything_else_is_no_receipt(row: dict[str, Any]) -> None:
    assert code_of(lambda: checkpoints.open_cosignature(row["text"], row["line"], NAME, PUBLIC)) == row["code"]


def test_L07_my_own_signature_is_no_receipt() -> None:
    own = checkpoints.cosign(TEXT, NAME, signatures.SECRETS.log, 5)
    assert code_of(lambda: checkpoints.open_cosignature(TEXT, own, NAME, PUBLIC)) == Code.RECEIPT


def test_a_cosignature_rides_on_the_note_that_it_signs() -> None:
    note = signatures.checkpoint_note() + LINE
    assert checkpoints.open_checkpoint(note, signatures.ORIGIN, signatures.LOG_KEY) == signatures.head(257)


@pytest.mark.parametrize("time_s", [0, -1, 2**63])
def test_a_time_that_cannot_be_signed(time_s: int) -> None:
    with pytest.raises(LocalError):
        checkpoints.cosign(TEXT, NAME, signatures.SECRETS.mirror, time_s)


def test_the_largest_time() -> None:
    line = checkpoints.cosign(TEXT, NAME, signatures.SECRETS.mirror, 2**63 - 1)
    assert checkpoints.open_cosignature(TEXT, line, NAME, PUBLIC) == 2**63 - 1


def test_only_checkpoints_are_cosigned() -> None:
    """A note that began `cosignature/v1` under a shared key would be a cosignature, and free text is worse."""
    with pytest.raises(LocalError):
        checkpoints.cosign("I agree\n", NAME, signatures.SECRETS.mirror, 5)


def test_a_receipt_names_both_heads() -> None:
    pair = COSIGNATURES["pair"]
    name, _, public = checkpoints.parse_vkey(pair["vkey"])
    said = checkpoints.open_pair(pair["note"], name, public)
    for head, expected in ((said.read, pair["read"]), (said.own, pair["own"])):
        assert (head.origin, head.size, head.root.hex()) == (expected["origin"], expected["size"], expected["root"])
    assert checkpoints.sign_pair(said, name, bytes.fromhex(pair["private"])) == pair["note"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("hanse receipt v1", "hanse receipt v2"),
        (" 257 ", " 0257 "),
        (" 257 ", "  257 "),
        (" 257 ", " 257 257 "),
        ("\n\n", "\nmore\n\n"),
    ],
)
def test_L07_a_signed_text_that_is_no_receipt(old: str, new: str) -> None:
    text = (COSIGNATURES["pair"]["note"].rpartition("\n\n")[0] + "\n\n").replace(old, new)[:-1]
    note = checkpoints.format_note(text, [checkpoints.sign(text, signatures.RECEIPT, signatures.SECRETS.receipt)])
    assert code_of(lambda: checkpoints.open_pair(note, signatures.RECEIPT, signatures.RECEIPT_KEY)) == Code.NOTE


def test_the_empty_logbook_has_one_root() -> None:
    nothing = checkpoints.Checkpoint(signatures.ORIGIN, 0, merkle.EMPTY_ROOT)
    text = checkpoints.checkpoint_text(nothing)
    assert text.split("\n")[2] == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert checkpoints.parse_text(text) == nothing


@pytest.mark.parametrize("row", PROOFS["positive"], ids=["plain", "extra"])
def test_L09_a_proof_file_proves_with_the_public_key_alone(row: dict[str, Any]) -> None:
    origin, _, public = checkpoints.parse_vkey(PROOFS["vkey"])
    proof = checkpoints.parse_proof(row["proof"])
    leaf = merkle.leaf_hash(bytes.fromhex(PROOFS["leaf_data"]))
    assert checkpoints.verify_proof(proof, leaf, origin, public).size == 257
    assert (proof.index, proof.extra and proof.extra.hex()) == (row["index"], row["extra"])
    assert checkpoints.format_proof(proof) == row["proof"]
    assert code_of(lambda: checkpoints.verify_proof(proof, bytes(32), origin, public)) == Code.PROOF


@pytest.mark.parametrize("row", PROOFS["negative"], ids=lambda row: row["name"])
def test_a_proof_file_that_proves_nothing(row: dict[str, Any]) -> None:
    origin, _, public = checkpoints.parse_vkey(PROOFS["vkey"])
    leaf = merkle.leaf_hash(bytes.fromhex(PROOFS["leaf_data"]))
    verdict = code_of(lambda: checkpoints.verify_proof(checkpoints.parse_proof(row["proof"]), leaf, origin, public))
    assert verdict == row["code"]


def test_a_proof_file_without_end() -> None:
    endless = PROOFS["positive"][0]["proof"] + "x" * limits.PROOF_FILE_BYTES_MAX
    assert code_of(lambda: checkpoints.parse_proof(endless)) == Code.NOTE


def test_names_of_keys() -> None:
    node = signatures.NODE
    assert checkpoints.key_name(node, "mirror").startswith("hanse/n/")
    assert len({checkpoints.key_name(node, role) for role in ("mirror", "witness", "relay", "receipt", "settle")}) == 5
    for role in ("log", "hs", "kem", "other"):
        with pytest.raises(LocalError):
            checkpoints.key_name(node, role)
    with pytest.raises(LocalError):
        checkpoints.key_name(bytes(31), "mirror")


def test_a_head_that_cannot_be_said_is_not_signed() -> None:
    for head in (
        checkpoints.Checkpoint("", 1, bytes(32)),
        checkpoints.Checkpoint("two words", 1, bytes(32)),
        checkpoints.Checkpoint(signatures.ORIGIN, -1, bytes(32)),
        checkpoints.Checkpoint(signatures.ORIGIN, 1, bytes(31)),
        checkpoints.Checkpoint(signatures.ORIGIN, 0, bytes(32)),
        checkpoints.Checkpoint(signatures.ORIGIN + "\n5", 1, bytes(32)),
    ):
        with pytest.raises(LocalError):
            checkpoints.sign_checkpoint(head, signatures.SECRETS.log)
        with pytest.raises(LocalError):
            checkpoints.sign_pair(checkpoints.Pair(signatures.head(1), head), "n", signatures.SECRETS.receipt)
