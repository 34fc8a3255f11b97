"""Goods for people: my own with everything about them, what a partner offers me, and what it is shown of mine."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Annotated, Any

import pydantic

from contracts.terms import Version
from node import errors
from node.storage import partners, settings, shelves, supplies, warehouses
from node.trade import books, doors, peering
from node.trade.goods import catalogues, offers, parents, promises
from node.trade.partners import agreements

register = doors.Register()
LIMIT_MAX = 1_000

Limit = Annotated[int, pydantic.Field(ge=1, le=LIMIT_MAX)]


class Listed(doors.Arguments):
    """Whose goods: the partner's offer to me, or mine when absent. `supplier`: those of mine that this partner ships.

    `text` stands in the SKU, a title, the brand or the category. `after`: a SKU; the page begins behind it. All when
    there is no `limit`.
    """

    partner: str | None = None
    supplier: str | None = None
    text: Annotated[str, pydantic.Field(max_length=200)] = ""
    after: str = ""
    limit: Limit | None = None


class Preview(doors.Arguments):
    """A partner to whom I sell; the others as in `Listed`."""

    partner: str
    text: Annotated[str, pydantic.Field(max_length=200)] = ""
    after: str = ""
    limit: Limit | None = None


class One(doors.Arguments):
    """An article of mine."""

    sku: str


@register.case("catalogue.list", Listed)
async def listed(trade: doors.Trade, given: Listed, report: doors.Report) -> doors.Json:
    """My own goods, or what a partner offers me with its prices and stock; `next`: where the next page begins."""

    def unit(desk: books.Desk) -> doors.Json:
        if given.partner is None:
            return mine(desk, given)
        _, channel = peering.find(desk, given.partner)
        book = desk.peek(channel.id)
        return offered(book, agreements.in_force(book, 1 - book.side), given)

    return await trade.books.read(unit)


@register.case("catalogue.preview", Preview)
async def preview(trade: doors.Trade, given: Preview, report: doors.Report) -> doors.Json:
    """What a partner sees of my goods: its price, and what it is told of the stock."""

    def unit(desk: books.Desk) -> doors.Json:
        book = desk.peek(peering.find(desk, given.partner)[1].id)
        return offered(book, agreements.in_force(book, book.side), given)

    return await trade.books.read(unit)


def offered(book: books.Book, version: Version, given: Listed | Preview) -> doors.Json:
    """What the seller of an agreement offers: every listing that has a price under it."""
    fitting = offers.containing(offers.every(book, version), given.text)
    first = bisect.bisect_right(fitting, given.after, key=lambda offer: offer.document.sku)
    rows = fitting[first:] if given.limit is None else fitting[first : first + given.limit]
    return {
        "goods": [describe_offer(book, version, offer) for offer in rows],
        "total": len(fitting),
        "next": following(rows[-1].document.sku if rows else "", len(rows), given.limit),
    }


def following(last: str, count: int, limit: int | None) -> str | None:
    """Where the page behind this one begins, None where this one was not full."""
    return last if limit is not None and count == limit else None


def describe_offer(book: books.Book, version: Version, offer: offers.Offer) -> doors.Json:
    """One offer for people."""
    document, quoted = offer.document, offer.quote(offer.document.min_quantity)
    assert quoted is not None
    titles = {text.lang: text.text for text in document.titles}
    return {
        "sku": document.sku,
        "title": catalogues.title_of(titles),
        "titles": titles,
        "spec": catalogues.spec_of({option.axis: option.value for option in document.options}),
        "price": catalogues.money(quoted.price.amount.money),
        "retail": None if document.retail_price is None else catalogues.money(document.retail_price.money),
        "stock": offers.available(book, version.seller, document.sku),
        "image": document.images[0].hash.hex() if document.images else None,
        "listing": offer.listing.hash.hex(),
    }


# --- my own


def mine(desk: books.Desk, given: Listed) -> doors.Json:
    """My own goods with what lies on the shelf, and to whom they are offered."""
    names = {partner.id: partner.name for partner in partners.every(desk.db)}
    supplier = None if given.supplier is None else peering.find(desk, given.supplier)[0].id
    rows, total = shelves.page(desk.db, given.text, supplier, given.after, given.limit)
    readers = peering.open_books(desk)
    return {
        "goods": [described(desk, good, names, readers) for good in rows],
        "total": total,
        "next": following(rows[-1].sku if rows else "", len(rows), given.limit),
    }


def described(desk: books.Desk, good: shelves.Good, names: dict[int, str], readers: Sequence[books.Book]) -> doors.Json:
    """One article of mine for a line of a table."""
    content = good.content
    shelved = shelves.of_sku(desk.db, good.sku)
    told = promises.mirrored(desk, good) if good.supplier is not None else {}
    images = content.get("images") or []
    return {
        "sku": good.sku,
        "title": catalogues.title_of(content["titles"]),
        "titles": content["titles"],
        "spec": catalogues.spec_of(content.get("options", {})),
        "price": catalogues.shown(content.get("price"), content["currency"]),
        "retail": catalogues.shown(content.get("retail"), content["currency"]),
        "stock": sum(row.available for row in shelved) if shelved else sum(told.values()) if told else None,
        "places": {row.location: row.available for row in shelved},
        "supplier": names.get(good.supplier) if good.supplier is not None else None,
        "image": images[0]["hash"] if images else None,
        "withdrawn": bool(content.get(catalogues.WITHDRAWN)),
        "offered_to": [book.partner.name for book in readers if offers.listing(book, book.side, good.sku) is not None],
    }


@register.case("catalogue.show", One)
async def shown(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """One article of mine: what it is, where it lies, who sees it at what price, and what stands behind it."""

    def unit(desk: books.Desk) -> doors.Json:
        good = find(desk, given.sku)
        names = {partner.id: partner.name for partner in partners.every(desk.db)}
        readers = peering.open_books(desk)
        content = good.content
        return {
            **described(desk, good, names, readers),
            **{name: content.get(name) for name in TOLD},
            "currency": content["currency"],
            "options": content.get("options") or {},
            "contents": content.get("contents") or [],
            "images": content.get("images") or [],
            "shelves": [
                {
                    "location": row.location,
                    "on_hand": row.on_hand,
                    "reserved": row.reserved,
                    "available": row.available,
                }
                for row in shelves.of_sku(desk.db, good.sku)
            ],
            "buffer": warehouses.buffer(desk.db, good.sku),
            "partners": [row for book in readers if (row := reader_row(desk, book, good)) is not None],
            "source": source_row(desk, good),
        }

    return await trade.books.read(unit)


TOLD = (
    "unit", "min_quantity", "gtin", "origin", "weight_g", "brand", "category", "lead_days", "returnable", "description",
    "markup", "own",
)  # fmt: skip


def find(desk: books.Desk, sku: str) -> shelves.Good:
    """The article of this SKU. NodeError `good.unknown`."""
    good = shelves.good(desk.db, sku)
    if good is None:
        raise errors.NodeError("good.unknown", "this is none of my goods", expected="a SKU of mine", got=sku)
    return good


def reader_row(desk: books.Desk, book: books.Book, good: shelves.Good) -> doors.Json | None:
    """What a partner sees of an article; None for one to whom I do not sell."""
    try:
        version = agreements.in_force(book, book.side)
    except errors.NodeError:
        return None
    known, priced = offers.listing(book, book.side, good.sku), offers.price(book, version, good.sku)
    told = book.history.levels(book.side, good.sku) if known is not None else ()
    limit = warehouses.allotment(desk.db, book.partner.id, good.sku)
    percent = settings.get(desk.db, f"{catalogues.PERCENT}{book.channel.id}")
    price = None if known is None or priced is None else priced.item.price
    special = good.content.get(catalogues.PRICES, {}).get(str(book.partner.id))
    return {
        "partner": book.partner.name,
        "listed": known is not None,
        "state": None if known is None else known[0].state.value,
        "reason": None if known is None else known[0].reason,
        "price": None if price is None else catalogues.money(price.amount.money),
        "percent": None if percent is None else percent.decode(),
        "special": catalogues.shown(special, good.content["currency"]),
        "stock": sum(level.available for level in told) if told else None,
        "allotment": None if limit is None else amount_of(limit),
    }


def amount_of(allotment: warehouses.Allotment) -> str:
    """A limit as it is typed: `12` or `30%`."""
    return f"{allotment.percent}%" if allotment.units is None else str(allotment.units)


def source_row(desk: books.Desk, good: shelves.Good) -> dict[str, Any] | None:
    """The supplier's offer behind an article; None for one of my own. `price` is None where it offers it no more."""
    if good.supplier is None:
        return None
    supplier = partners.by_id(desk.db, good.supplier)
    behind = parents.offer(desk, good)
    quoted = None if behind is None else behind.quote(behind.document.min_quantity)
    moved, news = good.content.get("moved"), supplies.of(desk.db, good.sku)
    return {
        "partner": "" if supplier is None else supplier.name,
        "sku": good.sold_as,
        "price": None if quoted is None else catalogues.money(quoted.price.amount.money),
        "before": None if moved is None else catalogues.shown(moved["from"], good.content["currency"]),
        "moved_ms": None if moved is None else moved["at_ms"],
        "news": None if news is None else news.now,
        "news_ms": None if news is None else news.at_ms,
    }
