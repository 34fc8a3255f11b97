"""A console over a real node in a folder, and a client that asks it over HTTP on the loopback.

async def story(desk: Desk) -> None:
    answer = await desk.get("/partners")
visit(tmp_path, story)
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from node import config, keystore, ports, runtime
from node.console import guards, rooms, servers, views
from node.links import networks
from node.system import clocks, disks, homes
from node.trade import policies
from protocol import identities, keys

SECRET = b"a visit"
LIN = policies.Caller(policies.Role.OWNER, "Lin")


@dataclass(slots=True)
class Desk:
    """The console's address, who is taken to ask, and the answers as text. `caller` None: nobody is signed in."""

    node: runtime.Node
    server: servers.Server
    client: aiohttp.ClientSession
    caller: policies.Caller | None = LIN
    programmatic: bool = False
    bearer: str = ""
    """What a request must show, where this is not empty."""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.server.addresses[0].rstrip("/")

    @property
    def token(self) -> str:
        """The token that this visitor's forms carry."""
        return hmac.digest(self.server.console.secret, b"form\n" + SECRET, "sha256").hex()

    async def identify(self, request: web.Request) -> views.Visitor | None:
        shown = request.headers.get("Authorization")
        if self.caller is None or (self.bearer and shown != f"Bearer {self.bearer}"):
            return None
        return views.Visitor(self.caller, SECRET, programmatic=self.programmatic)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.send("GET", path, headers=headers)

    async def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        """Post a form as a page of this console would."""
        own = {"Origin": self.address, "Sec-Fetch-Site": "same-origin"}
        return await self.send("POST", path, headers=own | headers, data=dict(fields))

    async def send(self, method: str, path: str, *, headers: Mapping[str, str] = {}, **given: Any) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.request(
            method, self.address + path, headers=self.headers | named, allow_redirects=False, **given
        ) as answer:
            return Answer(answer.status, await answer.text(errors="replace"), answer.headers.copy())


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str
    headers: Mapping[str, str]


@asynccontextmanager
async def open_desk(folder: Path) -> AsyncIterator[Desk]:
    """A new node and its console."""
    entropy = clocks.SystemEntropy()
    unlocked, sheet = keystore.create(entropy)
    public = [keys.x25519_public(private) for private in unlocked.kem]
    recovery = keys.public(sheet.recovery, "rec")
    inception = identities.inception(unlocked.root, sheet.next_root, recovery, public, entropy.token(16))
    home = homes.create(folder / "home")
    await runtime.found_home(home, inception)
    disk = disks.SystemDisk(home)
    world = ports.Ports(clocks.SystemClock(), entropy, networks.WebSocketLinks("127.0.0.1", 0), disk)
    node = await runtime.Node.open(config.Config("晨曦"), world, unlocked)
    ready = asyncio.Event()

    async def stand() -> None:
        ready.set()

    running = asyncio.create_task(node.run(stand))
    await ready.wait()
    desks: list[Desk] = []
    console = views.Console(
        name="晨曦",
        doorway=node.door({}),
        identify=lambda request: desks[0].identify(request),
        changes=node.trade.books.changes,
        clock=world.clock,
        entropy=entropy,
        secret=bytes(32),
        hosts=guards.LOOPBACK,
    )
    server = servers.Server(console, rooms.REGISTERS, "127.0.0.1", 0)
    await server.start()
    async with aiohttp.ClientSession() as client:
        desks.append(Desk(node, server, client))
        try:
            yield desks[0]
        finally:
            await server.close()
            running.cancel()
            await asyncio.wait((running,))
            disk.close()


def visit(folder: Path, story: Callable[[Desk], Awaitable[None]]) -> None:
    """Run a story at the desk of a new node."""

    async def run() -> None:
        async with open_desk(folder) as desk:
            await story(desk)

    asyncio.run(run())
