"""An event loop made of virtual time: it owns the clock, and nothing in it can wait for the real world.

Where asyncio would select on sockets with a timeout, this loop adds the timeout to a field. Timers that fall due
together run in the order in which they were set. Tasks and futures hash by a counter, so that a set of them
(TaskGroup keeps one) is walked in the same order in every process.
"""

from __future__ import annotations

import asyncio
import gc
import heapq
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Executor
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple, Unpack

from tests.sim import lives

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")

START_MS = 1_790_000_000_000  # 2026-09-21, a Monday; any moment would do
STEPS_AT_ONCE_MAX = 200_000  # callbacks without any time passing: a hot loop
COLLECT_EVERY = 1 << 18  # callbacks between two garbage collections, so that finalizers run at fixed steps
CANCELLED_TIMERS_MIN = 256  # below this, cancelled timers are not worth a rebuild


class Deadlock(Exception):
    """Everything waits and no timer is set: nothing can ever happen again."""


class Livelock(Exception):
    """Callbacks follow each other without any time passing."""


class UnhandledError(Exception):
    """Exceptions that nobody caught, at the end of a run."""


@dataclass(frozen=True, slots=True)
class Unhandled:
    """What reached the loop's exception handler."""

    at_ms: int
    message: str
    error: BaseException | None

    def __str__(self) -> str:
        return f"at {self.at_ms} ms: {self.message}: {self.error!r}"


class SimTask(asyncio.Task[Result]):
    """A task with a hash that is the same in every process."""

    __slots__ = ("_number",)

    def __init__(
        self,
        coroutine: Generator[Any, None, Result] | Coroutine[Any, Any, Result],
        loop: SimLoop,
        name: str | None,
        context: Context | None,
    ) -> None:
        self._number = loop.number()
        super().__init__(coroutine, loop=loop, name=name, context=context)

    def __hash__(self) -> int:
        return self._number


class SimFuture(asyncio.Future[Result]):
    """A future with a hash that is the same in every process."""

    __slots__ = ("_number",)

    def __init__(self, loop: SimLoop) -> None:
        self._number = loop.number()
        super().__init__(loop=loop)

    def __hash__(self) -> int:
        return self._number


