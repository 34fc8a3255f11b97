"""Lists that only the books hold, page by page: every thread once, the newest first, whatever it is narrowed to."""

from __future__ import annotations

from typing import Any

import pytest

from node import errors
from tests.node.markets import shop
from tests.node.towns import Town, play

PROMISES = 5


async def pages(town: Town, case: str, rows: str, **given: Any) -> list[dict[str, Any]]:
    """All pages of two rows, one behind the other."""
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        page = await town.ask("shop", case, limit=2, after=after, **given)
        assert 0 < len(page[rows]) <= 2
        found, after = found + page[rows], page["next"]
    return found


def test_payments_come_page_by_page_the_newest_first() -> None:
    async def story(town: Town) -> None:
        await shop(town)
        made = [
            await town.ask("shop", "payment.promise", partner="factory", amount=f"{place}.00", due="2026-12-01")
            for place in range(1, PROMISES + 1)
        ]
        names = [promise["payment"] for promise in reversed(made)]
        whole = await town.ask("shop", "payment.list")
        assert [row["payment"] for row in whole["payments"]] == names and whole["next"] is None
        assert await pages(town, "payment.list", "payments") == whole["payments"]
        assert await pages(town, "payment.list", "payments", partner="factory", open=True) == whole["payments"]
        assert (await town.ask("shop", "payment.list", open=False))["payments"] == []
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("shop", "payment.list", after="ab" * 32)
        assert (refused.value.code, refused.value.got) == ("request.malformed", "ab" * 32)

    play(story)
