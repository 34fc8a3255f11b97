"""docs/auditing.md names every code of a finding with the same sentence."""

from __future__ import annotations

from node.audits import faults
from tests.documentation import pages

PAGE = pages.ROOT / "docs" / "auditing.md"


def table() -> str:
    rows = [f"| `{code}` | {sentence} |" for code, sentence in faults.CODES.items()]
    return "\n".join(["| code | what it means |", "| --- | --- |", *rows])


def test_the_page_lists_every_code_of_a_finding() -> None:
    assert pages.blocks(PAGE.read_text("utf-8"))["findings"].strip() == table()
