"""Amounts of a row: which currency they are in, and their minor units."""

from __future__ import annotations

from functools import partial

from node.connectors.spreadsheets import cells
from node.connectors.spreadsheets.faults import FaultCode
from node.connectors.spreadsheets.headings import Columns
from node.connectors.spreadsheets.lines import Line
from node.connectors.spreadsheets.sources import Source


def currency(line: Line, columns: Columns, source: Source, fields: tuple[str, ...]) -> str | None:
    """The currency of a row: its own column, the brackets behind a money heading, or what the sender's files use.

    None where they contradict each other, or nothing names one although there is an amount; both are faults.
    """
    filled = [field for field in fields if line.has(field)]
    stated = line.shared("currency", cells.currency)
    named = {columns.currencies[field] for field in filled if field in columns.currencies}
    found = named | ({stated} if stated else set())
    if len(found) > 1:
        line.fault("currency", FaultCode.CURRENCY, "one currency in a row", " / ".join(sorted(found)))
        return None
    if found:
        return found.pop()
    if not source.currency and filled:
        line.fault(filled[0], FaultCode.CURRENCY, "a currency column, or a currency named for this sender")
    return source.currency or None


def minor_units(line: Line, field: str, code: str | None, source: Source) -> int | None:
    """The amount of a field in minor units; None where it is empty, at fault, or of no known currency."""
    if code is None:
        return None
    return line.value(field, partial(cells.amount, currency=code, decimal_comma=source.decimal_comma))
