"""The one order of a set of documents: causes, cuts, rank, the leader's side."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import items, threads
from contracts.documents import parse
from contracts.items import Member

PAPER = parse("peer.resume", 1, {})


def member(side: int, index: int, seen: int, rank: int = 0) -> Member:
    return Member(side, index, seen, bytes([side, index]), rank, PAPER)


def names(ordered: list[Member]) -> list[tuple[int, int]]:
    return [(one.side, one.index) for one in ordered]


def test_the_lower_rank_goes_first_and_then_the_leader() -> None:
    low, high = member(1, 0, 0, rank=1), member(0, 0, 0, rank=2)
    assert names(threads.linearise(([high], [low]), (), 0)) == [(1, 0), (0, 0)]
    equal = member(1, 0, 0, rank=2)
    assert names(threads.linearise(([high], [equal]), (), 0)) == [(0, 0), (1, 0)]
    assert names(threads.linearise(([high], [equal]), (), 1)) == [(1, 0), (0, 0)]


def test_a_cause_goes_first_whatever_its_rank() -> None:
    cause, effect = member(0, 0, 0, rank=9), member(1, 0, 1, rank=0)
    assert names(threads.linearise(([cause], [effect]), (), 1)) == [(0, 0), (1, 0)]


def test_what_lies_inside_a_closed_cut_goes_first() -> None:
    inside, outside = member(0, 0, 0, rank=9), member(1, 0, 0, rank=0)
    assert names(threads.linearise(([inside], [outside]), ((1, 0),), 1)) == [(0, 0), (1, 0)]
    assert names(threads.linearise(([inside], [outside]), (), 1)) == [(1, 0), (0, 0)]


def test_the_highest_rank_comes_after_everything_concurrent() -> None:
    cancel = member(1, 0, 0, rank=8)
    others = [member(0, index, 0, rank=rank) for index, rank in enumerate((4, 1, 7, 3))]
    assert names(threads.linearise((others, [cancel]), (), 0))[-1] == (1, 0)


def logbooks(chance: Random) -> tuple[list[Member], list[Member]]:
    """Two logbooks as two authors may write them, with random ranks."""
    logs: tuple[list[Member], list[Member]] = ([], [])
    known = [0, 0]
    for _ in range(chance.randrange(1, 40)):
        side = chance.randrange(2)
        known[side] = chance.randint(known[side], len(logs[1 - side]))
        logs[side].append(member(side, len(logs[side]), known[side], chance.randrange(4)))
    return logs


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 2**32))
def test_every_order_is_a_legal_one_and_one_more_document_moves_none(seed: int) -> None:
    chance = Random(seed)
    logs = logbooks(chance)
    ordered = threads.linearise(logs, (), 0)
    assert len(ordered) == len(logs[0]) + len(logs[1])
    for place, one in enumerate(ordered):
        assert not any(items.knows(one, later) for later in ordered[place + 1 :])
    # documents that know less than everything come between, but the others keep their order
    side = chance.randrange(2)
    if logs[side]:
        fewer = (logs[0][:-1], logs[1]) if side == 0 else (logs[0], logs[1][:-1])
        last = logs[side][-1]
        if not any(items.knows(one, last) for one in fewer[1 - side]):
            assert threads.linearise(fewer, (), 0) == [one for one in ordered if one is not last]


def test_settling_forgets_what_documents_say_but_not_what_they_pass_on() -> None:
    named = parse("return.withdraw", 1, {"thread": b"t" * 32, "request": b"r" * 32, "parent": b"p" * 32})
    plain = parse("return.withdraw", 1, {"thread": b"t" * 32, "request": b"r" * 32})
    start: None = None
    thread = threads.opened(b"t" * 32, "order", 0, start, lambda state, member, blind: (state, ()), (0, 0))
    for index, paper in enumerate((named, plain, plain), 1):
        member = Member(0, index, 0, bytes([index]), 0, paper)
        walked = threads.joined(thread, member, (index, 0))
        threads.commit(thread, member, walked, (index, 0))
    threads.settle(thread, (4, 0))
    kept = thread.members[0]
    assert [one.bare for one in kept] == [True] * 3
    assert [one.document.__dict__.get("parent") for one in kept] == [b"p" * 32, None, None]
    assert not any("request" in one.document.__dict__ for one in kept)
    assert kept[1].document is kept[2].document, "what names nothing costs nothing"
    settled = list(kept)
    threads.settle(thread, (9, 9))
    assert all(one is before for one, before in zip(thread.members[0], settled, strict=True))
