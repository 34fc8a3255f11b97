"""The merchant's own goods, and sharing them with partners: listings and price lists that only differ are sent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from contracts import amounts
from contracts import errors as refusals
from contracts.documents.listings import Publish
from contracts.terms import Version
from node import errors
from node.storage import partners, shelves, warehouses
from node.trade import agreements, books, doors, offers, peering, personal, promises
from protocol.encoding import Value

register = doors.Register()
PRICES_PER_LIST = 200  # items in one price list, so that an entry stays far below its limit
DAY_S = 86_400


class Own(doors.Arguments):
    """Whose goods: the partner's offer to me, or mine when absent."""

    partner: str | None = None


class Share(doors.Arguments):
    """`percent` of the supply price is what this partner pays."""

    partner: str
    percent: str = "100"


class Derive(doors.Arguments):
    """`markup_percent` on what the partner asks becomes my supply price."""

    partner: str
    markup_percent: str = "20"


def put_goods(desk: books.Desk, goods: Iterable[shelves.Good]) -> dict[str, int]:
    """Store articles; tells how many were new, changed and unchanged."""
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for good in goods:
        known = shelves.good(desk.db, good.sku)
        changed = shelves.put_good(desk.db, good)
        counts["new" if known is None else "changed" if changed else "unchanged"] += 1
    return counts


def compare(desk: books.Desk, goods: Iterable[shelves.Good]) -> dict[str, int]:
    """What `put_goods` would tell, without storing anything."""
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for good in goods:
        known = shelves.good(desk.db, good.sku)
        same = known is not None and (shelves.written(known), known.supplier) == (shelves.written(good), good.supplier)
        counts["new" if known is None else "unchanged" if same else "changed"] += 1
    return counts


@register.case("catalogue.list", Own)
async def listed(trade: doors.Trade, given: Own, report: doors.Report) -> doors.Json:
    """My own goods, or what a partner offers me with its prices and stock."""
    return await trade.books.read(
        lambda desk: {"goods": mine(desk) if given.partner is None else offered(desk, given.partner)}
    )


def mine(desk: books.Desk) -> list[doors.Json]:
    """My own goods with what lies on the shelf."""
    names = {partner.id: partner.name for partner in partners.every(desk.db)}
    counted: dict[str, int] = {}
    for row in shelves.shelves(desk.db):
        counted[row.sku] = counted.get(row.sku, 0) + row.available
    return [
        {
            "sku": good.sku,
            "title": title_of(good.content["titles"]),
            "spec": spec_of(good.content.get("options", {})),
            "price": shown(good.content.get("price"), good.content["currency"]),
            "retail": shown(good.content.get("retail"), good.content["currency"]),
            "stock": counted.get(good.sku),
            "supplier": names.get(good.supplier) if good.supplier is not None else None,
        }
        for good in shelves.goods(desk.db)
    ]


def offered(desk: books.Desk, wanted: str) -> list[doors.Json]:
    """What a partner offers: every listing that has a price under the agreement in force."""
    _, channel = peering.find(desk, wanted)
    book = desk.peek(channel.id)
    version = agreements.in_force(book, 1 - book.side)
    return [describe_offer(book, version, offer) for offer in offers.every(book, version)]


def describe_offer(book: books.Book, version: Version, offer: offers.Offer) -> doors.Json:
    """One offer for people."""
    document, quoted = offer.document, offer.quote(offer.document.min_quantity)
    assert quoted is not None
    return {
        "sku": document.sku,
        "title": title_of({text.lang: text.text for text in document.titles}),
        "spec": spec_of({option.axis: option.value for option in document.options}),
        "price": money(quoted.price.amount.money),
        "retail": None if document.retail_price is None else money(document.retail_price.money),
        "stock": offers.available(book, version.seller, document.sku),
        "listing": offer.listing.hash.hex(),
    }


