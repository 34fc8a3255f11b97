"""A thread: the documents that answer each other, and the state that follows from their *set*.

The two partners receive the documents of a thread in different orders. So a thread keeps all of its documents, the
refused ones too, puts them into one order that only the set determines (`linearise`), and walks its table in that
order. Whatever came first on the wire, both compute the same state and the same refusals.

The order: a document comes after everything its author knew. Where neither of two knew the other, what lies inside
the cut of a closed statement comes first, so that a late document never changes a closed line; then the type with
the lower rank; then the seller's. These are the only tie-breaks: no NodeID, no timestamp, no arrival.

A document of the highest rank in its table therefore comes after *every* concurrent one outside the cuts. For
`cancel.request` this is law 13 itself: the hand-overs that stand before it in the walk are exactly those whose `seen`
does not cover it.

Cost: a document that knows all the others comes last, and is one step on the stored state. A concurrent one finds
its place among the last documents (one more document never moves the others), and only what stands behind that
place is walked again: documents of the other side that this one did not know. So the cost of a document grows neither
with the logbook nor with the thread. docs/decisions/0002-threads-fold-by-linearisation.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from contracts.documents.fields import Document
from contracts.errors import FAULTS_MAX, Fault
from contracts.items import Member, Past, Position

# What one document may find in its thread. An order of 500 lines uses about 3,000 in its life.
THREAD_DOCUMENTS_MAX: Final = 512
THREAD_LINES_MAX: Final = 5_000
REFERENCES: Final = ("parent", "upstream")  # see docs/protocol.md section 11.7
EVERYTHING: Final[Past] = (2**63, 2**63)

State = TypeVar("State")
Faults: TypeAlias = tuple[Fault, ...]
# (state, document, blind) -> (next state, faults); with faults the state is unchanged. `blind`: the walk has already
# passed documents that this one's author did not know, so a quantity may have shrunk through no fault of the author.
Step: TypeAlias = Callable[[State, Member, bool], tuple[State, Faults]]


class Passed(NamedTuple, Generic[State]):
    """A document in its place: the state before it, and the highest accepted index of each side before it."""

    member: Member
    before: State
    reached: tuple[int, int]


class Walked(NamedTuple, Generic[State]):
    """The outcome of a walk from `place` in the thread's trail on: the new end of the trail, the state behind it, the
    highest accepted index of each side, what was refused on the way, and how many steps it took."""

    place: int
    trail: list[Passed[State]]
    state: State
    reached: tuple[int, int]
    refused: dict[Position, Faults]
    steps: int


@dataclass(slots=True)
class Thread(Generic[State]):
    """`root` is the place of the first document (None for the peering, which a channel has from the start); `start`
    the state after it. `last` is the highest index of each side. `leader` is the side that goes first among equals.
    `members` are all documents of each side by index. The first `settled` of them are walked for good (`settle`):
    their content is forgotten, only their place is kept. `lines` counts the lines of (settled, other) documents.

    `trail` is the end of the walk as it stands: from the first document on that some later one may not know."""

    key: bytes
    kind: str
    leader: int
    start: State
    step: Step[State]
    root: Position | None
    state: State
    members: tuple[list[Member], list[Member]] = field(default_factory=lambda: ([], []))
    refused: dict[Position, Faults] = field(default_factory=dict)
    last: list[int] = field(default_factory=lambda: [-1, -1])
    trail: list[Passed[State]] = field(default_factory=list)
    reached: tuple[int, int] = (-1, -1)
    settled: tuple[int, int] = (0, 0)
    lines: tuple[int, int] = (0, 0)


def opened(key: bytes, kind: str, leader: int, start: State, step: Step[State], root: Position | None) -> Thread[State]:
    """A thread with nothing but its first document."""
    thread = Thread(key=key, kind=kind, leader=leader, start=start, step=step, root=root, state=start)
    if root is not None:
        thread.last[root[0]] = root[1]
    return thread


def linearise(members: Sequence[Sequence[Member]], cuts: Iterable[Past], leader: int) -> list[Member]:
    """The one order of a set of documents: causes first, cut by cut, then rank, then the leader's side.

    `members` holds the documents of each side by ascending index, `cuts` the closed cuts from the oldest on.
    """
    ordered: list[Member] = []
    left, right = members[leader], members[1 - leader]
    i = j = 0
    for cut in (*cuts, EVERYTHING):
        left_end, right_end = cut[leader], cut[1 - leader]
        while True:
            a = left[i] if i < len(left) and left[i].index < left_end else None
            b = right[j] if j < len(right) and right[j].index < right_end else None
            if a is not None and (b is None or _precedes(a, b)):
                ordered.append(a)
                i += 1
            elif b is not None:
                ordered.append(b)
                j += 1
            else:
                break
    return ordered


def _precedes(a: Member, b: Member) -> bool:
    """Whether `a` goes before `b` of the other side; `a` is of the side that leads."""
    if a.index < b.seen:  # b's author knew a
        return True
    if b.index < a.seen:
        return False
    return a.rank <= b.rank


def walk(
    place: int, start: State, reached: tuple[int, int], step: Step[State], ordered: Iterable[Member]
) -> Walked[State]:
    """Walk the table over documents in their order, from a state on."""
    state = start
    trail: list[Passed[State]] = []
    refused: dict[Position, Faults] = {}
    for member in ordered:
        trail.append(Passed(member, state, reached))
        state, faults = step(state, member, reached[1 - member.side] >= member.seen)
        if faults:
            refused[(member.side, member.index)] = faults[:FAULTS_MAX]
        else:
            reached = (member.index, reached[1]) if member.side == 0 else (reached[0], member.index)
    return Walked(place, trail, state, reached, refused, len(trail))


def within(past: Past, member: Member) -> bool:
    """Whether a document belongs to what a past holds."""
    return member.index < past[member.side]


def covered(thread: Thread[State], past: Past) -> bool:
    """Whether a past holds the whole thread."""
    return thread.last[0] < past[0] and thread.last[1] < past[1]


def live(thread: Thread[State]) -> tuple[list[Member], list[Member]]:
    """The documents of each side that can still be walked."""
    return thread.members[0][thread.settled[0] :], thread.members[1][thread.settled[1] :]


def at(thread: Thread[State], past: Past) -> State:
    """The state for the author of a document yet to come, who knows `past` (which holds the root), with all closed
    cuts known: the thread without the documents that the author does not know. Those stand in the trail."""
    place = next((i for i, passed in enumerate(thread.trail) if not within(past, passed.member)), None)
    if place is None:
        return thread.state
    known = [passed.member for passed in thread.trail[place:] if within(past, passed.member)]
    first = thread.trail[place]
    return walk(place, first.before, first.reached, thread.step, known).state


def replayed(thread: Thread[State], past: Past, cuts: Sequence[Past]) -> State:
    """The state at any past that holds all settled documents, with the `cuts` closed in it; walks everything."""
    left, right = ([member for member in side if within(past, member)] for side in live(thread))
    ordered = linearise((left, right), cuts, thread.leader)
    return walk(0, thread.start, (-1, -1), thread.step, ordered).state


def joined(thread: Thread[State], member: Member, past: Past) -> Walked[State]:
    """What the thread becomes with one more document; nothing is changed yet.

    Closed cuts are no matter here: whatever is folded after the closing of a cut knows everything inside it.
    """
    place = len(thread.trail)
    if covered(thread, past):
        return walk(place, thread.state, thread.reached, thread.step, (member,))
    place = _place(thread, member, past)
    behind = thread.trail[place:]
    before, reached = (behind[0].before, behind[0].reached) if behind else (thread.state, thread.reached)
    return walk(place, before, reached, thread.step, (member, *(passed.member for passed in behind)))


def _place(thread: Thread[State], member: Member, past: Past) -> int:
    """Where in the trail `linearise` puts the last document of a side."""
    place = 0
    for position, passed in enumerate(thread.trail):
        if within(past, passed.member):
            place = position + 1
    while place < len(thread.trail) and not _goes_first(member, thread.trail[place].member, thread.leader):
        place += 1
    return place


def _goes_first(member: Member, other: Member, leader: int) -> bool:
    return member.rank < other.rank or (member.rank == other.rank and member.side == leader)


def rewalked(thread: Thread[State], cuts: Sequence[Past]) -> Walked[State]:
    """The whole thread, walked again."""
    ordered = linearise(live(thread), cuts, thread.leader)
    # the trail is replaced from its beginning on, by all of it: `commit` cuts off what everybody knows
    return walk(0, thread.start, (-1, -1), thread.step, ordered)


def unsettled(thread: Thread[State], cut: Past) -> bool:
    """Whether closing `cut` can move documents of the thread: something outside it did not know something inside."""
    members = live(thread)
    highest = [-1, -1]
    for side in (0, 1):
        for member in members[side]:
            if within(cut, member):
                highest[side] = member.index
    return any(
        not within(cut, member) and member.seen <= highest[1 - side] for side in (0, 1) for member in members[side]
    )


def weight(member: Member) -> int:
    """How many lines a document has, at least one."""
    return len(member.document.__dict__.get("lines", ())) or 1


def full(thread: Thread[State], past: Past) -> bool:
    """Whether the thread holds as much as a thread may, as far as the author of a document knew."""
    most = len(thread.members[0]) + len(thread.members[1])
    if most < THREAD_DOCUMENTS_MAX and sum(thread.lines) < THREAD_LINES_MAX:
        return False
    known = [member for side in live(thread) for member in side if within(past, member)]
    documents = sum(thread.settled) + len(known)
    lines = thread.lines[0] + sum(weight(member) for member in known)
    return documents >= THREAD_DOCUMENTS_MAX or lines >= THREAD_LINES_MAX


def settle(thread: Thread[State], cut: Past) -> None:
    """Forget what documents say that can never be walked again, since all of the thread lies inside a closed cut.

    One side proposed the cut and the other agreed to it, so both know everything inside; and nobody's `seen` goes
    back, so whatever they write from then on comes last.
    """
    if covered(thread, cut):
        for side, done in zip(thread.members, thread.settled, strict=True):
            side[done:] = [replace(member, document=_bare(member.document), bare=True) for member in side[done:]]
        thread.settled = (len(thread.members[0]), len(thread.members[1]))
        thread.lines = (sum(thread.lines), 0)
        thread.start = thread.state
        thread.refused = {}
        thread.trail = []


def _bare(document: Document) -> Document:
    """A document that knows nothing but its type, and the blinded names of what it passes on along a chain: whoever
    passes on the rest must not say the same again."""
    names = {name: value for name in REFERENCES if (value := document.__dict__.get(name)) is not None}
    return type(document).model_construct(**names) if names else _empty(type(document))


@cache
def _empty(model: type[Document]) -> Document:
    return model.model_construct()


def commit(thread: Thread[State], member: Member | None, walked: Walked[State], seen: Past) -> list[Position]:
    """Make a walk final. Returns the positions, other than `member`'s, whose judgement it changed.

    `seen`: how many entries of side 0 and 1 every later document of the other side knows.
    """
    if member is not None:
        thread.members[member.side].append(member)
        thread.lines = (thread.lines[0], thread.lines[1] + weight(member))
        thread.last[member.side] = member.index
    thread.state, thread.reached = walked.state, walked.reached
    thread.trail[walked.place :] = walked.trail
    revised = []
    for passed in walked.trail:
        position = (passed.member.side, passed.member.index)
        faults = walked.refused.get(position)
        if thread.refused.get(position) != faults and passed.member is not member:
            revised.append(position)
        if faults is None:
            thread.refused.pop(position, None)
        else:
            thread.refused[position] = faults
    known = 0
    while known < len(thread.trail) and within(seen, thread.trail[known].member):
        known += 1
    del thread.trail[:known]
    return revised
