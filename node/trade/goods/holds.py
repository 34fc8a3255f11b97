"""Holds: a buyer asks the seller to keep stock back; the seller's shelf decides, in the order of its logbook."""

from __future__ import annotations

from typing import Annotated

import pydantic

from contracts.documents import holds as papers
from contracts.holds import Hold, HoldState
from node import errors
from node.storage import shelves
from node.trade import books, doors, hashes, peering
from node.trade.partners import agreements

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
    found = [pair for pair in every(desk) if hashes.means(wanted, pair[1].key)]
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


# --- what `expiries` asks


def standing(book: books.Book, key: bytes) -> tuple[int, int] | None:
    """My entry that keeps stock back under a hold, and for how many seconds."""
    hold = book.history.holds.get(key)
    if hold is None or hold.seller != book.side or hold.state is not HoldState.HELD:
        return None
    mine = book.history.channel.threads[key].members[book.side]
    granted = next((member.index for member in mine if isinstance(member.document, papers.Grant)), None)
    return None if granted is None else (granted, hold.expires_s)


def end(desk: books.Desk, book: books.Book, key: bytes) -> None:
    """Release what was kept back for as long as promised (D15): only the owner's logbook ends a hold."""
    desk.write(book, "stock.release", {"thread": key, "role": "seller", "reason": "expired"})
