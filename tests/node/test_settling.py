"""Month ends between whole nodes: contested lines, several currencies, money owed both ways."""

from __future__ import annotations

import pytest

from node import errors
from tests.node.test_trading import agree, goods, order
from tests.node.towns import Town, play


async def shipped(town: Town, quantity: int = 1) -> str:
    """An order of the shop that the factory has handed over."""
    id = await order(town, "shop", "factory", quantity=quantity)
    await town.ask("factory", "order.accept", order=id)
    await town.ask("factory", "order.ship", order=id, carrier="SF", waybill=f"SF{id[:8]}")
    await town.settle()
    return id


async def open_trade(town: Town) -> None:
    """A factory that sells to a shop, at 10.50 a cup."""
    await town.open("factory", "shop")
    await town.pair("factory", "shop")
    await goods(town, "factory")
    await agree(town, "factory", "shop")


async def owed(town: Town, who: str) -> dict[str, int]:
    """What a node is owed, by currency."""
    rows = (await town.ask(who, "payment.list"))["balances"]
    return {row["owes_me"]["currency"]: row["owes_me"]["amount"] for row in rows}


def test_a_contested_order_rolls_into_the_next_month() -> None:
    async def story(town: Town) -> None:
        await open_trade(town)
        fine, doubtful = await shipped(town, 1), await shipped(town, 2)
        first = (await town.ask("factory", "statement.propose", partner="shop", period="2026-11"))["statement"]
        await town.settle()
        seen = await town.ask("shop", "order.show", order=doubtful)
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("shop", "statement.contest", statement=first, threads=["nothing"])
        assert caught.value.code == "statement.line-unknown"
        answered = await town.ask(
            "shop", "statement.contest", statement=first, threads=[seen["number"]], reason="short", due="2026-12-15"
        )
        assert (answered["state"], answered["closing"]["amount"]) == ("contested", 1_050)
        await town.settle()
        shown = await town.ask("factory", "statement.show", statement=first)
        assert (shown["contested"], shown["due"]) == (1, "2026-12-15")
        marks = {row["number"]: row["contested"] for row in shown["detail"]}
        assert marks[seen["number"]] == "short" and sorted(marks.values()) == ["", "short"]
        assert await owed(town, "factory") == {"CNY": 3_150}
        # next month: it stands there again, from before, and is agreed to
        second = await town.ask("factory", "statement.propose", partner="shop", period="2026-12")
        assert (second["lines"], second["total"]["amount"], second["closing"]["amount"]) == (1, 2_100, 3_150)
        await town.settle()
        shown = await town.ask("shop", "statement.show", statement=second["statement"])
        assert [(row["number"], row["rolled"]) for row in shown["detail"]] == [(seen["number"], True)]
        agreed = await town.ask("shop", "statement.agree", statement=second["statement"])
        assert agreed["state"] == "closed"
        await town.settle()
        states = {row["period"]: row["state"] for row in (await town.ask("factory", "statement.list"))["statements"]}
        assert states == {"2026-11": "closed", "2026-12": "closed"}
        assert fine != doubtful

    play(story)


def test_each_currency_has_a_balance_and_a_statement_of_its_own() -> None:
    async def story(town: Town) -> None:
        await open_trade(town)
        await shipped(town)
        await town.ask("shop", "agreement.propose", partner="factory", currency="EUR")
        await town.settle()
        await town.ask("factory", "agreement.accept", partner="shop")
        await town.settle()
        only = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
        assert only["closing"]["currency"] == "CNY"
        await town.settle()
        await town.ask("shop", "statement.agree", statement=only["statement"])
        await town.ask("shop", "payment.received", partner="factory", amount="7.00", currency="EUR", unannounced=True)
        await shipped(town, 2)
        both = (await town.ask("shop", "statement.propose", partner="factory", period="2026-12"))["proposed"]
        closings = {row["closing"]["currency"]: row["closing"]["amount"] for row in both}
        assert closings == {"CNY": 3_150, "EUR": -700}
        await town.settle()
        for row in both:
            assert (await town.ask("factory", "statement.agree", statement=row["statement"]))["state"] == "closed"
        await town.settle()
        assert await owed(town, "factory") == {"CNY": 3_150, "EUR": 700}
        assert await owed(town, "shop") == {"CNY": -3_150, "EUR": -700}
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("shop", "statement.propose", partner="factory", period="2026-12")
        assert caught.value.code == "statement.nothing"

    play(story)
