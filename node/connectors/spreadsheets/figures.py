"""Figures as people write them, read exactly: no float, no guess about commas (docs/spreadsheets.md)."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass

from contracts import amounts
from node.connectors.spreadsheets.faults import CellRefused, FaultCode

FIGURE_CHARACTERS_MAX = 32
"""Longer than any honest amount, short enough that no expression can be made to work hard."""

DIGITS_MAX = 14
"""Digits of the largest amount of a document, `amounts.AMOUNT_MAX`: longer ones never become a number (fault D06)."""

_DOT = re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]+)(?:\.(?P<part>[0-9]+))?")
_COMMA = re.compile(r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]+)(?:,(?P<part>[0-9]+))?")
_DECORATION = re.compile(r"(?P<before>[^0-9.,+\-]*)(?P<sign>[+\-]?)(?P<figure>[0-9][0-9., ]*)(?P<after>[^0-9.,+\-]*)")

_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "BRL"})
_SIGNS: dict[str, frozenset[str]] = {
    "¥": frozenset({"CNY", "JPY"}),
    "元": frozenset({"CNY"}),
    "元/件": frozenset({"CNY"}),
    "人民币": frozenset({"CNY"}),
    "rmb": frozenset({"CNY"}),
    "cn¥": frozenset({"CNY"}),
    "円": frozenset({"JPY"}),
    "日元": frozenset({"JPY"}),
    "$": _DOLLARS,
    "us$": frozenset({"USD"}),
    "美元": frozenset({"USD"}),
    "hk$": frozenset({"HKD"}),
    "港币": frozenset({"HKD"}),
    "港元": frozenset({"HKD"}),
    "nt$": frozenset({"TWD"}),
    "s$": frozenset({"SGD"}),
    "a$": frozenset({"AUD"}),
    "c$": frozenset({"CAD"}),
    "€": frozenset({"EUR"}),
    "欧元": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "英镑": frozenset({"GBP"}),
    "₩": frozenset({"KRW"}),
    "₫": frozenset({"VND"}),
    "฿": frozenset({"THB"}),
    "₹": frozenset({"INR"}),
    "zł": frozenset({"PLN"}),
    "kč": frozenset({"CZK"}),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A decimal figure cut in two: `whole` and `part` are digits, `part` empty where no decimals were written."""

    whole: str
    part: str


def read(text: str, decimal_comma: bool | None) -> Figure:
    """The figure that a text without sign or currency shows.

    Full-width digits and the spaces of typesetting are normalised (NFKC). Thousands are grouped in threes by a
    comma (or a dot where `decimal_comma`), or by a space. With `decimal_comma` None a text that reads as two
    different figures is refused with `sheet.locale`, and so is one that only makes sense with a decimal comma:
    that is asked once and never guessed (fault F03).
    """
    text = plain(text)
    dot = None if decimal_comma else _match(_DOT, text)
    comma = None if decimal_comma is False else _match(_COMMA, text)
    if decimal_comma is None and comma is not None and comma != dot:
        raise CellRefused(FaultCode.LOCALE, "state whether a comma or a dot marks the decimals", text)
    figure = comma if decimal_comma else dot
    if figure is None:
        other = "a comma" if decimal_comma else "a dot"
        raise CellRefused(FaultCode.NUMBER, f"a figure such as 1234, decimals after {other}", text)
    return figure


def whole(text: str, decimal_comma: bool | None) -> int:
    """A whole number; a fraction other than zeros is refused with `sheet.fraction`, a minus with `sheet.range`."""
    figure = read(_positive(plain(text), text), decimal_comma)
    if figure.part.strip("0"):
        raise CellRefused(FaultCode.FRACTION, "a whole number", text)
    return _bounded(figure.whole, text)


def minor_units(text: str, currency: str, exponent: int, decimal_comma: bool | None) -> int:
    """An amount in minor units of `currency`, whose number of decimals is `exponent`.

    A sign or code of the same currency may stand before or after the figure. More decimals than the currency has
    are refused even when they are zeros: the sender and we do not mean the same currency then.
    """
    found = _DECORATION.fullmatch(plain(text))
    if found is None:
        raise CellRefused(FaultCode.NUMBER, "an amount such as 1234.50", text)
    for decoration in (found["before"], found["after"]):
        _check_decoration(decoration.strip(), currency, text)
    figure = read(_positive(found["sign"] + found["figure"].strip(), text), decimal_comma)
    if len(figure.part) > exponent:
        raise CellRefused(FaultCode.DECIMALS, f"at most {exponent} decimals for {currency}", text)
    return _bounded(figure.whole + figure.part.ljust(exponent, "0"), text)


def sign_currencies(sign: str) -> frozenset[str]:
    """The currencies that a sign or word may stand for, empty for an unknown one. A code stands for itself."""
    sign = plain(sign).strip().casefold()
    if len(sign) == 3 and sign.isascii() and sign.isalpha() and sign != "rmb":
        return frozenset({sign.upper()})
    return _SIGNS.get(sign, frozenset())


@functools.lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """NFKC, trimmed, every kind of space as one; refuses what is too long to be a figure."""
    if len(text) > FIGURE_CHARACTERS_MAX:
        raise CellRefused(FaultCode.NUMBER, f"a figure of at most {FIGURE_CHARACTERS_MAX} characters", text)
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _match(pattern: re.Pattern[str], text: str) -> Figure | None:
    found = pattern.fullmatch(text)
    if found is None:
        return None
    return Figure(re.sub(r"[., ]", "", found["whole"]), found["part"] or "")


def _positive(text: str, got: str) -> str:
    if text.startswith("-"):
        raise CellRefused(FaultCode.RANGE, "no negative figure", got)
    return text.removeprefix("+")


def _bounded(digits: str, got: str) -> int:
    digits = digits.lstrip("0") or "0"
    if len(digits) > DIGITS_MAX or int(digits) > amounts.AMOUNT_MAX:
        raise CellRefused(FaultCode.RANGE, f"at most {amounts.AMOUNT_MAX}, in the smallest unit", got)
    return int(digits)


def _check_decoration(decoration: str, currency: str, got: str) -> None:
    if decoration and currency not in sign_currencies(decoration):
        raise CellRefused(FaultCode.CURRENCY, f"an amount in {currency}", got)
