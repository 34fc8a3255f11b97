"""Signing in and out over HTTP, with the real cookies."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import cookies
from pathlib import Path
from typing import Any

import pytest

from node import codes, keystore, passwords
from node.console import views, visitors
from node.system import backups
from node.trade import policies
from node.trade.people import attempts
from tests.node import authenticators
from tests.node.console import doors

PASSWORD = "a kettle of oolong"
CHEAP = keystore.Cost(memory_kib=32, passes=1, lanes=1)
OWN = {"Sec_Fetch_Site": "same-origin"}


@dataclass(slots=True)
class Browser:
    """A browser that keeps cookies, and posts forms as pages of the console do."""

    desk: doors.Desk
    jar: dict[str, str] = field(default_factory=dict)
    set: list[str] = field(default_factory=list)

    async def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> doors.Answer:
        """Ask as `localhost`, which is the name that passkeys want."""
        headers = {"Host": self.host, "Origin": f"http://{self.host}", **OWN}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        self.desk.client.cookie_jar.clear()
        async with self.desk.client.request(
            method,
            self.desk.address + path,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            data=fields,
            allow_redirects=False,
        ) as answer:
            self.set = answer.headers.getall("Set-Cookie", [])
            for line in self.set:
                for name, morsel in cookies.SimpleCookie(line).items():
                    self.jar[name] = morsel.value
                    if not morsel.value:
                        del self.jar[name]
            return doors.Answer(answer.status, await answer.text(), answer.headers.copy())

    @property
    def host(self) -> str:
        return self.desk.address.removeprefix("http://").replace("127.0.0.1", "localhost")

    def kept(self, name: str) -> str:
        return self.jar.get(visitors.cookie(self.desk.node.trade, name), "")

    async def sign_in(self, password: str = PASSWORD, afterwards: str = "/settings/me") -> doors.Answer:
        return await self.ask("POST", "/sign-in", {"name": "Wei", "password": password, "_next": afterwards})

    async def form(self, path: str, to: str, **fields: str) -> doors.Answer:
        """Post a form with the token that stands on a page."""
        page = await self.ask("GET", path)
        found = re.search(r'name="_token" value="([0-9a-f]+)"', page.text)
        assert found, page.status
        return await self.ask("POST", to, {"_token": found[1], **fields})


def visit(tmp_path: Path, story: Callable[[doors.Desk, Browser], Awaitable[None]]) -> None:
    """A node with the owner Wei, whose console lets in whoever signed in, and a new browser."""

    async def told(desk: doors.Desk) -> None:
        trade = desk.node.trade
        trade.passwords = passwords.Hasher(trade.world.entropy, CHEAP)
        desk.server.console.identify = visitors.identifier(trade)
        await ask(desk, "operator.add", name="Wei", role="owner", password=PASSWORD)
        await story(desk, Browser(desk))

    doors.visit(tmp_path, told)


async def ask(desk: doors.Desk, case: str, /, **given: Any) -> Any:
    return await desk.node.door({}).ask(policies.MACHINE, case, given)


def test_whoever_is_not_signed_in_is_sent_to_where_that_is_done_and_back(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        sent = await browser.ask("GET", "/settings/people")
        assert (sent.status, sent.headers["Location"]) == (303, "/sign-in?next=/settings/people")
        page = await browser.ask("GET", sent.headers["Location"])
        assert page.status == 200 and 'value="/settings/people"' in page.text
        back = await browser.sign_in(afterwards="/settings/people")
        assert (back.status, back.headers["Location"]) == (303, "/settings/people")
        assert (await browser.ask("GET", "/settings/people")).status == 200
        again = await browser.ask("GET", "/sign-in?next=/partners")
        assert (again.status, again.headers["Location"]) == (303, "/partners")

    visit(tmp_path, story)


def test_whoever_was_signed_out_comes_back_to_the_page_of_the_form(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        form = {"Referer": f"{desk.address}/orders?tab=ship&done=order.ship&page=2", "Origin": desk.address}
        sent = await desk.client.post(f"{desk.address}/do/order.ship", headers=form, data={}, allow_redirects=False)
        place = "/sign-in?next=/orders%3Ftab%3Dship%26page%3D2"
        assert (sent.status, sent.headers["Location"]) == (303, place)
        script = form | {"HX-Request": "true"}
        told = await desk.client.post(f"{desk.address}/do/order.ship", headers=script, data={})
        assert (told.status, told.headers["HX-Redirect"]) == (200, place)
        assert 'value="/orders?tab=ship&amp;page=2"' in (await browser.ask("GET", place)).text
        for hostile in ("https://evil.example//evil.example/x", "//[", "javascript:alert(1)"):
            headers = script | {"Referer": hostile}
            told = await desk.client.post(f"{desk.address}/do/order.ship", headers=headers, data={})
            assert told.headers["HX-Redirect"] in {"/sign-in?next=/", "/sign-in?next=/today"}

    visit(tmp_path, story)


def test_C03_tokens_are_in_cookies_that_no_script_reads_and_nowhere_else(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        answer = await browser.sign_in()
        token = browser.kept(views.COOKIE)
        assert len(token) == 43 and token not in answer.headers["Location"] + answer.text
        for line in browser.set:
            assert "HttpOnly" in line and "SameSite=Strict" in line and "Path=/" in line and "Domain" not in line
        page = await browser.ask("GET", "/settings/me")
        assert page.status == 200 and token not in page.text
        assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "same-origin"
        assert (await browser.ask("GET", f"/partners?{visitors.cookie(desk.node.trade, views.COOKIE)}={token}")).status
        browser.jar.clear()
        assert (await browser.ask("GET", f"/settings/me?token={token}")).status == 303

    visit(tmp_path, story)


def test_C03_over_https_cookies_are_never_sent_in_the_clear(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        desk.server.console.secure = True
        await browser.sign_in()
        assert len(browser.set) >= 2 and all("Secure" in line for line in browser.set)

    visit(tmp_path, story)


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_C08_after_signing_in_nobody_is_sent_to_another_site(tmp_path: Path, wanted: str) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        page = await browser.ask("GET", f"/sign-in?next={wanted}")
        assert "evil" not in page.text and "javascript:" not in page.text
        assert (await browser.sign_in(afterwards=wanted)).headers["Location"] == "/today"
        assert (await browser.ask("GET", f"/sign-in?next={wanted}")).headers["Location"] == "/today"

    visit(tmp_path, story)


def test_C09_wrong_passwords_are_told_alike_and_slow_down(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        first = await browser.sign_in("wrong wrong")
        unknown = await browser.ask("POST", "/sign-in", {"name": "nobody", "password": PASSWORD})
        assert first.status == unknown.status == 403
        assert "do not belong together" in first.text and "do not belong together" in unknown.text
        assert 'value="Wei"' in first.text and "wrong wrong" not in first.text
        for _ in range(attempts.FREE - 1):
            await browser.sign_in("wrong wrong")
        slow = await browser.sign_in()
        assert (slow.status, slow.headers["Retry-After"]) == (429, "1")
        assert "Please wait 1 seconds" in slow.text
        assert not browser.kept(views.COOKIE)

    visit(tmp_path, story)


def test_C09_a_planted_token_is_worth_nothing_and_signing_out_is_for_ever(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        name = visitors.cookie(desk.node.trade, views.COOKIE)
        browser.jar[name] = "planted"
        await browser.sign_in()
        token = browser.kept(views.COOKIE)
        assert token != "planted"
        assert (await browser.ask("POST", "/sign-out", {})).status == 403  # not from a form of this visitor
        out = await browser.form("/settings/me", "/sign-out")
        assert (out.status, out.headers["Location"]) == (303, "/sign-in")
        assert not browser.kept(views.COOKIE)
        browser.jar[name] = token
        assert (await browser.ask("GET", "/settings/me")).status == 303

    visit(tmp_path, story)


def test_C02_another_site_cannot_sign_anybody_in(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        fields = {"name": "Wei", "password": PASSWORD}
        headers = {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}
        refused = await desk.send("POST", "/sign-in", headers=headers, data=fields)
        assert refused.status == 403 and "Set-Cookie" not in refused.headers

    visit(tmp_path, story)


async def begin_totp(browser: Browser) -> str:
    begun = await browser.form("/settings/me", "/do/account.totp.begin", password=PASSWORD)
    found = re.search(r'type this key:\s*<span class="code">([A-Z2-7]+)<', begun.text)
    assert found, begun.text
    assert "data:image/svg+xml;base64," in begun.text
    return found[1]


def digits(desk: doors.Desk, secret: str, steps: int = 0) -> str:
    raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
    return codes.digits(raw, desk.node.world.clock.now_ms() // 1000 // codes.STEP_S + steps)


def test_an_authenticator_is_set_up_and_asked_for(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        await browser.sign_in()
        secret = await begin_totp(browser)
        shown = await browser.form("/settings/me", "/do/account.totp.confirm", code=digits(desk, secret))
        recovery = re.findall(r'<li class="code">([0-9a-z-]+)</li>', shown.text)
        assert len(recovery) == codes.RECOVERY_CODES

        other = Browser(desk)
        half = await other.sign_in(afterwards="/settings/node")
        assert half.headers["Location"] == "/sign-in/code?next=/settings/node"
        assert other.kept(visitors.HALF_COOKIE) and not other.kept(views.COOKIE)
        assert (await other.ask("GET", "/settings/me")).status == 303
        assert (await other.ask("GET", half.headers["Location"])).status == 200
        wrong = await other.ask("POST", "/sign-in/code", {"code": "000000"})
        assert wrong.status == 403 and "wrong, or was used already" in wrong.text
        used = await other.ask("POST", "/sign-in/code", {"code": digits(desk, secret)})
        assert used.status == 403  # the code that confirmed the authenticator
        after = await other.ask("POST", "/sign-in/code", {"code": digits(desk, secret, 1), "_next": "/settings/node"})
        assert (after.status, after.headers["Location"]) == (303, "/settings/node")
        assert not other.kept(visitors.HALF_COOKIE)
        assert (await other.ask("GET", "/settings/node")).status == 200

        third = Browser(desk)
        await third.sign_in()
        assert (await third.ask("POST", "/sign-in/code", {"code": recovery[0]})).status == 303
        assert (await Browser(desk).ask("GET", "/sign-in/code")).headers["Location"] == "/sign-in"
        assert "took too long" in (await Browser(desk).ask("POST", "/sign-in/code", {"code": "1"})).text

    visit(tmp_path, story)


def test_a_passkey_is_added_and_asked_for(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        await browser.sign_in()
        telephone = authenticators.Authenticator(origin=f"http://{browser.host}")
        wrong = await browser.form("/settings/me", "/settings/passkey/begin", password="wrong wrong")
        assert (wrong.status, json.loads(wrong.text)) == (409, {"said": "the password is wrong"})
        asked = await browser.form("/settings/me", "/settings/passkey/begin", password=PASSWORD)
        made = telephone.make(json.loads(asked.text))
        response = json.dumps(made)
        shown = await browser.form("/settings/me", "/settings/passkey", label="<b>Phone</b>", response=response)
        assert len(re.findall(r'<li class="code">', shown.text)) == codes.RECOVERY_CODES
        assert "&lt;b&gt;Phone" in (await browser.ask("GET", "/settings/me")).text

        other = Browser(desk)
        half = await other.sign_in()
        assert "Use a passkey" in (await other.ask("GET", half.headers["Location"])).text
        question = json.loads((await other.ask("POST", "/sign-in/passkey/begin", {})).text)
        for response in ("", "[]", "{", "null", '{"rawId": "AAAA"}'):
            refused = await other.ask("POST", "/sign-in/passkey", {"response": response})
            assert refused.status == 403
            question = json.loads((await other.ask("POST", "/sign-in/passkey/begin", {})).text)
        response = json.dumps(telephone.use(question))
        assert (await other.ask("POST", "/sign-in/passkey", {"response": response})).status == 303
        assert (await other.ask("GET", "/settings/me")).status == 200
        nobody = await Browser(desk).ask("POST", "/sign-in/passkey/begin", {})
        assert nobody.status == 409

    visit(tmp_path, story)


def test_the_first_owner_shows_the_set_up_code(tmp_path: Path) -> None:
    async def told(desk: doors.Desk) -> None:
        trade = desk.node.trade
        trade.passwords = passwords.Hasher(trade.world.entropy, CHEAP)
        desk.server.console.identify = visitors.identifier(trade)
        browser = Browser(desk)
        assert "Set-up code" in (await browser.ask("GET", "/sign-in")).text
        code = (await ask(desk, "operator.code"))["code"]
        fields = {"code": "0000-0000-0000-0000", "name": "Wei", "password": PASSWORD}
        wrong = await browser.ask("POST", "/sign-in/first", fields)
        assert wrong.status == 403 and PASSWORD not in wrong.text and code not in wrong.text
        short = await browser.ask("POST", "/sign-in/first", {**fields, "code": code, "password": "short"})
        assert short.status == 403 and "at least 10 characters" in short.text
        right = await browser.ask("POST", "/sign-in/first", {**fields, "code": code.upper()})
        assert (right.status, right.headers["Location"]) == (303, "/settings/me")
        assert (await browser.ask("GET", "/settings/me")).status == 200
        again = await Browser(desk).ask("POST", "/sign-in/first", {**fields, "code": code, "name": "Evil"})
        assert again.status == 403
        assert (await ask(desk, "operator.code"))["code"] == ""
        listed = (await ask(desk, "operator.list"))["operators"]
        assert [row["operator"] for row in listed] == ["Wei"]

    doors.visit(tmp_path, told)


def test_C10_a_program_shows_its_key_in_a_header_and_is_no_operator(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        made = await ask(desk, "key.make", label="shop", role="warehouse")
        bearer = {"Authorization": f"Bearer {made['key']}"}
        for case, status in (("order.list", 200), ("operator.list", 403), ("payment.sent", 403), ("account.show", 404)):
            answer = await desk.send("POST", f"/api/v1/{case}", headers=bearer, json={})
            assert answer.status == status, (case, answer.text)
        assert (await desk.get("/settings/people", **bearer)).status == 403
        await ask(desk, "key.revoke", number=made["number"])
        for header in (bearer, {"Authorization": "Bearer "}, {"Authorization": made["key"]}, {}):
            assert (await desk.send("POST", "/api/v1/order.list", headers=header, json={})).status == 401

    visit(tmp_path, story)


def test_operators_of_two_nodes_on_one_machine_do_not_sign_each_other_out(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        mine = visitors.cookie(desk.node.trade, views.COOKIE)
        assert mine.startswith(views.COOKIE + "_") and desk.node.trade.books.me.hex().startswith(mine[-8:])

    visit(tmp_path, story)


def test_the_language_of_the_account_is_spoken_wherever_its_operator_signs_in(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        await browser.sign_in()
        spoken = await browser.form("/settings/me", "/settings/language", language="zh-CN")
        assert spoken.status == 303
        assert '<html lang="zh-CN"' in (await browser.ask("GET", "/settings/me")).text
        assert (await browser.form("/settings/me", "/settings/language", language="xx")).status == 422
        other = Browser(desk)
        assert '<html lang="en"' in (await other.ask("GET", "/sign-in")).text
        await other.sign_in()
        assert '<html lang="zh-CN"' in (await other.ask("GET", "/settings/me")).text

    visit(tmp_path, story)


def test_C11_what_is_not_mine_is_not_there(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        await ask(desk, "operator.add", name="Li", role="sales", password=PASSWORD)
        await browser.sign_in()
        assert (await browser.ask("GET", "/settings/people/2")).status == 200
        for number in ("3", "0", "-1", "x", "1%20OR%201", "2%00"):
            assert (await browser.ask("GET", f"/settings/people/{number}")).status == 404, number
        li = Browser(desk)
        await li.ask("POST", "/sign-in", {"name": "li", "password": PASSWORD})
        for path in ("/settings/people", "/settings/people/1", "/settings/programs", "/settings/sessions"):
            assert (await li.ask("GET", path)).status == 403, path
        session = (await ask(desk, "session.list"))["sessions"]
        wei = next(str(row["session"]) for row in session if row["operator"] == "Wei")
        stolen = await li.form("/settings/me", "/do/account.session.revoke", session=wei)
        assert stolen.status == 404
        assert (await browser.ask("GET", "/settings/me")).status == 200

    visit(tmp_path, story)


def test_settings_do_what_their_forms_say(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        await browser.sign_in()
        people, secret = "/settings/people", {"password": PASSWORD, "current": PASSWORD}
        added = await browser.form(people, "/do/operator.add", name="<i>Li</i>", role="sales", **secret)
        assert added.status == 303
        page = (await browser.ask("GET", people)).text
        assert "&lt;i&gt;Li" in page and "<i>Li" not in page
        bad = await browser.form(
            people, "/do/operator.add", name="Ma", role="sales", password="short", current=PASSWORD
        )
        assert bad.status == 409 and "short" not in bad.text
        await browser.form(people, "/do/operator.change", operator="<i>Li</i>", disabled="true")
        assert "disabled" in (await browser.ask("GET", people)).text
        asked = await browser.form(people, "/do/operator.remove", operator="<i>Li</i>")
        assert "Remove this person?" in asked.text
        removed = await browser.form(people, "/do/operator.remove", operator="<i>Li</i>", _sure="1")
        assert "&lt;i&gt;Li&lt;/i&gt; can no longer sign in" in removed.text
        made = await browser.form("/settings/programs", "/do/key.make", label="shop", role="sales", current=PASSWORD)
        key = re.search(r"hanse_[A-Za-z0-9_-]{43}", made.text)
        assert key and key[0] not in (await browser.ask("GET", "/settings/programs")).text
        kept = await browser.form(
            "/settings/me", "/do/account.password", current=PASSWORD, password="another kettle of tea"
        )
        assert kept.status == 303
        assert (await browser.ask("GET", "/settings/me")).status == 200

    visit(tmp_path, story)


def test_a_backup_is_written_by_a_button_and_restored_to_the_same_node(tmp_path: Path) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        await ask(desk, "operator.add", name="Li", role="sales", password=PASSWORD)
        await browser.sign_in()
        (tmp_path / "home" / "keys").write_bytes(b"sealed")
        begun = await browser.form("/settings/backups", "/settings/backup", _key="one")
        again = await browser.form("/settings/backups", "/settings/backup", _key="one")
        assert begun.headers["Location"] == again.headers["Location"]
        job = begun.headers["Location"].removeprefix("/jobs/")
        for _ in range(1_000):
            shown = await browser.ask("GET", f"/jobs/{job}")
            if "Download" in shown.text:
                break
        async with desk.client.get(
            f"{desk.address}/settings/backup/{job}",
            headers={"Cookie": "; ".join(f"{name}={value}" for name, value in browser.jar.items())},
        ) as answer:
            content = await answer.read()
            assert re.fullmatch(r'attachment; filename="hanse-[0-9-]+\.backup"', answer.headers["Content-Disposition"])
        file = tmp_path / "shop.backup"
        file.write_bytes(content)
        restored = backups.restore(file, tmp_path / "restored", lambda sealed: desk.node.trade.keys.root)
        with contextlib.closing(sqlite3.connect(restored.database)) as db:
            assert [row[0] for row in db.execute("SELECT name FROM operators ORDER BY id")] == ["Wei", "Li"]
        assert (await ask(desk, "status"))["backup_ms"]
        li = Browser(desk)
        await li.ask("POST", "/sign-in", {"name": "Li", "password": PASSWORD})
        assert (await li.ask("GET", f"/settings/backup/{job}")).status == 404
        assert "Write a backup" not in (await li.ask("GET", "/settings/me")).text
        assert (await li.form("/settings/node", "/settings/backup")).status == 403
        for case in ("backup.write", "audit.export"):
            given = {"file": str(tmp_path / "evil"), "directory": str(tmp_path / "evil")}
            assert (await browser.form("/settings/node", f"/do/{case}", **given)).status == 403
        assert not (tmp_path / "evil").exists()

    visit(tmp_path, story)


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code", "/sign-in/first", "/sign-in/passkey"])
def test_C09_strangers_cannot_send_much_nor_nonsense(tmp_path: Path, path: str) -> None:
    async def story(desk: doors.Desk, browser: Browser) -> None:
        own = {"Origin": desk.address, "Sec_Fetch_Site": "same-origin"}
        large = await desk.send("POST", path, headers=own, data={"name": "x" * 70_000})
        assert large.status == 413
        kind = {"Content_Type": "multipart/form-data; boundary=b"}
        for body in (b"", b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xff\xfe\r\n--b--\r\n', b"--b"):
            answer = await desk.send("POST", path, headers=own | kind, data=body)
            assert answer.status in (403, 422), (body, answer.text)

    visit(tmp_path, story)


def test_C03_no_password_code_token_or_key_reaches_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shown: list[str] = [PASSWORD, "wrong wrong", "another kettle of tea"]

    async def story(desk: doors.Desk, browser: Browser) -> None:
        await browser.sign_in("wrong wrong")
        await browser.sign_in()
        shown.append(await begin_totp(browser))
        shown.append(digits(desk, shown[-1]))
        confirmed = await browser.form("/settings/me", "/do/account.totp.confirm", code=shown[-1])
        shown.extend(re.findall(r'<li class="code">([0-9a-z-]+)</li>', confirmed.text))
        shown.extend(browser.jar.values())
        made = await browser.form("/settings/programs", "/do/key.make", label="shop", role="sales", current=PASSWORD)
        shown.extend(re.findall(r"hanse_[A-Za-z0-9_-]{43}", made.text))
        other = Browser(desk)
        await other.sign_in()
        shown.append(other.kept(visitors.HALF_COOKIE))
        await other.ask("POST", "/sign-in/code", {"code": shown[5]})
        shown.extend(other.jar.values())
        bearer = {"Authorization": f"Bearer {shown[-1]}"}
        await desk.send("POST", "/api/v1/order.list", headers=bearer, json={"key": "x" * 5})
        given = {"current": PASSWORD, "password": "another kettle of tea"}
        await browser.form("/settings/me", "/do/account.password", **given)

    visit(tmp_path, story)
    out, err = capfd.readouterr()
    assert "signed in" in out + err and "a key was made" in out + err
    assert len(shown) > 15 and [secret for secret in shown if secret and len(secret) > 5 and secret in out + err] == []
