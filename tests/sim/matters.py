"""What waits before a merchant: complaints that are open, statements to be answered or billed, invoices.

It is read from the folds of what the merchant's own node has, as its client would see it in a list.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from contracts import issues, statements
from contracts.histories import History
from contracts.invoices import Invoice
from contracts.issues import Issue
from contracts.statements import Statement, StatementState

if TYPE_CHECKING:
    from tests.sim.errands import Desk


def folds(desk: Desk) -> Iterator[tuple[History, int]]:
    """The history with each partner, and which side this merchant is."""
    for fold in desk.shadow.live().values():
        yield fold, fold.parties.index(desk.shadow.node)


def open_issues(desk: Desk) -> list[str]:
    """The issues that are not at an end."""
    found: list[Issue] = [one for fold, _ in folds(desk) for one in fold.issues.values() if one.state in issues.LIVE]
    return sorted(issue.key.hex() for issue in found)


def sold(desk: Desk) -> list[str]:
    """The closed statements of goods that this merchant sold."""
    found: list[Statement] = [
        one
        for fold, side in folds(desk)
        for one in fold.statements.values()
        if one.state in statements.CLOSED and fold.agreements[one.ledger].seller == side
    ]
    return sorted(statement.key.hex() for statement in found)


def invoices(desk: Desk, mine: bool) -> list[str]:
    """The invoices that this merchant wrote, or got."""
    found: list[Invoice] = [
        one for fold, side in folds(desk) for one in fold.invoices.values() if (one.side == side) == mine
    ]
    return sorted(invoice.key.hex() for invoice in found)


def doubtful(desk: Desk) -> list[tuple[str, str]]:
    """Each line of each statement that waits for this merchant: the statement, and the line's order or payment."""
    found = set()
    for fold, side in folds(desk):
        for key, statement in fold.statements.items():
            waits = statement.side != side and statement.state is StatementState.PROPOSED
            if waits and statements.standing(fold.channel, statement):
                lines = fold.statement_lines(statement.ledger, statement.cut).lines
                found |= {(key.hex(), line.key.hex()) for line in lines}
    return sorted(found)
