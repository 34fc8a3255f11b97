"""Disks in memory: one SQLite database and the state files of a node, which outlive its processes.

A commit is durable the moment it returns, a transaction that was open at a crash is gone: that is what
`synchronous = FULL` promises, and the true disk is tested elsewhere against power cuts. Here a trap can be set at
every call that reaches the disk: the process dies there, or the call fails, before or after it had its effect.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from node import errors, ports
from tests.sim import entropy, lives, traces
from tests.sim import loop as loops

if TYPE_CHECKING:
    from sqlite3 import _Parameters

Result = TypeVar("Result")

NAMES = itertools.count()  # one in-memory database for each image of this process
ANSWER_MS_MAX = 2  # what a sync costs on a good day


class Point(StrEnum):
    """The places at which a trap can lie."""

    BEGIN = "begin"  # before BEGIN
    STATEMENT = "statement"  # before any other statement
    COMMIT = "commit"  # before COMMIT
    COMMITTED = "committed"  # the commit is durable, the caller does not know yet
    STATE = "state"  # before a state file is replaced
    STATED = "stated"  # it is replaced, the caller does not know yet


class Effect(StrEnum):
    """What a sprung trap does."""

    CRASH = "crash"
    FAIL = "fail"  # an I/O error; nothing happened, unless the point lies behind the deed
    FULL = "full"  # the disk is full


@dataclass(slots=True)
class Trap:
    """Springs at the call number `after` (0 is the next) that passes `point`; None is any point. Once."""

    point: Point | None
    after: int
    effect: Effect = Effect.CRASH


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of a disk: what a backup, or a copy of the whole machine, holds."""

    database: bytes
    state: dict[str, bytes]


class Image:
    """What is on the disk of one machine, whoever runs on it."""

    def __init__(self, name: str, seed: int, trace: traces.Trace) -> None:
        self.name = name
        self.uri = f"file:/sim-{next(NAMES)}-{name}?vfs=memdb"
        self.reader = sqlite3.connect(self.uri, uri=True, isolation_level=None, timeout=0)
        self.state: dict[str, bytes] = {}
        self.traps: list[Trap] = []
        self.keys = b""  # the content of the key file
        self.shelf: Path | None = None  # where backups go
        self.full = False
        self.slow_ms = 0
        self.commits = 0
        self.restores = 0
        self.on_commit: list[Callable[[str], None]] = []
        self._seed = seed
        self._trace = trace
        self._units = 0

    def committed(self) -> None:
        """A transaction became durable."""
        self.commits += 1
        self._trace.record("commit", f"{self.name} {self.commits}")
        for tell in self.on_commit:
            tell(self.name)

    def replaced(self, name: str, content: bytes) -> None:
        """A state file became durable."""
        self.state[name] = content
        self._trace.record("state", f"{self.name} {name}", content)

    def latency_s(self) -> float:
        """How long the next unit takes from its end to its answer."""
        self._units += 1
        draw = entropy.Draw(self._seed, "disk", self.name, self._units)
        return (draw.span(0, ANSWER_MS_MAX) + self.slow_ms) / 1000

    def sprung(self, point: Point) -> Effect | None:
        """Count a call past every trap; the effect of the first one that springs."""
        found: Effect | None = None
        for trap in list(self.traps):
            if trap.point is not None and trap.point is not point:
                continue
            if trap.after > 0:
                trap.after -= 1
            elif found is None:
                found = trap.effect
                self.traps.remove(trap)
                self._trace.record("trap", f"{self.name} {point} {trap.effect}")
        return found

    def snapshot(self) -> Snapshot:
        """Copy everything, as it is durable now."""
        return Snapshot(self.reader.serialize(), dict(self.state))

    def restore(self, snapshot: Snapshot, with_state: bool) -> None:
        """Put an old copy back, with the state folder (a whole machine) or without it (a backup of the data)."""
        source = sqlite3.connect(":memory:")
        source.deserialize(snapshot.database)
        source.backup(self.reader)
        source.close()
        if with_state:
            self.state = dict(snapshot.state)
        self.restores += 1
        self._trace.record("restore", self.name)

    def close(self) -> None:
        """Throw the disk away."""
        self.reader.close()


class SimConnection(sqlite3.Connection):
    """A connection whose every statement passes the traps, and which tells of each commit."""

    disk: SimDisk | None = None
    told = 0  # `total_changes` at the last commit that was told

    def execute(self, sql: str, parameters: _Parameters = (), /) -> sqlite3.Cursor:
        self._before(sql)
        cursor = super().execute(sql, parameters)
        self._after(sql)
        return cursor

    def executemany(self, sql: str, parameters: Iterable[_Parameters], /) -> sqlite3.Cursor:
        self._before(sql)
        cursor = super().executemany(sql, parameters)
        self._after(sql)
        return cursor

    def executescript(self, sql_script: str, /) -> sqlite3.Cursor:
        self._before(sql_script)
        cursor = super().executescript(sql_script)
        self._after(sql_script)
        return cursor

    def commit(self) -> None:
        if self.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self.in_transaction:
            self.execute("ROLLBACK")

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> Any:
        if kind is None:
            self.commit()
        else:
            self.rollback()
        return False

    def _before(self, sql: str) -> None:
        if self.disk is not None:
            self.disk.pass_point(POINTS.get(first_word(sql), Point.STATEMENT))

    def _after(self, sql: str) -> None:
        if self.disk is None or self.in_transaction or self.total_changes == self.told:
            return
        self.told = self.total_changes
        self.disk.image.committed()
        self.disk.pass_point(Point.COMMITTED)


