"""Order threads: answers, changes, sums, and the worked examples of comparable systems (trade.md section 11)."""

from __future__ import annotations

import pytest

from contracts.dues import Owed
from contracts.orders import OrderState
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Shop, cancel, handover, respond, result


def change(thread: bytes, role: str, *lines: desks.Body) -> desks.Body:
    return {"thread": thread, "role": role, "lines": list(lines)}


def take(thread: bytes, proposal: bytes, role: str, accept: bool = True, **fields: object) -> desks.Body:
    return {"thread": thread, "role": role, "proposal": proposal, "accept": accept, **fields}


def test_a_line_is_answered_in_several_parts() -> None:
    shop = Shop()
    thread = shop.place(10)
    offer = shop.both(SELLER, "order.respond", respond(thread, (1, "accept", 6), (1, "backorder", 2), (1, "reject", 2)))
    assert shop.lots(thread) == {"agreed": 6, "seller-proposed": 2, "rejected": 2}
    assert shop.desks[BUYER].orders[thread].state is OrderState.PROPOSED
    shop.both(BUYER, "order.change_respond", take(thread, offer, "buyer"))
    assert shop.lots(thread) == {"agreed": 8, "rejected": 2}
    order = shop.sync().orders[thread]
    assert order.quote == 11900
    assert [(line, state.value, amount) for line, state, amount in order.deltas] == [(1, "rejected", -2380)]


def test_a_substitute_at_another_price() -> None:
    shop = Shop()
    thread = shop.place(10)
    more = {"sku": "cup", "price": desks.price(850), "promised_ship_s": 1_800_000_000}
    offer = shop.both(SELLER, "order.respond", respond(thread, (1, "substitute", 10, more)))
    shop.both(BUYER, "order.change_respond", take(thread, offer, "buyer"))
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 10)))
    order = shop.sync().orders[thread]
    terms = order.lines[1].terms[-1]
    assert (terms.sku, terms.price, terms.promised_ship_s) == ("cup", 850, 1_800_000_000)
    assert order.owed.total == order.owed.goods + order.owed.tax == 8500 + 1615


@pytest.mark.parametrize(("original_open", "lots"), [(True, {"placed": 10}), (False, {"rejected": 10})])
def test_a_declined_offer(original_open: bool, lots: dict[str, int]) -> None:
    shop = Shop()
    thread = shop.place(10)
    body = respond(thread, (1, "change", 10, {"price": desks.price(1200)}), original_open=original_open)
    offer = shop.both(SELLER, "order.respond", body)
    shop.both(BUYER, "order.change_respond", take(thread, offer, "buyer", accept=False))
    assert shop.lots(thread) == lots
    assert shop.refuse(BUYER, "order.change_respond", take(thread, offer, "buyer")) == ["order.state"]
    shop.sync()


def test_parts_of_an_offer_are_answered_one_by_one() -> None:
    shop = Shop()
    thread = shop.place(10)
    offer = shop.both(
        SELLER, "order.respond", respond(thread, (1, "backorder", 4), (1, "change", 6, {"price": desks.price(900)}))
    )
    shop.both(BUYER, "order.change_respond", take(thread, offer, "buyer", parts=[1]))
    shop.both(BUYER, "order.change_respond", take(thread, offer, "buyer", accept=False, parts=[0]))
    assert shop.lots(thread) == {"agreed": 6, "rejected": 4}
    assert shop.refuse(BUYER, "order.change_respond", take(thread, offer, "buyer", parts=[7])) == ["order.state"]


def test_a_buyers_change_that_is_rejected_leaves_the_original() -> None:
    # Peppol BIS 65 scenario 2
    shop = Shop()
    thread = shop.agreed(10)
    asked = shop.both(BUYER, "order.change", change(thread, "buyer", {"line": 1, "quantity": 10, "new_quantity": 15}))
    assert shop.lots(thread) == {"change-proposed": 10}
    shop.both(SELLER, "order.change_respond", take(thread, asked, "seller", accept=False))
    assert shop.lots(thread) == {"agreed": 10}
    order = shop.sync().orders[thread]
    assert (order.lines[1].ordered, order.quote, order.deltas) == (10, 11900, ())


