"""Returns between two whole nodes: goods go back with a photo, money follows, and both books close with it."""

from __future__ import annotations

from typing import Any

import pytest

from node import config, errors
from tests.node import markets
from tests.node.markets import order
from tests.node.towns import Town, play

PHOTO = b"\x89PNG\r\n\x1a\n" + b"crack" * 50
DAY_S = 86_400
UNIT = 1_050  # minor units that a cup costs


async def received(town: Town, quantity: int = 4) -> str:
    """A factory and a shop with one order that has arrived."""
    await markets.shop(town)
    id = await order(town, "shop", "factory", quantity=quantity)
    await town.ask("factory", "order.accept", all=True)
    await town.settle()
    await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1")
    await town.settle()
    await town.ask("shop", "order.receive", order=id)
    await town.settle()
    return id


async def ask(town: Town, who: str, case: str, **given: Any) -> Any:
    """Ask, and let the other side hear of it."""
    answer = await town.ask(who, case, **given)
    await town.settle()
    return answer


async def closed(town: Town) -> dict[str, int]:
    """A month end that both agree on: what the shop owes by kind, equal on both sides."""
    proposed = await ask(town, "factory", "statement.propose", partner="shop", period="2026-11")
    agreed = await ask(town, "shop", "statement.agree", statement=proposed["statement"])
    assert agreed["state"] == "closed"
    seen = [
        (await town.ask(who, "statement.show", statement=proposed["statement"]))["detail"]
        for who in ("factory", "shop")
    ]
    sides = [{line["kind"]: line["amount"]["amount"] for line in detail} for detail in seen]
    assert sides[0] == sides[1]
    assert sum(sides[0].values()) == proposed["closing"]["amount"]
    return sides[0]


async def on_hand(town: Town) -> int:
    """Cups that lie on the factory's shelf."""
    stock = (await town.ask("factory", "stock.list"))["stock"]
    return int(next(row["on_hand"] for row in stock if row["sku"] == "CUP-0"))


def test_goods_go_back_with_a_photo_and_are_refunded() -> None:
    async def story(town: Town) -> None:
        id = await received(town)
        asked = await ask(
            town, "shop", "return.request", order=id, quantities={"1": 3}, reason="damaged", key="r",
            message="杯口有裂纹", files=[{"name": "crack.png", "data_hex": PHOTO.hex()}],
        )  # fmt: skip
        again = await ask(town, "shop", "return.request", order=id, quantities={"1": 3}, reason="damaged", key="r")
        assert again["return"] == asked["return"]
        assert (await town.ask("factory", "status"))["waiting_for_me"]["returns"] == 1
        (row,) = (await town.ask("factory", "return.list", live=True))["returns"]
        assert (row["state"], row["quantity"], row["waits_for_me"]) == ("return-asked", 3, True)
        name = asked["return"][:12]
        seen = await town.ask("factory", "return.show", name=name)
        assert seen["documents"][0]["message"] == "杯口有裂纹"
        (photo,) = seen["documents"][0]["files"]
        assert photo["here"] and photo["name"] == "crack.png"
        await ask(town, "factory", "return.approve", name=name, freight="8.00", paid_by="buyer", location="main")
        await ask(town, "shop", "return.ship", name=name, carrier="SF", waybill="SF-BACK")
        back = await ask(town, "factory", "return.receive", name=name)
        assert (back["state"], back["units"]) == ("back", {"back": 3})
        before = await on_hand(town)
        counted = await ask(town, "factory", "return.inspect", name=name, damaged={"1": 1}, message="one is broken")
        assert await on_hand(town) == before + 2, "what can be sold again lies on the shelf"
        assert counted["to_refund"]["amount"] == 3 * UNIT, "the seller is at fault for the broken one"
        done = await ask(town, "factory", "return.refund", name=name)
        assert (done["state"], done["refunded"]["amount"]) == ("refunded", 3 * UNIT)
        seen = await town.ask("shop", "return.show", name=name)
        assert [one["type"] for one in seen["documents"]] == [
            "return.request", "return.decide", "return.ship", "return.receive", "return.inspect", "refund.grant",
        ]  # fmt: skip
        assert {(line["state"], line["verdict"]) for line in seen["lines"]} == {
            ("refunded", "resellable"),
            ("refunded", "damaged"),
        }
        assert (await town.ask("shop", "return.list", live=True))["returns"] == []
        assert await closed(town) == {"goods": 4 * UNIT, "refund": -3 * UNIT, "charge": -800}

    play(story)


