"""A factory, a dealer and a shop trade while processes die, links break and the network is split; then all is well.

Steps are drawn from a seed. Nothing is restored here, so nothing may be lost: every order that was acknowledged is at
its supplier in the end, both sides of each channel have the same logbooks and states, and the shelf adds up.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from node import errors
from tests.node.markets import agree, goods
from tests.node.towns import Town, play
from tests.sim import disks, entropy, weathers

NODES = ("factory", "dealer", "shop")
STEPS = 250
STOCK = 40


class Storm:
    """The steps of one seed."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town, self.seed = town, seed
        self.placed: set[str] = set()
        self.done: Counter[str] = Counter()
        self.keys = 0

    async def step(self, number: int) -> None:
        draw = entropy.Draw("storm", self.seed, number)
        act = draw.choice((*["place", "accept", "ship", "cancel", "count"] * 3, "kill", "trap", "reset", "cut", "mend"))
        await getattr(self, act)(draw)
        await asyncio.sleep(draw.span(0.0, 3.0))

    async def ask(self, who: str, case: str, **arguments: Any) -> Any:
        """Ask a node if it lives; None when it said no, died over it, or took too long to answer."""
        if not await self.alive(who):
            return None
        life = self.town.citizens[who].life
        assert life is not None
        heard: asyncio.Future[Any] = self.town.loop.create_future()

        async def call() -> None:
            try:
                answer = await self.town.ask(who, case, **arguments)
            except errors.NodeError:
                answer = None
            if not heard.done():
                heard.set_result(answer)

        def die() -> None:
            if not heard.done():
                heard.set_result(None)

        life.spawn(call(), "client")
        life.on_death.append(die)
        await asyncio.wait({heard}, timeout=5)
        self.done[case] += heard.done() and heard.result() is not None
        return heard.result() if heard.done() else None

    async def alive(self, who: str) -> bool:
        """Whether a process runs; one that has died, or was ended by its storage, is started again."""
        citizen = self.town.citizens[who]
        dead = citizen.life is None or citizen.life.dead or citizen.task is None or citizen.task.done()
        if dead:
            self.town.kill(who)
            citizen.image.traps.clear()
            await self.town.start(who)
        return not dead

    async def orders(self, who: str) -> list[dict[str, Any]]:
        return (await self.ask(who, "order.list", limit=1000) or {"orders": []})["orders"]  # type: ignore[no-any-return]

    async def place(self, draw: entropy.Draw) -> None:
        self.keys += 1
        lines = [{"sku": f"CUP-{draw.between(0, 2)}", "quantity": draw.between(1, 4)}]
        arguments = {"partner": "dealer", "lines": lines, "recipient": {"name": "李雷", "country": "CN"}}
        for _ in range(draw.between(1, 2)):  # the client asks again when it heard nothing, and sometimes when it did
            answer = await self.ask("shop", "order.place", key=f"k{self.keys}", **arguments)
            if answer is not None:
                self.placed.add(answer["order"])

    async def accept(self, draw: entropy.Draw) -> None:
        await self.ask("factory", "order.accept", all=True)

    async def ship(self, draw: entropy.Draw) -> None:
        agreed = [row["order"] for row in await self.orders("factory") if row["state"] == "agreed"]
        if agreed:
            order = draw.choice(agreed)
            await self.ask("factory", "order.ship", order=order, carrier="SF", waybill=f"SF{order[:10]}")

    async def cancel(self, draw: entropy.Draw) -> None:
        rows = [row["order"] for row in await self.orders("shop") if row["state"] in ("placed", "agreed")]
        if rows:
            await self.ask("shop", "order.cancel", order=draw.choice(rows))

    async def count(self, draw: entropy.Draw) -> None:
        for row in (await self.ask("factory", "stock.list") or {"stock": []})["stock"]:
            assert 0 <= row["reserved"] <= row["on_hand"], row

    async def kill(self, draw: entropy.Draw) -> None:
        who = draw.choice(NODES)
        self.town.kill(who)
        self.town.network.drop_host(who, draw.chance(0.5))
        await asyncio.sleep(draw.span(0.0, 20.0))
        await self.alive(who)

    async def trap(self, draw: entropy.Draw) -> None:
        effect = draw.choice((disks.Effect.CRASH, disks.Effect.CRASH, disks.Effect.FAIL, disks.Effect.FULL))
        trap = disks.Trap(draw.choice(tuple(disks.Point)), draw.between(0, 12), effect)
        self.town.citizens[draw.choice(NODES)].image.traps.append(trap)

    async def reset(self, draw: entropy.Draw) -> None:
        self.town.network.reset(draw.choice(NODES))

    async def cut(self, draw: entropy.Draw) -> None:
        kind = draw.choice(tuple(weathers.CutKind))
        left, right = draw.shuffled(NODES)[:2]
        self.town.network.cut(weathers.Cut(frozenset({left}), frozenset({right}), kind))

    async def mend(self, draw: entropy.Draw) -> None:
        self.town.network.mend_all()

    async def calm(self) -> None:
        """The weather clears, everybody lives, everything comes to rest."""
        self.town.network.mend_all()
        for who in NODES:
            self.town.citizens[who].image.traps.clear()
        for _ in range(2):
            for who in NODES:
                await self.alive(who)
            await asyncio.sleep(330)  # the longest pause before a partner is dialled again
        await self.town.settle()


