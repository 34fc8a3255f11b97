"""Small files: read with a bound, replaced durably, checked for their permissions; and a test of what holds them."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path

from node import errors

PRIVATE_MODE = 0o600
FOLDER_MODE = 0o700
OTHERS = 0o077
OTHERS_WRITE = 0o022
FILE_BYTES_MAX = 1 << 20  # no file of a home but the database is larger

SHARED_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.rclone", "afs", "ceph"})
"""Where two machines may write the same file: SQLite's shared memory and a lock between them mean nothing there."""

Sync = Callable[[int], None]
"""What makes the content of a file descriptor durable; `os.fsync` outside of tests."""


def read(path: Path, bytes_max: int = FILE_BYTES_MAX) -> bytes | None:
    """The content of a regular file, None when it does not exist. NodeError `disk.failed`."""
    try:
        with open(path, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise errors.NodeError("disk.failed", f"{path} is no regular file")
            content = file.read(bytes_max + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise failed(f"{path} cannot be read", error) from error
    if len(content) > bytes_max:
        raise errors.NodeError("disk.failed", f"{path} is too large", expected=f"at most {bytes_max} bytes", got="more")
    return content


def replace(path: Path, content: bytes, sync: Sync = os.fsync) -> None:
    """Put `content` in the place of a file, wholly or not at all; durable when this returns. Raises OSError.

    Written aside, synced, renamed, then the folder synced. A sync that failed is never tried again: the kernel may
    have dropped the pages and would report success (faults.md S03).
    """
    aside = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_MODE)
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, PRIVATE_MODE)
            file.write(content)
            file.flush()
            sync(descriptor)
        os.replace(aside, path)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent, sync)


def overwrite_and_replace(path: Path, content: bytes, sync: Sync = os.fsync) -> None:
    """`replace`, and fill the old content with zeros. For files that held a key which must not exist any more.

    KNOWN: a file system that copies on write, a flash disk and a backup may still hold the old content.
    """
    with open(path, "r+b") as old:
        replace(path, content, sync)
        old.write(bytes(os.fstat(old.fileno()).st_size))
        old.flush()
        sync(old.fileno())


def sync_folder(folder: Path, sync: Sync = os.fsync) -> None:
    """Make the names in a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def check_private(path: Path, owner: int, forbidden: int = OTHERS) -> None:
    """Refuse a file or folder that belongs to somebody else or has a mode bit of `forbidden` (faults.md S12).

    NodeError `home.permission`. What does not exist is fine.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise failed(f"{path} cannot be read", error) from error
    if status.st_uid != owner:
        raise errors.NodeError(
            "home.permission",
            f"{path} belongs to another user",
            expected=f"user {owner}",
            got=f"user {status.st_uid}",
            hint=f"chown {owner} '{path}'",
        )
    if status.st_mode & forbidden:
        wanted = stat.S_IMODE(status.st_mode) & ~forbidden
        raise errors.NodeError(
            "home.permission",
            f"other users may open {path}" if forbidden == OTHERS else f"other users may write {path}",
            expected=f"mode {wanted:04o}",
            got=f"{stat.S_IMODE(status.st_mode):04o}",
            hint=f"chmod {wanted:o} '{path}'",
        )


def check_fit(folder: Path, mounts: str, sync: Sync = os.fsync) -> None:
    """Refuse a file system on which locks, syncs or renames do not work, or which machines share (faults.md S11).

    `mounts` is the text of /proc/self/mountinfo, or empty where there is none. NodeError `home.unfit`.
    """
    kind = file_system(folder.resolve(), mounts)
    if kind in SHARED_FILE_SYSTEMS:
        raise unfit(folder, f"a disk of this machine, not {kind}")
    trial = folder / ".trial"
    try:
        replace(trial, b"old", sync)
        replace(trial, b"new", sync)
        with open(trial, "rb") as first, open(trial, "rb") as second:
            renamed = first.read() == b"new"
            fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
            locks = not can_lock(second.fileno())
        trial.unlink()
    except OSError as error:
        raise unfit(folder, "writing, syncing, renaming and locking", error) from error
    if not (renamed and locks):
        raise unfit(folder, "locks that exclude" if renamed else "renames that replace")


def can_lock(descriptor: int) -> bool:
    """Whether an exclusive lock can be had at once."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def file_system(path: Path, mounts: str) -> str:
    """The kind of file system that holds `path`, empty when it cannot be told (proc(5), mountinfo)."""
    best, kind = "", ""
    for line in mounts.splitlines():
        mount, separator, described = line.partition(" - ")
        fields = mount.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = fields[4].replace("\\040", " ")
        if path.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, described.split(" ")[0]
    return kind


def mounts() -> str:
    """What is mounted on this machine, empty where the system does not tell."""
    try:
        return Path("/proc/self/mountinfo").read_text(errors="replace")
    except OSError:
        return ""


def failed(message: str, error: OSError) -> errors.NodeError:
    """The NodeError for an operation on a file that failed."""
    code, hint = ("disk.full", "make room on this disk") if errors.is_full(error) else ("disk.failed", "")
    if error.errno in (errno.EACCES, errno.EPERM):
        code, hint = "home.permission", "look who owns it and who may write there, or name another folder"
    return errors.NodeError(code, message, got=error.strerror, hint=hint)


def unfit(folder: Path, expected: str, error: OSError | None = None) -> errors.NodeError:
    """The NodeError for a file system that cannot hold a home."""
    return errors.NodeError(
        "home.unfit",
        f"the file system of {folder} cannot hold a home",
        expected=expected,
        got=error.strerror if error is not None else "a file system without them",
        hint="put the home on a local disk of this machine",
    )
