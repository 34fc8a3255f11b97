"""Hand-overs, carrier events and receipts of goods (the lower half of table T4).

A hand-over ships agreed quantity; what its author could not know to be cancelled or under change, it ships as well.
`outstanding` says how much of the line will still follow: what neither leaves nor follows is short, comes off the
price at once, and costs the penalty that the agreement names for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from contracts import items, lots, orders, tables
from contracts.documents import shipments as papers
from contracts.documents.stocks import MAIN
from contracts.errors import Fault
from contracts.items import Member
from contracts.lots import Lot, LotEvent, LotState
from contracts.orders import Order, OrderLine, Parcel, ParcelState
from contracts.threads import Faults

P = ParcelState
_OPEN: Final = (P.HANDED_OVER, P.IN_TRANSIT, P.OUT_FOR_DELIVERY, P.EXCEPTION)
_EVENTS: Final = (P.IN_TRANSIT, P.OUT_FOR_DELIVERY, P.EXCEPTION, P.DELIVERED, P.REFUSED, P.RETURNING, P.RETURNED)
# where a parcel is; delivered and returned are its end, and after a refusal it only comes back
PARCELS: Final[Mapping[tuple[ParcelState, ParcelState], ParcelState]] = {
    **{(state, event): event for state in _OPEN for event in _EVENTS},
    (P.REFUSED, P.RETURNING): P.RETURNING,
    (P.REFUSED, P.RETURNED): P.RETURNED,
    (P.RETURNING, P.RETURNED): P.RETURNED,
}


def plan(order: Order) -> tuple[Order, Faults]:
    """`shipment.plan`: information, as long as something is still to leave."""
    if any(line.quantity(*lots.SOURCES[LotEvent.PACK]) for line in order.lines.values()):
        return order, ()
    wanted = " or ".join(tables.sources(lots.TABLE, LotEvent.PACK))
    return order, (Fault("order.state", "", f"a quantity in {wanted}", orders.header(order)),)


def pack(order: Order, member: Member, document: papers.Pack) -> tuple[Order, Faults]:
    """`shipment.pack`: agreed quantity that lies in no other parcel."""

    def packed(lot: Lot, state: LotState) -> Lot:
        return lot._replace(state=state, packed=member.hash)

    def loose(lot: Lot) -> bool:
        return lot.packed is None

    lines: dict[int, OrderLine] = {}
    faults: list[Fault] = []
    for place, part in enumerate(document.lines):
        line = order.lines.get(part.line)
        if line is None:
            faults.append(orders.unknown_line(order, place, part.line))
            continue
        after, moved = lots.move(line.lots, LotEvent.PACK, part.quantity, packed, loose)
        if moved < part.quantity:
            faults.append(orders.short_of(line, LotEvent.PACK, moved, part.quantity, f"lines.{place}", "order.state"))
        lines[part.line] = orders.with_lots(line, after)
    if faults:
        return order, tuple(faults)
    return orders.with_lines(order, lines, member), ()


def handover(order: Order, member: Member, document: papers.Handover, blind: bool) -> tuple[Order, Faults]:
    """`shipment.handover`."""
    lines: dict[int, OrderLine] = {}
    faults: list[Fault] = []
    for place, shipped in enumerate(document.lines):
        line = order.lines.get(shipped.line)
        if line is None:
            faults.append(orders.unknown_line(order, place, shipped.line))
            continue
        after, fault = _shipped(order, member, line, shipped, document.location, f"lines.{place}")
        if fault is not None:
            faults.append(fault)
        lines[shipped.line] = after
    if faults:
        return order, tuple(faults)
    parcel = Parcel(member, document.carrier, document.waybill)
    return orders.with_lines(order, lines, parcel=(member.hash, parcel)), ()


def _unaware(order: Order, member: Member, lot: Lot) -> bool:
    """Guard of law 13, and the same for a pending change: what the author knew of holds the quantity."""
    if lot.state is LotState.CANCELLING:
        return lot.cancel is not None and not items.knows(member, order.named[lot.cancel])
    if lot.state is LotState.CHANGE_PROPOSED:
        return lot.proposal is not None and not items.knows(member, order.named[lot.proposal[0]])
    return True


def _shipped(
    order: Order, member: Member, line: OrderLine, shipped: papers.ShippedLine, location: str | None, path: str
) -> tuple[OrderLine, Fault | None]:
    def leave(lot: Lot, state: LotState) -> Lot:
        return lot._replace(state=state, proposal=None, shipment=member.hash)

    def fall_short(lot: Lot, state: LotState) -> Lot:
        return lot._replace(state=state, proposal=None, levy=("penalty", "short"))

    def unaware(lot: Lot) -> bool:
        return _unaware(order, member, lot)

    def there(lot: Lot) -> bool:
        return (location is None or (line.terms[lot.terms].location or MAIN) == location) and unaware(lot)

    after, moved = lots.move(line.lots, LotEvent.HANDOVER, shipped.quantity, leave, there)
    if moved < shipped.quantity:
        return line, _not_shippable(line, shipped.quantity, moved, path)
    if shipped.outstanding is not None:
        open_quantity = lots.available(after, LotEvent.HANDOVER, unaware)
        if shipped.outstanding > open_quantity:
            return line, Fault(
                "quantity.over", f"{path}.outstanding", f"at most {open_quantity}", str(shipped.outstanding)
            )
        after, _ = lots.move(after, LotEvent.SHORTFALL, open_quantity - shipped.outstanding, fall_short, unaware)
    elif not shipped.quantity:
        return line, Fault("quantity.over", f"{path}.quantity", "at least 1, or outstanding", "0")
    return orders.with_lots(line, after), None


def _not_shippable(line: OrderLine, wanted: int, moved: int, path: str) -> Fault:
    held = lots.count(line.lots, (LotState.CANCELLING, LotState.CANCELLED, LotState.WITHDRAWN))
    if held and wanted <= moved + held:
        return Fault("cancel.held", f"{path}.quantity", f"at most {moved}: {held} held or cancelled", str(wanted))
    return orders.short_of(line, LotEvent.HANDOVER, moved, wanted, path, "order.state")


def status(order: Order, member: Member, document: papers.Status, blind: bool) -> tuple[Order, Faults]:
    """`shipment.status`: delivery and refusal move the parcel's quantity, the rest is information."""
    parcel = order.parcels.get(document.shipment)
    if parcel is None:
        return order, (Fault("reference.dangling", "shipment", "a hand-over that stands", document.shipment.hex()),)
    following = tables.step(PARCELS, parcel.state, ParcelState(document.event))
    if following is None:
        wanted = ", ".join(tables.legal(PARCELS, parcel.state)) or "nothing more"
        return order, (Fault("shipment.state", "event", f"{wanted} after {parcel.state}", document.event),)
    arrived = parcel.arrived or (member if following is P.DELIVERED else None)
    moved = replace(parcel, state=following, eta_s=document.eta_s or parcel.eta_s, arrived=arrived)
    lines: dict[int, OrderLine] = {}
    if following in (P.DELIVERED, P.REFUSED):
        for number, line in order.lines.items():
            after = _arrived(line, document.shipment, following)
            if after is not line.lots:
                lines[number] = orders.with_lots(line, after)
    return orders.with_lines(order, lines, parcel=(document.shipment, moved)), ()


