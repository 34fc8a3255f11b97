"""Sums are made again from their parts: a fold that had lost a unit or a cent would be caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from contracts.histories import History
from contracts.lots import Lot
from node.audits import conservations
from tests.node.audits import trades


@pytest.fixture
def history() -> History:
    shop = trades.Shop()
    trades.month(shop, 4)
    shop.sold(2)
    shop.world.settle()
    return trades.fold(shop.world)


def lose_a_unit(history: History) -> None:
    thread = next(iter(history.channel.kinds["order"].values()))
    line = thread.state.lines[1]
    first = line.lots[0]
    lots = (first._replace(quantity=first.quantity - 1), *line.lots[1:])
    thread.state = replace(thread.state, lines={1: replace(line, lots=lots)})


def invent_an_empty_lot(history: History) -> None:
    thread = next(iter(history.channel.kinds["order"].values()))
    line = thread.state.lines[1]
    empty = Lot(line.lots[0].state, 0)
    thread.state = replace(thread.state, lines={1: replace(line, lots=(*line.lots, empty))})


def owe_a_cent_more(history: History) -> None:
    _, account = next(iter(history.channel.accounts.values()))
    account.owed = account.owed._replace(goods=account.owed.goods + 1)


def move_the_balance(history: History) -> None:
    next(iter(history.channel.ledgers.values())).total += 1


def settle_a_cent_more(history: History) -> None:
    _, account = next(iter(history.channel.accounts.values()))
    account.settled = account.settled._replace(tax=account.settled.tax + 1)


def misprice_an_order(history: History) -> None:
    thread = next(iter(history.channel.kinds["order"].values()))
    thread.state = replace(thread.state, owed=thread.state.owed._replace(goods=thread.state.owed.goods + 1))


def test_an_honest_fold_conserves_everything(history: History) -> None:
    assert list(conservations.imbalances(history)) == []


@pytest.mark.parametrize(
    ("mistake", "what"),
    [
        (lose_a_unit, "all states together"),
        (invent_an_empty_lot, "in one state"),
        (owe_a_cent_more, "the balance"),
        (move_the_balance, "the balance"),
        (settle_a_cent_more, "last closing balance"),
        (misprice_an_order, "minor units owed"),
    ],
)
def test_a_mistake_of_the_fold_is_caught(history: History, mistake: Callable[[History], None], what: str) -> None:
    mistake(history)
    found = list(conservations.imbalances(history))
    assert any(what in imbalance.what for imbalance in found)
    assert all(imbalance.expected != imbalance.got for imbalance in found)
