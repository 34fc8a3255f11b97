"""Statement documents (trade.md rows 34 and 35): one agreement's account between two cuts of the logbooks."""

from __future__ import annotations

from typing import ClassVar, Final

from contracts.documents.fields import (
    Balance,
    Code,
    Currency,
    Document,
    Fields,
    Hash,
    Label,
    Role,
    Seconds,
    Silence,
    Size,
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
    SHA-256 of their HCM bytes (see `statements.encoded`), `count` how many there are.
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
    respond_by_s: Seconds | None = None
    on_silence: Silence | None = None


class Difference(Fields):
    """The first line that differs: its thread `key` and `kind`, and what the author's own books say (nil: no such
    line)."""

    key: Hash
    kind: Code
    mine: Balance | None = None


class Respond(Document):
    """`accord`: the author computed the same lines (`lines_hash`) and the statement is closed. Otherwise the first
    `difference`, and the statement is dead."""

    TYPE: ClassVar[str] = "statement.respond"
    thread: Hash
    role: Role
    accord: bool
    lines_hash: Hash
    difference: Difference | None = None


TYPES: Final[tuple[type[Document], ...]] = (Propose, Respond)
