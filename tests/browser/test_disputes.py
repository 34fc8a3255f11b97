"""A quarrel that ends before an arbiter, on three consoles: from the terms that name it to the money.

The parties have a clock of their own, which goes on by hours at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright import sync_api

from node.demonstrations import closings, openings, stages
from tests.browser import afterwards, guises, parcels, tabs, villages
from tests.browser.test_aftersales import newest
from tests.browser.test_statements import agree, propose

EVIL = "<script>alert(1)</script>"
HOURS = 2
GOODS = "sku,title_zh,title_en,price,stock\nCUP-1,青瓷茶杯,Celadon cup,12.00,400\n"


@dataclass(frozen=True, slots=True)
class Court:
    """A seller and a buyer, and a judge whom no agreement names before a story says so."""

    seller: villages.Villager
    buyer: villages.Villager
    judge: villages.Villager


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    cast = (("seller", "景德瓷坊"), ("buyer", "Kettle & Co"), ("judge", "义乌仲裁所"))
    with villages.settle(tmp_path_factory.mktemp("court"), cast) as (seller, buyer, judge):
        buyer.ask("join", uri=seller.ask("invite")["uri"])
        stages.until("they are partners", lambda: all(map(openings.all_active, (seller, buyer))))
        stages.until("the seller knows", openings.words_of, seller, buyer)
        openings.sign(seller, buyer)
        openings.load(seller, "cups.csv", GOODS.encode())
        seller.ask("catalogue.share", partner=buyer.name)
        stages.until("the cups are offered", openings.offers, buyer, seller, 1)
        yield Court(seller, buyer, judge)


def agree_on_a_judge(court: Court, buyer: tabs.Tab, seller: tabs.Tab, judge: tabs.Tab) -> None:
    """The judge tells how agreements name it, the seller proposes terms that do, and the buyer accepts them."""
    nobody(court)
    judge.go("/aftersales/arbiter")
    line = judge.page.locator("#arbiter-key").inner_text()
    show_terms(seller, court.buyer)
    seller.link("Propose a change").click()
    seller.page.wait_for_url("**/terms/propose?**")
    seller.unfold("Disputes and invoices")
    seller.field("Arbiters, the first one first").fill(line)
    seller.field("Hours until a complaint may be escalated").fill(str(HOURS))
    seller.field("Hours that each arbiter has").fill("24")
    seller.look()
    seller.press("Propose these terms")
    seller.done("agreement.propose")
    show_terms(buyer, court.seller)
    named = buyer.page.locator(".differences tr").filter(has_text=court.judge.name)
    sync_api.expect(named).to_contain_text(buyer.say("Arbiter"))
    buyer.look()
    buyer.press("Accept the change")
    buyer.sure()
    buyer.done("agreement.accept")
    sync_api.expect(buyer.page.locator(".clauses")).to_contain_text(court.judge.name)
    sync_api.expect(seller.page.locator(".differences")).to_have_count(0)  # it is in force there, too


def show_terms(tab: tabs.Tab, partner: villages.Villager) -> None:
    """Go where the terms with a partner stand."""
    tab.go("/partners")
    tab.page.get_by_role("link", name=partner.name).click()
    tab.link("Terms").click()
    tab.page.wait_for_url("**/terms")


def nobody(court: Court) -> None:
    """Terms that name no judge, as before the first story."""
    (now,) = court.seller.ask("agreement.list")["agreements"]
    if now["terms"]["arbiters"]:
        proposed = court.seller.ask("agreement.propose", partner=court.buyer.name, instead_of=now["agreement"])
        stages.until("the terms arrive", openings.waits, court.buyer, now["agreement"])
        court.buyer.ask("agreement.accept", partner=court.seller.name)
        stages.until("they are in force", openings.in_force, court.seller, proposed["agreement"])


def stands(villager: villages.Villager, issue: str, state: str) -> bool:
    """Whether a complaint is in a state."""
    return any(row["issue"] == issue and row["state"] == state for row in villager.ask("issue.list")["issues"])


def complain(court: Court, buyer: tabs.Tab, photo: Path) -> str:
    """The buyer complains with a photo; the complaint, once the seller knows."""
    order = parcels.sent(court.buyer, court.seller)
    buyer.go(f"/orders/{order}")
    buyer.link("Complain").click()
    buyer.field("What is wrong").select_option("damaged")
    buyer.field("What you want").select_option("refund")
    buyer.field("How much money you want").fill("24.00")
    buyer.field("What happened").fill(f"Both cups are broken {EVIL}")
    buyer.field("Photos and files").set_input_files(photo)
    buyer.press("Complain")
    buyer.done("issue.open")
    issue = newest(court.buyer, "complaint")
    stages.until("the complaint arrives", stands, court.seller, issue, "open")
    return issue


def disagree(court: Court, issue: str, buyer: tabs.Tab, seller: tabs.Tab) -> None:
    """The seller offers less than the buyer wants, and the buyer declines; the time runs out."""
    seller.go(f"/aftersales/complaints/{issue}")
    seller.page.locator(".thumb").first.click()
    sync_api.expect(seller.page.locator("dialog.photo img")).to_be_visible()
    seller.press("Close")
    seller.field("Your message").fill("They left in one piece")
    seller.field("How it stands").select_option("processing")
    seller.press("Send")
    seller.done("issue.reply")
    seller.unfold("Offer money to settle it")
    seller.field("Amount in %(currency)s", currency="CNY").fill("3.00")
    seller.press("Make the offer")
    seller.done("issue.offer")

    stages.until("the offer arrives", lambda: court.buyer.ask("issue.show", issue=issue)["offers"])
    buyer.go(f"/aftersales/complaints/{issue}")
    buyer.press("Decline")
    buyer.done("issue.accept")
    buyer.unfold("Escalate")
    buyer.press("Escalate")
    early = buyer.page.locator(".alert-danger", has=buyer.page.get_by_text("document.refused"))
    early.wait_for()  # the time for a solution is not over
    court.buyer.clock.forward(HOURS)
    buyer.go(f"/aftersales/complaints/{issue}")
    buyer.unfold("Escalate")
    buyer.press("Escalate")
    buyer.done("issue.escalate")
    buyer.reads("#talk .badge", "issue.escalated")


def go_to_the_arbiter(court: Court, issue: str, buyer: tabs.Tab, seller: tabs.Tab, photo: Path, case: Path) -> None:
    """The buyer opens the dispute, the seller answers with evidence, and the buyer saves the case."""
    buyer.field("How much money you want").fill("24.00")
    buyer.field("To the arbiter").first.fill("They never answered in earnest")
    buyer.look(again=True)
    buyer.press("Open the dispute")
    buyer.sure()
    buyer.done("dispute.open")
    buyer.reads("#talk .badge", "issue.disputed")

    stages.until("the dispute arrives", stands, court.seller, issue, "disputed")
    seller.go(f"/aftersales/complaints/{issue}")
    seller.unfold("Add evidence")
    evidence = seller.page.locator("form[action='/do/dispute.evidence']")
    seller.field("To the arbiter", within=evidence).fill("This is how they were packed")
    seller.field("Photos and files", within=evidence).set_input_files(photo)
    seller.press("Add", within=evidence)
    seller.done("dispute.evidence")

    stages.until("the evidence arrives", lambda: files(court.buyer, issue) == 2)
    buyer.go(f"/aftersales/complaints/{issue}")
    with buyer.page.expect_download() as saved:
        buyer.link("Save the case").click()
    saved.value.save_as(case)


def files(villager: villages.Villager, issue: str) -> int:
    """How many files of a complaint are here."""
    papers = villager.ask("issue.show", issue=issue)["documents"]
    return sum(file["here"] for paper in papers for file in paper["files"])


def decide(judge: tabs.Tab, case: Path, award: Path) -> None:
    """The judge reads the case, looks at the photos, and signs."""
    judge.go("/aftersales/arbiter")
    judge.page.set_input_files("input[name=case]", case)
    judge.press("Read")
    judge.text("Every document of this case is proved: it stands in the signed logbook of its author.").wait_for()
    told = judge.page.locator(".timeline").inner_text()
    assert all(text in told for text in (EVIL, "never answered in earnest", "how they were packed"))
    assert judge.guise.words.money(2400, "CNY") in told and judge.guise.word("paper.shipment.handover") in told
    photos = judge.page.locator(".thumb img")
    sync_api.expect(photos).to_have_count(2)
    judge.pictured(photos.first, 480)
    judge.look(again=True)
    judge.field("Who gets money").select_option("buyer")
    judge.field("How much").fill("15.00")
    judge.field("Reasons").fill("One cup was packed badly")
    with judge.page.expect_download() as signed:
        judge.press("Sign the award and save it")
    signed.value.save_as(award)


def comply(court: Court, issue: str, buyer: tabs.Tab, seller: tabs.Tab, award: Path) -> None:
    """Both read the same award, whoever enters it; the seller says that it has done what it says."""
    buyer.go(f"/aftersales/complaints/{issue}")
    buyer.unfold("Enter the arbiter's award")
    buyer.page.set_input_files("input[name=award]", award)
    buyer.press("Enter")
    buyer.page.locator("form[action='/do/dispute.decide'] button.btn-primary").click()
    buyer.done("dispute.decide")
    buyer.reads("#talk .badge", "issue.decided")
    sync_api.expect(buyer.page.locator("#facts")).to_contain_text(buyer.guise.words.money(1500, "CNY"))

    stages.until("the award arrives", stands, court.seller, issue, "decided")
    stages.until("its reasons arrive", lambda: files(court.seller, issue) == 3)
    seller.go(f"/aftersales/complaints/{issue}")
    sync_api.expect(seller.page.locator("#facts")).to_contain_text(seller.guise.words.money(-1500, "CNY"))
    seller.press("I did what the award says")
    seller.done("dispute.comply")
    seller.reads("#talk .badge", "issue.complied")
    stages.until("the buyer hears of it", stands, court.buyer, issue, "complied")


def test_a_dispute_goes_from_a_photo_over_the_arbiters_desk_to_the_money(
    court: Court, browser: sync_api.Browser, guise: guises.Guise, tmp_path: Path
) -> None:
    photo, case, award = tmp_path / "杯子.png", tmp_path / "case.json", tmp_path / "award.json"
    photo.write_bytes(afterwards.photo())
    before = closings.owed(court.seller, court.buyer)
    with (
        tabs.open_tab(browser, court.buyer.address, guise, tolerated=["status of 409"]) as buyer,
        tabs.open_tab(browser, court.seller.address, guise) as seller,
        tabs.open_tab(browser, court.judge.address, guise) as judge,
    ):
        agree_on_a_judge(court, buyer, seller, judge)
        issue = complain(court, buyer, photo)
        disagree(court, issue, buyer, seller)
        go_to_the_arbiter(court, issue, buyer, seller, photo, case)
        decide(judge, case, award)
        comply(court, issue, buyer, seller, award)
        assert closings.owed(court.seller, court.buyer) == before + 2400 - 1500
        statement = propose(seller, court.seller, court.buyer)
        buyer.go(f"/statements/{statement}")
        row = buyer.page.locator("tr", has=buyer.page.locator(f"a[href='/aftersales/complaints/{issue}']"))
        sync_api.expect(row).to_contain_text(buyer.guise.words.money(-1500, "CNY"))
        agree(buyer, statement)
