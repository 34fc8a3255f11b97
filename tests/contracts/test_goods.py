"""Listings, prices, stock and holds: who may write what, and which version an order may name."""

from __future__ import annotations

import pytest

from contracts import documents, listings, pricing, tables
from contracts.documents import prices as papers
from contracts.listings import ListingEvent, ListingState
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Body, Shop

STATUSES = [event for event in ListingEvent if event not in (ListingEvent.CHANGE, ListingEvent.WITHDRAW)]


def brought_to(state: ListingState) -> tuple[Shop, bytes]:
    """A shop whose listing of `tea` is in a state."""
    shop = Shop()
    name = shop.listing["tea"]
    if state is ListingState.WITHDRAWN:
        name = shop.both(SELLER, "listing.withdraw", {"sku": "tea", "listing": name})
    elif state is not ListingState.PUBLISHED:
        event = next(e for (s, e), to in listings.TABLE.items() if s is ListingState.PUBLISHED and to is state)
        shop.both(BUYER, "listing.confirm", {"sku": "tea", "listing": name, "status": event.value})
    assert shop.desks[BUYER].listings[(SELLER, "tea")].state is state
    return shop, name


@pytest.mark.parametrize("state", ListingState)
@pytest.mark.parametrize("event", ListingEvent)
def test_T2_every_pair(state: ListingState, event: ListingEvent) -> None:
    shop, name = brought_to(state)
    if event is ListingEvent.CHANGE:
        side, kind, body = SELLER, "listing.change", desks.listing("tea", replaces=name)
    elif event is ListingEvent.WITHDRAW:
        side, kind, body = SELLER, "listing.withdraw", {"sku": "tea", "listing": name}
    else:
        side, kind, body = BUYER, "listing.confirm", {"sku": "tea", "listing": name, "status": event.value}
    if (state, event) in listings.TABLE:
        shop.both(side, kind, body)
        assert shop.sync().listings[(SELLER, "tea")].state is listings.TABLE[(state, event)]
    else:
        assert shop.refuse(side, kind, body) in (["listing.state"], ["listing.unknown"])
        assert shop.sync().listings[(SELLER, "tea")].state is state


def test_a_withdrawn_listing_may_be_published_again() -> None:
    shop, _ = brought_to(ListingState.WITHDRAWN)
    assert shop.refuse(BUYER, "order.place", shop.order(1)) == ["listing.superseded"]
    shop.listing["tea"] = shop.both(SELLER, "listing.publish", desks.listing("tea"))
    shop.place(1)


def test_published_is_published_once_and_changed_by_name() -> None:
    shop = Shop()
    assert shop.refuse(SELLER, "listing.publish", desks.listing("tea")) == ["listing.state"]
    assert shop.refuse(SELLER, "listing.change", desks.listing("tea", replaces=b"?" * 32)) == ["listing.superseded"]
    assert shop.refuse(SELLER, "listing.change", desks.listing("cup", replaces=b"?" * 32)) == ["listing.unknown"]
    assert shop.refuse(SELLER, "listing.withdraw", {"sku": "tea", "listing": b"?" * 32}) == ["listing.superseded"]
    body = {"sku": "cup", "listing": b"?" * 32, "status": "received"}
    assert shop.refuse(BUYER, "listing.confirm", body) == ["listing.unknown"]


def test_an_order_names_the_listing_that_its_author_knew() -> None:
    shop = Shop()
    shop.write(SELLER, "listing.change", desks.listing("tea", replaces=shop.listing["tea"]))
    shop.write(BUYER, "order.place", shop.order(1))  # crossed
    shop.sync()
    assert shop.refuse(BUYER, "order.place", shop.order(1)) == ["listing.superseded"]
    body = {"sku": "tea", "listing": shop.listing["tea"], "status": "accepted"}
    assert shop.refuse(BUYER, "listing.confirm", body) == ["listing.superseded"]


