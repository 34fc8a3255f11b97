"""Work that takes longer than somebody waits for a page: begun by a form, told about while it goes on.

    return jobs.follow(view, jobs.begin(view, "catalogue.import", given, back="/catalogue"))

It goes on when the page is closed, and its address shows how far it is, and then what came of it, to whoever began it.
A use case that is in `LONG` is begun so by every form that posts it. What it came to is shown by the template
`outcomes/<use case>.html` with `answer` and `job`.

Jobs are kept in memory: at most `RUNNING_MAX` go on at once, the `KEPT_MAX` newest are remembered, and the files that
they made are removed with them.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiohttp import web

from node import errors, incidents
from node.console import assets, forms, problems, routes, streams, views
from node.console.words import N_

register = routes.Register()

RUNNING_MAX: Final = 4
"""More at once would only make each of them slower: they share one database and one machine."""
KEPT_MAX: Final = 32
ID_BYTES: Final = 16
PAUSE_SECONDS: Final = 0.25
"""So often at most is a page told how far a job is."""

LONG: Final[dict[str, str]] = {}
"""Use case -> what is being done. Groups of pages add theirs; such a use case is never waited for."""


@dataclass(slots=True, eq=False)
class Job:
    """One piece of work. `owner`: the operator who began it; `back`: the page to which it belongs.

    `answer` or `error` are set once it has `ended`.
    """

    id: str
    owner: int | None
    name: str
    title: str
    back: str
    key: str
    began_ms: int
    what: str = ""
    done: int = 0
    total: int = 0
    answer: views.Json | None = None
    error: errors.NodeError | None = None
    seen: bool = False
    task: asyncio.Task[None] | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    scratch: Path | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.answer is not None or self.error is not None

    @property
    def percent(self) -> int | None:
        """How far it is; None while that is not known."""
        return min(100, self.done * 100 // self.total) if self.total else None

    def report(self, what: str, done: int, total: int) -> None:
        """A `doors.Report`, from whatever thread."""
        self.loop.call_soon_threadsafe(self._note, what, done, total)

    def folder(self) -> Path:
        """A folder of its own on this machine that nobody else may enter, as long as the job is remembered."""
        if self.scratch is None:
            self.scratch = Path(tempfile.mkdtemp(prefix="hanse-"))
        return self.scratch

    def tell(self) -> None:
        """Wake the pages that look on."""
        old, self.news = self.news, asyncio.Event()
        old.set()

    def forget(self) -> None:
        """Remove what it left on the disk."""
        if self.scratch is not None:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _note(self, what: str, done: int, total: int) -> None:
        if not self.ended:
            self.what, self.done, self.total = what, done, total
            self.tell()


Work = Callable[[Job], Awaitable[views.Json]]


@dataclass(slots=True)
class Jobs:
    """The jobs of one console, the oldest first. `failed` is told when storage fails under one."""

    failed: Callable[[errors.StorageError], None]
    jobs: OrderedDict[str, Job] = field(default_factory=OrderedDict)

    def start(self, job: Job, work: Work) -> Job:
        """Begin a job; one that was begun with the same key is not begun again. NodeError `console.busy`."""
        for known in self.jobs.values():
            if job.key and (known.owner, known.name, known.key) == (job.owner, job.name, job.key):
                return known
        if sum(not known.ended for known in self.jobs.values()) >= RUNNING_MAX:
            raise errors.NodeError(
                "console.busy", "enough long work is going on already", expected=f"at most {RUNNING_MAX} at once"
            )
        self._make_room()
        self.jobs[job.id] = job
        job.task = asyncio.create_task(self._work(job, work), name=f"job {job.name}")
        return job

    def find(self, id: str, owner: int | None) -> Job:
        """A job of this operator. NodeError `request.unknown` for another's as for none."""
        job = self.jobs.get(id)
        if job is None or job.owner != owner:
            raise errors.NodeError("request.unknown", "this work is not remembered any more", got=id[:64])
        return job

    def of(self, owner: int | None, names: Sequence[str]) -> list[Job]:
        """The jobs of an operator that do one of these things, the newest first."""
        return [job for job in reversed(self.jobs.values()) if job.owner == owner and job.name in names]

    async def close(self) -> None:
        """Stop everything, and leave nothing behind."""
        tasks = [job.task for job in self.jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while self.jobs:
            self.jobs.popitem()[1].forget()

    def _make_room(self) -> None:
        ended = [job for job in self.jobs.values() if job.ended]
        for job in ended[: max(0, len(self.jobs) - KEPT_MAX + 1)]:
            del self.jobs[job.id]
            job.forget()

    async def _work(self, job: Job, work: Work) -> None:
        try:
            job.answer = await work(job)
        except errors.NodeError as error:
            job.error = error
            if isinstance(error, errors.StorageError):
                self.failed(error)
        except Exception as error:
            job.error = incidents.report(error, "a job")
        if job.error is not None:
            job.forget()
        job.tell()


JOBS: Final = web.AppKey("jobs", Jobs)


def start(
    view: views.View, name: str, title: str, work: Work, back: str, key: str = "", folder: Path | None = None
) -> Job:
    """Begin a job that is more than one use case. `title` is marked with `N_`. NodeError `console.busy`.

    `folder`: what it finds in its folder, which is the job's from now on.
    """
    token = view.console.entropy.token(ID_BYTES).hex()
    job = Job(token, view.caller.operator, name, title, back, key, view.console.clock.now_ms(), scratch=folder)
    return view.request.app[JOBS].start(job, work)


def begin(view: views.View, name: str, given: views.Json, back: str, key: str = "") -> Job:
    """Begin a use case as a job. NodeError `console.busy`."""
    door, caller = view.console.door, view.caller

    async def work(job: Job) -> views.Json:
        return await door.ask(caller, name, given, job.report)

    return start(view, name, LONG.get(name, N_("Working")), work, back, key)


def find(view: views.View) -> Job:
    """The job that the address names. NodeError `request.unknown`."""
    return view.request.app[JOBS].find(view.request.match_info["job"], view.caller.operator)


def mine(view: views.View, *names: str) -> list[Job]:
    """The visitor's jobs that do one of these things, the newest first: for the page to which they belong."""
    return view.request.app[JOBS].of(view.caller.operator, names)


def follow(view: views.View, job: Job) -> web.Response:
    """Show how far a job is. A reload shows it again and begins nothing (RFC 9110, 303)."""
    location = f"/jobs/{job.id}"
    if view.is_fragment:
        return web.Response(status=200, headers={"HX-Redirect": location})
    return web.Response(status=303, headers={"Location": location})


@register.get("/jobs/{job}", routes.SIGNED_IN)
async def show(view: views.View) -> web.StreamResponse:
    """How far a job is, or what came of it."""
    job = find(view)
    job.seen = job.seen or job.ended
    status = 200 if job.error is None or view.is_fragment else problems.status(job.error)
    return view.page(
        "jobs/state.html" if view.is_fragment else "jobs/page.html",
        status=status,
        job=job,
        answer=job.answer,
        outcome=assets.outcome(job.name),
        back=forms.destination(job.back),
    )


@register.get("/jobs/{job}/events", routes.SIGNED_IN)
async def stream(view: views.View) -> web.StreamResponse:
    """How far a job is, as it goes on: `event: progress`, and `event: ended` at the end."""
    job = find(view)

    async def tell(response: web.StreamResponse) -> None:
        while not job.ended:
            news = job.news
            await streams.say(response, "progress", json.dumps({"done": job.done, "total": job.total}))
            await asyncio.sleep(PAUSE_SECONDS)
            await streams.heard(response, news.wait)
        await streams.say(response, "ended", "{}")

    return await streams.serve(view, tell)
