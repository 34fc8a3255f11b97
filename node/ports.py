"""The five doors to the world, as protocols.

Everything a node does to the world goes through these. `node.system`, `node.links` and `node.discovery` hold the
real ones; `tests.sim` holds the ones made of virtual time and memory. Timeouts and pauses use plain
`asyncio.sleep` and `asyncio.timeout`: the simulator replaces the event loop, not the code.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Clock(Protocol):
    """The wall clock. Claims only: no rule of the trade may depend on it."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""


class Entropy(Protocol):
    """The only source of randomness."""

    def token(self, size: int) -> bytes:
        """`size` bytes, unpredictable."""


class LinkClosed(Exception):
    """The other side is gone; nothing more will come and nothing more can be sent."""


class LinkFailed(Exception):
    """The address did not answer, or what answered is no node."""


class Link(Protocol):
    """One ordered, unreliable-in-time, bidirectional stream of binary messages."""

    @property
    def remote(self) -> str:
        """Where the other side is, for people: `host:port`."""

    async def send(self, message: bytes) -> None:
        """Send one message (at most `limits.MESSAGE_BYTES_MAX`); raises `LinkClosed`."""

    async def receive(self) -> bytes:
        """The next message; raises `LinkClosed`. An oversized or text message closes the link."""

    def authenticated(self) -> None:
        """The other side has proven who it is: it leaves the count of strangers, and its deadline is lifted."""

    async def close(self) -> None:
        """Close; pending and later `receive` calls raise `LinkClosed`. Never raises."""


Accept = Callable[[Link], Awaitable[None]]


class Links(Protocol):
    """Makes links. Knows nothing of keys: whoever holds the link must authenticate it."""

    async def listen(self, accept: Accept) -> Sequence[str]:
        """Serve until `close`; returns the bound addresses `host:port`. `accept` runs once for each link."""

    async def dial(self, address: str) -> Link:
        """Connect to `host:port`; raises `LinkFailed`."""

    async def close(self) -> None:
        """Stop listening and close every link."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much fits on what holds a home: `free` and `total`, in bytes."""

    free: int
    total: int


class Disk(Protocol):
    """One database file, written by one connection, and the small files that stand outside every backup."""

    def connect(self) -> sqlite3.Connection:
        """The one writer connection in autocommit mode, with its guarantees read back. Called once, in `run`."""

    async def run(self, unit: Callable[[], Result]) -> Result:
        """Run a whole unit of work where the connection lives. Units run one after the other, never at once."""

    async def look(self, unit: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run a unit that takes long and only reads, beside the others, over a connection of its own that sees one
        state of the database."""

    def read_state(self, name: str) -> bytes | None:
        """The content of a state file, None when it does not exist. Called within `run`."""

    def copy(self, folder: Path, report: Callable[[str, int, int], None]) -> None:
        """Write what a backup holds into a new folder, as it is at one moment. Called in a thread of its own."""

    def aside(self, target: Path) -> Path:
        """A new folder on the disk of the node, for the copy of which a backup in the folder `target` is made."""

    def shelf(self) -> Path:
        """The folder for backups, unless the owner chose another one. Nobody has made it yet, perhaps."""

    def write_state(self, name: str, content: bytes) -> None:
        """Replace a state file durably: written aside, fsynced, renamed, folder fsynced. Called within `run`."""

    def room(self) -> Room:
        """How much fits yet. Called within `run`."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Somebody on this network may be the node whose identity hashes to `tag`. Never trusted, only dialled."""

    address: str
    tag: str


class Discovery(Protocol):
    """Finds addresses of known partners on the local network."""

    async def start(self, tag: str, port: int, found: Callable[[Hint], None]) -> None:
        """Advertise `tag` and `port`, and report what others advertise, until `close`."""

    async def close(self) -> None:
        """Withdraw the advertisement and stop looking."""


@dataclass(frozen=True, slots=True)
class Ports:
    """All five, as a node is given them."""

    clock: Clock
    entropy: Entropy
    links: Links
    disk: Disk
    discovery: Discovery | None = None
