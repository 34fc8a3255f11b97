"""The real disk: one thread in which the one writer connection lives, and the files of the state folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from node import errors, ports
from node.system import backups, files, homes

Result = TypeVar("Result")

BUSY_MS: Final = 5_000
"""How long a statement waits for a backup tool or a virus scanner to let go of the file."""
CACHE_KIB: Final = 64 * 1024
"""Pages kept in memory: the tails of all logbooks of a busy merchant, and the indexes above them."""
CHECKPOINT_PAGES: Final = 1_000
"""Size of the write-ahead log at which it is copied back: 4 MB, so that it never grows with the day."""
WAL_BYTES_KEPT: Final = 64 << 20
"""The write-ahead log is cut back to this after a long reader made it grow (faults.md S08)."""
STATEMENTS_CACHED: Final = 512
ASIDE_PREFIX: Final = "backup-"

GUARANTEES: Final[tuple[tuple[str, str, object], ...]] = (
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),  # NORMAL with WAL loses acknowledged rows on a power cut (faults.md, finding 2)
    ("fullfsync", "1", 1),  # where fsync does not reach the platter (Apple); elsewhere without effect
    ("checkpoint_fullfsync", "1", 1),
    ("foreign_keys", "ON", 1),
    ("wal_autocheckpoint", str(CHECKPOINT_PAGES), CHECKPOINT_PAGES),
    ("journal_size_limit", str(WAL_BYTES_KEPT), WAL_BYTES_KEPT),
    ("mmap_size", "0", 0),  # an I/O error of a mapped page is a signal, not an error (faults.md, finding 1)
    ("cache_size", str(-CACHE_KIB), -CACHE_KIB),
    ("temp_store", "MEMORY", 2),  # nothing of a document is left in a temporary file
    ("secure_delete", "FAST", 2),  # an erased address is filled with zeros where that costs no extra page
    ("cell_size_check", "ON", 1),
    ("trusted_schema", "OFF", 0),
)
"""Pragma, what it is set to, what it must read back as. Distributions compile other defaults into SQLite."""

_STATE_NAME = re.compile(r"[a-z][a-z-]*")


class SystemDisk:
    """`ports.Disk` on a home. The caller holds the home's lock for as long as this lives."""

    def __init__(self, home: homes.Home, sync: files.Sync = os.fsync, busy_ms: int = BUSY_MS) -> None:
        self._home = home
        self._sync = sync
        self._busy_ms = busy_ms
        for left in home.state.glob(f"{ASIDE_PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)  # of a process that died while it wrote a backup
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="disk")

    def connect(self) -> sqlite3.Connection:
        """The one writer connection, in autocommit mode, with its guarantees read back.

        NodeError `storage.guarantees`, `home.locked` (another program holds the file), `disk.*`; StorageError.
        """
        path = self._home.database
        try:
            make_private(path)
            connection = sqlite3.connect(
                path, self._busy_ms / 1000, isolation_level=None, cached_statements=STATEMENTS_CACHED
            )
        except OSError as error:
            raise files.failed(f"{path} cannot be made", error) from error
        except sqlite3.Error as error:
            raise errors.NodeError("disk.failed", f"{path} cannot be opened", got=error) from error
        try:
            guarantee(connection)
        except BaseException as error:
            connection.close()
            if isinstance(error, sqlite3.Error):
                raise refused(path, error) from error
            raise
        return connection

    async def run(self, unit: Callable[[], Result]) -> Result:
        """Run a unit after the ones before it, in the thread of the connection."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, unit)

    async def look(self, unit: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run a unit that only reads in a thread of its own: with a write-ahead log it neither waits for the writer
        nor holds it up. sqlite3.Error."""

        def work() -> Result:
            address = f"{self._home.database.absolute().as_uri()}?mode=ro"
            with contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None)) as reader:
                for pragma, wanted in (("mmap_size", "0"), ("temp_store", "MEMORY"), ("trusted_schema", "OFF")):
                    reader.execute(f"PRAGMA {pragma} = {wanted}").fetchall()
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # from here on it sees one state
                return unit(reader)

        return await asyncio.to_thread(work)

    def room(self) -> ports.Room:
        """How much fits yet on the file system of the home. NodeError `disk.failed`."""
        try:
            usage = shutil.disk_usage(self._home.path)
        except OSError as error:
            raise files.failed(f"{self._home.path} cannot be looked at", error) from error
        return ports.Room(usage.free, usage.total)

    def read_state(self, name: str) -> bytes | None:
        """A state file, None when it does not exist."""
        return files.read(self._state(name))

    def write_state(self, name: str, content: bytes) -> None:
        """Replace a state file durably. A failure is fatal: StorageError."""
        try:
            files.replace(self._state(name), content, self._sync)
        except OSError as error:
            raise errors.StorageError(f"the state file {name} could not be written: {error.strerror}") from error

    def copy(self, folder: Path, report: backups.Report) -> None:
        """Write what a backup holds into a new folder, beside the units. NodeError `disk.*`, `storage.copy`."""
        backups.copy(self._home, folder, report)

    def aside(self, target: Path) -> Path:
        """A new folder in `state`, which no backup copies, for what becomes a backup in the folder `target`.

        NodeError `disk.full` where the copy could stop the node, `disk.*`.
        """
        try:
            needed = sum(path.stat().st_size for path in self._home.data.iterdir())
            if target.stat().st_dev == self._home.data.stat().st_dev:
                needed *= 2
            backups.need_room(self.free_bytes(), needed)
            return Path(tempfile.mkdtemp(prefix=ASIDE_PREFIX, dir=self._home.state))
        except OSError as error:
            raise files.failed(f"{target} cannot be written", error) from error

    def shelf(self) -> Path:
        """Where backups go unless the owner chose another folder."""
        return self._home.backups

    def free_bytes(self) -> int:
        """Space left for the database."""
        return shutil.disk_usage(self._home.data).free

    def close(self) -> None:
        """Wait for the units under way and end the thread. The connection must be closed before, in `run`."""
        self._executor.shutdown(wait=True)

    def _state(self, name: str) -> Path:
        assert _STATE_NAME.fullmatch(name), name
        return self._home.state / name


