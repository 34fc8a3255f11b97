"""Runs of real nodes: from a seed to a plan, from a plan to an outcome, from a failure to the least that shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import structlog

from tests.sim import (
    conservations,
    entropy,
    invariants,
    merchants,
    plans,
    programs,
    promises,
    shrink,
    swarms,
    workloads,
    worlds,
)

NODES_MIN, NODES_MAX = 3, 8
DURATION_MS = 40 * swarms.MINUTE_MS
RUNS_MAX = 250  # replays to make one failure small
KINDS = invariants.LOGBOOKS + promises.PROMISES + conservations.CONSERVATIONS
SILENT = 50  # only what is worse than an error is logged: a run says what it has to say in its outcome


def draw(seed: int, duration_ms: int = DURATION_MS) -> plans.Plan:
    """The plan of a seed."""
    count = entropy.Draw(seed, "nodes").between(NODES_MIN, NODES_MAX)
    return swarms.draw(seed, count, duration_ms, lambda _, names, until_ms: workloads.draw(seed, names, until_ms))


def play(
    plan: plans.Plan,
    program: merchants.Merchants | None = None,
    kinds: Sequence[type[invariants.Invariant]] = KINDS,
    keep_trace: bool = False,
) -> programs.Outcome:
    """Run real nodes through a plan."""
    with quiet():
        return worlds.play(plan, program or merchants.Merchants(), kinds, keep_trace)


@contextmanager
def quiet() -> Iterator[None]:
    """The nodes' own log is not written: rendering it would cost more than the nodes."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(SILENT))
    try:
        yield
    finally:
        structlog.configure(**before)


def shrunk(
    found: programs.Outcome, make: Callable[[], merchants.Merchants] = merchants.Merchants, runs_max: int = RUNS_MAX
) -> plans.Plan:
    """The least plan that breaks the same invariant as a failed run."""
    invariant = found.violations[0].invariant

    def fails(plan: plans.Plan) -> bool:
        return bool(found := play(plan, make()).violations) and found[0].invariant == invariant

    stopped = replace(found.plan, duration_ms=min(found.plan.duration_ms, found.elapsed_ms))
    return shrink.shrink(stopped if fails(stopped) else found.plan, fails, runs_max)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run was about, for its line."""

    events: int
    orders: int
    shipped: int
    cancelled: int
    crashes: int
    restores: int
    hours: float


def tally(outcome: programs.Outcome) -> Tally:
    """Count what was asked and what befell the nodes. Orders, parcels and cancels are those that were answered OK."""
    done: dict[str, int] = {}
    for answer in outcome.answers:
        if answer.verdict is programs.Verdict.OK and isinstance(answer.value, dict):
            count = answer.value.get({"order.ship": "shipped", "order.cancel": "cancelling"}.get(answer.verb, ""), 1)
            done[answer.verb] = done.get(answer.verb, 0) + (count if isinstance(count, int) else 1)
    return Tally(
        len(outcome.plan.events),
        done.get("order.place", 0) + done.get("order.import", 0),
        done.get("order.ship", 0),
        done.get("order.cancel", 0),
        outcome.counts.get("death", 0),
        outcome.counts.get("restore", 0),
        outcome.elapsed_ms / 3_600_000,
    )
