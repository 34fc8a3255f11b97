"""Goods that a partner ships: its offer taken over with a mark-up, and kept in step with it from then on.

When the supplier changes a listing or a price, my listing and
price follow at once; when it withdraws one, mine is withdrawn. What a buyer ordered before that reached it is
declined (`chains.place`): a derived listing dies with its parent (trade.md, table T2).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Annotated, Any

import pydantic

from contracts import histories
from contracts.documents import agreements as agreement_papers
from contracts.documents import listings as papers
from contracts.documents import prices as price_papers
from contracts.documents.fields import LINES_MAX
from node import errors
from node.storage import shelves
from node.trade import books, doors, peering
from node.trade.goods import catalogues, offers, parents, supplies
from node.trade.partners import agreements

register = doors.Register()
ARTICLES_SHOWN_MAX = 500
SKU_CHARACTERS = 10  # 50 bits: unique among the articles of a merchant


class Derive(doors.Arguments):
    """`markup_percent` on what the partner asks becomes my supply price.

    `prefix` stands before its SKUs in mine; with `own_skus` the rest are letters and digits that tell nobody anything.
    `skus`: these of its SKUs, or everything that it offers. `dry_run`: what would come of it, and nothing else.
    """

    partner: str
    markup_percent: str = "20"
    prefix: str = ""
    own_skus: bool = False
    skus: Annotated[list[str], pydantic.Field(max_length=LINES_MAX)] | None = None
    dry_run: bool = False


@register.case("catalogue.derive", Derive)
async def derive(trade: doors.Trade, given: Derive, report: doors.Report) -> doors.Json:
    """Take a partner's offer into my own goods, to sell it on: it ships, I add my mark-up."""
    catalogues.percent(given.markup_percent, add=100)
    wanted = None if given.skus is None else set(given.skus)

    def unit(desk: books.Desk) -> doors.Json:
        partner, channel = peering.find(desk, given.partner)
        book = desk.peek(channel.id) if given.dry_run else desk.book(channel.id)
        version = agreements.in_force(book, 1 - book.side)
        chosen = [
            offer for offer in offers.every(book, version).offers if wanted is None or offer.document.sku in wanted
        ]
        missing = sorted((wanted or set()) - {offer.document.sku for offer in chosen})
        if missing:
            raise errors.NodeError(
                "order.sku", f"{partner.name} does not offer it", expected="SKUs on offer", got=", ".join(missing[:10])
            )
        goods = [
            derived(offer, Rule(given.markup_percent), partner.id, my_sku(desk, book, given, offer.document.sku))
            for offer in chosen
        ]
        counts = catalogues.compare(desk, goods) if given.dry_run else catalogues.put_goods(desk, goods)
        if not given.dry_run:
            supplies.begin(desk, goods)
        return {
            "goods": len(goods),
            **counts,
            "partner": partner.name,
            "dry_run": given.dry_run,
            "asked": given.model_dump(exclude={"dry_run", "partner"}),
            "articles": [described(good) for good in goods[:ARTICLES_SHOWN_MAX]],
        }

    return await (trade.books.read(unit) if given.dry_run else trade.books.act(unit))


def described(good: shelves.Good) -> doors.Json:
    """One article that was, or would be, derived."""
    content = good.content
    return {
        "sku": good.sku,
        "source": good.sold_as,
        "title": catalogues.title_of(content["titles"]),
        "spec": catalogues.spec_of(content["options"]),
        "cost": catalogues.shown(content["cost"], content["currency"]),
        "price": catalogues.shown(content["price"], content["currency"]),
        "retail": catalogues.shown(content["retail"], content["currency"]),
    }


def my_sku(desk: books.Desk, book: books.Book, given: Derive, sku: str) -> str:
    """How I call what a supplier calls `sku`: always the same."""
    if given.own_skus:
        blinded = desk.books.blind(b"sku\n" + book.partner.node + sku.encode())
        sku = base64.b32encode(blinded)[:SKU_CHARACTERS].decode()
    return given.prefix + sku


