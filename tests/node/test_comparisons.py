"""A statement line by line: both books side by side, what is contested, what rolls on, and what can be done."""

from __future__ import annotations

import asyncio
from typing import Any

from contracts.statements import StatementLine
from node.trade import books
from node.trade.money import comparisons, statements
from tests.node.markets import order
from tests.node.test_returns import UNIT, ask, received
from tests.node.towns import Town, play

DAY_S = 86_400


async def lines(town: Town, who: str, statement: str, **given: Any) -> Any:
    return await town.ask(who, "statement.lines", statement=statement, **given)


async def sold(town: Town) -> str:
    """One more order that has left; its number."""
    id = await order(town, "shop", "factory", quantity=2)
    await town.ask("factory", "order.accept", all=True)
    await town.settle()
    await ask(town, "factory", "order.ship", order=id, carrier="SF", waybill="SF2")
    return str((await town.ask("shop", "order.show", order=id))["number"])


def test_a_contested_line_is_seen_on_both_sides_and_rolls_on() -> None:
    async def story(town: Town) -> None:
        await received(town, 4)
        number = await sold(town)
        name = (await ask(town, "factory", "statement.propose", partner="shop", period="2026-11"))["statement"]
        mine, theirs = await lines(town, "shop", name), await lines(town, "factory", name)
        assert (mine["compared_by"], mine["differing"], mine["count"]) == ("me", 0, 2)
        assert mine["possible"] == ["statement.agree", "statement.contest"]
        assert (theirs["compared_by"], theirs["possible"]) == (None, [])
        assert [wait["row"] for wait in mine["deadlines"]] == ["statement.silence"]
        assert mine["kinds"]["goods"]["amount"] == 6 * UNIT
        assert {row["what"] for row in mine["rows"]} == {"order"}
        first = await lines(town, "shop", name, limit=1)
        second = await lines(town, "shop", name, limit=1, offset=first["next"])
        assert first["rows"] + second["rows"] == mine["rows"] and second["next"] is None

        await ask(town, "shop", "statement.contest", statement=name, threads=[number], reason="date")
        for who, by in (("shop", "me"), ("factory", "shop")):
            found = await lines(town, who, name, only="contested")
            assert [(row["number"], row["contested"]) for row in found["rows"]] == [(number, "date")]
            assert found["compared_by"] == by
        assert (await lines(town, "factory", name))["possible"] == ["invoice.issue"]

        following = (await ask(town, "factory", "statement.propose", partner="shop", period="2026-12"))["statement"]
        rolled = (await lines(town, "shop", following))["rows"]
        assert [(row["number"], row["rolled"]) for row in rolled] == [(number, True)]

    play(story)


def test_what_differs_between_the_books_is_named_line_by_line() -> None:
    async def story(town: Town) -> None:
        await received(town, 4)
        await sold(town)
        name = (await ask(town, "factory", "statement.propose", partner="shop", period="2026-11"))["statement"]
        node = town.citizens["shop"].node
        assert node is not None

        def unit(desk: books.Desk) -> list[dict[str, Any]]:
            found = statements.find(desk, name)
            content = statements.own_lines(found)
            assert content is not None
            own = statements.read_lines(content)
            first, second = own
            claimed = [StatementLine(first.key, first.kind, first.amount + 1), StatementLine(second.key, "fee", 5)]
            return list(comparisons.compared(found, claimed, own))

        rows = await node.trade.books.read(unit)
        causes = {row["kind"] if row["kind"] == "fee" else row["cause"]: row["cause"] for row in rows}
        assert causes == {"amount": "amount", "missing": "missing", "fee": "unknown"}
        for row in rows:
            if row["cause"] == "amount":
                assert row["proposed"] == row["compared"] + 1

    play(story)


def test_what_silence_has_agreed_to_can_be_contested_once() -> None:
    async def story(town: Town) -> None:
        await received(town, 4)
        number = await sold(town)
        name = (await ask(town, "factory", "statement.propose", partner="shop", period="2026-11"))["statement"]
        await asyncio.sleep(3 * DAY_S)
        await town.ask("factory", "deadline.claim")
        await town.settle()
        found = await lines(town, "shop", name)
        assert found["possible"] == ["statement.reopen"]
        await ask(town, "shop", "statement.reopen", statement=name, threads=[number], reason="amount")
        found = await lines(town, "factory", name, only="contested")
        assert [row["number"] for row in found["rows"]] == [number]
        assert (await lines(town, "shop", name))["possible"] == []

    play(story)
