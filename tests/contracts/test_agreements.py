"""Agreements: negotiation, amendment, end, and what names them."""

from __future__ import annotations

import pytest

from contracts import agreements, terms
from contracts.agreements import AgreementState
from tests.contracts import desks
from tests.contracts.desks import BUYER, NODES, SELLER, Shop


def propose(shop: Shop, side: int = SELLER, **changes: object) -> bytes:
    body = {**desks.terms(NODES[SELLER]), **changes}
    return shop.both(side, "agreement.propose", {"role": "seller" if side == SELLER else "buyer", "terms": body})


def answer(name: bytes, role: str, **fields: object) -> desks.Body:
    return {"thread": name, "role": role, **fields}


def test_a_counter_is_answered_by_its_hash() -> None:
    shop = Shop()
    first = propose(shop)
    wanted = desks.terms(NODES[SELLER], cancel_fee="0.2")
    second = shop.both(BUYER, "agreement.counter", answer(first, "buyer", counters=first, terms=wanted))
    assert shop.refuse(SELLER, "agreement.accept", answer(first, "seller", accepts=first)) == ["agreement.superseded"]
    assert shop.refuse(BUYER, "agreement.accept", answer(first, "buyer", accepts=second)) == ["agreement.state"]
    assert shop.refuse(BUYER, "agreement.counter", answer(first, "buyer", counters=second, terms=wanted)) == [
        "agreement.state"
    ]
    shop.both(SELLER, "agreement.accept", answer(first, "seller", accepts=second))
    agreement = shop.sync().agreements[first]
    assert (agreement.state, agreement.current, agreement.accepted) == (AgreementState.IN_FORCE, second, (second,))
    assert shop.desks[0].agreement(second) is agreement
    assert shop.desks[0].agreement(b"?" * 32) is None


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"seller": NODES[BUYER]}, ["agreement.fixed"]),
        ({"currency": "USD"}, ["agreement.fixed"]),
        ({"currency": "ZZZ"}, ["document.currency"]),
        ({"credit_limit": desks.money(5, "USD")}, ["money.currency"]),
    ],
)
def test_what_never_changes_in_a_negotiation(change: desks.Body, codes: list[str]) -> None:
    shop = Shop()
    first = propose(shop)
    wanted = {**desks.terms(NODES[SELLER]), **change}
    assert shop.refuse(BUYER, "agreement.counter", answer(first, "buyer", counters=first, terms=wanted)) == codes


def test_the_seller_is_one_of_the_two_and_roles_are_told_truly() -> None:
    shop = Shop()
    body = {"role": "seller", "terms": desks.terms(b"X" * 32)}
    assert shop.refuse(SELLER, "agreement.propose", body) == ["role.mismatch"]
    body = {"role": "buyer", "terms": desks.terms(NODES[SELLER])}
    assert shop.refuse(SELLER, "agreement.propose", body) == ["role.mismatch"]


def test_an_order_under_an_agreement_that_its_author_does_not_know_in_force() -> None:
    shop = Shop()
    name = propose(shop)
    body = {**shop.order(1), "agreement": name}
    assert shop.refuse(BUYER, "order.place", body) == ["agreement.not-in-force"]
    assert shop.refuse(BUYER, "order.place", {**body, "agreement": b"?" * 32}) == ["agreement.not-in-force"]


def test_an_accept_that_the_buyer_did_not_know_helps_nobody() -> None:
    shop = Shop()
    name = propose(shop, BUYER)
    shop.write(SELLER, "agreement.accept", answer(name, "seller", accepts=name))
    shop.put(BUYER, "stock.hold", {"agreement": name, "sku": "tea", "quantity": 1, "expires_s": 60})
    history = shop.sync()
    assert [fault.code for faults in history.refusals.values() for fault in faults] == ["agreement.not-in-force"]


def test_an_amendment_governs_new_orders_and_no_old_ones() -> None:
    shop = Shop(cancel_fee="0.05")
    old = shop.agreed(10)
    wanted = desks.terms(NODES[SELLER], cancel_fee="0.5")
    amendment = shop.both(
        SELLER, "agreement.amend", answer(shop.agreement, "seller", amends=shop.agreement, terms=wanted)
    )
    still = shop.place(1)
    shop.both(BUYER, "agreement.accept", answer(shop.agreement, "buyer", accepts=amendment))
    assert shop.refuse(BUYER, "order.place", shop.order(1)) == ["agreement.superseded"]
    new = shop.both(BUYER, "order.place", {**shop.order(10), "agreement": amendment})
    shop.both(SELLER, "order.respond", desks.respond(new, (1, "accept", 10)))
    for thread in (old, new):
        name = shop.both(BUYER, "cancel.request", desks.cancel(thread, (1, 10)))
        shop.both(SELLER, "cancel.result", desks.result(thread, name, (1, 10, "stopped")))
    history = shop.sync()
    assert history.orders[old].owed.fee == 500
    assert history.orders[new].owed.fee == 5000
    assert history.orders[still].version.hash == shop.agreement


