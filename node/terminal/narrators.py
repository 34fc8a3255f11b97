"""Telling a demonstration as it goes: a line for each step with how long it took, a bar while it lasts."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

from node.terminal import consoles, meters, tables


class Narrator:
    """Prints sentences on the output of a terminal. `quiet` keeps only the bars, on the error output."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._console = consoles.console(sys.stdout)
        self._meter = meters.Meter()
        self._began = time.monotonic()

    @contextlib.contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        """A step of the story."""
        if not self._quiet:
            seconds = time.monotonic() - self._began
            self._console.print(f"\n[dim]{seconds:5.1f} s[/dim]  [bold]{_safe(title)}[/bold]")
        with meters.Meter() as self._meter:
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
