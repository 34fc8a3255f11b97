"""Parcels in bulk: what was pasted or uploaded, looked at row by row before anything is shipped."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import pydantic

from node import errors
from node.connectors.spreadsheets import sources, waybills
from node.storage import orderbooks
from node.trade import books, carriers, doors
from node.trade.goods import reservations
from node.trade.ordering import rows, sales

register = doors.Register()
ROWS_MAX = 1_500  # three fields of a form each
PARTS = 3  # order, carrier, waybill
BETWEEN = re.compile("[\t,;\uff0c\uff1b]")


class Look(doors.Arguments):
    """Either `text`, a row a line (order, carrier, waybill, with a tab, a comma or spaces between), or a file.

    `carrier` is that of rows that name none: then a row is an order and a waybill.
    """

    text: Annotated[str, pydantic.Field(max_length=400_000)] | None = None
    name: str | None = None
    data_hex: str | None = None
    carrier: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says; `number` is its place in the text or the sheet."""

    number: int
    order: str
    carrier: str
    waybill: str


@register.case("order.waybills", Look)
async def look(trade: doors.Trade, given: Look, report: doors.Report) -> doors.Json:
    """What shipping these rows would do: for each the order that it means, or what is wrong with it."""
    found = await asyncio.to_thread(read, given)
    if len(found) > ROWS_MAX:
        raise errors.NodeError("request.malformed", "too many rows at once", expected=ROWS_MAX, got=len(found))
    shown = await trade.books.read(lambda desk: examined(desk, found))
    return {"rows": shown, "good": sum(row["fault"] is None for row in shown)}


def read(given: Look) -> list[Row]:
    """The rows. NodeError `sheet.faults` for a file that cannot be read."""
    if given.data_hex is None:
        return pasted(given.text or "", given.carrier or "")
    try:
        data = bytes.fromhex(given.data_hex)
    except ValueError:
        raise errors.NodeError("request.malformed", "data_hex is no hex", expected="hex digits", got="other") from None
    sheet = waybills.read(data, sources.Source(shop=given.name or "sheet"))
    if sheet.faults:
        faults: list[errors.Fault] = [
            {
                "row": str(one.row),
                "code": str(one.code),
                "path": f"row {one.row}",
                "expected": one.expected,
                "got": one.got,
            }
            for one in sheet.faults
        ]
        raise errors.NodeError("sheet.faults", f"{given.name} has faults; nothing was shipped", faults=faults)
    return [Row(row.row, row.number, row.carrier or given.carrier or "", row.waybill) for row in sheet.waybills]


def pasted(text: str, carrier: str) -> list[Row]:
    """The rows of a text; empty lines are left out."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = [part.strip() for part in BETWEEN.split(line) if part.strip()]
        if len(parts) < PARTS - 1:
            parts = line.split()
        if len(parts) == PARTS - 1:
            parts.insert(1, carrier)
        if parts:
            parts += [""] * (PARTS - len(parts))
            found.append(Row(number, parts[0], parts[1], " ".join(parts[2:])))
    return found


def examined(desk: books.Desk, found: Sequence[Row]) -> list[doors.Json]:
    """Every row with the order that it means, and its fault if it has one."""
    names, taken = rows.partner_names(desk), dict[str, int]()
    return [examine(desk, row, names, taken) for row in found]


def examine(desk: books.Desk, row: Row, names: Mapping[int, str], taken: dict[str, int]) -> doors.Json:
    """One row. `taken`: which orders stood in earlier rows."""
    known = [one for one in orderbooks.find_orders(desk.db, row.order) if not one.buying] if row.order else []
    said: doors.Json = {"row": row.number, "order": row.order, "carrier": row.carrier, "waybill": row.waybill}
    if len(known) != 1:
        unnamed = "order.ambiguous" if known else "order.unknown"
        return {**said, "fault": unnamed, "thread": None, "partner": "", "quantity": 0}
    listed = known[0]
    order = desk.peek(listed.channel).history.orders[listed.thread]
    ready = sum(line.quantity(*reservations.READY) for line in order.lines.values())
    code = carriers.code(row.carrier)
    first = taken.setdefault(listed.thread.hex(), row.number)
    fault: str | None = None
    if code is None:
        fault = "request.carrier"
    elif not row.waybill:
        fault = "waybill.missing"
    elif first != row.number:
        fault = "row.twice"
    elif sales.has_left(order, code, row.waybill, None):
        fault = "waybill.known"
    elif not ready:
        fault = "order.nothing"
    return {
        **said,
        **rows.describe(listed, names[listed.channel]),
        "order": listed.number,
        "thread": listed.thread.hex(),
        "carrier": code or row.carrier,
        "waybill": row.waybill,
        "ready": ready,
        "fault": fault,
    }
