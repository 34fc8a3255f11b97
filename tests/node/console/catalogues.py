"""Every text of the console, and every sentence from below it: python -m tests.node.console.catalogues

Prints what has no Chinese yet, in the form of a catalogue, to be pasted into node/console/locales/zh_CN/GROUP.po.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages import extract
from jinja2 import ext

from node.console import assets, languages, rooms, words
from tests.node.console import sentences

OPTIONS = {"trimmed": "true", "newstyle_gettext": "true"}
KEYWORDS: dict[str, None] = {"N_": None, "text": None}


def texts() -> Iterator[tuple[str, str]]:
    """(text, where it stands) of every text that a person may see."""
    assert rooms.REGISTERS, "the words of all rooms are known"
    for path in sorted((assets.FOLDER / "templates").rglob("*.html")):
        with path.open("rb") as file:
            for _, _, message, _ in ext.babel_extract(file, ("_", "gettext", "ngettext"), [], OPTIONS):
                yield from each(message, path)
    for path in sorted(assets.FOLDER.rglob("*.py")):
        with path.open("rb") as file:
            for _, _, marked, _ in extract.extract_python(file, KEYWORDS, [], {}):
                yield from each(marked, path)
    yield from sentences.texts()


def each(message: object, path: Path) -> Iterator[tuple[str, str]]:
    """The singular of a text is its name in the catalogue."""
    first = message[0] if isinstance(message, tuple | list) else message
    if isinstance(first, str) and first:
        yield first, path.relative_to(assets.FOLDER).as_posix()


def missing(locale: str = "zh_CN") -> dict[str, list[str]]:
    """Texts without a translation, with the places where they stand."""
    known = languages.read(languages.FOLDER, locale)
    found: dict[str, list[str]] = {}
    for text, place in texts():
        if text not in known and text not in words.WORDS:
            found.setdefault(text, []).append(place)
    return found


def superfluous(locale: str = "zh_CN") -> list[str]:
    """Translations of what stands nowhere."""
    standing = {text for text, _ in texts()}
    return sorted(str(key) for key in languages.read(languages.FOLDER, locale) if key not in standing)


if __name__ == "__main__":
    for text, places in missing().items():
        quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        print(f'#: {" ".join(sorted(set(places)))}\nmsgid "{quoted}"\nmsgstr ""\n')
