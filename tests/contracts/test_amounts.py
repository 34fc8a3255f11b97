"""Money, rates, and the one rounding rule."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import amounts, currencies
from contracts.amounts import Money
from contracts.errors import Refused

ROUNDED = [
    # minor, numerator, denominator, result: nearest, an exact half away from zero
    (1, 1, 2, 1),
    (-1, 1, 2, -1),
    (3, 1, 2, 2),
    (1, 1, 3, 0),
    (2, 1, 3, 1),
    (-2, 1, 3, -1),
    (10050, 19, 100, 1910),  # 19.095 -> 19.10
    (10049, 19, 100, 1909),
    (63000, 5, 100, 3150),
    (0, 7, 9, 0),
]


@pytest.mark.parametrize(("minor", "numerator", "denominator", "result"), ROUNDED)
def test_the_rounding_rule(minor: int, numerator: int, denominator: int, result: int) -> None:
    assert amounts.share(minor, numerator, denominator) == result


@settings(derandomize=True)
@given(st.integers(-(10**15), 10**15), st.integers(-(10**6), 10**6), st.integers(1, 10**9))
def test_a_share_is_never_further_than_half_a_unit(minor: int, numerator: int, denominator: int) -> None:
    exact = Fraction(minor * numerator, denominator)
    rounded = amounts.share(minor, numerator, denominator)
    assert abs(rounded - exact) <= Fraction(1, 2)
    assert amounts.share(-minor, numerator, denominator) == -rounded


@settings(derandomize=True)
@given(st.integers(0, 10**9), st.integers(1, 1000), st.lists(st.integers(1, 10**6), min_size=1, max_size=20))
def test_D08_parts_of_a_line_add_up_to_the_whole(price: int, base: int, parts: list[int]) -> None:
    done = total = 0
    for quantity in parts:
        total += amounts.part(price, base, done, quantity)
        done += quantity
    assert total == amounts.value(price, base, done) == amounts.share(price * done, 1, base)


@pytest.mark.parametrize(
    "text", ["1e5", "1.", ".5", "+1", "01", "", "1,5", "0x1", "NaN", "1 ", "1\n", "9" * 10, "0." + "1" * 10]
)
def test_D06_a_rate_is_a_plain_decimal(text: str) -> None:
    with pytest.raises(Refused) as caught:
        amounts.rate(text)
    assert caught.value.faults[0].code == "document.rate"


@pytest.mark.parametrize("text", ["abc", "12,50", "", "1e5"])
def test_D06_an_amount_that_cannot_be_read_is_called_an_amount(text: str) -> None:
    with pytest.raises(Refused) as caught:
        amounts.money(text, "EUR")
    (fault,) = caught.value.faults
    assert (fault.code, fault.expected) == ("document.money", "an amount such as 12.50")


def test_a_rate_is_exact() -> None:
    assert amounts.rate("0.05").of(63000) == 3150
    assert amounts.rate("-2.5") == amounts.Rate(-25, 10)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("123.45", "EUR", 12345), ("500", "JPY", 500), ("1.234", "KWD", 1234), ("0.5", "EUR", 50)],
)
def test_money_from_text(text: str, currency: str, minor: int) -> None:
    parsed = amounts.money(text, currency)
    assert parsed == Money(minor, currency)
    assert amounts.money(str(parsed).split()[0], currency) == parsed


@pytest.mark.parametrize(
    ("text", "currency"), [("1.234", "EUR"), ("1.5", "JPY"), ("1.2345", "KWD"), ("99999999999", "EUR")]
)
def test_D06_more_decimals_than_the_currency_has(text: str, currency: str) -> None:
    with pytest.raises(Refused):
        amounts.money(text, currency)


def test_D07_currencies_never_mix() -> None:
    with pytest.raises(Refused) as caught:
        Money(1, "EUR") + Money(1, "USD")
    assert caught.value.faults[0].code == "money.currency"
    assert Money(5, "EUR") - Money(7, "EUR") == -Money(2, "EUR")


def test_an_unknown_currency_is_no_money() -> None:
    with pytest.raises(Refused):
        Money(1, "XXX")


def test_iso_4217_exponents() -> None:
    assert {code: currencies.EXPONENTS[code] for code in ("EUR", "CNY", "JPY", "KRW", "KWD", "BHD", "TND", "CLF")} == {
        "EUR": 2, "CNY": 2, "JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "TND": 3, "CLF": 4,
    }  # fmt: skip
    assert all(len(code) == 3 and code.isupper() for code in currencies.EXPONENTS)
