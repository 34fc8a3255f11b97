from __future__ import annotations

import dataclasses
import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import amounts
from node.connectors.spreadsheets import catalogues, exports, orders, sources, tables, texts, units, workbooks
from node.connectors.spreadsheets.catalogues import CatalogueRow
from node.connectors.spreadsheets.orders import SheetLine, SheetOrder
from tests.node.spreadsheets import makers

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    '=HYPERLINK("http://x")',
    "'=1",
    "  =1",
    "=cmd|'/c x'!A0",
)

WORD = st.text("ab碗 é=+-@'\"<,;_", min_size=1, max_size=12).map(lambda text: " ".join(text.split())).filter(bool)
SKU = WORD.filter(lambda text: text.strip() == text)
PART = st.text("ab碗=+-@'<_", min_size=1, max_size=8)
ROWS = st.builds(
    CatalogueRow,
    sku=SKU,
    titles=st.fixed_dictionaries({"zh": WORD}, optional={"en": WORD}),
    options=st.dictionaries(PART, PART, max_size=3),
    unit=st.sampled_from(units.CODES),
    price_minor=st.none() | st.integers(0, amounts.AMOUNT_MAX),
    retail_minor=st.none() | st.integers(0, amounts.AMOUNT_MAX),
    currency=st.sampled_from(["CNY", "JPY", "KWD", "USD"]),
    stock=st.none() | st.integers(0, amounts.QUANTITY_MAX),
    gtin=st.none() | st.just("4006381333931"),
    weight_g=st.none() | st.integers(1, 10**8),
    origin=st.sampled_from(["", "CN", "DE"]),
    lead_days=st.none() | st.integers(0, 365),
    returnable=st.none() | st.booleans(),
    min_quantity=st.integers(1, 10**6),
    description=st.just("") | WORD,
    image=st.just("") | WORD,
    row=st.just(0),
    brand=st.just("") | WORD,
    category=st.just("") | WORD,
    active=st.booleans(),
)
ORDERS = st.builds(
    SheetOrder,
    number=SKU,
    shop=SKU,
    recipient=st.fixed_dictionaries(
        {"name": WORD, "phone": st.just("15400001234"), "street": WORD},
        optional={"city": WORD, "province": WORD, "district": WORD, "country": WORD, "note": WORD},
    ),
    lines=st.lists(
        st.builds(SheetLine, SKU, st.integers(1, 10**6), st.none(), WORD, st.just(0), st.none(), WORD),
        min_size=1,
        max_size=4,
        unique_by=lambda line: line.sku,
    ).map(tuple),
    supplier=st.none(),
    row=st.just(0),
)


@given(st.lists(ROWS, min_size=1, max_size=5, unique_by=lambda row: row.sku), st.sampled_from(["zh", "en"]))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_listings_come_back_unchanged(rows: list[CatalogueRow], language: str) -> None:
    grid = exports.catalogue(rows, language)
    source = sources.Source(decimal_comma=False)
    tables_of = {
        "csv": [texts.read(exports.to_csv(grid))],
        "gb18030": [texts.read(exports.to_csv(grid, "gb18030"), "gb18030")],
        "xlsx": workbooks.parse(exports.to_xlsx(grid)),
    }
    for name, found in tables_of.items():
        sheet = catalogues.read_tables(found, source, "")
        assert sheet.faults == (), name
        placed = [_placed(row, number) for number, row in enumerate(rows, start=2)]
        assert list(sheet.rows) == placed, name


def _placed(row: CatalogueRow, number: int) -> CatalogueRow:
    return dataclasses.replace(row, row=number)


@given(st.lists(ORDERS, min_size=1, max_size=4, unique_by=lambda order: (order.shop, order.number)), st.booleans())
@settings(derandomize=True, deadline=None, max_examples=60)
def test_orders_come_back_unchanged(found: list[SheetOrder], chinese: bool) -> None:
    grid = exports.orders(found, "zh" if chinese else "en")
    for read_tables in ([texts.read(exports.to_csv(grid))], workbooks.parse(exports.to_xlsx(grid))):
        sheet = orders.read_tables(read_tables, sources.Source(), "")
        assert sheet.faults == ()
        assert list(map(makers.content_of, sheet.orders)) == list(map(makers.content_of, found))
        assert [order.key() for order in sheet.orders] == [order.key() for order in found]


