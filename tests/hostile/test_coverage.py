"""Every row W, D, L and H of the fault catalogue has a test with its identifier in the name, or a reason."""

from __future__ import annotations

import re

from tests.documentation import pages

ROWS = {"W": 25, "D": 25, "L": 20, "H": 12}
OUT_OF_REACH = {
    "W13": "TLS is an outer coat that a merchant may put in front; the node itself speaks none, so there is no 0-RTT",
    "L16": "a node rebuilt from its key backup alone needs the list of its partners, which is in no backup yet",
    "L17": "losing all keys means pairing again as a new node; nothing in the program can be tried",
}


def with_tests() -> set[str]:
    """The identifiers that stand in the names of tests."""
    found: set[str] = set()
    for path in pages.tracked(".py"):
        if "tests" in path.parts:
            for name in re.findall(r"def (test_\w+)", path.read_text("utf-8")):
                found.update(re.findall(r"_([WDLH]\d\d)(?=_)", name))
    return found


def test_every_row_has_a_test_or_a_reason() -> None:
    rows = {f"{letter}{number:02}" for letter, count in ROWS.items() for number in range(1, count + 1)}
    assert rows - with_tests() - set(OUT_OF_REACH) == set()
    assert set(OUT_OF_REACH) <= rows


def test_a_reason_goes_when_its_test_comes() -> None:
    assert set(OUT_OF_REACH) & with_tests() == set()
