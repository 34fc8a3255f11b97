"""After-sales on two consoles: a return with a photo until its refund, and a complaint that is settled."""

from __future__ import annotations

from pathlib import Path

from playwright import sync_api

from node.demonstrations import stages
from tests.browser import afterwards, pictures, villages

EVIL = "<script>alert(1)</script>"


def received(village: villages.Village) -> str:
    """An order of the shop at the dealer that has arrived, with nothing else said about it."""
    told = {row["order"] for row in village.shop.ask("aftersales.list")["entries"]}
    rows = [row for row in afterwards.shipped(village.shop, village.dealer) if row["number"] not in told]
    village.shop.ask("order.receive", order=rows[0]["order"])
    return str(rows[0]["order"])


def newest(village: villages.Village, kind: str) -> str:
    """The name of what the shop began last."""
    rows = village.shop.ask("aftersales.list", kind=kind)["entries"]
    return str(max(rows, key=lambda row: row["since_ms"])["name"])


def sure(page: sync_api.Page) -> None:
    """Answer the question that the server asks."""
    page.locator("dialog.question").get_by_role("button", name="Yes").click()


def done(page: sync_api.Page, text: str) -> None:
    sync_api.expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()


def open_step(page: sync_api.Page, label: str) -> None:
    step = page.locator("details.deed").filter(has=page.get_by_text(label, exact=True))
    if step.get_attribute("open") is None:
        step.locator("summary").click()


def test_a_return_goes_from_request_with_a_photo_to_refund_on_two_consoles(
    village: villages.Village, browser: sync_api.Browser, tmp_path: Path
) -> None:
    order = received(village)
    photo = tmp_path / f"{EVIL.replace('/', '')}.png"
    photo.write_bytes(afterwards.photo())
    with (
        pictures.visit(browser, village.shop.address) as shop,
        pictures.visit(browser, village.dealer.address, width="phone") as dealer,
    ):
        shop.goto(f"{village.shop.address}/aftersales/returns/new?order={order}")
        shop.locator("input[name^='quantities']").first.fill("1")
        shop.get_by_label("Why", exact=True).select_option("damaged")
        shop.get_by_label("Message to the seller").fill(EVIL)
        shop.get_by_label("Photos and files").set_input_files(photo)
        shop.get_by_role("button", name="Ask for the return").click()
        done(shop, "The return was asked for")
        name = newest(village, "return")
        address = f"/aftersales/returns/{name}"
        shop.locator(f"a[href='{address}']").click()

        stages.until("the return arrives", afterwards.known, village.dealer, name)
        dealer.goto(village.dealer.address + address)
        assert EVIL in dealer.locator(".message").first.inner_text()
        dealer.locator(".thumb").first.click()
        shown = dealer.locator("dialog.photo img")
        sync_api.expect(shown).to_be_visible()
        assert shown.evaluate("picture => picture.complete && picture.naturalWidth") == 480
        dealer.get_by_role("button", name="Close", exact=True).click()
        dealer.get_by_role("button", name="Approve", exact=True).click()
        done(dealer, "The return is approved")

        shop.goto(village.shop.address + address)
        shop.get_by_label("Carrier").fill("SF")
        shop.get_by_label("Waybill", exact=True).fill("SF12345")
        shop.get_by_role("button", name="Sent back").click()
        done(shop, "The seller knows the waybill")

        stages.until("it is on its way", afterwards.stands, village.dealer, name, "in-return")
        dealer.goto(village.dealer.address + address)
        dealer.get_by_role("button", name="Confirm the arrival").click()
        done(dealer, "The goods are taken in")
        dealer.get_by_role("button", name="Tell the result").click()
        done(dealer, "The result is told")
        dealer.get_by_role("button", name="Refund", exact=True).click()
        sure(dealer)
        done(dealer, "The money is given back")
        sync_api.expect(dealer.locator("#goods .badge").first).to_have_text("refunded")
        sync_api.expect(dealer.locator(".deeds")).to_have_count(0)
        stages.until("it is refunded", afterwards.stands, village.shop, name, "refunded")
        shop.goto(village.shop.address + address)
        sync_api.expect(shop.locator("#goods .badge").first).to_have_text("refunded")


def test_a_complaint_is_answered_and_settled(village: villages.Village, browser: sync_api.Browser) -> None:
    order = afterwards.shipped(village.shop, village.dealer)[-1]["order"]
    with (
        pictures.visit(browser, village.shop.address) as shop,
        pictures.visit(browser, village.dealer.address) as dealer,
    ):
        shop.goto(f"{village.shop.address}/aftersales/complaints/new?order={order}")
        shop.get_by_label("What is wrong").select_option("wrong_item")
        shop.get_by_label("How much money you want").fill("9.00")
        shop.get_by_label("What happened").fill(f"The wrong colour {EVIL}")
        shop.get_by_role("button", name="Complain").click()
        done(shop, "The complaint is on its way")
        name = newest(village, "complaint")
        address = f"/aftersales/complaints/{name}"
        stages.until("it arrives", lambda: name in [
            row["name"] for row in village.dealer.ask("aftersales.list", kind="complaint")["entries"]
        ])  # fmt: skip

        dealer.goto(village.dealer.address + address)
        assert EVIL in dealer.locator(".message").first.inner_text()
        open_step(dealer, "Offer money to settle it")
        dealer.get_by_label("Amount in CNY").fill("6.00")
        dealer.get_by_role("button", name="Make the offer").click()
        done(dealer, "The offer is on its way")

        stages.until("the offer arrives", lambda: village.shop.ask("issue.show", issue=name)["offers"])
        shop.goto(village.shop.address + address)
        shop.get_by_role("button", name="Take the offer").click()
        sure(shop)
        done(shop, "The offer is answered")
        sync_api.expect(shop.locator("#talk .badge").first).to_have_text("settled")
