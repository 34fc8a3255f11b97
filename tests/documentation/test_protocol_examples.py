"""What docs/protocol.md shows is what the code does: every generated table and every worked example.

After a change that is meant: `python -m tests.documentation`, and read the difference.
"""

from __future__ import annotations

import pytest

from protocol import limits
from protocol.errors import Code
from tests.documentation import dumps, examples, pages, tables

SHOWN = pages.blocks(pages.PROTOCOL.read_text("utf-8"))
GENERATED = {**examples.EXAMPLES, **tables.TABLES}


@pytest.mark.parametrize("name", GENERATED)
def test_the_page_shows_what_the_code_writes(name: str) -> None:
    assert SHOWN[name] == GENERATED[name]()


def test_every_block_has_a_source() -> None:
    others = {name for name in SHOWN if not name.startswith("message ")} - GENERATED.keys()
    assert others == {"session states"}  # compared in tests/protocol/test_sessions.py


def test_every_limit_stands_in_the_table_with_its_value() -> None:
    shown = {row[0]: row[1] for row in pages.rows(SHOWN["table limits"])}
    bounds = {name: value for name, value in vars(limits).items() if name[0].isalpha() and type(value) is int}
    assert shown == {name: tables.number(value) for name, value in bounds.items()}


def test_every_code_stands_in_the_table() -> None:
    assert [row[0] for row in pages.rows(SHOWN["table codes"])] == [code.value for code in Code]


def test_every_code_in_the_text_exists() -> None:
    text = pages.PROTOCOL.read_text("utf-8")
    families = {code.value.partition(".")[0] for code in Code}
    named = {word for word in pages.coded(text) if word.partition(".")[0] in families and "." in word}
    assert named - {"wire.*"} <= {code.value for code in Code}


def test_a_dump_shows_every_byte() -> None:
    assert dumps.hcm(bytes.fromhex("82a16101a162c0")).split() == [
        *("82", "map", "of", "2", "a161", "key", '"a"', "01", "1", "a162", "key", '"b"', "c0", "nil"),
    ]
