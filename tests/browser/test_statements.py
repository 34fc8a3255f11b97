"""Money on two consoles: one line of a statement is contested, the next statement is agreed to, a payment arrives."""

from __future__ import annotations

import re
from datetime import date

from playwright import sync_api

from node.demonstrations import closings, stages
from node.demonstrations.merchants import Merchant
from node.demonstrations.stages import Json
from tests.browser import afterwards, guises, parcels, tabs, villages
from tests.browser.test_aftersales import newest


def statements(seller: Merchant, buyer: Merchant) -> list[Json]:
    """The statements of what one sold to the other, the oldest first."""
    rows: list[Json] = seller.ask("statement.list", partner=buyer.name)["statements"]
    return [row for row in reversed(rows) if row["selling"]]


def next_period(seller: Merchant, buyer: Merchant) -> str:
    """The first month that has no statement yet."""
    last = max((row["period"] for row in statements(seller, buyer)), default="2026-11")
    year, month = (int(part) for part in last.split("-"))
    return date(year + month // 12, month % 12 + 1, 1).strftime("%Y-%m")


def propose(tab: tabs.Tab, seller: Merchant, buyer: Merchant) -> str:
    """The seller proposes the next statement; its name, once it has arrived."""
    period = next_period(seller, buyer)
    tab.go("/statements")
    tab.press("Propose a statement")
    dialog = tab.page.locator("#propose")
    tab.field("Partner", within=dialog).select_option(buyer.name)
    tab.field("Period", within=dialog).fill(period)
    tab.look()
    tab.press("Propose", within=dialog)
    tab.done("statement.propose")
    name = next(str(row["statement"]) for row in statements(seller, buyer) if row["period"] == period)
    stages.until("the statement arrives", closings.one, buyer, name)
    return name


def agree(tab: tabs.Tab, name: str) -> None:
    """The buyer agrees to a statement."""
    tab.go(f"/statements/{name}")
    sync_api.expect(tab.text("Both books say the same, to the last line.")).to_be_visible()
    tab.press("Agree to the statement")
    tab.sure()
    tab.done("statement.agree")
    tab.reads("#statement-head .badge", "statement.closed")


def contest(tab: tabs.Tab, name: str) -> str:
    """The buyer contests the first order of a statement; which one that is."""
    tab.go(f"/statements/{name}")
    bar = tab.page.locator("[data-counts]")
    sync_api.expect(bar).to_be_hidden()
    chosen = tab.page.locator("tr", has=tab.page.locator("a[href^='/orders/']")).locator("input[name=threads]").first
    order = str(chosen.get_attribute("value"))
    chosen.check()
    tab.field("Reason", within=bar).select_option("amount")
    tab.look()
    bar.get_by_role("button", name=re.compile(re.escape(tab.say("Contest the chosen ones")))).click()
    tab.done("statement.contest")
    tab.reads("#statement-head .badge", "statement.contested")
    return order


def contested(tab: tabs.Tab, name: str, order: str) -> None:
    """The line of the order, and nothing else, is marked as contested, with the reason; go to the order."""
    tab.go(f"/statements/{name}")
    tab.reads("#statement-head .badge", "statement.contested")
    tab.link("Only what is contested").click()
    tab.page.wait_for_url("**only=contested")
    marked = tab.page.locator("tr.contested")
    sync_api.expect(tab.page.locator("table.stacks tbody tr:not(.contested)")).to_have_count(0)
    sync_api.expect(marked.first).to_contain_text(tab.guise.word("cause.amount"))
    tab.look()
    marked.first.locator(f"a[href='/orders/{order}']").click()
    tab.page.wait_for_url(f"**/orders/{order}")


def settle(seller: tabs.Tab, buyer: tabs.Tab, village: villages.Village) -> None:
    """From the contested line on: the buyer says what is wrong with the order, the seller gives money back for it."""
    factory, harbour = village.factory, village.harbour
    buyer.look(again=True)
    buyer.link("Complain").click()
    buyer.page.wait_for_url("**/complaints/new?**")
    buyer.field("What is wrong").select_option("damaged")
    buyer.field("What happened").fill("One of the two is broken")
    buyer.press("Complain")
    buyer.done("issue.open")
    issue = newest(harbour, "complaint")
    stages.until("the complaint arrives", afterwards.complained, factory, issue)
    seller.go(f"/aftersales/complaints/{issue}")
    seller.unfold("Offer money to settle it")
    seller.field("Amount in %(currency)s", currency="CNY").fill("2.50")
    seller.press("Make the offer")
    seller.done("issue.offer")
    buyer.go(f"/aftersales/complaints/{issue}")
    buyer.press("Take the offer")
    buyer.sure()
    buyer.done("issue.accept")
    seller.reads("#talk .badge", "issue.settled")


def test_a_contested_line_is_settled_and_the_balance_paid_to_zero(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    factory, harbour = village.factory, village.harbour
    for _ in range(2):  # one line is contested, what the other says is owed at once
        parcels.sent(harbour, factory)
    with (
        tabs.open_tab(browser, factory.address, guise) as seller,
        tabs.open_tab(browser, harbour.address, guise) as buyer,
    ):
        open_ones = [row for row in statements(factory, harbour) if row["state"] == "proposed"]
        first = str(open_ones[0]["statement"]) if open_ones else propose(seller, factory, harbour)
        order = contest(buyer, first)
        contested(seller, first, order)
        settle(seller, buyer, village)

        second = propose(seller, factory, harbour)
        buyer.go(f"/statements/{second}")
        sync_api.expect(buyer.text("rolled on from before")).to_be_visible()
        given = buyer.page.locator("tr", has=buyer.page.locator("a[href^='/aftersales/complaints/']"))
        sync_api.expect(given).to_contain_text(buyer.guise.words.money(-250, "CNY"))
        agree(buyer, second)
        with buyer.page.expect_download() as saved:
            buyer.link("Excel").click()
        assert re.fullmatch(rf"statement-\d{{4}}-\d\d-{second[:8]}\.xlsx", saved.value.suggested_filename)
        pay(buyer, seller, village)


def pay(debtor: tabs.Tab, creditor: tabs.Tab, village: villages.Village) -> None:
    """The debtor pays what both statements say; the creditor has the money; neither owes the other anything."""
    all_of_it = str(debtor.link("Pay all of it").get_attribute("href"))  # the earlier statement is open, too
    debtor.go("/statements/balances")
    link = debtor.link("Pay all of it", within=balance(debtor, village.factory))
    same = re.compile("^" + re.escape(all_of_it.removesuffix("#pay")))  # and here the agreement, too
    sync_api.expect(link).to_have_attribute("href", same)
    link.click()
    debtor.page.wait_for_url("**/payments?**")
    form = debtor.page.locator("form[action='/do/payment.sent']").last
    debtor.look()
    debtor.press("It is sent", within=form)
    debtor.sure()
    debtor.done("payment.sent")
    sent = village.harbour.ask("payment.list", partner=village.factory.name)["payments"][0]["payment"]
    stages.until("the payment arrives", closings.payment, village.factory, sent)
    creditor.go(f"/statements/payments/{sent}")
    creditor.press("It arrived")
    creditor.sure()
    creditor.done("payment.received")
    creditor.reads("#payment .badge", "payment.received")
    for tab, partner in ((debtor, village.factory), (creditor, village.harbour)):
        tab.go("/statements/balances")
        sync_api.expect(balance(tab, partner).locator("strong")).to_have_text(tab.guise.words.money(0, "CNY"))


def balance(tab: tabs.Tab, partner: villages.Villager) -> sync_api.Locator:
    """The row of a partner among the balances."""
    return tab.page.locator("#balances table").first.locator("tr", has_text=partner.name)
