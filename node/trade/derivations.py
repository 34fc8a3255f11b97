"""Goods that a partner ships: its offer taken over with a mark-up, and kept in step with it from then on.

When the supplier changes a listing or a price, my listing and
price follow at once; when it withdraws one, mine is withdrawn. What a buyer ordered before that reached it is
declined (`chains.place`): a derived listing dies with its parent (trade.md, table T2).
"""

from __future__ import annotations

import base64

from contracts import histories
from contracts.documents import agreements as agreement_papers
from contracts.documents import listings as papers
from contracts.documents import prices as price_papers
from node.storage import shelves
from node.trade import agreements, books, catalogues, doors, offers, parents, peering

register = doors.Register()
SKU_CHARACTERS = 10  # 50 bits: unique among the articles of a merchant


class Derive(doors.Arguments):
    """`markup_percent` on what the partner asks becomes my supply price.

    `prefix` stands before its SKUs in mine; with `own_skus` the rest are letters and digits that tell nobody anything.
    """

    partner: str
    markup_percent: str = "20"
    prefix: str = ""
    own_skus: bool = False


@register.case("catalogue.derive", Derive)
async def derive(trade: doors.Trade, given: Derive, report: doors.Report) -> doors.Json:
    """Take a partner's offer into my own goods, to sell it on: it ships, I add my mark-up."""
    catalogues.percent(given.markup_percent, add=100)

    def unit(desk: books.Desk) -> doors.Json:
        partner, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        version = agreements.in_force(book, 1 - book.side)
        goods = [
            derived(offer, given.markup_percent, partner.id, my_sku(desk, book, given, offer.document.sku))
            for offer in offers.every(book, version)
        ]
        return {"goods": len(goods), **catalogues.put_goods(desk, goods)}

    return await trade.books.act(unit)


def my_sku(desk: books.Desk, book: books.Book, given: Derive, sku: str) -> str:
    """How I call what a supplier calls `sku`: always the same."""
    if given.own_skus:
        blinded = desk.books.blind(b"sku\n" + book.partner.node + sku.encode())
        sku = base64.b32encode(blinded)[:SKU_CHARACTERS].decode()
    return given.prefix + sku


def derived(offer: offers.Offer, markup: str, supplier: int, sku: str) -> shelves.Good:
    """A partner's listing as an article of mine. It follows the listing as long as the mark-up stands in it."""
    listing, quoted = offer.document, offer.quote(1)
    assert quoted is not None
    content = {
        "titles": {text.lang: text.text for text in listing.titles},
        "options": {option.axis: option.value for option in listing.options},
        "currency": quoted.currency,
        "price": catalogues.percent(markup, add=100).of(quoted.price.amount.a),
        "base": quoted.price.base,
        "retail": None if listing.retail_price is None else listing.retail_price.a,
        "unit": listing.unit,
        "min_quantity": listing.min_quantity,
        "gtin": listing.gtin,
        "origin": listing.origin,
        "weight_g": listing.weight_g,
        "brand": listing.brand,
        "contents": [row.model_dump(exclude_none=True, exclude={"images"}) for row in listing.contents],
        "returnable": listing.returnable,
        "markup": markup,
    }
    return shelves.Good(sku, content, supplier, listing.sku)


# --- following the supplier


def concerned(desk: books.Desk, book: books.Book, item: histories.Item) -> list[shelves.Good]:
    """My articles that stand on what a supplier's document changes."""
    supplier = book.partner.id
    match item.type:
        case papers.Change.TYPE | papers.Withdraw.TYPE:
            return shelves.supplied(desk.db, supplier, named(item.body.get("sku")))
        case price_papers.PriceList.TYPE | price_papers.PriceChange.TYPE if shelves.supplies(desk.db, supplier):
            listed = item.body.get("items")
            skus = (
                [named(row.get("sku")) for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
            )
            return [good for sku in skus for good in shelves.supplied(desk.db, supplier, sku)]
        case agreement_papers.Terminate.TYPE:
            return shelves.supplied(desk.db, supplier)
        case _:
            return []


def named(value: object) -> str:
    """A SKU in a document that is not parsed yet; one that is none names nothing."""
    return value if isinstance(value, str) else ""


def follow(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """The supplier changed or withdrew what articles of mine stand on: my own offers follow."""
    live, dead = [], []
    for good in concerned(desk, book, item):
        behind, markup = parents.offer(desk, good), good.content.get("markup")
        if behind is None:
            dead.append(good)
            continue
        if markup is not None:
            good = derived(behind, markup, book.partner.id, good.sku)
            shelves.put_good(desk.db, good)
        live.append(good)
    for buyer in peering.written_books(desk):
        if buyer.channel.id == book.channel.id:
            continue
        for good in dead:
            catalogues.withdraw(desk, buyer, good.sku)
        known = [good for good in live if offers.listing(buyer, buyer.side, good.sku) is not None]
        if known:
            catalogues.follow_up(desk, buyer, known)
