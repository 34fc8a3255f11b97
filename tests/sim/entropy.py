"""Randomness that is the same in every run: byte streams for nodes, and draws keyed by what they decide.

A draw depends on its key alone, never on what was drawn before it. So an event that is taken out of a plan leaves
all other decisions as they were. Nothing here depends on `PYTHONHASHSEED`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")

Key = int | str

NUMBER_BYTES = 8
MANTISSA_BITS = 53  # what a float holds exactly


def digest(*key: Key) -> bytes:
    """64 bytes that belong to this key. Strings and integers with the same text are kept apart."""
    spelled = "\x00".join(f"{type(part).__name__[0]}{part}" for part in key)
    return hashlib.blake2b(spelled.encode(), digest_size=64).digest()


class Draw:
    """A short series of decisions under one key."""

    __slots__ = ("_block", "_key", "_offset", "_pool")

    def __init__(self, *key: Key) -> None:
        self._key = key
        self._block = 0
        self._offset = 0
        self._pool = digest(*key)

    def bits(self) -> int:
        """The next 64-bit integer."""
        if self._offset == len(self._pool):
            self._block += 1
            self._pool, self._offset = digest(*self._key, "block", self._block), 0
        taken = self._pool[self._offset : self._offset + NUMBER_BYTES]
        self._offset += NUMBER_BYTES
        return int.from_bytes(taken, "big")

    def fraction(self) -> float:
        """Uniform in [0, 1)."""
        return (self.bits() >> (64 - MANTISSA_BITS)) / (1 << MANTISSA_BITS)

    def chance(self, probability: float) -> bool:
        """True with this probability. Always takes one number, so that a changed rate moves nothing else."""
        return self.fraction() < probability

    def between(self, low: int, high: int) -> int:
        """Uniform integer, both ends included."""
        return low + self.bits() % (high - low + 1)

    def span(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + self.fraction() * (high - low)

    def exponential(self, mean: float) -> float:
        """Exponentially distributed waiting time."""
        return -mean * math.log(1.0 - self.fraction())

    def choice(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[self.bits() % len(items)]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """The items in another order."""
        rest, mixed = list(items), []
        while rest:
            mixed.append(rest.pop(self.bits() % len(rest)))
        return mixed


class SeededEntropy:
    """`ports.Entropy` for one process: a SHA-256 counter stream of (seed, name)."""

    def __init__(self, seed: Key, name: str) -> None:
        self._key = hashlib.sha256(digest(seed, "entropy", name)).digest()
        self._counter = 0
        self._pool = b""

    def token(self, size: int) -> bytes:
        """`size` bytes, the next of the stream."""
        while len(self._pool) < size:
            self._pool += hashlib.sha256(self._key + self._counter.to_bytes(8, "big")).digest()
            self._counter += 1
        taken, self._pool = self._pool[:size], self._pool[size:]
        return taken