@dataclass(frozen=True, slots=True)
class Rule:
    """How my supply price follows from an offer: what it costs and `markup` percent more, or the price that the
    supplier suggests where it suggests one in that currency; up to the next multiple of `step` minor units."""

    markup: str
    suggested: bool = False
    step: int = 1

    def price(self, offer: offers.Offer) -> tuple[int, int]:
        """(minor units, for so many units)."""
        quoted, retail = offer.quote(1), offer.document.retail_price
        assert quoted is not None
        if self.suggested and retail is not None and retail.c == quoted.currency:
            minor, base = retail.a, 1
        else:
            minor, base = catalogues.percent(self.markup, add=100).of(quoted.price.amount.a), quoted.price.base
        return -(-minor // self.step) * self.step, base

    @property
    def content(self) -> dict[str, Any]:
        """What of it stands in an article."""
        found: dict[str, Any] = {"markup": self.markup}
        if self.suggested:
            found["suggested"] = True
        return found if self.step == 1 else {**found, "step": self.step}


def rule_of(good: shelves.Good) -> Rule:
    """The rule by which an article follows its supplier's price."""
    content = good.content
    return Rule(content.get("markup") or "0", bool(content.get("suggested")), content.get("step", 1))


def derived(offer: offers.Offer, rule: Rule, supplier: int, sku: str) -> shelves.Good:
    """A partner's listing as an article of mine. It follows the listing as long as the mark-up stands in it."""
    listing, quoted = offer.document, offer.quote(1)
    assert quoted is not None
    price, base = rule.price(offer)
    content = {
        "titles": {text.lang: text.text for text in listing.titles},
        "options": {option.axis: option.value for option in listing.options},
        "currency": quoted.currency,
        "price": price,
        "base": base,
        "retail": None if listing.retail_price is None else listing.retail_price.a,
        "unit": listing.unit,
        "min_quantity": listing.min_quantity,
        "gtin": listing.gtin,
        "origin": listing.origin,
        "weight_g": listing.weight_g,
        "brand": listing.brand,
        "category": listing.category,
        "images": [{"hash": one.hash.hex(), "media": one.media, "len": one.len} for one in listing.images],
        "cost": quoted.price.amount.a,
        "contents": [row.model_dump(exclude_none=True, exclude={"images"}) for row in listing.contents],
        "returnable": listing.returnable,
        **rule.content,
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
        behind = parents.offer(desk, good)
        if behind is None:
            dead.append(good)
            continue
        good = moved(good, followed(good, behind), desk.now_ms())
        shelves.put_good(desk.db, good)
        if not good.content.get(catalogues.WITHDRAWN):
            live.append(good)
    for buyer in peering.written_books(desk):
        if buyer.channel.id == book.channel.id:
            continue
        for good in dead:
            catalogues.withdraw(desk, buyer, good.sku)
        known = [good for good in live if offers.listing(buyer, buyer.side, good.sku) is not None]
        if known:
            catalogues.follow_up(desk, buyer, known)


def followed(good: shelves.Good, behind: offers.Offer) -> shelves.Good:
    """An article as its supplier offers it now, but for what its merchant wrote otherwise."""
    assert good.supplier is not None
    fresh = derived(behind, rule_of(good), good.supplier, good.sku)
    if good.content.get("markup") is None:  # an article with a price of its own: only what it costs is the supplier's
        return replace(good, content={**good.content, "cost": fresh.content["cost"]})
    own = (*good.content.get(catalogues.OWN, ()), catalogues.OWN, catalogues.PRICES, catalogues.WITHDRAWN)
    kept = {name: good.content[name] for name in own if name in good.content}
    return replace(fresh, content={**fresh.content, **kept})


def moved(before: shelves.Good, after: shelves.Good, now_ms: int) -> shelves.Good:
    """The article as it follows its supplier, with what it cost before as long as nobody has taken note of that."""
    was, cost = before.content.get("cost"), after.content["cost"]
    notice = before.content.get("moved")
    if was is not None and was != cost:
        notice = {"from": was if notice is None else notice["from"], "at_ms": now_ms}
    kept = {} if notice is None or notice["from"] == cost else {"moved": notice}
    return replace(after, content={**after.content, **kept})
