"""What must hold between merchants at rest, over everything that they have signed.

`order_independence`: the two ends of a channel fold to one state, though nothing came to them in one order. Law 6 holds
in it: goods and money are conserved. `money_conserved_by_netting`: around a cycle all edges applied or none, and a
round took from each as much as it gave.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from contracts import histories
from contracts.setoffs import SetoffState
from tests.contracts import conservations

if TYPE_CHECKING:
    from tests.sim import merchants


def breaches(program: merchants.Merchants) -> Iterator[tuple[str, str, str]]:
    """(invariant, node, what is wrong) for everything that does not hold."""
    given: dict[bytes, Counter[bytes]] = defaultdict(Counter)  # round -> merchant -> claims gone, less debts gone
    for name, home in program.homes.items():
        for partner, fold in home.shadow.live().items():
            if name < partner:
                yield from _of_channel(program, name, partner, fold)
                _of_rounds(fold, given)
    for batch, gone in given.items():
        for node, minor in gone.items():
            if minor:
                detail = f"the round {batch.hex()[:12]} took {minor} more from {node.hex()[:12]} than it gave"
                yield "money_conserved_by_netting", "", detail


def _of_channel(
    program: merchants.Merchants, name: str, partner: str, fold: histories.History
) -> Iterator[tuple[str, str, str]]:
    there = program.homes[partner].shadow.live()[name]
    mine, theirs = histories.snapshot(fold), histories.snapshot(there)
    for part in mine:
        if mine[part] != theirs[part]:
            detail = f"{part} with {partner} is {mine[part]!r:.200}, there {theirs[part]!r:.200}"
            yield "order_independence", name, detail
    try:
        conservations.conserved(fold)
    except AssertionError as broken:
        yield "conserved", name, f"with {partner}: {str(broken) or 'law 6'}"


def _of_rounds(fold: histories.History, given: dict[bytes, Counter[bytes]]) -> None:
    for setoff in fold.setoffs.values():
        if setoff.batch is not None and setoff.state is SetoffState.APPLIED:
            given[setoff.batch][fold.parties[setoff.side]] -= setoff.amount
            given[setoff.batch][fold.parties[1 - setoff.side]] += setoff.amount


def documents(program: merchants.Merchants) -> Counter[str]:
    """How many documents of each type stand in all logbooks together."""
    found: Counter[str] = Counter()
    for home in program.homes.values():
        for fold in home.shadow.folds.values():
            found.update(fold.types)
    return found
