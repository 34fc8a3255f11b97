"""The figures that reports add up: what each order, parcel and balance changes in them, as it is folded."""

from __future__ import annotations

from typing import Final

from contracts import dues, lots
from contracts.channels import Change
from contracts.items import Member
from contracts.lots import Lot, LotState
from contracts.orders import Order
from node.storage import orderbooks, reports
from node.storage.reports import DAY_MS, Departure, Sale
from node.trade import books, readings
from node.trade.money import payments

NOTHING: Final = Sale(0, 0, 0, 0, 0)
STOPPED: Final = (LotState.CANCELLED, LotState.WITHDRAWN)
RETURNED: Final = frozenset({*lots.RETURN_OPEN, *lots.RETURNED}) - {LotState.RETURN_REFUSED}


def follow(desk: books.Desk, book: books.Book, change: Change) -> None:
    """Take over one change of a book."""
    if isinstance(change.after, Order):
        before = change.before if isinstance(change.before, Order) else None
        follow_order(desk, book, before, change.after)
    note_balances(desk, book)


def relist(desk: books.Desk, book: books.Book) -> None:
    """Everything of a channel, from its fold."""
    reports.drop_channel(desk.db, book.channel.id)
    for order in book.history.orders.values():
        follow_order(desk, book, None, order)
    note_balances(desk, book)


def follow_order(desk: books.Desk, book: books.Book, before: Order | None, after: Order) -> None:
    """What changed in the figures of one order."""
    selling, channel = after.version.seller == book.side, book.channel.id
    old, new = NOTHING if before is None else sale(before), sale(after)
    sold, known = articles(after), {} if before is None else articles(before)
    left, left_before = after.parcels.keys(), {} if before is None else before.parcels
    if old == new and sold == known and left == left_before.keys():
        return
    listed_ms = orderbooks.listed_ms(desk.db, after.key)
    placed_ms = desk.now_ms() if listed_ms is None else listed_ms
    if old != new:
        difference = Sale(*(now - then for now, then in zip(new, old, strict=True)))
        reports.add_sale(desk.db, channel, selling, after.version.currency, placed_ms, difference)
    for sku in sold.keys() | known.keys():
        (shipped, back), (shipped_before, back_before) = sold.get(sku, (0, 0)), known.get(sku, (0, 0))
        if (shipped, back) != (shipped_before, back_before):
            reports.add_article(desk.db, channel, selling, sku, placed_ms, shipped - shipped_before, back - back_before)
    for name in left - left_before.keys():
        left_ms = moment(desk, book, after.parcels[name].member)
        reports.add_departure(desk.db, channel, selling, left_ms, departure(after, name, placed_ms, left_ms))
    if before is not None:
        for name in left_before.keys() - left:
            left_ms = moment(desk, book, left_before[name].member)
            known_before = departure(before, name, placed_ms, left_ms)
            reports.add_departure(desk.db, channel, selling, left_ms, Departure(*(-one for one in known_before)))


def sale(order: Order) -> Sale:
    """What an order comes to now."""
    minor = units = stopped = late = 0
    for line in order.lines.values():
        kept = tuple(lot for lot in line.lots if lot.state not in lots.UNFULFILLED)
        minor += dues.value(line.terms, kept)
        units += lots.total(kept)
        stopped += sum(lot.quantity for lot in line.lots if lot.cancel is not None and lot.state in STOPPED)
        late += sum(lot.quantity for lot in line.lots if lot.cancel is not None and lot.shipment is not None)
    return Sale(1, minor, units, stopped, late)


def articles(order: Order) -> dict[str, tuple[int, int]]:
    """Units of each article that left, and that are to come back or did."""
    found: dict[str, tuple[int, int]] = {}
    for line in order.lines.values():
        for lot in line.lots:
            if lot.shipment is not None:
                sku = line.terms[lot.terms].sku
                shipped, returned = found.get(sku, (0, 0))
                found[sku] = (shipped + lot.quantity, returned + (lot.quantity if came_back(lot) else 0))
    return found


def came_back(lot: Lot) -> bool:
    """Whether a buyer wanted to give a quantity back, and was not refused."""
    return lot.request is not None and lot.state in RETURNED


def departure(order: Order, parcel: bytes, placed_ms: int, left_ms: int) -> Departure:
    """One parcel against what was promised for its goods, or else for every order of the agreement."""
    promised = [
        at_s
        for line in order.lines.values()
        for lot in line.lots
        if lot.shipment == parcel and (at_s := line.terms[lot.terms].promised_ship_s) is not None
    ]
    within_s = order.version.terms.ship_by_s
    due_ms = min(promised) * 1000 if promised else None if within_s is None else placed_ms + within_s * 1000
    late = due_ms is not None and left_ms > due_ms
    return Departure(1, int(due_ms is not None), int(late), max(0, left_ms - placed_ms) // 1000)


def moment(desk: books.Desk, book: books.Book, member: Member) -> int:
    """When a document says that it was written; now, while it waits in the outbox."""
    entry = readings.stored_entry(desk.db, (book.mine if member.side == book.side else book.theirs).id, member.index)
    return desk.now_ms() if entry is None else entry.ts_ms


def note_balances(desk: books.Desk, book: books.Book) -> None:
    """What the partner owes today, by currency, where it is another amount than was noted."""
    day = desk.now_ms() // DAY_MS
    for currency, minor in payments.balances_of(book).items():
        if book.noted.get(currency) != (day, minor):
            reports.note_balance(desk.db, book.channel.id, currency, day, minor)
            book.noted[currency] = (day, minor)
