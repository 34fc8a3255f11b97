"""Orders for consumers whom a marketplace hides: a token and a waybill in place of a name and an address."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.documents import orders as papers
from node import errors
from tests.contracts.desks import BUYER, Shop
from tests.node.markets import agree
from tests.node.test_stocks import market
from tests.node.towns import Town, play

TOKEN = {"platform": "taobao", "token": "oaid:1==", "carrier": "ZTO", "waybill": "75310"}
LINES = [{"sku": "CUP-0", "quantity": 2}]


async def chain(town: Town) -> None:
    """A factory, a dealer, a shop."""
    await market(town, "dealer")
    await town.open("shop")
    await town.ask("dealer", "catalogue.derive", partner="factory")
    await town.pair("dealer", "shop")
    await agree(town, "dealer", "shop")


async def at_the_factory(town: Town) -> str:
    (row,) = (await town.ask("factory", "order.list"))["orders"]
    return str(row["order"])


@pytest.mark.parametrize("open_token", [False, True])
def test_B05_a_token_goes_down_the_chain_and_the_factory_ships_with_the_granted_waybill(open_token: bool) -> None:
    async def story(town: Town) -> None:
        await chain(town)
        placed = await town.ask(
            "shop", "order.place", partner="dealer", lines=LINES, recipient=TOKEN, open_token=open_token
        )
        await town.settle()
        (middle,) = (await town.ask("dealer", "order.list", selling=True))["orders"]
        seen = await town.ask("dealer", "order.show", order=middle["order"])
        assert seen["recipient"] == (TOKEN if open_token else None)
        assert seen["sealed"] is not open_token
        id = await at_the_factory(town)
        assert (await town.ask("factory", "order.show", order=id))["recipient"] == TOKEN
        await town.ask("factory", "order.accept", order=id)
        assert (await town.ask("factory", "order.ship", order=id)) == {"shipped": 1, "refused": []}
        await town.settle()
        (parcel,) = (await town.ask("shop", "order.show", order=placed["order"]))["shipments"]
        assert (parcel["carrier"], parcel["waybill"]) == ("ZTO", "75310")

    play(story)


def test_an_order_without_a_granted_waybill_needs_one_to_be_shipped() -> None:
    async def story(town: Town) -> None:
        await market(town, "shop")
        only = {"platform": "taobao", "token": "oaid:1=="}
        placed = await town.ask("shop", "order.place", partner="factory", lines=LINES, recipient=only)
        await town.settle()
        await town.ask("factory", "order.accept", all=True)
        answer = await town.ask("factory", "order.ship", order=placed["order"])
        assert [fault["code"] for row in answer["refused"] for fault in row["faults"]] == ["request.malformed"]

    play(story)


@pytest.mark.parametrize("recipient", [{**TOKEN, "name": "李雷"}, {"platform": "taobao"}, {}])
def test_an_address_never_stands_openly(recipient: dict[str, Any]) -> None:
    async def story(town: Town) -> None:
        await market(town, "shop")
        with pytest.raises(errors.NodeError) as wrong:
            await town.ask("shop", "order.place", partner="factory", lines=LINES, recipient=recipient, open_token=True)
        assert wrong.value.code == "request.malformed"

    play(story)


@pytest.mark.parametrize("name", [name for name in papers.MASKED if name != "token"])
def test_what_belongs_to_a_token_stands_beside_one(name: str) -> None:
    shop = Shop()
    assert shop.refuse(BUYER, "order.place", shop.order(1, **{name: "X"})) == ["document.conflict"]
    shop.both(BUYER, "order.place", shop.order(1, token="oaid:1==", **{name: "X"}))
