"""Notices: what this merchant has or looks for, told to the partners that it chooses, and what they tell it."""

from __future__ import annotations

import pydantic

from contracts import notices
from contracts.documents import notices as papers
from node import errors
from node.storage import partners
from node.trade import books, doors, hashes, peering
from node.trade.goods import catalogues
from node.trade.partners import agreements

register = doors.Register()


class Post(doors.Arguments):
    """What I have or want, in words; `price` is an idea in decimal text of `currency`. `partners`: all when empty."""

    what: str
    sku: str | None = None
    category: str | None = None
    quantity: doors.Quantity | None = None
    price: str | None = None
    currency: str = "CNY"
    until: str | None = None
    countries: list[str] = pydantic.Field(default_factory=list)
    partners: list[str] = pydantic.Field(default_factory=list)


class One(doors.Arguments):
    """A notice by its hash, or 8 or more characters of it."""

    notice: str


def body_of(given: Post) -> books.Body:
    """The content of a notice."""
    body: books.Body = {"what": given.what, "countries": list(given.countries)}
    for name in ("sku", "category", "quantity", "until"):
        if getattr(given, name) is not None:
            body[name] = getattr(given, name)
    if given.price is not None:
        amount = agreements.parse_money(given.price, given.currency)
        body["price"] = {"amount": catalogues.money_value(amount.minor, amount.currency), "base": 1}
    return body


async def post(trade: doors.Trade, given: Post, kind: str) -> doors.Json:
    """Tell the chosen partners, or all of them."""
    body = body_of(given)

    def unit(desk: books.Desk) -> doors.Json:
        told = []
        for book in receivers(desk, given.partners):
            written = desk.write(book, kind, body)
            told.append({"partner": book.partner.name, "notice": written.hash.hex()})
        if not told:
            raise errors.NodeError("partner.unknown", "there is nobody to tell", expected="an active partner")
        return {"told": told}

    return await trade.books.act(unit)


def receivers(desk: books.Desk, named: list[str]) -> list[books.Book]:
    """The books of the partners that were named, or of all that trade."""
    if named:
        return [desk.book(peering.find(desk, name)[1].id) for name in named]
    found = []
    for partner in partners.every(desk.db):
        channel = partners.channel_of(desk.db, partner.id)
        if channel is not None and channel.state not in books.HALTED:
            book = desk.book(channel.id)
            if not desk.judge(book, papers.Want.TYPE, {"what": "-"}):
                found.append(book)
    return found


@register.case("offer.post", Post)
async def offer(trade: doors.Trade, given: Post, report: doors.Report) -> doors.Json:
    """Say that I have goods."""
    return await post(trade, given, papers.Offer.TYPE)


@register.case("want.post", Post)
async def want(trade: doors.Trade, given: Post, report: doors.Report) -> doors.Json:
    """Say that I look for goods."""
    return await post(trade, given, papers.Want.TYPE)


@register.case("offer.list", doors.NoArguments)
async def offers(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """What I and partners have."""
    return await listed(trade, papers.Offer)


@register.case("want.list", doors.NoArguments)
async def wants(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """What I and partners look for."""
    return await listed(trade, papers.Want)


async def listed(trade: doors.Trade, kind: type[papers.Notice]) -> doors.Json:
    """The notices of one kind."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = [
            describe(book, notice)
            for book in peering.open_books(desk)
            for notice in book.history.notices.values()
            if isinstance(notice.document, kind)
        ]
        return {"notices": rows}

    return await trade.books.read(unit)


def describe(book: books.Book, notice: notices.Notice) -> doors.Json:
    """One notice for people."""
    document = notice.document
    return {
        "notice": notice.key.hex(),
        "partner": book.partner.name,
        "mine": notice.side == book.side,
        "state": notice.state.value,
        "what": document.what,
        "sku": document.sku,
        "category": document.category,
        "quantity": document.quantity,
        "price": None if document.price is None else catalogues.money(document.price.amount.money),
        "until": document.until,
        "countries": list(document.countries),
    }


@register.case("notice.withdraw", One)
async def withdraw(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """Withdraw a notice of mine, from one partner."""

    def unit(desk: books.Desk) -> doors.Json:
        book, notice = find(desk, given.notice, mine=True)
        desk.write(desk.book(book.channel.id), papers.Withdraw.TYPE, {"notice": notice.key})
        return {"notice": notice.key.hex(), "state": "withdrawn"}

    return await trade.books.act(unit)


def find(desk: books.Desk, wanted: str, mine: bool | None = None) -> tuple[books.Book, notices.Notice]:
    """The notice that a person means."""
    found = [
        (book, notice)
        for book in peering.open_books(desk)
        for notice in book.history.notices.values()
        if hashes.means(wanted, notice.key) and mine in (None, notice.side == book.side)
    ]
    if len(found) != 1:
        raise errors.NodeError(
            "notice.unknown", "no single notice", expected="8 or more characters of its hash", got=wanted
        )
    return found[0]
