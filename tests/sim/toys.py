"""Toy nodes with bugs on request: the simulator must find each of them, or it finds nothing.

A toy keeps a logbook for each partner, signs nothing, and frames its messages with a keyed checksum so that what is
repeated or damaged is refused. Its bugs are those that faults.md is afraid of.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from typing import Any

from node import ports
from tests.sim import links, plans, programs, trees, worlds


class Bug(StrEnum):
    """What is wrong with a toy."""

    NONE = "none"
    RECEIPT_BEFORE_COMMIT = "receipt-before-commit"
    FORGET_NEWEST = "forget-newest"  # a restarted reader lost the newest entry
    APPEND_REPEATS = "append-repeats"  # a batch that was sent again is stored again
    REWRITE = "rewrite"  # a restarted author changes its last entry
    SIGN_AGAIN = "sign-again"  # a restarted author signs its newest head once more, over something else
    NO_FENCE = "no-fence"  # a restored author writes on without asking
    KEEP_OUTBOX = "keep-outbox"  # a restored author sequences again what stands in its logbook
    ANSWER_EARLY = "answer-early"  # the client hears OK before the commit
    EFFECT_TWICE = "effect-twice"  # the parcel is handed over before the cursor moves
    HOT_LOOP = "hot-loop"
    SILENT = "silent"  # gives up for ever after the first broken link
    TRACEBACK = "traceback"  # an error without a code reaches the client


class RefusedError(Exception):
    """A coded refusal."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (origin TEXT, position INTEGER, data BLOB, PRIMARY KEY (origin, position));
