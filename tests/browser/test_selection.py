"""The selection in a real browser: an article is picked, several at once, and the supplier asks more for them."""

from __future__ import annotations

from playwright import sync_api

from node.demonstrations import openings, stages
from tests.browser import guises, tabs, villages

HEADINGS = "商品编码,商品名称,英文名称,供货价,建议零售价,库存"


def test_an_article_of_a_partner_is_picked_with_a_mark_up(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    shop, dealer = village.shop, village.dealer
    offer = next(row for row in shop.ask("selection.list", text="地垫")["offers"] if row["picked"] is None)
    with tabs.open_tab(browser, shop.address, guise) as tab:
        tab.go("/selection")
        find(tab, "地垫")
        assert set(tab.page.locator(".offer h2").all_inner_texts()) == {guise.words.pick(offer["titles"])}
        tab.go(f"/selection/offer?partner={dealer.name}&sku={offer['sku']}")
        tab.field("My mark-up in percent").fill("100")
        tab.field("Before its SKU").fill(f"F{guise.mark}-")
        tab.press("Show me my price")
        price = offer["cost"]["amount"] * 2
        tab.page.get_by_text(guise.words.money(price, "CNY")).first.wait_for()
        assert shop.ask("catalogue.list", text=f"F{guise.mark}-")["goods"] == []
        tab.press("Pick at this price")
        tab.link("Show it").click()
        tab.page.get_by_role("heading", name=tab.say("Where it comes from")).wait_for()
        sync_api.expect(tab.page.locator("#source")).to_contain_text("100")
    (good,) = shop.ask("catalogue.list", text=f"F{guise.mark}-")["goods"]
    assert (good["sku"], good["price"]["amount"]) == (f"F{guise.mark}-{offer['sku']}", price)


def find(tab: tabs.Tab, text: str) -> None:
    """Look for something among what partners offer."""
    tab.page.get_by_role("searchbox", name=tab.say("Find among what partners offer")).fill(text)
    tab.press("Find")
    tab.page.wait_for_url("**text=**")


def list_mats(dealer: villages.Villager, shop: villages.Villager, mark: str) -> list[str]:
    """The dealer lists two articles that nobody has picked yet, and the shop sees them; their SKUs."""
    skus = [f"MAT{mark}-1", f"MAT{mark}-2"]
    rows = (HEADINGS, f"{skus[0]},草编席{mark},Straw mat,20,60,50", f"{skus[1]},草编席{mark} 大,Straw mat big,40,90,50")
    openings.load(dealer, f"mats-{mark}.csv", "\n".join(rows).encode())
    dealer.ask("catalogue.share", partner=shop.name)
    stages.until("the mats are offered", lambda: len(shop.ask("selection.list", text=f"MAT{mark}")["offers"]) == 2)
    return skus


def ask_more(tab: tabs.Tab, sku: str, price: str) -> None:
    """The supplier writes another price, which its partners have at once."""
    tab.go(f"/catalogue/edit/{sku}")
    tab.field("Supply price").fill(price)
    tab.press("Keep it, and tell my partners")
    tab.done("catalogue.change")


def test_several_articles_are_picked_at_once_and_a_rise_beyond_the_threshold_is_told(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    shop, dealer, money = village.shop, village.dealer, guise.words.money
    skus = list_mats(dealer, shop, guise.mark)
    with (
        tabs.open_tab(browser, shop.address, guise) as buyer,
        tabs.open_tab(browser, dealer.address, guise) as seller,
    ):
        buyer.go("/selection")
        hear_from(buyer, "10")
        pick_all(buyer, f"MAT{guise.mark}")
        rows = buyer.page.locator("#goods tbody tr")
        buyer.go(f"/catalogue?text=P{guise.mark}-MAT")
        sync_api.expect(rows).to_have_count(2)
        for sku, price in zip(skus, (3000, 6000), strict=True):
            sync_api.expect(rows.filter(has_text=f"P{guise.mark}-{sku}")).to_contain_text(money(price, "CNY"))

        buyer.go("/today")
        told = buyer.page.locator("#prices")
        ask_more(seller, skus[0], "21")  # five percent
        ask_more(seller, skus[1], "46")  # fifteen
        large, small = (told.locator(f"a[href$='P{guise.mark}-{sku}']") for sku in reversed(skus))
        sync_api.expect(large).to_contain_text(money(4600, "CNY"))  # the page says it by itself
        sync_api.expect(small).to_have_count(0)

        buyer.go("/selection")
        changes = buyer.page.locator("#changes tbody tr")
        for sku, cost, price in ((skus[0], 2100, 3150), (skus[1], 4600, 6900)):
            row = changes.filter(has_text=f"P{guise.mark}-{sku}")
            sync_api.expect(row).to_contain_text(money(cost, "CNY"))
            sync_api.expect(row).to_contain_text(money(price, "CNY"))
        buyer.press("All seen", within=buyer.page.locator("#changes"))
        buyer.done("selection.noted")
        sync_api.expect(changes).to_have_count(0)
        buyer.go("/today")
        sync_api.expect(told).to_have_count(0)

        dealer.ask("stock.set", sku=skus[0], on_hand=0)
        dealer.ask("catalogue.withdraw", sku=skus[1])
        dealer.ask("catalogue.share", partner=shop.name)
        gone = buyer.page.locator("#supplies")
        sync_api.expect(gone.locator(f"a[href$='P{guise.mark}-{skus[0]}']")).to_contain_text(buyer.say("sold out"))
        withdrawn = gone.locator(f"a[href$='P{guise.mark}-{skus[1]}']")
        sync_api.expect(withdrawn).to_contain_text(buyer.say("not offered any more"))
        buyer.press("All seen", within=gone)
        buyer.done("selection.noted")
        sync_api.expect(gone).to_have_count(0)


def hear_from(tab: tabs.Tab, percent: str) -> None:
    """Say from which rise on a new price is told."""
    tab.text("When do I hear of new prices?").click()
    tab.field("Percent").fill(percent)
    tab.press("Keep")
    tab.done("selection.watch")


def pick_all(tab: tabs.Tab, text: str) -> None:
    """Tick everything that is found, look at what half as much again makes of it, and take it."""
    find(tab, text)
    bar = tab.page.locator("#take")
    sync_api.expect(bar).to_be_hidden()
    ticks = tab.page.locator("#offers .tick input")
    sync_api.expect(ticks).to_have_count(2)
    for place in range(2):
        ticks.nth(place).check()
    sync_api.expect(bar.locator("[data-count]")).to_have_text("2")
    tab.look()
    tab.press("Take them into my catalogue", within=bar)
    tab.field("My mark-up in percent").fill("50")
    tab.field("Before its SKU").fill(f"P{tab.guise.mark}-")
    tab.press("Show me my prices")
    for price in (3000, 6000):
        tab.page.locator("td strong", has_text=tab.guise.words.money(price, "CNY")).wait_for()
    tab.look()
    tab.press("Take them all at these prices")
    tab.done("selection.take")
