"""Parcels that have left are asked back, and come back, at every link of a chain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.orders import Order
from node import errors
from node.trade import books
from node.trade.ordering import alignments
from tests.node import controls, programs
from tests.node.markets import order
from tests.node.test_chains import LINKS, chain, only_order
from tests.node.test_comebacks import everywhere, owed, write
from tests.node.test_month_ends import PAIRS, documents, end_month
from tests.node.towns import Town, play


async def shipped(town: Town, *waybills: str) -> str:
    """Four cups under way to the consumer, in as many parcels; the shop's order."""
    await chain(town)
    id = await order(town, "shop", "wholesaler", quantity=4)
    await town.ask("factory", "order.accept", all=True)
    await town.settle()
    made = await only_order(town, "factory", True)
    for waybill in waybills:
        quantities = {"1": 4 // len(waybills)}
        await town.ask("factory", "order.ship", order=made, carrier="SF", waybill=waybill, quantities=quantities)
        await town.settle()
    assert await everywhere(town) == [{"shipped": 4}] * 3
    return id


async def say(town: Town, case: str, **given: Any) -> None:
    """The factory does something with its order."""
    await town.ask("factory", case, order=await only_order(town, "factory", True), **given)
    await town.settle()


def test_what_has_left_is_asked_back_and_comes_back_at_every_link() -> None:
    async def story(town: Town) -> None:
        id = await shipped(town, "SF1")
        (refused,) = (await town.ask("shop", "order.cancel", order=id))["refused"]
        assert [fault["code"] for fault in refused["faults"]] == ["order.nothing"]
        await town.ask("shop", "order.cancel", order=id, recall=True)
        await town.settle()
        assert await everywhere(town) == [{"rto-asked": 4}] * 3
        for seller in LINKS[:-1]:
            assert await documents(town, seller, "cancel.request") == 1
        await say(town, "order.recalled")
        assert await everywhere(town) == [{"returning": 4}] * 3
        await town.ask("factory", "return.receive", name=await only_order(town, "factory", True))
        await town.settle()
        assert await everywhere(town) == [{"back": 4}] * 3

    play(story)


def test_one_parcel_of_two_comes_back_and_the_other_arrives() -> None:
    async def story(town: Town) -> None:
        id = await shipped(town, "SF1", "SF2")
        await town.ask("shop", "order.cancel", order=id, recall=True)
        await town.settle()
        await say(town, "order.recalled", waybill="SF2", outcome="rto")
        assert await everywhere(town) == [{"returning": 2, "rto-asked": 2}] * 3
        await say(town, "order.report", waybill="SF1", event="delivered")
        assert await everywhere(town) == [{"returning": 2, "delivered": 2}] * 3
        with pytest.raises(errors.NodeError) as nothing:
            await say(town, "order.recalled")
        assert nothing.value.code == "order.nothing"

    play(story)


def test_a_part_of_a_parcel_of_which_its_seller_names_no_more_comes_back_alike() -> None:
    async def story(town: Town) -> None:
        id = await shipped(town, "SF1")
        await town.ask("shop", "order.cancel", order=id, recall=True)
        await town.settle()

        def three(desk: books.Desk, order: Order) -> books.Body:
            (cancel,) = alignments.open_cancels(order)
            return {"cancel": cancel, "lines": [{"line": 1, "quantity": 3, "outcome": "recalled"}]}

        await write(town, "factory", await only_order(town, "factory", True), "cancel.result", three)
        assert await everywhere(town) == [{"returning": 3, "rto-asked": 1}] * 3

    play(story)


@pytest.mark.parametrize("pairs", [PAIRS[:1], PAIRS[2:], PAIRS])
def test_a_recall_that_spans_a_month_end_is_passed_on_once(pairs: list[tuple[str, str]]) -> None:
    async def story(town: Town) -> None:
        id = await shipped(town, "SF1")
        await town.ask("shop", "order.cancel", order=id, recall=True, quantities={"1": 3})
        await town.settle()
        await end_month(town, pairs, "2026-11")
        await say(town, "order.report", waybill="SF1", event="in_transit")
        await say(town, "order.recalled")
        assert await everywhere(town) == [{"shipped": 1, "returning": 3}] * 3
        for seller in LINKS[:-1]:
            assert await documents(town, seller, "cancel.request") == 1
            assert await documents(town, seller, "cancel.result") == 2  # too late, and brought back
        assert await owed(town) == [4200 + 315, 5040 + 378, 6048 + 454]  # and a tenth of three, for the recall

    play(story)


def test_recalls_have_commands(tmp_path: Path) -> None:
    answers: dict[str, Any] = {"order.cancel": {"cancelling": 1, "refused": []}, "order.recalled": {"order": "ab"}}
    with controls.Control(tmp_path, answers) as control:
        assert programs.run("order", "cancel", "N1", "--recall", "--home", str(tmp_path)).exit_code == 0
        typed = ["order", "recalled", "N1", "--waybill", "SF1", "--outcome", "rto"]
        assert programs.run(*typed, "--home", str(tmp_path)).exit_code == 0
    assert control.asked[0][1]["recall"] is True
    assert control.asked[1] == ("order.recalled", {"order": "N1", "waybill": "SF1", "outcome": "rto"})
