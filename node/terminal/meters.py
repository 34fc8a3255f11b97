"""Progress of long work: a bar on the error output of a terminal, nothing anywhere else."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Meter:
    """Shows what a use case reports. A context manager; outside of a terminal it swallows everything."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(file=sys.stderr)
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def report(self, what: str, done: int, total: int) -> None:
        """`done` of `total` of something; a total of 0 means that nobody knows how much there is."""
        if not self._console.is_terminal:
            return
        progress = self._progress or self._start()
        if what not in self._tasks:
            self._tasks[what] = progress.add_task(what, total=total or None)
        progress.update(self._tasks[what], completed=done, total=total or None)

    def _start(self) -> Progress:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._progress.start()
        return self._progress
