from __future__ import annotations

import contextlib
import errno
import io
import os
import sqlite3
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from node import errors
from node.system import archives, backups, disks, homes

ROWS = 20_000
ROOT = b"r" * 32
HEAD = archives.Head("node", 1, "hand", bytes(16), b"sealed")


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


def unlock(sealed: bytes) -> bytes:
    assert sealed == HEAD.keys
    return ROOT


def written(home: homes.Home, folder: Path) -> Path:
    backups.copy(home, folder / "aside", silent)
    size = backups.write(folder / "aside", folder / "shop.backup", ROOT, HEAD, silent)
    assert size == (folder / "shop.backup").stat().st_size
    return folder / "shop.backup"


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
    file = written(home, tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restored = homes.open_home(backups.restore(file, tmp_path / "new", unlock).path)
    assert (restored.config.read_bytes(), restored.keys.read_bytes()) == (b'name = "Shop"\n', b"sealed")
    assert count(restored.database) == (ROWS, ROWS - 1)
    assert list(restored.state.iterdir()) == []
    disk = disks.SystemDisk(restored)
    disk.connect().close()  # the node's own guarantees hold on it
    disk.close()


def test_a_backup_says_what_it_is_and_nothing_of_the_machine_or_the_trade(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO t (filling) VALUES ('Wang Xiaoming, 13800138000')")
    file = written(home, tmp_path)
    assert b"hanse --home NEW-FOLDER restore THIS-FILE" in file.read_bytes()
    assert b"Shop" not in file.read_bytes() and b"Wang" not in file.read_bytes()
    with open(file, "rb") as stream:
        head, raw = archives.read_head(stream)
        assert head == HEAD
        found = {
            member.name: (member, member.mode) for member, _ in backups.contents(archives.Opener(stream, ROOT, raw))
        }
    assert set(found) == {f"hanse-backup/{name}" for name in ("config.toml", "keys", "data/hanse.db")}
    assert {(member.uid, member.uname, mode & 0o077) for member, mode in found.values()} == {(0, "", 0)}


def test_a_backup_never_replaces_a_file_nor_a_home(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    file = written(home, tmp_path)
    with pytest.raises(errors.NodeError) as refused:
        backups.write(tmp_path / "aside", file, ROOT, HEAD, silent)
    assert refused.value.code == "file.exists"
    with pytest.raises(errors.NodeError) as refused:
        backups.restore(file, home.path, unlock)
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
        backups.restore(file, tmp_path / "new" / "home", unlock)
    assert refused.value.code in ("backup.unreadable", "disk.failed")
    left = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
    assert left == [] and not (tmp_path / "evil").exists() and not os.path.lexists("/evil")


def altered(content: bytes, damage: str) -> bytes:
    body = content.index(b"}\n") + 2
    sealed = archives.CHUNK_BYTES + archives.TAG_BYTES
    match damage:
        case "half":
            return content[: len(content) // 2]
        case "last chunk":
            return content[: body + (len(content) - body) // sealed * sealed]
        case "no chunk":
            return content[:body]
        case "swapped":
            first, second = content[body : body + sealed], content[body + sealed : body + 2 * sealed]
            return content[:body] + second + first + content[body + 2 * sealed :]
        case "more":
            return content + b"x"
        case "one bit":
            return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
        case "head":
            return content.replace(b'"made": "hand"', b'"made": "hanf"')
        case "salt":
            return content.replace(bytes(16).hex().encode(), b"00")
        case "no head":
            return content[:40]
    return b"something else"


@pytest.mark.parametrize(
    "damage", ["half", "last chunk", "no chunk", "swapped", "more", "one bit", "head", "salt", "no head", "other"]
)
def test_a_damaged_file_is_told_as_one(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path, damage: str
) -> None:
    with transaction(connection):  # more than a chunk, however well it is packed
        connection.execute("INSERT INTO t (filling) SELECT hex(randomblob(200000))")
    file = written(home, tmp_path)
    content = altered(file.read_bytes(), damage)
    assert content != file.read_bytes()
    file.write_bytes(content)
    with pytest.raises(errors.NodeError) as refused:
        backups.restore(file, tmp_path / "new", unlock)
    assert refused.value.code == "backup.unreadable"
    assert not (tmp_path / "new" / "keys").exists()


def test_a_home_whose_database_is_no_database_is_told(home: homes.Home, tmp_path: Path) -> None:
    backups.write_private(home.database, b"x" * 10_000)
    with pytest.raises(errors.NodeError) as refused:
        backups.copy(home, tmp_path / "aside", silent)
    assert refused.value.code == "storage.copy"


def test_whoever_has_another_key_opens_nothing(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    file = written(home, tmp_path)
    with pytest.raises(errors.NodeError) as refused:
        backups.restore(file, tmp_path / "new", lambda sealed: b"s" * 32)
    assert refused.value.code == "backup.unreadable"


def test_a_backup_from_before_they_were_encrypted_is_restored(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    backups.copy(home, tmp_path / "aside", silent)
    with tarfile.open(tmp_path / "old.tar.gz", "w:gz") as made:
        made.add(tmp_path / "aside", "hanse-backup")
    restored = backups.restore(tmp_path / "old.tar.gz", tmp_path / "new", unlock)
    assert restored.keys.read_bytes() == b"sealed" and count(restored.database) == (ROWS, ROWS - 1)


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_S06_a_sync_that_fails_leaves_no_file_that_is_taken_for_a_backup(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path, at: int, number: int
) -> None:
    calls = 0

    def sync(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == at + 1:
            raise OSError(number, os.strerror(number))
        os.fsync(descriptor)

    backups.copy(home, tmp_path / "aside", silent)
    (tmp_path / "to").mkdir()
    with pytest.raises(errors.NodeError) as failed:
        backups.write(tmp_path / "aside", tmp_path / "to" / "shop.backup", ROOT, HEAD, silent, sync)
    assert failed.value.code == ("disk.full" if number == errno.ENOSPC else "disk.failed")
    left = sorted(path.name for path in (tmp_path / "to").iterdir())
    assert left == ([] if at == 0 else ["shop.backup"])  # a whole one, whose name may be lost
    for name in left:
        backups.restore(tmp_path / "to" / name, tmp_path / "new", unlock)


def test_a_disk_that_gives_back_something_else_is_found_out(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    def sync(descriptor: int) -> None:
        os.pwrite(descriptor, b"?", os.fstat(descriptor).st_size - 100)

    backups.copy(home, tmp_path / "aside", silent)
    with pytest.raises(errors.NodeError) as failed:
        backups.write(tmp_path / "aside", tmp_path / "shop.backup", ROOT, HEAD, silent, sync)
    assert failed.value.code == "backup.differs"
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == []


def test_a_backup_of_something_else_is_found_out(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    file = written(home, tmp_path)
    (tmp_path / "aside" / "keys").write_bytes(b"others")
    with pytest.raises(errors.NodeError) as failed:
        backups.compare(tmp_path / "aside", file, ROOT, silent)
    assert (failed.value.code, failed.value.got) == ("backup.differs", "keys")


def test_S01_a_process_that_dies_leaves_nothing_that_is_taken_for_a_backup(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    script = (
        "import os, pathlib, sys; from node.system import archives, backups\n"
        "aside, file = map(pathlib.Path, sys.argv[1:])\n"
        "head = archives.Head('node', 1, 'hand', bytes(16), b'sealed')\n"
        "backups.write(aside, file, b'r' * 32, head, lambda *_: None, lambda _: os._exit(9))"
    )
    backups.copy(home, tmp_path / "aside", silent)
    (tmp_path / "to").mkdir()
    file = tmp_path / "to" / "shop.backup"
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path / "aside"), str(file)], check=False)
    assert ended.returncode == 9
    assert [path.name for path in file.parent.iterdir()] == [".shop.backup.new"]
    backups.write(tmp_path / "aside", file, ROOT, HEAD, silent)
    assert [path.name for path in file.parent.iterdir()] == ["shop.backup"]


def test_a_backup_is_not_begun_where_it_could_stop_the_node(
    home: homes.Home, connection: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = disks.SystemDisk(home)
    size = sum(path.stat().st_size for path in home.data.iterdir())
    monkeypatch.setattr(disk, "free_bytes", lambda: backups.ROOM_KEPT_BYTES + 2 * size - 1)
    with pytest.raises(errors.NodeError) as refused:
        disk.aside(tmp_path)
    assert refused.value.code == "disk.full"
    monkeypatch.setattr(disk, "free_bytes", lambda: backups.ROOM_KEPT_BYTES + 2 * size)
    aside = disk.aside(tmp_path)
    assert aside.parent == home.state and stat.S_IMODE(aside.stat().st_mode) == 0o700
    write_left = aside / "half"
    write_left.write_bytes(b"a copy that is not encrypted")
    disks.SystemDisk(home).close()
    assert not aside.exists()
    disk.close()
