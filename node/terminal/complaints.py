"""Errors for people: one sentence, the code, what was expected and what came, a hint, and every fault of a file."""

from __future__ import annotations

from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from node import errors
from node.terminal import tables

COLUMNS: Final = {
    "row": "row",
    "column": "column",
    "path": "where",
    "code": "code",
    "expected": "expected",
    "got": "got",
}
"""Keys of a fault, in the order of the table; a key that no fault has gets no column.

`path` repeats row and column for programs, and is left out beside them.
"""


def of(error: errors.NodeError) -> RenderableType:
    """What a person reads on the error output."""
    head = Text.assemble(("Error: ", "bold red"), tables.plain(error.message), f" [{error.code}]")
    known = tables.fields(
        [
            ("expected", None if error.expected is None else str(error.expected)),
            ("got", None if error.got is None else str(error.got)),
            ("hint", error.hint),
        ]
    )
    if not error.faults:
        return Group(head, known)
    located = any(fault.get("row") for fault in error.faults)
    columns = {key: heading for key, heading in COLUMNS.items() if not (located and key == "path")}
    return Group(head, known, tables.rows_of({"faults": error.faults}, "faults", columns, empty=""))
