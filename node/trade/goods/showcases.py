"""The selection centre: what all partners offer me, side by side, with what is left for me at the suggested price."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

import pydantic

from contracts import amounts, pricing
from contracts.terms import Version
from node import errors
from node.storage import partners, settings, shelves
from node.storage import supplies as storage
from node.trade import books, doors, peering
from node.trade.goods import articles, catalogues, offers, supplies
from node.trade.partners import agreements

register = doors.Register()
RISE = "watch.rise"  # setting: from which rise of a cost on, in percent, it is laid before the merchant
Sort = Literal["title", "cost", "margin", "margin_percent", "stock"]


class Listed(doors.Arguments):
    """Of one partner or of all; `after` is the listing behind which the page begins."""

    partner: str | None = None
    text: Annotated[str, pydantic.Field(max_length=200)] = ""
    category: str | None = None
    in_stock: bool = False
    margin_percent_min: Annotated[int, pydantic.Field(ge=0, le=100)] | None = None
    sort: Sort = "title"
    after: str = ""
    limit: articles.Limit = 60


class Watch(doors.Arguments):
    """A rise in percent of what it cost before, as 5 or 2.5."""

    rise_percent: Annotated[str, pydantic.Field(max_length=10)]


class Noted(doors.Arguments):
    """An article of mine; all when absent. `of`: only its price, or only whether it is there; both when absent."""

    sku: str | None = None
    of: Literal["price", "supply"] | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One offer of one partner. `cost` is what a unit costs with tax, `margin` what the suggested price leaves.

    `told` is what is looked through for a word.
    """

    book: books.Book
    version: Version
    offer: offers.Offer
    cost: int
    retail: int | None
    told: str

    @property
    def margin(self) -> int | None:
        """Minor units; None without a suggested price in the same currency."""
        return None if self.retail is None else self.retail - self.cost

    @property
    def share(self) -> float | None:
        """The margin as a part of the suggested price."""
        return None if not self.retail else (self.retail - self.cost) / self.retail

    @property
    def stock(self) -> int | None:
        """What the partner can promise."""
        return offers.available(self.book, self.version.seller, self.offer.document.sku)


@register.case("selection.list", Listed)
async def listed(trade: doors.Trade, given: Listed, report: doors.Report) -> doors.Json:
    """What partners offer me, with cost, suggested price, margin, stock and how fresh that is."""

    def unit(desk: books.Desk) -> doors.Json:
        windows = [window(book) for book in peering.open_books(desk, given.partner)]
        wanted = given.text.strip().casefold()
        found = heapq.merge(*(ordered(shown, given.sort) for shown in windows))
        kept = [card for _, card in found if wanted in card.told and fits(card, given)]
        first = next((place + 1 for place, card in enumerate(kept) if name_of(card) == given.after), 0)
        page = kept[first : first + given.limit]
        more = first + given.limit < len(kept)
        return {
            "offers": [described(trade, desk, card) for card in page],
            "total": len(kept),
            "next": name_of(page[-1]) if page and more else None,
            "partners": sorted({book.partner.name for book in peering.open_books(desk) if sells(book) is not None}),
            "categories": sorted({name for shown in windows for name in shown.categories}),
        }

    return await trade.books.read(unit)


def sells(book: books.Book) -> Version | None:
    """The terms at which a partner sells to me now; None where there are none."""
    try:
        return agreements.in_force(book, 1 - book.side)
    except errors.NodeError:
        return None


@dataclass(frozen=True, slots=True)
class Window:
    """Everything that the partner of a book offers me. `orders`: sorted, each card behind what it is sorted by."""

    cards: tuple[Card, ...]
    categories: frozenset[str]
    orders: dict[Sort, Sequence[tuple[tuple[Any, ...], Card]]] = field(default_factory=dict)