@register.case("catalogue.share", Share)
async def share(trade: doors.Trade, given: Share, report: doors.Report) -> doors.Json:
    """Offer all my goods to a partner under the agreement in force: what changed since last time is sent."""
    rate = percent(given.percent)

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        agreement = agreements.in_force(book, seller=book.side)
        goods = [good for good in shelves.goods(desk.db) if good.content["currency"] == agreement.terms.currency]
        sent = sum(share_listing(desk, book, good, shipper(trade, good)) for good in goods)
        prices = changed_prices(book, agreement, goods, rate)
        for first in range(0, len(prices), PRICES_PER_LIST):
            items: list[Value] = list(prices[first : first + PRICES_PER_LIST])
            body: books.Body = {"agreement": agreement.hash, "currency": agreement.terms.currency, "items": items}
            desk.write(book, "price.list", body)
        share_stock(desk, book, goods)
        return {"listings": sent, "prices": len(prices)}

    return await trade.books.act(unit)


def shipper(trade: doors.Trade, good: shelves.Good) -> dict[str, Value]:
    """To whom a consumer's address is sealed: my supplier where it ships, else this node."""
    passed_on = good.content.get("shipper")
    if passed_on is not None:
        return {key: bytes.fromhex(value) for key, value in passed_on.items()}
    kid, public = personal.newest_kem(trade.keys)
    return {"node": trade.books.me, "kem": public, "kid": kid}


def listing_body(good: shelves.Good, ships: dict[str, Value]) -> books.Body:
    """The listing of an article, without prices."""
    content = good.content
    body: books.Body = {
        "sku": good.sku,
        "titles": [{"lang": lang, "text": text} for lang, text in sorted(content["titles"].items())],
        "shipper": ships,
        "unit": content.get("unit") or "C62",
        "min_quantity": content.get("min_quantity") or 1,
        "returnable": content.get("returnable") is not False,
    }
    if content.get("options"):
        body["options"] = [{"axis": axis, "value": value} for axis, value in content["options"].items()]
    if content.get("retail") is not None:
        body["retail_price"] = money_value(content["retail"], content["currency"])
    if content.get("lead_days") is not None:
        body["lead_time_s"] = content["lead_days"] * DAY_S
    for field in ("gtin", "origin", "weight_g", "brand"):
        if content.get(field):
            body[field] = content[field]
    if content.get("description"):
        body["descriptions"] = [{"lang": "und", "text": content["description"][:2000]}]
    return body


def share_listing(desk: books.Desk, book: books.Book, good: shelves.Good, ships: dict[str, Value]) -> bool:
    """Publish or change one listing, if the partner does not have it like this already."""
    body = listing_body(good, ships)
    known = offers.listing(book, book.side, good.sku)
    if known is None:
        desk.write(book, "listing.publish", body)
        return True
    version, document = known
    if document.model_dump(exclude={"replaces"}) == Publish.model_validate(body).model_dump():
        return False
    desk.write(book, "listing.change", {**body, "replaces": version.hash})
    return True


def changed_prices(
    book: books.Book, agreement: Version, goods: Sequence[shelves.Good], rate: amounts.Rate
) -> list[dict[str, Value]]:
    """Price items that the partner does not have yet."""
    items: list[dict[str, Value]] = []
    for good in goods:
        if good.content.get("price") is None:
            continue
        wanted = rate.of(good.content["price"])
        known = offers.price(book, agreement, good.sku)
        if known is None or known.item.price is None or known.item.price.amount.a != wanted:
            items.append({"sku": good.sku, "price": {"amount": money_value(wanted, good.content["currency"])}})
    return items


