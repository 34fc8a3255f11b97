"""How this node dials: one connection, no redirect, no proxy, no cookie, and the same bounds as when it is dialled."""

from __future__ import annotations

import asyncio
import ssl

import aiohttp

from node import errors, ports
from node.links import addresses, meters, websockets
from node.links.bounds import HEADERS_MAX, LINE_BYTES_MAX, Bounds


async def dial(address: str, bounds: Bounds) -> websockets.WebSocketLink:
    """Connect to an address (`addresses.to_url`). Raises `LinkFailed`."""
    try:
        url = addresses.to_url(address)
        async with asyncio.timeout(bounds.dial_s):
            return await _Dial(bounds).open(url, address)
    except errors.NodeError as error:
        raise ports.LinkFailed(str(error)) from error
    except TimeoutError as error:
        raise ports.LinkFailed(f"{address} did not answer within {bounds.dial_s:g} s") from error
    except aiohttp.WSServerHandshakeError as error:
        raise ports.LinkFailed(f"{address} is no node: it answered {error.status}") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise ports.LinkFailed(f"{address}: {str(error) or type(error).__name__}") from error


class _Dial:
    """One attempt, with an HTTP session of its own: nothing of one partner can reach another."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._meter: meters.Meter | None = None

    async def open(self, url: str, address: str) -> websockets.WebSocketLink:
        bounds = self._bounds
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, ssl=tls_context() if url.startswith("wss:") else True),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            headers={"User-Agent": "hanse"},
            trust_env=False,
            auto_decompress=False,
            max_line_size=LINE_BYTES_MAX,
            max_field_size=LINE_BYTES_MAX,
            max_headers=HEADERS_MAX,
            middlewares=(self._check,),
        )
        try:
            socket = await session.ws_connect(
                url,
                protocols=(websockets.SUBPROTOCOL,),
                timeout=aiohttp.ClientWSTimeout(ws_close=bounds.close_s),
                heartbeat=bounds.heartbeat_s,
                compress=0,
                max_msg_size=bounds.library_message_bytes,
                decode_text=False,
            )
        except BaseException:
            await session.close()
            raise
        assert self._meter is not None
        deadline = asyncio.get_running_loop().call_later(bounds.authentication_s, self._meter.abort)
        link = DialledLink(socket, self._meter, address, bounds.close_s, deadline, session)
        if socket.protocol != websockets.SUBPROTOCOL:
            await link.close()
            raise ports.LinkFailed(f"{address} is no node: it does not speak {websockets.SUBPROTOCOL}")
        return link

    async def _check(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Take nothing but the switch of protocols: `ws_connect` would follow a redirect (W23)."""
        response = await handler(request)
        if response.status != 101:
            response.close()
            raise aiohttp.WSServerHandshakeError(response.request_info, (), status=response.status)
        assert response.connection is not None and response.connection.transport is not None
        self._meter = meters.Meter.install(response.connection.transport, self._bounds.unread_bytes_max)
        return response


class DialledLink(websockets.WebSocketLink):
    """A link that this node opened, with its deadline and its HTTP session."""

    def __init__(
        self,
        socket: websockets.Socket,
        meter: meters.Meter,
        remote: str,
        close_s: float,
        deadline: asyncio.TimerHandle,
        session: aiohttp.ClientSession,
    ) -> None:
        super().__init__(socket, meter, remote, close_s, deadline.cancel)
        self._deadline = deadline
        self._session = session

    async def _release(self) -> None:
        self._deadline.cancel()
        await super()._release()
        await self._session.close()


def tls_context() -> ssl.SSLContext:
    """The outer coat towards a reverse proxy: certificates checked, TLS 1.3 and nothing older (W12)."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
