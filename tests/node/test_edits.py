"""Articles written by hand: what partners are told of them, what is refused, and what still follows a supplier."""

from __future__ import annotations

from typing import Any

import pytest

from node import errors
from tests.node.markets import agree
from tests.node.test_pictures import png
from tests.node.towns import Town, play

GOODS = "商品编码,商品名称,供货价,建议零售价,库存\nA-1,碗,10,25,5\nA-2,杯,20,40,6\n"
CUP: dict[str, Any] = {
    **{"sku": "CUP", "titles": {"zh": "茶杯", "en": "Cup"}, "price": "12.5", "retail": "30", "gtin": "6901234567892"},
    **{"options": [{"axis": "颜色", "value": "青"}], "brand": "晨曦", "lead_days": 2, "stock": {"main": 9}},
}


async def shared(town: Town, *more: str) -> None:
    """A factory whose goods a shop sees."""
    await town.open("factory", "shop", *more)
    await town.pair("factory", "shop")
    await town.ask("factory", "catalogue.import", name="goods.csv", data_hex=GOODS.encode().hex())
    await agree(town, "factory", "shop")


async def offer(town: Town, who: str, partner: str, sku: str) -> Any:
    await town.settle()
    return await town.ask(who, "selection.show", partner=partner, sku=sku)


async def refused(town: Town, case: str, **given: Any) -> errors.NodeError:
    with pytest.raises(errors.NodeError) as caught:
        await town.ask("factory", case, **given)
    return caught.value


def test_a_new_article_is_with_every_partner_at_once_with_price_stock_and_picture() -> None:
    async def story(town: Town) -> None:
        await shared(town)
        picture = {"name": "cup.png", "data_hex": png(extra=b"").hex()}
        added = await town.ask("factory", "catalogue.add", **CUP, files=[picture])
        assert (added["partners"], added["priced"]) == (1, True)
        seen = await offer(town, "shop", "factory", "CUP")
        assert (seen["cost"]["text"], seen["retail"]["text"], seen["stock"]) == ("12.50 CNY", "30.00 CNY", 9)
        assert (seen["titles"], seen["spec"], seen["lead_s"]) == ({"zh": "茶杯", "en": "Cup"}, "青", 172_800)
        assert len(seen["images"]) == 1
        shown = await town.ask("factory", "catalogue.show", sku="CUP")
        assert (shown["options"], shown["gtin"]) == ({"color": "青"}, "6901234567892")

    play(story)


def test_a_change_is_told_where_it_is_one_and_only_then() -> None:
    async def story(town: Town) -> None:
        await shared(town)
        changed = await town.ask("factory", "catalogue.change", sku="A-1", price="11", brand="晨曦")
        assert changed["partners"] == 1
        seen = await offer(town, "shop", "factory", "A-1")
        assert (seen["cost"]["text"], seen["brand"], seen["titles"]) == ("11.00 CNY", "晨曦", {"zh": "碗"})
        assert (await town.ask("factory", "catalogue.change", sku="A-1", price="11"))["partners"] == 0
        whole = {"sku": "A-1", "titles": {"zh": "大碗"}, "price": "11", "whole": True}
        assert (await town.ask("factory", "catalogue.change", **whole))["partners"] == 1
        seen = await offer(town, "shop", "factory", "A-1")
        assert (seen["titles"], seen["brand"], seen["retail"]) == ({"zh": "大碗"}, None, None)

    play(story)


def test_every_fault_of_an_article_is_told_at_once_by_its_field_and_nothing_is_kept() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        wrong = {**CUP, "titles": {"zh": "a\u200bb\u0007"}, "price": "1.234", "retail": "-3", "gtin": "6901234567890"}
        faulty = await refused(town, "catalogue.add", **{**wrong, "origin": "China", "options": []})
        assert [fault["path"] for fault in faulty.faults] == ["price", "retail", "gtin", "titles.zh", "origin"]
        untitled = await refused(town, "catalogue.add", sku="B", titles={"zh": " "}, price="1", currency="XXY")
        assert [fault["path"] for fault in untitled.faults] == ["currency", "titles"]
        assert (await refused(town, "catalogue.add", **{**CUP, "stock": {"moon": 1}})).code == "stock.location"
        assert (await town.ask("factory", "catalogue.list"))["goods"] == []
        await town.ask("factory", "catalogue.add", **CUP)
        assert (await refused(town, "catalogue.add", **CUP)).code == "good.known"
        assert (await refused(town, "catalogue.change", sku="B", price="1")).code == "good.unknown"

    play(story)


