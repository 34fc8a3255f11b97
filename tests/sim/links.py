"""Links in memory.

A link is what a WebSocket over TCP is: ordered messages, or none. A lost segment is therefore a stall, or in the
end a reset; a message never arrives twice on the same link.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from node import ports
from protocol import limits
from tests.sim import lives
from tests.sim import loop as loops

if TYPE_CHECKING:
    from tests.sim import networks

PORT = 7400
UNREAD_BYTES_MAX = 4 << 20  # socket buffers of both sides together
UNREAD_MESSAGES_MAX = 256


@dataclass(slots=True)
class Capture:
    """What an eavesdropper keeps of one direction of one link."""

    name: str
    messages: list[bytes] = field(default_factory=list)


class End:
    """One end of a link: `ports.Link`."""

    def __init__(self, network: networks.Network, line: Line, side: int, host: str, life: lives.Life | None) -> None:
        self._network = network
        self._line = line
        self._side = side
        self._life = life
        self.host = host
        self.sent = 0
        self.inbox: deque[bytes] = deque()
        self.stranger = True
        self.closed = False  # nothing more comes in, nothing more goes out
        self.unread_bytes = 0  # sent towards this end and not yet received by it
        self.unread_messages = 0
        self._reader: asyncio.Future[None] | None = None
        self._writers: deque[asyncio.Future[None]] = deque()

    @property
    def remote(self) -> str:
        """The other side, for people."""
        return f"{self.peer.host}:{PORT if self._side == 0 else 50_000 + self._line.ordinal % 10_000}"

    @property
    def peer(self) -> End:
        """The other end."""
        return self._line.ends[1 - self._side]

    async def send(self, message: bytes) -> None:
        """Hand a message to the network; waits while the other side does not read."""
        self.check()
        assert len(message) <= limits.MESSAGE_BYTES_MAX, "larger than any message may be"
        while not self.closed and self.peer.is_full():
            writer: asyncio.Future[None] = loops.current().create_future()
            self.peer._writers.append(writer)
            await writer
            self.check()
        if self.closed:
            raise ports.LinkClosed
        self.sent += 1
        self.peer.unread_bytes += len(message)
        self.peer.unread_messages += 1
        if self._network.carry(self._line, self._side, self.sent, bytes(message)):
            await asyncio.sleep(0)

    async def receive(self) -> bytes:
        """The next message, in order."""
        self.check()
        while not self.inbox:
            if self.closed:
                raise ports.LinkClosed
            assert self._reader is None, "two tasks receive from one link"
            self._reader = loops.current().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
            self.check()
        message = self.inbox.popleft()
        self.unread_bytes -= len(message)
        self.unread_messages -= 1
        self._wake_writers()
        return message

    def authenticated(self) -> None:
        """The other side has proven who it is: the deadline for strangers is lifted."""
        self.stranger = False

    async def close(self) -> None:
        """Close in order: what was sent still arrives, then the other side hears of it."""
        if self._life is not None and self._life.dead:
            return
        self._network.part(self._line, self._side)

    def check(self) -> None:
        """Raise `Dead` in a process that no longer exists."""
        if self._life is not None:
            self._life.check()

    def is_full(self) -> bool:
        """Whether the buffers on the way to this end are full."""
        return self.unread_bytes > UNREAD_BYTES_MAX or self.unread_messages >= UNREAD_MESSAGES_MAX

    def put(self, message: bytes) -> None:
        """A message arrives."""
        self.inbox.append(message)
        wake(self._reader)

    def shut(self) -> None:
        """Nothing more comes; what arrived may still be read."""
        self.closed = True
        wake(self._reader)
        self.peer._wake_writers()  # whoever waits to write towards us waits for nothing
        self._wake_writers()

    def _wake_writers(self) -> None:
        while self._writers:
            wake(self._writers.popleft())


def wake(waiter: asyncio.Future[None] | None) -> None:
    """Let a waiter go on, if it still waits."""
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


class Line:
    """The wire between two ends."""

    def __init__(self, network: networks.Network, dialer: str, listener: str, ordinal: int) -> None:
        self.ordinal = ordinal
        self.name = f"{dialer}>{listener}#{ordinal}"
        self.ends: tuple[End, End]
        self.hosts = (dialer, listener)
        self.arrival_s = [0.0, 0.0]  # when the last message of each direction arrives
        self.held: tuple[deque[tuple[bytes, int]], deque[tuple[bytes, int]]] = (deque(), deque())
        self.captures = tuple(network.capture(self.hosts[side], self.hosts[1 - side], self.name) for side in (0, 1))
        self.doubted = False  # a heartbeat is already counting

    def is_open(self) -> bool:
        """Whether at least one end still believes in the link."""
        return not (self.ends[0].closed and self.ends[1].closed)


class SimLinks:
    """`ports.Links` of one process on one host."""

    def __init__(self, network: networks.Network, host: str, life: lives.Life) -> None:
        self._network = network
        self._accept: ports.Accept | None = None
        self._ends: list[End] = []
        self.host = host
        self.life = life

    async def listen(self, accept: ports.Accept) -> Sequence[str]:
        """Be reachable under `address(host)`."""
        self.life.check()
        assert self._accept is None, "already listening"
        self._accept = accept
        self._network.listen(self)
        return [address(self.host)]

    async def dial(self, address: str) -> ports.Link:
        """Connect to a host."""
        self.life.check()
        end = await self._network.dial(self, address)
        self._keep(end)
        return end

    async def close(self) -> None:
        """Stop listening and close every link."""
        if self.life.dead:
            return
        self._network.hush(self)
        self._accept = None
        for end in self._ends:
            await end.close()
        self._ends.clear()

    def take(self, end: End, name: str) -> None:
        """Somebody dialled: let the process have its end, in a task of its own."""
        assert self._accept is not None
        self._keep(end)
        self.life.spawn(self._serve(self._accept, end), f"accept {name}")

    async def _serve(self, accept: ports.Accept, end: End) -> None:
        try:
            await accept(end)
        finally:
            await end.close()

    def _keep(self, end: End) -> None:
        self._ends = [known for known in self._ends if not known.closed]
        self._ends.append(end)


def address(host: str) -> str:
    """Where a host listens."""
    return f"{host}:{PORT}"
