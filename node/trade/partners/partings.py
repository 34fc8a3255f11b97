"""Pausing with a partner, leaving one, and what a merchant tells partners of itself.

Who leaves says so with notice. From then on nothing new begins; what is open goes on to its end, the books are closed
by a statement, and then the partnership has ended: that follows from the two logbooks, nobody declares it (table T0).
"""

from __future__ import annotations

from typing import Annotated

import pydantic

from contracts.documents import peers as papers
from contracts.orders import OrderState
from node import errors
from node.storage import orderlists
from node.trade import books, doors, peering, readings

register = doors.Register()
DAY_S = 86_400


class Pause(doors.Arguments):
    """`reason`: a short code that the partner reads."""

    partner: str
    reason: str | None = None


class Resume(doors.Arguments):
    """A partner by name or by the beginning of its NodeID."""

    partner: str


class End(Pause):
    """`notice_days`: until when open matters should be at their end."""

    notice_days: Annotated[int, pydantic.Field(ge=0, le=3_660)] = 30


class Card(doors.Arguments):
    """What partners may know: what is absent stays as it was."""

    legal_name: str | None = None
    country: str | None = None
    languages: list[str] | None = None
    gln: str | None = None
    lei: str | None = None
    tax_id: str | None = None


class Shown(doors.Arguments):
    """A partner's card, or mine when absent."""

    partner: str | None = None


async def tell(trade: doors.Trade, wanted: str, kind: str, body: books.Body) -> doors.Json:
    """Write one document of the peering; how it stands then."""

    def unit(desk: books.Desk) -> doors.Json:
        partner, channel = peering.find(desk, wanted)
        book = desk.book(channel.id)
        desk.write(book, kind, body)
        return {"partner": partner.name, "peering": book.history.peering.state.value, **standing(desk, book)}

    return await trade.books.act(unit)


@register.case("partner.suspend", Pause)
async def suspend(trade: doors.Trade, given: Pause, report: doors.Report) -> doors.Json:
    """Begin nothing new with a partner for now; what is open goes on."""
    body: books.Body = {} if given.reason is None else {"reason": given.reason}
    return await tell(trade, given.partner, papers.Suspend.TYPE, body)


@register.case("partner.resume", Resume)
async def resume(trade: doors.Trade, given: Resume, report: doors.Report) -> doors.Json:
    """End my own suspension."""
    return await tell(trade, given.partner, papers.Resume.TYPE, {})


@register.case("partner.end", End)
async def end(trade: doors.Trade, given: End, report: doors.Report) -> doors.Json:
    """Leave a partner with notice: nothing new begins, and the books are brought to their end."""
    body: books.Body = {"notice_s": given.notice_days * DAY_S}
    if given.reason is not None:
        body["reason"] = given.reason
    return await tell(trade, given.partner, papers.End.TYPE, body)


def standing(desk: books.Desk, book: books.Book) -> doors.Json:
    """What is still open with a partner, whether the partnership has ended, and when the notice is over.

    Orders are counted by the list of orders, which does it as they change.
    """
    history = book.history
    orders = sum(
        count
        for (_, state), count in orderlists.counts(desk.db, channel=book.channel.id).items()
        if state != OrderState.CLOSED
    )
    found = {"order": orders, **history.open_besides_orders}
    shown: doors.Json = {"open": {kind: count for kind, count in found.items() if count}}
    if history.peering.ended:
        shown |= {"ended": history.ended, "notice_until_ms": notice_until_ms(desk, book)}
    return shown


def notice_until_ms(desk: books.Desk, book: books.Book) -> int | None:
    """When the latest notice is over, by the clock of whoever gave it; None while it waits in the outbox."""
    found = []
    for side in (0, 1):
        logbook = book.mine if side == book.side else book.theirs
        for member in book.history.channel.peering.members[side]:
            entry = readings.stored_entry(desk.db, logbook.id, member.index)
            if isinstance(member.document, papers.End) and entry is not None:
                found.append(entry.ts_ms + member.document.notice_s * 1000)
    return max(found, default=None)


# --- what a merchant says of itself


@register.case("card.set", Card)
async def set_card(trade: doors.Trade, given: Card, report: doors.Report) -> doors.Json:
    """Change what this merchant says of itself, and tell every partner."""

    def unit(desk: books.Desk) -> doors.Json:
        known = peering.stored_card(desk)
        known |= {name: value for name, value in given.model_dump().items() if value is not None}
        content = peering.card(desk.books.merchant, known)
        try:
            papers.Card.model_validate(content)
        except pydantic.ValidationError as error:
            faults: list[errors.Fault] = [
                {
                    "code": "request.card",
                    "path": ".".join(map(str, fault["loc"])),
                    "expected": fault["msg"],
                    "got": str(fault["input"])[:80],
                }
                for fault in error.errors(include_url=False)
            ]
            raise errors.NodeError("request.malformed", "the card has faults", faults=faults) from None
        told = peering.tell_card(desk, known)
        return {**{name: known[name] for name in Card.model_fields if name in known}, "told": told}

    return await trade.books.act(unit)


@register.case("card.show", Shown)
async def show_card(trade: doors.Trade, given: Shown, report: doors.Report) -> doors.Json:
    """What this merchant, or a partner, says of itself."""

    def unit(desk: books.Desk) -> doors.Json:
        if given.partner is None:
            return described(papers.Card.model_validate(peering.card(desk.books.merchant, peering.stored_card(desk))))
        book = desk.peek(peering.find(desk, given.partner)[1].id)
        card = book.history.cards.get(1 - book.side)
        if card is None:
            raise errors.NodeError("card.unknown", f"{book.partner.name} has not shown its card yet")
        return described(card)

    return await trade.books.read(unit)


def described(card: papers.Card) -> doors.Json:
    """A card for people."""
    return {
        "name": card.name,
        "legal_name": card.legal_name,
        "country": card.country,
        "languages": list(card.languages),
        "gln": card.gln,
        "lei": card.lei,
        "tax_id": card.tax_id,
        "documents": len(card.documents),
    }
