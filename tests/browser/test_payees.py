"""A debtor sees where to pay, copies it, and prints the paper without anything that is for the screen alone."""

from __future__ import annotations

from playwright import sync_api

from tests.browser import pictures, villages

ACCOUNT = "6222021202000123456"


def test_a_statement_says_how_it_is_paid_and_is_printed_without_the_console_around_it(
    village: villages.Village, browser: sync_api.Browser
) -> None:
    shop = village.shop
    with pictures.visit(browser, shop.address, theme="dark") as page:
        page.goto(f"{shop.address}/statements/{village.stage.facts['closed']}")
        account = page.locator("#payee-CNY-number")
        sync_api.expect(account).to_have_text(ACCOUNT)
        copy = page.locator("[data-copy='payee-CNY-number']")
        copy.click()
        sync_api.expect(copy).to_contain_text("Copied")
        rail, button = page.locator(".rail"), page.locator("[data-print]")
        sync_api.expect(button).to_be_visible()
        page.emulate_media(media="print")
        for hidden in (rail, button, copy):
            sync_api.expect(hidden).to_be_hidden()
        sync_api.expect(account).to_be_visible()
        sync_api.expect(page.locator("main h1")).to_have_css("color", "rgb(0, 0, 0)")
        sync_api.expect(page.locator("main thead").last).to_have_css("display", "table-header-group")
        sync_api.expect(page.locator("main tbody tr").last).to_have_css("break-inside", "avoid")
