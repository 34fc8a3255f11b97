"""Simulated networks of real nodes: `python -m tests.sim --seed 7`, `--seeds 200`, `--shrink`, `--replay FILE`.

One line a run. A failure is one line with everything needed to see it again, and the status is 1.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.sim import merchants, plans, programs, runs, swarms

LINES_SHOWN = 60
MINUTES = runs.DURATION_MS // swarms.MINUTE_MS


def commit() -> str:
    """The short name of the commit that runs."""
    found = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def line(outcome: programs.Outcome, seconds: float) -> str:
    """The line of a run that went well."""
    sums = runs.tally(outcome)
    return (
        f"seed={outcome.plan.seed} ok digest={outcome.digest[:16]} nodes={len(outcome.plan.names)}"
        f" events={sums.events} orders={sums.orders} shipped={sums.shipped} cancelled={sums.cancelled}"
        f" crashes={sums.crashes} restores={sums.restores} virtual_hours={sums.hours:.2f} seconds={seconds:.1f}"
    )


def failure(outcome: programs.Outcome, how: str) -> str:
    """The line of a failed run."""
    violation = outcome.violations[0]
    return (
        f"FAILED commit={commit()} seed={outcome.plan.seed} invariant={violation.invariant}"
        f" node={violation.node or '-'} at_ms={violation.at_ms} replay='python -m tests.sim {how}'"
        f" detail={' '.join(violation.detail.split())}"
    )


def run(plan: plans.Plan, program: merchants.Merchants, how: str, trace: bool) -> programs.Outcome:
    """Play one plan and say what came of it."""
    began_s = time.perf_counter()
    outcome = runs.play(plan, program, keep_trace=trace)
    seconds = time.perf_counter() - began_s
    gc.collect()
    print(failure(outcome, how) if outcome.violations else line(outcome, seconds), flush=True)
    if trace:
        print("\n".join(outcome.lines[-LINES_SHOWN:]))
    return outcome


def chosen(given: argparse.Namespace) -> Iterator[tuple[plans.Plan, str]]:
    """The plans to be played, and how each is played again."""
    if given.replay is not None:
        yield plans.from_lines(given.replay.read_text()), f"--replay {given.replay}"
        return
    minutes = "" if given.minutes == MINUTES else f" --minutes {given.minutes}"
    for seed in range(given.first, given.first + given.seeds) if given.seeds is not None else [given.seed]:
        yield runs.draw(seed, given.minutes * swarms.MINUTE_MS), f"--seed {seed}{minutes}"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="one simulated network")
    parser.add_argument("--seeds", type=int, help="so many of them, one after the other")
    parser.add_argument("--first", type=int, default=1, help="the first of --seeds")
    parser.add_argument("--minutes", type=int, default=MINUTES, help="virtual minutes before everything heals")
    parser.add_argument("--replay", type=Path, help="a plan from a file")
    parser.add_argument("--shrink", action="store_true", help="make a failing plan small and print it")
    parser.add_argument("--trace", action="store_true", help="show the end of the trace")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None, make: Callable[[], merchants.Merchants] = merchants.Merchants) -> int:
    """The status: 0 when everything held, 1 when something did not."""
    given = parse(arguments)
    failed = 0
    for plan, how in chosen(given):
        outcome = run(plan, make(), how, given.trace)
        if outcome.violations:
            failed += 1
            if given.shrink:
                print(plans.to_lines(runs.shrunk(outcome, make)), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
