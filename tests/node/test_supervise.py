from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from node import errors, supervise
from tests.sim import loop


class Task:
    """A long task that follows a script: each run lasts so many seconds and then ends so."""

    def __init__(self, *script: tuple[float, BaseException | None]) -> None:
        self.script = list(script)
        self.began_s: list[float] = []

    async def run(self) -> None:
        self.began_s.append(asyncio.get_running_loop().time())
        lasts_s, ending = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        await asyncio.sleep(lasts_s)
        if ending is not None:
            raise ending


def supervised(*tasks: Task, for_s: float | None = None) -> list[MutableMapping[str, Any]]:
    async def scenario() -> None:
        async with supervise.Supervisor() as group:
            started = [group.start(f"task {number}", task.run) for number, task in enumerate(tasks)]
            if for_s is not None:
                await asyncio.sleep(for_s)
                for task in started:
                    task.cancel()

    with capture_logs() as logs:
        loop.run(scenario())
    return logs


def test_a_task_that_returns_is_finished() -> None:
    task = Task((5, None))
    assert supervised(task)[-1]["event"] == "task ended"
    assert task.began_s == [0]


def test_a_task_that_fails_is_started_again_with_doubling_pauses() -> None:
    task = Task((0, ValueError("x")))
    supervised(task, for_s=200)
    pauses = [later - earlier for earlier, later in zip(task.began_s, task.began_s[1:], strict=False)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_the_pause_begins_anew_after_a_long_run() -> None:
    failure = ValueError("x")
    task = Task((0, failure), (0, failure), (61, failure), (0, failure), (0, None))
    supervised(task)
    assert task.began_s == [0, 1, 3, 65, 67]


def test_a_failure_that_repeats_is_logged_with_its_count() -> None:
    logs = supervised(Task((0, ValueError("x"))), for_s=6_000)
    assert [line["count"] for line in logs] == [1, 10, 100]
    assert {line["event"] for line in logs} == {"task failed"}


def test_another_failure_is_logged_at_once() -> None:
    script = [(0, ValueError("x")), (0, ValueError("x")), (0, KeyError("y")), (0, ValueError("x")), (0, None)]
    logs = supervised(Task(*script))
    assert [(line["error"], line["count"]) for line in logs[:-1]] == [
        ("ValueError('x')", 1),
        ("KeyError('y')", 1),
        ("ValueError('x')", 1),
    ]


def test_a_refusal_is_logged_without_a_traceback() -> None:
    refusal = errors.NodeError("links.listen", "port 7443 is in use")
    logs = supervised(Task((0, refusal), (0, None)))
    assert logs[0]["log_level"] == "warning"
    assert "exc_info" not in logs[0]
    assert "links.listen" in logs[0]["error"]


def test_one_task_that_fails_does_not_disturb_another() -> None:
    steady = Task((100, None))
    supervised(Task((0, ValueError("x")), (0, None)), steady)
    assert steady.began_s == [0]


def fatal(cause: BaseException | None = None) -> errors.StorageError:
    error = errors.StorageError("COMMIT failed")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "ending",
    [fatal(), ExceptionGroup("of a group within", [ValueError("x"), ExceptionGroup("deeper", [fatal()])])],
)
def test_S03_failed_storage_ends_everything_at_once(ending: Exception) -> None:
    steady, failing = Task((1_000, None)), Task((1, ending))
    with pytest.raises(errors.StorageError, match="COMMIT failed") as caught:
        supervised(steady, failing)
    assert failing.began_s == [0]
    assert caught.value.exit == 70


def test_S03_S07_failed_storage_keeps_its_cause() -> None:
    cause = sqlite3.OperationalError("disk I/O error")
    with pytest.raises(errors.StorageError) as caught:
        supervised(Task((1, fatal(cause))))
    assert caught.value.__cause__ is cause


def test_storage_that_fails_in_the_block_itself_is_raised_as_such() -> None:
    async def scenario() -> None:
        async with supervise.Supervisor() as group:
            group.start("steady", Task((1_000, None)).run)
            raise fatal()

    with pytest.raises(errors.StorageError):
        loop.run(scenario())


def test_O04_cancelling_the_group_cancels_its_tasks() -> None:
    ended: list[str] = []

    async def steady() -> None:
        try:
            await asyncio.sleep(1_000)
        finally:
            ended.append("steady")

    async def scenario() -> None:
        async def run() -> None:
            async with supervise.Supervisor() as group:
                group.start("steady", steady)

        task = asyncio.create_task(run())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    loop.run(scenario())
    assert ended == ["steady"]


def test_a_cancelled_pause_ends_the_task() -> None:
    logs = supervised(Task((0, ValueError("x"))), for_s=0.5)
    assert len(logs) == 1
