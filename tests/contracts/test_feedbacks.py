"""Feedback: one word about one order, by the order's own key, once the purchase is confirmed."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.feedbacks import FeedbackState
from protocol import feedbacks as signatures
from protocol import keys
from tests.contracts.desks import BUYER, SELLER, Shop, handover

SECRET = b"f" * 32
KEY = keys.public(SECRET, "log")
WORD: dict[str, Any] = {"ratings": [{"code": "overall", "stars": 5}], "tags": ["fast"]}


def bought(shop: Shop) -> tuple[bytes, bytes]:
    """An order for a consumer and its hand-over."""
    return shop.shipped(2, feedback_key=KEY)


def word(thread: bytes, token: bytes, secret: bytes = SECRET, **changes: Any) -> dict[str, Any]:
    body = {"thread": thread, "token": token, **WORD}
    return {**body, "signature": signatures.sign(secret, body), **changes}


def test_B12_the_orders_own_key_speaks_once() -> None:
    shop = Shop()
    thread, parcel = bought(shop)
    name = shop.both(BUYER, "feedback.give", word(thread, parcel))
    feedback = shop.sync().feedbacks[thread]
    assert (feedback.state, feedback.given) == (FeedbackState.GIVEN, name)
    assert shop.refuse(BUYER, "feedback.give", word(thread, parcel)) == ["feedback.state"]
    assert shop.refuse(BUYER, "feedback.forward", word(thread, parcel)) == ["feedback.state"]


@pytest.mark.parametrize(
    "change",
    [
        {"ratings": [{"code": "overall", "stars": 1}]},
        {"tags": ["late"]},
        {"tags": []},
        {"attachments": [{"name": "a", "media": "text/plain", "len": 1, "hash": b"h" * 32}]},
        {"signature": bytes(64)},
    ],
)
def test_B12_no_link_can_change_the_word(change: dict[str, Any]) -> None:
    shop = Shop()
    thread, parcel = bought(shop)
    assert shop.refuse(BUYER, "feedback.forward", word(thread, parcel, **change)) == ["feedback.signature"]


def test_B12_another_key_cannot_speak_and_a_word_serves_no_other_order() -> None:
    shop = Shop()
    thread, parcel = bought(shop)
    assert shop.refuse(BUYER, "feedback.give", word(thread, parcel, b"g" * 32)) == ["feedback.signature"]
    other, second = shop.shipped(1, feedback_key=keys.public(b"g" * 32, "log"))
    assert shop.refuse(BUYER, "feedback.give", word(other, second)) == ["feedback.signature"]
    assert shop.refuse(BUYER, "feedback.give", word(thread, second)) == ["feedback.state"]


def test_nobody_is_heard_before_the_purchase_is_confirmed() -> None:
    shop = Shop()
    thread = shop.agreed(2, feedback_key=KEY)
    assert shop.refuse(BUYER, "feedback.give", word(thread, thread)) == ["feedback.state"]
    assert shop.refuse(BUYER, "feedback.give", word(thread, b"?" * 32)) == ["reference.dangling"]
    parcel = shop.write(SELLER, "shipment.handover", handover(thread, (1, 2)))
    assert shop.refuse(BUYER, "feedback.give", word(thread, parcel)) == ["reference.dangling"]
    shop.deliver(BUYER)
    shop.both(BUYER, "feedback.give", word(thread, parcel))
    shop.sync()


def test_a_token_of_the_seller_is_proof_where_nothing_was_handed_over() -> None:
    shop = Shop()
    thread = shop.agreed(2, feedback_key=KEY)
    assert shop.refuse(BUYER, "feedback.token", {"thread": thread}) == ["role.mismatch"]
    token = shop.both(SELLER, "feedback.token", {"thread": thread})
    assert shop.refuse(SELLER, "feedback.token", {"thread": thread}) == ["feedback.state"]
    shop.both(BUYER, "feedback.give", word(thread, token))
    assert shop.sync().feedbacks[thread].token == token


def test_an_order_without_a_key_has_nobody_to_hear() -> None:
    shop = Shop()
    thread, parcel = shop.shipped(2)
    assert shop.refuse(BUYER, "feedback.give", word(thread, parcel)) == ["feedback.none"]
    assert shop.refuse(SELLER, "feedback.token", {"thread": thread}) == ["feedback.none"]
    assert shop.refuse(SELLER, "feedback.give", word(*bought(shop))) == ["role.mismatch"]


@pytest.mark.parametrize("stars", [0, 6, "5"])
def test_stars_go_from_one_to_five(stars: object) -> None:
    shop = Shop()
    thread, parcel = bought(shop)
    body = word(thread, parcel, ratings=[{"code": "overall", "stars": stars}])
    assert shop.refuse(BUYER, "feedback.give", body) in (["document.range"], ["document.type"])


def test_a_token_and_a_word_that_cross_come_to_one_state() -> None:
    shop = Shop()
    thread, parcel = bought(shop)
    for _ in range(2):
        shop.put(SELLER, "feedback.token", {"thread": thread})
        shop.put(BUYER, "feedback.give", word(thread, parcel))
        shop.put(BUYER, "feedback.token", {"thread": thread})
        shop.put(SELLER, "feedback.give", word(thread, parcel))
    history = shop.sync()
    assert history.feedbacks[thread].state is FeedbackState.GIVEN
    assert len(history.refusals) == 6


def test_a_token_after_the_word_is_kept_and_changes_nothing() -> None:
    shop = Shop()
    thread, parcel = bought(shop)
    name = shop.both(BUYER, "feedback.give", word(thread, parcel))
    token = shop.both(SELLER, "feedback.token", {"thread": thread})
    feedback = shop.sync().feedbacks[thread]
    assert (feedback.state, feedback.given, feedback.token) == (FeedbackState.GIVEN, name, token)