class SimLoop(asyncio.BaseEventLoop):
    """The loop. `time()` starts at 0 and moves only when everything waits."""

    def __init__(self, start_ms: int = START_MS) -> None:
        super().__init__()
        self.start_ms = start_ms
        self.steps = 0
        self.unhandled: list[Unhandled] = []
        self._time = 0.0
        self._counter = 0
        self._steps_at_once = 0
        self._cancelled = 0
        self._ready: deque[tuple[lives.Life | None, asyncio.Handle]] = deque()
        self._timers: list[tuple[float, int, lives.Life | None, asyncio.TimerHandle]] = []
        self.set_exception_handler(self._record)

    def time(self) -> float:
        return self._time

    def elapsed_ms(self) -> int:
        """Virtual milliseconds since the loop began."""
        return round(self._time * 1000)

    def now_ms(self) -> int:
        """The true virtual wall clock, milliseconds since 1970 UTC."""
        return self.start_ms + self.elapsed_ms()

    def number(self) -> int:
        """The next number of this loop's one counter."""
        self._counter += 1
        return self._counter

    # -- scheduling

    def call_soon(
        self,
        callback: Callable[[Unpack[Arguments]], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.Handle:
        self._check_open()
        chosen = copy_context() if context is None else context
        handle = asyncio.Handle(callback, args, self, chosen)
        self._ready.append((chosen.get(lives.LIFE), handle))
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Arguments]], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._time + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Arguments]], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        self._check_open()
        chosen = copy_context() if context is None else context
        timer = asyncio.TimerHandle(when, callback, args, self, chosen)
        heapq.heappush(self._timers, (when, self.number(), chosen.get(lives.LIFE), timer))
        return timer

    def create_future(self) -> asyncio.Future[Any]:
        return SimFuture(self)

    def create_task(
        self,
        coro: Generator[Any, None, Result] | Coroutine[Any, Any, Result],
        *,
        name: object = None,
        context: Context | None = None,
    ) -> asyncio.Task[Result]:
        self._check_open()
        chosen = copy_context() if context is None else context
        task = SimTask(coro, self, None if name is None else str(name), chosen)
        life = chosen.get(lives.LIFE)
        if life is not None:
            life.adopt(task)
        return task

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[[Unpack[Arguments]], Result],
        *args: *Arguments,
    ) -> asyncio.Future[Result]:
        """Run it here and now: there are no threads in virtual time."""
        future: asyncio.Future[Result] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def resume(self, life: lives.Life) -> None:
        """Let a paused process go on: what came due meanwhile runs at once, in order."""
        self._ready.extend(life.resume())

    # -- one turn, called by BaseEventLoop.run_forever

    def _run_once(self) -> None:
        if not self._ready:
            self._advance()
        timers, ready, now = self._timers, self._ready, self._time
        while timers and timers[0][0] <= now:
            _, _, life, timer = heapq.heappop(timers)
            ready.append((life, timer))
        turn = len(ready)
        self._count(turn)
        for _ in range(turn):
            life, handle = ready.popleft()
            if handle.cancelled():
                continue
            if life is not None and life.stopped:
                if not life.dead:
                    life.parked.append((life, handle))
                continue
            handle._run()

    def _advance(self) -> None:
        """Nothing is ready: jump to the next timer that somebody alive is waiting for."""
        timers = self._timers
        while timers:
            when, _, life, timer = timers[0]
            if not timer.cancelled() and not (life is not None and life.dead):
                if when > self._time:
                    self._time, self._steps_at_once = when, 0
                return
            heapq.heappop(timers)
        raise Deadlock("\n".join(["nothing can happen any more; waiting:", *self.waiting()]))

    def _count(self, turn: int) -> None:
        before = self.steps
        self.steps += turn
        self._steps_at_once += turn
        if self._steps_at_once > STEPS_AT_ONCE_MAX:
            raise Livelock("\n".join([f"no time passes at {self.elapsed_ms()} ms; waiting:", *self.waiting()]))
        if before // COLLECT_EVERY != self.steps // COLLECT_EVERY:
            gc.collect()

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Called by `TimerHandle.cancel`: throw the cancelled ones away once they are the majority."""
        self._cancelled += 1
        if self._cancelled > CANCELLED_TIMERS_MIN and self._cancelled * 2 > len(self._timers):
            self._timers = [entry for entry in self._timers if not entry[3].cancelled()]
            heapq.heapify(self._timers)
            self._cancelled = 0

    # -- reports

    def waiting(self) -> list[str]:
        """One line for each unfinished task of a living process: its name and where it stands."""
        found = []
        for task in asyncio.all_tasks(self):
            frames = task.get_stack(limit=1)
            where = f"{frames[0].f_code.co_qualname}:{frames[0].f_lineno}" if frames else "finished"
            found.append(f"  {task.get_name()} in {where}")
        return sorted(found)

    def _record(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, lives.Dead):
            self.unhandled.append(Unhandled(self.elapsed_ms(), str(context.get("message")), error))

    def _check_open(self) -> None:
        if self.is_closed():
            raise RuntimeError("the loop is closed")

    def _process_events(self, event_list: list[Any]) -> None:
        """There are no events from outside."""

    def _write_to_self(self) -> None:
        """There is nobody to wake."""


def current() -> SimLoop:
    """The running virtual loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimLoop)
    return loop


def run(coroutine: Coroutine[Any, Any, Result], *, start_ms: int = START_MS) -> Result:
    """Run a coroutine in virtual time to its end.

    Raises what it raises, `Deadlock` or `Livelock` (with the list of waiting tasks), and `UnhandledError` when
    something else failed without anybody noticing. Tasks left over are cancelled, as `asyncio.run` does.
    """
    loop = SimLoop(start_ms)
    collecting = gc.isenabled()
    gc.disable()
    try:
        result = loop.run_until_complete(coroutine)
        _cancel_rest(loop)
    finally:
        for task in asyncio.all_tasks(loop):
            lives.bury(task)
        loop.close()
        if collecting:
            gc.enable()
    if loop.unhandled:
        raise UnhandledError("\n".join(map(str, loop.unhandled)))
    return result


def _cancel_rest(loop: SimLoop) -> None:
    rest = sorted(asyncio.all_tasks(loop), key=hash)
    for task in rest:
        task.cancel()
    if rest:
        loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
