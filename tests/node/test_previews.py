"""Looking at a file before it is taken in: headings, faults, what would change; and what is remembered of headings."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from node import errors
from tests.node.markets import agree
from tests.node.test_imports import GOODS, take
from tests.node.towns import Town, play

STRANGE = "货号,商品名称,我们的价,备用\nA-1,碗,10,x\nA-2,杯,20,y\n"
COUNTS = "货号,名称,现货库存\nA-1,碗,9\nA-2,杯,6\n"


async def look(town: Town, text: str, **told: Any) -> Any:
    return await take(town, "factory", "sheet.preview", text, **told)


def test_a_look_tells_columns_rows_and_what_would_change_and_changes_nothing() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        seen = await look(town, STRANGE)
        assert [(row["letter"], row["heading"], row["field"]) for row in seen["columns"]] == [
            ("A", "货号", "sku"),
            ("B", "商品名称", "title_local"),
            ("C", "我们的价", ""),
            ("D", "备用", ""),
        ]
        assert (seen["columns"][2]["examples"], seen["first"][0]["cells"]) == (["10", "20"], ["A-1", "碗", "10", "x"])
        assert (seen["counts"]["new"], seen["counts"]["unpriced"], seen["fault_count"]) == (2, 2, 0)
        assert (await town.ask("factory", "catalogue.list"))["goods"] == []
        await take(town, "factory", "catalogue.import", GOODS)
        dearer = await look(town, GOODS.replace("20,6", "21,7"))
        (row,) = dearer["differences"]
        assert (row["sku"], row["price_before"]["amount"], row["price"]["amount"]) == ("A-2", 2000, 2100)
        assert (row["stock_before"], row["stock"], row["fields"]) == (6, 7, ["price"])
        assert (await look(town, GOODS))["known"]

    play(story)


def test_what_a_heading_means_is_remembered_for_the_next_file_with_these_headings() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        assert not (await look(town, STRANGE, recall=True))["recalled"]
        await take(town, "factory", "catalogue.import", STRANGE, mapping={"我们的价": "price"})
        columns = "我们的价,备用,货号,商品名称\n30,x,A-3,碟\n"
        seen = await look(town, columns, recall=True)
        assert (seen["recalled"], seen["mapping"], seen["counts"]["unpriced"]) == (True, {"我们的价": "price"}, 0)
        assert not (await look(town, columns))["recalled"]
        assert not (await look(town, columns.replace("备用", "别的"), recall=True))["recalled"]

    play(story)


def test_every_fault_is_told_with_row_and_column() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        seen = await look(town, GOODS.replace("A-1,碗,10,5", ",碗,x,-5"))
        told = [(row["row"], row["column"][:1], row["code"]) for row in seen["faults"]]
        assert told == [("2", "A", "sheet.missing"), ("2", "C", "sheet.number"), ("2", "D", "sheet.range")]
        assert (seen["counts"], seen["fault_count"]) == (None, 3)
        unreadable = await town.ask("factory", "sheet.preview", name="x.pdf", data_hex=b"%PDF-1.7".hex())
        assert (unreadable["readable"], unreadable["faults"][0]["code"]) == (False, "sheet.format")

    play(story)


def test_a_stock_list_counts_one_location_and_partners_are_told() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await take(town, "factory", "catalogue.import", GOODS)
        await agree(town, "factory", "shop")
        seen = await look(town, COUNTS, kind="stock")
        assert [(row["sku"], row["stock_before"], row["stock"]) for row in seen["differences"]] == [("A-1", 5, 9)]
        tried = await take(town, "factory", "stock.import", COUNTS, dry_run=True)
        assert (tried["rows"], tried["changed"], tried["unchanged"]) == (2, 1, 1)
        await take(town, "factory", "stock.import", COUNTS)
        await town.settle()
        offers = (await town.ask("shop", "selection.list"))["offers"]
        assert {row["sku"]: row["stock"] for row in offers} == {"A-1": 9, "A-2": 6}
        for text, code in ((COUNTS.replace("A-2", "Z"), "stock.sku"), ("货号\nA-1\n", "sheet.heading-missing")):
            with pytest.raises(errors.NodeError) as refused:
                await take(town, "factory", "stock.import", text)
            assert [fault["code"] for fault in refused.value.faults] == [code]
        with pytest.raises(errors.NodeError) as nowhere:
            await take(town, "factory", "stock.import", COUNTS, location="moon")
        assert nowhere.value.code == "stock.location"

    play(story)


def test_a_table_is_written_without_formulas() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        answer = await town.ask("factory", "sheet.write", name="错误", headings=["行", "内容"], rows=[[2, "=1+1"]])
        sheet = openpyxl.load_workbook(io.BytesIO(bytes.fromhex(answer["data_hex"]))).active
        assert sheet is not None
        assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [["行", "内容"], [2, "=1+1"]]
        assert sheet["B2"].data_type == "s"
        with pytest.raises(errors.NodeError):
            await town.ask("factory", "sheet.write", name="x", headings=["a", "b"], rows=[["1"]])

    play(story)


def test_a_list_of_new_prices_takes_nothing_else_away() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        whole = "货号,中文名称,英文名称,规格,供货价,品牌,重量(克)\nA-1,碗,Bowl,颜色:白,10,晨曦,350\n"
        await take(town, "factory", "catalogue.import", whole)
        prices = "货号,中文名称,供货价\nA-1,瓷碗,12\n"
        (row,) = (await look(town, prices))["differences"]
        assert row["fields"] == ["titles", "price"]
        await take(town, "factory", "catalogue.import", prices)
        shown = await town.ask("factory", "catalogue.show", sku="A-1")
        assert (shown["titles"], shown["spec"]) == ({"zh": "瓷碗", "en": "Bowl"}, "白")
        assert (shown["brand"], shown["weight_g"], shown["price"]["amount"]) == ("晨曦", 350, 1200)

    play(story)


SHOP_ORDERS = """单据,货号,下单数,收件人,手机,详细地址,供应商,结算价
N1,A-1,1,张三,13800138000,大街 1 号,factory,25
N2,A-2,x,李四,139,大街 2 号,nobody,40
"""
SAID = {"单据": "number", "下单数": "quantity", "结算价": ""}


async def look_at_orders(town: Town, text: str, **told: Any) -> Any:
    return await take(town, "shop", "sheet.preview", text, kind="orders", **told)


def test_orders_are_looked_at_with_every_fault_at_its_cell_and_nothing_is_placed() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await take(town, "factory", "catalogue.import", GOODS)
        await agree(town, "factory", "shop")
        seen = await look_at_orders(town, SHOP_ORDERS)
        assert (seen["faults"][0]["code"], seen["counts"], seen["shop"]) == ("sheet.heading-missing", None, "shop")
        assert {"number", "quantity", "supplier"} <= set(seen["fields"])
        seen = await look_at_orders(town, SHOP_ORDERS, mapping=SAID)
        assert [(fault["row"], fault["column"], fault["code"]) for fault in seen["faults"]] == [
            ("3", "C (下单数)", "sheet.number"),
            ("3", "E (手机)", "sheet.phone"),
        ]
        mended = SHOP_ORDERS.replace("x,李四,139,", "2,李四,13900139000,").replace("nobody", "factory")
        seen = await look_at_orders(town, mended, mapping=SAID)
        assert (seen["fault_count"], seen["counts"]["orders"], seen["counts"]["lines"]) == (0, 2, 2)
        assert (await town.ask("shop", "order.list"))["orders"] == []
        placed = await take(town, "shop", "order.import", mended, mapping=SAID)
        assert placed["placed"] == {"factory": 2}
        seen = await look_at_orders(town, mended.replace("N2,", "N3,"), recall=True)
        assert (seen["recalled"], seen["mapping"]) == (True, SAID)
        assert (seen["counts"]["orders"], seen["counts"]["unchanged"]) == (1, 1)

    play(story)


def test_a_file_as_chinese_excel_writes_it_is_read_and_another_character_set_can_be_named() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        goods = "商品编码,商品名称,供货价,库存\nA-1,青花碗·镕,10,5\n"
        data = goods.replace("\n", "\r\n").encode("gbk")
        seen = await town.ask("factory", "sheet.preview", name="商品.csv", data_hex=data.hex())
        assert (seen["fault_count"], seen["counts"]["new"]) == (0, 1)
        rare = await town.ask(
            "factory", "sheet.preview", name="a.csv", data_hex=goods.replace("镕", "𠮷").encode("gb18030").hex()
        )
        assert rare["first"][0]["cells"][1] == "青花碗·𠮷"
        western = "sku;title;price\nA;Café crème à la bonne étoile;1,5\n".encode("cp1252").hex()
        seen = await town.ask("factory", "sheet.preview", name="a.csv", data_hex=western)
        assert (seen["readable"], seen["faults"][0]["code"], seen["encoding"]) == (False, "sheet.encoding", None)
        told = {"encoding": "cp1252", "separator": ";", "decimal_comma": True}
        seen = await town.ask("factory", "sheet.preview", name="a.csv", data_hex=western, **told)
        assert (seen["fault_count"], seen["first"][0]["cells"][1]) == (0, "Café crème à la bonne étoile")

    play(story)
