from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from node import errors
from node.system import homes

ROOT = Path(homes.__file__).parents[2]

HOLD = """
import sys, pathlib
from node.system import homes
home = homes.open_home(pathlib.Path(sys.argv[1]))
with homes.locked(home):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> homes.Home:
    return homes.create(tmp_path / "shop")


@pytest.fixture
def holder(home: homes.Home) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the home."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        if process.poll() is None:
            process.kill()


def test_a_new_home_is_private_and_can_be_opened(home: homes.Home) -> None:
    for folder in (home.path, home.data, home.state):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert homes.open_home(home.path) == home


def test_an_empty_folder_becomes_private_as_a_home(tmp_path: Path) -> None:
    (tmp_path / "mounted").mkdir(mode=0o755)
    home = homes.create(tmp_path / "mounted")
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700


def test_a_home_with_keys_is_not_made_again(home: homes.Home) -> None:
    home.keys.write_bytes(b"")
    with pytest.raises(errors.NodeError) as caught:
        homes.create(home.path)
    assert caught.value.code == "home.exists"


def test_a_folder_without_a_node_is_no_home(tmp_path: Path) -> None:
    with pytest.raises(errors.NodeError) as caught:
        homes.open_home(tmp_path)
    assert (caught.value.code, caught.value.exit) == ("home.empty", 78)


def test_a_home_cannot_be_made_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(errors.NodeError) as caught:
        homes.create(tmp_path / "file" / "home")
    assert caught.value.code == "disk.failed"


@pytest.mark.parametrize("name", ["keys", "data/hanse.db", "data/hanse.db-wal", "state/fence"])
def test_S12_a_home_with_an_open_file_is_refused(home: homes.Home, name: str) -> None:
    (home.path / name).write_bytes(b"")
    (home.path / name).chmod(0o644)
    with pytest.raises(errors.NodeError) as caught:
        homes.open_home(home.path)
    assert caught.value.code == "home.permission"
    assert name in str(caught.value)


def test_S12_a_home_of_another_user_is_refused(home: homes.Home) -> None:
    with pytest.raises(errors.NodeError) as caught:
        homes.open_home(home.path, owner=os.geteuid() + 1)
    assert caught.value.code == "home.permission"


def test_O05_S10_a_second_process_is_refused_with_the_first_ones_id(
    home: homes.Home, holder: subprocess.Popen[bytes]
) -> None:
    with pytest.raises(errors.NodeError) as caught, homes.locked(home):
        pass
    assert (caught.value.code, caught.value.got) == ("home.locked", f"process {holder.pid}")


def test_S01_the_lock_of_a_killed_process_is_free(home: homes.Home, holder: subprocess.Popen[bytes]) -> None:
    holder.kill()
    holder.wait()
    with homes.locked(home):
        assert home.lock.read_text() == f"{os.getpid()}\n"
    assert home.lock.read_text() == ""


def test_O05_the_lock_excludes_this_very_process_too(home: homes.Home) -> None:
    with homes.locked(home):
        with pytest.raises(errors.NodeError) as caught, homes.locked(home):
            pass
        assert caught.value.got == f"process {os.getpid()}"


def test_S04_failures_of_the_last_minutes_are_counted(home: homes.Home) -> None:
    now_ms = 1_790_000_000_000
    for at_ms in (now_ms - 600_000, now_ms - 200_000, now_ms - 1_000):
        homes.note_failure(home, at_ms)
    assert homes.recent_failures(home, now_ms) == 2
    assert homes.recent_failures(home, now_ms + 600_000) == 0


def test_S04_a_damaged_list_of_failures_counts_none(home: homes.Home) -> None:
    for content in (b"{", b'{"a":1}', b'["x"]'):
        home.failures.write_bytes(content)
        assert homes.recent_failures(home, 0) == 0
