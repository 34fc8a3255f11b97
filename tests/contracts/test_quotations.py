"""Notices, and quotes that an order names in place of a price list."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from contracts import quotations
from contracts.quotations import QuotationEvent, QuotationState
from tests.contracts.desks import BUYER, SELLER, TAX, Shop, price


def asked(shop: Shop, quantity: int = 500, sku: str = "tea") -> bytes:
    lines = [{"line": 1, "sku": sku, "quantity": quantity}]
    return shop.both(BUYER, "quote.request", {"agreement": shop.agreement, "lines": lines})


def quote(thread: bytes, minor: int = 700, quantity: int = 500, **fields: Any) -> dict[str, Any]:
    line = {"line": 1, "sku": "tea", "quantity": quantity, "price": price(minor), "tax": TAX, **fields}
    return {"thread": thread, "lines": [line]}


def using(shop: Shop, name: bytes, quantity: int = 500, minor: int = 700, **fields: Any) -> dict[str, Any]:
    line = {**shop.line(1, "tea", quantity, minor), "price_list": None, "quote": name, **fields}
    return {**shop.order(1), "lines": [line]}


def test_a_quote_sets_the_price_of_one_order() -> None:
    shop = Shop()
    thread = asked(shop)
    name = shop.both(SELLER, "quote", quote(thread))
    order = shop.both(BUYER, "order.place", using(shop, name, 400))
    history = shop.sync()
    assert (history.quotations[thread].state, history.quotations[thread].order) == (QuotationState.ORDERED, order)
    assert history.orders[order].quote == 400 * 700 * 119 // 100
    assert shop.refuse(BUYER, "order.place", using(shop, name, 100)) == ["quote.state"]


def test_a_price_list_that_changes_meanwhile_does_not_touch_a_quote() -> None:
    shop = Shop()
    thread = asked(shop)
    name = shop.both(SELLER, "quote", quote(thread))
    shop.price_list = shop.both(SELLER, "price.change", shop.prices(tea=5000, pot=9000))
    order = shop.both(BUYER, "order.place", using(shop, name))
    assert shop.sync().orders[order].lines[1].terms[0].price == 700


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": 501}, "quote.mismatch"),
        ({"minor": 699}, "price.differs"),
        ({"tax": None}, "price.differs"),
        ({"line": 2}, "quote.mismatch"),
        ({"quote": b"?" * 32}, "reference.dangling"),
    ],
)
def test_what_the_quote_does_not_say_is_refused(change: dict[str, Any], code: str) -> None:
    shop = Shop()
    name = shop.both(SELLER, "quote", quote(asked(shop)))
    assert shop.refuse(BUYER, "order.place", using(shop, name, **change)) == [code]


def test_a_line_has_one_price_from_one_place() -> None:
    shop = Shop()
    name = shop.both(SELLER, "quote", quote(asked(shop)))
    both = using(shop, name, price_list=shop.price_list)
    assert shop.refuse(BUYER, "order.place", both) == ["document.conflict"]
    assert shop.refuse(BUYER, "order.place", using(shop, name, quote=None)) == ["document.conflict"]


def test_the_newest_quote_that_the_buyer_knew_counts() -> None:
    shop = Shop()
    thread = asked(shop)
    first = shop.both(SELLER, "quote", quote(thread))
    second = shop.both(SELLER, "quote", quote(thread, 690))
    assert shop.refuse(BUYER, "order.place", using(shop, first)) == ["quote.superseded"]
    third = shop.write(SELLER, "quote", quote(thread, 9_900))  # the buyer orders without knowing of it
    order = shop.write(BUYER, "order.place", using(shop, second, minor=690))
    history = shop.sync()
    assert history.quotations[thread].order == order
    assert history.orders[order].lines[1].terms[0].price == 690
    assert (SELLER, len(shop.logs[SELLER]) - 1) not in history.refusals
    assert history.quotations[thread].current == third


def test_a_withdrawal_that_did_not_know_of_the_order_does_not_undo_it() -> None:
    shop = Shop()
    thread = asked(shop)
    name = shop.both(SELLER, "quote", quote(thread))
    shop.write(SELLER, "quote.close", {"thread": thread, "role": "seller", "reason": "expired"})
    order = shop.write(BUYER, "order.place", using(shop, name))
    history = shop.sync()
    assert (history.quotations[thread].state, history.quotations[thread].order) == (QuotationState.ORDERED, order)
    assert not history.refusals


def test_a_quote_that_the_buyer_knew_to_be_withdrawn_is_worth_nothing() -> None:
    shop = Shop()
    thread = asked(shop)
    name = shop.both(SELLER, "quote", quote(thread))
    shop.both(SELLER, "quote.close", {"thread": thread, "role": "seller"})
    assert shop.refuse(BUYER, "order.place", using(shop, name)) == ["quote.state"]
    assert shop.refuse(SELLER, "quote", quote(thread)) == ["quote.state"]
    assert shop.refuse(BUYER, "quote.close", {"thread": thread, "role": "buyer"}) == ["quote.state"]


def test_D07_a_quote_in_another_currency_and_roles_that_do_not_fit() -> None:
    shop = Shop()
    thread = asked(shop)
    assert shop.refuse(SELLER, "quote", quote(thread, price=price(7, currency="CNY"))) == ["money.currency"]
    assert shop.refuse(BUYER, "quote", quote(thread)) == ["role.mismatch"]
    body = {"agreement": shop.agreement, "lines": [{"line": 1, "sku": "tea", "quantity": 1}]}
    assert shop.refuse(SELLER, "quote.request", body) == ["role.mismatch"]
    assert shop.refuse(BUYER, "quote.request", {**body, "notice": b"?" * 32}) == ["reference.dangling"]
    assert shop.refuse(BUYER, "quote.request", {**body, "agreement": b"?" * 32}) == ["agreement.not-in-force"]


def test_every_interleaving_of_quotes_closes_and_an_order_comes_to_one_state() -> None:
    """Each side writes its documents without knowing the other's, delivered in every portioning."""
    for mine, theirs in itertools.product(range(3), range(3)):
        shop = Shop()
        thread = asked(shop)
        name = shop.both(SELLER, "quote", quote(thread))
        seller = [("quote", quote(thread, 680)), ("quote.close", {"thread": thread, "role": "seller"})][:mine]
        buyer = [
            ("order.place", using(shop, name)),
            ("quote.close", {"thread": thread, "role": "buyer"}),
        ][:theirs]
        for kind, body in seller:
            shop.put(SELLER, kind, body)
        for kind, body in buyer:
            shop.put(BUYER, kind, body)
        wanted = QuotationState.ORDERED if theirs else (QuotationState.CLOSED if mine == 2 else QuotationState.QUOTED)
        assert shop.sync().quotations[thread].state is wanted