def window(book: books.Book) -> Window:
    """What the partner of a book offers me; kept until one of it changes (`offers.follow`)."""
    if book.window is None:
        found = tuple(made(book))
        book.window = Window(found, frozenset(name for card in found if (name := card.offer.document.category)))
    kept: Window = book.window
    return kept


def ordered(shown: Window, sort: Sort) -> Sequence[tuple[tuple[Any, ...], Card]]:
    """The cards of one partner as they are wanted. Only the stock is asked anew: it changes with every order."""
    if sort in shown.orders:
        return shown.orders[sort]
    key = KEYS[sort]
    pairs = sorted(((key(card), card) for card in shown.cards), key=lambda pair: pair[0])
    if sort != "stock":
        shown.orders[sort] = pairs
    return pairs


def made(book: books.Book) -> Iterator[Card]:
    """The cards of a book, made anew."""
    version = sells(book)
    if version is None:
        return
    shown = offers.every(book, version)
    for offer, told in zip(shown.offers, shown.told, strict=True):
        item, document = offer.price.item, offer.document
        price = pricing.unit_price(item, document.min_quantity)
        assert price is not None, "an offer has a price"
        cost = amounts.value(price.amount.a, price.base, 1)
        if item.tax is not None:
            percent = amounts.rate(item.tax.percent)
            cost += amounts.share(cost, percent.numerator, percent.denominator * 100)
        retail = document.retail_price
        comparable = None if retail is None or retail.c != price.amount.c else retail.a
        yield Card(book, version, offer, cost, comparable, told)


def fits(card: Card, given: Listed) -> bool:
    """Whether an offer is among those that were asked for."""
    document, share = card.offer.document, card.share
    if given.category is not None and document.category != given.category:
        return False
    if given.margin_percent_min is not None and (share is None or share * 100 < given.margin_percent_min):
        return False
    return not given.in_stock or bool(card.stock)


def name_of(card: Card) -> str:
    """What names an offer: its listing's version."""
    return card.offer.listing.hash.hex()


def title_key(card: Card) -> tuple[Any, ...]:
    """By title, then by partner and SKU: no two are alike."""
    document = card.offer.document
    return document.titles[0].text, document.sku, card.book.partner.id


KEYS: dict[Sort, Callable[[Card], tuple[Any, ...]]] = {
    "title": title_key,
    "cost": lambda card: (card.cost, *title_key(card)),
    "margin": lambda card: (-(card.margin or 0), *title_key(card)),
    "margin_percent": lambda card: (-(card.share or 0), *title_key(card)),
    "stock": lambda card: (-(card.stock or 0), *title_key(card)),
}
"""Cheap first, but much margin and much stock first."""


def described(trade: doors.Trade, desk: books.Desk, card: Card) -> doors.Json:
    """One offer for people. `heard_ms`: how old the stock figure can be; None while the partner is connected."""
    document, partner = card.offer.document, card.book.partner
    online = trade.network.online(partner.id)
    currency = card.version.currency
    mine = next(iter(shelves.supplied(desk.db, partner.id, document.sku)), None)
    moved = None if mine is None else mine.content.get("moved")
    return {
        **articles.describe_offer(card.book, card.version, card.offer),
        "partner": partner.name,
        "cost": catalogues.shown(card.cost, currency),
        "margin": catalogues.shown(card.margin, currency),
        "margin_share": card.share,
        "images": [image.hash.hex() for image in document.images],
        "brand": document.brand,
        "category": document.category,
        "origin": document.origin,
        "lead_s": document.lead_time_s,
        "min_quantity": document.min_quantity,
        "increment": document.increment,
        "max_quantity": document.max_quantity,
        "returnable": document.returnable,
        "descriptions": {text.lang: text.text for text in document.descriptions},
        "state": card.offer.listing.state.value,
        "online": online,
        "heard_ms": None if online else peering.heard_ms(trade, desk, partner.id),
        "picked": None if mine is None else mine.sku,
        "cost_before": None if moved is None else catalogues.shown(moved["from"], currency),
    }


