"""One price among three merchants: who sells keeps a part for who designed, and tells it what it is of (S11)."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.node.markets import agree, goods, order
from tests.node.towns import Town, play

SHARE = "design=0.1:studio"


async def three(town: Town) -> None:
    """A factory sells to a shop, and a studio gets a tenth of every price, which the shop passes on."""
    await town.open("factory", "shop", "studio")
    await town.pair("factory", "shop")
    await town.pair("shop", "studio")
    await goods(town, "factory")
    await town.ask("shop", "agreement.propose", partner="factory", buying=True, shares=[SHARE])
    await town.settle()
    await town.ask("factory", "agreement.accept", partner="shop")
    await town.settle()
    await town.ask("factory", "catalogue.share", partner="shop")
    await town.settle()


async def commission(town: Town) -> None:
    """The shop and the studio agree on the studio's tenth."""
    await town.ask("studio", "agreement.propose", partner="shop", shares=["design=0.1:seller"])
    await town.settle()
    await town.ask("shop", "agreement.accept", partner="studio")
    await town.settle()


async def ship(town: Town, quantity: int = 2) -> str:
    id = await order(town, "shop", "factory", quantity=quantity)
    await town.ask("factory", "order.accept", order=id)
    await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1")
    await town.settle()
    return id


async def shares(town: Town, who: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await town.ask(who, "share.list"))["shares"]
    return rows


async def owed(town: Town, who: str) -> int:
    """What the merchant is owed by all others together."""
    return sum(row["owes_me"]["amount"] for row in (await town.ask(who, "payment.list"))["balances"])


def test_S11_a_designer_gets_its_part_of_every_sale_and_all_parts_are_the_price() -> None:
    async def story(town: Town) -> None:
        await three(town)
        await commission(town)
        id = await ship(town)
        await asyncio.sleep(90)  # the node passes on by itself what it keeps
        await town.settle()
        (mine,) = await shares(town, "studio")
        assert (mine["base"]["amount"], mine["amount"]["amount"], mine["mine"], mine["sale"]) == (
            2_100,
            210,
            True,
            None,
        )
        (passed,) = await shares(town, "shop")
        assert (passed["mine"], passed["sale"]) == (False, id)
        assert (await owed(town, "factory"), await owed(town, "studio"), await owed(town, "shop")) == (
            1_890,
            210,
            -2_100,
        )
        # the studio sees who sold what once the shop opens it
        assert (await town.ask("shop", "order.disclose", orders=[id], partner="studio"))["told"] == 1
        await town.settle()
        assert (await shares(town, "studio"))[0]["sale"] == id
        # and each pair closes its month over its own line
        for seller, closing in (("factory", 1_890), ("studio", 210)):
            proposed = await town.ask(seller, "statement.propose", partner="shop", period="2026-11")
            assert proposed["closing"]["amount"] == closing
            await town.settle()
            agreed = await town.ask("shop", "statement.agree", statement=proposed["statement"])
            assert agreed["state"] == "closed"

    play(story)


def test_S11_a_part_waits_for_the_agreement_by_which_it_is_passed_on() -> None:
    async def story(town: Town) -> None:
        await three(town)
        id = await ship(town)
        assert await town.ask("shop", "share.report") == {"reported": 0, "waiting": 1}
        assert (await town.ask("shop", "share.list"))["waiting"] == [id]
        await commission(town)
        await asyncio.sleep(90)
        await town.settle()
        assert [row["amount"]["amount"] for row in await shares(town, "studio")] == [210]
        assert await town.ask("shop", "share.report") == {"reported": 0, "waiting": 0}

    play(story)


def test_S11_a_killed_node_tells_nobody_twice() -> None:
    async def story(town: Town) -> None:
        await three(town)
        await commission(town)
        await ship(town)
        await town.ask("shop", "share.report")
        town.kill("shop")
        await town.start("shop")
        await asyncio.sleep(90)
        await town.settle()
        assert len(await shares(town, "studio")) == 1
        assert await owed(town, "studio") == 210

    play(story)


def test_S11_the_factory_may_pass_on_the_part_of_whoever_found_the_shop() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop", "scout")
        await town.pair("factory", "shop")
        await town.pair("factory", "scout")
        await goods(town, "factory")
        await agree(town, "factory", "shop", shares=["scout=0.05:scout"], shares_by="seller")
        await town.ask("scout", "agreement.propose", partner="factory", shares=["scout=0.05:seller"])
        await town.settle()
        await town.ask("factory", "agreement.accept", partner="scout")
        await ship(town)
        await asyncio.sleep(90)
        await town.settle()
        assert [row["amount"]["amount"] for row in await shares(town, "scout")] == [105]
        assert (await owed(town, "shop"), await owed(town, "factory")) == (-2_100, 1_995)

    play(story)
