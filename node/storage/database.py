"""Transactions over the one writer connection.

A unit is a plain function of the connection. It runs whole, in the place where the connection lives, and nothing
else runs there meanwhile. A unit that raises leaves nothing behind. A COMMIT that raises is *unknown*: the process
ends, and the truth is read again at the next start (faults.md, finding 3).
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from node import errors, ports
from node.storage import migrations

Result = TypeVar("Result")
Unit = Callable[[sqlite3.Connection], Result]


class Database:
    """The open database of one node."""

    def __init__(self, disk: ports.Disk, connection: sqlite3.Connection) -> None:
        self._disk = disk
        self._connection = connection
        self._broken: errors.StorageError | None = None

    @classmethod
    async def open(cls, disk: ports.Disk) -> Database:
        """Connect, refuse a database from a newer program (S18), migrate."""

        def unit() -> sqlite3.Connection:
            connection = disk.connect()
            unknown = migrations.applied(connection) - migrations.known()
            if unknown:
                raise errors.NodeError(
                    "storage.newer",
                    "this home was written by a newer program",
                    expected=f"at most {max(migrations.known())}",
                    got=max(unknown),
                )
            migrations.apply(connection)
            return connection

        return cls(disk, await disk.run(unit))

    async def read(self, unit: Unit[Result]) -> Result:
        """Run a unit that changes nothing."""
        return await self._disk.run(lambda: self._look(unit))

    async def look(self, unit: Unit[Result]) -> Result:
        """Run a unit that takes long and changes nothing, beside the others: none of them waits for it. It sees the
        database as it is when it begins. NodeError `disk.failed`."""
        self._refuse_if_broken()
        try:
            return await self._disk.look(unit)
        except sqlite3.Error as error:
            raise errors.NodeError("disk.failed", "the database could not be read", got=error) from error

    async def write(self, unit: Unit[Result]) -> Result:
        """Run a unit in one transaction; when this returns, what it did is on the disk."""
        return await self._disk.run(lambda: self._transact(unit))

    def _look(self, unit: Unit[Result]) -> Result:
        self._refuse_if_broken()
        try:
            return unit(self._connection)
        except sqlite3.Error as error:
            raise self._break(f"the database failed while reading: {error}", error) from error

    def _refuse_if_broken(self) -> None:
        """After one failure nothing more is read or written: what memory believes may not be what the disk holds."""
        if self._broken is not None:
            raise self._broken

    def _break(self, message: str, cause: BaseException) -> errors.StorageError:
        self._broken = errors.StorageError(message)
        self._broken.__cause__ = cause
        return self._broken

    def _transact(self, unit: Unit[Result]) -> Result:
        """A rule of the schema that says no is a bug of ours: the disk is sound, and the next unit may come."""
        self._refuse_if_broken()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            result = unit(self._connection)
            self._connection.execute("COMMIT")
        except BaseException as error:
            self._abandon()
            if isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError):
                raise self._break(f"the database failed in the middle of a change: {error}", error) from error
            raise
        return result

    def _abandon(self) -> None:
        """End an open transaction: nobody reads on behind it, and nothing of it reaches the disk any more."""
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    async def close(self) -> None:
        """Close the connection."""
        await self._disk.run(self._connection.close)
