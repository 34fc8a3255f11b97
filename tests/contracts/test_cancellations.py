"""Cancel-intercept: the race of T5, in every order of arrival and from both sides."""

from __future__ import annotations

import pytest

from contracts.lots import LotState
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Shop, cancel, handover, respond, result


def codes(shop: Shop) -> list[str]:
    return [fault.code for faults in shop.sync().refusals.values() for fault in faults]


def test_a_cancel_stops_the_goods() -> None:
    shop = Shop(cancel_fee="0.05")
    thread = shop.agreed(10)
    name = shop.both(BUYER, "cancel.request", cancel(thread, (1, 10)))
    assert shop.lots(thread) == {"cancelling": 10}
    shop.both(SELLER, "cancel.result", result(thread, name, (1, 10, "stopped")))
    order = shop.sync().orders[thread]
    assert shop.lots(thread) == {"cancelled": 10}
    assert order.owed.total == order.owed.fee == 500
    assert order.quote + sum(amount for _, _, amount in order.deltas) == 0
    assert shop.refuse(SELLER, "shipment.handover", handover(thread, (1, 1))) == ["cancel.held"]


def test_D03_a_cancel_that_crosses_the_hand_over_asks_the_goods_back() -> None:
    shop = Shop(cancel_fee="0.05", recall_fee="0.1")
    thread = shop.agreed(10)
    name = shop.write(BUYER, "cancel.request", cancel(thread, (1, 10)))
    parcel = shop.write(SELLER, "shipment.handover", handover(thread, (1, 10)))
    assert shop.lots(thread, side=BUYER) == {"cancelling": 10}
    assert shop.lots(thread, side=SELLER) == {"shipped": 10}
    assert not codes(shop)
    assert shop.lots(thread) == {"rto-asked": 10}
    shop.both(SELLER, "cancel.result", result(thread, name, (1, 10, "too_late", parcel)))
    shop.both(SELLER, "cancel.result", result(thread, name, (1, 10, "recalled")))
    order = shop.sync().orders[thread]
    assert shop.lots(thread) == {"returning": 10}
    assert order.owed.fee == 500  # what the buyer knew when cancelling was "agreed", not "handed over"


def test_D03_a_hand_over_that_knew_of_the_cancel_does_not_stand() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    name = shop.both(BUYER, "cancel.request", cancel(thread, (1, 4)))
    assert shop.refuse(SELLER, "shipment.handover", handover(thread, (1, 10))) == ["cancel.held"]
    refused = shop.put(SELLER, "shipment.handover", handover(thread, (1, 7)))
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 6)))
    # the void hand-over is no proof of having been too late
    late = result(thread, name, (1, 4, "too_late", refused.hash))
    assert shop.refuse(SELLER, "cancel.result", late) == ["cancel.too-late"]
    shop.both(SELLER, "cancel.result", result(thread, name, (1, 4, "stopped")))
    assert shop.lots(thread) == {"shipped": 6, "cancelled": 4}
    shop.sync()


def test_D03_the_seen_of_the_hand_over_is_taken_at_its_word() -> None:
    # the seller received the cancel and denies it: the fold cannot know, the receipt note of law 13 proves it
    shop = Shop()
    thread = shop.agreed(10)
    seen = shop.desks[SELLER].sizes[BUYER]
    shop.both(BUYER, "cancel.request", cancel(thread, (1, 10)))
    shop.write(SELLER, "shipment.handover", handover(thread, (1, 10)), seen=seen)
    assert not codes(shop)
    assert shop.lots(thread) == {"rto-asked": 10}


def test_D03_part_of_the_goods_had_left() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    shop.write(SELLER, "shipment.handover", handover(thread, (1, 6)))
    shop.write(BUYER, "cancel.request", cancel(thread, (1, 10)))
    assert not codes(shop)
    assert shop.lots(thread) == {"cancelling": 4, "rto-asked": 6}


def test_D03_a_part_cancel_takes_what_has_not_left() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    shop.write(SELLER, "shipment.handover", handover(thread, (1, 6)))
    shop.write(BUYER, "cancel.request", cancel(thread, (1, 4)))
    assert not codes(shop)
    assert shop.lots(thread) == {"cancelling": 4, "shipped": 6}


