"""Quotes: a buyer asks for a price, the seller freezes one, and an order by the buyer uses it up."""

from __future__ import annotations

from typing import Annotated

import pydantic

from contracts import amounts
from contracts.documents import fields
from contracts.documents import quotations as papers
from contracts.quotations import Quotation, QuotationState
from node import errors
from node.storage import orderbooks
from node.trade import books, doors, hashes, peering
from node.trade.goods import catalogues, notices, offers
from node.trade.ordering import purchases
from node.trade.partners import agreements, credits
from protocol.encoding import Value

register = doors.Register()
HOUR_S = 3_600
HOURS_MAX = 10 * 366 * 24  # ten years, the longest time that a document can name


class Request(doors.Arguments):
    """So many of each SKU of a partner; `notice` is the offer or want that it is about."""

    partner: str
    lines: dict[str, Annotated[int, pydantic.Field(ge=1, le=amounts.QUANTITY_MAX)]]
    notice: str | None = None


class One(doors.Arguments):
    """A quotation by its hash, or 8 or more characters of it."""

    quote: str


class Give(One):
    """A price for each line, in decimal text of the agreement's currency, for so many hours."""

    prices: dict[str, str]
    hours: Annotated[int, pydantic.Field(ge=1, le=HOURS_MAX)] = 72


class Accept(One):
    """`quantities`: less of some lines than was quoted, 0 for none."""

    quantities: dict[str, doors.Quantity] | None = None


@register.case("quote.request", Request)
async def request(trade: doors.Trade, given: Request, report: doors.Report) -> doors.Json:
    """Ask a partner for a price."""

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        lines: list[Value] = [
            {"line": number, "sku": sku, "quantity": quantity}
            for number, (sku, quantity) in enumerate(given.lines.items(), 1)
        ]
        body: books.Body = {"agreement": agreements.in_force(book, 1 - book.side).hash, "lines": lines}
        if given.notice is not None:
            body["notice"] = notices.find(desk, given.notice)[1].key
        return {"quote": desk.write(book, papers.Request.TYPE, body).hash.hex()}

    return await trade.books.act(unit)


@register.case("quote.give", Give)
async def give(trade: doors.Trade, given: Give, report: doors.Report) -> doors.Json:
    """Freeze a price for what a partner asked; a later one replaces it."""

    def unit(desk: books.Desk) -> doors.Json:
        book, quotation = find(desk, given.quote)
        asked = {str(line.line): line for line in quotation.request.lines}
        unknown = sorted(given.prices.keys() - asked.keys())
        if unknown or not given.prices:
            raise errors.NodeError(
                "order.line", "no such line was asked for", expected=", ".join(asked), got=", ".join(unknown) or "none"
            )
        version = agreements.in_force(book, book.side)
        lines: list[Value] = []
        for number, text in given.prices.items():
            line = asked[number]
            amount = agreements.parse_money(text, version.currency)
            quoted: dict[str, Value] = {
                "line": line.line,
                "sku": line.sku,
                "quantity": line.quantity,
                "price": {"amount": catalogues.money_value(amount.minor, amount.currency), "base": 1},
            }
            listed = offers.price(book, version, line.sku)
            if listed is not None and listed.item.tax is not None:
                quoted["tax"] = listed.item.tax.model_dump()
            lines.append(quoted)
        body: books.Body = {"thread": quotation.key, "lines": lines, "valid_s": given.hours * HOUR_S}
        desk.write(book, papers.Quote.TYPE, body)
        return {"quote": quotation.key.hex(), "state": "quoted"}

    return await trade.books.act(unit)


