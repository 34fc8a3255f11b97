"""What suppliers withdraw, run out of, or have again, of goods that I picked: told once, until I take note of it."""

from __future__ import annotations

from typing import Any

from tests.node.markets import agree
from tests.node.towns import Town, play

GOODS = "商品编码,商品名称,供货价,库存\nA-1,碗,10,5\nA-2,杯,20,0\n"


async def market(town: Town) -> None:
    """A shop that has picked both articles of a factory, one of which was sold out then."""
    await town.open("factory", "shop")
    await town.pair("factory", "shop")
    await town.ask("factory", "catalogue.import", name="goods.csv", data_hex=GOODS.encode().hex())
    await agree(town, "factory", "shop")
    await town.settle()
    await town.ask("shop", "catalogue.derive", partner="factory", prefix="F-")


async def told(town: Town, who: str = "shop") -> dict[str, tuple[str, str]]:
    await town.settle()
    rows = (await town.ask(who, "selection.changes"))["supplies"]
    assert all(row["partner"] == "factory" and row["title"] in "碗杯" for row in rows)
    return {row["sku"]: (row["before"], row["now"]) for row in rows}


async def counted(town: Town, sku: str, count: int) -> None:
    """So many lie on the factory's shelf, and the shop hears of it."""
    await town.ask("factory", "stock.set", sku=sku, on_hand=count)
    await town.ask("factory", "catalogue.share", partner="shop")


def test_what_is_sold_out_is_told_once_and_what_came_and_went_unread_is_not() -> None:
    async def story(town: Town) -> None:
        await market(town)
        assert await told(town) == {}, "whoever picks something sold out knows that"
        for count in (0, 0, 3, 0):
            await counted(town, "A-1", count)
        assert await told(town) == {"F-A-1": ("offered", "sold-out")}
        await counted(town, "A-1", 4)
        assert await told(town) == {}, "back before anybody read of it"
        await counted(town, "A-1", 0)
        assert (await told(town)).keys() == {"F-A-1"}
        assert await town.ask("shop", "selection.noted", sku="F-A-1") == {"noted": 1}
        assert await told(town) == {}
        await counted(town, "A-1", 0)
        assert await told(town) == {}, "and not again"
        await counted(town, "A-1", 9)
        await counted(town, "A-2", 9)
        assert await told(town) == {"F-A-1": ("sold-out", "offered"), "F-A-2": ("sold-out", "offered")}
        source = (await town.ask("shop", "catalogue.show", sku="F-A-1"))["source"]
        assert source["news"] == "offered" and source["news_ms"]
        assert await town.ask("shop", "selection.noted") == {"noted": 2}
        assert (await town.ask("shop", "catalogue.show", sku="F-A-1"))["source"]["news"] is None

    play(story)


def test_what_is_withdrawn_and_comes_back_is_told_and_its_price_meanwhile_is_not() -> None:
    async def story(town: Town) -> None:
        await market(town)
        await town.ask("factory", "catalogue.change", sku="A-1", price="12")
        assert await told(town) == {}
        changes = (await town.ask("shop", "selection.changes"))["changes"]
        assert [row["sku"] for row in changes] == ["F-A-1"]
        await town.ask("factory", "catalogue.withdraw", sku="A-1")
        assert await told(town) == {"F-A-1": ("offered", "withdrawn")}
        assert (await town.ask("shop", "selection.changes"))["changes"] == [], "one notice an article"
        assert await town.ask("shop", "selection.noted", of="supply") == {"noted": 1}
        assert await told(town) == {}
        await town.ask("factory", "catalogue.restore", sku="A-1")
        assert await told(town) == {"F-A-1": ("withdrawn", "offered")}
        assert await town.ask("shop", "selection.noted", of="price") == {"noted": 1}
        assert (await told(town)).keys() == {"F-A-1"}, "the price was noted, and nothing else"

    play(story)


def test_terms_that_end_take_everything_away() -> None:
    async def story(town: Town) -> None:
        await market(town)
        (terms,) = (await town.ask("factory", "agreement.list"))["agreements"]
        await town.ask("factory", "agreement.end", partner="shop", agreement=terms["agreement"])
        assert await told(town) == {"F-A-1": ("offered", "withdrawn"), "F-A-2": ("sold-out", "withdrawn")}

    play(story)


def test_what_i_offer_to_nobody_is_not_told() -> None:
    async def story(town: Town) -> None:
        await market(town)
        await town.ask("shop", "catalogue.withdraw", sku="F-A-1")
        await counted(town, "A-1", 0)
        assert await told(town) == {}
        assert await told(town, "factory") == {}

    play(story)


def test_news_change_nothing_of_the_article_itself() -> None:
    """Else whoever edits it would be told that somebody altered it, and no import could be taken back."""

    async def story(town: Town) -> None:
        await market(town)
        node = town.citizens["shop"].node
        assert node is not None
        before: Any = await node.door({}).sighted()
        await counted(town, "A-1", 0)
        assert (await told(town)).keys() == {"F-A-1"}
        assert await node.door({}).sighted() == before

    play(story)
