"""What the columns of a table mean, and what can be wrong with a cell, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from node.console import languages, words
from node.console.words import N_

FIELDS: Final[Mapping[str, str]] = {
    "sku": N_("SKU"),
    "title": N_("Title"),
    "title_local": N_("Title (Chinese)"),
    "title_zh": N_("Title in Chinese"),
    "title_en": N_("Title in English"),
    "spec": N_("Specification"),
    "color": N_("Colour"),
    "size": N_("Size"),
    "material": N_("Material"),
    "unit": N_("Unit"),
    "price": N_("Supply price"),
    "retail": N_("Suggested price"),
    "currency": N_("Currency"),
    "stock": N_("Stock"),
    "gtin": N_("Barcode"),
    "weight_g": N_("Weight in grams"),
    "weight_kg": N_("Weight in kilograms"),
    "weight": N_("Weight"),
    "origin": N_("Origin"),
    "lead_days": N_("Days until it ships"),
    "returnable": N_("Taken back?"),
    "min_quantity": N_("Smallest order"),
    "brand": N_("Brand"),
    "category": N_("Category"),
    "description": N_("Description"),
    "image": N_("Address of a picture"),
    "active": N_("On sale?"),
    "handle": N_("Product code"),
    "taxonomy": N_("Product category"),
    "published": N_("Published?"),
    "status": N_("State"),
    "option1_name": N_("Option 1"),
    "option1_value": N_("Value of option 1"),
    "option2_name": N_("Option 2"),
    "option2_value": N_("Value of option 2"),
    "option3_name": N_("Option 3"),
    "option3_value": N_("Value of option 3"),
    "grams": N_("Weight in grams"),
    "variant_image": N_("Picture of the variant"),
    "number": N_("Order number"),
    "shop": N_("Shop"),
    "quantity": N_("Quantity"),
    "name": N_("Recipient"),
    "phone": N_("Telephone"),
    "country": N_("Country"),
    "province": N_("Province or state"),
    "city": N_("City"),
    "district": N_("District"),
    "street": N_("Street and house"),
    "street_more": N_("Second line of the street"),
    "street_whole": N_("Street in one cell"),
    "zip": N_("Postcode"),
    "note": N_("Note of the buyer"),
    "platform": N_("Marketplace"),
    "token": N_("Masked recipient"),
    "grant": N_("Waybill grant"),
    "carrier": N_("Carrier of the waybill"),
    "waybill": N_("Waybill number"),
    "supplier": N_("Who ships"),
    "financial_status": N_("State of the payment"),
    "fulfillment_status": N_("State of shipping"),
    "line_status": N_("State of the line"),
    "cancelled_at": N_("Cancelled at"),
}
"""Field of a spreadsheet -> what it is called."""

FAULTS: Final[Mapping[str, str]] = {
    "sheet.too-big": N_("The file is too large."),
    "sheet.format": N_("This is no table that can be read: save it as XLSX or CSV."),
    "sheet.encoding": N_("The character set cannot be told: save it as UTF-8 or as XLSX."),
    "sheet.archive": N_("The workbook is damaged."),
    "sheet.bomb": N_("The workbook would take too much to read."),
    "sheet.password": N_("The workbook is locked by a password."),
    "sheet.unreadable": N_("The workbook cannot be read."),
    "sheet.empty": N_("There is nothing below the headings."),
    "sheet.rows": N_("Too many rows."),
    "sheet.columns": N_("Too many columns."),
    "sheet.area": N_("Too many cells."),
    "sheet.several": N_("Several sheets could be meant: choose one."),
    "sheet.unknown-sheet": N_("There is no sheet of this name."),
    "sheet.separator": N_("It cannot be told what separates the cells."),
    "sheet.quote": N_("A quotation mark stands where none may stand."),
    "sheet.nul": N_("The file is damaged."),
    "sheet.cell-long": N_("The text is too long."),
    "sheet.cell-error": N_("The cell shows an error of the spreadsheet."),
    "sheet.control": N_("There are invisible characters in it."),
    "sheet.heading-missing": N_("A column is missing."),
    "sheet.heading-repeated": N_("Two columns mean the same."),
    "sheet.mapping": N_("This column cannot mean that."),
    "sheet.missing": N_("A value is missing."),
    "sheet.identifier": N_("This number was cut short or changed by the spreadsheet: format the column as text."),
    "sheet.number": N_("This is no number."),
    "sheet.locale": N_("The figure could mean two things: say below how decimals are written."),
    "sheet.fraction": N_("This must be a whole number."),
    "sheet.range": N_("The figure is too small or too large."),
    "sheet.currency": N_("The currency is unknown, or contradicts another one."),
    "sheet.decimals": N_("More decimals than the currency has."),
    "sheet.gtin": N_("This barcode is wrong: a digit does not fit."),
    "sheet.unit": N_("The unit is unknown."),
    "sheet.origin": N_("The country is unknown."),
    "sheet.truth": N_("Write yes or no."),
    "sheet.days": N_("This is no number of days."),
    "sheet.weight": N_("This is no weight in whole grams."),
    "sheet.phone": N_("This is no telephone number that can be dialled."),
    "sheet.status": N_("This state is unknown."),
    "sheet.repeated": N_("The SKU stands in two rows."),
    "sheet.conflict": N_("Two rows contradict each other."),
    "sheet.more": N_("There are more faults than are listed."),
    "stock.sku": N_("None of your goods has this SKU."),
    "stock.reserved": N_("Accepted orders wait for more than this."),
    "route.supplier": N_("No partner of this name ships for you."),
    "route.sku": N_("No partner offers this SKU."),
}
"""Code of a fault -> what is wrong, as one tells a colleague."""

EXPECTATIONS: Final = (
    N_("a value"),
    N_("a figure"),
    N_("a whole number"),
    N_("no negative figure"),
    N_("an amount such as 1234.50"),
    N_("8, 12, 13 or 14 digits"),
    N_("a right check digit"),
    N_("one column for each field"),
    N_("rows below the headings"),
    N_("a value, not an error of the spreadsheet"),
    N_("no control, invisible or direction-changing characters"),
    N_("text or a whole number; format the column as text"),
    N_("state whether a comma or a dot marks the decimals"),
    N_("a weight such as 350 g or 0.35 kg"),
    N_("an ISO 4217 code such as CNY"),
    N_("an ISO 3166 code such as CN, or the name of a country"),
    N_("one of my own goods"),
)
"""What the readers of tables expect of a cell, where it is always said in the same words."""

words.add(words=FAULTS)


IN_ORDERS: Final[Mapping[str, str]] = {"price": N_("Price each"), "status": N_("State of the order")}
"""The same, where it means something else on a sheet of orders."""


def label(language: languages.Language, field: str, kind: str = "") -> str:
    """What a field of a kind of file is called; one that has no word yet is shown as it is written."""
    named = IN_ORDERS.get(field, FIELDS.get(field)) if kind == "orders" else FIELDS.get(field)
    return field if named is None else language.text(named)