CREATE TABLE IF NOT EXISTS heads (origin TEXT, size INTEGER, root BLOB);
CREATE TABLE IF NOT EXISTS receipts (origin TEXT, size INTEGER, PRIMARY KEY (origin, size));
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, origin TEXT, data BLOB);
CREATE TABLE IF NOT EXISTS effects (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
CREATE TABLE IF NOT EXISTS applied (origin TEXT PRIMARY KEY, position INTEGER);
"""

RETRY_S_MIN, RETRY_S_MAX = 0.5, 8.0
IDLE_S = 5.0


def origin_of(author: str, reader: str) -> str:
    """The name of a logbook."""
    return f"{author}>{reader}"


def size_of(db: sqlite3.Connection, origin: str) -> int:
    """Entries stored."""
    return int(db.execute("SELECT count(*) FROM entries WHERE origin = ?", (origin,)).fetchone()[0])


def root_of(db: sqlite3.Connection, origin: str) -> bytes:
    """The root over everything stored: slow, but a toy."""
    tree = trees.Tree()
    for (data,) in db.execute("SELECT data FROM entries WHERE origin = ? ORDER BY position", (origin,)):
        tree.append(trees.leaf_hash(data))
    return tree.root()


class Session:
    """Keyed, numbered frames over a link: nothing repeated, damaged or foreign passes."""

    def __init__(self, link: ports.Link, mine: bytes) -> None:
        self.link = link
        self._mine = mine
        self._key = b""
        self._sent = self._received = 0

    async def greet(self, me: str, dialed: str | None) -> str:
        """Exchange names and nonces; returns the partner's name."""
        await self.link.send(json.dumps({"me": me, "to": dialed, "nonce": self._mine.hex()}).encode())
        hello = json.loads(await self.link.receive())
        if not isinstance(hello, dict) or not {"me", "nonce"} <= hello.keys():
            raise ValueError("no greeting")
        self._key = b"".join(sorted((self._mine, bytes.fromhex(hello["nonce"]))))
        return str(hello["me"])

    async def send(self, **message: Any) -> None:
        """One message."""
        self._sent += 1
        payload = json.dumps(message).encode()
        await self.link.send(self._check(self._mine, self._sent, payload) + payload)

    async def receive(self) -> dict[str, Any]:
        """The next message; ValueError when it was not said in this session by the partner."""
        frame = await self.link.receive()
        self._received += 1
        theirs = self._key.replace(self._mine, b"", 1)
        if frame[:8] != self._check(theirs, self._received, frame[8:]):
            raise ValueError("not said by the partner in this session")
        message: dict[str, Any] = json.loads(frame[8:])
        return message

    def _check(self, speaker: bytes, number: int, payload: bytes) -> bytes:
        return hashlib.sha256(self._key + speaker + number.to_bytes(8, "big") + payload).digest()[:8]


class Toy:
    """One process of a toy node."""

    def __init__(self, world: worlds.World, host: programs.Host, at: ports.Ports, bug: Bug) -> None:
        self._world = world
        self._at = at
        self._me = host.name
        self._restarted = host.incarnation > 1
        self._partners = [name for name in world.plan.names if name != host.name]
        self._bug = bug
        self._db: sqlite3.Connection
        self._ready = asyncio.Event()
        self._changed: dict[str, asyncio.Event] = {name: asyncio.Event() for name in self._partners}
        self._may_write: set[str] = set()
        self._newest: dict[str, Session] = {}

    async def run(self) -> None:
        await self._at.disk.run(self._open)
        self._ready.set()
        await self._at.links.listen(self._accept)
        async with asyncio.TaskGroup() as group:
            for partner in self._partners:
                if self._me < partner:
                    group.create_task(self._dial(partner))
            group.create_task(self._dispatch())

    async def act(self, verb: str, arguments: dict[str, plans.Json]) -> programs.Reply:
        await self._ready.wait()
        if verb == "fail":
            raise KeyError("fail") if self._bug is Bug.TRACEBACK else RefusedError("toy.refused")
        partner, key = str(arguments["partner"]), bytes.fromhex(str(arguments["key"]))
        data = key + self._at.entropy.token(8)
        if self._bug is Bug.ANSWER_EARLY:
            self._keep = asyncio.create_task(self._at.disk.run(lambda: self._put(partner, data)))
        else:
            await self._at.disk.run(lambda: self._put(partner, data))
        self._changed[partner].set()
        return programs.Reply(None, (key,))

    # -- units of work

    def _open(self) -> None:
        self._db = self._at.disk.connect()
        for statement in SCHEMA.split(";"):
            if statement.strip():
                self._db.execute(statement)
        if self._restarted:
            self._misbehave()

    def _misbehave(self) -> None:
        """The bugs of a restart."""
        for partner in self._partners:
            own, theirs = origin_of(self._me, partner), origin_of(partner, self._me)
            if self._bug is Bug.FORGET_NEWEST and size_of(self._db, theirs):
                last = size_of(self._db, theirs) - 1
                self._db.execute("DELETE FROM entries WHERE origin = ? AND position = ?", (theirs, last))
            if self._bug is Bug.REWRITE:
                last = size_of(self._db, own) - 1
                sql = "UPDATE entries SET data = CAST(data || x'00' AS BLOB) WHERE origin = ? AND position = ?"
                self._db.execute(sql, (own, last))
            if self._bug is Bug.SIGN_AGAIN and size_of(self._db, own):
                self._db.execute("INSERT INTO heads VALUES (?, ?, ?)", (own, size_of(self._db, own), bytes(32)))

    def _put(self, partner: str, data: bytes) -> None:
        self._db.execute("INSERT INTO outbox (origin, data) VALUES (?, ?)", (origin_of(self._me, partner), data))

    def _sequence(self, partner: str) -> None:
        own = origin_of(self._me, partner)
        rows = self._db.execute("SELECT id, data FROM outbox WHERE origin = ? ORDER BY id", (own,)).fetchall()
        if rows:
            with self._transaction():
                self._append(own, [data for _, data in rows])
                self._db.execute("DELETE FROM outbox WHERE origin = ? AND id <= ?", (own, rows[-1][0]))

    def _append(self, origin: str, data: Sequence[bytes]) -> int:
        first = size_of(self._db, origin)
        rows = [(origin, first + offset, entry) for offset, entry in enumerate(data)]
        self._db.executemany("INSERT INTO entries VALUES (?, ?, ?)", rows)
        size = first + len(data)
        self._db.execute("INSERT INTO heads VALUES (?, ?, ?)", (origin, size, root_of(self._db, origin)))
        return size

    def _store(self, origin: str, first: int, data: Sequence[bytes]) -> int:
        size = size_of(self._db, origin)
        fresh = data if self._bug is Bug.APPEND_REPEATS else data[max(0, size - first) :]
        with self._transaction():
            if fresh and first <= size:
                size = self._append(origin, fresh)
            self._receipt(origin, size)
        return size

    def _store_now(self, session: Session, origin: str, first: int, data: Sequence[bytes]) -> int:
        """A newer session has replaced this one: what came over the older one must not move what HEADS agreed on."""
        if self._newest[origin.split(">")[0]] is not session:
            raise ports.LinkClosed
        return self._store(origin, first, data)

    def _adopt(self, origin: str, first: int, data: Sequence[bytes]) -> None:
        """My own entries are back: what stands in the logbook must not wait in the outbox."""
        self._store(origin, first, data)
        if self._bug is not Bug.KEEP_OUTBOX:
            sql = "DELETE FROM outbox WHERE origin = ? AND data IN (SELECT data FROM entries WHERE origin = ?)"
            self._db.execute(sql, (origin, origin))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._db.rollback()
            raise

    def _receipt(self, origin: str, size: int) -> None:
        self._db.execute("INSERT OR IGNORE INTO receipts VALUES (?, ?)", (origin, size))

    def _rest(self, origin: str, first: int) -> list[bytes]:
        sql = "SELECT data FROM entries WHERE origin = ? AND position >= ? ORDER BY position"
        return [data for (data,) in self._db.execute(sql, (origin, first))]

    # -- conversations

    async def _dial(self, partner: str) -> None:
        pause_s = RETRY_S_MIN
        while True:
            try:
                link = await self._at.links.dial(links.address(partner))
                await self._talk(link, partner)
            except (ports.LinkFailed, ports.LinkClosed, ValueError):
                if self._bug is Bug.SILENT and self._restarted:
                    return
            if self._bug is Bug.HOT_LOOP and self._restarted:
                while True:
                    await asyncio.sleep(0)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, RETRY_S_MAX)

    async def _accept(self, link: ports.Link) -> None:
        try:
            await self._talk(link, None)
        except (ports.LinkClosed, ValueError, KeyError):
            return

    async def _talk(self, link: ports.Link, dialed: str | None) -> None:
        session = Session(link, self._at.entropy.token(16))
        try:
            partner = await session.greet(self._me, dialed)
            if partner not in self._changed:
                return
            async with asyncio.TaskGroup() as group:
                self._newest[partner] = session
                group.create_task(self._read(session, partner))
                group.create_task(self._write(session, partner))
        except* (ports.LinkClosed, ValueError):
            pass
        finally:
            await link.close()

    async def _write(self, session: Session, partner: str) -> None:
        own, theirs = origin_of(self._me, partner), origin_of(partner, self._me)
        here = await self._at.disk.run(lambda: (size_of(self._db, own), size_of(self._db, theirs)))
        await session.send(t="heads", own=here[0], theirs=here[1])
        if self._bug is Bug.NO_FENCE:
            self._may_write.add(partner)
        sent = None
        while True:
            if partner in self._may_write:
                await self._at.disk.run(lambda: self._sequence(partner))
                since = self._mirrored.get(partner, 0) if sent is None else sent
                data = await self._at.disk.run(functools.partial(self._rest, own, since))
                if data:
                    await session.send(t="batch", first=since, data=[entry.hex() for entry in data])
                sent = since + len(data)
            self._changed[partner].clear()
            try:
                async with asyncio.timeout(IDLE_S):
                    await self._changed[partner].wait()
            except TimeoutError:
                sent = None  # what has no receipt is said again

    _mirrored: dict[str, int] = {}  # noqa: RUF012  # replaced for each object in _read

    async def _read(self, session: Session, partner: str) -> None:
        own, theirs = origin_of(self._me, partner), origin_of(partner, self._me)
        while True:
            message = await session.receive()
            session.link.authenticated()
            match message["t"]:
                case "heads":
                    self._mirrored = self._mirrored | {partner: message["theirs"]}
                    missing = message["theirs"] - await self._at.disk.run(lambda: size_of(self._db, own))
                    if missing > 0 and self._bug is not Bug.NO_FENCE:
                        await session.send(t="want", first=message["theirs"] - missing)
                    else:
                        self._may_write.add(partner)
                    if message["theirs"]:
                        await self._at.disk.run(functools.partial(self._receipt, own, message["theirs"]))
                    self._changed[partner].set()
                case "batch":
                    await self._take(session, theirs, message["first"], [bytes.fromhex(e) for e in message["data"]])
                case "receipt":
                    size = message["size"]
                    await self._at.disk.run(functools.partial(self._receipt, own, size))
                    self._mirrored = self._mirrored | {partner: max(size, self._mirrored.get(partner, 0))}
                case "want":
                    first = message["first"]
                    data = await self._at.disk.run(functools.partial(self._rest, theirs, first))
                    await session.send(t="data", first=first, data=[entry.hex() for entry in data])
                case "data":
                    data = [bytes.fromhex(entry) for entry in message["data"]]
                    await self._at.disk.run(functools.partial(self._adopt, own, message["first"], data))
                    self._may_write.add(partner)
                    self._changed[partner].set()

    async def _take(self, session: Session, origin: str, first: int, data: list[bytes]) -> None:
        if self._bug is Bug.RECEIPT_BEFORE_COMMIT:
            self._world.receipt_sent(self._me, origin, first + len(data))
            await session.send(t="receipt", size=first + len(data))
        size = await self._at.disk.run(functools.partial(self._store_now, session, origin, first, data))
        if self._bug is not Bug.RECEIPT_BEFORE_COMMIT:
            self._world.receipt_sent(self._me, origin, size)
            await session.send(t="receipt", size=size)

    async def _dispatch(self) -> None:
        """Carry out each entry of the partners once, from a cursor in the same transaction."""
        while True:
            await self._at.disk.run(self._apply)
            await asyncio.sleep(1)

    def _apply(self) -> None:
        for partner in self._partners:
            origin = origin_of(partner, self._me)
            row = self._db.execute("SELECT position FROM applied WHERE origin = ?", (origin,)).fetchone()
            first = 0 if row is None else row[0]
            data = self._rest(origin, first)
            if not data:
                continue
            names = [(entry[:8].hex(),) for entry in data]
            sql = "INSERT INTO applied VALUES (?, ?) ON CONFLICT (origin) DO UPDATE SET position = excluded.position"
            with nullcontext() if self._bug is Bug.EFFECT_TWICE else self._transaction():
                self._db.executemany("INSERT INTO effects (name) VALUES (?)", names)
                self._db.execute(sql, (origin, first + len(data)))
