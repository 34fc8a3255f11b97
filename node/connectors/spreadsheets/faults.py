"""What can be wrong with a spreadsheet, and where: the closed list of codes and one fault as the user sees it."""

from __future__ import annotations

import string
from dataclasses import dataclass
from enum import StrEnum

FAULTS_MAX = 10_000
"""Faults kept for one file. More help nobody and a hostile file could fill the memory with them; they are counted."""

GOT_CHARACTERS_MAX = 80
"""Characters of the offending cell that a fault repeats: enough to find it, too little to carry a payload."""


class FaultCode(StrEnum):
    """Every code a spreadsheet can be refused with; docs/spreadsheets.md explains each one."""

    TOO_BIG = "sheet.too-big"
    FORMAT = "sheet.format"
    ENCODING = "sheet.encoding"
    ARCHIVE = "sheet.archive"
    BOMB = "sheet.bomb"
    PASSWORD = "sheet.password"
    UNREADABLE = "sheet.unreadable"
    EMPTY = "sheet.empty"
    ROWS = "sheet.rows"
    COLUMNS = "sheet.columns"
    AREA = "sheet.area"
    SEVERAL = "sheet.several"
    UNKNOWN_SHEET = "sheet.unknown-sheet"
    SEPARATOR = "sheet.separator"
    QUOTE = "sheet.quote"
    NUL = "sheet.nul"
    CELL_LONG = "sheet.cell-long"
    CELL_ERROR = "sheet.cell-error"
    CONTROL = "sheet.control"
    HEADING_MISSING = "sheet.heading-missing"
    HEADING_REPEATED = "sheet.heading-repeated"
    MAPPING = "sheet.mapping"
    MISSING = "sheet.missing"
    IDENTIFIER = "sheet.identifier"
    NUMBER = "sheet.number"
    LOCALE = "sheet.locale"
    FRACTION = "sheet.fraction"
    RANGE = "sheet.range"
    CURRENCY = "sheet.currency"
    DECIMALS = "sheet.decimals"
    GTIN = "sheet.gtin"
    UNIT = "sheet.unit"
    ORIGIN = "sheet.origin"
    TRUTH = "sheet.truth"
    DAYS = "sheet.days"
    WEIGHT = "sheet.weight"
    PHONE = "sheet.phone"
    STATUS = "sheet.status"
    REPEATED = "sheet.repeated"
    CONFLICT = "sheet.conflict"
    MORE = "sheet.more"


@dataclass(frozen=True, slots=True)
class SheetFault:
    """One thing that is wrong, in the user's own coordinates.

    `row` counts from 1 as the spreadsheet program shows it; 0 means the file as a whole. `column` is the letter and
    the heading, as in `C (数量)`; empty where no single column is at fault. `got` is shortened, and control
    characters in it are escaped. It may hold personal data: show it to the merchant, keep it out of logging.
    """

    row: int
    column: str
    code: FaultCode
    expected: str
    got: str


class Refused(Exception):
    """The file cannot even be cut into cells; `faults` says why. Never leaves this package's `read` functions."""

    def __init__(self, faults: list[SheetFault]) -> None:
        super().__init__(", ".join(sorted({fault.code.value for fault in faults})))
        self.faults = faults


class CellRefused(Exception):
    """One cell cannot be read as what its heading promises; the reader of the row adds row and column."""

    def __init__(self, code: FaultCode, expected: str, got: object = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.expected = expected
        self.got = got


class Faults:
    """Collects the faults of one file, at most `FAULTS_MAX`, and counts the rest."""

    def __init__(self) -> None:
        self._kept: list[SheetFault] = []
        self._more = 0

    def __bool__(self) -> bool:
        return bool(self._kept)

    def add(self, row: int, column: str, code: FaultCode, expected: str, got: object = "") -> None:
        """Keep one fault; see `SheetFault` for the meaning of the arguments."""
        if len(self._kept) >= FAULTS_MAX:
            self._more += 1
            return
        self._kept.append(SheetFault(row, column, code, expected, shown(got)))

    def all(self) -> tuple[SheetFault, ...]:
        """Every fault in order of row, then column; a last one of code `sheet.more` counts what was left out."""
        ordered = sorted(self._kept, key=lambda fault: (fault.row, _column_order(fault.column)))
        if self._more:
            last = SheetFault(0, "", FaultCode.MORE, f"at most {FAULTS_MAX} faults", f"{self._more} more")
            ordered.append(last)
        return tuple(ordered)


def refused(code: FaultCode, expected: str, got: object = "", *, row: int = 0, column: str = "") -> Refused:
    """A `Refused` with a single fault."""
    return Refused([SheetFault(row, column, code, expected, shown(got))])


def letters(index: int) -> str:
    """The letters a spreadsheet program shows above the column of this index: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = string.ascii_uppercase[rest] + name
    return name


def place(index: int, heading: str = "") -> str:
    """Letter and heading of a column as one text, `C (数量)`."""
    heading = shown(heading.strip())
    return f"{letters(index)} ({heading})" if heading else letters(index)


def shown(value: object) -> str:
    """A value made safe to show: one line, escaped, at most `GOT_CHARACTERS_MAX` characters."""
    text = str(value)
    cut = text[:GOT_CHARACTERS_MAX]
    safe = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in cut)
    return safe + "…" if len(text) > GOT_CHARACTERS_MAX else safe


def _column_order(column: str) -> tuple[int, str]:
    letter = column.split(" ", 1)[0]
    return len(letter), letter
