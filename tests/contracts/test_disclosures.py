"""What a seller may see of a sealed address, and references that are opened to a partner."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from contracts.disclosures import Opening, Reference
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Body, Shop

H, SALT = b"h" * 32, b"s" * 32
PLACES: list[tuple[Body, str]] = [
    ({"country": "CN"}, "country"),
    ({"country": "CN", "region": "CN-SC"}, "province"),
    ({"country": "CN", "region": "510000"}, "province"),
    ({"country": "CN", "region": "510100"}, "city"),
    ({"country": "CN", "region": "510107"}, "county"),
]
LEVELS = ("none", "country", "province", "city", "county")


@pytest.mark.parametrize("level", LEVELS[:-1])
@pytest.mark.parametrize(("place", "named"), PLACES)
def test_a_place_is_named_as_closely_as_the_disclosure_table_says_and_no_closer(
    level: str, place: Body, named: str
) -> None:
    class Discreet(Shop):
        TERMS: ClassVar[Body] = {"disclosure": {"ship_to": level}}

    shop = Discreet()
    body = shop.order(2, ship_to=place)
    if LEVELS.index(named) <= LEVELS.index(level):
        assert shop.both(BUYER, "order.place", body) in shop.desks[SELLER].orders
    else:
        assert shop.refuse(BUYER, "order.place", body) == ["order.disclosure"]
    shop.sync()


@pytest.mark.parametrize("place", [place for place, _ in PLACES])
def test_an_agreement_without_the_table_refuses_no_place(place: Body) -> None:
    shop = Shop()
    assert shop.place(2, ship_to=place) in shop.sync().orders


def opening(document: bytes, **changes: Any) -> Body:
    return {"document": document, "name": "upstream", "hash": H, "salt": SALT, **changes}


def test_the_author_of_a_reference_opens_it_and_its_last_word_counts() -> None:
    shop = Shop()
    thread = shop.place(3)
    answer = shop.both(SELLER, "order.respond", desks.respond(thread, (1, "accept", 3), upstream=b"c" * 32))
    reference = Reference(SELLER, answer, "upstream")
    shop.both(SELLER, "reference.disclose", opening(answer))
    assert shop.sync().disclosed == {reference: Opening(H, SALT)}
    shop.both(SELLER, "reference.disclose", opening(answer, hash=b"i" * 32))
    assert shop.sync().disclosed == {reference: Opening(b"i" * 32, SALT)}
    assert shop.lots(thread) == {"agreed": 3}


def test_nobody_opens_what_another_wrote_or_what_is_not_there() -> None:
    shop = Shop()
    thread = shop.place(3)
    answer = shop.both(SELLER, "order.respond", desks.respond(thread, (1, "accept", 3), upstream=b"c" * 32))
    assert shop.refuse(BUYER, "reference.disclose", opening(answer)) == ["reference.dangling"]
    assert shop.refuse(SELLER, "reference.disclose", opening(thread, name="parent")) == ["reference.dangling"]
    assert shop.refuse(SELLER, "reference.disclose", opening(H)) == ["reference.dangling"]
    assert shop.refuse(SELLER, "reference.disclose", opening(answer, name="thread")) == ["document.choice"]
    shop.deliver(BUYER)
    shop.deliver(SELLER)
    assert shop.sync().disclosed == {}
