"""Capability documents (trade.md row 4): what a merchant can do for others, and one transition given to a third key."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from contracts.documents.fields import (
    Code,
    Country,
    Date,
    Document,
    Fields,
    Hash,
    Id,
    Money,
    Quantity,
    Seconds,
    Short,
    Size,
    Unit,
)
from contracts.documents.stocks import Location

Kind = Literal["warehouse", "courier", "aftersale", "design", "content", "explain"]
Transition = Literal["shipment.pack", "shipment.handover", "shipment.status", "cancel.result", "return.inspect"]
"""The documents that may be delegated, one to a grant."""

PublicKey = Annotated[bytes, Field(min_length=32, max_length=32)]
Signature = Annotated[bytes, Field(min_length=64, max_length=64)]


class Signed(Fields):
    """Who did it: the holder of the key of `grant`, by its `signature` under the rest of the body."""

    grant: Hash
    signature: Signature


class Charge(Fields):
    """One row of a rate card: what `per` (a unit of UN/ECE Rec 20) of a service costs."""

    code: Code
    amount: Money
    per: Unit = "C62"


class Offer(Document):
    """Offers a capability to the partner: what, where, at what price, how much a day, how soon."""

    TYPE: ClassVar[str] = "capability.offer"
    kind: Kind
    name: Id | None = None
    location: Location | None = None
    countries: Annotated[tuple[Country, ...], Field(strict=False, max_length=250)] = ()
    rates: Short[Charge] = ()
    capacity_per_day: Quantity | None = None
    within_s: Seconds | None = None
    until: Date | None = None


class Grant(Document):
    """Gives one transition of the author to whoever holds `key` (Ed25519), until it is revoked.

    `entries_max`: it covers only so many further entries of the author's logbook. `expires_s`: the author will revoke
    it after that time; the fold reads no clock, so the revocation is what ends it. `offer` is the capability of the
    partner that it takes up.
    """

    TYPE: ClassVar[str] = "capability.grant"
    transition: Transition
    key: PublicKey
    kind: Kind = "warehouse"
    holder: Id | None = None
    entries_max: Size | None = None
    expires_s: Seconds | None = None
    offer: Hash | None = None


class Revoke(Document):
    """Ends the author's own offer or grant with this hash. What was signed under it before stands."""

    TYPE: ClassVar[str] = "capability.revoke"
    capability: Hash
    reason: Literal["revoked", "expired", "compromised"] = "revoked"


TYPES: Final[tuple[type[Document], ...]] = (Offer, Grant, Revoke)
