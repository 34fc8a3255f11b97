from __future__ import annotations

import contextlib
import io
import os
import sqlite3
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from node import errors
from node.system import backups, disks, homes

ROWS = 20_000


def silent(what: str, done: int, total: int) -> None:
    """Nobody looks on."""


@pytest.fixture
def home(tmp_path: Path) -> homes.Home:
    made = homes.create(tmp_path / "shop")
    backups.write_private(made.config, b'name = "Shop"\n')
    backups.write_private(made.keys, b"sealed")
    return made


@pytest.fixture
def connection(home: homes.Home) -> Iterator[sqlite3.Connection]:
    disk = disks.SystemDisk(home)
    made = disk.connect()
    made.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, filling TEXT)")
    with transaction(made):
        made.executemany("INSERT INTO t VALUES (?, ?)", [(number, "x" * 400) for number in range(ROWS)])
    yield made
    made.close()
    disk.close()


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    yield
    connection.execute("COMMIT")


def packed(home: homes.Home, folder: Path) -> Path:
    backups.copy(home, folder / "aside", silent)
    backups.pack(folder / "aside", folder / "backup.tar.gz", silent)
    return folder / "backup.tar.gz"


def count(path: Path) -> tuple[int, int]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        found: tuple[int, int] = connection.execute("SELECT count(*), max(a) FROM t").fetchone()
        return found


def test_a_backup_is_one_state_of_a_database_that_is_being_written(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    reports: list[tuple[int, int]] = []

    def write_meanwhile(what: str, done: int, total: int) -> None:
        reports.append((done, total))
        with transaction(connection):
            connection.execute("INSERT INTO t (filling) VALUES ('later')")
            connection.execute("UPDATE t SET filling = 'changed' WHERE a % 100 = ?", (len(reports),))

    backups.copy(home, tmp_path / "aside", write_meanwhile)
    copied = tmp_path / "aside" / "data" / "hanse.db"
    assert count(copied) == (ROWS, ROWS - 1)
    with contextlib.closing(sqlite3.connect(copied)) as reader:
        assert reader.execute("SELECT count(*) FROM t WHERE filling = 'changed'").fetchone() == (0,)
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(reports) > 1 and reports[-1][0] == reports[-1][1]
    assert count(home.database) == (ROWS + len(reports), ROWS + len(reports) - 1)
    assert sorted(path.name for path in copied.parent.iterdir()) == ["hanse.db"]


def test_a_backup_is_restored_to_a_home_for_its_owner_alone(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    file = packed(home, tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restored = homes.open_home(backups.restore(file, tmp_path / "new").path)
    assert (restored.config.read_bytes(), restored.keys.read_bytes()) == (b'name = "Shop"\n', b"sealed")
    assert count(restored.database) == (ROWS, ROWS - 1)
    assert list(restored.state.iterdir()) == []
    disk = disks.SystemDisk(restored)
    disk.connect().close()  # the node's own guarantees hold on it
    disk.close()


def test_a_backup_says_what_it_is_and_nothing_of_the_machine(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    with tarfile.open(packed(home, tmp_path)) as archive:
        names = {member.name: member for member in archive}
    assert {name for name, member in names.items() if member.isreg()} == {
        f"hanse-backup/{name}" for name in ("README.txt", "config.toml", "keys", "data/hanse.db")
    }
    assert {(member.uid, member.uname) for member in names.values()} == {(0, "")}
    assert {member.mode & 0o077 for member in names.values()} == {0}


def test_a_backup_never_replaces_a_file_nor_a_home(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    file = packed(home, tmp_path)
    with pytest.raises(errors.NodeError) as refused:
        backups.pack(tmp_path / "aside", file, silent)
    assert refused.value.code == "file.exists"
    with pytest.raises(errors.NodeError) as refused:
        backups.restore(file, home.path)
    assert refused.value.code == "home.exists"
    assert count(home.database) == (ROWS, ROWS - 1)


def archive(path: Path, members: dict[str, bytes | str]) -> Path:
    """An archive; a text is the target of a link."""
    with tarfile.open(path, "w:gz") as made:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                made.addfile(member)
            else:
                member.size = len(content)
                made.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"hanse-backup/keys": b"k", "hanse-backup/config.toml": b"c"},
        {"hanse-backup/keys": b"k", "hanse-backup/config.toml": b"c", "hanse-backup/data/hanse.db": b"no database"},
        {"hanse-backup/keys": "/etc/passwd", "hanse-backup/config.toml": b"c", "hanse-backup/data/hanse.db": b""},
        {"hanse-backup/../../evil": b"e", "/evil": b"e", "hanse-backup/state/evil": b"e"},
        {"hanse-backup/keys": b"k", "keys": b"twice"},
    ],
)
def test_C07_what_is_no_backup_leaves_nothing_behind(tmp_path: Path, members: dict[str, bytes | str]) -> None:
    file = archive(tmp_path / "backup.tar.gz", members)
    with pytest.raises(errors.NodeError) as refused:
        backups.restore(file, tmp_path / "new" / "home")
    assert refused.value.code in ("backup.unreadable", "disk.failed")
    left = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
    assert left == [] and not (tmp_path / "evil").exists() and not os.path.lexists("/evil")


@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_damaged_file_is_told_as_one(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path, damage: str
) -> None:
    file = packed(home, tmp_path)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2] if damage == "cut" else b"something else")
    with pytest.raises(errors.NodeError) as refused:
        backups.restore(file, tmp_path / "new")
    assert refused.value.code == "backup.unreadable"
    assert not (tmp_path / "new" / "keys").exists()


def test_a_home_whose_database_is_no_database_is_told(home: homes.Home, tmp_path: Path) -> None:
    backups.write_private(home.database, b"x" * 10_000)
    with pytest.raises(errors.NodeError) as refused:
        backups.copy(home, tmp_path / "aside", silent)
    assert refused.value.code == "storage.copy"
