"""What goods people see: my own in pages, partners' side by side with their margins, pictures that come along."""

from __future__ import annotations

from typing import Any

import pytest

from node import errors
from tests.node.markets import agree
from tests.node.test_pictures import png
from tests.node.test_rasters import photo, saved
from tests.node.towns import Town, play

GOODS = """商品编码,商品名称,英文名称,供货价,建议零售价,库存,品牌,类目,起订量,发货时效
A-1,青花茶具,Tea set,50,100,5,晨曦,茶具,2,3
A-2,白瓷碗,Bowl,10,12,0,晨曦,餐具,1,
A-3,筷子,Chopsticks,1,,7,,餐具,1,
"""


async def take(town: Town, who: str, text: str = GOODS) -> Any:
    return await town.ask(who, "catalogue.import", name="goods.csv", data_hex=text.encode().hex())


async def two(town: Town) -> None:
    """A factory whose goods a shop sees."""
    await town.open("factory", "shop")
    await town.pair("factory", "shop")
    await take(town, "factory")
    await agree(town, "factory", "shop")


async def seen(town: Town, who: str = "shop", **given: Any) -> list[str]:
    return [row["sku"] for row in (await town.ask(who, "selection.list", **given))["offers"]]


def test_my_goods_come_in_pages_and_are_found_by_two_characters() -> None:
    async def story(town: Town) -> None:
        await two(town)
        first = await town.ask("factory", "catalogue.list", limit=2)
        assert ([row["sku"] for row in first["goods"]], first["total"], first["next"]) == (["A-1", "A-2"], 3, "A-2")
        second = await town.ask("factory", "catalogue.list", limit=2, after=first["next"])
        assert ([row["sku"] for row in second["goods"]], second["next"]) == (["A-3"], None)
        for text, found in {
            "茶具": ["A-1"],
            "餐具": ["A-2", "A-3"],
            "tea": ["A-1"],
            "晨曦": ["A-1", "A-2"],
            "a-3": ["A-3"],
            "currency": [],
            "%": [],
            "_": [],
        }.items():
            rows = (await town.ask("factory", "catalogue.list", text=text, limit=10))["goods"]
            assert [row["sku"] for row in rows] == found, text
        assert first["goods"][0]["offered_to"] == ["shop"]
        assert first["goods"][0]["places"] == {"main": 5}

    play(story)


def test_one_article_tells_everything_about_itself() -> None:
    async def story(town: Town) -> None:
        await two(town)
        await town.ask("factory", "stock.buffer", sku="A-1", units=1)
        await town.ask("factory", "stock.allot", partner="shop", sku="A-1", amount="50%")
        shown = await town.ask("factory", "catalogue.show", sku="A-1")
        assert (shown["category"], shown["lead_days"], shown["buffer"], shown["source"]) == ("茶具", 3, 1, None)
        (reader,) = shown["partners"]
        assert (reader["partner"], reader["listed"], reader["stock"], reader["allotment"]) == ("shop", True, 2, "50%")
        assert reader["price"]["text"] == "50.00 CNY"
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("factory", "catalogue.show", sku="B")
        assert refused.value.code == "good.unknown"

    play(story)


def test_offers_stand_side_by_side_with_what_they_leave() -> None:
    async def story(town: Town) -> None:
        await two(town)
        await town.settle()
        answer = await town.ask("shop", "selection.list")
        assert (answer["total"], answer["partners"], answer["categories"]) == (3, ["factory"], ["茶具", "餐具"])
        tea = next(row for row in answer["offers"] if row["sku"] == "A-1")
        assert (tea["margin"]["amount"], tea["margin_share"], tea["online"]) == (5000, 0.5, True)
        assert (tea["lead_s"], tea["min_quantity"], tea["stock"], tea["picked"]) == (3 * 86_400, 2, 5, None)
        assert await seen(town, text="茶具") == ["A-1"]
        assert await seen(town, category="餐具", in_stock=True) == ["A-3"]
        assert await seen(town, margin_percent_min=20) == ["A-1"]
        assert await seen(town, sort="cost") == ["A-3", "A-2", "A-1"]
        assert await seen(town, sort="margin") == ["A-1", "A-2", "A-3"]
        assert await seen(town, sort="stock") == ["A-3", "A-1", "A-2"]
        page = await town.ask("shop", "selection.list", sort="cost", limit=2)
        rest = await town.ask("shop", "selection.list", sort="cost", limit=2, after=page["next"])
        assert ([row["sku"] for row in rest["offers"]], rest["next"]) == (["A-1"], None)
        preview = await town.ask("factory", "catalogue.preview", partner="shop")
        offered = await town.ask("shop", "catalogue.list", partner="factory")
        assert preview == offered
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("shop", "selection.show", partner="factory", sku="Z")
        assert refused.value.code == "offer.unknown"

    play(story)


