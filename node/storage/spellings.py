"""How text is spelled for searching: one spelling for what is stored and for what is typed.

Chinese is written without spaces and most of its words have two characters, so every pair of neighbours is a word of
the index. A phrase of pairs then finds every substring of two and more characters; the last character of a run stands
alone as well, so that one character finds every run that holds it, as the beginning of a word.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

WORD_CHARACTERS_MAX: Final = 64
"""Longer words are cut: a hash is found by its beginning."""

TAIL_MIN: Final = 4
"""So many last digits of a telephone number, or last characters of another number, find it."""

COUNTRY_DIGITS_MAX: Final = 4
"""A country code with the sign for it: 86, 0086; who types it also finds numbers that were stored without."""

NATIONAL_DIGITS_MIN: Final = 7
"""What is left of a telephone number without its country code has at least so many."""

CHINESE: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUNS: Final = re.compile(f"[{CHINESE}]+|[^\\W_{CHINESE}]+")
TELEPHONE: Final = re.compile(r"[\d\s+()./-]+")


def plain(text: str) -> str:
    """Text as it is compared: wide and narrow, upper and lower case are one."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def compact(text: str) -> str:
    """A number as one word: letters and digits of it, whatever stands between them."""
    return "".join(letter for letter in plain(text) if letter.isalnum())[:WORD_CHARACTERS_MAX]


def is_chinese(run: str) -> bool:
    """Whether a run of characters is indexed by pairs."""
    return re.match(f"[{CHINESE}]", run) is not None


def words(text: str) -> Iterator[str]:
    """The words of a text for the index, in order."""
    for run in RUNS.findall(plain(text)):
        if is_chinese(run):
            yield from (run[place : place + 2] for place in range(len(run) - 1))
            yield run[-1]
        else:
            yield run[:WORD_CHARACTERS_MAX]


def phrases(text: str) -> list[tuple[list[str], bool]]:
    """What is looked for: (words that follow each other, whether the last one is only a beginning), all of them."""
    found: list[tuple[list[str], bool]] = []
    for run in RUNS.findall(plain(text)):
        if is_chinese(run) and len(run) > 1:
            found.append(([run[place : place + 2] for place in range(len(run) - 1)], False))
        else:
            found.append(([run[:WORD_CHARACTERS_MAX]], True))
    return found


def tail(number: str) -> str:
    """A number from its end, so that its last characters are a beginning."""
    return compact(number)[::-1]


def telephone(text: str) -> str:
    """The digits of what looks like a telephone number, or of its end; empty for anything else."""
    normal = plain(text)
    if not TELEPHONE.fullmatch(normal):
        return ""
    digits = "".join(letter for letter in normal if letter.isdigit())
    return digits if len(digits) >= TAIL_MIN else ""


def telephone_tails(digits: str) -> list[str]:
    """The beginnings, from the end, under which a telephone number may be stored: also without a country code."""
    shortest = max(len(digits) - COUNTRY_DIGITS_MAX, NATIONAL_DIGITS_MIN)
    return [digits[::-1]] + [digits[::-1][:length] for length in range(len(digits) - 1, shortest - 1, -1)]


def consumer_words(name: str, phone: str) -> set[str]:
    """The words by which a consumer is found. A number stands from its end, behind a sign that no name has."""
    digits = "".join(letter for letter in plain(phone) if letter.isdigit())
    return {*words(name), *(["#" + digits[::-1]] if len(digits) >= TAIL_MIN else [])}


def joined(texts: Iterable[str]) -> str:
    """The words of several texts, as a column of the index holds them."""
    return " ".join(filter(None, map(spelled, texts)))


@functools.lru_cache(maxsize=4096)
def spelled(text: str) -> str:
    """The words of one text: goods are ordered again and again. What is of a person is not remembered here."""
    return " ".join(words(text))
