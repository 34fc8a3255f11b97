"""Two and more whole nodes trade, on virtual time."""

from __future__ import annotations

from typing import Any

from tests.node.towns import Town, play


async def goods(town: Town, seller: str, count: int = 3, stock: int = 100) -> None:
    """Give a seller articles and stock, by a sheet as a merchant would."""
    rows = ["sku,title_zh,title_en,price,stock"]
    rows += [f"CUP-{number},青花杯 {number},Blue cup {number},{10 + number}.50,{stock}" for number in range(count)]
    sheet = "\n".join(rows).encode()
    answer = await town.ask(seller, "catalogue.import", name="goods.csv", data_hex=sheet.hex())
    assert answer["new"] == count


async def agree(town: Town, seller: str, buyer: str) -> None:
    """Bring an agreement in force and share the seller's goods under it."""
    await town.ask(seller, "agreement.propose", partner=buyer)
    await town.settle()
    await town.ask(buyer, "agreement.accept", partner=seller)
    await town.settle()
    await town.ask(seller, "catalogue.share", partner=buyer)
    await town.settle()


async def order(town: Town, buyer: str, seller: str, sku: str = "CUP-0", quantity: int = 2) -> str:
    recipient = {"name": "李雷", "phone": "13800000000", "country": "CN", "city": "成都", "street": "天府大道 1 号"}
    lines = [{"sku": sku, "quantity": quantity}]
    placed = await town.ask(buyer, "order.place", partner=seller, lines=lines, recipient=recipient)
    await town.settle()
    return str(placed["order"])


def test_two_nodes_peer_and_trade_the_whole_way() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await goods(town, "factory")
        await agree(town, "factory", "shop")
        offered = (await town.ask("shop", "catalogue.list", partner="factory"))["goods"]
        assert [row["sku"] for row in offered] == ["CUP-0", "CUP-1", "CUP-2"]
        id = await order(town, "shop", "factory")
        seen = await town.ask("factory", "order.show", order=id)
        assert seen["state"] == "placed"
        assert seen["recipient"]["name"] == "李雷"
        assert (await town.ask("factory", "order.accept", all=True))["accepted"] == 1
        await town.settle()
        assert (await town.ask("shop", "order.show", order=id))["state"] == "agreed"
        shipped = await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1234567890")
        assert shipped == {"shipped": 1, "refused": []}
        await town.settle()
        final = await town.ask("shop", "order.show", order=id)
        assert final["state"] == "shipped"
        assert final["shipments"][0]["waybill"] == "SF1234567890"
        assert final["owed"]["amount"] == 2100
        proposed = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
        assert proposed["closing"]["amount"] == 2100
        await town.settle()
        agreed = await town.ask("shop", "statement.agree", statement=proposed["statement"])
        assert agreed["state"] == "closed"
        await town.settle()
        await town.ask("shop", "payment.sent", partner="factory", amount="21.00", statement=proposed["statement"])
        await town.settle()
        received = await town.ask("factory", "payment.received", partner="shop", amount="21.00")
        assert received["balance"]["amount"] == 0
        await town.settle()
        balances: list[dict[str, Any]] = (await town.ask("shop", "payment.list"))["balances"]
        assert [row["owes_me"]["amount"] for row in balances] == [0]

    play(story)
