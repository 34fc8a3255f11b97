"""Walking the XML of a workbook part by part, before a reader allocates anything for it.

What all kinds of workbook share: no document type declaration, no excess of elements, no more cells than the bounds of
`tables` allow, counted over all parts of a file.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat

from node.connectors.spreadsheets import archives, tables
from node.connectors.spreadsheets.faults import FaultCode, letters, refused

ELEMENTS_MAX: Final = 24_000_000
"""Elements over all parts: row, cell, value and inline text for every cell the area allows."""

DEPTH_MAX: Final = 64
"""A worksheet nests about ten deep."""

XML_BEGINS: Final = (b"<", b"\xef", b"\xfe", b"\xff")


@dataclass(slots=True)
class Extent:
    """What the filled cells of one sheet span (counts from 1, 0 for none), where the errors stand, and which cells
    ranges merged within one column cover: (row, column index) -> the row that shows the value."""

    rows: int = 0
    columns: int = 0
    errors: set[tuple[int, int]] = field(default_factory=set)
    merged: dict[tuple[int, int], int] = field(default_factory=dict)

    def reach(self, row: int, column: int) -> None:
        """Take in a filled cell. Refuses what is beyond the bounds of one sheet."""
        if row > self.rows:
            self.rows = row
            if row > tables.ROWS_MAX:
                raise refused(FaultCode.ROWS, f"at most {tables.ROWS_MAX} rows", row, row=row)
        if column >= self.columns:
            self.columns = column + 1
            if column >= tables.COLUMNS_MAX:
                name = letters(column)
                raise refused(FaultCode.COLUMNS, f"at most {tables.COLUMNS_MAX} columns", name, column=name)


class Walk:
    """The counters that run through all parts of one file."""

    def __init__(self) -> None:
        self.bytes_left = archives.INFLATED_BYTES_MAX
        self.elements = 0
        self.area = 0

    def part(self, data: bytes, entry: zipfile.ZipInfo, make: Callable[[], Part]) -> None:
        """Inflate a part, walk it if it is XML, and charge it to the counters."""
        part: Part | None = None
        for number, chunk in enumerate(archives.chunks(data, entry, self.bytes_left)):
            self.bytes_left -= len(chunk)
            if number == 0 and chunk.lstrip()[:1] in XML_BEGINS:
                part = make()
            if part is not None:
                part.feed(chunk)
        if part is not None:
            part.feed(b"", last=True)

    def charge(self, extent: Extent, name: str) -> None:
        """Charge the rectangle of a sheet."""
        self.area += extent.rows * extent.columns
        if self.area > tables.AREA_CELLS_MAX:
            claimed = f"{extent.rows} rows by {extent.columns} columns in {name}"
            raise refused(FaultCode.AREA, f"at most {tables.AREA_CELLS_MAX} cells", claimed)


class Part:
    """One part under expat. What comes of it says a kind of workbook; this runs for millions of elements."""

    def __init__(self, walk: Walk, name: str) -> None:
        self.walk, self.name = walk, name
        self.depth = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins; `tag` is without the prefix of its namespace."""

    def end(self, tag: str) -> None:
        """An element ends."""

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
        self.start(tag.rpartition(":")[2], attributes)

    def _end(self, tag: str) -> None:
        self.depth -= 1
        self.end(tag.rpartition(":")[2])

    def _doctype(self, *_: object) -> NoReturn:
        raise refused(FaultCode.ARCHIVE, "no document type declaration", self.name)
