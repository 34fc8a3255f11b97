from __future__ import annotations

import re
from pathlib import Path

from node.console import rooms
from node.console.pages import beginnings, today
from node.trade.day import agendas, duties, searches
from tests.node.console import doors


def test_every_duty_and_every_kind_of_hit_has_a_heading_and_a_place() -> None:
    kinds = {duty.value for duty in duties.Duty} | {agendas.CLAIM}
    assert set(today.DUTIES) == kinds == set(today.ALL)
    found = set(searches.HITS) - {"shop-order"}  # which is shown as the orders that serve it
    assert set(today.FOUND) == found
    assert set(today.PLACES) == kinds | found


def test_what_waits_leads_to_a_page_that_there_is() -> None:
    pages = [
        re.compile(re.sub(r"\{[^}]+\}", "[^/]+", route.path))
        for register in rooms.REGISTERS
        for route in register.routes
        if route.method == "GET"
    ]
    row = {"id": "ab", "partner": "Anna & Co. / 安娜"}
    for address in (*(place(row) for place in today.PLACES.values()), *today.ALL.values()):
        assert any(page.fullmatch(address.split("?")[0]) for page in pages), address
    assert today.PLACES["payment"](row) == "/statements/payments/ab"  # where it is confirmed


def test_a_new_merchant_is_told_what_to_do_first(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        shown = (await desk.get("/today")).text
        assert "Find your first partner" in shown and "Offer your goods" not in shown and "Bring in your goods" in shown
        chinese = (await desk.get("/today", Cookie="hanse_language=zh-CN")).text
        assert "Find" not in chinese and "找到第一个伙伴" in chinese

    doors.visit(tmp_path, story)


def test_a_search_shows_what_was_typed_as_text_and_bounds_it(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        answer = await desk.get("/search?text=%3Cb%3E" + "x" * 5_000)
        assert answer.status == 200 and "&lt;b&gt;xxx" in answer.text and "x" * 300 not in answer.text
        assert (await desk.get("/search")).status == 200

    doors.visit(tmp_path, story)


def partner(name: str, compared_ms: int | None = None) -> dict[str, object]:
    return {"name": name, "node": name.upper(), "state": "active", "compared_ms": compared_ms}


def agreement(name: str, state: str, *, waits_for_me: bool = False) -> dict[str, object]:
    return {"partner": name, "state": state, "selling": True, "waits_for_me": waits_for_me}


def test_the_first_steps_lead_to_the_partner_who_is_next() -> None:
    invite, compare = beginnings.acquaintance([])
    assert (invite.over, compare.over, invite.address) == (False, False, "/partners/invite")
    invite, compare = beginnings.acquaintance([partner("ann", 7), partner("bo")])
    assert (invite.over, compare.over, compare.address) == (True, False, "/partners/BO")
    assert beginnings.acquaintance([partner("ann", 7)])[1].over


def test_the_step_of_the_terms_says_whose_turn_it_is() -> None:
    both = [partner("ann"), partner("bo")]
    nothing = beginnings.terms(both, [], False)
    theirs = beginnings.terms(both, [agreement("bo", "proposed", waits_for_me=True)], False)
    mine = beginnings.terms(both, [agreement("bo", "countered")], False)
    assert nothing.address == "/partners/ANN/terms" and theirs.address == mine.address == "/partners/BO/terms"
    assert len({nothing.why, theirs.why, mine.why}) == 3
    assert beginnings.terms([], [], False).address == "/partners"
