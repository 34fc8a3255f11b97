"""Consumers are found by whoever ships, and erased when they ask for it, with every proof still valid."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from node import errors
from node.storage import blobs, logbooks, orderbooks
from node.trade import books, doors
from node.trade.ordering import consumers
from tests.node import markets
from tests.node.markets import order
from tests.node.towns import Town, play


async def market(town: Town) -> str:
    """A factory, its shop, and an order of the shop."""
    await markets.shop(town)
    return await order(town, "shop", "factory")


async def hits(town: Town, who: str, text: str) -> list[str]:
    return [row["id"] for row in (await town.ask(who, "search", text=text))["hits"] if row["kind"] == "order"]


@pytest.mark.parametrize("text", ["李雷", "李", "13800000000", "0000", "138 0000 0000", "+86 13800000000"])
def test_whoever_ships_finds_the_consumer_though_the_address_is_sealed(text: str) -> None:
    async def story(town: Town) -> None:
        one = await market(town)
        assert (one in await hits(town, "factory", text)) == (len(text) > 1)
        assert await hits(town, "factory", "韩梅梅") == []
        assert await hits(town, "factory", "13912345678") == []
        node = town.citizens["factory"].node
        assert node is not None
        stored = await node.database.read(lambda db: db.execute("SELECT count(*) FROM consumer_words").fetchone())
        assert stored == (0,), "what was sealed is written nowhere in the clear"

    play(story)


def test_the_first_search_opens_addresses_in_portions_and_the_next_ones_open_what_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumers, "PORTION", 2)
    looked, at_once = consumers.look, list[tuple[books.Desk, int]]()

    def look(trade: doors.Trade, desk: books.Desk, row: orderbooks.OrderRow) -> tuple[str, str] | None:
        if not at_once or at_once[-1][0] is not desk:
            at_once.append((desk, 0))
        at_once[-1] = (desk, at_once[-1][1] + 1)
        return looked(trade, desk, row)

    monkeypatch.setattr(consumers, "look", look)

    async def story(town: Town) -> None:
        names = {await market(town), *[await order(town, "shop", "factory") for _ in range(4)]}
        assert set(await hits(town, "factory", "李雷")) == names
        assert [count for _, count in at_once] == [2, 2, 1]
        at_once.clear()
        names.add(await order(town, "shop", "factory"))
        for _ in range(2):
            assert set(await hits(town, "factory", "李雷")) == names
        assert [count for _, count in at_once] == [1]

    play(story)


def test_an_address_that_arrives_after_a_search_is_found_by_the_next_one() -> None:
    async def story(town: Town) -> None:
        one = await market(town)
        node = town.citizens["factory"].node
        assert node is not None
        digest, data = await node.database.read(lambda db: db.execute("SELECT hash, data FROM blobs").fetchone())

        def leave(db: sqlite3.Connection) -> None:
            blobs.erase(db, digest)
            blobs.want(db, 1, [(digest, len(data))])

        await node.database.write(leave)
        assert await hits(town, "factory", "李雷") == []
        await node.database.write(lambda db: blobs.put(db, data))
        assert await hits(town, "factory", "李雷") == [one]

    play(story)


def test_an_erased_consumer_is_gone_at_this_node_and_every_proof_stays() -> None:
    async def story(town: Town) -> None:
        one, two = await market(town), await order(town, "shop", "factory")
        for who in ("shop", "factory"):
            assert (await hits(town, who, "李雷") != []) == (who == "factory")
        seen = await town.ask("factory", "order.show", order=one)
        assert seen["recipient"]["name"] == "李雷" and seen["erased_ms"] is None
        said = await town.ask("factory", "consumer.erase", order=one)
        assert said == {"orders": [seen["number"]], "shop_orders": 0, "sealed": 1, "partners": ["shop"]}
        after = await town.ask("factory", "order.show", order=one)
        assert after["recipient"] is None and after["sealed"] and after["erased_ms"] is not None
        assert [row["hash"] for row in after["documents"]] == [row["hash"] for row in seen["documents"]]
        assert await hits(town, "factory", "李雷") == [two]
        again = await town.ask("factory", "consumer.erase", order=one)
        assert again["sealed"] == 0, "asked twice, done once"
        assert (await town.ask("factory", "order.accept", order=one))["accepted"] == 1
        await town.settle()
        assert (await town.ask("shop", "order.show", order=one))["state"] == "agreed"
        town.kill("factory")
        await town.start("factory")
        await town.settle()
        assert (await town.ask("factory", "order.show", order=one))["recipient"] is None
        assert (await town.ask("factory", "order.show", order=two))["recipient"]["name"] == "李雷"

    play(story)


def test_what_was_erased_does_not_come_back_by_itself() -> None:
    async def story(town: Town) -> None:
        one = await market(town)
        node = town.citizens["factory"].node
        assert node is not None

        def reference(db: Any) -> tuple[bytes, bytes]:
            ((digest, data),) = db.execute("SELECT hash, data FROM blobs").fetchall()
            return digest, data

        digest, data = await node.database.read(reference)
        await town.ask("factory", "consumer.erase", order=one)

        def offer_again(db: Any) -> tuple[bytes | None, int]:
            channel = db.execute("SELECT id FROM channels").fetchone()[0]
            blobs.want(db, channel, [(digest, len(data))])
            blobs.put(db, data)
            return blobs.get(db, digest), blobs.count_wanted(db, channel)

        assert await node.database.write(offer_again) == (None, 0)
        sizes = await node.database.read(lambda db: logbooks.of_channel(db, 1, mine=False).size)
        assert sizes > 0

    play(story)


def test_a_consumer_of_several_orders_is_erased_by_the_telephone_number() -> None:
    async def story(town: Town) -> None:
        one, two = await market(town), await order(town, "shop", "factory")
        sheet = (
            "order_no,sku,quantity,name,phone,country,city,street\n"
            "T-1,CUP-0,1,韩梅梅,13911112222,CN,成都,天府大道 2 号\n"
            "T-2,CUP-0,1,韩梅梅,139-1111-2222,CN,成都,天府大道 2 号\n"
            "T-3,CUP-0,1,王五,13911112223,CN,成都,天府大道 3 号\n"
        ).encode()
        await town.ask("shop", "order.import", name="orders.csv", data_hex=sheet.hex(), shop="T")
        await town.settle()
        assert len(await hits(town, "shop", "韩梅梅")) == 2
        said = await town.ask("shop", "consumer.erase", phone="139 1111 2222")
        assert sorted(said["orders"]) == ["T-1", "T-2"] and said["shop_orders"] == 2
        assert said["partners"] == ["factory"], "who holds it as well is named"
        assert await hits(town, "shop", "韩梅梅") == [] and await hits(town, "shop", "13911112222") == []
        assert len(await hits(town, "shop", "王五")) == 1
        rows = (await town.ask("shop", "order.list", limit=100))["orders"]
        assert sorted(row["city"] or "" for row in rows if row["shop_order"]) == ["", "", "成都"]
        both = await town.ask("factory", "consumer.erase", phone="13800000000")
        assert both["sealed"] == 2 and await hits(town, "factory", "李雷") == []
        assert (await town.ask("factory", "order.show", order=two))["recipient"] is None
        for wrong in ({"phone": "13800000000"}, {"phone": "x"}, {"order": "T-9"}, {}, {"order": one, "phone": "1"}):
            with pytest.raises(errors.NodeError):
                await town.ask("factory", "consumer.erase", **wrong)

    play(story)


def test_terms_in_force_are_ended_and_what_has_begun_goes_on() -> None:
    async def story(town: Town) -> None:
        one = await market(town)
        (terms,) = (await town.ask("factory", "agreement.list"))["agreements"]
        for wrong in (terms["agreement"][:4], "ffffffff"):
            with pytest.raises(errors.NodeError):
                await town.ask("factory", "agreement.end", partner="shop", agreement=wrong)
        ended = await town.ask("factory", "agreement.end", partner="shop", agreement=terms["agreement"][:12])
        assert ended == {"agreement": terms["agreement"], "partner": "shop"}
        await town.settle()
        assert [row["state"] for row in (await town.ask("shop", "agreement.list"))["agreements"]] == ["terminated"]
        with pytest.raises(errors.NodeError):
            await order(town, "shop", "factory")
        assert (await town.ask("factory", "order.accept", order=one))["accepted"] == 1
        shipped = await town.ask("factory", "order.ship", order=one, carrier="SF", waybill="SF1")
        assert shipped["shipped"] == 1
        with pytest.raises(errors.NodeError):
            await town.ask("factory", "agreement.end", partner="shop", agreement=terms["agreement"])

    play(story)
