"""What the node says below the console, in the reader's language.

An error, a fault or a finding is an English sentence wherever it is made: the floors below know of no other language,
and a sentence may have been on its way before it stands on a page: out of the process that reads a spreadsheet, out of
the database, or in a partner's answer. So the console recognises it. Its catalogues hold each sentence as it stands in
the code, with a hole for each value, `no partner is called {0}`; what fills a hole may be a sentence again. A sentence
that no catalogue knows is shown as it came, behind the one that belongs to its code (docs/decisions/0042).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from contracts import errors as rules
from node import errors
from node.console import fields, languages, words
from node.console.words import N_

HOLE: Final = re.compile(r"\{(\d)\}")
FIRST_HOLE: Final = "{0}"
QUOTED: Final = re.compile(r"'([^']*)'")
CHOICE: Final = re.compile(r"'[^']*'((, | or )'[^']*')*")
"""What a form lets choose from: `'seller' or 'buyer'`."""
LIGHT: Final = 7
"""A sentence of which so little is written, as `{0} to {1}`, is one of single words alone."""
CHARACTERS_MAX: Final = 2_000
"""Nothing longer is one of our sentences."""
DEPTH_MAX: Final = 3
REMEMBERED_MAX: Final = 4_096
COUNTED: Final = re.compile(r"(\S+) ([a-z][a-z-]+)")
"""A state behind how much is in it, or what: `3 agreed`."""
HINTS: Final = "; "
"""What stands between the hints of a table with several faults."""
JOINTS: Final = (HINTS, ", ", " or ")
"""What stands between what is listed."""
ENDS: Final = ("", ".", "!", "?", "\u2026", "\u3002", "\uff01", "\uff1f")
"""What a whole sentence ends with."""


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with holes. `pieces`: what is written between them."""

    text: str
    pieces: tuple[str, ...]
    pattern: re.Pattern[str]

    @property
    def weight(self) -> int:
        """The characters that are written: of two that fit, the heavier one was meant."""
        return sum(map(len, self.pieces))


def template(text: str) -> Template:
    """A sentence from a catalogue."""
    pieces = HOLE.split(text)[::2]
    value = r"(\S*)" if sum(map(len, pieces)) < LIGHT else "(.*?)"
    return Template(text, tuple(pieces), re.compile(value.join(map(re.escape, pieces))))


def ranked(texts: Iterable[str]) -> tuple[Template, ...]:
    """The sentences with holes among `texts`, the heaviest first."""
    return tuple(sorted((template(text) for text in texts if FIRST_HOLE in text), key=lambda one: -one.weight))


@functools.cache
def written() -> frozenset[str]:
    """Every sentence as it stands in the code. The catalogue of any language but English has them all."""
    return frozenset(text for text in languages.load()["zh-CN"].catalogue.texts if isinstance(text, str))


@functools.cache
def templates() -> tuple[Template, ...]:
    """The sentences with holes, the heaviest first."""
    return ranked(written())


@functools.lru_cache(REMEMBERED_MAX)
def recognise(text: str) -> tuple[str, tuple[str, ...]] | None:
    """(a sentence as it stands in the code, what fills its holes) for what was said; None where nothing fits."""
    if text in written():
        return text, ()
    if len(text) <= CHARACTERS_MAX:
        for one in templates():
            if all(piece in text for piece in one.pieces):
                found = one.pattern.fullmatch(text)
                if found is not None:
                    return one.text, found.groups()
    return None


def is_known(text: str) -> bool:
    """Whether a word or a sentence without holes is one of ours."""
    return text in words.WORDS or text in written()


def say(language: languages.Language, said: object, depth: int = 0) -> str:
    """A sentence, a code or a list of them in the reader's language; anything else as it is."""
    text = str(said)
    if text in words.WORDS and text not in written():
        return words.word(language, text)
    found = recognise(text) if depth < DEPTH_MAX else None
    if found is not None:
        filled = [say(language, value, depth + 1) for value in found[1]]
        return HOLE.sub(lambda hole: filled[int(hole[1])], language.text(found[0])) if filled else language.text(text)
    if CHOICE.fullmatch(text):
        return language.either([say(language, part, DEPTH_MAX - 1) for part in QUOTED.findall(text)])
    counted = COUNTED.fullmatch(text)
    if counted is not None and is_known(counted[2]):
        return f"{counted[1]} {say(language, counted[2], DEPTH_MAX - 1)}"
    for joint in JOINTS:
        parts = text.split(joint)
        if len(parts) > 1 and all(is_known(COUNTED.sub(r"\2", part)) for part in parts):
            several = [say(language, part, DEPTH_MAX - 1) for part in parts]
            return language.semicolon.join(several) if joint == HINTS else language.either(several)
    return text


def meaning(code: object) -> str:
    """The English sentence that belongs to a code, whatever was said with it; empty for a code that has none."""
    text = str(code)
    return errors.CODES[text][1] if text in errors.CODES else rules.CODES.get(text, "")


def headline(language: languages.Language, code: object, said: object = "") -> str:
    """The sentence that stands first: what was said, where the catalogues know it, else what its code means."""
    text = str(said)
    found = recognise(text)
    if not found and meaning(code):
        text, found = meaning(code), None
    told = say(language, text)
    begun = told if found and found[0].startswith("{") else told[:1].upper() + told[1:]  # a value keeps its own case
    return begun if begun[-1:] in ENDS else begun + language.full_stop


def ruling(language: languages.Language, code: object) -> str:
    """The sentence of the rule that a fault names; empty for a fault of a form, which says everything itself."""
    if str(code) in words.WORDS:
        return words.word(language, code)
    return headline(language, code) if meaning(code) else ""


def place(language: languages.Language, fault: Mapping[str, str]) -> str:
    """Where a fault is: row and column of a table, or the fields of a form from the outer one to the inner one."""
    if "row" in fault:
        return language.text(N_("Row %(row)s"), row=fault["row"]) + (
            language.comma + fault["column"] if fault["column"] else ""
        )
    return " \u203a ".join(fields.label(language, part) for part in fault["path"].split(".") if part)
