"""Importing sheets into a whole node: what changes, what is only looked at, and what the person is told."""

from __future__ import annotations

from typing import Any

import pytest

from node import errors
from tests.node.markets import agree
from tests.node.towns import Town, play

GOODS = "商品编码,商品名称,供货价,库存\nA-1,碗,10,5\nA-2,杯,20,6\n"
ORDERS = """订单号,商品编码,数量,收货人,手机,详细地址,供应商
N1,A-1,1,张三,13800138000,大街 1 号,factory
N2,A-2,2,李四,13900139000,大街 2 号,factory
"""


async def take(town: Town, who: str, case: str, text: str, **told: Any) -> Any:
    return await town.ask(who, case, name="sheet.csv", data_hex=text.encode().hex(), **told)


def counts(answer: Any) -> tuple[int, int, int]:
    return answer["new"], answer["changed"], answer["unchanged"]


def test_a_dry_run_says_what_would_change_and_changes_nothing() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        assert counts(await take(town, "factory", "catalogue.import", GOODS, dry_run=True)) == (2, 0, 0)
        assert (await town.ask("factory", "catalogue.list"))["goods"] == []
        assert counts(await take(town, "factory", "catalogue.import", GOODS)) == (2, 0, 0)
        dearer = GOODS.replace("20,6", "21,6")
        assert counts(await take(town, "factory", "catalogue.import", dearer, dry_run=True)) == (0, 1, 1)
        prices = [row["price"]["text"] for row in (await town.ask("factory", "catalogue.list"))["goods"]]
        assert prices == ["10.00 CNY", "20.00 CNY"]

    play(story)


def test_the_same_file_changes_nothing_unless_it_is_read_otherwise() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        await take(town, "factory", "catalogue.import", GOODS)
        await town.ask("factory", "stock.set", items={"A-1": 1})
        again = await take(town, "factory", "catalogue.import", GOODS)
        assert (counts(again), again["known"]) == ((0, 0, 2), True)
        assert (await town.ask("factory", "stock.list"))["stock"][0]["on_hand"] == 1
        dollars = await take(town, "factory", "catalogue.import", GOODS, currency="USD")
        assert (counts(dollars), dollars["known"]) == ((0, 2, 0), False)

    play(story)


def test_a_heading_can_be_explained_and_a_missing_price_is_told() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        strange = GOODS.replace("供货价", "我们的价")
        plain = await take(town, "factory", "catalogue.import", strange, dry_run=True)
        assert (plain["unpriced"], plain["ignored"]) == (2, ["我们的价"])
        told = await take(town, "factory", "catalogue.import", strange, mapping={"我们的价": "price"})
        assert (told["unpriced"], told["ignored"]) == (0, [])

    play(story)


def test_every_fault_of_an_order_sheet_is_told_at_once() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await take(town, "factory", "catalogue.import", GOODS)
        await agree(town, "factory", "shop")
        bad = ORDERS.replace("A-1,1", "A-1,0").replace("A-2,2", "A-9,2")
        bad += "N3,A-1,1,王五,13700137000,大街 3 号,nobody\n"
        with pytest.raises(errors.NodeError) as caught:
            await take(town, "shop", "order.import", bad)
        found = [(fault["row"], fault["code"]) for fault in caught.value.faults]
        assert found == [("2", "sheet.range"), ("3", "route.sku"), ("4", "route.supplier")]
        assert (await town.ask("shop", "order.list"))["orders"] == []
        assert "hanse partners" in caught.value.hint

    play(story)


def test_an_order_that_came_back_changed_is_told_and_left_alone() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await take(town, "factory", "catalogue.import", GOODS)
        await agree(town, "factory", "shop")
        first = await take(town, "shop", "order.import", ORDERS)
        assert (first["orders"], first["differing"]) == (2, [])
        again = await take(town, "shop", "order.import", ORDERS + "\n")
        assert (again["orders"], again["unchanged"], again["differing"]) == (0, 2, [])
        changed = await take(town, "shop", "order.import", ORDERS.replace("A-2,2", "A-2,3"))
        assert (changed["orders"], changed["unchanged"], changed["differing"]) == (0, 2, ["N2"])
        assert sum(row["quantity"] for row in (await town.ask("shop", "order.list"))["orders"]) == 3

    play(story)
