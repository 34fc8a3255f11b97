"""Routing: from the consumer orders of a merchant's shops to orders at suppliers.

An order is split by supplier. A line goes to the supplier that its sheet names; else to the only partner that offers
the SKU; else to the one with the lowest price, and among equals to the longest-standing partner. The choice is made
from live listings only, so a SKU that nobody offers is a fault of the file, shown with its row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from node.storage import intakes, orderbooks, partners
from node.trade import books
from node.trade.ordering import batches, outlets, purchases


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of a consumer order."""

    sku: str
    quantity: int
    supplier: str | None
    row: int


@dataclass(frozen=True, slots=True)
class ShopOrder:
    """One consumer order as read from a sheet or a shop. `source` names it for ever; `recipient` is personal data."""

    source: str
    shop: str
    number: str
    recipient: dict[str, str]
    lines: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class RouteFault:
    """A line that cannot be routed."""

    row: int
    code: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Routed:
    """An order with its lines by channel."""

    wanted: ShopOrder
    by_channel: dict[int, list[Wanted]]


@dataclass(slots=True)
class Plan:
    """What an import would do: orders to place, faults, and how many are known already.

    `differing`: the numbers of known ones that are written otherwise now. They are never taken for new ones.
    """

    orders: list[Routed] = field(default_factory=list)
    faults: list[RouteFault] = field(default_factory=list)
    known: int = 0
    differing: list[str] = field(default_factory=list)


def plan(desk: books.Desk, wanted: Sequence[ShopOrder]) -> Plan:
    """Route every order that is not known yet; nothing is written."""
    made = Plan()
    suppliers = {
        channel.id: (partner, desk.peek(channel.id))
        for partner in partners.every(desk.db)
        if (channel := partners.channel_of(desk.db, partner.id)) is not None
        and partner.state is partners.PartnerState.ACTIVE
    }
    for order in wanted:
        known = orderbooks.shop_order_from(desk.db, order.source)
        if known is not None:
            made.known += 1
            made.differing += [] if known.content in ({}, content_of(order)) else [order.number]
            continue
        if batches.lingers(desk, order.source):
            made.known += 1
            continue
        by_channel: dict[int, list[Wanted]] = {}
        for line in order.lines:
            chosen = choose(suppliers, line)
            if chosen is None:
                made.faults.append(fault(suppliers, line))
            else:
                by_channel.setdefault(chosen, []).append(line)
        made.orders.append(Routed(order, by_channel))
    return made


def choose(suppliers: dict[int, tuple[partners.Partner, books.Book]], line: Wanted) -> int | None:
    """The channel whose partner is to ship a line."""
    offers = [
        (price, channel)
        for channel, (partner, book) in suppliers.items()
        if (line.supplier is None or partner.name == line.supplier)
        and (price := purchases.unit_price(book, line.sku, line.quantity)) is not None
    ]
    return min(offers)[1] if offers else None


def fault(suppliers: dict[int, tuple[partners.Partner, books.Book]], line: Wanted) -> RouteFault:
    """Why nobody can ship a line."""
    names = [partner.name for partner, _ in suppliers.values()]
    if line.supplier is not None and line.supplier not in names:
        return RouteFault(line.row, "route.supplier", f"one of: {', '.join(names)}", line.supplier)
    return RouteFault(line.row, "route.sku", "a SKU that a partner offers with a price", line.sku)


def content_of(order: ShopOrder) -> dict[str, Any]:
    """What is kept of a consumer order, as JSON gives it back."""
    return {"recipient": order.recipient, "lines": [[line.sku, line.quantity] for line in order.lines]}


def place_all(desk: books.Desk, routed: Sequence[Routed], intake: int | None = None) -> dict[int, int]:
    """Store the consumer orders and place their parts; tells how many orders each partner got. `intake`: their file."""
    counts: dict[int, int] = {}
    for order in routed:
        if batches.lingers(desk, order.wanted.source):
            continue
        content = content_of(order.wanted)
        row = orderbooks.add_shop_order(
            desk.db, order.wanted.source, order.wanted.shop, order.wanted.number, content, desk.now_ms()
        )
        if row is None:
            continue  # another import took it meanwhile
        if intake is not None:
            intakes.add_order(desk.db, intake, row)
        for channel, lines in order.by_channel.items():
            book = desk.book(channel)
            served = batches.served(desk, book, order.wanted.source)
            known = purchases.placed_for(desk, book, served)
            for part in known:  # placed before a disk was lost: the supplier gave it back
                orderbooks.add_fulfilment(desk.db, part.thread, channel, row, None)
            if known:
                continue
            wanted = [(line.sku, line.quantity) for line in lines]
            recipient = order.wanted.recipient
            sold_on = outlets.stored(desk).get(order.wanted.shop)
            placed = purchases.place(
                desk, book, wanted, recipient=recipient, served=served, shop_order=row, channel=sold_on
            )
            counts[book.partner.id] = counts.get(book.partner.id, 0) + len(placed)
    return counts
