"""Lists made for one partner, texts for a kind of channel, and answers to listings."""

from __future__ import annotations

import pytest

from node import errors
from tests.node.test_stocks import market
from tests.node.towns import Town, play


def test_S46_a_list_is_seen_by_the_partner_it_was_made_for_in_its_order_and_by_nobody_else() -> None:
    async def story(town: Town) -> None:
        await market(town, "shop", "rival")
        pushed = {"partner": "shop", "name": "spring", "title": "Spring", "until": "2027-03-31"}
        await town.ask("factory", "catalogue.push", skus=["CUP-2", "CUP-0"], **pushed)
        await town.settle()
        (row,) = (await town.ask("shop", "catalogue.lists"))["lists"]
        assert (row["title"], row["skus"], row["until"], row["mine"]) == (
            "Spring", ["CUP-2", "CUP-0"], "2027-03-31", False,
        )  # fmt: skip
        assert (await town.ask("rival", "catalogue.lists"))["lists"] == []
        await town.ask("factory", "catalogue.push", partner="shop", name="spring", skus=[])
        await town.settle()
        assert (await town.ask("shop", "catalogue.lists"))["lists"] == []
        with pytest.raises(errors.NodeError) as unknown:
            await town.ask("factory", "catalogue.push", partner="shop", name="x", skus=["CUP-0", "NONE"])
        assert [fault["code"] for fault in unknown.value.faults] == ["listing.unknown"]

    play(story)


def test_S61_goods_are_told_differently_on_each_kind_of_channel() -> None:
    async def story(town: Town) -> None:
        await market(town, "shop")
        await town.ask("factory", "content.set", sku="CUP-0", channel="live", language="zh-CN", title="来看", text="好")
        await town.ask("factory", "content.set", sku="CUP-0", channel="group-buy", title="Ten together")
        await town.ask("factory", "catalogue.share", partner="shop")
        await town.settle()
        rows = (await town.ask("shop", "content.show", sku="CUP-0", partner="factory"))["contents"]
        assert [(row["channel"], row["lang"], row["title"]) for row in rows] == [
            ("group-buy", "en", "Ten together"),
            ("live", "zh-CN", "来看"),
        ]
        await town.ask("factory", "content.set", sku="CUP-0", channel="group-buy")
        assert len((await town.ask("factory", "content.show", sku="CUP-0"))["contents"]) == 1
        with pytest.raises(errors.NodeError) as wrong:
            await town.ask("factory", "content.set", sku="CUP-0", channel="a b", title="x")
        assert wrong.value.code == "request.malformed"

    play(story)


def test_a_listing_is_answered_and_a_rejected_one_is_not_offered() -> None:
    async def story(town: Town) -> None:
        await market(town, "shop")
        states = []
        for status in ("received", "review", "accepted", "rejected"):
            answer = await town.ask("shop", "catalogue.confirm", partner="factory", sku="CUP-0", status=status)
            states.append(answer["state"])
        assert states == ["received", "review", "accepted", "rejected"]
        offered = (await town.ask("shop", "catalogue.list", partner="factory"))["goods"]
        assert [row["sku"] for row in offered] == ["CUP-1", "CUP-2"]
        with pytest.raises(errors.NodeError):
            await town.ask("shop", "catalogue.confirm", partner="factory", sku="CUP-0", status="review")

    play(story)
