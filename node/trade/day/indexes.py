"""What is kept beside the books for lists and searches: taken over change by change, and made anew where it is missing.

All of it follows from the logbooks and the merchant's own tables. A home that an older program wrote is brought up to
date when it is opened, channel by channel.
"""

from __future__ import annotations

import functools
import sqlite3
from typing import Final

import structlog

from contracts.histories import Change
from contracts.issues import Issue
from contracts.orders import Order
from node.storage import logbooks, orderbooks, partners, settings, shelves
from node.storage import searches as index
from node.trade import books, waits
from node.trade.aftersales import matters
from node.trade.day import duties, figures, searches
from node.trade.goods import offers
from node.trade.ordering import rows

VERSION: Final = b"4"
"""Of what the rows and the index hold: another number makes them anew at the next start."""
DONE: Final = "lists"  # setting: the version
STALE: Final = "lists/"  # setting, by channel: its rows have to be made anew
PORTION: Final = 1_000
log = structlog.get_logger(__name__)


def follow(desk: books.Desk, book: books.Book, change: Change) -> None:
    """Take over one change of a book."""
    if isinstance(change.after, Order):
        before = change.before if isinstance(change.before, Order) else None
        waits.follow(book, change.after)
        rows.record(desk, book, change.after.key, before, change.after)
    elif isinstance(change.after, Issue):
        waits.follow_issue(book, change.after)
    offers.follow(book, change)
    duties.follow(desk, book, change)
    matters.record(desk, book, change)
    figures.follow(desk, book, change)
    searches.follow(desk, book, change)


def rebuild(desk: books.Desk, book: books.Book) -> None:
    """Everything of a channel, from its fold."""
    desk.flush()  # what waits for the index is of before
    index.drop_channel(desk.db, book.channel.id)
    rows.relist(desk, book)
    duties.relist(desk, book)
    matters.relist(desk, book)
    figures.relist(desk, book)
    searches.reenter(desk, book)
    settings.drop(desk.db, STALE + str(book.channel.id))


async def renew(ledger: books.Books) -> None:
    """Make anew what an older program has written otherwise, or not at all. A damaged channel keeps its old rows."""
    if await ledger.database.read(lambda db: settings.get(db, DONE)) != VERSION:
        await ledger.database.write(renew_own)
    for channel in await ledger.database.read(stale):
        log.info("the lists of a channel are made anew", channel=channel)
        try:
            await ledger.write(functools.partial(renew_channel, channel=channel))
        except logbooks.DamagedError:
            log.warning("they are made anew once the damaged entry is back", channel=channel)


def renew_own(db: sqlite3.Connection) -> None:
    """What is of no channel: partners, goods and imported orders; every channel follows."""
    index.drop_channel(db, index.NO_CHANNEL)
    for partner in partners.every(db):
        partners.enter(db, partner)
    for good in shelves.goods(db):
        shelves.enter(db, good)
    last = 0
    while found := orderbooks.shop_orders_after(db, last, PORTION):
        for order in found:
            orderbooks.enter_shop_order(db, order)
        last = found[-1].id
    for channel in partners.channels(db):
        settings.put(db, STALE + str(channel.id), VERSION)
    settings.put(db, DONE, VERSION)


def stale(db: sqlite3.Connection) -> list[int]:
    """The channels whose rows have to be made anew."""
    return [row.id for row in partners.channels(db) if settings.get(db, STALE + str(row.id)) is not None]


def renew_channel(desk: books.Desk, channel: int) -> None:
    """Make the rows of one channel anew, from what is folded of it."""
    rebuild(desk, desk.peek(channel))
