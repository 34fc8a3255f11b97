"""What holds of every state that a fold comes to, whatever was written: law 6, and what follows from the tables."""

from __future__ import annotations

from contracts import billings, issues, ledgers, threads
from contracts.histories import History
from contracts.issues import IssueState, OfferState
from contracts.lots import LotState


def conserved(history: History) -> None:
    """Law 6, at any moment of either side."""
    for order in history.orders.values():
        for line in order.lines.values():
            assert all(lot.quantity > 0 for lot in line.lots)
            assert sum(lot.quantity for lot in line.lots) == line.ordered
            gone = line.quantity(LotState.CANCELLED, LotState.WITHDRAWN, LotState.REJECTED, LotState.SHORT)
            left = [lot.quantity for lot in line.lots if lot.shipment is not None]
            assert sum(left) + gone <= line.ordered
            assert sum(lot.quantity for lot in line.lots if lot.request is not None) <= sum(left)
            assert 0 <= -line.owed.refund <= line.owed.goods
            assert 0 <= -line.owed.refund_tax <= line.owed.tax
            assert all(lot.request in order.returns for lot in line.lots if lot.request is not None)
            assert not any(
                lot.shipment and lot.state in (LotState.CANCELLED, LotState.WITHDRAWN, LotState.CANCELLING)
                for lot in line.lots
            )
        expected = order.quote + sum(amount for _, _, amount in order.deltas)
        assert expected >= 0
    for invoice in history.invoices.values():
        assert all(one.net >= 0 for one in invoice.credited.values())
        assert 0 <= invoice.corrected.net <= max(invoice.document.net, 0) or invoice.document.net < 0
    for (side, name), told in history.channel.invoiced.items():
        about = [one for one in history.invoices.values() if (one.side, one.document.statement) == (side, name)]
        assert told == (sum(one.corrected.net for one in about), sum(one.corrected.tax for one in about))
        held = billings.billable(history.statements[name])
        assert told[0] <= max(held.net, 0) or held.net < 0
    for issue in history.issues.values():
        taken = [offer for offer in issue.offers.values() if offer.state is OfferState.ACCEPTED]
        assert len(taken) == (issue.state is IssueState.SETTLED)
        award = 0 if issue.taken is None or issue.state is IssueState.REFUNDED else sum(
            issues.delta(issue, one.to, one.amount) for one in issue.taken.award.deltas
        )  # fmt: skip
        assert issue.delta == (sum(offer.delta for offer in taken) if taken else award)
    for ledger in history.channel.ledgers.values():
        accounts = [
            entry for first in history.channel.accounts.values() for of, entry in ledgers.parts(*first) if of is ledger
        ]
        assert ledger.total == sum(entry.owed.total for entry in accounts)
        assert ledger.withheld == sum(entry.owed.withheld for entry in accounts)
        assert ledger.paid == sum(entry.owed.paid - entry.settled.paid for entry in accounts)
        settled = sum(entry.settled.total for entry in accounts)
        assert settled == (ledger.closed[-1].closing if ledger.closed else 0)
    for thread in history.channel.threads.values():
        # what was put into its place one by one is what a walk of everything gives
        account = history.channel.accounts.get(thread.key)
        again = threads.rewalked(thread, account[0].cuts if account else ())
        assert (again.state, again.refused) == (thread.state, thread.refused)
        assert [one.member for one in thread.trail] == [one.member for one in again.trail][-len(thread.trail) or 999 :]
    for stock in history.stock.values():
        assert stock.available >= 0
    assert all(count >= 0 for count in history.held.values())
    for quotation in history.quotations.values():
        assert quotation.order is None or quotation.quotes
        assert quotation.current is None or quotation.current in (quotation.quotes or {})
        if quotation.order is not None:  # a frozen price is the price
            first = history.orders[quotation.order].lines[1].terms[0]
            assert any(
                (line.sku, line.price.amount.a) == (first.sku, first.price)
                for quote in (quotation.quotes or {}).values()
                for line in quote.lines
            )
    for (side, name), capability in history.capabilities.items():
        assert (capability.side, capability.key) == (side, name)
        assert history.channel.positions[side][name] == capability.index
