"""What is kept of consumers is erased some days after their order is at an end, where the owner decided so.

Never before it was decided: what is erased is gone, and only the merchant knows what the law of their country wants
kept for how long. An order waits for everything that belongs to it: the other parts of the same order of a shop, the
orders along a chain of dealers, returns and complaints. Invoices, statements and signed documents hold nothing of it.
"""

from __future__ import annotations

import asyncio
import functools
import json
import sqlite3
from collections.abc import Iterator
from typing import Any, Final

import structlog
from pydantic import Field

from contracts.orders import OrderState
from node import errors
from node.storage import aftersales, erasures, orderbooks, settings
from node.trade import books, doors, peering
from node.trade.ordering import consumers

register = doors.Register()
log = structlog.get_logger(__name__)

DECIDED: Final = "retention"  # setting: {"days"}
DONE: Final = "retention_done"  # setting: {"orders", "last_ms"}
DAYS_MIN: Final = 30
"""Carriers, banks and consumers come back for weeks after an order is at an end."""
DAYS_MAX: Final = 3_650
DAY_MS: Final = 86_400_000
PORTION: Final = 50
"""So many orders in one transaction: nobody waits behind it."""
START_S: Final = 600
LOOK_S: Final = 3_600


class Decided(doors.Arguments):
    """`days` after the end of an order; 0 for never."""

    days: int = Field(ge=0, le=DAYS_MAX)


def days_of(db: sqlite3.Connection) -> int:
    """After how many days consumers are erased; 0 for never."""
    stored = settings.get(db, DECIDED)
    return 0 if stored is None else int(json.loads(stored)["days"])


def done(db: sqlite3.Connection) -> dict[str, Any]:
    """Of how many orders consumers were erased by the node itself so far, and when it last was."""
    stored = settings.get(db, DONE)
    return {"orders": 0, "last_ms": None} if stored is None else dict(json.loads(stored))


@register.case("retention.show", doors.NoArguments)
async def show(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """After how many days consumers are erased by the node itself, and what it did so far."""
    return await trade.database.read(lambda db: {"days": days_of(db), "days_min": DAYS_MIN, **done(db)})


@register.case("retention.set", Decided)
async def decide(trade: doors.Trade, given: Decided, report: doors.Report) -> doors.Json:
    """Decide it. What is due by then is erased within the hour, a portion at a time."""
    if 0 < given.days < DAYS_MIN:
        raise errors.NodeError(
            "request.malformed", "too few days", expected=f"{DAYS_MIN} or more, or 0 for never", got=given.days
        )
    await trade.database.write(lambda db: settings.put(db, DECIDED, json.dumps({"days": given.days}).encode()))
    log.info("it was decided when consumers are erased", days=given.days, by=trade.caller.operator)
    return await show(trade, doors.NoArguments(), report)


async def look(trade: doors.Trade) -> int:
    """Note what came to an end, and erase one portion of what is due; how many orders were looked at."""
    return await trade.books.act(functools.partial(portion, now_ms=trade.world.clock.now_ms()))


def portion(desk: books.Desk, now_ms: int) -> int:
    """The same, in one transaction. Done again, it does nothing again."""
    stamped = erasures.stamp(desk.db, now_ms, PORTION)
    days = days_of(desk.db)
    if not days:
        return stamped
    until_ms = now_ms - days * DAY_MS
    due = erasures.due(desk.db, until_ms, PORTION)
    erased: set[bytes] = set()
    for thread in due:
        if thread not in erased:
            group = belonging(desk.db, thread)
            if all(is_over(desk, one, until_ms) for one in group):
                erase(desk, group)
                erased |= group
            else:
                erasures.postpone(desk.db, thread, until_ms + DAY_MS)
    if erased:
        orders = done(desk.db)["orders"] + len(erased)
        settings.put(desk.db, DONE, json.dumps({"orders": orders, "last_ms": now_ms}).encode())
        log.info("consumers were erased in time", orders=len(erased), days=days)
    return max(stamped, len(due))


def belonging(db: sqlite3.Connection, thread: bytes) -> set[bytes]:
    """An order with everything that is for the same consumer: parts, and the orders before and behind it in a chain."""
    found: set[bytes] = set()
    waiting = [thread]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += next_to(db, one)
    return found


def next_to(db: sqlite3.Connection, thread: bytes) -> Iterator[bytes]:
    """What stands directly beside an order."""
    served, parent = orderbooks.shop_order_of(db, thread), orderbooks.parent_of(db, thread)
    if served is not None:
        yield from orderbooks.threads_serving(db, served)
    if parent is not None:
        yield parent
    yield from (child for child, _ in orderbooks.children_of(db, thread))


def is_over(desk: books.Desk, thread: bytes, until_ms: int) -> bool:
    """Whether nobody needs the consumer of an order any more: long at an end, with no return and no complaint open."""
    row = orderbooks.order(desk.db, thread)
    if row is None or erasures.at_ms(desk.db, thread) is not None:
        return True
    since_ms = erasures.since_ms(desk.db, thread)
    if row.state != OrderState.CLOSED or since_ms is None or since_ms > until_ms:
        return False
    book = peering.readable(desk, row.channel)
    if book is None or aftersales.is_open(desk.db, thread):
        return False
    return not any(aftersales.is_open(desk.db, issue.key) for issue in book.history.issues_about(thread))


def erase(desk: books.Desk, group: set[bytes]) -> None:
    """Destroy what this node holds of the consumer of these orders."""
    for thread in sorted(group):
        served = orderbooks.shop_order_of(desk.db, thread)
        if served is not None:
            orderbooks.erase_consumer(desk.db, served)
        consumers.erase_sealed(desk, thread)
        erasures.release(desk.db, thread)


async def keep_erasing(trade: doors.Trade) -> None:
    """Look every hour, for as long as the node runs; a portion at a time, so that nobody waits."""
    await asyncio.sleep(START_S)
    while True:
        while await look(trade) >= PORTION:
            await asyncio.sleep(1)
        await asyncio.sleep(LOOK_S)
