from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path

import pytest

from protocol import limits

SOURCE = Path(limits.__file__).read_text("utf-8")


@pytest.mark.parametrize("relation", limits.RELATIONS)
def test_bounds_fit_into_each_other(relation: str) -> None:
    assert limits.RELATIONS[relation]


def test_every_bound_has_a_reason() -> None:
    body = ast.parse(SOURCE).body
    for statement, following in itertools.pairwise(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
            if name != "RELATIONS":
                assert isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant), name
                assert len(str(following.value.value)) > 20, name


def test_every_bound_is_a_positive_integer() -> None:
    bounds = {name: value for name, value in vars(limits).items() if re.fullmatch(r"[A-Z][A-Z0-9_]+", name)}
    del bounds["RELATIONS"]
    assert len(bounds) > 40
    assert all(type(value) is int and value > 0 for value in bounds.values())
