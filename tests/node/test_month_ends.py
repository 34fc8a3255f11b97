"""Month ends in the middle of what a dealer passes on: a closed statement hides nothing from the chain."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from node.trade import books, readings
from tests.node.markets import order
from tests.node.test_capabilities import shipping, work
from tests.node.test_chains import LINKS, chain, issue_of, only_order
from tests.node.test_comebacks import about, asked, delivered, everywhere, owed, refund, say
from tests.node.test_deadlines import DAY_S, opened
from tests.node.test_disputes import escalated
from tests.node.towns import Town, play

PAIRS = list(itertools.pairwise(LINKS))
CLOSED = [PAIRS[:1], PAIRS[1:2], PAIRS[2:], PAIRS[1:], PAIRS]  # between which merchants the month ends


async def end_month(town: Town, pairs: list[tuple[str, str]], period: str) -> None:
    """Every statement of these pairs is proposed and agreed to."""
    for seller, buyer in pairs:
        made = await town.ask(seller, "statement.propose", partner=buyer, period=period)
        await town.settle()
        assert (await town.ask(buyer, "statement.agree", statement=made["statement"]))["state"] == "closed"
        await town.settle()


async def documents(town: Town, selling: str, kind: str) -> int:
    """How many documents of a type the one order has that a merchant sells."""
    shown = await town.ask(selling, "order.show", order=await only_order(town, selling, True))
    return [row["type"] for row in shown["documents"]].count(kind)


@pytest.mark.parametrize("pairs", CLOSED)
def test_a_return_that_spans_a_month_end_goes_on_at_every_link_and_is_asked_for_once(pairs: Any) -> None:
    async def story(town: Town) -> None:
        await delivered(town)
        await say(town, "shop", False, "return.request", asked(2))
        await end_month(town, pairs, "2026-10")
        await say(town, "factory", True, "return.decide", about(2, {"location": "RETURNS"}, action="approve"))
        assert await everywhere(town) == [{"delivered": 2, "return-approved": 2}] * 3
        await end_month(town, pairs, "2026-11")
        await say(town, "shop", False, "return.ship", about(2, {"carrier": "ZTO", "waybill": "Z1"}))
        await say(town, "factory", True, "return.receive", about(2))
        await say(town, "factory", True, "return.inspect", about(2, verdict="damaged"))
        await end_month(town, pairs, "2026-12")
        await say(town, "factory", True, "refund.grant", refund)
        assert await everywhere(town) == [{"delivered": 2, "refunded": 2}] * 3
        assert await owed(town) == [2100, 2520, 3024]
        for seller, _ in PAIRS:
            assert await documents(town, seller, "return.request") == 1

    play(story)


@pytest.mark.parametrize("pairs", CLOSED)
def test_a_complaint_that_spans_a_month_end_goes_on_and_no_word_is_said_twice(pairs: Any) -> None:
    async def story(town: Town) -> None:
        await chain(town)
        await order(town, "shop", "wholesaler", quantity=4)
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        made = await only_order(town, "factory", True)
        await town.ask("factory", "order.ship", order=made, carrier="SF", waybill="SF77")
        await town.settle()
        mine = await only_order(town, "shop", False)
        (opened,) = [await town.ask("shop", "issue.open", order=mine, category="damaged", claim="30.24")]
        await town.settle()
        await town.ask("shop", "issue.reply", issue=opened["issue"], message="两只")
        await town.settle()
        above = (await issue_of(town, "factory", "importer"))["issue"]
        await town.ask("factory", "issue.offer", issue=above, amount="10.50")
        await town.settle()
        await end_month(town, pairs, "2026-11")
        await town.ask("factory", "issue.reply", issue=above, status="need_more_info", message="哪一只?")
        await town.settle()
        assert (await issue_of(town, "shop", "wholesaler"))["documents"][-1]["message"] == "哪一只?"
        await town.ask("shop", "issue.accept", issue=opened["issue"])
        await town.settle()
        for seller, buyer in PAIRS:
            ended = await issue_of(town, seller, buyer)
            said = [row["type"] for row in ended["documents"] if row["type"] != "issue.cascade"]
            assert (seller, ended["state"], said) == (
                seller,
                "settled",
                ["issue.open", "issue.reply", "settle.offer", "issue.reply", "settle.accept"],
            )

    play(story)


TWO = [("factory", "shop")]


def test_a_silence_that_was_claimed_is_not_claimed_again_after_the_month() -> None:
    async def story(town: Town) -> None:
        await opened(town)
        id = await order(town, "shop", "factory")
        await asyncio.sleep(DAY_S + 60)
        assert len((await town.ask("shop", "deadline.claim", order=id))["claimed"]) == 1
        await town.settle()
        await end_month(town, TWO, "2026-11")
        again = await town.ask("shop", "deadline.claim", order=id, row="order.place")
        assert again == {"claimed": [], "waiting": [], "refused": []}

    play(story)


def test_what_a_warehouse_signed_is_entered_once_and_shown_whatever_was_closed_meanwhile() -> None:
    async def story(town: Town) -> None:
        id, grant = await shipping(town)
        signed = await work(town, id, grant, carrier="SF", waybill="SF1", quantities={1: 2})
        assert await town.ask("factory", "capability.enter", signed=[signed]) == {"entered": 1}
        await town.settle()
        await end_month(town, TWO, "2026-11")
        assert await town.ask("factory", "capability.enter", signed=[signed]) == {"entered": 0}
        shown = await town.ask("shop", "order.show", order=id)
        assert [row.get("signed_by") for row in shown["documents"]] == [None, None, "W"]

    play(story)


def test_an_arbiter_is_shown_what_was_disclosed_before_the_month_ended() -> None:
    async def story(town: Town) -> None:
        issue = await escalated(town)
        price = await document(town, "shop", "price.list")
        await town.ask("shop", "dispute.open", issue=issue, documents=[price])
        await town.settle()
        before = (await town.ask("shop", "dispute.export", issue=issue))["documents"]
        await end_month(town, TWO, "2026-11")
        case = (await town.ask("shop", "dispute.export", issue=issue))["case"]
        seen = await town.ask("judge", "dispute.read", case=case)
        assert (seen["ok"], len(seen["documents"])) == (True, before)
        assert "price.list" in {row["type"] for row in seen["documents"]}

    play(story)


async def document(town: Town, who: str, kind: str) -> str:
    """The hash of the partner's first document of a type."""
    node = town.citizens[who].node
    assert node is not None

    def unit(desk: books.Desk) -> str:
        book = desk.peek(1)
        stored = readings.stored_items(desk.db, book.theirs.id, 1 - book.side, book.seen)
        return next(item.hash.hex() for item in stored if item.type == kind)

    return await node.trade.books.read(unit)
