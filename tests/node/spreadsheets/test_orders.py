from __future__ import annotations

import dataclasses

import pytest

from contracts.documents import fields
from node.connectors.spreadsheets import articles, keys, orders, sources
from node.connectors.spreadsheets.orders import SheetLine, SheetOrder
from tests.node.spreadsheets import makers

HEADINGS = ("订单号", "店铺", "商品编码", "商品名称", "规格", "数量", "单价", "收货人", "手机", "省", "市", "区",
            "详细地址", "邮编", "备注", "供应商")  # fmt: skip
WANG = ("王示例", "15400001234", "浙江省", "杭州市", "西湖区", "演示大道1号", "310000", "轻放")
LI = ("李样本", "15400005678", "江苏省", "苏州市", "姑苏区", "示范路2号", "", "")
RECIPIENT = {
    "name": "王示例",
    "phone": "15400001234",
    "province": "浙江省",
    "city": "杭州市",
    "district": "西湖区",
    "zip": "310000",
    "street": "演示大道1号",
    "note": "轻放",
}
CHINESE = (
    HEADINGS,
    ("X-1", "甲店", "TW-1", "碗", "颜色:白", "2", "12.50", *WANG, "示例窑"),
    ("X-1", "甲店", "TW-2", "盘", "", "1", "", "", "", "", "", "", "", "", "", "示例窑"),
    ("X-2", "甲店", "TW-1", "碗", "", "3", "12.5", *LI, ""),
    ("X-1", "乙店", "TW-1", "碗", "", "1", "", *LI, ""),
)
FIRST = SheetOrder(
    number="X-1",
    shop="甲店",
    recipient=RECIPIENT,
    lines=(
        SheetLine("TW-1", 2, 1250, "碗", 2, "示例窑", "颜色:白"),
        SheetLine("TW-2", 1, None, "盘", 3, "示例窑"),
    ),
    supplier="示例窑",
    row=2,
    currency="CNY",
)
ENGLISH = ("order number", "sku", "qty", "recipient", "phone", "address", "country")
ANN = ("Ann Example", "+1 202 555 0142", "1 Sample Street", "US")
BOB = ("Bob Example", "+44 7700 900123", "2 Sample Road", "GB")


def english(*rows: tuple[str, ...], source: sources.Source = makers.USD) -> orders.OrderSheet:
    return orders.read(makers.csv(ENGLISH, *rows), source)


@pytest.mark.parametrize(
    "data",
    [makers.csv(*CHINESE), makers.csv(*CHINESE, encoding="gb18030"), makers.xlsx(*CHINESE)],
    ids=["utf-8", "gb18030", "xlsx"],
)
def test_rows_of_one_order_are_merged(data: bytes) -> None:
    sheet = orders.read(data, makers.CNY)
    assert (sheet.faults, sheet.skipped, sheet.unknown, sheet.key) == ((), (), (), keys.sheet_key(data))
    assert sheet.orders[0] == FIRST
    assert [(order.shop, order.number, order.row) for order in sheet.orders] == [
        ("甲店", "X-1", 2),
        ("甲店", "X-2", 4),
        ("乙店", "X-1", 5),
    ]
    assert "zip" not in sheet.orders[1].recipient


def test_numbers_of_the_spreadsheet_are_fine_where_their_digits_are_certain() -> None:
    data = makers.xlsx(ENGLISH, (20240601001, 7001, 2, "Ann", 15400001234, "1 Sample Street", "CN"))
    (order,) = orders.read(data, makers.CNY).orders
    assert (order.number, order.lines[0].sku, order.recipient["phone"]) == ("20240601001", "7001", "15400001234")


def test_numbers_that_lost_digits_are_refused() -> None:
    data = makers.xlsx(ENGLISH, (2024060100012345678, 1.5, 2, "Ann", 1.54e17, "1 Sample Street", "CN"))
    assert makers.places(orders.read(data, makers.CNY).faults) == [
        (2, "A (order number)", "sheet.identifier"),
        (2, "B (sku)", "sheet.identifier"),
        (2, "E (phone)", "sheet.identifier"),
    ]


def test_numbers_as_marketplaces_write_them() -> None:
    data = (
        'order number,sku,qty,recipient,phone,address\n="20240601000123456789",A1,1,Ann,="15400001234","1 Street\t"\n'
    )
    (order,) = orders.read(data.encode(), makers.CNY).orders
    assert (order.number, order.recipient["phone"], order.recipient["street"]) == (
        "20240601000123456789",
        "15400001234",
        "1 Street",
    )


def test_the_same_article_twice_in_one_order_adds_up() -> None:
    (order,) = english(("1", "A", "2", *ANN), ("1", "B", "1", *ANN), ("1", "A", "3", *ANN)).orders
    assert [(line.sku, line.quantity, line.row) for line in order.lines] == [("A", 5, 2), ("B", 1, 3)]


