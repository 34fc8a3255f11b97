"""A village: the demonstration's merchants in one process, each with a real node and its real console on the loopback.

with villages.open_village(folder) as village:
    village.trade()                       # partners, goods, orders, parcels, a statement
    village.shop.address                  # where the shop's console listens
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from node import config, keystore, ports, runtime
from node.console import guards, rooms, servers, views, visitors
from node.demonstrations import openings, stages, tradings
from node.demonstrations.merchants import Json, Merchant, Report, silent
from node.links import networks
from node.system import clocks, disks, files, homes
from node.trade import policies
from protocol import identities, keys
from tests.browser import afterwards, windows

Result = TypeVar("Result")

OPERATOR, PASSWORD = "Lin", "a kettle of oolong"
CAST = (
    ("factory", "义乌晨曦工艺品厂"),
    ("dealer", "Canton Bridge"),
    ("shop", "小满家居"),
    ("harbour", "Harbour & Hearth"),
)


class Quiet:
    """A narrator whom nobody hears."""

    def chapter(self, title: str) -> AbstractContextManager[None]:
        return nullcontext()

    def say(self, sentence: str) -> None:
        pass

    def report(self, what: str, done: int, total: int) -> None:
        pass


class Clock:
    """`ports.Clock`: the time of this machine, and as much later as a story needs."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return clocks.SystemClock().now_ms() + self.ahead_ms

    def forward(self, hours: int) -> None:
        """Let hours pass at once."""
        self.ahead_ms += hours * 3_600_000


PARTS = runtime.Parts(password_cost=keystore.Cost(memory_kib=32, passes=1, lanes=1))


