"""Decision pages have one form and are listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.documentation import pages

FOLDER = pages.ROOT / "docs" / "decisions"
RECORDS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
PARTS = ["Context", "Decision", "Alternatives", "Consequences", "What would change our mind"]


def test_every_decision_is_listed_once_and_in_order() -> None:
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \|$", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert [name for _, name, _ in listed] == [path.name for path in RECORDS]
    assert all(name.startswith(number) for number, name, _ in listed)


def test_no_number_is_used_twice() -> None:
    numbers = [path.name[:4] for path in RECORDS]
    assert len(numbers) == len(set(numbers)) and len(numbers) >= 12


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_decision_is_one_page_with_all_parts(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+", path.stem)
    assert lines[0].startswith(f"# {path.stem[:4]} ")
    headings = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert [heading for heading in headings if heading in PARTS] == PARTS
    assert len(lines) <= 70
