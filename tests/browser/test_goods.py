"""Goods in a real browser: a table with faults is mended and taken in, an article is picked, a word is found."""

from __future__ import annotations

from playwright import sync_api

from tests.browser import pictures, test_pages, villages
from tests.node.test_pictures import png

HEADS = "我们的编码,商品名称,英文名称,厂价,建议零售价,库存"
TEA = "白瓷茶具<script>window.broken=1</script>,Tea set"
CLAY = "紫砂茶具,Clay tea set"
FAULTY = f"{HEADS}\nTS-1,{TEA},abc,120,5\nTS-1,{CLAY},60,150,-3\n"
MENDED = f"{HEADS}\nTS-1,{TEA},50,120,5\nTS-2,{CLAY},60,150,3\n"
LATER = f"{HEADS}\nTS-3,玻璃茶具,Glass tea set,70,180,2\n"


def send(page: sync_api.Page, address: str, text: str) -> None:
    """Upload a table of goods."""
    page.goto(address + "/catalogue/import")
    page.set_input_files("#file", {"name": "新品.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("heading", name="新品.csv").wait_for()


def explain(page: sync_api.Page) -> None:
    """Say what two headings mean."""
    page.get_by_label("我们的编码 is taken for").select_option("sku")
    page.get_by_label("厂价 is taken for").select_option("price")
    page.get_by_role("button", name="Look again").click()
    sync_api.expect(page.get_by_label("厂价 is taken for")).to_have_value("price")


def test_a_table_with_faults_is_mended_taken_in_and_its_headings_are_remembered(
    village: villages.Village, browser: sync_api.Browser
) -> None:
    shop = village.shop
    with pictures.visit(browser, shop.address) as page:
        send(page, shop.address, FAULTY)
        sync_api.expect(page.locator("#faults")).to_contain_text("A column is missing.")
        explain(page)
        rows = page.locator("#faults tbody tr")
        sync_api.expect(rows).to_have_count(3)
        told = [row.inner_text() for row in rows.all()]
        assert ["2" in told[0], "D (厂价)" in told[0], "This is no number." in told[0]] == [True] * 3
        assert any("The SKU stands in two rows." in text for text in told)
        assert page.get_by_role("button", name="Take it in").count() == 0
        page.evaluate(test_pages.AXE.read_text())
        assert test_pages.barriers(page) == []
        with page.expect_download() as begun:
            page.get_by_role("link", name="All faults as a table").click()
        assert begun.value.suggested_filename == "faults.xlsx"
        send(page, shop.address, MENDED)
        explain(page)
        sync_api.expect(page.locator(".tally")).to_contain_text("New")
        page.get_by_role("button", name="Take it in").click()
        page.get_by_role("heading", name="Taken in").wait_for()
        send(page, shop.address, LATER)
        sync_api.expect(page.get_by_label("厂价 is taken for")).to_have_value("price")
        sync_api.expect(page.locator("#columns + p")).to_contain_text("As you said of the last file")
        page.get_by_role("button", name="Take it in").click()
        page.get_by_role("heading", name="Taken in").wait_for()
        page.goto(shop.address + "/catalogue?text=茶具")
        sync_api.expect(page.locator("#goods tbody tr")).to_have_count(3)
        assert page.evaluate("window.broken") is None


def test_a_picture_is_added_to_an_article_and_shown_in_lists(
    village: villages.Village, browser: sync_api.Browser
) -> None:
    dealer = village.dealer
    with pictures.visit(browser, dealer.address) as page:
        page.goto(dealer.address + "/catalogue/goods/GF-902-L")
        page.set_input_files("input[name=files]", {"name": "a.png", "mimeType": "image/png", "buffer": png(extra=b"")})
        page.get_by_role("button", name="Add pictures").click()
        page.locator(".gallery img").wait_for()
        assert page.evaluate("document.querySelector('.gallery img').naturalWidth") == 2
        page.goto(dealer.address + "/catalogue?text=GF-902-L")
        page.locator("#goods img.thumb").wait_for()


def test_an_article_of_a_partner_is_picked_with_a_mark_up(village: villages.Village, browser: sync_api.Browser) -> None:
    shop, dealer = village.shop, village.dealer
    offer = next(row for row in shop.ask("selection.list", text="地垫")["offers"] if row["picked"] is None)
    with pictures.visit(browser, shop.address) as page:
        page.goto(shop.address + "/selection")
        page.get_by_role("searchbox", name="Find among what partners offer").fill("地垫")
        page.get_by_role("button", name="Find").click()
        page.wait_for_url("**text=**")
        assert set(page.locator(".offer h3").all_inner_texts()) == {"Absorbent Bath Mat"}
        page.goto(f"{shop.address}/selection/offer?partner={dealer.name}&sku={offer['sku']}")
        page.get_by_label("My mark-up in percent").fill("25")
        page.get_by_label("Before its SKU").fill("CB-")
        page.get_by_role("button", name="Show me my price").click()
        price = offer["cost"]["amount"] * 125 // 100
        page.get_by_text(f"CN¥{price // 100}.{price % 100:02}").wait_for()
        assert shop.ask("catalogue.list", text="CB-")["goods"] == []
        page.get_by_role("button", name="Pick at this price").click()
        page.get_by_role("link", name="Show it").click()
        page.get_by_role("heading", name="Where it comes from").wait_for()
        sync_api.expect(page.locator("#source")).to_contain_text("25 %")
    (good,) = shop.ask("catalogue.list", text="CB-")["goods"]
    assert (good["sku"], good["price"]["amount"]) == (f"CB-{offer['sku']}", price)


def test_a_price_is_asked_given_and_ordered_at(village: villages.Village, browser: sync_api.Browser) -> None:
    dealer = village.dealer
    with pictures.visit(browser, dealer.address) as page:
        page.goto(dealer.address + "/selection/market")
        page.get_by_label("Price each for").first.fill("8.80")
        page.get_by_role("button", name="Give this price").first.click()
        page.get_by_text("The price is with the partner.").wait_for()
        page.get_by_text("quoted").first.wait_for()


def test_an_article_is_written_and_changed_by_hand_and_the_buyer_sees_it(
    village: villages.Village, browser: sync_api.Browser
) -> None:
    dealer, shop = village.dealer, village.shop
    with pictures.visit(browser, dealer.address, refusals=True) as page:
        page.goto(dealer.address + "/catalogue")
        page.get_by_role("link", name="New article").click()
        page.get_by_label("SKU").fill("HAND-1")
        page.get_by_label("Title in Chinese").fill("手作杯")
        page.get_by_label("Barcode").fill("6901234567890")
        page.get_by_label("Supply price").fill("12.50")
        page.get_by_label("Main stock").fill("9")
        page.get_by_role("button", name="Add the article").click()
        page.get_by_text("gtin").wait_for()
        page.get_by_label("Barcode").fill("6901234567892")
        page.get_by_role("button", name="Add the article").click()
        page.get_by_role("link", name="Show it").click()
        page.get_by_role("link", name="Change").click()
        sync_api.expect(page.get_by_label("Supply price")).to_have_value("12.50")
        page.get_by_label("Supply price").fill("13")
        page.get_by_role("button", name="Keep it, and tell my partners").click()
        page.get_by_text("Your partners see it as it is now.").wait_for()
        page.get_by_text("A price for one partner alone").click()
        page.get_by_label(f"What {shop.name} pays").fill("11.11")
        page.get_by_label(f"What {shop.name} pays").press("Enter")
        page.get_by_text("its own price").wait_for()
    with pictures.visit(browser, shop.address) as page:
        page.goto(f"{shop.address}/selection/offer?partner={dealer.name}&sku=HAND-1")
        page.get_by_role("heading", name="手作杯").wait_for()
        sync_api.expect(page.locator("#content")).to_contain_text("11.11")
