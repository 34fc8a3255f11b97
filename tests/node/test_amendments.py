"""The whole of table T4 between two nodes: offers, changes from either side, short shipments, what arrived."""

from __future__ import annotations

from typing import Any

import pytest

from node import errors
from tests.node.markets import agree, goods, order
from tests.node.towns import Town, play

LATER_S = 1_795_000_000


async def opened(town: Town, quantity: int = 10, *, accepted: bool = True, stock: int = 100) -> str:
    """A factory and a shop with one order."""
    await town.open("factory", "shop")
    await town.pair("factory", "shop")
    await goods(town, "factory", stock=stock)
    await agree(town, "factory", "shop")
    id = await order(town, "shop", "factory", quantity=quantity)
    if accepted:
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
    return id


async def shown(town: Town, who: str, id: str) -> dict[str, Any]:
    await town.settle()
    found: dict[str, Any] = await town.ask(who, "order.show", order=id)
    return found


async def refused(town: Town, who: str, case: str, **given: Any) -> str:
    with pytest.raises(errors.NodeError) as caught:
        await town.ask(who, case, **given)
    return caught.value.code


def test_a_buyer_changes_what_was_agreed_and_the_seller_answers() -> None:
    async def story(town: Town) -> None:
        id = await opened(town)
        change = {"order": id, "becomes": {"1": 4}, "prices": {"1": "9.00"}, "key": "k"}
        asked = await town.ask("shop", "order.change", **change)
        assert await town.ask("shop", "order.change", **change) == asked, "with its key it stands once"
        (row,) = (await shown(town, "factory", id))["proposals"]
        assert (row["by"], row["quantity"], row["becomes"], row["price"]["amount"]) == ("shop", 10, 4, 900)
        assert await refused(town, "shop", "order.answer", order=id, accept=True) == "order.nothing", "my own"
        await town.ask("factory", "order.answer", order=id, accept=True, proposal=row["proposal"][:12])
        seen = await shown(town, "shop", id)
        assert seen["lines"][0]["buckets"] == {"agreed": 4, "cancelled": 6}
        assert seen["proposals"] == []
        await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1")
        assert (await shown(town, "shop", id))["owed"]["amount"] == 3600

    play(story)


def test_a_seller_asks_for_more_time_and_the_original_stands_when_the_buyer_declines() -> None:
    async def story(town: Town) -> None:
        id = await opened(town)
        await town.ask("factory", "order.change", order=id, promise_s=LATER_S)
        assert [row["promised_ms"] for row in (await shown(town, "shop", id))["proposals"]] == [LATER_S * 1000]
        await town.ask("shop", "order.answer", order=id, accept=False, lines=[1])
        seen = await shown(town, "factory", id)
        assert (seen["lines"][0]["buckets"], seen["lines"][0]["promised_ms"]) == ({"agreed": 10}, None)
        assert await refused(town, "shop", "order.answer", order=id, accept=True) == "order.nothing"
        await town.ask("factory", "order.change", order=id, promise_s=LATER_S)
        await town.settle()
        await town.ask("shop", "order.answer", order=id, accept=True)
        assert (await shown(town, "factory", id))["lines"][0]["promised_ms"] == LATER_S * 1000

    play(story)


def test_more_than_lies_there_is_not_agreed_to() -> None:
    async def story(town: Town) -> None:
        id = await opened(town, stock=12)
        await town.ask("shop", "order.change", order=id, becomes={"1": 13})
        await town.settle()
        assert await refused(town, "factory", "order.answer", order=id, accept=True) == "stock.short"
        await town.ask("factory", "order.answer", order=id, accept=False)
        await town.settle()
        await town.ask("shop", "order.change", order=id, becomes={"1": 12})
        await town.settle()
        await town.ask("factory", "order.answer", order=id, accept=True)
        seen = await shown(town, "shop", id)
        assert (seen["lines"][0]["ordered"], seen["lines"][0]["buckets"]) == (12, {"agreed": 12})
        shelf = (await town.ask("factory", "stock.list"))["stock"][0]
        assert (shelf["reserved"], shelf["available"]) == (12, 0)

    play(story)