@pytest.mark.parametrize(
    ("new_quantity", "lots", "quote"),
    [(15, {"agreed": 15}, 15 * 1190), (4, {"agreed": 4, "cancelled": 6}, 11900), (0, {"cancelled": 10}, 11900)],
)
def test_an_accepted_change_of_quantity(new_quantity: int, lots: dict[str, int], quote: int) -> None:
    shop = Shop(cancel_fee="0.5")
    thread = shop.agreed(10)
    line = {"line": 1, "quantity": 10, "new_quantity": new_quantity}
    asked = shop.both(SELLER, "order.change", change(thread, "seller", line))
    assert shop.refuse(SELLER, "order.change_respond", take(thread, asked, "seller")) == ["role.mismatch"]
    shop.both(BUYER, "order.change_respond", take(thread, asked, "buyer"))
    order = shop.sync().orders[thread]
    assert shop.lots(thread) == lots
    assert (order.quote, order.owed.fee) == (quote, 0)
    assert order.lines[1].ordered == sum(lots.values())


def test_a_change_of_price_for_a_part() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    line = {"line": 1, "quantity": 4, "price": desks.price(500)}
    asked = shop.both(BUYER, "order.change", change(thread, "buyer", line))
    shop.both(SELLER, "order.change_respond", take(thread, asked, "seller"))
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 10)))
    assert shop.sync().orders[thread].owed.goods == 6 * 1000 + 4 * 500


def test_a_change_that_crossed_the_hand_over_finds_nothing_to_change() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    shop.write(SELLER, "shipment.handover", handover(thread, (1, 10)))
    shop.write(BUYER, "order.change", change(thread, "buyer", {"line": 1, "quantity": 10, "new_quantity": 1}))
    history = shop.sync()
    assert shop.lots(thread) == {"shipped": 10}
    assert [fault.code for faults in history.refusals.values() for fault in faults] == ["order.state"]


def test_a_hand_over_that_knows_of_a_pending_change_is_refused() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    shop.both(BUYER, "order.change", change(thread, "buyer", {"line": 1, "quantity": 3, "new_quantity": 1}))
    assert shop.refuse(SELLER, "shipment.handover", handover(thread, (1, 10))) == ["quantity.over"]
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 7)))


def test_all_or_nothing() -> None:
    shop = Shop()
    thread = shop.place(10, partial=False)
    assert shop.refuse(SELLER, "order.respond", respond(thread, (1, "accept", 6))) == ["order.partial"]
    shop.both(SELLER, "order.respond", respond(thread, (1, "accept", 10)))
    assert shop.lots(thread) == {"agreed": 10}


def test_D04_sums_are_checked_over_all_documents() -> None:
    shop = Shop()
    thread = shop.place(10)
    shop.both(SELLER, "order.respond", respond(thread, (1, "accept", 6)))
    assert shop.refuse(SELLER, "order.respond", respond(thread, (1, "accept", 5))) == ["quantity.over"]
    assert shop.refuse(SELLER, "order.respond", respond(thread, (1, "accept", 3), (1, "reject", 2))) == [
        "quantity.over"
    ]
    shop.both(SELLER, "order.respond", respond(thread, (1, "accept", 4)))
    assert shop.refuse(BUYER, "cancel.request", cancel(thread, (1, 11))) == ["quantity.over"]
    shop.both(BUYER, "cancel.request", cancel(thread, (1, 6)))
    assert shop.refuse(BUYER, "cancel.request", cancel(thread, (1, 5))) == ["quantity.over"]
    assert shop.lots(thread) == {"agreed": 4, "cancelling": 6}
    shop.sync()


