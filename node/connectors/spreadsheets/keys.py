"""Names by which the same file, and the same order in another file, is known again (docs/spreadsheets.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def sheet_key(data: bytes) -> str:
    """Hex SHA-256 of the file: importing the same file twice changes nothing the second time."""
    return hashlib.sha256(data).hexdigest()


def order_key(shop: str, number: str) -> str:
    """Hex SHA-256 that names one consumer order whatever file or connector it came through.

    Shop and number are compared as they are written, after trimming; their lengths are hashed too, so that no two
    pairs share a key.
    """
    return parts_key(("order", shop.strip(), number.strip()))


def parts_key(parts: Iterable[str]) -> str:
    """Hex SHA-256 over texts, each with its length in front."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode("utf-8")
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()
