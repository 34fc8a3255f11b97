"""What happens to goods under way: the carrier's events that a seller reports, and what the buyer says arrived."""

from __future__ import annotations

from typing import Literal

from contracts import lots
from contracts.lots import LotEvent, LotState
from contracts.orders import OrderLine
from node import errors
from node.trade import attachments, books, doors
from node.trade.ordering import orders
from protocol.encoding import Value

register = doors.Register()
Event = Literal["in_transit", "out_for_delivery", "exception", "delivered", "refused", "returning", "returned"]
# a parcel at the seller's risk is kept, and owed, only where the buyer says so by quantity
EXPECTED = frozenset(lots.SOURCES[LotEvent.RECEIVE]) - {LotState.FORFEITED}


class Reported(orders.One):
    """What a carrier said of a parcel: of the only one of the order, or of the one with the `waybill`."""

    event: Event
    waybill: str | None = None
    eta_s: int | None = None
    code: str | None = None


class Received(orders.One):
    """What arrived, by line: `accepted` units, `short` ones that did not come, `rejected` ones that came unfit.

    A line that is named with what is missing only, arrived but for that; without lines, everything under way has.
    """

    waybill: str | None = None
    accepted: dict[str, doors.Quantity] | None = None
    short: dict[str, doors.Quantity] | None = None
    rejected: dict[str, doors.Quantity] | None = None
    condition: str | None = None
    files: attachments.Files | None = None
    key: str | None = None


def parcel_of(found: orders.Found, waybill: str | None) -> bytes:
    """The parcel that a person means, by the hash of its hand-over. NodeError `order.parcel`."""
    known = {hash: parcel.waybill for hash, parcel in found.order.parcels.items()}
    fitting = [hash for hash, label in known.items() if waybill in (None, label)]
    if len(fitting) != 1:
        raise errors.NodeError(
            "order.parcel",
            "no single parcel could be meant",
            expected=", ".join(known.values()) or "an order of which something left",
            got=waybill or "no waybill",
        )
    return fitting[0]


@register.case("order.report", Reported)
async def report(trade: doors.Trade, given: Reported, progress: doors.Report) -> doors.Json:
    """Tell the buyer what the carrier said of a parcel. Said twice, it stands once."""

    def unit(desk: books.Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        shipment = parcel_of(found, given.waybill)
        parcel = found.order.parcels[shipment]
        body: books.Body = {"thread": found.row.thread, "shipment": shipment, "event": given.event}
        told = {"eta_s": given.eta_s, "code": given.code}
        body |= {name: value for name, value in told.items() if value is not None}
        if parcel.state.value != given.event or len(body) > 3:
            desk.write(found.book, "shipment.status", {**body, "at_s": desk.now_ms() // 1000})
        return {"order": found.row.thread.hex(), "waybill": parcel.waybill, "event": given.event}

    return await trade.books.act(unit)


@register.case("order.receive", Received)
async def receive(trade: doors.Trade, given: Received, progress: doors.Report) -> doors.Json:
    """Say what arrived. What is short or rejected is contested until both agree on it."""

    def unit(desk: books.Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        shipment = None if given.waybill is None else parcel_of(found, given.waybill)
        known = {str(number) for number in found.order.lines}
        named = {*(given.accepted or {}), *(given.short or {}), *(given.rejected or {})}
        if named - known:
            raise errors.NodeError(
                "order.line", "no such line", expected=", ".join(sorted(known)), got=", ".join(sorted(named - known))
            )
        lines = [
            row
            for number, line in found.order.lines.items()
            if not named or str(number) in named
            for row in (arrived(line, shipment, given),)
            if row["accepted"] or row["short"] or row["rejected"]
        ]
        if not lines:
            raise errors.NodeError(
                "order.nothing", "nothing of this order is under way", expected="shipped", got=found.row.state
            )
        body: books.Body = {"thread": found.row.thread, "lines": list[Value](lines)}
        if shipment is not None:
            body["shipment"] = shipment
        if given.files:
            body["attachments"] = attachments.put(desk, None, given.files)
        desk.write(found.book, "receipt.advice", body)
        state = found.book.history.orders[found.row.thread].state.value
        return {"order": found.row.thread.hex(), "state": state, "lines": [dict(row) for row in lines]}

    return await doors.once(trade, given.key, unit)


def arrived(line: OrderLine, shipment: bytes | None, given: Received) -> dict[str, Value]:
    """One line of a receipt advice."""
    number = str(line.number)
    under_way = sum(lot.quantity for lot in line.lots if lot.state in EXPECTED and shipment in (None, lot.shipment))
    short, rejected = ((told or {}).get(number, 0) for told in (given.short, given.rejected))
    accepted = (given.accepted or {}).get(number, max(0, under_way - short - rejected))
    row: dict[str, Value] = {"line": line.number, "accepted": accepted, "short": short, "rejected": rejected}
    return row if given.condition is None else {**row, "condition": given.condition}
