from __future__ import annotations

import openpyxl
import pytest

from node.connectors.spreadsheets import catalogues, headings, orders, sources, vocabularies, waybills
from node.connectors.spreadsheets.vocabularies import Vocabulary
from tests.node.spreadsheets import makers

ALL = {
    "catalogue": vocabularies.CATALOGUE,
    "shopify products": vocabularies.SHOPIFY_PRODUCTS,
    "orders": vocabularies.ORDERS,
    "shopify orders": vocabularies.SHOPIFY_ORDERS,
    "waybills": vocabularies.WAYBILLS,
}


@pytest.mark.parametrize("vocabulary", ALL.values(), ids=ALL.keys())
def test_every_word_is_spelled_normally_and_means_one_field(vocabulary: Vocabulary) -> None:
    words = [word for spellings in vocabulary.fields.values() for word in spellings]
    assert len(words) == len(set(words))
    assert [word for word in words if headings.normal(word) != word] == []


@pytest.mark.parametrize(
    "dialect", [catalogues.PLAIN, catalogues.SHOPIFY, orders.PLAIN, orders.SHOPIFY, waybills.DIALECT]
)
def test_required_fields_exist(dialect: headings.Dialect) -> None:
    assert {field for group in dialect.required for field in group} <= set(dialect.vocabulary.fields)


@pytest.mark.parametrize(
    "heading",
    ["商品编码", " 商品 编码 ", "＊商品编码", "商品编码*", "商品编码(必填)", "商品编码（必填）", "【必填】商品编码",
     "SKU", "sku_code",
     "Item No.", "商品编码/SKU", "商品编码:", "SKU\n编码", "ＳＫＵ"],
)  # fmt: skip
def test_one_field_under_many_spellings(heading: str) -> None:
    sheet = catalogues.read(makers.csv((heading, "品名"), ("A1", "碗")), makers.CNY)
    assert [row.sku for row in sheet.rows] == ["A1"], sheet.faults


@pytest.mark.parametrize("heading", ["商品编码(旧)", "商品编码/品名", "my sku", "x" * 100])
def test_an_unclear_heading_is_no_heading(heading: str) -> None:
    sheet = catalogues.read(makers.csv((heading, "品名", "单位"), ("A1", "碗", "个")), makers.CNY)
    assert makers.places(sheet.faults) == [(1, "", "sheet.heading-missing")]


def test_headings_nobody_understood_are_named() -> None:
    sheet = catalogues.read(makers.csv(("sku", "title", "shelf"), ("A1", "Bowl", "7")), makers.CNY)
    assert sheet.unknown == ("shelf",)
    assert len(sheet.rows) == 1


def test_F02_repeated_headings_are_refused_whether_spelled_alike_or_not() -> None:
    sheet = catalogues.read(
        makers.csv(("sku", "title", "SKU", "货号", "x", "X"), ("A", "b", "c", "d", "e", "f")), makers.CNY
    )
    repeated = "sheet.heading-repeated"
    assert makers.places(sheet.faults) == [(1, "C (SKU)", repeated), (1, "D (货号)", repeated), (1, "F (X)", repeated)]
    assert sheet.faults[1].got == "also in column A (sku)"


def test_a_mapping_goes_before_the_vocabulary() -> None:
    data = makers.csv(("货号", "商品编码", "名", "库存"), ("style", "A1", "碗", "viele"))
    mapping = {"货号": "", "名": "title_zh", "库存": ""}
    sheet = catalogues.read(data, sources.Source(currency="CNY", mapping=mapping))
    assert [(row.sku, row.titles, row.stock) for row in sheet.rows] == [("A1", {"zh": "碗"}, None)]
    assert sheet.unknown == ()


def test_a_mapping_to_no_field_is_refused() -> None:
    sheet = catalogues.read(makers.csv(("sku", "title"), ("A", "b")), sources.Source(mapping={"title": "titel"}))
    assert makers.places(sheet.faults) == [(1, "", "sheet.heading-missing"), (1, "title", "sheet.mapping")]


def test_lines_above_the_headings_are_passed_over() -> None:
    data = makers.xlsx(("示例陶瓷厂 2024 秋季目录",), (None,), ("说明:含税",), ("商品编码", "商品名称"), ("A1", "碗"))
    sheet = catalogues.read(data, makers.CNY)
    assert [(row.sku, row.row) for row in sheet.rows] == [("A1", 5)]


def test_the_sheet_with_known_headings_is_taken() -> None:
    book = makers.xlsx(("sku", "title"), ("A1", "Bowl"), name="目录")
    assert len(catalogues.read(book, makers.CNY).rows) == 1


def test_two_sheets_with_rows_are_asked_about() -> None:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, sku in (("一", "A1"), ("二", "B1")):
        makers.fill(workbook.create_sheet(name), (("sku", "title"), (sku, "Bowl")))
    makers.fill(workbook.create_sheet("说明"), (("read me",),))
    data = makers.saved(workbook)
    several = catalogues.read(data, makers.CNY)
    assert (makers.codes(several.faults), several.rows) == (["sheet.several"], ())
    named = catalogues.read(data, sources.Source(sheet="二"))
    assert [row.sku for row in named.rows] == ["B1"]
    unknown = catalogues.read(data, sources.Source(sheet="三"))
    assert "sheet.unknown-sheet" in makers.codes(unknown.faults)


def test_a_currency_in_the_brackets_of_a_heading_holds_for_its_column() -> None:
    data = makers.csv(("sku", "title", "供货价(美元)", "零售价（USD）"), ("A1", "Bowl", "1.50", "$3"))
    (row,) = catalogues.read(data, makers.CNY).rows
    assert (row.currency, row.price_minor, row.retail_minor) == ("USD", 150, 300)


def test_currencies_that_contradict_each_other_are_refused() -> None:
    data = makers.csv(("sku", "title", "供货价(美元)", "币种"), ("A1", "Bowl", "1.50", "CNY"))
    assert makers.places(catalogues.read(data, makers.CNY).faults) == [(2, "D (币种)", "sheet.currency")]


def test_an_amount_without_any_currency_is_refused() -> None:
    data = makers.csv(("sku", "title", "price"), ("A1", "Bowl", "1.50"), ("A2", "Bowl", ""))
    assert makers.places(catalogues.read(data, sources.Source()).faults) == [(2, "C (price)", "sheet.currency")]
