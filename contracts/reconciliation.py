"""Why two books differ: the list of named differences, down to the document that one side lacks.

Both sides of an honest channel compute the same lines, so a difference has one of three causes: a document that one
side does not have yet, another version of the rules, or a statement that was made by hand. `lines` names the lines,
`states` everything else that two folds see differently, `lacking` the entries behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contracts import histories
from contracts.histories import History
from contracts.items import Position
from contracts.statements import StatementLine


class Cause(StrEnum):
    """How a line or state differs, seen from the one who asks (`mine`)."""

    UNKNOWN = "unknown"  # theirs only
    MISSING = "missing"  # mine only
    AMOUNT = "amount"
    REPEATED = "repeated"  # theirs, more than once


@dataclass(frozen=True, slots=True)
class LineDifference:
    """A statement line that differs: `key` is the hash of its thread's first document."""

    cause: Cause
    key: bytes
    kind: str
    mine: int | None
    theirs: int | None


@dataclass(frozen=True, slots=True)
class StateDifference:
    """Something that two folds see differently: `what` (orders, balance, refusals ...), its key, both views."""

    cause: Cause
    what: str
    key: object
    mine: object
    theirs: object


def lines(mine: Sequence[StatementLine], theirs: Sequence[StatementLine]) -> list[LineDifference]:
    """The differences of two statements, in the order of their lines; the first is what `statement.respond` names."""
    own = {(line.key, line.kind): line.amount for line in mine}
    other: dict[tuple[bytes, str], int] = {}
    found = []
    for line in theirs:
        name = (line.key, line.kind)
        if name in other:
            found.append(LineDifference(Cause.REPEATED, *name, own.get(name), line.amount))
        other.setdefault(name, line.amount)
    for name in own.keys() | other.keys():
        amount, claimed = own.get(name), other.get(name)
        if amount != claimed:
            found.append(LineDifference(_cause(amount, claimed), *name, amount, claimed))
    return sorted(found, key=lambda difference: (difference.key, difference.kind, difference.cause))


def _cause(mine: object, theirs: object) -> Cause:
    if mine is None:
        return Cause.UNKNOWN
    return Cause.MISSING if theirs is None else Cause.AMOUNT


def states(mine: History, theirs: History) -> list[StateDifference]:
    """Everything that two folds of one channel see differently; empty for equal heads."""
    found = []
    own, other = histories.snapshot(mine), histories.snapshot(theirs)
    for what in own:
        left, right = own[what], other[what]
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            for key in sorted(left.keys() | right.keys(), key=repr):
                if left.get(key) != right.get(key):
                    cause = _cause(left.get(key), right.get(key))
                    found.append(StateDifference(cause, what, key, left.get(key), right.get(key)))
        elif left != right:
            found.append(StateDifference(Cause.AMOUNT, what, None, left, right))
    return found


def lacking(mine: Iterable[bytes], theirs: Iterable[bytes], side: int) -> list[tuple[Position, bytes]]:
    """The entries of one logbook (hashes in order) that I do not have and the other does: what to fetch first."""
    have = set(mine)
    return [((side, index), name) for index, name in enumerate(theirs) if name not in have]
