"""From an empty folder to the first useful screen: the wizard, as somebody who never read the documentation."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright import sync_api

from node import keystore
from node.demonstrations import merchants
from node.system import archives, backups, homes
from tests.browser import guises, pictures, tabs

PASSPHRASE = "a sentence that nobody guesses"
TOLERATED = ("ERR_CONNECTION_REFUSED", "status of 403")
"""Between two servers nobody answers; a wrong code and a wrong passphrase are refused."""


@contextmanager
def started(home: Path, console: int, listen: int, **more: str) -> Iterator[subprocess.Popen[str]]:
    """`hanse run`, with a console and a listening address of its own."""
    environment = merchants.stranger() | {
        "HANSE_CONSOLE": f"127.0.0.1:{console}",
        "HANSE_LISTEN": f"127.0.0.1:{listen}",
        "PYTHONUNBUFFERED": "1",
        **more,
    }
    process = subprocess.Popen(
        [*merchants.interpreter(), merchants.PROGRAM, "--home", str(home), "run"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def line(process: subprocess.Popen[str], pattern: str) -> str:
    """The first group of the first line that the program prints and that fits."""
    assert process.stdout is not None
    for said in process.stdout:
        found = re.search(pattern, said)
        if found:
            return found[1]
    raise AssertionError(f"the program ended without saying {pattern}")


def test_a_new_merchant_reaches_a_useful_screen(tmp_path: Path, browser: sync_api.Browser, guise: guises.Guise) -> None:
    home = tmp_path / "home"
    console, listen = merchants.free_ports(2)
    address = f"http://127.0.0.1:{console}"
    with started(home, console, listen) as process:
        code = line(process, r"code: (\w+)")
        with tabs.open_tab(browser, address, guise, tolerated=TOLERATED) as tab:
            tab.go("/")
            page = tab.page
            page.locator("input[name=name]").fill("晨曦家居")
            page.locator("input[name=owner]").fill("林晓")
            page.locator("input[name=passphrase]").fill(PASSPHRASE)
            page.locator("input[name=again]").fill(PASSPHRASE)
            page.locator("input[name=code]").fill("wrong")
            page.locator("button.btn-lg").click()
            page.get_by_role("alert").wait_for()
            sync_api.expect(page.locator("input[name=owner]")).to_have_value("林晓")  # what was typed is not lost
            tab.look()
            page.locator("input[name=passphrase]").fill(PASSPHRASE)
            page.locator("input[name=again]").fill(PASSPHRASE)
            page.locator("input[name=code]").fill(code)
            page.locator("button.btn-lg").click()
            page.locator("input[name=kept]").check()
            tab.look(again=True)  # the recovery sheet
            page.locator("form[action='/start'] button.btn-primary").click()
            page.wait_for_url("**/sign-in**", timeout=60_000)
            tab.field("User name").fill("林晓")
            tab.field("Password").fill(PASSPHRASE)
            tab.press("Sign in")
            page.wait_for_url("**/today**")
            tab.text("Find your first partner").wait_for()
    assert (home / "keys").stat().st_mode & 0o777 == 0o600
    with started(home, console, listen) as process:  # nobody at the keyboard: the page asks for the passphrase
        line(process, r"(asks for the passphrase)")
        with tabs.open_tab(browser, address, guise, tolerated=TOLERATED) as tab:
            tab.go("/")
            for typed in ("wrong passphrase", PASSPHRASE):
                tab.page.locator("input[name=passphrase]").fill(typed)
                tab.page.locator("form[action='/unlock'] button").click()
            tab.page.wait_for_url("**/sign-in**", timeout=60_000)
    with started(home, console, listen, HANSE_PASSPHRASE=PASSPHRASE) as process:
        assert line(process, r"Open (\S+) in your browser") == f"{address}/"


def backup(folder: Path) -> Path:
    """A backup of a node that was founded and never ran."""
    home = folder / "old"
    command = [*merchants.interpreter(), merchants.PROGRAM, "--home", str(home), "init", "晨曦家居"]
    subprocess.run(
        command, check=True, capture_output=True, env=merchants.stranger() | {"HANSE_PASSPHRASE": PASSPHRASE}
    )
    backups.copy(homes.open_home(home), folder / "aside", silent)
    sealed = (home / "keys").read_bytes()
    head = archives.Head("its number", 1, "hand", bytes(16), sealed)
    backups.write(folder / "aside", folder / "shop.backup", keystore.unseal(sealed, PASSPHRASE).root, head, silent)
    return folder / "shop.backup"


def silent(what: str, done: int, total: int) -> None:
    """Nobody looks on."""


def test_a_merchant_brings_a_node_back_from_a_backup(
    tmp_path: Path, browser: sync_api.Browser, guise: guises.Guise
) -> None:
    file, home = backup(tmp_path), tmp_path / "home"
    console, listen = merchants.free_ports(2)
    with started(home, console, listen) as process:
        code = line(process, r"code: (\w+)")
        with tabs.open_tab(browser, f"http://127.0.0.1:{console}", guise, tolerated=TOLERATED) as tab:
            tab.go("/")
            page = tab.page
            page.locator("summary").click()
            tab.look()
            form = page.locator("form[action='/restore']")
            for typed in ("wrong passphrase", PASSPHRASE):
                form.locator("input[name=opens]").fill(typed)
                form.locator("input[name=shown]").fill(code)
                form.locator("input[name=ended]").check()
                form.locator("input[name=file]").set_input_files(file)
                form.locator("button").click()
                if typed != PASSPHRASE:
                    page.get_by_role("alert").wait_for()
            page.wait_for_url("**/sign-in**", timeout=60_000)
    assert (home / "keys").read_bytes() == (tmp_path / "old" / "keys").read_bytes()


def test_the_browser_of_the_tests_is_the_one_that_debian_ships() -> None:
    assert os.access(pictures.CHROMIUM, os.X_OK)
