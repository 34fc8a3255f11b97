"""Payments: only what the creditor saw arrive counts, and nothing reopens it."""

from __future__ import annotations

import pytest

from contracts.payments import PaymentState
from tests.contracts import desks
from tests.contracts.desks import BUYER, NODES, SELLER, Body, Shop, cancel, money, result


def payment(shop: Shop, role: str, minor: int = 500, **fields: object) -> Body:
    body = {"agreement": shop.agreement, "role": role, "amount": money(minor), "reference": "RF18539007547034"}
    return {**body, **fields}


def test_a_promise_is_kept() -> None:
    shop = Shop()
    shop.shipped(1)
    thread = shop.both(BUYER, "payment.promise", payment(shop, "buyer", 1190, due="2026-12-01"))
    shop.both(BUYER, "payment.sent", payment(shop, "buyer", 1190, thread=thread, means="58"))
    assert shop.desks[SELLER].balance("EUR") == 1190
    shop.both(SELLER, "payment.received", payment(shop, "seller", 1190, thread=thread, evidence=b"e" * 32))
    history = shop.sync()
    assert history.payments[thread].state is PaymentState.RECEIVED
    assert history.balance("EUR") == 0


def test_less_arrives_than_was_sent() -> None:
    shop = Shop()
    thread = shop.both(BUYER, "payment.sent", payment(shop, "buyer", 1000))
    assert shop.refuse(SELLER, "payment.received", payment(shop, "seller", 1001, thread=thread)) == ["payment.amount"]
    shop.both(SELLER, "payment.received", payment(shop, "seller", 985, thread=thread))
    assert shop.sync().balance("EUR") == -985


def test_D20_received_is_the_end() -> None:
    shop = Shop()
    thread = shop.both(SELLER, "payment.received", payment(shop, "seller"))
    for side, kind, body in (
        (BUYER, "payment.sent", payment(shop, "buyer", thread=thread)),
        (SELLER, "payment.received", payment(shop, "seller", thread=thread)),
        (SELLER, "payment.dispute", {"thread": thread, "role": "seller", "reason": "not_seen"}),
    ):
        assert shop.refuse(side, kind, body) == ["payment.state"]
    assert shop.sync().balance("EUR") == -500


def test_a_dispute_and_a_second_try() -> None:
    shop = Shop()
    thread = shop.both(BUYER, "payment.sent", payment(shop, "buyer"))
    shop.both(SELLER, "payment.dispute", {"thread": thread, "role": "seller", "reason": "not_seen"})
    assert shop.desks[BUYER].payments[thread].state is PaymentState.DISPUTED
    shop.both(BUYER, "payment.sent", payment(shop, "buyer", thread=thread))
    shop.both(SELLER, "payment.received", payment(shop, "seller", thread=thread))
    assert shop.sync().balance("EUR") == -500


def test_money_that_comes_back_is_a_payment_of_its_own() -> None:
    shop = Shop()
    shop.both(SELLER, "payment.received", payment(shop, "seller", 900))
    thread = shop.both(SELLER, "payment.sent", payment(shop, "seller", 400))
    shop.both(BUYER, "payment.received", payment(shop, "buyer", 400, thread=thread))
    assert shop.sync().balance("EUR") == -500


def test_a_sent_that_crossed_its_receipt_is_no_mistake() -> None:
    shop = Shop()
    thread = shop.both(BUYER, "payment.promise", payment(shop, "buyer"))
    shop.write(BUYER, "payment.sent", payment(shop, "buyer", thread=thread))
    shop.write(SELLER, "payment.received", payment(shop, "seller", thread=thread))
    history = shop.sync()
    assert not history.refusals
    assert history.payments[thread].state is PaymentState.RECEIVED


def test_a_cancelled_order_can_never_be_paid() -> None:
    # ONDC verification logs 990
    shop = Shop()
    thread = shop.agreed(1)
    live = shop.agreed(1)
    name = shop.both(BUYER, "cancel.request", cancel(thread, (1, 1)))
    shop.both(BUYER, "payment.promise", payment(shop, "buyer", orders=[thread]))  # still cancelling
    shop.both(SELLER, "cancel.result", result(thread, name, (1, 1, "stopped")))
    for side, kind, role in ((BUYER, "payment.promise", "buyer"), (SELLER, "payment.received", "seller")):
        assert shop.refuse(side, kind, payment(shop, role, orders=[live, thread])) == ["payment.nothing-owed"]
    shop.both(BUYER, "payment.promise", payment(shop, "buyer", orders=[live]))
    assert shop.refuse(BUYER, "payment.promise", payment(shop, "buyer", orders=[b"?" * 32])) == ["reference.dangling"]
    shop.sync()


def test_a_payment_names_closed_statements() -> None:
    shop = Shop()
    shop.shipped(1)
    name = shop.both(SELLER, "statement.propose", shop.statement(SELLER))
    body = payment(shop, "buyer", 1190, statements=[name])
    assert shop.refuse(BUYER, "payment.promise", body) == ["reference.dangling"]
    shop.write(BUYER, "statement.respond", shop.verdict(BUYER, name))
    assert shop.refuse(SELLER, "payment.received", {**body, "role": "seller"}) == ["reference.dangling"]
    shop.both(BUYER, "payment.promise", body)
    shop.sync()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": money(5, "USD")}, "money.currency"),
        ({"agreement": b"?" * 32}, "agreement.not-in-force"),
        ({"role": "seller"}, "role.mismatch"),
    ],
)
def test_D07_a_payment_is_in_the_currency_and_role_of_its_agreement(changes: Body, code: str) -> None:
    shop = Shop()
    assert shop.refuse(BUYER, "payment.promise", {**payment(shop, "buyer"), **changes}) == [code]


def test_a_payment_stays_under_its_agreement() -> None:
    shop = Shop()
    other = shop.both(SELLER, "agreement.propose", {"role": "seller", "terms": desks.terms(NODES[SELLER])})
    assert shop.refuse(BUYER, "payment.promise", payment(shop, "buyer", agreement=other)) == ["agreement.not-in-force"]
    shop.both(BUYER, "agreement.accept", {"thread": other, "role": "buyer", "accepts": other})
    thread = shop.both(BUYER, "payment.promise", payment(shop, "buyer"))
    body = payment(shop, "buyer", thread=thread, agreement=other)
    assert shop.refuse(BUYER, "payment.sent", body) == ["thread.kind"]
    assert shop.refuse(BUYER, "payment.sent", payment(shop, "buyer", thread=b"?" * 32)) == ["reference.dangling"]
    assert shop.refuse(BUYER, "payment.dispute", {"thread": thread, "role": "buyer", "reason": "x"}) == [
        "role.mismatch"
    ]


def test_a_refunded_order_can_never_be_paid() -> None:
    shop = Shop()
    thread, parcel = shop.shipped(2)
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "delivered"})
    shop.both(BUYER, "receipt.advice", {"thread": thread, "lines": [{"line": 1, "accepted": 0, "rejected": 2}]})
    shop.both(BUYER, "payment.promise", payment(shop, "buyer", orders=[thread]))
    back = {"line": 1, "quantity": 2, "amount": money(2_380)}
    shop.both(SELLER, "refund.grant", {"thread": thread, "lines": [back]})
    assert shop.sync().orders[thread].owed.total == 0
    for side, kind, role in ((BUYER, "payment.promise", "buyer"), (SELLER, "payment.received", "seller")):
        assert shop.refuse(side, kind, payment(shop, role, orders=[thread])) == ["payment.nothing-owed"]
    shop.sync()
