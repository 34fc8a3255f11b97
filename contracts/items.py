"""An entry of one of the two logbooks as the fold sees it, and what its author knew.

Item X *knows* item Y if Y stands before X in the same logbook, or if Y is one of the first `X.seen` entries of the
other one. What X knows is therefore a pair of sizes, one for each logbook: its `Past`. A past, and the cut of a
statement, are the same kind of thing, and both are closed downwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from contracts.documents.fields import Document

Past: TypeAlias = tuple[int, int]  # how many entries of side 0 and of side 1
Position: TypeAlias = tuple[int, int]  # (side, index)


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: who wrote it (`side` 0 or 1), where (`index`), what it had `seen`, and its content.

    `hash` is the leaf hash of the entry (32 bytes), `id` the author's (16 bytes). `re` is seen from the author: 0 the
    own logbook, 1 the partner's. Nothing here is computed by this floor: hashes are given to it.
    """

    side: int
    index: int
    hash: bytes
    id: bytes
    type: str
    version: int
    ts_ms: int
    seen: int
    re: tuple[tuple[int, bytes], ...]
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Member:
    """A parsed document in a thread. `rank` orders it among concurrent ones: the lower goes first.

    `bare`: what it says is forgotten, see `threads.settle`."""

    side: int
    index: int
    seen: int
    hash: bytes
    rank: int
    document: Document
    bare: bool = False


def past(side: int, index: int, seen: int) -> Past:
    """What the entry at `index` of `side` knows."""
    return (index, seen) if side == 0 else (seen, index)


def knows(member: Member, other: Member) -> bool:
    """Whether the author of `member` knew `other` when writing."""
    return other.index < (member.index if other.side == member.side else member.seen)