def test_a_refund_without_anything_coming_back() -> None:
    async def story(town: Town) -> None:
        id = await received(town)
        await ask(
            town, "shop", "return.request", order=id, quantities={"1": 1}, reason="defective", remedy="refund_only"
        )
        shown = await ask(
            town, "factory", "return.refund", name=(await town.ask("shop", "order.show", order=id))["number"]
        )
        assert shown["state"] == "refunded"
        assert await closed(town) == {"goods": 4 * UNIT, "refund": -UNIT}

    play(story)


def test_a_part_of_the_price_is_offered_declined_and_taken() -> None:
    async def story(town: Town) -> None:
        id = await received(town)
        name = (await ask(town, "shop", "return.request", order=id, reason="not_as_described"))["return"]
        await ask(town, "factory", "return.offer", name=name, amount="2.00")
        declined = await ask(town, "shop", "return.decline", name=name)
        assert declined["state"] == "return-asked"
        await ask(town, "factory", "return.offer", name=name, amount="5.00", message="last word")
        taken = await ask(town, "shop", "return.accept", name=name)
        assert (taken["state"], taken["refunded"]["amount"]) == ("refunded", 500)
        assert await on_hand(town) == 96
        assert await closed(town) == {"goods": 4 * UNIT, "refund": -500}

    play(story)


def test_an_exchange_ships_again_in_the_same_order() -> None:
    async def story(town: Town) -> None:
        id = await received(town)
        name = (
            await ask(
                town, "shop", "return.request", order=id, quantities={"1": 1}, reason="wrong_item", remedy="exchange"
            )
        )["return"]
        await ask(town, "factory", "return.approve", name=name)
        await ask(town, "shop", "return.ship", name=name, carrier="SF", waybill="SF-BACK")
        await ask(town, "factory", "return.receive", name=name)
        await ask(town, "factory", "return.inspect", name=name, wrong_item={"1": 1})
        exchanged = await ask(town, "factory", "return.exchange", name=name)
        assert exchanged["state"] == "exchanged"
        shown = await town.ask("shop", "order.show", order=id)
        assert shown["lines"][0]["buckets"] == {"received": 3, "exchanged": 1, "agreed": 1}
        await ask(town, "factory", "order.ship", order=id, carrier="SF", waybill="SF2")
        await ask(town, "shop", "order.receive", order=id)
        assert await closed(town) == {"goods": 5 * UNIT, "refund": -UNIT}

    play(story)


def test_goods_are_exchanged_only_for_what_lies_on_the_shelf() -> None:
    """Seed 203: the last goods were held for somebody else, and the shelf kept back more than lay there."""

    async def story(town: Town) -> None:
        id = await received(town)
        name = (await ask(town, "shop", "return.request", order=id, quantities={"1": 2}, remedy="exchange"))["return"]
        await ask(town, "factory", "return.approve", name=name)
        await ask(town, "shop", "return.ship", name=name, carrier="SF", waybill="SF-BACK")
        await ask(town, "factory", "return.receive", name=name)
        await ask(town, "factory", "return.inspect", name=name, damaged={"1": 2})
        await ask(town, "factory", "stock.set", sku="CUP-0", on_hand=1)
        with pytest.raises(errors.NodeError) as short:
            await town.ask("factory", "return.exchange", name=name)
        assert (short.value.code, short.value.expected, short.value.got) == ("stock.short", 2, 1)
        await ask(town, "factory", "stock.location.add", code="NORTH")
        await ask(town, "factory", "stock.set", sku="CUP-0", on_hand=2, location="NORTH")
        await ask(town, "factory", "return.exchange", name=name)
        rows = (await town.ask("factory", "stock.list"))["stock"]
        kept = {row["location"]: row["reserved"] for row in rows if row["sku"] == "CUP-0"}
        assert kept == {"main": 0, "NORTH": 2}

    play(story)


