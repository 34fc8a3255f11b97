"""A proposed statement as people read it: the document and its lines as JSON.

The text follows from the logbook and the blob byte for byte, so it is evidence of nothing by itself and cannot be
altered either: the auditor's tool makes it again and compares.
"""

from __future__ import annotations

import json
from typing import Any, Final

from protocol import encoding, entries, limits
from protocol.encoding import Value
from protocol.errors import PeerError

STATEMENT: Final = "statement.propose"
LINES_OBJECTS_MAX: Final = 4_000_000
"""Values of the lines of one statement: a blob of 64 MiB holds fewer."""


def is_statement(data: bytes) -> bool:
    """Whether an entry may be a proposed statement; a cheap question that is asked of every entry."""
    return STATEMENT.encode() in data


def lines_hash(entry: entries.Entry) -> bytes | None:
    """The SHA-256 that a proposed statement names its lines by; None for a document that names none."""
    named = entry.body.get("lines_hash")
    return named if type(named) is bytes and len(named) == 32 else None


def read_lines(blob: bytes) -> list[Value] | None:
    """The lines in a blob; None when it holds no list, so that nothing else is ever exported as lines."""
    try:
        lines = encoding.decode(blob, bytes_max=limits.BLOB_BYTES_MAX, objects_max=LINES_OBJECTS_MAX)
    except PeerError:
        return None
    return lines if type(lines) is list else None


def statement(origin: str, index: int, leaf: bytes, entry: entries.Entry, lines: list[Value] | None) -> bytes:
    """The file of a proposed statement: UTF-8 JSON, bytes in hex; `lines` is null when they are not disclosed."""
    content = {
        "logbook": origin,
        "index": index,
        "leaf": leaf.hex(),
        "type": entry.type,
        "version": entry.version,
        "ts_ms": entry.ts_ms,
        "seen": entry.seen,
        "document": plain(entry.body),
        "lines": plain(lines),
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def plain(value: Value) -> Any:
    """A value as JSON has it: bytes in hex."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
