"""Workbooks to be saved: amounts as numbers, identifiers as text, and nothing that a spreadsheet would calculate.

What a partner wrote may begin with `=`, `+`, `-` or `@`: every text is written as text, never as a formula or a link.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import xlsxwriter  # type: ignore[import-untyped]
from babel import numbers

MEDIA: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "constant_memory": False,
}
WIDTH: Final = 18
NAME_MAX: Final = 31
UNFIT: Final = str.maketrans("[]:*?/\\", "       ")

Cell = str | int | Mapping[str, Any] | None
"""Text, a number, an amount as use cases give it, or nothing."""


def workbook(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]], at_ms: int) -> bytes:
    """An XLSX of sheets: name, headings, rows. `at_ms`: when it says that it was made."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        book.set_properties({"created": datetime.fromtimestamp(at_ms // 1000, UTC).replace(tzinfo=None)})
        bold = book.add_format({"bold": True, "bottom": 1})
        amounts: dict[int, Any] = {}
        for name, headings, rows in sheets:
            sheet = book.add_worksheet(name.translate(UNFIT)[:NAME_MAX].strip("' ") or "1")
            sheet.set_column(0, max(0, len(headings) - 1), WIDTH)
            sheet.freeze_panes(1, 0)
            for column, heading in enumerate(headings):
                sheet.write_string(0, column, heading, bold)
            for place, row in enumerate(rows, 1):
                for column, cell in enumerate(row):
                    write(book, sheet, amounts, place, column, cell)
    return out.getvalue()


def write(book: Any, sheet: Any, amounts: dict[int, Any], row: int, column: int, cell: Cell) -> None:
    """One cell by the kind of its value."""
    match cell:
        case None:
            pass
        case str():
            sheet.write_string(row, column, cell)
        case int():
            sheet.write_number(row, column, cell)
        case _:
            digits = numbers.get_currency_precision(cell["currency"])
            if digits not in amounts:
                amounts[digits] = book.add_format({"num_format": "#,##0" + ("." + "0" * digits if digits else "")})
            sheet.write_number(row, column, cell["amount"] / 10**digits, amounts[digits])
