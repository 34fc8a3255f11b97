"""What the command line knows of its surroundings, how it asks the node, and where answers and errors go.

What draws is imported where it is needed: a command that prints JSON need not wait for it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from node import errors
from node.terminal import consoles

if TYPE_CHECKING:
    from node.terminal import narrators

Json = dict[str, Any]


@dataclass(slots=True)
class Terminal:
    """Where the answers of one command go, and what the options that all commands have said of it."""

    home: Path = field(default_factory=lambda: Path("~/.hanse").expanduser())
    as_json: bool = False
    seen: int | None = None

    def ask(self, name: str, arguments: Mapping[str, Any]) -> Json:
        """Ask the running node. NodeError whatever it answers but yes."""
        from node.control import clients

        given = {key: value for key, value in arguments.items() if value is not None}
        if not sys.stderr.isatty():
            answer: Json = clients.call(self.home, name, given, seen=self.seen)
            return answer
        from node.terminal import meters

        with meters.Meter() as meter:
            answer = clients.call(self.home, name, given, meter.report, self.seen)
        return answer

    def answer(self, name: str, content: Mapping[str, Any]) -> None:
        """Print the answer to the use case `name`."""
        if self.as_json:
            consoles.print_json(content)
        else:
            from node.terminal import views

            self.show(views.of(name, content))

    def show(self, drawn: object) -> None:
        """Print something that rich can draw. Nothing in `--json`, where the answer is one object."""
        if not self.as_json:
            consoles.console(sys.stdout).print(drawn, crop=False)

    def fail(self, error: errors.NodeError) -> None:
        """Print why a command could not be done: in `--json` as one object on the output, else on the error output."""
        if self.as_json:
            consoles.print_json({"error": errors.to_json(error)})
        else:
            from node.terminal import complaints

            consoles.console(sys.stderr).print(complaints.of(error))

    def interrupted(self) -> None:
        """Say what Ctrl-C left behind."""
        if not self.as_json:
            sys.stderr.write("Interrupted. What was done by then stays done; the same command does the rest.\n")

    def fail_usage(self, error: click.ClickException) -> None:
        """Print that a command was not understood."""
        if self.as_json:
            malformed = errors.NodeError("request.malformed", error.format_message())
            consoles.print_json({"error": errors.to_json(malformed)})
        else:
            error.show()

    def narrator(self) -> narrators.Narrator:
        """Tells what a long command does; silent in `--json`."""
        from node.terminal import narrators

        return narrators.Narrator(quiet=self.as_json)

    def fail_bug(self, error: BaseException) -> None:
        """Print that the program has a bug, and where its traceback lies."""
        place = consoles.keep_traceback(self.home, error)
        self.fail(
            errors.NodeError(
                "internal.error",
                "this is a bug of the program",
                hint=f"see {place}",
            )
        )
