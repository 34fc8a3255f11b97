"""The home of a node: one folder with everything, opened by one process at a time.

config.toml         what the merchant decided
keys                secrets, encrypted under the passphrase (node.keystore)
data/hanse.db       the database: what a backup copies
state/              what no backup may copy: fence, lock, control socket
backups/            backups that the node writes by itself, unless the owner chose a better place
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from node import errors
from node.system import files

OWN_NAMES = ("config.toml", "keys", "data", "state", "backups", "lost+found")
"""What may lie in the folder of a new home: what an attempt left that failed, and what a file system makes itself."""

FAILURES_WITHIN_MS = 300_000
FAILURES_KEPT_MAX = 16


@dataclass(frozen=True, slots=True)
class Home:
    """Where things stand in a home. Make one with `create` or `open_home`, which check it."""

    path: Path

    @property
    def config(self) -> Path:
        """What the merchant decided."""
        return self.path / "config.toml"

    @property
    def keys(self) -> Path:
        """Secrets, encrypted."""
        return self.path / "keys"

    @property
    def data(self) -> Path:
        """The folder that a backup copies."""
        return self.path / "data"

    @property
    def database(self) -> Path:
        """The database."""
        return self.data / "hanse.db"

    @property
    def state(self) -> Path:
        """The folder that no backup may copy."""
        return self.path / "state"

    @property
    def backups(self) -> Path:
        """The folder for backups, unless the owner chose another one."""
        return self.path / "backups"

    @property
    def lock(self) -> Path:
        """The file whose lock says that a process runs, and whose content says which."""
        return self.state / "lock"

    @property
    def failures(self) -> Path:
        """When storage failed lately."""
        return self.state / "failures"


def create(path: Path) -> Home:
    """Make the folders of a new home, in an absent or empty place.

    NodeError `home.exists`, `home.unfit`, `disk.*`.
    """
    home = Home(path.absolute())
    if os.path.lexists(home.keys) or os.path.lexists(home.database):
        raise errors.NodeError(
            "home.exists",
            f"{home.path} already holds a node",
            hint="start it with `hanse run`, or name another folder with --home",
        )
    refuse_strangers(home)
    try:
        home.path.mkdir(mode=files.FOLDER_MODE, parents=True, exist_ok=True)
        for folder in (home.path, home.data, home.state):
            folder.mkdir(mode=files.FOLDER_MODE, exist_ok=True)
            folder.chmod(files.FOLDER_MODE)
            files.sync_folder(folder.parent)
    except OSError as error:
        raise files.failed(f"{home.path} cannot be made", error) from error
    files.check_fit(home.state, files.mounts())
    return home


def refuse_strangers(home: Home) -> None:
    """Refuse a folder with other people's things in it: only this user could open it from now on. NodeError."""
    try:
        found = sorted(path.name for path in home.path.iterdir()) if home.path.is_dir() else []
    except OSError as error:
        raise files.failed(f"{home.path} cannot be read", error) from error
    others = [name for name in found if name not in OWN_NAMES]
    if others:
        raise errors.NodeError(
            "home.exists",
            f"{home.path} holds other files",
            expected="a new folder, or an empty one",
            got=", ".join(others[:3]) + (" ..." if len(others) > 3 else ""),
            hint="name another folder with --home",
        )


def open_home(path: Path, owner: int | None = None) -> Home:
    """A home that exists, checked for owner and modes (faults.md S12). `owner` is this process's user unless given.

    NodeError `home.empty`, `home.permission`.
    """
    home = Home(path.absolute())
    user = os.geteuid() if owner is None else owner
    files.check_private(home.path, user)
    if not home.data.is_dir() or not home.state.is_dir():
        raise errors.NodeError(
            "home.empty", f"{home.path} holds no node", hint="make one with `hanse init NAME`, or name another folder"
        )
    for private in (home.data, home.state, home.keys, *home.data.iterdir(), *home.state.iterdir()):
        files.check_private(private, user)
    files.check_private(home.config, user, files.OTHERS_WRITE)
    return home


@contextlib.contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold the home for this process. NodeError `home.locked` with the process that has it (faults.md O05, S10).

    The file is never removed: a lock on a file that has lost its name would exclude nobody.
    """
    try:
        descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, files.PRIVATE_MODE)
    except OSError as error:
        raise files.failed(f"{home.lock} cannot be opened", error) from error
    with open(descriptor, "r+b", buffering=0) as file:
        if not files.can_lock(descriptor):
            raise errors.NodeError(
                "home.locked",
                f"another process runs on {home.path}",
                got=f"process {file.read(32).decode('ascii', 'replace').strip() or 'unknown'}",
                hint="stop it first, or talk to it with the same command line",
            )
        file.truncate()
        file.write(f"{os.getpid()}\n".encode())
        yield
        file.truncate(0)
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def note_failure(home: Home, now_ms: int) -> None:
    """Remember that storage failed, if the disk still takes it. Called when a StorageError ends the process."""
    with contextlib.suppress(OSError, errors.NodeError):
        known = [*_failures(home), now_ms][-FAILURES_KEPT_MAX:]
        files.replace(home.failures, json.dumps(known).encode())


def recent_failures(home: Home, now_ms: int) -> int:
    """How often storage failed in the last five minutes: three is a loop that nobody should keep turning (S04)."""
    return sum(abs(now_ms - at_ms) <= FAILURES_WITHIN_MS for at_ms in _failures(home))


def _failures(home: Home) -> list[int]:
    try:
        known = json.loads(files.read(home.failures) or b"[]")
    except ValueError:
        return []
    return [at_ms for at_ms in known if isinstance(at_ms, int)] if isinstance(known, list) else []
