from __future__ import annotations

import io

import openpyxl

from node.connectors.spreadsheets import exports, orders, sources, waybills
from node.connectors.spreadsheets.orders import SheetLine, SheetOrder
from node.connectors.spreadsheets.waybills import SheetWaybill
from tests.node.spreadsheets import makers

HEADINGS = ("订单号", "店铺", "商品编码", "数量", "快递公司", "快递单号")
ORDERS = (
    SheetOrder(
        number="=X-1",
        shop="甲店",
        recipient={"name": "王示例", "phone": "15400001234", "street": "演示大道1号"},
        lines=(SheetLine("TW-1", 2, 1250, "碗", 2), SheetLine("-TW-2", 1, None, "盘", 3)),
        supplier="示例窑",
        row=2,
    ),
)


def test_a_filled_sheet_of_ours_comes_back_as_waybills() -> None:
    for data in (exports.to_xlsx(exports.orders(ORDERS)), exports.to_csv(exports.orders(ORDERS))):
        untouched = waybills.read(data, sources.Source())
        assert (untouched.waybills, untouched.open_rows, untouched.faults) == ((), (2, 3), ())
    book = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(exports.orders(ORDERS))))
    sheet = book.worksheets[0]
    columns = [cell.value for cell in sheet[1]]
    sheet.cell(2, columns.index("快递公司") + 1).value = "示例快递"
    sheet.cell(2, columns.index("快递单号") + 1).value = "SF1234567890123"
    found = waybills.read(makers.saved(book), sources.Source())
    assert found.waybills == (SheetWaybill("=X-1", "甲店", "TW-1", 2, "示例快递", "SF1234567890123", 2),)
    assert found.open_rows == (3,)
    assert found.waybills[0].key() == ORDERS[0].key()


def test_a_sheet_of_ours_with_waybills_is_read_back_from_csv() -> None:
    known = {ORDERS[0].key(): ("顺丰", "SF0001")}
    for language in ("zh", "en"):
        data = exports.to_csv(exports.orders(ORDERS, language, known))
        found = waybills.read(data, sources.Source())
        assert [(entry.number, entry.sku, entry.waybill) for entry in found.waybills] == [
            ("=X-1", "TW-1", "SF0001"),
            ("=X-1", "-TW-2", "SF0001"),
        ]


def test_a_sheet_of_theirs_needs_no_more_than_number_and_waybill() -> None:
    found = waybills.read(makers.csv(("单号", "运单号"), ("X-1", "7501234567"), ("合计", "")), makers.CNY)
    assert found.waybills == (SheetWaybill("X-1", "示例小店", None, None, "", "7501234567", 2),)


def test_waybills_that_lost_digits_or_are_none_are_refused() -> None:
    data = makers.xlsx(
        HEADINGS,
        ("X-1", "甲店", "A", 1, "顺丰", 7.5012345678901e17),
        ("X-2", "甲店", "A", 0, "顺丰", "SF1, SF2"),
        ("", "甲店", "A", 1, "顺丰", "SF000001"),
        ("X-4", "甲店", "A", 1, "顺丰", "7.5E+17"),
        ("X-5", "甲店", "A", 1, "顺丰", 7501234567.0),
    )
    found = waybills.read(data, makers.CNY)
    assert found.waybills == ()
    assert makers.places(found.faults) == [
        (2, "F (快递单号)", "sheet.identifier"),
        (3, "D (数量)", "sheet.range"),
        (3, "F (快递单号)", "sheet.identifier"),
        (4, "A (订单号)", "sheet.missing"),
        (5, "F (快递单号)", "sheet.identifier"),
    ]


def test_a_sheet_without_waybills_or_shop_says_so() -> None:
    found = waybills.read(makers.csv(("order number", "sku"), ("1", "A")), sources.Source())
    assert makers.places(found.faults) == [(1, "", "sheet.heading-missing"), (1, "", "sheet.heading-missing")]
    assert makers.codes(waybills.read(b"", makers.CNY).faults) == ["sheet.empty"]


def test_the_sheet_for_the_supplier_is_an_order_sheet_too() -> None:
    (order,) = orders.read(exports.to_xlsx(exports.orders(ORDERS)), sources.Source()).orders
    assert (order.number, order.recipient, order.supplier) == ("=X-1", ORDERS[0].recipient, "示例窑")
