"""What was promised for a time ends by itself, once, and a look costs what is due (D15)."""

from __future__ import annotations

import asyncio
from typing import Any

from node.trade import books, peering
from node.trade.shelves import expiries
from tests.node import markets
from tests.node.towns import Town, play

HOUR_S = 3_600


async def opened(town: Town) -> None:
    await markets.shop(town)


async def hold(town: Town, hours: int) -> str:
    asked: dict[str, Any] = await town.ask(
        "shop", "stock.hold", partner="factory", sku="CUP-0", quantity=1, hours=hours
    )
    await town.settle()
    return str(asked["hold"])


async def states(town: Town, who: str) -> list[str]:
    rows = sorted((row["hold"], row["state"]) for row in (await town.ask(who, "stock.holds"))["holds"])
    return [state for _, state in rows]


async def queued(town: Town) -> int:
    """How many promises of the factory are looked after."""
    node = town.citizens["factory"].node
    assert node is not None

    def count(desk: books.Desk) -> int:
        return sum(len(expiries.queue(desk, book)) for book in peering.open_books(desk))

    return await node.trade.books.read(count)


def test_D15_what_ended_before_is_looked_at_once_and_what_runs_is_left_alone() -> None:
    async def story(town: Town) -> None:
        await opened(town)
        used, _ = await hold(town, 1), await hold(town, 48)
        assert await queued(town) == 2
        lines = [{"sku": "CUP-0", "quantity": 1}]
        await town.ask("shop", "order.place", partner="factory", lines=lines, holds=[used])
        await town.settle()
        before = (await town.ask("factory", "status"))["outbox"]
        await asyncio.sleep(HOUR_S + 120)
        await town.settle()
        assert await queued(town) == 1, "the one that was used up needs no word"
        assert sorted(await states(town, "shop")) == ["consumed", "held"]
        assert (await town.ask("factory", "status"))["outbox"] == before
        await asyncio.sleep(48 * HOUR_S)
        await town.settle()
        assert await queued(town) == 0
        assert sorted(await states(town, "shop")) == ["consumed", "released"]

    play(story)


def test_D15_a_restarted_node_remembers_what_it_promised_even_before_anybody_receipted_it() -> None:
    async def story(town: Town) -> None:
        await opened(town)
        await hold(town, 2)
        town.kill("shop")
        await town.ask("factory", "capability.grant", partner="shop", transition="shipment.handover", key=KEY, hours=1)
        town.kill("factory")
        await town.start("factory")
        assert await queued(town) == 2, "one of them waits in the outbox"
        await asyncio.sleep(3 * HOUR_S)
        assert await queued(town) == 0
        await town.start("shop")
        await town.settle()
        assert await states(town, "shop") == ["released"]
        (row,) = (await town.ask("shop", "capability.list"))["capabilities"]
        assert (row["state"], row["reason"]) == ("revoked", "expired")

    play(story)


KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"  # RFC 8032, test 1