@pytest.mark.parametrize("events", [["delivered"], ["in_transit", "delivered"]])
def test_D03_delivered_before_the_cancel_was_known(events: list[str]) -> None:
    shop = Shop()
    thread = shop.agreed(10)
    name = shop.write(BUYER, "cancel.request", cancel(thread, (1, 10)))
    parcel = shop.write(SELLER, "shipment.handover", handover(thread, (1, 10)))
    for event in events:
        shop.write(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": event})
    assert not codes(shop)
    (lot,) = shop.desks[0].orders[thread].lines[1].lots
    assert (lot.state, lot.cancel) == (LotState.DELIVERED, name)
    shop.both(SELLER, "cancel.result", result(thread, name, (1, 10, "too_late", parcel)))
    assert shop.sync().orders[thread].owed.goods == 10_000


def test_D03_delivered_anyway_after_the_cancel() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    name = shop.write(BUYER, "cancel.request", cancel(thread, (1, 10)))
    parcel = shop.write(SELLER, "shipment.handover", handover(thread, (1, 10)))
    shop.sync()
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "delivered"})
    (lot,) = shop.sync().orders[thread].lines[1].lots
    assert (lot.state, lot.cancel) == (LotState.DELIVERED, name)


def test_a_cancel_before_an_answer_needs_no_consent() -> None:
    shop = Shop(cancel_fee="0.5")
    thread = shop.place(10)
    shop.both(BUYER, "cancel.request", cancel(thread, (1, 10)))
    assert shop.lots(thread) == {"withdrawn": 10}
    assert shop.refuse(SELLER, "order.respond", respond(thread, (1, "accept", 10))) == ["order.state"]
    assert shop.sync().balance("EUR") == 0


@pytest.mark.parametrize(
    ("action", "more", "lots"),
    [
        ("accept", {}, {"cancelling": 10}),
        ("backorder", {}, {"cancelling": 10}),
        ("reject", {}, {"rejected": 10}),
    ],
)
def test_a_cancel_that_crosses_the_answer(action: str, more: desks.Body, lots: dict[str, int]) -> None:
    shop = Shop()
    thread = shop.place(10)
    shop.write(BUYER, "cancel.request", cancel(thread, (1, None)))
    shop.write(SELLER, "order.respond", respond(thread, (1, action, 10, more)))
    assert codes(shop) == (["cancel.state"] if action == "reject" else [])
    assert shop.lots(thread) == lots


def test_a_cancel_by_quantity_acts_on_what_is_left() -> None:
    shop = Shop()
    thread = shop.place(10)
    shop.write(BUYER, "cancel.request", cancel(thread, (1, 10)))
    shop.write(SELLER, "order.respond", respond(thread, (1, "reject", 4), (1, "accept", 6)))
    assert not codes(shop)
    assert shop.lots(thread) == {"rejected": 4, "cancelling": 6}
    # who knew of the rejected part is refused
    other = shop.place(10)
    shop.both(SELLER, "order.respond", respond(other, (1, "reject", 4), (1, "accept", 6)))
    assert shop.refuse(BUYER, "cancel.request", cancel(other, (1, 10))) == ["quantity.over"]


def test_a_seller_who_cannot_supply_needs_no_consent_and_pays() -> None:
    shop = Shop(seller_penalty="0.03", cancel_fee="0.05")
    thread = shop.agreed(10)
    shop.both(SELLER, "cancel.request", cancel(thread, (1, 10), role="seller"))
    order = shop.sync().orders[thread]
    assert shop.lots(thread) == {"cancelled": 10}
    assert order.owed.total == order.owed.penalty == -300


def test_a_seller_does_not_cancel_what_it_never_answered() -> None:
    shop = Shop()
    thread = shop.place(10)
    assert shop.refuse(SELLER, "cancel.request", cancel(thread, (1, 10), role="seller")) == ["cancel.state"]