def make_private(path: Path) -> None:
    """Create an empty database file with mode 0600; SQLite gives its side files the same mode. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, files.PRIVATE_MODE)
    os.close(descriptor)


def guarantee(connection: sqlite3.Connection) -> None:
    """Set every pragma of `GUARANTEES` and read it back. NodeError `storage.guarantees`, sqlite3.Error."""
    for pragma, wanted, expected in GUARANTEES:
        connection.execute(f"PRAGMA {pragma} = {wanted}").fetchall()
        row = connection.execute(f"PRAGMA {pragma}").fetchone()
        got = 0 if row is None else row[0]  # a build without mmap answers nothing
        if got != expected:
            raise errors.NodeError(
                "storage.guarantees",
                f"SQLite {sqlite3.sqlite_version} does not keep {pragma}",
                expected=expected,
                got=got,
            )


def refused(path: Path, error: sqlite3.Error) -> errors.NodeError:
    """What it means that the database could not even be configured."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        holder = lock_holder(path.stat().st_ino, proc_locks())
        return errors.NodeError(
            "home.locked",
            f"another program holds {path}",
            got=f"process {holder or 'unknown'}",
            hint="end it, or exclude the home from its work",
        )
    return errors.StorageError(f"{path} cannot be used: {error}")


def lock_holder(inode: int, locks: str) -> int | None:
    """The process that has locked a part of a file, from the text of /proc/locks (proc(5))."""
    for line in locks.splitlines():
        fields = line.split()
        if len(fields) >= 6 and fields[-3].rpartition(":")[2] == str(inode) and fields[-4].isdigit():
            return int(fields[-4])
    return None


def proc_locks() -> str:
    """All locks on this machine, empty where the system does not tell."""
    try:
        return Path("/proc/locks").read_text(errors="replace")
    except OSError:
        return ""
