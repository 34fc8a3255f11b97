"""What a document costs does not grow with what was traded before it."""

from __future__ import annotations

from tests.contracts import mills
from tests.contracts.mills import Mill

DOCUMENTS = 100_000
WINDOW = 2 * (mills.MONTH_DOCUMENTS + 3)  # two months, each with its statement and its payment
NOISE = 100  # calls in a window that depend on where a list or a dictionary happens to grow


def test_the_fold_costs_the_same_at_the_end_of_100_000_documents_as_at_the_beginning() -> None:
    mill = Mill()
    mills.turn(mill, WINDOW)  # the first month is cheaper: there is no statement before it
    first = mills.cost(mill, WINDOW)
    mills.turn(mill, (DOCUMENTS - mill.folded) // WINDOW * WINDOW)
    last = mills.cost(mill, WINDOW)
    assert mill.folded > DOCUMENTS - WINDOW
    assert last.steps == first.steps
    assert abs(last.calls - first.calls) <= NOISE
    ledger = mill.history.channel.ledgers[mill.shop.agreement]
    assert len(ledger.closed) == mill.folded // (mills.MONTH_DOCUMENTS + 3)
    assert len(ledger.pending) <= mills.MONTH_DOCUMENTS + 3
