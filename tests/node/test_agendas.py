"""What waits for a merchant today, and that it costs what is open."""

from __future__ import annotations

import asyncio
from typing import Any

from node.storage import duties
from tests.node import markets
from tests.node.markets import goods, order
from tests.node.towns import Town, play
from tests.sim import weathers

DAY_S = 86_400


async def agenda(town: Town, who: str) -> dict[str, int]:
    answer = await town.ask(who, "today")
    assert answer["count"] == sum(kind["count"] for kind in answer["kinds"])
    return {kind["duty"]: kind["count"] for kind in answer["kinds"]}


async def first(town: Town, who: str, duty: str) -> dict[str, Any]:
    answer = await town.ask(who, "today")
    row: dict[str, Any] = next(kind["rows"][0] for kind in answer["kinds"] if kind["duty"] == duty)
    return row


def test_a_day_of_two_merchants_from_the_agreement_to_the_money() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await goods(town, "factory")
        await town.ask("factory", "agreement.propose", partner="shop")
        await town.settle()
        assert (await agenda(town, "factory"), await agenda(town, "shop")) == ({}, {"agreement": 1})
        await town.ask("shop", "agreement.accept", partner="factory")
        assert await agenda(town, "shop") == {}
        await town.settle()
        await town.ask("factory", "catalogue.share", partner="shop")
        await town.settle()
        placed = await order(town, "shop", "factory")
        assert (await agenda(town, "factory"), await agenda(town, "shop")) == ({"accept": 1}, {})
        row = await first(town, "factory", "accept")
        assert (row["id"], row["partner"], row["quantity"], row["amount"]["amount"]) == (placed, "shop", 2, 2100)
        assert row["titles"]["zh"] == "青花杯 0" and row["due_ms"] > row["since_ms"]
        await town.ask("factory", "order.accept", all=True)
        assert await agenda(town, "factory") == {"ship": 1}
        await town.ask("factory", "order.ship", order=placed, carrier="SF", waybill="SF1")
        await town.settle()
        assert await agenda(town, "factory") == {}
        await town.ask("shop", "issue.open", order=placed, category="damaged", message="broken")
        await town.settle()
        assert await agenda(town, "factory") == {"complaint": 1}
        issue = await first(town, "factory", "complaint")
        await town.ask("factory", "issue.reply", issue=issue["id"], message="we look at it")
        await town.ask("factory", "order.report", order=placed, event="delivered")
        await town.settle()
        await town.ask("shop", "return.request", order=placed, reason="changed_mind")
        await town.settle()
        assert await agenda(town, "factory") == {"return": 1}
        back = (await town.ask("factory", "return.list"))["returns"][0]["return"]
        await town.ask("factory", "return.approve", name=back)
        await town.settle()
        assert (await agenda(town, "factory"), await agenda(town, "shop")) == ({}, {"return": 1})
        proposed = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
        await town.settle()
        assert await agenda(town, "shop") == {"return": 1, "statement": 1}
        await town.ask("shop", "statement.agree", statement=proposed["statement"])
        await town.ask("shop", "payment.sent", partner="factory", amount="21.00", statement=proposed["statement"])
        await town.settle()
        assert (await agenda(town, "factory"), await agenda(town, "shop")) == ({"payment": 1}, {"return": 1})
        await town.ask("factory", "payment.received", partner="shop", amount="21.00")
        assert await agenda(town, "factory") == {}

    play(story)


def test_two_proposals_that_crossed_are_both_done_with_one_answer() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        placed = await order(town, "shop", "factory")
        await town.ask("factory", "order.accept", all=True)
        await town.ask("factory", "order.ship", order=placed, carrier="SF", waybill="SF1")
        await town.settle()
        town.network.cut(weathers.Cut(frozenset({"factory"}), frozenset({"shop"})))
        mine = await town.ask("shop", "statement.propose", partner="factory", period="2026-11")
        theirs = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
        town.network.mend_all()
        await town.settle()
        assert (await agenda(town, "factory"), await agenda(town, "shop")) == ({"statement": 1}, {"statement": 1})
        assert mine["statement"] != theirs["statement"]
        await town.ask("shop", "statement.agree", statement=theirs["statement"])
        await town.settle()
        assert (await agenda(town, "factory"), await agenda(town, "shop")) == ({}, {})

    play(story)


def test_a_dealer_has_nothing_to_do_with_what_its_supplier_ships() -> None:
    async def story(town: Town) -> None:
        await markets.chain(town)
        await order(town, "shop", "dealer")
        assert (await agenda(town, "factory"), await agenda(town, "dealer")) == ({"accept": 1}, {})
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        assert (await agenda(town, "factory"), await agenda(town, "dealer")) == ({"ship": 1}, {})

    play(story)


def test_what_a_partners_silence_gives_can_be_claimed_once_it_is_over() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        await order(town, "shop", "factory")
        (deadline,) = (await town.ask("shop", "deadline.list"))["deadlines"]
        assert await agenda(town, "shop") == {}
        await asyncio.sleep(DAY_S + 60)
        assert await agenda(town, "shop") == {"claim": 1}
        row = await first(town, "shop", "claim")
        assert (row["due_ms"], row["row"], row["number"]) == (deadline["due_ms"], deadline["row"], deadline["number"])

    play(story)


def test_what_is_done_leaves_no_row() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        placed = [await order(town, "shop", "factory", quantity=1) for _ in range(4)]
        node = town.citizens["factory"].node
        assert node is not None
        assert await node.database.read(duties.counts) == {"accept": 4}
        answer = await town.ask("factory", "today", limit=2)
        assert [row["id"] for row in answer["kinds"][0]["rows"]] == placed[:2]
        await town.ask("shop", "order.cancel", order=placed[0])
        await town.settle()
        await town.ask("factory", "order.reject", order=placed[1])
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        assert await node.database.read(duties.counts) == {"ship": 2}
        await town.ask("shop", "order.cancel", order=placed[2])
        await town.settle()  # the node has said by itself that it stopped the parcel
        assert await node.database.read(duties.counts) == {"ship": 1}

    play(story)
