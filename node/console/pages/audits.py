"""The audit: all books as one file with one button, the proof of one document, and checking what somebody sent."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import aiohttp
from aiohttp import web

from node import errors
from node.console import forms, guards, jobs, routes, views, words
from node.console.words import N_

register = routes.Register()

UPLOAD_BYTES_MAX: Final = 1 << 30
"""The largest archive that is taken from a browser. Larger ones are checked at the machine: `hanse audit verify`."""
CHUNK_BYTES: Final = 1 << 18
FIELD_BYTES_MAX: Final = 200
CHANNELS_SHOWN_MAX: Final = 100
STATEMENTS_SHOWN_MAX: Final = 24
FILE: Final = "audit.zip"
KINDS: Final = ("audit.export", "audit.document", "audit.verify")

words.add(
    words={
        "entries": N_("Documents"),
        "files": N_("Files"),
    }
)


@dataclass(frozen=True, slots=True)
class Check:
    """What an auditor asks, why, and the findings that answer no. `whole`: only a whole export can answer yes."""

    name: str
    why: str
    codes: frozenset[str]
    whole: bool = False


CHECKS: Final = (
    Check(
        N_("Everything is there, and nothing else"),
        N_("Every file of an export is present, readable and of its form; no other is hidden in it."),
        frozenset({"missing", "unexpected", "no-file", "unreadable", "too-big", "malformed"}),
        whole=True,
    ),
    Check(
        N_("The identities hold"),
        N_("Each party's keys follow from its own first key."),
        frozenset({"identity", "opening", "key"}),
    ),
    Check(
        N_("The signatures hold"),
        N_("Each book was signed by its author, and receipted by its reader."),
        frozenset({"signature", "receipt", "order"}),
    ),
    Check(
        N_("The documents are the signed ones"),
        N_("Not a byte of any document differs from what was signed."),
        frozenset({"root", "tile", "fork", "content"}),
    ),
    Check(
        N_("Nobody claims to have known what could not be known"),
        N_("Who knew what first follows from the receipts."),
        frozenset({"lie", "seen"}),
        whole=True,
    ),
    Check(
        N_("The sums are right"),
        N_("Every order, amount and statement was computed again; nothing was lost on the way."),
        frozenset({"statement", "reference", "conservation"}),
        whole=True,
    ),
)
STOPPED: Final = "audit.stopped"

NUMBERS: Final[tuple[tuple[str, str, str], ...]] = (
    ("proved", N_("proved"), N_("signed, complete, lawful, and computed again")),
    ("deemed", N_("by silence"), N_("in force because the other side did not answer in time")),
    ("contested", N_("contested"), N_("the two sides differ")),
    ("not_disclosed", N_("not disclosed"), N_("name something that is not in the export")),
    ("refused", N_("without effect"), N_("refused by the rules")),
)


@register.get("/audit", "audit.export")
async def audit(view: views.View) -> web.StreamResponse:
    """What can be done here, and what was done of late."""
    return view.page("audit/overview.html", jobs=jobs.mine(view, *KINDS), bytes_max=UPLOAD_BYTES_MAX)


@register.post("/audit/export", "audit.export")
async def export(view: views.View) -> web.StreamResponse:
    """Begin to write all books into one file."""
    posted = await view.posted()
    return begin(view, "audit.export", N_("Writing your books into one file"), {}, forms.text(posted, "_key"))


@register.post("/audit/document", "audit.document")
async def document(view: views.View) -> web.StreamResponse:
    """Begin to write the proof of one document into one file."""
    posted = await view.posted()
    given = {"document": forms.text(posted, "document").strip().lower()}
    return begin(view, "audit.document", N_("Writing the proof"), given, forms.text(posted, "_key"))


def begin(view: views.View, case: str, title: str, given: Mapping[str, Any], key: str) -> web.Response:
    """Begin a use case that writes one file into the job's own folder."""
    door, caller = view.console.door, view.caller

    async def work(job: jobs.Job) -> views.Json:
        path = job.folder() / FILE
        answer = await door.ask(caller, case, {**given, "archive": str(path)}, job.report)
        return {**answer, "archive": FILE, "bytes": path.stat().st_size}

    return jobs.follow(view, jobs.start(view, case, title, work, "/audit", key))