def test_cancels_that_cross_are_the_sellers_fault() -> None:
    shop = Shop(seller_penalty="0.03", cancel_fee="0.05")
    thread = shop.agreed(10)
    shop.write(BUYER, "cancel.request", cancel(thread, (1, 10)))
    shop.write(SELLER, "cancel.request", cancel(thread, (1, 10), role="seller"))
    assert codes(shop) == ["cancel.state"]
    assert shop.desks[0].orders[thread].owed.total == -300


def test_the_agreement_says_who_may_cancel_when() -> None:
    shop = Shop()
    wanted = desks.terms(desks.NODES[SELLER])
    wanted["rows"] = [{**row, "cancel": ["seller"]} if row["stage"] == "agreed" else row for row in wanted["rows"]]
    body = {"thread": shop.agreement, "role": "seller", "amends": shop.agreement, "terms": wanted}
    shop.agreement, key = shop.both(SELLER, "agreement.amend", body), shop.agreement
    shop.both(BUYER, "agreement.accept", {"thread": key, "role": "buyer", "accepts": shop.agreement})
    thread = shop.agreed(10)
    assert shop.refuse(BUYER, "cancel.request", cancel(thread, (1, 10))) == ["cancel.not-allowed"]
    shop.both(SELLER, "cancel.request", cancel(thread, (1, 10), role="seller"))


def test_a_recall_costs_the_row_of_goods_under_way() -> None:
    shop = Shop(cancel_fee="0.05", recall_fee="0.1")
    thread, _ = shop.shipped(10)
    assert shop.refuse(BUYER, "cancel.request", cancel(thread, (1, 10))) == ["cancel.state"]
    name = shop.both(BUYER, "cancel.request", cancel(thread, (1, 10), recall=True))
    assert shop.lots(thread) == {"rto-asked": 10}
    shop.both(SELLER, "cancel.result", result(thread, name, (1, 10, "rto")))
    assert shop.sync().orders[thread].owed.fee == 1000


def test_a_result_names_a_cancel_of_this_order() -> None:
    shop = Shop()
    thread, other = shop.agreed(1), shop.agreed(1)
    name = shop.both(BUYER, "cancel.request", cancel(other, (1, 1)))
    body = result(thread, name, (1, 1, "stopped"))
    assert shop.refuse(SELLER, "cancel.result", body) == ["reference.dangling"]
    assert shop.refuse(BUYER, "cancel.result", result(other, name, (1, 1, "stopped"))) == ["role.mismatch"]
    over = result(other, name, (1, 2, "stopped"), (7, 1, "stopped"))
    assert shop.refuse(SELLER, "cancel.result", over) == ["quantity.over", "order.line"]


def test_a_cancel_of_an_offer() -> None:
    shop = Shop(cancel_fee="0.5")
    thread = shop.place(10)
    shop.both(SELLER, "order.respond", respond(thread, (1, "backorder", 10)))
    name = shop.both(BUYER, "cancel.request", cancel(thread, (1, 10)))
    assert shop.lots(thread) == {"cancelling": 10}
    shop.both(SELLER, "cancel.result", result(thread, name, (1, 10, "stopped")))
    assert shop.sync().orders[thread].owed.total == 0  # nothing was agreed yet: row "placed"


def test_a_closed_cut_turns_the_race_around_and_not_its_result() -> None:
    # the cancel lies inside the closed cut, the concurrent hand-over outside: now the cancel is walked first
    shop = Shop(cancel_fee="0.05")
    thread = shop.agreed(10)
    shop.write(BUYER, "cancel.request", cancel(thread, (1, 10)))
    before = (len(shop.logs[0]), len(shop.logs[1]))
    shop.write(SELLER, "shipment.handover", handover(thread, (1, 10)))
    name = shop.write(BUYER, "statement.propose", shop.statement(BUYER))
    assert shop.desks[BUYER].statements[name].cut == before
    shop.deliver(SELLER)
    assert shop.lots(thread) == {"rto-asked": 10}
    shop.write(SELLER, "statement.respond", shop.verdict(SELLER, name))
    assert not codes(shop)
    assert shop.lots(thread) == {"rto-asked": 10}
    (lot,) = shop.desks[0].orders[thread].lines[1].lots
    assert lot.levy == ("fee", "agreed")
    assert shop.desks[0].channel.ledgers[shop.agreement].closed[0].closing == 0


