"""The seller's warehouse before a parcel leaves: how an order will be shipped, and what was packed."""

from __future__ import annotations

from typing import Annotated

import pydantic

from contracts.orders import OrderLine
from node import errors
from node.trade import attachments, books, carriers, doors, portions
from node.trade.goods import reservations
from node.trade.ordering import orders
from protocol.encoding import Value

register = doors.Register()
HOUR_S = 3_600
Grams = Annotated[int, pydantic.Field(ge=0, le=10**9)]
Millimetres = Annotated[int, pydantic.Field(ge=0, le=10**6)]


class Plan(orders.One):
    """In how many parcels, with whom, from where, and in how many hours from now."""

    parcels: Annotated[int, pydantic.Field(ge=1, le=10_000)] = 1
    carrier: str | None = None
    location: str | None = None
    within_hours: Annotated[int, pydantic.Field(ge=1, le=10 * 366 * 24)] | None = None


class Pack(orders.One):
    """One parcel. Without `quantities` it holds everything that is agreed and lies in no other."""

    quantities: dict[str, doors.Quantity] | None = None
    sscc: str | None = None
    weight_g: Grams | None = None
    size_mm: Annotated[list[Millimetres], pydantic.Field(min_length=3, max_length=3)] | None = None
    packaging: str | None = None
    files: attachments.Files | None = None


@register.case("order.plan", Plan)
async def plan(trade: doors.Trade, given: Plan, report: doors.Report) -> doors.Json:
    """Tell the buyer how an order will be shipped."""

    def unit(desk: books.Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        body: books.Body = {"thread": found.row.thread, "parcels": given.parcels}
        if given.carrier is not None:
            body["carrier"] = carriers.code(given.carrier) or given.carrier
        if given.location is not None:
            body["location"] = given.location
        if given.within_hours is not None:
            body["expected_s"] = desk.now_ms() // 1000 + given.within_hours * HOUR_S
        return {"plan": desk.write(found.book, "shipment.plan", body).hash.hex()}

    return await trade.books.act(unit)


@register.case("order.pack", Pack)
async def pack(trade: doors.Trade, given: Pack, report: doors.Report) -> doors.Json:
    """Say what was packed into one parcel."""

    def unit(desk: books.Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        quantities = portions.line_quantities(found.order, given.quantities)
        if given.quantities is None:
            quantities = {number: loose(line) for number, line in found.order.lines.items()}
        lines: list[Value] = [
            {"line": number, "quantity": quantity} for number, quantity in quantities.items() if quantity
        ]
        if not lines:
            raise errors.NodeError(
                "order.nothing", "nothing of this order is left to be packed", expected="agreed", got=found.row.state
            )
        body: books.Body = {"thread": found.row.thread, "lines": lines}
        for name in ("sscc", "weight_g", "size_mm", "packaging"):
            if getattr(given, name) is not None:
                body[name] = getattr(given, name)
        rows = attachments.put(desk, None, given.files)
        if rows:
            body["attachments"] = rows
        return {"parcel": desk.write(found.book, "shipment.pack", body).hash.hex(), "lines": len(lines)}

    return await trade.books.act(unit)


def loose(line: OrderLine) -> int:
    """The units of a line that may leave and lie in no parcel yet."""
    return sum(lot.quantity for lot in line.lots if lot.state in reservations.READY and lot.packed is None)
