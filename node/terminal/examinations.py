"""`hanse doctor`: looks at a home whose node runs, does not run, or cannot run, and changes nothing (faults.md O10)."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from node import config, errors, keystore
from node.system import clocks, disks, files, homes

Json = dict[str, Any]

WAL_RESET_FAULTY: Final = ((3, 7, 0), (3, 51, 3))
"""SQLite versions, from and below, whose WAL can break when two connections write or checkpoint at once."""

FREE_SHARE_MIN: Final = 0.2
"""Below this share of free space the merchant is warned (faults.md O06); below `FREE_BYTES_MIN` the node will fail."""
FREE_BYTES_MIN: Final = 64 << 20
CLOCK_BEFORE_FILES_S_MAX: Final = 24 * 3600
CLOCK_YEAR_MIN: Final = 2026


class Severity(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `code` names the error, if it is one."""

    check: str
    found: str
    severity: Severity = Severity.OK
    hint: str = ""
    code: str = ""
    exit: errors.Exit = errors.Exit.DONE


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was looked at."""

    findings: tuple[Finding, ...]

    def content(self) -> Json:
        """For people and programs."""
        keys = ("check", "found", "severity", "hint", "code")
        listed = [{key: str(getattr(finding, key)) for key in keys} for finding in self.findings]
        return {"severity": self.severity.value, "findings": listed}

    @property
    def severity(self) -> Severity:
        """The worst of all."""
        order = list(Severity)
        return max((finding.severity for finding in self.findings), key=order.index, default=Severity.OK)

    @property
    def status(self) -> errors.Exit:
        """The exit status: that of the gravest error; warnings are no failure."""
        return max((finding.exit for finding in self.findings), default=errors.Exit.DONE)


def examine(path: Path) -> Report:
    """Look at everything; a check that finds a fault does not keep the next one from looking."""
    home = homes.Home(path.absolute())
    found = [*program(), *guarded("home", lambda: modes(home))]
    if not os.path.isdir(home.state):
        return Report(tuple(found))
    process = running(home)
    checks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("configuration", lambda: configuration(home)),
        ("keys", lambda: key_file(home)),
        ("disk", lambda: disk(home)),
        ("clock", lambda: clock(home, time.time())),
        ("node", lambda: answering(home, process)),
        ("database", lambda: database(home, process)),
        ("storage failures", lambda: failures(home)),
    )
    for name, check in checks:
        found += guarded(name, check)
    return Report(tuple(found))


def guarded(name: str, check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """The findings of a check; a NodeError becomes one of them."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except errors.NodeError as error:
        said = error.message if error.got is None else f"{error.message}: {error.got}"
        found.append(Finding(name, said, Severity.ERROR, error.hint, error.code, error.exit))
    return found


