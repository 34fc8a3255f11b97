"""A section that is cited exists: in the code, in the vectors, and within the specification itself."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from tests.documentation import pages

TEXT = pages.PROTOCOL.read_text("utf-8")
SECTIONS = pages.sections(TEXT)
NUMBER = r"\d+(?:\.\d+)*"
# `docs/protocol.md section 8`, `protocol.md sections 3.4, 9.4 and 9.5`, `protocol.md sections 6 to 8`
CITED = re.compile(rf"protocol\.md sections? ({NUMBER}(?:(?:, | and | to ){NUMBER})*)")
BARE = re.compile(r"protocol\.md,? [0-9\"§]+")
WITHIN = re.compile(
    rf"(?:\b[Ss]ections?\s+|\()({NUMBER}(?:(?:,\s+|\s+and\s+|\s+to\s+){NUMBER})*)(?=[).,;: ]|$)", re.MULTILINE
)
FOREIGN = re.compile(
    r"(?:RFC \d+|framework|UBL|Noise revision \d+),?\s+sections?\s+[\d.]+(?:,? and [\d.]+)*", re.IGNORECASE
)


def cited(path: Path) -> list[str]:
    """Every section of docs/protocol.md that a file names."""
    return [number for match in CITED.finditer(joined(path)) for number in re.findall(NUMBER, match[1])]


def joined(path: Path) -> str:
    """The text of a file on one line, comment signs at the beginnings of lines removed."""
    return re.sub(r"\n\s*(?:#|--|//)?\s*", " ", path.read_text("utf-8"))


def test_the_chapters_are_numbered_in_order() -> None:
    numbers = [tuple(map(int, number.split("."))) for number in pages.headings(TEXT)]
    assert [number[0] for number in numbers if len(number) == 1] == list(range(1, 18))
    for before, after in itertools.pairwise(numbers):
        follows = [(*before, 1), (*before[:-1], before[-1] + 1), (before[0] + 1,)]
        assert after in follows, f"{before} is followed by {after}"


def test_the_contents_link_to_every_chapter() -> None:
    chapters = re.findall(r"^## (\d+)\. (.+)$", TEXT, re.MULTILINE)
    contents = re.findall(r"^(\d+)\. \[(.+)\]\(#", TEXT, re.MULTILINE)
    assert contents == chapters


@pytest.mark.parametrize("path", pages.tracked(".py", ".json", ".md", ".go"), ids=lambda path: path.name)
def test_a_section_that_is_cited_exists(path: Path) -> None:
    bare = BARE.findall(joined(path)) if path.suffix in (".py", ".go") and path != Path(__file__) else []
    assert not bare, "write `docs/protocol.md section N`, so that it can be checked"
    missing = [number for number in cited(path) if number not in SECTIONS]
    assert not missing, f"docs/protocol.md has no section {', '.join(missing)}"


def test_the_page_cites_itself_rightly() -> None:
    prose = FOREIGN.sub("", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))
    named = {number for match in WITHIN.finditer(prose) for number in re.findall(NUMBER, match[1]) if "." in number}
    assert len(named) > 40
    assert not named - SECTIONS
