"""C13: who acts upon something hears what others did to it since they looked, before anything is done."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from node.storage import alterations
from node.trade import policies, sightings
from tests.node import markets
from tests.node.markets import goods, order
from tests.node.towns import Town, play

LIN = policies.Caller(policies.Role.OWNER, "Lin", 1, 11)
WANG = policies.Caller(policies.Role.WAREHOUSE, "Wang", 2, 12)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("order", ["A"]),
        ("orders", ["B", "C"]),
        ("rows.order", ["D", "E"]),
        ("items", ["S", "T"]),
        ("number", ["7"]),
        ("nothing", []),
    ],
)
def test_what_is_acted_upon_is_found_wherever_it_stands(path: str, found: list[str]) -> None:
    given = {
        "order": "A", "orders": ["B", "C"], "rows": [{"order": "D"}, {"order": "E"}, {"other": "F"}],
        "items": {"S": 1, "T": 2}, "number": 7,
    }  # fmt: skip
    assert list(sightings.values(given, path.split("."))) == found


class Two:
    """Two operators of one node, who looked at the same moment."""

    def __init__(self, town: Town, who: str) -> None:
        node = town.citizens[who].node
        assert node is not None
        self.door, self.database = node.door({}), node.database
        self.seen = 0

    async def look(self) -> None:
        self.seen = await self.door.sighted()

    async def ask(self, caller: policies.Caller, case: str, **given: Any) -> Any:
        return await self.door.ask(caller, case, given, seen=self.seen)


def said(refused: pytest.ExceptionInfo[sightings.OvertakenError]) -> list[tuple[str, str]]:
    return [(one.by, one.what) for one in refused.value.alterations]


def test_C13_of_two_operators_the_second_sees_what_the_first_did() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        first, second = [await order(town, "shop", "factory") for _ in range(2)]
        two = Two(town, "factory")
        await two.look()
        await two.ask(WANG, "order.accept", order=first)
        before = await two.database.read(alterations.last)
        with pytest.raises(sightings.OvertakenError) as refused:
            await two.ask(LIN, "order.reject", order=first, reason="sold_out")
        assert said(refused) == [("Wang", "order.respond")]
        assert await two.database.read(alterations.last) == before, "nothing was written"
        assert (await town.ask("factory", "order.show", order=first))["state"] == "agreed"
        with pytest.raises(sightings.OvertakenError):  # one of several is enough
            await two.ask(LIN, "order.accept", orders=[second, first])
        assert (await town.ask("factory", "order.show", order=second))["state"] == "placed"
        assert (await two.ask(LIN, "order.accept", order=second))["accepted"] == 1, "another order is not concerned"
        shipped = await two.ask(WANG, "order.ship", order=first, carrier="SF", waybill="SF1")
        assert shipped["shipped"] == 1, "what somebody did himself he has seen"
        two.seen = refused.value.now
        with pytest.raises(sightings.OvertakenError) as again:
            await two.ask(LIN, "order.cancel", order=first)
        assert said(again) == [("Wang", "shipment.handover")], "what was shown once is not shown again"

    play(story)


def test_C13_the_packer_hears_that_the_buyer_cancels() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        one = await order(town, "shop", "factory")
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        two = Two(town, "factory")
        await two.look()
        number = (await town.ask("factory", "order.show", order=one))["number"]
        await town.ask("shop", "order.change", order=one, becomes={"1": 1})
        await town.settle()
        for name in (one, one[:12], number):
            with pytest.raises(sightings.OvertakenError) as refused:
                await two.ask(WANG, "order.ship", rows=[{"order": name, "carrier": "SF", "waybill": "SF1"}])
            assert said(refused) == [("shop", "order.change")], name

    play(story)


def test_C13_two_who_press_at_the_same_instant_are_told_apart() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        one = await order(town, "shop", "factory")
        two = Two(town, "factory")
        await two.look()
        ends = await asyncio.gather(
            two.ask(WANG, "order.accept", order=one),
            two.ask(LIN, "order.reject", order=one, reason="sold_out"),
            return_exceptions=True,
        )
        assert sum(isinstance(end, sightings.OvertakenError) for end in ends) == 1

    play(story)


def test_C13_rows_of_this_merchants_own_tables_are_compared_too() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        await goods(town, "factory")
        await town.ask("factory", "operator.add", name="Lin", role="owner", password="a long password 1")
        await town.ask("factory", "operator.add", name="Wang", role="warehouse", password="a long password 2")
        await town.ask("factory", "courier.add", carrier="SF")
        await town.ask("factory", "courier.add", carrier="ZTO")
        await town.ask("factory", "card.set", legal_name="Factory")
        two = Two(town, "factory")
        for case, given, what in (
            ("operator.change", {"operator": "Wang", "language": "en", "disabled": True}, "shut-out"),
            ("stock.set", {"sku": "CUP-0", "on_hand": 5}, "on-hand"),
            ("courier.remove", {"rule": 1}, "setting"),
            ("card.set", {"legal_name": "Other"}, "setting"),
        ):
            await two.look()
            await two.ask(LIN, case, **given)
            with pytest.raises(sightings.OvertakenError) as refused:
                await two.ask(policies.Caller(policies.Role.OWNER, "Zhao", 3, 13), case, **given)
            assert said(refused) == [("Lin", what)], case
        rows = (await town.ask("factory", "courier.list"))["rules"]
        assert [row["carrier"] for row in rows] == ["ZTO"], "the second removal did not hit another rule"

    play(story)


def test_alterations_are_forgotten_when_no_form_can_ask_for_them() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        two = Two(town, "factory")

        def fill(db: Any) -> None:
            for number in range(alterations.PORTION + 3):
                thing = alterations.Thing("order", "aa")
                alterations.note(db, thing, "order.place", "", True, number)

        await two.database.write(fill)
        last = await two.database.read(alterations.last)
        assert not await two.database.write(lambda db: alterations.forget(db, 100))
        assert await two.database.write(lambda db: alterations.forget(db, alterations.PORTION + 1))
        assert not await two.database.write(lambda db: alterations.forget(db, alterations.PORTION + 1))
        left = await two.database.read(lambda db: alterations.since(db, 0, [alterations.Thing("order", "a")], None))
        assert len(left) == 3 and re.fullmatch("order", left[0].kind)
        assert await two.database.read(alterations.last) == last, "numbers are never used again"

    play(story)


def test_C13_a_number_that_nobody_remembers_has_seen_nothing() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        await goods(town, "factory")
        two = Two(town, "factory")
        await two.look()

        def forget(db: Any) -> None:
            for number in range(alterations.PORTION):
                alterations.note(db, alterations.Thing("order", "aa"), "order.place", "", True, number)
            assert alterations.forget(db, alterations.PORTION)

        await two.database.write(forget)
        now = await two.door.sighted()
        for number in (two.seen, now + 1, -1):
            two.seen = number
            with pytest.raises(sightings.OvertakenError) as refused:
                await two.ask(LIN, "stock.set", sku="CUP-0", on_hand=5)
            assert said(refused) == [] and "not known any more" in str(refused.value)
        two.seen = now
        await two.ask(LIN, "stock.set", sku="CUP-0", on_hand=5)
        (shelf,) = [row for row in (await town.ask("factory", "stock.list"))["stock"] if row["sku"] == "CUP-0"]
        assert shelf["on_hand"] == 5

    play(story)


def test_C13_whoever_repeats_a_command_under_its_key_gets_the_first_answer() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        one = await order(town, "shop", "factory")
        await town.ask("factory", "order.accept", order=one)
        await town.settle()
        two = Two(town, "shop")
        await two.look()
        program = policies.Caller(policies.Role.SALES, "ERP")
        change = {"order": one, "becomes": {"1": 1}}
        first = await two.ask(program, "order.change", **change, key="k1")
        assert await two.ask(program, "order.change", **change, key="k1") == first
        with pytest.raises(sightings.OvertakenError) as refused:
            await two.ask(program, "order.change", **change, key="k2")
        assert said(refused) == [("ERP", "order.change")], "a program has no session: its own word counts"

    play(story)


def test_C13_terms_are_the_same_terms_by_whatever_version_they_are_called() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        (terms,) = (await town.ask("shop", "agreement.list"))["agreements"]
        change = {"partner": "shop", "instead_of": terms["agreement"], "return_days": 30}
        await town.ask("factory", "agreement.propose", **change)
        await town.settle()
        await town.ask("shop", "agreement.accept", partner="factory")
        await town.settle()
        two = Two(town, "shop")
        (now,) = (await town.ask("shop", "agreement.list"))["agreements"]
        assert now["agreement"] != terms["agreement"]
        await two.look()
        await town.ask("factory", "agreement.end", partner="shop", agreement=now["agreement"])
        await town.settle()
        for name in (now["agreement"], terms["agreement"][:16]):
            with pytest.raises(sightings.OvertakenError) as refused:
                await two.ask(LIN, "agreement.end", partner="factory", agreement=name)
            assert said(refused) == [("factory", "agreement.terminate")]

    play(story)
