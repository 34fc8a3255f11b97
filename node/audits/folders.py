"""Reading a folder that somebody hostile may have made.

The folder is listed once. Links, devices and pipes are named as findings and never opened; every read has a bound;
and at the end, whatever no check has asked for is unexpected, so nothing can hide in an export.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from node.audits import faults, layouts
from protocol import limits, merkle, tiles
from protocol.errors import PeerError

FILES_MAX: Final = 2_000_000
"""Files and folders of one export; a logbook of a million entries has 8,000 files."""
DEPTH_MAX: Final = 16
"""Folders within folders; the deepest tile has 9."""
TEXT_BYTES_MAX: Final = 4 * limits.NOTE_CHARACTERS_MAX
"""Bytes of one note: four for each character at most."""


@dataclass(slots=True)
class Folder:
    """A folder as it was listed, and which of its files have been asked for."""

    root: Path
    findings: faults.Findings
    _files: dict[str, int] = field(default_factory=dict)  # path -> bytes
    _folders: dict[str, set[str]] = field(default_factory=dict)  # path -> names of folders in it
    _asked: set[str] = field(default_factory=set)
    _skipped: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, root: Path, findings: faults.Findings) -> Folder:
        """List a folder; what cannot be listed, or has no place in an export, becomes a finding."""
        folder = cls(root, findings)
        folder._list()
        return folder

    def folders(self, path: str) -> list[str]:
        """The names of the folders in a folder, sorted."""
        return sorted(self._folders.get(path, ()))

    def files(self, path: str) -> list[str]:
        """The names of the files directly in a folder, sorted."""
        start = f"{path}/" if path else ""
        names = (name.removeprefix(start) for name in self._files if name.startswith(start))
        return sorted(name for name in names if "/" not in name)

    def has(self, path: str) -> bool:
        """Whether there is such a file. Asking does not make it expected."""
        return path in self._files

    def read(self, path: str, bytes_max: int) -> bytes | None:
        """The content of a file; None, with a finding, when it is missing, unreadable or larger than the bound."""
        file = self._open(path)
        if file is None:
            return None
        try:
            with file:
                data = file.read(bytes_max + 1)
        except OSError as error:
            self.findings.add("audit.unreadable", path, "the file cannot be read", "a file", error.strerror)
            return None
        if len(data) > bytes_max:
            self.findings.add("audit.too-big", path, "the file is too big", f"at most {bytes_max} bytes", "more")
            return None
        return data

    def text(self, path: str, bytes_max: int = TEXT_BYTES_MAX) -> str | None:
        """The content of a text file; None, with a finding, also when it is not UTF-8."""
        data = self.read(path, bytes_max)
        if data is None:
            return None
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            self.findings.add("audit.malformed", path, f"not UTF-8 at byte {error.start}", "UTF-8", "other bytes")
            return None

    def bundle(self, path: str, tile: tiles.Tile) -> list[bytes] | None:
        """The entries of a bundle of the logbook in folder `path`; None, with a finding, when it does not hold them."""
        place = layouts.bundle(path, tile)
        data = self.read(place, tile.width * (2 + limits.ENTRY_BYTES_MAX))
        if data is None:
            return None
        try:
            return tiles.split_bundle(data, tile.width)
        except PeerError as error:
            self.findings.add("audit.malformed", place, error.hint, error.expected, error.got)
            return None

    def hashes(self, path: str, tile: tiles.Tile) -> list[bytes] | None:
        """The hashes of a tile of the logbook in folder `path`; None, with a finding, when it does not hold them."""
        place = layouts.bundle(path, tile)
        data = self.read(place, tile.width * merkle.HASH_BYTES)
        if data is None:
            return None
        try:
            return tiles.hashes(data, tile.width)
        except PeerError as error:
            self.findings.add("audit.malformed", place, error.hint, error.expected, error.got)
            return None

    def notes(self, path: str, header: str) -> Iterator[tuple[int, str]]:
        """The notes of a file one by one, numbered from 1, read a line at a time.

        A note begins with the line `header` (with its newline); between two is an empty line. What is no UTF-8 is
        replaced, so that the signature fails; a note that is too long ends the reading with a finding.
        """
        file = self._open(path)
        if file is None:
            return
        number, lines, size = 0, [], 0  # type: int, list[str], int
        try:
            with file:
                while raw := file.readline(TEXT_BYTES_MAX + 1):
                    line, size = raw.decode(errors="replace"), size + len(raw)
                    if line == header and lines and lines[-1] == "\n":
                        number += 1
                        yield number, "".join(lines[:-1])
                        lines, size = [], len(raw)
                    if size > TEXT_BYTES_MAX:
                        what = f"note {number + 1} is too long"
                        self.findings.add("audit.too-big", path, what, f"at most {TEXT_BYTES_MAX} bytes", "more")
                        return
                    lines.append(line)
        except OSError as error:
            self.findings.add("audit.unreadable", path, "the file cannot be read", "a file", error.strerror)
            return
        if lines:
            yield number + 1, "".join(lines)

    def skip(self, path: str, reason: str) -> None:
        """Say that a folder is not looked at any further, so that its files are not called unexpected."""
        self._skipped.append(f"{path}/")
        self.findings.add("audit.stopped", path, reason)

    def expect(self, path: str) -> None:
        """A file may be there, though nobody reads it."""
        self._asked.add(path)

    def close(self) -> None:
        """Name every file that no check has asked for, and every folder without files."""
        for path in sorted(self._files.keys() - self._asked):
            if not path.startswith(tuple(self._skipped)):
                self.findings.add("audit.unexpected", path, "this file has no place in an export", "no file", "a file")
        filled = {""}
        for path in self._files:
            filled.update(path[:end] for end, letter in enumerate(path) if letter == "/")
        for parent, names in sorted(self._folders.items()):
            for path in (joined(parent, name) for name in sorted(names)):
                if path not in filled and not f"{path}/".startswith(tuple(self._skipped)):
                    self.findings.add("audit.unexpected", path, "this folder is empty", "no folder", "a folder")

    def _open(self, path: str) -> BinaryIO | None:
        """A listed file, opened so that neither a link nor a pipe that took its place since is followed."""
        self._asked.add(path)
        if path not in self._files:
            self.findings.add("audit.missing", path, "the file is missing", "a file", "none")
            return None
        try:
            number = os.open(self.root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            return os.fdopen(number, "rb")
        except OSError as error:
            self.findings.add("audit.unreadable", path, "the file cannot be opened", "a file", error.strerror)
            return None

    def _list(self) -> None:
        waiting = [("", 0)]
        while waiting:
            path, depth = waiting.pop()
            try:
                with os.scandir(self.root / path) as listing:
                    for found in listing:
                        if not self._note(path, found):
                            continue
                        if depth == DEPTH_MAX:
                            self.findings.add("audit.too-big", path, "folders too deep", f"{DEPTH_MAX} levels", "more")
                            break
                        waiting.append((joined(path, found.name), depth + 1))
            except (OSError, ValueError) as error:
                got = getattr(error, "strerror", None) or error
                self.findings.add("audit.unreadable", path, "the folder cannot be listed", "a folder", got)
            if len(self._files) + len(self._folders) > FILES_MAX:
                self.findings.add("audit.too-big", "", "too many files", f"at most {FILES_MAX}", "more")
                return

    def _note(self, parent: str, found: os.DirEntry[str]) -> bool:
        """Remember what a listing shows; tells whether it is a folder."""
        path, mode = joined(parent, found.name), found.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            self._folders.setdefault(parent, set()).add(found.name)
            return True
        if stat.S_ISREG(mode):
            self._files[path] = found.stat(follow_symlinks=False).st_size
        else:
            kind = "a link" if stat.S_ISLNK(mode) else "something else"
            self.findings.add("audit.no-file", path, "no regular file; it was not opened", "a file or a folder", kind)
        return False


def joined(parent: str, name: str) -> str:
    """A path below the root of the folder."""
    return f"{parent}/{name}" if parent else name
