from __future__ import annotations

import errno
import os
import resource
import signal
import stat
from pathlib import Path

import pytest

from node import errors
from node.system import files

MOUNTS = (
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
    "31 27 0:30 / /srv/shop\\040one rw - nfs4 server:/x rw\n"
    "broken line\n"
)


class Failing:
    """A sync that fails as told, and counts."""

    def __init__(self, at: int, code: int) -> None:
        self.calls, self.at, self.code = 0, at, code

    def __call__(self, descriptor: int) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise OSError(self.code, os.strerror(self.code))
        os.fsync(descriptor)


def test_a_file_is_replaced_wholly_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "fence"
    assert files.read(path) is None
    files.replace(path, b"one")
    files.replace(path, b"two")
    assert files.read(path) == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["fence"]


def test_a_left_over_temporary_file_of_a_crash_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".fence.new").write_bytes(b"half of something longer")
    files.replace(tmp_path / "fence", b"whole")
    assert files.read(tmp_path / "fence") == b"whole"


@pytest.mark.parametrize("at", [1, 2])
def test_S03_a_failed_sync_is_not_tried_again(tmp_path: Path, at: int) -> None:
    path = tmp_path / "fence"
    files.replace(path, b"old")
    sync = Failing(at, errno.EIO)
    with pytest.raises(OSError, match="Input/output error"):
        files.replace(path, b"new", sync)
    assert sync.calls == at
    assert files.read(path) == (b"old" if at == 1 else b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["fence"]


def test_S05_a_write_that_finds_no_space_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "fence"
    files.replace(path, b"old")
    limits, disposition = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            files.replace(path, bytes(8_192))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, disposition)
    assert files.read(path) == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["fence"]


def test_an_overwritten_key_is_gone_from_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    files.replace(path, b"secret")
    with open(path, "rb") as old:
        files.overwrite_and_replace(path, b"other")
        assert old.read() == bytes(6)
    assert files.read(path) == b"other"


def test_reading_is_bounded_and_takes_regular_files_only(tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"12345")
    with pytest.raises(errors.NodeError, match="too large"):
        files.read(tmp_path / "keys", bytes_max=4)
    with pytest.raises(errors.NodeError) as caught:
        files.read(tmp_path)
    assert caught.value.code == "disk.failed"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_S12_a_file_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys"
    path.write_bytes(b"")
    path.chmod(mode)
    with pytest.raises(errors.NodeError) as caught:
        files.check_private(path, os.geteuid())
    assert (caught.value.code, caught.value.exit) == ("home.permission", 77)
    assert caught.value.hint == f"chmod 600 '{path}'"
    path.chmod(0o600)
    files.check_private(path, os.geteuid())


def test_S12_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.NodeError) as caught:
        files.check_private(tmp_path, os.geteuid() + 1)
    assert caught.value.code == "home.permission"
    files.check_private(tmp_path / "absent", os.geteuid() + 1)


def test_S12_a_configuration_may_be_read_but_not_written_by_others(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"")
    path.chmod(0o644)
    files.check_private(path, os.geteuid(), files.OTHERS_WRITE)
    path.chmod(0o664)
    with pytest.raises(errors.NodeError, match="may write"):
        files.check_private(path, os.geteuid(), files.OTHERS_WRITE)


def test_S11_a_local_disk_is_fit(tmp_path: Path) -> None:
    files.check_fit(tmp_path, MOUNTS)
    files.check_fit(tmp_path, files.mounts())
    assert list(tmp_path.iterdir()) == []


def test_S11_a_file_system_that_machines_share_is_refused(tmp_path: Path) -> None:
    shared = f"{MOUNTS}40 27 0:31 / {tmp_path} rw - cifs //server/x rw\n"
    with pytest.raises(errors.NodeError) as caught:
        files.check_fit(tmp_path, shared)
    assert (caught.value.code, caught.value.exit) == ("home.unfit", 74)
    assert "cifs" in str(caught.value)


def test_S11_the_nearest_mount_counts() -> None:
    assert files.file_system(Path("/srv/shop one/home"), MOUNTS) == "nfs4"
    assert files.file_system(Path("/srv/shop"), MOUNTS) == "ext4"
    assert files.file_system(Path("/proc/1"), MOUNTS) == "proc"
    assert files.file_system(Path("/srv"), "") == ""


@pytest.mark.parametrize("code", [errno.EROFS, errno.EIO, errno.EINVAL])
def test_S11_a_file_system_that_cannot_sync_is_refused(tmp_path: Path, code: int) -> None:
    with pytest.raises(errors.NodeError) as caught:
        files.check_fit(tmp_path, "", Failing(1, code))
    assert caught.value.code == "home.unfit"


def test_a_full_disk_and_a_missing_right_are_told_apart() -> None:
    codes = [files.failed("x", OSError(code, "y")).code for code in (errno.ENOSPC, errno.EACCES, errno.EIO)]
    assert codes == ["disk.full", "home.permission", "disk.failed"]
