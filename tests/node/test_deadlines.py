"""Silence between whole nodes on virtual time: listed, claimed with the receipts of the silent one, and audited."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from contracts.lots import Lot, LotState
from node import config, errors
from node.trade.goods import reservations
from tests.node import markets
from tests.node.audits import worlds
from tests.node.markets import agree, goods, order
from tests.node.towns import Town, play
from tests.sim import weathers

HOUR_S, DAY_S = 3_600, 86_400


async def opened(town: Town, *claiming: str) -> None:
    """A factory and a shop with an agreement in force; those named claim by themselves."""
    for name in claiming:
        town.decided[name] = config.Config(name, claim_deadlines=True)
    await markets.shop(town)


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


async def terms(town: Town, **given: Any) -> None:
    """A factory and a shop with an agreement of these terms in force."""
    await town.open("factory", "shop")
    await town.pair("factory", "shop")
    await goods(town, "factory")
    await town.ask("factory", "agreement.propose", partner="shop", **given)
    await town.settle()
    await town.ask("shop", "agreement.accept", partner="factory")
    await town.settle()
    await town.ask("factory", "catalogue.share", partner="shop")
    await town.settle()


async def statement(town: Town, period: str = "2026-11") -> dict[str, Any]:
    """Propose a statement; what each kind of line came to on the other side, which must find the same."""
    proposed = await town.ask("factory", "statement.propose", partner="shop", period=period)
    await town.settle()
    lines = (await town.ask("shop", "statement.show", statement=proposed["statement"]))["detail"]
    found: dict[str, Any] = {"key": proposed["statement"], "closing": proposed["closing"]["amount"]}
    for line in lines:
        found[line["kind"]] = found.get(line["kind"], 0) + line["amount"]["amount"]
    return found


def test_late_goods_cost_a_penalty_stay_reserved_and_set_the_buyer_free(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        await terms(town, seller_penalty="0.1", ship_by_hours=48)
        id = await order(town, "shop", "factory", quantity=10)
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        await asyncio.sleep(2 * DAY_S + 60)
        claimed = await town.ask("shop", "deadline.claim", order=id, row="order.overdue")
        assert [row["row"] for row in claimed["claimed"]] == ["order.overdue"]
        await town.settle()
        seen = await town.ask("factory", "order.show", order=id)
        assert (seen["state"], seen["lines"][0]["buckets"]) == ("attention", {"overdue": 10})
        shelf = (await town.ask("factory", "stock.list"))["stock"][0]
        assert (shelf["on_hand"], shelf["reserved"]) == (100, 10), "late is not given up"
        await town.ask("shop", "order.cancel", order=id, quantities={"1": 4})
        await town.settle()
        assert (await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1"))["shipped"] == 1
        await town.settle()
        assert await buckets(town, "shop", id) == {"cancelled": 4, "shipped": 6}
        shelf = (await town.ask("factory", "stock.list"))["stock"][0]
        assert (shelf["on_hand"], shelf["reserved"]) == (94, 0)
        made = await statement(town)
        assert (made["goods"], made["penalty"], made["closing"]) == (6_300, -1_050, 5_250)
        assert (await town.ask("shop", "statement.agree", statement=made["key"]))["state"] == "closed"
        await town.settle()
        for name in ("factory", "shop"):
            await town.ask(name, "audit.export", directory=str(tmp_path / name))

    play(story)
    for name in ("factory", "shop"):
        verdict = worlds.verify(tmp_path / name)
        assert verdict.faults == ()
        (channel,) = verdict.channels
        assert (channel.numbers.deemed, channel.numbers.refused) == (1, 0)


def test_what_was_withheld_is_owed_once_the_goods_are_final() -> None:
    async def story(town: Town) -> None:
        await terms(town, withhold="0.1", basis="delivery")
        id = await order(town, "shop", "factory", quantity=10)
        await town.ask("factory", "order.accept", all=True)
        await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1")
        await town.settle()
        await town.ask("factory", "order.report", order=id, event="delivered")
        await town.settle()
        assert (await town.ask("shop", "order.show", order=id))["owed"]["amount"] == 9_450
        rows = {row["row"]: row["favours"] for row in await deadlines(town, "shop")}
        assert rows == {"shipment.inspect": "partner", "shipment.final": "partner"}
        await town.live(8)
        await town.ask("factory", "deadline.claim")
        await town.settle()
        assert await buckets(town, "shop", id) == {"received": 10}
        assert (await town.ask("shop", "order.show", order=id))["state"] == "closed"
        assert [row["row"] for row in await deadlines(town, "factory", mine=True)] == ["shipment.final"]
        await town.live(7)
        await town.ask("factory", "deadline.claim")
        await town.settle()
        assert await buckets(town, "shop", id) == {"final": 10}
        for who in ("shop", "factory"):
            assert await deadlines(town, who) == []
            assert (await town.ask(who, "order.show", order=id))["owed"]["amount"] == 10_500
        shelf = (await town.ask("factory", "stock.list"))["stock"][0]
        assert (shelf["on_hand"], shelf["reserved"]) == (90, 0), "final goods are gone for good"

    play(story)


def test_goods_on_trial_are_owed_once_the_seller_claims_that_the_window_is_over() -> None:
    async def story(town: Town) -> None:
        await terms(town, basis="return_window")
        id = await order(town, "shop", "factory", quantity=10)
        await town.ask("factory", "order.accept", all=True)
        await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1")
        await town.ask("factory", "order.report", order=id, event="delivered")
        await town.settle()
        await town.ask("shop", "order.receive", order=id)
        await town.settle()
        assert (await town.ask("shop", "order.show", order=id))["owed"]["amount"] == 0
        assert [row["row"] for row in await deadlines(town, "factory", mine=True)] == ["shipment.final"]
        await town.live(15)
        await town.ask("factory", "deadline.claim")
        await town.settle()
        assert (await town.ask("shop", "order.show", order=id))["owed"]["amount"] == 10_500

    play(story)


def test_a_statement_that_nobody_answers_is_agreed_to() -> None:
    async def story(town: Town) -> None:
        await opened(town)
        await order(town, "shop", "factory")
        await town.ask("factory", "order.accept", all=True)
        for row in (await town.ask("factory", "order.list"))["orders"]:
            await town.ask("factory", "order.ship", order=row["order"], carrier="SF", waybill="SF1")
        made = await statement(town)
        (waiting,) = [row for row in await deadlines(town, "shop", mine=False) if row["row"] == "statement.silence"]
        assert (waiting["number"], waiting["state"]) == ("2026-11", "running")
        await asyncio.sleep(2 * DAY_S + 60)
        claimed = await town.ask("factory", "deadline.claim", order=made["key"][:16])
        assert [row["row"] for row in claimed["claimed"]] == ["statement.silence"]
        await town.settle()
        await town.ask("shop", "order.place", partner="factory", lines=[{"sku": "CUP-1", "quantity": 1}])
        await town.settle()
        for who in ("factory", "shop"):
            shown = await town.ask(who, "statement.show", statement=made["key"])
            assert shown["state"] == "deemed"

    play(story)


async def chain(town: Town) -> tuple[str, str]:
    """A factory, a dealer and a shop with one order of the shop; its hash at the shop and at the factory."""
    await town.open("factory", "dealer", "shop")
    await town.pair("factory", "dealer")
    await town.pair("dealer", "shop")
    await goods(town, "factory")
    await agree(town, "factory", "dealer")
    await town.ask("dealer", "catalogue.derive", partner="factory")
    await agree(town, "dealer", "shop")
    id = await order(town, "shop", "dealer")
    (upstream,) = (await town.ask("factory", "order.list"))["orders"]
    return id, upstream["order"]


def test_an_order_that_lapsed_at_a_dealer_is_taken_back_from_its_supplier() -> None:
    async def story(town: Town) -> None:
        id, upstream = await chain(town)
        await asyncio.sleep(DAY_S + 60)
        await town.ask("shop", "deadline.claim", order=id)
        await town.settle()
        assert await buckets(town, "dealer", id) == {"lapsed": 2}
        assert await buckets(town, "factory", upstream) == {"withdrawn": 2}

    play(story)


def test_a_dealer_that_claims_tells_its_buyer() -> None:
    async def story(town: Town) -> None:
        id, upstream = await chain(town)
        await asyncio.sleep(DAY_S + 60)
        await town.ask("dealer", "deadline.claim", order=upstream)
        await town.settle()
        assert await buckets(town, "factory", upstream) == {"lapsed": 2}
        assert await buckets(town, "shop", id) == {"rejected": 2}

    play(story)


def test_a_cancel_that_a_dealer_leaves_unanswered_is_granted_and_the_parcel_is_its_own_loss() -> None:
    async def story(town: Town) -> None:
        id, upstream = await chain(town)
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        town.network.cut(weathers.Cut(frozenset({"factory"}), frozenset({"dealer"})))
        await town.ask("shop", "order.cancel", order=id)
        await asyncio.sleep(HOUR_S)
        assert await buckets(town, "shop", id) == {"cancelling": 2}, "the dealer waits for its supplier"
        await town.ask("factory", "order.ship", order=upstream, carrier="SF", waybill="SF1")
        await town.ask("shop", "deadline.claim", order=id, row="cancel.request")
        assert await buckets(town, "shop", id) == {"cancelled": 2}
        town.network.mend_all()
        await town.settle()
        for who in ("shop", "dealer"):
            seen = await town.ask(who, "order.show", order=id)
            assert (seen["lines"][0]["buckets"], seen["owed"]["amount"]) == ({"cancelled": 2}, 0)
        assert await buckets(town, "dealer", upstream) == {"rto-asked": 2}

    play(story)


def test_what_was_forfeited_or_came_back_does_not_lie_on_the_shelf() -> None:
    gone = [
        Lot(LotState.FORFEITED, 2, shipment=b"p"),
        Lot(LotState.CANCELLED, 3, shipment=b"p"),
        Lot(LotState.FINAL, 1),
    ]
    assert all(map(reservations.is_gone, gone))
    assert not reservations.is_gone(Lot(LotState.CANCELLED, 3)), "what never left is there"


async def complained(town: Town) -> tuple[str, str]:
    """Goods that arrived, with a part of their price withheld, and a complaint of the shop about them."""
    await agreed_with(town)
    id = await order(town, "shop", "factory")
    await town.ask("factory", "order.accept", all=True)
    await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1")
    await town.ask("factory", "order.report", order=id, event="delivered")
    await town.settle()
    issue = (await town.ask("shop", "issue.open", order=id, category="damaged"))["issue"]
    await town.settle()
    return id, issue


async def agreed_with(town: Town) -> None:
    for name in ("factory", "shop"):
        town.decided.setdefault(name, config.Config(name))
    await terms(town, withhold="0.1")


def test_T7_a_complaint_that_its_author_lets_lie_holds_back_no_money_for_ever() -> None:
    async def story(town: Town) -> None:
        town.decided["factory"] = config.Config("factory", claim_deadlines=True)
        id, issue = await complained(town)
        rows = {row["row"]: row for row in await deadlines(town, "shop")}
        assert (rows["issue.open"]["favours"], rows["issue.open"]["state"]) == ("me", "running")
        await town.ask("factory", "issue.reply", issue=issue, status="resolved", message="another one is on its way")
        await town.settle()
        (row,) = [row for row in await deadlines(town, "shop") if row["row"] == "issue.reply"]
        assert (row["favours"], row["number"]) == ("partner", rows["issue.open"]["number"])
        await town.live(30)  # the factory's node claims by itself: first the complaint, then the goods
        await town.settle()
        for who in ("factory", "shop"):
            shown = await town.ask(who, "issue.show", issue=issue)
            assert (shown["state"], shown["deemed"]) == ("closed", "issue.reply")
            assert await buckets(town, who, id) == {"final": 2}

    play(story)


def test_T7_a_complaint_without_a_solution_is_escalated_by_hand_and_closed_where_nobody_goes_on() -> None:
    async def story(town: Town) -> None:
        town.decided["factory"] = config.Config("factory", claim_deadlines=True)
        town.decided["shop"] = config.Config("shop", claim_deadlines=True)
        _, issue = await complained(town)
        await town.live(8)
        await town.settle()
        assert (await town.ask("shop", "issue.show", issue=issue))["state"] == "open", "no node escalates by itself"
        claimed = await town.ask("shop", "deadline.claim", order=issue, row="issue.open")
        assert [row["row"] for row in claimed["claimed"]] == ["issue.open"]
        await town.settle()
        assert (await town.ask("factory", "issue.show", issue=issue))["state"] == "escalated"
        await town.live(9)  # no arbiter stands in the agreement, so there is nowhere to go
        await town.settle()
        shown = await town.ask("shop", "issue.show", issue=issue)
        assert (shown["state"], shown["deemed"]) == ("closed", "issue.escalate")

    play(story)
