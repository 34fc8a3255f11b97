"""The fold itself: places, ids, references, repeats, hostile logbooks, and what costs how much."""

from __future__ import annotations

import pytest

from contracts import histories, threads
from contracts.errors import Misuse
from contracts.histories import History
from tests.contracts import desks
from tests.contracts.desks import BUYER, NODES, SELLER, Pair, Shop, cancel, handover, respond


def test_an_item_takes_the_next_place_of_its_logbook() -> None:
    pair = Pair()
    first = pair.draft(SELLER, "channel.open", desks.opening(NODES, SELLER))
    later = pair.draft(SELLER, "peer.invite", {}, index=1)
    ahead = pair.draft(SELLER, "channel.open", desks.opening(NODES, SELLER), seen=1)
    history = History(NODES)
    for wrong in (later, ahead):
        with pytest.raises(Misuse):
            history.fold(wrong)
        with pytest.raises(Misuse):
            history.judge(wrong)
    history.fold(first)
    assert history.sizes == (1, 0)


def test_judging_changes_nothing() -> None:
    shop = Shop()
    thread = shop.place(5)
    before = histories.snapshot(shop.desks[SELLER])
    steps = shop.desks[SELLER].steps
    item = shop.draft(SELLER, "order.respond", respond(thread, (1, "accept", 5)))
    assert shop.desks[SELLER].judge(item) == ()
    assert histories.snapshot(shop.desks[SELLER]) == before
    assert shop.desks[SELLER].steps == steps
    (change,) = shop.desks[SELLER].fold(item).changes
    assert (change.kind, change.key) == ("order", thread)
    assert change.before is before["order"][thread]  # type: ignore[index]
    assert change.after is shop.desks[SELLER].orders[thread]


def test_a_judgement_is_not_kept_for_another_state() -> None:
    shop = Shop()
    thread = shop.place(5)
    item = shop.draft(SELLER, "order.respond", respond(thread, (1, "accept", 5)))
    assert shop.desks[SELLER].judge(item) == ()
    shop.write(BUYER, "cancel.request", cancel(thread, (1, 5)))
    shop.deliver(SELLER)
    shop.desks[SELLER].fold(item)
    assert shop.lots(thread) == {"cancelling": 5}


def test_D01_the_same_id_with_other_content() -> None:
    shop = Shop()
    first = shop.draft(BUYER, "order.place", shop.order(1))
    shop.write(BUYER, first.type, first.body, id=first.id, hash=first.hash)
    other = shop.put(BUYER, "order.place", shop.order(2), id=first.id)
    (fault,) = shop.sync().refusals[(BUYER, other.index)]
    assert (fault.code, fault.expected, fault.got) == ("document.id-reuse", first.hash.hex(), other.hash.hex())
    assert len(shop.desks[0].orders) == 1


def test_D02_the_same_document_again_has_no_second_effect() -> None:
    shop = Shop()
    thread = shop.agreed(5)
    item = shop.draft(SELLER, "shipment.handover", handover(thread, (1, 2)))
    shop.write(SELLER, item.type, item.body, id=item.id, hash=item.hash)
    shop.sync()
    again = shop.draft(SELLER, item.type, item.body, id=item.id, hash=item.hash)
    outcome = shop.desks[SELLER].fold(again)
    shop.logs[SELLER].append(again)
    assert (outcome.faults, outcome.changes, outcome.repeats) == ((), (), item.index)
    assert shop.sync().orders[thread].lines[1].ordered == 5
    assert shop.lots(thread) == {"agreed": 3, "shipped": 2}


def test_an_id_belongs_to_one_author() -> None:
    shop = Shop()
    shop.write(BUYER, "order.place", shop.order(1), id=b"i" * 16)
    shop.write(SELLER, "price.change", shop.prices(tea=5), id=b"i" * 16)
    assert not shop.sync().refusals


def test_D10_a_reference_to_what_the_author_cannot_know() -> None:
    shop = Shop()
    thread = shop.place(5)
    body = respond(thread, (1, "accept", 5))
    known = ((1, thread), (0, shop.agreement))
    assert not shop.judge(SELLER, "order.respond", body, re=known)
    wrong = ((0, thread), (1, b"?" * 32))
    assert shop.refuse(SELLER, "order.respond", body, re=wrong) == ["reference.dangling", "reference.dangling"]
    unseen = shop.write(BUYER, "cancel.request", cancel(thread, (1, 1)))
    assert shop.refuse(SELLER, "order.respond", body, re=((1, unseen),)) == ["reference.dangling"]
    assert shop.refuse(SELLER, "order.respond", respond(b"?" * 32, (1, "accept", 5))) == ["reference.dangling"]
    shop.sync()


