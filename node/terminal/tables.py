"""Cells, tables and fields. All that a person sees goes through `plain`, since partners wrote half of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

Json = Mapping[str, Any]

STYLES: Mapping[str, str] = {
    "online": "green",
    "active": "green",
    "in-force": "green",
    "agreed": "cyan",
    "shipped": "green",
    "part-shipped": "cyan",
    "attention": "yellow",
    "delivered": "green",
    "closed": "green",
    "ok": "green",
    "stopped": "yellow",
    "cancelling": "yellow",
    "warning": "yellow",
    "contested": "red",
    "cancelled": "red",
    "rejected": "red",
    "refused": "red",
    "error": "red",
}
"""Colours of states that a merchant should see from afar. Colour repeats what the word says and adds nothing."""


def plain(value: object) -> str:
    """A value as one safe text: nothing in it moves the cursor, changes colours or turns the reading direction.

    Money shows its text, truth values are yes and no, lists are joined, None is empty.
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return "".join(char if char.isprintable() else escaped(char) for char in value)
        case {"text": str(text), "currency": _}:
            return plain(text)
        case {}:
            return ", ".join(f"{plain(key)} {plain(inner)}" for key, inner in value.items())
        case list() | tuple():
            return ", ".join(plain(inner) for inner in value)
        case _:
            return plain(str(value))


def escaped(char: str) -> str:
    """A character that must not reach a terminal, as a JSON escape. Line ends become spaces."""
    return " " if char in "\n\r\t" else json.dumps(char)[1:-1] if ord(char) != 0x7F else "\\u007f"


def moment(at_ms: object) -> str:
    """Milliseconds since 1970 UTC as local date and time; empty for None and zero."""
    if not isinstance(at_ms, int) or not at_ms:
        return ""
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def cell(value: object) -> Text:
    """A cell: never read as markup, coloured where it is a state."""
    text = plain(value)
    return Text(text, style=STYLES.get(text, ""))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str, title: str = "") -> RenderableType:
    """A table, numbers to the right; the sentence `empty` where there are no rows."""
    kept = [list(row) for row in rows]
    if not kept:
        return Text(empty)
    result = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False, show_edge=False)
    for index, column in enumerate(columns):
        right = all(is_figure(row[index]) for row in kept)
        result.add_column(column, justify="right" if right else "left", overflow="fold")
    for row in kept:
        result.add_row(*map(cell, row))
    return result


def is_figure(value: object) -> bool:
    """Whether a value reads better with its last digits under each other."""
    money = isinstance(value, Mapping) and "currency" in value
    return money or value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def fields(pairs: Iterable[tuple[str, object]]) -> RenderableType:
    """Names and values under each other. A pair with an empty value is left out."""
    result = Table.grid(padding=(0, 2))
    result.add_column(style="bold")
    result.add_column(overflow="fold")
    for name, value in pairs:
        text = plain(value)
        if text:
            result.add_row(name, cell(value))
    return result


def rows_of(content: Json, name: str, columns: Mapping[str, str], *, empty: str, title: str = "") -> RenderableType:
    """A table of the objects in the list `content[name]`. columns: key -> heading; one that no object has is left out.

    A key that ends in `_ms` is a moment.
    """
    found = content.get(name) or []
    kept = [key for key in columns if any(row.get(key) not in (None, "", []) for row in found)]
    rows = [[moment(row.get(key)) if key.endswith("_ms") else row.get(key) for key in kept] for row in found]
    return table([columns[key] for key in kept], rows, empty=empty, title=title)
