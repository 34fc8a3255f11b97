from __future__ import annotations

import io

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from node.connectors.spreadsheets import articles, catalogues, faults, keys, sources
from node.connectors.spreadsheets.articles import CatalogueRow
from tests.node.spreadsheets import makers

CHINESE = (
    ("商品编码", "商品名称", "英文名称", "规格", "单位", "供货价(元)", "建议零售价", "库存", "条形码", "重量(克)",
     "产地", "发货时效", "可退", "起订量", "品牌", "类目", "描述", "图片", "上架"),
    ("TW-001", "青花碗", "Blue bowl", "颜色:青花;容量:300ml", "个", "12.50", "￥29.90", "1200", "4006381333931", "350",
     "江西景德镇", "48小时", "是", "6", "示例窑", "餐具", "手绘", "https://shop.example/1.jpg", "是"),
    ("TW-002", "白盘", "", "大号", "件", "8", "", "", "", "0.5kg", "", "", "", "", "", "", "", "", "否"),
)  # fmt: skip
FIRST = CatalogueRow(
    sku="TW-001",
    titles={"zh": "青花碗", "en": "Blue bowl"},
    options={"颜色": "青花", "容量": "300ml"},
    unit="H87",
    price_minor=1250,
    retail_minor=2990,
    currency="CNY",
    stock=1200,
    gtin="4006381333931",
    weight_g=350,
    origin="CN",
    lead_days=2,
    returnable=True,
    min_quantity=6,
    description="手绘",
    image="https://shop.example/1.jpg",
    row=2,
    brand="示例窑",
    category="餐具",
    active=True,
)
SECOND = CatalogueRow(
    sku="TW-002",
    titles={"zh": "白盘"},
    options={"规格": "大号"},
    unit="H87",
    price_minor=800,
    retail_minor=None,
    currency="CNY",
    stock=None,
    gtin=None,
    weight_g=500,
    origin="",
    lead_days=None,
    returnable=None,
    min_quantity=1,
    description="",
    image="",
    row=3,
    active=False,
)


@pytest.mark.parametrize(
    "data",
    [
        makers.csv(*CHINESE),
        makers.csv(*CHINESE, encoding="gb18030"),
        makers.csv(*CHINESE, encoding="utf-16", delimiter="\t"),
        makers.csv(*CHINESE, encoding="utf-8-sig", delimiter=";"),
        makers.xlsx(*CHINESE),
    ],
    ids=["utf-8", "gb18030", "utf-16", "semicolons", "xlsx"],
)
def test_a_chinese_catalogue_in_every_format(data: bytes) -> None:
    sheet = catalogues.read(data, makers.CNY)
    assert sheet == catalogues.CatalogueSheet(keys.sheet_key(data), "plain", (FIRST, SECOND), ())


def test_an_english_catalogue_with_numbers_of_the_spreadsheet() -> None:
    data = makers.xlsx(
        (
            "sku",
            "title",
            "title_zh",
            "color",
            "size",
            "cost",
            "retail price",
            "currency",
            "stock",
            "weight_kg",
            "lead time",
        ),
        (10023, "Bowl", "碗", "white", "L", 12.5, 13.310000000000002, "usd", 40, 0.35, 3),
    )
    (row,) = catalogues.read(data, makers.CNY).rows
    assert (row.sku, row.titles, row.options) == ("10023", {"zh": "碗", "en": "Bowl"}, {"color": "white", "size": "L"})
    assert (row.price_minor, row.retail_minor, row.currency, row.stock) == (1250, 1331, "USD", 40)
    assert (row.weight_g, row.lead_days, row.unit) == (350, 3, "C62")


def test_the_language_of_an_open_heading_is_what_the_merchant_said() -> None:
    data = makers.csv(("sku", "title"), ("A1", "Schüssel"))
    (row,) = catalogues.read(data, sources.Source(language="de")).rows
    assert row.titles == {"de": "Schüssel"}


def test_D22_D23_hostile_skus_are_data_and_nothing_else() -> None:
    hostile = ("=cmd()", "<img onerror=x>", "../../x", "'; DROP TABLE x", "+1", "@SUM(A1)", "ＡＢ", "AB")
    data = makers.csv(("sku", "title"), *((sku, "x") for sku in hostile))
    assert tuple(row.sku for row in catalogues.read(data, makers.CNY).rows) == hostile


BAD = (
    ("sku", "title", "price", "retail price", "stock", "barcode", "weight_g", "origin", "lead_days", "returnable",
     "min_order", "unit", "active", "brand"),
    ("A\u202e1", "", "1.234", "-1", "1.5", "4006381333932", "1.5", "Mars", "3-5", "perhaps", "0", "furlong", "so so",
     "x" * 201),
    ("", "Bowl", "$5", "12.3456", "1,000", "123", "light", "XX", "soon", "7", "1e3", "?", "", "a\u200bb"),
    ("A2", "Bowl", "1e5", "9" * 20, "-1", "", "", "", "", "", "", "", "", ""),
    ("A2", "Bowl", "", "", "9999999999", "", "", "", "", "", "", "", "", ""),
    ("1.38E+10", "a\x07b", "", "", "", "", "", "", "", "", "", "", "", ""),
)  # fmt: skip