def test_a_confirm_that_crossed_a_change_confirms_the_old_version() -> None:
    shop = Shop()
    shop.write(SELLER, "listing.change", desks.listing("tea", replaces=shop.listing["tea"]))
    shop.write(BUYER, "listing.confirm", {"sku": "tea", "listing": shop.listing["tea"], "status": "accepted"})
    history = shop.sync()
    assert not history.refusals
    assert history.listings[(SELLER, "tea")].state is ListingState.PUBLISHED


@pytest.mark.parametrize(
    ("fields", "quantity", "codes"),
    [
        ({"min_quantity": 6, "increment": 6}, 6, []),
        ({"min_quantity": 6, "increment": 6}, 12, []),
        ({"min_quantity": 6, "increment": 6}, 8, ["quantity.increment"]),
        ({"min_quantity": 6, "increment": 6}, 5, ["quantity.increment"]),
        ({"max_quantity": 9}, 10, ["quantity.increment"]),
        ({"unit": "KGM"}, 1, ["quantity.unit"]),
    ],
)
def test_an_order_keeps_to_the_listing(fields: Body, quantity: int, codes: list[str]) -> None:
    shop = Shop()
    changed = desks.listing("tea", replaces=shop.listing["tea"], **fields)
    shop.listing["tea"] = shop.both(SELLER, "listing.change", changed)
    assert [fault.code for fault in shop.judge(BUYER, "order.place", shop.order(quantity))] == codes


# --- prices


def test_a_price_that_rose_meanwhile_does_not_touch_the_order() -> None:
    shop = Shop()
    shop.write(SELLER, "price.change", shop.prices(tea=1500))
    thread = shop.write(BUYER, "order.place", shop.order(2))
    history = shop.sync()
    assert history.orders[thread].quote == 2380
    assert shop.refuse(BUYER, "order.place", shop.order(2)) == ["price.superseded"]


def test_a_line_asks_exactly_what_the_list_gives() -> None:
    shop = Shop()
    wrong = {**shop.order(1), "lines": [shop.line(1, "tea", 1, 999)]}
    assert shop.refuse(BUYER, "order.place", wrong) == ["price.differs"]
    untaxed = {**shop.order(1), "lines": [shop.line(1, "tea", 1, tax=None)]}
    assert shop.refuse(BUYER, "order.place", untaxed) == ["price.differs"]
    unknown = {**shop.order(1), "lines": [{**shop.line(1, "tea", 1), "sku": "cup"}]}
    assert shop.refuse(BUYER, "order.place", unknown) == ["listing.unknown", "price.unknown"]


def test_a_withdrawn_price() -> None:
    shop = Shop()
    items = [{"sku": "tea", "price": None}]
    body = {"agreement": shop.agreement, "currency": "EUR", "items": items}
    shop.price_list = shop.both(SELLER, "price.change", body)
    assert shop.refuse(BUYER, "order.place", shop.order(1)) == ["price.unknown"]


def test_D07_a_price_list_in_another_currency() -> None:
    shop = Shop()
    body = {**shop.prices(tea=1), "currency": "USD"}
    assert shop.refuse(SELLER, "price.list", body) == ["money.currency"]
    mixed = {
        **shop.prices(),
        "items": [{"sku": "tea", "price": desks.price(5, currency="USD"), "floor": desks.money(5, "USD")}],
    }
    assert shop.refuse(SELLER, "price.list", mixed) == ["money.currency", "money.currency"]
    assert shop.refuse(BUYER, "price.list", shop.prices(tea=1)) == ["role.mismatch"]


