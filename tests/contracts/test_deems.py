"""Silence (law 5): a timed row takes effect by a `deem`, proved by two cosignatures of the one who was silent."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import silences
from contracts.documents import deems as papers
from contracts.items import Member
from contracts.lots import LotState
from contracts.orders import Order
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Body, Shop, cosigned

HOUR, DAY = 3_600, 86_400
T0 = 1_800_000_000


def size(shop: Shop, side: int) -> int:
    return len(shop.logs[side])


def silent(shop: Shop, side: int, thread: bytes, row: str, target: bytes, after_s: int, **other: Any) -> Body:
    """The body of a deem whose partner had everything at T0 and was there `after_s` seconds later."""
    head = size(shop, side)
    proofs = (cosigned(side, head, T0), cosigned(side, head, T0 + after_s))
    return desks.deem(thread, "seller" if side == SELLER else "buyer", row, target, *proofs) | other


def agreed(shop: Shop, quantity: int = 10) -> bytes:
    thread = shop.place(quantity)
    shop.both(SELLER, "order.respond", desks.respond(thread, (1, "accept", quantity)))
    return thread


def delivered(shop: Shop) -> tuple[bytes, bytes]:
    thread = agreed(shop)
    parcel = shop.both(SELLER, "shipment.handover", desks.handover(thread, (1, 10)))
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "delivered"})
    return thread, parcel


def states(order: Order) -> dict[LotState, int]:
    found: dict[LotState, int] = {}
    for lot in order.lines[1].lots:
        found[lot.state] = found.get(lot.state, 0) + lot.quantity
    return found


def test_an_order_that_nobody_answers_lapses_and_the_buyer_is_free() -> None:
    shop = Shop()
    thread = shop.place(10)
    name = shop.write(BUYER, "deem", silent(shop, BUYER, thread, "order.place", thread, DAY))
    order = shop.sync().orders[thread]
    assert (states(order), order.owed.total) == ({LotState.LAPSED: 10}, 0)
    assert isinstance(order.named[name].document, papers.Deem)  # marked as deemed for ever
    assert shop.refuse(SELLER, "order.respond", desks.respond(thread, (1, "accept", 10))) == ["order.state"]


def test_an_answer_that_the_deem_did_not_know_of_wins() -> None:
    shop = Shop()
    thread = shop.place(10)
    shop.deliver(SELLER)
    shop.write(SELLER, "order.respond", desks.respond(thread, (1, "accept", 10)))
    deem = shop.put(BUYER, "deem", silent(shop, BUYER, thread, "order.place", thread, DAY))
    history = shop.sync()
    assert states(history.orders[thread]) == {LotState.AGREED: 10}
    assert [fault.code for fault in history.refusals[(BUYER, deem.index)]] == ["deem.state"]


def test_a_proposal_that_the_buyer_does_not_answer_is_refused() -> None:
    shop = Shop()
    thread = shop.place(10)
    offer = shop.both(SELLER, "order.respond", desks.respond(thread, (1, "backorder", 10)))
    shop.write(SELLER, "deem", silent(shop, SELLER, thread, "order.respond", offer, 2 * DAY))
    assert states(shop.sync().orders[thread]) == {LotState.REJECTED: 10}


def test_a_change_that_nobody_answers_leaves_the_original() -> None:
    shop = Shop()
    thread = agreed(shop)
    body = {"thread": thread, "role": "buyer", "lines": [{"line": 1, "quantity": 10, "new_quantity": 4}]}
    change = shop.both(BUYER, "order.change", body)
    shop.write(BUYER, "deem", silent(shop, BUYER, thread, "order.change", change, DAY))
    assert states(shop.sync().orders[thread]) == {LotState.AGREED: 10}


def test_late_goods_cost_a_penalty_and_set_the_buyer_free() -> None:
    shop = Shop(seller_penalty="0.1")
    thread = agreed(shop)
    shop.both(BUYER, "deem", silent(shop, BUYER, thread, "order.overdue", thread, 2 * DAY))
    order = shop.sync().orders[thread]
    assert (states(order), order.owed.penalty) == ({LotState.OVERDUE: 10}, -1_000)
    shop.both(BUYER, "cancel.request", desks.cancel(thread, (1, 4)))
    shop.both(SELLER, "shipment.handover", desks.handover(thread, (1, 6)))
    order = shop.sync().orders[thread]
    assert states(order) == {LotState.CANCELLED: 4, LotState.SHIPPED: 6}
    assert order.owed.penalty == -1_000  # accrued: neither the cancel nor the late parcel waives it
    assert order.owed.goods == 6_000


def test_a_silent_shipper_cancels_and_the_parcel_is_at_the_sellers_risk() -> None:
    shop = Shop()
    thread = agreed(shop)
    cancel = shop.write(BUYER, "cancel.request", desks.cancel(thread, (1, 10)))
    parcel = shop.write(SELLER, "shipment.handover", desks.handover(thread, (1, 6)))  # crosses both
    shop.write(BUYER, "deem", silent(shop, BUYER, thread, "cancel.request", cancel, HOUR))
    order = shop.sync().orders[thread]
    assert states(order) == {LotState.CANCELLED: 4, LotState.FORFEITED: 6}
    assert order.owed.goods == 0
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "delivered"})
    assert shop.sync().orders[thread].owed.goods == 0
    shop.both(BUYER, "receipt.advice", {"thread": thread, "lines": [{"line": 1, "accepted": 6}]})
    assert shop.sync().orders[thread].owed.goods == 6_000  # kept after all


def test_a_too_late_that_crosses_the_deem_wins() -> None:
    shop = Shop()
    thread = agreed(shop)
    parcel = shop.write(SELLER, "shipment.handover", desks.handover(thread, (1, 10)))
    cancel = shop.write(BUYER, "cancel.request", desks.cancel(thread, (1, 10)))
    shop.deliver(SELLER)
    shop.write(SELLER, "cancel.result", desks.result(thread, cancel, (1, 10, "too_late", parcel)))
    shop.put(BUYER, "deem", silent(shop, BUYER, thread, "cancel.request", cancel, HOUR))
    order = shop.sync().orders[thread]
    assert states(order) == {LotState.RTO_ASKED: 10}
    assert order.owed.goods == 10_000


def test_a_parcel_that_the_buyer_knew_of_is_not_at_the_sellers_risk() -> None:
    shop = Shop()
    thread = agreed(shop)
    shop.both(SELLER, "shipment.handover", desks.handover(thread, (1, 10)))
    cancel = shop.write(BUYER, "cancel.request", desks.cancel(thread, (1, 10), recall=True))
    assert shop.refuse(BUYER, "deem", silent(shop, BUYER, thread, "cancel.request", cancel, HOUR)) == ["deem.state"]
    shop.sync()


def test_goods_are_received_and_then_final_when_the_windows_are_over() -> None:
    shop = Shop(withholding="0.1")
    thread, parcel = delivered(shop)
    assert shop.sync().orders[thread].owed.withheld < 0
    shop.both(SELLER, "deem", silent(shop, SELLER, thread, "shipment.inspect", parcel, 7 * DAY))
    assert states(shop.sync().orders[thread]) == {LotState.RECEIVED: 10}
    shop.both(SELLER, "deem", silent(shop, SELLER, thread, "shipment.final", parcel, 14 * DAY))
    order = shop.sync().orders[thread]
    assert (states(order), order.owed.withheld) == ({LotState.FINAL: 10}, 0)


def test_nothing_is_final_while_a_complaint_is_open() -> None:
    shop = Shop()
    thread, parcel = delivered(shop)
    opened = {"agreement": shop.agreement, "role": "buyer", "order": thread, "category": "damaged"}
    issue = shop.both(BUYER, "issue.open", opened)
    claim = silent(shop, SELLER, thread, "shipment.final", parcel, 14 * DAY)
    assert shop.refuse(SELLER, "deem", claim) == ["deem.state"]
    shop.both(BUYER, "issue.close", {"thread": issue, "role": "buyer"})
    shop.write(SELLER, "deem", silent(shop, SELLER, thread, "shipment.final", parcel, 14 * DAY))
    assert states(shop.sync().orders[thread]) == {LotState.FINAL: 10}


def test_a_buyers_own_advice_starts_the_clock_of_the_return_window() -> None:
    shop = Shop()
    thread = agreed(shop)
    parcel = shop.both(SELLER, "shipment.handover", desks.handover(thread, (1, 10)))
    shop.both(BUYER, "receipt.advice", {"thread": thread, "lines": [{"line": 1, "accepted": 10}]})
    head = size(shop, SELLER)  # nothing of the seller yet that knows the advice
    early = desks.deem(
        thread, "seller", "shipment.final", parcel, cosigned(SELLER, head, T0), cosigned(SELLER, head, T0 + 14 * DAY)
    )
    assert shop.refuse(SELLER, "deem", early) == ["deem.evidence"]
    shop.both(SELLER, "reminder", {"thread": thread, "role": "seller", "target": parcel})
    shop.write(SELLER, "deem", silent(shop, SELLER, thread, "shipment.final", parcel, 14 * DAY))
    assert states(shop.sync().orders[thread]) == {LotState.FINAL: 10}


def forged(shop: Shop, thread: bytes, **changed: Any) -> Body:
    return silent(shop, BUYER, thread, "order.place", thread, DAY) | changed


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (lambda shop: {"passed": cosigned(BUYER, size(shop, BUYER), T0 + DAY - 1)}, ["deem.early"]),
        (lambda shop: {"started": cosigned(BUYER, size(shop, BUYER) - 1, T0)}, ["deem.evidence"]),
        (lambda shop: {"started": cosigned(BUYER, size(shop, BUYER), T0, by=BUYER)}, ["deem.evidence"]),
        (lambda shop: {"passed": cosigned(SELLER, size(shop, BUYER), T0 + DAY)}, ["deem.evidence"]),
        (lambda shop: {"passed": cosigned(BUYER, size(shop, BUYER) + 1, T0 + DAY)}, ["deem.evidence"]),
        (
            lambda shop: {"passed": cosigned(BUYER, size(shop, BUYER), T0 + DAY) | {"root": b"x" * 32}},
            ["deem.evidence"],
        ),
        (lambda shop: {"row": "order.soon"}, ["deem.row"]),
        (lambda shop: {"row": "cancel.request"}, ["deem.state"]),
        (lambda shop: {"role": "seller"}, ["role.mismatch", "role.mismatch"]),
    ],
)  # fmt: skip
def test_a_claim_that_its_evidence_does_not_carry_is_refused(change: Any, codes: list[str]) -> None:
    shop = Shop()
    thread = shop.place(10)
    assert shop.refuse(BUYER, "deem", forged(shop, thread, **change(shop))) == codes
    assert states(shop.sync().orders[thread]) == {LotState.PLACED: 10}


def test_only_the_side_that_a_silence_favours_may_claim_it() -> None:
    shop = Shop()
    thread = agreed(shop)
    claim = silent(shop, SELLER, thread, "order.overdue", thread, 2 * DAY)
    assert shop.refuse(SELLER, "deem", claim) == ["role.mismatch"]


def test_a_claim_has_one_effect() -> None:
    shop = Shop()
    thread = shop.place(10)
    shop.both(BUYER, "deem", silent(shop, BUYER, thread, "order.place", thread, DAY))
    again = silent(shop, BUYER, thread, "order.place", thread, DAY)
    assert shop.refuse(BUYER, "deem", again) == ["deem.state"]
    shop.sync()


def test_without_keys_no_claim_stands() -> None:
    shop = Shop()
    thread = shop.place(10)
    claim = shop.draft(BUYER, "deem", silent(shop, BUYER, thread, "order.place", thread, DAY))
    shop.desks[BUYER].channel.signers = None
    assert [fault.code for fault in shop.desks[BUYER].judge(claim)] == ["deem.evidence"]


@pytest.mark.parametrize("row", silences.ROWS)
def test_a_claim_about_what_does_not_stand_is_refused_and_never_fails(row: str) -> None:
    """A walk found it: inside the cut of a statement the request for a return did not stand, the claim about it did."""
    shop = Shop()
    thread, _ = delivered(shop)
    order = shop.sync().orders[thread]
    document = papers.Deem.model_validate(desks.deem(thread, "buyer", row, b"?" * 32))
    after, faults = silences.deem(order, Member(BUYER, 99, 99, b"d" * 32, 9, document), document, False)
    assert (after, [fault.code for fault in faults]) == (order, ["deem.state"])