class One(doors.Arguments):
    """What a partner calls it."""

    partner: str
    sku: str


@register.case("selection.show", One)
async def shown(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """One offer of a partner. NodeError `offer.unknown`."""

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        found = (card for card in window(desk.peek(channel.id)).cards if card.offer.document.sku == given.sku)
        card = next(found, None)
        if card is None:
            raise errors.NodeError(
                "offer.unknown", "this partner does not offer it", expected="a SKU on offer", got=given.sku
            )
        return described(trade, desk, card)

    return await trade.books.read(unit)


@register.case("selection.changes", doors.NoArguments)
async def changes(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """What I picked and costs more or less, was withdrawn, sold out or came back since I last took note of it."""

    def unit(desk: books.Desk) -> doors.Json:
        names = {partner.id: partner.name for partner in partners.every(desk.db)}
        least, news = rise_percent(desk), supplies.news(desk)
        gone = {row["sku"] for row in news if row["now"] == supplies.Supply.WITHDRAWN}
        return {
            "rise_percent": least,
            "changes": [
                {
                    "sku": good.sku,
                    "title": catalogues.title_of(good.content["titles"]),
                    "titles": good.content["titles"],
                    "spec": catalogues.spec_of(good.content.get("options", {})),
                    "partner": names.get(good.supplier or 0),
                    "before": catalogues.shown(good.content["moved"]["from"], good.content["currency"]),
                    "cost": catalogues.shown(good.content["cost"], good.content["currency"]),
                    "price": catalogues.shown(good.content["price"], good.content["currency"]),
                    "share": good.content["cost"] / max(1, good.content["moved"]["from"]) - 1,
                    "loss": is_loss(good),
                    "told": is_loss(good) or has_risen(good, least),
                    "at_ms": good.content["moved"]["at_ms"],
                }
                for good in shelves.moved(desk.db)
                if good.sku not in gone
            ],
            "supplies": news,
        }

    return await trade.books.read(unit)


def is_loss(good: shelves.Good) -> bool:
    """Whether an article costs me as much as I ask for it, or more."""
    price: int | None = good.content.get("price")
    return price is not None and bool(good.content["cost"] >= price)


def has_risen(good: shelves.Good, percent: str) -> bool:
    """Whether what an article costs rose by so many percent, and rose at all."""
    rate, before = catalogues.percent(percent, add=100), good.content["moved"]["from"]
    cost = good.content["cost"]
    return bool(cost > before and cost * rate.denominator >= before * rate.numerator)


def rise_percent(desk: books.Desk) -> str:
    """From which rise of a cost on it is laid before me; every one, if I never said."""
    stored = settings.get(desk.db, RISE)
    return "0" if stored is None else stored.decode()


@register.case("selection.watch", Watch)
async def watch(trade: doors.Trade, given: Watch, report: doors.Report) -> doors.Json:
    """Say from which rise of a cost on it is laid before me; what costs as much as I ask for it always is."""
    catalogues.percent(given.rise_percent)

    def unit(desk: books.Desk) -> doors.Json:
        settings.put(desk.db, RISE, given.rise_percent.encode())
        return {"rise_percent": given.rise_percent}

    return await trade.books.act(unit)


@register.case("selection.noted", Noted)
async def noted(trade: doors.Trade, given: Noted, report: doors.Report) -> doors.Json:
    """Take note of changed prices, and of what was withdrawn, sold out or came back: it is not told again."""

    def unit(desk: books.Desk) -> doors.Json:
        heard = storage.note(desk.db, given.sku) if given.of != "price" else 0
        moved = shelves.moved(desk.db) if given.of != "supply" else []
        found = [good for good in moved if given.sku in (None, good.sku)]
        for good in found:
            content = {name: value for name, value in good.content.items() if name != "moved"}
            shelves.put_good(desk.db, replace(good, content=content))
        return {"noted": len(found) + heard}

    return await trade.books.act(unit)
