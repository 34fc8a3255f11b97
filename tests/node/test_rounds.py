"""Rounds between whole nodes: debts around a cycle cancel out, all edges or none (B10), and nobody waits for ever."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from contracts import setoffs
from node import errors
from tests.node.markets import agree, order
from tests.node.towns import Town, play
from tests.sim import disks, weathers

NAMES = ("anna", "bert", "cora", "dirk", "emma")
"""Each buys from the one before, and the first one from the last: so everybody owes the one before."""
AMOUNTS = (4_000, 2_000, 3_000, 5_000, 2_500)  # what is owed to each
LEAST = 2_000
WEEK_S = setoffs.WAIT_S
SWEEP_S = 1_200


def ring(size: int) -> tuple[str, ...]:
    return NAMES[:size]


async def owing(town: Town, names: tuple[str, ...], *joined: str) -> None:
    """Merchants who owe each other around a cycle, by statements that both sides have signed."""
    await town.open(*names)
    for seller, buyer in pairwise((*names, names[0])):
        await town.pair(seller, buyer)
        minor = AMOUNTS[names.index(seller)]
        rows = f"sku,title_en,price,stock\n{seller.upper()},Thing,{minor // 100}.00,9\n"
        await town.ask(seller, "catalogue.import", name=f"{seller}.csv", data_hex=rows.encode().hex())
        await agree(town, seller, buyer)
        id = await order(town, buyer, seller, sku=seller.upper(), quantity=1)
        await town.ask(seller, "order.accept", order=id)
        await town.ask(seller, "order.ship", order=id, carrier="SF", waybill=f"SF{seller}")
        await town.settle()
        name = (await town.ask(seller, "statement.propose", partner=buyer, period="2026-11"))["statement"]
        await town.settle()
        assert (await town.ask(buyer, "statement.agree", statement=name))["state"] == "closed"
        await town.settle()
    for who in joined:
        await town.ask(who, "netting.join", join=True)


async def net(town: Town) -> dict[str, int]:
    """What each is owed on the whole."""
    found = {}
    for who in town.citizens:
        rows = (await town.ask(who, "payment.list"))["balances"]
        found[who] = sum(row["owes_me"]["amount"] for row in rows)
    return found


async def claims(town: Town) -> list[int]:
    """What is owed to each under the agreement in which it sells."""
    found = []
    for who in town.citizens:
        rows = (await town.ask(who, "balance"))["balances"]
        found += [row["owes_me"]["amount"] for row in rows if row["selling"]]
    return found


async def states_of(town: Town, who: str) -> set[str]:
    return {row["state"] for row in (await town.ask(who, "netting.list"))["nettings"]}


async def states(town: Town) -> set[str]:
    return {state for who in town.citizens for state in await states_of(town, who)}


async def until_locked(town: Town, who: str) -> None:
    """To the moment at which an edge of `who` is locked, and no secret is known to it."""
    for _ in range(5_000):
        found = await states_of(town, who)
        if "locked" in found:
            assert "applied" not in found
            return
        await asyncio.sleep(0.001)
    raise AssertionError(f"nothing of {who} is ever locked")


async def everything_applied(town: Town, names: tuple[str, ...], before: dict[str, int]) -> None:
    await town.settle()
    assert await states(town) == {"applied"}
    assert await claims(town) == [amount - LEAST for amount in AMOUNTS[: len(names)]]
    assert await net(town) == before


@pytest.mark.parametrize("size", [3, 4, 5])
def test_B10_the_smallest_debt_of_a_cycle_is_cleared_and_nobody_gains(size: int) -> None:
    async def story(town: Town) -> None:
        names = ring(size)
        await owing(town, names, *names[1:])
        before = await net(town)
        begun = await town.ask(names[0], "netting.begin")
        assert begun["asked"] == [names[-1]]
        await everything_applied(town, names, before)
        with pytest.raises(errors.NodeError) as over:
            await town.ask(names[0], "netting.release", round=begun["round"])
        assert over.value.code == "netting.round"

    play(story)


def test_a_round_ends_at_a_merchant_who_takes_no_part() -> None:
    async def story(town: Town) -> None:
        await owing(town, ring(3), "cora")
        await town.ask("anna", "netting.begin")
        await town.settle()
        assert await states(town) == {"declined"}
        assert await claims(town) == [4_000, 2_000, 3_000]

    play(story)


def test_D19_a_round_with_one_merchant_away_ends_cleanly() -> None:
    async def story(town: Town) -> None:
        await owing(town, ring(3), "bert", "cora")
        before = await net(town)
        town.kill("bert")
        begun = await town.ask("anna", "netting.begin")
        await asyncio.sleep(30)
        await town.ask("anna", "netting.release", round=begun["round"])
        await asyncio.sleep(30)
        await town.start("bert")
        await town.settle()
        assert "applied" not in await states(town) and await net(town) == before
        assert await claims(town) == [4_000, 2_000, 3_000]

    play(story)


# --- a death between the lock and the secret


@pytest.mark.parametrize(("size", "victim"), [(size, name) for size in (4, 5) for name in ring(size)])
def test_D19_a_death_between_lock_and_secret_holds_nothing_up_but_the_dead(size: int, victim: str) -> None:
    async def story(town: Town) -> None:
        names = ring(size)
        await owing(town, names, *names[1:])
        before = await net(town)
        await town.ask(names[0], "netting.begin")
        await until_locked(town, victim)
        town.kill(victim)
        await asyncio.sleep(600)
        await town.start(victim)
        await everything_applied(town, names, before)

    play(story)


@pytest.mark.parametrize("victim", ring(3))
@pytest.mark.parametrize("after", range(4))
def test_D19_a_crash_at_any_commit_between_lock_and_secret_loses_no_edge(victim: str, after: int) -> None:
    async def story(town: Town) -> None:
        await owing(town, ring(3), "bert", "cora")
        before = await net(town)
        await town.ask("anna", "netting.begin")
        await until_locked(town, victim)
        citizen = town.citizens[victim]
        citizen.image.traps.append(disks.Trap(disks.Point.COMMIT, after))
        await asyncio.sleep(60)
        assert not citizen.image.traps and citizen.life is not None and citizen.life.dead
        await town.start(victim)
        await everything_applied(town, ring(3), before)

    play(story)


# --- a round that nobody brings to an end


async def abandoned(town: Town) -> tuple[tuple[str, ...], dict[str, int], weathers.Cut]:
    """A ring of four in which whoever began is cut off when all others have locked. What each was owed before."""
    names = ring(4)
    await owing(town, names, *names[1:])
    before = await net(town)
    await town.ask("anna", "netting.begin")
    await until_locked(town, "dirk")
    cut = weathers.Cut(frozenset({"anna"}), frozenset())
    town.network.cut(cut)
    await asyncio.sleep(60)
    return names, before, cut


def test_law_5_what_nobody_brings_to_an_end_is_free_again_after_the_agreed_time() -> None:
    async def story(town: Town) -> None:
        _, before, _ = await abandoned(town)
        assert [await states_of(town, who) for who in ("bert", "cora", "dirk")] == [{"locked"}] * 3
        waiting = {row["row"] for row in (await town.ask("cora", "deadline.list"))["deadlines"]}
        assert waiting == {"setoff.lock"}
        await asyncio.sleep(SWEEP_S)
        town.skip(WEEK_S - 3 * SWEEP_S)
        await asyncio.sleep(SWEEP_S)
        assert await states_of(town, "cora") == {"locked"}, "not before the time"
        town.skip(3 * SWEEP_S)
        await asyncio.sleep(2 * SWEEP_S)
        assert await states_of(town, "cora") == {"expired"}
        assert await net(town) == before
        assert (await town.ask("cora", "netting.begin"))["asked"] == ["bert"], "what was locked can be netted again"

    play(story)


def test_D19_whoever_began_and_comes_back_late_applies_all_edges_or_none() -> None:
    async def story(town: Town) -> None:
        names, before, cut = await abandoned(town)
        await asyncio.sleep(SWEEP_S)
        town.skip(WEEK_S)
        await asyncio.sleep(2 * SWEEP_S)
        assert await states_of(town, "cora") == {"expired"}
        town.network.mend(cut)
        await asyncio.sleep(SWEEP_S)
        await everything_applied(town, names, before)

    play(story)


def test_law_5_an_edge_that_nobody_answers_lapses_and_ends_the_round_for_all_before_it() -> None:
    async def story(town: Town) -> None:
        await owing(town, ring(4), "dirk", "cora", "bert")
        before = await net(town)
        cut = weathers.Cut(frozenset({"bert"}), frozenset({"cora"}))
        town.network.cut(cut)
        await town.ask("anna", "netting.begin")
        await asyncio.sleep(SWEEP_S)
        assert [await states_of(town, who) for who in ("anna", "dirk", "cora")] == [{"proposed"}] * 3
        town.skip(WEEK_S)
        await asyncio.sleep(2 * SWEEP_S)
        assert await states_of(town, "anna") <= {"declined", "withdrawn"}
        assert await states_of(town, "dirk") <= {"declined", "withdrawn", "lapsed"}
        town.network.mend(cut)
        await asyncio.sleep(SWEEP_S)
        assert await states(town) <= {"declined", "withdrawn", "lapsed"}
        assert await net(town) == before
        assert (await town.ask("anna", "netting.begin"))["asked"] == ["dirk"]

    play(story)
