"""Order documents (trade.md rows 13 to 15). No free text: nothing that a consumer wrote belongs in a logbook."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Protocol

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.documents.fields import (
    BUYER,
    LINES_MAX,
    SELLER,
    Attachments,
    Code,
    Country,
    Date,
    Destination,
    Document,
    Fields,
    Hash,
    Id,
    Label,
    Line,
    Lines,
    Moment,
    Money,
    Number,
    PersonalData,
    Position,
    Price,
    Quantity,
    QuantityOrNone,
    Role,
    Seconds,
    Short,
    Silence,
    Tax,
    Unit,
    repeated,
)

MASKED: Final = ("platform", "token", "grant", "carrier", "waybill")  # of an order.place: a masked recipient
Positions = Annotated[tuple[Position, ...], Field(strict=False, min_length=1, max_length=LINES_MAX)]
Action = Literal["accept", "change", "substitute", "backorder", "reject"]


class _Numbered(Protocol):
    @property
    def line(self) -> int: ...


def lines_once(lines: tuple[_Numbered, ...]) -> None:
    """Raises where a line number stands twice."""
    if len(lines) > 1 and len({line.line for line in lines}) < len(lines):
        raise repeated("each line once", "lines", len(lines))


class PlacedLine(Fields):
    """`listing` and `price_list` are the hashes of the entries that the buyer saw: a later price does not touch it.

    A line that names a `quote` has the price of that in place of the list's. `location` or `territory` (a country)
    asks from where it is to leave; the seller's answer names what it chose.
    """

    line: Line
    sku: Id
    listing: Hash
    price_list: Hash | None = None
    quote: Hash | None = None
    quantity: Quantity
    unit: Unit = "C62"
    price: Price
    tax: Tax | None = None
    hold: Hash | None = None
    location: Id | None = None
    territory: Country | None = None

    @model_validator(mode="after")
    def _priced(self) -> PlacedLine:
        if (self.price_list is None) == (self.quote is None):
            got = "neither" if self.quote is None else "both"
            raise PydanticCustomError(
                "document.conflict", "{wanted}", {"wanted": "price_list or quote", "path": "price_list", "got": got}
            )
        return self


class Charge(Fields):
    """What is owed once for the order as soon as anything of it is: freight, handling (UNCL7161 `code`)."""

    code: Code
    amount: Money


class Place(Document):
    """Opens an order thread. `number` is random per channel, never a customer's number.

    The consumer is either `pii` (sealed to the shipper, which may hold a masked recipient as well) or an open `token`:
    a `platform`'s masked recipient, with the `grant` of a waybill or the `carrier` and `waybill` themselves; an order
    for the buyer's own warehouse has neither. `partial` false: a line is accepted as a whole or not. `kind` is UNCL1001
    (220 order, 221 blanket, 226, 227 consignment). `parent`: the order of a buyer that this one serves (see
    `fields.Document`). `feedback_key`: made for this order, under which its consumer may be heard (Ed25519).
    """

    TYPE: ClassVar[str] = "order.place"
    SIGNERS: ClassVar[frozenset[str]] = BUYER
    agreement: Hash
    number: Number
    kind: Literal["105", "220", "221", "226", "227"] = "220"
    lines: Lines[PlacedLine]
    partial: bool = True
    pii: PersonalData | None = None
    token: Label | None = None
    grant: Label | None = None
    platform: Code | None = None
    carrier: Code | None = None
    waybill: Id | None = None
    ship_to: Destination | None = None
    feedback_key: Hash | None = None
    ship_by: Date | None = None
    incoterm: Literal["EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP", "FAS", "FOB", "CFR", "CIF"] | None = None
    channel: Code | None = None
    charges: Short[Charge] = ()
    parent: Hash | None = None
    respond_by_s: Seconds | None = None
    on_silence: Silence | None = None
    attachments: Attachments = ()

    @model_validator(mode="after")
    def _once(self) -> Place:
        lines_once(self.lines)
        if self.pii is not None and self.token is not None:
            raise PydanticCustomError(
                "document.conflict", "{wanted}", {"wanted": "pii or token, not both", "path": "token", "got": "both"}
            )
        alone = next((name for name in MASKED if self.token is None and getattr(self, name) is not None), None)
        if alone is not None:
            raise PydanticCustomError(
                "document.conflict", "{wanted}", {"wanted": "only with a token", "path": alone, "got": alone}
            )
        return self


class Part(Fields):
    """The seller's answer to `quantity` of a line; a line may be answered in several parts.

    `change` offers another `price` or ship time, `substitute` another `sku`, `backorder` the same goods later: all
    three wait for the buyer. `promised_ship_s` is in unix seconds. `location`: from where what is accepted will leave.
    """

    line: Line
    action: Action
    quantity: Quantity
    price: Price | None = None
    sku: Id | None = None
    promised_ship_s: Moment | None = None
    location: Id | None = None
    reason: Code | None = None

    @model_validator(mode="after")
    def _complete(self) -> Part:
        wanted = ""
        if self.action == "substitute" and self.sku is None:
            wanted = "sku with substitute"
        elif self.action == "change" and self.price is None and self.promised_ship_s is None:
            wanted = "price or promised_ship_s with change"
        elif self.action != "substitute" and self.sku is not None:
            wanted = "sku only with substitute"
        elif self.action in ("accept", "reject") and self.price is not None:
            wanted = "price only with change, substitute or backorder"
        elif self.action != "accept" and self.location is not None:
            wanted = "location only with accept"
        if wanted:
            raise PydanticCustomError(
                "document.conflict", "{wanted}", {"wanted": wanted, "path": "action", "got": self.action}
            )
        return self


class Respond(Document):
    """The seller's answer. `original_open`: if the buyer declines an offered part, the original is open again."""

    TYPE: ClassVar[str] = "order.respond"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash
    lines: Lines[Part]
    original_open: bool = False
    sales_order: Number | None = None
    upstream: Hash | None = None
    respond_by_s: Seconds | None = None
    on_silence: Silence | None = None


class Changed(Fields):
    """`quantity` agreed units of a line are to become `new_quantity` units, at `price`, shipped by `promised_ship_s`.

    What is absent stays. Fewer units cancel the difference without a fee, by consent; more add to the order.
    """

    line: Line
    quantity: Quantity
    new_quantity: QuantityOrNone | None = None
    price: Price | None = None
    promised_ship_s: Moment | None = None


class Change(Document):
    """Either side proposes to change what was agreed; until it is accepted, the original stands."""

    TYPE: ClassVar[str] = "order.change"
    thread: Hash
    role: Role
    lines: Lines[Changed]
    reason: Code | None = None
    respond_by_s: Seconds | None = None
    on_silence: Silence | None = None

    @model_validator(mode="after")
    def _once(self) -> Change:
        lines_once(self.lines)
        return self


class ChangeRespond(Document):
    """Accepts or declines the parts of a proposal: `proposal` is the hash of the `order.respond` or `order.change`,
    `parts` the positions in its `lines`, from 0 (absent: all that wait)."""

    TYPE: ClassVar[str] = "order.change_respond"
    thread: Hash
    role: Role
    proposal: Hash
    accept: bool
    parts: Positions | None = None
    reason: Code | None = None


TYPES: Final[tuple[type[Document], ...]] = (Place, Respond, Change, ChangeRespond)
