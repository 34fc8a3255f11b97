"""Corrections (law 8): at once where nothing had taken effect, by consent where something had."""

from __future__ import annotations

from contracts.payments import PaymentState
from tests.contracts.desks import BUYER, SELLER, Body, Shop
from tests.contracts.test_payments import payment


def void(thread: bytes, target: bytes, role: str, reason: str = "incorrect_data", **fields: object) -> Body:
    return {"thread": thread, "role": role, "target": target, "reason": reason, **fields}


def answer(thread: bytes, name: bytes, role: str = "buyer", accept: bool = True) -> Body:
    return {"thread": thread, "role": role, "void": name, "accept": accept}


def test_a_payment_that_was_never_sent_is_taken_back_at_once() -> None:
    shop = Shop()
    thread = shop.both(BUYER, "payment.sent", payment(shop, "buyer"))
    right = shop.both(BUYER, "payment.sent", payment(shop, "buyer", 600))
    shop.both(BUYER, "void", void(thread, thread, "buyer", replacement=right))
    assert shop.sync().payments[thread].state is PaymentState.VOIDED
    assert shop.refuse(BUYER, "payment.sent", payment(shop, "buyer", thread=thread)) == ["payment.state"]
    assert shop.refuse(BUYER, "void", void(thread, thread, "buyer")) == ["payment.state"]


def test_money_that_came_all_the_same_counts() -> None:
    shop = Shop()
    thread = shop.both(BUYER, "payment.sent", payment(shop, "buyer"))
    shop.write(BUYER, "void", void(thread, thread, "buyer", "did_not_occur"))
    shop.write(SELLER, "payment.received", payment(shop, "seller", thread=thread))
    history = shop.sync()
    assert not history.refusals
    assert history.payments[thread].state is PaymentState.RECEIVED
    assert history.balance("EUR") == -500


def test_what_arrived_is_voided_by_consent_only() -> None:
    shop = Shop()
    thread = shop.both(BUYER, "payment.sent", payment(shop, "buyer"))
    arrived = shop.both(SELLER, "payment.received", payment(shop, "seller", thread=thread))
    name = shop.both(SELLER, "void", void(thread, arrived, "seller", "did_not_occur"))
    assert shop.sync().balance("EUR") == -500
    shop.both(BUYER, "void.accept", answer(thread, name))
    history = shop.sync()
    assert history.payments[thread].state is PaymentState.SENT
    assert history.balance("EUR") == 0
    assert shop.refuse(BUYER, "void.accept", answer(thread, name)) == ["void.target"]
    shop.both(SELLER, "payment.received", payment(shop, "seller", 450, thread=thread))
    assert shop.sync().balance("EUR") == -450


def test_a_void_that_is_declined_changes_nothing() -> None:
    shop = Shop()
    thread = shop.both(SELLER, "payment.received", payment(shop, "seller"))
    name = shop.both(SELLER, "void", void(thread, thread, "seller"))
    shop.both(BUYER, "void.accept", answer(thread, name, accept=False))
    assert shop.sync().balance("EUR") == -500
    again = shop.both(SELLER, "void", void(thread, thread, "seller"))
    shop.both(BUYER, "void.accept", answer(thread, again))
    assert shop.sync().payments[thread].state is PaymentState.VOIDED
    assert shop.sync().balance("EUR") == 0


def test_after_a_closed_statement_the_correction_is_a_line_of_the_next() -> None:
    shop = Shop()
    thread = shop.both(SELLER, "payment.received", payment(shop, "seller"))
    shop.close_statement()
    name = shop.both(SELLER, "void", void(thread, thread, "seller"))
    shop.both(BUYER, "void.accept", answer(thread, name))
    computed = shop.desks[SELLER].statement_lines(shop.agreement, shop.desks[SELLER].sizes)
    assert [tuple(line) for line in computed.lines] == [(thread, "payment", 500)]
    shop.sync()


def test_nobody_voids_another_ones_document_or_what_has_its_own_way_back() -> None:
    shop = Shop()
    thread = shop.both(BUYER, "payment.sent", payment(shop, "buyer"))
    order, parcel = shop.shipped(1)
    for side, body, code in (
        (SELLER, void(thread, thread, "seller"), "void.target"),
        (BUYER, void(thread, order, "buyer"), "void.target"),
        (SELLER, void(order, parcel, "seller"), "void.target"),
        (BUYER, void(b"?" * 32, thread, "buyer"), "reference.dangling"),
        (BUYER, void(thread, thread, "buyer", replacement=b"?" * 32), "reference.dangling"),
        (BUYER, void(thread, thread, "seller"), "role.mismatch"),
    ):
        assert shop.refuse(side, "void", body) == [code]
    assert shop.refuse(BUYER, "void.accept", answer(thread, thread)) == ["void.target"]
    shop.sync()
