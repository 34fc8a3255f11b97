from __future__ import annotations

import ast
import errno
import json
import sqlite3
from pathlib import Path

import pytest

from node import errors

PRODUCT = Path(errors.__file__).parent


def codes_raised() -> set[tuple[str, str]]:
    """Every literal code that the product gives to NodeError, with the file that does so."""
    found = set()
    for path in [*PRODUCT.rglob("*.py"), PRODUCT.parent / "cli.py"]:
        if not path.exists():
            continue
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call) or not ast.unparse(call.func).endswith("NodeError") or not call.args:
                continue
            choices = [call.args[0]]
            if isinstance(choice := call.args[0], ast.IfExp):
                choices = [choice.body, choice.orelse]
            found |= {(c.value, path.name) for c in choices if isinstance(c, ast.Constant) and isinstance(c.value, str)}
    return found


def test_every_code_that_is_raised_is_in_the_list() -> None:
    raised = codes_raised()
    assert raised
    assert {(code, where) for code, where in raised if code not in errors.CODES} == set()


def test_a_code_outside_the_list_is_our_bug() -> None:
    with pytest.raises(AssertionError, match="not in the list"):
        errors.NodeError("no.such", "never")


@pytest.mark.parametrize("code", errors.CODES)
def test_codes_are_dotted_lower_case_words_with_a_sentence(code: str) -> None:
    status, sentence = errors.CODES[code]
    assert all(part.replace("-", "").isalpha() and part.islower() for part in code.split("."))
    assert code.count(".") == 1
    assert sentence
    assert errors.NodeError(code, "why").exit is status


def test_an_error_says_what_was_expected_and_got() -> None:
    error = errors.NodeError("links.address", "no address", expected="host:port", got="shop")
    assert str(error) == "no address: expected host:port, got shop [links.address]"


def test_an_error_survives_the_way_through_the_control_socket() -> None:
    fault = {"code": "document.range", "path": "lines.0.qty", "expected": "1 or more", "got": "0"}
    error = errors.NodeError("document.refused", "no", expected=1, got=b"x", hint="do so", faults=[fault])
    again = errors.from_json(json.loads(json.dumps(errors.to_json(error))))
    assert (again.code, again.message, again.expected, again.hint) == ("document.refused", "no", "1", "do so")
    assert again.faults == (fault,)
    assert errors.to_json(error)["exit"] == 1


def test_what_another_process_says_in_an_unknown_way_is_no_traceback() -> None:
    again = errors.from_json({"code": "future.code", "message": "hm", "faults": [3, {"code": "x"}]})
    assert (again.code, again.exit) == ("internal.error", errors.Exit.BUG)
    assert again.faults == ({"code": "x"},)


def full_disk() -> sqlite3.Error:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(sqlite3.Error) as caught:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    return caught.value


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (OSError(errno.ENOSPC, "full"), errors.Exit.DISK),
        (OSError(errno.EDQUOT, "quota"), errors.Exit.DISK),
        (OSError(errno.EIO, "io"), errors.Exit.BUG),
        (sqlite3.OperationalError("somehow"), errors.Exit.BUG),
        (full_disk(), errors.Exit.DISK),
        (None, errors.Exit.BUG),
    ],
)
def test_S03_S05_failed_storage_exits_70_and_a_full_disk_74(cause: Exception | None, status: errors.Exit) -> None:
    error = errors.StorageError("COMMIT failed")
    error.__cause__ = cause
    assert error.exit is status
