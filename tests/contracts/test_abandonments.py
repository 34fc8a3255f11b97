"""Complaints that their author lets lie are closed by a claim, and hold back nothing for ever (law 5, table T7)."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import abandonments
from contracts.issues import IssueState
from contracts.lots import LotState
from tests.contracts import papers
from tests.contracts.desks import BUYER, SELLER, Body, Shop, cosigned
from tests.contracts.test_deems import DAY, T0, delivered, silent, size, states

WEEK = 7 * DAY


class Judged(Shop):
    """A pair with two arbiters."""

    TERMS = papers.ARBITRATION


def complained(shop: Shop, **fields: Any) -> bytes:
    return shop.both(
        BUYER, "issue.open", {"agreement": shop.agreement, "role": "buyer", "category": "damaged", **fields}
    )


def answered(shop: Shop, thread: bytes, status: str = "resolved") -> bytes:
    return shop.both(SELLER, "issue.reply", {"thread": thread, "role": "seller", "status": status})


def escalated(shop: Shop, thread: bytes) -> bytes:
    head = size(shop, BUYER)
    proofs = {"started": cosigned(BUYER, head, T0), "passed": cosigned(BUYER, head, T0 + WEEK)}
    name = shop.both(BUYER, "issue.escalate", {"thread": thread, "role": "buyer", **proofs})
    return reminded(shop, thread, name)


def reminded(shop: Shop, thread: bytes, target: bytes) -> bytes:
    """The seller shows that it knows what the buyer wrote: a clock in its favour starts with a receipt of that."""
    shop.both(SELLER, "reminder", {"thread": thread, "role": "seller", "target": target})
    return target


def claimed(shop: Shop, thread: bytes, row: str, target: bytes, after_s: int = WEEK) -> Body:
    return silent(shop, SELLER, thread, row, target, after_s)


@pytest.mark.parametrize("status", ["resolved", "need_more_info"])
def test_T7_silence_about_an_answer_closes_a_complaint_and_the_goods_become_final(status: str) -> None:
    shop = Shop(withholding="0.1")
    order, parcel = delivered(shop)
    thread = complained(shop, order=order)
    final = silent(shop, SELLER, order, "shipment.final", parcel, 14 * DAY)
    assert shop.refuse(SELLER, "deem", final) == ["deem.state"]
    target = answered(shop, thread, status)
    assert shop.refuse(SELLER, "deem", claimed(shop, thread, "issue.reply", target, WEEK - 1)) == ["deem.early"]
    shop.both(SELLER, "deem", claimed(shop, thread, "issue.reply", target))
    issue = shop.sync().issues[thread]
    assert (issue.state, issue.deemed) == (IssueState.CLOSED, "issue.reply")
    shop.both(SELLER, "deem", silent(shop, SELLER, order, "shipment.final", parcel, 14 * DAY))
    after = shop.sync().orders[order]
    assert (states(after), after.owed.withheld) == ({LotState.FINAL: 10}, 0)


def test_T7_a_word_of_the_complainant_that_the_claim_did_not_know_of_wins() -> None:
    shop = Shop()
    thread = complained(shop)
    target = answered(shop, thread)
    shop.write(BUYER, "issue.reply", {"thread": thread, "role": "buyer", "status": "information"})
    deem = shop.put(SELLER, "deem", claimed(shop, thread, "issue.reply", target))
    history = shop.sync()
    assert history.issues[thread].state is IssueState.PROCESSING
    assert [fault.code for fault in history.refusals[(SELLER, deem.index)]] == ["deem.state"]


def test_T7_the_clock_starts_anew_with_another_answer() -> None:
    shop = Shop()
    thread = complained(shop)
    first, second = answered(shop, thread), answered(shop, thread, "need_more_info")
    assert shop.refuse(SELLER, "deem", claimed(shop, thread, "issue.reply", first)) == ["deem.state"]
    shop.both(SELLER, "deem", claimed(shop, thread, "issue.reply", second))
    assert shop.sync().issues[thread].state is IssueState.CLOSED


def test_T7_who_escalates_has_to_go_on() -> None:
    shop = Shop()
    thread = complained(shop)
    target = escalated(shop, thread)
    shop.both(SELLER, "deem", claimed(shop, thread, "issue.escalate", target))
    assert shop.sync().issues[thread].state is IssueState.CLOSED


def test_T7_a_dispute_that_no_arbiter_decides_ends_after_the_last_one() -> None:
    shop = Judged()
    thread = complained(shop)
    escalated(shop, thread)
    target = reminded(shop, thread, shop.both(BUYER, "dispute.open", {"thread": thread, "role": "buyer"}))
    wait_s = 2 * papers.AWARD_S
    assert shop.refuse(SELLER, "deem", claimed(shop, thread, "dispute.open", target, wait_s - 1)) == ["deem.early"]
    shop.write(SELLER, "deem", claimed(shop, thread, "dispute.open", target, wait_s))
    award = papers.award(target, 300, "buyer")
    shop.write(BUYER, "dispute.decide", {"thread": thread, "role": "buyer", **award})
    history = shop.sync()
    assert history.issues[thread].state is IssueState.DECIDED, "the award that the claim did not know of wins"


def test_T7_the_complainant_and_whoever_nobody_complained_to_claim_nothing() -> None:
    shop = Shop()
    thread = complained(shop)
    assert shop.refuse(SELLER, "deem", claimed(shop, thread, "issue.reply", thread)) == ["deem.state"]
    target = answered(shop, thread)
    body = silent(shop, BUYER, thread, "issue.reply", target, WEEK)
    assert shop.refuse(BUYER, "deem", body) == ["role.mismatch"]
    order, _ = delivered(shop)
    assert shop.refuse(SELLER, "deem", claimed(shop, order, "issue.reply", order)) == ["thread.kind"]
    assert set(abandonments.ROWS) == {"issue.reply", "issue.escalate", "dispute.open"}