def test_the_same_article_from_two_suppliers_stays_apart() -> None:
    rows = (("1", "A", "2", "x"), ("1", "A", "1", "y"), ("1", "A", "1", "x"))
    data = makers.csv((*ENGLISH, "supplier"), *((*row[:3], *ANN, row[3]) for row in rows))
    (order,) = orders.read(data, makers.USD).orders
    assert [(line.quantity, line.supplier) for line in order.lines] == [(3, "x"), (1, "y")]
    assert order.supplier is None


def test_quantities_that_add_up_to_too_much_are_refused() -> None:
    sheet = english(("1", "A", str(articles.QUANTITY_MAX), *ANN), ("1", "A", "1", *ANN))
    assert makers.places(sheet.faults) == [(3, "C (qty)", "sheet.range")]


def test_recipients_that_contradict_each_other_are_refused() -> None:
    sheet = english(("1", "A", "1", *ANN), ("1", "B", "1", *BOB), ("2", "A", "1", *BOB))
    conflict = "sheet.conflict"
    columns = ["D (recipient)", "E (phone)", "F (address)", "G (country)"]
    assert makers.places(sheet.faults) == [(3, column, conflict) for column in columns]
    assert sheet.faults[0].expected == "what row 2 says: Ann Example"
    assert sheet.orders == ()


def test_D24_an_order_of_too_many_articles_is_refused() -> None:
    rows = [("1", f"A{number}", "1", *ANN) for number in range(fields.LINES_MAX)]
    assert len(english(*rows).orders[0].lines) == fields.LINES_MAX
    assert makers.places(english(*rows, ("1", "more", "1", *ANN)).faults) == [(2, "B (sku)", "sheet.range")]


def test_prices_and_currencies_that_contradict_each_other_are_refused() -> None:
    headings = (*ENGLISH, "price", "currency")
    data = makers.csv(
        headings,
        ("1", "A", "1", *ANN, "1.50", "USD"),
        ("1", "A", "1", *ANN, "1.60", "USD"),
        ("1", "B", "1", *ANN, "2.00", "EUR"),
        ("1", "C", "1", *ANN, "3.00", ""),
    )
    assert makers.places(orders.read(data, makers.CNY).faults) == [
        (3, "H (price)", "sheet.conflict"),
        (4, "I (currency)", "sheet.conflict"),
    ]


def test_notes_of_several_rows_are_kept_together() -> None:
    headings = (*ENGLISH, "note")
    rows = (("1", "A", "1", *ANN, "gift"), ("1", "B", "1", *ANN, "fragile"), ("1", "C", "1", *ANN, "gift"))
    (order,) = orders.read(makers.csv(headings, *rows), makers.USD).orders
    assert order.recipient["note"] == "gift\nfragile"


def test_every_fault_of_an_order_sheet_is_reported_at_once() -> None:
    sheet = english(
        ("", "A", "1", *ANN),
        ("1", "", "0", "", "154****1234", "", ""),
        ("2", "A\u200b", "1.5", "Bob", "", "x" * 600, "GB"),
        ("3", "A", "1" + "0" * 18, "Bob", "12", "2 Sample Road", "GB"),
    )
    assert sheet.orders == ()
    assert makers.places(sheet.faults) == [
        (2, "A (order number)", "sheet.missing"),
        (3, "B (sku)", "sheet.missing"),
        (3, "C (qty)", "sheet.range"),
        (3, "D (recipient)", "sheet.missing"),
        (3, "E (phone)", "sheet.phone"),
        (3, "F (address)", "sheet.missing"),
        (4, "B (sku)", "sheet.control"),
        (4, "C (qty)", "sheet.fraction"),
        (4, "E (phone)", "sheet.missing"),
        (4, "F (address)", "sheet.cell-long"),
        (5, "C (qty)", "sheet.range"),
        (5, "E (phone)", "sheet.phone"),
    ]


def test_an_order_of_no_shop_is_refused() -> None:
    nowhere = english(("1", "A", "1", *ANN), source=sources.Source())
    assert makers.places(nowhere.faults) == [(1, "", "sheet.heading-missing")]
    data = makers.csv((*ENGLISH, "shop"), ("1", "A", "1", *ANN, ""))
    assert makers.places(orders.read(data, sources.Source()).faults) == [(2, "H (shop)", "sheet.missing")]
    assert orders.read(data, makers.USD).orders[0].shop == "Sample Shop"


