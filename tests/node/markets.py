"""What most stories begin with: merchants who are partners, an agreement in force, goods, an order."""

from __future__ import annotations

from typing import Any

from tests.node.towns import Town


async def shop(town: Town) -> None:
    """A factory and the shop that buys from it: partners, agreed, goods shared."""
    await town.open("factory", "shop")
    await town.pair("factory", "shop")
    await goods(town, "factory")
    await agree(town, "factory", "shop")


async def chain(town: Town) -> None:
    """A factory, a dealer who passes its goods on, and the shop that buys from the dealer."""
    await town.open("factory", "dealer", "shop")
    await town.pair("factory", "dealer")
    await town.pair("dealer", "shop")
    await goods(town, "factory")
    await agree(town, "factory", "dealer")
    await town.ask("dealer", "catalogue.derive", partner="factory")
    await agree(town, "dealer", "shop")


async def goods(town: Town, seller: str, count: int = 3, stock: int = 100) -> None:
    """Give a seller articles and stock, by a sheet as a merchant would."""
    rows = ["sku,title_zh,title_en,price,stock"]
    rows += [f"CUP-{number},青花杯 {number},Blue cup {number},{10 + number}.50,{stock}" for number in range(count)]
    sheet = "\n".join(rows).encode()
    answer = await town.ask(seller, "catalogue.import", name="goods.csv", data_hex=sheet.hex())
    assert answer["new"] == count


async def agree(town: Town, seller: str, buyer: str, **terms: Any) -> None:
    """Bring an agreement in force and share the seller's goods under it."""
    await town.ask(seller, "agreement.propose", partner=buyer, **terms)
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
