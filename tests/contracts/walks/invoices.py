"""Invoices in a random walk."""

from __future__ import annotations

from contracts import billings
from contracts.histories import History
from contracts.statements import StatementState
from tests.contracts import papers
from tests.contracts.walks.steps import Draft, Steps


class Invoices(Steps):
    """What is billed."""

    def bill(self, history: History) -> Draft | None:
        """Over the last closed statement, or over nothing that can be checked."""
        self._numbers += 1
        known = [one for one in history.statements.values() if one.state is StatementState.CLOSED]
        statement = self.some(known)
        kind = papers.invoice(self.agreement, papers.line(1, self.chance.randrange(1, 4)), number=f"I{self._numbers}")
        if statement is None or self.chance.randrange(3) == 0:
            return "invoice.issue", kind
        held = billings.billable(statement)
        kind = papers.invoice(self.agreement, papers.whole(held.net, held.tax), number=f"I{self._numbers}")
        return "invoice.issue", {**kind, "statement": statement.key}

    def credit(self, history: History) -> Draft | None:
        invoice = self.some(list(history.invoices.values())[-5:])
        if invoice is None:
            return None
        self._numbers += 1
        left = invoice.corrected
        net = left.net if self.chance.randrange(2) else self.chance.randrange(0, max(1, left.net + 3))
        tax = left.tax if net == left.net else 0
        return "invoice.credit", papers.credit(
            invoice.key, (1, 0, max(net, 0), max(tax, 0)), number=f"C{self._numbers}"
        )

    def answer_bill(self, history: History) -> Draft | None:
        invoice = self.some(list(history.invoices.values())[-5:])
        if invoice is None:
            return None
        status = self.chance.choice(("AB", "IP", "UQ", "UQ", "CA", "RE", "AP", "PD", "PD"))
        return "invoice.respond", papers.respond(invoice.key, status, partial=self.chance.randrange(2) == 0)
