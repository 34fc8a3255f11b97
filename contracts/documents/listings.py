"""Listing documents (trade.md rows 6 and 7): what a merchant offers to one partner. The SKU's owner is the author."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.documents.fields import (
    LINES_MAX,
    Attachments,
    Bytes8,
    Code,
    Country,
    Date,
    Document,
    Fields,
    Hash,
    Id,
    Label,
    Language,
    Media,
    Money,
    NodeId,
    Quantity,
    Seconds,
    Short,
    Size,
    Text,
    Unit,
    check_gtin,
    repeated,
)

Gtin = Annotated[str, StringConstraints(pattern=r"^([0-9]{8}|[0-9]{12,14})$"), AfterValidator(check_gtin)]
Grams = Annotated[int, Field(ge=0, le=10**9)]
Millimetres = Annotated[int, Field(ge=0, le=10**6)]


class Wording(Fields):
    """A text in one language (BCP 47)."""

    lang: Language
    text: Text


class Option(Fields):
    """One axis of a variant: {"axis": "colour", "value": "red"}. Variants of one product share their `group`."""

    axis: Code
    value: Label


class Image(Fields):
    """A picture beside the entry, by the SHA-256 of its `len` bytes."""

    hash: Hash
    media: Media
    len: Size


class Content(Fields):
    """How a SKU is told on one kind of channel (`live`, `group-buy`, a marketplace's code), in one language."""

    channel: Code
    lang: Language
    title: Label | None = None
    text: Text | None = None
    images: Short[Image] = ()


class Shipper(Fields):
    """To whom addresses are sealed: the node that ships, a `kem` key of it (32 bytes) and the key's id (8 bytes).

    A derived listing names the key alone: who ships is not the buyer's business.
    """

    node: NodeId | None = None
    kem: Hash
    kid: Bytes8


class Publish(Document):
    """Offers a SKU to the partner. A SKU that is already published is changed, not published again."""

    TYPE: ClassVar[str] = "listing.publish"
    sku: Id
    gtin: Gtin | None = None
    titles: Annotated[tuple[Wording, ...], Field(strict=False, min_length=1, max_length=30)]
    descriptions: Annotated[tuple[Wording, ...], Field(strict=False, max_length=30)] = ()
    group: Id | None = None
    options: Annotated[tuple[Option, ...], Field(strict=False, max_length=10)] = ()
    brand: Label | None = None
    category: Label | None = None
    unit: Unit = "C62"
    min_quantity: Quantity = 1
    max_quantity: Quantity | None = None
    increment: Quantity = 1
    origin: Country | None = None
    hs_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6,10}$")] | None = None
    weight_g: Grams | None = None
    size_mm: Annotated[tuple[Millimetres, ...], Field(strict=False, min_length=3, max_length=3)] | None = None
    images: Short[Image] = ()
    contents: Short[Content] = ()
    retail_price: Money | None = None
    lead_time_s: Seconds | None = None
    returnable: bool = True
    non_returnable_reason: Code | None = None
    shipper: Shipper | None = None
    parent: Hash | None = None
    attachments: Attachments = ()

    @model_validator(mode="after")
    def _bounds(self) -> Publish:
        if self.max_quantity is not None and self.max_quantity < self.min_quantity:
            raise PydanticCustomError(
                "document.conflict",
                "{wanted}",
                {"wanted": "max_quantity >= min_quantity", "path": "max_quantity", "got": str(self.max_quantity)},
            )
        return self


class Change(Publish):
    """Replaces the whole listing; `replaces` is the hash of the version before. Placed orders are not touched."""

    TYPE: ClassVar[str] = "listing.change"
    replaces: Hash


class Withdraw(Document):
    """The SKU is no longer offered; `listing` is the hash of its last version."""

    TYPE: ClassVar[str] = "listing.withdraw"
    sku: Id
    listing: Hash
    reason: Code | None = None


class Confirm(Document):
    """The reader's answer to the version `listing` (GDSN CIC): how far it has come, or why it is rejected."""

    TYPE: ClassVar[str] = "listing.confirm"
    sku: Id
    listing: Hash
    status: Literal["received", "review", "accepted", "synchronised", "rejected"]
    reason: Code | None = None
    action: Code | None = None


class Push(Document):
    """A curated list: SKUs that the author offers to this reader, in the order in which it would show them.

    The newest of a `name` counts; an empty one ends it.
    """

    TYPE: ClassVar[str] = "listing.push"
    name: Id
    titles: Annotated[tuple[Wording, ...], Field(strict=False, min_length=1, max_length=30)]
    items: Annotated[tuple[Id, ...], Field(strict=False, max_length=LINES_MAX)]
    until: Date | None = None

    @model_validator(mode="after")
    def _once(self) -> Push:
        if len(set(self.items)) < len(self.items):
            raise repeated("each SKU once", "items", len(self.items))
        return self


TYPES: Final[tuple[type[Document], ...]] = (Push, Publish, Change, Withdraw, Confirm)
