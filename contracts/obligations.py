"""Obligations (trade.md row 37): what one merchant owes another, ascertained by both, and how much of it is open.

Nobody sends an obligation (law 7): a closed statement carries both signatures, and says what came on top of the debt
since the one before, and what payments and set-offs took off it. Whatever is paid, or credited, clears the oldest
first; what is paid before it is owed waits for the next debt. So the open obligations of an agreement always add up to
its last closing balance, less what was paid and set off since.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts.channels import Channel


@dataclass(frozen=True, slots=True)
class Obligation:
    """`amount` minor units of `currency` that the side `debtor` owed by the closed `statement`, `open` of them still.

    `due` is the day that the statement names, if it names one.
    """

    statement: bytes
    agreement: bytes
    debtor: int
    currency: str
    amount: int
    open: int
    due: str | None


def of(channel: Channel, agreement: bytes) -> list[Obligation]:
    """The open obligations under an agreement thread, the oldest first; a debt of the seller is one of its own."""
    ledger = channel.ledgers[agreement]
    left: list[tuple[bytes, int, int]] = []  # statement, amount, open; minor units that the buyer owes
    for closed in ledger.closed:
        added = channel.statements[closed.statement].added
        for amount in (added.total - added.paid, added.paid):
            left = _cleared(left, closed.statement, amount)
    if left or ledger.pending:
        left = _cleared(left, ledger.closed[-1].statement if ledger.closed else b"", ledger.paid)
    return [
        Obligation(
            name,
            agreement,
            1 - ledger.seller if amount > 0 else ledger.seller,
            ledger.currency,
            abs(amount),
            abs(rest),
            channel.statements[name].document.due if name else None,
        )
        for name, amount, rest in left
    ]


def _cleared(left: list[tuple[bytes, int, int]], statement: bytes, added: int) -> list[tuple[bytes, int, int]]:
    """The open obligations with one more; what has the opposite sign clears the oldest first."""
    kept = []
    rest = added
    for name, amount, open in left:
        used = min(abs(rest), abs(open)) if rest * open < 0 else 0
        open, rest = (open - used, rest + used) if open > 0 else (open + used, rest - used)
        if open:
            kept.append((name, amount, open))
    if rest:
        kept.append((statement, rest, rest))
    return kept
