"""Stock levels: one writer, the owner, so a register by SKU and location.

A level is what the owner allots to this partner. The order of the owner's logbook decides, or the owner's own
counter `as_of` where a report carries one: a report older than the last applied is ignored (faults.md D13), and a
document that brings nothing newer is refused. That one unit is promised to two partners cannot be seen from one
channel: the owner's node reserves before it answers (docs/decisions/0004-aggregates-are-policy.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contracts import amounts, channels
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import stocks as papers
from contracts.errors import Fault


@dataclass(frozen=True, slots=True)
class Stock:
    """`available` to promise to the partner, as of the owner's counter `as_of` (-1: none was ever given)."""

    side: int
    sku: str
    location: str
    available: int
    incoming: tuple[papers.Incoming, ...] = ()
    as_of: int = -1


def snapshot(channel: Channel, candidate: Candidate) -> Plan:
    """`stock.snapshot`: levels."""
    document = candidate.document
    assert isinstance(document, papers.Snapshot)
    side = candidate.item.side
    levels = [
        Stock(side, item.sku, item.location, item.available, item.incoming, _counter(channel, side, item))
        for item in document.items
        if not _older(channel, side, item)
    ]
    return _plan(channel, levels, [(side, location) for location in document.locations])


def delta(channel: Channel, candidate: Candidate) -> Plan:
    """`stock.delta`: differences; none may leave less than nothing."""
    document = candidate.document
    assert isinstance(document, papers.Delta)
    side = candidate.item.side
    faults: list[Fault] = []
    levels: list[Stock] = []
    for place, item in enumerate(document.items):
        if _older(channel, side, item):
            continue
        before = channel.stock.get((side, item.sku, item.location))
        available = (before.available if before else 0) + item.difference
        if available < 0:
            faults.append(Fault("stock.negative", f"items.{place}.difference", "a level of at least 0", str(available)))
        elif available > amounts.QUANTITY_MAX:
            faults.append(
                Fault("quantity.over", f"items.{place}.difference", f"at most {amounts.QUANTITY_MAX}", str(available))
            )
        incoming = before.incoming if before else ()
        levels.append(Stock(side, item.sku, item.location, available, incoming, _counter(channel, side, item)))
    return channels.refused(faults) if faults else _plan(channel, levels)


def _older(channel: Channel, side: int, item: papers.Level | papers.Step) -> bool:
    before = channel.stock.get((side, item.sku, item.location))
    return before is not None and item.as_of is not None and item.as_of <= before.as_of


def _counter(channel: Channel, side: int, item: papers.Level | papers.Step) -> int:
    before = channel.stock.get((side, item.sku, item.location))
    return item.as_of if item.as_of is not None else (before.as_of if before else -1)


def _plan(channel: Channel, levels: Sequence[Stock], places: Sequence[tuple[int, papers.Location]] = ()) -> Plan:
    if not levels:
        return channels.refused([Fault("stock.superseded", "items", "a newer as_of for at least one item", "none")])

    def effect() -> list[Change]:
        return [_applied(channel, level) for level in levels] + [_described(channel, *place) for place in places]

    return Plan(effect=effect)


def _described(channel: Channel, side: int, location: papers.Location) -> Change:
    key = (side, location.code)
    before = channel.locations.get(key)
    channel.locations[key] = location
    return Change("location", key, before, location)


def _applied(channel: Channel, level: Stock) -> Change:
    key = (level.side, level.sku, level.location)
    before = channel.stock.get(key)
    if before is None:
        channel.places.setdefault((level.side, level.sku), []).append(level.location)
    channel.stock[key] = level
    return Change("stock", key, before, level)
