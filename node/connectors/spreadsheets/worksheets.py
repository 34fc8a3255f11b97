"""A look through the XML of an XLSX file before a reader allocates anything for it (ECMA-376 part 1, 18.3.1).

Readers make a rectangle as large as the farthest cell claims, so a file of 5 kB can ask for 17 thousand million
cells (fault F04). And they show a cell with an error as empty, which would turn #N/A in the stock into "not stated".
So we walk every part once: no DTD, no excess of elements, the rectangle that the filled cells span, the errors.
"""

from __future__ import annotations

import functools
import posixpath
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from node.connectors.spreadsheets import parts
from node.connectors.spreadsheets.faults import FaultCode, refused
from node.connectors.spreadsheets.parts import Extent

_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"


@dataclass(slots=True)
class _Outline:
    sheets: dict[str, str] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)


def survey(data: bytes, found: Sequence[zipfile.ZipInfo]) -> dict[str, Extent]:
    """Walk all parts of a workbook; returns what each sheet spans, by its name.

    Raises `Refused` for anything beyond the bounds of `tables` and `archives`.
    """
    if _WORKBOOK not in {entry.filename for entry in found}:
        raise refused(FaultCode.FORMAT, "CSV, XLSX, XLS or ODS", "an archive without xl/workbook.xml")
    outline, extents, walk = _Outline(), {}, parts.Walk()
    for entry in found:
        extent = extents[entry.filename] = Extent()
        walk.part(data, entry, functools.partial(_Part, walk, entry.filename, outline, extent))
        walk.charge(extent, entry.filename)
    return {
        name: extents[path]
        for name, relation in outline.sheets.items()
        if (path := outline.targets.get(relation, "")) in extents
    }


class _Part(parts.Part):
    """One part of a workbook."""

    def __init__(self, walk: parts.Walk, name: str, outline: _Outline, extent: Extent) -> None:
        super().__init__(walk, name)
        self.outline, self.extent = outline, extent
        self.row, self.column = 0, -1
        self.is_error = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """What a cell, a row or the outline of the workbook says."""
        match tag:
            case "c":
                self._cell(attributes)
            case "v" | "is":
                self.extent.reach(self.row, self.column)
                if self.is_error:
                    self.extent.errors.add((self.row, self.column))
            case "row":
                self.row = _row_number(attributes.get("r"), self.row)
                self.column = -1
            case "sheet" if self.name == _WORKBOOK:
                relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
                self.outline.sheets[attributes.get("name", "")] = relation
            case "Relationship" if self.name == _RELATIONS:
                target = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", ""))).lstrip("/")
                self.outline.targets[attributes.get("Id", "")] = target

    def _cell(self, attributes: Mapping[str, str]) -> None:
        reference = attributes.get("r")
        self.is_error = attributes.get("t") == "e"
        if reference is None:
            self.column += 1
            return
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise refused(FaultCode.UNREADABLE, "a cell reference such as C12", reference)
        self.column = _column_index(found[1])
        self.row = int(found[2])


def _row_number(reference: str | None, previous: int) -> int:
    if reference is None:
        return previous + 1
    if not (reference.isascii() and reference.isdigit() and len(reference) <= 7):
        raise refused(FaultCode.UNREADABLE, "a row number", reference)
    return int(reference)


def _column_index(name: str) -> int:
    index = 0
    for letter in name.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1