def test_D04_D06_amounts_stay_in_range() -> None:
    shop = Shop()
    dear = shop.prices(tea=10**13)
    shop.price_list = shop.both(SELLER, "price.change", dear)
    body = {**shop.order(1), "lines": [shop.line(1, "tea", 2, 10**13)]}
    assert shop.refuse(BUYER, "order.place", body) == ["money.range"]
    thread = shop.both(BUYER, "order.place", {**shop.order(1), "lines": [shop.line(1, "tea", 1, 10**13)]})
    shop.both(SELLER, "order.respond", respond(thread, (1, "accept", 1)))
    grown = change(thread, "seller", {"line": 1, "quantity": 1, "new_quantity": 2})
    assert shop.refuse(SELLER, "order.change", grown) == ["money.range"]
    huge = change(thread, "seller", {"line": 1, "quantity": 1, "new_quantity": 10**9 - 1, "price": desks.price(1)})
    shop.both(SELLER, "order.change", huge)


def test_D07_a_currency_is_not_switched_within_an_order() -> None:
    shop = Shop()
    thread = shop.agreed(2)
    other = {"price": desks.price(900, currency="USD")}
    assert shop.refuse(SELLER, "order.change", change(thread, "seller", {"line": 1, "quantity": 2, **other})) == [
        "money.currency"
    ]
    second = shop.place(2)
    assert shop.refuse(SELLER, "order.respond", respond(second, (1, "change", 2, other))) == ["money.currency"]
    charged = shop.order(1, charges=[{"code": "FC", "amount": desks.money(5, "USD")}])
    assert shop.refuse(BUYER, "order.place", charged) == ["money.currency"]


def test_D09_a_transition_that_the_state_does_not_allow() -> None:
    shop = Shop()
    thread = shop.place(10)
    refused = shop.put(SELLER, "shipment.handover", handover(thread, (1, 10)))
    history = shop.sync()
    (fault,) = history.refusals[(SELLER, refused.index)]
    assert (fault.code, fault.path, fault.got) == ("order.state", "lines.0", "10 placed")
    assert fault.expected == "a quantity in agreed or overdue or change-proposed or cancelling"
    assert shop.lots(thread) == {"placed": 10}


def test_D09_every_line_says_what_is_wrong_with_it() -> None:
    shop = Shop()
    thread = shop.place(5, 5)
    faults = shop.judge(SELLER, "order.respond", respond(thread, (1, "accept", 6), (2, "accept", 5), (9, "reject", 1)))
    assert [(fault.code, fault.path) for fault in faults] == [
        ("quantity.over", "lines.0.quantity"),
        ("order.line", "lines.2.line"),
    ]


def test_D02_an_order_number_is_used_once() -> None:
    shop = Shop()
    first = shop.order(1)
    thread = shop.both(BUYER, "order.place", first)
    name = shop.both(BUYER, "cancel.request", cancel(thread, (1, 1)))
    assert shop.lots(thread) == {"withdrawn": 1}
    assert shop.refuse(BUYER, "order.place", first) == ["order.number"]
    assert shop.refuse(SELLER, "cancel.result", result(thread, name, (1, 1, "stopped"))) == ["cancel.state"]


def test_a_part_cancelled_order_is_quote_plus_deltas() -> None:
    # ONDC v1.2.0 logs, 858 and 1614: part cancel, quote + sum of deltas = confirmed
    shop = Shop(cancel_fee="0.05")
    thread = shop.agreed(10, 3)
    name = shop.both(BUYER, "cancel.request", cancel(thread, (1, 4)))
    shop.both(SELLER, "cancel.result", result(thread, name, (1, 4, "stopped")))
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 6), (2, 3)))
    order = shop.sync().orders[thread]
    assert order.quote == 13 * 1190
    assert sum(amount for _, _, amount in order.deltas) == -4 * 1190
    assert order.owed.goods + order.owed.tax == order.quote - 4 * 1190
    assert order.owed.fee == 200  # 5 % of 40.00, without tax


