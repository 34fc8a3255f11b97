"""The spreadsheets of the demonstration: what a factory and three shops would send, byte for byte the same each time.

Three shops export their orders at 10, 14 and 18 o'clock, each in the format of its own software. Every later file
repeats the last orders of the one before, as exports do: whoever imports them all must not ship those twice.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from node.connectors.spreadsheets import exports
from node.connectors.spreadsheets.catalogues import CatalogueRow
from node.connectors.spreadsheets.orders import SheetLine, SheetOrder
from node.demonstrations import goods, people

Form = Literal["xlsx", "csv", "shopify"]
"""A workbook with Chinese headings, CSV in GB18030 with Chinese headings, or Shopify's columns in UTF-8 with a mark."""

HOURS = ("10", "14", "18")
ORDERS_PER_FILE = (60, 45, 40)
"""Orders that are new at 10, 14 and 18 o'clock, in each shop."""

REPEATED = 5
"""Orders that a file repeats from the one before."""

LINES_MAX = 4
CENTS_PER_YUAN = 14
"""US cents that the foreign shop asks for each yuan of the retail price."""


@dataclass(frozen=True, slots=True)
class Shop:
    """Where consumers order: `form` is what its software exports."""

    name: str
    form: Form
    currency: str


SHOPS = (
    Shop("小满家居馆", "xlsx", "CNY"),
    Shop("山野生活铺", "csv", "CNY"),
    Shop("Harbour & Hearth", "shopify", "USD"),
)


@dataclass(frozen=True, slots=True)
class SheetFile:
    """One file and what is in it.

    records: articles or orders. repeated: orders among them that an earlier file held. lines, pieces: of the orders.
    shop, currency: what the importer has to be told (`sources.Source`), empty where the file says it.
    """

    name: str
    content: bytes
    records: int
    repeated: int = 0
    lines: int = 0
    pieces: int = 0
    shop: str = ""
    currency: str = ""

    def summary(self) -> str:
        """One line for people."""
        if not self.lines:
            return f"{self.name}: {self.records} articles"
        again = f", {self.repeated} of them seen before" if self.repeated else ""
        return f"{self.name}: {self.records} orders{again}, {self.lines} lines, {self.pieces} pieces"


def catalogue_file(form: Form, line: str | None = None) -> SheetFile:
    """The factory's catalogue, or one of `goods.LINES` of it, in one form."""
    rows = goods.catalogue("en" if form == "shopify" else "zh", line)
    stem = f"catalogue-{line or 'all'}"
    match form:
        case "xlsx":
            return SheetFile(f"{stem}.xlsx", exports.to_xlsx(exports.catalogue(rows)), len(rows))
        case "csv":
            return SheetFile(f"{stem}-gb18030.csv", exports.to_csv(exports.catalogue(rows), "gb18030"), len(rows))
        case "shopify":
            content = exports.to_csv(shopify_products(rows))
            return SheetFile(f"{stem}-shopify.csv", content, len(rows), currency=goods.CURRENCY)


def order_files(
    dice: random.Random,
    rows: Sequence[CatalogueRow],
    day: str = "20240617",
    orders_per_file: Sequence[int] = ORDERS_PER_FILE,
) -> tuple[SheetFile, ...]:
    """A day's nine order files, 10 o'clock first: 435 orders in all unless told otherwise, of articles in `rows`.

    `dice` decides everything, so the same seed gives the same bytes. `day` only appears in numbers and names.
    """
    days = {shop.name: consumer_orders(dice, rows, shop, day, sum(orders_per_file)) for shop in SHOPS}
    files: list[SheetFile] = []
    first = 0
    for hour, count in zip(HOURS, orders_per_file, strict=True):
        repeated = min(REPEATED, first)
        part = slice(first - repeated, first + count)
        files.extend(_order_file(shop, days[shop.name][part], repeated, f"{day}-{hour}00") for shop in SHOPS)
        first += count
    return tuple(files)


def consumer_orders(
    dice: random.Random, rows: Sequence[CatalogueRow], shop: Shop, day: str, count: int
) -> tuple[SheetOrder, ...]:
    """Orders of one shop, each of 1 to `LINES_MAX` different articles."""
    return tuple(_order(dice, rows, shop, day, serial) for serial in range(1, count + 1))


def shopify_products(rows: Sequence[CatalogueRow]) -> exports.Grid:
    """Articles in the columns of Shopify's product export; later variants of a product leave its own columns empty."""
    cells: list[list[exports.Value]] = []
    seen: set[str] = set()
    for row in rows:
        handle = goods.handle(row)
        names, values = list(row.options), list(row.options.values())
        first = handle not in seen
        seen.add(handle)
        product = (
            [row.titles["en"], f"<p>{row.description}</p>", row.brand, row.category, "true"] if first else [""] * 5
        )
        options = [part for name, value in zip(names, values, strict=True) for part in (name if first else "", value)]
        cost, retail = (exports.amount(minor, row.currency) for minor in (row.price_minor, row.retail_minor))
        variant: list[exports.Value] = [row.sku, row.weight_g or 0, row.stock or 0, retail, row.gtin or ""]
        last = [row.image if first else "", cost, "active" if first else ""]
        cells.append([handle, *product, *options, *variant, *last])
    return exports.Grid("products", _SHOPIFY_PRODUCTS, cells)


