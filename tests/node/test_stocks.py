"""Stock of whole nodes: where it lies, who is told of how much, who promises it, and what a wrong promise costs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from node import errors
from tests.node.markets import agree, goods, order
from tests.node.towns import Town, play


async def market(town: Town, *buyers: str, stock: int = 100) -> None:
    """A factory that sells to some buyers."""
    await town.open("factory", *buyers)
    await goods(town, "factory", stock=stock)
    for buyer in buyers:
        await town.pair("factory", buyer)
        await agree(town, "factory", buyer)


async def offered(town: Town, buyer: str, seller: str = "factory", sku: str = "CUP-0") -> Any:
    rows = (await town.ask(buyer, "catalogue.list", partner=seller))["goods"]
    return next(row["stock"] for row in rows if row["sku"] == sku)


async def shelf(town: Town, who: str, location: str = "main", sku: str = "CUP-0") -> dict[str, Any]:
    rows = (await town.ask(who, "stock.list"))["stock"]
    found: dict[str, Any] = next(row for row in rows if (row["sku"], row["location"]) == (sku, location))
    return found


def test_a_partner_is_told_the_least_of_its_allotment_and_what_is_free_beyond_the_buffer() -> None:
    async def story(town: Town) -> None:
        await market(town, "shop", "rival")
        assert await offered(town, "shop") == 100
        await town.ask("factory", "stock.buffer", sku="CUP-0", units=10)
        await town.ask("factory", "stock.allot", partner="shop", sku="CUP-0", amount="30")
        await town.ask("factory", "stock.allot", partner="rival", sku="CUP-0", amount="50%")
        await town.settle()
        assert (await offered(town, "shop"), await offered(town, "rival")) == (30, 45)
        id = await order(town, "rival", "factory", quantity=80)
        await town.ask("factory", "order.accept", order=id)
        await town.ask("factory", "stock.set", sku="CUP-1", on_hand=7)
        await town.settle()
        assert (await offered(town, "shop"), await offered(town, "rival")) == (10, 5)
        await town.ask("factory", "stock.allot", partner="shop", sku="CUP-0", amount="all")
        await town.ask("factory", "stock.buffer", sku="CUP-0", units=0)
        await town.settle()
        assert (await offered(town, "shop"), await offered(town, "rival")) == (20, 10)
        rows = (await town.ask("factory", "stock.allotments"))["allotments"]
        assert rows == [{"partner": "rival", "sku": "CUP-0", "allotment": "50%"}]

    play(story)


def test_a_hold_is_granted_only_within_the_allotment() -> None:
    async def story(town: Town) -> None:
        await market(town, "shop")
        await town.ask("factory", "stock.allot", partner="shop", sku="CUP-0", amount="4")
        await town.ask("shop", "stock.hold", partner="factory", sku="CUP-0", quantity=9)
        await town.settle()
        (hold,) = (await town.ask("shop", "stock.holds"))["holds"]
        assert (hold["state"], hold["quantity"]) == ("held", 4)

    play(story)


@pytest.mark.parametrize("amount", ["-1", "101%", "a few", "1.5", "%", ""])
def test_what_is_no_allotment_is_refused(amount: str) -> None:
    async def story(town: Town) -> None:
        await market(town, "shop")
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("factory", "stock.allot", partner="shop", sku="CUP-0", amount=amount)
        assert refused.value.code == "request.malformed"

    play(story)


def test_D15_the_owner_lets_a_hold_go_when_its_time_is_over_and_a_late_confirm_finds_nothing() -> None:
    async def story(town: Town) -> None:
        await market(town, "shop", stock=5)
        asked = await town.ask("shop", "stock.hold", partner="factory", sku="CUP-0", quantity=5, hours=1)
        await town.settle()
        assert (await shelf(town, "factory"))["available"] == 0
        await asyncio.sleep(3_700 + 600)
        await town.settle()
        (hold,) = (await town.ask("shop", "stock.holds"))["holds"]
        assert hold["state"] == "released"
        assert (await shelf(town, "factory"))["available"] == 5
        lines = [{"sku": "CUP-0", "quantity": 5, "hold": asked["hold"]}]
        with pytest.raises(errors.NodeError) as late:
            await town.ask("shop", "order.place", partner="factory", lines=lines)
        assert [fault["code"] for fault in late.value.faults] == ["hold.expired"]

    play(story)


async def two_warehouses(town: Town) -> None:
    await market(town, "shop", stock=3)
    await town.ask("factory", "stock.location.add", code="hk", name="Hong Kong", country="HK", customs="HK")
    await town.ask("factory", "stock.set", sku="CUP-0", on_hand=20, location="hk")
    await town.settle()


def test_stock_at_several_locations_is_told_with_what_they_are() -> None:
    async def story(town: Town) -> None:
        await two_warehouses(town)
        assert await offered(town, "shop") == 23
        rows = (await town.ask("shop", "stock.location.list"))["locations"]
        told = {"of": "factory", "code": "hk", "name": "Hong Kong", "country": "HK", "customs": "HK"}
        assert told in rows
        with pytest.raises(errors.NodeError) as unknown:
            await town.ask("factory", "stock.set", sku="CUP-0", on_hand=1, location="moon")
        assert unknown.value.code == "stock.location"
        with pytest.raises(errors.NodeError) as wrong:
            await town.ask("factory", "stock.location.add", code="x", gln="4012345000001", country="China")
        assert {fault["path"] for fault in wrong.value.faults} == {"gln", "country"}

    play(story)


async def parts(town: Town, id: str, who: str = "factory") -> dict[str, tuple[int, int]]:
    """(on hand, reserved) of CUP-0 by location."""
    rows = (await town.ask(who, "stock.list"))["stock"]
    return {row["location"]: (row["on_hand"], row["reserved"]) for row in rows if row["sku"] == "CUP-0"}


@pytest.mark.parametrize(
    ("asked", "reserved"),
    [
        ({}, {"main": 0, "hk": 8}),  # one that has it all goes before several
        ({"location": "main"}, {"main": 3, "hk": 0}),
        ({"territory": "HK"}, {"main": 0, "hk": 8}),
        ({"territory": "DE"}, {"main": 0, "hk": 0}),
    ],
)
def test_an_order_leaves_from_where_it_was_asked_or_from_where_it_is_whole(
    asked: dict[str, str], reserved: dict[str, int]
) -> None:
    async def story(town: Town) -> None:
        await two_warehouses(town)
        lines = [{"sku": "CUP-0", "quantity": 8}]
        placed = await town.ask("shop", "order.place", partner="factory", lines=lines, **asked)
        await town.settle()
        await town.ask("factory", "order.accept", order=placed["order"])
        await town.settle()
        kept = await parts(town, placed["order"])
        assert {code: there[1] for code, there in kept.items()} == reserved

    play(story)


def test_an_order_that_no_location_holds_alone_leaves_from_two_and_each_parcel_from_its_own() -> None:
    async def story(town: Town) -> None:
        await two_warehouses(town)
        id = await order(town, "shop", "factory", quantity=22)
        await town.ask("factory", "order.accept", order=id)
        assert await parts(town, id) == {"main": (3, 3), "hk": (20, 19)}
        done = await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="S1", location="hk",
                              quantities={"1": 19})  # fmt: skip
        assert done == {"shipped": 1, "refused": []}
        assert await parts(town, id) == {"main": (3, 3), "hk": (1, 0)}
        await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="S2")
        assert await parts(town, id) == {"main": (0, 0), "hk": (1, 0)}
        await town.settle()
        assert (await town.ask("shop", "order.show", order=id))["state"] == "shipped"
        town.kill("factory")
        await town.start("factory")
        assert await parts(town, id) == {"main": (0, 0), "hk": (1, 0)}

    play(story)


def test_S62_a_dealer_tells_its_buyers_the_suppliers_stock_less_its_own_buffer_and_never_adds_the_two() -> None:
    async def story(town: Town) -> None:
        await market(town, "dealer", stock=40)
        await town.open("shop")
        await town.ask("dealer", "catalogue.derive", partner="factory")
        await town.pair("dealer", "shop")
        await agree(town, "dealer", "shop")
        assert await offered(town, "shop", "dealer") == 40
        await town.ask("dealer", "stock.buffer", sku="CUP-0", units=5)
        await town.settle()
        assert await offered(town, "shop", "dealer") == 35
        await town.ask("dealer", "stock.set", sku="CUP-0", on_hand=1000)  # a shelf of its own does not count for it
        await town.ask("factory", "stock.set", sku="CUP-0", on_hand=12)
        await town.settle()
        assert await offered(town, "shop", "dealer") == 7
        mirrored = await shelf(town, "dealer", "@factory")
        assert (mirrored["available"], mirrored["buffer"]) == (12, 5)

    play(story)


def test_B08_a_seller_who_sold_what_was_not_there_owes_what_the_agreement_says() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await goods(town, "factory")
        await town.pair("factory", "shop")
        await town.ask("factory", "agreement.propose", partner="shop", oversell_penalty="0.2")
        await town.settle()
        await town.ask("shop", "agreement.accept", partner="factory")
        await town.settle()
        await town.ask("factory", "catalogue.share", partner="shop")
        await town.settle()
        told, silent = await order(town, "shop", "factory"), await order(town, "shop", "factory")
        await town.ask("factory", "order.accept", all=True)
        await town.ask("factory", "order.cancel", order=told, reason="oversell")
        await town.ask("factory", "order.cancel", order=silent, reason="unavailable")
        await town.settle()
        owed = [(await town.ask("shop", "order.show", order=id))["owed"]["amount"] for id in (told, silent)]
        assert owed == [-420, 0]

    play(story)
