from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from node.connectors.spreadsheets import cells, countries, units
from node.connectors.spreadsheets.faults import CellRefused
from node.connectors.spreadsheets.tables import Broken, Cell, Moment


def code_of(read: Callable[[Cell], object], cell: Cell) -> str:
    with pytest.raises(CellRefused) as refused:
        read(cell)
    return refused.value.code.value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("A-1", "A-1"),
        ("  A-1\t", "A-1"),
        ("　A1　", "A1"),
        ("ＡＢ１", "ＡＢ１"),
        ("007", "007"),
        ("12.5", "12.5"),
        (13800000000.0, "13800000000"),
        (1e15 + 7, "1000000000000007"),
        (float(2**53 - 1), str(2**53 - 1)),
        ('="0012345"', "0012345"),
        ("=cmd()", "=cmd()"),
        ("<img onerror=x>", "<img onerror=x>"),
        ("../../x", "../../x"),
        ("'; DROP TABLE--", "'; DROP TABLE--"),
        ("12E5", "12E5"),
        ("\u00e9", "\u00e9"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_D22_D23_identifiers_are_kept_as_they_are_written(cell: Cell, value: str) -> None:
    assert cells.identifier(cell) == value


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (1.38e16, "sheet.identifier"),
        (1.38e10 + 0.5, "sheet.identifier"),
        (float(2**53), "sheet.identifier"),
        (1234567890123450.0, "sheet.identifier"),
        (-5.0, "sheet.identifier"),
        (0.5, "sheet.identifier"),
        ("1.38E+10", "sheet.identifier"),
        ("1,38E+10", "sheet.identifier"),
        ("7E+12", "sheet.identifier"),
        (True, "sheet.identifier"),
        (Moment("2024-01-02"), "sheet.identifier"),
        (Broken("#N/A"), "sheet.cell-error"),
        ("x" * 65, "sheet.identifier"),
        ("A\u202eB", "sheet.control"),
        ("A\u200bB", "sheet.control"),
        ("A\x00B", "sheet.control"),
        ("A\nB", "sheet.control"),
        ("A\ufeffB", "sheet.control"),
        ("   ", "sheet.missing"),
    ],
)
def test_D22_identifiers_that_lost_digits_or_hide_characters_are_refused(cell: Cell, code: str) -> None:
    assert code_of(cells.identifier, cell) == code


def test_D22_identifiers_that_look_alike_stay_different() -> None:
    assert cells.identifier("\u00e9") != cells.identifier("e\u0301")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("15400001234", "15400001234"),
        (15400001234.0, "15400001234"),
        ("１５４０００", "154000"),
        ("+1 202-555-0142", "+1 202-555-0142"),
        ("(202) 555-0142", "(202) 555-0142"),
        ("0571-8888 0000", "0571-8888 0000"),
        ("15400001234转5678", "15400001234转5678"),
        ("202 555 0142 ext. 9", "202 555 0142 ext. 9"),
    ],
)
def test_telephone_numbers(cell: Cell, value: str) -> None:
    assert cells.phone(cell) == value


@pytest.mark.parametrize(
    "cell", ["154****1234", "1234", "no phone", "1.54E+10", 154000.5, "=HYPERLINK(1)", "+", "1" * 40]
)
def test_telephone_numbers_nobody_can_dial(cell: Cell) -> None:
    assert code_of(cells.phone, cell) in ("sheet.phone", "sheet.identifier")


@pytest.mark.parametrize(
    ("cell", "minor"), [(12.5, 1250), (13.310000000000002, 1331), (0.1 + 0.2, 30), (100.0, 10000), ("12.50", 1250)]
)
def test_amounts_of_a_spreadsheet_are_taken_at_fifteen_digits(cell: Cell, minor: int) -> None:
    assert cells.amount(cell, "CNY", None) == minor


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (12.345, "sheet.decimals"),
        (1e300, "sheet.number"),
        (1e-7, "sheet.number"),
        (float("nan"), "sheet.number"),
        (float("inf"), "sheet.number"),
        (-1.0, "sheet.range"),
        (True, "sheet.number"),
        (Moment("2024-01-02"), "sheet.number"),
        (Broken("#REF!"), "sheet.cell-error"),
    ],
)
def test_D06_amounts_of_a_spreadsheet_that_are_none(cell: Cell, code: str) -> None:
    assert code_of(lambda given: cells.amount(given, "CNY", None), cell) == code


def test_a_number_of_the_spreadsheet_has_no_locale() -> None:
    assert cells.amount(1234.5, "EUR", True) == 123450
    assert cells.whole(1000.0, True, most=10_000) == 1000


def test_an_unknown_currency_is_refused() -> None:
    assert code_of(lambda cell: cells.amount(cell, "XXX", None), "1") == "sheet.currency"


@pytest.mark.parametrize(
    ("cell", "code"), [("CNY", "CNY"), ("cny", "CNY"), ("人民币", "CNY"), ("元", "CNY"), ("€", "EUR"), ("RMB", "CNY")]
)
def test_currencies(cell: Cell, code: str) -> None:
    assert cells.currency(cell) == code


@pytest.mark.parametrize("cell", ["$", "¥", "XYZ", "euro", 5.0, "x" * 100])
def test_currencies_that_could_be_several_or_none(cell: Cell) -> None:
    assert code_of(cells.currency, cell) == "sheet.currency"


