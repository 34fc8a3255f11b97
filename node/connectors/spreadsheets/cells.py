"""One cell, read as what its heading promises: text, identifier, whole number, amount, weight, truth, days, phone.

Every function takes a cell and returns a value or raises `CellRefused`. Empty cells are the business of the caller.
"""

from __future__ import annotations

import re
import unicodedata

from contracts import currencies
from contracts.documents import fields
from node.connectors.spreadsheets import figures
from node.connectors.spreadsheets.faults import CellRefused, FaultCode
from node.connectors.spreadsheets.tables import Broken, Cell, Moment

IDENTIFIER_CHARACTERS_MAX = 64
"""Longest SKU, order number or waybill: what a document of the trade can carry."""

LABEL_CHARACTERS_MAX = 200
"""Longest brand or option value: what a document of the trade can carry."""

FLOAT_EXACT_MAX = 2**53
"""Whole numbers below this are exact in the floating point that XLSX stores."""

EXCEL_EXACT_MAX = 10**15
"""Excel keeps 15 digits of a number and writes zeros behind them, without a word."""

WEIGHT_G_MAX = 100_000_000
"""100 tonnes: more is a typing mistake."""

DAYS_MAX = 365
"""A lead time beyond a year is a typing mistake."""


_TEXT_FORMULA = re.compile(r'="([0-9]+)"')
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{1,3}")
_WEIGHT = re.compile(r"(?P<figure>[0-9][0-9., ]*?) *(?P<unit>[a-z克千公斤]*)")
_GRAMS = {"g": 1, "克": 1, "gram": 1, "grams": 1, "kg": 1000, "千克": 1000, "公斤": 1000}
_DAYS = re.compile(r"(?P<figure>[0-9]{1,4}) *(?P<unit>[a-z]*|天|日|小时)(?:内|以内|内发货)?")
_DAY_HOURS = {"": 24, "d": 24, "day": 24, "days": 24, "天": 24, "日": 24, "h": 1, "hour": 1, "hours": 1, "小时": 1}
_PHONE = re.compile(r"\+?[0-9(][0-9 \-().]{3,23}[0-9](?: ?(?:转|ext\.?|x) ?[0-9]{1,6})?", re.IGNORECASE)
_TRUE = frozenset(
    {"true", "yes", "y", "1", "是", "√", "支持", "可退", "可退换", "七天无理由", "7天无理由", "上架", "在售"}
)
_FALSE = frozenset({"false", "no", "n", "0", "否", "×", "x", "不支持", "不可退", "不可退换", "下架"})


def is_empty(cell: Cell) -> bool:
    """Nothing, or nothing but spaces."""
    return isinstance(cell, str) and not cell.strip()


def text(cell: Cell) -> str:
    """Free text: trimmed, line ends as \\n. Control characters are refused, whole numbers lose their `.0`."""
    if isinstance(cell, Broken):
        raise CellRefused(FaultCode.CELL_ERROR, "a value, not an error of the spreadsheet", cell.text)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return _float_text(cell)
    if isinstance(cell, Moment):
        return cell.text
    if cell.isprintable():
        return cell.strip()
    return _clean(cell)


def short(cell: Cell, characters_max: int) -> str:
    """Free text of at most so many characters."""
    shown = text(cell)
    if len(shown) > characters_max:
        raise CellRefused(FaultCode.CELL_LONG, f"at most {characters_max} characters", f"{len(shown)} characters")
    return shown


def label(cell: Cell) -> str:
    """One line of at most `LABEL_CHARACTERS_MAX` characters, runs of spaces as one, none of them invisible."""
    shown = " ".join(short(cell, LABEL_CHARACTERS_MAX).split())
    if not shown.isprintable():
        raise CellRefused(FaultCode.CONTROL, "no control, invisible or direction-changing characters", shown)
    return shown


def identifier(cell: Cell) -> str:
    """A SKU, number or code, kept character by character except for spaces at its ends (fault D22).

    A number of the spreadsheet program is taken only where its digits are certain: whole, below 2^53, and with
    16 digits only if the last is not the 0 that Excel puts in place of a digit it dropped. Of `="0123"`, by which
    marketplaces keep spreadsheet programs from shortening numbers, the digits are taken.
    """
    if isinstance(cell, str):
        written = _TEXT_FORMULA.fullmatch(cell.strip())
        return _identifier_text(written[1] if written else cell.strip())
    if isinstance(cell, float):
        return _identifier_number(cell)
    if isinstance(cell, Broken):
        raise CellRefused(FaultCode.CELL_ERROR, "a value, not an error of the spreadsheet", cell.text)
    kind = "a date" if isinstance(cell, Moment) else "true or false"
    raise CellRefused(
        FaultCode.IDENTIFIER, f"text; the spreadsheet holds {kind} here, format the column as text", text(cell)
    )


def whole(cell: Cell, decimal_comma: bool | None, *, least: int = 0, most: int) -> int:
    """A whole number from `least` to `most` inclusive."""
    value = figures.whole(_figure_text(cell), _comma_of(cell, decimal_comma))
    if not least <= value <= most:
        raise CellRefused(FaultCode.RANGE, f"{least} to {most}", value)
    return value


def signed(cell: Cell) -> int:
    """A plain whole number that may be negative, as shops write oversold stock."""
    shown = _figure_text(cell)
    negative = figures.plain(shown).startswith("-")
    value = figures.whole(figures.plain(shown).removeprefix("-"), False)
    return -value if negative else value


