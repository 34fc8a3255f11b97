"""Links of the documentation lead somewhere, and no file names what must not be in a commit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.documentation import pages

PAGES = [path for path in pages.tracked(".md") if path.parent == pages.ROOT or pages.ROOT / "docs" in path.parents]
FILE = re.compile(r"(?:protocol|contracts|node|tests|docs|deploy)/[A-Za-z0-9_./-]*")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
# Written so that this file does not hold what it looks for.
REGISTRIES = ("pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.", "deb" + r"\.debian")
PLACES = tuple(f"/{name}/" for name in ("work", "farm", "root"))
FORBIDDEN = re.compile("|".join((*REGISTRIES, *PLACES)))


def anchor(heading: str) -> str:
    """The anchor that a heading gets: lower case, no punctuation, dashes for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return {anchor(heading.strip()) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(pages.ROOT)))
def test_every_link_resolves(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue  # out into the world, where no test can follow
        name, _, part = target.partition("#")
        found = path.parent / name if name else path
        assert found.exists(), f"{path.name} links to {target}"
        assert not part or part in anchors(found), f"{path.name} links to {target}"


def test_there_are_links() -> None:
    assert sum(len(LINK.findall(path.read_text("utf-8"))) for path in PAGES) > 20


@pytest.mark.parametrize("path", pages.tracked(), ids=lambda path: str(path.relative_to(pages.ROOT)))
def test_no_registry_and_no_path_of_a_machine(path: Path) -> None:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        return  # no text
    found = [line for line in text.splitlines() if FORBIDDEN.search(line)]
    assert not found, found[:3]


def test_every_file_has_a_name_that_can_be_typed() -> None:
    """What a test that went wrong left behind in the tree has other names, and once nearly stayed."""
    names = [str(path.relative_to(pages.ROOT)) for path in pages.tracked()]
    assert [name for name in names if not re.fullmatch(r"[\w./+-]+", name, re.ASCII)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(pages.ROOT)))
def test_every_file_that_is_named_exists(path: Path) -> None:
    named = {name for name in pages.coded(path.read_text("utf-8")) if FILE.fullmatch(name)}
    missing = sorted(name for name in named if not (pages.ROOT / name).exists())
    assert not missing