def test_every_fault_is_reported_at_once_with_row_and_column() -> None:
    sheet = catalogues.read(makers.csv(*BAD), makers.CNY)
    assert sheet.rows == ()
    assert makers.places(sheet.faults) == [
        (2, "A (sku)", "sheet.control"),
        (2, "B (title)", "sheet.missing"),
        (2, "C (price)", "sheet.locale"),
        (2, "D (retail price)", "sheet.range"),
        (2, "E (stock)", "sheet.fraction"),
        (2, "F (barcode)", "sheet.gtin"),
        (2, "G (weight_g)", "sheet.weight"),
        (2, "H (origin)", "sheet.origin"),
        (2, "I (lead_days)", "sheet.days"),
        (2, "J (returnable)", "sheet.truth"),
        (2, "K (min_order)", "sheet.range"),
        (2, "L (unit)", "sheet.unit"),
        (2, "M (active)", "sheet.truth"),
        (2, "N (brand)", "sheet.cell-long"),
        (3, "A (sku)", "sheet.missing"),
        (3, "C (price)", "sheet.currency"),
        (3, "D (retail price)", "sheet.decimals"),
        (3, "E (stock)", "sheet.locale"),
        (3, "F (barcode)", "sheet.gtin"),
        (3, "G (weight_g)", "sheet.weight"),
        (3, "H (origin)", "sheet.origin"),
        (3, "I (lead_days)", "sheet.days"),
        (3, "J (returnable)", "sheet.truth"),
        (3, "K (min_order)", "sheet.number"),
        (3, "L (unit)", "sheet.unit"),
        (3, "N (brand)", "sheet.control"),
        (4, "C (price)", "sheet.number"),
        (4, "D (retail price)", "sheet.range"),
        (4, "E (stock)", "sheet.range"),
        (5, "A (sku)", "sheet.repeated"),
        (5, "E (stock)", "sheet.range"),
        (6, "A (sku)", "sheet.identifier"),
        (6, "B (title)", "sheet.control"),
    ]


def test_a_fault_shows_expected_and_got_escaped_and_shortened() -> None:
    sheet = catalogues.read(makers.csv(("sku", "title"), ("A\u202eB", "x"), ("y" * 300, "x")), makers.CNY)
    control, long = sheet.faults
    assert control.got == "A\\u202eB"
    assert long.got == "y" * faults.GOT_CHARACTERS_MAX + "…"
    assert long.expected == "at most 64 characters"


def test_cells_with_errors_are_faults_only_where_they_are_read() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for column, heading in enumerate(("sku", "title", "stock", "shelf")):
            sheet.write_string(0, column, heading)
        sheet.write_string(1, 0, "A1")
        sheet.write_string(1, 1, "Bowl")
        sheet.write_formula(1, 2, "=VLOOKUP(1,2,3)", value="#N/A")
        sheet.write_formula(1, 3, "=1/0", value="#DIV/0!")
    sheet_read = catalogues.read(out.getvalue(), makers.CNY)
    assert makers.places(sheet_read.faults) == [(2, "C (stock)", "sheet.cell-error")]


def test_a_missing_heading_is_reported_once_and_the_rows_are_still_checked() -> None:
    sheet = catalogues.read(makers.csv(("title", "stock"), ("Bowl", "x"), ("Plate", "1")), makers.CNY)
    assert makers.places(sheet.faults) == [(1, "", "sheet.heading-missing"), (2, "B (stock)", "sheet.number")]


def test_headings_without_rows_are_refused() -> None:
    sheet = catalogues.read(makers.csv(("sku", "title"), ("", "")), makers.CNY)
    assert makers.places(sheet.faults) == [(1, "", "sheet.empty")]


def test_rows_that_add_up_the_others_are_no_articles() -> None:
    data = makers.csv(("商品编码", "商品名称", "库存"), ("A1", "碗", "5"), ("合计", "", "5"), ("", "总计:", "5"))
    assert [row.sku for row in catalogues.read(data, makers.CNY).rows] == ["A1"]


def test_an_unreadable_file_is_a_sheet_with_faults() -> None:
    sheet = catalogues.read(b"%PDF-1.7", makers.CNY)
    assert (sheet.rows, makers.codes(sheet.faults)) == ((), ["sheet.format"])


def test_more_faults_than_anybody_reads_are_counted() -> None:
    rows = (("", "x") for _ in range(faults.FAULTS_MAX + 5))
    sheet = catalogues.read(makers.csv(("sku", "title"), *rows), makers.CNY)
    assert len(sheet.faults) == faults.FAULTS_MAX + 1
    assert (sheet.faults[-1].code.value, sheet.faults[-1].got) == ("sheet.more", "5 more")


def test_twenty_thousand_articles_are_read() -> None:
    rows = ((f"S{number}", f"Bowl {number}", f"{number}.50", str(number)) for number in range(20_000))
    sheet = catalogues.read(makers.csv(("sku", "title", "price", "stock"), *rows), makers.CNY)
    assert (len(sheet.rows), sheet.rows[-1].price_minor) == (20_000, 1999950)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("颜色:白;尺寸:L", {"颜色": "白", "尺寸": "L"}),
        ("颜色：白；尺寸：L；", {"颜色": "白", "尺寸": "L"}),
        ("color: white\nsize: L", {"color": "white", "size": "L"}),
        ("大号", {"规格": "大号"}),
        ("颜色:白;大号", {"规格": "颜色:白;大号"}),
        (";", {"规格": ";"}),
    ],
)
def test_specifications_are_taken_apart_where_they_are_clear(text: str, options: dict[str, str]) -> None:
    assert articles.options(text, "规格") == options
