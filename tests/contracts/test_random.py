"""Random walks of two merchants: conservation at each step, one state for every order of arrival."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import documents
from contracts.histories import History, Item
from tests.contracts import conservations, walks
from tests.contracts.homecomings import Homecoming
from tests.contracts.journeys import Journey
from tests.contracts.walks import Walk

STEPS = 200


KINDS = (Walk, Journey, Homecoming)


def walk_of(chance: Random, hostile: int) -> Walk:
    """Of each kind as many, so that the documents of each are often enough among themselves."""
    return chance.choice(KINDS)(chance, hostile)


def walk(chance: Random, hostile: int) -> Walk:
    trade = walk_of(chance, hostile)
    for _ in range(STEPS):
        trade.step()
        for desk in trade.desks:
            conservations.conserved(desk)
    return trade


def settle(trade: Walk) -> None:
    trade.deliver(0)
    trade.deliver(1)
    states = [walks.digest(desk) for desk in trade.desks]
    assert states[0] == states[1]
    assert trade.desks[0].balance("EUR") == trade.desks[1].balance("EUR")
    for _ in range(4):
        again = trade.interleaved()
        assert walks.digest(again) == states[0]
        conservations.conserved(again)


@settings(derandomize=True, max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_every_interleaving_of_honest_walks_folds_to_one_state(seed: int) -> None:
    settle(walk(Random(seed), hostile=0))


@settings(derandomize=True, max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_every_interleaving_of_hostile_walks_folds_to_one_state(seed: int) -> None:
    settle(walk(Random(seed), hostile=60))


SELDOM: dict[str, str] = {
    "peer.accept": "both sides invite each other before a walk begins, and an invitation is accepted once",
}
"""The document types that no walk writes, each with the reason."""
WALKS = 120


def test_every_document_type_is_written_and_stands_in_some_walk() -> None:
    written: set[str] = set()
    for seed in range(WALKS):
        trade = walk_of(Random(seed), hostile=0)
        for _ in range(STEPS):
            trade.step()
        for desk in trade.desks:
            written |= {item.type for item in trade.logs[trade.side(desk)] if stands(desk, item)}
    assert set(documents.SUPPORTED) - written == set(SELDOM)


def stands(history: History, item: Item) -> bool:
    """Whether an entry was not refused."""
    return (item.side, item.index) not in history.refusals
