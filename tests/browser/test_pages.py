"""Every page that can be reached without a name in its address, as a visitor finds it: in both languages, at both
widths, with axe-core looking for barriers (WCAG 2.2 A and AA), and nothing wider than the screen."""

from __future__ import annotations

from playwright import sync_api

from node.console import rooms
from tests.browser import guises, looks, pictures, villages

NO_PAGES = {
    *("/", "/health", "/events", "/metrics", "/api/openapi.json"),
    *("/statements/balances/workbook", "/orders/place/goods"),
}
PATHS = sorted(
    {
        route.path
        for register in rooms.REGISTERS
        for route in register.routes
        if route.method == "GET" and "{" not in route.path and route.path not in NO_PAGES
    }
)


def look(page: sync_api.Page, address: str) -> list[str]:
    """Everything that is wrong with one page."""
    answer = page.goto(address)
    assert answer is not None
    wrong = [] if answer.status == 200 else [f"status {answer.status}"]
    return wrong + looks.wrong(page)


def test_no_page_has_a_barrier_or_an_error(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    found: dict[str, list[str]] = {}
    dealer = village.dealer  # who buys and sells, and so has something on every page
    with pictures.visit(browser, dealer.address, guise.language, guise.width, guise.theme) as page:
        for path in PATHS:
            wrong = look(page, dealer.address + path)
            if wrong:
                found[path] = wrong
    assert found == {}, "\n".join(f"{place}: {fault}" for place, faults in found.items() for fault in faults)
