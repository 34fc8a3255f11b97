"""The vectors, read by a program that was written from the specification alone."""

from __future__ import annotations

import base64
from typing import Any

from tests import vectors
from tests.documentation import strangers


def octets(value: Any) -> Any:
    """A value of a vector file: `{"$bytes": hex}` as bytes."""
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return bytes.fromhex(value["$bytes"])
        return {key: octets(item) for key, item in value.items()}
    return [octets(item) for item in value] if isinstance(value, list) else value


def test_canonical_values() -> None:
    for row in vectors.load("hcm")["positive"]:
        assert strangers.encode(octets(row["value"])).hex() == row["hex"]


def test_node_ids_and_names() -> None:
    for row in vectors.load("identities")["text"]:
        assert strangers.node_text(base64.b32decode(row["base32"] + "====")) == row["text"]
    names = vectors.load("entries")["names"]
    parts = [bytes.fromhex(names[name]) for name in ("author", "reader", "salt")]
    for row in names["epochs"]:
        assert strangers.origin(parts[0], parts[1], row["epoch"], parts[2]) == row["origin"]


def test_derived_keys() -> None:
    derivation = vectors.load("identities")["derivation"]
    for role, private in derivation["private"].items():
        assert strangers.hkdf(bytes.fromhex(derivation["root"]), b"hanse/key/1\n" + role.encode()).hex() == private


def test_identity_logs() -> None:
    file = vectors.load("identities")
    leaves = [bytes.fromhex(leaf) for leaf in file["logbook"]["leaves"]]
    state = strangers.replay(leaves)
    assert state["node"].hex() == file["logbook"]["node_id"]
    assert strangers.node_text(state["node"]) == file["logbook"]["node_text"]
    assert {role: key.hex() for role, key in state["keys"].items()} == file["logbook"]["keys"]
    assert [key.hex() for key in state["kem"]] == file["logbook"]["kem"]
    assert state["urls"] == file["logbook"]["addresses"]
    assert strangers.root([strangers.sha(b"\0" + leaf) for leaf in leaves]).hex() == file["logbook"]["root"]
    recovered = strangers.replay([bytes.fromhex(leaf) for leaf in file["recovery"]["leaves"]])
    assert {role: key.hex() for role, key in recovered["keys"].items()} == file["recovery"]["keys"]


def test_entries_and_trees() -> None:
    for row in vectors.load("entries")["positive"]:
        data = bytes.fromhex(row["hex"])
        assert strangers.decode(data) == octets(row["value"])
        assert strangers.sha(b"\0" + data).hex() == row["leaf_hash"]
    for row in vectors.load("merkle")["trees"]:
        leaves = [strangers.sha(b"\0" + index.to_bytes(4, "big")) for index in range(row["size"])]
        assert strangers.root(leaves).hex() == row["root"]


def test_checkpoints_receipts_and_recovery_notes() -> None:
    notes, receipts, recovery = (vectors.load(name) for name in ("notes", "cosignatures", "recoveries"))
    for row in notes["positive"]:
        origin, size, root, end = strangers.open_note(row["note"], notes["vkey"]).split("\n")
        assert (int(size), base64.b64decode(root).hex(), end) == (row["size"], row["root"], "")
        assert notes["vkey"].startswith(f"{origin}+")
    assert strangers.open_cosignature(receipts["line"], receipts["text"], receipts["vkey"]) == receipts["time_s"]
    heads = [
        (each["origin"], each["size"], bytes.fromhex(each["root"]))
        for each in map(receipts["pair"].get, ("read", "own"))
    ]
    expected = "hanse receipt v1\n" + strangers.head(*heads[0]) + strangers.head(*heads[1])
    assert strangers.open_note(receipts["pair"]["note"], receipts["pair"]["vkey"]) == expected
    fence = base64.b64encode(bytes.fromhex(recovery["fence"])).decode()
    line = strangers.head(recovery["origin"], recovery["size"], bytes.fromhex(recovery["root"]))
    assert strangers.open_note(recovery["note"], recovery["vkey"]) == f"hanse recovery v1\n{line}{fence}\n"


def test_pairing() -> None:
    file, channel = vectors.load("invitations"), vectors.load("channels")
    secret = bytes.fromhex(file["secret"])
    assert strangers.sha(b"hanse/invite/1\n" + secret)[:16].hex() == file["tag"]
    assert strangers.hkdf(secret, b"hanse/pair/1").hex() == file["psk"]
    for row in file["words"]:
        assert strangers.words(bytes.fromhex(row["a"]), bytes.fromhex(row["b"])) == row["words"]
    dialler, dialled = (channel[side] for side in ("dialler", "dialled"))
    salt = strangers.sha(bytes.fromhex(dialler["salt"]) + bytes.fromhex(dialled["salt"]))[:16]
    nodes = [bytes.fromhex(side["node_id"]) for side in (dialler, dialled)]
    opening = strangers.decode(bytes.fromhex(channel["entry"]["hex"]))
    assert opening["b"]["origins"] == [strangers.origin(one, two, 1, salt) for one, two in (nodes, nodes[::-1])]
    assert opening["b"]["salt"] == salt


def test_personal_data() -> None:
    file = vectors.load("sealing")["personal"]
    reference = {
        name: bytes.fromhex(value) if name in ("cm", "ct", "kid") else value
        for name, value in file["reference"].items()
    }
    opened = strangers.open_personal(
        reference,
        bytes.fromhex(file["ciphertext"]),
        file["origin"],
        bytes.fromhex(file["entry_id"]),
        bytes.fromhex(file["recipient_private"]),
    )
    assert opened == file["fields"]


def test_messages() -> None:
    for row in vectors.load("messages")["positive"]:
        assert strangers.encode(octets(row["value"])).hex() == row["hex"]