def test_merged_cells_hold_for_all_rows_they_cover() -> None:
    data = makers.xlsx(
        ENGLISH,
        ("1", "A", 1, *ANN),
        (None, "B", 2, None, None, None, None),
        ("2", "A", 1, *BOB),
        merged=("A2:A3", "D2:D3", "E2:E3", "F2:F3", "G2:G3"),
    )
    first, second = orders.read(data, makers.USD).orders
    assert [line.sku for line in first.lines] == ["A", "B"]
    assert second.recipient["name"] == "Bob Example"


def test_a_merged_quantity_is_not_doubled() -> None:
    data = makers.xlsx(ENGLISH, ("1", "A", 2, *ANN), ("1", "B", None, *ANN), merged=("C2:C3",))
    assert makers.places(orders.read(data, makers.USD).faults) == [(3, "C (qty)", "sheet.missing")]


def test_orders_that_are_not_to_be_shipped_are_set_aside_in_sight() -> None:
    rows = (("1", "待发货"), ("2", "已取消"), ("3", "待付款"), ("4", "已发货"), ("5", ""), ("6", "Paid"))
    data = makers.csv((*ENGLISH, "订单状态"), *((number, "A", "1", *ANN, status) for number, status in rows))
    sheet = orders.read(data, makers.CNY)
    assert [order.number for order in sheet.orders] == ["1", "5", "6"]
    skipped = [(entry.row, entry.number, entry.reason) for entry in sheet.skipped]
    assert skipped == [(3, "2", "已取消"), (4, "3", "待付款"), (5, "4", "已发货")]
    unpaid = orders.read(data, dataclasses.replace(makers.CNY, unpaid=True))
    assert [order.number for order in unpaid.orders] == ["1", "3", "5", "6"]


def test_a_status_nobody_knows_is_refused() -> None:
    data = makers.csv((*ENGLISH, "status"), ("1", "A", "1", *ANN, "on the moon"))
    assert makers.places(orders.read(data, makers.CNY).faults) == [(2, "H (status)", "sheet.status")]
    ignored = orders.read(data, dataclasses.replace(makers.CNY, mapping={"status": ""}))
    assert len(ignored.orders) == 1


def test_F01_formulas_in_an_order_are_data() -> None:
    (order,) = english(("=1+1", "@x", "1", "=cmd()", "+1 202 555 0142", "-1 Street", "US")).orders
    assert (order.number, order.lines[0].sku, order.recipient["name"]) == ("=1+1", "@x", "=cmd()")


def test_an_unreadable_file_is_a_sheet_with_faults() -> None:
    sheet = orders.read(b"PK\x03\x04", makers.CNY)
    assert (sheet.orders, makers.codes(sheet.faults)) == ((), ["sheet.archive"])


# --- F15: the same order again


def test_F15_an_order_has_the_same_key_in_every_file() -> None:
    first = orders.read(makers.csv(*CHINESE), makers.CNY)
    later = orders.read(makers.xlsx(HEADINGS, CHINESE[3], *CHINESE[1:3]), makers.CNY)
    assert first.key != later.key
    assert later.orders[1].key() == first.orders[0].key() == keys.order_key("甲店", "X-1")
    assert makers.content_of(later.orders[1]) == makers.content_of(first.orders[0])
    assert len({order.key() for order in first.orders}) == 3


def test_F15_a_changed_order_keeps_its_key() -> None:
    for change in (
        {"recipient": {**RECIPIENT, "street": "演示大道2号"}},
        {"lines": FIRST.lines[:1]},
        {"currency": "USD"},
    ):
        assert dataclasses.replace(FIRST, **change).key() == FIRST.key()


