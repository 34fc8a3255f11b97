"""Whole worlds of toys: sound ones survive every fault, and each planted bug is found, shrunk and replayed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.sim import conservations, invariants, plans, playrooms, programs, promises, shrink, swarms, toys, worlds

KINDS = invariants.LOGBOOKS + promises.PROMISES + conservations.CONSERVATIONS
HALF_HOUR_MS = 30 * 60_000


def draw(seed: int) -> plans.Plan:
    return swarms.draw(seed, 3 + seed % 3, HALF_HOUR_MS, playrooms.workload)


def play(plan: plans.Plan, bug: toys.Bug = toys.Bug.NONE) -> programs.Outcome:
    return worlds.play(plan, playrooms.Toys(bug), KINDS)


def first_failure(bug: toys.Bug, seeds: int = 60) -> programs.Outcome:
    for seed in range(seeds):
        outcome = play(draw(seed), bug)
        if outcome.violations:
            return outcome
    raise AssertionError(f"{bug} was not found in {seeds} worlds")


def test_sound_toys_survive_every_fault() -> None:
    seen: dict[str, int] = {}
    for seed in range(12):
        outcome = play(draw(seed))
        assert outcome.violations == (), outcome.line() + "\n" + "\n".join(outcome.lines[-20:])
        for kind, count in outcome.counts.items():
            seen[kind] = seen.get(kind, 0) + count
    assert {"death", "reset", "restore", "trap", "repeat", "exit"} <= seen.keys(), seen  # or it proved nothing


@pytest.mark.parametrize(
    ("bug", "invariant"),
    [
        (toys.Bug.RECEIPT_BEFORE_COMMIT, "ack_after_durable"),
        (toys.Bug.ANSWER_EARLY, "ack_after_durable"),
        (toys.Bug.FORGET_NEWEST, "append_only"),
        (toys.Bug.REWRITE, "append_only"),
        (toys.Bug.APPEND_REPEATS, "prefix_agreement"),
        (toys.Bug.NO_FENCE, "prefix_agreement"),
        (toys.Bug.SIGN_AGAIN, "no_equivocation_by_honest"),
        (toys.Bug.KEEP_OUTBOX, "exactly_once_effect"),
        (toys.Bug.HOT_LOOP, "no_hot_loop"),
        (toys.Bug.SILENT, "liveness_converges"),
    ],
)
def test_a_planted_bug_is_found(bug: toys.Bug, invariant: str) -> None:
    assert invariant in {violation.invariant for violation in first_failure(bug).violations}


def test_an_effect_that_is_not_committed_with_its_cursor_is_found() -> None:
    acts = [event for event in draw(0).events if isinstance(event, plans.Act)]
    traps = [plans.SetTrap(act.at_ms + 500, name, "committed", 2, "crash") for act in acts for name in draw(0).names]
    plan = draw(0).with_events([*acts, *traps])
    assert play(plan).violations == ()
    found = play(plan, toys.Bug.EFFECT_TWICE)
    assert [violation.invariant for violation in found.violations] == ["exactly_once_effect"]


def test_an_error_without_a_code_is_found() -> None:
    plan = replace(draw(0), events=(plans.Act(1_000, "anna", "fail"),))
    found = play(plan, toys.Bug.TRACEBACK)
    assert [violation.invariant for violation in found.violations] == ["errors_are_coded"]
    sound = play(plan)
    assert sound.violations == ()
    assert sound.answers == (programs.Answer("anna", "fail", programs.Verdict.FAILED, "toy.refused"),)


def test_a_failure_is_shrunk_to_what_causes_it_and_replays_from_its_file() -> None:
    found = first_failure(toys.Bug.FORGET_NEWEST)
    invariant = found.violations[0].invariant

    def fails(plan: plans.Plan) -> bool:
        return any(violation.invariant == invariant for violation in play(plan, toys.Bug.FORGET_NEWEST).violations)

    small = shrink.shrink(replace(found.plan, duration_ms=found.elapsed_ms), fails, runs_max=100)
    assert len(small.events) <= 4, plans.to_lines(small)
    assert fails(plans.from_lines(plans.to_lines(small)))
    assert play(small).violations == ()


def test_a_plan_is_read_back_as_it_was_written() -> None:
    for seed in range(20):
        plan = draw(seed)
        assert plans.from_lines(plans.to_lines(plan)) == plan
    kinds = {type(event).__name__ for seed in range(40) for event in draw(seed).events}
    assert kinds == set(plans.KINDS)


def test_the_same_plan_gives_the_same_digest_and_another_seed_another() -> None:
    assert play(draw(1)).digest == play(draw(1)).digest
    assert play(draw(1)).digest != play(replace(draw(1), seed=99)).digest


def test_the_digest_does_not_depend_on_the_hash_seed_of_the_interpreter() -> None:
    program = "from tests.sim import test_worlds as t\nprint(*(t.play(t.draw(seed)).digest for seed in (1, 5)))"
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "random")
    }
    assert len(found) == 1, found


def test_clients_of_a_dying_node_are_told_nothing_certain() -> None:
    key = bytes(8).hex()
    plan = replace(
        draw(0),
        events=(
            plans.SetTrap(500, "anna", "commit", 0, "crash"),
            plans.SetTrap(500, "anna", "statement", 0, "crash"),
            plans.Act(1_000, "anna", "write", {"partner": "bela", "key": key}),
            plans.Act(1_001, "anna", "write", {"partner": "bela", "key": key}),
        ),
    )
    outcome = play(plan)
    assert outcome.violations == ()
    verdicts = [(answer.verdict, answer.value) for answer in outcome.answers]
    assert verdicts == [(programs.Verdict.INDEFINITE, None), (programs.Verdict.FAILED, "down")]
