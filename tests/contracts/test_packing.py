"""Plans and parcels: what lies in which, and what a cancel costs once something is packed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.desks import BUYER, SELLER, Shop, cancel, handover, result

SSCC = "340123450000000000"


def parcel(thread: bytes, *lines: tuple[int, int], **fields: Any) -> dict[str, Any]:
    named = [{"line": line, "quantity": quantity} for line, quantity in lines]
    return {"thread": thread, "lines": named, **fields}


def dear() -> Shop:
    """An agreement in which a cancel costs the buyer 10 % once goods are packed, and nothing before."""
    shop = Shop()
    terms = shop.desks[SELLER].agreements[shop.agreement].versions[shop.agreement].terms
    body = terms.model_dump()
    for row in body["rows"]:
        row["fee"] = "0.1" if row["stage"] == "packed" else row["fee"]
    amend = {"thread": shop.agreement, "role": "seller", "amends": shop.agreement, "terms": body}
    name = shop.both(SELLER, "agreement.amend", amend)
    shop.both(BUYER, "agreement.accept", {"thread": shop.agreement, "role": "buyer", "accepts": name})
    shop.agreement = name
    shop.price_list = shop.both(SELLER, "price.list", shop.prices(tea=1000, pot=2500))
    return shop


def stopped(shop: Shop, thread: bytes, quantity: int) -> int:
    """What is owed after a cancel that the shipper stopped."""
    name = shop.both(BUYER, "cancel.request", cancel(thread, (1, quantity)))
    shop.both(SELLER, "cancel.result", result(thread, name, (1, quantity, "stopped")))
    return shop.sync().orders[thread].owed.total


def test_no_quantity_lies_in_two_parcels_and_packing_moves_nothing() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    first = shop.both(SELLER, "shipment.pack", parcel(thread, (1, 6), sscc=SSCC, weight_g=900, size_mm=[300, 200, 90]))
    assert shop.lots(thread) == {"agreed": 10}
    assert shop.refuse(SELLER, "shipment.pack", parcel(thread, (1, 5))) == ["quantity.over"]
    second = shop.both(SELLER, "shipment.pack", parcel(thread, (1, 4)))
    assert shop.refuse(SELLER, "shipment.pack", parcel(thread, (1, 1))) == ["order.state"]
    lots = shop.sync().orders[thread].lines[1].lots
    assert {lot.packed: lot.quantity for lot in lots} == {first: 6, second: 4}
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 10)))
    assert shop.lots(thread) == {"shipped": 10}


def test_a_cancel_that_knew_of_the_parcel_costs_what_is_agreed_for_packed_goods() -> None:
    shop = dear()
    thread = shop.agreed(10)
    shop.both(SELLER, "shipment.pack", parcel(thread, (1, 10)))
    assert stopped(shop, thread, 10) == 1000


def test_a_cancel_that_did_not_know_of_the_parcel_costs_no_more_than_before() -> None:
    shop = dear()
    thread = shop.agreed(10)
    shop.write(SELLER, "shipment.pack", parcel(thread, (1, 10)))
    request = shop.write(BUYER, "cancel.request", cancel(thread, (1, 10)))
    shop.sync_quietly()
    shop.both(SELLER, "cancel.result", result(thread, request, (1, 10, "stopped")))
    assert shop.sync().orders[thread].owed.total == 0


def test_a_cancel_of_a_part_that_is_not_packed_is_free() -> None:
    shop = dear()
    thread = shop.agreed(10)
    assert stopped(shop, thread, 4) == 0
    shop.both(SELLER, "shipment.pack", parcel(thread, (1, 6)))
    assert shop.refuse(SELLER, "shipment.pack", parcel(thread, (1, 1))) == ["order.state"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"sscc": "340123450000000001"}, "document.gtin"),
        ({"sscc": "34012345"}, "document.pattern"),
        ({"size_mm": [1, 2]}, "document.length"),
        ({"weight_g": -1}, "document.range"),
        ({"packaging": "a wooden box"}, "document.pattern"),
    ],
)
def test_what_no_parcel_is_like(fields: dict[str, Any], code: str) -> None:
    shop = Shop()
    thread = shop.agreed(10)
    assert code in shop.refuse(SELLER, "shipment.pack", parcel(thread, (1, 1), **fields))


def test_what_cannot_be_packed_or_planned() -> None:
    shop = Shop()
    thread = shop.place(3)
    plan = {"thread": thread, "parcels": 2, "carrier": "SF"}
    assert shop.refuse(SELLER, "shipment.pack", parcel(thread, (1, 1))) == ["order.state"]
    assert shop.refuse(SELLER, "shipment.plan", plan) == ["order.state"]
    agreed = shop.agreed(3)
    shop.both(SELLER, "shipment.plan", {**plan, "thread": agreed})
    assert shop.refuse(BUYER, "shipment.plan", {**plan, "thread": agreed}) == ["role.mismatch"]
    assert shop.refuse(SELLER, "shipment.pack", parcel(agreed, (2, 1))) == ["order.line"]
    assert shop.refuse(SELLER, "shipment.pack", parcel(agreed, (1, 1), (1, 1))) == ["document.repeated"]
