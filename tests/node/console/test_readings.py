"""A node that has just started says that it reads its books, and opens the page that was wanted afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path

from node.trade import volumes
from tests.node.console import doors

PAGE = {"Accept": "text/html,*/*"}


def test_pages_wait_with_a_progress_and_programs_for_their_answer(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        ledger = desk.node.trade.books
        await ledger.are_read()
        ledger.library.progress = volumes.Progress(250, 1_000)
        waiting = await desk.get("/orders", **PAGE)
        assert (waiting.status, waiting.headers["Retry-After"]) == (503, "1")
        assert 'value="25"' in waiting.text and "Reading the books" in waiting.text
        part = await desk.get("/reading", HX_Request="true")
        assert part.status == 200 and 'value="25"' in part.text and "HX-Refresh" not in part.headers
        program = asyncio.create_task(desk.get("/orders"))
        asked = asyncio.create_task(ledger.read(lambda one: one.now_ms()))
        await asyncio.sleep(0)
        assert not asked.done()
        ledger.library.progress.over.set()
        assert (await program).status == 200 and await asked > 0
        assert (await desk.get("/orders", **PAGE)).status == 200
        assert (await desk.get("/reading", HX_Request="true")).headers["HX-Refresh"] == "true"

    doors.visit(tmp_path, story)
