"""The program of a world of toys: how they are started, observed and kept busy."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence

from node import ports
from tests.sim import entropy, observations, plans, programs, toys, worlds


class ToyImage:
    """`Observed` for toys, which do not trade."""

    def __init__(self, me: str, partners: Sequence[str], db: sqlite3.Connection) -> None:
        self._me = me
        self._partners = partners
        self._db = db

    def channels(self) -> Sequence[observations.Channel]:
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'applied'").fetchone() is None:
            return []
        return [
            observations.Channel(name, toys.origin_of(self._me, name), toys.origin_of(name, self._me))
            for name in self._partners
        ]

    def size(self, origin: str) -> int:
        return toys.size_of(self._db, origin)

    def entries(self, origin: str, first: int, end: int) -> Sequence[bytes]:
        sql = "SELECT data FROM entries WHERE origin = ? AND position >= ? AND position < ? ORDER BY position"
        return [data for (data,) in self._db.execute(sql, (origin, first, end))]

    def heads(self, origin: str, after: int) -> Sequence[tuple[int, bytes]]:
        return self._db.execute(
            "SELECT size, root FROM heads WHERE origin = ? AND size > ? ORDER BY size", (origin, after)
        ).fetchall()

    def known(self, origin: str) -> tuple[int, bytes] | None:
        return None

    def receipts(self, origin: str, after: int) -> Sequence[int]:
        rows = self._db.execute("SELECT size FROM receipts WHERE origin = ? AND size > ?", (origin, after))
        return [size for (size,) in rows]

    def waiting(self, origin: str) -> Sequence[bytes]:
        return [data for (data,) in self._db.execute("SELECT data FROM outbox WHERE origin = ?", (origin,))]

    def lapsed(self) -> Sequence[bytes]:
        return []

    def identify(self, entry: bytes) -> bytes:
        return entry[:8]

    def effects(self, cursor: int) -> tuple[int, Sequence[str]]:
        if not self.channels():
            return 0, []
        rows = self._db.execute("SELECT id, name FROM effects WHERE id > ? ORDER BY id", (cursor,)).fetchall()
        return (rows[-1][0] if rows else cursor), [name for _, name in rows]

    def lines(self, cursor: int) -> tuple[int, Sequence[observations.Line]]:
        return cursor, []

    def shelves(self) -> Sequence[observations.Shelf]:
        return []

    def balances(self, partner: str) -> Mapping[str, int] | None:
        return None


class Toys:
    """The program of a world of toys."""

    def __init__(self, bug: toys.Bug = toys.Bug.NONE) -> None:
        self._bug = bug
        self._world: worlds.World

    def start(self, host: programs.Host, at: ports.Ports) -> programs.Running:
        return toys.Toy(self._world, host, at, self._bug)

    def observe(self, host: programs.Host) -> observations.Observed:
        partners = [name for name in self._world.plan.names if name != host.name]
        return ToyImage(host.name, partners, host.image.reader)

    def refusal(self, error: Exception) -> str | None:
        return error.code if isinstance(error, toys.RefusedError) else None

    def is_exit(self, error: BaseException) -> bool:
        if isinstance(error, BaseExceptionGroup):
            return all(self.is_exit(inner) for inner in error.exceptions)
        return isinstance(error, sqlite3.OperationalError)

    def enter(self, world: worlds.World) -> None:
        self._world = world

    async def setup(self, world: worlds.World) -> None:
        await asyncio.sleep(2)

    def unsettled(self, world: worlds.World) -> str | None:
        for name in world.plan.names:
            for partner in world.plan.names:
                if name != partner:
                    own = toys.origin_of(name, partner)
                    here, there = world.observe(name), world.observe(partner)
                    if here.waiting(own) or here.size(own) != there.size(own):
                        return f"{own}: {here.size(own)} written, {there.size(own)} read"
                    if here.size(own) and here.size(own) not in here.receipts(own, 0):
                        return f"{own}: no receipt"
        return None


def workload(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Act]:
    """Entries from everybody to everybody, about two a minute."""
    found = []
    for number in range(duration_ms // 30_000):
        author, partner = draw.shuffled(names)[:2]
        key = entropy.digest("key", number)[:8].hex()
        act = plans.Act(draw.between(0, duration_ms - 1), author, "write", {"partner": partner, "key": key})
        found.append(act)
    return found
