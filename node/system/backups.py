"""Backups: everything of a home but its state folder, as one encrypted file; and a home made from such a file.

    hanse-backup/config.toml
    hanse-backup/keys           still encrypted under the passphrase
    hanse-backup/data/hanse.db  as it was at one moment

A packed folder of these stands in an encrypted file (see `archives`). The database is copied through a connection of
its own, which sees one state of it from the beginning to the end, while the node goes on writing. A file gets its name
only when it was read back and found to hold what it must: whatever has the name of a backup is a whole one.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

from node import errors
from node.system import archives, files, homes

Report = Callable[[str, int, int], None]  # what, done, total

ROOT: Final = "hanse-backup"
STEP_PAGES: Final = 1_024
"""4 MB between two reports."""
ROOM_KEPT_BYTES: Final = 256 << 20
"""A backup is not begun where it could leave less than this for the node."""
GZIP: Final = b"\x1f\x8b"


def need_room(free: int, needed: int) -> None:
    """NodeError `disk.full` where a copy of so many bytes could stop the node."""
    wanted = needed + ROOM_KEPT_BYTES
    if free < wanted:
        raise errors.NodeError(
            "disk.full",
            "the disk of the node has too little room to make a backup",
            expected=f"{wanted >> 20} MB",
            got=f"{free >> 20} MB",
            hint="make room on it, or keep fewer backups there",
        )


def copy(home: homes.Home, folder: Path, report: Report) -> None:
    """Write what a backup holds into the new `folder`. NodeError `disk.*`, `storage.copy`."""
    try:
        for made in (folder, folder / "data"):
            made.mkdir(mode=files.FOLDER_MODE)
        for kept in (home.config, home.keys):
            content = files.read(kept)
            if content is not None:
                write_private(folder / kept.name, content)
        write_private(folder / "data" / home.database.name, b"")
    except OSError as error:
        raise files.failed(f"{folder} cannot be written", error) from error
    copy_database(home.database, folder / "data" / home.database.name, report)


def copy_database(source: Path, target: Path, report: Report) -> None:
    """One state of a database that is being written, into the empty file `target`. NodeError `storage.copy`."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as reader,
            contextlib.closing(sqlite3.connect(target)) as writer,
        ):
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # from here on it sees one state
            reader.backup(
                writer, pages=STEP_PAGES, progress=lambda _, left, total: report("copying", total - left, total)
            )
            check(writer)
            writer.execute("PRAGMA journal_mode = DELETE").fetchone()  # one file, with nothing beside it
    except sqlite3.Error as error:
        raise errors.NodeError("storage.copy", "the database could not be copied", got=error) from error


def check(connection: sqlite3.Connection) -> None:
    """Whether a copy is whole. NodeError `storage.copy`."""
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise errors.NodeError("storage.copy", "the copy of the database is damaged", got=found)


def write_private(path: Path, content: bytes) -> None:
    """A new file for its owner alone. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, files.PRIVATE_MODE)
    with open(descriptor, "wb") as file:
        file.write(content)


def write(
    folder: Path,
    file: Path,
    root: bytes,
    head: archives.Head,
    report: Report,
    sync: files.Sync = os.fsync,
    aside: Path | None = None,
) -> int:
    """Make the new `file` of a folder that `copy` has written; its size in bytes. NodeError `backup.differs`, `disk.*`.

    It is written `aside`, beside the file, synced, read back and compared, and only then gets its name. Whatever fails
    before, nothing is left.
    """
    if os.path.lexists(file):
        raise errors.NodeError("file.exists", f"{file} exists already and is not overwritten")
    aside = aside or file.with_name(f".{file.name}.new")
    try:
        with open_new(aside) as stream:
            pack(folder, stream, root, head, report)
            stream.flush()
            sync(stream.fileno())
            size = stream.tell()
            forget_pages(stream.fileno())
        compare(folder, aside, root, report)
        os.rename(aside, file)
        settle(file.parent, sync)
    except BaseException as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise files.failed(f"{file.parent} cannot be written", error) from error
        raise
    return size


def settle(folder: Path, sync: files.Sync) -> None:
    """Make the names in a folder durable, where its file system knows how: many of memory sticks and shares do not."""
    try:
        files.sync_folder(folder, sync)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise


def open_new(path: Path) -> IO[bytes]:
    """A new file for its owner alone, in the place of what a process left there that died. Raises OSError."""
    path.unlink(missing_ok=True)
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, files.PRIVATE_MODE), "wb")


def forget_pages(descriptor: int) -> None:
    """Let what is read next come from the disk and not from memory, where the system knows how."""
    if hasattr(os, "posix_fadvise"):
        with contextlib.suppress(OSError):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def pack(folder: Path, stream: IO[bytes], root: bytes, head: archives.Head, report: Report) -> None:
    """Write the encrypted content of a backup. Raises OSError."""
    sealer = archives.Sealer(stream, root, head)
    names = members(folder)
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=sealer, compresslevel=6, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w|") as archive,
    ):
        for done, name in enumerate(names):
            report("packing", done, len(names))
            archive.add(folder / name, f"{ROOT}/{name}", filter=anonymous)
    sealer.finish()


def members(folder: Path) -> list[str]:
    """The files of a folder, by their names in it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def compare(folder: Path, file: Path, root: bytes, report: Report) -> None:
    """Read a backup back, and see that it holds the folder. NodeError `backup.differs`; raises OSError."""
    report("checking", 0, 1)
    found: dict[str, bytes] = {}
    try:
        with open(file, "rb") as stream:
            _, raw = archives.read_head(stream)
            for member, content in contents(archives.Opener(stream, root, raw)):
                found[member.name.removeprefix(f"{ROOT}/")] = digest(content)
    except (tarfile.TarError, EOFError, errors.NodeError) as error:
        raise differs(type(error).__name__) from error
    for name in members(folder):
        with open(folder / name, "rb") as content:
            if found.get(name) != digest(content):
                raise differs(name)


