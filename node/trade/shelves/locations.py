"""Where stock lies, and how much of it partners are told: locations, allotments, buffers."""

from __future__ import annotations

import contextlib
from typing import Annotated, Any

import pydantic

from contracts.documents import stocks as papers
from node import errors
from node.storage import partners, shelves, warehouses
from node.trade import books, doors, peering
from node.trade.goods import articles
from node.trade.shelves import stocks

register = doors.Register()


class Add(doors.Arguments):
    """A location: its code, and what partners may know of it. `customs`: the territory, where not the country's own."""

    code: str
    name: str | None = None
    country: str | None = None
    region: str | None = None
    customs: str | None = None
    gln: str | None = None


class Allot(doors.Arguments):
    """At most so many units (`12`) or so much of what there is (`30%`) for a partner; `all` lifts the limit."""

    partner: str
    sku: str
    amount: str


class Buffer(doors.Arguments):
    """So many units of a SKU that no partner is told of."""

    sku: str
    units: Annotated[int, pydantic.Field(ge=0, le=10**9)]


@register.case("stock.location.add", Add)
async def add(trade: doors.Trade, given: Add, report: doors.Report) -> doors.Json:
    """Add a location, or describe it anew; partners learn of it with the next figures."""
    content = {name: value for name, value in given.model_dump().items() if value is not None}
    try:
        described = papers.Location.model_validate(content)
    except pydantic.ValidationError as error:
        faults: list[errors.Fault] = [
            {
                "code": "request.location",
                "path": str(fault["loc"][0]),
                "expected": fault["msg"],
                "got": str(fault["input"]),
            }
            for fault in error.errors(include_url=False)
        ]
        raise errors.NodeError("request.malformed", "the location has faults", faults=faults) from None

    def unit(desk: books.Desk) -> doors.Json:
        warehouses.put_location(desk.db, warehouses.Location(described.code, content))
        stocks.share(desk)
        return content

    return await trade.books.act(unit)


@register.case("stock.location.list", doors.NoArguments)
async def listed(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """Every location of mine, and those that partners have told me of."""

    def unit(desk: books.Desk) -> doors.Json:
        mine: list[doors.Json] = [{"code": shelves.MAIN, "of": "me"}]
        mine += [{"of": "me", **place.content} for place in warehouses.locations(desk.db).values()]
        theirs: list[doors.Json] = [
            {"of": book.partner.name, **place.model_dump(exclude_none=True)}
            for book in peering.open_books(desk)
            for (side, _), place in book.history.locations.items()
            if side != book.side
        ]
        return {"locations": mine + theirs}

    return await trade.books.read(unit)


@register.case("stock.allot", Allot)
async def allot(trade: doors.Trade, given: Allot, report: doors.Report) -> doors.Json:
    """Limit what a partner is told of a SKU, and tell it at once."""
    allotment = parse(given.amount)

    def unit(desk: books.Desk) -> doors.Json:
        partner, _ = peering.find(desk, given.partner)
        own(desk, given.sku)
        warehouses.set_allotment(desk.db, partner.id, given.sku, allotment)
        stocks.share(desk)
        return {"partner": partner.name, "sku": given.sku, "allotment": given.amount}

    return await trade.books.act(unit)


@register.case("stock.allotments", doors.NoArguments)
async def allotments(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """Every limit with its partner."""

    def unit(desk: books.Desk) -> doors.Json:
        rows: list[doors.Json] = []
        for id, sku, allotment in warehouses.allotments(desk.db):
            partner = partners.by_id(desk.db, id)
            assert partner is not None
            rows.append({"partner": partner.name, "sku": sku, "allotment": articles.amount_of(allotment)})
        return {"allotments": rows}

    return await trade.books.read(unit)


@register.case("stock.buffer", Buffer)
async def buffer(trade: doors.Trade, given: Buffer, report: doors.Report) -> doors.Json:
    """Keep units of a SKU out of what partners are told."""

    def unit(desk: books.Desk) -> doors.Json:
        own(desk, given.sku)
        warehouses.set_buffer(desk.db, given.sku, given.units)
        stocks.share(desk)
        return {"sku": given.sku, "buffer": given.units}

    return await trade.books.act(unit)


def parse(text: str) -> warehouses.Allotment | None:
    """`12` or `30%` as a limit; None for `all`. NodeError `request.malformed` for anything else."""
    if text == "all":
        return None
    percent = text.endswith("%")
    with contextlib.suppress(ValueError):
        amount = int(text.removesuffix("%"))
        if 0 <= amount <= (100 if percent else 10**9):
            return warehouses.Allotment(None, amount) if percent else warehouses.Allotment(amount, None)
    raise errors.NodeError(
        "request.malformed", "this is no allotment", expected="units as in 12, a part as in 30%, or all", got=text
    )


def own(desk: books.Desk, sku: str) -> None:
    """NodeError `stock.sku` for what is none of my goods."""
    if shelves.good(desk.db, sku) is None:
        raise errors.NodeError("stock.sku", "this is none of my goods", expected="a SKU of `catalogue list`", got=sku)


def describe(desk: books.Desk) -> dict[str, Any]:
    """What a partner is told of each location, by code."""
    return {code: {"code": code, **place.content} for code, place in warehouses.locations(desk.db).items()}
