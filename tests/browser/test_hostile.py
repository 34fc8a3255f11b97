"""C04: what a partner, a consumer or a file wrote stays text on every page, whatever it looks like."""

from __future__ import annotations

import pytest
from playwright import sync_api

from node import errors
from tests.browser import pictures, test_pages, villages

CORPUS = (
    "<script>window.broken=1</script>",
    "<img src=x onerror=window.broken=1>",
    '"><svg onload=window.broken=1>',
    "'-window.broken-'",
    "</textarea><script>window.broken=1</script>",
    "{{7*7}}{% raise %}",
    '<a href="javascript:window.broken=1">茶壶</a>',
    "<iframe srcdoc='<script>parent.broken=1</script>'>",
)


def write_everywhere(village: villages.Village) -> None:
    """Hostile texts wherever the dealer may write one, and its partners read it."""
    dealer, harbour = village.dealer, villages.Village._villager(village.stage.harbour)
    rows = ["sku,title_zh,title_en,description,price,stock"]
    for place, text in enumerate(CORPUS):
        quoted = '"' + text.replace('"', '""') + '"'
        rows.append(f"XS-{place},{quoted},{quoted},{quoted},9.00,10")
    dealer.ask("catalogue.import", name="<b>goods</b>.csv", data_hex="\r\n".join(rows).encode().hex(), currency="CNY")
    dealer.ask("catalogue.share", partner=harbour.name)
    for text in CORPUS:
        dealer.ask("offer.post", what=text)
        dealer.ask("want.post", what=text)
    dealer.ask("card.set", legal_name=CORPUS[1])
    for text in CORPUS[:2]:
        dealer.ask("issue.open", partner=harbour.name, category="other", message=text)


def test_C04_what_others_wrote_stays_text_on_every_page(village: villages.Village, browser: sync_api.Browser) -> None:
    write_everywhere(village)
    harbour = villages.Village._villager(village.stage.harbour)
    name = CORPUS[1][:60]
    village.dealer.ask("partner.rename", partner=harbour.name, name=name)
    shown = 0
    try:
        for villager in (harbour, village.dealer):
            with pictures.visit(browser, villager.address) as page:
                page.on("dialog", lambda dialog: dialog.dismiss())
                for path in test_pages.PATHS:
                    page.goto(villager.address + path)
                    assert page.evaluate("window.broken") is None, path
                    assert page.locator("img[src='x'], iframe, svg[onload], a[href^='javascript']").count() == 0, path
                    shown += "window.broken" in page.locator("body").inner_text()
    finally:
        village.dealer.ask("partner.rename", partner=name, name=harbour.name)
    assert shown >= 3, "the hostile texts were shown nowhere"


WIDE = """() => [...document.querySelectorAll('.card table')].filter((table) => {
  const card = table.closest('.card').getBoundingClientRect();
  return table.getBoundingClientRect().right > card.right + 1;
}).length || document.documentElement.scrollWidth > document.documentElement.clientWidth"""


@pytest.mark.parametrize("width", pictures.WIDTHS)
def test_a_name_of_one_long_word_pushes_nothing_off_the_page(
    village: villages.Village, browser: sync_api.Browser, width: str
) -> None:
    shop, before, long = village.shop, "Canton Bridge", "W" * 96
    shop.ask("partner.rename", partner=before, name=long)
    try:
        with pictures.visit(browser, shop.address, width=width) as page:
            for path in ("/partners", "/orders", "/network", "/statements", f"/partners/{long}"):
                page.goto(shop.address + path)
                sync_api.expect(page.get_by_text(long).first).to_be_attached()
                assert not page.evaluate(WIDE), path
    finally:
        shop.ask("partner.rename", partner=long, name=before)


def test_C04_faults_show_what_was_typed_as_text(village: villages.Village, browser: sync_api.Browser) -> None:
    shop = village.shop
    with pictures.visit(browser, shop.address) as page:
        page.goto(shop.address + "/search?text=" + CORPUS[1].replace("<", "%3C").replace(" ", "%20"))
        assert page.evaluate("window.broken") is None
        try:
            shop.ask("partner.rename", partner=CORPUS[0], name="x")
        except errors.NodeError as refused:
            assert refused.code == "partner.unknown"
