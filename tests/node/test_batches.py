"""Files of orders are taken back: what nobody answered is withdrawn, what suppliers have begun with is left."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from node import errors
from tests.node.markets import agree
from tests.node.towns import Town, play

GOODS = "商品编码,商品名称,供货价,库存\nA-1,碗,10,50\nA-2,杯,20,60\n"
SHEET = """订单号,商品编码,数量,收货人,手机,详细地址,供应商
N1,A-1,1,张三,13800138000,大街 1 号,factory
N2,A-2,2,李四,13900139000,大街 2 号,factory
"""
BETTER = SHEET.replace("A-2,2", "A-2,3")


async def take(town: Town, text: str = SHEET) -> Any:
    return await town.ask("shop", "order.import", name="sheet.csv", data_hex=text.encode().hex())


async def market(town: Town, *sellers: str) -> None:
    """Suppliers of the same goods, and a shop."""
    await town.open("shop", *sellers)
    for seller in sellers:
        await town.pair(seller, "shop")
        await town.ask(seller, "catalogue.import", name="goods.csv", data_hex=GOODS.encode().hex())
        await agree(town, seller, "shop")


async def taken_in(town: Town, text: str = SHEET, *sellers: str) -> int:
    """The number of a file that a shop has taken in, and its suppliers have."""
    await market(town, *(sellers or ("factory",)))
    number = (await take(town, text))["import"]
    await town.settle()
    return int(number)


async def standings(town: Town, number: int) -> dict[str, str]:
    """How each consumer's order of a file stands."""
    shown = await town.ask("shop", "import.show", number=number)
    assert sum(shown["standings"].values()) == shown["new"] == len(shown["orders"])
    return {one["number"]: one["standing"] for one in shown["orders"]}


async def undo(town: Town, number: int, **told: Any) -> tuple[int, list[str]]:
    undone = await town.ask("shop", "import.undo", number=number, **told)
    await town.settle()
    return undone["taken_back"], undone["left"]


async def refused(town: Town, number: int) -> errors.NodeError:
    with pytest.raises(errors.NodeError) as caught:
        await town.ask("shop", "import.undo", number=number)
    return caught.value


async def of_factory(town: Town, state: str) -> list[int]:
    """The units of the factory's orders in a state."""
    rows = (await town.ask("factory", "order.list", state=state))["orders"]
    return sorted(row["quantity"] for row in rows)


def test_what_nobody_has_answered_is_withdrawn_and_a_better_file_can_be_taken_in() -> None:
    async def story(town: Town) -> None:
        number = await taken_in(town)
        assert await standings(town, number) == {"N1": "waits", "N2": "waits"}
        (row,) = (await town.ask("shop", "import.list"))["imports"]
        assert (row["kind"], row["name"], row["new"], row["taken_back_ms"]) == ("orders", "sheet.csv", 2, None)
        assert await of_factory(town, "placed") == [1, 2]
        assert await undo(town, number) == (2, [])
        assert await standings(town, number) == {"N1": "taken-back", "N2": "taken-back"}
        assert (await of_factory(town, "placed"), await of_factory(town, "closed")) == ([], [1, 2])
        assert (await refused(town, number)).code == "import.undone"

        again = await take(town, BETTER)
        await town.settle()
        assert (again["orders"], again["unchanged"], again["placed"]) == (2, 0, {"factory": 2})
        assert await of_factory(town, "placed") == [1, 3]
        assert (await town.ask("shop", "order.show", order="N2"))["state"] == "placed", "the number means the new one"
        assert (await take(town, BETTER))["unchanged"] == 2, "and is not taken twice"
        assert await undo(town, again["import"]) == (2, [])
        third = await take(town)
        await town.settle()
        assert (third["placed"], await of_factory(town, "placed")) == ({"factory": 2}, [1, 2])

    play(story)


