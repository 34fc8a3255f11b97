"""Telling a demonstration as it goes: a line for each step with how long it took, a bar while it lasts."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

from node.terminal import consoles, meters, tables


class Narrator:
    """Prints sentences on the output. `quiet` keeps only the bars, on the error output.

    Where both go to the same screen they share a console, so that sentences appear above the bars.
    """

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._console = consoles.console(sys.stdout)
        shared = self._console.is_terminal and not quiet
        self._bars = self._console if shared else consoles.console(sys.stderr)
        self._meter = meters.Meter(self._bars)
        self._began = time.monotonic()

    @contextlib.contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        """A step of the story."""
        if not self._quiet:
            seconds = time.monotonic() - self._began
            self._console.print(f"\n[dim]{seconds:5.1f} s[/dim]  [bold]{_safe(title)}[/bold]")
        with meters.Meter(self._bars) as self._meter:
            self._meter.report(title, 0, 0)  # a sign of life until something is counted
            yield

    def say(self, sentence: str) -> None:
        """Something that happened."""
        if not self._quiet:
            self._console.print("         " + _safe(sentence), soft_wrap=True)

    def report(self, what: str, done: int, total: int) -> None:
        """How far something is."""
        self._meter.report(what, done, total)


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape(tables.plain(text))
