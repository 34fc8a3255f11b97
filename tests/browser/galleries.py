"""The pictures of docs/screenshots: every page, in both languages, at both widths: python -m tests.browser --gallery.

Each page has its name from its path; one with a name in its path is looked up on the page that leads to it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from playwright import sync_api

from tests.browser import pictures, test_pages, villages

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
QUALITY = 58
WHO = {"/orders/pack": "factory", "/today": "factory"}
"""Path -> whose console shows most there; the dealer's for all others."""
WITHIN = (
    ("dealer", "/orders", "", "order"),
    ("dealer", "/partners", "", "partner"),
    ("dealer", "/partners", "/terms", "terms"),
    ("dealer", "/catalogue", "", "article"),
    ("dealer", "/statements", "", "statement"),
    ("dealer", "/statements/invoices", "", "invoice"),
    ("dealer", "/statements/payments", "", "payment"),
    ("dealer", "/aftersales", "", "return"),
    ("shop", "/aftersales", "", "complaint"),
    ("dealer", "/settings/people", "", "person"),
)
"""Whose console, which list, what follows the address of its first row, and what that page is called."""
LEFT_OUT = {"/search", "/sign-in/code", "/selection/offer"}


def address_of(village: villages.Village, who: str) -> str:
    """Where a villager's console listens."""
    villager: villages.Villager = getattr(village, who)
    return villager.address


def pages(village: villages.Village, browser: sync_api.Browser) -> Iterator[tuple[str, str]]:
    """(name, address) of every picture."""
    for path in test_pages.PATHS:
        if path not in LEFT_OUT and not path.startswith("/sign-in"):
            yield path.strip("/").replace("/", "-"), address_of(village, WHO.get(path, "dealer")) + path
    yield "sign-in", village.dealer.shut + "/sign-in"
    yield "search", village.dealer.address + "/search?text=%E8%8C%B6"
    for who, listed, further, name in WITHIN:
        found = first_link(browser, address_of(village, who), listed) if listed in test_pages.PATHS else ""
        if found:
            yield name, address_of(village, who) + found + further


def first_link(browser: sync_api.Browser, address: str, listed: str) -> str:
    """The first link of a list to one of its rows; empty where there is none."""
    with pictures.visit(browser, address) as page:
        page.goto(address + listed)
        links = page.locator(f"main a[href^='{listed}/']").evaluate_all(
            "all => all.map(one => one.getAttribute('href'))"
        )
    own = [link for link in links if link.count("/") >= 2 and link.split("?")[0] not in test_pages.PATHS]
    return str(own[0]) if own else ""


def make(village: villages.Village, browser: sync_api.Browser, folder: Path = FOLDER) -> Iterator[Path]:
    """Take all pictures anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.jpg"):
        old.unlink()
    wanted = list(pages(village, browser))
    for language, width in itertools.product(pictures.LANGUAGES, pictures.WIDTHS):
        for name, address in wanted:
            with pictures.visit(browser, address, language, width) as page:
                page.goto(address)
                made = folder / f"{name}-{language}-{width}.jpg"
                page.screenshot(path=made, type="jpeg", quality=QUALITY)
                yield made
