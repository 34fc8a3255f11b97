"""Invoices (table T8): what was sold, in the form that tax offices and accountants read, and the answers to it.

Answers move forward only (Peppol BIS Invoice Response, OP-BR111): AB, IP, UQ (again and again), CA, RE, AP, PD; any
may be first and any may be left out, after AP only payment follows, and RE and PD are the end. A wrong invoice is
corrected by a credit note and nothing else.

An invoice owes no money (statements do). So it may never say more or less than the statement that it names: all
invoices over a statement less their credit notes are its goods, charges and taxes. One side alone writes the invoices
of an agreement, so these sums stand in one logbook and are the same for whoever reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from contracts import amounts, tables
from contracts.documents import invoices as papers
from contracts.errors import Fault
from contracts.items import Member
from contracts.terms import Version
from contracts.threads import Faults


class InvoiceState(StrEnum):
    """Where an invoice stands with its receiver."""

    ISSUED = "issued"
    ACKNOWLEDGED = "acknowledged"
    IN_PROCESS = "in-process"
    QUERIED = "queried"
    CONDITIONAL = "conditional"
    REJECTED = "rejected"
    APPROVED = "approved"
    PART_PAID = "part-paid"
    PAID = "paid"


class InvoiceEvent(StrEnum):
    """What can happen to it."""

    ACKNOWLEDGE = "AB"
    PROCESS = "IP"
    QUERY = "UQ"
    CONDITION = "CA"
    REJECT = "RE"
    APPROVE = "AP"
    PAY_PART = "PD, partial"
    PAY = "PD"
    CREDIT = "invoice.credit"


S, E = InvoiceState, InvoiceEvent
_BEFORE_APPROVAL: Final = (S.ISSUED, S.ACKNOWLEDGED, S.IN_PROCESS, S.QUERIED, S.CONDITIONAL)
TABLE: Final[Mapping[tuple[InvoiceState, InvoiceEvent], InvoiceState]] = {
    (S.ISSUED, E.ACKNOWLEDGE): S.ACKNOWLEDGED,
    **{(state, E.PROCESS): S.IN_PROCESS for state in _BEFORE_APPROVAL[:2]},
    **{(state, E.QUERY): S.QUERIED for state in _BEFORE_APPROVAL[:4]},
    **{(state, E.CONDITION): S.CONDITIONAL for state in _BEFORE_APPROVAL[:4]},
    **{(state, E.REJECT): S.REJECTED for state in _BEFORE_APPROVAL},
    **{(state, E.APPROVE): S.APPROVED for state in _BEFORE_APPROVAL},
    **{(state, E.PAY_PART): S.PART_PAID for state in (*_BEFORE_APPROVAL, S.APPROVED, S.PART_PAID)},
    **{(state, E.PAY): S.PAID for state in (*_BEFORE_APPROVAL, S.APPROVED, S.PART_PAID)},
    **{(state, E.CREDIT): state for state in InvoiceState},
}
RANKS: Final = {papers.Respond.TYPE: 0, papers.Credit.TYPE: 1}
_EVENTS: Final = {
    "AB": E.ACKNOWLEDGE,
    "IP": E.PROCESS,
    "UQ": E.QUERY,
    "CA": E.CONDITION,
    "RE": E.REJECT,
    "AP": E.APPROVE,
    "PD": E.PAY,
}
_EXPLAINED: Final = frozenset({"UQ", "CA", "RE"})
TaxKey: TypeAlias = tuple[str, str, str]


def answers(state: InvoiceState) -> list[str]:
    """The codes of Invoice Response that an invoice in a state may still be answered with."""
    return [status for status, event in _EVENTS.items() if (state, event) in TABLE]


class Sum(NamedTuple):
    """Minor units without tax, and tax."""

    net: int = 0
    tax: int = 0


def plus(left: Sum, right: Sum, sign: int = 1) -> Sum:
    """Both kinds; `sign` -1 subtracts."""
    return Sum(left.net + sign * right.net, left.tax + sign * right.tax)


class Credited(NamedTuple):
    """What was taken back of one line."""

    quantity: int = 0
    net: int = 0
    tax: int = 0


@dataclass(frozen=True, slots=True)
class Invoice:
    """`side` issued it. `credited` by line; `rejected`: the lines that the receiver refused, empty for the whole."""

    key: bytes
    agreement: bytes
    version: Version
    side: int
    document: papers.Issue
    state: InvoiceState = S.ISSUED
    credited: Mapping[int, Credited] = field(default_factory=dict)
    rejected: tuple[int, ...] = ()
    reasons: tuple[papers.Clarification, ...] = ()

    @property
    def corrected(self) -> Sum:
        """What the invoice says after its credit notes."""
        taken = Sum(sum(one.net for one in self.credited.values()), sum(one.tax for one in self.credited.values()))
        return plus(Sum(self.document.net, self.document.tax), taken, -1)


def step(invoice: Invoice, member: Member, blind: bool) -> tuple[Invoice, Faults]:
    """One document of the thread, by table T8."""
    if isinstance(member.document, papers.Credit):
        return _credit(invoice, member, member.document)
    assert isinstance(member.document, papers.Respond)
    return _respond(invoice, member, member.document)


def _respond(invoice: Invoice, member: Member, document: papers.Respond) -> tuple[Invoice, Faults]:
    if member.side == invoice.side:
        return invoice, (Fault("role.mismatch", "role", "the receiver of the invoice", "its author"),)
    event = E.PAY_PART if document.partial and document.status == "PD" else _EVENTS[document.status]
    following = tables.step(TABLE, invoice.state, event)
    if following is None:
        wanted = " or ".join(tables.sources(TABLE, event))
        return invoice, (Fault("invoice.state", "status", wanted, invoice.state),)
    known = {line.line for line in invoice.document.lines}
    faults = tuple(
        Fault("invoice.line", f"reasons.{place}.line", "a line of the invoice", str(reason.line))
        for place, reason in enumerate(document.reasons)
        if reason.line is not None and reason.line not in known
    )
    if faults:
        return invoice, faults
    lines = tuple(reason.line for reason in document.reasons if reason.line is not None)
    rejected = lines if event is E.REJECT else invoice.rejected
    return replace(invoice, state=following, rejected=rejected, reasons=document.reasons), ()


def _credit(invoice: Invoice, member: Member, document: papers.Credit) -> tuple[Invoice, Faults]:
    if member.side != invoice.side:
        return invoice, (Fault("role.mismatch", "role", "the author of the invoice", "its receiver"),)
    billed = {line.line: line for line in invoice.document.lines}
    credited = dict(invoice.credited)
    faults: list[Fault] = []
    for place, line in enumerate(document.lines):
        of = billed.get(line.line)
        if of is None:
            faults.append(Fault("invoice.line", f"lines.{place}.line", "a line of the invoice", str(line.line)))
            continue
        before = credited.get(line.line, Credited())
        after = Credited(before.quantity + line.quantity, before.net + line.net, before.tax + line.tax_amount)
        for name, most, got in (
            ("quantity", of.quantity, after.quantity),
            ("net", of.net, after.net),
            ("tax_amount", of.tax_amount, after.tax),
        ):
            if got > max(most, 0):
                wanted = f"at most {max(most, 0)} in all"
                faults.append(Fault("invoice.over", f"lines.{place}.{name}", wanted, str(got)))
        credited[line.line] = after
    if faults:
        return invoice, tuple(faults)
    return replace(invoice, credited=credited), ()


def explained(document: papers.Respond) -> list[Fault]:
    """Whoever asks, sets conditions or refuses says why and what should be done."""
    if document.status not in _EXPLAINED:
        return []
    if not document.reasons:
        return [Fault("invoice.reason", "reasons", "a reason and an action", "none")]
    return [
        Fault("invoice.reason", f"reasons.{place}.action", "an action", "none")
        for place, reason in enumerate(document.reasons)
        if reason.action is None
    ]


# --- figures (faults.md D08)


def figures(document: papers.Issue) -> list[Fault]:
    """Every figure that does not follow from the lines: EN 16931 BR-CO-10 to BR-CO-17, with one rounding rule."""
    faults = []
    for place, line in enumerate(document.lines):
        faults.extend(_line_figures(line, f"lines.{place}"))
    sums: dict[TaxKey, Sum] = {}
    for line in document.lines:
        key = _key(line)
        sums[key] = plus(sums.get(key, Sum()), Sum(line.net, line.tax_amount))
    told = {_key(row): Sum(row.taxable, row.amount) for row in document.taxes}
    if told != sums or len(told) < len(document.taxes):
        faults.append(Fault("money.sum", "taxes", _words(sums), _words(told)))
    net, tax = sum(line.net for line in document.lines), sum(line.tax_amount for line in document.lines)
    faults.extend(
        _unequal(
            ("net", net, document.net),
            ("tax", tax, document.tax),
            ("total", document.net + document.tax, document.total),
            ("payable", document.total - document.prepaid, document.payable),
        )
    )
    return faults


def _line_figures(line: papers.InvoiceLine, path: str) -> list[Fault]:
    """A line is price times quantity, and its tax a share of it, but for the one minor unit by which the parts of an
    order line that was shipped in pieces may differ (`amounts.part`)."""
    if line.quantity == 0:
        return [Fault("document.quantity", f"{path}.quantity", "a quantity other than 0", "0")]
    worth = amounts.share(line.price.amount.a, line.quantity, line.price.base)
    percent = amounts.rate(line.tax.percent)
    tax = amounts.share(line.net, percent.numerator, 100 * percent.denominator)
    faults = []
    if abs(worth - line.net) > 1:
        faults.append(Fault("money.sum", f"{path}.net", str(worth), str(line.net)))
    if abs(tax - line.tax_amount) > 1:
        faults.append(Fault("money.sum", f"{path}.tax_amount", str(tax), str(line.tax_amount)))
    return faults


def credit_figures(document: papers.Credit) -> list[Fault]:
    """Every figure of a credit note that does not follow from its lines."""
    net, tax = sum(line.net for line in document.lines), sum(line.tax_amount for line in document.lines)
    total = document.net + document.tax
    return _unequal(("net", net, document.net), ("tax", tax, document.tax), ("total", total, document.total))


def _unequal(*rows: tuple[str, int, int]) -> list[Fault]:
    return [Fault("money.sum", path, str(wanted), str(got)) for path, wanted, got in rows if wanted != got]


def _key(row: papers.InvoiceLine | papers.TaxTotal) -> TaxKey:
    return row.tax.category, row.tax.percent, row.tax.scheme


def _words(sums: Mapping[TaxKey, Sum]) -> str:
    return ", ".join(f"{key[0]} {key[1]} %: {one.net} {one.tax}" for key, one in sorted(sums.items()))