@register.case("quote.close", One)
async def close(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """Decline: as the seller to quote, or as the buyer what was quoted."""

    def unit(desk: books.Desk) -> doors.Json:
        book, quotation = find(desk, given.quote)
        desk.write(book, papers.Close.TYPE, {"thread": quotation.key, "role": book.role(quotation.seller)})
        return {"quote": quotation.key.hex(), "state": "closed"}

    return await trade.books.act(unit)


@register.case("quote.accept", Accept)
async def accept(trade: doors.Trade, given: Accept, report: doors.Report) -> doors.Json:
    """Order at the quoted price, for my own warehouse. A second time gives the order that used the quote."""

    def unit(desk: books.Desk) -> doors.Json:
        book, quotation = find(desk, given.quote)
        if quotation.order is not None:
            return {"order": quotation.order.hex(), "quote": quotation.key.hex()}
        quote = quotation.quote
        if quote is None:
            raise errors.NodeError("quote.unknown", "nothing was quoted yet", expected="quoted", got=quotation.state)
        lines = [line for line in (ordered(book, quotation, line, given) for line in quote.lines) if line is not None]
        if not lines:
            raise errors.NodeError("order.nothing", "nothing would be ordered", expected="at least one line")
        agreement = agreements.in_force(book, 1 - book.side)
        credits.require(book, agreement, sum(worth(line) for line in lines))
        body: books.Body = {
            "agreement": agreement.hash,
            "number": purchases.number_for(desk, book, None),
            "lines": list(lines),
        }
        written = desk.write(book, "order.place", body)
        orderbooks.add_fulfilment(desk.db, written.hash, book.channel.id, None, None)
        return {"order": written.hash.hex(), "quote": quotation.key.hex()}

    return await trade.books.act(unit)


def ordered(book: books.Book, quotation: Quotation, line: papers.QuotedLine, given: Accept) -> dict[str, Value] | None:
    """The order line for a quoted one; None where none of it is wanted."""
    quantity = line.quantity
    if given.quantities is not None:
        quantity = given.quantities.get(str(line.line), 0)
    if not quantity:
        return None
    listed = offers.listing(book, quotation.seller, line.sku)
    if listed is None:
        raise errors.NodeError(
            "order.sku", f"{book.partner.name} does not list it any more", expected="a SKU on offer", got=line.sku
        )
    body: dict[str, Value] = {
        "line": line.line,
        "sku": line.sku,
        "listing": listed[0].hash,
        "quote": quotation.current,
        "quantity": quantity,
        "unit": listed[1].unit,
        "price": line.price.model_dump(),
    }
    if line.tax is not None:
        body["tax"] = line.tax.model_dump()
    return body


def worth(line: dict[str, Value]) -> int:
    """What a line will cost with tax, in minor units."""
    price = fields.Price.model_validate(line["price"])
    net = amounts.value(price.amount.a, price.base, int(str(line["quantity"])))
    tax = line.get("tax")
    if tax is None:
        return net
    percent = amounts.rate(fields.Tax.model_validate(tax).percent)
    return net + amounts.share(net, percent.numerator, percent.denominator * 100)


@register.case("quote.list", doors.OfPartner)
async def listed(trade: doors.Trade, given: doors.OfPartner, report: doors.Report) -> doors.Json:
    """Every quotation, asked of me or by me."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = [
            describe(book, quotation)
            for book in peering.open_books(desk, given.partner)
            for quotation in book.history.quotations.values()
        ]
        return {"quotes": rows}

    return await trade.books.read(unit)


def describe(book: books.Book, quotation: Quotation) -> doors.Json:
    """One quotation for people."""
    quote = quotation.quote
    lines = [
        {"line": line.line, "sku": line.sku, "quantity": line.quantity, "price": price_of(quote, line.line)}
        for line in quotation.request.lines
    ]
    return {
        "quote": quotation.key.hex(),
        "partner": book.partner.name,
        "selling": quotation.seller == book.side,
        "state": quotation.state.value,
        "lines": lines,
        "order": None if quotation.order is None else quotation.order.hex(),
    }


def price_of(quote: papers.Quote | None, line: int) -> doors.Json | None:
    """The quoted price of a line."""
    found = next((part for part in quote.lines if part.line == line), None) if quote is not None else None
    return None if found is None else catalogues.money(found.price.amount.money)


def find(desk: books.Desk, wanted: str) -> tuple[books.Book, Quotation]:
    """The quotation that a person means, and its book for writing."""
    found = [
        (book.channel.id, key)
        for book in peering.open_books(desk)
        for key in book.history.quotations
        if hashes.means(wanted, key)
    ]
    if len(found) != 1:
        raise errors.NodeError(
            "quote.unknown", "no single quotation", expected="8 or more characters of its hash", got=wanted
        )
    channel, key = found[0]
    book = desk.book(channel)
    return book, book.history.quotations[key]


# --- what `expiries` asks


def standing(book: books.Book, key: bytes) -> tuple[int, int] | None:
    """My newest quote of a quotation, and for how many seconds it holds."""
    quotation = book.history.quotations.get(key)
    if quotation is None or quotation.seller != book.side or quotation.state is not QuotationState.QUOTED:
        return None
    quote, index = quotation.quote, book.history.channel.positions[book.side].get(quotation.current or b"")
    return None if quote is None or quote.valid_s is None or index is None else (index, quote.valid_s)


def end(desk: books.Desk, book: books.Book, key: bytes) -> None:
    """Withdraw a quote that has held as long as it was to."""
    desk.write(book, papers.Close.TYPE, {"thread": key, "role": "seller", "reason": "expired"})
