"""How far a long piece of work is, told in about two hundred steps and never once an entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Report = Callable[[str, int, int], None]
"""What is being done, how much of it is done, and of how much."""

STEPS: Final = 200


@dataclass(slots=True)
class Progress:
    """`total` things of one kind (`what`) are to be done."""

    what: str
    total: int
    report: Report
    done: int = 0
    _told: int = 0

    def add(self, count: int) -> None:
        """So many more are done."""
        self.done += count
        if self.done - self._told >= self.total / STEPS or self.done >= self.total:
            self._told = self.done
            self.report(self.what, self.done, self.total)
