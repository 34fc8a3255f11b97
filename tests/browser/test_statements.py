"""Money on two consoles: one line of a statement is contested, the next statement is agreed to, a payment arrives."""

from __future__ import annotations

import re
from datetime import date

from playwright import sync_api

from node.demonstrations import closings, stages
from node.demonstrations.merchants import Merchant
from node.demonstrations.stages import Json
from tests.browser import guises, parcels, tabs, villages


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


def test_a_line_is_contested_and_the_next_statement_agreed_to(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    factory, harbour = village.factory, village.harbour
    parcels.sent(harbour, factory)
    with (
        tabs.open_tab(browser, factory.address, guise) as seller,
        tabs.open_tab(browser, harbour.address, guise) as buyer,
    ):
        open_ones = [row for row in statements(factory, harbour) if row["state"] == "proposed"]
        first = str(open_ones[0]["statement"]) if open_ones else propose(seller, factory, harbour)
        buyer.go(f"/statements/{first}")
        bar = buyer.page.locator("[data-counts]")
        sync_api.expect(bar).to_be_hidden()
        buyer.page.locator("input[name=threads]").first.check()
        buyer.field("Reason", within=bar).select_option("amount")
        buyer.look()
        bar.get_by_role("button", name=re.compile(re.escape(buyer.say("Contest the chosen ones")))).click()
        buyer.done("statement.contest")
        sync_api.expect(buyer.page.locator("tr.contested").first).to_be_visible()
        buyer.reads("#statement-head .badge", "statement.contested")

        stages.until("the answer arrives", lambda: statements(factory, harbour)[-1]["state"] == "contested")
        second = propose(seller, factory, harbour)
        buyer.go(f"/statements/{second}")
        sync_api.expect(buyer.text("rolled on from before")).to_be_visible()
        agree(buyer, second)
        with buyer.page.expect_download() as saved:
            buyer.link("Excel").click()
        assert re.fullmatch(rf"statement-\d{{4}}-\d\d-{second[:8]}\.xlsx", saved.value.suggested_filename)


def test_a_payment_is_sent_and_received(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    shop, dealer = village.shop, village.dealer
    before = closings.owed(dealer, shop)
    with (
        tabs.open_tab(browser, shop.address, guise) as debtor,
        tabs.open_tab(browser, dealer.address, guise) as creditor,
    ):
        debtor.go("/statements/balances")
        debtor.link("Pay", within=debtor.page.locator("main table")).first.click()
        form = debtor.page.locator("form[action='/do/payment.sent']").last
        debtor.field("Amount", within=form).fill("7.50")
        debtor.press("It is sent", within=form)
        debtor.sure()
        debtor.done("payment.sent")

        sent = shop.ask("payment.list", partner=dealer.name)["payments"][0]
        assert sent["amount"]["amount"] == 750
        stages.until("the payment arrives", closings.payment, dealer, sent["payment"])
        creditor.go(f"/statements/payments/{sent['payment']}")
        creditor.press("It arrived")
        creditor.sure()
        creditor.done("payment.received")
        creditor.reads("#payment .badge", "payment.received")
        assert closings.owed(dealer, shop) == before - 750
