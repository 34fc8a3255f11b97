"""Month ends between whole nodes: contested lines, several currencies, money owed both ways."""

from __future__ import annotations

import asyncio

import pytest

from node import errors
from tests.node import markets
from tests.node.markets import agree, goods, order
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
    await markets.shop(town)


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
        assert (shown["contested"], shown["contested_due"]) == (1, "2026-12-15")
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
        debts = (await town.ask("shop", "obligation.list"))["obligations"]
        assert [(row["period"], row["open"]["amount"], row["to_clear"]["amount"]) for row in debts] == [
            ("2026-11", 1_050, 1_050),
            ("2026-12", 2_100, 3_150),
        ]
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


async def trade_both_ways(town: Town) -> None:
    """Factory and shop sell to each other: the shop owes 42.00, the factory 21.00, both by closed statements."""
    await open_trade(town)
    rows = "sku,title_en,price,stock\nRUG-0,Rug,21.00,9\n"
    await town.ask("shop", "catalogue.import", name="rugs.csv", data_hex=rows.encode().hex())
    await agree(town, "shop", "factory")
    await shipped(town, 4)
    back = await order(town, "factory", "shop", sku="RUG-0", quantity=1)
    await town.ask("shop", "order.accept", order=back)
    await town.ask("shop", "order.ship", order=back, carrier="SF", waybill="SF9")
    await town.settle()


async def close_month(town: Town) -> None:
    """Both accounts of factory and shop are stated and agreed to."""
    answer = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
    await town.settle()
    for row in answer.get("proposed") or [answer]:
        assert (await town.ask("shop", "statement.agree", statement=row["statement"]))["state"] == "closed"
    await town.settle()


def test_B10_two_debts_cancel_out_and_only_the_rest_is_paid() -> None:
    async def story(town: Town) -> None:
        await trade_both_ways(town)
        with pytest.raises(errors.NodeError) as caught:  # nothing is signed by both yet
            await town.ask("factory", "netting.propose", partner="shop")
        assert caught.value.code == "netting.nothing"
        await close_month(town)
        assert await owed(town, "factory") == {"CNY": 2_100}
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("factory", "netting.propose", partner="shop", amount="21.01")
        assert caught.value.code == "netting.nothing"
        proposed = await town.ask("factory", "netting.propose", partner="shop")
        assert (proposed["amount"]["amount"], proposed["state"]) == (2_100, "proposed")
        await town.settle()
        assert (await town.ask("shop", "status"))["waiting_for_me"]["nettings"] == 1
        assert (await town.ask("shop", "netting.consent", netting=proposed["netting"]))["state"] == "applied"
        await town.settle()
        # the net position is what it was, the books are shorter, and the smaller debt is gone
        for who, sign in (("factory", 1), ("shop", -1)):
            assert await owed(town, who) == {"CNY": sign * 2_100}
            (left,) = (await town.ask(who, "obligation.list"))["obligations"]
            assert (left["open"]["amount"], left["amount"]["amount"]) == (2_100, 4_200)
            rows = {row["selling"]: row["owes_me"]["amount"] for row in (await town.ask(who, "balance"))["balances"]}
            assert rows == {who == "factory": sign * 2_100, who == "shop": 0}
        await close_month(town)
        await town.ask("shop", "payment.sent", partner="factory", amount="21.00")
        await town.settle()
        await town.ask("factory", "payment.received", partner="shop", amount="21.00")
        await town.settle()
        assert (await town.ask("shop", "obligation.list"))["obligations"] == []
        assert await owed(town, "factory") == {"CNY": 0}

    play(story)


def test_a_netting_that_is_declined_changes_nothing() -> None:
    async def story(town: Town) -> None:
        await trade_both_ways(town)
        await close_month(town)
        name = (await town.ask("shop", "netting.propose", partner="factory", amount="5.00"))["netting"]
        await town.settle()
        (waiting,) = (await town.ask("factory", "netting.list"))["nettings"]
        assert waiting["waits_for_me"]
        assert (await town.ask("factory", "netting.decline", netting=name))["state"] == "declined"
        await town.settle()
        assert len((await town.ask("shop", "obligation.list"))["obligations"]) == 2
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("shop", "netting.consent", netting="00000000")
        assert caught.value.code == "netting.unknown"

    play(story)


