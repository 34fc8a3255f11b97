"""Complaints between two whole nodes: what people wrote arrives, and what they agreed on is owed on both sides."""

from __future__ import annotations

import pytest

from node import errors
from tests.node import markets
from tests.node.markets import order
from tests.node.towns import Town, play

PHOTO = b"\x89PNG\r\n\x1a\n" + b"crack" * 50


async def shipped(town: Town) -> str:
    """A factory and a shop with one order that has left."""
    await markets.shop(town)
    id = await order(town, "shop", "factory")
    await town.ask("factory", "order.accept", all=True)
    await town.settle()
    await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1")
    await town.settle()
    return id


def test_an_issue_is_closed_by_a_settlement_that_the_next_statement_holds() -> None:
    async def story(town: Town) -> None:
        id = await shipped(town)
        opened = await town.ask(
            "shop", "issue.open", order=id, category="damaged", claim="10.50", lines={"1": 1},
            message="一只杯子碎了", files=[{"name": "crack.png", "data_hex": PHOTO.hex()}], key="one",
        )  # fmt: skip
        repeated = await town.ask("shop", "issue.open", order=id, category="damaged", key="one")
        assert repeated["issue"] == opened["issue"]
        await town.settle()
        assert (await town.ask("factory", "status"))["waiting_for_me"]["issues"] == 1
        (row,) = (await town.ask("factory", "issue.list", live=True))["issues"]
        assert (row["by"], row["state"], row["claim"]["amount"]) == ("shop", "open", 1050)
        seen = await town.ask("factory", "issue.show", issue=opened["order"])
        assert seen["documents"][0]["message"] == "一只杯子碎了"
        assert seen["documents"][0]["files"][0]["here"]
        await town.ask("factory", "issue.reply", issue=row["issue"], status="need_more_info", message="which one?")
        await town.settle()
        await town.ask("shop", "issue.reply", issue=row["issue"], message="the blue one")
        await town.ask("factory", "issue.offer", issue=row["issue"], amount="8.00")
        await town.settle()
        taken = await town.ask("shop", "issue.accept", issue=row["issue"])
        assert (taken["state"], taken["settled"]["amount"]) == ("settled", 800)
        await town.settle()
        seen = await town.ask("factory", "issue.show", issue=row["issue"])
        assert (seen["state"], seen["settled"]["amount"], seen["waits_for_me"]) == ("settled", -800, False)
        assert [one["state"] for one in seen["offers"]] == ["accepted"]
        proposed = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
        assert proposed["closing"]["amount"] == 2100 - 800
        await town.settle()
        agreed = await town.ask("shop", "statement.agree", statement=proposed["statement"])
        assert agreed["state"] == "closed"
        lines = (await town.ask("shop", "statement.show", statement=proposed["statement"]))["detail"]
        assert [(line["kind"], line["amount"]["amount"]) for line in lines if line["kind"] == "award"] == [
            ("award", -800)
        ]

    play(story)


def test_a_declined_offer_and_a_close() -> None:
    async def story(town: Town) -> None:
        id = await shipped(town)
        issue = (await town.ask("shop", "issue.open", order=id))["issue"]
        await town.settle()
        await town.ask("factory", "issue.offer", issue=issue, amount="1.00", to_me=True)
        await town.settle()
        await town.ask("shop", "issue.accept", issue=issue, decline=True)
        closed = await town.ask("shop", "issue.close", issue=issue, unsatisfied=True)
        assert closed["state"] == "closed"
        assert (await town.ask("shop", "issue.close", issue=issue))["state"] == "closed", "the same command once more"
        await town.settle()
        assert (await town.ask("factory", "issue.list", live=True))["issues"] == []

    play(story)


def test_complaints_about_nothing_are_refused_with_a_sentence() -> None:
    async def story(town: Town) -> None:
        await shipped(town)
        issue = (await town.ask("shop", "issue.open", partner="factory", category="late"))["issue"]
        for case, arguments, code in (
            ("issue.open", {}, "request.malformed"),
            ("issue.open", {"partner": "factory", "lines": {"1": 1}}, "request.malformed"),
            ("issue.open", {"order": "nope"}, "order.unknown"),
            ("issue.show", {"issue": "nope"}, "issue.unknown"),
            ("issue.accept", {"issue": issue}, "issue.offer"),
            ("issue.reply", {"issue": issue, "status": "resolved"}, "document.refused"),
            ("issue.reply", {"issue": issue, "files": [{"name": "x", "data_hex": "zz"}]}, "attachment.unreadable"),
            ("issue.reply", {"issue": issue, "files": [{"name": "x", "data_hex": ""}]}, "attachment.unreadable"),
        ):
            with pytest.raises(errors.NodeError) as caught:
                await town.ask("shop", case, **arguments)
            assert caught.value.code == code, case

    play(story)
