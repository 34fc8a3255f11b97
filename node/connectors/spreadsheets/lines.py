"""One row of a table under known headings: fields come out as values, or go into the list of faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from node.connectors.spreadsheets import cells, headings, tables, vocabularies
from node.connectors.spreadsheets.faults import CellRefused, FaultCode, Faults
from node.connectors.spreadsheets.headings import Columns
from node.connectors.spreadsheets.tables import Cell

Value = TypeVar("Value")


class Line:
    """Reads the fields of one row. Every reader returns None where the cell is empty or at fault, and notes the
    fault; so one pass over a file finds all of them."""

    def __init__(self, table: tables.Table, columns: Columns, row: int, faults: Faults) -> None:
        self.row = row
        self._table = table
        self.columns = columns
        self._faults = faults

    def cell(self, field: str) -> Cell:
        """The raw cell of a field; empty text where there is no such column."""
        index = self.columns.indexes.get(field)
        return "" if index is None else self._table.cell(self.row, index)

    def has(self, field: str) -> bool:
        """Whether the cell of a field holds anything."""
        return not cells.is_empty(self.cell(field))

    def shows(self, field: str) -> bool:
        """As `has`, but for what a merged range shows in the cell."""
        return not cells.is_empty(self._shown(field))

    def is_blank(self) -> bool:
        """Whether the whole row holds nothing."""
        return all(cells.is_empty(cell) for cell in self._table.rows[self.row - 1])

    def is_total(self, field: str) -> bool:
        """Whether the row adds up the rows above: it begins with such a word, and names nothing under `field`."""
        row = self._table.rows[self.row - 1]
        first = next((cell.strip() for cell in row if isinstance(cell, str) and cell.strip()), "")
        return headings.normal(first) in vocabularies.TOTALS and cell_text(self.cell(field)).strip() in ("", first)

    def value(self, field: str, read: Callable[[Cell], Value], *, required: bool = False) -> Value | None:
        """The cell of a field through a reader of `cells`; an empty one is a fault where `required`.

        A column that is missing altogether was reported once, with the headings."""
        return self.given(field, self.cell(field), read, required=required)

    def shared(self, field: str, read: Callable[[Cell], Value]) -> Value | None:
        """As `value`, but a cell that a merged range covers takes the value that the range shows."""
        return self.given(field, self._shown(field), read)

    def given(self, field: str, cell: Cell, read: Callable[[Cell], Value], *, required: bool = False) -> Value | None:
        """A cell from elsewhere, read and reported as if it stood in this row's column of `field`."""
        if cells.is_empty(cell):
            if required and field in self.columns.indexes:
                self.fault(field, FaultCode.MISSING, "a value")
            return None
        try:
            return read(cell)
        except CellRefused as error:
            self.fault(field, error.code, error.expected, cell_text(cell) if error.got is None else error.got)
            return None

    def fault(self, field: str, code: FaultCode, expected: str, got: object = "") -> None:
        """Note a fault of this row, in the column of `field`."""
        self._faults.add(self.row, self.columns.place(field), code, expected, got)

    def missing(self, fields: Iterable[str]) -> None:
        """Note that none of some fields holds a value, in the first of their columns; nothing where none has one."""
        present = [field for field in fields if field in self.columns.indexes]
        if present:
            self.fault(present[0], FaultCode.MISSING, "a value")

    def _shown(self, field: str) -> Cell:
        index = self.columns.indexes.get(field)
        if index is None:
            return ""
        top = self._table.merged.get((self.row, index))
        return self._table.cell(self.row if top is None else top, index)


def cell_text(cell: Cell) -> str:
    """A cell as text for showing, whatever it holds."""
    return cell if isinstance(cell, str) else getattr(cell, "text", None) or str(cell)