def digest(stream: IO[bytes]) -> bytes:
    """The SHA-256 of what a stream still holds."""
    hashed = hashlib.sha256()
    while piece := stream.read(archives.CHUNK_BYTES):
        hashed.update(piece)
    return hashed.digest()


def contents(packed: IO[bytes] | io.RawIOBase) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """The regular files in an opened backup, one after the other. TarError, EOFError, NodeError `backup.unreadable`."""
    stream = packed if not isinstance(packed, io.RawIOBase) else io.BufferedReader(packed, archives.CHUNK_BYTES)
    with tarfile.open(fileobj=stream, mode="r|gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if content is not None:
                yield member, content
    while stream.read(archives.CHUNK_BYTES):
        pass  # what is cut off after the last file is cut off all the same


def differs(got: str) -> errors.NodeError:
    """The NodeError for a disk that gives back something else than was written to it."""
    return errors.NodeError(
        "backup.differs",
        "the backup could not be read back as it was written",
        got=got,
        hint="do not trust this disk: choose another folder",
    )


def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A member that says nothing of the user and machine it comes from."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def restore(file: Path, path: Path, unlock: archives.Unlock) -> homes.Home:
    """Make a home from a backup, in an absent or empty place. What was made before a failure is removed again.

    NodeError `backup.unreadable`, `key.*`, `home.exists`, `home.unfit`, `disk.*`.
    """
    home = homes.create(path)
    wanted = {home.config.name: home.config, home.keys.name: home.keys, f"data/{home.database.name}": home.database}
    try:
        with open(file, "rb") as stream:
            unpack(stream, wanted, unlock)
        missing = [name for name, target in wanted.items() if target != home.config and not target.exists()]
        if missing:
            raise archives.unreadable(f"nothing of {', '.join(missing)}")
        with contextlib.closing(sqlite3.connect(home.database)) as connection:
            check(connection)
    except BaseException as error:
        for target in wanted.values():
            target.unlink(missing_ok=True)
        if isinstance(error, (tarfile.TarError, EOFError, sqlite3.Error)):
            raise archives.unreadable(type(error).__name__) from None
        if isinstance(error, OSError):
            raise files.failed(f"{file} cannot be restored to {home.path}", error) from error
        raise
    for folder in (home.data, home.path):
        files.sync_folder(folder)
    return home


def unpack(stream: IO[bytes], wanted: dict[str, Path], unlock: archives.Unlock) -> None:
    """Write the wanted files of a backup, each once. OSError, TarError, NodeError."""
    for member, content in contents(opened(stream, unlock)):
        target = wanted.get(member.name.removeprefix(f"{ROOT}/"))
        if target is not None:
            copy_out(content, target)


def opened(stream: IO[bytes], unlock: archives.Unlock) -> IO[bytes] | io.RawIOBase:
    """The packed folder in a backup. Before there were encrypted ones, it stood in the file as it is. NodeError."""
    if stream.read(len(GZIP)) == GZIP:
        stream.seek(0)
        return stream
    stream.seek(0)
    head, raw = archives.read_head(stream)
    return archives.Opener(stream, unlock(head.keys), raw)


def copy_out(source: IO[bytes], target: Path) -> None:
    """Write one file of a backup, for its owner alone and durably. Raises OSError."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, files.PRIVATE_MODE)
    with open(descriptor, "wb") as stream:
        shutil.copyfileobj(source, stream)
        stream.flush()
        os.fsync(stream.fileno())