def test_D10_a_document_guessed_before_it_was_seen_is_refused_in_every_order() -> None:
    shop = Shop()
    body = shop.order(5)
    item = shop.draft(BUYER, "order.place", body)
    shop.put(SELLER, "order.respond", respond(item.hash, (1, "accept", 5)))
    shop.write(BUYER, "order.place", body, id=item.id, hash=item.hash)
    assert shop.sync().orders[item.hash].state.value == "placed"
    assert shop.lots(item.hash) == {"placed": 5}


def test_seen_never_goes_back() -> None:
    shop = Shop()
    thread = shop.place(5)
    shop.both(SELLER, "order.respond", respond(thread, (1, "accept", 2)))
    assert shop.refuse(SELLER, "order.respond", respond(thread, (1, "accept", 1)), seen=0) == ["reference.seen"]
    shop.write(SELLER, "order.respond", respond(thread, (1, "accept", 1)))
    shop.sync()


def test_an_entry_that_is_none_takes_its_place() -> None:
    shop = Shop()
    item = histories.unreadable(BUYER, len(shop.logs[BUYER]), b"u" * 32, "wire.not-canonical", "keys out of order")
    for desk in shop.desks:
        (fault,) = desk.fold(item).faults
        assert (fault.code, fault.got) == ("document.unreadable", "wire.not-canonical: keys out of order")
    shop.logs[BUYER].append(item)
    shop.place(1)
    shop.sync()


def test_D21_timestamps_decide_nothing() -> None:
    shop = Shop()
    thread = shop.place(5)
    for ts_ms in (0, -(2**53), 2**53 - 1, 253_402_300_799_000, 1_483_228_799_999):
        shop.write(SELLER, "order.respond", respond(thread, (1, "accept", 1)), ts_ms=ts_ms)
    assert shop.sync().orders[thread].state.value == "agreed"


def test_a_schema_fault_is_a_refusal_like_any_other() -> None:
    shop = Shop()
    assert shop.refuse(BUYER, "order.place", {}) == ["document.missing"] * 3
    assert shop.refuse(BUYER, "order.place", shop.order(1), version=9) == ["document.unsupported"]
    assert shop.refuse(BUYER, "no.such.type", {}) == ["document.unsupported"]
    shop.sync()


def test_a_judgement_may_change_when_a_concurrent_document_arrives() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    late = shop.draft(BUYER, "cancel.request", cancel(thread, (1, 10)))
    shop.write(BUYER, late.type, late.body, id=late.id, hash=late.hash)
    shop.write(SELLER, "cancel.request", cancel(thread, (1, 10), role="seller"))
    assert not shop.desks[BUYER].refusals
    (outcome,) = shop.deliver(BUYER)
    assert outcome.revised == ((BUYER, late.index),)
    assert [fault.code for fault in shop.desks[BUYER].refusals[(BUYER, late.index)]] == ["cancel.state"]
    shop.sync()


def test_a_refused_document_can_come_to_stand() -> None:
    shop = Shop()
    thread = shop.place(10)
    offer = shop.both(SELLER, "order.respond", respond(thread, (1, "backorder", 10)))
    taken = {"thread": thread, "role": "buyer", "proposal": offer, "accept": True}
    shop.write(BUYER, "order.change_respond", taken)
    # the seller ships before it knows of the accept: too early, until the accept arrives and goes before it
    item = shop.put(SELLER, "shipment.handover", handover(thread, (1, 10)))
    assert shop.desks[SELLER].refusals[(SELLER, item.index)]
    (outcome,) = shop.deliver(SELLER)
    assert outcome.revised == ((SELLER, item.index),)
    assert not shop.sync().refusals
    assert shop.lots(thread) == {"shipped": 10}


def test_a_thread_is_bounded_by_what_one_author_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "THREAD_DOCUMENTS_MAX", 8)
    shop = Shop()
    thread = shop.place(10)
    for _ in range(8):
        shop.write(SELLER, "order.respond", respond(thread, (1, "accept", 1)))
        shop.put(BUYER, "order.change", {"thread": thread, "role": "buyer", "lines": [{"line": 1, "quantity": 1}]})
    shop.sync()
    assert shop.refuse(SELLER, "order.respond", respond(thread, (1, "accept", 1))) == ["thread.too-long"]
    assert shop.refuse(BUYER, "cancel.request", cancel(thread, (1, 1))) == ["thread.too-long"]


def test_a_thread_is_bounded_by_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "THREAD_LINES_MAX", 40)
    shop = Shop()
    thread = shop.agreed(*[3] * 20)
    shop.both(SELLER, "shipment.handover", handover(thread, *((line, 1) for line in range(1, 21))))
    more = handover(thread, (1, 1))
    assert shop.refuse(SELLER, "shipment.handover", more) == ["thread.too-long"]
    shop.close_statement()
    assert shop.refuse(SELLER, "shipment.handover", more) == ["thread.too-long"]


