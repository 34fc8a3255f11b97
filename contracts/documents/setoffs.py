"""Set-off documents (trade.md row 39): two debts between the same two merchants that cancel each other out."""

from __future__ import annotations

from typing import ClassVar, Final

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from contracts.documents.fields import Document, Hash, Hashes, Money, Role


class Propose(Document):
    """Opens a set-off: `amount` comes off what is owed under `agreement`, where the author has `role`, and under the
    agreement `against`, which goes the other way. `statements` are the closed ones whose debts it clears."""

    TYPE: ClassVar[str] = "setoff.propose"
    agreement: Hash
    role: Role
    against: Hash
    amount: Money
    statements: Hashes = ()

    @model_validator(mode="after")
    def _positive(self) -> Propose:
        if self.amount.a < 1:
            problem = {"wanted": "an amount of at least 1", "path": "amount.a", "got": "0"}
            raise PydanticCustomError("document.money", "{wanted}", problem)
        return self


class Consent(Document):
    """The other side's answer: with `accept` both debts are less by the amount, from this entry on."""

    TYPE: ClassVar[str] = "setoff.consent"
    thread: Hash
    role: Role
    accept: bool


TYPES: Final[tuple[type[Document], ...]] = (Propose, Consent)
