"""The life of one process of a node, and its sudden end.

A crash is not a cancellation: nothing of the node runs afterwards. Every callback and task is born with the life
that made it in its context; the loop runs nothing of a dead life, and every port raises `Dead`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, ContextVar
from typing import Any, TypeVar

Result = TypeVar("Result")

CLOSINGS_MAX = 8  # a finally block that awaits swallows one closing; no product code nests deeper
PRUNE_EVERY = 512  # finished tasks are forgotten in bulk


class Dead(BaseException):
    """Raised in a process that no longer exists; not an Exception, so that `except Exception` lets it pass."""


class Life:
    """One process: from boot to exit or crash."""

    def __init__(self, name: str, incarnation: int) -> None:
        self.name = name
        self.incarnation = incarnation
        self.dead = False
        self.paused = False
        self.stopped = False  # dead or paused: the one thing the loop asks
        self.parked: list[tuple[Life | None, asyncio.Handle]] = []
        self.on_death: list[Callable[[], None]] = []
        self._tasks: list[asyncio.Task[Any]] = []
        self._context = Context()
        self._context.run(LIFE.set, self)

    def context(self) -> Context:
        """A fresh context in which this life is the current one."""
        return self._context.copy()

    def spawn(self, coroutine: Coroutine[Any, Any, Result], name: str) -> asyncio.Task[Result]:
        """Start a task of this process, from wherever we are."""
        loop = asyncio.get_running_loop()
        return loop.create_task(coroutine, name=f"{self.name}.{self.incarnation}/{name}", context=self.context())

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """Remember a task of this process, for its end."""
        self._tasks.append(task)
        if len(self._tasks) % PRUNE_EVERY == 0:
            self._tasks = [known for known in self._tasks if not known.done()]

    def tasks(self) -> list[asyncio.Task[Any]]:
        """The unfinished tasks of this process, oldest first."""
        return [task for task in self._tasks if not task.done()]

    def check(self) -> None:
        """Raise `Dead` when this process is gone. Every port asks first."""
        if self.dead:
            raise Dead(f"{self.name}.{self.incarnation}")

    def pause(self) -> None:
        """Stop running (SIGSTOP, a sleeping laptop) until `resume`."""
        self.paused = self.stopped = True

    def resume(self) -> list[tuple[Life | None, asyncio.Handle]]:
        """Run again; returns the callbacks that came due meanwhile."""
        self.paused, self.stopped = False, self.dead
        due, self.parked = self.parked, []
        return due

    def kill(self) -> None:
        """End this process now. May be called from inside it: then the caller must raise `Dead`."""
        if self.dead:
            return
        self.dead = self.stopped = True
        self.parked.clear()
        for tell in self.on_death:
            tell()
        asyncio.get_running_loop().call_soon(self._reap, context=Context())

    def _reap(self) -> None:
        """Unwind the coroutines left behind; their finally blocks find only `Dead` ports and a deaf loop."""
        for task in self._tasks:
            bury(task)
        self._tasks.clear()


LIFE: ContextVar[Life | None] = ContextVar("life", default=None)


def bury(task: asyncio.Task[Any]) -> None:
    """Close the coroutine of a task that will never run again, and let asyncio forget about it."""
    if task.done():
        if not task.cancelled():
            task.exception()
        return
    registry: Any = asyncio.tasks
    registry._unregister_task(task)
    vars_of_task: Any = task
    vars_of_task._log_destroy_pending = False
    coroutine: Any = task.get_coro()
    for _ in range(CLOSINGS_MAX):
        try:
            coroutine.close()
        except RuntimeError:
            continue  # a finally block awaited: close again
        except BaseException:
            break  # it answered its end with an error: nobody is left to hear it
        break
    else:
        with suppress(BaseException):
            coroutine.throw(Dead())
