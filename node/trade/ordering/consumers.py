"""Consumers: the people behind the orders. Whoever ships finds them by name and telephone number, and they are erased
when they ask for it.

What a sealed address says is never written to the disk in the clear: it is opened when somebody searches, and kept in
memory while the node runs (docs/decisions/0040).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

import structlog

from node import errors
from node.storage import blobs, erasures, orderbooks, orderlists, spellings
from node.trade import books, doors, peering, personal
from node.trade.ordering import orders

register = doors.Register()
log = structlog.get_logger(__name__)

OPENED_MAX: Final = 2_000
"""So many orders that this node ships are searched for a consumer, the newest first."""
PORTION: Final = 32
"""Addresses opened at a time after a start; whoever else asks meanwhile waits for no more."""


class Erase(doors.Arguments):
    """Whose: the consumer of an `order`, or of every order with this `phone` number."""

    order: str | None = None
    phone: str | None = None


@register.case("consumer.erase", Erase)
async def erase(trade: doors.Trade, given: Erase, report: doors.Report) -> doors.Json:
    """Destroy what this node holds of a consumer: name, address, telephone number, and the sealed copy of them."""
    if (given.order is None) == (given.phone is None):
        raise errors.NodeError(
            "request.malformed", "whose data is meant", expected="an order, or a telephone number", got="both or none"
        )

    def unit(desk: books.Desk) -> doors.Json:
        served, threads = (
            of_order(desk, given.order) if given.order is not None else of_phone(trade, desk, given.phone or "")
        )
        for id in served:
            orderbooks.erase_consumer(desk.db, id)
        sealed = [erase_sealed(desk, thread) for thread in sorted(threads)]
        holders = {desk.peek(row.channel).partner.name for row in rows_of(desk, threads)}
        return {
            "orders": [row.shop_number or row.number for row in rows_of(desk, threads)],
            "shop_orders": len(served),
            "sealed": sum(sealed),
            "partners": sorted(holders),
        }

    await open_all(trade)
    done = await trade.books.act(unit)
    log.info("a consumer was erased", orders=len(done["orders"]), by=trade.caller.operator)
    return done


def of_order(desk: books.Desk, wanted: str) -> tuple[set[int], set[bytes]]:
    """(orders of the shop, threads) that are for the consumer of one order. NodeError `order.unknown`, `.ambiguous`."""
    rows = orderbooks.find_orders(desk.db, wanted)
    served = {id for row in rows if (id := orderbooks.shop_order_of(desk.db, row.thread)) is not None}
    if not rows:
        served = {row.id for row in orderbooks.shop_orders_numbered(desk.db, wanted)}
    if len(served) > 1 or (len(rows) > 1 and not served) or not (rows or served):
        orders.find(desk, wanted)  # says that there is none, or which ones there are
        raise errors.NodeError("order.ambiguous", "several orders are called so", got=wanted)
    return served, {row.thread for row in rows} | threads_of(desk, served)


def of_phone(trade: doors.Trade, desk: books.Desk, phone: str) -> tuple[set[int], set[bytes]]:
    """The same for everything with this telephone number. NodeError `consumer.unknown`."""
    digits = spellings.telephone(phone)
    found = orderbooks.shop_orders_of_phone(desk.db, digits) if digits else []
    served = {row.id for row in found if spellings.telephone(row.content["recipient"].get("phone") or "") == digits}
    shipped = {row.thread for row, (_, known) in opened(trade, desk) if digits and known == digits}
    if not served and not shipped:
        raise errors.NodeError("consumer.unknown", "no order has this telephone number", got="another")
    return served, shipped | threads_of(desk, served)


def threads_of(desk: books.Desk, served: set[int]) -> set[bytes]:
    """The orders to suppliers that serve orders of a shop."""
    return {thread for id in served for thread in orderbooks.threads_serving(desk.db, id)}


def rows_of(desk: books.Desk, threads: set[bytes]) -> list[orderbooks.OrderRow]:
    """The rows of orders, as far as they have one."""
    return [row for thread in sorted(threads) if (row := orderbooks.order(desk.db, thread)) is not None]


def erase_sealed(desk: books.Desk, thread: bytes) -> bool:
    """Destroy the sealed address of an order, also where it is only passed on; tells whether it was here."""
    row = orderbooks.order(desk.db, thread)
    desk.books.consumers.known.pop(thread, None)
    erasures.note(desk.db, thread, desk.now_ms())
    orderbooks.forget_city(desk.db, thread)
    entry = None if row is None else orders.placed(desk, orders.of_row(desk, row))[0]
    reference = None if entry is None else entry.body.get("pii")
    digest = reference.get("ct") if isinstance(reference, dict) else None
    if not isinstance(digest, bytes):
        return False
    erasures.note(desk.db, digest, desk.now_ms())
    return blobs.erase(desk.db, digest)


# --- finding them where the address is sealed to this node


async def open_all(trade: doors.Trade) -> None:
    """Open what may be searched, the first time since the start, a portion at a time: nobody else waits for all of it.

    Afterwards each question opens only what has come since.
    """
    if trade.books.consumers.begun:
        return
    rows = await trade.books.read(lambda desk: orderlists.shipped_here(desk.db, OPENED_MAX))
    for first in range(0, len(rows), PORTION):
        await trade.books.read(functools.partial(open_some, trade, rows=rows[first : first + PORTION]))
    trade.books.consumers.begun = True


def open_some(trade: doors.Trade, desk: books.Desk, rows: Sequence[orderbooks.OrderRow]) -> None:
    """Open the addresses of these orders, as far as they were not. One that is still on its way is opened later."""
    for row in rows:
        if row.thread not in desk.books.consumers.known and peering.readable(desk, row.channel) is not None:
            found = look(trade, desk, row)
            if found is not None:
                desk.books.consumers.known[row.thread] = found


def opened(trade: doors.Trade, desk: books.Desk) -> list[tuple[orderbooks.OrderRow, tuple[str, str]]]:
    """(order, (name as it is compared, digits of the telephone number)) of the newest orders that this node ships."""
    rows = orderlists.shipped_here(desk.db, OPENED_MAX)
    open_some(trade, desk, rows)
    known = desk.books.consumers.known
    return [(row, known[row.thread]) for row in rows if row.thread in known]


def look(trade: doors.Trade, desk: books.Desk, row: orderbooks.OrderRow) -> tuple[str, str] | None:
    """What the address of an order says of name and telephone number; empty where it cannot be opened, None where it
    has not arrived."""
    entry, logbook = orders.placed(desk, orders.of_row(desk, row))
    reference = None if entry is None else entry.body.get("pii")
    if entry is None or not isinstance(reference, dict):
        return "", ""
    partner = desk.peek(row.channel).partner.node
    known = personal.reveal(desk, trade.keys, partner, reference, logbook.origin, entry.id)
    if known is None:
        digest = reference["ct"]
        return None if isinstance(digest, bytes) and blobs.is_wanted(desk.db, digest) else ("", "")
    return spellings.plain(known.get("name", "")), spellings.telephone(known.get("phone", ""))


def find(trade: doors.Trade, desk: books.Desk, text: str, limit: int) -> list[orderbooks.OrderRow]:
    """Orders that this node ships to somebody of this name, or with a telephone number that ends so."""
    digits, name = spellings.telephone(text), spellings.plain(text)
    if not digits and len(spellings.compact(text)) < 2:
        return []
    tails = [tail[::-1] for tail in spellings.telephone_tails(digits)] if digits else []
    return [
        row
        for row, (known, phone) in opened(trade, desk)
        if (phone and any(phone.endswith(tail) for tail in tails)) or (not digits and known and name in known)
    ][:limit]