@register.get("/audit/files/{job}", "audit.export")
async def download(view: views.View) -> web.StreamResponse:
    """The file that a job has written. NodeError `request.unknown`."""
    job = jobs.find(view)
    path = job.folder() / FILE
    if job.answer is None or job.name not in ("audit.export", "audit.document") or not path.is_file():
        raise errors.NodeError("request.unknown", "there is no such file any more", got=job.id)
    day = datetime.fromtimestamp(job.began_ms / 1000, UTC).date().isoformat()
    kind = "audit" if job.name == "audit.export" else "proof"
    response = web.FileResponse(path, headers=dict(guards.SANDBOX))
    response.headers["Content-Type"] = "application/zip"
    response.headers["Content-Disposition"] = f'attachment; filename="hanse-{kind}-{day}.zip"'
    return response


@register.post("/audit/verify", "audit.verify")
async def verify(view: views.View) -> web.StreamResponse:
    """Take an archive and begin to check it. It is written to the disk as it comes, never held in memory."""
    folder = Path(tempfile.mkdtemp(prefix="hanse-"))
    try:
        name = await receive(view, folder / FILE)
        door, caller = view.console.door, view.caller

        async def work(job: jobs.Job) -> views.Json:
            answer = await door.ask(caller, "audit.verify", {"archive": str(folder / FILE)}, job.report)
            (folder / FILE).unlink()
            return {**bounded(answer), "name": name, "checks": checks(answer), "owners": owners(answer)}

        title = N_("Checking what was sent")
        job = jobs.start(view, "audit.verify", title, work, "/audit", folder=folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return jobs.follow(view, job)


async def receive(view: views.View, path: Path) -> str:
    """Write the posted archive to `path`; what its sender calls it. The form's token comes before the file.

    NodeError `request.forbidden`, `request.malformed`, `request.too-big`, `disk.full`.
    """
    try:
        reader = await view.request.multipart()
        token = ""
        while (part := await reader.next()) is not None:
            if not isinstance(part, aiohttp.BodyPartReader):
                break
            if part.name == "_token":
                token = (await part.read_chunk(FIELD_BYTES_MAX)).decode(errors="replace")
            elif part.name == "archive" and part.filename:
                if not forms.is_same(token, view.token):
                    raise forms.forged()
                with path.open("xb") as file:
                    await save(part, file)
                return re.sub(r"[\x00-\x1f\x7f]", "", part.filename)[:FIELD_BYTES_MAX]
            else:
                await part.release()
    except (ValueError, aiohttp.ClientPayloadError) as error:
        raise errors.NodeError("request.malformed", "the upload was cut off", got=str(error)[:80]) from None
    except OSError as error:
        code = "disk.full" if errors.is_full(error) else "disk.failed"
        raise errors.NodeError(code, "the upload could not be written", got=error.strerror) from error
    raise errors.NodeError("request.malformed", "choose a file first", expected="the zip file of an export", got="none")


async def save(part: aiohttp.BodyPartReader, file: BinaryIO) -> None:
    """Write one part of an upload, up to the bound."""
    count = 0
    while chunk := await part.read_chunk(CHUNK_BYTES):
        count += len(chunk)
        if count > UPLOAD_BYTES_MAX:
            expected = f"at most {UPLOAD_BYTES_MAX} bytes"
            raise errors.NodeError("request.too-big", "what was sent is too large", expected=expected)
        await asyncio.to_thread(file.write, chunk)


def bounded(answer: views.Json) -> views.Json:
    """What the page shows of a verdict: a hostile export has as many channels as it likes, and this is kept (C14)."""
    if "channels" not in answer:
        return answer
    channels = [
        {
            **{name: channel[name] for name in ("path", "parties", "names", "sizes", "judged", "numbers")},
            "statements": channel["statements"][-STATEMENTS_SHOWN_MAX:],
        }
        for channel in answer["channels"][:CHANNELS_SHOWN_MAX]
    ]
    left_out = len(answer["channels"]) - len(channels)
    return {**answer, "channels": channels, "left_out": left_out, "chains": [], "told": NUMBERS}


def owners(answer: views.Json) -> list[str]:
    """Whose books these are: who is a party of every channel. Of a single channel it can be either."""
    channels = [set(channel["parties"]) for channel in answer.get("channels", ())]
    return sorted(set.intersection(*channels)) if channels else []


def checks(answer: views.Json) -> list[views.Json]:
    """The auditor's questions with their answers: the findings that say no, or none."""
    stopped = any(fault["code"] == STOPPED for fault in answer["faults"])
    found = []
    for check in CHECKS:
        faults = [one for one in answer["faults"] if one["code"].removeprefix("audit.") in check.codes]
        unsure = stopped and check.whole and not faults
        found.append({"name": check.name, "why": check.why, "faults": faults, "open": unsure})
    return found
