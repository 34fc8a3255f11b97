"""What a table changed when it was taken in: looked at, and taken back by new documents."""

from __future__ import annotations

from typing import Any

import pytest

from node import errors
from node.storage import intakes
from tests.node.markets import agree
from tests.node.towns import Town, play

GOODS = "商品编码,商品名称,供货价,库存\nA-1,碗,10,5\nA-2,杯,20,6\n"
LATER = "商品编码,商品名称,供货价,库存\nA-1,大碗,12,9\nA-2,杯,20,6\nA-3,碟,30,7\n"


async def take(town: Town, text: str, case: str = "catalogue.import", **told: Any) -> Any:
    return await town.ask("factory", case, name="goods.csv", data_hex=text.encode().hex(), **told)


async def shared(town: Town) -> None:
    """A factory whose goods a shop sees."""
    await town.open("factory", "shop")
    await town.pair("factory", "shop")
    await take(town, GOODS)
    await agree(town, "factory", "shop")


async def seen(town: Town) -> list[tuple[str, str, str, int]]:
    await town.settle()
    offers = (await town.ask("shop", "selection.list"))["offers"]
    return sorted((row["sku"], row["title"], row["cost"]["text"], row["stock"]) for row in offers)


async def refused(town: Town, case: str, **given: Any) -> errors.NodeError:
    with pytest.raises(errors.NodeError) as caught:
        await town.ask("factory", case, **given)
    return caught.value


def test_an_import_that_partners_saw_is_taken_back_by_new_documents_and_can_be_taken_in_again() -> None:
    async def story(town: Town) -> None:
        await shared(town)
        before = await seen(town)
        number = (await take(town, LATER))["import"]
        await town.ask("factory", "catalogue.share", partner="shop")
        assert [row[:3] for row in await seen(town)] == [
            ("A-1", "大碗", "12.00 CNY"),
            ("A-2", "杯", "20.00 CNY"),
            ("A-3", "碟", "30.00 CNY"),
        ]
        shown = await town.ask("factory", "import.show", number=number)
        assert (shown["new"], shown["changed"], shown["since"], shown["more"]) == (1, 1, [], 0)
        first, second = shown["rows"]
        fields = {row["field"]: (row["before"], row["after"]) for row in first["fields"]}
        assert (fields["titles"], fields["price"][0]["text"]) == (("碗", "大碗"), "10.00 CNY")
        assert (first["counted_before"], first["counted"], second["new"]) == (5, 9, True)
        undone = await town.ask("factory", "import.undo", number=number)
        assert (undone["taken_back"], undone["left"], undone["partners"]) == (2, [], 1)
        assert await seen(town) == before
        assert (await refused(town, "import.undo", number=number)).code == "import.undone"
        assert not (await take(town, LATER))["known"]

    play(story)


def test_what_nobody_saw_is_gone_as_if_it_had_never_been_there() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        number = (await take(town, GOODS))["import"]
        assert (await take(town, GOODS))["known"]
        await town.ask("factory", "import.undo", number=number)
        assert (await town.ask("factory", "catalogue.list"))["goods"] == []
        assert (await town.ask("factory", "stock.list"))["stock"] == []
        assert (await town.ask("factory", "search", text="A-1"))["hits"] == []
        (row,) = (await town.ask("factory", "import.list"))["imports"]
        assert (row["name"], row["kind"], row["new"], row["taken_back_ms"] is None) == (
            "goods.csv",
            "catalogue",
            2,
            False,
        )
        assert (await refused(town, "import.show", number=9)).code == "import.unknown"

    play(story)


def test_what_was_changed_since_is_told_and_left_if_that_is_wanted() -> None:
    async def story(town: Town) -> None:
        await shared(town)
        number = (await take(town, LATER))["import"]
        await town.ask("factory", "catalogue.change", sku="A-1", price="13")
        found = await refused(town, "import.undo", number=number)
        assert [(fault["path"], fault["code"]) for fault in found.faults] == [("A-1", "import.changed")]
        assert len((await town.ask("factory", "catalogue.list"))["goods"]) == 3
        undone = await town.ask("factory", "import.undo", number=number, others=True)
        assert (undone["taken_back"], undone["left"]) == (1, ["A-1"])
        goods = {row["sku"]: row for row in (await town.ask("factory", "catalogue.list"))["goods"]}
        assert (set(goods), goods["A-1"]["price"]["text"]) == ({"A-1", "A-2"}, "13.00 CNY")

    play(story)


def test_counts_are_taken_back_at_their_location_but_not_below_what_orders_wait_for() -> None:
    async def story(town: Town) -> None:
        await shared(town)
        number = (await take(town, "货号,现货库存\nA-1,50\nA-2,6\n", "stock.import"))["import"]
        assert (await seen(town))[0][3] == 50
        await town.ask("factory", "import.undo", number=number)
        assert (await seen(town))[0][3] == 5
        assert (await take(town, "货号,现货库存\nA-1,5\n", "stock.import"))["import"] is None
        await town.ask("factory", "stock.set", sku="A-1", on_hand=0)
        number = (await take(town, "货号,现货库存\nA-1,9\n", "stock.import"))["import"]
        line, to = {"sku": "A-1", "quantity": 4}, {"name": "李", "phone": "13800000000", "country": "CN", "street": "1"}
        await town.settle()
        await town.ask("shop", "order.place", partner="factory", lines=[line], recipient={**to, "city": "成都"})
        await town.settle()
        await town.ask("factory", "order.accept", all=True)
        found = await refused(town, "import.undo", number=number)
        assert [fault["code"] for fault in found.faults] == ["stock.reserved"]

    play(story)


def test_only_the_newest_files_are_kept() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        for price in range(intakes.KEPT_MAX + 2):
            await take(town, f"商品编码,商品名称,供货价\nA-1,碗,{price + 1}\n")
        numbers = [row["number"] for row in (await town.ask("factory", "import.list"))["imports"]]
        assert numbers == list(range(intakes.KEPT_MAX + 2, 2, -1))

    play(story)
