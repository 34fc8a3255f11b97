"""One WebSocket as a `ports.Link`, whichever side opened it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import aiohttp
from aiohttp import web

from node import ports
from node.links import meters

SUBPROTOCOL: Final = "hanse.v1"
UNSUPPORTED_DATA: Final = aiohttp.WSCloseCode.UNSUPPORTED_DATA

Socket = web.WebSocketResponse[bool] | aiohttp.ClientWebSocketResponse[bool]


class WebSocketLink:
    """`ports.Link`. `known` is called once, when the driver says that the other side is authenticated."""

    def __init__(
        self, socket: Socket, meter: meters.Meter, remote: str, close_s: float, known: Callable[[], None]
    ) -> None:
        self._socket = socket
        self._meter = meter
        self._remote = remote
        self._close_s = close_s
        self._known = known
        self._closed = False

    @property
    def remote(self) -> str:
        """The other side, for people."""
        return self._remote

    @property
    def is_closed(self) -> bool:
        """Whether this side has closed or noticed that the other side did."""
        return self._closed

    async def send(self, message: bytes) -> None:
        """Send one binary message; waits while the other side takes nothing. Raises `LinkClosed`."""
        if self._closed:
            raise ports.LinkClosed
        try:
            await self._socket.send_bytes(message)
        except (ConnectionError, aiohttp.ClientError) as error:
            await self._end()
            raise ports.LinkClosed from error

    async def receive(self) -> bytes:
        """The next binary message. Raises `LinkClosed`; any other kind of message closes the link."""
        if self._closed:
            raise ports.LinkClosed
        try:
            message = await self._socket.receive()
        except (ConnectionError, aiohttp.ClientError) as error:
            await self._end()
            raise ports.LinkClosed from error
        self._meter.unread_bytes = 0
        if message.type is aiohttp.WSMsgType.BINARY:
            content: bytes = message.data
            return content
        await self._end(UNSUPPORTED_DATA if message.type is aiohttp.WSMsgType.TEXT else aiohttp.WSCloseCode.OK)
        raise ports.LinkClosed

    def authenticated(self) -> None:
        """The other side is known from now on."""
        self._known()

    async def close(self) -> None:
        """Close in order if the other side answers soon, else cut the line. Never raises."""
        await self._end()

    async def _end(self, code: int = aiohttp.WSCloseCode.OK) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            async with asyncio.timeout(self._close_s):
                await self._socket.close(code=code)
        except (TimeoutError, ConnectionError, aiohttp.ClientError):
            pass
        finally:
            await self._release()

    async def _release(self) -> None:
        """Let go of the connection, whatever happened."""
        self._meter.abort()
