"""The merchant's own goods, and sharing them with partners: listings and price lists that only differ are sent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from contracts import amounts
from contracts import errors as refusals
from contracts.documents.listings import Publish
from contracts.terms import Version
from node import errors
from node.storage import partners, settings, shelves, warehouses
from node.trade import books, doors, peering, personal
from node.trade.goods import offers, parents, promises
from node.trade.partners import agreements
from protocol.encoding import Value

register = doors.Register()
PRICES_PER_LIST = 200  # items in one price list, so that an entry stays far below its limit
DAY_S = 86_400
WITHDRAWN = "withdrawn"  # in a good's content: offered to nobody, until it is imported, derived or offered again
PRICES = "prices"  # in a good's content: partner id, as text -> what this partner pays, where it is no percentage
OWN = "own"  # in the content of a good that a supplier ships: what the merchant wrote otherwise, and so stays
KEPT: Final = ("base", "contents", "cost", "images", "markup", "moved", "step", "suggested", OWN, PRICES)
"""What neither a row of a sheet nor a form says of an article: it stays when the article is written anew."""
PERCENT = "share/"  # setting, by channel: the percent of the supply price at which goods were last shared


class Share(doors.Arguments):
    """`percent` of the supply price is what this partner pays; never nothing."""

    partner: str
    percent: str = "100"


class Withdraw(doors.Arguments):
    """An article of mine."""

    sku: str


def put_goods(desk: books.Desk, goods: Iterable[shelves.Good]) -> dict[str, int]:
    """Store articles; tells how many were new, changed and unchanged."""
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for good in goods:
        known = shelves.good(desk.db, good.sku)
        changed = shelves.put_good(desk.db, good)
        counts["new" if known is None else "changed" if changed else "unchanged"] += 1
    return counts


def rewritten(known: shelves.Good, content: Mapping[str, Any]) -> shelves.Good:
    """An article as somebody wrote it anew. What follows a supplier still does, but for what was written otherwise."""
    kept = {name: known.content[name] for name in KEPT if name in known.content and name not in content}
    if content.get("price") != known.content.get("price"):
        kept.pop("base", None)  # a price that people write is for one
    return owned(known, {**content, **kept})


def owned(known: shelves.Good, content: Mapping[str, Any]) -> shelves.Good:
    """The same article with other content. Of one that a supplier ships, it remembers what is the merchant's own."""
    if known.supplier is None:
        return replace(known, content=dict(content))
    changed = {name for name in content if content[name] != known.content.get(name)} - {OWN, PRICES, "cost", "moved"}
    own = sorted({*known.content.get(OWN, ()), *changed})
    return replace(known, content={**content, OWN: own} if own else dict(content))


def compare(desk: books.Desk, goods: Iterable[shelves.Good]) -> dict[str, int]:
    """What `put_goods` would tell, without storing anything."""
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for good in goods:
        known = shelves.good(desk.db, good.sku)
        same = known is not None and known == good
        counts["new" if known is None else "unchanged" if same else "changed"] += 1
    return counts


@register.case("catalogue.share", Share)
async def share(trade: doors.Trade, given: Share, report: doors.Report) -> doors.Json:
    """Offer all my goods to a partner under the agreement in force: what changed since last time is sent."""
    rate = percent(given.percent)
    if not rate.numerator:
        raise errors.NodeError("request.malformed", "goods are not offered for nothing", expected="1 or more", got="0")

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        agreement = agreements.in_force(book, seller=book.side)
        settings.put(desk.db, f"{PERCENT}{channel.id}", given.percent.encode())
        goods = [good for good in shelves.goods(desk.db) if good.content["currency"] == agreement.terms.currency]
        listings, prices = send(desk, book, agreement, goods, rate, shipped_by(trade, book))
        share_stock(desk, book, goods)
        return {"listings": listings, "prices": prices}

    return await trade.books.act(unit)


def follow_up(desk: books.Desk, book: books.Book, goods: Sequence[shelves.Good]) -> None:
    """Send a partner what changed about goods that a supplier ships, at the terms on which they were shared before."""
    agreement = agreements.in_force(book, seller=book.side)
    stored = settings.get(desk.db, f"{PERCENT}{book.channel.id}")
    send(desk, book, agreement, goods, percent("100" if stored is None else stored.decode()), {})


def tell(trade: doors.Trade, desk: books.Desk, goods: Sequence[shelves.Good]) -> int:
    """Send every partner to whom goods were ever offered what changed about these; how many were told anything."""
    told = 0
    for partner in partners.every(desk.db):
        channel = partners.channel_of(desk.db, partner.id)
        stored = None if channel is None else settings.get(desk.db, f"{PERCENT}{channel.id}")
        if channel is None or stored is None or channel.state in books.HALTED:
            continue
        if partner.state is partners.PartnerState.ACTIVE:
            told += tell_partner(trade, desk, desk.book(channel.id), goods, stored.decode())
    return told