def amount(cell: Cell, currency: str, decimal_comma: bool | None) -> int:
    """Minor units of `currency`; a number of the spreadsheet program is taken at its 15 significant digits."""
    decimals = currencies.EXPONENTS.get(currency)
    if decimals is None:
        raise CellRefused(FaultCode.CURRENCY, "an ISO 4217 code such as CNY", currency)
    return figures.minor_units(_figure_text(cell), currency, decimals, _comma_of(cell, decimal_comma))


def currency(cell: Cell) -> str:
    """An ISO 4217 code from the code itself or from an unmistakable sign or name."""
    shown = text(cell)
    named = figures.sign_currencies(shown) if len(shown) <= figures.FIGURE_CHARACTERS_MAX else frozenset()
    if len(named) != 1 or next(iter(named)) not in currencies.EXPONENTS:
        raise CellRefused(FaultCode.CURRENCY, "one ISO 4217 code such as CNY", shown)
    return next(iter(named))


def weight_g(cell: Cell, decimal_comma: bool | None, *, unit_g: int = 1) -> int:
    """A weight in whole grams. A bare figure is in units of `unit_g` grams; g, kg, 克, 千克, 公斤 may follow it."""
    shown = _figure_text(cell)
    found = _WEIGHT.fullmatch(figures.plain(shown).casefold())
    if found is None or (found["unit"] and found["unit"] not in _GRAMS):
        raise CellRefused(FaultCode.WEIGHT, "a weight such as 350 g or 0.35 kg", shown)
    figure = figures.read(found["figure"], _comma_of(cell, decimal_comma))
    grams_per_unit = _GRAMS.get(found["unit"], unit_g)
    scale = int("1" + "0" * len(figure.part))
    grams, rest = divmod(int(figure.whole + figure.part) * grams_per_unit, scale)
    if rest or grams > WEIGHT_G_MAX:
        raise CellRefused(FaultCode.WEIGHT, f"whole grams, at most {WEIGHT_G_MAX}", shown)
    return grams


def truth(cell: Cell) -> bool:
    """Yes or no, in English or Chinese."""
    word = unicodedata.normalize("NFKC", text(cell)[:24]).strip().casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise CellRefused(FaultCode.TRUTH, "yes or no (是 or 否)", text(cell))


def days(cell: Cell) -> int:
    """A lead time in whole days, hours rounded up to days. A span such as 3-5 is refused: which one binds?"""
    shown = text(cell)
    found = _DAYS.fullmatch(figures.plain(shown).casefold())
    if found is None or found["unit"] not in _DAY_HOURS:
        raise CellRefused(FaultCode.DAYS, "a number of days, or hours such as 48小时", shown)
    value = -(-int(found["figure"]) * _DAY_HOURS[found["unit"]] // 24)
    if value > DAYS_MAX:
        raise CellRefused(FaultCode.DAYS, f"at most {DAYS_MAX} days", shown)
    return value


def phone(cell: Cell) -> str:
    """A telephone number a courier can dial: digits, spaces, dashes, brackets, a leading plus; never masked."""
    shown = identifier(cell)
    number = " ".join(unicodedata.normalize("NFKC", shown[:64]).split())
    if not _PHONE.fullmatch(number):
        raise CellRefused(FaultCode.PHONE, "a whole telephone number of 5 to 25 characters", shown)
    return number


def gtin(cell: Cell) -> str:
    """A GTIN-8, 12, 13 or 14 with its check digit (GS1 General Specifications, 7.9)."""
    digits = unicodedata.normalize("NFKC", identifier(cell)[:32])
    if not (digits.isascii() and digits.isdigit() and len(digits) in (8, 12, 13, 14)):
        raise CellRefused(FaultCode.GTIN, "8, 12, 13 or 14 digits", digits)
    if not fields.gtin_ok(digits):
        raise CellRefused(FaultCode.GTIN, "a right check digit", digits)
    return digits


def _identifier_text(value: str) -> str:
    if not value:
        raise CellRefused(FaultCode.MISSING, "a value", value)
    if not value.isprintable():
        raise CellRefused(FaultCode.CONTROL, "no control, invisible or direction-changing characters", value)
    if len(value) > IDENTIFIER_CHARACTERS_MAX:
        raise CellRefused(FaultCode.IDENTIFIER, f"at most {IDENTIFIER_CHARACTERS_MAX} characters", value)
    if _SCIENTIFIC.fullmatch(value):
        raise CellRefused(
            FaultCode.IDENTIFIER, "all digits; a spreadsheet program shortened them, format as text", value
        )
    return value


def _identifier_number(value: float) -> str:
    if value < 0 or not value.is_integer():
        raise CellRefused(FaultCode.IDENTIFIER, "text or a whole number; format the column as text", repr(value))
    if value >= FLOAT_EXACT_MAX or (value >= EXCEL_EXACT_MAX and int(value) % 10 == 0):
        raise CellRefused(
            FaultCode.IDENTIFIER, "text: a number of more than 15 digits has lost some of them", repr(value)
        )
    return str(int(value))


def _figure_text(cell: Cell) -> str:
    if isinstance(cell, bool | Moment):
        raise CellRefused(FaultCode.NUMBER, "a figure", text(cell))
    return text(cell)


def _comma_of(cell: Cell, decimal_comma: bool | None) -> bool | None:
    """Numbers of the spreadsheet program carry no locale: what we print of them has a dot."""
    return False if isinstance(cell, float) else decimal_comma


def _float_text(value: float) -> str:
    """The 15 significant digits that Excel itself shows; so 0.1 + 0.2 in a formula reads 0.3."""
    if value.is_integer() and abs(value) < FLOAT_EXACT_MAX:
        return str(int(value))
    return format(value, ".15g")


def _clean(value: str) -> str:
    value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in value):
        raise CellRefused(FaultCode.CONTROL, "no control characters", value)
    return value
