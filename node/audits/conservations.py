"""Nothing appears and nothing gets lost (law 6): sums over the state at the end of a channel's books.

The fold keeps these sums step by step. Here they are made again from the parts, in another way, so that a mistake of
the fold itself would show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from contracts import dues, ledgers, orders
from contracts.histories import History
from contracts.ledgers import Ledger
from contracts.orders import Order


@dataclass(frozen=True, slots=True)
class Imbalance:
    """Two sums that differ: `key` is the hash of the document that opened the thread or agreement."""

    key: bytes
    what: str
    expected: int
    got: int


def imbalances(history: History) -> Iterator[Imbalance]:
    """Every sum of a folded channel that does not come out."""
    for key, order in history.orders.items():
        yield from quantities(key, order)
        yield from amounts(key, order)
    owed: dict[bytes, dues.Owed] = {}
    settled: dict[bytes, int] = {}
    for first in history.channel.accounts.values():
        for ledger, account in ledgers.parts(*first):
            owed[ledger.key] = dues.plus(owed.get(ledger.key, dues.NOTHING), account.owed)
            settled[ledger.key] = settled.get(ledger.key, 0) + account.settled.total
    for key, ledger in history.channel.ledgers.items():
        yield from balances(ledger, owed.get(key, dues.NOTHING).total, settled.get(key, 0))


def quantities(key: bytes, order: Order) -> Iterator[Imbalance]:
    """Of each line: what was ordered is what its lots hold together, no lot holds less than one, and no more comes
    back than had left."""
    for number, line in order.lines.items():
        held = sum(lot.quantity for lot in line.lots)
        if held != line.ordered:
            yield Imbalance(key, f"units of line {number}, all states together", line.ordered, held)
        least = min((lot.quantity for lot in line.lots), default=1)
        if least < 1:
            yield Imbalance(key, f"units of line {number} in one state", 1, least)
        left = sum(lot.quantity for lot in line.lots if lot.shipment is not None)
        back = sum(lot.quantity for lot in line.lots if lot.request is not None)
        if back > left:
            yield Imbalance(key, f"units of line {number} that a return is about, of those that left", left, back)


def amounts(key: bytes, order: Order) -> Iterator[Imbalance]:
    """What an order owes is the sum of its lines by the agreement's terms, its charges, and the freight of returns."""
    owed = dues.NOTHING
    for line in order.lines.values():
        owed = dues.plus(owed, dues.of_line(line.terms, line.lots, order.version, line.settled))
    total = owed.total + orders.charged(order, order.lines.values(), order.returns.values(), owed)
    if order.owed.total != total:
        yield Imbalance(key, "minor units owed for the order", total, order.owed.total)


def balances(ledger: Ledger, owed: int, settled: int) -> Iterator[Imbalance]:
    """The balance of an agreement is what its threads owe; the last statement closed at what was settled."""
    if ledger.total != owed:
        yield Imbalance(ledger.key, "the balance, as the sum of all that is owed", owed, ledger.total)
    closing = ledger.closed[-1].closing if ledger.closed else 0
    if closing != settled:
        yield Imbalance(ledger.key, "the last closing balance, as the sum of all that was settled", settled, closing)