def test_F15_keys_of_different_pairs_never_meet() -> None:
    assert keys.order_key("ab", "c") != keys.order_key("a", "bc")
    assert keys.order_key(" a ", " 1 ") == keys.order_key("a", "1")
    assert keys.sheet_key(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # FIPS 180-4


# --- Shopify

SHOPIFY = (
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Currency", "Subtotal", "Lineitem quantity",
    "Lineitem name", "Lineitem price", "Lineitem sku", "Lineitem fulfillment status", "Shipping Name",
    "Shipping Street", "Shipping Address1", "Shipping Address2", "Shipping City", "Shipping Zip", "Shipping Province",
    "Shipping Country", "Shipping Phone", "Notes", "Cancelled at", "Vendor",
)  # fmt: skip


def exported(**cells: str) -> tuple[str, ...]:
    """A row of an order export, by heading with underscores for spaces."""
    return tuple({**{heading.replace(" ", "_"): "" for heading in SHOPIFY}, **cells}.values())


ANN_SHOPIFY = {
    "Shipping_Name": "Ann Example",
    "Shipping_Street": "1 Sample Street, Flat 2",
    "Shipping_Address1": "1 Sample Street",
    "Shipping_Address2": "Flat 2",
    "Shipping_City": "Springfield",
    "Shipping_Zip": "'02134",
    "Shipping_Province": "MA",
    "Shipping_Country": "US",
    "Shipping_Phone": "'+1 202 555 0142",
}


def item(number: str, sku: str, quantity: str = "1", price: str = "9.90", **cells: str) -> tuple[str, ...]:
    """A row of an order export with one article."""
    goods = {
        "Lineitem_sku": sku,
        "Lineitem_quantity": quantity,
        "Lineitem_price": price,
        "Lineitem_name": "Cup - White",
    }
    return exported(Name=number, **{**goods, **cells})


def test_an_export_of_shopify_is_read() -> None:
    data = makers.csv(
        SHOPIFY,
        item("#1001", "CUP-W", "2", Financial_Status="paid", Currency="USD", Notes="ring twice", **ANN_SHOPIFY),
        item("#1001", "CUP-B", "1", "1234.00", Vendor="Sample Kiln"),
        item("#1002", "CUP-W", Financial_Status="paid", Currency="USD", **{**ANN_SHOPIFY, "Shipping_Phone": ""}),
        encoding="utf-8-sig",
    )
    sheet = orders.read(data, sources.Source(shop="Sample Shop"))
    assert (sheet.dialect, sheet.faults, sheet.skipped) == ("shopify", (), ())
    first, second = sheet.orders
    assert first.recipient == {
        "name": "Ann Example",
        "phone": "+1 202 555 0142",
        "country": "US",
        "province": "MA",
        "city": "Springfield",
        "zip": "02134",
        "street": "1 Sample Street Flat 2",
        "note": "ring twice",
    }
    assert [(line.sku, line.quantity, line.price_minor) for line in first.lines] == [
        ("CUP-W", 2, 990),
        ("CUP-B", 1, 123400),
    ]
    assert (first.currency, first.shop, first.lines[1].supplier) == ("USD", "Sample Shop", "Sample Kiln")
    assert "phone" not in second.recipient


def test_orders_of_shopify_that_are_not_to_be_shipped_are_set_aside() -> None:
    cases = {
        "#1": {"Financial_Status": "paid", "Cancelled_at": "2024-06-01 10:00:00 +0800"},
        "#2": {"Financial_Status": "pending"},
        "#3": {"Financial_Status": "paid", "Fulfillment_Status": "fulfilled"},
        "#4": {"Financial_Status": "partially_refunded"},
        "#5": {"Financial_Status": "paid"},
    }
    rows = [item(number, "CUP-W", Currency="USD", **cells, **ANN_SHOPIFY) for number, cells in cases.items()]
    more = item("#1", "CUP-B")
    part = item("#5", "CUP-B", Lineitem_fulfillment_status="fulfilled")
    sheet = orders.read(makers.csv(SHOPIFY, rows[0], more, *rows[1:], part), makers.USD)
    assert [(order.number, len(order.lines)) for order in sheet.orders] == [("#5", 1)]
    assert [(entry.row, entry.reason) for entry in sheet.skipped] == [
        (2, "cancelled at 2024-06-01 10:00:00 +0800"),
        (3, "cancelled at 2024-06-01 10:00:00 +0800"),
        (4, "pending"),
        (5, "fulfilled"),
        (6, "partially_refunded"),
        (8, "line fulfilled"),
    ]
    unpaid = orders.read(makers.csv(SHOPIFY, *rows), dataclasses.replace(makers.USD, unpaid=True))
    assert [order.number for order in unpaid.orders] == ["#2", "#5"]


def test_an_order_of_shopify_without_sku_or_address_is_refused() -> None:
    sheet = orders.read(makers.csv(SHOPIFY, item("#1", "", Financial_Status="paid", Currency="USD")), makers.USD)
    assert makers.places(sheet.faults) == [
        (2, "K (Lineitem sku)", "sheet.missing"),
        (2, "M (Shipping Name)", "sheet.missing"),
        (2, "O (Shipping Address1)", "sheet.missing"),
    ]


MASKED = ("order number", "sku", "qty", "platform", "oaid", "waybill grant", "label carrier", "label waybill")


def test_B05_a_token_stands_in_for_name_phone_and_street() -> None:
    data = makers.csv(MASKED, ("N-1", "A", "2", "taobao", "oaid:1==", "G-7", "ZTO", "75310"))
    (order,) = orders.read(data, makers.CNY).orders
    assert order.recipient == {
        "platform": "taobao",
        "token": "oaid:1==",
        "grant": "G-7",
        "carrier": "ZTO",
        "waybill": "75310",
    }


def test_B05_an_order_with_neither_token_nor_address_is_at_fault() -> None:
    sheet = orders.read(makers.csv(MASKED, ("N-1", "A", "2", "taobao", "", "G-7", "", "")), makers.CNY)
    assert sheet.orders == ()
    assert {fault.code for fault in sheet.faults} == {"sheet.missing"}
