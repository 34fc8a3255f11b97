"""Holds: a buyer asks the seller to keep stock back; the seller's shelf decides, in the order of its logbook."""

from __future__ import annotations

from typing import Annotated

import pydantic

from contracts.documents import holds as papers
from contracts.holds import Hold, HoldState
from node import errors
from node.storage import shelves
from node.trade import agreements, books, doors, peering

register = doors.Register()
HOUR_S = 3_600
HOURS_MAX = 10 * 366 * 24  # ten years, the longest time that a document can name


class Ask(doors.Arguments):
    """So many of a SKU of a partner, for so many hours."""

    partner: str
    sku: str
    quantity: doors.Quantity
    location: str = shelves.MAIN
    hours: Annotated[int, pydantic.Field(ge=1, le=HOURS_MAX)] = 24


class One(doors.Arguments):
    """A hold by its hash, or 8 or more characters of it."""

    hold: str


@register.case("stock.hold", Ask)
async def ask(trade: doors.Trade, given: Ask, report: doors.Report) -> doors.Json:
    """Ask a partner to keep stock back; its node answers by itself."""

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        body: books.Body = {
            "agreement": agreements.in_force(book, 1 - book.side).hash,
            "sku": given.sku,
            "quantity": given.quantity,
            "location": given.location,
            "expires_s": given.hours * HOUR_S,
        }
        return {"hold": desk.write(book, "stock.hold", body).hash.hex()}

    return await trade.books.act(unit)


@register.case("stock.release", One)
async def release(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """End a hold: as the buyer because it is not needed, as the seller because its time is over."""

    def unit(desk: books.Desk) -> doors.Json:
        book, hold = find(desk, given.hold)
        selling = hold.seller == book.side
        body: books.Body = {
            "thread": hold.key,
            "role": "seller" if selling else "buyer",
            "reason": "expired" if selling else "released",
        }
        desk.write(desk.book(book.channel.id), "stock.release", body)
        return {"hold": hold.key.hex()}

    return await trade.books.act(unit)


@register.case("stock.holds", doors.NoArguments)
async def listed(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """Every hold with its state."""
    rows = await trade.books.read(lambda desk: [describe(book, hold) for book, hold in every(desk)])
    return {"holds": rows}


def every(desk: books.Desk) -> list[tuple[books.Book, Hold]]:
    """All holds of all channels."""
    return [(book, hold) for book in peering.open_books(desk) for hold in book.history.holds.values()]


def find(desk: books.Desk, wanted: str) -> tuple[books.Book, Hold]:
    """The hold that a person means."""
    found = [pair for pair in every(desk) if len(wanted) >= 8 and pair[1].key.hex().startswith(wanted)]
    if len(found) != 1:
        raise errors.NodeError(
            "hold.unknown", "no single hold", expected="8 or more characters of its hash", got=wanted
        )
    return found[0]


def describe(book: books.Book, hold: Hold) -> doors.Json:
    """One hold for people."""
    return {
        "hold": hold.key.hex(),
        "partner": book.partner.name,
        "selling": hold.seller == book.side,
        "sku": hold.sku,
        "quantity": hold.quantity,
        "state": hold.state.value,
        "open": hold.state in (HoldState.ASKED, HoldState.HELD),
    }


def expire(desk: books.Desk) -> None:
    """Release what this node has kept back for longer than it promised (D15). Only the owner's logbook ends a hold."""
    for book in peering.trading_books(desk):
        for hold in list(book.history.holds.values()):
            if hold.seller == book.side and hold.state is HoldState.HELD and over(desk, book, hold):
                desk.write(book, "stock.release", {"thread": hold.key, "role": "seller", "reason": "expired"})


def over(desk: books.Desk, book: books.Book, hold: Hold) -> bool:
    """Whether the time of a hold that this node has granted is over, by this node's own clock."""
    granted = (
        entry.ts_ms
        for member in book.history.channel.threads[hold.key].members[book.side]
        if isinstance(member.document, papers.Grant)
        and (entry := books.stored_entry(desk.db, book.mine.id, member.index)) is not None
    )
    return any(desk.now_ms() >= at_ms + hold.expires_s * 1000 for at_ms in granted)
