"""The languages of the console: texts from gettext catalogues, and money, numbers and dates as a place writes them.

A catalogue is the set of files in `locales/<locale>/`, one for each group of pages; they are read as they stand, so
nothing has to be compiled. English is the language of the texts themselves.
"""

from __future__ import annotations

import functools
import gettext
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Final

import babel
from babel import dates, lists, numbers
from babel.messages import pofile

FOLDER: Final = Path(__file__).parent / "locales"
COUNTRY: Final = re.compile(r"[A-Z]{2}")
NO_COUNTRIES: Final = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
"""Codes of two letters that CLDR names and that are no country: unions, tests, the unknown."""


class Catalogue(gettext.NullTranslations):
    """The texts of one language. A text that is missing stays English; the tests let none be missing."""

    def __init__(self, texts: Mapping[str | tuple[str, str], str | tuple[str, ...]]) -> None:
        super().__init__()
        self.texts = texts

    def gettext(self, message: str) -> str:
        """A text."""
        return str(self.texts.get(message, message))

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """A text with a count: English has two forms, Chinese one."""
        found = self.texts.get(singular)
        if isinstance(found, tuple):
            return found[0] if count == 1 or len(found) == 1 else found[1]
        return singular if count == 1 else plural

    def pgettext(self, context: str, message: str) -> str:
        """A text whose meaning depends on where it stands."""
        return str(self.texts.get((context, message), message))


def read(folder: Path, locale: str) -> dict[str | tuple[str, str], str | tuple[str, ...]]:
    """Every translated text of a locale; files are joined, a text that stands in two must say the same."""
    texts: dict[str | tuple[str, str], str | tuple[str, ...]] = {}
    for path in sorted((folder / locale).glob("*.po")):
        with path.open("rb") as file:
            for message in pofile.read_po(file, locale=locale, abort_invalid=True):
                if message.id and message.string and not message.fuzzy:
                    identity = message.id[0] if isinstance(message.id, (list, tuple)) else message.id
                    string = tuple(message.string) if isinstance(message.string, (list, tuple)) else message.string
                    texts[(message.context, identity) if message.context else identity] = string
    return texts


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the console. `code` is the BCP 47 tag that HTML wants, `name` what its readers call it."""

    code: str
    name: str
    locale: babel.Locale
    catalogue: Catalogue
    zone: tzinfo = UTC

    def text(self, message: str, **values: Any) -> str:
        """A text with its values put in."""
        translated = self.catalogue.gettext(message)
        return translated % values if values else translated

    def money(self, minor: int, currency: str) -> str:
        """An amount in the currency's smallest unit, as `¥1,234.50`."""
        digits = numbers.get_currency_precision(currency)
        return numbers.format_currency(minor / 10**digits if digits else minor, currency, locale=self.locale)

    def countries(self, first: Sequence[str] = ()) -> list[tuple[str, str]]:
        """Every country with its name: those of `first`, then the others by name."""
        names = {code: name for code, name in self.locale.territories.items() if COUNTRY.fullmatch(code)}
        others = sorted(names.keys() - set(first) - NO_COUNTRIES, key=lambda code: names[code])
        return [(code, names[code]) for code in (*first, *others)]

    def number(self, value: int | float) -> str:
        """A number with its separators."""
        return numbers.format_decimal(value, locale=self.locale)

    def percent(self, share: float, digits: int = 0) -> str:
        """A share of one as a percentage."""
        return numbers.format_percent(share, format=f"#,##0{'.' + '0' * digits if digits else ''}%", locale=self.locale)

    def moment(self, at_ms: int | None) -> str:
        """Milliseconds since 1970 as date and time to the minute; empty for None and 0."""
        if not at_ms:
            return ""
        at = datetime.fromtimestamp(at_ms / 1000, UTC)
        return dates.format_datetime(at, "short", tzinfo=self.zone, locale=self.locale)

    def day(self, at: date | int | str | None) -> str:
        """A date, milliseconds since 1970, or an ISO date, as a date."""
        match at:
            case None | 0 | "":
                return ""
            case int():
                return dates.format_date(datetime.fromtimestamp(at / 1000, self.zone), "medium", locale=self.locale)
            case str():
                return dates.format_date(date.fromisoformat(at[:10]), "medium", locale=self.locale)
            case _:
                return dates.format_date(at, "medium", locale=self.locale)

    def month(self, at_ms: int) -> str:
        """The month of a moment as ISO 8601 has it, `2026-11`."""
        return datetime.fromtimestamp(at_ms / 1000, self.zone).strftime("%Y-%m")

    def ago(self, at_ms: int | None, now_ms: int) -> str:
        """How long ago, or in how long, in the largest fitting unit; empty for None and 0."""
        if not at_ms:
            return ""
        passed = timedelta(milliseconds=at_ms - now_ms)
        return dates.format_timedelta(passed, granularity="second", add_direction=True, locale=self.locale)

    def counted(self, singular: str, plural: str, count: int) -> str:
        """A text with a count in it, `%(num)s`."""
        return self.catalogue.ngettext(singular, plural, count).replace("%(num)s", self.number(count))

    def pick(self, titles: Mapping[str, str], otherwise: str = "") -> str:
        """The title in this language, else in the other, else in any; `titles` is by language tag."""
        own = self.code.partition("-")[0]
        ranked = sorted(titles, key=lambda tag: (not tag.startswith(own), not tag.startswith("en"), tag))
        return titles[ranked[0]] if ranked else otherwise

    def listed(self, items: list[str]) -> str:
        """`a, b and c`."""
        return lists.format_list(items, locale=self.locale)

    def either(self, items: list[str]) -> str:
        """`a, b, or c`."""
        return lists.format_list(items, style="or", locale=self.locale)

    @property
    def full_stop(self) -> str:
        """What ends a sentence."""
        return "\u3002" if self.locale.language == "zh" else "."

    @property
    def comma(self) -> str:
        """What stands between two parts of a sentence."""
        return "\uff0c" if self.locale.language == "zh" else ", "

    @property
    def semicolon(self) -> str:
        """What stands between two sentences of one."""
        return "\uff1b" if self.locale.language == "zh" else "; "


@functools.cache
def load() -> Mapping[str, Language]:
    """Every language by its code, English first."""
    return {
        "en": Language("en", "English", babel.Locale("en"), Catalogue(read(FOLDER, "en"))),
        "zh-CN": Language("zh-CN", "简体中文", babel.Locale.parse("zh_Hans_CN"), Catalogue(read(FOLDER, "zh_CN"))),
    }


def choose(wanted: str | None, accepted: str) -> Language:
    """The wanted language, else the first that the browser accepts (RFC 9110 section 12.5.4), else English."""
    known = load()
    if wanted is not None and wanted in known:
        return known[wanted]
    ranked = sorted((part.strip() for part in accepted.split(",")[:16]), key=quality, reverse=True)
    for part in ranked:
        tag = part.partition(";")[0].strip().lower()
        if tag.startswith("zh"):
            return known["zh-CN"]
        if tag.startswith("en"):
            return known["en"]
    return known["en"]


def quality(part: str) -> float:
    """The weight of one part of Accept-Language; 0 for one that cannot be read."""
    _, _, weight = part.partition(";q=")
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0
