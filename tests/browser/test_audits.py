"""Books leave one console as a file, and another finds them whole, or finds the very place that was altered."""

from __future__ import annotations

import base64
import zipfile
from pathlib import Path

from playwright import sync_api

from tests.browser import guises, tabs, villages


def export(tab: tabs.Tab, path: Path) -> None:
    """One button, a bar, a file."""
    page = tab.page
    tab.go("/audit")
    tab.press("Export my books")
    page.wait_for_url("**/jobs/*")
    page.locator("a[download]").wait_for()
    page.reload()  # the work is not begun again, and its result is still there
    with page.expect_download() as download:
        page.locator("a[download]").click()
    download.value.save_as(path)


def altered(books: Path, path: Path) -> str:
    """A copy in which one bit of a document is another; the name of its file."""
    name = ""
    with zipfile.ZipFile(books) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            data = bytearray(old.read(member))
            if not name and member.startswith("channels/") and "/tile/entries/" in member:
                data[len(data) // 3] ^= 4
                name = member
            new.writestr(member, bytes(data))
    return name


def drop(page: sync_api.Page, path: Path) -> None:
    """Drop a file as a hand does."""
    content = base64.b64encode(path.read_bytes()).decode()
    page.evaluate(
        """([content, name]) => {
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            const carried = new DataTransfer();
            carried.items.add(new File([bytes], name, { type: "application/zip" }));
            const event = new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true });
            document.getElementById("verify").dispatchEvent(event);
        }""",
        [content, path.name],
    )


def test_books_are_exported_checked_and_a_changed_byte_is_found(
    village: villages.Village, browser: sync_api.Browser, guise: guises.Guise, tmp_path: Path
) -> None:
    books, forged = tmp_path / "books.zip", tmp_path / "forged.zip"
    with tabs.open_tab(browser, village.dealer.address, guise) as tab:
        export(tab, books)
    name = altered(books, forged)
    with tabs.open_tab(browser, village.shop.address, guise, refusals=True) as tab:
        tab.go("/audit")
        drop(tab.page, books)
        tab.page.locator(".verdict-good").wait_for()
        sync_api.expect(tab.page.locator(".check-good")).to_have_count(6)
        tab.look(again=True)
        tab.go("/audit")
        tab.page.set_input_files("#archive", forged)
        tab.page.locator(".verdict-bad").wait_for()
        sync_api.expect(tab.page.locator(".check-bad .artefacts").first).to_contain_text(name)
        tab.look(again=True)
        tab.go("/audit")
        forged.write_bytes(b"no archive")
        tab.page.set_input_files("#archive", forged)
        tab.page.locator(".alert-danger").wait_for()
        sync_api.expect(tab.page.locator(".alert-danger").get_by_text("audit.archive")).to_have_count(1)