def test_price_breaks_hold_for_the_whole_line() -> None:
    shop = Shop()
    breaks = [{"from_quantity": 10, "price": desks.price(900)}, {"from_quantity": 100, "price": desks.price(2500, 3)}]
    item = {"sku": "tea", "price": desks.price(1000), "breaks": breaks, "tax": desks.TAX}
    body = {"agreement": shop.agreement, "currency": "EUR", "items": [item]}
    shop.price_list = shop.both(SELLER, "price.list", body)
    parsed = documents.parse("price.list", 1, body)
    assert isinstance(parsed, papers.PriceList)
    quotes = [pricing.quote(parsed.items[0], quantity) for quantity in (9, 10, 100)]
    assert [(q.net, q.tax, q.gross) for q in quotes if q] == [
        (9000, 1710, 10710),
        (9000, 1710, 10710),
        (83333, 15833, 99166),
    ]
    assert quotes[1] is not None and quotes[1].reasons == (
        "10 at 9.00 EUR for 1", "price break for 10 units", "VAT S 19 % on 9000",
    )  # fmt: skip
    for quantity, price in ((9, desks.price(1000)), (10, desks.price(900)), (100, desks.price(2500, 3))):
        line = {**shop.line(1, "tea", quantity), "price": price}
        assert not shop.judge(BUYER, "order.place", {**shop.order(1), "lines": [line]})
    line = {**shop.line(1, "tea", 10), "price": desks.price(1000)}
    assert shop.refuse(BUYER, "order.place", {**shop.order(1), "lines": [line]}) == ["price.differs"]


def test_prices_that_nobody_can_name_any_more_are_forgotten() -> None:
    shop = Shop()
    for minor in range(50):
        shop.price_list = shop.both(SELLER, "price.change", shop.prices(tea=1000 + minor, pot=2500))
        shop.both(BUYER, "channel.key", {"size": minor, "root": b"r" * 32})
    key = (shop.agreement, "tea")
    assert len(shop.desks[SELLER].prices[key].versions) == 2
    assert shop.sync().prices[key].current.hash == shop.price_list


# --- stock


def stock(shop: Shop) -> int:
    return shop.sync().stock[(SELLER, "tea", "main")].available


def test_stock_levels_and_differences() -> None:
    shop = Shop()
    shop.both(SELLER, "stock.snapshot", {"items": [{"sku": "tea", "available": 10}]})
    shop.both(
        SELLER,
        "stock.delta",
        {"items": [{"sku": "tea", "difference": -4}, {"sku": "tea", "location": "hk", "difference": 7}]},
    )
    assert stock(shop) == 6
    assert shop.desks[BUYER].stock[(SELLER, "tea", "hk")].available == 7
    assert shop.refuse(SELLER, "stock.delta", {"items": [{"sku": "tea", "difference": -7}]}) == ["stock.negative"]
    most = {"items": [{"sku": "tea", "difference": 10**9 - 1}]}
    assert shop.refuse(SELLER, "stock.delta", most) == ["quantity.over"]


def test_D13_an_older_report_is_ignored() -> None:
    shop = Shop()
    shop.both(SELLER, "stock.snapshot", {"items": [{"sku": "tea", "available": 10, "as_of": 7}]})
    assert shop.refuse(SELLER, "stock.snapshot", {"items": [{"sku": "tea", "available": 99, "as_of": 6}]}) == [
        "stock.superseded"
    ]
    assert shop.refuse(SELLER, "stock.delta", {"items": [{"sku": "tea", "difference": 1, "as_of": 7}]}) == [
        "stock.superseded"
    ]
    mixed = {"items": [{"sku": "tea", "available": 98, "as_of": 5}, {"sku": "pot", "available": 3, "as_of": 5}]}
    shop.both(SELLER, "stock.snapshot", mixed)
    assert stock(shop) == 10
    assert shop.desks[BUYER].stock[(SELLER, "pot", "main")].available == 3
    shop.both(SELLER, "stock.snapshot", {"items": [{"sku": "tea", "available": 4}]})  # the order of the logbook
    assert stock(shop) == 4
    assert shop.desks[BUYER].stock[(SELLER, "tea", "main")].as_of == 7


@pytest.mark.parametrize("available", [10**9, -1, 2**53, 1.5])
def test_D16_absurd_stock(available: object) -> None:
    shop = Shop()
    body = {"items": [{"sku": "tea", "available": available}]}
    assert shop.refuse(SELLER, "stock.snapshot", body) == ["document.quantity"]


# --- holds


def held(shop: Shop, asked: int = 5, **grant: int) -> bytes:
    body = {"agreement": shop.agreement, "sku": "tea", "quantity": asked, "expires_s": 3600}
    name = shop.both(BUYER, "stock.hold", body)
    shop.both(SELLER, "stock.hold_ok", {"thread": name, **grant})
    return name


