"""Several offers at once: by one rule for the price, with what it leaves shown first, and following from then on."""

from __future__ import annotations

from typing import Any

import pytest

from node import errors
from tests.node.markets import agree
from tests.node.towns import Town, play

HEADS = "商品编码,商品名称,供货价,建议零售价,库存\n"
TEA = f"{HEADS}A-1,茶具,50,99.50,5\nA-2,白瓷碗,10,,7\n"
TOYS = f"{HEADS}B-1,木马,33.33,60,2\nA-2,木碗,8,9,1\n"


async def stocked(town: Town) -> dict[str, str]:
    """Two factories, a shop that buys from both, and a till that buys from the shop; listings by partner and SKU."""
    await town.open("tea", "toys", "shop", "till")
    for seller, sheet in (("tea", TEA), ("toys", TOYS)):
        await town.pair(seller, "shop")
        await town.ask(seller, "catalogue.import", name="goods.csv", data_hex=sheet.encode().hex())
        await agree(town, seller, "shop")
    await town.pair("shop", "till")
    await agree(town, "shop", "till")
    offers = (await town.ask("shop", "selection.list"))["offers"]
    return {f"{row['partner']} {row['sku']}": row["listing"] for row in offers}


async def refused(town: Town, case: str, **given: Any) -> errors.NodeError:
    with pytest.raises(errors.NodeError) as caught:
        await town.ask("shop", case, **given)
    return caught.value


def test_offers_of_several_partners_are_taken_by_one_rule_and_sold_on_at_once() -> None:
    async def story(town: Town) -> None:
        known = await stocked(town)
        wanted = [known["tea A-1"], known["tea A-2"], known["toys B-1"]]
        given = {"listings": wanted, "markup_percent": "25", "round_to": "0.50"}
        seen = await town.ask("shop", "selection.reckon", **given)
        told = [
            (row["sku"], row["cost"]["text"], row["price"]["text"], row["margin"]["text"]) for row in seen["articles"]
        ]
        assert told == [
            ("A-1", "50.00 CNY", "62.50 CNY", "12.50 CNY"),
            ("A-2", "10.00 CNY", "12.50 CNY", "2.50 CNY"),
            ("B-1", "33.33 CNY", "42.00 CNY", "8.67 CNY"),
        ]
        assert (seen["loss"], (await town.ask("shop", "catalogue.list"))["goods"]) == (0, [])
        taken = await town.ask("shop", "selection.take", **given)
        assert (taken["goods"], taken["new"], taken["partners"]) == (3, 3, 1)
        await town.settle()
        seen = (await town.ask("till", "selection.list"))["offers"]
        assert sorted((row["sku"], row["cost"]["text"]) for row in seen)[2] == ("B-1", "42.00 CNY")

    play(story)


def test_the_suggested_price_is_taken_where_there_is_one_and_followed_with_its_rounding() -> None:
    async def story(town: Town) -> None:
        known = await stocked(town)
        given = {"listings": [known["tea A-1"], known["tea A-2"]], "rule": "suggested", "round_to": "1"}
        await town.ask("shop", "selection.take", **given, prefix="T-")
        goods = (await town.ask("shop", "catalogue.list"))["goods"]
        assert [(row["sku"], row["price"]["text"]) for row in goods] == [
            ("T-A-1", "100.00 CNY"),
            ("T-A-2", "12.00 CNY"),
        ]
        await town.ask("tea", "catalogue.change", sku="A-1", retail="120.10")
        await town.settle()
        shown = await town.ask("shop", "catalogue.show", sku="T-A-1")
        assert shown["price"]["text"] == "121.00 CNY"
        await town.ask("shop", "catalogue.change", sku="T-A-1", markup_percent="10")
        assert (await town.ask("shop", "catalogue.show", sku="T-A-1"))["price"]["text"] == "55.00 CNY"
        offer = await town.ask("shop", "selection.show", partner="tea", sku="A-1")
        loss = await town.ask("shop", "selection.reckon", listings=[offer["listing"]], markup_percent="0", prefix="T-")
        assert loss["loss"] == 1

    play(story)


def test_what_would_mean_two_articles_or_is_gone_is_refused_as_a_whole() -> None:
    async def story(town: Town) -> None:
        known = await stocked(town)
        both = await refused(town, "selection.take", listings=[known["tea A-2"], known["toys A-2"]])
        assert (both.code, both.faults[0]["path"]) == ("good.known", "A-2")
        await town.ask("shop", "selection.take", listings=[known["tea A-2"]])
        other = await refused(town, "selection.reckon", listings=[known["toys A-2"]])
        assert other.code == "good.known"
        assert (await town.ask("shop", "selection.take", listings=[known["tea A-2"]]))["unchanged"] == 1
        gone = await refused(town, "selection.take", listings=["00" * 32, known["toys B-1"]])
        assert (gone.code, len(gone.faults)) == ("offer.unknown", 1)
        for step in ("0", "-1", "x"):
            assert (await refused(town, "selection.take", listings=[known["toys B-1"]], round_to=step)).code == (
                "request.malformed"
            )
        assert len((await town.ask("shop", "catalogue.list"))["goods"]) == 1

    play(story)


def test_a_rise_is_laid_before_me_from_the_percent_that_i_named_and_a_loss_always() -> None:
    async def story(town: Town) -> None:
        known = await stocked(town)
        await town.ask("shop", "selection.take", listings=[known["tea A-1"], known["tea A-2"]], markup_percent="20")

        async def told() -> dict[str, tuple[bool, bool]]:
            await town.settle()
            found = await town.ask("shop", "selection.changes")
            return {row["sku"]: (row["told"], row["loss"]) for row in found["changes"]}

        await town.ask("tea", "catalogue.change", sku="A-1", price="52")
        assert await told() == {"A-1": (True, False)}
        await town.ask("shop", "selection.watch", rise_percent="5")
        assert await told() == {"A-1": (False, False)}
        await town.ask("tea", "catalogue.change", sku="A-1", price="52.50")
        assert await told() == {"A-1": (True, False)}
        await town.ask("tea", "catalogue.change", sku="A-1", price="49")
        assert await told() == {"A-1": (False, False)}
        await town.ask("shop", "selection.watch", rise_percent="90")
        await town.ask("shop", "catalogue.change", sku="A-2", price="11")
        await town.ask("tea", "catalogue.change", sku="A-2", price="11.50")
        assert (await told())["A-2"] == (True, True)
        assert (await refused(town, "selection.watch", rise_percent="-1")).code == "request.malformed"

    play(story)