def program() -> Iterator[Finding]:
    """The versions, and whether this SQLite has the fault that two writers bring out."""
    yield Finding("program", f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    version = sqlite3.sqlite_version_info
    first, fixed = WAL_RESET_FAULTY
    if first <= version < fixed:
        verdict = "has the WAL-reset fault, which needs two writers; a node has exactly one, so its data is safe"
        hint = "let no other program open the database for writing"
        yield Finding("SQLite", f"{sqlite3.sqlite_version} {verdict}", Severity.OK, hint)
    else:
        yield Finding("SQLite", sqlite3.sqlite_version)


def modes(home: homes.Home) -> Iterator[Finding]:
    """Owner and modes of every file (S12)."""
    homes.open_home(home.path)
    yield Finding("home", str(home.path), hint="")
    yield Finding("file modes", "only this user can read keys, database and state")


def running(home: homes.Home) -> int | None:
    """The process that holds the home, None when there is none. Looks at the lock and does not touch it."""
    try:
        inode = home.lock.stat().st_ino
    except OSError:
        return None
    return disks.lock_holder(inode, disks.proc_locks()) or written_holder(home.lock)


def written_holder(lock: Path) -> int | None:
    """The process that the lock file names and that lives, for systems that do not list locks."""
    content = (files.read(lock) or b"").strip()
    if disks.proc_locks() or not content.isdigit():
        return None
    try:
        os.kill(int(content), 0)
    except OSError:
        return None
    return int(content)


def configuration(home: homes.Home) -> Iterator[Finding]:
    """Whether the configuration can be read."""
    known = config.read(files.read(home.config), str(home.config), os.environ)
    yield Finding("configuration", f"{known.name}, listens on {known.listen}")


def key_file(home: homes.Home) -> Iterator[Finding]:
    """Whether the key file is whole. It stays locked."""
    content = files.read(home.keys)
    if content is None:
        raise errors.NodeError("key.missing", "there is no key file", hint="restore the file `keys` from its backup")
    _, cost, _ = keystore.parse(content)
    yield Finding("keys", f"whole, encrypted with argon2id, {cost.memory_kib // 1024} MiB")


def disk(home: homes.Home) -> Iterator[Finding]:
    """What holds the home, and how much room is left."""
    kind = files.file_system(home.path.resolve(), files.mounts())
    if kind in files.SHARED_FILE_SYSTEMS:
        raise files.unfit(home.path, f"a disk of this machine, not {kind}")
    usage = shutil.disk_usage(home.path)
    found = f"{usage.free / 2**30:.1f} GiB free of {usage.total / 2**30:.1f} GiB"
    if usage.free < FREE_BYTES_MIN:
        yield Finding("disk", found, Severity.ERROR, "make room", "disk.full", errors.Exit.DISK)
    elif usage.free < FREE_SHARE_MIN * usage.total:
        yield Finding("disk", found, Severity.WARNING, "make room before it is full: a full disk stops the node")
    else:
        yield Finding("disk", found)


def clock(home: homes.Home, now_s: float) -> Iterator[Finding]:
    """Whether the clock is plausible. No rule of the trade depends on it, but people read its times (O07)."""
    found = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(now_s))
    newest = max((path.stat().st_mtime for path in home.data.iterdir()), default=0.0)
    wrong = time.gmtime(now_s).tm_year < CLOCK_YEAR_MIN or now_s < newest - CLOCK_BEFORE_FILES_S_MAX
    hint = "set the clock: it stands before the last work of this node" if wrong else ""
    yield Finding("clock", found, Severity.WARNING if wrong else Severity.OK, hint)


def answering(home: homes.Home, process: int | None) -> Iterator[Finding]:
    """Whether the node runs, and whether it answers."""
    if process is None:
        yield Finding("node", "does not run", hint="start it with `hanse run`")
        return
    from node.control import clients

    status = clients.call(home.path, "status", {}, lambda what, done, total: None)
    yield Finding("node", f"process {process} runs and answers, {status.get('online', 0)} partners online")


def database(home: homes.Home, process: int | None) -> Iterator[Finding]:
    """Journal mode from the file's header; and, while nobody writes, whether the file is whole."""
    try:
        with open(home.database, "rb") as file:
            header = file.read(20)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        raise errors.NodeError("home.empty", "there is no database", hint="`hanse init NAME` makes one") from None
    except OSError as error:
        raise files.failed(f"{home.database} cannot be read", error) from error
    if header[:16] != b"SQLite format 3\0":
        raise errors.StorageError(f"{home.database} is no SQLite database")
    journal = "WAL" if header[18:20] == b"\x02\x02" else "rollback"
    yield Finding("database", f"{size / 2**20:.1f} MiB, journal mode {journal}, synchronous FULL while the node runs")
    if process is None:
        yield whole(home.database)


def whole(database: Path) -> Finding:
    """SQLite's own check of a database that nobody writes. The connection can only read."""
    try:
        connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        try:
            faults = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
        finally:
            connection.close()
    except sqlite3.Error as error:
        faults = [str(error)]
    if faults == ["ok"]:
        return Finding("integrity", "whole")
    hint = "keep the folder as it is and restore the last backup beside it; the node fetches the rest from its partners"
    return Finding("integrity", "; ".join(faults), Severity.ERROR, hint, "storage.failed", errors.Exit.BUG)


def failures(home: homes.Home) -> Iterator[Finding]:
    """Whether storage failed lately."""
    count = homes.recent_failures(home, clocks.SystemClock().now_ms())
    if count:
        yield Finding("storage failures", f"{count} in five minutes", Severity.WARNING, "look at the disk")
    else:
        yield Finding("storage failures", "none lately")