def test_a_closed_cancel_is_not_refused_by_a_late_one() -> None:
    # without the cut the seller's own cancel would come first and the buyer's would find nothing
    shop = Shop(seller_penalty="0.03", cancel_fee="0.05")
    thread = shop.agreed(10)
    shop.write(BUYER, "cancel.request", cancel(thread, (1, 10)))
    shop.write(SELLER, "cancel.request", cancel(thread, (1, 10), role="seller"))
    name = shop.write(BUYER, "statement.propose", shop.statement(BUYER))
    shop.deliver(SELLER)
    assert [fault.code for faults in shop.desks[SELLER].refusals.values() for fault in faults] == ["cancel.state"]
    shop.write(SELLER, "statement.respond", shop.verdict(SELLER, name))
    (outcome,) = shop.deliver(BUYER)[-1:]
    assert not codes(shop)
    assert [position[0] for position in outcome.revised] == [BUYER]
    assert shop.desks[BUYER].orders[thread].owed.total == -300


def test_what_a_payment_may_name_does_not_depend_on_a_closing_that_its_author_did_not_know() -> None:
    shop = Shop()
    thread = shop.place(10)
    shop.write(BUYER, "cancel.request", cancel(thread, (1, 10)))
    name = shop.write(BUYER, "statement.propose", shop.statement(BUYER))
    shop.write(SELLER, "order.respond", respond(thread, (1, "backorder", 10)))
    shop.sync()
    assert shop.lots(thread) == {"cancelling": 10}
    shop.write(SELLER, "statement.respond", shop.verdict(SELLER, name))
    assert shop.lots(thread) == {"rejected": 10}  # inside the cut the order was withdrawn
    paid = {"agreement": shop.agreement, "role": "buyer", "amount": desks.money(5), "reference": "RF18"}
    shop.write(BUYER, "payment.promise", {**paid, "orders": [thread]})
    shop.deliver(BUYER)
    assert shop.refuse(BUYER, "payment.promise", {**paid, "orders": [thread]}) == ["payment.nothing-owed"]
    assert codes(shop) == ["payment.nothing-owed"]


def test_a_refused_document_excuses_nobody() -> None:
    shop = Shop()
    thread = shop.place(10)
    shop.put(SELLER, "shipment.handover", handover(thread, (1, 10)))
    shop.write(BUYER, "cancel.request", cancel(thread, (1, 4)))
    shop.put(BUYER, "cancel.request", cancel(thread, (1, 8)))
    assert sorted(codes(shop)) == ["order.state", "quantity.over"]
    assert shop.lots(thread) == {"placed": 6, "withdrawn": 4}


def test_a_sellers_cancel_acts_on_what_is_left_too() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    fewer = {"line": 1, "quantity": 4, "new_quantity": 0}
    asked = shop.both(SELLER, "order.change", {"thread": thread, "role": "seller", "lines": [fewer]})
    taken = {"thread": thread, "role": "buyer", "proposal": asked, "accept": True}
    shop.write(BUYER, "order.change_respond", taken)
    shop.write(SELLER, "cancel.request", cancel(thread, (1, 10), role="seller"))
    assert not codes(shop)
    assert shop.lots(thread) == {"cancelled": 10}


def test_nobody_is_blind_for_the_own_documents() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    for size in range(50):  # so that the buyer's logbook is far longer than what it has seen
        shop.write(BUYER, "channel.key", {"size": size, "root": b"r" * 32})
    shop.write(BUYER, "cancel.request", cancel(thread, (1, 6)))
    assert shop.refuse(BUYER, "cancel.request", cancel(thread, (1, 5))) == ["quantity.over"]
    for size in range(99):
        shop.write(SELLER, "channel.key", {"size": size, "root": b"r" * 32})
    other = shop.agreed(10)
    shop.write(SELLER, "cancel.request", cancel(other, (1, 6), role="seller"))
    assert shop.refuse(SELLER, "cancel.request", cancel(other, (1, 5), role="seller")) == ["quantity.over"]
    shop.sync()
