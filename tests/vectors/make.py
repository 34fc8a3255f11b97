"""Write the vector files that follow from the code: `python -m tests.vectors.make`."""

from __future__ import annotations

import json
from typing import Any

import msgpack  # type: ignore[import-untyped]

from tests import vectors
from tests.vectors import exchanges, nodes, signatures, trees, values


def files() -> dict[str, Any]:
    """Name -> content of every file that is made here."""
    return {
        "hcm": values.hcm(),
        "entries": values.entry_file(lambda value: msgpack.packb(sorted_maps(value))),
        "tiles": values.tile_file(),
        "merkle": trees.merkle_file(),
        "logbooks": trees.logbook_file(),
        "notes": signatures.note_file(),
        "cosignatures": signatures.cosignature_file(),
        "proofs": signatures.proof_file(),
        "identities": nodes.identity_file(),
        "invitations": nodes.invitation_file(),
        "sealing": nodes.sealing_file(),
        "messages": exchanges.message_file(),
        "recoveries": exchanges.recovery_file(),
        "channels": exchanges.channel_file(),
    }


def sorted_maps(value: Any) -> Any:
    """Maps in ascending order, and nothing checked: vectors must say what the encoder refuses to say."""
    if isinstance(value, dict):
        return {key: sorted_maps(value[key]) for key in sorted(value)}
    return [sorted_maps(item) for item in value] if isinstance(value, list) else value


def text(content: Any) -> str:
    """The text of a file."""
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    for name, content in files().items():
        (vectors.FOLDER / f"{name}.json").write_text(text(content), "utf-8")
