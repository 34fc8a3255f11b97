"""After-sales on two consoles: a return with a photo until its refund, and a complaint that is settled."""

from __future__ import annotations

from pathlib import Path

from playwright import sync_api

from node.demonstrations import stages
from tests.browser import afterwards, guises, parcels, tabs, villages

EVIL = "<script>alert(1)</script>"


def newest(villager: villages.Villager, kind: str) -> str:
    """The name of what a villager began last."""
    rows = villager.ask("aftersales.list", kind=kind)["entries"]
    return str(max(rows, key=lambda row: row["since_ms"])["name"])


def test_a_return_goes_from_request_with_a_photo_to_refund_on_two_consoles(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise, tmp_path: Path
) -> None:
    order = parcels.sent(village.shop, village.dealer)
    village.shop.ask("order.receive", order=order)
    photo = tmp_path / f"{EVIL.replace('/', '')}.png"
    photo.write_bytes(afterwards.photo())
    with (
        tabs.open_tab(browser, village.shop.address, guise) as shop,
        tabs.open_tab(browser, village.dealer.address, guise) as dealer,
    ):
        shop.go(f"/aftersales/returns/new?order={order}")
        shop.page.locator("input[name^='quantities']").first.fill("1")
        shop.field("Why").select_option("damaged")
        shop.field("Message to the seller").fill(EVIL)
        shop.field("Photos and files").set_input_files(photo)
        shop.press("Ask for the return")
        shop.done("return.request")
        name = newest(village.shop, "return")
        address = f"/aftersales/returns/{name}"
        shop.page.locator(f"a[href='{address}']").click()

        stages.until("the return arrives", afterwards.known, village.dealer, name)
        dealer.go(address)
        sync_api.expect(dealer.page.locator(".message").first).to_contain_text(EVIL)
        dealer.page.locator(".thumb").first.click()
        dealer.pictured(dealer.page.locator("dialog.photo img"), 480)
        dealer.look()
        dealer.press("Close")
        dealer.press("Approve")
        dealer.done("return.approve")

        shop.go(address)
        shop.field("Carrier").fill("SF")
        shop.field("Waybill").fill("SF12345")
        shop.press("Sent back")
        shop.done("return.ship")

        stages.until("it is on its way", afterwards.stands, village.dealer, name, "in-return")
        dealer.go(address)
        dealer.press("Confirm the arrival")
        dealer.done("return.receive")
        dealer.press("Tell the result")
        dealer.done("return.inspect")
        dealer.press("Refund")
        dealer.sure()
        dealer.done("return.refund")
        dealer.reads("#goods .badge", "return.refunded")
        sync_api.expect(dealer.page.locator(".deeds")).to_have_count(0)
        stages.until("it is refunded", afterwards.stands, village.shop, name, "refunded")
        shop.go(address)
        shop.reads("#goods .badge", "return.refunded")


def test_a_complaint_is_answered_and_settled(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    order = parcels.sent(village.shop, village.dealer)
    with (
        tabs.open_tab(browser, village.shop.address, guise) as shop,
        tabs.open_tab(browser, village.dealer.address, guise) as dealer,
    ):
        shop.go(f"/aftersales/complaints/new?order={order}")
        shop.field("What is wrong").select_option("wrong_item")
        shop.field("How much money you want").fill("9.00")
        shop.field("What happened").fill(f"The wrong colour {EVIL}")
        shop.press("Complain")
        shop.done("issue.open")
        name = newest(village.shop, "complaint")
        address = f"/aftersales/complaints/{name}"
        stages.until("it arrives", lambda: name in [
            row["name"] for row in village.dealer.ask("aftersales.list", kind="complaint")["entries"]
        ])  # fmt: skip

        dealer.go(address)
        sync_api.expect(dealer.page.locator(".message").first).to_contain_text(EVIL)
        dealer.unfold("Offer money to settle it")
        dealer.field("Amount in %(currency)s", currency="CNY").fill("6.00")
        dealer.press("Make the offer")
        dealer.done("issue.offer")

        stages.until("the offer arrives", lambda: village.shop.ask("issue.show", issue=name)["offers"])
        shop.go(address)
        shop.press("Take the offer")
        shop.sure()
        shop.done("issue.accept")
        shop.reads("#talk .badge", "issue.settled")
