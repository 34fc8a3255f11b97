from __future__ import annotations

import io
import zipfile

import pytest

from node.console import workbooks

EVIL = [
    '=HYPERLINK("http://evil.example")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "http://evil.example/",
    "0012345678901234567",
]


def sheet(*cells: workbooks.Cell) -> str:
    """The XML of a sheet with one row, and of the texts that it names."""
    with zipfile.ZipFile(io.BytesIO(workbooks.workbook([("A/B", ["a"], [cells])], 1_700_000_000_000))) as made:
        names = set(made.namelist())
        assert not {name for name in names if "external" in name or "hyperlink" in name.lower()}
        texts = made.read("xl/sharedStrings.xml").decode()
        return made.read("xl/worksheets/sheet1.xml").decode() + texts


@pytest.mark.parametrize("text", EVIL)
def test_a_text_stays_a_text(text: str) -> None:
    made = sheet(text)
    assert "<f>" not in made and "hyperlink" not in made.lower().replace("=hyperlink", "")
    assert 't="s"' in made.partition('r="A2"')[2].partition(">")[0]


def test_amounts_are_numbers_with_the_places_of_their_currency() -> None:
    made = sheet({"amount": -123_450, "currency": "CNY"}, {"amount": 500, "currency": "JPY"}, None, 7)
    assert "<v>-1234.5</v>" in made and "<v>500</v>" in made and "<v>7</v>" in made
    assert 'r="C2"' not in made
