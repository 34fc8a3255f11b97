"""Hand-overs, short shipments, carrier events, receipts of goods."""

from __future__ import annotations

import pytest

from contracts.orders import ParcelState
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Body, Shop, handover, respond


@pytest.mark.parametrize(
    ("outstanding", "lots", "delta"),
    [
        (4, {"shipped": 6, "agreed": 4}, 0),
        (0, {"shipped": 6, "short": 4}, -4 * 1190),
        (3, {"shipped": 6, "agreed": 3, "short": 1}, -1190),
    ],
)
def test_a_short_shipment(outstanding: int, lots: dict[str, int], delta: int) -> None:
    # Peppol despatch advice, outstanding quantity: ordered 10, delivered 6, outstanding 4, 0 and 3
    shop = Shop()
    thread = shop.agreed(10)
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 6, outstanding)))
    order = shop.sync().orders[thread]
    assert shop.lots(thread) == lots
    assert order.quote == 11900
    assert sum(amount for _, _, amount in order.deltas) == delta
    assert order.owed.total == 6 * 1190


def test_a_shortfall_costs_what_the_agreement_says() -> None:
    shop = Shop()
    wanted = {**desks.terms(desks.NODES[SELLER]), "short_penalty": "0.1"}
    body = {"thread": shop.agreement, "role": "seller", "amends": shop.agreement, "terms": wanted}
    shop.agreement, key = shop.both(SELLER, "agreement.amend", body), shop.agreement
    shop.both(BUYER, "agreement.accept", {"thread": key, "role": "buyer", "accepts": shop.agreement})
    thread = shop.agreed(10)
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 0, 0)))
    assert shop.sync().orders[thread].owed.total == -1000


def test_more_outstanding_than_there_is() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    assert shop.refuse(SELLER, "shipment.handover", handover(thread, (1, 6, 5))) == ["quantity.over"]
    assert shop.refuse(SELLER, "shipment.handover", handover(thread, (1, 11))) == ["quantity.over"]
    assert shop.refuse(SELLER, "shipment.handover", handover(thread, (1, 0))) == ["quantity.over"]
    assert shop.refuse(SELLER, "shipment.handover", handover(thread, (9, 1))) == ["order.line"]


def test_outstanding_counts_what_a_concurrent_cancel_holds() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    shop.write(BUYER, "cancel.request", desks.cancel(thread, (1, 4)))
    shop.write(SELLER, "shipment.handover", handover(thread, (1, 6, 4)))
    history = shop.sync()
    assert not history.refusals
    assert shop.lots(thread) == {"shipped": 6, "cancelling": 4}


def event(thread: bytes, parcel: bytes, name: str, **fields: object) -> Body:
    return {"thread": thread, "shipment": parcel, "event": name, **fields}


def test_a_parcel_on_its_way() -> None:
    shop = Shop()
    thread, parcel = shop.shipped(10)
    place = {"country": "DE", "region": "DE-HH"}
    shop.both(SELLER, "shipment.status", event(thread, parcel, "in_transit", eta_s=1_800_000_000, place=place))
    assert shop.desks[BUYER].orders[thread].parcels[parcel].eta_s == 1_800_000_000
    shop.both(SELLER, "shipment.status", event(thread, parcel, "delivered"))
    state = shop.sync().orders[thread].parcels[parcel]
    assert (state.state, state.eta_s, state.waybill) == (ParcelState.DELIVERED, 1_800_000_000, "JD014600003")
    assert shop.lots(thread) == {"delivered": 10}


def test_D20_a_parcel_at_its_end_stays_there() -> None:
    shop = Shop()
    thread, parcel = shop.shipped(10)
    shop.both(SELLER, "shipment.status", event(thread, parcel, "delivered"))
    for name in ("in_transit", "delivered", "refused", "returned"):
        assert shop.refuse(SELLER, "shipment.status", event(thread, parcel, name)) == ["shipment.state"]
    assert shop.lots(thread) == {"delivered": 10}


