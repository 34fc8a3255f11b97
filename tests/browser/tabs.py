"""A tab of a browser in which a story is told: pages by their path, and what is on them by what it says in English.

with tabs.open_tab(browser, village.shop.address, guise) as shop:
    shop.go("/orders")
    shop.press("Accept")                  # the button, in the language of the guise
    shop.sure()                           # yes to the question that the server asks
    shop.done("order.accept")             # until it is said that it was done

Every page that is left for another is looked at as it stands then, and so is the last one: a barrier, something wider
than the screen, or an error of a script is an error of the story.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright import sync_api

from tests.browser import guises, looks, pictures


@dataclass(slots=True)
class Tab:
    """`address`: of the console, without a slash at the end. `faults`: what was wrong with the pages passed."""

    page: sync_api.Page
    address: str
    guise: guises.Guise
    passed: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def say(self, text: str, **values: Any) -> str:
        """A text of the console in the language of the guise."""
        return self.guise.say(text, **values)

    # --- pages

    def go(self, path: str) -> None:
        """Look at the page as it is left, and open another one by its path."""
        self.look()
        self.page.goto(self.address + path)

    def look(self, again: bool = False) -> None:
        """Look at the page that is open; once for each path, unless `again`."""
        self.page.wait_for_load_state()
        path = urlsplit(self.page.url).path
        if self.page.url.startswith("http") and (again or path not in self.passed):
            self.passed.add(path)
            self.faults += [f"{path}: {fault}" for fault in looks.wrong(self.page)]

    # --- what is on them

    def button(self, text: str, within: sync_api.Locator | None = None, **values: Any) -> sync_api.Locator:
        """The button that says this and nothing else."""
        return (within or self.page).get_by_role("button", name=self.say(text, **values), exact=True)

    def link(self, text: str, within: sync_api.Locator | None = None, **values: Any) -> sync_api.Locator:
        """The link that says this and nothing else."""
        return (within or self.page).get_by_role("link", name=self.say(text, **values), exact=True)

    def field(self, label: str, within: sync_api.Locator | None = None, **values: Any) -> sync_api.Locator:
        """The field with this label."""
        return (within or self.page).get_by_label(self.say(label, **values), exact=True)

    def text(self, text: str, within: sync_api.Locator | None = None, **values: Any) -> sync_api.Locator:
        """Where this is said."""
        return (within or self.page).get_by_text(self.say(text, **values)).first

    # --- what a person does and waits for

    def press(self, text: str, within: sync_api.Locator | None = None, **values: Any) -> None:
        """Press a button."""
        self.button(text, within, **values).click()

    def sure(self) -> None:
        """Say yes to the question that the server asks."""
        self.press("Yes", within=self.page.locator("dialog.question"))

    def done(self, case: str) -> None:
        """Wait until it is said that a use case was done."""
        said = self.page.get_by_role("status").filter(has_text=self.guise.done(case))
        sync_api.expect(said).to_be_visible()

    def unfold(self, text: str) -> None:
        """Open one of the folded steps, unless it is open."""
        step = self.page.locator("details").filter(has=self.page.get_by_text(self.say(text), exact=True)).last
        if step.get_attribute("open") is None:
            step.locator("summary").first.click()

    def pictured(self, place: sync_api.Locator, width: int) -> None:
        """Wait until a picture is seen and has arrived whole: so many pixels wide."""
        sync_api.expect(place).to_be_visible()
        sync_api.expect(place).to_have_js_property("complete", True)
        sync_api.expect(place).to_have_js_property("naturalWidth", width)

    def reads(self, place: str, code: str) -> None:
        """Wait until a badge shows a state."""
        sync_api.expect(self.page.locator(place).first).to_have_text(self.guise.word(code))


@contextmanager
def open_tab(
    launched: sync_api.Browser,
    address: str,
    guise: guises.Guise = guises.FIRST,
    refusals: bool = False,
    tolerated: Sequence[str] = (),
) -> Iterator[Tab]:
    """A tab of a new visitor, for one story; `refusals` and `tolerated` as for `pictures.visit`."""
    with pictures.visit(
        launched, address, guise.language, guise.width, guise.theme, refusals=refusals, tolerated=tolerated
    ) as page:
        tab = Tab(page, address, guise)
        yield tab
        tab.look(again=True)
        assert not tab.faults, "\n".join(tab.faults)
