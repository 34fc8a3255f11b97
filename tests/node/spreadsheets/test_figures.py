from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import amounts, currencies
from node.connectors.spreadsheets import figures
from node.connectors.spreadsheets.faults import CellRefused

ACCEPTED = [
    ("12.50", "CNY", None, 1250),
    ("0", "CNY", None, 0),
    ("12", "CNY", None, 1200),
    ("12.5", "CNY", None, 1250),
    ("1,234.50", "USD", None, 123450),
    ("1,234,567.89", "USD", None, 123456789),
    ("1 234.50", "EUR", None, 123450),
    ("1,234", "USD", False, 123400),
    ("1.234,50", "EUR", True, 123450),
    ("1 234,50", "EUR", True, 123450),
    ("1.234", "EUR", True, 123400),
    ("¥12.50", "CNY", None, 1250),
    ("￥12.50", "CNY", None, 1250),
    ("12.50元", "CNY", None, 1250),
    ("１２．５０", "CNY", None, 1250),
    ("CNY 12.50", "CNY", None, 1250),
    ("12.50 eur", "EUR", None, 1250),
    ("$9.99", "USD", None, 999),
    ("$9.99", "CAD", None, 999),
    ("¥1200", "JPY", None, 1200),
    ("1200", "JPY", None, 1200),
    ("1.234", "KWD", False, 1234),
    ("12", "KWD", None, 12000),
    ("1.2345", "CLF", False, 12345),
    ("+5", "CNY", None, 500),
    ("0012.50", "CNY", None, 1250),
]

REFUSED = [
    ("1,234", "USD", None, "sheet.locale"),
    ("12,50", "EUR", None, "sheet.locale"),
    ("1.234", "KWD", None, "sheet.locale"),
    ("1.234,50", "EUR", None, "sheet.locale"),
    ("12,50", "USD", False, "sheet.number"),
    ("12.50", "EUR", True, "sheet.number"),
    ("1,2345.00", "USD", None, "sheet.number"),
    ("1,00,000", "INR", None, "sheet.number"),
    ("12.345", "EUR", False, "sheet.decimals"),
    ("12.500", "EUR", False, "sheet.decimals"),
    ("1.00", "JPY", None, "sheet.decimals"),
    ("-1.00", "CNY", None, "sheet.range"),
    ("$9.99", "CNY", None, "sheet.currency"),
    ("12.50元", "JPY", None, "sheet.currency"),
    ("EUR 5", "USD", None, "sheet.currency"),
    ("5 apples", "USD", None, "sheet.currency"),
    ("1e5", "CNY", None, "sheet.number"),
    ("1E+200000", "CNY", None, "sheet.number"),
    ("=1+1", "CNY", None, "sheet.number"),
    ("", "CNY", None, "sheet.number"),
    (".5", "CNY", None, "sheet.number"),
    ("5.", "CNY", None, "sheet.number"),
    ("12..5", "CNY", None, "sheet.number"),
    ("NaN", "CNY", None, "sheet.number"),
    ("9" * 13, "CNY", None, "sheet.range"),
    ("9" * 33, "CNY", None, "sheet.number"),
    ("٣٤", "CNY", None, "sheet.number"),
]


@pytest.mark.parametrize(("text", "currency", "comma", "minor"), ACCEPTED)
def test_amounts_are_read_into_minor_units(text: str, currency: str, comma: bool | None, minor: int) -> None:
    assert figures.minor_units(text, currency, currencies.EXPONENTS[currency], comma) == minor


@pytest.mark.parametrize(("text", "currency", "comma", "code"), REFUSED)
def test_D06_F03_amounts_that_are_unclear_or_too_exact_are_refused(
    text: str, currency: str, comma: bool | None, code: str
) -> None:
    with pytest.raises(CellRefused) as refused:
        figures.minor_units(text, currency, currencies.EXPONENTS[currency], comma)
    assert refused.value.code.value == code
    assert refused.value.expected


@given(
    st.integers(0, amounts.AMOUNT_MAX),
    st.sampled_from(["CNY", "USD", "JPY", "KWD", "CLF"]),
    st.booleans(),
    st.booleans(),
)
@settings(derandomize=True, deadline=None)
def test_an_amount_written_in_either_locale_is_read_back(minor: int, currency: str, comma: bool, grouped: bool) -> None:
    whole, _, part = amounts.decimal_text(minor, amounts.exponent(currency)).partition(".")
    if grouped:
        whole = f"{int(whole):,}".replace(",", "." if comma else ",")
    text = whole + (("," if comma else ".") + part if part else "")
    assert figures.minor_units(text, currency, amounts.exponent(currency), comma) == minor


@given(st.text(max_size=40))
@settings(derandomize=True, deadline=None)
def test_any_text_is_a_whole_number_or_refused(text: str) -> None:
    try:
        value = figures.whole(text, None)
    except CellRefused:
        return
    assert 0 <= value <= amounts.AMOUNT_MAX


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("12.0", 12), ("１２", 12), (" 7 ", 7), ("1,234,567", 1234567), ("0", 0)]
)
def test_whole_numbers(text: str, value: int) -> None:
    assert figures.whole(text, None) == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.5", "sheet.fraction"),
        ("-3", "sheet.range"),
        ("1,000", "sheet.locale"),
        ("1" + "0" * 18, "sheet.range"),
        ("two", "sheet.number"),
    ],
)
def test_D05_quantities_that_are_none(text: str, code: str) -> None:
    with pytest.raises(CellRefused) as refused:
        figures.whole(text, None)
    assert refused.value.code.value == code
