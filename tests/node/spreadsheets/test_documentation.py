from __future__ import annotations

import pathlib
import re

import pytest

from node.connectors.spreadsheets import tables, vocabularies
from node.connectors.spreadsheets.faults import FaultCode
from node.connectors.spreadsheets.vocabularies import Vocabulary

PAGE = (pathlib.Path(__file__).parents[3] / "docs" / "spreadsheets.md").read_text("utf-8")


def test_every_code_is_explained_once_and_no_other() -> None:
    documented = re.findall(r"^\| `(sheet\.[a-z-]+)` \|", PAGE, re.MULTILINE)
    assert documented == [code.value for code in FaultCode]


@pytest.mark.parametrize(
    "vocabulary",
    [
        vocabularies.CATALOGUE,
        vocabularies.SHOPIFY_PRODUCTS,
        vocabularies.ORDERS,
        vocabularies.SHOPIFY_ORDERS,
        vocabularies.WAYBILLS,
    ],
)
def test_every_heading_is_listed(vocabulary: Vocabulary) -> None:
    rows = [f"| `{field}` | {', '.join(words)} |" for field, words in vocabulary.fields.items()]
    assert "\n".join(rows) in PAGE


def test_the_limits_are_those_of_the_code() -> None:
    limits = f"{tables.ROWS_MAX:,} rows, {tables.COLUMNS_MAX} columns, {tables.AREA_CELLS_MAX:,} cells"
    assert (
        f"{tables.FILE_BYTES_MAX // 2**20} MiB, {limits}, {tables.CELL_CHARACTERS_MAX:,} characters in a cell" in PAGE
    )
