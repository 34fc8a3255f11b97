"""How fast a partner is given again what it was given before (faults.md L18), and blobs.

A partner may lose everything and ask for both logbooks from the start; one that does so every minute must not cost
the others anything. So repeats have a budget that fills up again with time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BURST_BYTES: Final = 32 << 20
"""At once: the logbooks of a year of a small shop."""
REFILL_BYTES_PER_S: Final = 1 << 20
"""Afterwards: 3.6 GB an hour, more than any two logbooks hold, and a small part of what a disk reads."""


@dataclass(slots=True)
class Pace:
    """A bucket of bytes that fills up with time. `now_s` is any clock that never goes back."""

    level: float = BURST_BYTES
    filled_s: float | None = None

    def wait_s(self, size: int, now_s: float) -> float:
        """How long `size` bytes have to wait; 0 takes them. A piece larger than the bucket empties it."""
        if self.filled_s is not None:
            self.level = min(BURST_BYTES, self.level + (now_s - self.filled_s) * REFILL_BYTES_PER_S)
        self.filled_s = now_s
        wanted = min(size, BURST_BYTES)
        if self.level < wanted:
            return (wanted - self.level) / REFILL_BYTES_PER_S
        self.level -= wanted
        return 0.0
