"""Money, quantities, rates, and the one rounding rule.

Law 12: an amount is a whole number of the currency's minor unit, with its ISO 4217 code; there is no float anywhere;
there is one rounding rule, here, and one balance per currency.

**The rounding rule.** A fraction is rounded to the nearest whole minor unit, and an exact half away from zero, so
that a credit is rounded like the debit that it undoes. Whatever is owed for a quantity of a line is computed from
the *cumulative* quantity (`value`), and a part is the difference of two cumulative values (`part`): so the parts of
a line always add up to the whole, in whatever pieces it was shipped, cancelled or billed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from contracts import currencies
from contracts.errors import Fault, Misuse, Refused, shown

AMOUNT_MAX: Final = 10**13  # minor units of one amount or one line; 500 such lines still fit an HCM integer (2^53)
BALANCE_MAX: Final = 2**53 - 1  # minor units; what HCM can carry in a statement
QUANTITY_MAX: Final = 10**9 - 1  # units in one line or one stock level (faults.md D16 refuses 10^9)
BASE_MAX: Final = 10**6  # units that one price is for
RATE_PATTERN: Final = r"^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?$"  # protocol.md section 2.1, bounded (faults.md D06)

_RATE = re.compile(RATE_PATTERN)


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` whole minor units (signed) of `currency` (ISO 4217)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in currencies.EXPONENTS:
            raise Refused([Fault("document.currency", "c", "an active ISO 4217 code", shown(self.currency))])

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + _same(self, other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - _same(self, other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{decimal_text(self.minor, exponent(self.currency))} {self.currency}"


@dataclass(frozen=True, slots=True)
class Quantity:
    """`count` whole units; `unit` is a code of UN/ECE Recommendation 20 (C62 one, H87 piece, KGM, MTR ...)."""

    count: int
    unit: str = "C62"


@dataclass(frozen=True, slots=True)
class Rate:
    """An exact fraction with a power of ten below, made from a decimal text such as `0.05`."""

    numerator: int
    denominator: int = 1

    def of(self, minor: int) -> int:
        """This rate of an amount, rounded by the one rule."""
        return share(minor, self.numerator, self.denominator)


ZERO_RATE: Final = Rate(0)


def exponent(currency: str) -> int:
    """Decimals of the currency's minor unit; raises `Refused` for an unknown code."""
    found = currencies.EXPONENTS.get(currency)
    if found is None:
        raise Refused([Fault("document.currency", "c", "an active ISO 4217 code", shown(currency))])
    return found


@lru_cache(maxsize=4096)  # a few rates stand in every document
def rate(text: str) -> Rate:
    """Parse a decimal text; raises `Refused`. Never costs more than its few digits (faults.md D06)."""
    if not _RATE.fullmatch(text):
        raise Refused([Fault("document.rate", "", "a decimal number such as 0.05", shown(text))])
    whole, _, decimals = text.partition(".")
    return Rate(int(whole + decimals), 10 ** len(decimals))


def added(rates: Sequence[Rate]) -> Rate:
    """The exact sum of some rates."""
    denominator = max((one.denominator for one in rates), default=1)  # powers of ten: the largest fits all
    return Rate(sum(one.numerator * (denominator // one.denominator) for one in rates), denominator)


def portions(minor: int, rates: Sequence[Rate]) -> tuple[int, ...]:
    """What each of some rates is of an amount, so that together they are exactly their sum of it.

    Each is the difference of two cumulative values, and so within one minor unit of its own rounded value.
    """
    sums = [added(rates[:count]).of(minor) for count in range(len(rates) + 1)]
    return tuple(after - before for before, after in itertools.pairwise(sums))


def share(minor: int, numerator: int, denominator: int) -> int:
    """`minor` x numerator / denominator, to the nearest whole, an exact half away from zero. The one rounding rule."""
    if denominator <= 0:
        raise Misuse("a denominator is positive")
    product = minor * numerator
    rounded = (2 * abs(product) + denominator) // (2 * denominator)
    return rounded if product >= 0 else -rounded


def value(price_minor: int, base: int, quantity: int) -> int:
    """What `quantity` units cost when `base` units cost `price_minor`."""
    return (2 * price_minor * quantity + base) // (2 * base) if price_minor >= 0 else share(price_minor, quantity, base)


def part(price_minor: int, base: int, before: int, quantity: int) -> int:
    """What the next `quantity` units cost after `before` units: parts of a line add up to the whole line."""
    return value(price_minor, base, before + quantity) - value(price_minor, base, before)


def decimal_text(minor: int, decimals: int) -> str:
    """Minor units as a plain decimal: (12345, 2) is `123.45`, (-5, 3) is `-0.005`."""
    digits = str(abs(minor)).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return f"-{text}" if minor < 0 else text


def money(text: str, currency: str) -> Money:
    """A decimal text as money; raises `Refused` for more decimals than the currency has, signs of exponents, blanks."""
    decimals = exponent(currency)
    try:
        parsed = rate(text)
    except Refused:
        raise Refused([Fault("document.money", "", "an amount such as 12.50", shown(text))]) from None
    if parsed.denominator > 10**decimals:
        raise Refused([Fault("document.money", "", f"at most {decimals} decimals for {currency}", shown(text))])
    minor = parsed.numerator * (10**decimals // parsed.denominator)
    if abs(minor) > AMOUNT_MAX:
        raise Refused([Fault("document.money", "", f"at most {AMOUNT_MAX} minor units", shown(text))])
    return Money(minor, currency)


def _same(left: Money, right: Money) -> Money:
    if left.currency != right.currency:
        raise Refused([Fault("money.currency", "c", left.currency, right.currency)])
    return right
