"""Rules that choose a courier for each parcel (S35): the first rule that fits says which.

A rule may ask for where the parcel goes, what it weighs, from where it leaves and for whom. A parcel without a known
weight, or without a readable place, fits no rule that asks for one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import pydantic

from contracts.documents import fields
from node import errors
from node.storage import settings, shelves
from node.trade import carriers, doors, peering, portions
from node.trade.books import Desk
from node.trade.goods import offers, reservations
from node.trade.ordering import orders

register = doors.Register()
RULES = "courier_rules"  # the setting that holds them, the first one first
RULES_MAX = 200
Grams = Annotated[int, pydantic.Field(ge=1, le=10**9)]


class Rule(doors.Arguments):
    """`carrier` takes a parcel to one of `countries` or `regions` (none: anywhere) of at most `weight_g_max`, from
    `location`, for `partner`."""

    carrier: str
    countries: list[fields.Country] = pydantic.Field(default_factory=list)
    regions: list[fields.Region] = pydantic.Field(default_factory=list)
    weight_g_max: Grams | None = None
    location: str | None = None
    partner: str | None = None


class Add(Rule):
    """Before the rule with this number; without one, after all others."""

    before: Annotated[int, pydantic.Field(ge=1)] | None = None


class Remove(doors.Arguments):
    """A rule by its number, as `courier.list` shows it."""

    rule: int


class Choose(orders.One):
    """Without `quantities` everything that is agreed."""

    quantities: dict[str, doors.Quantity] | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """What rules look at; None: not known."""

    partner: str
    country: str | None
    region: str | None
    weight_g: int | None
    location: str


def stored(desk: Desk) -> list[Rule]:
    """All rules in their order."""
    content = settings.get(desk.db, RULES)
    return [] if content is None else [Rule.model_validate(row) for row in json.loads(content)]


def store(desk: Desk, rules: list[Rule]) -> None:
    """Replace all rules."""
    settings.put(desk.db, RULES, json.dumps([rule.model_dump() for rule in rules]).encode())


@register.case("courier.add", Add)
async def add(trade: doors.Trade, given: Add, report: doors.Report) -> doors.Json:
    """Add a rule."""
    code = carriers.code(given.carrier)
    if code is None:
        raise errors.NodeError(
            "request.malformed", "this names no carrier", expected="SF, 顺丰, DHL", got=given.carrier
        )

    def unit(desk: Desk) -> doors.Json:
        rules = stored(desk)
        if len(rules) >= RULES_MAX:
            raise errors.NodeError("courier.rule", "there are too many rules", expected=f"at most {RULES_MAX}")
        partner = None if given.partner is None else peering.find(desk, given.partner)[0].name
        rule = Rule(**{**given.model_dump(exclude={"before"}), "carrier": code, "partner": partner})
        place = len(rules) if given.before is None else min(given.before - 1, len(rules))
        rules.insert(place, rule)
        store(desk, rules)
        return {"rule": place + 1, "carrier": code}

    return await trade.books.act(unit)


@register.case("courier.remove", Remove)
async def remove(trade: doors.Trade, given: Remove, report: doors.Report) -> doors.Json:
    """Drop a rule; those behind it move up."""

    def unit(desk: Desk) -> doors.Json:
        rules = stored(desk)
        if not 1 <= given.rule <= len(rules):
            raise errors.NodeError(
                "courier.rule", "there is no such rule", expected=f"1 to {len(rules)}", got=str(given.rule)
            )
        gone = rules.pop(given.rule - 1)
        store(desk, rules)
        return {"rule": given.rule, "carrier": gone.carrier}

    return await trade.books.act(unit)


@register.case("courier.list", doors.NoArguments)
async def listed(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """All rules, the first one first."""
    rules = await trade.books.read(stored)
    return {"rules": [{"rule": number, **rule.model_dump()} for number, rule in enumerate(rules, 1)]}


@register.case("courier.choose", Choose)
async def choose(trade: doors.Trade, given: Choose, report: doors.Report) -> doors.Json:
    """Say which courier the rules choose for a parcel of an order, and what they looked at."""

    def unit(desk: Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        quantities = portions.line_quantities(found.order, given.quantities, *reservations.READY)
        parcel = parcel_of(trade, desk, found, quantities, given.location)
        number = fitting(stored(desk), parcel)
        chosen = None if number is None else stored(desk)[number - 1].carrier
        looked = {"country": parcel.country, "region": parcel.region, "weight_g": parcel.weight_g}
        return {"order": found.row.number, "carrier": chosen, "rule": number, **looked, "location": parcel.location}

    return await trade.books.read(unit)


def carrier_for(
    trade: doors.Trade, desk: Desk, found: orders.Found, quantities: Mapping[int, int], location: str | None
) -> str:
    """The courier that the rules choose. NodeError `courier.none`."""
    rules = stored(desk)
    number = fitting(rules, parcel_of(trade, desk, found, quantities, location))
    if number is None:
        raise errors.NodeError(
            "courier.none",
            "no rule chooses a courier for this parcel",
            expected="a carrier, or a rule that fits",
            got=f"{len(rules)} rules",
            hint="`hanse courier choose` shows what the rules look at",
        )
    return rules[number - 1].carrier


def fitting(rules: list[Rule], parcel: Parcel) -> int | None:
    """The number of the first rule that fits, from 1 on."""
    return next((number for number, rule in enumerate(rules, 1) if fits(rule, parcel)), None)


def fits(rule: Rule, parcel: Parcel) -> bool:
    """Whether a rule takes a parcel. A Chinese province takes its cities (GB/T 2260)."""
    if rule.countries and parcel.country not in rule.countries:
        return False
    if rule.regions and not any(within(region, parcel.region) for region in rule.regions):
        return False
    if rule.weight_g_max is not None and (parcel.weight_g is None or parcel.weight_g > rule.weight_g_max):
        return False
    return rule.location in (None, parcel.location) and rule.partner in (None, parcel.partner)


def within(wide: str, region: str | None) -> bool:
    """Whether a region lies in another one: of a Chinese code, a province's ends in four zeros, a city's in two."""
    if region is None or not wide.isdigit():
        return region == wide
    digits = 2 if wide.endswith("0000") else 4 if wide.endswith("00") else 6
    return region[:digits] == wide[:digits]


def parcel_of(
    trade: doors.Trade, desk: Desk, found: orders.Found, quantities: Mapping[int, int], location: str | None
) -> Parcel:
    """What is known of a parcel with these units: where it goes by its recipient, or by what the order says openly."""
    place = {**orders.destination(desk, found), **(orders.recipient(trade, desk, found) or {})}
    there = {
        found.order.lines[number].terms[lot.terms].location or shelves.MAIN
        for number, quantity in quantities.items()
        for lot in found.order.lines[number].lots
        if quantity and lot.state in reservations.READY
    }
    from_where = location or (there.pop() if len(there) == 1 else shelves.MAIN)
    return Parcel(
        found.book.partner.name, place.get("country"), place.get("region"), weight(found, quantities), from_where
    )


def weight(found: orders.Found, quantities: Mapping[int, int]) -> int | None:
    """Grams by the listings; None where one of them names no weight."""
    total = 0
    for number, quantity in quantities.items():
        if quantity:
            sku = found.order.lines[number].terms[0].sku
            listed = offers.listing(found.book, found.order.version.seller, sku)
            if listed is None or listed[1].weight_g is None:
                return None
            total += listed[1].weight_g * quantity
    return total
