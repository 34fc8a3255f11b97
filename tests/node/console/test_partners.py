"""The rooms Partners and Network, over HTTP: between two real nodes, with names that want to be scripts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib import parse

import pydantic

from contracts.documents import fields
from node.console import healths
from node.console.pages import partners
from node.trade import policies
from tests.node.console import doors

EVIL = "<script>alert(1)</script>"


def between(folder: Path, story: Callable[[doors.Desk, doors.Desk], Awaitable[None]]) -> None:
    """Run a story at the desks of two partners."""

    async def run() -> None:
        async with doors.open_desk(folder / "a") as first, doors.open_desk(folder / "b") as second:
            uri = (await ask(first, "invite"))["uri"]
            await ask(second, "join", uri=uri)
            for desk in (first, second):
                while (await known(desk))["peering"] != "active":
                    await asyncio.sleep(0.01)
            await story(first, second)

    asyncio.run(run())


async def ask(desk: doors.Desk, case: str, **given: Any) -> dict[str, Any]:
    return await desk.node.door({}).ask(policies.MACHINE, case, given)


async def known(desk: doors.Desk) -> dict[str, Any]:
    rows = (await ask(desk, "partners"))["partners"]
    return dict(rows[0]) if rows else {"peering": None}


def test_the_pages_of_a_partner_are_shown_and_an_unknown_one_is_not_there(tmp_path: Path) -> None:
    async def story(first: doors.Desk, second: doors.Desk) -> None:
        node = (await known(first))["node"]
        for path in ("", "/terms", "/sharing", "/services", "/terms/propose"):
            answer = await first.get(f"/partners/{node}{path}")
            assert answer.status == 200, path
            assert (await first.get(f"/partners/AAAAAAA-{node[8:]}{path}")).status == 404, path  # C11
        for path in ("/partners", "/partners/invite", "/partners/join", "/partners/card", "/network"):
            assert (await first.get(path)).status == 200, path

    between(tmp_path, story)


def test_C04_a_name_that_wants_to_be_a_script_stays_text(tmp_path: Path) -> None:
    async def story(first: doors.Desk, second: doors.Desk) -> None:
        node = (await known(first))["node"]
        await ask(first, "partner.rename", partner=node, name=EVIL)
        mine = (await known(second))["node"]
        await ask(second, "card.set", legal_name=EVIL)
        await ask(second, "capability.offer", partner=mine, kind="warehouse", name=EVIL)
        await ask(second, "agreement.propose", partner=mine, fees={"script": "0.1"})
        for case, wanted in (("capability.list", "capabilities"), ("agreement.list", "agreements")):
            while not (await ask(first, case))[wanted]:
                await asyncio.sleep(0.01)
        seen = 0
        for path in ("/partners", f"/partners/{node}", f"/partners/{node}/terms", f"/partners/{node}/services",
                     f"/partners/{node}/sharing", f"/partners/{node}/terms/propose", "/network"):  # fmt: skip
            text = (await first.get(path)).text
            assert EVIL not in text, path
            seen += "&lt;script&gt;" in text
        assert seen >= 6

    between(tmp_path, story)


def test_terms_are_proposed_in_percent_and_every_fault_is_named(tmp_path: Path) -> None:
    async def story(first: doors.Desk, second: doors.Desk) -> None:
        node = (await known(first))["node"]
        path = f"/partners/{node}/terms/propose"
        form = {
            "_token": first.token,
            "_key": "1",
            "currency": "CNY",
            "cancel_fee": "12.5 %",
            "payment_days": "30",
            "fees.0.name": "market",
            "fees.0.rate": "5",
            "fees.0.tax": "18",
        }
        wrong = await first.post(
            path, {**form, "cancel_fee": "a tenth", "payment_days": "soon", "credit": "much", "ship_by_hours": "0"}
        )
        assert wrong.status == 422
        for label in (
            "Buyer cancels after acceptance",
            "Days until payment is due",
            "The buyer may owe at most",
            "Hours until goods must leave",
        ):
            assert label in wrong.text, "all faults at once, by the names of the fields"
        assert (await first.post(path, {**form, "_token": ""})).status == 403
        for _ in range(2):  # C12: the same submission twice is one proposal
            answer = await first.post(path, form)
            assert (answer.status, answer.headers["Location"].partition("?")[0]) == (303, f"/partners/{node}/terms")
        (row,) = (await ask(first, "agreement.list"))["agreements"]
        terms = row["terms"]
        assert terms["fees"] == [{"name": "market", "rate": "0.05", "tax": "0.18"}]
        assert (terms["payment_due_s"], terms["rows"][1]["fee"]) == (30 * 86_400, "0.125")
        page = (await first.get(f"{path}?instead_of={row['agreement']}")).text
        assert 'value="12.5"' in page and 'value="market"' in page and 'value="30"' in page
        assert (await first.get(f"{path}?instead_of=00")).status == 404

    between(tmp_path, story)


def test_every_reason_to_part_is_one_that_documents_take() -> None:
    for code in partners.PARTING:
        assert pydantic.TypeAdapter(fields.Code).validate_python(code) == code


def test_every_trouble_of_a_link_is_said_with_what_to_do() -> None:
    fine = {
        "state": "active", "channel_state": "open", "peering": "active", "signing": "ready", "online": True,
        "unreachable_since_ms": None, "last_seen_ms": 1, "trouble": "", "overdue_since_ms": None, "compared_ms": 1,
        "clock_skew_ms": -300_000,
    }  # fmt: skip
    assert list(healths.troubles(fine)) == [] and healths.state(fine) == "online"
    for changes, tone in (
        ({"channel_state": "forked"}, healths.GRAVE),
        ({"channel_state": "stopped"}, healths.GRAVE),
        ({"peering": None}, healths.GRAVE),
        ({"channel_state": "recovering"}, healths.CARE),
        ({"online": False}, healths.CARE),
        ({"online": False, "trouble": "key"}, healths.CARE),
        ({"overdue_since_ms": 5}, healths.CARE),
        ({"clock_skew_ms": 300_001}, healths.CARE),
        ({"clock_skew_ms": -300_001}, healths.CARE),
        ({"left_by": ["partner"], "peering": "ending"}, healths.CARE),
        ({"left_by": ["me"], "peering": "ending"}, healths.NOTE),
        ({"paused_by": ["partner"], "peering": "suspended"}, healths.CARE),
        ({"paused_by": ["me"], "peering": "suspended"}, healths.NOTE),
        ({"peering": "invited"}, healths.NOTE),
        ({"signing": "waiting"}, healths.NOTE),
        ({"compared_ms": None}, healths.NOTE),
    ):
        (one,) = healths.troubles({**fine, **changes})
        assert one.tone == tone and one.text, changes
    assert list(healths.troubles({**fine, "state": "removed", "online": False})) == []


def test_every_role_sees_its_pages_and_only_the_forms_that_it_may_send(tmp_path: Path) -> None:
    async def story(first: doors.Desk, second: doors.Desk) -> None:
        node = (await known(first))["node"]
        await ask(first, "agreement.propose", partner=node)
        for desk in (first, second):
            partner = (await known(desk))["node"]
            for role in policies.Role:
                desk.caller = caller = policies.Caller(role, "Lin", 3)
                for path in ("/partners", "/partners/card", "/network", f"/partners/{partner}",
                             f"/partners/{partner}/terms", f"/partners/{partner}/sharing",
                             f"/partners/{partner}/services"):  # fmt: skip
                    answer = await desk.get(path)
                    assert answer.status == 200, (role, path)
                    for case in re.findall(r'action="/do/([a-z.-]+)"', answer.text):
                        assert policies.permits(caller, case), (role, path, case)
                proposing = await desk.get(f"/partners/{partner}/terms/propose")
                assert (proposing.status == 200) == policies.permits(caller, "agreement.propose")

    between(tmp_path, story)


def test_a_partner_that_was_found_by_its_name_is_still_there_under_another_one(tmp_path: Path) -> None:
    async def story(first: doors.Desk, second: doors.Desk) -> None:
        partner = await known(first)
        page = (await first.get(f"/partners/{parse.quote(partner['name'])}")).text
        form = page[page.index('action="/do/partner.rename"') :].partition("</form>")[0]
        fields = dict(re.findall(r'name="(_next|_token|partner)" value="([^"]*)"', form))
        done = await first.post("/do/partner.rename", fields | {"name": "Another name"})
        assert done.status == 303 and (await first.get(done.headers["Location"])).status == 200
        tab = re.search(r'<a href="([^"]*)" aria-current="page">', page.partition('class="tabs"')[2])
        assert tab is not None and tab[1] == f"/partners/{partner['node']}"

    between(tmp_path, story)
