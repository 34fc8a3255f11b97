"""Goods in a real browser: a table is mended, taken in and taken back, a price is asked for, an article written."""

from __future__ import annotations

from playwright import sync_api

from node.demonstrations import stages
from tests.browser import guises, parcels, tabs, villages
from tests.node.test_pictures import png

TEA = "白瓷茶具<script>window.broken=1</script>,Tea set"
CLAY = "紫砂茶具,Clay tea set"


def table(guise: guises.Guise, *rows: str) -> str:
    """A table whose headings nobody has explained before; `TS` in its rows is the beginning of every SKU."""
    heads = f"编码{guise.mark},商品名称,英文名称,厂价{guise.mark},建议零售价,库存"
    return "\n".join((heads, *(row.replace("TS-", f"TS{guise.mark}-") for row in rows))) + "\n"


def send(tab: tabs.Tab, text: str) -> None:
    """Upload a table of goods."""
    tab.go("/catalogue/import")
    tab.page.set_input_files("#file", {"name": "新品.csv", "mimeType": "text/csv", "buffer": text.encode()})
    tab.press("Look at it")
    tab.page.get_by_role("heading", name="新品.csv").wait_for()


def meaning(tab: tabs.Tab, heading: str) -> sync_api.Locator:
    """What a heading is taken for."""
    return tab.field("%(heading)s is taken for", heading=heading + tab.guise.mark)


def explain(tab: tabs.Tab) -> None:
    """Say what two headings mean."""
    meaning(tab, "编码").select_option("sku")
    meaning(tab, "厂价").select_option("price")
    tab.press("Look again")
    sync_api.expect(meaning(tab, "厂价")).to_have_value("price")


def take_in(tab: tabs.Tab) -> None:
    """Take the table in."""
    tab.press("Take it in")
    tab.page.get_by_role("heading", name=tab.say("Taken in")).wait_for()


def take_back(tab: tabs.Tab) -> None:
    """Find the file that was taken in last, see what it changed, and take it back."""
    tab.go("/catalogue/import")
    tab.page.locator("#taken tbody tr").first.get_by_role("link", name="新品.csv").click()
    changed = tab.page.locator("tbody tr").filter(has_text=f"TS{tab.guise.mark}-1")
    for price in (5000, 5500):
        sync_api.expect(changed).to_contain_text(tab.guise.words.money(price, "CNY"))
    tab.press("Take it back")
    tab.sure()
    tab.done("import.undo")
    sync_api.expect(tab.button("Take it back")).to_have_count(0)


