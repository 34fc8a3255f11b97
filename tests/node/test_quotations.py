"""Supply and demand between whole nodes: a want, an offer, a quote, an order at its price."""

from __future__ import annotations

import asyncio

import pytest

from node import errors
from tests.node.test_stocks import market
from tests.node.towns import Town, play


async def quoted(town: Town, hours: int = 72) -> str:
    """A want, a request about it, and a price."""
    await market(town, "shop", stock=900)
    told = await town.ask("shop", "want.post", what="Blue cups", quantity=500, price="8.50")
    await town.settle()
    (seen,) = (await town.ask("factory", "want.list"))["notices"]
    assert (seen["what"], seen["mine"], seen["price"]["text"]) == ("Blue cups", False, "8.50 CNY")
    asked = await town.ask(
        "shop", "quote.request", partner="factory", lines={"CUP-0": 500}, notice=told["told"][0]["notice"]
    )
    await town.settle()
    await town.ask("factory", "quote.give", quote=asked["quote"], prices={"1": "8.20"}, hours=hours)
    await town.settle()
    return str(asked["quote"])


def test_S43_a_want_becomes_a_quote_and_the_quote_an_order_at_its_price() -> None:
    async def story(town: Town) -> None:
        id = await quoted(town)
        (shown,) = (await town.ask("shop", "quote.list"))["quotes"]
        assert (shown["state"], shown["lines"][0]["price"]["text"]) == ("quoted", "8.20 CNY")
        placed = await town.ask("shop", "quote.accept", quote=id, quantities={"1": 400})
        await town.settle()
        assert (await town.ask("shop", "quote.accept", quote=id))["order"] == placed["order"]
        assert (await town.ask("factory", "order.show", order=placed["order"]))["amount"]["text"] == "3280.00 CNY"
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        assert (await town.ask("shop", "order.show", order=placed["order"]))["state"] == "agreed"
        (shown,) = (await town.ask("factory", "quote.list"))["quotes"]
        assert (shown["state"], shown["order"]) == ("ordered", placed["order"])

    play(story)


def test_a_quote_is_withdrawn_by_its_author_when_its_time_is_over() -> None:
    async def story(town: Town) -> None:
        id = await quoted(town, hours=1)
        await asyncio.sleep(3_700)
        await town.settle()
        with pytest.raises(errors.NodeError) as late:
            await town.ask("shop", "quote.accept", quote=id)
        assert [fault["code"] for fault in late.value.faults] == ["quote.state"]

    play(story)


def test_notices_go_to_those_who_are_named_or_to_all_who_trade() -> None:
    async def story(town: Town) -> None:
        await market(town, "shop", "rival")
        posted = await town.ask("factory", "offer.post", what="Cups")
        assert [row["partner"] for row in posted["told"]] == ["shop", "rival"]
        one = await town.ask("factory", "offer.post", what="Pots", partners=["rival"])
        await town.settle()
        assert [row["what"] for row in (await town.ask("shop", "offer.list"))["notices"]] == ["Cups"]
        await town.ask("factory", "notice.withdraw", notice=one["told"][0]["notice"])
        await town.settle()
        rows = (await town.ask("rival", "offer.list"))["notices"]
        assert [(row["what"], row["state"]) for row in rows] == [("Cups", "open"), ("Pots", "withdrawn")]

    play(story)


def test_a_price_for_a_line_that_nobody_asked_for_is_refused() -> None:
    async def story(town: Town) -> None:
        id = await quoted(town)
        with pytest.raises(errors.NodeError) as wrong:
            await town.ask("factory", "quote.give", quote=id, prices={"7": "1.00"})
        assert wrong.value.code == "order.line"

    play(story)
