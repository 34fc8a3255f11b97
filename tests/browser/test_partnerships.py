"""Two merchants become partners: one copies an invitation, the other pastes it; both read the same words and agree."""

from __future__ import annotations

import re
from pathlib import Path

import segno
from playwright import sync_api

from tests.browser import cameras, guises, tabs, villages


def words(tab: tabs.Tab) -> list[str]:
    """The words as they are read aloud."""
    tab.page.locator(".spoken li").nth(7).wait_for()
    return tab.page.locator(".spoken li").all_inner_texts()


def test_an_invitation_is_copied_and_pasted_and_terms_are_agreed(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise, tmp_path: Path
) -> None:
    with (
        villages.settle(tmp_path, [("newcomer", f"新芽生活 {guise.mark}")]) as (newcomer,),
        tabs.open_tab(browser, village.shop.address, guise, refusals=True) as inviting,
        tabs.open_tab(browser, newcomer.address, guise) as joining,
    ):
        inviting.go("/partners")
        inviting.press("Invite a merchant")
        inviting.page.wait_for_url("**/partners/invite*")
        uri = inviting.page.locator("#invitation-link").input_value()
        assert uri.startswith("hanse:1?")
        inviting.press("Copy the invitation")
        inviting.text("Copied").wait_for()
        drawn = inviting.page.locator(".invitation img.qr")
        sync_api.expect(drawn).to_have_js_property("complete", True)
        assert drawn.evaluate("image => image.naturalWidth") > 50

        joining.go("/partners/join")
        reads_a_picture(joining, uri, tmp_path)
        joining.press("Become partners")
        read = words(joining)

        used = inviting.page.locator("#invitation .alert-success").filter(has_text=newcomer.name)
        inviting.link("Compare the words", within=used).click()  # the page says by itself that it was used
        assert words(inviting) == read and len(set(read)) == 8
        inviting.press("The words are the same")
        inviting.done("partner.compare")
        joining.press("The words are the same")
        joining.done("partner.compare")
        sync_api.expect(joining.page.locator(".spoken").first).to_be_hidden()
        agree(inviting, joining)


def reads_a_picture(tab: tabs.Tab, uri: str, folder: Path) -> None:
    """A picture of the invitation is as good as its text; one without says so."""
    segno.make("hello", micro=False).save(str(folder / "other.png"), scale=1, border=0)
    (folder / "none.png").write_bytes((folder / "other.png").read_bytes()[:60])
    tab.page.set_input_files("#scan-file", folder / "none.png")
    tab.text("No QR code was found in this picture.").wait_for()
    segno.make(uri, error="m").save(str(folder / "invitation.png"), scale=6, border=4)
    tab.page.set_input_files("#scan-file", folder / "invitation.png")
    tab.text("The invitation was read.").wait_for()
    sync_api.expect(tab.field("The invitation")).to_have_value(uri)


def agree(seller: tabs.Tab, buyer: tabs.Tab) -> None:
    """Terms proposed on one console and accepted on the other; then a change, shown as what differs."""
    seller.link("Terms").click()
    seller.link("Propose terms").click()
    seller.field("Days until payment is due").fill("30")
    seller.field("Buyer cancels after acceptance").fill("a lot")
    seller.press("Propose these terms")
    seller.page.locator(".faults").wait_for()
    sync_api.expect(seller.field("Days until payment is due")).to_have_value("30")  # nothing that was typed is lost
    seller.look()
    seller.field("Buyer cancels after acceptance").fill("12.5")
    seller.press("Propose these terms")
    seller.done("agreement.propose")

    haggle(seller, buyer)
    clauses = buyer.page.locator(".clauses").first
    sync_api.expect(clauses).to_contain_text(re.compile(r"30\s?(days|天)"))
    sync_api.expect(clauses).to_contain_text("12.5%")
    buyer.look()
    accept(buyer, "Accept these terms")
    seller.page.get_by_text(seller.guise.word("agreement.in-force"), exact=True).first.wait_for()

    buyer.link("Propose a change").click()
    buyer.field("Days until payment is due").fill("45")
    buyer.press("Propose these terms")
    buyer.page.locator(".differences").wait_for()
    seller.page.locator(".differences").wait_for()
    sync_api.expect(seller.page.locator(".differences tbody tr")).to_have_count(1)
    sync_api.expect(seller.page.locator(".differences")).to_contain_text(re.compile(r"45\s?(days|天)"))
    seller.look(again=True)
    accept(seller, "Accept the change")
    sync_api.expect(seller.page.locator(".clauses").first).to_contain_text(re.compile(r"45\s?(days|天)"))
    sync_api.expect(seller.page.locator(".differences")).to_have_count(0)


