"""Shipment documents (trade.md rows 19 to 23): plan, parcel, hand-over to a carrier, its events, receipt of goods."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.documents.capabilities import Signed
from contracts.documents.fields import (
    BUYER,
    SELLER,
    Attachments,
    Code,
    Destination,
    Document,
    Fields,
    Hash,
    Id,
    Line,
    Lines,
    Moment,
    Quantity,
    QuantityOrNone,
    Short,
    Sscc,
)
from contracts.documents.listings import Grams, Millimetres
from contracts.documents.orders import lines_once

Carrier = Code
Waybill = Id


class Plan(Document):
    """How the seller means to ship an order: from where, in how many parcels, with whom, when. It binds nobody."""

    TYPE: ClassVar[str] = "shipment.plan"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    location: Id | None = None
    carrier: Carrier | None = None
    parcels: Annotated[int, Field(ge=1, le=10_000)] = 1
    expected_s: Moment | None = None


class PackedLine(Fields):
    """`quantity` of a line that lies in this parcel."""

    line: Line
    quantity: Quantity
    lots: Short[Id] = ()
    serials: Short[Id] = ()


class Pack(Document):
    """A parcel is packed: what lies in it, and what it weighs and measures. From then on a cancel costs what the
    agreement says for `packed`."""

    TYPE: ClassVar[str] = "shipment.pack"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    lines: Lines[PackedLine]
    sscc: Sscc | None = None
    weight_g: Grams | None = None
    size_mm: Annotated[tuple[Millimetres, ...], Field(strict=False, min_length=3, max_length=3)] | None = None
    packaging: Code | None = None
    by: Signed | None = None
    attachments: Attachments = ()

    @model_validator(mode="after")
    def _once(self) -> Pack:
        lines_once(self.lines)
        return self


class ShippedLine(Fields):
    """`quantity` leaves with this parcel; `outstanding` will still follow (absent: all the rest). What is neither is
    short: it will not come, and is not owed (Peppol DespatchAdvice, OutstandingQuantity)."""

    line: Line
    quantity: QuantityOrNone
    outstanding: QuantityOrNone | None = None
    lots: Short[Id] = ()
    serials: Short[Id] = ()


class Handover(Document):
    """Goods left for the carrier. It stands only where its entry's `seen` does not cover a cancel (law 13).

    With a `location` it takes only quantities that were accepted to leave from there.
    """

    TYPE: ClassVar[str] = "shipment.handover"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    carrier: Carrier
    waybill: Waybill
    location: Id | None = None
    lines: Lines[ShippedLine]
    parcels: Annotated[int, Field(ge=1, le=10_000)] = 1
    weight_g: Grams | None = None
    shipped_s: Moment | None = None
    outstanding_reason: Code | None = None
    upstream: Hash | None = None
    by: Signed | None = None
    attachments: Attachments = ()

    @model_validator(mode="after")
    def _once(self) -> Handover:
        lines_once(self.lines)
        return self


class Status(Document):
    """A carrier's event for the parcel `shipment` (hash of its hand-over). `delivered` and `refused` move goods; the
    others are information."""

    TYPE: ClassVar[str] = "shipment.status"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    shipment: Hash
    event: Literal["in_transit", "out_for_delivery", "exception", "delivered", "refused", "returning", "returned"]
    at_s: Moment | None = None
    place: Destination | None = None
    eta_s: Moment | None = None
    code: Code | None = None
    upstream: Hash | None = None
    by: Signed | None = None


class ReceivedLine(Fields):
    """Of a line's shipped quantity: `accepted`, `short` (did not arrive), `rejected` (arrived unfit)."""

    line: Line
    accepted: QuantityOrNone = 0
    short: QuantityOrNone = 0
    rejected: QuantityOrNone = 0
    condition: Code | None = None

    @model_validator(mode="after")
    def _something(self) -> ReceivedLine:
        if self.accepted + self.short + self.rejected < 1:
            raise PydanticCustomError(
                "document.quantity", "{wanted}", {"wanted": "a quantity of at least 1", "path": "accepted", "got": "0"}
            )
        return self


class Receipt(Document):
    """The buyer's receipt advice; `shipment` limits it to one parcel."""

    TYPE: ClassVar[str] = "receipt.advice"
    SIGNERS: ClassVar[frozenset[str]] = BUYER
    thread: Hash
    shipment: Hash | None = None
    lines: Lines[ReceivedLine]
    parent: Hash | None = None
    attachments: Attachments = ()

    @model_validator(mode="after")
    def _once(self) -> Receipt:
        lines_once(self.lines)
        return self


TYPES: Final[tuple[type[Document], ...]] = (Plan, Pack, Handover, Status, Receipt)
