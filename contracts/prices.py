"""Price lists per agreement: one writer, the seller, so a chain by SKU in its logbook.

An order line names the entry that set its price. It is legal if that entry is the newest for this SKU that the buyer
knew: a price that rose meanwhile does not touch the order, and one that the buyer had already seen replaced does not
come back. Prices that no later order can name any more are forgotten.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from contracts import agreements, channels, pricing
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import fields, orders
from contracts.documents import prices as papers
from contracts.errors import Fault
from contracts.items import Past
from contracts.terms import Version

_USABLE: Final = frozenset({agreements.AgreementState.IN_FORCE})


@dataclass(frozen=True, slots=True)
class PriceVersion:
    """What one entry set: `item.price` None means withdrawn."""

    index: int
    hash: bytes
    item: papers.PriceItem


@dataclass(slots=True)
class PriceChain:
    """The prices of a SKU under one agreement that still matter, the newest last; `side` is the seller's."""

    side: int
    agreement: bytes
    sku: str
    versions: list[PriceVersion] = field(default_factory=list)

    @property
    def current(self) -> PriceVersion:
        """The newest price."""
        return self.versions[-1]


def _index(version: PriceVersion) -> int:
    return version.index


def known(chain: PriceChain | None, past: Past) -> PriceVersion | None:
    """The newest price that a past holds."""
    if chain is None:
        return None
    place = bisect_left(chain.versions, past[chain.side], key=_index)
    return chain.versions[place - 1] if place else None


def publish(channel: Channel, candidate: Candidate) -> Plan:
    """`price.list` and `price.change` of the seller."""
    document = candidate.document
    assert isinstance(document, papers.PriceList)
    found, faults = in_force(channel, candidate, document.agreement)
    if found is None:
        return channels.refused(faults)
    agreement, _ = found
    faults.extend(channels.role_faults(candidate, agreement.seller))
    if document.currency != agreement.currency:
        faults.append(Fault("money.currency", "currency", agreement.currency, document.currency))
    for place, item in enumerate(document.items):
        named = [] if item.price is None else [item.price, *(step.price for step in item.breaks)]
        faults.extend(currency_faults(agreement.currency, named, f"items.{place}.price"))
        if item.floor is not None and item.floor.c != agreement.currency:
            faults.append(Fault("money.currency", f"items.{place}.floor", agreement.currency, item.floor.c))
    if faults:
        return channels.refused(faults)
    return Plan(effect=lambda: [_append(channel, candidate, agreement.key, item) for item in document.items])


def in_force(
    channel: Channel, candidate: Candidate, name: bytes
) -> tuple[tuple[agreements.Agreement, Version] | None, list[Fault]]:
    """The agreement of this name, if it is in force in what the author knows; otherwise the fault."""
    found = channels.agreement_at(channel, candidate.past, name)
    if found is None:
        return None, [Fault("agreement.not-in-force", "agreement", "an agreement of this channel", name.hex())]
    agreement, _ = found
    if agreement.state not in _USABLE:
        return None, [Fault("agreement.not-in-force", "agreement", "in-force", agreement.state)]
    if agreement.current != name:
        code = "agreement.superseded" if name in agreement.accepted else "agreement.not-in-force"
        return None, [Fault(code, "agreement", (agreement.current or b"").hex(), name.hex())]
    return found, []


def opening(
    channel: Channel, candidate: Candidate, name: bytes
) -> tuple[agreements.Agreement, Version, list[Fault]] | Plan:
    """What every thread begins with that a buyer opens under an agreement in force: the agreement, the version, and
    what is wrong with who asks and when; or the plan that refuses it."""
    faults = channels.active_faults(channel, candidate.past)
    found, not_in_force = in_force(channel, candidate, name)
    if found is None:
        return channels.refused([*faults, *not_in_force])
    faults.extend(channels.role_faults(candidate, found[0].seller))
    return *found, faults


def currency_faults(currency: str, prices: Sequence[fields.Price], path: str) -> list[Fault]:
    """A fault for each price in another currency than the agreement's (faults.md D07)."""
    return [Fault("money.currency", path, currency, price.amount.c) for price in prices if price.amount.c != currency]


def line_faults(channel: Channel, candidate: Candidate, key: bytes, line: orders.PlacedLine, path: str) -> list[Fault]:
    """The guards of an order line: it names the newest price that the buyer knew, and asks exactly that."""
    version = known(channel.prices.get((key, line.sku)), candidate.past)
    if version is None:
        return [Fault("price.unknown", f"{path}.sku", "a SKU that has a price", line.sku)]
    assert line.price_list is not None, "the schema demands it of a line without a quote"
    if version.hash != line.price_list:
        return [Fault("price.superseded", f"{path}.price_list", version.hash.hex(), line.price_list.hex())]
    return pricing.differences(version.item, line.quantity, line.price, line.tax, path)


def _append(channel: Channel, candidate: Candidate, key: bytes, item: papers.PriceItem) -> Change:
    side = candidate.item.side
    name = (key, item.sku)
    chain = channel.prices.get(name)
    if chain is None:
        chain = channel.prices[name] = PriceChain(side, key, item.sku)
    before = chain.versions[-1] if chain.versions else None
    # all but the newest of those that the buyer has already seen past: its `seen` does not go back
    seen = bisect_left(chain.versions, channels.seen_of(channel, side), key=_index)
    if seen > 1:
        del chain.versions[: seen - 1]
    after = PriceVersion(candidate.item.index, candidate.item.hash, item)
    chain.versions.append(after)
    return Change("price", name, before, after)
