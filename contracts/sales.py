"""What was sold between two closed statements, order line by order line: the lines of an invoice.

A line that was shipped in parts is billed in parts, and each part is the difference of two cumulative values
(`amounts`): the invoices over all statements add up to what the order came to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from contracts import lots
from contracts.orders import Order, OrderLine
from contracts.terms import Version

Lines: TypeAlias = Mapping[int, OrderLine]


class Sold(NamedTuple):
    """`quantity` more (negative: fewer) of a line of an order at its terms number `terms`: minor units, and tax."""

    order: bytes
    line: int
    terms: int
    quantity: int
    net: int
    tax: int


def lines(state: Any) -> Lines:
    """The lines of a thread's state that can sell anything: those of an order."""
    return state.lines if isinstance(state, Order) else {}


def since(before: Lines, state: Any) -> Iterator[Sold]:
    """What an order sold since it had the lines `before`; nothing for any other thread."""
    if not isinstance(state, Order):
        return
    for number, line in sorted(state.lines.items()):
        was = before.get(number)
        if was is line:
            continue
        old = {} if was is None else quantities(was, state.version)
        new = quantities(line, state.version)
        for place in sorted(old.keys() | new.keys()):
            first, last = old.get(place, 0), new.get(place, 0)
            terms = line.terms[place]
            net = terms.net(last) - terms.net(first)
            tax = terms.tax.of(terms.net(last)) - terms.tax.of(terms.net(first))
            if last != first:
                yield Sold(state.key, number, place, last - first, net, tax)


def quantities(line: OrderLine, version: Version) -> dict[int, int]:
    """The units of a line that are owed for, by the number of their terms."""
    found: dict[int, int] = {}
    for lot in line.lots:
        if lots.owes(lot, version.terms.basis):
            found[lot.terms] = found.get(lot.terms, 0) + lot.quantity
    return found
