"""Finding the heading line and what each column means, without a guess: an unclear heading is a fault."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts import currencies
from node.connectors.spreadsheets import figures, tables
from node.connectors.spreadsheets.faults import FaultCode, Faults, place
from node.connectors.spreadsheets.sources import Source
from node.connectors.spreadsheets.tables import Cell
from node.connectors.spreadsheets.vocabularies import NOTES, Vocabulary

LINES_SEARCHED_MAX = 20
"""Non-empty rows in which the heading line is looked for: titles and remarks above it are rarely more than five."""

HEADING_CHARACTERS_MAX = 64
"""A longer cell is a remark, not a heading."""

MONEY_FIELDS = frozenset({"price", "retail"})

_SKIPPED = re.compile(r"[\s_*\-:：·.]+")
_BRACKETS = re.compile(r"[(\[【](.*?)[)\]】]")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands in one table.

    row: the heading line, from 1. indexes: field -> column index. names: column index -> heading as written.
    currencies: money field -> the currency its heading names. unknown: headings nobody understood, for the merchant.
    """

    row: int
    indexes: Mapping[str, int]
    names: Mapping[int, str]
    currencies: Mapping[str, str]
    unknown: tuple[str, ...]

    def place(self, field: str) -> str:
        """Letter and heading of a field's column, for faults; empty where the file has no such column."""
        index = self.indexes.get(field)
        return "" if index is None else place(index, self.names[index])


@dataclass(frozen=True, slots=True)
class Dialect:
    """A kind of spreadsheet: its words, and groups of fields of which one each must have a column."""

    name: str
    vocabulary: Vocabulary
    required: tuple[tuple[str, ...], ...]


def choose(
    found: Sequence[tables.Table], dialects: Sequence[Dialect], source: Source, faults: Faults
) -> tuple[tables.Table, Dialect]:
    """The one table of a file that a dialect understands, the earlier dialect first.

    Several that are understood are a fault unless `source.sheet` names one: orders on a second sheet must not be
    lost. If none is, the one with the most known headings is returned, the plain dialect, which is the last, winning a
    draw; and `locate` says what it lacks.
    """
    if source.sheet is not None:
        named = [table for table in found if table.name == source.sheet]
        if not named:
            faults.add(0, "", FaultCode.UNKNOWN_SHEET, " / ".join(table.name for table in found), source.sheet)
        found = named or found
    ranked = [(_rank(table, dialect, source), table, dialect) for table in found for dialect in dialects]
    whole = [(table, dialect) for (complete, _), table, dialect in ranked if complete]
    if len({id(table) for table, _ in whole}) > 1:
        sheets = " / ".join(dict.fromkeys(table.name for table, _ in whole))
        faults.add(0, "", FaultCode.SEVERAL, "one sheet with rows to read, or the name of one", sheets)
    if whole:
        return whole[0]
    most = max(count for (_, count), _, _ in ranked)
    table = next(table for (_, count), table, _ in ranked if count == most)
    return table, [dialect for (_, count), of, dialect in ranked if of is table and count == most][-1]


def locate(table: tables.Table, dialect: Dialect, source: Source, faults: Faults) -> Columns:
    """The columns of the row that understands most headings; what is missing, repeated or mapped to a field that
    does not exist goes into `faults`."""
    vocabulary, mapping = dialect.vocabulary, source.mapping
    best = _best_row(table, vocabulary, mapping)
    columns = _columns(table.rows[best - 1], best, vocabulary, mapping, faults)
    for group in dialect.required:
        if not any(field in columns.indexes for field in group):
            faults.add(
                best, "", FaultCode.HEADING_MISSING, _wanted(vocabulary, group), " ".join(columns.names.values())
            )
    for heading, field in mapping.items():
        if field and field not in vocabulary.fields:
            faults.add(best, heading, FaultCode.MAPPING, "a field of docs/spreadsheets.md", field)
    return columns


def normal(heading: str) -> str:
    """A heading as the vocabularies spell it: NFKC, small letters, without spaces, dashes, underscores, asterisks."""
    return _SKIPPED.sub("", unicodedata.normalize("NFKC", heading[:HEADING_CHARACTERS_MAX]).casefold())


