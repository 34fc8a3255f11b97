"""The sheets of an XLSX, XLS or ODS file.

Only the child of `sandboxes` reads one, since a reader that runs out of memory takes its process with it.

Formulas, macros, links and DDE are never evaluated: of a formula we see the value that the sender's program stored
beside it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

import python_calamine as calamine

from node.connectors.spreadsheets import archives, opendocuments, parts, tables, worksheets
from node.connectors.spreadsheets.faults import FaultCode, refused
from node.connectors.spreadsheets.tables import Broken, Cell, Moment

ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How XLSX and ODS begin, and how XLS does."""


def parse(data: bytes) -> list[tables.Table]:
    """The visible sheets of a workbook, read in this process; `Refused` with the faults of the file."""
    extents = _surveyed(data) if data.startswith(ZIP) else {}
    try:
        with calamine.load_workbook(io.BytesIO(data)) as workbook:
            return list(_sheets(workbook, extents))
    except calamine.PasswordError as error:
        raise refused(FaultCode.PASSWORD, "a workbook without a password", error) from error
    except calamine.CalamineError as error:
        raise refused(FaultCode.UNREADABLE, "a workbook that can be read", error) from error


def _surveyed(data: bytes) -> dict[str, parts.Extent]:
    """What the sheets of an archive span, by name: everything in it was walked once."""
    found = archives.entries(data)
    if opendocuments.is_kind(data, found):
        return opendocuments.survey(data, found)
    return worksheets.survey(data, found)


def _sheets(workbook: calamine.CalamineWorkbook, extents: dict[str, parts.Extent]) -> Iterator[tables.Table]:
    budget = _Budget()
    for meta in workbook.sheets_metadata:
        if meta.visible == calamine.SheetVisibleEnum.Visible and meta.typ == calamine.SheetTypeEnum.WorkSheet:
            yield _table(workbook.get_sheet_by_name(meta.name), extents.get(meta.name, parts.Extent()), budget)


def _table(sheet: calamine.CalamineSheet, extent: parts.Extent, budget: _Budget) -> tables.Table:
    if sheet.start is None or sheet.end is None:
        return tables.Table(sheet.name, [])
    budget.charge_area(sheet.end[0] + 1, sheet.end[1] + 1)
    left = [""] * sheet.start[1]
    rows: list[list[Cell]] = []
    for cells in sheet.iter_rows():
        rows.append([*left, *(budget.cell(cell, len(rows) + 1) for cell in cells)])
        while rows[-1] and rows[-1][-1] == "":
            rows[-1].pop()
    for row, column in extent.errors:
        if row <= len(rows):
            cells_of_row = rows[row - 1]
            cells_of_row.extend([""] * (column + 1 - len(cells_of_row)))
            cells_of_row[column] = Broken("an error such as #N/A")
    covered = {place: top for place, top in extent.merged.items() if place[0] <= len(rows)}
    return tables.Table(sheet.name, rows, covered | _merged(sheet, len(rows)))


def _merged(sheet: calamine.CalamineSheet, rows: int) -> dict[tuple[int, int], int]:
    """For the lower cells of ranges merged within one column, the row of the upper cell."""
    covered: dict[tuple[int, int], int] = {}
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        if left != right or left >= tables.COLUMNS_MAX:
            continue
        for row in range(top + 1, min(bottom, rows - 1) + 1):
            covered[row + 1, left] = top + 1
            if len(covered) > tables.ROWS_MAX:
                raise refused(FaultCode.AREA, f"at most {tables.ROWS_MAX} merged cells", "more")
    return covered


class _Budget:
    """What all sheets of one file may cost together."""

    def __init__(self) -> None:
        self._area = 0
        self._characters = 0

    def charge_area(self, rows: int, columns: int) -> None:
        """Refuse a sheet, or the last of several, that spans too much."""
        self._area += rows * columns
        if rows > tables.ROWS_MAX:
            raise refused(FaultCode.ROWS, f"at most {tables.ROWS_MAX} rows", rows, row=rows)
        if columns > tables.COLUMNS_MAX:
            raise refused(FaultCode.COLUMNS, f"at most {tables.COLUMNS_MAX} columns", columns)
        if self._area > tables.AREA_CELLS_MAX:
            raise refused(FaultCode.AREA, f"at most {tables.AREA_CELLS_MAX} cells", self._area)

    def cell(self, value: object, row: int) -> Cell:
        """A value of the reader as a cell of ours; text is charged."""
        if isinstance(value, str):
            self._characters += len(value)
            if len(value) > tables.CELL_CHARACTERS_MAX:
                limit = f"at most {tables.CELL_CHARACTERS_MAX} characters"
                raise refused(FaultCode.CELL_LONG, limit, f"{len(value)} characters", row=row)
            if self._characters > tables.TEXT_CHARACTERS_MAX:
                raise refused(FaultCode.TOO_BIG, f"at most {tables.TEXT_CHARACTERS_MAX} characters in all", "more")
            if "\0" in value:
                raise refused(FaultCode.NUL, "no NUL character", value, row=row)
            return value
        if isinstance(value, bool):
            return value
        return float(value) if isinstance(value, int | float) else Moment(_iso(value))


def _iso(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
