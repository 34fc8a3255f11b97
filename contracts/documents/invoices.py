"""Invoice documents (trade.md rows 32 and 33), in the terms of EN 16931 and of Peppol's Invoice Response (profile 63).

Figures are minor units of the document's `currency`. An invoice owes nothing by itself: it documents what orders and
statements made owed, and says so by their hashes.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from contracts import amounts
from contracts.documents.fields import (
    Attachments,
    Balance,
    Code,
    Country,
    Currency,
    Date,
    Difference,
    Document,
    Fields,
    Hash,
    Id,
    Label,
    Line,
    Lines,
    Number,
    Price,
    QuantityOrNone,
    Role,
    Short,
    Tax,
    Unit,
    repeated,
)

Amount = Annotated[int, Field(ge=0, le=amounts.BALANCE_MAX)]
Part = Annotated[int, Field(ge=1, le=999)]  # of the invoices over one statement
Status = Literal["AB", "IP", "UQ", "CA", "RE", "AP", "PD"]
Reason = Literal["NON", "REF", "LEG", "REC", "QUA", "DEL", "PRI", "QTY", "ITM", "PAY", "UNR", "FIN", "PPD", "OTH"]
Action = Literal["NOA", "PIN", "NIN", "CNF", "CNP", "CNA", "OTH"]


class Party(Fields):
    """BG-4 or BG-7: BT-27/44 `name`, BT-40/55 `country`, BT-31/48 `tax_id`."""

    name: Label
    country: Country
    tax_id: Code | None = None


class Payee(Fields):
    """BG-16: UNCL4461 `means` (BT-81; 97 is clearing between partners), `account` (BT-84), `reference` (BT-83)."""

    means: Code
    account: Label | None = None
    name: Label | None = None
    reference: Label | None = None


class National(Fields):
    """The same invoice in a state's own system, such as a fully digital e-invoice (CN) or SdI (IT): its `number`, and
    the number that it `corrects` (in China a red-letter invoice)."""

    system: Code
    number: Id
    corrects: Id | None = None


class InvoiceLine(Fields):
    """BG-25. `net` (BT-131) is `price` times `quantity` but for the rounding of parts; `tax_amount` the tax on it.

    Negative `quantity` and `net` take back what an earlier statement held. `order`, `order_line` and `shipment` say
    what is billed.
    """

    line: Line
    order: Hash | None = None
    order_line: Line | None = None
    shipment: Hash | None = None
    sku: Id | None = None
    name: Label
    quantity: Difference
    unit: Unit = "C62"
    price: Price
    net: Balance
    tax: Tax
    tax_amount: Balance


class TaxTotal(Fields):
    """BG-23: `taxable` (BT-116) and `amount` (BT-117) of one category at one rate."""

    tax: Tax
    taxable: Balance
    amount: Balance


def _once(lines: tuple[InvoiceLine, ...] | tuple[CreditLine, ...]) -> None:
    if len({line.line for line in lines}) < len(lines):
        raise repeated("each line once", "lines", len(lines))


class Issue(Document):
    """Opens an invoice: kind 380 by the seller, 389 by the buyer where the agreement says `self_billing`.

    `net` (BT-109) + `tax` (BT-110) = `total` (BT-112), and `total` - `prepaid` (BT-113) = `payable` (BT-115). An
    invoice over a `statement` bills its goods, charges and taxes to the last unit, in `parts` where they are many.
    """

    TYPE: ClassVar[str] = "invoice.issue"
    agreement: Hash
    role: Role
    kind: Literal["380", "389"]
    number: Number
    issued: Date
    due: Date | None = None
    tax_point: Date | None = None
    currency: Currency
    buyer_reference: Label | None = None
    seller: Party
    buyer: Party
    payee: Payee | None = None
    statement: Hash | None = None
    part: Part = 1
    parts: Part = 1
    lines: Lines[InvoiceLine]
    taxes: Short[TaxTotal]
    net: Balance
    tax: Balance
    total: Balance
    prepaid: Amount = 0
    payable: Balance
    national: National | None = None
    attachments: Attachments = ()

    @model_validator(mode="after")
    def _lines_once(self) -> Issue:
        _once(self.lines)
        return self


class CreditLine(Fields):
    """What is taken back of a `line` of the invoice; `quantity` 0 credits money alone."""

    line: Line
    quantity: QuantityOrNone = 0
    net: Amount
    tax_amount: Amount


class Credit(Document):
    """Corrects an invoice (BG-3 names it: `thread`) by a credit note, kind 381. `statement`: the one whose negative
    lines it documents; without it, the invoice was wrong and may be written anew."""

    TYPE: ClassVar[str] = "invoice.credit"
    thread: Hash
    role: Role
    kind: Literal["381"] = "381"
    number: Number
    issued: Date
    statement: Hash | None = None
    lines: Lines[CreditLine]
    net: Amount
    tax: Amount
    total: Amount
    reason: Code | None = None
    national: National | None = None
    attachments: Attachments = ()

    @model_validator(mode="after")
    def _lines_once(self) -> Credit:
        _once(self.lines)
        return self


class Clarification(Fields):
    """OPStatusReason, OPStatusAction, and the corrected `value` of a business `term` such as BT-48; of one `line`."""

    reason: Reason
    action: Action | None = None
    term: Code | None = None
    value: Label | None = None
    line: Line | None = None


class Respond(Document):
    """What the receiver of an invoice says of it: AB received, IP in process, UQ asks, CA accepts under conditions, RE
    refuses (as a whole, or the lines that it names), AP approves, PD paid, or `partial`: paid in part (PPD)."""

    TYPE: ClassVar[str] = "invoice.respond"
    thread: Hash
    role: Role
    status: Status
    partial: bool = False
    reasons: Short[Clarification] = ()
    attachments: Attachments = ()


TYPES: Final[tuple[type[Document], ...]] = (Issue, Credit, Respond)
