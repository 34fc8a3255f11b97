"""In what guise a story is told: in which language, on how wide a screen, on a light or a dark ground.

The stories run in two guises, which cover both languages, both widths and both grounds; HANSE_GUISES=all adds the
others. What a story looks for on a page it says in English, as the texts of the console stand in the code; a guise
says them as its reader sees them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from node.console import languages, words


@dataclass(frozen=True, slots=True)
class Guise:
    """A language of the console, a width of `pictures.WIDTHS`, and a theme."""

    language: str = "en"
    width: str = "desktop"
    theme: str = "light"

    def __str__(self) -> str:
        return f"{self.language}-{self.width}"

    @property
    def mark(self) -> str:
        """Letters by which what a story makes in this guise is told apart from what it makes in another."""
        return (self.language[:2] + self.width[0]).upper()

    @property
    def words(self) -> languages.Language:
        """The console's own texts and figures in this language."""
        return languages.load()[self.language]

    def say(self, text: str, **values: Any) -> str:
        """A text of the console as it is read. LookupError for what no page says: a story must not wait for it."""
        known = languages.load()["zh-CN"].catalogue
        if known.gettext(text) == text and text not in SAME:
            raise LookupError(f"no page of the console says {text!r}")
        return self.words.text(text, **values)

    def count(self, singular: str, plural: str, count: int) -> str:
        """A text with a number in it, as it is read."""
        number = self.words.number(count)
        return self.words.catalogue.ngettext(singular, plural, count) % {"num": number, "count": number}

    def word(self, code: str) -> str:
        """What a state, a reason or another code is called. LookupError for a code without a word."""
        return self.say(words.WORDS[code])

    def done(self, case: str) -> str:
        """What is said once a use case was done. LookupError for one of which nothing is said."""
        return self.say(words.DONE[case])


SAME = frozenset({"Excel", "CSV", "Hanse"})
"""Texts that are the same in both languages."""
FIRST = Guise()
PAIR = (FIRST, Guise("zh-CN", "phone", "dark"))
ALL = (*PAIR, Guise("en", "phone", "dark"), Guise("zh-CN", "desktop", "light"))


def chosen() -> tuple[Guise, ...]:
    """The guises in which this run tells its stories."""
    return ALL if os.environ.get("HANSE_GUISES") == "all" else PAIR
