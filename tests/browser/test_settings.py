"""Settings in a real browser: second factors, with an authenticator of the browser's own, keys, and a backup."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright import sync_api

from node import codes
from tests.browser import guises, tabs, villages

ARRIVED = re.compile(r"/settings/me$")
EVIL = '"><script>alert(1)</script>'


@contextmanager
def signed_in(browser: sync_api.Browser, villager: villages.Villager, guise: guises.Guise) -> Iterator[tabs.Tab]:
    """A browser with a passkey of its own, in which the owner has signed in with the password."""
    with tabs.open_tab(browser, villager.shut, guise) as tab:
        session = tab.page.context.new_cdp_session(tab.page)
        session.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
        session.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
        password(tab)
        tab.page.wait_for_url(ARRIVED)
        yield tab


def password(tab: tabs.Tab) -> None:
    tab.go("/sign-in?next=/settings/me")
    tab.field("User name").fill(villages.OPERATOR)
    tab.field("Password").fill(villages.PASSWORD)
    tab.press("Sign in")


def sign_out(tab: tabs.Tab) -> None:
    tab.field("Your account").click()
    tab.button("Sign out").last.click()
    tab.page.wait_for_url("**/sign-in")


def card(tab: tabs.Tab, heading: str) -> sync_api.Locator:
    """A part of a page by its heading."""
    return tab.page.locator("section", has=tab.page.get_by_role("heading", name=tab.say(heading))).first


def digits(secret: str, steps: int = 0) -> str:
    raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
    return codes.digits(raw, int(time.time()) // codes.STEP_S + steps)


def test_a_passkey_and_an_authenticator_are_set_up_and_asked_for(
    browser: sync_api.Browser, village: villages.Village, guise: guises.Guise
) -> None:
    shop = village.shop
    with signed_in(browser, shop, guise) as tab:
        page = tab.page
        tab.text("Add a passkey").click()
        passkeys = card(tab, "Passkeys")
        tab.field("What it is called", within=passkeys).fill("<b>This browser</b>")
        tab.field("Your password", within=passkeys).fill(villages.PASSWORD)
        tab.press("Add this passkey", within=passkeys)
        page.locator("#recovery-codes li").nth(9).wait_for()
        recovery = page.locator("#recovery-codes li").all_inner_texts()
        assert len(set(recovery)) == codes.RECOVERY_CODES
        tab.look(again=True)
        tab.link("Back").click()
        card(tab, "Passkeys").get_by_text("<b>This browser</b>").wait_for()

        authenticator = card(tab, "Authenticator")
        tab.field("Your password", within=authenticator).fill(villages.PASSWORD)
        tab.press("Show the code to scan", within=authenticator)
        shown = page.locator("#totp-begun")
        shown.get_by_role("img", name=tab.say("The code for your authenticator")).wait_for()
        secret = shown.locator(".code").inner_text()
        tab.field("Six digits", within=shown).fill(digits(secret))
        tab.press("Use it from now on", within=shown)
        in_use = tab.say("Your authenticator is in use.")
        page.get_by_role("status").get_by_text(in_use).wait_for()

        sign_out(tab)
        password(tab)
        tab.press("Use a passkey")
        page.wait_for_url(ARRIVED)

        sign_out(tab)
        password(tab)
        tab.field("Six digits from your authenticator").fill(digits(secret, 1))
        tab.button("Sign in").first.click()
        page.wait_for_url(ARRIVED)

        sign_out(tab)
        password(tab)
        tab.text("Use a recovery code").click()
        tab.field("Recovery code").fill(recovery[0].upper())
        tab.press("Sign in", within=page.locator("details"))
        page.wait_for_url(ARRIVED)
        page.get_by_text(guise.count("%(count)s code is left.", "%(count)s codes are left.", 9)).wait_for()
    shop.ask("operator.second-factor.off", operator=villages.OPERATOR)


def test_a_key_is_shown_once_and_people_come_and_go(
    browser: sync_api.Browser, village: villages.Village, guise: guises.Guise
) -> None:
    with signed_in(browser, village.dealer, guise) as tab:
        page = tab.page
        tab.go("/settings/programs")
        tab.field("What it is for").fill(EVIL + guise.mark)
        tab.field("Your own password").fill(villages.PASSWORD)
        tab.press("Make a key")
        key = page.locator("#key-made").inner_text()
        assert re.fullmatch(r"hanse_[A-Za-z0-9_-]{43}", key)
        tab.look(again=True)
        page.reload()
        page.get_by_text(EVIL + guise.mark).wait_for()
        assert key not in page.content()
        tab.press("Revoke", within=page.locator("tr").filter(has_text=EVIL + guise.mark))
        tab.sure()
        tab.done("key.revoke")

        tab.go("/settings/people")
        name = f"<img src=x onerror=alert(1)> {guise.mark}"
        tab.field("Their name").fill(name)
        tab.field("First password").fill("a kettle of tea")
        tab.field("Your own password").fill(villages.PASSWORD)
        tab.press("Let them in")
        tab.done("operator.add")
        page.get_by_role("link", name=name).click()
        tab.press("Shut out for now")
        tab.button("Let them in again").wait_for()
        tab.look(again=True)
        tab.press("Remove")
        tab.sure()
        page.get_by_text(tab.say("%(name)s can no longer sign in.", name=name)).first.wait_for()


def test_a_backup_is_downloaded(
    browser: sync_api.Browser, village: villages.Village, guise: guises.Guise, tmp_path: Path
) -> None:
    with signed_in(browser, village.shop, guise) as tab:
        tab.go("/settings/backups")
        tab.press("Write a backup")
        tab.link("Download").wait_for()
        tab.look()
        with tab.page.expect_download() as coming:
            tab.link("Download").click()
        coming.value.save_as(tmp_path / "shop.backup")
        assert (tmp_path / "shop.backup").read_bytes().startswith(b"hanse-backup 1\n")
        tab.link("Back").click()
        tab.text("Automatic backups").wait_for()


def test_an_owner_chooses_where_backups_go_and_how_long_consumers_are_kept(
    browser: sync_api.Browser, village: villages.Village, guise: guises.Guise, tmp_path: Path
) -> None:
    with signed_in(browser, village.shop, guise) as tab:
        tab.go("/settings/backups")
        usual = tab.page.locator("input[name=folder]").input_value()
        tab.page.locator("input[name=folder]").fill(str(tmp_path))
        tab.press("Save")
        tab.done("backup.plan")
        tab.press("Write one now")
        tab.text("It is written, read back, and lies in the folder that you chose.").wait_for()
        tab.link("Back").click()
        sync_api.expect(tab.page.locator("#backup-state dd").first).to_contain_text("MB")
        assert len(list(tmp_path.glob("hanse-*.backup"))) == 1
        tab.page.locator("input[name=folder]").fill(usual)
        tab.press("Save")
        tab.done("backup.plan")

        tab.go("/settings/consumers")
        tab.page.locator("select[name=days]").select_option("180")
        tab.press("Save")
        tab.sure()
        tab.done("retention.set")
        sync_api.expect(tab.page.locator("select[name=days]")).to_have_value("180")


def test_nothing_is_in_the_way_of_anybody(
    browser: sync_api.Browser, village: villages.Village, guise: guises.Guise
) -> None:
    village.harbour.ask("key.make", label="A shop", role="sales")
    with tabs.open_tab(browser, village.harbour.address, guise) as tab:
        for path in ("/sign-in", "/settings/people/1", "/settings/programs"):
            tab.go(path)
