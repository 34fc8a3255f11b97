from __future__ import annotations

from playwright import sync_api

from node.demonstrations import stages
from tests.browser import guises, tabs, villages


def errands(villager: villages.Villager) -> bool:
    return bool(villager.ask("errand.list")["errands"])


def test_what_cannot_be_passed_on_is_left_to_the_dealer(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    """The factory pauses; an order for its goods waits at the dealer, who sees why and decides."""
    factory, dealer, shop = village.factory, village.dealer, village.shop
    goods = shop.ask("catalogue.list", partner=dealer.name)["goods"]
    theirs = {row["sku"] for row in dealer.ask("catalogue.list")["goods"] if row["supplier"] == factory.name}
    sku = next(row["sku"] for row in goods if row["sku"] in theirs and (row["stock"] or 0) > 0)
    factory.ask("partner.suspend", partner=dealer.name)
    try:
        stages.until("the dealer knows", lambda: paused(dealer, factory))
        shop.ask("order.place", partner=dealer.name, lines=[{"sku": sku, "quantity": 1}])
        stages.until("the dealer is asked", errands, dealer)
        with tabs.open_tab(browser, dealer.address, guise) as tab:
            tab.go("/today")
            left = tab.page.locator("#left li").filter(has_text=guise.word("said.order.place")).first
            tab.press("Let it be", within=left)
            tab.done("errand.dismiss")
    finally:
        factory.ask("partner.resume", partner=dealer.name)
        stages.until("the dealer knows", lambda: not paused(dealer, factory))


def paused(dealer: villages.Villager, factory: villages.Villager) -> bool:
    rows = dealer.ask("partners")["partners"]
    return bool(next(row["peering"] != "active" for row in rows if row["name"] == factory.name))
