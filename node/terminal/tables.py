"""Cells, tables and fields. All that a person sees goes through `plain`, since partners wrote half of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

Json = Mapping[str, Any]

GAP: Final = 2
"""Columns between two columns of a table."""

WHOLE_MAX: Final = 24
"""A column no wider than this is never folded: numbers, names, states, dates, codes."""

FOLDED_MIN: Final = 16
"""A wider one may be folded down to this."""

NODE_CHARACTERS_SHOWN: Final = 15
"""Two groups of a NodeID and a dash: enough to tell partners apart; commands take any prefix of seven characters."""

HASH_CHARACTERS_SHOWN: Final = 12
"""Enough to name an order: commands take a prefix of eight or more."""

HEAD: Final = box.Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
"""A line under the headings and nothing else."""

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
    "overdue": "red",
    "lapsed": "yellow",
    "forfeited": "yellow",
    "final": "green",
    "due": "yellow",
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


def label(key: str) -> str:
    """A key as a person reads it."""
    return key.replace("_", " ")


def shortened(text: object, characters: int = HASH_CHARACTERS_SHOWN) -> str:
    """The first characters of a hash or NodeID."""
    return str(text or "")[:characters]


def is_list_of_objects(value: object) -> bool:
    """Whether a value needs a table of its own."""
    return isinstance(value, list) and (not value or isinstance(value[0], Mapping))


def escaped(char: str) -> str:
    """A character that must not reach a terminal, as a JSON escape. Line ends become spaces."""
    return " " if char in "\n\r\t" else json.dumps(char)[1:-1] if ord(char) != 0x7F else "\\u007f"


def moment(at_ms: object) -> str:
    """Milliseconds since 1970 UTC as local date and time; empty for None and zero."""
    if not isinstance(at_ms, int) or not at_ms:
        return ""
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def day(at_ms: object) -> str:
    """The same to the minute and without the year, for narrow columns."""
    return moment(at_ms)[5:16]


def cell(value: object) -> Text:
    """A cell: never read as markup, coloured where it is a state."""
    text = plain(value)
    return Text(text, style=STYLES.get(text, ""))


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows under headings, as wide as they have to be; where the window is too narrow for that, a block for each row.

    Short cells are never folded, since half an order number or date is none. Long ones are, down to `FOLDED_MIN`.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[Text]]
    right: Sequence[bool]
    title: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Choose by the width that there is."""
        natural = [
            max([cell_len(heading), *(row[index].cell_len for row in self.rows)])
            for index, heading in enumerate(self.headings)
        ]
        needed = [
            width if width <= WHOLE_MAX else max(FOLDED_MIN, cell_len(heading))
            for width, heading in zip(natural, self.headings, strict=True)
        ]
        if self.title:
            yield Text(self.title, style="bold")
        if sum(needed) + GAP * (len(needed) - 1) <= options.max_width:
            yield self._grid([width <= WHOLE_MAX for width in natural])
        else:
            yield from self._blocks()

    def _grid(self, whole: Sequence[bool]) -> Table:
        result = Table(
            box=HEAD, padding=(0, GAP - 1, 0, 0), pad_edge=False, show_edge=False
        )  # the box draws one column
        for heading, right, no_wrap in zip(self.headings, self.right, whole, strict=True):
            result.add_column(
                Text(heading, no_wrap=True), justify="right" if right else "left", overflow="fold", no_wrap=no_wrap
            )
        for row in self.rows:
            result.add_row(*row)
        return result

    def _blocks(self) -> Iterator[RenderableType]:
        for number, row in enumerate(self.rows):
            if number:
                yield Text()
            yield fields_of(zip(self.headings, row, strict=True))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str, title: str = "") -> RenderableType:
    """A table, numbers to the right; the sentence `empty` where there are no rows."""
    kept = [list(row) for row in rows]
    if not kept:
        return Text(empty)
    right = [all(is_figure(row[index]) for row in kept) for index in range(len(columns))]
    return Sheet(columns, [[cell(value) for value in row] for row in kept], right, title)


def is_figure(value: object) -> bool:
    """Whether a value reads better with its last digits under each other."""
    money = isinstance(value, Mapping) and "currency" in value
    return money or value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def fields(pairs: Iterable[tuple[str, object]]) -> RenderableType:
    """Names and values under each other. A pair with an empty value is left out."""
    return fields_of((name, cell(value)) for name, value in pairs)


def fields_of(pairs: Iterable[tuple[str, Text]]) -> Table:
    """The same for values that are drawn already."""
    result = Table.grid(padding=(0, GAP, 0, 0))
    result.add_column(style="bold", no_wrap=True)
    result.add_column(overflow="fold")
    for name, value in pairs:
        if value.plain:
            result.add_row(name, value)
    return result


MORE: Final = {"next": "There are older ones: --after", "previous": "There are newer ones: --before"}
"""Where another page begins, by its key in an answer."""


def going_on(answer: Json) -> list[RenderableType]:
    """A line for each further page that there is."""
    named = [(sentence, answer[key]) for key, sentence in MORE.items() if answer.get(key)]
    return [Text(f"{sentence} {plain(edge)}", no_wrap=True, overflow="ignore") for sentence, edge in named]


def rows_of(content: Json, name: str, columns: Mapping[str, str], *, empty: str, title: str = "") -> RenderableType:
    """A table of the objects in the list `content[name]`. columns: key -> heading; one that no object has is left out.

    A key that ends in `_ms` is a moment.
    """
    found = content.get(name) or []
    kept = [key for key in columns if any(row.get(key) not in (None, "", []) for row in found)]
    rows = [[moment(row.get(key)) if key.endswith("_ms") else row.get(key) for key in kept] for row in found]
    return table([columns[key] for key in kept], rows, empty=empty, title=title)
