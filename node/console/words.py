"""What codes are called: states, roles, reasons, and what was done; and the tone in which a state is shown.

The codes are the protocol's and never change; the words are the console's and are translated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from node.console import languages


def N_(text: str) -> str:
    """Mark a text for the catalogues; it is translated where it is shown."""
    return text


WORDS: Final[dict[str, str]] = {
    # roles
    "owner": N_("Owner"),
    "sales": N_("Sales"),
    "warehouse": N_("Warehouse"),
    "finance": N_("Finance"),
    "auditor": N_("Auditor, read only"),
    # links and channels
    "online": N_("online"),
    "offline": N_("offline"),
    "pairing": N_("pairing"),
    "open": N_("open"),
    "recovering": N_("recovering"),
    "forked": N_("forked"),
    "stopped": N_("stopped"),
    "closed": N_("closed"),
    "removed": N_("removed"),
}
"""Code -> English. Groups of pages add theirs with `add`; a code without a word is shown as it is."""

TONES: Final[dict[str, str]] = {
    "online": "green",
    "open": "green",
    "offline": "secondary",
    "pairing": "azure",
    "recovering": "yellow",
    "forked": "red",
    "stopped": "red",
    "closed": "secondary",
    "removed": "secondary",
}
"""Code -> colour of its badge. The colour repeats what the word says and adds nothing."""

DONE: Final[dict[str, str]] = {
    "partner.rename": N_("The partner has a new name."),
}
"""Use case -> what is said once it is done."""


def add(*, words: Mapping[str, str] = {}, tones: Mapping[str, str] = {}, done: Mapping[str, str] = {}) -> None:
    """Add the words of a group of pages. ValueError where a code already means something else."""
    for known, more in ((WORDS, words), (TONES, tones), (DONE, done)):
        for code, text in more.items():
            if known.setdefault(code, text) != text:
                raise ValueError(f"{code} is called {known[code]!r} and {text!r}")


def word(language: languages.Language, code: object) -> str:
    """What a code is called."""
    text = str(code)
    return language.text(WORDS[text]) if text in WORDS else text.replace("_", " ").replace("-", " ")


def choices(language: languages.Language, group: str, codes: Sequence[str]) -> list[tuple[str, str]]:
    """Codes of a group with their words, for a choice."""
    return [(code, word(language, f"{group}.{code}")) for code in codes]


def tone(code: object) -> str:
    """The colour of a badge."""
    return TONES.get(str(code), "secondary")


def done(language: languages.Language, use_case: str) -> str:
    """What is said after a use case was done; empty for what is none."""
    if not use_case:
        return ""
    return language.text(DONE.get(use_case, N_("Done."))) if use_case in DONE or "." in use_case else ""
