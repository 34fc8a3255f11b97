"""Parcels in bulk: every row is looked at before anything is shipped; and what can be done with an order now."""

from __future__ import annotations

from tests.node import markets
from tests.node.markets import order
from tests.node.towns import Town, play


def test_every_row_says_what_shipping_it_would_do_and_nothing_is_shipped() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        for _ in range(4):
            await order(town, "shop", "factory", quantity=1)
        rows = (await town.ask("factory", "order.list"))["orders"]
        numbers = [row["number"] for row in rows]
        await town.ask("factory", "order.accept", orders=numbers[:3])
        await town.ask("factory", "order.ship", order=numbers[2], carrier="SF", waybill="SF9")
        text = (
            f"{numbers[0]}\t顺丰\tSF1\n\n{numbers[0]},SF,SF2\n{numbers[1]} ZZ1\n{numbers[2]}，SF，SF9\n"
            f"{numbers[3]},SF,SF4\nNOPE,SF,SF5\n{numbers[1]},顺!,SF6"
        )
        seen = await town.ask("factory", "order.waybills", text=text, carrier="ZTO")
        assert [(row["row"], row["carrier"], row["waybill"], row["fault"]) for row in seen["rows"]] == [
            (1, "SF", "SF1", None),
            (3, "SF", "SF2", "row.twice"),
            (4, "ZTO", "ZZ1", None),
            (5, "SF", "SF9", "waybill.known"),
            (6, "SF", "SF4", "order.nothing"),
            (7, "SF", "SF5", "order.unknown"),
            (8, "顺!", "SF6", "request.carrier"),
        ]
        assert seen["good"] == 2
        good = [{"order": row["thread"], "carrier": row["carrier"], "waybill": row["waybill"]}
                for row in seen["rows"] if row["fault"] is None]  # fmt: skip
        assert (await town.ask("factory", "today"))["kinds"][1]["count"] == 2
        assert await town.ask("factory", "order.ship", rows=good) == {"shipped": 2, "refused": []}
        sheet = f"订单号,快递公司,运单号\n{numbers[0]},SF,SF12345\n"
        again = await town.ask("factory", "order.waybills", name="w.csv", data_hex=sheet.encode().hex())
        assert [row["fault"] for row in again["rows"]] == ["order.nothing"]

    play(story)


def test_an_order_says_what_can_be_done_with_it_now() -> None:
    async def story(town: Town) -> None:
        await markets.chain(town)
        placed = await order(town, "shop", "dealer")
        (upstream,) = (await town.ask("factory", "order.list", duty="accept"))["orders"]

        async def possible(who: str, id: str) -> set[str]:
            return set((await town.ask(who, "order.show", order=id))["possible"])

        assert {"order.accept", "order.reject", "order.propose"} < await possible("factory", upstream["order"])
        assert not {"order.accept", "order.ship"} & await possible("dealer", placed)  # its supplier does that
        assert {"order.cancel", "issue.open"} <= await possible("shop", placed)
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        assert "order.ship" in await possible("factory", upstream["order"])
        await town.ask("factory", "order.ship", order=upstream["order"], carrier="SF", waybill="SF1")
        await town.settle()
        assert {"order.receive"} <= await possible("shop", placed)
        assert (await town.ask("factory", "order.list", duty="accept"))["orders"] == []

    play(story)
