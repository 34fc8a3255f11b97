"""Rounds between whole nodes: debts around a cycle cancel out, all edges or none (B10)."""

from __future__ import annotations

import asyncio

import pytest

from node import errors
from tests.node.test_trading import agree, order
from tests.node.towns import Town, play

RING = ("anna", "bert", "cora")  # each buys from the one before: bert owes anna, cora owes bert, anna owes cora
AMOUNTS = {"anna": 4_000, "bert": 2_000, "cora": 3_000}  # what is owed to each


async def ring(town: Town, *joined: str) -> None:
    """Three merchants who owe each other around a cycle, by statements that both sides have signed."""
    await town.open(*RING)
    for seller, buyer in zip(RING, (*RING[1:], RING[0]), strict=True):
        await town.pair(seller, buyer)
        minor = AMOUNTS[seller]
        rows = f"sku,title_en,price,stock\n{seller.upper()},Thing,{minor // 100}.00,9\n"
        await town.ask(seller, "catalogue.import", name=f"{seller}.csv", data_hex=rows.encode().hex())
        await agree(town, seller, buyer)
        id = await order(town, buyer, seller, sku=seller.upper(), quantity=1)
        await town.ask(seller, "order.accept", order=id)
        await town.ask(seller, "order.ship", order=id, carrier="SF", waybill=f"SF{seller}")
        await town.settle()
        name = (await town.ask(seller, "statement.propose", partner=buyer, period="2026-11"))["statement"]
        await town.settle()
        assert (await town.ask(buyer, "statement.agree", statement=name))["state"] == "closed"
        await town.settle()
    for who in joined:
        await town.ask(who, "netting.join", join=True)


async def net(town: Town) -> dict[str, int]:
    """What each is owed on the whole."""
    found = {}
    for who in RING:
        rows = (await town.ask(who, "payment.list"))["balances"]
        found[who] = sum(row["owes_me"]["amount"] for row in rows)
    return found


async def claims(town: Town) -> list[int]:
    """What is owed to each under the agreement in which it sells."""
    found = []
    for who in RING:
        rows = (await town.ask(who, "balance"))["balances"]
        found += [row["owes_me"]["amount"] for row in rows if row["selling"]]
    return found


async def states(town: Town) -> set[str]:
    return {row["state"] for who in RING for row in (await town.ask(who, "netting.list"))["nettings"]}


def test_B10_the_smallest_debt_of_a_cycle_is_cleared_and_nobody_gains() -> None:
    async def story(town: Town) -> None:
        await ring(town, "bert", "cora")
        before = await net(town)
        begun = await town.ask("anna", "netting.begin")
        assert begun["asked"] == ["cora"]
        await town.settle()
        assert await states(town) == {"applied"}
        assert await claims(town) == [2_000, 0, 1_000]
        assert await net(town) == before
        with pytest.raises(errors.NodeError) as over:
            await town.ask("anna", "netting.release", round=begun["round"])
        assert over.value.code == "netting.round"

    play(story)


def test_a_round_ends_at_a_merchant_who_takes_no_part() -> None:
    async def story(town: Town) -> None:
        await ring(town, "cora")
        await town.ask("anna", "netting.begin")
        await town.settle()
        assert await states(town) == {"declined"}
        assert await claims(town) == [4_000, 2_000, 3_000]

    play(story)


def test_D19_a_round_with_one_merchant_away_ends_cleanly() -> None:
    async def story(town: Town) -> None:
        await ring(town, "bert", "cora")
        before = await net(town)
        town.kill("bert")
        begun = await town.ask("anna", "netting.begin")
        await asyncio.sleep(30)
        await town.ask("anna", "netting.release", round=begun["round"])
        await asyncio.sleep(30)
        await town.start("bert")
        await town.settle()
        assert "applied" not in await states(town) and await net(town) == before
        assert await claims(town) == [4_000, 2_000, 3_000]

    play(story)