def test_what_is_kept_of_an_offer_follows_its_title_price_stock_and_end() -> None:
    async def story(town: Town) -> None:
        await two(town)
        await town.settle()
        assert await seen(town, sort="cost") == ["A-3", "A-2", "A-1"]
        assert await seen(town, sort="stock") == ["A-3", "A-1", "A-2"]
        assert [row["sku"] for row in (await preview(town))["goods"]] == ["A-1", "A-2", "A-3"]
        await take(town, "factory", GOODS.replace("Bowl,10,12,0", "Basin,70,90,9"))
        await town.ask("factory", "catalogue.share", partner="shop")
        await town.settle()
        assert await seen(town, sort="cost") == ["A-3", "A-1", "A-2"]
        assert await seen(town, sort="stock") == ["A-2", "A-3", "A-1"]
        assert (await seen(town, text="basin"), await seen(town, text="bowl")) == (["A-2"], [])
        assert (await preview(town, text="basin"))["total"] == 1
        await town.ask("factory", "stock.set", sku="A-1", on_hand=20)
        await town.ask("factory", "catalogue.withdraw", sku="A-3")
        await town.settle()
        assert await seen(town, sort="stock") == ["A-1", "A-2"]
        assert [row["sku"] for row in (await preview(town))["goods"]] == ["A-1", "A-2"]

    async def preview(town: Town, **given: Any) -> Any:
        return await town.ask("factory", "catalogue.preview", partner="shop", **given)

    play(story)


def test_what_is_picked_is_shown_before_and_a_dearer_price_is_told() -> None:
    async def story(town: Town) -> None:
        await two(town)
        await town.settle()
        asked = {"partner": "factory", "skus": ["A-1"], "markup_percent": "20", "prefix": "F-"}
        tried = await town.ask("shop", "catalogue.derive", dry_run=True, **asked)
        (article,) = tried["articles"]
        assert (article["sku"], article["cost"]["amount"], article["price"]["amount"]) == ("F-A-1", 5000, 6000)
        assert (await town.ask("shop", "catalogue.list"))["goods"] == []
        assert (await town.ask("shop", "catalogue.derive", **asked))["new"] == 1
        assert (await town.ask("shop", "selection.show", partner="factory", sku="A-1"))["picked"] == "F-A-1"
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("shop", "catalogue.derive", partner="factory", skus=["A-1", "Z"])
        assert (refused.value.code, refused.value.got) == ("order.sku", "Z")
        for price in ("55", "60"):
            await take(town, "factory", GOODS.replace("Tea set,50", f"Tea set,{price}"))
            await town.ask("factory", "catalogue.share", partner="shop")
            await town.settle()
        (change,) = (await town.ask("shop", "selection.changes"))["changes"]
        assert (change["sku"], change["before"]["amount"], change["cost"]["amount"]) == ("F-A-1", 5000, 6000)
        assert (change["price"]["amount"], round(change["share"], 2)) == (7200, 0.2)
        source = (await town.ask("shop", "catalogue.show", sku="F-A-1"))["source"]
        assert (source["partner"], source["sku"], source["before"]["amount"]) == ("factory", "A-1", 5000)
        assert await town.ask("shop", "selection.noted") == {"noted": 1}
        assert (await town.ask("shop", "selection.changes"))["changes"] == []

    play(story)


def test_pictures_go_to_the_partner_and_along_a_chain() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "dealer", "shop")
        for seller, buyer in (("factory", "dealer"), ("dealer", "shop")):
            await town.pair(seller, buyer)
        await take(town, "factory")
        files = [
            {"name": "a.png", "data_hex": png().hex()},
            {"name": "b.jpg", "data_hex": saved(photo(2_000, 1_500)).hex()},
        ]
        await town.ask("factory", "picture.add", sku="A-1", files=files)
        image = (await town.ask("factory", "catalogue.show", sku="A-1"))["images"][1]
        second = image["hash"]
        assert (image["media"], image["len"] < 512 * 1024) == ("image/jpeg", True)
        await town.ask("factory", "picture.first", sku="A-1", image=second)
        await agree(town, "factory", "dealer")
        await town.ask("dealer", "catalogue.derive", partner="factory")
        await agree(town, "dealer", "shop")
        await town.settle()
        for who in ("dealer", "shop"):
            (offer,) = (await town.ask(who, "selection.list", text="A-1"))["offers"]
            assert (offer["image"], len(offer["images"])) == (second, 2)
            shown = await town.ask(who, "picture.show", image=second)
            assert (shown["media"], shown["width"], shown["height"]) == ("image/jpeg", 1_600, 1_200)
            small = await town.ask(who, "picture.show", image=second, size="small")
            assert (small["width"], len(small["data_hex"]) * 4 < len(shown["data_hex"])) == (480, True)
        await take(town, "factory", GOODS.replace("Tea set", "Tea things"))
        assert len((await town.ask("factory", "catalogue.show", sku="A-1"))["images"]) == 2
        await town.ask("factory", "picture.remove", sku="A-1", image=second)
        assert len((await town.ask("factory", "catalogue.show", sku="A-1"))["images"]) == 1

    play(story)


def test_what_is_no_picture_is_refused_and_never_shown() -> None:
    async def story(town: Town) -> None:
        await two(town)
        files = [{"name": "<b>.svg", "data_hex": b"<svg/>".hex()}, {"name": "b.png", "data_hex": "zz"}]
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("factory", "picture.add", sku="A-1", files=files)
        assert refused.value.code == "attachment.unreadable"
        assert [fault["code"] for fault in refused.value.faults] == ["picture.format", "request.attachment"]
        with pytest.raises(errors.NodeError) as unknown:
            await town.ask("factory", "picture.show", image="00" * 32)
        assert unknown.value.code == "picture.unknown"

    play(story)
