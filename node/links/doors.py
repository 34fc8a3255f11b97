"""Whom this node lets in before it knows them: few at a time, few from one place, and not for long.

Counted from the TCP connection on, so that who sends nothing takes a place as well (faults.md W01, W02).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

from node.links import addresses, meters
from node.links.bounds import Bounds

TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Strangers:
    """How many connections have not been authenticated yet, in all and from each neighbourhood."""

    def __init__(self, total_max: int, address_max: int) -> None:
        self._total_max = total_max
        self._address_max = address_max
        self._count: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._count.total()

    def enter(self, place: str) -> bool:
        """Take a place, if there is one."""
        if len(self) >= self._total_max or self._count[place] >= self._address_max:
            return False
        self._count[place] += 1
        return True

    def leave(self, place: str) -> None:
        """Give a place back."""
        self._count[place] -= 1
        if self._count[place] <= 0:
            del self._count[place]


class Doorway(meters.Meter):
    """The way in for one connection: takes a place among the strangers and a deadline until `leave`."""

    def __init__(self, inner: asyncio.Protocol, strangers: Strangers, bounds: Bounds) -> None:
        super().__init__(inner, bounds.unread_bytes_max)
        self._strangers = strangers
        self._deadline_s = bounds.authentication_s
        self._deadline: asyncio.TimerHandle | None = None
        self._place: str | None = None
        self._turned_away = False
        self.is_link = False  # the HTTP part is over
        self.when_gone: Callable[[], object] = lambda: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the connection in, or cut it: there is nothing to say to one too many."""
        peer = transport.get_extra_info("peername")
        place = addresses.neighbourhood(peer[0] if peer else "")
        if not self._strangers.enter(place):
            assert isinstance(transport, asyncio.Transport)
            self._turned_away = True
            transport.abort()
            return
        self._place = place
        self._deadline = asyncio.get_running_loop().call_later(self._deadline_s, self._expire)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Pass on what comes from somebody who is in."""
        if not self._turned_away:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """Pass on; close for somebody who is not in."""
        return None if self._turned_away else super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave, and pass on."""
        self.leave()
        self.when_gone()
        if not self._turned_away:
            super().connection_lost(exc)

    def leave(self) -> None:
        """Be no stranger any more: gone, or known."""
        if self._place is not None:
            self._strangers.leave(self._place)
            self._place = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        if self._transport is not None and not self.is_link:
            self._transport.write(TOO_SLOW)
            self._transport.close()  # sends what is written; the abort below would drop it
            asyncio.get_running_loop().call_later(self._deadline_s, self.abort)
        else:
            self.abort()
        self.leave()
