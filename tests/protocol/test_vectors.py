"""The vector files are what the code writes, and each is read by a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import vectors
from tests.vectors import make

MADE = make.files()


@pytest.mark.parametrize("name", MADE)
def test_the_file_is_what_the_code_writes(name: str) -> None:
    """After a change that is meant: `python -m tests.vectors.make`, and read the difference."""
    assert (vectors.FOLDER / f"{name}.json").read_text("utf-8") == make.text(MADE[name])


def test_a_test_reads_each_file() -> None:
    sources = "".join(path.read_text("utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    for path in vectors.FOLDER.glob("*.json"):
        assert f'"{path.stem}' in sources, path.name
