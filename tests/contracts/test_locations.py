"""Stock at several locations, orders that leave from one of them, and what a promise without goods costs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.desks import BUYER, SELLER, Shop, cancel, handover, respond


def report(*items: tuple[str, int], **fields: Any) -> dict[str, Any]:
    named = [{"sku": "tea", "location": location, "available": units} for location, units in items]
    return {"items": named, **fields}


def test_a_location_is_described_once_and_described_anew_as_a_whole() -> None:
    shop = Shop()
    first = {"code": "hk", "name": "Hong Kong", "country": "HK", "gln": "4012345000009"}
    shop.both(SELLER, "stock.snapshot", report(("hk", 3), ("main", 4), locations=[first]))
    shop.both(SELLER, "stock.snapshot", report(("hk", 5), locations=[{"code": "hk", "country": "HK", "customs": "HK"}]))
    history = shop.sync()
    assert history.locations[SELLER, "hk"].model_dump(exclude_none=True) == {
        "code": "hk",
        "country": "HK",
        "customs": "HK",
    }
    assert [(level.location, level.available) for level in history.levels(SELLER, "tea")] == [("hk", 5), ("main", 4)]
    assert history.levels(BUYER, "tea") == []


@pytest.mark.parametrize(
    ("locations", "code"),
    [
        ([{"code": "hk"}, {"code": "hk"}], "document.repeated"),
        ([{"code": "hk", "gln": "4012345000001"}], "document.gtin"),
        ([{"code": "hk", "gln": "40123450"}], "document.pattern"),
        ([{"code": "hk", "country": "Hong Kong"}], "document.pattern"),
        ([{"country": "HK"}], "document.missing"),
        ([{"code": "h\u202ek"}], "document.pattern"),
    ],
)
def test_D22_what_is_no_location_is_refused(locations: list[dict[str, Any]], code: str) -> None:
    shop = Shop()
    assert shop.refuse(SELLER, "stock.snapshot", report(("hk", 3), locations=locations)) == [code]


def spread() -> tuple[Shop, bytes]:
    """An order for ten, of which six will leave from Hong Kong."""
    shop = Shop()
    thread = shop.place(10)
    shop.both(SELLER, "order.respond", respond(thread, (1, "accept", 6, {"location": "hk"}), (1, "accept", 4)))
    return shop, thread


def test_what_leaves_from_a_location_is_taken_from_what_was_accepted_there() -> None:
    shop, thread = spread()
    first = shop.both(SELLER, "shipment.handover", handover(thread, (1, 6, 4), location="hk"))
    line = shop.sync().orders[thread].lines[1]
    assert {line.terms[lot.terms].location for lot in line.lots if lot.shipment == first} == {"hk"}
    assert shop.lots(thread) == {"shipped": 6, "agreed": 4}
    more = handover(thread, (1, 1), location="hk")
    assert shop.refuse(SELLER, "shipment.handover", more) == ["order.state"]
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 4), location="main"))
    assert shop.sync().orders[thread].state.value == "shipped"
    assert shop.sync().orders[thread].owed.total == 11_900


def test_a_hand_over_that_names_no_location_takes_any() -> None:
    shop, thread = spread()
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 10)))
    assert shop.lots(thread) == {"shipped": 10}


def test_only_what_is_accepted_leaves_from_somewhere() -> None:
    shop = Shop()
    thread = shop.place(3)
    body = respond(thread, (1, "reject", 3, {"location": "hk"}))
    assert shop.refuse(SELLER, "order.respond", body) == ["document.conflict"]


@pytest.mark.parametrize(
    ("role", "reason", "penalty", "owed"),
    [
        (SELLER, "oversell", "0.05", -1500),  # the dearer of the two rows
        (SELLER, "oversell", "0.5", -5000),
        (SELLER, "unavailable", "0.05", -500),
        (BUYER, "oversell", "0.05", 0),  # a buyer cannot oversell
    ],
)
def test_B08_an_oversell_costs_what_was_agreed_for_it(role: int, reason: str, penalty: str, owed: int) -> None:
    shop = Shop(seller_penalty=penalty, oversell_penalty="0.15")
    thread = shop.agreed(10)
    name = "seller" if role == SELLER else "buyer"
    request = shop.both(role, "cancel.request", cancel(thread, (1, 10), role=name, reason=reason))
    if role == BUYER:
        lines = [{"line": 1, "quantity": 10, "outcome": "stopped"}]
        shop.both(SELLER, "cancel.result", {"thread": thread, "cancel": request, "lines": lines})
    order = shop.sync().orders[thread]
    assert (order.owed.total, shop.lots(thread)) == (owed, {"cancelled": 10})