def test_a_table_is_mended_and_taken_in_its_headings_are_remembered_and_the_last_one_is_taken_back(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    with tabs.open_tab(browser, village.shop.address, guise) as tab:
        send(tab, table(guise, f"TS-1,{TEA},abc,120,5", f"TS-1,{CLAY},60,150,-3"))
        sync_api.expect(tab.page.locator("#faults")).to_contain_text(tab.say("A column is missing."))
        explain(tab)
        rows = tab.page.locator("#faults tbody tr")
        sync_api.expect(rows).to_have_count(3)
        told = [row.inner_text() for row in rows.all()]
        assert all(text in told[0] for text in ("2", f"D (厂价{guise.mark})", tab.say("This is no number.")))
        assert any(tab.say("The SKU stands in two rows.") in text for text in told)
        assert tab.button("Take it in").count() == 0
        tab.look(again=True)
        with tab.page.expect_download() as begun:
            tab.link("All faults as a table").click()
        assert begun.value.suggested_filename == "faults.xlsx"
        send(tab, table(guise, f"TS-1,{TEA},50,120,5", f"TS-2,{CLAY},60,150,3"))
        explain(tab)
        sync_api.expect(tab.page.locator(".tally")).to_contain_text(tab.say("New"))
        take_in(tab)
        send(tab, table(guise, "TS-3,玻璃茶具,Glass tea set,70,180,2", f"TS-1,{TEA},55,120,5"))
        sync_api.expect(meaning(tab, "厂价")).to_have_value("price")
        sync_api.expect(tab.page.locator("#columns + p")).to_have_text(
            tab.say("As you said of the last file with these headings.")
        )
        take_in(tab)
        rows = tab.page.locator("#goods tbody tr")
        tab.go(f"/catalogue?text=TS{guise.mark}")
        sync_api.expect(rows).to_have_count(3)
        assert tab.page.evaluate("window.broken") is None
        take_back(tab)
        tab.go(f"/catalogue?text=TS{guise.mark}")
        sync_api.expect(rows).to_have_count(2)
        sync_api.expect(rows.filter(has_text=f"TS{guise.mark}-1")).to_contain_text(guise.words.money(5000, "CNY"))


def test_a_picture_is_added_to_an_article_and_shown_in_lists(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    plain = [row["sku"] for row in village.dealer.ask("catalogue.list")["goods"] if not row["supplier"]]
    sku = plain[guises.ALL.index(guise)]
    with tabs.open_tab(browser, village.dealer.address, guise) as tab:
        tab.go(f"/catalogue/goods/{sku}")
        tab.page.set_input_files("input[name=files]", {"name": "a.png", "mimeType": "image/png", "buffer": png()})
        tab.press("Add pictures")
        tab.pictured(tab.page.locator(".gallery img").first, 2)
        tab.go(f"/catalogue?text={sku}")
        tab.page.locator("#goods img.thumb").wait_for()


def test_a_price_is_asked_given_and_ordered_at(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    shop, dealer = village.shop, village.dealer
    sku = parcels.article(shop, dealer)["sku"]
    with (
        tabs.open_tab(browser, shop.address, guise) as buyer,
        tabs.open_tab(browser, dealer.address, guise) as seller,
    ):
        quote = shop.ask("quote.request", partner=dealer.name, lines={sku: 30})["quote"]
        stages.until("the dealer sees the question", stands, dealer, quote, "asked")
        seller.go("/selection/market")
        card = seller.page.locator("section.card", has=seller.page.locator(f"input[name=quote][value='{quote}']"))
        seller.field("Price each for %(sku)s", within=card, sku=sku).fill("8.80")
        seller.press("Give this price", within=card)
        seller.done("quote.give")
        stages.until("the shop sees the price", stands, shop, quote, "quoted")
        buyer.go("/selection/market")
        card = buyer.page.locator("section.card", has=buyer.page.locator(f"input[name=quote][value='{quote}']"))
        sync_api.expect(card).to_contain_text(guise.words.money(880, "CNY"))
        buyer.press("Order at this price", within=card)
        buyer.page.wait_for_url("**/orders**")
    stages.until("it is ordered", stands, shop, quote, "ordered")


def stands(merchant: villages.Villager, quote: str, state: str) -> bool:
    """Whether a question for a price is in a state."""
    return any(row["quote"] == quote and row["state"] == state for row in merchant.ask("quote.list")["quotes"])


def test_an_article_is_written_and_changed_by_hand_and_the_buyer_sees_it(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    dealer, shop, sku = village.dealer, village.shop, f"HAND-{guise.mark}"
    with tabs.open_tab(browser, dealer.address, guise, refusals=True) as tab:
        tab.go("/catalogue")
        tab.link("New article").click()
        tab.field("SKU").fill(sku)
        tab.field("Title in Chinese").fill("手作杯")
        tab.field("Barcode").fill("6901234567890")
        tab.field("Supply price").fill("12.50")
        tab.field("Main stock").fill("9")
        tab.press("Add the article")
        tab.page.locator(".faults", has_text=guise.say("Barcode")).wait_for()
        tab.look()
        tab.field("Barcode").fill("6901234567892")
        tab.press("Add the article")
        tab.link("Show it").click()
        tab.link("Change the article").click()
        sync_api.expect(tab.field("Supply price")).to_have_value("12.50")
        tab.field("Supply price").fill("13")
        tab.look()
        tab.press("Keep it, and tell my partners")
        tab.done("catalogue.change")
        tab.text("A price for one partner alone").click()
        price = tab.field("What %(name)s pays", name=shop.name)
        price.fill("11.11")
        price.press("Enter")
        tab.text("its own price").wait_for()
    with tabs.open_tab(browser, shop.address, guise) as tab:
        tab.go(f"/selection/offer?partner={dealer.name}&sku={sku}")
        tab.page.get_by_role("heading", name="手作杯").wait_for()
        sync_api.expect(tab.page.locator("#content")).to_contain_text("11.11")
