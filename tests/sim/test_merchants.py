"""Whole nodes trade in bad weather, and everything that must hold does. Bugs that are planted in them are found."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.sim import __main__ as command
from tests.sim import conservations, invariants, merchants, plans, plants, programs, promises, runs, weathers

SEEDS = range(1, 21)
REGRESSIONS = sorted((Path(__file__).parent / "regressions").glob("*.jsonl"))


@functools.cache
def outcome(seed: int) -> programs.Outcome:
    return runs.play(runs.draw(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_holds_whatever_befalls_the_nodes(seed: int) -> None:
    assert outcome(seed).violations == ()


def test_everything_befell_the_nodes() -> None:
    """Or the seeds prove nothing."""
    befell: Counter[str] = Counter()
    for seed in SEEDS:
        befell.update(outcome(seed).counts)
        sums = runs.tally(outcome(seed))
        befell.update(shipped=sums.shipped, cancelled=sums.cancelled, orders=sums.orders)
    assert {"death", "reset", "restore", "trap", "repeat", "exit"} <= befell.keys()
    assert befell["orders"] > 300 and befell["shipped"] > 100 and befell["cancelled"] > 100


KINDS = {
    "a return": ("return.request", "return.decide"),
    "goods that come back": ("return.ship", "return.receive", "return.inspect", "refund.grant"),
    "a netting of two, or a round": ("setoff.propose", "setoff.consent"),
    "a round that applies": ("setoff.notice",),
    "a pause": ("peer.suspend", "peer.resume"),
    "a reminder": ("reminder",),
    "a silence that is claimed": ("deem",),
    "an invoice": ("invoice.issue", "invoice.respond"),
    "a credit note": ("invoice.credit",),
    "a settled complaint": ("issue.open", "settle.offer", "settle.accept"),
    "a statement": ("statement.propose", "statement.respond"),
    "a payment": ("payment.sent", "payment.received"),
    "what arrived": ("shipment.status", "receipt.advice"),
}
"""What a run is about, by the documents that stand in its logbooks at the end."""
TYPICAL = 5  # of the seeds, at least


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_trade_happens_in_a_typical_seed(kind: str) -> None:
    happened = [seed for seed in SEEDS if all(outcome(seed).counts.get(type) for type in KINDS[kind])]
    assert len(happened) >= TYPICAL, happened


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.stem)
def test_what_was_once_found_stays_mended(path: Path) -> None:
    assert runs.play(plans.from_lines(path.read_text())).violations == ()


def test_the_same_seed_gives_the_same_trace_whatever_the_hash_seed_of_the_interpreter() -> None:
    program = "from tests.sim import runs\nprint(*(runs.play(runs.draw(seed, 600_000)).digest for seed in (3, 7)))"
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


# --- planted bugs


def day(*events: plans.Event) -> plans.Plan:
    """Ten minutes of anna the factory, bela the dealer and cora the shop."""
    return plans.Plan(1, ("anna", "bela", "cora"), 600_000, events)


def order(at_ms: int, word: str, partner: str = "anna") -> plans.Act:
    arguments: dict[str, plans.Json] = {"word": word, "partner": partner, "lines": [{"sku": "A-0", "quantity": 2}]}
    return plans.Act(at_ms, "cora", "order.place", arguments)


def found(plan: plans.Plan, node: str, build: merchants.Build, *kinds: type[invariants.Invariant]) -> set[str]:
    """The invariants that a planted bug breaks; without it the same plan breaks none."""
    assert runs.play(plan).violations == ()
    violations = runs.play(plan, merchants.Merchants({node: build}), kinds).violations
    return {violation.invariant for violation in violations}


CROSSING = day(
    order(1_000, "o1"),
    plans.Act(30_000, "anna", "order.accept", {"order": "o1"}),
    plans.Split(60_000, 30_000, ("anna",), ("cora",), weathers.CutKind.BOTH.value),
    plans.Act(70_000, "cora", "order.cancel", {"order": "o1"}),
    plans.Act(70_000, "anna", "order.ship", {"order": "o1", "carrier": "SF", "waybill": "SF1"}),
)


def test_a_receipt_before_the_commit_is_found() -> None:
    assert found(day(order(1_000, "o1")), "anna", plants.HASTY, *runs.KINDS) == {"ack_after_durable"}


def test_a_receipt_for_what_a_crash_then_loses_is_found() -> None:
    acts = [order(60_000 * number, f"o{number}") for number in range(1, 9)]
    traps = [plans.SetTrap(act.at_ms, "anna", "commit", number, "crash") for number, act in enumerate(acts)]
    assert found(day(*acts, *traps), "anna", plants.HASTY, promises.AckedNeverLost) == {"acked_never_lost"}


def test_a_command_that_is_carried_out_again_is_found() -> None:
    plan = day(order(1_000, "o1"), order(90_000, "o1"))
    assert found(plan, "cora", plants.FORGETFUL, *runs.KINDS) == {"exactly_once_effect"}


def test_a_sheet_that_is_taken_again_is_found() -> None:
    rows: plans.Json = [["C1", "A-0", 1]]
    plan = day(*(plans.Act(at_ms, "cora", "order.import", {"rows": rows}) for at_ms in (1_000, 90_000)))
    assert found(plan, "cora", plants.FORGETFUL, *runs.KINDS) == {"exactly_once_effect"}


def test_a_wrong_winner_between_a_cancel_and_a_parcel_is_found() -> None:
    assert found(CROSSING, "cora", plants.BLIND, conservations.CancelOrShip) == {
        *("cancel_or_ship_never_both", "order_independence")
    }
    assert found(CROSSING, "cora", plants.BLIND, *runs.KINDS) == {"balances_agree_at_equal_heads"}


# --- the command


def test_the_command_says_how_to_see_a_failure_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--seed", "2", "--minutes", "5"]) == 0
    assert capsys.readouterr().out.startswith("seed=2 ok digest=")
    broken = runs.play(day(order(1_000, "o1")), merchants.Merchants({"anna": plants.HASTY}))
    line = command.failure(broken, "--seed 1")
    assert line.startswith("FAILED commit=")
    assert " seed=1 invariant=ack_after_durable node=anna at_ms=" in line
    assert "replay='python -m tests.sim --seed 1'" in line
    assert "\n" not in line


def test_a_failing_replay_is_shrunk_and_ends_with_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "plan.jsonl"
    path.write_text(plans.to_lines(day(order(1_000, "o1"), order(2_000, "o2"), plans.Break(3_000, "cora"))))
    arguments = ["--replay", str(path), "--shrink"]
    assert command.main(arguments, lambda: merchants.Merchants({"anna": plants.HASTY})) == 1
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("FAILED ") and f"--replay {path}" in first
    assert len(plans.from_lines("\n".join(rest)).events) <= 1
