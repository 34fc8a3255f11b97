from __future__ import annotations

import random
import re

import pytest

from contracts import axes
from contracts.documents import fields
from node.connectors.spreadsheets import catalogues, orders, sources
from node.connectors.spreadsheets.orders import SheetOrder
from node.demonstrations import goods, sheets
from tests.node.spreadsheets import makers

FICTITIOUS = re.compile(r"154[0-9]{8}|\+1 202 555 01[0-9]{2}|\+44 7700 900[0-9]{3}")


def source_of(file: sheets.SheetFile) -> sources.Source:
    return sources.Source(shop=file.shop, currency=file.currency, supply_heading="")


def read(file: sheets.SheetFile) -> tuple[SheetOrder, ...]:
    sheet = orders.read(file.content, source_of(file))
    assert (sheet.faults, sheet.skipped, sheet.unknown) == ((), (), ())
    return sheet.orders


def test_the_factory_has_a_believable_catalogue() -> None:
    rows = goods.catalogue()
    assert len(rows) == 260
    assert len({row.sku for row in rows}) == len({row.gtin for row in rows}) == 260
    for row in rows:
        assert row.price_minor is not None and row.retail_minor is not None and row.stock is not None
        assert 200 < row.price_minor < 20_000
        assert row.price_minor * 3 // 2 < row.retail_minor < row.price_minor * 3
        assert 0 < row.stock < 1000
        assert row.gtin is not None and row.gtin.startswith("29") and fields.gtin_ok(row.gtin)
        assert row.titles["zh"] and row.titles["en"] and len(row.options) == 2
        assert set(axes.coded(row.options)) - {"option1", "option2"}


def test_the_catalogue_is_the_same_in_both_languages_but_for_the_words() -> None:
    chinese, english = goods.catalogue("zh"), goods.catalogue("en")
    assert [row.sku for row in chinese] == [row.sku for row in english]
    assert [row.price_minor for row in chinese] == [row.price_minor for row in english]
    assert english[0].options == {"Color": "Blue-and-white", "Size": "11 cm"}
    assert chinese[0].options == {"颜色": "青花", "尺寸": "4.5寸"}


def test_lines_are_parts_of_the_whole() -> None:
    parts = [row for line in goods.LINES for row in goods.catalogue("zh", line)]
    assert tuple(parts) == goods.catalogue("zh")


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_the_chinese_catalogue_files_say_all_there_is(form: sheets.Form) -> None:
    file = sheets.catalogue_file(form)
    sheet = catalogues.read(file.content, sources.Source())
    assert (sheet.faults, sheet.unknown) == ((), ())
    assert len(sheet.rows) == file.records
    unplaced = [row for row in goods.catalogue("zh")]
    for row, expected in zip(sheet.rows, unplaced, strict=True):
        assert {name: getattr(row, name) for name in row.__slots__ if name != "row"} == {
            name: getattr(expected, name) for name in row.__slots__ if name != "row"
        }


def test_the_catalogue_in_the_columns_of_a_shop() -> None:
    file = sheets.catalogue_file("shopify", "tableware")
    source = sources.Source(currency=file.currency, supply_heading="Cost per item")
    sheet = catalogues.read(file.content, source)
    assert (sheet.faults, sheet.dialect) == ((), "shopify")
    expected = goods.catalogue("en", "tableware")
    for row, article in zip(sheet.rows, expected, strict=True):
        assert (row.sku, row.titles["en"], row.options) == (article.sku, article.titles["en"], article.options)
        assert (row.price_minor, row.retail_minor, row.stock) == (
            article.price_minor,
            article.retail_minor,
            article.stock,
        )
        assert (row.gtin, row.weight_g, row.description) == (article.gtin, article.weight_g, article.description)


def test_a_day_of_orders_is_read_without_a_fault() -> None:
    files = sheets.order_files(random.Random(7), goods.catalogue())
    known = {row.sku for row in goods.catalogue()}
    seen: dict[str, object] = {}
    for file in files:
        found = read(file)
        assert len(found) == file.records
        assert sum(order.key() in seen for order in found) == file.repeated
        assert sum(len(order.lines) for order in found) == file.lines
        assert sum(line.quantity for order in found for line in order.lines) == file.pieces
        for order in found:
            assert seen.setdefault(order.key(), makers.content_of(order)) == makers.content_of(order)
            assert 1 <= len(order.lines) <= sheets.LINES_MAX
            assert {line.sku for line in order.lines} <= known
            assert FICTITIOUS.fullmatch(order.recipient["phone"])
            assert order.shop == file.shop
            assert all(line.price_minor for line in order.lines)
    assert len(files) == 9
    assert len(seen) == len(sheets.SHOPS) * sum(sheets.ORDERS_PER_FILE) == 435
    assert {file.name.rpartition(".")[2] for file in files} == {"xlsx", "csv"}
    assert len({file.name for file in files}) == 9


def test_the_same_seed_gives_the_same_bytes() -> None:
    first = sheets.order_files(random.Random(7), goods.catalogue())
    assert first == sheets.order_files(random.Random(7), goods.catalogue())
    assert first != sheets.order_files(random.Random(8), goods.catalogue())
    assert sheets.catalogue_file("xlsx") == sheets.catalogue_file("xlsx")


def test_orders_can_be_limited_to_some_articles() -> None:
    rows = goods.catalogue("zh", "home")[:2]
    (first, *_) = sheets.order_files(random.Random(1), rows)
    assert {line.sku for order in read(first) for line in order.lines} == {row.sku for row in rows}


def test_summaries_say_what_a_file_holds() -> None:
    files = sheets.order_files(random.Random(7), goods.catalogue())
    assert sheets.catalogue_file("csv", "home").summary() == "catalogue-home-gb18030.csv: 66 articles"
    assert (
        files[0].summary() == f"orders-20240617-1000.xlsx: 60 orders, {files[0].lines} lines, {files[0].pieces} pieces"
    )
    assert "50 orders, 5 of them seen before" in files[3].summary()