def shopify_orders(found: Sequence[SheetOrder]) -> exports.Grid:
    """Orders in the columns of Shopify's order export; later lines of an order leave its own columns empty."""
    cells: list[list[exports.Value]] = []
    for order in found:
        to = order.recipient
        place = [to["name"], to["street"], to["city"], "'" + to["zip"], to.get("province", ""), to["country"]]
        first = ["paid", order.currency, to.get("note", ""), *place, to["phone"]]
        for number, line in enumerate(order.lines):
            head = first if number == 0 else [""] * len(first)
            price = exports.amount(line.price_minor, order.currency)
            cells.append([order.number, *head, line.quantity, line.title, price, line.sku])
    return exports.Grid("orders", _SHOPIFY_ORDERS, cells)


_SHOPIFY_PRODUCTS = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Published", "Option1 Name", "Option1 Value", "Option2 Name",
    "Option2 Value", "Variant SKU", "Variant Grams", "Variant Inventory Qty", "Variant Price", "Variant Barcode",
    "Image Src", "Cost per item", "Status",
)  # fmt: skip
_SHOPIFY_ORDERS = (
    "Name", "Financial Status", "Currency", "Notes", "Shipping Name", "Shipping Street", "Shipping City",
    "Shipping Zip", "Shipping Province", "Shipping Country", "Shipping Phone", "Lineitem quantity", "Lineitem name",
    "Lineitem price", "Lineitem sku",
)  # fmt: skip
_WORKBOOK = (
    "订单号", "店铺", "商品编码", "商品名称", "规格", "数量", "单价", "币种", "收货人", "手机", "省", "市", "区",
    "详细地址", "邮编", "备注", "订单状态",
)  # fmt: skip
_LIST = ("订单编号", "货号", "品名", "件数", "单价(元)", "收件人", "联系电话", "收货地址", "邮政编码", "买家留言")


def _order_file(shop: Shop, found: Sequence[SheetOrder], repeated: int, moment: str) -> SheetFile:
    lines = [line for order in found for line in order.lines]
    pieces = sum(line.quantity for line in lines)
    name, content = _written(shop.form, found, moment)
    return SheetFile(name, content, len(found), repeated, len(lines), pieces, shop.name, shop.currency)


def _written(form: Form, found: Sequence[SheetOrder], moment: str) -> tuple[str, bytes]:
    match form:
        case "xlsx":
            return f"orders-{moment}.xlsx", exports.to_xlsx(_workbook(found))
        case "csv":
            return f"orders-{moment}-gb18030.csv", exports.to_csv(_list(found), "gb18030")
        case "shopify":
            return f"orders-{moment}-shopify.csv", exports.to_csv(shopify_orders(found))


def _workbook(found: Sequence[SheetOrder]) -> exports.Grid:
    """Every row complete, the status in the last column: how most order software exports."""
    places = ("name", "phone", "province", "city", "district", "street", "zip", "note")
    cells: list[list[exports.Value]] = []
    for order in found:
        recipient = [order.recipient.get(field, "") for field in places]
        for line in order.lines:
            price = exports.amount(line.price_minor, order.currency)
            goods_of: list[exports.Value] = [line.sku, line.title, line.spec, line.quantity, price, order.currency]
            cells.append([order.number, order.shop, *goods_of, *recipient, "待发货"])
    return exports.Grid("订单", _WORKBOOK, cells)


def _list(found: Sequence[SheetOrder]) -> exports.Grid:
    """The address in one column and only in the first row of an order: how people write it by hand."""
    cells: list[list[exports.Value]] = []
    for order in found:
        to = order.recipient
        place = "".join(to.get(field, "") for field in ("province", "city", "district", "street"))
        recipient = [to["name"], to["phone"], place, to["zip"], to.get("note", "")]
        for number, line in enumerate(order.lines):
            price = exports.amount(line.price_minor, order.currency)
            cells.append(
                [order.number, line.sku, line.title, line.quantity, price, *(recipient if number == 0 else [""] * 5)]
            )
    return exports.Grid("订单", _LIST, cells)


def _order(dice: random.Random, rows: Sequence[CatalogueRow], shop: Shop, day: str, serial: int) -> SheetOrder:
    abroad = shop.form == "shopify"
    count = dice.choices(range(1, LINES_MAX + 1), (60, 25, 10, 5))[0]
    bought = dice.sample(rows, min(count, len(rows)))
    lines = tuple(_line(dice, row, shop.currency, abroad) for row in bought)
    recipient = people.foreign(dice) if abroad else people.chinese(dice)
    number = f"#{1000 + serial}" if abroad else f"{day}{SHOPS.index(shop) + 1}{serial:07d}"
    return SheetOrder(number, shop.name, recipient, lines, None, 0, shop.currency)


def _line(dice: random.Random, row: CatalogueRow, currency: str, abroad: bool) -> SheetLine:
    retail = row.retail_minor or 0
    price = retail * CENTS_PER_YUAN // 100 if currency == "USD" else retail
    quantity = dice.choices((1, 2, 3, 6), (75, 17, 5, 3))[0]
    return SheetLine(row.sku, quantity, price, row.titles["en" if abroad else "zh"], 0, None, exports.spec(row.options))
