"""What this node has promised for a time: holds, quotes and granted keys end by its own word, as soon as it is over.

The fold reads no clock, so whoever promised says that the time is over, by its own clock (D15). What ends next stands
first in a queue of each book, which is made when it is first asked for: afterwards a look costs what is due, however
much was ever promised.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from contracts import histories
from node.storage import outboxes
from node.trade import books, peering, readings
from node.trade.goods import holds
from node.trade.ordering import capabilities, quotations
from protocol import entries


class Expiry(NamedTuple):
    """When (milliseconds) what my entry at `position` promised is over; `key` names it among those of its kind."""

    due_ms: int
    kind: str
    key: bytes
    position: int


class Kind(NamedTuple):
    """A kind of promise: all that there ever was, the one that stands under a key (entry of mine, seconds; None where
    nothing of mine runs), and the word that ends it."""

    every: Callable[[books.Book], Iterable[bytes]]
    standing: Callable[[books.Book, bytes], tuple[int, int] | None]
    end: Callable[[books.Desk, books.Book, bytes], None]


KINDS: Final[Mapping[str, Kind]] = {
    "stock.hold_ok": Kind(lambda book: book.history.holds, holds.standing, holds.end),
    "quote": Kind(lambda book: book.history.quotations, quotations.standing, quotations.end),
    "capability.grant": Kind(capabilities.mine, capabilities.standing, capabilities.end),
}
"""By the type of the document that promises."""


def note(book: books.Book, item: histories.Item) -> None:
    """An entry of mine was folded: what it promises joins the queue."""
    if book.expiries is None or item.type not in KINDS:
        return
    thread = item.body.get("thread")
    key = thread if isinstance(thread, bytes) else item.hash
    standing = KINDS[item.type].standing(book, key)
    if standing is not None:
        heapq.heappush(book.expiries, Expiry(item.ts_ms + standing[1] * 1000, item.type, key, standing[0]))


def queue(desk: books.Desk, book: books.Book) -> list[Expiry]:
    """What runs in a book, what ends first in front."""
    if book.expiries is None:
        found = [
            Expiry(written_ms(desk, book, standing[0]) + standing[1] * 1000, name, key, standing[0])
            for name, kind in KINDS.items()
            for key in kind.every(book)
            if (standing := kind.standing(book, key)) is not None
        ]
        heapq.heapify(found)
        book.expiries = found
    return book.expiries


def written_ms(desk: books.Desk, book: books.Book, index: int) -> int:
    """When I wrote an entry, by its own word; it may still be in the outbox."""
    entry = readings.stored_entry(desk.db, book.mine.id, index)
    if entry is None:
        rows = outboxes.rows(desk.db, book.mine.id)
        entry = entries.parse(rows[index - book.history.sizes[book.side]][2])  # counted from the end
    return entry.ts_ms


def expire(desk: books.Desk) -> None:
    """End what is over. What was used up, replaced or ended before is only taken out of the queue."""
    for book in peering.trading_books(desk):
        waiting = queue(desk, book)
        while waiting and waiting[0].due_ms <= desk.now_ms():
            over = heapq.heappop(waiting)
            kind = KINDS[over.kind]
            standing = kind.standing(book, over.key)
            if standing is not None and standing[0] == over.position:
                kind.end(desk, book, over.key)