def tell_partner(
    trade: doors.Trade, desk: books.Desk, book: books.Book, goods: Sequence[shelves.Good], rate: str
) -> bool:
    """Send one partner what changed about some goods; tells whether anything was."""
    with contextlib.suppress(errors.NodeError):  # without terms in force there is nothing to tell
        agreement = agreements.in_force(book, seller=book.side)
        fitting = [good for good in goods if good.content["currency"] == agreement.terms.currency]
        counts = send(desk, book, agreement, fitting, percent(rate), shipped_by(trade, book))
        return bool(share_stock(desk, book, fitting) or any(counts))
    return False


def shipped_by(trade: doors.Trade, book: books.Book) -> dict[str, Value]:
    """To whom a partner seals the addresses for goods of my own."""
    kid, public = personal.newest_kem(trade.keys, book.partner.node)
    return {"node": book.me, "kem": public, "kid": kid}


def send(
    desk: books.Desk,
    book: books.Book,
    agreement: Version,
    goods: Sequence[shelves.Good],
    rate: amounts.Rate,
    ships: dict[str, Value],
) -> tuple[int, int]:
    """Write the listings and prices that a partner does not have yet; how many of each.

    `ships`: to whom addresses are sealed for goods of my own. What I withdrew, or its supplier does not offer, is not
    offered.
    """
    listings, offered = 0, []
    for good in goods:
        behind = None if good.supplier is None else parents.offer(desk, good)
        if good.content.get(WITHDRAWN) or (good.supplier is not None and behind is None):
            continue
        offered.append(good)
        body = listing_body(good, ships)
        if behind is not None:
            parents.derive(desk, book, body, behind)
        listings += share_listing(desk, book, body)
    prices = changed_prices(book, agreement, offered, rate)
    for first in range(0, len(prices), PRICES_PER_LIST):
        items: list[Value] = list(prices[first : first + PRICES_PER_LIST])
        body = {"agreement": agreement.hash, "currency": agreement.terms.currency, "items": items}
        desk.write(book, "price.list", body)
    return listings, len(prices)


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
    for field in ("gtin", "origin", "weight_g", "brand", "category"):
        if content.get(field):
            body[field] = content[field]
    if content.get("contents"):
        body["contents"] = content["contents"]
    if content.get("images"):
        body["images"] = [{**image, "hash": bytes.fromhex(image["hash"])} for image in content["images"]]
    if content.get("description"):
        body["descriptions"] = [{"lang": "und", "text": content["description"][:2000]}]
    return body


def share_listing(desk: books.Desk, book: books.Book, body: books.Body) -> bool:
    """Publish or change one listing, if the partner does not have it like this already."""
    wanted = Publish.model_validate(body)
    known = offers.listing(book, book.side, wanted.sku)
    if known is None:
        desk.write(book, "listing.publish", body)
        return True
    version, document = known
    if document.model_dump(exclude={"replaces"}) == wanted.model_dump():
        return False
    desk.write(book, "listing.change", {**body, "replaces": version.hash})
    return True


@register.case("catalogue.withdraw", Withdraw)
async def withdraw_everywhere(trade: doors.Trade, given: Withdraw, report: doors.Report) -> doors.Json:
    """Offer an article to nobody any more; orders that were placed are not touched."""

    def unit(desk: books.Desk) -> doors.Json:
        good = shelves.good(desk.db, given.sku)
        if good is None:
            raise errors.NodeError("stock.sku", "this is none of my goods", expected="a SKU of mine", got=given.sku)
        shelves.put_good(desk.db, replace(good, content={**good.content, WITHDRAWN: True}))
        told = sum(withdraw(desk, book, good.sku) for book in peering.written_books(desk))
        return {"sku": good.sku, "partners": told}

    return await trade.books.act(unit)


def withdraw(desk: books.Desk, book: books.Book, sku: str) -> bool:
    """Offer an article to a partner no longer; tells whether it was offered."""
    known = offers.listing(book, book.side, sku)
    if known is not None:
        desk.write(book, "listing.withdraw", {"sku": sku, "listing": known[0].hash, "reason": "supply"})
    return known is not None


def changed_prices(
    book: books.Book, agreement: Version, goods: Sequence[shelves.Good], rate: amounts.Rate
) -> list[dict[str, Value]]:
    """Price items that the partner does not have yet."""
    items: list[dict[str, Value]] = []
    for good in goods:
        if good.content.get("price") is None:
            continue
        special = good.content.get(PRICES, {}).get(str(book.partner.id))
        wanted = rate.of(good.content["price"]) if special is None else special
        base = good.content.get("base", 1) if special is None else 1
        known = offers.price(book, agreement, good.sku)
        price = None if known is None else known.item.price
        if price is None or (price.amount.a, price.base) != (wanted, base):
            amount = money_value(wanted, good.content["currency"])
            items.append({"sku": good.sku, "price": {"amount": amount, "base": base}})
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
