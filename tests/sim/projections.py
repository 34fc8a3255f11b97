"""`projection_rebuildable`: what a node keeps beside its logbooks, in tables and in memory, is what they fold to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from contracts import histories
from node.storage import duties, orderbooks, partners, shelves
from node.trade import books
from node.trade.day import duties as duty_rows
from node.trade.goods import reservations
from node.trade.ordering import rows
from tests.sim import shadows

if TYPE_CHECKING:
    from tests.sim import merchants

NAME = "projection_rebuildable"
ROWS_MAX = 1_000_000


def difference(program: merchants.Merchants, name: str) -> str | None:
    """Where a node at rest differs from the fold of its committed entries; None when nowhere."""
    shadow = program.homes[name].shadow
    db = program.world.hosts[name].image.reader
    node = program.node(name)
    assert node is not None
    folds = shadow.live()
    for channel in partners.channels(db):
        partner = partners.by_id(db, channel.partner)
        assert partner is not None
        fold = folds[partner.name]
        book = node.trade.books.library.loaded(db, channel.id)
        if histories.snapshot(book.history) != histories.snapshot(fold):
            return f"the book of {partner.name} in memory: {_first(histories.snapshot(book.history), fold)}"
        listed = {
            row.thread: (row.buying, row.number, row.state, row.quantity, row.minor, row.waybill)
            for row in orderbooks.orders(db, None, None, channel.id, ROWS_MAX)
        }
        folded = {
            key: (order.version.seller != channel.side, order.number, order.state.value, rows.quantity(order),
                  order.quote, rows.newest_waybill(order))
            for key, order in fold.orders.items()
        }  # fmt: skip
        if listed != folded:
            return f"the orders of {partner.name}: {sorted(listed.items() ^ folded.items())[:2]}"
        waiting = {(row.key, row.duty) for row in duties.of_channel(db, channel.id)}
        wanted = {
            (key, duty.value)
            for key, found in duty_rows.whole(books.Desk(db, node.trade.books), book)
            for duty in found
        }
        if waiting != wanted:
            return f"what waits with {partner.name}: {sorted(waiting ^ wanted)[:2]}"
    return _shelf(program, name, shadow)


def _first(live: dict[str, object], fold: histories.History) -> str:
    """The part in which two folds differ."""
    ours = histories.snapshot(fold)
    return next(f"{part} is {live[part]} instead of {ours[part]}" for part in ours if ours[part] != live[part])[:500]


def _shelf(program: merchants.Merchants, name: str, shadow: shadows.Shadow) -> str | None:
    """What is kept back is what open orders and holds keep back."""
    db = program.world.hosts[name].image.reader
    kept: Counter[reservations.Place] = Counter()
    for fold in shadow.folds.values():
        for order in fold.history.orders.values():
            if order.version.seller == fold.side:
                for place, reserved, _ in reservations.shelf_use(order):
                    kept[place] += reserved
        for hold in fold.history.holds.values():
            if hold.seller == fold.side:
                kept[hold.sku, hold.location] += reservations.kept_back(fold.history, hold)
    for shelf in shelves.shelves(db):
        good = shelves.good(db, shelf.sku)
        wanted = kept[shelf.sku, shelf.location]
        if good is not None and good.supplier is None and shelf.reserved != wanted:
            return f"{shelf.sku}: {shelf.reserved} reserved, orders and holds keep back {wanted}"
    return None