def test_a_status_names_a_parcel_of_this_order() -> None:
    shop = Shop()
    (thread, _), (_, parcel) = shop.shipped(1), shop.shipped(1)
    assert shop.refuse(SELLER, "shipment.status", event(thread, parcel, "delivered")) == ["reference.dangling"]
    assert shop.refuse(SELLER, "shipment.status", event(thread, b"?" * 32, "delivered")) == ["reference.dangling"]


def test_a_parcel_that_the_consumer_refuses_costs_the_row_of_the_terms() -> None:
    shop = Shop(recall_fee="0.1")
    thread, parcel = shop.shipped(10)
    shop.both(SELLER, "shipment.status", event(thread, parcel, "refused"))
    assert shop.lots(thread) == {"returning": 10}
    owed = shop.sync().orders[thread].owed
    assert (owed.fee, owed.goods) == (1000, 10_000)  # goods stay owed until they were inspected (T6)
    shop.both(SELLER, "shipment.status", event(thread, parcel, "returned"))


def received(thread: bytes, accepted: int = 0, short: int = 0, rejected: int = 0, **fields: object) -> Body:
    line = {"line": 1, "accepted": accepted, "short": short, "rejected": rejected}
    return {"thread": thread, "lines": [line], **fields}


def test_a_receipt_of_goods() -> None:
    shop = Shop()
    thread, parcel = shop.shipped(10)
    shop.both(SELLER, "shipment.status", event(thread, parcel, "delivered"))
    shop.both(BUYER, "receipt.advice", received(thread, accepted=7, short=2, rejected=1))
    assert shop.lots(thread) == {"received": 7, "contested": 3}
    assert shop.refuse(BUYER, "receipt.advice", received(thread, accepted=1)) == ["shipment.state"]
    assert shop.sync().orders[thread].owed.total == 11900  # a return or an issue decides about the three


def test_D04_no_more_is_received_than_was_shipped() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    parcel = shop.both(SELLER, "shipment.handover", handover(thread, (1, 6)))
    other = shop.both(SELLER, "shipment.handover", handover(thread, (1, 2)))
    assert shop.refuse(BUYER, "receipt.advice", received(thread, accepted=9)) == ["quantity.over"]
    assert shop.refuse(BUYER, "receipt.advice", received(thread, accepted=3, shipment=other)) == ["quantity.over"]
    assert shop.refuse(BUYER, "receipt.advice", received(thread, accepted=3, shipment=thread)) == ["reference.dangling"]
    shop.both(BUYER, "receipt.advice", received(thread, accepted=2, shipment=other))
    assert shop.lots(thread) == {"agreed": 2, "shipped": 6, "received": 2}
    assert parcel in shop.sync().orders[thread].parcels


def test_a_receipt_that_crossed_the_carriers_news() -> None:
    shop = Shop()
    thread, parcel = shop.shipped(10)
    shop.write(BUYER, "receipt.advice", received(thread, accepted=10))
    shop.write(SELLER, "shipment.status", event(thread, parcel, "delivered"))
    history = shop.sync()
    assert not history.refusals
    assert shop.lots(thread) == {"received": 10}


def test_goods_are_owed_at_delivery_where_the_agreement_says_so() -> None:
    shop = Shop(basis="delivery")
    thread, parcel = shop.shipped(10)
    assert shop.desks[BUYER].balance("EUR") == 0
    shop.both(SELLER, "shipment.status", event(thread, parcel, "delivered"))
    assert shop.sync().balance("EUR") == 11900


def test_only_the_seller_ships_and_only_the_buyer_receives() -> None:
    shop = Shop()
    thread, parcel = shop.shipped(10)
    assert shop.refuse(BUYER, "shipment.handover", handover(thread, (1, 1))) == ["role.mismatch"]
    assert shop.refuse(BUYER, "shipment.status", event(thread, parcel, "delivered")) == ["role.mismatch"]
    assert shop.refuse(SELLER, "receipt.advice", received(thread, accepted=1)) == ["role.mismatch"]
    assert shop.refuse(BUYER, "order.respond", respond(thread, (1, "accept", 1))) == ["role.mismatch"]
    assert shop.refuse(SELLER, "cancel.request", desks.cancel(thread, (1, 1))) == ["role.mismatch"]
