"""What orders keep back on the seller's shelf, and what has left it: it follows the fold, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable

from contracts import histories, lots, orders
from contracts.holds import Hold, HoldState
from contracts.lots import Lot, LotState
from node.storage import shelves
from node.trade import books, peering

Place = tuple[str, str]  # SKU, location
READY = (LotState.AGREED, LotState.OVERDUE)  # it may leave
RESERVED = (*READY, LotState.CHANGE_PROPOSED, LotState.CANCELLING)
GONE = (
    LotState.SHIPPED,
    LotState.RTO_ASKED,
    LotState.RETURNING,
    LotState.DELIVERED,
    LotState.RECEIVED,
    LotState.CONTESTED,
    LotState.FORFEITED,
    LotState.FINAL,
    *lots.RETURN_OPEN,
    *lots.RETURNED,
)


def is_own(desk: books.Desk, sku: str) -> bool:
    """Whether the goods lie on this merchant's own shelf; a supplier's are promised by the supplier."""
    return shelves.supplier(desk.db, sku) is None


def follow(desk: books.Desk, before: orders.Order | None, after: orders.Order) -> None:
    """Move the shelf from what an order kept back and had sent before to what it does now."""
    moved: dict[Place, tuple[int, int]] = {}
    for sign, order in ((-1, before), (1, after)):
        for place, reserved, gone in shelf_use(order):
            at = moved.get(place, (0, 0))
            moved[place] = (at[0] + sign * reserved, at[1] - sign * gone)
    for (sku, location), (reserved, on_hand) in moved.items():
        if (reserved or on_hand) and is_own(desk, sku):
            shelves.move(desk.db, sku, reserved, on_hand, location)


def shelf_use(order: orders.Order | None) -> Iterable[tuple[Place, int, int]]:
    """((SKU, location), units kept back, units gone) of each lot of an order."""
    for line in () if order is None else order.lines.values():
        for lot in line.lots:
            terms = line.terms[lot.terms]
            yield (
                (terms.sku, terms.location or shelves.MAIN),
                lot.quantity * (lot.state in RESERVED),
                lot.quantity * is_gone(lot),
            )


def is_gone(lot: Lot) -> bool:
    """Whether it has left the shelf. What comes back lies there again once it was found to be resellable."""
    if lot.verdict == "resellable":
        return False
    return lot.state in GONE or (lot.state is LotState.CANCELLED and lot.shipment is not None)


def recount(desk: books.Desk) -> None:
    """Derive what is kept back from all orders and holds of all channels."""
    kept: dict[Place, int] = {}
    for book in peering.open_books(desk):
        for order in book.history.orders.values():
            for place, reserved, _ in shelf_use(order) if order.version.seller == book.side else ():
                kept[place] = kept.get(place, 0) + reserved
        for hold in book.history.holds.values():
            if hold.seller == book.side:
                place = (hold.sku, hold.location)
                kept[place] = kept.get(place, 0) + kept_back(book.history, hold)
    for row in shelves.shelves(desk.db):
        wanted = kept.get((row.sku, row.location), 0) if is_own(desk, row.sku) else 0
        shelves.move(desk.db, row.sku, wanted - row.reserved, 0, row.location)


def held(hold: Hold | None) -> int:
    """The units that a hold keeps back; one that an order has used up is let go when the order is answered."""
    return hold.quantity if hold is not None and hold.state in (HoldState.HELD, HoldState.CONSUMED) else 0


def kept_back(history: histories.History, hold: Hold) -> int:
    """The units that a hold keeps back beside what orders do: none once the order that used it up is answered."""
    if hold.state is HoldState.CONSUMED and hold.order is not None:
        lines = history.orders[hold.order].lines.values()
        if not any(line.terms[0].sku == hold.sku and line.quantity(LotState.PLACED) for line in lines):
            return 0
    return held(hold)
