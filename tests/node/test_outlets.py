"""Kinds of channel: whose shops sell on which, and what an agreement allows (S63)."""

from __future__ import annotations

import pytest

from node import errors
from tests.node.markets import agree, goods
from tests.node.towns import Town, play

ORDERS = "shop,order,sku,quantity,name,phone,country,city,street\nMain,1001,CUP-0,1,Li Lei,13800000000,CN,X,Y 1\n"


def test_S63_a_shops_orders_say_on_which_kind_of_channel_they_were_sold() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await goods(town, "factory")
        await agree(town, "factory", "shop", channels=["live", "group-buy"])
        await town.ask("shop", "channel.set", shop="Main", channel="live")
        await town.ask("shop", "order.import", name="orders.csv", data_hex=ORDERS.encode().hex())
        await town.settle()
        (row,) = (await town.ask("factory", "order.list"))["orders"]
        assert (await town.ask("factory", "order.show", order=row["order"]))["channel"] == "live"
        lines = [{"sku": "CUP-0", "quantity": 1}]
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("shop", "order.place", partner="factory", lines=lines, channel="private")
        assert refused.value.code == "order.channel"
        await town.ask("shop", "order.place", partner="factory", lines=lines, channel="group-buy")
        await town.ask("factory", "content.set", sku="CUP-0", channel="live", title="Look at this")
        assert (await town.ask("shop", "channel.list"))["channels"] == [
            {"channel": "group-buy", "shops": [], "allowed_by": ["factory"], "told": 0},
            {"channel": "live", "shops": ["Main"], "allowed_by": ["factory"], "told": 0},
        ]
        assert (await town.ask("factory", "channel.list"))["channels"][0]["told"] == 1
        await town.ask("shop", "channel.set", shop="Main")
        assert [row["shops"] for row in (await town.ask("shop", "channel.list"))["channels"]] == [[], []]

    play(story)
