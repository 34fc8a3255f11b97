"""Credit: how much a buyer owes or will owe, against the limit of the agreement. Policy of each node, not of the fold.

A limit looks at all orders of an agreement at once, so as a rule of the fold it would depend on what arrived first
(docs/decisions/0004-aggregates-are-policy.md). The buyer's node asks before it orders, the seller's before it accepts.
The sums are kept by differences, so asking costs the same however many orders there were.
"""

from __future__ import annotations

from collections.abc import Iterable

from contracts import amounts, dues, orders
from contracts.lots import LotState
from contracts.terms import Version
from node import errors
from node.trade import books

PROMISED = frozenset({LotState.AGREED, LotState.OVERDUE, LotState.CHANGE_PROPOSED, LotState.CANCELLING})
ASKED = frozenset({LotState.PLACED, LotState.SELLER_PROPOSED})


def follow(book: books.Book, before: orders.Order | None, after: orders.Order) -> None:
    """Take over one order's change into the sums of its agreement."""
    key = after.version.key
    promised, asked = sums(book, key)
    old = (0, 0) if before is None else worth(before)
    new = worth(after)
    book.credit[key] = (promised + new[0] - old[0], asked + new[1] - old[1])


def sums(book: books.Book, key: bytes) -> tuple[int, int]:
    """(promised, asked) of an agreement: the gross value of what was accepted and has not left, and of what waits."""
    if key not in book.credit:
        book.credit[key] = add_up(order for order in book.history.orders.values() if order.version.key == key)
    return book.credit[key]


def add_up(wanted: Iterable[orders.Order]) -> tuple[int, int]:
    """The same, counted from the orders themselves."""
    promised = asked = 0
    for order in wanted:
        one = worth(order)
        promised, asked = promised + one[0], asked + one[1]
    return promised, asked


def worth(order: orders.Order) -> tuple[int, int]:
    """(promised, asked) of one order, in minor units with tax."""
    promised = asked = 0
    for line in order.lines.values():
        promised += dues.value(line.terms, tuple(lot for lot in line.lots if lot.state in PROMISED))
        asked += dues.value(line.terms, tuple(lot for lot in line.lots if lot.state in ASKED))
    return promised, asked


def left(book: books.Book, version: Version) -> int | None:
    """What may still be ordered, in minor units: the limit, less what is owed, promised and asked. None: no limit."""
    limit = version.terms.credit_limit
    if limit is None:
        return None
    promised, asked = sums(book, version.key)
    return limit.a - book.history.owed(version.key) - promised - asked


def require(book: books.Book, version: Version, amount: int) -> None:
    """Refuse to order beyond the limit. NodeError `order.credit`."""
    rest = left(book, version)
    if rest is not None and amount > rest:
        raise errors.NodeError(
            "order.credit",
            f"the credit with {book.partner.name} does not reach",
            expected=f"at most {amounts.Money(max(rest, 0), version.currency)}",
            got=str(amounts.Money(amount, version.currency)),
            hint="pay what is owed, or agree on a higher limit",
        )


def covers(book: books.Book, version: Version, amount: int) -> bool:
    """Whether the seller may promise `amount` more minor units within the limit."""
    limit = version.terms.credit_limit
    if limit is None:
        return True
    return book.history.owed(version.key) + sums(book, version.key)[0] + amount <= limit.a