def test_what_a_supplier_has_begun_with_is_named_and_left() -> None:
    async def story(town: Town) -> None:
        number = await taken_in(town)
        first = (await town.ask("shop", "order.show", order="N1"))["order"]
        await town.ask("factory", "order.accept", order=first)
        await town.settle()
        assert await standings(town, number) == {"N1": "gone", "N2": "waits"}
        shown = await town.ask("shop", "import.show", number=number)
        assert (shown["since"], shown["orders"][0]["orders"][0]["state"]) == (["N1"], "agreed")
        found = await refused(town, number)
        assert (found.code, [(fault["path"], fault["code"], fault["got"]) for fault in found.faults]) == (
            "import.changed",
            [("N1", "import.gone", "agreed")],
        )
        assert await of_factory(town, "placed") == [2], "nothing was done"
        assert await undo(town, number, others=True) == (1, ["N1"])
        assert await standings(town, number) == {"N1": "gone", "N2": "taken-back"}
        again = await take(town, BETTER)
        await town.settle()
        assert (again["orders"], again["unchanged"], await of_factory(town, "agreed")) == (1, 1, [1])
        assert await of_factory(town, "placed") == [3]

    play(story)


@pytest.mark.parametrize(
    ("case", "given", "standing"),
    [
        ("order.propose", {"price": "11"}, "gone"),
        ("order.reject", {"reason": "sold_out"}, "ended"),
    ],
)
def test_an_answer_of_any_kind_is_an_answer(case: str, given: dict[str, Any], standing: str) -> None:
    async def story(town: Town) -> None:
        number = await taken_in(town)
        first = (await town.ask("shop", "order.show", order="N1"))["order"]
        await town.ask("factory", case, order=first, **given)
        await town.settle()
        assert (await standings(town, number))["N1"] == standing
        assert await undo(town, number, others=True) == (1, ["N1"] if standing == "gone" else [])
        assert (await standings(town, number))["N1"] == standing
        again = await take(town)
        assert (again["orders"], again["unchanged"]) == (1, 1), "what ended otherwise is not ordered again"

    play(story)


def test_an_order_of_several_suppliers_stays_whole_once_one_of_them_has_begun() -> None:
    text = SHEET + "N1,A-2,5,张三,13800138000,大街 1 号,mill\n"

    async def story(town: Town) -> None:
        number = await taken_in(town, text, "factory", "mill")
        await town.ask("mill", "order.accept", all=True)
        await town.settle()
        assert await standings(town, number) == {"N1": "gone", "N2": "waits"}
        assert await undo(town, number, others=True) == (1, ["N1"])
        assert await of_factory(town, "placed") == [1], "its part stays as well"

    play(story)


def test_what_left_at_the_same_time_is_not_ordered_again() -> None:
    async def story(town: Town) -> None:
        number = await taken_in(town)
        first = (await town.ask("shop", "order.show", order="N1"))["order"]
        town.kill("shop")
        await town.ask("factory", "order.accept", all=True)
        await town.ask("factory", "order.ship", order=first, carrier="SF", waybill="SF1")
        town.kill("factory")
        await town.start("shop")
        assert (await town.ask("shop", "import.undo", number=number))["taken_back"] == 2
        await town.start("factory")
        await town.settle()
        shown = {one["number"]: one for one in (await town.ask("shop", "import.show", number=number))["orders"]}
        states = {name: one["orders"][0]["state"] for name, one in shown.items()}
        assert states == {"N1": "attention", "N2": "closed"}, "what had left says so"
        again = await take(town)
        await town.settle()
        assert (again["orders"], again["unchanged"], await of_factory(town, "placed")) == (1, 1, [2])

    play(story)


def test_what_was_ordered_again_is_known_though_the_disk_that_remembered_is_lost() -> None:
    async def story(town: Town) -> None:
        number = await taken_in(town)
        await undo(town, number)
        await take(town)
        await town.settle()
        node = town.citizens["shop"].node
        assert node is not None

        def lose(db: sqlite3.Connection) -> None:
            for table in ("shop_orders", "fulfilments", "intake_orders"):
                db.execute(f"DELETE FROM {table}")

        await node.database.write(lose)
        again = await take(town)
        await town.settle()
        assert (again["orders"], again["placed"], await of_factory(town, "placed")) == (2, {}, [1, 2])
        assert (await town.ask("shop", "order.show", order="N1"))["state"] == "placed"

    play(story)


def test_files_of_orders_leave_room_for_files_of_goods() -> None:
    async def story(town: Town) -> None:
        await taken_in(town)
        (row,) = (await town.ask("factory", "import.list"))["imports"]
        assert row["kind"] == "catalogue"
        empty = await take(town)
        assert empty["import"] is None, "a file that brought nothing is not kept"

    play(story)
