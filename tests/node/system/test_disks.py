from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from node import errors, ports
from node.storage import database
from node.system import clocks, disks, homes


@pytest.fixture
def home(tmp_path: Path) -> homes.Home:
    return homes.create(tmp_path / "shop")


@pytest.fixture
def disk(home: homes.Home) -> Iterator[disks.SystemDisk]:
    made = disks.SystemDisk(home)
    yield made
    made.close()


def test_the_real_ports_are_what_the_node_asks_for(disk: disks.SystemDisk) -> None:
    asked: tuple[ports.Clock, ports.Entropy, ports.Disk] = (clocks.SystemClock(), clocks.SystemEntropy(), disk)
    clock, entropy, _ = asked
    assert clock.now_ms() > 1_700_000_000_000
    assert len(entropy.token(32)) == 32
    assert entropy.token(32) != entropy.token(32)


@pytest.mark.parametrize(("pragma", "wanted", "expected"), disks.GUARANTEES)
def test_S02_the_guarantees_of_the_connection_read_back(
    home: homes.Home, pragma: str, wanted: str, expected: object
) -> None:
    connection = disks.SystemDisk(home).connect()
    row = connection.execute(f"PRAGMA {pragma}").fetchone()
    connection.close()
    assert row is None or row[0] == expected


def test_S02_a_database_that_does_not_keep_a_guarantee_is_refused() -> None:
    connection = sqlite3.connect(":memory:")  # it has no write-ahead log
    with pytest.raises(errors.NodeError) as caught:
        disks.guarantee(connection)
    connection.close()
    assert (caught.value.code, caught.value.expected, caught.value.got) == ("storage.guarantees", "wal", "memory")


def test_the_connection_commits_when_told_and_not_before(home: homes.Home) -> None:
    connection = disks.SystemDisk(home).connect()
    connection.execute("CREATE TABLE t (a)")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.execute("ROLLBACK")
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    connection.close()


def test_S12_database_and_side_files_are_private(home: homes.Home) -> None:
    connection = disks.SystemDisk(home).connect()
    connection.execute("CREATE TABLE t (a)")
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.data.iterdir()}
    connection.close()
    assert found == {"hanse.db": 0o600, "hanse.db-wal": 0o600, "hanse.db-shm": 0o600}


def test_S13_a_file_that_is_no_database_is_a_storage_error(home: homes.Home) -> None:
    home.database.write_bytes(b"not a database, by no means" * 100)
    with pytest.raises(errors.StorageError, match="not a database"):
        disks.SystemDisk(home).connect()


LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA locking_mode = EXCLUSIVE")
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


def test_S10_the_connection_waits_for_a_lock(home: homes.Home) -> None:
    connection = disks.SystemDisk(home).connect()
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (5_000,)
    connection.close()


