"""Opening a channel and table T0 through the fold."""

from __future__ import annotations

import pytest

from contracts.peerings import PeeringState
from tests.contracts import desks
from tests.contracts.desks import BUYER, NODES, SELLER, Pair, Shop, respond


def opened() -> Pair:
    pair = Pair()
    for side in (SELLER, BUYER):
        pair.both(side, "channel.open", desks.opening(NODES, side))
    return pair


def test_invite_and_accept() -> None:
    pair = opened()
    pair.both(SELLER, "peer.invite", {"scope": ["buy", "sell"]})
    assert pair.desks[BUYER].peering.state is PeeringState.INVITED
    pair.both(BUYER, "peer.accept", {"words_compared": True})
    assert pair.sync().peering.state is PeeringState.ACTIVE


def test_both_may_invite_without_waiting() -> None:
    pair = opened()
    pair.write(SELLER, "peer.invite", {})
    pair.write(BUYER, "peer.invite", {})
    assert pair.sync().peering.state is PeeringState.ACTIVE


def test_nothing_begins_before_the_peering_is_active() -> None:
    pair = opened()
    terms = desks.terms(NODES[SELLER])
    body = {"role": "seller", "terms": terms}
    assert pair.refuse(SELLER, "agreement.propose", body) == ["peering.not-active"]
    assert pair.refuse(SELLER, "listing.publish", desks.listing("tea")) == ["peering.not-active"]


def test_a_suspended_peering_lets_open_threads_go_on() -> None:
    shop = Shop()
    thread = shop.place(3)
    shop.both(SELLER, "peer.suspend", {"reason": "holiday"})
    assert shop.refuse(BUYER, "order.place", shop.order(1)) == ["peering.not-active"]
    shop.both(SELLER, "order.respond", desks.respond(thread, (1, "accept", 3)))
    assert shop.refuse(BUYER, "peer.resume", {}) == ["peering.state"]
    shop.both(SELLER, "peer.resume", {})
    shop.place(1)
    assert shop.sync().peering.state is PeeringState.ACTIVE


def test_an_order_that_crossed_a_suspension_stands() -> None:
    shop = Shop()
    shop.write(SELLER, "peer.suspend", {})
    shop.write(BUYER, "order.place", shop.order(1))
    assert not shop.sync().refusals


def test_a_peering_ends_when_nothing_is_open_and_the_books_are_closed() -> None:
    shop = Shop()
    thread, _ = shop.shipped(2)
    shop.both(BUYER, "peer.end", {"reason": "moved_on"})
    assert shop.refuse(SELLER, "agreement.propose", {"role": "seller", "terms": desks.terms(NODES[SELLER])})
    assert not shop.desks[BUYER].ended
    shop.both(BUYER, "receipt.advice", {"thread": thread, "lines": [{"line": 1, "accepted": 2}]})
    assert not shop.desks[BUYER].ended
    shop.close_statement()
    history = shop.sync()
    assert history.peering.state is PeeringState.ENDING
    assert history.ended


def test_the_newest_card_counts() -> None:
    pair = opened()
    for name in ("Old Ltd", "New Ltd"):
        pair.both(SELLER, "peer.card", {"name": name, "country": "DE", "languages": ["de", "zh-Hans"]})
    assert pair.sync().cards[SELLER].name == "New Ltd"


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"nodes": [NODES[BUYER], NODES[SELLER]]}, ["channel.mismatch"]),
        ({"fold": "hanse-fold/2"}, ["channel.mismatch"]),
        ({"nodes": [b"X" * 32, NODES[BUYER]], "fold": "other"}, ["channel.mismatch", "channel.mismatch"]),
    ],
)
def test_a_logbook_that_was_not_opened_says_nothing(change: desks.Body, codes: list[str]) -> None:
    pair = Pair()
    assert pair.refuse(SELLER, "channel.open", {**desks.opening(NODES, SELLER), **change}) == codes
    assert pair.refuse(SELLER, "peer.invite", {}) == ["channel.not-open"]
    assert pair.refuse(SELLER, "channel.open", desks.opening(NODES, SELLER))[-1] == "channel.not-open"


def test_the_first_entry_opens() -> None:
    pair = Pair()
    pair.put(SELLER, "peer.invite", {})
    assert pair.refuse(SELLER, "peer.invite", {}) == ["channel.not-open"]


def test_a_channel_is_opened_once() -> None:
    pair = opened()
    assert pair.refuse(SELLER, "channel.open", desks.opening(NODES, SELLER)) == ["channel.order"]


def test_who_knows_of_a_close_writes_no_more() -> None:
    shop = Shop()
    thread = shop.place(3)
    shop.write(SELLER, "channel.close", {"reason": "end"})
    shop.write(BUYER, "cancel.request", desks.cancel(thread, (1, 1)))
    shop.deliver(BUYER)
    assert shop.refuse(BUYER, "cancel.request", desks.cancel(thread, (1, 1))) == ["channel.closed"]
    assert shop.refuse(SELLER, "order.respond", desks.respond(thread, (1, "accept", 2))) == ["channel.closed"]
    shop.write(BUYER, "channel.close", {})
    assert shop.refuse(BUYER, "channel.close", {}) == ["channel.closed"]
    shop.sync()


def test_a_sealed_logbook_is_at_its_end_and_the_other_is_not() -> None:
    shop = Shop()
    thread = shop.place(3)
    shop.both(BUYER, "channel.seal", {})
    assert shop.refuse(BUYER, "cancel.request", desks.cancel(thread, (1, 1))) == ["channel.closed"]
    shop.write(SELLER, "order.respond", desks.respond(thread, (1, "accept", 3)))
    shop.sync()


def test_a_nak_changes_nothing() -> None:
    shop = Shop()
    before = shop.desks[SELLER].sizes
    shop.both(BUYER, "channel.nak", {"d": 1, "idx": 2, "faults": [["order.state", "lines.0", "placed", "shipped"]]})
    shop.both(BUYER, "channel.key", {"size": 1, "root": b"r" * 32})
    outcome = shop.desks[SELLER]
    assert outcome.sizes == (before[0], before[1] + 2)
    assert not shop.sync().refusals


def test_what_is_open_keeps_a_partnership_from_ending() -> None:
    shop = Shop()
    thread = shop.place(2)
    hold = shop.both(BUYER, "stock.hold", {"agreement": shop.agreement, "sku": "tea", "quantity": 1, "expires_s": 3600})
    lines = [{"line": 1, "sku": "tea", "quantity": 1}]
    quote = shop.both(BUYER, "quote.request", {"agreement": shop.agreement, "lines": lines})
    shop.both(SELLER, "peer.end", {"notice_s": 86_400})
    history = shop.sync()
    assert {kind: count for kind, count in history.open.items() if count} == {"order": 1, "hold": 1, "quote": 1}
    shop.both(SELLER, "stock.hold_no", {"thread": hold})
    shop.both(SELLER, "quote.close", {"thread": quote, "role": "seller"})
    shop.both(SELLER, "order.respond", respond(thread, (1, "reject", 2)))
    assert not any(shop.sync().open.values())
    assert not shop.sync().ended  # the books are open
    shop.close_statement()
    assert shop.sync().ended
