"""docs/trade.md says what the contracts do: every type, field, bound, standard and state table."""

from __future__ import annotations

import pytest

from contracts import documents
from contracts.documents import fields, meanings, standards
from tests.documentation import pages, schemas, trades

TEXT = trades.PAGE.read_text("utf-8")


@pytest.mark.parametrize("name", list(trades.BLOCKS))
def test_a_block_is_what_the_code_says(name: str) -> None:
    written = pages.blocks(TEXT)
    assert written[name] == trades.BLOCKS[name](), "run `python -m tests.documentation` and read the difference"


def test_every_block_of_the_page_is_generated() -> None:
    assert set(pages.blocks(TEXT)) == set(trades.BLOCKS)


@pytest.mark.parametrize("type", list(documents.SUPPORTED))
def test_a_type_has_a_standard_and_a_chapter(type: str) -> None:
    assert type in standards.TYPES, "say in contracts/documents/standards.py what this type is called elsewhere"
    chapters = [name for name, words in trades.GROUPS.items() if type.split(".")[0] in words]
    assert len(chapters) == 1, "say in tests/documentation/trades.py in which chapter this type stands"


def test_all_rows_of_the_catalogue_are_there() -> None:
    assert list(trades.ROWS) == list(range(1, 46))
    names = [name for row in trades.ROWS.values() for name in row]
    assert len(names) == len(set(names))
    assert not set(names) - set(standards.TYPES)
    assert not [row for row, types in trades.ROWS.items() if not types and row not in trades.ELSEWHERE]


def test_what_is_carried_elsewhere_has_no_type() -> None:
    assert not set(trades.ELSEWHERE) & set(documents.SUPPORTED)


@pytest.mark.parametrize("name", list(trades.state_tables()))
def test_every_event_of_a_table_has_a_cause(name: str) -> None:
    for _, event in trades.state_tables()[name]:
        found = trades.cause(name, event.value)
        assert found in standards.TYPES, f"say in trades.CAUSES which document causes {event}"


def test_terms_that_are_told_apart_exist() -> None:
    known = {
        f"{module.__name__.rpartition('.')[2]}.{name}.{field}"
        for module in (fields, *schemas.modules())
        for name, model in vars(module).items()
        for field in getattr(model, "model_fields", ())
    }
    apart = {name for table in (standards.FIELDS, meanings.FIELDS) for name in table if "." in name}
    assert not apart - known