def haggle(seller: tabs.Tab, buyer: tabs.Tab) -> None:
    """The buyer answers with other terms, and both read what differs; declined ones are said so."""
    buyer.link("Terms").click()
    buyer.link("Answer with other terms").click()
    buyer.field("Days until payment is due").fill("60")
    buyer.press("Propose these terms")
    buyer.done("agreement.propose")
    for tab in (buyer, seller):
        sync_api.expect(tab.page.locator(".differences tbody tr")).to_have_count(1)
        sync_api.expect(tab.page.locator(".differences")).to_contain_text(re.compile(r"60\s?(days|天)"))
    seller.look(again=True)
    seller.press("Decline")
    seller.done("agreement.decline")
    buyer.text("Ask what does not suit, and propose other terms.").wait_for()  # by itself
    buyer.look(again=True)
    seller.link("Propose terms").click()
    seller.field("Days until payment is due").fill("30")
    seller.field("Buyer cancels after acceptance").fill("12.5")
    seller.press("Propose these terms")
    seller.done("agreement.propose")
    buyer.text("Accept these terms").wait_for()


def accept(tab: tabs.Tab, text: str) -> None:
    """Press a button and say yes to the question."""
    tab.press(text)
    tab.sure()
    tab.done("agreement.accept")


def test_every_page_of_a_partner_is_free_of_barriers(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    nodes = [row["node"] for row in village.dealer.ask("partners")["partners"]]
    with tabs.open_tab(browser, village.dealer.address, guise) as tab:
        for path in ("", "/terms?both=1", "/terms/propose", "/sharing", "/services"):
            tab.go(f"/partners/{nodes[0]}{path}")


def test_an_invitation_is_read_by_the_camera(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise, tmp_path: Path
) -> None:
    """A camera that looks at the invitation of another console; nothing is pasted."""
    uri = village.shop.ask("invite")["uri"]
    film = tmp_path / "invitation.y4m"
    film.write_bytes(cameras.film(uri))
    with (
        villages.settle(tmp_path, [("newcomer", f"青禾 {guise.mark}")]) as (newcomer,),
        cameras.looking_at(browser, film) as photographer,
        tabs.open_tab(photographer, newcomer.address, guise) as joining,
    ):
        joining.go("/partners/join")
        joining.press("Scan with the camera")
        joining.text("The invitation was read.").wait_for()
        sync_api.expect(joining.field("The invitation")).to_have_value(uri)
        sync_api.expect(joining.page.locator("video")).to_be_hidden()
        sync_api.expect(joining.button("Stop the camera")).to_be_hidden()
        sync_api.expect(joining.page.locator("video")).to_have_js_property("srcObject.active", False)
        joining.press("Become partners")
        assert len(set(words(joining))) == 8


def test_a_camera_that_is_refused_leaves_the_other_ways(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    with tabs.open_tab(browser, village.harbour.address, guise) as tab:
        tab.go("/partners/join")
        tab.press("Scan with the camera")
        tab.text("The camera cannot be used here. Take a picture and choose it, or paste the text.").wait_for()
        sync_api.expect(tab.button("Scan with the camera")).to_be_visible()
