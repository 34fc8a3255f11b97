"""A sheet of orders in a real browser: its headings are explained once, and known when the next one comes."""

from __future__ import annotations

from playwright import sync_api

from node.demonstrations import stages
from tests.browser import guises, parcels, tabs, villages

MEANINGS = {"流水": "number", "物品": "sku", "几件": "quantity"}
"""Headings that nobody knows, and what they are to mean."""


def sheet(guise: guises.Guise, sku: str, *numbers: int) -> str:
    """Orders of one shop, as its software exports them."""
    to = parcels.RECIPIENT
    names = (*(heading + guise.mark for heading in MEANINGS), "收货人", "手机", "省份", "城市", "区县", "详细地址")
    parts = (to["name"], to["phone"], to["province"], to["city"], to["district"], to["street"])
    rows = [(f"LIVE{guise.mark}-{number}", sku, "1", *parts) for number in numbers]
    return "\n".join(",".join(row) for row in (names, *rows)) + "\n"


def send(tab: tabs.Tab, name: str, text: str) -> None:
    """Upload a sheet of a shop."""
    tab.go("/orders/import")
    tab.page.set_input_files("#sheet", {"name": name, "mimeType": "text/csv", "buffer": text.encode()})
    tab.field("Shop").fill(f"直播间 {tab.guise.mark}")
    tab.press("Look at it first")
    tab.page.get_by_role("heading", name=name).wait_for()


def place(tab: tabs.Tab, count: int) -> None:
    """Place what is new in the sheet, once it is told how much that is."""
    tab.page.get_by_role("button", name=tab.guise.count("Place %(num)s order", "Place %(num)s orders", count)).click()
    tab.page.get_by_role("heading", name=tab.say("The orders are placed")).wait_for()


def test_headings_of_an_order_sheet_are_explained_once_and_known_the_next_time(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    shop, sku = village.shop, parcels.article(village.shop, village.dealer)["sku"]
    with tabs.open_tab(browser, shop.address, guise) as tab:
        send(tab, "上午.csv", sheet(guise, sku, 1, 2))
        sync_api.expect(tab.page.locator("#faults")).to_contain_text(tab.say("A column is missing."))
        for heading, field in MEANINGS.items():
            meaning(tab, heading).select_option(field)
        tab.press("Look again")
        sync_api.expect(tab.page.locator("#faults")).to_have_count(0)
        tab.look(again=True)
        place(tab, 2)

        send(tab, "下午.csv", sheet(guise, sku, 2, 3))  # as exports do, it repeats an order
        for heading, field in MEANINGS.items():
            sync_api.expect(meaning(tab, heading)).to_have_value(field)
        tab.text("As you said of the last file with these headings.").wait_for()
        place(tab, 1)
        tab.go(f"/orders?text=LIVE{guise.mark}")
        sync_api.expect(tab.page.locator("#orders tbody tr")).to_have_count(3)


def test_a_sheet_that_was_the_wrong_one_is_taken_back_but_for_what_a_supplier_has_begun_with(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    shop, dealer = village.shop, village.dealer
    sku = parcels.article(shop, dealer)["sku"]
    text = sheet(guise, sku, 7, 8).replace("物品" + guise.mark, "商品编码").replace("LIVE", "WRONG")
    text = text.replace("流水" + guise.mark, "订单号").replace("几件" + guise.mark, "数量")
    taken = shop.ask("order.import", name="上午.csv", shop="直播间", data_hex=text.encode().hex())
    begun, waiting = (shop.ask("order.show", order=f"WRONG{guise.mark}-{number}")["order"] for number in (7, 8))
    for order in (begun, waiting):
        stages.until("the order arrives", parcels.stands, dealer, order, "placed")
    dealer.ask("order.accept", order=begun)
    stages.until("the shop knows", parcels.stands, shop, begun, "agreed")
    with tabs.open_tab(browser, shop.address, guise) as tab:
        tab.go("/orders/import")
        tab.page.locator(f'a[href="/orders/imports/{taken["import"]}"]').click()
        became = tab.page.locator("#became")
        sync_api.expect(became).to_contain_text(f"WRONG{guise.mark}-7")
        tab.look()
        tab.press("Take back the others")
        tab.sure()
        tab.done("import.undo")
        sync_api.expect(became).to_contain_text(tab.say("Taken back"))
        sync_api.expect(tab.page.locator("#ordered")).to_contain_text(tab.say("taken back by you"))
        stop = guise.count("Ask to stop %(num)s order", "Ask to stop %(num)s orders", 1)
        sync_api.expect(tab.page.get_by_role("button", name=stop)).to_be_visible()
    assert parcels.stands(shop, begun, "agreed") and parcels.stands(shop, waiting, "closed")
    again = shop.ask("order.import", name="上午.csv", shop="直播间", data_hex=text.encode().hex())
    assert (again["orders"], again["unchanged"]) == (1, 1), "only what was withdrawn is ordered again"


def meaning(tab: tabs.Tab, heading: str) -> sync_api.Locator:
    """What a heading is taken for."""
    return tab.field("%(heading)s is taken for", heading=heading + tab.guise.mark)
