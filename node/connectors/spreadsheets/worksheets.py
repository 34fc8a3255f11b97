"""A look through the XML of an XLSX file before a reader allocates anything for it (ECMA-376 part 1, 18.3.1).

Readers make a rectangle as large as the farthest cell claims, so a file of 5 kB can ask for 17 thousand million
cells (fault F04). And they show a cell with an error as empty, which would turn #N/A in the stock into "not stated".
So we walk every part once: no DTD, no excess of elements, the rectangle that the filled cells span, the errors.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from node.connectors.spreadsheets import archives, tables
from node.connectors.spreadsheets.faults import FaultCode, letters, refused

ELEMENTS_MAX = 24_000_000
"""Elements over all parts: row, cell, value and inline text for every cell the area allows."""

DEPTH_MAX = 64
"""A worksheet nests about ten deep."""

_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"


@dataclass(slots=True)
class Extent:
    """What the filled cells of one part span (counts from 1, 0 for none) and where the errors stand."""

    rows: int = 0
    columns: int = 0
    errors: set[tuple[int, int]] = field(default_factory=set)


@dataclass(slots=True)
class _Outline:
    sheets: dict[str, str] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)


def survey(data: bytes) -> dict[str, set[tuple[int, int]]]:
    """Walk all parts of a workbook; returns for each sheet by name the cells (row from 1, column index) in error.

    Raises `Refused` for anything beyond the bounds of `tables` and `archives`.
    """
    found = archives.entries(data)
    names = {entry.filename for entry in found}
    if _WORKBOOK not in names:
        raise refused(FaultCode.FORMAT, "CSV, XLSX or XLS", "an archive without xl/workbook.xml")
    outline, extents = _Outline(), {}
    walk = _Walk()
    for entry in found:
        extents[entry.filename] = walk.part(data, entry, outline)
    return {
        name: extents[path].errors
        for name, relation in outline.sheets.items()
        if (path := outline.targets.get(relation, "")) in extents
    }


class _Walk:
    """The counters that run through all parts of one file."""

    def __init__(self) -> None:
        self.bytes_left = archives.INFLATED_BYTES_MAX
        self.elements = 0
        self.area = 0

    def part(self, data: bytes, entry: zipfile.ZipInfo, outline: _Outline) -> Extent:
        """Inflate a part, walk it if it is XML, and charge it to the counters."""
        walker: _PartWalk | None = None
        for number, chunk in enumerate(archives.chunks(data, entry, self.bytes_left)):
            self.bytes_left -= len(chunk)
            if number == 0 and chunk.lstrip()[:1] in (b"<", b"\xef", b"\xfe", b"\xff"):
                walker = _PartWalk(self, entry.filename, outline)
            if walker is not None:
                walker.feed(chunk)
        if walker is None:
            return Extent()
        walker.feed(b"", last=True)
        self.area += walker.extent.rows * walker.extent.columns
        if self.area > tables.AREA_CELLS_MAX:
            claimed = f"{walker.extent.rows} rows by {walker.extent.columns} columns in {entry.filename}"
            raise refused(FaultCode.AREA, f"at most {tables.AREA_CELLS_MAX} cells", claimed)
        return walker.extent


class _PartWalk:
    """One part under expat. The handlers keep to what is needed: this runs for millions of elements."""

    def __init__(self, walk: _Walk, name: str, outline: _Outline) -> None:
        self.walk, self.name, self.outline = walk, name, outline
        self.extent = Extent()
        self.depth = 0
        self.row, self.column = 0, -1
        self.is_error = False
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        """Parse a piece; broken XML is `sheet.unreadable`."""
        try:
            self.parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise refused(FaultCode.UNREADABLE, "well-formed XML in every part", f"{self.name}: {error}") from error

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.walk.elements += 1
        if self.walk.elements > ELEMENTS_MAX or self.depth > DEPTH_MAX:
            raise refused(FaultCode.BOMB, f"at most {ELEMENTS_MAX} elements, {DEPTH_MAX} deep", self.name)
        match tag.rpartition(":")[2]:
            case "c":
                self._cell(attributes)
            case "v" | "is":
                self._filled()
            case "row":
                self.row = _row_number(attributes.get("r"), self.row)
                self.column = -1
            case "sheet" if self.name == _WORKBOOK:
                relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
                self.outline.sheets[attributes.get("name", "")] = relation
            case "Relationship" if self.name == _RELATIONS:
                target = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", ""))).lstrip("/")
                self.outline.targets[attributes.get("Id", "")] = target

    def _end(self, _tag: str) -> None:
        self.depth -= 1

    def _doctype(self, *_: object) -> NoReturn:
        raise refused(FaultCode.ARCHIVE, "no document type declaration", self.name)

    def _cell(self, attributes: dict[str, str]) -> None:
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

    def _filled(self) -> None:
        extent = self.extent
        if self.row > extent.rows:
            extent.rows = self.row
            if self.row > tables.ROWS_MAX:
                raise refused(FaultCode.ROWS, f"at most {tables.ROWS_MAX} rows", self.row, row=self.row)
        if self.column >= extent.columns:
            extent.columns = self.column + 1
            if self.column >= tables.COLUMNS_MAX:
                column = letters(self.column)
                raise refused(FaultCode.COLUMNS, f"at most {tables.COLUMNS_MAX} columns", column, column=column)
        if self.is_error:
            extent.errors.add((self.row, self.column))


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