def using(shop: Shop, name: bytes, quantity: int = 5, sku: str = "tea") -> Body:
    return {**shop.order(1), "lines": [shop.line(1, sku, quantity, hold=name)]}


def test_a_hold_is_used_once() -> None:
    shop = Shop()
    name = held(shop)
    assert shop.desks[BUYER].held[(SELLER, "tea", "main")] == 5
    thread = shop.both(BUYER, "order.place", using(shop, name))
    hold = shop.sync().holds[name]
    assert (hold.state.value, hold.order) == ("consumed", thread)
    assert shop.desks[SELLER].held[(SELLER, "tea", "main")] == 0
    assert shop.refuse(BUYER, "order.place", using(shop, name)) == ["hold.state"]
    assert shop.refuse(SELLER, "stock.release", {"thread": name, "role": "seller"}) == ["hold.state"]


def test_a_partial_hold() -> None:
    shop = Shop()
    name = held(shop, 5, quantity=3)
    assert shop.refuse(BUYER, "order.place", using(shop, name, 4)) == ["hold.mismatch"]
    assert shop.refuse(BUYER, "order.place", using(shop, name, 1, "pot")) == ["hold.mismatch"]
    shop.both(BUYER, "order.place", using(shop, name, 3))
    body = {"agreement": shop.agreement, "sku": "tea", "quantity": 2, "expires_s": 60}
    other = shop.both(BUYER, "stock.hold", body)
    assert shop.refuse(SELLER, "stock.hold_ok", {"thread": other, "quantity": 3}) == ["quantity.over"]


def test_D15_a_late_confirm_of_an_expired_hold() -> None:
    shop = Shop()
    name = held(shop)
    shop.both(SELLER, "stock.release", {"thread": name, "role": "seller", "reason": "expired"})
    assert shop.refuse(BUYER, "order.place", using(shop, name)) == ["hold.expired"]


def test_D15_the_owners_logbook_decides_the_race() -> None:
    shop = Shop()
    name = held(shop)
    shop.write(SELLER, "stock.release", {"thread": name, "role": "seller", "reason": "expired"})
    thread = shop.write(BUYER, "order.place", using(shop, name))
    history = shop.sync()
    assert not history.refusals
    assert (history.holds[name].state.value, history.holds[name].order) == ("missed", thread)
    assert history.orders[thread].state.value == "placed"
    assert history.held[(SELLER, "tea", "main")] == 0


def test_D14_an_oversell_is_legal_here_and_never_negative() -> None:
    shop = Shop()
    shop.both(SELLER, "stock.snapshot", {"items": [{"sku": "tea", "available": 1}]})
    held(shop, 1)
    body = {"agreement": shop.agreement, "sku": "tea", "quantity": 1, "expires_s": 60}
    second = shop.both(BUYER, "stock.hold", body)
    shop.both(SELLER, "stock.hold_no", {"thread": second, "reason": "no_stock"})
    history = shop.sync()
    assert history.stock[(SELLER, "tea", "main")].available == 1
    assert history.holds[second].state.value == "refused"
    assert shop.refuse(BUYER, "order.place", using(shop, second, 1)) == ["hold.expired"]


def test_a_hold_stands_once_in_an_order_and_must_be_known() -> None:
    shop = Shop()
    name = held(shop)
    lines = [shop.line(number, "tea", 1, hold=name) for number in (1, 2)]
    assert shop.refuse(BUYER, "order.place", {**shop.order(1), "lines": lines}) == ["document.repeated"]
    assert shop.refuse(BUYER, "order.place", using(shop, b"?" * 32)) == ["reference.dangling"]
    thread = shop.place(1)
    assert shop.refuse(BUYER, "order.place", using(shop, thread)) == ["reference.dangling"]
    assert shop.refuse(SELLER, "stock.hold_ok", {"thread": thread}) == ["thread.kind"]


def test_the_statuses_of_a_confirm_are_events_of_the_table() -> None:
    assert {event.value for event in STATUSES} == {"received", "review", "accepted", "synchronised", "rejected"}
    assert tables.sources(listings.TABLE, ListingEvent.REJECT)
