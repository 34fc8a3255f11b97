"""What a network does to messages: its weather, and its partitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Weather:
    """What the network does to every message. Chances are 0 to 1 for each message; the default is a calm day."""

    delay_ms_min: int = 1
    delay_ms_max: int = 20
    stall: float = 0.0  # a lost segment, sent again by TCP
    stall_ms_max: int = 3_000
    clog: float = 0.0  # the whole direction stands still for a while
    clog_ms_mean: int = 1_000
    reset_before: float = 0.0  # the link breaks, this message is lost
    reset_after: float = 0.0  # this message arrives, the answer cannot
    repeat: float = 0.0  # somebody slips a message of an earlier link in before this one
    corrupt: float = 0.0  # one bit flips
    refuse: float = 0.0  # a dial fails: no name, no route, no listener
    bytes_per_s: int = 0  # 0 is unlimited


CALM = Weather()


def from_fields(values: Mapping[str, float]) -> Weather:
    """The weather with these fields, as plans spell it; whole numbers where the field is one."""
    whole = {part.name for part in fields(Weather) if part.type == "int"}
    chosen: dict[str, Any] = {name: int(value) if name in whole else value for name, value in values.items()}
    return Weather(**chosen)


class CutKind(StrEnum):
    """Which way a partition blocks."""

    BOTH = "both"
    ONE_WAY = "one-way"  # from left to right nothing passes


@dataclass(frozen=True, slots=True)
class Cut:
    """A partition: hosts in `left` and in `right` do not hear each other. Empty `right` is everybody else."""

    left: frozenset[str]
    right: frozenset[str]
    kind: CutKind = CutKind.BOTH

    def blocks(self, source: str, target: str) -> bool:
        """Whether a message from `source` to `target` is held back."""
        if self._crosses(source, target):
            return True
        return self.kind is CutKind.BOTH and self._crosses(target, source)

    def _crosses(self, source: str, target: str) -> bool:
        return source in self.left and (target in self.right or (not self.right and target not in self.left))