@pytest.mark.parametrize("formula", FORMULAS)
def test_F01_no_text_becomes_a_formula(formula: str) -> None:
    grid = exports.Grid("x", ("heading",), ((formula,),))
    cell = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(grid))).worksheets[0]["A2"]
    assert cell.data_type == "s"
    assert str(cell.value).replace("_x000D_", "\r") == formula
    written = exports.to_csv(grid).decode("utf-8-sig").split("\r\n", 1)[1]
    assert written.startswith("\"'")


def test_F01_headings_are_neutralised_too() -> None:
    grid = exports.Grid("x", ("=1+1",), ())
    assert exports.to_csv(grid) == b'\xef\xbb\xbf"\'=1+1"\r\n'
    assert openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(grid))).worksheets[0]["A1"].data_type == "s"


def test_long_numbers_are_written_as_text_and_counts_as_numbers() -> None:
    order = SheetOrder(
        number="20240601000123456789",
        shop="甲店",
        recipient={"name": "王示例", "phone": "15400001234", "street": "演示大道1号", "zip": "010000"},
        lines=(SheetLine("007", 2, 1250, "碗", 2),),
        supplier="示例窑",
        row=2,
    )
    known = {order.key(): ("示例快递", "750123456789012345")}
    sheet = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(exports.orders([order], "zh", known)))).worksheets[0]
    row = dict(zip([cell.value for cell in sheet[1]], sheet[2], strict=True))
    for heading in ("订单号", "商品编码", "手机", "邮编", "快递单号"):
        assert (row[heading].data_type, row[heading].number_format) == ("s", "@")
    assert row["邮编"].value == "010000"
    assert (row["数量"].data_type, row["数量"].value) == ("n", 2)
    assert "1250" not in [str(cell.value) for cell in sheet[2]]
    assert sheet.column_dimensions["R"].width and sheet.freeze_panes == "A2"


def test_what_the_consumer_paid_is_not_told_to_the_supplier() -> None:
    order = SheetOrder("1", "s", {"name": "a"}, (SheetLine("A", 1, 98765, "t", 2),), None, 2, "CNY")
    for grid in (exports.orders([order]), exports.orders([order], "en")):
        assert "987.65" not in str(grid) and "98765" not in str(grid)


def test_the_same_grid_gives_the_same_bytes() -> None:
    grid = exports.Grid("x", ("a", "b"), (("1", 2),))
    assert exports.to_xlsx(grid) == exports.to_xlsx(grid)
    assert exports.to_csv(grid) == exports.to_csv(grid)


@pytest.mark.parametrize("encoding", exports.ENCODINGS)
def test_csv_in_every_encoding_is_read_without_being_told(encoding: str) -> None:
    grid = exports.Grid("x", ("商品编码", "商品名称"), (("A1", "青花瓷碗"),))
    assert texts.read(exports.to_csv(grid, encoding)).rows == [["商品编码", "商品名称"], ["A1", "青花瓷碗"]]


def test_what_does_not_fit_is_not_cut_off() -> None:
    with pytest.raises(exports.TooLarge, match="row 2 under a"):
        exports.to_xlsx(exports.Grid("x", ("a",), (("y" * (tables.CELL_CHARACTERS_MAX + 1),),)))
    with pytest.raises(exports.TooLarge, match="rows"):
        exports.to_xlsx(exports.Grid("x", ("a",), [("y",)] * exports.EXCEL_ROWS_MAX))
    with pytest.raises(ValueError, match="latin-1"):
        exports.to_csv(exports.Grid("x", ("a",), ()), "latin-1")


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(1250, "CNY", "12.50"), (5, "CNY", "0.05"), (1200, "JPY", "1200"), (1, "KWD", "0.001"), (None, "CNY", "")],
)
def test_amounts_are_written_with_all_their_decimals(minor: int | None, currency: str, text: str) -> None:
    assert exports.amount(minor, currency) == text