async def buckets(town: Town, who: str, order: str) -> dict[str, int]:
    total: Counter[str] = Counter()
    for line in (await town.ask(who, "order.show", order=order))["lines"]:
        total.update(line["buckets"])
    return dict(total)


def logbooks(town: Town, who: str) -> dict[str, tuple[int, bytes]]:
    rows = town.citizens[who].image.reader.execute("SELECT origin, size, root FROM logbooks")
    return {origin: (size, root) for origin, size, root in rows}


async def check(town: Town, storm: Storm) -> None:
    """What must hold at rest."""
    shop, dealer, factory = (logbooks(town, who) for who in ("shop", "dealer", "factory"))
    assert dealer == {**shop, **factory}, "each copy is the logbook"
    mine = {row["order"]: row for row in (await town.ask("shop", "order.list", limit=1000))["orders"]}
    assert storm.placed <= mine.keys(), "an order that was acknowledged is lost"
    states: Counter[str] = Counter()
    for order in mine:
        seen = await buckets(town, "shop", order)
        assert seen == await buckets(town, "dealer", order)
        states.update(seen)
    upstream = (await town.ask("dealer", "order.list", partner="factory", limit=1000))["orders"]
    passed = sum(row["quantity"] for row in upstream)
    assert len(upstream) <= len(mine), "an order was passed on twice"
    gone = kept = total = 0
    for row in upstream:
        seen = await buckets(town, "factory", row["order"])
        assert seen == await buckets(town, "dealer", row["order"])
        gone += sum(seen.get(state, 0) for state in ("shipped", "rto-asked"))
        kept += sum(seen.get(state, 0) for state in ("agreed", "cancelling"))
        total += sum(seen.values())
    assert total == passed
    stock = (await town.ask("factory", "stock.list"))["stock"]
    assert sum(row["on_hand"] for row in stock) == 3 * STOCK - gone
    assert sum(row["reserved"] for row in stock) == kept
    for who in NODES:
        kinds = {kind for (kind,) in town.citizens[who].image.reader.execute("SELECT kind FROM evidence")}
        assert kinds <= {"unanswered"}, (who, kinds)


async def account(town: Town) -> None:
    """The books are closed between both pairs, and the sums are the same on both sides."""
    for seller, buyer in (("factory", "dealer"), ("dealer", "shop")):
        proposed = await town.ask(seller, "statement.propose", partner=buyer, period="storm")
        await town.settle()
        agreed = await town.ask(buyer, "statement.agree", statement=proposed["statement"])
        assert agreed["state"] == "closed" and agreed["closing"] == proposed["closing"]
        await town.settle()


@pytest.mark.parametrize("seed", range(3))
def test_W18_W19_S01_after_a_storm_every_side_has_the_same_books(seed: int) -> None:
    async def story(town: Town) -> None:
        await town.open(*NODES)
        await town.pair("factory", "dealer")
        await town.pair("dealer", "shop")
        await goods(town, "factory", stock=STOCK)
        await agree(town, "factory", "dealer")
        await town.ask("dealer", "catalogue.derive", partner="factory", markup_percent="20")
        await agree(town, "dealer", "shop")
        storm = Storm(town, seed)
        for number in range(STEPS):
            await storm.step(number)
        await storm.calm()
        assert len(storm.placed) > 10 and storm.done["order.ship"] > 0, storm.done
        await check(town, storm)
        await account(town)

    play(story)
