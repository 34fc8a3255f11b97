"""Backups: everything of a home but its state folder, as one file; and a home made from such a file.

    hanse-backup/README.txt     what this is, and how it is restored
    hanse-backup/config.toml
    hanse-backup/keys           still encrypted under the passphrase
    hanse-backup/data/hanse.db  as it was at one moment

The database is copied through a connection of its own, which sees one state of it from the beginning to the end, while
the node goes on writing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote

from node import errors
from node.system import files, homes

Report = Callable[[str, int, int], None]  # what, done, total

ROOT: Final = "hanse-backup"
STEP_PAGES: Final = 1_024
"""4 MB between two reports."""
README: Final = """\
A backup of a Hanse node.

It holds what was decided (config.toml), the keys, still encrypted under the passphrase of the node (keys), and the
database with every document, order and account (data/hanse.db). It does not hold the passphrase, the recovery sheet,
or the certificate of the console. Whoever has this file and the passphrase has the node: keep the two apart.

To restore it, on a machine where the old node does not run any more:

    hanse --home NEW-FOLDER restore THIS-FILE
    hanse --home NEW-FOLDER run

The node notices that it is a copy. It signs nothing until its partners have given back what came after the backup.
Never run two copies of one node.
"""


def copy(home: homes.Home, folder: Path, report: Report) -> None:
    """Write what a backup holds into the new `folder`. NodeError `disk.*`, `storage.copy`."""
    try:
        for made in (folder, folder / "data"):
            made.mkdir(mode=files.FOLDER_MODE)
        for kept in (home.config, home.keys):
            content = files.read(kept)
            if content is not None:
                write_private(folder / kept.name, content)
        write_private(folder / "README.txt", README.encode())
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


def pack(folder: Path, file: Path, report: Report) -> int:
    """Pack a folder that `copy` has written into the new `file`; its size in bytes. NodeError `disk.*`."""
    report("packing", 0, 1)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, files.PRIVATE_MODE)
        with open(descriptor, "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=6) as archive:
                archive.add(folder, ROOT, filter=anonymous)
            stream.flush()
            os.fsync(stream.fileno())
            return stream.tell()
    except FileExistsError:
        raise errors.NodeError("file.exists", f"{file} exists already and is not overwritten") from None
    except OSError as error:
        file.unlink(missing_ok=True)
        raise files.failed(f"{file} cannot be written", error) from error


def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A member that says nothing of the user and machine it comes from."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def restore(file: Path, path: Path) -> homes.Home:
    """Make a home from a backup, in an absent or empty place. What was made before a failure is removed again.

    NodeError `backup.unreadable`, `home.exists`, `home.unfit`, `disk.*`.
    """
    home = homes.create(path)
    wanted = {home.config.name: home.config, home.keys.name: home.keys, f"data/{home.database.name}": home.database}
    try:
        with tarfile.open(file, "r:gz") as archive:
            for member in archive:
                target = wanted.get(member.name.removeprefix(f"{ROOT}/"))
                if target is not None and member.isreg():
                    unpack(archive, member, target)
        missing = [name for name, target in wanted.items() if target != home.config and not target.exists()]
        if missing:
            raise unreadable(f"nothing of {', '.join(missing)}")
        with contextlib.closing(sqlite3.connect(home.database)) as connection:
            check(connection)
    except (tarfile.TarError, EOFError, OSError, sqlite3.Error, errors.NodeError) as error:
        for target in wanted.values():
            target.unlink(missing_ok=True)
        if isinstance(error, errors.NodeError):
            raise
        if isinstance(error, OSError) and error.errno is not None:
            raise files.failed(f"{file} cannot be restored to {home.path}", error) from error
        raise unreadable(type(error).__name__) from None
    for folder in (home.data, home.path):
        files.sync_folder(folder)
    return home


def unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """Write one file of an archive, for its owner alone and durably. OSError, TarError."""
    source = archive.extractfile(member)
    assert source is not None, "a regular file has content"
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, files.PRIVATE_MODE)
    with source, open(descriptor, "wb") as stream:
        shutil.copyfileobj(source, stream)
        stream.flush()
        os.fsync(stream.fileno())


def unreadable(got: str) -> errors.NodeError:
    """The NodeError for a file that is no backup, or a damaged one."""
    return errors.NodeError(
        "backup.unreadable", "this is no backup of a node, or a damaged one", expected=f"{ROOT}/…", got=got
    )
