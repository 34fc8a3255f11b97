"""Spreadsheets that we write: listings, and the orders of one supplier with room for the waybills.

Text from a partner or a consumer never becomes a formula (fault F01): in XLSX every text is written as a string, and
in CSV an apostrophe goes in front of what a spreadsheet program would evaluate. Our own readers take it off again.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter  # type: ignore[import-untyped]

from contracts import amounts
from node.connectors.spreadsheets import tables, texts, units
from node.connectors.spreadsheets.articles import CatalogueRow
from node.connectors.spreadsheets.drafts import SheetLine, SheetOrder

EXCEL_ROWS_MAX = 1_048_576
"""Rows an XLSX sheet can have, headings included."""

ENCODINGS = ("utf-8-sig", "gb18030", "utf-16")
"""What CSV is written in: the mark in front lets every spreadsheet program see what it is; GB18030 is for old ones."""

_BEGINNING = datetime.datetime(2000, 1, 1)
"""Every workbook claims this date, so that the same content gives the same bytes."""

_WIDTH_MAX = 40

Value = str | int
"""A cell: text, or a count. Amounts are text, since a spreadsheet's number is a float."""


class TooLarge(Exception):
    """What should be written does not fit into a spreadsheet; the text says what."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Headings, and rows of as many cells each."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Value]]


def catalogue(rows: Iterable[CatalogueRow], language: str = "zh") -> Grid:
    """Listings as a Hanse sheet, with headings in Chinese (`zh`) or English."""
    chinese = language.startswith("zh")
    heads = _CATALOGUE_ZH if chinese else _CATALOGUE_EN
    return Grid("商品" if chinese else "catalogue", heads, [_article(row, language) for row in rows])


def orders(
    found: Iterable[SheetOrder], language: str = "zh", waybills: Mapping[str, tuple[str, str]] | None = None
) -> Grid:
    """Orders as the sheet a supplier ships from and fills in: a row for each line, the recipient in every row.

    waybills: order key -> (carrier, waybill) of what is shipped already. What the consumer paid is left out: it is
    none of the supplier's business.
    """
    chinese = language.startswith("zh")
    heads = _ORDERS_ZH if chinese else _ORDERS_EN
    known = waybills or {}
    rows = [_goods(order, line, known.get(order.key(), ("", ""))) for order in found for line in order.lines]
    return Grid("订单" if chinese else "orders", heads, rows)


def to_csv(grid: Grid, encoding: str = "utf-8-sig") -> bytes:
    """The grid as CSV with every cell quoted, CRLF line ends, in one of `ENCODINGS`."""
    if encoding not in ENCODINGS:
        raise ValueError(encoding)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in (grid.headings, *grid.rows):
        writer.writerow([texts.neutralised(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue().encode(encoding)


def to_xlsx(grid: Grid) -> bytes:
    """The grid as a workbook: texts as strings in cells formatted as text, counts as numbers. Same grid, same bytes."""
    _check_size(grid)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": _BEGINNING, "author": "", "title": grid.name})
        sheet = workbook.add_worksheet(grid.name)
        plain = workbook.add_format({"num_format": "0"})
        as_text = workbook.add_format({"num_format": "@"})
        bold = workbook.add_format({"num_format": "@", "bold": True})
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(grid.headings):
            sheet.set_column(column, column, _width(grid, column), as_text)
            sheet.write_string(0, column, heading, bold)
        for number, row in enumerate(grid.rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(number, column, cell, plain)
                elif cell:
                    sheet.write_string(number, column, cell, as_text)
    return out.getvalue()


def amount(minor: int | None, currency: str) -> str:
    """Minor units as a decimal text with a dot and all decimals of the currency; empty for None."""
    return "" if minor is None else amounts.decimal_text(minor, amounts.exponent(currency))


def spec(options: Mapping[str, str]) -> str:
    """Options as one text, `颜色:白;尺寸:L`."""
    return ";".join(f"{name}:{value}" for name, value in options.items())


_CATALOGUE_ZH = (
    "商品编码", "商品名称", "英文名称", "规格", "单位", "供货价", "建议零售价", "币种", "库存", "条形码", "重量(克)",
    "产地", "发货时效", "可退", "起订量", "品牌", "类目", "描述", "图片", "是否上架",
)  # fmt: skip
_CATALOGUE_EN = (
    "sku", "title_zh", "title_en", "spec", "unit", "supply price", "retail price", "currency", "stock", "barcode",
    "weight_g", "origin", "lead_days", "returnable", "min_order", "brand", "category", "description", "image", "active",
)  # fmt: skip
_ORDERS_ZH = (
    "订单号", "店铺", "供应商", "商品编码", "商品名称", "规格", "数量", "收货人", "手机", "国家", "省", "市", "区",
    "详细地址", "邮编", "备注", "快递公司", "快递单号",
)  # fmt: skip
_ORDERS_EN = (
    "order number", "shop", "supplier", "sku", "title", "spec", "quantity", "recipient", "phone", "country", "province",
    "city", "district", "street", "zip", "note", "carrier", "waybill",
)  # fmt: skip
_RECIPIENT = ("name", "phone", "country", "province", "city", "district", "street", "zip", "note")


def _article(row: CatalogueRow, language: str) -> list[Value]:
    return [
        row.sku,
        row.titles.get("zh", ""),
        row.titles.get("en", ""),
        spec(row.options),
        units.word(row.unit, language),
        amount(row.price_minor, row.currency),
        amount(row.retail_minor, row.currency),
        row.currency,
        "" if row.stock is None else row.stock,
        row.gtin or "",
        row.weight_g or "",
        row.origin,
        "" if row.lead_days is None else row.lead_days,
        "" if row.returnable is None else _truth(row.returnable, language),
        row.min_quantity,
        row.brand,
        row.category,
        row.description,
        row.image,
        _truth(row.active, language),
    ]


def _goods(order: SheetOrder, line: SheetLine, waybill: tuple[str, str]) -> list[Value]:
    recipient = [order.recipient.get(field, "") for field in _RECIPIENT]
    supplier = line.supplier or order.supplier or ""
    head: list[Value] = [order.number, order.shop, supplier, line.sku, line.title, line.spec, line.quantity]
    return [*head, *recipient, *waybill]


def _truth(value: bool, language: str) -> str:
    yes, no = ("是", "否") if language.startswith("zh") else ("yes", "no")
    return yes if value else no


def _check_size(grid: Grid) -> None:
    if len(grid.rows) >= EXCEL_ROWS_MAX:
        raise TooLarge(f"{len(grid.rows)} rows")
    for number, row in enumerate(grid.rows, start=2):
        for heading, cell in zip(grid.headings, row, strict=True):
            if isinstance(cell, str) and len(cell) > tables.CELL_CHARACTERS_MAX:
                raise TooLarge(f"{len(cell)} characters in row {number} under {heading}")


def _width(grid: Grid, column: int) -> int:
    """As wide as the first rows need; Chinese characters take two."""
    seen = [grid.headings[column], *(str(row[column]) for row in grid.rows[:50])]
    return min(_WIDTH_MAX, 2 + max(sum(2 if ord(char) > 0x2E7F else 1 for char in text) for text in seen))
