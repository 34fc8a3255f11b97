"""What the command line knows of its surroundings, how it asks the node, and how it prints answers and errors."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import rich_click as click

from node import errors

if TYPE_CHECKING:
    from node.terminal import narrators

Json = dict[str, Any]

WIDTH_PIPED: Final = 2_000
"""Columns where the output is no terminal: lines must not be folded under a program that reads them."""


@dataclass(slots=True)
class Terminal:
    """Where the answers of one command go. `home` and `as_json` are what `--home` and `--json` said."""

    home: Path = field(default_factory=lambda: Path("~/.hanse").expanduser())
    as_json: bool = False

    def ask(self, name: str, arguments: Mapping[str, Any]) -> Json:
        """Ask the running node. NodeError whatever it answers but yes."""
        from node.control import clients

        given = {key: value for key, value in arguments.items() if value is not None}
        if not sys.stderr.isatty():
            answer: Json = clients.call(self.home, name, given)
            return answer
        from node.terminal import meters

        with meters.Meter() as meter:
            answer = clients.call(self.home, name, given, meter.report)
        return answer

    def answer(self, name: str, content: Mapping[str, Any]) -> None:
        """Print the answer to the use case `name`."""
        if self.as_json:
            print_json(content)
        else:
            from node.terminal import views

            self.show(views.of(name, content))

    def show(self, drawn: object) -> None:
        """Print something that rich can draw. Nothing in `--json`, where the answer is one object."""
        if not self.as_json:
            console(sys.stdout).print(drawn, crop=False)

    def fail(self, error: errors.NodeError) -> None:
        """Print why a command could not be done: in `--json` as one object on the output, else on the error output."""
        if self.as_json:
            print_json({"error": errors.to_json(error)})
        else:
            from node.terminal import complaints

            console(sys.stderr).print(complaints.of(error))

    def interrupted(self) -> None:
        """Say what Ctrl-C left behind."""
        if not self.as_json:
            sys.stderr.write("Interrupted. What was done by then stays done; the same command does the rest.\n")

    def fail_usage(self, error: click.ClickException) -> None:
        """Print that a command was not understood."""
        if self.as_json:
            print_json({"error": errors.to_json(errors.NodeError("request.malformed", error.format_message()))})
        else:
            error.show()

    def narrator(self) -> narrators.Narrator:
        """Tells what a long command does; silent in `--json`."""
        from node.terminal import narrators

        return narrators.Narrator(quiet=self.as_json)

    def fail_bug(self, error: BaseException) -> None:
        """Print that the program has a bug, and where its traceback lies."""
        place = keep_traceback(self.home, error)
        self.fail(
            errors.NodeError(
                "internal.error",
                "this is a bug of the program",
                hint=f"see {place}",
            )
        )


def console(stream: TextIO) -> Any:
    """A rich console on a stream: coloured and as wide as the window on a terminal, plain and wide elsewhere."""
    from rich.console import Console

    return Console(file=stream, width=None if stream.isatty() else WIDTH_PIPED, highlight=False)


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object on one line. What could steer a terminal stands as an escape."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(content, ensure_ascii=not unicode, default=str)
    if not text.isprintable():
        text = "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def until_interrupted() -> None:
    """Wait for Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


def keep_traceback(home: Path, error: BaseException) -> Path:
    """Write a traceback where only this user can read it: into the home where there is one, else a temporary file."""
    folder = home / "state"
    text = "".join(traceback.format_exception(error)).encode(errors="backslashreplace")
    name = f"bug-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.txt"
    try:
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        path = folder / name
    except OSError:
        descriptor, temporary = tempfile.mkstemp(prefix="hanse-bug-", suffix=".txt")
        path = Path(temporary)
    with open(descriptor, "wb") as file:
        file.write(text)
    return path
