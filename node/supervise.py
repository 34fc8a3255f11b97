"""One group for every long task of a node: what fails is started again after a pause, what is fatal ends the process.

A pause doubles from 1 s to 60 s and begins anew once a task has run for longer than the longest pause. A failure that
repeats itself is logged the first, the tenth, the hundredth time, with its count. A `StorageError` is never survived:
the group cancels everything and raises it, and `cli.main` exits with its status.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import structlog

from node import errors

PAUSE_S_MIN: Final = 1
PAUSE_S_MAX: Final = 60

Run = Callable[[], Awaitable[None]]

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Streak:
    """Failures of one task that look the same, one after the other."""

    likeness: str = ""
    count: int = 0

    def add(self, likeness: str) -> int:
        """Count a failure; returns how often this one came in a row."""
        if likeness != self.likeness:
            self.likeness, self.count = likeness, 0
        self.count += 1
        return self.count


class Supervisor:
    """`async with Supervisor() as group:` and then `group.start(...)`; leaving the block waits for all tasks.

    Raises the first `StorageError` of any task as itself. Other errors of the block come as the TaskGroup has them.
    """

    def __init__(self, pause_s_min: float = PAUSE_S_MIN, pause_s_max: float = PAUSE_S_MAX) -> None:
        self._pause_s_min = pause_s_min
        self._pause_s_max = pause_s_max
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._group.__aexit__(kind, error, trace)
        except BaseExceptionGroup as group:
            fatal = fatal_in(group)
            if fatal is not None:
                raise fatal from fatal.__cause__
            raise

    def start(self, name: str, run: Run) -> asyncio.Task[None]:
        """Run `run()` until it returns; call it again whenever it fails. Cancel the task to stop it."""
        return self._group.create_task(self._keep_running(name, run), name=name)

    async def _keep_running(self, name: str, run: Run) -> None:
        clock = asyncio.get_running_loop().time
        streak, pause_s = Streak(), self._pause_s_min
        while True:
            began_s = clock()
            try:
                await run()
            except Exception as error:
                fatal = fatal_in(error)
                if fatal is not None:
                    raise fatal from fatal.__cause__
                if clock() - began_s > self._pause_s_max:
                    streak, pause_s = Streak(), self._pause_s_min
                tell(name, error, streak.add(likeness_of(error)), pause_s)
            else:
                log.debug("task ended", task=name)
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, self._pause_s_max)


def fatal_in(error: BaseException) -> errors.StorageError | None:
    """The first `StorageError` in an error or a group of errors."""
    if isinstance(error, errors.StorageError):
        return error
    if isinstance(error, BaseExceptionGroup):
        return next((found for part in error.exceptions if (found := fatal_in(part)) is not None), None)
    return None


def likeness_of(error: BaseException) -> str:
    """What two failures have in common when one line in the log is enough for both."""
    if isinstance(error, BaseExceptionGroup):
        return " ".join(sorted(likeness_of(part) for part in error.exceptions))
    lines = [line for _, line in traceback.walk_tb(error.__traceback__)]
    return f"{type(error).__name__} {lines[-1:]} {error}"


def tell(name: str, error: Exception, count: int, pause_s: float) -> None:
    """Log a failure, unless it is one of many."""
    if count != 10 ** (len(str(count)) - 1):
        return
    if isinstance(error, errors.NodeError):  # a refusal that explains itself
        log.warning("task failed", task=name, error=str(error), count=count, again_in_s=pause_s)
    else:
        log.error("task failed", task=name, error=repr(error), count=count, again_in_s=pause_s, exc_info=error)