def _arrived(line: OrderLine, shipment: bytes, state: ParcelState) -> lots.Lots:
    def fits(lot: Lot) -> bool:
        return lot.shipment == shipment

    def refuse(lot: Lot, following: LotState) -> Lot:
        return lot._replace(state=following, levy=lot.levy or ("fee", "refused"))

    if state is P.DELIVERED:
        return lots.move(line.lots, LotEvent.DELIVER, line.ordered, lots.into, fits)[0]
    return lots.move(line.lots, LotEvent.REFUSE, line.ordered, refuse, fits)[0]


def receipt(order: Order, member: Member, document: papers.Receipt, blind: bool) -> tuple[Order, Faults]:
    """`receipt.advice`: what arrived is received; what did not, or arrived unfit, is contested (T6, T7)."""
    if document.shipment is not None and document.shipment not in order.parcels:
        return order, (Fault("reference.dangling", "shipment", "a hand-over that stands", document.shipment.hex()),)
    lines: dict[int, OrderLine] = {}
    faults: list[Fault] = []
    for place, got in enumerate(document.lines):
        line = order.lines.get(got.line)
        if line is None:
            faults.append(orders.unknown_line(order, place, got.line))
            continue
        wanted = got.accepted + got.short + got.rejected
        after, moved = _received(line, document.shipment, got)
        if moved < wanted:
            faults.append(orders.short_of(line, LotEvent.RECEIVE, moved, wanted, f"lines.{place}", "shipment.state"))
        lines[got.line] = after
    if faults:
        return order, tuple(faults)
    taken = orders.with_lines(order, lines)
    for name in _taken(order, document, lines):
        taken = orders.with_lines(taken, {}, parcel=(name, replace(order.parcels[name], arrived=member)))
    return taken, ()


def _taken(order: Order, document: papers.Receipt, lines: Mapping[int, OrderLine]) -> list[bytes]:
    """The parcels that the advice says to have arrived, and of which nobody had said so."""
    named = {lot.shipment for line in lines.values() for lot in line.lots} if document.shipment is None else None
    names = [document.shipment] if named is None else [name for name in order.parcels if name in named]
    return [name for name in names if name is not None and order.parcels[name].arrived is None]


def _received(line: OrderLine, shipment: bytes | None, got: papers.ReceivedLine) -> tuple[OrderLine, int]:
    def fits(lot: Lot) -> bool:
        return shipment is None or lot.shipment == shipment

    after, accepted = lots.move(line.lots, LotEvent.RECEIVE, got.accepted, lots.into, fits)
    after, contested = lots.move(after, LotEvent.CONTEST, got.short + got.rejected, lots.into, fits)
    return orders.with_lots(line, after), accepted + contested
