"""Peering documents (trade.md rows 1 and 2): who I am, and whether we trade at all."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field, model_validator

from contracts.documents.fields import (
    Code,
    Country,
    Currency,
    Document,
    Fields,
    Gln,
    Hash,
    Label,
    Language,
    Seconds,
    Size,
    repeated,
)

Version = Annotated[int, Field(ge=1, le=1_000)]


class Understood(Fields):
    """A document type and the range of its versions that a node reads."""

    type: Code
    min: Version
    max: Version


class Payee(Fields):
    """How the author wants to be paid in one currency: a blob of `len` bytes with this hash (`payees.Details`).

    An account may be a person's, so the entry holds no more than the hash of it, which a salt keeps from being guessed.
    """

    currency: Currency
    len: Size
    hash: Hash


class Card(Document):
    """A merchant's card. The newest of each side counts; keys and addresses stand in the identity log instead."""

    TYPE: ClassVar[str] = "peer.card"
    name: Label
    legal_name: Label | None = None
    country: Country
    languages: Annotated[tuple[Language, ...], Field(strict=False, min_length=1, max_length=20)]
    gln: Gln | None = None
    lei: Annotated[str, Field(pattern=r"^[A-Z0-9]{18}[0-9]{2}$")] | None = None
    tax_id: Code | None = None
    documents: Annotated[tuple[Understood, ...], Field(strict=False, max_length=200)] = ()
    payees: Annotated[tuple[Payee, ...], Field(strict=False, max_length=20)] = ()

    @model_validator(mode="after")
    def _currencies_once(self) -> Card:
        if len({payee.currency for payee in self.payees}) < len(self.payees):
            raise repeated("each currency once", "payees", len(self.payees))
        return self


class Invite(Document):
    """One side wants to trade. If both invite, the peering is active as well."""

    TYPE: ClassVar[str] = "peer.invite"
    scope: Annotated[tuple[Code, ...], Field(strict=False, max_length=20)] = ()
    words_compared: bool = False


class Accept(Document):
    """The other side wants to trade as well."""

    TYPE: ClassVar[str] = "peer.accept"
    words_compared: bool = False


class Suspend(Document):
    """No new threads until `peer.resume` of the same side; open threads go on."""

    TYPE: ClassVar[str] = "peer.suspend"
    reason: Code | None = None


class Resume(Document):
    """Ends the author's own suspension."""

    TYPE: ClassVar[str] = "peer.resume"


class End(Document):
    """The author leaves: no new threads; open ones are brought to their end and the books are closed."""

    TYPE: ClassVar[str] = "peer.end"
    reason: Code | None = None
    notice_s: Seconds = 0


TYPES: Final[tuple[type[Document], ...]] = (Card, Invite, Accept, Suspend, Resume, End)
