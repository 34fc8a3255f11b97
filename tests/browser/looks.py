"""What is wrong with a page as it stands: barriers that axe-core finds (WCAG 2.2 A and AA), and what is too wide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright import sync_api

AXE = (Path(__file__).with_name("vendor") / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = {"serious", "critical"}


def barriers(page: sync_api.Page) -> list[str]:
    """What axe-core finds serious, as a person can look it up."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", TAGS
    )
    return [
        f"{fault['id']} ({fault['impact']}): {node['html'][:160]} {node['failureSummary'][:200]}"
        for fault in found["violations"]
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]


def whole(page: sync_api.Page) -> list[str]:
    """The barriers of a page that is unrolled: of what happens to lie below the bar of a telephone nothing is said."""
    size = page.viewport_size
    assert size is not None
    down = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], down)})
    try:
        return barriers(page)
    finally:
        page.set_viewport_size(size)


def wrong(page: sync_api.Page) -> list[str]:
    """Everything that is wrong with a page; nothing with what is no page."""
    if page.evaluate("document.contentType") != "text/html":
        return []
    found = whole(page)
    width, screen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    if width > screen:
        found.append(f"{width} px wide on a screen of {screen}")
    headings = page.locator("h1").count()
    if headings != 1:
        found.append(f"{headings} headings of the first level")
    return found
