"""Orders in a real browser: one on its whole way to the statement, a packer whom a cancel stops while he types, a list
of waybills that is looked at first, and what somebody else decided meanwhile."""

from __future__ import annotations

import pytest
from playwright import sync_api

from node.console.pages import parcels as parcel_pages
from node.demonstrations import stages
from tests.browser import guises, parcels, tabs, villages
from tests.browser.test_statements import agree, propose

LABELS = {
    "Recipient": "name", "Telephone": "phone", "Province": "province", "City": "city", "District": "district",
    "Street and number": "street",
}  # fmt: skip


def newest(buyer: villages.Villager, seller: villages.Villager) -> str:
    """The order that was placed last."""
    rows = stages.orders(buyer, selling=False, partner=seller.name)
    return str(max(rows, key=lambda row: row["since_ms"])["order"])


def place(tab: tabs.Tab, seller: villages.Villager, sku: str) -> None:
    """Order by hand."""
    tab.go(f"/orders/place?partner={seller.name}")
    tab.field("Article %(number)s", number=1).fill(sku)
    tab.field("Units").first.fill("3")
    for label, part in LABELS.items():
        tab.field(label).fill(parcels.RECIPIENT[part])
    tab.look()
    tab.press("Order it")
    tab.page.wait_for_url("**/orders**done=order.place")


def test_an_order_becomes_a_parcel_and_a_line_of_an_agreed_statement(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    buyer, seller = village.harbour, village.dealer
    sku = parcels.article(buyer, seller)["sku"]
    with (
        tabs.open_tab(browser, buyer.address, guise) as buying,
        tabs.open_tab(browser, seller.address, guise) as selling,
    ):
        place(buying, seller, sku)
        order = newest(buyer, seller)
        stages.until("the order arrives", parcels.stands, seller, order, "placed")

        selling.go(f"/orders/{order}")
        selling.press("Accept the order")
        selling.done("order.accept")
        selling.field("Carrier").fill("SF")
        selling.field("Waybill").fill(f"SF{next(parcels.SERIALS)}")
        selling.press("Ship everything that may leave")
        selling.done("order.ship")
        selling.reads("#order-head .badge", "shipped")

        stages.until("the parcel is known", parcels.stands, buyer, order, "shipped")
        buying.go(f"/orders/{order}")
        buying.press("Everything arrived")
        buying.done("order.receive")
        stages.until("the arrival is known", lambda: not parcels.stands(seller, order, "shipped"))

        statement = propose(selling, seller, buyer)
        selling.go(f"/statements/{statement}")
        agree(buying, statement)
        line = buying.page.locator("tr", has=buying.page.locator(f"a[href='/orders/{order}']")).first
        amount = buyer.ask("order.show", order=order)["amount"]
        sync_api.expect(line).to_contain_text(guise.words.money(amount["amount"], amount["currency"]))


def test_a_cancel_of_the_buyer_stops_the_packer_in_the_middle_of_typing(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    buyer, seller = village.harbour, village.factory
    order = parcels.accepted(buyer, seller)
    with (
        tabs.open_tab(browser, buyer.address, guise) as buying,
        tabs.open_tab(browser, seller.address, guise) as packing,
    ):
        buying.go(f"/orders/{order}")
        packing.go(f"/orders/pack?order={order}")
        packing.field("Waybill").fill("SF13900")
        sync_api.expect(packing.page.locator(".stop-sign")).to_be_hidden()
        buying.press("Cancel")
        buying.sure()
        buying.done("order.cancel")
        sync_api.expect(packing.page.locator(".stop-sign")).to_be_visible()
        sync_api.expect(packing.text("This order was cancelled or changed. Do not ship it.")).to_be_visible()
        sync_api.expect(packing.field("Waybill")).to_be_disabled()
        sync_api.expect(packing.button("Ship")).to_be_disabled()
        packing.look(again=True)
        buying.reads("#order-head .badge", "closed")
        sync_api.expect(buying.page.locator("#order-lines")).to_contain_text(guise.word("lot.cancelled"))
        packing.link("Next order").click()
        sync_api.expect(packing.page.locator(f"#packing[data-order='{order}']")).to_have_count(0)


def test_a_packer_goes_on_over_the_end_of_a_page_and_not_after_a_wrong_scan(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        parcels.accepted(village.harbour, village.factory)
    monkeypatch.setattr(parcel_pages, "ROWS", 1)
    waiting = village.factory.ask("order.list", duty="ship", limit=2)["orders"]
    with tabs.open_tab(browser, village.factory.address, guise) as tab:
        tab.go("/orders/pack")
        for key, row in (("j", waiting[1]), ("k", waiting[0])):
            tab.page.wait_for_load_state()  # then its keys are heard
            tab.page.locator("#packing-number").click()
            tab.page.keyboard.press(key)
            sync_api.expect(tab.page.locator(f"#packing[data-order='{row['order']}']")).to_be_visible()
            sync_api.expect(tab.page.locator("[data-queue][aria-current]")).to_have_count(1)
        tab.go("/orders/pack")
        tab.field("Scan or type a number").fill("SF-unknown")
        tab.page.keyboard.press("Enter")
        sync_api.expect(tab.page.locator("#packing")).to_have_count(0)  # so no waybill can be given to the wrong one
        sync_api.expect(tab.field("Scan or type a number")).to_be_focused()
        tab.look(again=True)
        tab.go("/orders/ship")
        tab.link("Next page").click()
        sync_api.expect(tab.page.locator(f".scroll-list a[href='/orders/{waiting[1]['order']}']")).to_be_visible()


def test_a_list_of_waybills_is_looked_at_before_anything_leaves(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    order = parcels.accepted(village.harbour, village.factory)
    with tabs.open_tab(browser, village.factory.address, guise) as tab:
        tab.go("/orders/ship")
        rows = f"{order}\tSF\tSF{next(parcels.SERIALS)}\n<b>x</b>,SF,SF3"
        tab.field("Rows: order, carrier, waybill").fill(rows)
        tab.press("Look at it first")
        seen = tab.say("%(good)s of %(all)s rows can be shipped", good=1, all=2)
        sync_api.expect(tab.page.locator("#seen")).to_have_text(seen)
        sync_api.expect(tab.page.locator(".row-fault")).to_contain_text("<b>x</b>")
        tab.look(again=True)
        tab.press("Ship these %(count)s", count=1)
        tab.done("order.ship")
        stages.until("it is on its way", parcels.stands, village.harbour, order, "shipped")


def test_C13_whoever_is_overtaken_sees_it_and_decides_anew(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    factory = village.factory
    order = parcels.accepted(village.harbour, factory)
    with tabs.open_tab(browser, factory.address, guise, tolerated=("status of 409",)) as tab:
        tab.go(f"/orders/{order}")
        tab.text("Propose a change").click()
        typed = tab.page.locator("input[name='becomes.1']")
        typed.fill("1")
        with tab.page.expect_response(lambda answer: f"/orders/{order}" in answer.url):
            factory.ask("order.plan", order=order, within_hours=24)
        tab.press("Propose it")
        note = tab.page.locator(".alert-warning")
        sync_api.expect(note).to_contain_text(guise.word("said.shipment.plan"))
        sync_api.expect(typed).to_have_value("1")
        assert [row["type"] for row in factory.ask("order.show", order=order)["documents"]][-1] != "order.change"
        tab.look(again=True)
        tab.press("Do it all the same", within=note)
        tab.done("order.change")


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
