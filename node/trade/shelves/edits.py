"""Writing one article by hand: a new one, a change of one, a price for one partner, and offering it again.

Every partner who was ever offered goods is told at once what changed for it, by the same documents as after an import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

import pydantic

from contracts import amounts, axes, documents
from contracts import errors as refusals
from contracts.documents import listings as papers
from node import errors
from node.storage import shelves
from node.trade import attachments, books, doors, peering
from node.trade.goods import articles, catalogues, derivations, galleries, parents
from node.trade.shelves import stocks

register = doors.Register()
CURRENCY: Final = "CNY"
DAYS_MAX: Final = 3_650

Text = Annotated[str, pydantic.Field(max_length=8_000)]
Whole = Annotated[int, pydantic.Field(ge=0, le=10**9)]


class Option(doors.Arguments):
    """What distinguishes a variant: its axis in words or as a code, as `colour`, and its value."""

    axis: Annotated[str, pydantic.Field(min_length=1, max_length=40)]
    value: Annotated[str, pydantic.Field(min_length=1, max_length=200)]


class Change(doors.Arguments):
    """An article of mine. What is absent stays as it is; with `whole` it is taken away.

    `titles`: by BCP 47 language. `price`, `retail`: plain decimals, for one, what a partner and a consumer pay.
    `unit`: UN/ECE code. `origin`: ISO 3166-1 alpha-2. `markup_percent`: on what its supplier asks, for goods that
    follow one.
    """

    sku: str
    titles: Annotated[dict[str, Text], pydantic.Field(max_length=30)] | None = None
    options: Annotated[list[Option], pydantic.Field(max_length=10)] | None = None
    price: str | None = None
    retail: str | None = None
    currency: str | None = None
    unit: str | None = None
    min_quantity: Whole | None = None
    gtin: str | None = None
    brand: str | None = None
    category: str | None = None
    origin: str | None = None
    weight_g: Whole | None = None
    lead_days: Annotated[int, pydantic.Field(ge=0, le=DAYS_MAX)] | None = None
    returnable: bool | None = None
    description: Text | None = None
    markup_percent: str | None = None
    whole: bool = False


class Add(Change):
    """A new article, what was counted of it by location, and its pictures."""

    stock: dict[str, doors.Quantity] | None = None
    files: Annotated[list[attachments.File], pydantic.Field(max_length=galleries.IMAGES_MAX)] | None = None


class Price(doors.Arguments):
    """What a partner pays for an article of mine: `amount`, or by its percentage again when absent."""

    partner: str
    sku: str
    amount: str | None = None


class One(doors.Arguments):
    """An article of mine."""

    sku: str


PLAIN: Final = (
    "unit", "min_quantity", "gtin", "brand", "category", "origin", "weight_g", "lead_days", "returnable", "description",
)  # fmt: skip
"""Arguments that stand in an article under their own names."""
NOTHING: Final[Mapping[str, Any]] = {
    "titles": {}, "options": {}, "price": None, "retail": None, "unit": "C62", "min_quantity": 1, "gtin": None,
    "brand": "", "category": "", "origin": "", "weight_g": None, "lead_days": None, "returnable": None,
    "description": "",
}  # fmt: skip
"""An article of which nothing is said."""


@register.case("catalogue.add", Add)
async def add(trade: doors.Trade, given: Add, report: doors.Report) -> doors.Json:
    """Write a new article, and offer it to every partner who is offered my goods. NodeError `good.known`."""
    pictures = await galleries.cleaned(given.files or ())

    def unit(desk: books.Desk) -> doors.Json:
        if shelves.good(desk.db, given.sku) is not None:
            raise errors.NodeError("good.known", "one of my goods has this SKU", expected="another SKU", got=given.sku)
        content, found = written(given, None)
        good = checked(shelves.Good(given.sku, content, None), found)
        shelves.put_good(desk.db, galleries.shown_in(desk, good, pictures))
        for location, on_hand in (given.stock or {}).items():
            stocks.known_location(desk, location)
            shelves.set_on_hand(desk.db, good.sku, location, on_hand)
        return kept(trade, desk, good.sku)

    return await trade.books.act(unit)


@register.case("catalogue.change", Change)
async def change(trade: doors.Trade, given: Change, report: doors.Report) -> doors.Json:
    """Write an article anew, and tell every partner who is offered it. NodeError `good.unknown`."""

    def unit(desk: books.Desk) -> doors.Json:
        known = articles.find(desk, given.sku)
        content, found = written(given, known)
        good = catalogues.rewritten(known, content)
        if catalogues.WITHDRAWN in known.content:
            good = replace(good, content={**good.content, catalogues.WITHDRAWN: True})
        if given.markup_percent is not None and given.markup_percent != known.content.get("markup"):
            good = marked_up(desk, good, given.markup_percent)
        shelves.put_good(desk.db, checked(good, found))
        return kept(trade, desk, good.sku)

    return await trade.books.act(unit)


@register.case("catalogue.price", Price)
async def price(trade: doors.Trade, given: Price, report: doors.Report) -> doors.Json:
    """Set what one partner pays for one article, whatever its percentage, and tell it at once."""

    def unit(desk: books.Desk) -> doors.Json:
        good = articles.find(desk, given.sku)
        partner, _ = peering.find(desk, given.partner)
        prices = {name: minor for name, minor in good.content.get(catalogues.PRICES, {}).items()}
        prices.pop(str(partner.id), None)
        if given.amount is not None:
            found = list(faults_of_money({"amount": given.amount}, good.content["currency"]))
            refuse(found)
            prices[str(partner.id)] = amounts.money(given.amount, good.content["currency"]).minor
        content = {name: value for name, value in good.content.items() if name != catalogues.PRICES}
        shelves.put_good(desk.db, replace(good, content={**content, catalogues.PRICES: prices} if prices else content))
        return kept(trade, desk, good.sku)

    return await trade.books.act(unit)


@register.case("catalogue.restore", One)
async def restore(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """Offer an article again that was withdrawn from everybody."""

    def unit(desk: books.Desk) -> doors.Json:
        good = articles.find(desk, given.sku)
        content = {name: value for name, value in good.content.items() if name != catalogues.WITHDRAWN}
        shelves.put_good(desk.db, replace(good, content=content))
        return kept(trade, desk, good.sku)

    return await trade.books.act(unit)


def kept(trade: doors.Trade, desk: books.Desk, sku: str) -> doors.Json:
    """Tell partners of an article as it stands now; the answer."""
    good = articles.find(desk, sku)
    return {
        "sku": sku,
        "titles": good.content["titles"],
        "partners": catalogues.tell(trade, desk, [good]),
        "priced": good.content.get("price") is not None,
    }


def written(given: Change, known: shelves.Good | None) -> tuple[dict[str, Any], list[errors.Fault]]:
    """The content of an article as it was written, over what was known of it; and what is wrong with its amounts."""
    before = {} if known is None else known.content
    content = dict(NOTHING) if given.whole else {name: before.get(name, value) for name, value in NOTHING.items()}
    content |= {name: value for name in PLAIN if (value := getattr(given, name)) is not None}
    if given.titles is not None:
        content["titles"] = {language: text.strip() for language, text in given.titles.items() if text.strip()}
    if given.options is not None:
        named = {option.axis: option.value for option in given.options}
        content["options"] = named if set(named) <= before.get("options", {}).keys() else axes.coded(named)
    supplied = known is not None and known.supplier is not None
    currency = before["currency"] if supplied else given.currency or before.get("currency") or CURRENCY
    stated = {name: text for name in ("price", "retail") if (text := getattr(given, name)) is not None}
    found = list(faults_of_money(stated, currency))
    content["currency"] = CURRENCY if found else currency
    if not found:
        content |= {name: amounts.money(text, currency).minor for name, text in stated.items()}
    return content, found


def faults_of_money(stated: Mapping[str, str], currency: str) -> Iterator[errors.Fault]:
    """What is wrong with amounts, by the names of their fields."""
    try:
        amounts.exponent(currency)
    except refusals.Refused as refused:
        yield from ({**row, "path": "currency"} for row in doors.fault_rows(refused))
        return
    for name, text in stated.items():
        try:
            if amounts.money(text, currency).minor < 0:
                yield errors.fault("document.money", name, "no negative amount", text)
        except refusals.Refused as refused:
            yield from ({**row, "path": name, "got": text} for row in doors.fault_rows(refused))


def marked_up(desk: books.Desk, good: shelves.Good, percent: str) -> shelves.Good:
    """An article that follows its supplier's price with this mark-up."""
    behind = parents.offer(desk, good)
    if behind is None:
        raise errors.NodeError("offer.unknown", "its supplier does not offer it now", expected="an offer", got=good.sku)
    asked = behind.price.item.price
    assert asked is not None, "an offer has a price"
    rule = derivations.Rule(percent, step=derivations.rule_of(good).step)
    minor, base = rule.price(behind)
    own = [name for name in good.content.get(catalogues.OWN, ()) if name not in ("price", "markup", "suggested")]
    content = {name: value for name, value in good.content.items() if name != "suggested"}
    now = {"cost": asked.amount.a, "price": minor, "base": base, catalogues.OWN: own}
    return replace(good, content={**content, **rule.content, **now})


