"""Silence between whole nodes on virtual time: listed, claimed with the receipts of the silent one, and audited."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from node import config, errors
from tests.node.test_trading import agree, goods, order
from tests.node.towns import Town, play

HOUR_S, DAY_S = 3_600, 86_400


async def opened(town: Town, *claiming: str) -> None:
    """A factory and a shop with an agreement in force; those named claim by themselves."""
    for name in claiming:
        town.decided[name] = config.Config(name, claim_deadlines=True)
    await town.open("factory", "shop")
    await town.pair("factory", "shop")
    await goods(town, "factory")
    await agree(town, "factory", "shop")


async def deadlines(town: Town, who: str, **given: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await town.ask(who, "deadline.list", **given))["deadlines"]
    return rows


async def buckets(town: Town, who: str, id: str) -> dict[str, int]:
    found: dict[str, int] = (await town.ask(who, "order.show", order=id))["lines"][0]["buckets"]
    return found


def test_an_order_lapses_when_its_buyer_claims_the_silence() -> None:
    async def story(town: Town) -> None:
        await opened(town)
        id = await order(town, "shop", "factory")
        (row,) = await deadlines(town, "shop")
        (mirrored,) = await deadlines(town, "factory")
        assert (row["row"], row["favours"], row["state"]) == ("order.place", "me", "running")
        assert (mirrored["favours"], mirrored["due_ms"]) == ("partner", row["due_ms"]), "both name the same time"
        assert row["due_ms"] - row["since_ms"] == DAY_S * 1000
        with pytest.raises(errors.NodeError) as early:
            await town.ask("shop", "deadline.claim", order=id)
        assert early.value.code == "deadline.early"
        await asyncio.sleep(DAY_S + 60)
        (row,) = await deadlines(town, "shop")
        assert row["state"] == "over", "no receipt is late enough yet"
        claimed = await town.ask("shop", "deadline.claim", order=id)
        assert [(one["row"], one["order"]) for one in claimed["claimed"]] == [("order.place", row["number"])]
        await town.settle()
        for who in ("shop", "factory"):
            assert await buckets(town, who, id) == {"lapsed": 2}
            assert (await town.ask(who, "order.show", order=id))["state"] == "closed"
            assert await deadlines(town, who) == []
        types = [row["type"] for row in (await town.ask("factory", "order.show", order=id))["documents"]]
        assert types == ["order.place", "deem"]
        again = await town.ask("shop", "deadline.claim", order=id)
        assert again == {"claimed": [], "waiting": [], "refused": []}

    play(story)


def test_a_node_that_may_claims_once_by_itself_and_never_reminds_twice() -> None:
    async def story(town: Town) -> None:
        await opened(town, "shop")
        id = await order(town, "shop", "factory")
        town.kill("factory")
        await asyncio.sleep(DAY_S + 3 * HOUR_S)
        assert await buckets(town, "shop", id) == {"placed": 2}, "nobody is bound by what it cannot have read"
        assert (await town.ask("shop", "status"))["outbox"] == 1, "one reminder, and no second one"
        with pytest.raises(errors.NodeError) as away:
            await town.ask("shop", "deadline.claim", order=id)
        assert (away.value.code, away.value.exit) == ("deadline.unproved", errors.Exit.LATER)
        await town.start("factory")
        await asyncio.sleep(HOUR_S)
        await town.settle()
        for who in ("shop", "factory"):
            assert await buckets(town, who, id) == {"lapsed": 2}
        types = [row["type"] for row in (await town.ask("factory", "order.show", order=id))["documents"]]
        assert types == ["order.place", "deem"]

    play(story)
