from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import entries, logbooks, merkle
from protocol.errors import Code, LocalError
from tests import vectors
from tests.protocol.properties import quick
from tests.protocol.refusals import code_of
from tests.vectors import trees, values

ROWS = vectors.load("logbooks")["interleaves"]


def entry(number: int, seen: int) -> bytes:
    sample = values.entry_of(values.sample(re="absent"))
    return entries.compose(replace(sample, id=number.to_bytes(16, "big"), seen=seen))


def batch(*seen: int) -> list[bytes]:
    return [entry(number, each) for number, each in enumerate(seen)]


def test_entries_are_appended() -> None:
    logbook, parsed = logbooks.append(logbooks.Logbook(), 0, batch(0, 0, 2), other_size=2)
    assert [each.seen for each in parsed] == [0, 0, 2]
    assert logbook.head == logbooks.Head(
        3, merkle.root(merkle.append(merkle.EMPTY, [entries.leaf_hash(each) for each in batch(0, 0, 2)]))
    )
    more, _ = logbooks.append(logbook, 3, [entry(3, 2)], other_size=9)
    assert (more.head.size, more.seen) == (4, 2)
    assert logbooks.append(more, 4, [], other_size=0) == (more, [])
    assert logbooks.Logbook().head == logbooks.EMPTY


@pytest.mark.parametrize("start", [0, 1, 3, -1])
def test_L01_a_gap_or_a_repetition_is_refused(start: int) -> None:
    logbook, _ = logbooks.append(logbooks.Logbook(), 0, batch(0, 0), other_size=0)
    assert code_of(lambda: logbooks.append(logbook, start, batch(0), other_size=0)) == Code.GAP


def test_seen_never_goes_back() -> None:
    logbook, _ = logbooks.append(logbooks.Logbook(), 0, batch(3), other_size=5)
    assert code_of(lambda: logbooks.append(logbook, 1, batch(2), other_size=5)) == Code.SEEN
    assert code_of(lambda: logbooks.append(logbooks.Logbook(), 0, batch(1, 0), other_size=5)) == Code.SEEN


def test_D18_an_entry_that_has_seen_more_than_there_is() -> None:
    assert code_of(lambda: logbooks.append(logbooks.Logbook(), 0, batch(0, 6), other_size=5)) == Code.AHEAD


def test_one_bad_entry_refuses_the_batch() -> None:
    good = batch(0, 0)
    assert code_of(lambda: logbooks.append(logbooks.Logbook(), 0, [*good, b"\xc0"], other_size=0)) == Code.MALFORMED


def root_at(size: int) -> bytes:
    return merkle.root_at(size, trees.complete)


def head(size: int) -> logbooks.Head:
    return logbooks.Head(size, root_at(size))


@pytest.mark.parametrize(
    ("shown", "standing"),
    [
        (head(100), logbooks.Standing.SAME),
        (head(40), logbooks.Standing.BEHIND),
        (head(0), logbooks.Standing.BEHIND),
        (head(101), logbooks.Standing.AHEAD),
        (logbooks.Head(500, bytes(32)), logbooks.Standing.AHEAD),
        (logbooks.Head(100, bytes(32)), logbooks.Standing.FORKED),
        (logbooks.Head(40, bytes(32)), logbooks.Standing.FORKED),
        (logbooks.Head(0, bytes(32)), logbooks.Standing.FORKED),
    ],
)
def test_L03_a_head_is_compared_at_the_smaller_size(shown: logbooks.Head, standing: logbooks.Standing) -> None:
    assert logbooks.compare(head(100), shown, root_at) is standing


def test_what_overlaps_must_be_the_same() -> None:
    held = [bytes([number]) * 32 for number in range(5)]
    new = b"\xff" * 32
    assert logbooks.overlap(5, 3, [*held[3:], new, new], held[3:]) == 2
    assert logbooks.overlap(5, 5, [new], []) == 0
    assert logbooks.overlap(5, 0, held[:2], held) == 2
    assert code_of(lambda: logbooks.overlap(5, 6, [new], [])) == Code.GAP
    assert code_of(lambda: logbooks.overlap(5, -1, [new], [])) == Code.GAP
    assert code_of(lambda: logbooks.overlap(5, 3, [held[3], new], held[3:])) == Code.FORK
    with pytest.raises(LocalError):
        logbooks.overlap(5, 3, held[3:], [])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_two_logbooks_are_read_in_this_order(row: dict[str, Any]) -> None:
    def order() -> list[list[int]]:
        return [list(step) for step in logbooks.interleave(row["first"], row["second"])]

    if isinstance(row["order"], str):
        assert code_of(order) == row["order"] == Code.SEEN
    else:
        assert order() == row["order"]
    assert logbooks.is_closed(row["first"], row["second"]) == row["closed"]


@quick
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 30)), max_size=40))
def test_an_honest_pair_can_always_be_read(steps: list[tuple[int, int]]) -> None:
    """Whatever two authors write, each having received any prefix of the other's entries, has an order."""
    written: tuple[list[int], list[int]] = ([], [])
    for side, received in steps:
        mine, theirs = written[side], written[1 - side]
        mine.append(min(len(theirs), max(received, mine[-1] if mine else 0)))
    order = list(logbooks.interleave(*written))
    assert len(order) == len(steps)
    respected(order, written)
    assert logbooks.is_closed(*written)


def respected(order: list[tuple[int, int]], written: tuple[list[int], list[int]]) -> None:
    counts = [0, 0]
    for side, index in order:
        assert index == counts[side]
        assert written[side][index] <= counts[1 - side]
        counts[side] += 1


def test_no_root_is_asked_for_beyond_the_copy() -> None:
    def refuse(size: int) -> bytes:
        raise AssertionError(size)

    never: Callable[[int], bytes] = refuse
    assert logbooks.compare(head(5), head(9), never) is logbooks.Standing.AHEAD
    assert logbooks.compare(head(5), head(5), never) is logbooks.Standing.SAME
