"""Money on two consoles: one line of a statement is contested, the next statement is agreed to, a payment arrives."""

from __future__ import annotations

import re

from playwright import sync_api

from node.demonstrations import closings, stages
from node.demonstrations.stages import Json
from tests.browser import pictures, villages
from tests.browser.test_aftersales import done, sure


def newest(village: villages.Village) -> Json:
    """The last statement of the factory and the merchant abroad."""
    rows: list[Json] = village.factory.ask("statement.list", partner=village.stage.harbour.name)["statements"]
    return rows[-1]


def propose(village: villages.Village, page: sync_api.Page, period: str) -> str:
    """The factory proposes; the name of the statement, once it has arrived."""
    page.goto(village.factory.address + "/statements")
    page.get_by_role("button", name="Propose a statement").click()
    dialog = page.locator("#propose")
    dialog.get_by_label("Partner").select_option(village.stage.harbour.name)
    dialog.get_by_label("Period").fill(period)
    dialog.get_by_role("button", name="Propose", exact=True).click()
    done(page, "The statement is on its way")
    name = str(newest(village)["statement"])
    stages.until("the statement arrives", closings.one, village.stage.harbour, name)
    return name


def test_a_line_is_contested_and_the_next_statement_agreed_to(
    village: villages.Village, browser: sync_api.Browser
) -> None:
    harbour = village._villager(village.stage.harbour)
    with (
        pictures.visit(browser, village.factory.address) as seller,
        pictures.visit(browser, harbour.address) as buyer,
    ):
        first = village.stage.facts["proposed"]
        buyer.goto(f"{harbour.address}/statements/{first}")
        sync_api.expect(buyer.get_by_text("Both books say the same")).to_be_visible()
        bar = buyer.locator("[data-counts]")
        sync_api.expect(bar).to_be_hidden()
        buyer.locator("input[name=threads]").first.check()
        bar.get_by_label("Reason").select_option("amount")
        bar.get_by_role("button", name=re.compile("Contest the chosen ones")).click()
        done(buyer, "The lines are contested")
        sync_api.expect(buyer.locator("tr.contested").first).to_be_visible()
        sync_api.expect(buyer.locator("#statement-head .badge").first).to_have_text("closed, some lines contested")

        stages.until("the answer arrives", lambda: newest(village)["state"] == "contested")
        second = propose(village, seller, "2026-12")
        buyer.goto(f"{harbour.address}/statements/{second}")
        sync_api.expect(buyer.get_by_text("rolled on from before").first).to_be_visible()
        buyer.get_by_role("button", name="Agree to the statement").click()
        sure(buyer)
        done(buyer, "The statement is answered")
        sync_api.expect(buyer.locator("#statement-head .badge").first).to_have_text("closed, both agree")
        with buyer.expect_download() as saved:
            buyer.get_by_role("link", name="Excel").click()
        assert saved.value.suggested_filename == f"statement-2026-12-{second[:8]}.xlsx"


def test_a_payment_is_sent_and_received(village: villages.Village, browser: sync_api.Browser) -> None:
    shop, dealer = village.shop, village.dealer
    before = closings.owed(dealer, shop)
    with pictures.visit(browser, shop.address) as debtor, pictures.visit(browser, dealer.address) as creditor:
        debtor.goto(shop.address + "/statements/balances")
        debtor.get_by_role("link", name="Pay", exact=True).first.click()
        form = debtor.locator("form[action='/do/payment.sent']").last
        form.get_by_label("Amount").fill("7.50")
        form.get_by_role("button", name="It is sent").click()
        sure(debtor)
        done(debtor, "The partner knows that the money is on its way")

        sent = shop.ask("payment.list", partner=dealer.name)["payments"][-1]
        assert sent["amount"]["amount"] == 750
        stages.until("the payment arrives", closings.payment, dealer, sent["payment"])
        creditor.goto(f"{dealer.address}/statements/payments/{sent['payment']}")
        creditor.get_by_role("button", name="It arrived").click()
        sure(creditor)
        done(creditor, "The money is confirmed")
        sync_api.expect(creditor.locator("#payment .badge")).to_have_text("arrived")
        assert closings.owed(dealer, shop) == before - 750
