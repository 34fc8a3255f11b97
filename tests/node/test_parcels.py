"""Planning and packing between whole nodes."""

from __future__ import annotations

import pytest

from node import errors
from tests.node.markets import order
from tests.node.test_stocks import market
from tests.node.towns import Town, play


def test_the_buyer_sees_what_was_planned_and_packed_before_it_leaves() -> None:
    async def story(town: Town) -> None:
        await market(town, "shop")
        id = await order(town, "shop", "factory", quantity=5)
        await town.ask("factory", "order.accept", order=id)
        await town.ask("factory", "order.plan", order=id, parcels=2, carrier="顺丰", within_hours=8)
        photo = {"name": "box.jpg", "data_hex": b"not quite a picture".hex()}
        await town.ask("factory", "order.pack", order=id, quantities={"1": 3}, sscc="340123450000000000", files=[photo])
        await town.settle()
        shown = await town.ask("shop", "order.show", order=id)
        assert [row["type"] for row in shown["documents"]][-2:] == ["shipment.plan", "shipment.pack"]
        assert shown["lines"][0]["packed"] == 3
        await town.ask("factory", "order.pack", order=id, weight_g=800)
        with pytest.raises(errors.NodeError) as empty:
            await town.ask("factory", "order.pack", order=id)
        assert empty.value.code == "order.nothing"
        await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="S1")
        await town.settle()
        shown = await town.ask("shop", "order.show", order=id)
        assert (shown["state"], shown["lines"][0]["packed"]) == ("shipped", 0)

    play(story)
