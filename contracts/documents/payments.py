"""Payment documents (trade.md row 40): what a debtor promises and sends, what the creditor saw arrive."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.documents.fields import (
    REFERENCE_PATTERN,
    Attachments,
    Code,
    Date,
    Document,
    Hash,
    Hashes,
    Money,
    Role,
)

# ISO 20022 EndToEndId (Max35Text) in the characters that every bank passes on; an ISO 11649 RF reference fits
Reference = Annotated[str, StringConstraints(min_length=1, max_length=35, pattern=REFERENCE_PATTERN)]


class _Payment(Document):
    thread: Hash | None = None
    agreement: Hash
    role: Role
    amount: Money
    reference: Reference
    means: Code | None = None
    statements: Hashes = ()
    orders: Annotated[tuple[Hash, ...], Field(strict=False, max_length=10)] = ()
    attachments: Attachments = ()

    @model_validator(mode="after")
    def _positive(self) -> _Payment:
        if self.amount.a < 1:
            raise PydanticCustomError(
                "document.money", "{wanted}", {"wanted": "an amount of at least 1", "path": "amount.a", "got": "0"}
            )
        return self


class Promise(_Payment):
    """Opens a payment: the debtor (`role`) will pay by `due`. Names the statements or orders that it is for."""

    TYPE: ClassVar[str] = "payment.promise"
    thread: None = None
    due: Date | None = None


class Sent(_Payment):
    """The debtor (`role`) has paid. Without `thread` it opens the payment itself."""

    TYPE: ClassVar[str] = "payment.sent"
    paid: Date | None = None


class Received(_Payment):
    """The creditor (`role`) has the money: only this reduces the balance. Without `thread` it opens the payment."""

    TYPE: ClassVar[str] = "payment.received"
    evidence: Annotated[bytes, Field(min_length=32, max_length=32)] | None = None


class Dispute(Document):
    """The creditor does not see the money that was sent."""

    TYPE: ClassVar[str] = "payment.dispute"
    thread: Hash
    role: Role
    reason: Code


TYPES: Final[tuple[type[Document], ...]] = (Promise, Sent, Received, Dispute)