def test_one_partner_pays_a_price_of_its_own_until_it_is_taken_back() -> None:
    async def story(town: Town) -> None:
        await shared(town)
        await town.ask("factory", "catalogue.price", partner="shop", sku="A-1", amount="8.80")
        assert (await offer(town, "shop", "factory", "A-1"))["cost"]["text"] == "8.80 CNY"
        await town.ask("factory", "catalogue.share", partner="shop", percent="90")
        assert (await offer(town, "shop", "factory", "A-1"))["cost"]["text"] == "8.80 CNY"
        assert (await offer(town, "shop", "factory", "A-2"))["cost"]["text"] == "18.00 CNY"
        dearer = GOODS.replace("碗,10", "碗,12")
        await town.ask("factory", "catalogue.import", name="later.csv", data_hex=dearer.encode().hex())
        (reader,) = (await town.ask("factory", "catalogue.show", sku="A-1"))["partners"]
        assert reader["special"]["text"] == "8.80 CNY"
        await town.ask("factory", "catalogue.price", partner="shop", sku="A-1")
        assert (await offer(town, "shop", "factory", "A-1"))["cost"]["text"] == "10.80 CNY"
        faulty = await refused(town, "catalogue.price", partner="shop", sku="A-1", amount="-1")
        assert faulty.faults[0]["path"] == "amount"

    play(story)


def test_an_article_that_was_withdrawn_is_offered_again_and_a_change_does_not_do_so() -> None:
    async def story(town: Town) -> None:
        await shared(town)
        await town.ask("factory", "catalogue.withdraw", sku="A-1")
        assert (await town.ask("factory", "catalogue.change", sku="A-1", price="11"))["partners"] == 0
        await town.settle()
        seen = (await town.ask("shop", "selection.list"))["offers"]
        assert [row["sku"] for row in seen] == ["A-2"]
        assert (await town.ask("factory", "catalogue.restore", sku="A-1"))["partners"] == 1
        assert (await offer(town, "shop", "factory", "A-1"))["cost"]["text"] == "11.00 CNY"

    play(story)


def test_what_a_reseller_wrote_itself_stays_and_the_rest_follows_the_supplier() -> None:
    async def story(town: Town) -> None:
        await shared(town, "till")
        await town.pair("shop", "till")
        await town.ask("shop", "catalogue.derive", partner="factory", markup_percent="20")
        await agree(town, "shop", "till")
        await town.ask("shop", "catalogue.change", sku="A-1", titles={"zh": "好碗"})
        await town.ask("shop", "catalogue.change", sku="A-2", price="30")
        for sku in ("A-1", "A-2"):
            await town.ask("factory", "catalogue.change", sku=sku, titles={"zh": "新名"}, price="25")
        first, second = await offer(town, "till", "shop", "A-1"), await offer(town, "till", "shop", "A-2")
        assert (first["titles"], first["cost"]["text"]) == ({"zh": "好碗"}, "30.00 CNY")
        assert (second["titles"], second["cost"]["text"]) == ({"zh": "新名"}, "30.00 CNY")
        assert [row["sku"] for row in (await town.ask("shop", "selection.changes"))["changes"]] == ["A-1", "A-2"]
        await town.ask("shop", "catalogue.change", sku="A-2", markup_percent="40")
        assert (await offer(town, "till", "shop", "A-2"))["cost"]["text"] == "35.00 CNY"
        sheet = "商品编码,商品名称,供货价\nA-1,最好的碗,33\n"
        await town.ask("shop", "catalogue.import", name="own.csv", data_hex=sheet.encode().hex())
        await town.ask("factory", "catalogue.change", sku="A-1", price="26")
        await town.settle()
        shown = await town.ask("shop", "catalogue.show", sku="A-1")
        assert (shown["price"]["text"], shown["source"]["price"]["text"]) == ("33.00 CNY", "26.00 CNY")

    play(story)