def test_a_payment_is_promised_sent_disputed_and_sent_again() -> None:
    async def story(town: Town) -> None:
        await open_trade(town)
        await shipped(town, 2)
        await close_month(town)
        promised = await town.ask("shop", "payment.promise", partner="factory", amount="21.00", due="2026-12-01")
        await town.settle()
        states = [row["state"] for row in (await town.ask("factory", "payment.list"))["payments"]]
        assert states == ["promised"]
        sent = await town.ask("shop", "payment.sent", partner="factory", amount="21.00", payment=promised["payment"])
        assert sent["payment"] == promised["payment"]
        await town.settle()
        (row,) = (await town.ask("factory", "balance"))["balances"]
        assert (row["under_way"]["amount"], row["due_amount"]["amount"]) == (2_100, 2_100) and row["due"]
        disputed = await town.ask("factory", "payment.dispute", payment=promised["payment"])
        assert disputed["state"] == "disputed"
        await town.settle()
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("factory", "payment.dispute", payment="00000000")
        assert caught.value.code == "payment.unknown"
        await town.ask("shop", "payment.sent", partner="factory", amount="21.00", payment=promised["payment"])
        await town.settle()
        received = await town.ask("factory", "payment.received", partner="shop", amount="21.00")
        assert received["owes_me"]["amount"] == 0 and received["payment"]
        assert (await town.ask("factory", "obligation.list"))["obligations"] == []

    play(story)


def test_silence_agrees_to_a_statement_and_it_is_reopened_once() -> None:
    async def story(town: Town) -> None:
        await open_trade(town)
        number = (await town.ask("shop", "order.show", order=await shipped(town, 2)))["number"]
        name = (await town.ask("factory", "statement.propose", partner="shop", period="2026-11"))["statement"]
        await town.settle()
        rows = (await town.ask("factory", "deadline.list", mine=True))["deadlines"]
        assert [row["state"] for row in rows if row["row"] == "statement.silence"] == ["running"]
        await asyncio.sleep(2 * 86_400 + 60)
        claimed = await town.ask("factory", "deadline.claim", order="2026-11", row="statement.silence")
        assert [row["row"] for row in claimed["claimed"]] == ["statement.silence"]
        await town.settle()
        for who in ("factory", "shop"):
            shown = await town.ask(who, "statement.show", statement=name)
            assert (shown["state"], shown["deemed"], shown["closing"]["amount"]) == ("deemed", True, 2_100)
        (left,) = (await town.ask("factory", "obligation.list"))["obligations"]
        assert left["open"]["amount"] == 2_100
        reopened = await town.ask("shop", "statement.reopen", statement=name, threads=[number], reason="short")
        assert (reopened["state"], reopened["contested"]) == ("reopened", 1)
        await town.settle()
        shown = await town.ask("factory", "statement.show", statement=name)
        assert {row["contested"] for row in shown["detail"]} == {"short"}
        with pytest.raises(errors.NodeError) as again:
            await town.ask("shop", "statement.reopen", statement=name, threads=[number])
        assert again.value.code == "document.refused"

    play(story)


def test_what_silence_agreed_to_becomes_final() -> None:
    async def story(town: Town) -> None:
        await open_trade(town)
        number = (await town.ask("shop", "order.show", order=await shipped(town, 2)))["number"]
        name = (await town.ask("factory", "statement.propose", partner="shop", period="2026-11"))["statement"]
        await town.settle()
        await asyncio.sleep(2 * 86_400 + 60)
        await town.ask("factory", "deadline.claim", order="2026-11", row="statement.silence")
        await town.settle()
        for who in ("factory", "shop"):  # a month without a node costs no time
            town.kill(who)
        await asyncio.sleep(30 * 86_400 + 60)
        for who in ("factory", "shop"):
            await town.start(who)
        await town.settle()
        claimed = await town.ask("factory", "deadline.claim", order="2026-11", row="statement.final")
        assert [row["row"] for row in claimed["claimed"]] == ["statement.final"]
        await town.settle()
        with pytest.raises(errors.NodeError) as late:
            await town.ask("shop", "statement.reopen", statement=name, threads=[number])
        assert late.value.code == "document.refused"
        assert (await town.ask("shop", "statement.show", statement=name))["state"] == "deemed"

    play(story)


def test_a_credit_line_says_what_is_left_of_it() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await goods(town, "factory")
        await agree(town, "factory", "shop", credit="100.00")
        await shipped(town, 2)
        await order(town, "shop", "factory", quantity=1)
        for who, giver in (("factory", "me"), ("shop", "factory")):
            (row,) = (await town.ask(who, "credit.list"))["credits"]
            figures = [row[name]["amount"] for name in ("limit", "owed", "ordered", "left")]
            assert (row["giver"], figures) == (giver, [10_000, 2_100, 1_050, 6_850])

    play(story)
