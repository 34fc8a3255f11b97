"""Notices (trade.md row 10): what a merchant has or looks for, told to the partners that it chooses."""

from __future__ import annotations

from typing import ClassVar, Final

from contracts.documents.fields import Code, Country, Date, Document, Hash, Id, Label, Quantity, Short, Unit
from contracts.documents.fields import Price as PriceIdea


class Notice(Document):
    """`what` in words; `sku` or `category` where it has one; how much, at about which price, until when, for where.

    It binds nobody: who is interested asks for a quote, or makes a listing.
    """

    what: Label
    sku: Id | None = None
    category: Code | None = None
    quantity: Quantity | None = None
    unit: Unit = "C62"
    price: PriceIdea | None = None
    until: Date | None = None
    countries: Short[Country] = ()


class Offer(Notice):
    """The author has goods to sell."""

    TYPE: ClassVar[str] = "offer"


class Want(Notice):
    """The author looks for goods to buy."""

    TYPE: ClassVar[str] = "want"


class Withdraw(Document):
    """Ends the author's own notice with this hash."""

    TYPE: ClassVar[str] = "notice.withdraw"
    notice: Hash
    reason: Code | None = None


TYPES: Final[tuple[type[Document], ...]] = (Offer, Want, Withdraw)
