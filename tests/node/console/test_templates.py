"""What the templates must not do, because nothing would tell."""

from __future__ import annotations

import re

from node.console import assets

EXTRA = re.compile(r"extra=('[^']*'|\"[^\"]*\")")


def test_more_attributes_of_a_field_stand_without_quotes() -> None:
    """They are escaped like everything else: a quote would become a part of the value, and `pattern` fit nothing."""
    found = [
        f"{path.name}: {said}"
        for path in (assets.FOLDER / "templates").rglob("*.html")
        for said in EXTRA.findall(path.read_text())
        if any(sign in said[1:-1] for sign in "\"'<>&")
    ]
    assert found == []