def test_every_pair_of_the_table() -> None:
    rows = {
        (state, event): quotations.TABLE.get((state, event)) for state in QuotationState for event in QuotationEvent
    }
    assert {pair for pair, following in rows.items() if following is None} == {
        (QuotationState.ASKED, QuotationEvent.ORDER),
        *((QuotationState.ORDERED, event) for event in QuotationEvent),
        (QuotationState.CLOSED, QuotationEvent.QUOTE),
        (QuotationState.CLOSED, QuotationEvent.CLOSE),
    }


def test_a_notice_that_the_author_of_a_request_cannot_know_is_no_notice() -> None:
    shop = Shop()
    offer = shop.write(SELLER, "offer", {"what": "Blue cups"})
    request = {"agreement": shop.agreement, "lines": [{"line": 1, "sku": "tea", "quantity": 1}], "notice": offer}
    assert shop.refuse(BUYER, "quote.request", request) == ["reference.dangling"]
    shop.sync()  # whatever came first
    copied = shop.logs[SELLER][-1]
    shop.put(BUYER, copied.type, copied.body, id=copied.id, hash=copied.hash)
    shop.both(SELLER, "notice.withdraw", {"notice": offer})
    states = {(notice.side, notice.state.value) for notice in shop.sync().notices.values()}
    assert states == {(SELLER, "withdrawn"), (BUYER, "open")}


def test_a_notice_stands_until_its_author_withdraws_it() -> None:
    shop = Shop()
    body = {"what": "Blue cups", "quantity": 500, "price": price(800), "countries": ["DE"]}
    want = shop.both(BUYER, "want", body)
    offer = shop.both(SELLER, "offer", {"what": "Blue cups", "sku": "tea"})
    assert shop.refuse(SELLER, "notice.withdraw", {"notice": want}) == ["reference.dangling"]
    shop.both(BUYER, "notice.withdraw", {"notice": want})
    assert shop.refuse(BUYER, "notice.withdraw", {"notice": want}) == ["notice.state"]
    states = {notice.key: notice.state.value for notice in shop.sync().notices.values()}
    assert states == {want: "withdrawn", offer: "open"}
    request = {"agreement": shop.agreement, "lines": [{"line": 1, "sku": "tea", "quantity": 1}], "notice": offer}
    shop.both(BUYER, "quote.request", request)
