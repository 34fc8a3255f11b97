"""Server-sent events: pages hear that something changed and read themselves anew.

An event says only what kind of thing changed, so it tells nobody what the page would not. Rows C15: there are at most
`STREAMS_MAX` streams, and the oldest makes room for the newest; a browser reconnects by itself. Whoever is signed out,
disabled or given another role is cut off at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from aiohttp import web

from node import events
from node.console import guards, routes, views

register = routes.Register()

KIND: Final = "text/event-stream"
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


Tell = Callable[[web.StreamResponse], Awaitable[None]]
Result = TypeVar("Result")


@register.get("/events", routes.SIGNED_IN)
async def stream(view: views.View) -> web.StreamResponse:
    """The stream of one page: `event: changed`, `data: <topics>`."""
    listener = events.Listener()
    view.console.changes.listeners.add(listener)
    try:
        return await serve(view, functools.partial(follow, listener))
    finally:
        view.console.changes.listeners.discard(listener)


async def serve(view: views.View, tell: Tell) -> web.StreamResponse:
    """Answer with a stream that `tell` writes, until it ends, is shed, or the page or its visitor is gone."""
    response = web.StreamResponse(headers={"Content-Type": KIND, "Cache-Control": "no-store"})
    guards.dress(response)
    await response.prepare(view.request)
    streams = view.request.app[STREAMS]
    task = asyncio.create_task(told(response, tell), name="stream")
    leaving = asyncio.create_task(shut_out(view), name="stream's visitor")
    streams.enter(task)
    try:
        await asyncio.wait((task, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        streams.leave(task)
        task.cancel()
        leaving.cancel()
    return response


async def shut_out(view: views.View) -> None:
    """Wait until the visitor of a stream is not the one any more who opened it: signed out, or in another role."""
    listener = events.Listener()
    view.console.changes.listeners.add(listener)
    try:
        while True:
            visitor = await view.console.identify(view.request)
            if visitor is None or view.visitor is None or visitor.caller != view.visitor.caller:
                return
            while events.ADMISSIONS not in await listener.wait():
                pass
    finally:
        view.console.changes.listeners.discard(listener)


async def told(response: web.StreamResponse, tell: Tell) -> None:
    """Let `tell` write; that the page was closed is no fault."""
    with contextlib.suppress(ConnectionError):
        await response.write(b"retry: 2000\n\n")
        await tell(response)


async def follow(listener: events.Listener, response: web.StreamResponse) -> None:
    """Tell one page what changes, until it is gone."""
    while True:
        topics = await heard(response, listener.wait) - {events.ADMISSIONS}
        if topics:
            await say(response, "changed", " ".join(sorted(topics)))
        await asyncio.sleep(PAUSE_SECONDS)


async def heard(response: web.StreamResponse, wait: Callable[[], Awaitable[Result]]) -> Result:
    """Wait for news, with a heartbeat meanwhile."""
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                return await wait()
        except TimeoutError:
            await response.write(b":\n\n")


async def say(response: web.StreamResponse, event: str, data: str) -> None:
    """Write one event."""
    await response.write(f"event: {event}\ndata: {data}\n\n".encode())
