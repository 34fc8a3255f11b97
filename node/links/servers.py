"""Where others dial: one WebSocket path, and for everything else an empty 404."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Sequence
from typing import Final

import structlog
from aiohttp import web

from node import errors, ports
from node.links import addresses, doors, websockets
from node.links.bounds import HEADERS_MAX, LINE_BYTES_MAX, Bounds

log = structlog.get_logger(__name__)

SILENT: Final = logging.getLogger("node.links.http")
"""What strangers send wrongly is answered and forgotten: a line for each would fill the disk."""
SILENT.setLevel(logging.CRITICAL + 1)

BACKLOG: Final = 128
PLATFORM_HEADER: Final = {"Server": "hanse"}  # not which library, in which version


class TersePeer(web.RequestHandler):
    """The HTTP side of one connection, which says no more of an error than its status."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """An empty answer; the library's would repeat the request and name its version."""
        if status == 500:
            log.error("a request failed", remote=remote(request), exc_info=exc)
        return nothing(status)


class Server:
    """Listens on one address and gives every link to `accept`."""

    def __init__(self, accept: ports.Accept, bounds: Bounds) -> None:
        self._accept = accept
        self._bounds = bounds
        self._doorways: dict[object, doors.Doorway] = {}
        self._links: set[websockets.WebSocketLink] = set()
        self._listener: asyncio.Server | None = None
        self._http: web.Server | None = None
        self.strangers = doors.Strangers(bounds.strangers_max, bounds.strangers_address_max)

    async def start(self, host: str, port: int) -> Sequence[str]:
        """Listen; an empty host is every address. Returns the bound addresses. NodeError `links.listen` (O03)."""
        self._http = web.Server(self._serve)
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                self._enter, host or None, port, backlog=BACKLOG, reuse_address=True
            )
        except OSError as error:
            raise refused(addresses.shown(host, port), error) from error
        return [addresses.shown(*bound.getsockname()[:2]) for bound in self._listener.sockets]

    async def close(self) -> None:
        """Stop listening, close every link, and wait a little for those who served them (O04)."""
        if self._listener is not None:
            self._listener.close()
        await asyncio.gather(*(link.close() for link in tuple(self._links)))
        if self._http is not None:
            await self._http.shutdown(self._bounds.close_s)

    def _enter(self) -> asyncio.Protocol:
        assert self._http is not None
        inner = TersePeer(
            self._http,
            loop=asyncio.get_running_loop(),
            access_log=SILENT,
            logger=SILENT,
            max_line_size=LINE_BYTES_MAX,
            max_field_size=LINE_BYTES_MAX,
            max_headers=HEADERS_MAX,
            auto_decompress=False,
            lingering_time=0,
            keepalive_timeout=0,  # nothing is kept alive; the doorway has the deadline
        )
        doorway = doors.Doorway(inner, self.strangers, self._bounds)
        self._doorways[inner] = doorway
        doorway.when_gone = lambda: self._doorways.pop(inner, None)
        return doorway

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        doorway = self._doorways.get(request.protocol)
        opened: web.WebSocketResponse[bool] = web.WebSocketResponse(
            timeout=self._bounds.close_s,
            heartbeat=self._bounds.heartbeat_s,
            protocols=(websockets.SUBPROTOCOL,),
            compress=False,
            max_msg_size=self._bounds.library_message_bytes,
            decode_text=False,
        )
        opened.headers.update(PLATFORM_HEADER)
        if doorway is None or not is_greeting(request) or not opened.can_prepare(request):
            return nothing()
        await opened.prepare(request)
        doorway.is_link = True
        await self._give(
            websockets.WebSocketLink(opened, doorway, remote(request), self._bounds.close_s, doorway.leave)
        )
        return opened

    async def _give(self, link: websockets.WebSocketLink) -> None:
        self._links.add(link)
        try:
            await self._accept(link)
        except Exception as error:
            # Whoever accepts catches its own; this one must at least not vanish.
            asyncio.get_running_loop().call_exception_handler(
                {"message": "the acceptor of a link failed", "exception": error}
            )
        finally:
            self._links.discard(link)
            await link.close()


def is_greeting(request: web.BaseRequest) -> bool:
    """Whether a request asks for what this server has, and for nothing beside (W04, W05, W08)."""
    offered = {
        part.strip() for value in request.headers.getall("Sec-WebSocket-Protocol", ()) for part in value.split(",")
    }
    return (
        request.method == "GET"
        and request.raw_path == addresses.PATH
        and websockets.SUBPROTOCOL in offered
        and len(request.headers.getall("Host", ())) == 1
        and not request.body_exists
    )


def nothing(status: int = 404) -> web.Response:
    """The answer to everything else: empty, and the connection is over."""
    answer = web.Response(status=status, headers=PLATFORM_HEADER)
    answer.force_close()
    return answer


def remote(request: web.BaseRequest) -> str:
    """Who dialled, for people."""
    peer = None if request.transport is None else request.transport.get_extra_info("peername")
    return addresses.shown(peer[0], peer[1]) if peer else "somebody who left"


def refused(address: str, error: OSError) -> errors.NodeError:
    """The NodeError for an address on which nobody can listen."""
    reasons = {
        errno.EADDRINUSE: "another program listens there",
        errno.EADDRNOTAVAIL: "this machine does not have the address",
        errno.EACCES: "this user may not listen there",
    }
    no_name = "the name has no address" if isinstance(error, socket.gaierror) else error.strerror
    return errors.NodeError(
        "links.listen",
        f"cannot listen on {address}",
        got=reasons.get(error.errno or 0, no_name),
        hint="choose another address with the key `listen` of config.toml",
    )
