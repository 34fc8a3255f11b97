"""Finding and reading what is there: orders by any of their names, their documents, addresses, statements, holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from node import errors
from tests.node import markets, programs
from tests.node.markets import agree, goods, order
from tests.node.towns import Town, play

SPLIT = """订单号,商品编码,数量,收货人,手机,详细地址,供应商
A1001,CUP-0,1,张三,13800138000,大街 1 号,factory
A1001,CUP-1,2,张三,13800138000,大街 1 号,mill
A1002,CUP-0,1,李四,13900139000,大街 2 号,factory
"""


async def shop_with_two_suppliers(town: Town) -> None:
    await town.open("factory", "mill", "shop")
    for seller in ("factory", "mill"):
        await town.pair(seller, "shop")
        await goods(town, seller)
        await agree(town, seller, "shop")
    await town.ask("shop", "order.import", name="o.csv", data_hex=SPLIT.encode().hex())
    await town.settle()


def test_an_order_is_found_by_the_number_that_its_shop_gave_it() -> None:
    async def story(town: Town) -> None:
        await shop_with_two_suppliers(town)
        shown = await town.ask("shop", "order.show", order="A1002")
        assert (shown["shop_order"], shown["partner"], shown["recipient"]["name"]) == ("A1002", "factory", "李四")
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("shop", "order.show", order="A1001")
        assert caught.value.code == "order.ambiguous"
        assert "(factory)" in str(caught.value.expected) and "(mill)" in str(caught.value.expected)
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("factory", "order.show", order="A1001")  # the shop's own business
        assert caught.value.code == "order.unknown"

    play(story)


def test_cancelling_a_consumers_order_stops_every_part_of_it() -> None:
    async def story(town: Town) -> None:
        await shop_with_two_suppliers(town)
        assert (await town.ask("shop", "order.cancel", order="A1001")) == {"cancelling": 2, "refused": []}
        await town.settle()
        states = {row["shop_order"]: row["state"] for row in (await town.ask("shop", "order.list"))["orders"]}
        assert states == {"A1001": "closed", "A1002": "placed"}

    play(story)


def test_orders_are_listed_from_the_newest_and_answered_from_the_oldest() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await goods(town, "factory", stock=3)
        await agree(town, "factory", "shop")
        placed = [await order(town, "shop", "factory", quantity=1) for _ in range(5)]
        pages: list[str] = []
        after = ""
        while True:
            page = await town.ask("factory", "order.list", limit=2, after=after)
            pages += [row["order"] for row in page["orders"]]
            if page["next"] is None:
                break
            after = page["next"]
        assert pages == placed[::-1]
        await town.ask("factory", "order.accept", all=True)
        states = {row["order"]: row["state"] for row in (await town.ask("factory", "order.list"))["orders"]}
        assert [states[id] for id in placed] == ["agreed"] * 3 + ["closed"] * 2  # the shelf held three

    play(story)


def test_an_order_shows_when_its_documents_were_written_and_who_has_them() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        placed = await order(town, "shop", "factory")
        await town.ask("factory", "order.accept", order=placed)
        waiting: list[dict[str, Any]] = (await town.ask("factory", "order.show", order=placed))["documents"]
        await town.settle()
        (first, second) = (await town.ask("factory", "order.show", order=placed))["documents"]
        assert [paper["type"] for paper in waiting] == ["order.place", "order.respond"]
        assert first["ts_ms"] < second["ts_ms"]
        assert first["receipted"] and second["receipted"]

    play(story)


def test_a_dealer_is_told_that_an_address_is_sealed_and_to_whom() -> None:
    async def story(town: Town) -> None:
        await markets.chain(town)
        placed = await order(town, "shop", "dealer")
        passing = await town.ask("dealer", "order.show", order=placed)
        assert (passing["recipient"], passing["sealed"], passing["shipper"]) == (None, True, "factory")
        (upstream,) = (await town.ask("factory", "order.list"))["orders"]
        arrived = await town.ask("factory", "order.show", order=upstream["order"])
        assert (arrived["recipient"]["name"], arrived["sealed"], arrived["shipper"]) == ("李雷", False, "me")

    play(story)


def test_a_statement_shows_its_lines_before_it_is_answered_and_whether_they_are_mine() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        placed = await order(town, "shop", "factory")
        await town.ask("factory", "order.accept", order=placed)
        await town.ask("factory", "order.ship", order=placed, carrier="SF", waybill="SF1")
        await town.settle()
        proposed = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
        await town.settle()
        shown = await town.ask("shop", "statement.show", statement=proposed["statement"])
        assert (shown["here"], shown["same_as_mine"], shown["waits_for_me"]) == (True, True, True)
        assert [row["amount"]["amount"] for row in shown["detail"]] == [2100]
        await town.ask("shop", "statement.agree", statement=proposed["statement"][:8])
        shown = await town.ask("shop", "statement.show", statement=proposed["statement"])
        assert (shown["state"], shown["same_as_mine"], len(shown["detail"])) == ("closed", None, 1)

    play(story)


def test_an_order_uses_up_what_is_kept_back() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        hold = (await town.ask("shop", "stock.hold", partner="factory", sku="CUP-1", quantity=4))["hold"]
        await town.settle()
        other = [{"sku": "CUP-0", "quantity": 1}]
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("shop", "order.place", partner="factory", lines=other, holds=[hold])
        assert (caught.value.code, caught.value.got) == ("hold.unknown", "CUP-1")
        lines = [{"sku": "CUP-1", "quantity": 4}]
        await town.ask("shop", "order.place", partner="factory", lines=lines, holds=[hold[:12]])
        await town.settle()
        (kept,) = (await town.ask("shop", "stock.holds"))["holds"]
        assert not kept["open"]

    play(story)


def test_a_partner_with_open_orders_stays() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        placed = await order(town, "shop", "factory")
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("shop", "partner.remove", partner="factory")
        assert caught.value.code == "partner.busy"
        await town.ask("shop", "order.cancel", order=placed)
        await town.settle()
        await town.ask("shop", "partner.remove", partner="factory")

    play(story)


def test_one_document_is_proved_to_somebody_without_a_node(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        placed = await order(town, "shop", "factory")
        done = await town.ask("factory", "audit.document", document=placed[:16], directory=str(tmp_path / "proof"))
        assert done["document"] == placed
        for wanted in ("nope", placed[:7], "00" * 32):
            with pytest.raises(errors.NodeError) as caught:
                await town.ask("factory", "audit.document", document=wanted, directory=str(tmp_path / "no"))
            assert (caught.value.code, caught.value.got) == ("audit.document", wanted)

    play(story)
    checked = programs.run("audit", "verify", str(tmp_path / "proof"), "--json")
    shown = programs.answer(checked)
    assert (checked.exit_code, shown["ok"], shown["type"]) == (0, True, "order.place")
    assert "The proof holds" in programs.run("audit", "verify", str(tmp_path / "proof")).stdout
    paper = tmp_path / "proof" / "document.entry"
    paper.write_bytes(paper.read_bytes()[:-1] + b"!")
    for typed in (["--json"], []):
        checked = programs.run("audit", "verify", str(tmp_path / "proof"), *typed)
        assert checked.exit_code == errors.Exit.UNREADABLE
        assert "document.entry" in checked.stdout and "order.place" not in checked.stdout
