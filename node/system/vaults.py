"""The folder in which a node keeps the backups that it writes by itself, and what it may remove there.

The owner's own things may lie in the same folder, and backups of other nodes. Removed is only what has the name of such
a backup, says in its head that this very node wrote it by itself, and is a regular file.

A note lies in the folder from the moment at which it is chosen. Where it is missing, the folder is not the one that was
chosen: a disk that is not plugged in leaves an empty folder behind, on the disk that the backups shall survive.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from node import errors
from node.system import archives, backups, files

NOTE: Final = "hanse-backups.txt"
NAME: Final = re.compile(r"hanse-\d{4}-\d{2}-\d{2}-\d{6}\.backup")
TEXT: Final = """\
A Hanse node writes its backups into this folder by itself. It needs this file to know the folder again: leave it here.

Each backup is one encrypted file, which the passphrase of the node opens. The beginning of each file says in plain
words how it is restored.
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One backup that this node wrote by itself: its file, when it was written (unix milliseconds), its size."""

    file: Path
    written_ms: int
    bytes: int


def prepare(folder: Path, make: bool) -> None:
    """Put the note into a folder that was chosen; `make` the folder itself where it is missing.

    NodeError `backup.folder`, `home.permission`, `disk.*`.
    """
    if not folder.is_dir() and not make:
        raise missing(folder)
    try:
        folder.mkdir(mode=files.FOLDER_MODE, exist_ok=True)
        if not (folder / NOTE).is_file():
            with backups.open_new(folder / NOTE) as stream:
                stream.write(TEXT.encode())
                stream.flush()
                os.fsync(stream.fileno())
            backups.settle(folder, os.fsync)
    except FileExistsError:
        raise missing(folder) from None
    except OSError as error:
        raise files.failed(f"{folder} cannot be written", error) from error


def check(folder: Path) -> None:
    """NodeError `backup.folder` where this is not the folder that was chosen."""
    if not (folder / NOTE).is_file():
        raise missing(folder)


def missing(folder: Path) -> errors.NodeError:
    """The NodeError for a folder that is not there."""
    return errors.NodeError(
        "backup.folder",
        "the folder for backups is not there",
        got=str(folder),
        hint="plug the disk in or connect the folder, or choose another one in the settings",
    )


def new(folder: Path, at: datetime) -> Path:
    """The file for a backup that is written now, by local time."""
    return folder / f"hanse-{at:%Y-%m-%d-%H%M%S}.backup"


def aside(folder: Path, node: str) -> Path:
    """Where a backup is written before it has its name: always there, so that crashes leave one file at most."""
    return folder / f".hanse-{node}.new"


def kept(folder: Path, node: str, now_ms: int) -> list[Kept]:
    """The backups that the node with this NodeID wrote there by itself, the newest first. NodeError `disk.*`.

    What claims to come from the future was written under a wrong clock, and counts as the oldest.
    """
    try:
        named = [path for path in folder.iterdir() if NAME.fullmatch(path.name)]
    except OSError as error:
        raise files.failed(f"{folder} cannot be read", error) from error
    found = [one for path in named if (one := own(path, node)) is not None]
    return sorted(found, key=lambda one: (one.written_ms <= now_ms, one.written_ms, one.file.name), reverse=True)


def own(path: Path, node: str) -> Kept | None:
    """A file as a backup that this node wrote by itself; None for everything else."""
    with contextlib.suppress(OSError, errors.NodeError):
        status = path.lstat()
        if stat.S_ISREG(status.st_mode):
            with open(path, "rb") as stream:
                head, _ = archives.read_head(stream)
            if (head.node, head.made) == (node, "schedule"):
                return Kept(path, head.written_ms, status.st_size)
    return None


def thin(folder: Path, node: str, keep: int, newest: Path, now_ms: int) -> list[str]:
    """Remove all but the `keep` newest backups, and never `newest`, which was just written; the names of the removed.

    NodeError `disk.*`.
    """
    others = [one.file for one in kept(folder, node, now_ms) if one.file != newest]
    removed = []
    for file in others[keep - 1 :]:
        try:
            file.unlink()
        except OSError as error:
            raise files.failed(f"{file} cannot be removed", error) from error
        removed.append(file.name)
    return removed
