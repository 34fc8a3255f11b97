"""A control socket for tests of the command line: the real server, with use cases that only remember and answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from node import errors
from node.control import servers

Answer = Mapping[str, Any] | Exception | Callable[[dict[str, Any], servers.Report], Any]
UseCase = Callable[[dict[str, Any], servers.Report], Awaitable[Any]]


def door(use_cases: Mapping[str, UseCase]) -> servers.Ask:
    """A door with these use cases behind it, for whoever comes."""

    async def ask(name: str, given: dict[str, Any], report: servers.Report, *, seen: int | None = None) -> Any:
        if name not in use_cases:
            raise errors.NodeError("request.unknown", f"this node knows no {name[:64]!r}")
        return await use_cases[name](given if seen is None else given | {"_seen": seen}, report)

    return ask


class Control:
    """Serves `answers` by use case on a home. An exception is raised, a callable is called, anything else is given.

    A context manager. `asked` holds every question in its order.
    """

    def __init__(self, home: Path, answers: Mapping[str, Answer]) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        state = home / "state"
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._server = servers.Server(state, door({name: self._case(name, answer) for name, answer in answers.items()}))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Control:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._server.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _case(self, name: str, answer: Answer) -> UseCase:
        async def serve(arguments: dict[str, Any], report: servers.Report) -> Any:
            self.asked.append((name, arguments))
            if isinstance(answer, Exception):
                raise answer
            return answer(arguments, report) if callable(answer) else answer

        return serve
