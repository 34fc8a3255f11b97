"""A look through the XML of an ODS file before a reader allocates anything for it (OpenDocument 1.3, part 3, 9.1).

A row or a cell may say that it is repeated, so five lines of XML can ask for a million filled rows (fault F04); empty
ones at the end of a row or a sheet are repeated to its edge by every office program, and cost nothing. An error is
told from a value by an attribute that readers pass over, and a password by the manifest alone.
"""

from __future__ import annotations

import functools
import itertools
import zipfile
from collections.abc import Mapping, Sequence
from typing import Final

from node.connectors.spreadsheets import archives, parts, tables
from node.connectors.spreadsheets.faults import FaultCode, refused
from node.connectors.spreadsheets.parts import Extent

KINDS: Final = tuple(
    b"application/vnd.oasis.opendocument." + kind for kind in (b"spreadsheet", b"spreadsheet-template")
)
MIMETYPE: Final = "mimetype"
_MANIFEST = "META-INF/manifest.xml"
_REPEATED_MAX = 1 << 24  # rows of the largest sheet that an office program has, sixteen times
_CELLS = ("table-cell", "covered-table-cell")
_KIND_BYTES_MAX = 256


def is_kind(data: bytes, found: Sequence[zipfile.ZipInfo]) -> bool:
    """Whether an archive says that it is an OpenDocument spreadsheet."""
    entry = next((one for one in found if one.filename == MIMETYPE), None)
    if entry is None or entry.file_size > _KIND_BYTES_MAX:
        return False
    return b"".join(archives.chunks(data, entry, _KIND_BYTES_MAX)).strip() in KINDS


def survey(data: bytes, found: Sequence[zipfile.ZipInfo]) -> dict[str, Extent]:
    """Walk all parts of a workbook; returns what each sheet spans, by its name.

    Raises `Refused` for anything beyond the bounds of `tables` and `archives`, and for a password.
    """
    walk, sheets = parts.Walk(), dict[str, Extent]()
    for entry in sorted(found, key=lambda one: one.filename != _MANIFEST):  # a password makes the others noise
        walk.part(data, entry, functools.partial(_part, walk, entry.filename, sheets))
    if not sheets:
        raise refused(FaultCode.FORMAT, "CSV, XLSX, XLS or ODS", "a document without a sheet")
    return sheets


def _part(walk: parts.Walk, name: str, sheets: dict[str, Extent]) -> parts.Part:
    match name:
        case "META-INF/manifest.xml":
            return _Manifest(walk, name)
        case "content.xml":
            return _Content(walk, name, sheets)
        case _:
            return parts.Part(walk, name)


class _Manifest(parts.Part):
    """The list of parts, which says what is encrypted."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Refuse a password."""
        if tag == "encryption-data":
            raise refused(FaultCode.PASSWORD, "a workbook without a password", self.name)


class _Content(parts.Part):
    """The part that holds all sheets."""

    def __init__(self, walk: parts.Walk, name: str, sheets: dict[str, Extent]) -> None:
        super().__init__(walk, name)
        self.sheets = sheets
        self.extent = Extent()
        self.tables = 0  # how deep in tables: one inside a cell is none of the sheet's
        self.cells = 0  # how deep in cells
        self.row, self.rows, self.column, self.columns = 1, 0, 0, 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """What a sheet, a row or a cell says."""
        if tag == "table":
            self.tables += 1
            if self.tables == 1:
                self.extent = self.sheets.setdefault(attributes.get("table:name", ""), Extent())
                self.row, self.rows = 1, 0
        elif self.tables != 1:
            return
        elif tag == "table-row":
            self.row += self.rows
            self.rows = _repeated(attributes, "table:number-rows-repeated")
            self.column, self.columns = 0, 0
        elif tag in _CELLS:
            self.cells += 1
            self.column += self.columns
            self.columns = _repeated(attributes, "table:number-columns-repeated")
            self._cell(attributes)
        elif tag == "p" and self.cells:
            self._filled()

    def end(self, tag: str) -> None:
        """The end of a sheet or a cell."""
        if tag == "table":
            self.tables -= 1
            if self.tables == 0:
                self.walk.charge(self.extent, self.name)
        elif tag in _CELLS and self.tables == 1:
            self.cells -= 1

    def _cell(self, attributes: Mapping[str, str]) -> None:
        kind = attributes.get("calcext:value-type") or attributes.get("office:value-type")
        if kind is None:
            return
        self._filled()
        if kind == "error":
            rows, columns = range(self.row, self.row + self.rows), range(self.column, self.column + self.columns)
            self.extent.errors.update(itertools.product(rows, columns))
        tall = _repeated(attributes, "table:number-rows-spanned")
        if tall > 1 and attributes.get("table:number-columns-spanned", "1") == "1":
            last = min(self.row + tall, tables.ROWS_MAX + 1)
            self.extent.merged.update({(row, self.column): self.row for row in range(self.row + 1, last)})

    def _filled(self) -> None:
        self.extent.reach(self.row + self.rows - 1, self.column + self.columns - 1)
        if self.walk.area + self.extent.rows * self.extent.columns > tables.AREA_CELLS_MAX:
            self.walk.charge(self.extent, self.name)


def _repeated(attributes: Mapping[str, str], name: str) -> int:
    """How often a row or a cell stands there. Refuses what is no such number."""
    text = attributes.get(name, "1")
    if not (text.isascii() and text.isdigit() and len(text) <= 8 and 0 < int(text) <= _REPEATED_MAX):
        raise refused(FaultCode.UNREADABLE, "a count of repeated rows or cells", text)
    return int(text)
