"""What people call by the beginning of its hash, as lists show it."""

from __future__ import annotations

from typing import Final

CHARACTERS_MIN: Final = 8
"""Fewer could mean several things, or be a slip of the fingers."""


def means(typed: str, hash: bytes) -> bool:
    """Whether somebody who typed this means the thing with this hash."""
    return len(typed) >= CHARACTERS_MIN and hash.hex().startswith(typed.lower())
