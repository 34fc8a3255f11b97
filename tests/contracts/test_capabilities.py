"""Capabilities: offers, grants of one transition to a third key, and everything that such a signature cannot do."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import capabilities
from protocol import delegations, keys
from tests.contracts.desks import BUYER, SELLER, Shop, cancel, handover, result

SECRET, OTHER = b"w" * 32, b"x" * 32
KEY = keys.public(SECRET, "log")


def granted(shop: Shop, transition: str = "shipment.handover", side: int = SELLER, **fields: Any) -> bytes:
    return shop.both(side, "capability.grant", {"transition": transition, "key": KEY, "holder": "W", **fields})


def signed(kind: str, grant: bytes, body: dict[str, Any], secret: bytes = SECRET) -> dict[str, Any]:
    return {**body, "by": {"grant": grant, "signature": delegations.sign(secret, grant, kind, body)}}


def left(thread: bytes, grant: bytes, quantity: int = 3, secret: bytes = SECRET) -> dict[str, Any]:
    return signed("shipment.handover", grant, handover(thread, (1, quantity)), secret)


def test_the_holder_of_a_grant_hands_over_and_everybody_sees_who_did() -> None:
    shop = Shop()
    thread, grant = shop.agreed(3), granted(shop)
    name = shop.both(SELLER, "shipment.handover", left(thread, grant))
    parcel = shop.sync().orders[thread].parcels[name]
    assert parcel.member.document.by.grant == grant  # type: ignore[attr-defined]
    assert shop.lots(thread) == {"shipped": 3}


def test_B14_every_transition_that_can_be_granted_is_checked_where_it_stands() -> None:
    shop = Shop()
    thread = shop.agreed(3)
    grants = {kind: granted(shop, kind) for kind in ("shipment.handover", "shipment.status", "cancel.result")}
    parcel = shop.both(SELLER, "shipment.handover", left(thread, grants["shipment.handover"], 2))
    status = {"thread": thread, "shipment": parcel, "event": "delivered"}
    shop.both(SELLER, "shipment.status", signed("shipment.status", grants["shipment.status"], status))
    request = shop.both(BUYER, "cancel.request", cancel(thread, (1, 1)))
    answer = result(thread, request, (1, 1, "stopped"))
    shop.both(SELLER, "cancel.result", signed("cancel.result", grants["cancel.result"], answer))
    assert not shop.sync().refusals
    assert shop.lots(thread) == {"delivered": 2, "cancelled": 1}


def test_D12_another_key_than_the_granted_one_signs_nothing() -> None:
    shop = Shop()
    thread, grant = shop.agreed(3), granted(shop)
    assert shop.refuse(SELLER, "shipment.handover", left(thread, grant, secret=OTHER)) == ["capability.signature"]
    assert shop.lots(thread) == {"agreed": 3}


@pytest.mark.parametrize(
    "change", [{"waybill": "other"}, {"lines": [{"line": 1, "quantity": 2}]}, {"x_note": "added"}, {"parcels": 2}]
)
def test_D12_what_was_signed_cannot_be_changed(change: dict[str, Any]) -> None:
    shop = Shop()
    thread, grant = shop.agreed(3), granted(shop)
    body = {**left(thread, grant), **change}
    assert shop.refuse(SELLER, "shipment.handover", body) == ["capability.signature"]


def test_D12_a_signature_serves_no_other_order_and_no_other_grant() -> None:
    shop = Shop()
    first, second = shop.agreed(3), shop.agreed(3)
    grant, other = granted(shop), granted(shop)
    body = left(first, grant)
    assert shop.refuse(SELLER, "shipment.handover", {**body, "thread": second}) == ["capability.signature"]
    moved = {**body, "by": {**body["by"], "grant": other}}
    assert shop.refuse(SELLER, "shipment.handover", moved) == ["capability.signature"]


def test_D12_a_revoked_grant_lets_nobody_act_and_what_was_signed_before_stands() -> None:
    shop = Shop()
    thread, grant = shop.agreed(3), granted(shop)
    shop.both(SELLER, "shipment.handover", left(thread, grant, 1))
    shop.both(SELLER, "capability.revoke", {"capability": grant, "reason": "compromised"})
    assert shop.refuse(SELLER, "shipment.handover", left(thread, grant, 1)) == ["capability.state"]
    assert shop.refuse(SELLER, "capability.revoke", {"capability": grant}) == ["capability.state"]
    assert shop.lots(thread) == {"shipped": 1, "agreed": 2}
    assert shop.sync().capabilities[(SELLER, grant)].reason == "compromised"


def test_D12_a_grant_for_so_many_entries_ends_by_itself_wherever_the_clocks_are() -> None:
    shop = Shop()
    thread, grant = shop.agreed(3), granted(shop, entries_max=2)
    shop.both(SELLER, "shipment.handover", left(thread, grant, 1))
    shop.both(SELLER, "shipment.handover", left(thread, grant, 1))
    assert shop.refuse(SELLER, "shipment.handover", left(thread, grant, 1)) == ["capability.expired"]
    shop.sync()


def test_D12_a_grant_for_another_type_or_of_the_other_side_or_unknown() -> None:
    shop = Shop()
    thread = shop.agreed(3)
    status, theirs = granted(shop, "shipment.status"), granted(shop, side=BUYER)
    assert shop.refuse(SELLER, "shipment.handover", left(thread, status)) == ["capability.transition"]
    assert shop.refuse(SELLER, "shipment.handover", left(thread, theirs)) == ["capability.unknown"]
    assert shop.refuse(SELLER, "shipment.handover", left(thread, b"?" * 32)) == ["capability.unknown"]
    assert shop.refuse(SELLER, "shipment.handover", left(thread, thread)) == ["capability.unknown"]


def test_a_grant_gives_no_right_that_its_author_does_not_have() -> None:
    shop = Shop()
    thread = shop.agreed(3)
    theirs = granted(shop, side=BUYER)
    assert shop.refuse(BUYER, "shipment.handover", left(thread, theirs)) == ["role.mismatch"]


def test_only_the_author_ends_an_offer_or_a_grant() -> None:
    shop = Shop()
    grant = granted(shop)
    assert shop.refuse(BUYER, "capability.revoke", {"capability": grant}) == ["capability.unknown"]
    offer = shop.both(
        BUYER,
        "capability.offer",
        {
            "kind": "warehouse",
            "name": "Bonded",
            "location": {"code": "hk", "country": "HK"},
            "rates": [{"code": "pick", "amount": {"a": 150, "c": "CNY", "e": 2}}],
            "capacity_per_day": 900,
        },
    )
    taken = granted(shop, offer=offer)
    assert shop.refuse(SELLER, "capability.grant", {"transition": "shipment.pack", "key": KEY, "offer": b"?" * 32}) == [
        "reference.dangling"
    ]
    shop.both(BUYER, "capability.revoke", {"capability": offer})
    states = {found.key: found.state.value for found in shop.sync().capabilities.values()}
    assert states == {grant: "in-force", taken: "in-force", offer: "revoked"}


def test_a_partner_that_copies_a_grant_into_its_logbook_takes_nothing_of_it_away() -> None:
    shop = Shop()
    thread, grant = shop.agreed(3), granted(shop)
    first = shop.logs[SELLER][-1]
    shop.put(BUYER, first.type, first.body, id=first.id, hash=first.hash)
    shop.both(SELLER, "shipment.handover", left(thread, grant, 1))
    shop.both(SELLER, "capability.revoke", {"capability": grant})
    history = shop.sync()
    assert history.capabilities[(SELLER, grant)].state.value == "revoked"
    assert not history.refusals


def test_no_transition_but_those_of_the_list_can_be_given_away() -> None:
    shop = Shop()
    body = {"transition": "order.respond", "key": KEY}
    assert shop.refuse(SELLER, "capability.grant", body) == ["document.choice"]


def test_no_capability_before_the_peering_is_active_or_after_it_ends() -> None:
    shop = Shop()
    shop.both(BUYER, "peer.end", {})
    assert shop.refuse(SELLER, "capability.grant", {"transition": "shipment.pack", "key": KEY}) == [
        "peering.not-active"
    ]


def test_the_table_of_capabilities_has_one_row() -> None:
    states, events = capabilities.CapabilityState, capabilities.CapabilityEvent
    following = {(state, event): capabilities.TABLE.get((state, event)) for state in states for event in events}
    assert following == {(states.IN_FORCE, events.REVOKE): states.REVOKED, (states.REVOKED, events.REVOKE): None}


def test_a_hand_over_by_grant_that_knew_of_the_cancel_is_held_like_any_other() -> None:
    shop = Shop()
    thread, grant = shop.agreed(3), granted(shop)
    shop.both(BUYER, "cancel.request", cancel(thread, (1, 3)))
    assert shop.refuse(SELLER, "shipment.handover", left(thread, grant)) == ["cancel.held"]
