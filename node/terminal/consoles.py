"""What goes to the screen, and what is kept of a program that broke down."""

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
from pathlib import Path
from typing import Any, Final, TextIO

WIDTH_PIPED: Final = 2_000
"""Columns where the output is no terminal: lines must not be folded under a program that reads them."""


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
