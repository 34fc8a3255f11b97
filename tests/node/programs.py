"""Running the command line inside a test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn, TypeAlias

import click
from click.testing import CliRunner, Result

import cli

Question: TypeAlias = tuple[list[str], str, dict[str, Any]]
"""What is typed, the use case, and its arguments."""


class Program(click.Command):
    """`cli.main` as click's runner wants it: with everything that turns an error into an exit status."""

    def main(self, args: Sequence[str] | None = None, *given: Any, **named: Any) -> NoReturn:
        cli.main(list(args or []))


def run(*arguments: str, typed: str = "", environment: dict[str, str] | None = None) -> Result:
    """Run one command; its exit status, output and error output."""
    quiet = {"HANSE_HOME": None, "HANSE_CONSOLE": "off"}
    return CliRunner(env={**quiet, **(environment or {})}).invoke(Program("hanse"), arguments, input=typed)


def answer(result: Result) -> Any:
    """The one JSON object on the output of a command."""
    lines = result.stdout.splitlines()
    assert len(lines) == 1, result.output
    return json.loads(lines[0])
