"""Every page that can be reached without a name in its address, as a visitor finds it: in both languages, at both
widths, with axe-core looking for barriers (WCAG 2.2 A and AA), and nothing wider than the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api

from node.console import rooms
from tests.browser import pictures, villages

AXE = Path(__file__).with_name("vendor") / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = {"serious", "critical"}
NO_PAGES = {"/", "/health", "/events", "/metrics", "/api/openapi.json", "/statements/balances/workbook"}
PATHS = sorted(
    {
        route.path
        for register in rooms.REGISTERS
        for route in register.routes
        if route.method == "GET" and "{" not in route.path and route.path not in NO_PAGES
    }
)
VISITS = (("en", "desktop", "light"), ("zh-CN", "phone", "dark"))


def barriers(page: sync_api.Page) -> list[str]:
    """What axe-core finds serious, as a person can look it up."""
    found: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", TAGS
    )
    return [
        f"{fault['id']} ({fault['impact']}): {node['html'][:160]} {node['failureSummary'][:200]}"
        for fault in found["violations"]
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]


def look(page: sync_api.Page, address: str) -> list[str]:
    """Everything that is wrong with one page."""
    answer = page.goto(address)
    assert answer is not None
    if "text/html" not in answer.headers.get("content-type", ""):
        return []
    wrong = [] if answer.status == 200 else [f"status {answer.status}"]
    page.evaluate(AXE.read_text())
    wrong += barriers(page)
    width, screen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    if width > screen:
        wrong.append(f"{width} px wide on a screen of {screen}")
    if page.locator("h1").count() != 1:
        wrong.append(f"{page.locator('h1').count()} headings of the first level")
    return wrong


@pytest.mark.parametrize(("language", "width", "theme"), VISITS)
def test_no_page_has_a_barrier_or_an_error(
    village: villages.Village, browser: sync_api.Browser, language: str, width: str, theme: str
) -> None:
    found: dict[str, list[str]] = {}
    dealer = village.dealer  # who buys and sells, and so has something on every page
    with pictures.visit(browser, dealer.address, language, width, theme) as page:
        for path in PATHS:
            wrong = look(page, dealer.address + path)
            if wrong:
                found[path] = wrong
    assert found == {}, "\n".join(f"{place}: {fault}" for place, faults in found.items() for fault in faults)
