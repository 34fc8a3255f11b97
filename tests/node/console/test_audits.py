"""The room Audit over HTTP: export, download, proof, and checking what somebody sent."""

from __future__ import annotations

import asyncio
import io
import re
import threading
import zipfile
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from node.audits import bundles
from node.trade import policies
from tests.node.console import doors
from tests.node.console.test_partners import ask, between, known


async def traded(first: doors.Desk, second: doors.Desk) -> str:
    """Bring terms into force, and wait until everything is receipted; the hash of the proposal."""
    theirs, mine = (await known(first))["node"], (await known(second))["node"]
    agreement = (await ask(first, "agreement.propose", partner=theirs))["agreement"]
    while not [row for row in (await ask(second, "agreement.list"))["agreements"] if row["waits_for_me"]]:
        await asyncio.sleep(0.01)
    await ask(second, "agreement.accept", partner=mine)
    while True:
        row = await known(first)
        if (row["receipted"], row["waiting"]) == (row["sent"], 0) and row["received"] >= 4:
            return str(agreement)
        await asyncio.sleep(0.01)


async def ended(desk: doors.Desk, path: str) -> str:
    """The page of a job once it has ended."""
    while True:
        text = (await desk.get(path)).text
        if "data-job=" not in text:
            return text
        await asyncio.sleep(0.02)


async def fetched(desk: doors.Desk, page: str) -> bytes:
    """The file that a page offers."""
    path = re.search(r'href="(/audit/files/[0-9a-f]+)"', page)
    assert path is not None, page
    async with desk.client.get(desk.address + path[1]) as answer:
        assert answer.status == 200 and answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        return await answer.read()


async def sent(desk: doors.Desk, content: bytes, name: str = "books.zip", token: str | None = None) -> Any:
    """Upload an archive as the form does."""
    form = aiohttp.FormData()
    form.add_field("_token", desk.token if token is None else token)
    form.add_field("archive", content, filename=name, content_type="application/zip")
    return await desk.send("POST", "/audit/verify", headers={"Origin": desk.address}, data=form)


async def verdict(desk: doors.Desk, content: bytes, name: str = "books.zip") -> str:
    answer = await sent(desk, content, name)
    assert answer.status == 303, answer.text
    return await ended(desk, answer.headers["Location"])


def changed(content: bytes, suffix: str) -> tuple[bytes, str]:
    """The archive with one bit of one file another, packed anew; the name of that file."""
    made = io.BytesIO()
    name = ""
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for member in old.namelist():
            data = bytearray(old.read(member))
            if not name and suffix in member and member.startswith("channels/"):
                data[len(data) // 2] ^= 1
                name = member
            new.writestr(member, bytes(data))
    return made.getvalue(), name


def test_books_are_exported_downloaded_and_found_whole_or_altered(tmp_path: Path) -> None:
    async def story(first: doors.Desk, second: doors.Desk) -> None:
        await traded(first, second)
        answer = await first.post("/audit/export", {"_token": first.token, "_key": "1"})
        again = await first.post("/audit/export", {"_token": first.token, "_key": "1"})
        assert answer.headers["Location"] == again.headers["Location"]
        books = await fetched(first, await ended(first, answer.headers["Location"]))
        page = await verdict(second, books, '<img src=x onerror="alert(1)">.zip')
        assert "verdict-good" in page and "check-bad" not in page and page.count("check-good") == 6
        assert "<img src=x" not in page  # C04
        altered, name = changed(books, "tile/entries")
        page = await verdict(second, altered)
        assert "verdict-bad" in page and name in page and "check-bad" in page
        assert (await second.get("/audit")).text.count("does not hold") == 1

    between(tmp_path, story)


def test_the_proof_of_one_document_is_written_and_checked(tmp_path: Path) -> None:
    async def story(first: doors.Desk, second: doors.Desk) -> None:
        agreement = await traded(first, second)
        answer = await first.post("/audit/document", {"_token": first.token, "document": agreement[:12].upper()})
        proof = await fetched(first, await ended(first, answer.headers["Location"]))
        page = await verdict(second, proof)
        assert "verdict-good" in page and agreement in page and "agreement.propose" in page
        answer = await first.post("/audit/document", {"_token": first.token, "document": "00000000"})
        assert "audit.document" in await ended(first, answer.headers["Location"])

    between(tmp_path, story)


def test_what_is_no_export_is_refused_and_nothing_of_it_is_left(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        assert (await sent(desk, b"anything", token="forged")).status == 403  # C02
        assert (await desk.post("/audit/export", {"_token": ""})).status == 403
        assert "audit.archive" in await verdict(desk, b"no archive")
        evil = io.BytesIO()
        with zipfile.ZipFile(evil, "w") as made:
            made.writestr("../../evil", b"evil")
        assert "audit.archive" in await verdict(desk, evil.getvalue())  # C07
        assert (await desk.get("/audit/files/00")).status == 404
        for case in policies.LOCAL:  # C07: no path of the machine comes from a form
            assert (await desk.post(f"/do/{case}", {"_token": desk.token, "directory": str(tmp_path)})).status == 403

    doors.visit(tmp_path, story)


def test_C10_only_whoever_may_see_the_evidence_exports_and_checks(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        for role in policies.Role:
            desk.caller = policies.Caller(role, "Lin", 7)
            allowed = role in policies.EVIDENCE
            assert ((await desk.get("/audit")).status == 200) == allowed, role
            assert ((await sent(desk, b"x")).status == 303) == allowed, role

    doors.visit(tmp_path, story)


def test_an_export_that_nobody_waits_for_any_more_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    real = bundles.export

    def slow(db: Any, directory: Path, me: bytes, report: Any) -> Any:
        begun.set()
        assert go_on.wait(20)
        return real(db, directory, me, report)

    monkeypatch.setattr(bundles, "export", slow)

    async def story(first: doors.Desk, second: doors.Desk) -> None:
        await traded(first, second)
        place = tmp_path / "made"
        place.mkdir()
        asked = asyncio.ensure_future(ask(first, "audit.export", archive=str(place / "audit.zip")))
        await asyncio.to_thread(begun.wait, 20)
        asked.cancel()
        asyncio.get_running_loop().call_soon(go_on.set)
        await asyncio.wait((asked,))
        assert asked.cancelled() and list(place.iterdir()) == []

    between(tmp_path, story)