@dataclass(slots=True)
class Loop:
    """An event loop in a thread of its own."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    thread: threading.Thread | None = None

    def start(self) -> None:
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        if self.thread is not None:
            self.thread.join()
        self.loop.close()


@dataclass(slots=True, eq=False)
class Villager(Merchant):
    """A merchant of the demonstration whose node runs here.

    `role`: as whom every visitor of `server` counts. `front` is the same console with its doors shut: one must sign in.
    """

    loop: Loop = field(default_factory=Loop)
    clock: Clock = field(default_factory=Clock)
    role: policies.Role = policies.Role.OWNER
    node: runtime.Node | None = None
    server: servers.Server | None = None
    front: servers.Server | None = None
    running: asyncio.Task[None] | None = None
    disk: disks.SystemDisk | None = None
    unlocked: keystore.Keys | None = None

    def found(self) -> str:
        entropy = clocks.SystemEntropy()
        self.unlocked, sheet = keystore.create(entropy)
        public = [keys.x25519_public(private) for private in self.unlocked.kem]
        recovery = keys.public(sheet.recovery, "rec")
        inception = identities.inception(self.unlocked.root, sheet.next_root, recovery, public, entropy.token(16))
        made = homes.create(self.folder / "home")
        sealed = keystore.seal(self.unlocked, "a long passphrase", entropy, PARTS.password_cost)
        files.replace(made.keys, sealed)  # a backup holds it
        return identities.to_text(self.loop.run(runtime.found_home(made, inception)))

    def start(self) -> None:
        self.loop.run(self._start())

    async def _start(self) -> None:
        assert self.unlocked is not None
        self.disk = disks.SystemDisk(homes.open_home(self.folder / "home"))
        world = ports.Ports(
            clock=self.clock,
            entropy=clocks.SystemEntropy(),
            links=networks.WebSocketLinks("127.0.0.1", self.port),
            disk=self.disk,
        )
        decided = config.Config(self.name, stock_share_seconds=1)
        self.node = await runtime.Node.open(decided, world, self.unlocked, PARTS)
        ready = asyncio.Event()

        async def stand() -> None:
            ready.set()

        self.running = asyncio.create_task(self.node.run(stand))
        await ready.wait()
        await self.node.door({}).ask(
            policies.MACHINE, "operator.add", {"name": OPERATOR, "role": "owner", "password": PASSWORD}
        )
        self.server = await self._serve(self._identify)
        self.front = await self._serve(visitors.identifier(self.node.trade))

    async def _serve(self, identify: views.Identify) -> servers.Server:
        assert self.node is not None
        console = views.Console(
            name=self.name,
            doorway=self.node.door({}),
            identify=identify,
            changes=self.node.trade.books.changes,
            clock=self.node.world.clock,
            entropy=self.node.world.entropy,
            secret=bytes(32),
            hosts=guards.LOOPBACK,
        )
        server = servers.Server(console, rooms.REGISTERS, "127.0.0.1", 0)
        await server.start()
        return server

    async def _identify(self, request: web.Request) -> views.Visitor | None:
        return views.Visitor(policies.Caller(self.role, OPERATOR, operator=1), b"a visit")

    def ask(self, case: str, report: Report = silent, /, **arguments: Any) -> Json:
        assert self.node is not None
        answer: Json = self.loop.run(self.node.door({}).ask(policies.MACHINE, case, arguments, report))
        return answer

    def stop(self) -> None:
        self.loop.run(self._stop())

    async def _stop(self) -> None:
        for server in (self.server, self.front):
            if server is not None:
                await server.close()
        if self.running is not None:
            self.running.cancel()
            await asyncio.wait((self.running,))
        if self.disk is not None:
            self.disk.close()

    @property
    def address(self) -> str:
        """Where the console listens, without a slash at the end."""
        assert self.server is not None
        return self.server.addresses[0].rstrip("/")

    @property
    def shut(self) -> str:
        """Where one must sign in, by the name that passkeys want."""
        assert self.front is not None
        return self.front.addresses[0].rstrip("/").replace("127.0.0.1", "localhost")


@dataclass(slots=True)
class Village:
    """Everybody, on the stage of the demonstration."""

    stage: stages.Stage

    @property
    def factory(self) -> Villager:
        return self._villager(self.stage.factory)

    @property
    def dealer(self) -> Villager:
        return self._villager(self.stage.dealer)

    @property
    def shop(self) -> Villager:
        return self._villager(self.stage.xiaoman)

    @property
    def harbour(self) -> Villager:
        return self._villager(self.stage.harbour)

    @staticmethod
    def _villager(merchant: Merchant) -> Villager:
        assert isinstance(merchant, Villager)
        return merchant

    def trade(self) -> None:
        """Partners, terms, goods and orders; some accepted, some shipped, one cancelled, a statement."""
        for chapter in CHAPTERS:
            chapter(self.stage)


def order(stage: stages.Stage) -> None:
    """Consumers' orders from the files of three shops."""
    files = tradings.day_of_files(stage)
    for file in files:
        tradings.load(stage, tradings.shop_owner(stage, file.shop), file)
    placed = {pair: len(stages.orders(pair[1], selling=False, partner=pair[0].name)) for pair in stage.trades[1:]}
    tradings.arrive(stage, placed)


CHAPTERS: tuple[Callable[[stages.Stage], None], ...] = (
    openings.peer,
    openings.agree,
    openings.list_goods,
    windows.dress,
    order,
    *afterwards.CHAPTERS,
)


@contextmanager
def open_village(folder: Path, orders: int = 24, seed: int = 7) -> Iterator[Village]:
    """Found and start every node; they are stopped at the end."""
    with settle(folder, CAST) as (factory, dealer, shop, harbour):
        plan = stages.Plan(folder, orders, seed, True)
        yield Village(stages.Stage(plan, folder, Quiet(), factory, dealer, shop, harbour))


@contextmanager
def settle(folder: Path, cast: Sequence[tuple[str, str]]) -> Iterator[list[Villager]]:
    """Merchants who know nobody yet, by the folder and the name of each; one clock goes for all of them."""
    loop, clock = Loop(), Clock()
    loop.start()
    settlers = [Villager(name, folder / place, 0, loop=loop, clock=clock) for place, name in cast]
    try:
        for settler in settlers:
            settler.folder.mkdir(parents=True)
            settler.found()
            settler.start()
        yield settlers
    finally:
        for settler in settlers:
            settler.stop()
        loop.stop()
