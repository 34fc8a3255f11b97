"""Hold documents (trade.md row 12): a signed promise of stock, ordered by the logbook of its owner."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from contracts.documents.fields import (
    BUYER,
    SELLER,
    Code,
    Document,
    Hash,
    Id,
    Quantity,
    Role,
    Seconds,
    Silence,
)
from contracts.documents.stocks import MAIN


class Ask(Document):
    """Asks the seller to keep `quantity` of a SKU back for `expires_s` seconds."""

    TYPE: ClassVar[str] = "stock.hold"
    SIGNERS: ClassVar[frozenset[str]] = BUYER
    agreement: Hash
    sku: Id
    quantity: Quantity
    location: Id = MAIN
    expires_s: Seconds
    respond_by_s: Seconds | None = None
    on_silence: Silence | None = None


class Grant(Document):
    """Keeps back `quantity` (at most what was asked; absent: all of it) for `expires_s` seconds."""

    TYPE: ClassVar[str] = "stock.hold_ok"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    quantity: Quantity | None = None
    expires_s: Seconds | None = None


class Deny(Document):
    """Keeps nothing back."""

    TYPE: ClassVar[str] = "stock.hold_no"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    reason: Code | None = None


class Release(Document):
    """Ends a hold: the buyer does not need it, or the seller's time for it has run out (`expired`)."""

    TYPE: ClassVar[str] = "stock.release"
    thread: Hash
    role: Role
    reason: Literal["released", "expired"] = "released"


TYPES: Final[tuple[type[Document], ...]] = (Ask, Grant, Deny, Release)
