"""Invoices between two whole nodes: nobody types a figure, and what is billed is what the books hold."""

from __future__ import annotations

import pytest

from node import errors
from tests.node.markets import order
from tests.node.test_issues import shipped
from tests.node.towns import Town, play


async def closed(town: Town) -> str:
    """Close the month between factory and shop; the statement."""
    proposed = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
    await town.settle()
    assert (await town.ask("shop", "statement.agree", statement=proposed["statement"]))["state"] == "closed"
    await town.settle()
    return str(proposed["statement"])


def test_an_invoice_over_a_statement_goes_the_whole_round() -> None:
    async def story(town: Town) -> None:
        await shipped(town)
        second = await order(town, "shop", "factory", "CUP-1", 3)
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        await town.ask("factory", "order.ship", order=second, carrier="SF", waybill="SF2")
        await town.settle()
        statement = await closed(town)
        issued = await town.ask(
            "factory", "invoice.issue", statement=statement, national=["CN-QDFP", "2644200000012345"], key="one"
        )
        assert issued["total"]["amount"] == 2 * 1050 + 3 * 1150
        assert await town.ask("factory", "invoice.issue", statement=statement, key="one") == issued
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("factory", "invoice.issue", statement=statement)
        assert [fault["code"] for fault in caught.value.faults] == ["invoice.statement"]
        await town.settle()
        assert (await town.ask("shop", "status"))["waiting_for_me"]["invoices"] == 1
        shown = await town.ask("shop", "invoice.show", invoice=issued["number"])
        billed = {line["sku"]: (line["quantity"], line["net"]["amount"]) for line in shown["lines"]}
        assert billed == {"CUP-0": (2, 2100), "CUP-1": (3, 3450)}
        assert shown["national"] == "CN-QDFP 2644200000012345"
        assert (shown["seller"], shown["buyer"]) == ("factory", "shop")
        await town.ask("shop", "invoice.respond", invoice=issued["number"], status="AB")
        await town.ask(
            "shop", "invoice.respond", invoice=issued["number"], status="RE", reason="QTY", action="CNP", term="BT-129",
            value="2", lines=[2], message="one cup was broken",
        )  # fmt: skip
        await town.settle()
        refused = await town.ask("factory", "invoice.show", invoice=issued["number"])
        assert refused["state"] == "rejected"
        assert [line["rejected"] for line in refused["lines"]] == [False, True]
        assert refused["reasons"][0] == {"reason": "QTY", "action": "CNP", "term": "BT-129", "value": "2", "line": 2}
        credited = await town.ask("factory", "invoice.credit", invoice=issued["number"], lines={"2": 1})
        rest = issued["total"]["amount"] - credited["credited"]["amount"]
        whole = await town.ask("factory", "invoice.credit", invoice=issued["number"])
        assert 0 < rest < issued["total"]["amount"] == whole["credited"]["amount"]
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("factory", "invoice.credit", invoice=issued["number"])
        assert caught.value.code == "invoice.nothing"
        again = await town.ask("factory", "invoice.issue", statement=statement)
        assert again["total"] == issued["total"]
        await town.settle()
        for status, partial in (("AP", False), ("PD", True), ("PD", False)):
            await town.ask("shop", "invoice.respond", invoice=again["number"], status=status, partial=partial)
        await town.settle()
        states = {row["number"]: row["state"] for row in (await town.ask("factory", "invoice.list"))["invoices"]}
        assert states == {issued["number"]: "rejected", again["number"]: "paid"}

    play(story)


def test_an_order_is_invoiced_as_it_is_shipped_and_not_again_with_its_statement() -> None:
    async def story(town: Town) -> None:
        id = await shipped(town)
        issued = await town.ask("factory", "invoice.issue", order=id)
        assert issued["total"]["amount"] == 2100
        for arguments in ({"order": id}, {"statement": await closed(town)}):
            with pytest.raises(errors.NodeError) as caught:
                await town.ask("factory", "invoice.issue", **arguments)
            assert caught.value.code == "invoice.nothing"
        await town.ask("factory", "invoice.credit", invoice=issued["number"], lines={"1": 1})
        again = await town.ask("factory", "invoice.issue", order=id)
        assert again["total"]["amount"] == 1050

    play(story)


def test_invoices_about_nothing_are_refused_with_a_sentence() -> None:
    async def story(town: Town) -> None:
        id = await shipped(town)
        proposed = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
        issued = await town.ask("factory", "invoice.issue", order=id)
        await town.settle()
        for who, case, arguments, code in (
            ("factory", "invoice.issue", {}, "request.malformed"),
            ("factory", "invoice.issue", {"statement": proposed["statement"]}, "invoice.nothing"),
            ("shop", "invoice.issue", {"order": id}, "document.refused"),
            ("factory", "invoice.show", {"invoice": "nope"}, "invoice.unknown"),
            ("factory", "invoice.credit", {"invoice": issued["number"], "lines": {"a": 1}}, "order.line"),
            ("shop", "invoice.credit", {"invoice": issued["number"]}, "document.refused"),
            ("shop", "invoice.respond", {"invoice": issued["number"], "status": "RE"}, "document.refused"),
        ):
            with pytest.raises(errors.NodeError) as caught:
                await town.ask(who, case, **arguments)
            assert caught.value.code == code, (case, arguments)

    play(story)