POINTS = {"BEGIN": Point.BEGIN, "COMMIT": Point.COMMIT, "END": Point.COMMIT}


def first_word(sql: str) -> str:
    """The verb of a statement, in capitals."""
    return sql.lstrip().split(None, 1)[0].rstrip(";").upper() if sql.strip() else ""


class SimDisk:
    """`ports.Disk` for one process."""

    def __init__(self, image: Image, life: lives.Life) -> None:
        self.image = image
        self._life = life
        self._connection: SimConnection | None = None
        self._free_at_s = 0.0
        life.on_death.append(self._die)

    def connect(self) -> sqlite3.Connection:
        """The one writer connection of this process."""
        self._life.check()
        assert self._connection is None, "one writer connection"
        connection = sqlite3.connect(self.image.uri, uri=True, isolation_level=None, timeout=0, factory=SimConnection)
        assert isinstance(connection, SimConnection)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.disk, connection.told = self, connection.total_changes
        self._connection = connection
        return connection

    async def run(self, unit: Callable[[], Result]) -> Result:
        """Run a unit after the ones before it; its answer comes a little later.

        A caller that is cancelled before its unit began has done nothing; after that, the unit has happened.
        """
        self._life.check()
        loop = loops.current()
        future: asyncio.Future[Result] = loop.create_future()
        begin_s = max(self._free_at_s, loop.time())
        answer_s = self.image.latency_s()
        self._free_at_s = begin_s + answer_s
        loop.call_at(begin_s, self._work, unit, future, begin_s + answer_s)
        return await future

    async def look(self, unit: Callable[[sqlite3.Connection], Result]) -> Result:
        """Read what is durable, beside the process's own connection."""
        return await self.run(lambda: unit(self.image.reader))

    def read_state(self, name: str) -> bytes | None:
        """A state file."""
        self._life.check()
        return self.image.state.get(name)

    def room(self) -> ports.Room:
        """A disk that is half full."""
        return ports.Room(free=1 << 30, total=2 << 30)

    def write_state(self, name: str, content: bytes) -> None:
        """Replace a state file, wholly or not at all. A failure is fatal: StorageError, as from the real disk."""
        try:
            self.pass_point(Point.STATE)
            self.image.replaced(name, bytes(content))
            self.pass_point(Point.STATED)
        except sqlite3.OperationalError as error:
            raise errors.StorageError(f"the state file {name} could not be written: {error}") from error

    def copy(self, folder: Path, report: Callable[[str, int, int], None]) -> None:
        """The database as it is durable now."""
        (folder / "data").mkdir(parents=True)
        (folder / "data" / "hanse.db").write_bytes(self.image.reader.serialize())
        (folder / "keys").write_bytes(self.image.keys)
        report("copying", 1, 1)

    def aside(self, target: Path) -> Path:
        """A folder of the machine on which the tests run."""
        return Path(tempfile.mkdtemp(dir=self.shelf().parent))

    def shelf(self) -> Path:
        """A folder of the machine on which the tests run, where a test gave one."""
        assert self.image.shelf is not None, "backups are written by tests that say where"
        return self.image.shelf

    def pass_point(self, point: Point) -> None:
        """Where traps spring. Called before and after everything that reaches the disk."""
        self._life.check()
        if self.image.full and point in (Point.COMMIT, Point.STATE):
            self._fail("database or disk is full")
        match self.image.sprung(point) if self.image.traps else None:
            case None:
                return
            case Effect.CRASH:
                self._life.kill()
                raise lives.Dead(self.image.name)
            case Effect.FAIL:
                self._fail("disk I/O error")
            case Effect.FULL:
                self._fail("database or disk is full")

    def _fail(self, message: str) -> NoReturn:
        """An error after which SQLite has rolled its transaction back by itself, as it does."""
        if self._connection is not None and self._connection.in_transaction:
            sqlite3.Connection.rollback(self._connection)
        raise sqlite3.OperationalError(message)

    def _work(self, unit: Callable[[], Result], future: asyncio.Future[Result], answer_at_s: float) -> None:
        if future.cancelled():
            return
        try:
            result = unit()
        except lives.Dead:
            return  # nobody is left to be told
        except BaseException as error:
            loops.current().call_at(answer_at_s, fail, future, error)
        else:
            loops.current().call_at(answer_at_s, succeed, future, result)

    def _die(self) -> None:
        """The process is gone: its open transaction never was."""
        if self._connection is not None:
            self._connection.disk = None
            self._connection.close()


def succeed(future: asyncio.Future[Result], result: Result) -> None:
    """Answer, if somebody still waits."""
    if not future.done():
        future.set_result(result)


def fail(future: asyncio.Future[Result], error: BaseException) -> None:
    """Answer with an error, if somebody still waits."""
    if not future.done():
        future.set_exception(error)