def test_D24_no_more_than_fifty_faults_are_named() -> None:
    shop = Shop()
    wrong = {**shop.order(1), "lines": [shop.line(number, "tea", 1, 5) for number in range(1, 400)]}
    assert shop.refuse(BUYER, "order.place", wrong) == ["price.differs"] * 50
    thread = shop.place(*[1] * 300)
    over = respond(thread, *((line, "accept", 2) for line in range(1, 301)))
    assert shop.refuse(SELLER, "order.respond", over) == ["quantity.over"] * 50
    assert shop.refuse(BUYER, "order.place", {**wrong, "lines": [{}] * 400}) == ["document.missing"] * 50
    shop.sync()


def test_two_thousand_documents_cost_the_same_each() -> None:
    shop = Shop()
    costs = []
    for _ in range(500):
        before = [desk.steps for desk in shop.desks]
        thread, parcel = shop.shipped(3)
        shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "delivered"})
        costs.append([desk.steps - steps for desk, steps in zip(shop.desks, before, strict=True)])
    assert costs[:100] == costs[-100:]
    assert costs[0] == [3, 3]  # the order itself opens the thread; answer, hand-over and status are a step each


def test_a_race_costs_the_documents_of_the_race() -> None:
    shop = Shop()
    costs = []
    for _ in range(200):
        thread = shop.agreed(10)
        before = [desk.steps for desk in shop.desks]
        shop.write(BUYER, "cancel.request", cancel(thread, (1, 10)))
        shop.write(SELLER, "shipment.handover", handover(thread, (1, 10)))
        shop.deliver(SELLER)
        shop.deliver(BUYER)
        costs.append([desk.steps - steps for desk, steps in zip(shop.desks, before, strict=True)])
    # the seller takes a step for each; the buyer one for the cancel, then the hand-over and once more the cancel
    assert costs == [[2, 3]] * 200


def test_a_flood_beside_one_unknown_document_costs_a_step_or_two_each() -> None:
    shop = Shop()
    thread = shop.agreed(*[3] * 20)
    shop.write(SELLER, "shipment.handover", handover(thread, (1, 1)))  # the flood never admits to know it
    for kind, role in (("order.change", "buyer"), ("cancel.request", "buyer")):
        for number in range(100):
            lines = [{"line": 2 + number % 19, "quantity": 1}]
            shop.put(BUYER, kind, {"thread": thread, "role": role, "lines": lines, "reason": "flood"})
    costs = []
    for _ in range(200):
        before = shop.desks[SELLER].steps
        shop.deliver(SELLER, 1)
        costs.append(shop.desks[SELLER].steps - before)
    assert max(costs) <= 2
    shop.sync()


def test_statements_cost_what_came_since_the_last_one() -> None:
    shop = Shop()
    costs = []
    for _ in range(12):
        for _ in range(5):
            shop.shipped(1)
        before = shop.desks[BUYER].steps
        shop.close_statement()
        costs.append(shop.desks[BUYER].steps - before)
        assert all(len(ledger.pending) == 0 for ledger in shop.desks[0].channel.ledgers.values())
    assert costs == [0] * 12
    shop.sync()


def test_D12_a_document_of_the_wrong_party_is_refused() -> None:
    # whose key signed is the protocol's business; here: whose logbook it stands in
    shop = Shop()
    thread = shop.place(1)
    assert shop.refuse(SELLER, "order.place", shop.order(1)) == ["role.mismatch"]
    assert shop.refuse(BUYER, "order.respond", respond(thread, (1, "accept", 1))) == ["role.mismatch"]
    assert shop.refuse(BUYER, "stock.hold_ok", {"thread": thread}) == ["thread.kind"]


def test_D24_an_order_of_five_hundred_lines() -> None:
    shop = Shop()
    thread = shop.agreed(*[1] * 500)
    shop.both(BUYER, "cancel.request", cancel(thread, (250, 1)))
    history = shop.sync()
    assert len(history.orders[thread].lines) == 500
    assert shop.lots(thread, 250) == {"cancelling": 1}


def test_the_fold_keeps_no_personal_data_but_its_references() -> None:
    pii = {"cm": b"c" * 32, "ct": b"t" * 32, "kid": b"k" * 8, "len": 512, "x": "hpke1"}
    shop = Shop()
    thread = shop.place(1, pii=pii, ship_to={"country": "DE", "region": "DE-BE"})
    assert thread in shop.sync().orders


def test_the_names_that_others_rely_on() -> None:
    history = Shop().desks[0]
    assert history.parties == NODES
    assert history.refusals == {}
    assert len(history.agreements) == 1 and list(history.agreements)
    assert set(history.channel.kinds) >= {"agreement", "hold", "issue", "order", "payment"}
