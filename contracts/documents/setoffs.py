"""Set-off documents (trade.md row 39): debts that cancel each other out, between two merchants or around a cycle."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.documents.fields import Document, Hash, Hashes, Money, Role

Hops = Annotated[int, Field(ge=0, le=7)]  # a cycle of more than eight merchants is not looked for


class Propose(Document):
    """Opens a set-off of `amount`, in one of two forms.

    With `against`: it comes off what is owed under `agreement`, where the author has `role`, and under the agreement
    `against`, which goes the other way. `statements` are the closed ones whose debts it clears.

    With `batch`, `lock` and `release`: it is one edge of a cycle, and comes off what the author owes under `agreement`
    once a secret is shown whose hash (protocol.md section 4: that of a leaf) is `lock`; a secret for `release` ends it
    instead. All edges of a `batch` name the same two; `hops` counts the edges before this one.
    """

    TYPE: ClassVar[str] = "setoff.propose"
    agreement: Hash
    role: Role
    amount: Money
    against: Hash | None = None
    statements: Hashes = ()
    batch: Hash | None = None
    lock: Hash | None = None
    release: Hash | None = None
    hops: Hops = 0

    @model_validator(mode="after")
    def _whole(self) -> Propose:
        if self.amount.a < 1:
            problem = {"wanted": "an amount of at least 1", "path": "amount.a", "got": "0"}
            raise PydanticCustomError("document.money", "{wanted}", problem)
        locked = [one is not None for one in (self.batch, self.lock, self.release)]
        one_secret = self.lock is not None and self.lock == self.release
        if any(locked) != all(locked) or all(locked) == (self.against is not None) or one_secret:
            problem = {"wanted": "against, or batch, lock and release", "path": "against", "got": "neither or both"}
            raise PydanticCustomError("document.conflict", "{wanted}", problem)
        return self


class Consent(Document):
    """The other side's answer. With `accept` both debts are less by the amount, from this entry on; an edge of a cycle
    is locked by it, at `amount` where that is less than what was proposed."""

    TYPE: ClassVar[str] = "setoff.consent"
    thread: Hash
    role: Role
    accept: bool
    amount: Money | None = None


class Notice(Document):
    """Shows a secret of the batch to the other side of an edge: that of its lock applies the edge, that of its release
    ends it. Whoever has learnt it may show it."""

    TYPE: ClassVar[str] = "setoff.notice"
    thread: Hash
    role: Role
    secret: Hash


TYPES: Final[tuple[type[Document], ...]] = (Propose, Consent, Notice)