def _wanted(vocabulary: Vocabulary, group: tuple[str, ...]) -> str:
    """A few of the headings that would do, in both languages."""
    spellings = [word for field in group for word in vocabulary.fields[field]]
    latin = [word for word in spellings if word.isascii()]
    return " / ".join(latin[:2] + [word for word in spellings if not word.isascii()][:2])


def _rank(table: tables.Table, dialect: Dialect, source: Source) -> tuple[bool, int]:
    """Whether every required group has a heading in the best row, and how many headings are understood there."""
    row = table.rows[_best_row(table, dialect.vocabulary, source.mapping) - 1]
    fields = _understood(row, dialect.vocabulary, source.mapping)
    return all(fields & set(group) for group in dialect.required), len(fields)


def _best_row(table: tables.Table, vocabulary: Vocabulary, mapping: Mapping[str, str]) -> int:
    scored = [(len(_understood(row, vocabulary, mapping)), -number) for number, row in _candidates(table)]
    return -max(scored)[1]


def _candidates(table: tables.Table) -> list[tuple[int, Sequence[Cell]]]:
    found: list[tuple[int, Sequence[Cell]]] = []
    for number, row in enumerate(table.rows, start=1):
        if any(cell != "" for cell in row):
            found.append((number, row))
        if len(found) == LINES_SEARCHED_MAX:
            break
    return found


def _is_heading(cell: Cell) -> bool:
    return isinstance(cell, str) and 0 < len(cell.strip()) <= HEADING_CHARACTERS_MAX


def _understood(row: Sequence[Cell], vocabulary: Vocabulary, mapping: Mapping[str, str]) -> set[str]:
    fields = {_field(cell, vocabulary, mapping)[0] for cell in row if isinstance(cell, str) and _is_heading(cell)}
    return fields - {""}


def _columns(
    row: Sequence[Cell], number: int, vocabulary: Vocabulary, mapping: Mapping[str, str], faults: Faults
) -> Columns:
    indexes: dict[str, int] = {}
    written: dict[str, int] = {}
    heads: dict[int, str] = {}
    named: dict[str, str] = {}
    unknown: list[str] = []
    for index, cell in enumerate(row):
        if not isinstance(cell, str) or not cell.strip():
            continue
        heading = cell.strip()
        heads[index] = heading
        field, currency = _field(heading, vocabulary, mapping)
        clash = indexes.get(field) if field else written.get(normal(heading))
        if clash is not None:
            faults.add(
                number,
                place(index, heading),
                FaultCode.HEADING_REPEATED,
                "one column for each field",
                f"also in column {place(clash, heads[clash])}",
            )
            continue
        written[normal(heading)] = index
        if field:
            indexes[field] = index
            if currency:
                named[field] = currency
        elif mapping.get(heading) != "":
            unknown.append(heading)
    return Columns(number, indexes, heads, named, tuple(unknown))


def _field(heading: str, vocabulary: Vocabulary, mapping: Mapping[str, str]) -> tuple[str, str]:
    """The field a heading means ("" for none) and the currency it names ("" for none)."""
    heading = heading.strip()
    if heading in mapping:
        return (mapping[heading] if mapping[heading] in vocabulary.fields else ""), ""
    words = vocabulary.words
    whole = normal(heading)
    if whole in words:
        return words[whole], ""
    notes = [normal(note) for note in _BRACKETS.findall(_nfkc(heading))]
    base = normal(_BRACKETS.sub("", _nfkc(heading)))
    field = words.get(base, "") or _both_halves(base, words)
    if not field or all(note in NOTES for note in notes):
        return field, ""
    return _with_currency(field, [note for note in notes if note not in NOTES])


def _nfkc(heading: str) -> str:
    return unicodedata.normalize("NFKC", heading[:HEADING_CHARACTERS_MAX])


def _with_currency(field: str, notes: list[str]) -> tuple[str, str]:
    """A money field whose heading names its currency in brackets; any other note makes the heading unknown."""
    if field in MONEY_FIELDS and len(notes) == 1:
        found = figures.sign_currencies(notes[0])
        if len(found) == 1 and next(iter(found)) in currencies.EXPONENTS:
            return field, next(iter(found))
    return "", ""


def _both_halves(base: str, words: Mapping[str, str]) -> str:
    """A heading in two languages, `商品编码/sku`: both halves must mean the same field."""
    found = {words.get(half, "") for half in base.split("/")}
    return found.pop() if len(found) == 1 else ""
