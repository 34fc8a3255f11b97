"""What may be promised, to whom, and from where: on hand, less reserved, less the buffer, at most the allotment.

Goods that a supplier ships lie at the supplier's: this node promises what the supplier has told it, less its own
buffer, and never adds a shelf of its own to it. So a unit is counted once, by whoever ships it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from node.storage import partners, shelves, warehouses
from node.trade import books


def to_partner(desk: books.Desk, partner: int, good: shelves.Good) -> dict[str, int]:
    """Units by location that a partner is told of; none for a SKU whose supplier has told nothing yet."""
    free = mirrored(desk, good) if good.supplier is not None else on_shelves(desk, good.sku)
    total = sum(free.values())
    allowed = max(0, total - warehouses.buffer(desk.db, good.sku))
    allotment = warehouses.allotment(desk.db, partner, good.sku)
    if allotment is not None:
        allowed = allotment.of(allowed)
    return taken(free, allowed)


def on_shelves(desk: books.Desk, sku: str) -> dict[str, int]:
    """What each location of this merchant can still give."""
    rows = {row.location: max(0, row.available) for row in shelves.of_sku(desk.db, sku)}
    return {shelves.MAIN: rows.pop(shelves.MAIN, 0), **rows}


def mirrored(desk: books.Desk, good: shelves.Good) -> dict[str, int]:
    """What the supplier of a good can promise, as it last said, as one location."""
    assert good.supplier is not None
    channel = partners.channel_of(desk.db, good.supplier)
    if channel is None:
        return {}
    book = desk.peek(channel.id)
    told = book.history.levels(1 - book.side, good.sold_as)
    return {shelves.MAIN: sum(level.available for level in told)} if told else {}


def taken(free: Mapping[str, int], units: int) -> dict[str, int]:
    """`units` out of what is free, the first locations first; the others keep nothing."""
    found = {}
    for location, there in free.items():
        found[location] = min(there, units)
        units -= found[location]
    return found


def chosen(
    desk: books.Desk,
    free: Mapping[str, int],
    quantity: int,
    *,
    location: str | None,
    territory: str | None,
    country: str | None,
    whole: bool,
) -> list[tuple[str, int]]:
    """From where `quantity` units leave: (location, units), less where there is less.

    What the buyer asked for binds: `location`, or `territory` (a country). Else one location that has it all goes
    before several, and one in the country that the goods go to before one abroad. `whole`: all from one, or nothing.
    """
    known = warehouses.locations(desk.db)

    def country_of(code: str) -> str | None:
        return known[code].country if code in known else None

    def rank(code: str) -> tuple[bool, bool, bool, str]:
        abroad = country is not None and country_of(code) != country
        return free[code] < quantity, abroad, code != shelves.MAIN, code

    fitting: Iterable[str] = [
        code
        for code in free
        if (location is None or code == location) and (territory is None or country_of(code) == territory)
    ]
    parts: list[tuple[str, int]] = []
    for code in sorted(fitting, key=rank):
        units = min(free[code], quantity)
        if units and not (whole and units < quantity):
            parts.append((code, units))
            quantity -= units
    return parts
