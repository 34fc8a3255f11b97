"""Dispute documents (trade.md row 31): an arbiter that both named in the agreement decides an issue.

Either side may enter the arbiter's signed award in its logbook, so an award counts with the other side gone.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.documents.deems import Cosigned
from contracts.documents.fields import (
    Attachments,
    Document,
    Fields,
    Hash,
    Hashes,
    Line,
    Moment,
    Money,
    NodeId,
    Quantity,
    Role,
    Seconds,
    Short,
)

Signature = Annotated[bytes, Field(min_length=64, max_length=64)]


class Open(Document):
    """Brings an escalated issue before the arbiter. `claim` is what the author asks for; `documents` are the hashes of
    the entries that it discloses."""

    TYPE: ClassVar[str] = "dispute.open"
    thread: Hash
    role: Role
    claim: Money | None = None
    documents: Hashes = ()
    parent: Hash | None = None
    attachments: Attachments = ()


class Evidence(Document):
    """More for the arbiter: entries disclosed by their hashes, and files. Each side's copy alone is enough, since it
    carries the other one's signature."""

    TYPE: ClassVar[str] = "dispute.evidence"
    thread: Hash
    role: Role
    documents: Hashes = ()
    parent: Hash | None = None
    attachments: Attachments = ()


class Delta(Fields):
    """Money that is owed to a side by an award."""

    to: Role
    amount: Money


class Duty(Fields):
    """Goods that the buyer must send back by an award."""

    order: Hash
    line: Line
    quantity: Quantity


class Award(Fields):
    """What the arbiter signs. `received_s` and `decided_s` are its own clock: a later arbiter of the list waits after
    `received_s` as long as those before it have. `complies` must act within `comply_within_s`; nobody, where the
    claim is dismissed. `reasons` is the SHA-256 of a text beside it."""

    dispute: Hash
    arbiter: NodeId
    received_s: Moment
    decided_s: Moment
    deltas: Short[Delta] = ()
    duties: Short[Duty] = ()
    complies: Role | None = None
    comply_within_s: Seconds = 0
    reasons: Hash | None = None

    @model_validator(mode="after")
    def _somebody_complies(self) -> Award:
        if self.complies is None and (self.deltas or self.duties):
            raise PydanticCustomError(
                "document.conflict", "{wanted}", {"wanted": "who complies", "path": "complies", "got": "nobody"}
            )
        return self


class Decide(Document):
    """The award in the dispute `award.dispute`, under the arbiter's `signature` (docs/protocol.md section 12.14)."""

    TYPE: ClassVar[str] = "dispute.decide"
    thread: Hash
    role: Role
    award: Award
    signature: Signature
    attachments: Attachments = ()


class Comply(Document):
    """Who had to act by the award has done so."""

    TYPE: ClassVar[str] = "dispute.comply"
    thread: Hash
    role: Role
    attachments: Attachments = ()


class Default(Document):
    """Who had to act by the award did not, and the time is over: two cosignatures of that side prove it (law 5)."""

    TYPE: ClassVar[str] = "dispute.default"
    thread: Hash
    role: Role
    started: Cosigned
    passed: Cosigned


TYPES: Final[tuple[type[Document], ...]] = (Open, Evidence, Decide, Comply, Default)