def test_cancel_then_order_again_delivers_the_right_quantity() -> None:
    # odoo 27777, 3674
    shop = Shop()
    first = shop.agreed(10)
    name = shop.both(BUYER, "cancel.request", cancel(first, (1, None)))
    shop.both(SELLER, "cancel.result", result(first, name, (1, 10, "stopped")))
    second, _ = shop.shipped(10)
    history = shop.sync()
    assert (shop.lots(first), shop.lots(second)) == ({"cancelled": 10}, {"shipped": 10})
    assert history.balance("EUR") == 11900
    assert history.orders[first].state is OrderState.CLOSED


def test_a_charge_is_owed_with_the_first_goods() -> None:
    shop = Shop()
    charges = [{"code": "FC", "amount": desks.money(490)}, {"code": "PC", "amount": desks.money(10)}]
    thread = shop.agreed(3, charges=charges)
    assert shop.desks[0].balance("EUR") == 0
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 1)))
    assert shop.sync().orders[thread].owed == Owed(goods=1000, tax=190, charge=500)


def test_parts_add_up_at_any_price() -> None:
    shop = Shop()
    item = {"sku": "tea", "price": desks.price(1000, 3), "tax": {"category": "S", "percent": "7.7", "scheme": "VAT"}}
    body = {"agreement": shop.agreement, "currency": "EUR", "items": [item]}
    shop.price_list = shop.both(SELLER, "price.list", body)
    line = {**shop.line(1, "tea", 7), "price": item["price"], "tax": item["tax"]}
    thread = shop.both(BUYER, "order.place", {**shop.order(1), "lines": [line]})
    shop.both(SELLER, "order.respond", respond(thread, (1, "accept", 7)))
    steps = []
    for _ in range(7):
        shop.both(SELLER, "shipment.handover", handover(thread, (1, 1)))
        steps.append(shop.desks[0].orders[thread].owed.goods)
    assert steps == [333, 667, 1000, 1333, 1667, 2000, 2333]
    assert shop.sync().orders[thread].owed.tax == 180


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ((("accept", 4),), OrderState.AGREED),
        ((("accept", 2), ("backorder", 2)), OrderState.PROPOSED),
        ((("accept", 2),), OrderState.PLACED),
        ((("reject", 4),), OrderState.CLOSED),
    ],
)
def test_the_header_is_the_join_of_its_lines(parts: tuple[tuple[str, int], ...], state: OrderState) -> None:
    shop = Shop()
    thread = shop.place(4)
    shop.both(SELLER, "order.respond", respond(thread, *((1, *part) for part in parts)))
    assert shop.sync().orders[thread].state is state


def test_the_header_of_an_order_under_way() -> None:
    shop = Shop()
    thread = shop.agreed(4)
    parcel = shop.both(SELLER, "shipment.handover", handover(thread, (1, 1)))
    assert shop.desks[1].orders[thread].state is OrderState.PART_SHIPPED
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 3)))
    assert shop.desks[1].orders[thread].state is OrderState.SHIPPED
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "delivered"})
    assert shop.desks[1].orders[thread].state is OrderState.SHIPPED
    shop.both(BUYER, "receipt.advice", {"thread": thread, "lines": [{"line": 1, "accepted": 3, "rejected": 1}]})
    assert shop.sync().orders[thread].state is OrderState.ATTENTION


def test_D11_a_long_chain_of_corrections_costs_a_step_each_and_then_ends() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    for minor in range(255):
        asked = shop.both(
            SELLER, "order.change", change(thread, "seller", {"line": 1, "quantity": 10, "price": desks.price(minor)})
        )
        before = shop.desks[0].steps
        shop.both(BUYER, "order.change_respond", take(thread, asked, "buyer"))
        assert shop.desks[0].steps == before + 1
    last = change(thread, "seller", {"line": 1, "quantity": 10, "price": desks.price(1)})
    shop.both(SELLER, "order.change", last)
    assert shop.refuse(SELLER, "order.change", last) == ["thread.too-long"]
    shop.sync()
