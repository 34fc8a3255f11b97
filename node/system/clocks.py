"""The real wall clock and the real randomness."""

from __future__ import annotations

import os
import time


class SystemClock:
    """`ports.Clock`: what this machine believes. It may step, freeze or be wrong (faults.md S14)."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        return time.time_ns() // 1_000_000


class SystemEntropy:
    """`ports.Entropy`: the kernel's generator and nothing else (faults.md H10)."""

    def token(self, size: int) -> bytes:
        """`size` bytes, unpredictable."""
        return os.urandom(size)
