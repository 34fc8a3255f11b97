"""Consumers are erased by the node itself some time after the order is at an end, where the owner decided so."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from typing import Any

import pytest

from node import errors
from node.storage import erasures
from node.trade.ordering import retentions
from tests.node import markets
from tests.node.markets import order
from tests.node.towns import DAY_S, Town, play
from tests.sim import disks

DAYS = 90


async def look(town: Town, who: str = "factory") -> int:
    node = town.citizens[who].node
    assert node is not None
    return await retentions.look(node.trade)


async def recipient(town: Town, which: str, who: str = "factory") -> Any:
    return (await town.ask(who, "order.show", order=which))["recipient"]


async def ended(town: Town) -> str:
    """An order of the shop that the factory could not serve."""
    one = await order(town, "shop", "factory")
    await town.ask("factory", "order.reject", order=one, reason="out_of_stock")
    await town.settle()
    assert (await town.ask("factory", "order.show", order=one))["state"] == "closed"
    return one


def test_nothing_is_erased_before_the_owner_decided_it() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        one = await ended(town)
        await look(town)
        town.skip(3_000 * DAY_S)
        assert await look(town) == 0 and await recipient(town, one)
        assert (await town.ask("factory", "retention.show"))["days"] == 0
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("factory", "retention.set", days=retentions.DAYS_MIN - 1)
        assert refused.value.code == "request.malformed"

    play(story)


def test_an_order_is_erased_so_many_days_after_its_end_and_an_open_one_never() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        await town.ask("factory", "retention.set", days=DAYS)
        one, still = await ended(town), await order(town, "shop", "factory")
        documents = (await town.ask("factory", "order.show", order=one))["documents"]
        await look(town)
        town.skip(DAYS * DAY_S - 60)
        assert await look(town) == 0 and await recipient(town, one)
        town.skip(61)
        assert await look(town) == 1
        shown = await town.ask("factory", "order.show", order=one)
        assert shown["recipient"] is None and shown["erased_ms"] and shown["documents"] == documents
        told = await town.ask("factory", "retention.show")
        assert (told["orders"], told["last_ms"]) == (1, shown["erased_ms"])
        assert await look(town) == 0, "done once"
        town.skip(4_000 * DAY_S)
        assert await look(town) == 0 and await recipient(town, still)
        hits = (await town.ask("factory", "search", text="李雷"))["hits"]
        assert [row["id"] for row in hits if row["kind"] == "order"] == [still]
        assert await recipient(town, one, "shop") is None  # sealed to the factory: the shop never could read it

    play(story)


def test_an_order_waits_for_the_complaint_about_it() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        await town.ask("factory", "retention.set", days=DAYS)
        one = await ended(town)
        await look(town)
        thread = bytes.fromhex(one)

        def open_(db: sqlite3.Connection, place: str) -> None:
            db.execute("DELETE FROM aftersales")
            db.execute("INSERT INTO aftersales VALUES (?, ?, 'return', 1, ?, 0, 0, 0)", (thread, thread, place))

        node = town.citizens["factory"].node
        assert node is not None
        await node.database.write(lambda db: open_(db, "theirs"))
        for _ in range(3):
            town.skip((DAYS + 1) * DAY_S)
            assert await look(town) == 1 and await look(town) == 0 and await recipient(town, one)
        await node.database.write(lambda db: open_(db, "closed"))
        town.skip(DAY_S)
        await look(town)
        assert await recipient(town, one) is None

    play(story)


def test_parts_of_one_consumers_order_are_erased_together_or_not_at_all() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        await town.ask("shop", "retention.set", days=DAYS)
        one, two = await ended(town), await order(town, "shop", "factory")
        node = town.citizens["shop"].node
        assert node is not None

        def join(db: sqlite3.Connection) -> None:
            content = '{"recipient": {"name": "李雷", "phone": "13800000000", "city": "杭州市"}, "lines": []}'
            db.execute("INSERT INTO shop_orders VALUES (7, 's', 'shop', 'N7', ?, 0, NULL)", (content,))
            for thread in (one, two):
                db.execute("INSERT OR REPLACE INTO fulfilments VALUES (?, 1, 7, NULL)", (bytes.fromhex(thread),))

        def held(db: sqlite3.Connection) -> bool:
            return bool(db.execute("SELECT content LIKE '%李雷%' FROM shop_orders").fetchone()[0])

        await node.database.write(join)
        await look(town, "shop")
        town.skip((DAYS + 1) * DAY_S)
        await look(town, "shop")
        assert await node.database.read(held)
        await town.ask("factory", "order.reject", order=two, reason="out_of_stock")
        await town.settle()
        for _ in range(2):
            await look(town, "shop")
            town.skip((DAYS + 1) * DAY_S)
        assert not await node.database.read(held)
        assert (await town.ask("shop", "retention.show"))["orders"] == 2

    play(story)


@pytest.mark.parametrize("point", [disks.Point.STATEMENT, disks.Point.COMMIT, disks.Point.COMMITTED])
@pytest.mark.parametrize("after", [0, 3, 9])
def test_S01_a_process_that_dies_while_it_erases_goes_on_after_the_start(point: disks.Point, after: int) -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        await town.ask("factory", "retention.set", days=DAYS)
        threads = [await ended(town) for _ in range(3)]
        await look(town)
        town.skip((DAYS + 1) * DAY_S)
        factory = town.citizens["factory"]
        factory.image.traps.append(disks.Trap(point, after if point is disks.Point.STATEMENT else 0))
        assert factory.life is not None and factory.node is not None
        task = factory.life.spawn(retentions.look(factory.node.trade), "look")
        await asyncio.wait({task}, timeout=60)
        factory.image.traps.clear()
        town.kill("factory")
        await town.start("factory")
        await town.settle()
        await look(town)
        assert [await recipient(town, one) for one in threads] == [None] * 3
        assert (await town.ask("factory", "retention.show"))["orders"] == 3

    play(story)


def test_a_look_costs_the_same_however_many_orders_are_kept() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        await town.ask("factory", "retention.set", days=DAYS)
        node = town.citizens["factory"].node
        assert node is not None

        def cost(db: sqlite3.Connection) -> int:
            counted = itertools.count()
            db.set_progress_handler(lambda: next(counted) and 0, 1)
            erasures.stamp(db, 1, retentions.PORTION)
            erasures.due(db, 1_000, retentions.PORTION)
            db.set_progress_handler(None, 0)
            return next(counted)

        def fill(db: sqlite3.Connection) -> None:
            db.executemany(
                "INSERT INTO retained VALUES (randomblob(32), ?)", [(2_000 + number,) for number in range(5_000)]
            )

        few = await node.database.write(cost)
        await node.database.write(fill)
        many = await node.database.write(cost)
        assert 0 < many <= few + 50, (few, many)

    play(story)
