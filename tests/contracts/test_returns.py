"""Returns, exchanges and refunds (table T6): whole returns in every order of arrival."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import returns
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Body, Shop, back, decide, inspect, refund
from tests.contracts.returnings import UNIT, Returning


def test_a_return_is_refunded_beside_the_goods() -> None:
    shop = Returning()
    name = shop.came((4, "resellable"))
    assert shop.state.owed.total == 10 * UNIT  # owed until inspected and refunded
    assert returns.due(shop.state, name) == {1: (4, 4 * UNIT)}
    assert shop.refuse(SELLER, "refund.grant", refund(shop.thread, name, (1, 4, 4 * UNIT - 1))) == ["refund.amount"]
    shop.both(SELLER, "refund.grant", refund(shop.thread, name, (1, 4, 4 * UNIT)))
    order = shop.state
    assert (order.owed.goods, order.owed.tax) == (10_000, 1_900)
    assert (order.owed.refund, order.owed.refund_tax) == (-4_000, -760)
    assert order.owed.total == 6 * UNIT == order.quote + sum(amount for _, _, amount in order.deltas)
    kinds = {
        line.kind: line.amount for line in shop.desks[0].statement_lines(shop.agreement, shop.desks[0].sizes).lines
    }
    assert kinds == {"goods": 10_000, "tax": 1_900, "refund": -4_000, "refund_tax": -760}


def test_D04_no_more_comes_back_than_was_delivered() -> None:
    shop = Returning()
    wanted = back(shop.thread, None, (1, 11), reason="changed_mind")
    assert shop.refuse(BUYER, "return.request", wanted) == ["quantity.over"]
    name = shop.asked(7)
    wanted = back(shop.thread, None, (1, 4), reason="changed_mind")
    assert shop.refuse(BUYER, "return.request", wanted) == ["quantity.over"]
    assert shop.refuse(SELLER, "return.decide", decide(shop.thread, name, (1, 8, "approve"))) == ["quantity.over"]
    assert shop.refuse(SELLER, "return.decide", decide(shop.thread, name, (1, 1, "offer", UNIT + 1))) == [
        "refund.amount"
    ]


def test_D04_freight_that_nobody_knew_when_the_goods_were_sent_is_not_owed() -> None:
    shop = Returning()
    name = shop.asked(4)
    label: Body = {"freight": desks.money(500), "paid_by": "seller"}
    shop.both(SELLER, "return.decide", decide(shop.thread, name, (1, 2, "approve"), **label))
    shop.both(BUYER, "return.ship", back(shop.thread, name, (1, 2), carrier="DHL", waybill="9"))
    assert shop.state.owed.charge == 500
    label = {"freight": desks.money(900_000), "paid_by": "seller"}
    shop.both(SELLER, "return.decide", decide(shop.thread, name, (1, 2, "approve"), **label))
    assert (shop.state.owed.charge, shop.state.returns[name].way_back) == (500, 900_500)
    shop.both(BUYER, "return.withdraw", {"thread": shop.thread, "request": name})  # too dear: the goods stay
    assert shop.state.owed.charge == 500


def test_D20_a_refund_is_the_end() -> None:
    shop = Returning()
    name = shop.came((4, "resellable"))
    shop.both(SELLER, "refund.grant", refund(shop.thread, name, (1, 4, 4 * UNIT)))
    assert shop.refuse(SELLER, "refund.grant", refund(shop.thread, name, (1, 4, 4 * UNIT))) == ["return.state"]
    assert shop.refuse(SELLER, "exchange.order", back(shop.thread, name, (1, 4))) == ["return.state"]
    assert shop.refuse(BUYER, "return.withdraw", {"thread": shop.thread, "request": name}) == ["return.state"]
    assert shop.lots(shop.thread) == {"delivered": 6, "refunded": 4}


@pytest.mark.parametrize(
    ("reason", "verdict", "units"),
    [
        ("changed_mind", "resellable", 2),
        ("changed_mind", "damaged", 0),
        ("damaged", "damaged", 2),
        ("damaged", "resellable", 2),
        ("wrong_item", "wrong_item", 2),
        ("damaged", "missing", 0),
    ],
)
def test_what_goes_back_follows_from_verdict_and_fault(reason: str, verdict: str, units: int) -> None:
    shop = Returning()
    name = shop.came((2, verdict), fields={"reason": reason})
    assert returns.due(shop.state, name) == {1: (2, units * UNIT)}
    shop.both(SELLER, "refund.grant", refund(shop.thread, name, (1, 2, units * UNIT)))
    assert shop.state.owed.total == (10 - units) * UNIT


def test_verdicts_are_for_each_unit() -> None:
    shop = Returning()
    name = shop.came((2, "resellable"), (1, "damaged"), (1, "missing"))
    assert returns.due(shop.state, name) == {1: (4, 2 * UNIT)}


@pytest.mark.parametrize(
    ("reason", "paid_by", "freight"),
    [
        ("changed_mind", "buyer", 0),
        ("changed_mind", "seller", 500),
        ("damaged", "buyer", -500),
        ("damaged", "seller", 0),
    ],
)
def test_the_way_back_is_paid_by_the_one_at_fault(reason: str, paid_by: str, freight: int) -> None:
    shop = Returning()
    label: Body = {"freight": desks.money(500), "paid_by": paid_by}
    shop.approved(4, {"reason": reason}, **label)
    assert shop.state.owed.charge == 0  # nothing is on its way
    other = Returning()
    other.sent(4, {"reason": reason}, **label)
    assert other.state.owed.charge == freight


def test_a_seller_at_fault_bears_the_way_out_where_everything_came_back() -> None:
    shop = Returning(charges=490)
    assert shop.state.owed.charge == 490
    first = shop.came((4, "damaged"), fields={"reason": "damaged"})
    shop.both(SELLER, "refund.grant", refund(shop.thread, first, (1, 4, 4 * UNIT)))
    assert shop.state.owed.charge == 490
    second = shop.came((6, "damaged"), fields={"reason": "damaged"})
    shop.both(SELLER, "refund.grant", refund(shop.thread, second, (1, 6, 6 * UNIT)))
    assert shop.state.owed.total == 0


def test_a_part_of_the_price_for_goods_that_stay() -> None:
    shop = Returning()
    name = shop.asked(4)
    offer = shop.both(SELLER, "return.decide", decide(shop.thread, name, (1, 4, "offer", 1_000)))
    assert shop.lots(shop.thread)["return-offered"] == 4
    answer: Body = {"thread": shop.thread, "role": "buyer", "offer": offer}
    shop.both(BUYER, "settle.accept", {**answer, "accept": False})
    assert shop.lots(shop.thread)["return-asked"] == 4
    offer = shop.both(SELLER, "return.decide", decide(shop.thread, name, (1, 4, "offer", 1_500)))
    shop.both(BUYER, "return.withdraw", back(shop.thread, name, (1, 1)))
    shop.both(BUYER, "settle.accept", {**answer, "offer": offer})
    order = shop.state
    assert order.owed.refund + order.owed.refund_tax == -1_125  # three of the four units
    assert shop.refuse(BUYER, "settle.accept", {**answer, "offer": offer}) == ["return.state"]


def test_nobody_takes_the_own_offer() -> None:
    shop = Returning()
    name = shop.asked(4)
    offer = shop.both(SELLER, "return.decide", decide(shop.thread, name, (1, 4, "offer", 1_000)))
    answer: Body = {"thread": shop.thread, "role": "seller", "offer": offer}
    assert shop.refuse(SELLER, "settle.accept", answer) == ["role.mismatch"]


def test_what_was_settled_and_refunded_is_never_more_than_was_owed() -> None:
    shop = Returning()
    for quantity, amount in ((3, 3 * UNIT), (3, 3 * UNIT)):
        name = shop.asked(quantity)
        offer = shop.both(SELLER, "return.decide", decide(shop.thread, name, (1, quantity, "offer", amount)))
        shop.both(BUYER, "settle.accept", {"thread": shop.thread, "role": "buyer", "offer": offer})
    name = shop.came((4, "resellable"))
    (quantity, amount) = returns.due(shop.state, name)[1]
    shop.both(SELLER, "refund.grant", refund(shop.thread, name, (1, quantity, amount)))
    order = shop.state
    assert order.owed.total == 0
    assert -order.owed.refund <= order.owed.goods


def test_an_exchange_costs_nothing_once_the_replacement_left() -> None:
    shop = Returning()
    name = shop.came((4, "damaged"), fields={"reason": "defective", "remedy": "exchange"})
    shop.both(SELLER, "exchange.order", back(shop.thread, name, (1, 4)))
    order = shop.state
    assert shop.lots(shop.thread) == {"delivered": 6, "exchanged": 4, "agreed": 4}
    assert order.owed.total == 6 * UNIT
    shop.both(SELLER, "shipment.handover", desks.handover(shop.thread, (1, 4)))
    assert shop.state.owed.total == 10 * UNIT
    again = shop.both(BUYER, "receipt.advice", {"thread": shop.thread, "lines": [{"line": 1, "accepted": 4}]})
    assert again
    assert shop.state.owed.total == 10 * UNIT


def test_an_exchange_only_where_one_was_asked_for() -> None:
    shop = Returning()
    name = shop.came((4, "damaged"), fields={"reason": "defective"})
    assert shop.refuse(SELLER, "exchange.order", back(shop.thread, name, (1, 4))) == ["return.state"]


def test_refund_of_what_never_arrived() -> None:
    shop = Returning()
    shop.both(BUYER, "receipt.advice", {"thread": shop.thread, "lines": [{"line": 1, "accepted": 7, "short": 3}]})
    assert returns.due(shop.state, None) == {1: (3, 3 * UNIT)}
    shop.both(SELLER, "refund.grant", refund(shop.thread, None, (1, 3, 3 * UNIT)))
    assert shop.lots(shop.thread) == {"received": 7, "refunded": 3}
    assert shop.state.owed.total == 7 * UNIT


def test_refund_only_takes_what_is_contested_first() -> None:
    shop = Returning()
    shop.both(BUYER, "receipt.advice", {"thread": shop.thread, "lines": [{"line": 1, "accepted": 7, "short": 3}]})
    name = shop.asked(3, reason="missing", remedy="refund_only")
    assert shop.lots(shop.thread) == {"received": 7, "return-asked": 3}
    shop.both(SELLER, "return.decide", decide(shop.thread, name, (1, 3, "refund")))
    assert shop.state.owed.total == 7 * UNIT


def test_a_reject_may_be_thought_over() -> None:
    shop = Returning()
    name = shop.asked(2, reason="damaged")
    shop.both(SELLER, "return.decide", decide(shop.thread, name, (1, 2, "reject"), reason="worn"))
    assert shop.refuse(BUYER, "return.ship", back(shop.thread, name, (1, 2), carrier="DHL", waybill="9")) == [
        "return.state"
    ]
    shop.both(SELLER, "refund.grant", refund(shop.thread, name, (1, 2, 2 * UNIT)))
    assert shop.state.owed.total == 8 * UNIT


def test_a_refund_that_covers_the_claim_ends_the_issue() -> None:
    shop = Returning()
    name = shop.asked(2, reason="damaged")
    shop.both(SELLER, "return.decide", decide(shop.thread, name, (1, 2, "reject"), reason="worn"))
    issue: Body = {"agreement": shop.agreement, "role": "buyer", "order": shop.thread, "category": "return"}
    claimed = shop.both(BUYER, "issue.open", {**issue, "request": name, "claim": desks.money(2 * UNIT)})
    wrong = refund(shop.thread, name, (1, 2, 1), issue=claimed)
    assert shop.refuse(SELLER, "refund.grant", wrong) == ["refund.amount"]
    assert shop.sync().issues[claimed].state.value == "open"
    shop.both(SELLER, "refund.grant", refund(shop.thread, name, (1, 2, 2 * UNIT), issue=claimed))
    assert shop.sync().issues[claimed].state.value == "refunded"


def test_a_refund_names_an_issue_of_its_order() -> None:
    shop = Returning()
    other = shop.place(1)
    body: Body = {"agreement": shop.agreement, "role": "buyer", "order": other, "category": "late"}
    issue = shop.both(BUYER, "issue.open", body)
    shop.both(BUYER, "receipt.advice", {"thread": shop.thread, "lines": [{"line": 1, "short": 3}]})
    grant = refund(shop.thread, None, (1, 3, 3 * UNIT), issue=issue)
    assert shop.refuse(SELLER, "refund.grant", grant) == ["issue.subject"]


def test_goods_that_were_refused_end_in_the_same_way() -> None:
    shop = Shop(recall_fee="0.1")
    thread, parcel = shop.shipped(10)
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "refused"})
    shop.both(SELLER, "return.receive", back(thread, None, (1, 10), shipment=parcel))
    shop.both(SELLER, "return.inspect", inspect(thread, None, (1, 9, "resellable"), (1, 1, "damaged")))
    assert returns.due(shop.desks[0].orders[thread], None) == {1: (10, 9 * UNIT)}
    shop.both(SELLER, "refund.grant", refund(thread, None, (1, 10, 9 * UNIT)))
    owed = shop.sync().orders[thread].owed
    assert (owed.fee, owed.total) == (1_000, UNIT + 1_000)


def test_what_came_back_undelivered_was_never_owed_on_delivery() -> None:
    shop = Shop(recall_fee="0.1", basis="delivery")
    thread, parcel = shop.shipped(10)
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "refused"})
    shop.both(SELLER, "return.receive", back(thread, None, (1, 10), shipment=parcel))
    shop.both(SELLER, "return.inspect", inspect(thread, None, (1, 10, "resellable")))
    shop.both(SELLER, "refund.grant", refund(thread, None, (1, 10, 0)))
    owed = shop.sync().orders[thread].owed
    assert (owed.goods, owed.refund, owed.total) == (0, 0, 1_000)


def test_delivered_after_a_cancel_costs_no_fee_once_it_came_back() -> None:
    shop = Shop(cancel_fee="0.05", recall_fee="0.1")
    thread = shop.agreed(10)
    shop.write(BUYER, "cancel.request", desks.cancel(thread, (1, 10)))
    parcel = shop.write(SELLER, "shipment.handover", desks.handover(thread, (1, 10)))
    shop.sync()
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "delivered"})
    wanted = back(thread, None, (1, 10), reason="cancelled_before_delivery")
    name = shop.both(BUYER, "return.request", wanted)
    shop.both(SELLER, "return.decide", decide(thread, name, (1, 10, "refund")))
    assert shop.sync().orders[thread].owed.total == 0


# --- what crosses


def test_a_withdrawal_that_crosses_the_reject() -> None:
    shop = Returning()
    name = shop.asked(2)
    shop.write(BUYER, "return.withdraw", {"thread": shop.thread, "request": name})
    shop.write(SELLER, "return.decide", decide(shop.thread, name, (1, 2, "reject")))
    assert not shop.sync().refusals
    assert shop.lots(shop.thread) == {"delivered": 8, "return-refused": 2}


@pytest.mark.parametrize(
    ("action", "state"), [(("approve",), "received"), (("offer", 100), "received"), (("refund",), "refunded")]
)
def test_a_withdrawal_that_crosses_another_answer(action: tuple[Any, ...], state: str) -> None:
    shop = Returning()
    name = shop.asked(2)
    shop.write(BUYER, "return.withdraw", {"thread": shop.thread, "request": name})
    shop.write(SELLER, "return.decide", decide(shop.thread, name, (1, 2, *action)))
    codes = [fault.code for faults in shop.sync().refusals.values() for fault in faults]
    assert codes == (["return.state"] if state == "refunded" else [])
    assert shop.lots(shop.thread) == {"delivered": 8, state: 2}


def test_a_parcel_that_is_faster_than_the_word_of_it() -> None:
    shop = Returning()
    name = shop.approved(4)
    shop.write(SELLER, "return.receive", back(shop.thread, name, (1, 4)))
    shop.write(BUYER, "return.ship", back(shop.thread, name, (1, 4), carrier="DHL", waybill="9"))
    assert not shop.sync().refusals
    assert shop.lots(shop.thread) == {"delivered": 6, "back": 4}
    assert shop.state.returns[name].shipped == (("DHL", "9"),)


def test_what_is_back_is_not_withdrawn() -> None:
    shop = Returning()
    name = shop.approved(4)
    shop.write(SELLER, "return.receive", back(shop.thread, name, (1, 4)))
    shop.write(BUYER, "return.withdraw", {"thread": shop.thread, "request": name})
    codes = [fault.code for faults in shop.sync().refusals.values() for fault in faults]
    assert codes == ["return.state"]
    assert shop.lots(shop.thread) == {"delivered": 6, "back": 4}


def test_the_refund_of_what_is_contested_crosses_the_request_for_it() -> None:
    shop = Returning()
    shop.both(BUYER, "receipt.advice", {"thread": shop.thread, "lines": [{"line": 1, "accepted": 7, "short": 3}]})
    shop.write(BUYER, "return.request", back(shop.thread, None, (1, 5), reason="missing"))
    shop.write(SELLER, "refund.grant", refund(shop.thread, None, (1, 3, 3 * UNIT)))
    assert not shop.sync().refusals
    assert shop.lots(shop.thread) == {"return-asked": 5, "received": 2, "refunded": 3}
    assert shop.state.owed.total == 7 * UNIT


# --- what comparable systems got wrong (trade.md section 11)


def test_cancel_then_order_again_counts_each_unit_once() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    name = shop.both(BUYER, "cancel.request", desks.cancel(thread, (1, 4)))
    shop.both(SELLER, "cancel.result", desks.result(thread, name, (1, 4, "stopped")))
    shop.both(SELLER, "shipment.handover", desks.handover(thread, (1, 6)))
    again, _ = shop.shipped(4)
    for order in (thread, again):
        shop.both(
            BUYER, "receipt.advice", {"thread": order, "lines": [{"line": 1, "accepted": 6 if order is thread else 4}]}
        )
    assert shop.lots(thread) == {"cancelled": 4, "received": 6}
    assert shop.lots(again) == {"received": 4}
    assert shop.sync().balance("EUR") == 10 * UNIT


@pytest.mark.parametrize(("outstanding", "short"), [(4, 0), (0, 4), (3, 1)])
def test_returned_is_at_most_delivered_after_a_short_shipment(outstanding: int, short: int) -> None:
    # ordered 10, delivered 6 (Peppol): outstanding 4, 0, 3
    shop = Shop()
    thread = shop.agreed(10)
    shop.both(SELLER, "shipment.handover", desks.handover(thread, (1, 6, outstanding)))
    shop.both(BUYER, "receipt.advice", {"thread": thread, "lines": [{"line": 1, "accepted": 6}]})
    found = shop.lots(thread)
    assert (found.get("short", 0), found.get("agreed", 0)) == (short, outstanding)
    wanted = back(thread, None, (1, 7), reason="changed_mind")
    assert shop.refuse(BUYER, "return.request", wanted) == ["quantity.over"]
    shop.both(BUYER, "return.request", back(thread, None, (1, 6), reason="changed_mind"))
    assert shop.sync().orders[thread].owed.total == 6 * UNIT


def test_a_document_of_a_return_names_a_return_of_its_order() -> None:
    shop = Returning()
    other, _ = shop.shipped(2)
    shop.both(BUYER, "receipt.advice", {"thread": other, "lines": [{"line": 1, "accepted": 2}]})
    name = shop.asked(2)
    assert shop.refuse(SELLER, "return.decide", decide(other, name, (1, 2, "approve"))) == ["reference.dangling"]
    assert shop.refuse(SELLER, "refund.grant", refund(other, name, (1, 2, 0))) == ["reference.dangling"]
    answer: Body = {"thread": shop.thread, "role": "buyer", "proposal": name}
    assert shop.refuse(BUYER, "order.change_respond", {**answer, "accept": True}) == ["reference.dangling"]


def test_amounts_are_in_the_money_of_the_agreement() -> None:
    shop = Returning()
    name = shop.asked(2)
    body = decide(shop.thread, name, (1, 2, "approve"), freight=desks.money(500, "USD"))
    assert shop.refuse(SELLER, "return.decide", body) == ["money.currency"]
    late = back(shop.thread, None, (1, 2), reason="late", respond_by_s=1)
    assert shop.refuse(BUYER, "return.request", late) == ["agreement.silence"]