def share_stock(desk: books.Desk, book: books.Book, goods: Sequence[shelves.Good]) -> int:
    """Tell the partner what can be promised, for goods whose figure changed."""
    items: list[dict[str, Value]] = []
    changed = changed_locations(desk, book)
    for good in goods:
        if offers.listing(book, book.side, good.sku) is None:
            continue
        for location, available in promises.to_partner(desk, book.partner.id, good).items():
            level = book.history.stock.get((book.side, good.sku, location))
            if level is None or level.available != available or location in changed:
                items.append({"sku": good.sku, "location": location, "available": available})
    for first in range(0, len(items), PRICES_PER_LIST):
        portion = items[first : first + PRICES_PER_LIST]
        described = {str(item["location"]) for item in portion} & changed.keys()
        body: books.Body = {"items": list(portion)}
        if described:
            body["locations"] = [changed.pop(code) for code in sorted(described)]
        desk.write(book, "stock.snapshot", body)
    return len(items)


def changed_locations(desk: books.Desk, book: books.Book) -> dict[str, dict[str, Value]]:
    """The locations of which the partner does not know what it may know, by code."""
    found = {}
    for code, place in warehouses.locations(desk.db).items():
        content: dict[str, Value] = {"code": code, **place.content}
        known = book.history.locations.get((book.side, code))
        if known is None or known.model_dump(exclude_none=True) != content:
            found[code] = content
    return found


@register.case("catalogue.derive", Derive)
async def derive(trade: doors.Trade, given: Derive, report: doors.Report) -> doors.Json:
    """Take a partner's offer into my own goods, to sell it on: it ships, I add my mark-up."""
    rate = percent(given.markup_percent, add=100)

    def unit(desk: books.Desk) -> doors.Json:
        partner, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        version = agreements.in_force(book, 1 - book.side)
        goods = [derived(offer, rate, partner.id) for offer in offers.every(book, version)]
        return {"goods": len(goods), **put_goods(desk, goods)}

    return await trade.books.act(unit)


def derived(offer: offers.Offer, rate: amounts.Rate, supplier: int) -> shelves.Good:
    """A partner's listing as an article of mine."""
    listing, quoted = offer.document, offer.quote(1)
    assert quoted is not None
    ships = listing.shipper
    content = {
        "titles": {text.lang: text.text for text in listing.titles},
        "options": {option.axis: option.value for option in listing.options},
        "currency": quoted.currency,
        "price": rate.of(quoted.price.amount.a),
        "retail": None if listing.retail_price is None else listing.retail_price.a,
        "unit": listing.unit,
        "min_quantity": listing.min_quantity,
        "gtin": listing.gtin,
        "origin": listing.origin,
        "weight_g": listing.weight_g,
        "brand": listing.brand,
        "returnable": listing.returnable,
        "shipper": None
        if ships is None
        else {"node": ships.node.hex(), "kem": ships.kem.hex(), "kid": ships.kid.hex()},
    }
    return shelves.Good(listing.sku, content, supplier)


def percent(text: str, add: int = 0) -> amounts.Rate:
    """A percentage as an exact rate, plus `add` percent: ("20", 100) is 1.2. NodeError where it is none or below 0."""
    with contextlib.suppress(refusals.Refused):
        rate = amounts.rate(text)
        numerator = rate.numerator + add * rate.denominator
        if numerator >= 0:
            return amounts.Rate(numerator, rate.denominator * 100)
    raise errors.NodeError(
        "request.malformed", "a percentage is a plain decimal", expected="for instance 20 or 12.5", got=text
    )


def title_of(titles: dict[str, str]) -> str:
    """The titles for one line of a table."""
    return " / ".join(dict.fromkeys(titles.values()))


def spec_of(options: dict[str, str]) -> str:
    """The options for one line of a table."""
    return ", ".join(options.values())


def money_value(minor: int, currency: str) -> dict[str, Value]:
    """An amount as it stands in a document."""
    return {"a": minor, "c": currency, "e": amounts.exponent(currency)}


def money(amount: amounts.Money) -> doors.Json:
    """An amount for people and programs."""
    return {"amount": amount.minor, "currency": amount.currency, "text": str(amount)}


def shown(minor: int | None, currency: str) -> doors.Json | None:
    """The same, for an amount that may be absent."""
    return None if minor is None else money(amounts.Money(minor, currency))
