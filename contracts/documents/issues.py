"""Complaint documents (trade.md row 29): opened, answered, passed up a chain, escalated and closed.

Nothing that a person wrote stands in them: a message is an attachment, which can be destroyed (law 10).
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from contracts.documents.deems import Cosigned
from contracts.documents.fields import Attachments, Document, Fields, Hash, Line, Money, Quantity, Role, Seconds, Short

Category = Literal[
    "missing", "damaged", "defective", "wrong_item", "late", "return", "payment", "invoice", "statement", "other"
]
Remedy = Literal["refund", "exchange", "repair", "credit", "explain", "other"]
Status = Literal["processing", "need_more_info", "resolved", "information"]


class Concerned(Fields):
    """A quantity of a line of the order that the complaint is about."""

    line: Line
    quantity: Quantity


class Open(Document):
    """Opens an issue under `agreement`, about an `order` (hash of its thread), or about `request`, a `return.request`
    or any other document of that order.

    `claim` is what the complainant wants to be paid: a refund of at least that much closes the issue. The expected
    times are those of the agreement, absent means these.
    """

    TYPE: ClassVar[str] = "issue.open"
    agreement: Hash
    role: Role
    order: Hash | None = None
    request: Hash | None = None
    category: Category
    lines: Short[Concerned] = ()
    claim: Money | None = None
    remedy: Remedy | None = None
    expected_response_s: Seconds | None = None
    expected_resolution_s: Seconds | None = None
    parent: Hash | None = None
    attachments: Attachments = ()

    @model_validator(mode="after")
    def _of_an_order(self) -> Open:
        if self.order is None and (self.request is not None or self.lines):
            raise PydanticCustomError(
                "document.conflict", "{wanted}", {"wanted": "the order of these lines", "path": "order", "got": "none"}
            )
        return self


class Reply(Document):
    """The other side works on it (`processing`), asks (`need_more_info`) or proposes that it is `resolved`; the
    complainant gives `information`, which also says that it is not resolved yet."""

    TYPE: ClassVar[str] = "issue.reply"
    thread: Hash
    role: Role
    status: Status
    remedy: Remedy | None = None
    parent: Hash | None = None
    upstream: Hash | None = None
    attachments: Attachments = ()


class Cascade(Document):
    """The other side opened the same issue with its own supplier. `upstream` is a salted hash of that issue (law 9);
    the clock of this one keeps running."""

    TYPE: ClassVar[str] = "issue.cascade"
    thread: Hash
    role: Role
    upstream: Hash
    attachments: Attachments = ()


class Escalate(Document):
    """The complainant goes on, since the time that the agreement gives for resolving an issue is over: two
    cosignatures of the other side prove it (law 5)."""

    TYPE: ClassVar[str] = "issue.escalate"
    thread: Hash
    role: Role
    started: Cosigned
    passed: Cosigned
    parent: Hash | None = None


class Close(Document):
    """The complainant has nothing more to ask for."""

    TYPE: ClassVar[str] = "issue.close"
    thread: Hash
    role: Role
    satisfied: bool = True
    parent: Hash | None = None


TYPES: Final[tuple[type[Document], ...]] = (Open, Reply, Cascade, Escalate, Close)
