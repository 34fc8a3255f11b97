"""Sums are made again from their parts: a fold that had lost a unit or a cent would be caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from contracts import returns
from contracts.histories import History
from contracts.lots import Lot
from node.audits import conservations
from tests.contracts import desks, returnings
from tests.contracts.desks import BUYER, SELLER
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


def test_D04_returns_with_freight_offers_and_refunds_conserve_everything() -> None:
    shop = returnings.Returning(charges=490)
    offered = shop.asked(3)
    offer = shop.both(SELLER, "return.decide", desks.decide(shop.thread, offered, (1, 3, "offer", 1_000)))
    shop.both(BUYER, "settle.accept", {"thread": shop.thread, "role": "buyer", "offer": offer})
    label = {"freight": desks.money(500), "paid_by": "buyer"}
    name = shop.came((2, "resellable"), (1, "damaged"), fields={"reason": "damaged"}, **label)
    ((quantity, amount),) = returns.due(shop.state, name).values()
    shop.both(SELLER, "refund.grant", desks.refund(shop.thread, name, (1, quantity, amount)))
    history = shop.sync()
    assert list(conservations.imbalances(history)) == []
    thread = history.channel.kinds["order"][shop.thread]
    line = thread.state.lines[1]
    lots = tuple(lot._replace(shipment=None) if lot.request else lot for lot in line.lots)
    thread.state = replace(thread.state, lines={1: replace(line, lots=lots)})
    assert ["a return is about" in one.what for one in conservations.imbalances(history)] == [True]


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
