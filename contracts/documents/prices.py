"""Price documents (trade.md row 9): what a partner pays under one agreement."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field, model_validator

from contracts.documents.fields import (
    SELLER,
    Currency,
    Date,
    Document,
    Fields,
    Hash,
    Id,
    Lines,
    Money,
    Price,
    Quantity,
    Tax,
    repeated,
)


class Break(Fields):
    """From `from_quantity` on, in one line, this price holds for the whole line."""

    from_quantity: Quantity
    price: Price


class PriceItem(Fields):
    """The price of a SKU. `price` nil withdraws it. `floor` is the lowest price to consumers, where agreed."""

    sku: Id
    price: Price | None
    breaks: Annotated[tuple[Break, ...], Field(strict=False, max_length=20)] = ()
    tax: Tax | None = None
    floor: Money | None = None

    @model_validator(mode="after")
    def _ascending(self) -> PriceItem:
        steps = [step.from_quantity for step in self.breaks]
        if steps != sorted(set(steps)):
            raise repeated("breaks in ascending quantities, each once", "breaks", steps)
        return self


class PriceList(Document):
    """Sets the prices of its SKUs, from this entry on; SKUs that it does not name keep theirs.

    `currency` must be the agreement's. Order lines name the hash of the entry that set the price. `valid_from` and
    `valid_until` are information for people: the fold reads no clock.
    """

    TYPE: ClassVar[str] = "price.list"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    agreement: Hash
    currency: Currency
    items: Lines[PriceItem]
    valid_from: Date | None = None
    valid_until: Date | None = None

    @model_validator(mode="after")
    def _skus_once(self) -> PriceList:
        if len({item.sku for item in self.items}) < len(self.items):
            raise repeated("each SKU once", "items", len(self.items))
        return self


class PriceChange(PriceList):
    """The same for some SKUs between two lists; it only reads differently."""

    TYPE: ClassVar[str] = "price.change"


TYPES: Final[tuple[type[Document], ...]] = (PriceList, PriceChange)
