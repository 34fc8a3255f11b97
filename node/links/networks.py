"""`ports.Links` over WebSockets: listens with a server, dials with clients."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from node import ports
from node.links import clients, servers, websockets
from node.links.bounds import Bounds


class WebSocketLinks:
    """The real network. `host` and `port` are where `listen` listens: see `servers.Server.start`."""

    def __init__(self, host: str, port: int, bounds: Bounds | None = None) -> None:
        self._host = host
        self._port = port
        self._bounds = bounds or Bounds()
        self._server: servers.Server | None = None
        self._dialled: set[websockets.WebSocketLink] = set()

    @property
    def strangers(self) -> int:
        """How many connections have not been authenticated."""
        return 0 if self._server is None else len(self._server.strangers)

    async def listen(self, accept: ports.Accept) -> Sequence[str]:
        """Serve until `close`; returns the bound addresses. NodeError `links.listen`."""
        assert self._server is None, "already listening"
        self._server = servers.Server(accept, self._bounds)
        return await self._server.start(self._host, self._port)

    async def dial(self, address: str) -> ports.Link:
        """Connect to `host:port`, `ws://…` or `wss://…`; raises `LinkFailed`."""
        link = await clients.dial(address, self._bounds)
        self._dialled = {known for known in self._dialled if not known.is_closed}
        self._dialled.add(link)
        return link

    async def close(self) -> None:
        """Stop listening and close every link."""
        await asyncio.gather(*(link.close() for link in tuple(self._dialled)))
        self._dialled.clear()
        if self._server is not None:
            await self._server.close()
            self._server = None
