from __future__ import annotations

import pathlib

import pytest

from node.connectors.spreadsheets import catalogues, shopify, sources
from tests.node.spreadsheets import makers

SHARED = pathlib.Path(__file__).parents[4] / "shared" / "data" / "catalogue"
HEADINGS = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published", "Option1 Name", "Option1 Value",
    "Option2 Name", "Option2 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Price", "Variant Compare At Price", "Variant Barcode", "Image Src",
    "Image Position", "Variant Image", "Variant Weight Unit", "Cost per item", "Status",
)  # fmt: skip


def product(**cells: str) -> tuple[str, ...]:
    """A row of an export, by heading with underscores for spaces."""
    row = {heading.replace(" ", "_").replace("(", "").replace(")", ""): "" for heading in HEADINGS}
    return tuple({**row, **cells}.values())


ROWS = (
    HEADINGS,
    product(Handle="tea-cup", Title="Tea Cup",
            Body_HTML="<p>Thin &amp; <b>light</b></p><script>x()</script><p>White</p>",
            Vendor="Sample Kiln", Type="Cups", Published="true", Option1_Name="Color", Option1_Value="White",
            Option2_Name="Size", Option2_Value="S/M", Variant_SKU="CUP-W", Variant_Grams="250",
            Variant_Inventory_Qty="12", Variant_Price="9.90", Variant_Compare_At_Price="12.00",
            Variant_Barcode="'4006381333931", Image_Src="https://shop.example/cup.jpg", Cost_per_item="3.10",
            Status="active"),
    product(Handle="tea-cup", Option1_Value="Blue", Option2_Value="L", Variant_Price="11.00",
            Variant_Inventory_Qty="-3", Variant_Image="https://shop.example/blue.jpg"),
    product(Handle="tea-cup", Image_Src="https://shop.example/cup2.jpg", Image_Position="2"),
    product(Handle="old-pot", Title="Old Pot", Option1_Name="Title", Option1_Value="Default Title", Variant_Grams="0",
            Variant_Price="20.00", Variant_Inventory_Qty="0", Status="draft"),
)  # fmt: skip


def test_variants_inherit_their_product() -> None:
    sheet = catalogues.read(makers.csv(*ROWS, encoding="utf-8-sig"), makers.USD)
    assert (sheet.dialect, sheet.faults) == ("shopify", ())
    white, blue, pot = sheet.rows
    assert (white.sku, white.titles, white.options) == ("CUP-W", {"en": "Tea Cup"}, {"Color": "White", "Size": "S/M"})
    assert (white.description, white.brand, white.category) == ("Thin & light\nWhite", "Sample Kiln", "Cups")
    assert (white.price_minor, white.retail_minor, white.currency) == (None, 990, "USD")
    assert (white.stock, white.weight_g, white.gtin, white.row) == (12, 250, "4006381333931", 2)
    assert (blue.sku, blue.titles, blue.options) == (
        "tea-cup/Blue/L",
        {"en": "Tea Cup"},
        {"Color": "Blue", "Size": "L"},
    )
    assert (blue.stock, blue.image, blue.description) == (0, "https://shop.example/blue.jpg", white.description)
    assert (pot.sku, pot.options, pot.weight_g, pot.active, white.active) == ("old-pot", {}, None, False, True)


def test_the_supply_price_is_the_column_that_the_merchant_names() -> None:
    named = catalogues.read(makers.csv(*ROWS), sources.Source(currency="USD", supply_heading="cost per item"))
    assert [row.price_minor for row in named.rows] == [310, None, None]
    same = catalogues.read(makers.csv(*ROWS), sources.Source(currency="USD", supply_heading="Variant Price"))
    assert [(row.price_minor, row.retail_minor) for row in same.rows] == [(990, 990), (1100, 1100), (2000, 2000)]
    wrong = catalogues.read(makers.csv(*ROWS), sources.Source(currency="USD", supply_heading="Dealer price"))
    assert makers.codes(wrong.faults) == ["sheet.mapping"]


def test_the_columns_of_the_newer_export_are_known() -> None:
    data = makers.csv(
        ("Title", "URL handle", "Description", "Vendor", "Type", "Published on online store", "Status",
         "SKU", "Barcode", "Option1 name", "Option1 value", "Price", "Inventory quantity", "Weight value (grams)",
         "Product image URL"),
        ("Tea Cup", "tea-cup", "<p>Thin</p>", "Kiln", "Cups", "TRUE", "Active", "CUP-1", "", "Color", "White", "9.90",
         "5", "250", "https://shop.example/cup.jpg"),
    )  # fmt: skip
    (row,) = catalogues.read(data, makers.USD).rows
    assert (row.sku, row.retail_minor, row.stock, row.weight_g, row.active) == ("CUP-1", 990, 5, 250, True)


def test_faults_of_an_export_have_row_and_column() -> None:
    data = makers.csv(
        HEADINGS,
        product(Handle="", Title="No handle", Option1_Value="x", Variant_Price="1"),
        product(Handle="lost", Option1_Value="x", Variant_Price="1.005", Variant_Inventory_Qty="2.5"),
        product(Handle="a", Title="A", Option1_Value="x", Variant_Price="1,5", Status="broken", Variant_Barcode="123"),
        product(Handle="a", Option1_Value="x", Variant_Price="2"),
    )
    sheet = catalogues.read(data, makers.USD)
    assert sheet.rows == ()
    assert makers.places(sheet.faults) == [
        (2, "A (Handle)", "sheet.missing"),
        (3, "B (Title)", "sheet.missing"),
        (3, "O (Variant Inventory Qty)", "sheet.fraction"),
        (3, "P (Variant Price)", "sheet.decimals"),
        (4, "P (Variant Price)", "sheet.number"),
        (4, "R (Variant Barcode)", "sheet.gtin"),
        (4, "X (Status)", "sheet.status"),
        (5, "L (Variant SKU)", "sheet.repeated"),
    ]


def test_a_made_up_sku_is_stable_and_never_too_long() -> None:
    assert shopify.variant_sku("cup", {"Color": "Red", "Size": "M"}) == "cup/Red/M"
    long = shopify.variant_sku("h" * 60, {"Color": "Red", "Size": "M"})
    other = shopify.variant_sku("h" * 60, {"Color": "Red", "Size": "L"})
    assert (len(long), long[:48]) == (64, "h" * 47 + "~")
    assert long != other


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public samples are not beside the repository")
@pytest.mark.parametrize(
    ("name", "articles", "products"),
    [("apparel.csv", 22, 20), ("home-and-garden.csv", 21, 20), ("jewelery.csv", 23, 20)],
)
def test_public_samples_are_read(name: str, articles: int, products: int) -> None:
    sheet = catalogues.read((SHARED / name).read_bytes(), makers.USD)
    assert (sheet.dialect, sheet.faults) == ("shopify", ())
    assert len(sheet.rows) == articles
    assert len({row.sku.split("/")[0] for row in sheet.rows}) == products
    assert all(row.titles["en"] and row.retail_minor and row.stock is not None and row.image for row in sheet.rows)
