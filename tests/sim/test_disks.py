"""Disks in memory: what is committed stays, what is not never was."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable

import pytest

from node import errors
from tests.sim import disks, lives, traces
from tests.sim import loop as loops

Test = Callable[[disks.Image], Awaitable[None]]


def with_image(test: Test) -> None:
    async def main() -> None:
        image = disks.Image("anna", 1, traces.Trace(loops.current()))
        try:
            await test(image)
        finally:
            image.close()

    loops.run(main())


class Process:
    """One process that adds numbers in transactions."""

    def __init__(self, image: disks.Image, incarnation: int = 1) -> None:
        self.life = lives.Life("anna", incarnation)
        self.disk = disks.SimDisk(image, self.life)
        self.db: sqlite3.Connection
        self.heard: list[int] = []

    async def open(self) -> None:
        def unit() -> None:
            self.db = self.disk.connect()
            self.db.execute("CREATE TABLE IF NOT EXISTS numbers (value INTEGER)")

        await self.disk.run(unit)

    async def add(self, *values: int) -> None:
        await self.disk.run(lambda: self._add(values))
        self.heard.extend(values)

    def _add(self, values: tuple[int, ...]) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        for value in values:
            self.db.execute("INSERT INTO numbers VALUES (?)", (value,))
        self.db.execute("COMMIT")

    async def work(self) -> None:
        await self.open()
        for value in range(10):
            await self.add(value * 2, value * 2 + 1)


def stored(image: disks.Image) -> list[int]:
    return [value for (value,) in image.reader.execute("SELECT value FROM numbers ORDER BY value")]


@pytest.mark.parametrize("point", list(disks.Point)[:4])
def test_S01_a_crash_at_every_call_keeps_what_was_heard_and_no_half(point: disks.Point) -> None:
    async def test(image: disks.Image) -> None:
        crashed = 0
        for after in range(25):
            image.reader.executescript("DROP TABLE IF EXISTS numbers; CREATE TABLE numbers (value INTEGER)")
            image.traps = [disks.Trap(point, after)]
            process = Process(image, after)
            process.life.spawn(process.work(), "work")
            await asyncio.sleep(10)
            crashed += process.life.dead
            found = stored(image)
            assert found[: len(process.heard)] == process.heard
            assert len(found) in (len(process.heard), len(process.heard) + 2)
            if process.life.dead and point in (disks.Point.BEGIN, disks.Point.COMMIT):
                assert found == process.heard
            process.life.kill()
        assert crashed >= 9

    with_image(test)


def test_a_commit_is_told_once_it_is_durable() -> None:
    async def test(image: disks.Image) -> None:
        told: list[int] = []
        image.on_commit.append(lambda name: told.append(len(stored(image))))
        process = Process(image)
        await process.work()
        assert told == list(range(2, 22, 2))
        process.life.kill()

    with_image(test)


def test_a_statement_outside_a_transaction_is_a_commit() -> None:
    async def test(image: disks.Image) -> None:
        process = Process(image)
        await process.open()
        before = image.commits
        await process.disk.run(lambda: process.db.execute("INSERT INTO numbers VALUES (1)"))
        await process.disk.run(lambda: process.db.execute("SELECT * FROM numbers"))
        with process.db:
            process.db.execute("BEGIN")
            process.db.executemany("INSERT INTO numbers VALUES (?)", [(2,), (3,)])
        assert image.commits == before + 2
        process.life.kill()

    with_image(test)


@pytest.mark.parametrize(("point", "kept"), [(disks.Point.COMMIT, []), (disks.Point.COMMITTED, [1])])
def test_S07_a_failed_commit_may_have_happened(point: disks.Point, kept: list[int]) -> None:
    async def test(image: disks.Image) -> None:
        process = Process(image)
        await process.open()
        image.traps = [disks.Trap(point, 0, disks.Effect.FAIL)]
        with pytest.raises(sqlite3.OperationalError, match="I/O"):
            await process.add(1)
        process.life.kill()
        assert stored(image) == kept

    with_image(test)


def test_S05_a_full_disk_commits_nothing_until_there_is_space() -> None:
    async def test(image: disks.Image) -> None:
        process = Process(image)
        await process.open()
        image.full = True
        with pytest.raises(sqlite3.OperationalError, match="full"):
            await process.add(1)
        process.db.rollback()
        image.full = False
        await process.add(2)
        process.life.kill()
        assert stored(image) == [2]

    with_image(test)


def test_units_run_one_after_the_other() -> None:
    async def test(image: disks.Image) -> None:
        process = Process(image)
        await process.open()
        image.slow_ms = 100
        await asyncio.gather(*(process.add(value) for value in range(20)))
        assert process.heard == list(range(20))
        assert loops.current().elapsed_ms() >= 2_000
        process.life.kill()

    with_image(test)


def test_a_cancelled_unit_happened_wholly_or_not_at_all() -> None:
    async def test(image: disks.Image) -> None:
        process = Process(image)
        await process.open()
        image.slow_ms = 1_000
        adds = [asyncio.create_task(process.add(value)) for value in range(3)]
        await asyncio.sleep(0.5)
        for add in adds:
            add.cancel()
        await asyncio.sleep(10)
        assert stored(image) == [0]  # begun, and nobody heard of it; the others never began
        assert process.heard == []
        process.life.kill()

    with_image(test)


def test_the_dead_reach_nothing() -> None:
    async def test(image: disks.Image) -> None:
        process = Process(image)
        await process.open()
        process.life.kill()
        with pytest.raises(lives.Dead):
            await process.disk.run(lambda: None)
        with pytest.raises(lives.Dead):
            process.disk.write_state("fence", b"1")
        with pytest.raises(lives.Dead):
            process.disk.read_state("fence")
        assert image.state == {}

    with_image(test)


def test_state_files_are_replaced_wholly_or_not_at_all() -> None:
    async def test(image: disks.Image) -> None:
        found = []
        for point in (disks.Point.STATE, disks.Point.STATED):
            process = Process(image)
            process.disk.write_state("fence", b"old")
            image.traps = [disks.Trap(point, 0)]
            with pytest.raises(lives.Dead):
                process.disk.write_state("fence", b"new")
            found.append(image.state["fence"])
        assert found == [b"old", b"new"]
        process = Process(image)
        image.traps = [disks.Trap(disks.Point.STATE, 0, disks.Effect.FAIL)]
        with pytest.raises(errors.StorageError):
            process.disk.write_state("fence", b"newer")
        assert image.state["fence"] == b"new"

    with_image(test)


def test_an_old_copy_comes_back_with_or_without_the_state_folder() -> None:
    async def test(image: disks.Image) -> None:
        process = Process(image)
        await process.open()
        await process.add(1)
        process.disk.write_state("fence", b"1")
        snapshot = image.snapshot()
        await process.add(2)
        process.disk.write_state("fence", b"2")
        process.life.kill()
        image.restore(snapshot, with_state=False)
        assert (stored(image), image.state["fence"]) == ([1], b"2")
        image.restore(snapshot, with_state=True)
        assert (stored(image), image.state["fence"]) == ([1], b"1")
        again = Process(image, 2)
        await again.open()
        await again.add(3)
        assert stored(image) == [1, 3]
        again.life.kill()

    with_image(test)
