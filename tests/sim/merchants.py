"""The real node as the program of a world: founded, brought together in calm weather, asked through its one door.

What a plan's acts may name stands in `errands`: a plan is written before anything has a hash.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from node import config, errors, keystore, ports, runtime
from node.trade import policies
from protocol import identities, keys
from tests.sim import (
    disks,
    entropy,
    errands,
    laws,
    lives,
    markets,
    observations,
    plans,
    programs,
    projections,
    settlements,
    shadows,
    worlds,
)

SETUP_MS_MAX = 10 * 60_000
POLL_S = 0.25
Wrap = Callable[[ports.Disk], ports.Disk]


@dataclass(frozen=True, slots=True)
class Build:
    """What runs on one machine: the node itself, unless a test plants something else."""

    parts: runtime.Parts = runtime.PARTS
    disk: Wrap | None = None


@dataclass(slots=True)
class Home:
    """What a machine keeps outside the database: its keys, which no crash and no restore touches."""

    unlocked: keystore.Keys
    inception: bytes
    shadow: shadows.Shadow


class Merchant:
    """One process of a node."""

    def __init__(self, program: Merchants, host: programs.Host, at: ports.Ports) -> None:
        self._program = program
        self._host = host
        self._at = at
        self._ready: asyncio.Future[runtime.Node] = asyncio.get_running_loop().create_future()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def node(self) -> runtime.Node | None:
        """The node, once it stands."""
        return self._ready.result() if self._ready.done() and not self._ready.cancelled() else None

    async def run(self) -> None:
        home, build = self._program.homes[self._host.name], self._program.build(self._host.name)
        if self._host.incarnation == 1:
            life = lives.LIFE.get()
            assert life is not None
            await runtime.found(disks.SimDisk(self._host.image, life), home.inception)
        node = await runtime.Node.open(
            config.Config(self._host.name, stock_share_seconds=self._program.market.stock_share_s),
            self._at,
            home.unlocked,
            self._program.parts(self._host.name, build),
        )

        async def stand() -> None:
            self._ready.set_result(node)

        await node.run(stand, {"control": self._watch})

    async def _watch(self) -> None:
        """A storage failure under a command ends the process, as the control socket's watch does."""
        await asyncio.shield(self._failed)

    async def act(self, verb: str, arguments: dict[str, plans.Json]) -> programs.Reply:
        node = await asyncio.shield(self._ready)
        errand = errands.Errand(self._program.desk(self._host.name), verb, arguments)
        try:
            given = errand.given()
            answer = await node.door({}).ask(policies.MACHINE, errand.verb, given)
        except errors.StorageError as error:
            if not self._failed.done():
                self._failed.set_exception(error)
            raise
        return errand.reply(answer)


@dataclass(slots=True)
class Merchants:
    """`programs.Program` of real nodes. `builds` names the machines on which something else runs."""

    builds: Mapping[str, Build] = field(default_factory=dict)
    homes: dict[str, Home] = field(default_factory=dict)
    registry: shadows.Registry = field(default_factory=shadows.Registry)
    ledger: errands.Ledger = field(default_factory=errands.Ledger)
    _world: worlds.World | None = None
    _market: markets.Market | None = None

    @property
    def world(self) -> worlds.World:
        """The world, once entered."""
        assert self._world is not None
        return self._world

    @property
    def market(self) -> markets.Market:
        """Who trades with whom."""
        assert self._market is not None
        return self._market

    # -- programs.Program

    def enter(self, world: worlds.World) -> None:
        self._world = world
        self._market = markets.draw(world.plan.seed, world.plan.names)
        for name, host in world.hosts.items():
            self.homes[name] = self._home(world.plan.seed, host)

    def start(self, host: programs.Host, at: ports.Ports) -> programs.Running:
        wrap = self.build(host.name).disk
        if wrap is not None:
            at = ports.Ports(at.clock, at.entropy, at.links, wrap(at.disk))
        return Merchant(self, host, at)

    def observe(self, host: programs.Host) -> observations.Observed:
        return self.homes[host.name].shadow

    def refusal(self, error: Exception) -> str | None:
        if isinstance(error, errors.NodeError) and not isinstance(error, errors.StorageError):
            return error.code
        return error.code if isinstance(error, errands.Idle) else None

    def is_exit(self, error: BaseException) -> bool:
        if isinstance(error, BaseExceptionGroup):
            return all(self.is_exit(inner) for inner in error.exceptions)
        return isinstance(error, errors.StorageError | sqlite3.OperationalError)

    async def setup(self, world: worlds.World) -> None:
        for factory, articles in self.market.articles.items():
            await self.must(factory, "catalogue.import", name="goods.csv", data_hex=markets.sheet(articles).hex())
        for seller, buyer in self.market.supplies():
            invitation = await self.must(seller, "invite")
            await self.must(buyer, "join", uri=invitation["uri"])
            await self._settle()
            await self.must(seller, "agreement.propose", partner=buyer)
            await self._settle()
            await self.must(buyer, "agreement.accept", partner=seller)
            await self._settle()
            await self.must(seller, "catalogue.share", partner=buyer)
            await self._settle()
            if buyer in self.market.sources:
                await self.must(buyer, "catalogue.derive", partner=seller)

    def unsettled(self, world: worlds.World) -> str | None:
        complaint = settlements.complaint(self)
        if complaint is None:
            for name in world.hosts:
                difference = projections.difference(self, name)
                if difference is not None:
                    world.violate(projections.NAME, name, difference)
            for invariant, name, detail in laws.breaches(self):
                world.violate(invariant, name, detail)
            world.trace.counts.update(laws.documents(self))
        return complaint

    # -- for the processes

    def node(self, name: str) -> runtime.Node | None:
        """The node that runs on a machine, once it stands."""
        running = self.world.hosts[name].running
        return running.node if isinstance(running, Merchant) else None

    def build(self, name: str) -> Build:
        """What runs on a machine."""
        return self.builds.get(name, Build())

    def parts(self, name: str, build: Build) -> runtime.Parts:
        """The parts of a node, with the simulator listening to its receipts."""
        return replace(build.parts, receipt_leaves=lambda origin, size: self.world.receipt_sent(name, origin, size))

    def desk(self, name: str) -> errands.Desk:
        """What a merchant has before them when they ask something of their node."""
        return errands.Desk(name, self.world, self.market, self.homes[name].shadow, self.ledger)

    async def must(self, node: str, verb: str, **arguments: plans.Json) -> Any:
        """Ask, in calm weather, what cannot be refused."""
        answer = await self.world.ask(node, verb, {"plain": arguments})
        assert answer.verdict is programs.Verdict.OK, f"{node} {verb}: {answer}"
        return answer.value

    async def _settle(self) -> None:
        for _ in range(int(SETUP_MS_MAX / 1000 / POLL_S)):
            await asyncio.sleep(POLL_S)
            if settlements.complaint(self) is None:
                return
        raise AssertionError(f"the merchants do not come together: {settlements.complaint(self)}")

    def _home(self, seed: int, host: programs.Host) -> Home:
        random = entropy.SeededEntropy(seed, f"{host.name} keys")
        unlocked, sheet = keystore.create(random)
        public = [keys.x25519_public(private) for private in unlocked.kem]
        recovery = keys.public(sheet.recovery, "rec")
        inception = identities.inception(unlocked.root, sheet.next_root, recovery, public, random.token(16))
        shadow = shadows.Shadow(host.image, self.build(host.name).parts.fold, self.registry)
        return Home(unlocked, inception, shadow)
