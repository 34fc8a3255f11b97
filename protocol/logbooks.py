"""A logbook as a value: its head, the rule for what may follow, and two logbooks read as one.

protocol.md sections 4.5, 8.6. What is not here: whether a key may sign (`protocol.identities`), who may send what when
(`protocol.syncing`), and what a document means (`contracts`). References are checked when a document is judged, so a
dangling one never stops a logbook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from protocol import entries, merkle
from protocol.entries import Entry
from protocol.errors import Code, LocalError, PeerError

RootAt = Callable[[int], bytes]
"""The root over the first so many entries of the copy that is held; called with at most its size."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far a logbook goes, and the 32-byte root over all of it."""

    size: int
    root: bytes


EMPTY = Head(0, merkle.EMPTY_ROOT)


class Standing(StrEnum):
    """How a head that was shown stands to the copy that is held."""

    SAME = "same"
    BEHIND = "behind"  # the head shown is a prefix of the copy held
    AHEAD = "ahead"  # it is larger; nothing contradicts as far as the copy goes
    FORKED = "forked"  # both cover entries that differ


@dataclass(frozen=True, slots=True)
class Logbook:
    """What is needed to judge the next entries: the edge of the tree, and the last entry's `seen`."""

    frontier: merkle.Frontier = merkle.EMPTY
    seen: int = 0

    @property
    def head(self) -> Head:
        """The head over everything so far."""
        return Head(self.frontier.size, merkle.root(self.frontier))


def append(logbook: Logbook, start: int, batch: Sequence[bytes], other_size: int) -> tuple[Logbook, list[Entry]]:
    """The logbook after the entries that begin at index `start`, and what they say.

    `other_size` is the size of the other logbook of the channel as its author has it. Raises `PeerError` GAP unless
    `start` is the size, what `entries.parse` raises, SEEN when `seen` goes back, and AHEAD when an entry claims to
    have seen more than `other_size` (then whoever holds the other logbook may be a restored copy).
    """
    if start != logbook.frontier.size:
        raise PeerError(Code.GAP, "entries do not follow", expected=logbook.frontier.size, got=start)
    parsed = [entries.parse(data) for data in batch]
    seen = check_seen(logbook.seen, [entry.seen for entry in parsed], other_size)
    frontier = merkle.append(logbook.frontier, [merkle.leaf_hash(data) for data in batch])
    return Logbook(frontier, seen), parsed


def check_seen(last: int, seen: Sequence[int], other_size: int) -> int:
    """The last of the `seen` values, which never go back and never exceed `other_size`. `PeerError` SEEN, AHEAD."""
    for value in seen:
        if value < last:
            raise PeerError(Code.SEEN, "seen went back", expected=f"at least {last}", got=value)
        last = value
    if last > other_size and seen:
        raise PeerError(Code.AHEAD, "an entry has seen more than there is", expected=f"at most {other_size}", got=last)
    return last


def compare(held: Head, shown: Head, root_at: RootAt) -> Standing:
    """How a head that was shown stands to the copy held. A root is compared at the smaller of the two sizes only.

    A larger head with the same beginning is not proven to continue the copy: its entries decide, when they come.
    """
    if shown.size > held.size:
        return Standing.AHEAD
    if shown.root != (held.root if shown.size == held.size else root_at(shown.size)):
        return Standing.FORKED
    return Standing.SAME if shown.size == held.size else Standing.BEHIND


def overlap(size: int, start: int, hashes: Sequence[bytes], held: Sequence[bytes]) -> int:
    """How many of the leaf hashes from index `start` are held already, once they are seen to be the same.

    `held` are the leaf hashes of the copy from `start` to its end at `size`, or as many as there are in `hashes`.
    Raises `PeerError` GAP when `start` lies beyond the end, FORK when a leaf differs.
    """
    if not 0 <= start <= size:
        raise PeerError(Code.GAP, "entries are missing before these", expected=f"at most {size}", got=start)
    count = min(len(hashes), size - start)
    if len(held) < count:
        raise LocalError(f"{count} leaf hashes are held from {start} on, not {len(held)}")
    for index in range(count):
        if hashes[index] != held[index]:
            raise PeerError(
                Code.FORK, "another entry stands at this index", expected=held[index].hex(), got=start + index
            )
    return count


def interleave(first: Sequence[int], second: Sequence[int]) -> Iterator[tuple[int, int]]:
    """One order of two logbooks that respects what each author had seen: pairs (side, index).

    `first` and `second` are the `seen` values of each entry; `first` is the logbook of the smaller NodeID (side 0).
    For display and reproducible traces only: no rule of the trade may depend on it (protocol.md section 4.9). Raises
    `PeerError` SEEN when each logbook waits for the other, which no honest pair can write, or for entries that are
    not there.
    """
    i = j = 0
    while i < len(first) or j < len(second):
        if i < len(first) and first[i] <= j:
            yield 0, i
            i += 1
        elif j < len(second) and second[j] <= i:
            yield 1, j
            j += 1
        else:
            raise PeerError(Code.SEEN, "each logbook has seen the other's future", got=[i, j])


def is_closed(first: Sequence[int], second: Sequence[int]) -> bool:
    """Whether the cut (all of `first`, all of `second`) is closed: neither saw beyond it (protocol.md section 12.7).

    The arguments are `seen` values up to the cut; since they never go back, the last of each decides.
    """
    return (not first or first[-1] <= len(second)) and (not second or second[-1] <= len(first))
