"""Reports in the browser: what is drawn, and the same figures in the table below."""

from __future__ import annotations

from playwright import sync_api

from tests.browser import guises, pictures, tabs, villages

REPORTS = ("sales", "shipping", "returns", "cancels", "balances")


def test_every_report_is_drawn_above_its_table(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    with tabs.open_tab(browser, village.dealer.address, guise) as tab:
        for name in REPORTS:
            tab.go(f"/reports/{name}?days=90")
            places = tab.page.locator(".plot")
            sync_api.expect(places.first.locator("canvas")).to_be_visible()
            sync_api.expect(places.locator("canvas")).to_have_count(places.count())
            sync_api.expect(tab.page.locator("table tbody tr").first).to_be_visible()


def test_the_table_says_what_the_use_case_says(village: villages.Village, browser: sync_api.Browser) -> None:
    sold = village.dealer.ask("report.sales")["rows"]
    with pictures.visit(browser, village.dealer.address) as page:
        page.goto(village.dealer.address + "/reports/sales")
        units = page.locator("td[data-label=Units]").all_inner_texts()
        assert sorted(int(text) for text in units) == sorted(row["units"] for row in sold)
        data = page.evaluate("fetch('/reports/sales/data').then((answer) => answer.json())")
        drawn = sum(sum(series["values"]) for plot in data["plots"] for series in plot["series"])
        assert round(drawn * 100) == sum(row["amount"]["amount"] for row in sold)
