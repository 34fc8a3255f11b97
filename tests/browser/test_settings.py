"""Settings in a real browser: second factors, with an authenticator of the browser's own, keys, and a backup."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright import sync_api

from node import codes
from tests.browser import pictures, villages

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
GRAVE = ("serious", "critical")


@contextmanager
def signed_in(browser: sync_api.Browser, villager: villages.Villager) -> Iterator[sync_api.Page]:
    """A browser with a passkey of its own, in which the owner has signed in with the password."""
    with pictures.visit(browser, villager.shut) as page:
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
        session.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
        password(page, villager)
        page.wait_for_url("**/settings/me")
        yield page


def password(page: sync_api.Page, villager: villages.Villager) -> None:
    page.goto(f"{villager.shut}/sign-in?next=/settings/me")
    page.get_by_label("User name").fill(villages.OPERATOR)
    page.get_by_label("Password").fill(villages.PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: sync_api.Page) -> None:
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Sign out", exact=True).last.click()
    page.wait_for_url("**/sign-in")


def digits(secret: str, steps: int = 0) -> str:
    raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
    return codes.digits(raw, int(time.time()) // codes.STEP_S + steps)


def test_a_passkey_and_an_authenticator_are_set_up_and_asked_for(
    browser: sync_api.Browser, village: villages.Village
) -> None:
    shop = village.shop
    with signed_in(browser, shop) as page:
        page.get_by_text("Add a passkey").click()
        card = page.locator("section", has_text="Passkeys").first
        card.get_by_label("What it is called").fill("<b>This browser</b>")
        card.get_by_label("Your password").fill(villages.PASSWORD)
        card.get_by_role("button", name="Add this passkey").click()
        page.locator("#recovery-codes li").nth(9).wait_for()
        recovery = page.locator("#recovery-codes li").all_inner_texts()
        assert len(set(recovery)) == codes.RECOVERY_CODES
        page.get_by_role("link", name="Back").click()
        page.locator("section", has_text="Passkeys").get_by_text("<b>This browser</b>").wait_for()

        card = page.locator("section", has=page.get_by_role("heading", name="Authenticator"))
        card.get_by_label("Your password").fill(villages.PASSWORD)
        card.get_by_role("button", name="Show the code to scan").click()
        shown = page.locator("#totp-begun")
        shown.get_by_role("img", name="The code for your authenticator").wait_for()
        secret = shown.locator(".code").inner_text()
        shown.get_by_label("Six digits").fill(digits(secret))
        shown.get_by_role("button", name="Use it from now on").click()
        page.get_by_role("status").get_by_text("Your authenticator is in use.").wait_for()

        sign_out(page)
        password(page, shop)
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url("**/settings/me")

        sign_out(page)
        password(page, shop)
        page.get_by_label("Six digits from your authenticator").fill(digits(secret, 1))
        page.get_by_role("button", name="Sign in").first.click()
        page.wait_for_url("**/settings/me")

        sign_out(page)
        password(page, shop)
        page.get_by_text("Use a recovery code").click()
        page.get_by_label("Recovery code", exact=True).fill(recovery[0].upper())
        page.locator("details").get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/settings/me")
        page.get_by_text("9 codes are left.").wait_for()
    shop.ask("operator.second-factor.off", operator=villages.OPERATOR)


def test_a_key_is_shown_once_and_people_come_and_go(browser: sync_api.Browser, village: villages.Village) -> None:
    with signed_in(browser, village.dealer) as page:
        page.get_by_role("link", name="Programs").click()
        page.get_by_label("What it is for").fill('"><script>alert(1)</script>')
        page.get_by_label("Your own password").fill(villages.PASSWORD)
        page.get_by_role("button", name="Make a key").click()
        key = page.locator("#key-made").inner_text()
        assert re.fullmatch(r"hanse_[A-Za-z0-9_-]{43}", key)
        page.reload()
        page.get_by_text('"><script>alert(1)</script>').wait_for()
        assert key not in page.content()
        page.get_by_role("button", name="Revoke").click()
        page.get_by_role("dialog").get_by_role("button", name="Yes").click()
        page.get_by_text("The key opens nothing any more.").wait_for()

        page.get_by_role("link", name="People", exact=True).click()
        page.get_by_label("Their name").fill("<img src=x onerror=alert(1)>")
        page.get_by_label("First password").fill("a kettle of tea")
        page.get_by_label("Your own password").fill(villages.PASSWORD)
        page.get_by_role("button", name="Let them in").click()
        page.get_by_text("They can sign in now.").wait_for()
        page.get_by_role("link", name="<img src=x onerror=alert(1)>").click()
        page.get_by_role("button", name="Shut out for now").click()
        page.get_by_role("button", name="Let them in again").wait_for()
        page.get_by_role("button", name="Remove").click()
        page.get_by_role("dialog").get_by_role("button", name="Yes").click()
        page.get_by_text("can no longer sign in").wait_for()


def test_a_backup_is_downloaded(browser: sync_api.Browser, village: villages.Village, tmp_path: Path) -> None:
    with signed_in(browser, village.shop) as page:
        page.get_by_role("link", name="This node").click()
        page.get_by_role("button", name="Write a backup").click()
        page.get_by_role("link", name="Download").wait_for()
        with page.expect_download() as coming:
            page.get_by_role("link", name="Download").click()
        coming.value.save_as(tmp_path / "backup.tar.gz")
        assert (tmp_path / "backup.tar.gz").read_bytes()[:2] == b"\x1f\x8b"
        page.get_by_role("link", name="Back").click()
        page.get_by_text("Last written:").wait_for()


@pytest.mark.parametrize(("width", "theme"), [("desktop", "light"), ("phone", "dark")])
def test_nothing_is_in_the_way_of_anybody(
    browser: sync_api.Browser, village: villages.Village, width: str, theme: str
) -> None:
    paths = ("/settings/me", "/settings/people", "/settings/people/1", "/settings/programs", "/settings/sessions")
    village.harbour.ask("key.make", label="A shop", role="sales")
    with pictures.visit(browser, village.harbour.shut, "zh-CN", width, theme) as page:
        page.goto(village.harbour.shut + "/sign-in")
        faults = [look(page)]
        page.locator("[name=name]").fill(villages.OPERATOR)
        page.locator("[name=password]").fill(villages.PASSWORD)
        page.goto(village.harbour.address + "/settings/me")
        for path in (*paths, "/settings/node"):
            page.goto(village.harbour.address + path)
            faults.append(look(page))
    assert faults == [[]] * len(faults)


def look(page: sync_api.Page) -> list[str]:
    """What axe finds grave, and whether the page is wider than the screen."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    grave = [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"] if one["impact"] in GRAVE]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        grave.append(f"{page.url} is too wide")
    return grave
