"""Orders in a real browser: the packer is stopped by a cancel while he types, and a list of waybills is looked at."""

from __future__ import annotations

from playwright import sync_api

from tests.browser import guises, parcels, pictures, tabs, villages


def test_a_cancel_stops_the_packer_in_the_middle_of_typing(
    village: villages.Village, browser: sync_api.Browser
) -> None:
    factory = village.factory
    waiting = [row for row in factory.ask("order.list", duty="accept", limit=100)["orders"]]
    factory.ask("order.accept", orders=[row["order"] for row in waiting[:2]])
    first, second = (row["order"] for row in waiting[:2])
    with pictures.visit(browser, factory.address) as page:
        page.goto(f"{factory.address}/orders/pack?order={first}")
        page.locator("#waybill").fill("SF13900")
        sync_api.expect(page.locator(".stop-sign")).to_be_hidden()
        with page.expect_response(lambda answer: "/orders/pack/" in answer.url):
            factory.ask("order.cancel", order=first, reason="seller")
        sync_api.expect(page.locator(".stop-sign")).to_be_visible()
        sync_api.expect(page.locator("#waybill")).to_be_disabled()
        page.goto(f"{factory.address}/orders/ship")
        page.locator("textarea[name=text]").fill(f"{second}\tSF\tSF22222\n<b>x</b>,SF,SF3")
        page.get_by_role("button", name="Look at it first").click()
        sync_api.expect(page.locator("#seen")).to_have_text("1 of 2 rows can be shipped")
        sync_api.expect(page.locator(".row-fault")).to_contain_text("<b>x</b>")
        page.get_by_role("button", name="Ship these 1").click()
        sync_api.expect(page.get_by_role("status")).to_contain_text("Handed over")


def test_C13_whoever_is_overtaken_sees_it_and_decides_anew(
    village: villages.Village, browser: sync_api.Browser
) -> None:
    factory = village.factory
    one = parcels.accepted(village.harbour, factory)
    with pictures.visit(browser, factory.address, tolerated=("status of 409",)) as page:
        page.goto(f"{factory.address}/orders/{one}")
        page.get_by_text("Propose a change").click()
        typed = page.locator("input[name='becomes.1']")
        typed.fill("1")
        with page.expect_response(lambda answer: f"/orders/{one}" in answer.url):
            factory.ask("order.plan", order=one, within_hours=24)
        page.get_by_role("button", name="Propose it").click()
        note = page.locator(".alert-warning")
        sync_api.expect(note).to_contain_text("planned the shipping")
        sync_api.expect(typed).to_have_value("1")
        assert [row["type"] for row in factory.ask("order.show", order=one)["documents"]][-1] != "order.change"
        note.get_by_role("button", name="Do it all the same").click()
        sync_api.expect(page.get_by_text("Your proposal is on its way")).to_be_visible()


def test_several_orders_are_stopped_at_once_and_a_part_of_one(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    factory, harbour = village.factory, village.harbour
    whole = [parcels.accepted(harbour, factory) for _ in range(2)]
    placed = parcels.placed(harbour, factory)
    part = parcels.accepted(harbour, factory, quantity=3)
    with tabs.open_tab(browser, factory.address, guise) as tab:
        tab.go("/orders")
        bar = tab.page.locator(".chosen-bar")
        sync_api.expect(bar).to_be_hidden()
        tab.page.locator(f"input[value='{placed}']").check()
        sync_api.expect(tab.button("Accept", bar)).to_be_visible()
        sync_api.expect(tab.button("Cancel", bar)).to_be_hidden()
        tab.page.locator(f"input[value='{placed}']").uncheck()
        for order in whole:
            tab.page.locator(f"input[value='{order}']").check()
        sync_api.expect(tab.button("Accept", bar)).to_be_hidden()
        tab.press("Cancel", bar)
        sync_api.expect(tab.page.locator("dialog.question")).to_contain_text("2")
        tab.sure()
        tab.done("order.cancel")
        assert {factory.ask("order.show", order=order)["state"] for order in whole} == {"closed"}
        tab.go(f"/orders/{part}")
        tab.unfold("Cancel a part")
        tab.page.locator("input[name='quantities.1']").fill("1")
        tab.field("Reason").last.select_option("price")
        tab.press("Stop these")
        tab.sure()
        tab.done("order.cancel")
        buckets = factory.ask("order.show", order=part)["lines"][0]["buckets"]
        assert {state: count for state, count in buckets.items() if count} in (
            {"agreed": 2, "cancelled": 1},
            {"agreed": 2, "cancelling": 1},
        )
