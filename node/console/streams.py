"""Server-sent events: pages hear that something changed and read themselves anew.

An event says only what kind of thing changed, so it tells nobody what the page would not. Rows C15: there are at most
`STREAMS_MAX` streams, and the oldest makes room for the newest; a browser reconnects by itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from node import events
from node.console import routes, views

register = routes.Register()

STREAMS_MAX: Final = 64
PAUSE_SECONDS: Final = 1.0
"""So often at most is a page told, however much changes."""
HEARTBEAT_SECONDS: Final = 25.0
"""A comment keeps proxies from closing a quiet stream, and finds out that a browser is gone."""


@dataclass(slots=True)
class Streams:
    """The open streams of one console, the oldest first."""

    tasks: deque[asyncio.Task[None]] = field(default_factory=deque)

    def enter(self, task: asyncio.Task[None]) -> None:
        """Take in a stream; the oldest is shed when there are too many."""
        while len(self.tasks) >= STREAMS_MAX:
            self.tasks.popleft().cancel()
        self.tasks.append(task)

    def leave(self, task: asyncio.Task[None]) -> None:
        """A stream has ended."""
        if task in self.tasks:
            self.tasks.remove(task)


STREAMS: Final = web.AppKey("streams", Streams)


@register.get("/events", routes.SIGNED_IN)
async def stream(view: views.View) -> web.StreamResponse:
    """The stream of one page: `event: changed`, `data: <topics>`."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(view.request)
    listener = events.Listener()
    streams = view.request.app[STREAMS]
    task = asyncio.create_task(follow(response, listener), name="stream")
    streams.enter(task)
    view.console.changes.listeners.add(listener)
    try:
        await asyncio.wait((task,))
    finally:
        view.console.changes.listeners.discard(listener)
        streams.leave(task)
        task.cancel()
    return response


async def follow(response: web.StreamResponse, listener: events.Listener) -> None:
    """Tell one page what changes, until it is gone."""
    try:
        await response.write(b"retry: 2000\n\n")
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    topics = await listener.wait()
            except TimeoutError:
                await response.write(b":\n\n")
                continue
            await response.write(f"event: changed\ndata: {' '.join(sorted(topics))}\n\n".encode())
            await asyncio.sleep(PAUSE_SECONDS)
    except ConnectionError:
        pass  # the page was closed
