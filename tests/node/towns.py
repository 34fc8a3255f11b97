"""A town: whole nodes in one process on virtual time, in calm weather, asked through the same door as everybody.

def test_something() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        ...
    play(story)
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from node import config, keystore, ports, runtime
from node.storage import outboxes, partners
from node.trade import policies
from protocol import identities, keys
from tests.sim import clocks, disks, entropy, links, lives, networks, traces
from tests.sim import loop as loops

SEED = 7
SETTLE_MS_MAX = 120_000
HOUR_S, DAY_S = 3_600, 86_400
PARTS = runtime.Parts(password_cost=keystore.Cost(memory_kib=32, passes=1, lanes=1))
ENDED = (partners.ChannelState.FORKED, partners.ChannelState.STOPPED)


@dataclass(slots=True)
class Citizen:
    """One node: its disk outlives its processes."""

    name: str
    image: disks.Image
    unlocked: keystore.Keys
    life: lives.Life | None = None
    node: runtime.Node | None = None
    task: asyncio.Task[None] | None = None
    clock: clocks.VirtualClock | None = None
    incarnation: int = 0


@dataclass(slots=True)
class Town:
    """The nodes and the network between them."""

    loop: loops.SimLoop
    trace: traces.Trace
    network: networks.Network
    citizens: dict[str, Citizen] = field(default_factory=dict)
    decided: dict[str, config.Config] = field(default_factory=dict)  # by name, where it is not the usual

    async def open(self, *names: str) -> None:
        """Found and start nodes."""
        for name in names:
            random = entropy.SeededEntropy(SEED, name)
            unlocked, sheet = keystore.create(random)
            public = [keys.x25519_public(private) for private in unlocked.kem]
            recovery = keys.public(sheet.recovery, "rec")
            inception = identities.inception(unlocked.root, sheet.next_root, recovery, public, random.token(16))
            citizen = Citizen(name, disks.Image(name, SEED, self.trace), unlocked)
            self.citizens[name] = citizen
            founding = lives.Life(name, 0)
            await runtime.found(disks.SimDisk(citizen.image, founding), inception)
            await self.start(name)

    async def start(self, name: str) -> None:
        """Start a node's process."""
        citizen = self.citizens[name]
        citizen.incarnation += 1
        life = citizen.life = lives.Life(name, citizen.incarnation)
        life.on_death.append(lambda: self.network.drop_host(name, half_open=False))
        citizen.clock = citizen.clock or clocks.VirtualClock(self.loop)
        world = ports.Ports(
            clock=citizen.clock,
            entropy=entropy.SeededEntropy(SEED, f"{name}.{citizen.incarnation}"),
            links=links.SimLinks(self.network, name, life),
            disk=disks.SimDisk(citizen.image, life),
        )
        ready = self.loop.create_future()

        async def run() -> None:
            citizen.node = await runtime.Node.open(
                self.decided.get(name, config.Config(name)), world, citizen.unlocked, PARTS
            )

            async def stand() -> None:
                ready.set_result(None)

            await citizen.node.run(stand)

        citizen.task = life.spawn(run(), "run")
        done, _ = await asyncio.wait({ready, citizen.task}, return_when=asyncio.FIRST_COMPLETED)
        if citizen.task in done:
            citizen.task.result()

    def kill(self, name: str) -> None:
        """End a node's process between two instructions; what was committed stays."""
        citizen = self.citizens[name]
        assert citizen.life is not None
        citizen.life.kill()
        citizen.node = None

    def skip(self, seconds: int) -> None:
        """So much later by every clock, without living through it."""
        for citizen in self.citizens.values():
            assert citizen.clock is not None
            citizen.clock.step(seconds * 1000)

    async def live(self, days: int) -> None:
        """Days of which only an hour each is lived through: what nodes do by the hour and by the day happens."""
        for _ in range(days):
            self.skip(DAY_S - HOUR_S)
            await asyncio.sleep(HOUR_S)

    async def ask(self, who: str, case: str, /, **arguments: Any) -> Any:
        """Ask a node through its door."""
        node = self.citizens[who].node
        assert node is not None, f"{who} does not run"
        call = functools.partial(node.door({"HANSE_BENCH": "1"}).ask, policies.MACHINE, case)
        life = self.citizens[who].life
        assert life is not None
        return await life.spawn(self._call(call, arguments), f"ask {case}")

    async def _call(self, call: Callable[..., Awaitable[Any]], arguments: dict[str, Any]) -> Any:
        return await call(arguments, lambda label, done, total: None)

    async def pair(self, inviting: str, joining: str) -> None:
        """Peer two nodes by invitation."""
        invitation = await self.ask(inviting, "invite")
        await self.ask(joining, "join", uri=invitation["uri"])
        await self.settle()

    async def settle(self) -> None:
        """Wait until every running node has sent and folded everything that it can."""
        deadline = self.loop.elapsed_ms() + SETTLE_MS_MAX
        calm = 0
        while calm < 3:
            assert self.loop.elapsed_ms() < deadline, "the town does not come to rest"
            await asyncio.sleep(0.2)
            calm = calm + 1 if await self._rests() else 0

    async def _rests(self) -> bool:
        for citizen in self.citizens.values():
            node = citizen.node
            if node is None:
                continue
            progress = await self.ask(citizen.name, "bench.progress")
            waiting = await node.database.read(outboxes.total)
            states = [channel.state for channel in await node.database.read(partners.channels)]
            for row, state in zip(progress["channels"], states, strict=True):
                if state in ENDED:
                    continue
                if waiting or row["mine"] != row["receipted"] or row["theirs"] != row["applied"]:
                    return False
        return True

    async def close(self) -> None:
        """End every process."""
        for citizen in self.citizens.values():
            if citizen.life is not None:
                citizen.life.kill()
            citizen.image.close()


def play(story: Callable[[Town], Awaitable[None]]) -> None:
    """Run a story in a new town."""

    async def run() -> None:
        loop = loops.current()
        trace = traces.Trace(loop, False)
        town = Town(loop, trace, networks.Network(loop, SEED, trace))
        try:
            await story(town)
        finally:
            await town.close()

    loops.run(run())
