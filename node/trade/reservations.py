"""What orders keep back on the seller's shelf, and what has left it: it follows the fold, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable

from contracts import orders
from contracts.lots import LotState
from node.storage import shelves
from node.trade import books

RESERVED = (LotState.AGREED, LotState.CHANGE_PROPOSED, LotState.CANCELLING)
GONE = (
    LotState.SHIPPED,
    LotState.RTO_ASKED,
    LotState.RETURNING,
    LotState.DELIVERED,
    LotState.RECEIVED,
    LotState.CONTESTED,
)


def is_own(desk: books.Desk, sku: str) -> bool:
    """Whether the goods lie on this merchant's own shelf; a supplier's are promised by the supplier."""
    good = shelves.good(desk.db, sku)
    return good is None or good.supplier is None


def follow(desk: books.Desk, before: orders.Order | None, after: orders.Order) -> None:
    """Move the shelf from what an order kept back and had sent before to what it does now."""
    moved: dict[str, tuple[int, int]] = {}
    for sign, order in ((-1, before), (1, after)):
        for sku, reserved, gone in shelf_use(order):
            at = moved.get(sku, (0, 0))
            moved[sku] = (at[0] + sign * reserved, at[1] - sign * gone)
    for sku, (reserved, on_hand) in moved.items():
        if (reserved or on_hand) and is_own(desk, sku):
            shelves.move(desk.db, sku, reserved, on_hand)


def shelf_use(order: orders.Order | None) -> Iterable[tuple[str, int, int]]:
    """(SKU, units kept back, units gone) of each lot of an order."""
    for line in () if order is None else order.lines.values():
        for lot in line.lots:
            sku = line.terms[lot.terms].sku
            yield sku, lot.quantity * (lot.state in RESERVED), lot.quantity * (lot.state in GONE)
