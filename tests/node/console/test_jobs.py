from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from node import errors, events
from node.console import guards, jobs, routes, servers, views
from node.system import clocks
from node.trade import doors, policies

Json = dict[str, Any]


class Doorway(doors.Door):
    """A door behind which there is no node."""

    @property
    def reading(self) -> None:
        return None

    async def sighted(self) -> int:
        return 0


class Bench:
    """A console with one page of its own, which begins a job; who asks stands in a header."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.begun: list[str] = []
        self.failure: errors.NodeError | None = None
        register = routes.Register()
        register.post("/begin", routes.SIGNED_IN)(self.begin)
        console = views.Console(
            name="Lin",
            doorway=Doorway(cast(doors.Trade, None), {}),
            identify=identify,
            changes=events.Changes(),
            clock=clocks.SystemClock(),
            entropy=clocks.SystemEntropy(),
            secret=bytes(32),
            hosts=guards.LOOPBACK,
        )
        self.server = servers.Server(console, [register], "127.0.0.1", 0)

    async def begin(self, view: views.View) -> web.StreamResponse:
        job = jobs.start(view, "goods.read", "Reading", self.work, "/catalogue?a=1", view.query("key"))
        return jobs.follow(view, job)

    async def work(self, job: jobs.Job) -> Json:
        self.begun.append(job.id)
        (job.folder() / "made").write_text("something")
        job.report("rows", 3, 12)
        await self.go_on.wait()
        if self.failure is not None:
            raise self.failure
        return {"rows": 12}

    @property
    def address(self) -> str:
        return self.server.addresses[0].rstrip("/")


async def identify(request: web.Request) -> views.Visitor:
    operator = int(request.headers.get("X-Operator", "1"))
    return views.Visitor(policies.Caller(policies.Role.SALES, "Lin", operator), b"a visit")


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[tuple[Bench, aiohttp.ClientSession]]:
    bench = Bench()
    await bench.server.start()
    try:
        async with aiohttp.ClientSession(bench.address, headers={"Origin": bench.address}) as session:
            yield bench, session
    finally:
        await bench.server.close()


def play(story: Callable[[Bench, aiohttp.ClientSession], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(30), opened() as (bench, session):
            await story(bench, session)

    asyncio.run(run())


async def begin(session: aiohttp.ClientSession, key: str = "") -> str:
    async with session.post(f"/begin?key={key}", allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
        return answer.headers["Location"]


async def read(session: aiohttp.ClientSession, path: str, status: int = 200, headers: Any = None) -> str:
    async with session.get(path, headers=headers) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


async def said(stream: aiohttp.ClientResponse, event: str) -> None:
    """Read a stream up to an event."""
    while (await stream.content.readline()).strip() != f"event: {event}".encode():
        pass


def test_a_job_tells_how_far_it_is_and_shows_its_result_at_the_same_address() -> None:
    async def story(bench: Bench, session: aiohttp.ClientSession) -> None:
        path = await begin(session)
        async with session.get(f"{path}/events") as stream:
            await said(stream, "progress")
            page = await read(session, path)
            assert "<progress" in page and 'data-job="' in page
            while "3 of 12" not in page:
                await said(stream, "progress")
                page = await read(session, path)
            assert "25%" in page
            bench.go_on.set()
            await said(stream, "ended")
            assert await stream.content.read() == b"data: {}\n\n"
        for _ in range(2):  # a reload shows the same, and begins nothing
            page = await read(session, path)
            assert "<progress" not in page and "/catalogue?a=1" in page
        assert len(bench.begun) == 1

    play(story)


def test_a_form_sent_twice_begins_one_job() -> None:
    async def story(bench: Bench, session: aiohttp.ClientSession) -> None:
        first, second, other = await begin(session, "k"), await begin(session, "k"), await begin(session, "l")
        assert first == second != other

    play(story)


def test_C11_nobody_sees_the_job_of_somebody_else() -> None:
    async def story(bench: Bench, session: aiohttp.ClientSession) -> None:
        path = await begin(session)
        await read(session, path, 404, {"X-Operator": "2"})
        await read(session, f"{path}/events", 404, {"X-Operator": "2"})
        await read(session, "/jobs/none", 404)

    play(story)


def test_what_went_wrong_in_a_job_is_said_with_every_fault() -> None:
    async def story(bench: Bench, session: aiohttp.ClientSession) -> None:
        fault = {"code": "x", "path": "<script>row 3</script>", "expected": "a number", "got": "none"}
        bench.failure = errors.NodeError("sheet.faults", "the sheet has faults", faults=[fault])
        path = await begin(session)
        bench.go_on.set()
        async with session.get(f"{path}/events") as stream:
            await said(stream, "ended")
        page = await read(session, path, 409)
        assert "row 3" in page and "<script>row" not in page
        assert "hx-get" not in await read(session, path, headers={"HX-Request": "true"})

    play(story)


def test_C14_so_many_jobs_and_no_more_go_on_at_once() -> None:
    async def story(bench: Bench, session: aiohttp.ClientSession) -> None:
        for _ in range(jobs.RUNNING_MAX):
            await begin(session)
        async with session.post("/begin", allow_redirects=False) as answer:
            assert answer.status == 503 and "console.busy" in await answer.text()
        bench.go_on.set()

    play(story)


def test_what_a_job_left_on_the_disk_goes_with_it() -> None:
    async def story(bench: Bench, session: aiohttp.ClientSession) -> None:
        bench.go_on.set()
        found = jobs.Jobs(lambda error: None)
        folders = []
        for number in range(jobs.KEPT_MAX + 3):
            job = found.start(jobs.Job(str(number), None, "goods.read", "Reading", "/", "", 0), bench.work)
            assert job.task is not None
            await job.task
            folders.append(job.folder())
        assert [folder.exists() for folder in folders] == [False] * 3 + [True] * jobs.KEPT_MAX
        with pytest.raises(errors.NodeError):
            found.find("0", None)
        await found.close()
        assert not any(folder.exists() for folder in folders)

    play(story)


def test_storage_that_fails_under_a_job_is_told_to_whoever_runs_the_console() -> None:
    async def story(bench: Bench, session: aiohttp.ClientSession) -> None:
        bench.failure = errors.StorageError("the disk is gone")
        path = await begin(session)
        bench.go_on.set()
        with pytest.raises(errors.StorageError):
            await bench.server.watch()
        assert "storage.failed" in await read(session, path, 500)

    play(story)
