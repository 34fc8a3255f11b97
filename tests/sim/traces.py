"""One digest over everything that happened, so that two runs can be compared with one line."""

from __future__ import annotations

import hashlib
from collections import Counter, deque

from tests.sim import loop as loops

LINES_MAX = 2_000  # what `tail` remembers for a failure report


class Trace:
    """Every delivered message, commit, crash and decision, in order, with its virtual time in microseconds."""

    def __init__(self, loop: loops.SimLoop, keep_all: bool = False) -> None:
        self._loop = loop
        self._sum = hashlib.sha256()
        self.counts: Counter[str] = Counter()
        self.lines: deque[str] = deque(maxlen=None if keep_all else LINES_MAX)

    def record(self, kind: str, subject: str, payload: bytes = b"") -> None:
        """Add one event; `payload` is hashed whole and shown as its length."""
        time_us = round(self._loop.time() * 1_000_000)
        line = f"{time_us} {kind} {subject} {len(payload)}"
        self._sum.update(line.encode())
        self._sum.update(payload)
        self.counts[kind] += 1
        self.lines.append(line)

    def digest(self) -> str:
        """SHA-256 so far, hexadecimal."""
        return self._sum.hexdigest()
