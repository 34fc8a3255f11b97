"""The trust floor takes bytes and integers and gives values: it asks nothing of the machine it runs on."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import protocol

MODULES = sorted(Path(next(iter(protocol.__path__))).glob("*.py"))
ALLOWED = {
    "__future__", "base64", "binascii", "collections", "cryptography", "dataclasses", "enum", "functools", "hashlib",
    "hmac", "itertools", "msgpack", "protocol", "re", "struct", "typing",
}  # fmt: skip


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_imports_nothing_that_reads_a_clock_a_disk_or_chance(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= ALLOWED


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_makes_no_keys_of_its_own(path: Path) -> None:
    """`generate` of a key class would be randomness by the back door."""
    tree = ast.parse(path.read_text("utf-8"))
    calls = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not calls & {"generate", "generate_key", "urandom", "token_bytes"}