def test_a_seller_offers_a_substitute_a_backorder_and_another_price() -> None:
    async def story(town: Town) -> None:
        id = await opened(town, accepted=False)
        assert await refused(town, "factory", "order.propose", order=id) == "request.malformed"
        await town.ask("factory", "order.propose", order=id, quantities={"1": 2}, substitute="CUP-1", price="9.00")
        await town.ask("factory", "order.propose", order=id, quantities={"1": 3}, backorder=True, promise_s=LATER_S)
        await town.ask("factory", "order.propose", order=id, quantities={"1": 5}, price="12.00", keep_open=True)
        rows = (await shown(town, "shop", id))["proposals"]
        assert [(row["action"], row["quantity"], row["sku"]) for row in rows] == [
            ("substitute", 2, "CUP-1"), ("backorder", 3, None), ("change", 5, None),
        ]  # fmt: skip
        assert await refused(town, "shop", "order.answer", order=id, accept=True) == "order.nothing", "which?"
        for row, accept in zip(rows, (True, True, False), strict=True):
            await town.ask("shop", "order.answer", order=id, accept=accept, proposal=row["proposal"])
        seen = await shown(town, "factory", id)
        assert seen["lines"][0]["buckets"] == {"agreed": 5, "placed": 5}
        await town.ask("factory", "order.reject", order=id)
        assert (await shown(town, "shop", id))["lines"][0]["buckets"] == {"agreed": 5, "rejected": 5}

    play(story)


def test_what_does_not_leave_is_short_and_what_does_not_arrive_is_contested() -> None:
    async def story(town: Town) -> None:
        id = await opened(town)
        await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1", quantities={"1": 6}, short=True)
        assert (await shown(town, "shop", id))["lines"][0]["buckets"] == {"shipped": 6, "short": 4}
        assert (
            await refused(town, "factory", "order.report", order=id, event="delivered", waybill="SF2") == "order.parcel"
        )
        for _ in range(2):  # said twice, it stands once
            await town.ask("factory", "order.report", order=id, event="delivered")
        seen = await shown(town, "shop", id)
        assert (seen["state"], seen["shipments"][0]["state"]) == ("delivered", "delivered")
        assert [row["type"] for row in seen["documents"]].count("shipment.status") == 1
        assert await refused(town, "shop", "order.receive", order=id, short={"2": 1}) == "order.line"
        files = [{"name": "crack.png", "data_hex": "89504e47"}]
        await town.ask("shop", "order.receive", order=id, rejected={"1": 2}, condition="broken", files=files, key="r")
        await town.ask("shop", "order.receive", order=id, rejected={"1": 2}, key="r")
        seen = await shown(town, "factory", id)
        assert (seen["state"], seen["lines"][0]["buckets"]) == (
            "attention",
            {"contested": 2, "received": 4, "short": 4},
        )
        assert await refused(town, "shop", "order.receive", order=id) == "order.nothing"

    play(story)


def test_a_buyer_names_the_day_and_a_seller_promises_a_time() -> None:
    async def story(town: Town) -> None:
        await opened(town)
        placed = await town.ask(
            "shop", "order.place", partner="factory", lines=[{"sku": "CUP-1", "quantity": 1}], ship_by="2026-11-30"
        )
        seen = await shown(town, "factory", placed["order"])
        assert seen["ship_by"] == "2026-11-30"
        await town.ask("factory", "order.accept", order=placed["order"], promise_s=LATER_S)
        seen = await shown(town, "shop", placed["order"])
        (clock,) = seen["deadlines"]
        assert (clock["row"], clock["due_ms"], clock["favours"]) == ("order.overdue", LATER_S * 1000, "me")
        assert seen["lines"][0]["promised_ms"] == LATER_S * 1000

    play(story)
