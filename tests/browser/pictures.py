"""A real browser, headless, for tests and for pictures. Debian's Chromium; nothing is fetched from anywhere."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright import sync_api

from node.console import views

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
LANGUAGES = ("en", "zh-CN")
THEMES = ("light", "dark")
PATIENCE_MS = 30_000
"""How long a story waits for what must appear: a busy machine takes longer, a quick one waits for nothing."""


@contextmanager
def browser() -> Iterator[sync_api.Browser]:
    """One browser process."""
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield launched
        finally:
            launched.close()


@contextmanager
def visit(
    launched: sync_api.Browser,
    address: str,
    language: str = "en",
    width: str = "desktop",
    theme: str = "light",
    refusals: bool = False,
    tolerated: Sequence[str] = (),
) -> Iterator[sync_api.Page]:
    """One tab of a new visitor. A script error or a refused request of the page is an error of the test.

    `refusals`: the story fills in a form wrongly, which the browser tells as an error (422). `tolerated`: what else
    belongs to the story.
    """
    across, down = WIDTHS[width]
    context = launched.new_context(
        viewport={"width": across, "height": down},
        locale=language,
        timezone_id="UTC",
        reduced_motion="reduce",  # no colour is judged on its way to another one
    )
    context.add_cookies(
        [
            {"name": views.LANGUAGE_COOKIE, "value": language, "url": address},
            {"name": views.THEME_COOKIE, "value": theme, "url": address},
        ]
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    expected = (*tolerated, *(("status of 422",) if refusals else ()))
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on(
        "console",
        lambda said: (
            faults.append(f"console: {said.text} {said.location.get('url')}")
            if said.type == "error" and not any(text in said.text for text in expected)
            else None
        ),
    )
    try:
        yield page
        assert not faults, faults
    finally:
        context.close()


def take(address: str, paths: Sequence[str], folder: Path) -> Iterator[Path]:
    """Pictures of whole pages: `<path>-<language>-<width>-<theme>.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    with browser() as launched:
        for language, width, theme in itertools.product(LANGUAGES, WIDTHS, THEMES):
            with visit(launched, address, language, width, theme) as page:
                for path in paths:
                    page.goto(address + path)
                    name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "start"
                    made = folder / f"{name}-{language}-{width}-{theme}.png"
                    page.screenshot(path=made, full_page=True)
                    yield made
