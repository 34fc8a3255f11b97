"""RFC 6962 roots once more, written from the RFC alone, so that the product's own tree is checked by another."""

from __future__ import annotations

import hashlib


def leaf_hash(entry: bytes) -> bytes:
    """Section 2.1: SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


class Tree:
    """A growing tree: the roots of its complete subtrees, as digits of a binary counter."""

    def __init__(self) -> None:
        self.size = 0
        self._digits: list[bytes | None] = []  # [k] covers 2 ** k leaves; the last one is leftmost

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash: amortised one hash."""
        level = 0
        while level < len(self._digits):
            left = self._digits[level]
            if left is None:
                break
            leaf = hashlib.sha256(b"\x01" + left + leaf).digest()
            self._digits[level] = None
            level += 1
        if level == len(self._digits):
            self._digits.append(None)
        self._digits[level] = leaf
        self.size += 1

    def root(self) -> bytes:
        """The root: SHA-256("") of nothing, otherwise the subtrees joined from the right."""
        found: bytes | None = None
        for digit in self._digits:
            if digit is not None:
                found = digit if found is None else hashlib.sha256(b"\x01" + digit + found).digest()
        return hashlib.sha256(b"").digest() if found is None else found
