"""What was typed into a form is not lost when its author is signed out meanwhile."""

from __future__ import annotations

import re
from urllib import parse

from playwright import sync_api

from node.console import views
from tests.browser import guises, tabs, villages

PLACE = "/partners/card?from=today"
ARRIVED = re.compile(re.escape(PLACE) + "$")
TYPED = "第九中学食堂有限公司"
SAID = "You were signed out before this was sent. What you had typed is here again: look at it, and send it now."


def sign_in(tab: tabs.Tab) -> None:
    tab.field("User name").fill(villages.OPERATOR)
    tab.field("Password").fill(villages.PASSWORD)
    tab.press("Sign in")


def test_what_was_typed_comes_back_after_a_sign_in_and_only_there(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    with tabs.open_tab(browser, village.shop.shut, guise) as tab:
        page = tab.page
        tab.go("/sign-in?next=" + parse.quote(PLACE))
        sign_in(tab)
        page.wait_for_url(ARRIVED)
        tab.field("Name in the trade register").fill(TYPED)
        tab.field("Country").select_option("JP")
        page.context.clear_cookies(name=re.compile(f"^{views.COOKIE}"))
        tab.press("Change the card and tell all partners")
        page.wait_for_url("**/sign-in?next=**")
        sign_in(tab)
        page.wait_for_url(ARRIVED)
        note = tab.text(SAID)
        sync_api.expect(note).to_be_visible()
        sync_api.expect(tab.field("Name in the trade register")).to_have_value(TYPED)
        sync_api.expect(tab.field("Country")).to_have_value("JP")
        tab.go(PLACE)  # once: nothing is kept for later
        sync_api.expect(note).to_be_hidden()
        sync_api.expect(tab.field("Name in the trade register")).not_to_have_value(TYPED)
