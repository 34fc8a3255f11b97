"""What docs/protocol.md says of things above the protocol floor: recommended derivations, first entries, the export."""

from __future__ import annotations

import re

from node.audits import layouts
from node.links import addresses, websockets
from node.replication import connections, greetings, recoveries
from node.trade import personal
from protocol import checkpoints, identities
from tests import vectors
from tests.documentation import pages
from tests.vectors import exchanges

TEXT = pages.PROTOCOL.read_text("utf-8")
RECOVERY = vectors.load("recoveries")
CHANNEL = vectors.load("channels")


def chapter(number: str) -> str:
    """The text from the heading with this number to the next heading."""
    match = re.search(rf"^##+ {re.escape(number)}\.? .*?(?=^##+ \d)", TEXT, re.DOTALL | re.MULTILINE)
    assert match, number
    return match[0]


def test_the_node_signs_the_recovery_note_of_the_vectors() -> None:
    root = bytes.fromhex(RECOVERY["root"])
    head = checkpoints.Checkpoint(RECOVERY["origin"], RECOVERY["size"], root)
    assert recoveries.note_text(head, bytes.fromhex(RECOVERY["fence"])) == RECOVERY["text"]


def test_the_node_derives_its_part_of_the_salt_as_recommended() -> None:
    tag = bytes.fromhex(CHANNEL["tag"])
    for side in ("dialler", "dialled"):
        root = bytes.fromhex(CHANNEL[side]["root_secret"])
        assert greetings.salt_of(root, tag).hex() == CHANNEL[side]["salt"]


def test_the_opening_has_the_fields_of_the_table() -> None:
    shown = [row[0] for row in pages.rows(chapter("9.5").split("<!--")[0])]
    assert sorted(shown) == sorted(exchanges.opening().body)


def test_the_name_on_a_local_network() -> None:
    tag = connections.lan_tag(identities.NodeId(bytes(32)))
    assert f"of 32 zero bytes it is `{tag}`" in " ".join(chapter("9.8").split())


def test_where_a_session_is_found() -> None:
    assert f"path `{addresses.PATH}`, subprotocol `{websockets.SUBPROTOCOL}`" in chapter("5.1")


def test_the_fields_of_a_recipient() -> None:
    assert ", ".join(f"`{name}`" for name in personal.FIELDS) in " ".join(chapter("11.3").split())


def test_the_layout_of_an_export() -> None:
    text = chapter("13.2")
    names = (
        layouts.README,
        layouts.CHECKPOINT,
        layouts.VKEY,
        layouts.MIRROR_VKEY,
        layouts.POLICY,
        layouts.HEADS,
        layouts.RECEIPTS,
    )
    for name in names:
        assert re.search(rf"^ *{re.escape(name)} ", text, re.MULTILINE), name
    assert f"first {layouts.SHORT_CHARACTERS} characters" in text
    shown = layouts.policy("<verifier key of the author>", "<verifier key of the reader's mirror key>")
    assert shown in text


def test_every_vector_file_is_described() -> None:
    shown = [row[0] for row in pages.rows(chapter("16"))]
    assert sorted(shown) == sorted(path.name for path in vectors.FOLDER.glob("*.json"))
