"""Agreement documents (trade.md row 5) and the term tables that they carry (trade.md section 5)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts import amounts
from contracts.documents.fields import (
    Attachments,
    Code,
    Country,
    Currency,
    Date,
    Document,
    Fields,
    Hash,
    Label,
    Language,
    Level,
    Money,
    NodeId,
    Rate,
    Role,
    Roles,
    Seconds,
    Short,
    Silence,
    Text,
    repeated,
)

Stage = Literal["placed", "agreed", "packed", "handed_over", "delivered", "overdue", "refused"]
Bearer = Literal["buyer", "seller", "fault", "none"]
Proposal = Literal[
    "agreement", "hold", "quote", "order", "response", "change", "cancel", "receipt", "return",
    "ship_back", "inspect", "statement", "settlement", "setoff",
]  # fmt: skip


class TermRow(Fields):
    """One row of the term table: what holds for a quantity of a line that is in `stage`.

    `cancel`: who may cancel here. `fee`: the share of the goods' value that a cancelling buyer owes; `penalty`: the
    share that a cancelling or failing seller owes. Freight is borne by the named role, by the one at `fault`, or does
    not arise.
    """

    stage: Stage
    cancel: Roles = ()
    fee: Rate = "0"
    penalty: Rate = "0"
    freight_out: Bearer = "none"
    freight_back: Bearer = "none"
    refund_within_s: Seconds = 0


class Answer(Fields):
    """What a silence means: `proposal` must be answered within `respond_by_s` after its receipt, or `on_silence`."""

    proposal: Proposal
    respond_by_s: Seconds
    on_silence: Silence


class Commission(Fields):
    """What the buyer keeps of every price, as a marketplace does: `rate` of the goods' value with tax, and on top
    `tax`, a share of that."""

    name: Code
    rate: Rate
    tax: Rate = "0"


class Share(Fields):
    """The part of the price that belongs to a third merchant, for its `role` in the goods (design, making, selling):
    `rate` of the goods' value without tax. `by` passes it on: the buyer, who keeps it back from the price for that, or
    the seller out of what it gets. Where `node` is this agreement's own seller, the buyer passes on to it by
    `share.report` what it keeps of the prices of goods that it trades with others."""

    role: Code
    node: NodeId
    rate: Rate
    by: Role = "buyer"


class Wording(Fields):
    """The agreement in words: inline `text`, or the `hash` of a blob, in one `language`. All mean the same."""

    language: Language
    text: Text | None = None
    hash: Hash | None = None


class Arbiter(Fields):
    """Somebody whom both trust to decide a dispute: `key` is the Ed25519 key of role `settle` that signs awards."""

    node: NodeId
    key: NodeId
    name: Label | None = None


class Disclosure(Fields):
    """What the seller sees of an order whose address is sealed to somebody else: `ship_to`, how closely."""

    ship_to: Level = "country"


class Terms(Fields):
    """Everything that two merchants agree on, as data that the fold and the node run.

    `basis`: what makes goods owed: their hand-over, their delivery, or the end of the return window. `seller` and
    `currency` name the direction and the money of this agreement and never change; the other node of the channel is the
    buyer. `withholding` is the share of what is owed for goods that the buyer keeps until they are final, `fees` what
    it keeps for good, `shares` what third merchants get of every price. `arbiters` decide disputes, the first one
    first; each has `award_s` before the next may. `self_billing`: the buyer writes the invoices.
    """

    seller: NodeId
    currency: Currency
    basis: Literal["shipment", "delivery", "return_window"] = "shipment"
    rows: Annotated[tuple[TermRow, ...], Field(strict=False, min_length=1, max_length=7)]
    answers: Annotated[tuple[Answer, ...], Field(strict=False, max_length=16)] = ()
    ship_by_s: Seconds | None = None
    return_window_s: Seconds | None = None
    inspect_window_s: Seconds | None = None
    payment_due_s: Seconds | None = None
    issue_response_s: Seconds | None = None
    issue_resolution_s: Seconds | None = None
    award_s: Seconds | None = None
    arbiters: Annotated[tuple[Arbiter, ...], Field(strict=False, max_length=8)] = ()
    self_billing: bool = False
    statement_period: Literal["weekly", "half-monthly", "monthly"] = "monthly"
    credit_limit: Money | None = None
    short_penalty: Rate = "0"
    oversell_penalty: Rate = "0"
    withholding: Rate = "0"
    fees: Annotated[tuple[Commission, ...], Field(strict=False, max_length=8)] = ()
    shares: Annotated[tuple[Share, ...], Field(strict=False, max_length=8)] = ()
    floor_prices: bool = False
    disclosure: Disclosure | None = None
    countries: Annotated[tuple[Country, ...], Field(strict=False, max_length=250)] = ()
    channels: Short[Code] = ()
    law: Country | None = None
    texts: Short[Wording] = ()
    valid_from: Date | None = None

    @model_validator(mode="after")
    def _rows_once(self) -> Terms:
        if len({row.stage for row in self.rows}) < len(self.rows):
            raise repeated("each stage once", "rows", len(self.rows))
        if len({answer.proposal for answer in self.answers}) < len(self.answers):
            raise repeated("each proposal once", "answers", len(self.answers))
        if len({fee.name for fee in self.fees}) < len(self.fees):
            raise repeated("each fee once", "fees", len(self.fees))
        if len({share.role for share in self.shares}) < len(self.shares):
            raise repeated("each role once", "shares", len(self.shares))
        whole = amounts.added([amounts.rate(share.rate) for share in self.shares])
        if whole.numerator > whole.denominator:
            problem = {"wanted": "shares of at most the whole price", "path": "shares", "got": "more"}
            raise PydanticCustomError("document.range", "{wanted}", problem)
        return self


class Propose(Document):
    """Opens an agreement thread. Proposing is the author's own accept."""

    TYPE: ClassVar[str] = "agreement.propose"
    role: Role
    terms: Terms
    attachments: Attachments = ()


class Counter(Document):
    """Answers the last proposal `counters` of the other side with other terms."""

    TYPE: ClassVar[str] = "agreement.counter"
    thread: Hash
    role: Role
    counters: Hash
    terms: Terms
    attachments: Attachments = ()


class Accept(Document):
    """Accepts the proposal, counter or amendment with the hash `accepts`: from then on that hash is in force."""

    TYPE: ClassVar[str] = "agreement.accept"
    thread: Hash
    role: Role
    accepts: Hash


class Amend(Document):
    """Proposes new terms beside the version `amends` in force; threads already open keep their version."""

    TYPE: ClassVar[str] = "agreement.amend"
    thread: Hash
    role: Role
    amends: Hash
    terms: Terms
    attachments: Attachments = ()


class Terminate(Document):
    """Ends the agreement for new threads, or declines a proposal. Sent when a notice period has passed."""

    TYPE: ClassVar[str] = "agreement.terminate"
    thread: Hash
    role: Role
    reason: Code | None = None


TYPES: Final[tuple[type[Document], ...]] = (Propose, Counter, Accept, Amend, Terminate)