@pytest.mark.parametrize(
    ("cell", "unit_g", "grams"),
    [("350", 1, 350), (350.0, 1, 350), ("0.35kg", 1, 350), ("350 g", 1, 350), ("350克", 1, 350), ("1.2", 1000, 1200),
     ("1.5千克", 1, 1500), ("2公斤", 1, 2000), (0.25, 1000, 250), ("0", 1, 0)],
)  # fmt: skip
def test_weights(cell: Cell, unit_g: int, grams: int) -> None:
    assert cells.weight_g(cell, None, unit_g=unit_g) == grams


@pytest.mark.parametrize("cell", ["1.5", "light", "5 lb", "999999999", "0.0001kg", -1.0])
def test_weights_that_are_none(cell: Cell) -> None:
    assert code_of(lambda given: cells.weight_g(given, None), cell) in ("sheet.weight", "sheet.number")


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        ("3", 3),
        (2.0, 2),
        ("3天", 3),
        ("48小时", 2),
        ("72小时内", 3),
        ("25h", 2),
        ("1 day", 1),
        ("0", 0),
        ("48小时内发货", 2),
    ],
)
def test_lead_times(cell: Cell, days: int) -> None:
    assert cells.days(cell) == days


@pytest.mark.parametrize("cell", ["3-5", "soon", "2.5", "400", "3 weeks", 1e9])
def test_lead_times_that_bind_nobody(cell: Cell) -> None:
    assert code_of(cells.days, cell) in ("sheet.days", "sheet.number")


@pytest.mark.parametrize(
    ("cell", "value"),
    [("是", True), ("yes", True), ("TRUE", True), (True, True), (1.0, True), ("七天无理由", True), ("否", False),
     ("No", False), (False, False), (0.0, False), ("不支持", False)],
)  # fmt: skip
def test_truths(cell: Cell, value: bool) -> None:
    assert cells.truth(cell) is value


@pytest.mark.parametrize("cell", ["maybe", 2.0, Moment("2024-01-01"), "x" * 50])
def test_truths_that_are_none(cell: Cell) -> None:
    assert code_of(cells.truth, cell) == "sheet.truth"


@pytest.mark.parametrize("cell", ["4006381333931", 4006381333931.0, "96385074", "036000291452", "10614141000415"])
def test_article_numbers(cell: Cell) -> None:
    assert cells.gtin(cell).isdigit()


@pytest.mark.parametrize("cell", ["4006381333932", "12345", "36000291452", "abc", "4006381333931x", 12.5])
def test_article_numbers_with_a_wrong_digit_or_length(cell: Cell) -> None:
    assert code_of(cells.gtin, cell) in ("sheet.gtin", "sheet.identifier")


@pytest.mark.parametrize(
    ("cell", "value"),
    [(" a ", "a"), ("a\r\nb", "a\nb"), (3.0, "3"), (3.25, "3.25"), (True, "TRUE"), (Moment("2024-01-02"), "2024-01-02"),
     ("a\u202eb", "a\u202eb"), ("=1+1", "=1+1")],
)  # fmt: skip
def test_F01_free_text_is_kept_literally(cell: Cell, value: str) -> None:
    assert cells.text(cell) == value


@pytest.mark.parametrize("cell", ["a\x07b", "a\x1bb", "\ud800"])
def test_D22_control_characters_in_free_text_are_refused(cell: Cell) -> None:
    assert code_of(cells.text, cell) == "sheet.control"


def test_labels_are_one_short_line() -> None:
    assert cells.label("a\n  b\u00a0c") == "a b c"
    assert code_of(cells.label, "x" * 201) == "sheet.cell-long"
    assert code_of(cells.label, "a\u200bb") == "sheet.control"


@pytest.mark.parametrize(("cell", "unit"), [("件", "H87"), ("PCS", "H87"), ("套", "SET"), ("xbx", "XBX"), ("双", "PR")])
def test_units(cell: Cell, unit: str) -> None:
    assert units.read(cell) == unit


def test_units_nobody_knows() -> None:
    assert code_of(units.read, "furlong") == "sheet.unit"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_unit_is_read_back_from_its_word(language: str) -> None:
    for code in units.CODES:
        assert units.read(units.word(code, language)) == code


@pytest.mark.parametrize(
    ("cell", "country"),
    [
        ("中国", "CN"),
        ("cn", "CN"),
        ("浙江省金华市", "CN"),
        ("Made", None),
        ("Germany", "DE"),
        ("越南", "VN"),
        ("XX", None),
    ],
)
def test_countries(cell: Cell, country: str | None) -> None:
    if country is None:
        assert code_of(countries.read, cell) == "sheet.origin"
    else:
        assert countries.read(cell) == country


def test_there_are_249_countries() -> None:
    assert len(countries.CODES) == 249


def test_whole_numbers_keep_their_bounds() -> None:
    assert cells.whole("5", None, least=1, most=5) == 5
    assert code_of(partial(cells.whole, decimal_comma=None, least=1, most=5), "0") == "sheet.range"
    assert code_of(partial(cells.whole, decimal_comma=None, least=1, most=5), "6") == "sheet.range"


@pytest.mark.parametrize(("cell", "value"), [("-3", -3), (-3.0, -3), ("7", 7), (0.0, 0)])
def test_oversold_stock(cell: Cell, value: int) -> None:
    assert cells.signed(cell) == value
