from __future__ import annotations

from pathlib import Path

from node.console.pages import today
from node.trade import agendas, duties, searches
from tests.node.console import doors


def test_every_duty_and_every_kind_of_hit_has_a_heading_and_a_place() -> None:
    kinds = {duty.value for duty in duties.Duty} | {agendas.CLAIM}
    assert set(today.DUTIES) == kinds == set(today.ALL)
    found = set(searches.HITS) - {"shop-order"}  # which is shown as the orders that serve it
    assert set(today.FOUND) == found
    assert set(today.PLACES) == kinds | found


def test_a_new_merchant_is_told_what_to_do_first(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        shown = (await desk.get("/today")).text
        assert "Invite your first partner" in shown and "Bring in your goods" in shown
        chinese = (await desk.get("/today", Cookie="hanse_language=zh-CN")).text
        assert "Invite" not in chinese

    doors.visit(tmp_path, story)


def test_a_search_shows_what_was_typed_as_text_and_bounds_it(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        answer = await desk.get("/search?text=%3Cb%3E" + "x" * 5_000)
        assert answer.status == 200 and "&lt;b&gt;xxx" in answer.text and "x" * 300 not in answer.text
        assert (await desk.get("/search")).status == 200

    doors.visit(tmp_path, story)
