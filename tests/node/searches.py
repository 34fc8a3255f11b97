"""Searching a node's whole disk for something that must not be on it, in every spelling that it might have there."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.node.towns import Citizen

Needle = bytes | str | int


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that only some nodes may hold, and what it is. `everywhere`: those who may, do."""

    what: str
    needle: Needle
    everywhere: bool = True


def spellings(needle: Needle) -> Iterator[bytes]:
    """The bytes under which a value may stand on a disk: raw, as text in several encodings, as an amount."""
    match needle:
        case int():
            yield b"\xce" + needle.to_bytes(4, "big")  # as HCM writes it
            for text in (str(needle), f"{needle // 100}.{needle % 100:02}", f"{needle / 100:,.2f}"):
                yield text.encode()
        case bytes():
            yield from (needle, needle.hex().encode(), needle.hex().upper().encode())
            yield base64.b32encode(needle).rstrip(b"=")
            yield base64.b32encode(needle).rstrip(b"=").lower()
            for code in (base64.b64encode, base64.urlsafe_b64encode):
                yield code(needle).rstrip(b"=")[:-1]
        case str():
            yield from (needle.encode(code, "replace") for code in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"))
            yield json.dumps(needle).strip('"').encode()
            yield from (needle.encode().hex().encode(), base64.b64encode(needle.encode()).rstrip(b"=")[:-1])


def disk(citizen: Citizen) -> Mapping[str, bytes]:
    """Everything on a node's disk by place: the database file, its state files, and every cell of every table.

    The cells stand beside the file since a value that is long may be scattered over its pages.
    """
    snapshot = citizen.image.snapshot()
    found = {"the database file": snapshot.database}
    found |= {f"the state file {name}": content for name, content in snapshot.state.items()}
    db = sqlite3.connect(":memory:")
    db.deserialize(snapshot.database)
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        cells = [value for row in db.execute(f'SELECT * FROM "{table}"') for value in row if value is not None]
        found[f"the table {table}"] = b"\n".join(
            cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells
        )
    db.close()
    return found


def written(value: object) -> bytes:
    """A cell as bytes."""
    return value if isinstance(value, bytes) else str(value).encode()
