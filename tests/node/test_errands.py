"""What a dealer's node does not say by itself: it is laid before the merchant, once, on the disk."""

from __future__ import annotations

from typing import Any

import pytest

from node import errors
from tests.node import controls, programs
from tests.node.markets import order
from tests.node.test_chains import chain, issue_of, only_order
from tests.node.test_comebacks import about, arrived, asked, delivered, everywhere, say
from tests.node.towns import Town, play


async def left_to(town: Town, who: str, **given: Any) -> list[dict[str, Any]]:
    """The errands of a merchant."""
    rows: list[dict[str, Any]] = (await town.ask(who, "errand.list", **given))["errands"]
    return rows


async def decided_at_own_risk(town: Town) -> None:
    """The importer takes goods back for full refund before the factory refuses to."""
    await delivered(town)
    await say(town, "shop", False, "return.request", asked(2))
    await say(town, "importer", True, "return.decide", about(2, action="refund"))
    await say(town, "factory", True, "return.decide", about(2, {"reason": "worn"}, action="reject"))


def test_a_word_that_a_rule_refuses_further_on_waits_for_the_merchant_and_is_tried_no_more() -> None:
    async def story(town: Town) -> None:
        await decided_at_own_risk(town)
        (row,) = await left_to(town, "importer")
        assert (row["partner"], row["type"], row["why"], row["code"], row["state"]) == (
            *("wholesaler", "return.decide"),
            *("refused", "return.state", "open"),
        )
        shown = await town.ask("importer", "order.show", order=await only_order(town, "importer", True))
        assert row["number"] == shown["number"]
        assert (await town.ask("importer", "deadline.list"))["errands"] == [row]
        assert (await town.ask("importer", "deadline.list", mine=True))["errands"] == []
        assert (await town.ask("importer", "status"))["waiting_for_me"]["errands"] == 1
        town.kill("importer")
        await town.start("importer")
        await say(town, "shop", False, "receipt.advice", lambda desk, order: {"lines": [{"line": 1, "accepted": 2}]})
        assert await left_to(town, "importer") == [row], "on the disk, and as it was"
        for other in ("factory", "wholesaler", "shop"):
            assert await left_to(town, other) == []

    play(story)


def test_the_merchant_lets_a_refused_word_be_or_has_it_said_once_more() -> None:
    async def story(town: Town) -> None:
        await decided_at_own_risk(town)
        (row,) = await left_to(town, "importer")
        before = await everywhere(town)
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("importer", "errand.do", errand=row["errand"])
        assert [fault["code"] for fault in caught.value.faults] == ["return.state"]
        assert (await left_to(town, "importer"), await everywhere(town)) == ([row], before)
        assert (await town.ask("importer", "errand.dismiss", errand=row["errand"]))["state"] == "dismissed"
        assert await left_to(town, "importer") == []
        ((kept),) = await left_to(town, "importer", dismissed=True)
        assert kept == {**row, "state": "dismissed"}
        await say(town, "shop", False, "receipt.advice", lambda desk, order: {"lines": [{"line": 1, "accepted": 2}]})
        assert await left_to(town, "importer") == []
        for number in (row["errand"] + 1, row["errand"] + 2):
            with pytest.raises(errors.NodeError) as unknown:
                await town.ask("importer", "errand.dismiss", errand=number)
            assert unknown.value.code == "errand.unknown"

    play(story)


def test_a_complaint_that_the_supplier_must_not_be_sent_is_sent_when_it_may_be() -> None:
    async def story(town: Town) -> None:
        await chain(town)
        id = await order(town, "shop", "wholesaler", quantity=4)
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        opened = await town.ask("shop", "issue.open", order=id, category="late")
        await town.settle()
        above = await issue_of(town, "factory", "importer")
        await town.ask("importer", "issue.close", issue=above["issue"])  # the importer gives up on its own
        await town.settle()
        await town.ask("shop", "issue.reply", issue=opened["issue"], message="还没到")
        await town.settle()
        (row,) = await left_to(town, "importer")
        assert (row["partner"], row["type"], row["code"]) == ("factory", "issue.reply", "issue.state")
        assert (await issue_of(town, "importer", "wholesaler"))["documents"][-1]["message"] == "还没到"
        await town.ask("shop", "issue.reply", issue=opened["issue"], message="还是没到")
        await town.settle()
        assert [one["type"] for one in await left_to(town, "importer")] == ["issue.reply"] * 2

    play(story)


def test_what_was_refused_is_said_when_the_merchant_asks_for_it_and_the_rule_has_nothing_against_it_any_more() -> None:
    async def story(town: Town) -> None:
        await chain(town)
        await order(town, "shop", "wholesaler", quantity=4)
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        made = await only_order(town, "factory", True)
        await town.ask("factory", "order.ship", order=made, carrier="SF", waybill="SF77")
        await town.settle()
        await say(town, "importer", True, "shipment.status", arrived)  # the factory has not heard of it yet
        await say(town, "shop", False, "return.request", asked(2))
        assert await everywhere(town) == [{"shipped": 4}, *[{"delivered": 2, "return-asked": 2}] * 2]
        (row,) = await left_to(town, "importer")
        assert (row["partner"], row["type"]) == ("factory", "return.request")
        await say(town, "factory", True, "shipment.status", arrived)
        assert [(one["type"], one["partner"]) for one in await left_to(town, "importer")] == [
            ("return.request", "factory"),
            ("shipment.status", "wholesaler"),  # it was said to have arrived before
        ]
        assert (await town.ask("importer", "errand.do", errand=row["errand"]))["state"] == "done"
        await town.settle()
        assert await everywhere(town) == [{"delivered": 2, "return-asked": 2}] * 3
        assert [one["type"] for one in await left_to(town, "importer")] == ["shipment.status"]

    play(story)


def test_errands_have_commands(tmp_path: Any) -> None:
    row = {
        **{"errand": 3, "partner": "shop", "number": "N1", "type": "return.decide", "why": "refused"},
        **{"code": "return.state", "since_ms": 1_790_000_000_000, "state": "open"},
    }
    answers: dict[str, Any] = {
        "errand.list": {"errands": [row]},
        "errand.do": {**row, "state": "done"},
        "errand.dismiss": row,
        "deadline.list": {"deadlines": [], "errands": [row]},
    }
    with controls.Control(tmp_path, answers) as control:
        shown = programs.run("errand", "list", "--dismissed", "--home", str(tmp_path))
        clocks = programs.run("deadline", "list", "--home", str(tmp_path))
        for command in ("do", "dismiss"):
            assert programs.run("errand", command, "3", "--home", str(tmp_path)).exit_code == 0
    assert "return.state" in shown.output and "return.state" in clocks.output
    assert [name for name, _ in control.asked] == ["errand.list", "deadline.list", "errand.do", "errand.dismiss"]
    assert control.asked[2][1] == {"errand": 3}


def test_a_number_that_no_row_can_have_is_refused_before_the_database_sees_it() -> None:
    async def story(town: Town) -> None:
        await town.open("shop")
        for case, given in (
            ("errand.dismiss", {"errand": 1 << 63}),
            ("errand.do", {"errand": -1}),
            ("import.show", {"number": 1 << 63}),
        ):
            with pytest.raises(errors.NodeError) as refused:
                await town.ask("shop", case, **given)
            assert refused.value.code == "request.malformed"

    play(story)
