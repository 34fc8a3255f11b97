"""docs/operating.md says what the program does: every command, code and key, and none that does not exist."""

from __future__ import annotations

import pytest

from tests.documentation import operations, pages


@pytest.mark.parametrize("name", list(operations.BLOCKS))
def test_a_block_is_what_the_code_says(name: str) -> None:
    written = pages.blocks(operations.PAGE.read_text("utf-8"))
    assert written[name] == operations.BLOCKS[name](), "run `python -m tests.documentation` and read the difference"


def test_every_block_of_the_page_is_generated() -> None:
    assert set(pages.blocks(operations.PAGE.read_text("utf-8"))) == set(operations.BLOCKS)


def test_the_readme_names_only_commands_that_exist() -> None:
    known = {name for name, _ in operations.leaves(operations.cli.hanse)}
    groups = {name.rsplit(" ", 1)[0] for name in known}
    for page in ("README.md", "README.zh-CN.md"):
        text = (pages.ROOT / page).read_text("utf-8")
        for line in text.splitlines():
            words = line.strip().removeprefix("hanse --home hanse-home ").split()
            if line.strip().startswith("hanse --home"):
                assert f"hanse {words[0]}" in known | groups or f"hanse {words[0]} {words[1]}" in known, line
