"""A protocol around a protocol: passes everything on, counts what comes, and can cut the line."""

from __future__ import annotations

import asyncio


class Meter(asyncio.Protocol):
    """Stands between a transport and the protocol of the HTTP library, on both sides of a link.

    `unread_bytes` grows with what comes and is set to 0 by the link for each whole message. The library bounds the
    size of a message but not the number of its fragments, nor of control frames: here is the bound for all of them
    (faults.md W07).
    """

    def __init__(self, inner: asyncio.Protocol, unread_bytes_max: int) -> None:
        self._inner = inner
        self._unread_bytes_max = unread_bytes_max
        self._transport: asyncio.Transport | None = None
        self.unread_bytes = 0

    @classmethod
    def install(cls, transport: asyncio.Transport, unread_bytes_max: int) -> Meter:
        """Put a meter into a connection that is already open."""
        inner = transport.get_protocol()
        assert isinstance(inner, asyncio.Protocol)
        meter = cls(inner, unread_bytes_max)
        meter._transport = transport
        transport.set_protocol(meter)
        return meter

    def abort(self) -> None:
        """Cut the line at once; what was not sent yet is dropped."""
        if self._transport is not None:
            self._transport.abort()

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport and pass it on."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Count and pass on."""
        self.unread_bytes += len(data)
        if self.unread_bytes > self._unread_bytes_max:
            self.abort()
        else:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass on."""
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on, and let go of the transport."""
        self._transport = None
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass on."""
        self._inner.resume_writing()
