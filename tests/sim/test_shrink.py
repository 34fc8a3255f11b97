"""Shrinking keeps the failure and drops the rest."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.sim import plans, shrink


@pytest.mark.parametrize("needed", [[3], [3, 70], [0, 50, 99], []])
def test_only_what_is_needed_is_kept(needed: list[int]) -> None:
    runs = []

    def fails(items: Sequence[int]) -> bool:
        runs.append(len(items))
        return set(needed) <= set(items)

    assert shrink.minimise(range(100), fails) == needed
    assert len(runs) < 200


def test_the_number_of_replays_is_bounded() -> None:
    runs = []

    def fails(items: Sequence[int]) -> bool:
        runs.append(1)
        return len(items) > 30

    kept = shrink.minimise(range(100), fails, runs_max=20)
    assert len(runs) == 20
    assert len(kept) > 30


def test_a_plan_is_shrunk_by_its_events() -> None:
    events = tuple(plans.Break(number, "anna") for number in range(20))
    plan = plans.Plan(1, ("anna", "bela", "cora"), 1_000, events)
    small = shrink.shrink(plan, lambda tried: any(event.at_ms == 7 for event in tried.events))
    assert small == plan.with_events([plans.Break(7, "anna")])