def test_an_order_that_crossed_an_accepted_amendment_stands() -> None:
    shop = Shop()
    wanted = desks.terms(NODES[SELLER])
    amendment = shop.both(
        BUYER, "agreement.amend", answer(shop.agreement, "buyer", amends=shop.agreement, terms=wanted)
    )
    shop.write(SELLER, "agreement.accept", answer(shop.agreement, "seller", accepts=amendment))
    thread = shop.write(BUYER, "order.place", shop.order(1))
    assert shop.sync().orders[thread].version.hash == shop.agreement


def test_amendments_that_cross_are_both_open_to_an_accept() -> None:
    shop = Shop()
    names = {}
    for side, role in ((SELLER, "seller"), (BUYER, "buyer")):
        wanted = desks.terms(NODES[SELLER], cancel_fee=f"0.{side + 1}")
        body = answer(shop.agreement, role, amends=shop.agreement, terms=wanted)
        names[side] = shop.write(side, "agreement.amend", body)
    shop.deliver(0)
    shop.deliver(1)
    shop.write(SELLER, "agreement.accept", answer(shop.agreement, "seller", accepts=names[BUYER]))
    shop.write(BUYER, "agreement.accept", answer(shop.agreement, "buyer", accepts=names[SELLER]))
    agreement = shop.sync().agreements[shop.agreement]
    assert set(agreement.accepted) == {shop.agreement, *names.values()}
    assert agreement.current == names[SELLER]  # the buyer's accept comes second: the seller's side leads
    body = answer(shop.agreement, "buyer", amends=names[BUYER], terms=desks.terms(NODES[SELLER]))
    assert shop.refuse(BUYER, "agreement.amend", body) == ["agreement.superseded"]


def test_who_acted_before_knowing_of_the_end_acted_in_force() -> None:
    shop = Shop()
    amendment = shop.both(
        SELLER,
        "agreement.amend",
        answer(shop.agreement, "seller", amends=shop.agreement, terms=desks.terms(NODES[SELLER])),
    )
    shop.write(SELLER, "agreement.terminate", answer(shop.agreement, "seller"))
    shop.write(BUYER, "agreement.accept", answer(shop.agreement, "buyer", accepts=amendment))
    shop.write(BUYER, "order.place", {**shop.order(1), "agreement": amendment})
    history = shop.sync()
    assert not history.refusals
    assert history.agreements[shop.agreement].state is AgreementState.TERMINATED
    assert shop.refuse(BUYER, "order.place", {**shop.order(1), "agreement": amendment}) == ["agreement.not-in-force"]


def test_a_proposal_can_be_declined() -> None:
    shop = Shop()
    name = propose(shop)
    shop.both(BUYER, "agreement.terminate", answer(name, "buyer", reason="no"))
    assert shop.sync().agreements[name].state is AgreementState.DECLINED


def test_a_copied_proposal_is_no_second_one() -> None:
    shop = Shop()
    item = shop.draft(SELLER, "agreement.propose", {"role": "seller", "terms": desks.terms(NODES[SELLER])})
    shop.write(SELLER, item.type, item.body, id=item.id, hash=item.hash)
    assert shop.refuse(BUYER, item.type, item.body, id=item.id, hash=item.hash) == ["role.mismatch"]
    shop.sync()


def test_each_side_may_sell_on_one_channel() -> None:
    shop = Shop()
    body = {"role": "seller", "terms": desks.terms(NODES[BUYER])}
    name = shop.both(BUYER, "agreement.propose", body)
    shop.both(SELLER, "agreement.accept", answer(name, "buyer", accepts=name))
    listed = shop.both(BUYER, "listing.publish", desks.listing("cup"))
    items = [{"sku": "cup", "price": desks.price(700)}]
    priced = shop.both(BUYER, "price.list", {"agreement": name, "currency": "EUR", "items": items})
    line = {"line": 1, "sku": "cup", "listing": listed, "price_list": priced, "quantity": 2, "price": desks.price(700)}
    back = shop.both(SELLER, "order.place", {"agreement": name, "number": "R1", "lines": [line]})
    shop.both(BUYER, "order.respond", desks.respond(back, (1, "accept", 2)))
    shop.both(BUYER, "shipment.handover", desks.handover(back, (1, 2)))
    shop.shipped(1)
    history = shop.sync()
    assert (history.owed(shop.agreement), history.owed(name)) == (1190, 1400)
    assert history.balance("EUR") == 1190 - 1400  # what side 1 owes side 0
    assert history.balance("USD") == 0


def test_silence_is_the_agreements() -> None:
    shop = Shop()
    version = shop.desks[0].agreements[shop.agreement].versions[shop.agreement]
    row = terms.answer(version, "order")
    assert row is not None and (row.respond_by_s, row.on_silence) == (86_400, "lapse")
    shop.place(1, respond_by_s=86_400, on_silence="lapse")
    assert shop.refuse(BUYER, "order.place", shop.order(1, respond_by_s=5)) == ["agreement.silence"]
    assert shop.refuse(BUYER, "order.place", shop.order(1, on_silence="accept")) == ["agreement.silence"]


def test_standard_terms_are_terms() -> None:
    body = agreements.standard(
        NODES[SELLER], "JPY", credit_limit_minor=500_000, texts=({"language": "zh-Hans", "text": "合同"},)
    )
    shop = Shop()
    assert not shop.judge(SELLER, "agreement.propose", {"role": "seller", "terms": body})
    assert body["credit_limit"] == {"a": 500_000, "c": "JPY", "e": 0}
