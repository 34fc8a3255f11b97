"""Return documents (trade.md rows 24 to 28): asked, decided, sent back, inspected; then refunded or exchanged."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.documents.capabilities import Signed
from contracts.documents.fields import (
    ATTACHMENTS_MAX,
    BUYER,
    SELLER,
    Attachment,
    Attachments,
    Code,
    Document,
    Fields,
    Hash,
    Id,
    Line,
    Lines,
    Moment,
    Money,
    Quantity,
    Role,
    Seconds,
    Short,
    Silence,
)
from contracts.documents.orders import lines_once
from contracts.documents.shipments import Carrier, Waybill

Remedy = Literal["refund", "exchange", "repair", "refund_only"]
Reason = Literal[
    "changed_mind", "not_ordered", "damaged", "defective", "wrong_item", "not_as_described", "missing", "late",
    "cancelled_before_delivery", "other",
]  # fmt: skip
Verdict = Literal["resellable", "damaged", "wrong_item", "missing"]
Action = Literal["approve", "reject", "refund", "offer"]
BUYERS_FAULT: Final = frozenset({"changed_mind", "not_ordered", "other"})
"""The reasons for which nobody but the buyer can answer, unless the seller says otherwise."""


class ReturnedLine(Fields):
    """A quantity of a line that a return is about."""

    line: Line
    quantity: Quantity


class Request(Document):
    """The buyer wants to give goods back, or money for goods that it keeps or never got (`refund_only`).

    `ttl_approval` and `ttl_qc` are the agreement's answers `return` and `inspect`. What a person wrote stands in an
    attachment, photos too.
    """

    TYPE: ClassVar[str] = "return.request"
    SIGNERS: ClassVar[frozenset[str]] = BUYER
    thread: Hash
    lines: Lines[ReturnedLine]
    reason: Reason
    remedy: Remedy = "refund"
    respond_by_s: Seconds | None = None
    on_silence: Silence | None = None
    parent: Hash | None = None
    attachments: Attachments = ()

    @model_validator(mode="after")
    def _once(self) -> Request:
        lines_once(self.lines)
        return self


class DecidedLine(Fields):
    """What the seller decided about `quantity` of a line: `approve` (send it back), `reject`, `refund` (keep it, and
    the price as well), `offer` (keep it for `amount` back, tax included)."""

    line: Line
    quantity: Quantity
    action: Action
    amount: Money | None = None

    @model_validator(mode="after")
    def _amount(self) -> DecidedLine:
        if (self.amount is not None) != (self.action == "offer"):
            wanted = "an amount with an offer, and only there"
            details = {"wanted": wanted, "path": "amount", "got": self.action}
            raise PydanticCustomError("document.conflict", "{wanted}", details)
        return self


class Decide(Document):
    """The seller's answer to the request with the hash `request`, part by part.

    With an approval: `location` is where to send it, `fault` whose fault the seller holds it to be (absent: what the
    reason says), `freight` what the way back costs and `paid_by` who pays the carrier. Who bears it is the agreement's
    row `delivered`, by that fault.
    """

    TYPE: ClassVar[str] = "return.decide"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    request: Hash
    lines: Lines[DecidedLine]
    reason: Code | None = None
    location: Id | None = None
    fault: Role | None = None
    freight: Money | None = None
    paid_by: Role = "buyer"
    upstream: Hash | None = None
    attachments: Attachments = ()


class Withdraw(Document):
    """The buyer keeps the goods after all: these quantities (absent: all) of what was not sent back yet."""

    TYPE: ClassVar[str] = "return.withdraw"
    SIGNERS: ClassVar[frozenset[str]] = BUYER
    thread: Hash
    request: Hash
    lines: Short[ReturnedLine] = ()
    parent: Hash | None = None

    @model_validator(mode="after")
    def _once(self) -> Withdraw:
        lines_once(self.lines)
        return self


class Ship(Document):
    """Approved goods left for the seller."""

    TYPE: ClassVar[str] = "return.ship"
    SIGNERS: ClassVar[frozenset[str]] = BUYER
    thread: Hash
    request: Hash
    lines: Lines[ReturnedLine]
    carrier: Carrier
    waybill: Waybill
    shipped_s: Moment | None = None
    parent: Hash | None = None
    attachments: Attachments = ()

    @model_validator(mode="after")
    def _once(self) -> Ship:
        lines_once(self.lines)
        return self


class Proof(Document):
    """The carrier says that it delivered goods that go back: its proof is attached. That decides nothing by itself; but
    a seller who does not say in the time for inspecting what came back has it (row `return.proof`)."""

    TYPE: ClassVar[str] = "return.proof"
    SIGNERS: ClassVar[frozenset[str]] = BUYER
    thread: Hash
    request: Hash
    carrier: Carrier
    waybill: Waybill
    delivered_s: Moment | None = None
    parent: Hash | None = None
    attachments: Annotated[tuple[Attachment, ...], Field(strict=False, min_length=1, max_length=ATTACHMENTS_MAX)]


class Receive(Document):
    """Goods came back: of the return `request`, or, without one, of a parcel that was not delivered (`shipment`)."""

    TYPE: ClassVar[str] = "return.receive"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    request: Hash | None = None
    shipment: Hash | None = None
    lines: Lines[ReturnedLine]
    location: Id | None = None
    received_s: Moment | None = None
    upstream: Hash | None = None
    attachments: Attachments = ()

    @model_validator(mode="after")
    def _once(self) -> Receive:
        lines_once(self.lines)
        return self


class InspectedLine(Fields):
    """What `quantity` of a line turned out to be."""

    line: Line
    quantity: Quantity
    verdict: Verdict


class Inspect(Document):
    """The verdict on goods that came back: fit to be sold again, damaged, another item, or not in the parcel."""

    TYPE: ClassVar[str] = "return.inspect"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    request: Hash | None = None
    shipment: Hash | None = None
    lines: Lines[InspectedLine]
    upstream: Hash | None = None
    by: Signed | None = None
    attachments: Attachments = ()


class RefundedLine(Fields):
    """`amount` given back for `quantity` of a line, tax included: what verdicts and term table come to."""

    line: Line
    quantity: Quantity
    amount: Money


class Grant(Document):
    """Ends a return in money: what was inspected, what was refused, or, without a `request`, what is contested or came
    back undelivered. One that names an `issue` and covers its claim ends that too."""

    TYPE: ClassVar[str] = "refund.grant"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    request: Hash | None = None
    lines: Lines[RefundedLine]
    reason: Code | None = None
    issue: Hash | None = None
    upstream: Hash | None = None
    attachments: Attachments = ()

    @model_validator(mode="after")
    def _once(self) -> Grant:
        lines_once(self.lines)
        return self

    @property
    def total(self) -> int:
        """Minor units given back in all."""
        return sum(line.amount.a for line in self.lines)


class ExchangedLine(Fields):
    """`quantity` of a line that is sent once more, at no price: the same goods, or those named by `sku`."""

    line: Line
    quantity: Quantity
    sku: Id | None = None
    promised_ship_s: Moment | None = None
    location: Id | None = None


class Exchange(Document):
    """Ends a return in goods: as many units are agreed anew in the same line, at no price, and ship as any others."""

    TYPE: ClassVar[str] = "exchange.order"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    request: Hash
    lines: Lines[ExchangedLine]
    upstream: Hash | None = None

    @model_validator(mode="after")
    def _once(self) -> Exchange:
        lines_once(self.lines)
        return self


TYPES: Final[tuple[type[Document], ...]] = (Request, Decide, Withdraw, Ship, Proof, Receive, Inspect, Grant, Exchange)
