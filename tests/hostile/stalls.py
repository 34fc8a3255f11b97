"""A market stall: a real factory that sells, and a rogue that buys from it by hand."""

from __future__ import annotations

from typing import Any

from contracts import histories
from node.trade.day import reactions
from tests.hostile.rogues import Rogue, Talk
from tests.node.markets import goods
from tests.node.towns import Town

Body = dict[str, Any]


async def open_stall(town: Town, name: str = "rogue", stock: int = 100) -> tuple[Rogue, Talk]:
    """A factory with three goods, and a rogue with an agreement, listings and prices."""
    if "factory" not in town.citizens:
        await town.open("factory")
        await goods(town, "factory", stock=stock)
    rogue = Rogue(town, name)
    talk = await rogue.pair("factory")
    await town.ask("factory", "agreement.propose", partner=name)
    await talk.live()
    (proposal,) = rogue.channel.said("agreement.propose")
    body = {"thread": proposal.hash, "role": "buyer", "accepts": proposal.hash}
    rogue.channel.write("agreement.accept", body)
    await talk.deliver()
    await town.ask("factory", "catalogue.share", partner=name)
    await talk.live()
    return rogue, talk


def order(rogue: Rogue, quantity: int = 2, sku: str = "CUP-0", minor: int = 1050, **fields: Any) -> Body:
    """The body of an order at the price on offer."""
    channel = rogue.channel
    (agreement,) = channel.said("agreement.propose")
    listing = next(item for item in channel.said("listing.publish") if item.body["sku"] == sku)
    prices = next(item for item in channel.said("price.list") if sku in str(item.body["items"]))
    line = {
        "line": 1,
        "sku": sku,
        "listing": listing.hash,
        "price_list": prices.hash,
        "quantity": quantity,
        "unit": "C62",
        "price": {"amount": money(minor), "base": 1},
    }
    body: Body = {"agreement": agreement.hash, "number": f"N{len(channel.mine)}", "lines": [line]}
    return {**body, **fields}


def money(minor: int, currency: str = "CNY", exponent: int = 2) -> Body:
    return {"a": minor, "c": currency, "e": exponent}


def only_line(body: Body, **changes: Any) -> Body:
    """The order with its line changed."""
    (line,) = body["lines"]
    return {**body, "lines": [{**line, **changes}]}


def refusals(rogue: Rogue) -> dict[int, list[str]]:
    """What the rogue's own fold of both logbooks refuses of the rogue's entries."""
    history: histories.History = rogue.channel.fold()
    side = rogue.channel.side
    return {
        index: [fault.code for fault in faults[: reactions.NAK_FAULTS_MAX]]
        for (of, index), faults in history.refusals.items()
        if of == side
    }
