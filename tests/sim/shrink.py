"""Make a failing plan small: delta debugging over its events (Zeller and Hildebrandt, 2002)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

from tests.sim import plans

Item = TypeVar("Item")

RUNS_MAX = 1_000


def shrink(plan: plans.Plan, fails: Callable[[plans.Plan], bool], runs_max: int = RUNS_MAX) -> plans.Plan:
    """The same failure with as few events as can be found in `runs_max` replays. `plan` itself must fail."""
    return plan.with_events(minimise(plan.events, lambda events: fails(plan.with_events(events)), runs_max))


def minimise(items: Sequence[Item], fails: Callable[[Sequence[Item]], bool], runs_max: int = RUNS_MAX) -> list[Item]:
    """A sublist, in order, that still fails and of which no single item can be spared."""
    kept, parts, runs = list(items), 2, 0
    while len(kept) >= 2:
        smaller = None
        for start, end in _slices(len(kept), parts):
            if runs == runs_max:
                return kept
            rest = kept[:start] + kept[end:]
            runs += 1
            if fails(rest):
                smaller = rest
                break
        if smaller is not None:
            kept, parts = smaller, max(parts - 1, 2)
        elif parts >= len(kept):
            break
        else:
            parts = min(parts * 2, len(kept))
    if len(kept) == 1 and fails([]):
        return []
    return kept


def _slices(length: int, parts: int) -> list[tuple[int, int]]:
    bounds = [length * part // parts for part in range(parts + 1)]
    return [(start, end) for start, end in itertools.pairwise(bounds) if end > start]
