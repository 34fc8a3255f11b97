"""What is shown to whom: lists curated for a partner, texts for each kind of channel, and answers to listings."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from contracts.documents import listings as papers
from node import errors
from node.storage import shelves
from node.trade import books, doors, peering
from node.trade.goods import catalogues, offers

register = doors.Register()


class Push(doors.Arguments):
    """SKUs in the order in which they are shown; none ends the list called `name`."""

    partner: str
    name: str
    skus: Annotated[list[str], pydantic.Field(default_factory=list, max_length=500)]
    title: str | None = None
    language: str = "en"
    until: str | None = None


class Confirm(doors.Arguments):
    """What I make of a partner's listing, and why."""

    partner: str
    sku: str
    status: Literal["received", "review", "accepted", "synchronised", "rejected"]
    reason: str | None = None


class Set(doors.Arguments):
    """How a SKU of mine is told on one kind of channel, in one language; neither title nor text: not any more."""

    sku: str
    channel: str
    language: str = "en"
    title: str | None = None
    text: str | None = None


class Shown(doors.Arguments):
    """A SKU of a partner, or one of mine."""

    sku: str
    partner: str | None = None


@register.case("catalogue.push", Push)
async def push(trade: doors.Trade, given: Push, report: doors.Report) -> doors.Json:
    """Show a partner a list that was made for it; only the partner sees it."""

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        body: books.Body = {
            "name": given.name,
            "titles": [{"lang": given.language, "text": given.title or given.name}],
            "items": list(given.skus),
        }
        if given.until is not None:
            body["until"] = given.until
        return {"list": desk.write(desk.book(channel.id), papers.Push.TYPE, body).hash.hex(), "skus": len(given.skus)}

    return await trade.books.act(unit)


@register.case("catalogue.lists", doors.OfPartner)
async def lists(trade: doors.Trade, given: doors.OfPartner, report: doors.Report) -> doors.Json:
    """Every list that was pushed, by me or to me."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = [
            {
                "name": name,
                "partner": book.partner.name,
                "mine": side == book.side,
                "title": catalogues.title_of({text.lang: text.text for text in document.titles}),
                "skus": [sku for sku in document.items if offers.listing(book, side, sku) is not None],
                "until": document.until,
            }
            for book in peering.open_books(desk, given.partner)
            for (side, name), document in book.history.selections.items()
            if document.items
        ]
        return {"lists": rows}

    return await trade.books.read(unit)


@register.case("catalogue.confirm", Confirm)
async def confirm(trade: doors.Trade, given: Confirm, report: doors.Report) -> doors.Json:
    """Answer a partner's listing."""

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        listing = book.history.listings.get((1 - book.side, given.sku))
        if listing is None:
            raise errors.NodeError(
                "order.sku", f"{book.partner.name} does not list it", expected="a SKU", got=given.sku
            )
        body: books.Body = {"sku": given.sku, "listing": listing.current.hash, "status": given.status}
        if given.reason is not None:
            body["reason"] = given.reason
        desk.write(book, papers.Confirm.TYPE, body)
        return {"sku": given.sku, "state": book.history.listings[1 - book.side, given.sku].state.value}

    return await trade.books.act(unit)


@register.case("content.set", Set)
async def set_content(trade: doors.Trade, given: Set, report: doors.Report) -> doors.Json:
    """Write how a SKU is told on one kind of channel; partners read it with the next `catalogue share`."""

    def unit(desk: books.Desk) -> doors.Json:
        good = shelves.good(desk.db, given.sku)
        if good is None:
            raise errors.NodeError("stock.sku", "this is none of my goods", expected="a SKU of mine", got=given.sku)
        place = (given.channel, given.language)
        told = [row for row in good.content.get("contents") or [] if (row["channel"], row["lang"]) != place]
        texts = {name: text for name, text in (("title", given.title), ("text", given.text)) if text}
        if texts:
            told.append({"channel": given.channel, "lang": given.language, **texts})
        told.sort(key=lambda row: (row["channel"], row["lang"]))
        try:
            for row in told:
                papers.Content.model_validate(row)
        except pydantic.ValidationError as error:
            got = error.errors(include_url=False)[0]
            raise errors.NodeError(
                "request.malformed", "this is no content", expected=got["msg"], got=str(got["loc"][0])
            ) from None
        shelves.put_good(desk.db, catalogues.owned(good, {**good.content, "contents": told}))
        return {"sku": given.sku, "contents": len(told)}

    return await trade.books.act(unit)


@register.case("content.show", Shown)
async def show_content(trade: doors.Trade, given: Shown, report: doors.Report) -> doors.Json:
    """How a SKU is told on each kind of channel."""

    def unit(desk: books.Desk) -> doors.Json:
        if given.partner is None:
            good = shelves.good(desk.db, given.sku)
            return {"contents": [] if good is None else good.content.get("contents") or []}
        book = desk.peek(peering.find(desk, given.partner)[1].id)
        listed = offers.listing(book, 1 - book.side, given.sku)
        rows = () if listed is None else listed[1].contents
        return {"contents": [row.model_dump(exclude_none=True, exclude={"images"}) for row in rows]}

    return await trade.books.read(unit)