def test_a_withdrawn_return_and_a_rejected_one() -> None:
    async def story(town: Town) -> None:
        id = await received(town)
        name = (await ask(town, "shop", "return.request", order=id, quantities={"1": 2}))["return"]
        await ask(town, "factory", "return.approve", name=name)
        withdrawn = await ask(town, "shop", "return.withdraw", name=name)
        assert withdrawn["state"] == "withdrawn"
        second = (await ask(town, "shop", "return.request", order=id, quantities={"1": 2}))["return"]
        rejected = await ask(town, "factory", "return.reject", name=second, reason="used")
        assert (rejected["state"], rejected["waits_for_me"]) == ("return-refused", False)
        number = (await town.ask("shop", "order.show", order=id))["number"]
        opened = await ask(town, "shop", "issue.open", order=number, category="return", claim="21.00", lines={"1": 2})
        granted = await ask(town, "factory", "return.refund", name=second, issue=opened["issue"])
        assert granted["state"] == "refunded"
        assert (await town.ask("shop", "issue.show", issue=opened["issue"]))["state"] == "refunded"

    play(story)


def test_what_never_arrived_is_refunded_without_a_return() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        id = await order(town, "shop", "factory", quantity=4)
        await ask(town, "factory", "order.accept", all=True)
        await ask(town, "factory", "order.ship", order=id, carrier="SF", waybill="SF1")
        await ask(town, "shop", "order.receive", order=id, short={"1": 1})
        answer = await ask(town, "factory", "return.refund", name=id)
        assert answer["refunded"]["amount"] == UNIT
        assert await closed(town) == {"goods": 4 * UNIT, "refund": -UNIT}

    play(story)


def test_D04_D20_what_cannot_be_returned_or_refunded_is_refused_with_a_sentence() -> None:
    async def story(town: Town) -> None:
        id = await received(town)
        for who, case, given, code in (
            ("shop", "return.request", {"order": id, "quantities": {"1": 5}}, "document.refused"),
            ("shop", "return.request", {"order": id, "quantities": {"9": 1}}, "order.line"),
            ("shop", "return.request", {"order": "nope"}, "order.unknown"),
            ("factory", "return.show", {"name": "nope"}, "return.unknown"),
            ("factory", "return.refund", {"name": "nope"}, "return.unknown"),
            ("factory", "return.refund", {"name": id}, "return.nothing"),
        ):
            with pytest.raises(errors.NodeError) as caught:
                await town.ask(who, case, **given)
            assert caught.value.code == code, case
        name = (await ask(town, "shop", "return.request", order=id))["return"]
        await ask(town, "factory", "return.refund", name=name)
        for who, case in (("factory", "return.refund"), ("factory", "return.approve"), ("shop", "return.withdraw")):
            with pytest.raises(errors.NodeError) as caught:
                await town.ask(who, case, name=name)
            assert caught.value.code == "return.nothing", case

    play(story)


def test_a_carriers_proof_stands_in_for_a_seller_who_keeps_silent() -> None:
    async def story(town: Town) -> None:
        town.decided["shop"] = config.Config("shop", claim_deadlines=True)
        id = await received(town)
        asked = await ask(town, "shop", "return.request", order=id, quantities={"1": 2}, reason="damaged")
        name = asked["return"][:12]
        await ask(town, "factory", "return.approve", name=name)
        await ask(town, "shop", "return.ship", name=name, carrier="SF", waybill="SF-BACK")
        with pytest.raises(errors.NodeError) as bare:
            await town.ask("shop", "return.proof", name=name)
        assert bare.value.code == "return.nothing"
        files = [{"name": "signed.png", "data_hex": PHOTO.hex()}]
        await ask(town, "shop", "return.proof", name=name, files=files)
        shown = await town.ask("factory", "return.show", name=name)
        assert shown["documents"][-1]["files"][0]["here"]
        await town.live(16)  # a week to say that it came, and a week to say how
        await town.settle()
        for who in ("factory", "shop"):
            assert (await town.ask(who, "return.show", name=name))["units"] == {"inspected": 2}
        refunded = await ask(town, "factory", "return.refund", name=name)
        assert refunded["refunded"]["amount"] == 2 * UNIT

    play(story)
