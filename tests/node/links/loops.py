"""A real event loop with real sockets, whose clock a test can push forward: deadlines without waiting."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from node import ports
from node.links import networks
from node.links.bounds import Bounds

Result = TypeVar("Result")


class JumpLoop(asyncio.SelectorEventLoop):
    """Timers fall due when enough time has passed or been jumped over."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead_s = 0.0

    def time(self) -> float:
        return super().time() + self._ahead_s

    def jump(self, seconds: float) -> None:
        """Let time pass at once."""
        self._ahead_s += seconds


def jump(seconds: float) -> None:
    """Push the running loop's clock forward."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpLoop)
    loop.jump(seconds)


def run(scenario: Coroutine[Any, Any, Result]) -> Result:
    """Run a scenario to its end; whatever nobody caught fails the test."""
    unhandled: list[dict[str, Any]] = []
    with asyncio.Runner(loop_factory=JumpLoop) as runner:
        runner.get_loop().set_exception_handler(lambda _, context: unhandled.append(context))
        result = runner.run(scenario)
    assert unhandled == [], unhandled
    return result


class Station:
    """A listening node's links, with every accepted link in a queue. `serve` is what happens to each."""

    def __init__(
        self, bounds: Bounds | None = None, serve: Callable[[ports.Link], Awaitable[None]] | None = None
    ) -> None:
        self.links: ports.Links = networks.WebSocketLinks("127.0.0.1", 0, bounds)
        self.accepted: asyncio.Queue[ports.Link] = asyncio.Queue()
        self.released = asyncio.Event()  # until then, acceptors hold their links
        self._serve = serve
        self.address = ""
        self.port = 0

    async def __aenter__(self) -> Station:
        [self.address] = await self.links.listen(self._accept)
        self.port = int(self.address.rpartition(":")[2])
        return self

    async def __aexit__(self, *_: object) -> None:
        self.released.set()
        await self.links.close()

    async def _accept(self, link: ports.Link) -> None:
        self.accepted.put_nowait(link)
        if self._serve is not None:
            await self._serve(link)
        else:
            await self.released.wait()

    def strangers(self) -> int:
        """How many connections are not authenticated."""
        assert isinstance(self.links, networks.WebSocketLinks)
        return self.links.strangers


class Raw:
    """A TCP connection to a station, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int, host: str = "127.0.0.1") -> Raw:
        return cls(*await asyncio.open_connection(host, port))

    def send(self, content: bytes) -> None:
        self.writer.write(content)

    async def rest(self) -> bytes:
        """Everything until the other side closes or resets."""
        received = b""
        try:
            while piece := await self.reader.read(65_536):
                received += piece
        except ConnectionError:
            pass
        return received

    async def head(self) -> bytes:
        """One HTTP head."""
        return await self.reader.readuntil(b"\r\n\r\n")

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


UPGRADE = (
    b"GET /hanse/v1 HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: hanse.v1\r\n%s\r\n"
)


def frame(opcode: int, payload: bytes, final: bool = True) -> bytes:
    """A masked WebSocket frame, the mask being zero."""
    first = bytes([(0x80 if final else 0) | opcode])
    if len(payload) < 126:
        length = bytes([0x80 | len(payload)])
    elif len(payload) < 1 << 16:
        length = b"\xfe" + len(payload).to_bytes(2, "big")
    else:
        length = b"\xff" + len(payload).to_bytes(8, "big")
    return first + length + bytes(4) + payload
