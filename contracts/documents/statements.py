"""Statement documents (trade.md rows 34 to 36): one agreement's account between two cuts of the logbooks."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.documents.fields import (
    LINES_MAX,
    Balance,
    Code,
    Currency,
    Date,
    Document,
    Fields,
    Hash,
    Label,
    Role,
    Seconds,
    Silence,
    Size,
    repeated,
)

CALCULATION: Final = "hanse-settle/1"


class Head(Fields):
    """The size and root of a logbook."""

    size: Size
    root: Hash


class Propose(Document):
    """The account of `agreement` for everything inside the cut and after the `previous` closed statement.

    `own` and `partner` are the cut, from the author. Amounts are minor units of `currency` that the buyer owes the
    seller (negative: the other way round): `opening` + `total` = `closing`. The lines are a blob: `lines_hash` is the
    SHA-256 of their HCM bytes (see `statements.encoded`), `count` how many there are. `due` is the day by which the
    closing balance is to be paid.
    """

    TYPE: ClassVar[str] = "statement.propose"
    agreement: Hash
    role: Role
    currency: Currency
    period: Label
    own: Head
    partner: Head
    previous: Hash | None = None
    calc: Code = CALCULATION
    opening: Balance
    total: Balance
    closing: Balance
    count: Size
    lines_hash: Hash
    due: Date | None = None
    respond_by_s: Seconds | None = None
    on_silence: Silence | None = None


class Difference(Fields):
    """The first line that differs: its thread `key` and `kind`, and what the author's own books say (nil: no such
    line)."""

    key: Hash
    kind: Code
    mine: Balance | None = None


class ContestedLine(Fields):
    """A line on which the two figures differ: `mine` is the author's, `theirs` the proposal's (nil: no such line)."""

    kind: Code
    mine: Balance | None = None
    theirs: Balance | None = None


class Contested(Fields):
    """A thread (`key`) whose lines the author does not agree to, and why. `lines` stand here where figures differ."""

    key: Hash
    reason: Code
    lines: Annotated[tuple[ContestedLine, ...], Field(strict=False, max_length=16)] = ()


class Respond(Document):
    """`accord`: the author computed the same lines (`lines_hash`) and the statement is closed. Otherwise the first
    `difference`, and the statement is dead.

    An accord may leave out some threads: the lines of the `contested` stay open and roll into the next statement, to be
    cleared by `due` (a claim); the others are closed at once, at `closing`.
    """

    TYPE: ClassVar[str] = "statement.respond"
    thread: Hash
    role: Role
    accord: bool
    lines_hash: Hash
    difference: Difference | None = None
    contested: Annotated[tuple[Contested, ...], Field(strict=False, max_length=LINES_MAX)] = ()
    closing: Balance | None = None
    due: Date | None = None

    @model_validator(mode="after")
    def _whole(self) -> Respond:
        if self.contested and not self.accord:
            problem = {"wanted": "an accord", "path": "accord", "got": "false"}
            raise PydanticCustomError("document.conflict", "{wanted}", problem)
        if len({thread.key for thread in self.contested}) < len(self.contested):
            raise repeated("each thread once", "contested", len(self.contested))
        return self


class Reopen(Document):
    """The side by whose silence a statement was closed contests some of it after all, once; `due` as in an answer.

    Nothing that is closed changes: what comes of it stands in the next statement.
    """

    TYPE: ClassVar[str] = "statement.reopen"
    thread: Hash
    role: Role
    contested: Annotated[tuple[Contested, ...], Field(strict=False, min_length=1, max_length=LINES_MAX)]
    due: Date | None = None


TYPES: Final[tuple[type[Document], ...]] = (Propose, Respond, Reopen)