def checked(good: shelves.Good, found: list[errors.Fault]) -> shelves.Good:
    """An article that can stand in a listing. NodeError `request.malformed` with every fault, by field."""
    body = catalogues.listing_body(good, {})
    del body["shipper"]
    try:
        documents.parse(papers.Publish.TYPE, papers.Publish.VERSION, body)
    except refusals.Refused as refused:
        found += [{**row, "path": field_of(good, row["path"])} for row in doors.fault_rows(refused)]
    refuse(found)
    return good


def field_of(good: shelves.Good, path: str) -> str:
    """The argument from which a field of a listing comes: `titles.zh` for `titles.1.text`."""
    field, _, rest = path.partition(".")
    place, keys = (
        rest.partition(".")[0],
        {"titles": sorted(good.content["titles"]), "options": [*good.content["options"]]},
    )
    if field in keys and place.isdigit():
        return f"{field}.{keys[field][int(place)]}"
    return FIELDS.get(field, field)


FIELDS: Final = {"retail_price": "retail", "lead_time_s": "lead_days", "descriptions": "description"}
"""Field of a listing -> argument that it comes from, where it is called otherwise."""


def refuse(found: list[errors.Fault]) -> None:
    """Raise NodeError `request.malformed` with every fault, if there is one."""
    if found:
        raise errors.NodeError("request.malformed", "the article has faults", faults=found)
