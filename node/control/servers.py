"""The control socket of a running node: every use case, for the user who runs the node and nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from aiohttp import web

from node import errors, incidents, objects, preconditions
from node.control import formats

Report = Callable[[str, int, int], None]

SILENT: Final = logging.getLogger("node.control.http")
SILENT.setLevel(logging.CRITICAL + 1)

SOCKET_MODE: Final = 0o600
CLOSE_S: Final = 2


class Ask(Protocol):
    """The door, for whoever runs the node."""

    async def __call__(self, name: str, given: dict[str, Any], report: Report, *, seen: int | None = None) -> Any:
        """The answer of a use case. NodeError."""


class Progress:
    """The newest report of a use case, until it is sent. A slow reader gets fewer lines, not a longer queue."""

    def __init__(self) -> None:
        self._newest: dict[str, Any] | None = None
        self._news = asyncio.Event()

    def report(self, label: str, done: int, total: int) -> None:
        """Say how far a use case has come. Called in the event loop."""
        self._newest = {"progress": {"label": label, "done": done, "total": total}}
        self._news.set()

    async def wait(self) -> None:
        """Wait until there is something to send."""
        await self._news.wait()

    def take(self) -> dict[str, Any] | None:
        """What is to be sent, once."""
        newest, self._newest = self._newest, None
        self._news.clear()
        return newest


class Server:
    """Serves the door `ask` on the socket in `folder`. `owner` is the only user who is answered: this process's own."""

    def __init__(self, folder: Path, ask: Ask, owner: int | None = None, close_s: float = CLOSE_S) -> None:
        self._folder = folder
        self._ask = ask
        self._close_s = close_s
        self._owner = os.geteuid() if owner is None else owner
        self._runner: web.AppRunner | None = None
        self._fatal: asyncio.Future[errors.StorageError] | None = None

    async def start(self) -> None:
        """Bind and listen. The caller holds the home's lock, so a socket that is there is a dead one's."""
        self._fatal = asyncio.get_running_loop().create_future()
        application = web.Application(client_max_size=formats.ARGUMENTS_BYTES_MAX)
        application.router.add_post(formats.PREFIX + "{name}", self._serve)
        self._runner = web.AppRunner(
            application, access_log=None, logger=SILENT, handler_cancellation=True, shutdown_timeout=self._close_s
        )
        await self._runner.setup()
        try:
            await web.SockSite(self._runner, bind(self._folder)).start()
        except OSError as error:
            raise errors.NodeError(
                "disk.failed", f"no control socket can be made in {self._folder}", got=error.strerror
            ) from error

    async def watch(self) -> None:
        """Wait for a use case under which storage fails, and raise its StorageError: it must end the process.

        A task of the node's supervisor, between `start` and `close`.
        """
        assert self._fatal is not None, "not started"
        raise await asyncio.shield(self._fatal)

    async def close(self) -> None:
        """Stop listening; commands under way are cut off after a moment."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
            (self._folder / formats.SOCKET_NAME).unlink(missing_ok=True)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": formats.CONTENT_TYPE})
        await answer.prepare(request)
        progress = Progress()
        working = asyncio.create_task(self._work(request, progress.report))
        try:
            while not working.done():
                news = asyncio.create_task(progress.wait())
                await asyncio.wait((working, news), return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
                await send(answer, progress.take())
            await answer.write(working.result())
            await answer.write_eof()
        except ConnectionError:
            pass  # whoever asked is gone
        finally:
            working.cancel()
            await asyncio.wait((working,))
        return answer

    async def _work(self, request: web.Request, report: Report) -> bytes:
        """The last line of the answer."""
        try:
            self._admit(request)
            name = request.match_info["name"]
            seen = preconditions.seen(request.headers.get(preconditions.CONDITION))
            return formats.line({"result": await self._ask(name, await arguments(request), report, seen=seen)})
        except errors.NodeError as error:
            self._notice(error)
            return formats.line({"error": errors.to_json(error)})
        except Exception as error:
            return formats.line({"error": errors.to_json(incidents.report(error, "a use case"))})

    def _notice(self, error: errors.NodeError) -> None:
        if isinstance(error, errors.StorageError) and self._fatal is not None and not self._fatal.done():
            self._fatal.set_result(error)

    def _admit(self, request: web.Request) -> None:
        connected = None if request.transport is None else request.transport.get_extra_info("socket")
        if connected is None or peer_user(connected) != self._owner:
            raise errors.NodeError("node.stranger", "this node answers the user who runs it, and nobody else")


def bind(folder: Path) -> socket.socket:
    """A socket bound in the state folder, for its owner only. Raises OSError."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            (folder / formats.SOCKET_NAME).unlink()
        with formats.socket_path(folder) as path:
            # The folder is 0700, so nobody can connect between the two.
            bound.bind(path)
            os.chmod(path, SOCKET_MODE)
    except BaseException:
        bound.close()
        raise
    bound.setblocking(False)
    return bound


def peer_user(connected: Any) -> int:
    """The user id of the process at the other end of a UNIX socket (unix(7), SO_PEERCRED)."""
    credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", credentials)
    return int(user)


async def arguments(request: web.Request) -> dict[str, Any]:
    """The arguments of a request. NodeError `request.malformed`, `request.too-big`."""
    try:
        return objects.read(await request.read() or b"{}")
    except web.HTTPRequestEntityTooLarge:
        raise errors.NodeError(
            "request.too-big", "the arguments are too large", expected=f"at most {formats.ARGUMENTS_BYTES_MAX} bytes"
        ) from None


async def send(answer: web.StreamResponse, content: dict[str, Any] | None) -> None:
    """Send a line, if there is one."""
    if content is not None:
        await answer.write(formats.line(content))