def test_S10_another_program_that_locks_the_database_is_named(home: homes.Home) -> None:
    disks.make_private(home.database)
    with subprocess.Popen(
        [sys.executable, "-c", LOCK, str(home.database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(errors.NodeError) as caught:
            disks.SystemDisk(home, busy_ms=1).connect()
        process.kill()
    assert caught.value.code == "home.locked"
    assert caught.value.got in (f"process {process.pid}", "process unknown")


def test_S10_the_holder_of_a_lock_is_read_from_the_kernels_list() -> None:
    locks = (
        "1: FLOCK  ADVISORY  WRITE 900 fe:00:77 0 EOF\n"
        "2: POSIX  ADVISORY  WRITE 1234 fe:00:4711 1073741824 1073742335\n"
        "2: -> POSIX  ADVISORY  WRITE 77 fe:00:4712 0 EOF\n"
        "odd\n"
    )
    assert [disks.lock_holder(inode, locks) for inode in (4711, 4712, 4713)] == [1234, 77, None]
    assert disks.lock_holder(1, "") is None


def test_state_files_are_kept_outside_of_the_data(home: homes.Home, disk: disks.SystemDisk) -> None:
    assert disk.read_state("fence") is None
    disk.write_state("fence", b"1")
    disk.write_state("fence", b"2")
    assert disk.read_state("fence") == b"2"
    assert (home.state / "fence").read_bytes() == b"2"
    assert disk.free_bytes() > 0


@pytest.mark.parametrize("name", ["../keys", "a/b", ".hidden", "", "FENCE"])
def test_a_state_file_has_a_plain_name(disk: disks.SystemDisk, name: str) -> None:
    with pytest.raises(AssertionError):
        disk.write_state(name, b"")


@pytest.mark.parametrize(("code", "status"), [(errno.EIO, 70), (errno.ENOSPC, 74)])
def test_S03_S05_a_state_file_that_cannot_be_synced_is_fatal(home: homes.Home, code: int, status: int) -> None:
    calls = []

    def sync(descriptor: int) -> None:
        calls.append(descriptor)
        raise OSError(code, os.strerror(code))

    with pytest.raises(errors.StorageError) as caught:
        disks.SystemDisk(home, sync).write_state("fence", b"1")
    assert caught.value.exit == status
    assert len(calls) == 1
    assert not (home.state / "fence").exists()


def test_units_run_one_after_the_other_in_one_thread(disk: disks.SystemDisk) -> None:
    seen: list[tuple[int, int]] = []

    async def scenario() -> list[int]:
        def unit(number: int) -> int:
            seen.append((number, threading.get_ident()))
            return number

        return await asyncio.gather(*(disk.run(lambda number=number: unit(number)) for number in range(20)))  # type: ignore[misc]

    assert asyncio.run(scenario()) == list(range(20))
    assert [number for number, _ in seen] == list(range(20))
    assert {thread for _, thread in seen} != {threading.get_ident()}
    assert len({thread for _, thread in seen}) == 1


def test_a_unit_that_raises_tells_its_caller_and_harms_nobody(disk: disks.SystemDisk) -> None:
    async def scenario() -> int:
        with pytest.raises(ZeroDivisionError):
            await disk.run(lambda: 1 // 0)
        return await disk.run(lambda: 7)

    assert asyncio.run(scenario()) == 7


def test_a_unit_cancelled_before_it_began_does_nothing(disk: disks.SystemDisk) -> None:
    done = []

    async def scenario() -> None:
        gate = threading.Event()
        first = asyncio.create_task(disk.run(gate.wait))
        second = asyncio.create_task(disk.run(lambda: done.append("second")))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        gate.set()
        assert await first
        await disk.run(lambda: done.append("third"))

    asyncio.run(scenario())
    assert done == ["third"]


def test_the_connection_lives_in_the_disks_thread(home: homes.Home, disk: disks.SystemDisk) -> None:
    async def scenario() -> list[tuple[int]]:
        connection = await disk.run(disk.connect)
        rows = await disk.run(lambda: connection.execute("SELECT 42").fetchall())
        with pytest.raises(sqlite3.ProgrammingError):
            connection.execute("SELECT 1")
        await disk.run(connection.close)
        return rows

    assert asyncio.run(scenario()) == [(42,)]


def test_who_looks_for_long_sees_one_state_and_holds_up_nobody(home: homes.Home, disk: disks.SystemDisk) -> None:
    looking, written = threading.Event(), threading.Event()

    def look(reader: sqlite3.Connection) -> tuple[int, int]:
        before = reader.execute("SELECT count(*) FROM t").fetchone()[0]
        looking.set()
        assert written.wait(10)
        return before, reader.execute("SELECT count(*) FROM t").fetchone()[0]

    async def story() -> None:
        opened = await database.Database.open(disk)
        await opened.write(lambda db: db.execute("CREATE TABLE t (a)").connection.execute("INSERT INTO t VALUES (1)"))
        seen = asyncio.create_task(opened.look(look))
        await asyncio.to_thread(looking.wait, 10)
        await opened.write(lambda db: db.execute("INSERT INTO t VALUES (2)"))  # answered while somebody looks
        written.set()
        assert await seen == (1, 1)
        assert await opened.look(lambda reader: reader.execute("SELECT count(*) FROM t").fetchone()[0]) == 2
        with pytest.raises(errors.NodeError) as refused:
            await opened.look(lambda reader: reader.execute("INSERT INTO t VALUES (3)"))
        assert refused.value.code == "disk.failed"
        await opened.close()

    asyncio.run(story())
