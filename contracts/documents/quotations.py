"""Quotation documents (trade.md row 10): a buyer asks for a price, and the seller freezes one for an order."""

from __future__ import annotations

from typing import ClassVar, Final

from pydantic import model_validator

from contracts.documents.fields import (
    BUYER,
    SELLER,
    Code,
    Date,
    Document,
    Fields,
    Hash,
    Id,
    Line,
    Lines,
    Price,
    Quantity,
    Role,
    Seconds,
    Silence,
    Tax,
    Unit,
)
from contracts.documents.orders import lines_once


class AskedLine(Fields):
    """So many of a SKU."""

    line: Line
    sku: Id
    quantity: Quantity
    unit: Unit = "C62"


class Request(Document):
    """Opens a quote thread under an agreement; `notice` is the offer that it takes up, or the own want."""

    TYPE: ClassVar[str] = "quote.request"
    SIGNERS: ClassVar[frozenset[str]] = BUYER
    agreement: Hash
    lines: Lines[AskedLine]
    notice: Hash | None = None
    respond_by_s: Seconds | None = None
    on_silence: Silence | None = None

    @model_validator(mode="after")
    def _once(self) -> Request:
        lines_once(self.lines)
        return self


class QuotedLine(Fields):
    """Up to `quantity` of a SKU at this price. It may be another SKU, or less, than was asked for."""

    line: Line
    sku: Id
    quantity: Quantity
    price: Price
    tax: Tax | None = None


class Quote(Document):
    """A frozen price: an order that names this entry, while it is the newest of its thread, has these prices.

    `valid_s`: the seller will withdraw it after that time; the fold reads no clock, so the withdrawal is what ends it.
    """

    TYPE: ClassVar[str] = "quote"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    lines: Lines[QuotedLine]
    valid_s: Seconds | None = None
    ship_by: Date | None = None

    @model_validator(mode="after")
    def _once(self) -> Quote:
        lines_once(self.lines)
        return self


class Close(Document):
    """The buyer declines or needs it no more; the seller gives none, or withdraws what it gave (`expired`)."""

    TYPE: ClassVar[str] = "quote.close"
    thread: Hash
    role: Role
    reason: Code | None = None


TYPES: Final[tuple[type[Document], ...]] = (Request, Quote, Close)
