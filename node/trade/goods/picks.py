"""Picking several offers at once, of one partner or of many: by one rule for the price, what it leaves shown first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

import pydantic

from contracts import amounts
from node import errors
from node.storage import shelves
from node.trade import books, doors, peering
from node.trade.goods import catalogues, derivations, offers, showcases, supplies
from node.trade.partners import agreements

register = doors.Register()
PICKS_MAX: Final = 200
LISTING: Final = "^[0-9a-f]{64}$"


class Take(doors.Arguments):
    """Offers by the hashes of their listings, as `selection list` tells them.

    `rule`: `markup` (what it costs and so many percent more) or `suggested` (what its supplier suggests; the mark-up
    where it suggests nothing). `round_to`: up to the next multiple of this, as 0.10 or 1. `prefix`: before its SKU.
    """

    listings: Annotated[
        list[Annotated[str, pydantic.Field(pattern=LISTING)]], pydantic.Field(min_length=1, max_length=PICKS_MAX)
    ]
    rule: Literal["markup", "suggested"] = "markup"
    markup_percent: str = "20"
    round_to: str | None = None
    prefix: Annotated[str, pydantic.Field(max_length=20)] = ""


@register.case("selection.reckon", Take)
async def reckon(trade: doors.Trade, given: Take, report: doors.Report) -> doors.Json:
    """What picking some offers would make of them: my price, what each costs, and what is left. Nothing is changed."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = [row(desk, card, good) for card, good in picked(desk, given)]
        return {"articles": rows, "loss": sum(one["margin"]["amount"] <= 0 for one in rows)}

    return await trade.books.read(unit)


@register.case("selection.take", Take)
async def take(trade: doors.Trade, given: Take, report: doors.Report) -> doors.Json:
    """Take several offers into my own goods, each to follow its supplier by the rule, and tell my own buyers."""

    def unit(desk: books.Desk) -> doors.Json:
        goods = [good for _, good in picked(desk, given)]
        counts = catalogues.put_goods(desk, goods)
        supplies.begin(desk, goods)
        return {"goods": len(goods), **counts, "partners": catalogues.tell(trade, desk, goods)}

    return await trade.books.act(unit)


def picked(desk: books.Desk, given: Take) -> list[tuple[showcases.Card, shelves.Good]]:
    """The offers with the articles that they become. NodeError `offer.unknown`, `good.known`."""
    wanted, found = set(given.listings), dict[str, showcases.Card]()
    for book in peering.open_books(desk):
        cards = showcases.window(book).cards
        found |= {name: card for card in cards if (name := showcases.name_of(card)) in wanted}
    gone = [errors.fault("offer.unknown", listing, "an offer that stands", "gone") for listing in wanted - found.keys()]
    if gone:
        raise errors.NodeError("offer.unknown", "some of it is not offered any more", faults=gone)
    pairs = [(found[listing], made(found[listing], given)) for listing in dict.fromkeys(given.listings)]
    clashes = list(clashing(desk, pairs))
    if clashes:
        raise errors.NodeError(
            "good.known",
            "some SKUs would mean two articles",
            hint="put something before the SKUs, or pick them one by one",
            faults=clashes,
        )
    return pairs


def made(card: showcases.Card, given: Take) -> shelves.Good:
    """The article that an offer becomes."""
    step = 1
    if given.round_to is not None:
        step = agreements.parse_money(given.round_to, card.version.currency).minor
        if step < 1:
            raise errors.NodeError("request.malformed", "this is no step", expected="as 0.10 or 1", got=given.round_to)
    catalogues.percent(given.markup_percent, add=100)
    rule = derivations.Rule(given.markup_percent, given.rule == "suggested", step)
    return derivations.derived(card.offer, rule, card.book.partner.id, given.prefix + card.offer.document.sku)


def clashing(desk: books.Desk, pairs: list[tuple[showcases.Card, shelves.Good]]) -> Iterator[errors.Fault]:
    """SKUs that would mean two articles: two of the picks, or one of them and one that I have from elsewhere."""
    seen: set[str] = set()
    for _, good in pairs:
        known = shelves.good(desk.db, good.sku)
        if good.sku in seen:
            yield errors.fault("good.known", good.sku, "every SKU once", "twice among these")
        elif known is not None and (known.supplier, known.sold_as) != (good.supplier, good.sold_as):
            yield errors.fault("good.known", good.sku, "another SKU", "one of my goods already")
        seen.add(good.sku)


def row(desk: books.Desk, card: showcases.Card, good: shelves.Good) -> dict[str, Any]:
    """One pick for people: with tax is what it costs me, and what is left of my price."""
    content, currency = good.content, card.version.currency
    price = amounts.value(content["price"], content["base"], 1)
    return {
        "listing": showcases.name_of(card),
        "sku": good.sku,
        "source": good.sold_as,
        "partner": card.book.partner.name,
        "titles": content["titles"],
        "spec": catalogues.spec_of(content["options"]),
        "stock": offers.available(card.book, card.version.seller, good.sold_as),
        "cost": catalogues.shown(card.cost, currency),
        "price": catalogues.shown(price, currency),
        "retail": catalogues.shown(card.retail, currency),
        "margin": catalogues.shown(price - card.cost, currency),
        "margin_share": (price - card.cost) / price if price else None,
        "known": shelves.good(desk.db, good.sku) is not None,
    }
