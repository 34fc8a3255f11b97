"""The event streams of pages: they tell what changed, are bounded, and end with the right of whoever opened them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from node.console import streams, visitors
from node.trade import policies
from tests.node.console import doors, test_signings


@asynccontextmanager
async def opened(browser: test_signings.Browser, **more: str) -> AsyncIterator[aiohttp.ClientResponse]:
    """A stream that a browser holds open; its first line has come."""
    headers = {"Accept": streams.KIND, "Host": browser.host, **more}
    if browser.jar:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in browser.jar.items())
    browser.desk.client.cookie_jar.clear()
    async with browser.desk.client.get(browser.desk.address + "/events", headers=headers) as answer:
        if answer.status == 200:
            assert (await answer.content.readline()).startswith(b"retry:")
        yield answer


async def ended(answer: aiohttp.ClientResponse) -> bool:
    """Whether the server ends a stream, and says nothing more before."""
    async with asyncio.timeout(10):
        return not (await answer.content.read()).strip()


ENDINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "session revoked": ("session.revoke", {"session": 1}),
    "disabled": ("operator.change", {"operator": "Li", "disabled": True}),
    "another role": ("operator.change", {"operator": "Li", "role": "sales"}),
    "removed": ("operator.remove", {"operator": "Li"}),
    "another password": ("operator.password", {"operator": "Li", "password": "quite another one"}),
    "no second factor": ("operator.second-factor.off", {"operator": "Li"}),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_C09_whoever_is_shut_out_hears_nothing_more_at_once(tmp_path: Path, ending: str) -> None:
    async def story(desk: doors.Desk, browser: test_signings.Browser) -> None:
        await test_signings.ask(desk, "operator.add", name="Li", role="warehouse", password=test_signings.PASSWORD)
        await browser.ask("POST", "/sign-in", {"name": "Li", "password": test_signings.PASSWORD, "_next": "/orders"})
        other = test_signings.Browser(desk)
        await other.sign_in()
        case, given = ENDINGS[ending]
        async with opened(browser) as closing, opened(other) as staying:
            await test_signings.ask(desk, case, **given)
            assert await ended(closing)
            await test_signings.ask(desk, "card.set", legal_name="Another")
            async with asyncio.timeout(10):
                while not (line := await staying.content.readline()).startswith(b"event: "):
                    pass
            assert line == b"event: changed\n"
        if ending != "another role":
            async with opened(browser) as refused:
                assert refused.status == 204, "the browser is told not to try again"

    test_signings.visit(tmp_path, story)


def test_C09_signing_out_ends_the_streams_of_all_tabs(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: test_signings.Browser) -> None:
        await browser.sign_in()
        async with opened(browser) as first, opened(browser) as second:
            await browser.form("/settings/me", "/sign-out")
            assert await ended(first) and await ended(second)

    test_signings.visit(tmp_path, story)


def test_C10_a_revoked_key_hears_nothing_more(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: test_signings.Browser) -> None:
        made = await test_signings.ask(desk, "key.make", label="shop", role="sales")
        async with opened(browser, Authorization=visitors.BEARER + made["key"]) as answer:
            await test_signings.ask(desk, "key.revoke", number=made["number"])
            assert await ended(answer)

    test_signings.visit(tmp_path, story)


def test_C15_the_oldest_of_too_many_streams_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STREAMS_MAX", 3)

    async def story(desk: doors.Desk, browser: test_signings.Browser) -> None:
        await browser.sign_in()
        async with opened(browser) as first, opened(browser) as second, opened(browser), opened(browser) as newest:
            assert await ended(first)
            assert not second.content.at_eof() and not newest.content.at_eof()
            async with opened(browser):
                assert await ended(second)

    test_signings.visit(tmp_path, story)


def test_every_use_case_about_who_comes_in_is_told_to_those_who_listen() -> None:
    assert {"operator.change", "operator.remove", "session.revoke", "key.revoke"} <= policies.ADMITTING
    assert not any(policies.POLICIES[name].reads for name in policies.ADMITTING)
