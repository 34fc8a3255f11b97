"""Rows of cells as a spreadsheet program shows them, and the bounds that hold for every format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

FILE_BYTES_MAX = 32 * 1024 * 1024
"""A catalogue of 200,000 rows with ten columns of text stays below this."""

ROWS_MAX = 200_000
"""Rows of one sheet, empty ones included: the largest weekly listing we know of, ten times over."""

COLUMNS_MAX = 256
"""Columns of one sheet: the widest shop export we know has fewer than 100."""

AREA_CELLS_MAX = 4_000_000
"""Rows times columns over all sheets, because readers allocate the whole rectangle."""

CELL_CHARACTERS_MAX = 32_767
"""What one cell of Excel can hold."""

TEXT_CHARACTERS_MAX = 64 * 1024 * 1024
"""Characters over all cells. One text that four million cells share is small in the file and not in memory."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A cell that the spreadsheet program holds as a date or time; `text` is ISO 8601."""

    text: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell that holds an error of the spreadsheet program, such as #N/A."""

    text: str


Cell = str | float | bool | Moment | Broken
"""What a cell can hold. The empty text is the empty cell. CSV has only texts."""


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet. Row `n` of the spreadsheet is `rows[n - 1]`; rows may be shorter than the widest one.

    `merged` leads from each covered cell of a merged range of one column, as (row, column index), to the row that
    shows the value. `name` is empty for CSV.
    """

    name: str
    rows: Sequence[Sequence[Cell]]
    merged: Mapping[tuple[int, int], int] = field(default_factory=dict)

    def cell(self, row: int, column: int) -> Cell:
        """The cell of a row (from 1) and column index (from 0); empty text where the row is shorter."""
        cells = self.rows[row - 1]
        return cells[column] if column < len(cells) else ""
