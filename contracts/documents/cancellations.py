"""Cancel documents (trade.md rows 17 and 18): the request that stops a parcel, and what became of it."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from pydantic import model_validator

from contracts.documents.capabilities import Signed
from contracts.documents.fields import (
    SELLER,
    Code,
    Document,
    Fields,
    Hash,
    Line,
    Lines,
    Quantity,
    Role,
    Seconds,
    Silence,
)
from contracts.documents.orders import lines_once

OVERSELL: Final = "oversell"  # the reason of a seller who promised more than there was


class CancelledLine(Fields):
    """`quantity` of a line; absent: all of it that can still be cancelled."""

    line: Line
    quantity: Quantity | None = None


class Request(Document):
    """Either side cancels. `fault` is a claim for complaints, it decides no money. `recall`: also ask for what is
    already under way back (the agreement's row `handed_over` prices it). With the reason `oversell` a seller owes the
    agreement's `oversell_penalty`, where that is more than the row asks. A dealer's names the cancel that it passes on:
    `parent` its buyer's, `upstream` its supplier's (see `fields.Document`)."""

    TYPE: ClassVar[str] = "cancel.request"
    thread: Hash
    role: Role
    lines: Lines[CancelledLine]
    reason: Code
    fault: Literal["buyer", "seller", "carrier", "none"] = "none"
    recall: bool = False
    parent: Hash | None = None
    upstream: Hash | None = None
    respond_by_s: Seconds | None = None
    on_silence: Silence | None = None

    @model_validator(mode="after")
    def _once(self) -> Request:
        lines_once(self.lines)
        return self


class ResultLine(Fields):
    """What became of `quantity` of a line: `stopped` (will not be shipped), `too_late` with the hash of the
    hand-over, `recalled` (the carrier intercepts), `rto` (comes back when the consumer refuses it)."""

    line: Line
    quantity: Quantity
    outcome: Literal["stopped", "too_late", "recalled", "rto"]
    handover: Hash | None = None


class Result(Document):
    """The seller's answer to the request with the hash `cancel`.

    `own_risk`: a dealer says so before its supplier did (table T5). If the parcel comes all the same, it is the
    dealer's loss, as with every hand-over that a granted cancel forbids.
    """

    TYPE: ClassVar[str] = "cancel.result"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    cancel: Hash
    lines: Lines[ResultLine]
    reason: Code | None = None
    own_risk: bool = False
    upstream: Hash | None = None
    by: Signed | None = None


TYPES: Final[tuple[type[Document], ...]] = (Request, Result)
