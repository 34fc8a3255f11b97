"""A node that was restored from an old copy never signs a second history (L12, L16, S19)."""

from __future__ import annotations

import pytest

from node import errors
from tests.node import markets
from tests.node.markets import order
from tests.node.towns import Town, play


async def grow(town: Town) -> tuple[str, str]:
    """Trade, copy the shop's disk, trade on: two orders, of which the copy knows only the first."""
    await markets.shop(town)
    return await order(town, "shop", "factory"), ""


@pytest.mark.parametrize("with_state", [False, True])
def test_L12_a_restored_buyer_gets_its_entries_back_before_it_signs(with_state: bool) -> None:
    async def story(town: Town) -> None:
        first, _ = await grow(town)
        copy = town.citizens["shop"].image.snapshot()
        second = await order(town, "shop", "factory", "CUP-1")
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        town.kill("shop")
        town.citizens["shop"].image.restore(copy, with_state)
        await town.start("shop")
        await town.settle()
        states = {row["order"]: row["state"] for row in (await town.ask("shop", "order.list"))["orders"]}
        assert states == {first: "agreed", second: "agreed"}
        third = await order(town, "shop", "factory", "CUP-2")
        for node in ("factory", "shop"):
            rows = (await town.ask(node, "order.list"))["orders"]
            assert {row["order"] for row in rows} == {first, second, third}
            (partner,) = (await town.ask(node, "partners"))["partners"]
            assert partner["channel_state"] == "open"

    play(story)


@pytest.mark.parametrize("with_state", [False, True])
def test_L12_a_restored_seller_keeps_its_word_and_its_reservations(with_state: bool) -> None:
    async def story(town: Town) -> None:
        await grow(town)
        copy = town.citizens["factory"].image.snapshot()
        await town.ask("factory", "order.accept", all=True)
        await order(town, "shop", "factory", "CUP-1", 3)
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        town.kill("factory")
        town.citizens["factory"].image.restore(copy, with_state)
        await town.start("factory")
        await town.settle()
        reserved = {row["sku"]: row["reserved"] for row in (await town.ask("factory", "stock.list"))["stock"]}
        assert reserved == {"CUP-0": 2, "CUP-1": 3, "CUP-2": 0}
        rows = (await town.ask("factory", "order.list"))["orders"]
        assert [row["state"] for row in rows] == ["agreed", "agreed"]
        shipped = await town.ask("factory", "order.ship", order=rows[0]["order"], carrier="SF", waybill="SF1")
        assert shipped["shipped"] == 1
        await town.settle()
        assert "shipped" in {row["state"] for row in (await town.ask("shop", "order.list"))["orders"]}

    play(story)


def test_a_lost_fence_alone_needs_only_the_partners_word() -> None:
    async def story(town: Town) -> None:
        first, _ = await grow(town)
        town.kill("shop")
        town.citizens["shop"].image.state.clear()
        await town.start("shop")
        await town.settle()
        assert (await town.ask("shop", "partners"))["partners"][0]["channel_state"] == "open"
        await town.ask("shop", "order.cancel", order=first)
        await town.settle()
        assert (await town.ask("factory", "order.show", order=first))["lines"][0]["buckets"] == {"withdrawn": 2}

    play(story)


def test_L12_while_the_partner_is_away_a_restored_node_signs_nothing() -> None:
    async def story(town: Town) -> None:
        await grow(town)
        town.kill("shop")
        town.kill("factory")
        town.citizens["shop"].image.state.clear()
        await town.start("shop")
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("shop", "order.place", partner="factory", lines=[{"sku": "CUP-1", "quantity": 1}])
        assert refused.value.code == "channel.recovering"

    play(story)
