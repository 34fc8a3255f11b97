"""Every pair of both tables, placements, windows and cuts."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import limits, syncing
from protocol.errors import Code, PeerError
from protocol.syncing import AuthorEvent, AuthorState, Placement, ReaderEvent, ReaderState


@pytest.mark.parametrize(("state", "event"), list(product(AuthorState, AuthorEvent)))
def test_every_author_pair_is_in_the_table_or_refused(state: AuthorState, event: AuthorEvent) -> None:
    if (state, event) in syncing.AUTHOR:
        assert syncing.step_author(state, event) is syncing.AUTHOR[state, event]
    else:
        with pytest.raises(PeerError) as refused:
            syncing.step_author(state, event)
        assert refused.value.code is Code.STATE


@pytest.mark.parametrize(("state", "event"), list(product(ReaderState, ReaderEvent)))
def test_every_reader_pair_is_in_the_table_or_refused(state: ReaderState, event: ReaderEvent) -> None:
    if (state, event) in syncing.READER:
        assert syncing.step_reader(state, event) is syncing.READER[state, event]
    else:
        with pytest.raises(PeerError) as refused:
            syncing.step_reader(state, event)
        assert refused.value.code is Code.STATE


def test_nothing_leaves_a_fork() -> None:
    assert not [pair for pair in syncing.AUTHOR if pair[0] is AuthorState.FORKED]
    assert not [pair for pair in syncing.READER if pair[0] is ReaderState.FORKED]


def test_L12_a_recovering_author_signs_only_after_the_partner_vouched() -> None:
    to_ready = {pair for pair, following in syncing.AUTHOR.items() if following is AuthorState.READY}
    assert to_ready == {
        (AuthorState.WAITING, AuthorEvent.AGREED),
        (AuthorState.READY, AuthorEvent.AGREED),
        (AuthorState.RECOVERING, AuthorEvent.RECOVERED),
    }


ROOT, OTHER = b"\1" * 32, b"\2" * 32


def test_own_logbook_compared() -> None:
    assert syncing.compare_own(5, 5, ROOT, ROOT, 5) is AuthorEvent.AGREED
    assert syncing.compare_own(5, 3, ROOT, ROOT, 0) is AuthorEvent.AGREED
    assert syncing.compare_own(5, 3, OTHER, ROOT, 3) is AuthorEvent.CONTRADICTED
    assert syncing.compare_own(5, 9, OTHER, None, 9) is AuthorEvent.BEHIND


def test_a_larger_claim_without_my_signature_is_the_partners_fault() -> None:
    with pytest.raises(PeerError) as refused:
        syncing.compare_own(5, 9, ROOT, None, 5)
    assert refused.value.code is Code.AHEAD


@pytest.mark.parametrize(
    ("size", "first", "count", "expected"),
    [
        (0, 0, 1, Placement.NEXT),
        (7, 7, 3, Placement.NEXT),
        (7, 8, 3, Placement.GAP),
        (7, 5, 3, Placement.OVERLAP),
        (7, 5, 2, Placement.REPEAT),
        (7, 0, 1, Placement.REPEAT),
    ],
)
def test_L01_where_a_batch_lies(size: int, first: int, count: int, expected: Placement) -> None:
    assert syncing.place(size, first, count) is expected


def test_W20_the_window_holds_to_credit_and_batches_in_flight() -> None:
    window = syncing.after_credit(syncing.Window(sent=0), 1000, 10)
    assert syncing.may_send(window, 10, 1000)
    assert not syncing.may_send(window, 11, 1000)
    assert not syncing.may_send(window, 10, 1001)
    for size in range(1, limits.BATCHES_IN_FLIGHT_MAX + 1):
        window = syncing.after_send(window, size, 1, 10)
    assert not syncing.may_send(window, 1, 1)
    assert syncing.may_send(syncing.after_receipt(window, 1), 1, 1)


def test_credit_is_absolute_and_never_shrinks() -> None:
    window = syncing.after_credit(syncing.Window(sent=0), 1000, 10)
    assert syncing.after_credit(window, 500, 5) == window


def test_L07_receipt_for_what_was_never_sent() -> None:
    with pytest.raises(PeerError) as refused:
        syncing.after_receipt(syncing.Window(sent=4), 5)
    assert refused.value.code is Code.RECEIPT


def test_a_single_order_waits_for_nothing_and_load_makes_batches_larger() -> None:
    idle = syncing.Window(sent=0)
    busy = replace(idle, in_flight=(3,))
    assert not syncing.may_close_batch(idle, 0)
    assert syncing.may_close_batch(idle, 1)
    assert not syncing.may_close_batch(busy, limits.BATCH_ENTRIES_MAX - 1)
    assert syncing.may_close_batch(busy, limits.BATCH_ENTRIES_MAX)


@given(st.lists(st.integers(1, limits.ENTRY_BYTES_MAX), max_size=3000))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_cuts_cover_everything_within_the_limits(sizes: list[int]) -> None:
    ends = syncing.cut_batches(sizes)
    assert (ends[-1] if ends else 0) == len(sizes)
    start = 0
    for end in ends:
        assert 0 < end - start <= limits.BATCH_ENTRIES_MAX
        assert sum(size + limits.ENTRY_OVERHEAD_BYTES for size in sizes[start:end]) <= limits.BATCH_BYTES_MAX
        start = end
