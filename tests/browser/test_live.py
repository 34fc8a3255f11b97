from __future__ import annotations

from playwright import sync_api

from tests.browser import pictures, villages


def test_a_change_appears_without_reloading(village: villages.Village, browser: sync_api.Browser) -> None:
    shop = village.shop
    with pictures.visit(browser, shop.address) as page:
        page.goto(shop.address + "/partners")
        page.evaluate("window.before = true")
        page.get_by_text("Canton Bridge").first.wait_for()
        shop.ask("partner.rename", partner="Canton Bridge", name="Canton Bridge & Sons")
        try:
            page.get_by_text("Canton Bridge & Sons").first.wait_for()
            assert page.evaluate("window.before"), "the page was loaded again"
        finally:
            shop.ask("partner.rename", partner="Canton Bridge & Sons", name="Canton Bridge")
        page.get_by_text("Canton Bridge", exact=True).first.wait_for()


def test_a_page_that_somebody_works_in_is_not_pulled_away(village: villages.Village, browser: sync_api.Browser) -> None:
    """A change offers to renew the page; what was typed stays."""
    shop = village.shop
    with pictures.visit(browser, shop.address) as page:
        page.goto(shop.address + "/partners")
        page.evaluate(
            "() => { const box = document.createElement('input'); box.id = 'typed';"
            " document.querySelector('[data-live]').append(box); box.focus(); box.value = 'half a word'; }"
        )
        shop.ask("partner.rename", partner="Canton Bridge", name="Canton")
        try:
            page.locator("#live-note").wait_for(state="visible")
            assert page.locator("#typed").input_value() == "half a word"
        finally:
            shop.ask("partner.rename", partner="Canton", name="Canton Bridge")


def test_a_page_in_the_background_renews_itself_when_it_is_looked_at(
    village: villages.Village, browser: sync_api.Browser
) -> None:
    shop = village.shop
    with pictures.visit(browser, shop.address) as page:
        page.goto(shop.address + "/partners")
        hidden = "Object.defineProperty(document, 'visibilityState', {value: '%s', configurable: true})"
        page.evaluate(hidden % "hidden")
        shop.ask("partner.rename", partner="Canton Bridge", name="Canton")
        try:
            page.locator("html[data-stale='yes']").wait_for(state="attached")
            page.evaluate(hidden % "visible")
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            page.get_by_text("Canton", exact=True).first.wait_for()
        finally:
            shop.ask("partner.rename", partner="Canton", name="Canton Bridge")


def test_a_question_is_not_pulled_away_by_news_that_were_on_their_way(
    village: villages.Village, browser: sync_api.Browser
) -> None:
    """The page was asked for anew before the question came, and arrives after it."""
    shop = village.shop
    node = next(row["node"] for row in shop.ask("partners")["partners"] if row["name"] == "Canton Bridge")
    with pictures.visit(browser, shop.address) as page:
        page.goto(f"{shop.address}/partners/{node}")
        page.locator("#partner details summary", has_text="They differ").click()
        held: list[sync_api.Route] = []
        page.route(f"**/partners/{node}", lambda route: held.append(route))
        shop.ask("partner.rename", partner="Canton Bridge", name="Canton")
        try:
            while not held:
                page.evaluate("new Promise((done) => requestAnimationFrame(done))")
            page.locator("#partner details button").click()
            page.locator("dialog[open]").wait_for()
            with page.expect_response(f"**/partners/{node}"):
                held[0].continue_()
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            assert page.locator("dialog[open]").count() == 1
            page.unroute_all(behavior="ignoreErrors")
            page.get_by_role("button", name="No, leave it").click()
            page.locator("h1", has_text="Canton").wait_for()
        finally:
            shop.ask("partner.rename", partner="Canton", name="Canton Bridge")
