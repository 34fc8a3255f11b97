"""Reports add up what happened, whoever asks on whichever side, and are the same when derived anew."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from node import errors
from node.storage import partners
from node.trade import books
from node.trade.day import figures
from tests.node.markets import order
from tests.node.test_returns import UNIT, ask, received
from tests.node.towns import Town, play


async def rows(town: Town, who: str, case: str, **given: Any) -> list[dict[str, Any]]:
    """The rows of a report, without their period."""
    found = (await town.ask(who, case, **given))["rows"]
    return [{name: value for name, value in row.items() if name != "period"} for row in found]


async def everything(town: Town, who: str, buying: bool) -> list[Any]:
    """All reports of one side."""
    cases = ("report.sales", "report.cancels", "report.shipping", "report.returns")
    return [(await town.ask(who, case, buying=buying))["rows"] for case in cases]


def anew(desk: books.Desk, channel: int) -> None:
    """Derive the figures of a channel from its fold."""
    figures.relist(desk, desk.book(channel))


def test_both_sides_add_up_the_same_trade() -> None:
    async def story(town: Town) -> None:
        id = await received(town, 4)
        await ask(town, "shop", "return.request", order=id, quantities={"1": 3}, reason="damaged")
        second = await order(town, "shop", "factory", quantity=2)
        await ask(town, "factory", "order.accept", all=True)
        await ask(town, "shop", "order.cancel", orders=[second])
        for who, partner, buying in (("factory", "shop", False), ("shop", "factory", True)):
            (sale,) = await rows(town, who, "report.sales", buying=buying)
            assert (sale["partner"], sale["orders"], sale["units"]) == (partner, 2, 4)
            assert sale["amount"]["amount"] == 4 * UNIT
            assert await rows(town, who, "report.cancels", buying=buying) == [
                {"partner": partner, "stopped": 2, "late": 0}
            ]
            (parcels,) = await rows(town, who, "report.shipping", buying=buying)
            assert (parcels["parcels"], parcels["late"]) == (1, 0)
            assert await rows(town, who, "report.returns", buying=buying) == [
                {"sku": "CUP-0", "partner": partner, "shipped": 4, "returned": 3}
            ]
            (owed,) = await rows(town, who, "report.balances")
            balance = (await town.ask(who, "balance"))["balances"][0]["owes_me"]
            assert owed["owes_me"] == balance
            assert await rows(town, who, "report.sales", buying=not buying) == []

    play(story)


def test_what_is_derived_anew_is_the_same() -> None:
    async def story(town: Town) -> None:
        id = await received(town, 4)
        await ask(town, "shop", "return.request", order=id, quantities={"1": 1}, reason="damaged")
        for who, buying in (("factory", False), ("shop", True)):
            before = await everything(town, who, buying)
            node = town.citizens[who].node
            assert node is not None
            (channel,) = await node.database.read(partners.channels)
            await node.trade.books.write(functools.partial(anew, channel=channel.id))
            assert await everything(town, who, buying) == before

    play(story)


def test_a_month_gathers_its_days_and_a_span_is_a_span() -> None:
    async def story(town: Town) -> None:
        await received(town, 4)
        (day,) = (await town.ask("factory", "report.sales"))["rows"]
        (month,) = (await town.ask("factory", "report.sales", by="month"))["rows"]
        assert month == {**day, "period": day["period"][:7]}
        before = await town.ask("factory", "report.sales", since="2001-01-01", until="2001-12-31")
        assert (before["rows"], before["since"], before["until"]) == ([], "2001-01-01", "2001-12-31")
        for since, until in (("2026-02-30", None), ("2026-03-01", "2026-02-01"), ("1971-01-01", "2026-01-01")):
            with pytest.raises(errors.NodeError) as refused:
                await town.ask("factory", "report.sales", since=since, until=until)
            assert refused.value.code == "request.malformed"

    play(story)
