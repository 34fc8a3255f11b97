"""What waits before a merchant: complaints that are open, statements to be answered or billed, invoices.

It is read from the folds of what the merchant's own node has, as its client would see it in a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from contracts import billings, issues, statements
from contracts.documents import returns as papers
from contracts.histories import History
from contracts.invoices import Invoice, InvoiceState
from contracts.issues import Issue, OfferState
from contracts.lots import LotState
from contracts.orders import Order
from contracts.setoffs import SetoffState
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
    """The closed statements of goods that this merchant sold, and that no invoice is about yet."""
    found: list[Statement] = [
        one
        for fold, side in folds(desk)
        for one in fold.statements.values()
        if one.state in statements.CLOSED and fold.agreements[one.ledger].seller == side
        if billings.billable(one).net > 0 and (side, one.key) not in fold.channel.invoiced
    ]
    return sorted(statement.key.hex() for statement in found)


ANSWERED = (InvoiceState.REJECTED, InvoiceState.PAID)


def invoices(desk: Desk, mine: bool) -> list[str]:
    """The invoices that this merchant may take back, or has to answer."""
    found: list[Invoice] = [
        one
        for fold, side in folds(desk)
        for one in fold.invoices.values()
        if (one.side == side) == mine and (one.corrected.net > 0 if mine else one.state not in ANSWERED)
    ]
    return sorted(invoice.key.hex() for invoice in found)


def agreeable(desk: Desk) -> list[str]:
    """The statements that wait for this merchant's answer."""
    return sorted(
        key.hex()
        for fold, side in folds(desk)
        for key, statement in fold.statements.items()
        if statement.side != side and statement.state is StatementState.PROPOSED
        if statements.standing(fold.channel, statement)
    )


def nettings(desk: Desk) -> list[str]:
    """The set-offs of two that wait for this merchant's answer."""
    return sorted(
        key.hex()
        for fold, side in folds(desk)
        for key, setoff in fold.setoffs.items()
        if setoff.side != side and setoff.batch is None and setoff.state is SetoffState.PROPOSED
    )


def rounds(desk: Desk) -> list[str]:
    """The rounds whose first edge is this merchant's: it began them."""
    found = {
        setoff.batch.hex()
        for fold, side in folds(desk)
        for setoff in fold.setoffs.values()
        if setoff.batch is not None and setoff.side == side and setoff.hops == 0
    }
    return sorted(found)


def returns(desk: Desk, wanted: Sequence[tuple[bool, LotState]]) -> list[tuple[str, bool, LotState, str]]:
    """The returns of which something is in such a state: their name, whether this merchant sells, the state, and what
    the buyer wants instead of the goods."""
    found = {
        (lot.request.hex(), order.version.seller == side, lot.state, remedy(order, lot.request))
        for fold, side in folds(desk)
        for order in fold.orders.values()
        for line in order.lines.values()
        for lot in line.lots
        if lot.request is not None and (order.version.seller == side, lot.state) in wanted
    }
    return sorted(found)


def remedy(order: Order, request: bytes) -> str:
    """What the buyer wants by a return."""
    asked = order.returns[request].member.document
    return asked.remedy if isinstance(asked, papers.Request) else ""


def unsent(desk: Desk) -> list[str]:
    """The returns that this merchant may withdraw."""
    waiting = [(False, LotState.RETURN_ASKED), (False, LotState.RETURN_APPROVED)]
    return sorted({name for name, *_ in returns(desk, waiting)})


def offered(desk: Desk) -> list[str]:
    """The issues in which the other side offers something."""
    return sorted(
        issue.key.hex()
        for fold, side in folds(desk)
        for issue in fold.issues.values()
        if any(one.member.side != side and one.state is OfferState.OPEN for one in issue.offers.values())
    )


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
