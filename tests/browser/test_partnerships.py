"""Two merchants become partners: one copies an invitation, the other pastes it; both read the same words and agree."""

from __future__ import annotations

from pathlib import Path

import segno
from playwright import sync_api

from tests.browser import pictures, test_pages, villages


def words(page: sync_api.Page) -> list[str]:
    """The words as they are read aloud."""
    page.locator(".spoken li").nth(7).wait_for()
    return page.locator(".spoken li").all_inner_texts()


def test_an_invitation_is_copied_and_pasted_and_terms_are_agreed(
    village: villages.Village, browser: sync_api.Browser, tmp_path: Path
) -> None:
    shop, harbour = village.shop, village.harbour
    with (
        pictures.visit(browser, shop.address, refusals=True) as inviting,
        pictures.visit(browser, harbour.address, "zh-CN", "phone") as joining,
    ):
        inviting.goto(shop.address + "/partners")
        inviting.get_by_role("button", name="Invite a merchant").click()
        inviting.wait_for_url("**/partners/invite*")
        uri = inviting.locator("#invitation-link").input_value()
        assert uri.startswith("hanse:1?")
        inviting.get_by_role("button", name="Copy the invitation").click()
        inviting.get_by_text("Copied").wait_for()
        assert inviting.locator(".invitation img.qr").evaluate("image => image.naturalWidth") > 50

        joining.goto(harbour.address + "/partners/join")
        reads_a_picture(joining, uri, tmp_path)
        joining.locator("#join button:not([type])").click()
        read = words(joining)

        inviting.locator("#invitation .alert-success a").click()  # the page says by itself that the invitation was used
        assert words(inviting) == read and len(set(read)) == 8
        inviting.get_by_role("button", name="The words are the same").click()
        inviting.get_by_text("you know now who is at the other end").wait_for()
        joining.locator(".outcome-card button").first.click()
        joining.locator(".alert.done").wait_for()
        assert joining.locator(".spoken").first.is_hidden()
        agree(inviting, joining)


def reads_a_picture(page: sync_api.Page, uri: str, folder: Path) -> None:
    """A picture of the invitation is as good as its text; one without says so."""
    segno.make("hello", micro=False).save(str(folder / "other.png"), scale=1, border=0)
    (folder / "none.png").write_bytes((folder / "other.png").read_bytes()[:60])
    page.set_input_files("#scan-file", folder / "none.png")
    page.locator("[data-scan-said]:not(:empty)").wait_for()
    segno.make(uri, error="m").save(str(folder / "invitation.png"), scale=6, border=4)
    page.set_input_files("#scan-file", folder / "invitation.png")
    sync_api.expect(page.locator("#join textarea")).to_have_value(uri)


def agree(seller: sync_api.Page, buyer: sync_api.Page) -> None:
    """Terms proposed on one console and accepted on the other; then a change, shown as what differs."""
    seller.locator("nav.tabs a").nth(1).click()
    seller.get_by_role("link", name="Propose terms").click()
    seller.get_by_label("Days until payment is due").fill("30")
    seller.get_by_label("Buyer cancels after acceptance").fill("a lot")
    seller.get_by_role("button", name="Propose these terms").click()
    seller.locator(".faults").wait_for()
    assert seller.get_by_label("Days until payment is due").input_value() == "30"  # nothing that was typed is lost
    seller.get_by_label("Buyer cancels after acceptance").fill("12.5")
    seller.get_by_role("button", name="Propose these terms").click()
    seller.get_by_text("The terms are in force once the partner accepts them").wait_for()

    buyer.locator("nav.tabs a").nth(1).click()
    buyer.get_by_text("30天").first.wait_for()
    assert buyer.get_by_text("12.5%").count()
    confirmed(buyer, "接受这些条款")
    seller.get_by_text("in force", exact=True).wait_for()

    buyer.get_by_role("link", name="提出修改").click()
    buyer.get_by_label("账期(天)".replace("(", "\uff08").replace(")", "\uff09")).fill("45")
    buyer.locator("form.card button.btn-primary").click()
    buyer.locator(".differences").wait_for()
    seller.locator(".differences").wait_for()
    assert seller.locator(".differences tbody tr").count() == 1
    assert "45 days" in seller.locator(".differences").inner_text()
    barriers(seller)
    confirmed(seller, "Accept the change")
    seller.locator(".clauses").get_by_text("45 days").wait_for()
    assert seller.locator(".differences").count() == 0


def confirmed(page: sync_api.Page, button: str) -> None:
    """Press a button and say yes to the question."""
    page.get_by_role("button", name=button).click()
    page.locator("dialog[open] button.btn-primary").click()
    page.locator(".alert.done").wait_for()


def barriers(page: sync_api.Page) -> None:
    """Nothing that axe-core finds serious on the page as it is."""
    page.evaluate(test_pages.AXE.read_text())
    assert test_pages.barriers(page) == []


def test_every_page_of_a_partner_is_free_of_barriers(village: villages.Village, browser: sync_api.Browser) -> None:
    dealer = village.dealer
    nodes = [row["node"] for row in dealer.ask("partners")["partners"]]
    for language, width, theme in test_pages.VISITS:
        with pictures.visit(browser, dealer.address, language, width, theme) as page:
            for path in ("", "/terms?both=1", "/terms/propose", "/sharing", "/services"):
                assert test_pages.look(page, f"{dealer.address}/partners/{nodes[0]}{path}") == [], path
