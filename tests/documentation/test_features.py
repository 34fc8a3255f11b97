"""docs/features.md tells the truth: every wish stands there once, and what it names exists."""

from __future__ import annotations

import re

import pytest

from tests.documentation import operations, pages

TEXT = (pages.ROOT / "docs" / "features.md").read_text("utf-8")
ROWS = {
    cells[0]: cells[2] for cells in (line.strip("| ").split(" | ") for line in TEXT.splitlines()) if len(cells) == 3
}
COMMANDS = {name for name, _ in operations.leaves(operations.cli.hanse)}
LINK = re.compile(r"\[[^\]]+\]\([a-z./]+(?:#[a-z-]+)?\)")
WISHES = [f"S{number:02}" for number in range(1, 65)] + [f"B{number:02}" for number in range(1, 17)]


def test_every_wish_stands_there_once_and_in_order() -> None:
    assert re.findall(r"^\| ([SB]\d\d) \|", TEXT, re.MULTILINE) == WISHES


@pytest.mark.parametrize("wish", WISHES)
def test_what_a_row_names_exists(wish: str) -> None:
    where = ROWS[wish]
    named = pages.coded(where)
    commands = [name for name in named if name.startswith("hanse ")]
    tests = [name for name in named if "::" in name]
    for command in commands:
        assert command in COMMANDS, f"{wish} names a command that does not exist"
    for name in tests:
        file, _, function = name.partition("::")
        source = (pages.ROOT / file).read_text("utf-8")
        assert re.search(rf"^(?:async )?def {function}\(", source, re.MULTILINE), f"{wish} names a missing test"
    assert commands or tests or LINK.search(where) or where.startswith("open"), f"{wish} shows nothing"
