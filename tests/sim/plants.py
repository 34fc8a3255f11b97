"""Bugs to be planted in real nodes, through the seams that a node has: its parts and its ports."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from contracts import histories
from contracts.items import Item
from contracts.threads import Faults
from node import ports, runtime
from node.replication import exchanges, sequencing
from protocol import messages
from protocol.claims import ReceiptNotes
from tests.sim import merchants

Result = TypeVar("Result")


class GivenUp(Exception):
    """Ends a transaction that was only tried."""


class HastyExchange(exchanges.Exchange):
    """Acknowledges before it commits: the receipt leaves, and then the batch is stored."""

    async def _write(self, unit: Callable[[sqlite3.Connection], Result]) -> Result:
        tried: list[Result] = []

        def attempt(db: sqlite3.Connection) -> None:
            tried.append(unit(db))
            raise GivenUp

        try:
            await self.core.books.database.write(attempt)
        except GivenUp:
            (stored,) = tried
            if isinstance(stored, sequencing.Stored):
                receipt, notes = stored.receipt, ReceiptNotes(stored.receipt.cosignature, stored.receipt.pair)
                self.core.receipt_leaves(stored.theirs.origin, receipt.size)
                await self.send(messages.Receipt(stored.theirs.origin, receipt.size, notes, stored.paired))
        return await exchanges.Exchange._write(self, unit)


class ForgetfulDisk:
    """Keeps no record of what was asked before: neither the keys of commands nor the sources of consumer orders."""

    def __init__(self, disk: ports.Disk) -> None:
        self._disk = disk
        self.run = disk.run
        self.read_state = disk.read_state
        self.write_state = disk.write_state
        self.copy = disk.copy
        self.aside = disk.aside
        self.shelf = disk.shelf
        self.room = disk.room
        self.look = disk.look

    def connect(self) -> sqlite3.Connection:
        """The connection, with triggers that forget."""
        connection = self._disk.connect()
        connection.execute("CREATE TEMP TRIGGER keys AFTER INSERT ON commands BEGIN DELETE FROM commands; END")
        connection.execute(
            "CREATE TEMP TRIGGER sources AFTER INSERT ON shop_orders"
            " BEGIN UPDATE shop_orders SET source = source || new.id WHERE id = new.id; END"
        )
        return connection


class BlindFold(histories.History):
    """Takes every hand-over for one that knew of everything, so that a cancel which it could not know of wins."""

    def judge(self, item: Item) -> Faults:
        return super().judge(self._knowing(item))

    def fold(self, item: Item) -> histories.Outcome:
        return super().fold(self._knowing(item))

    def _knowing(self, item: Item) -> Item:
        seens = self.channel.seens[item.side]
        seen = max(item.seen, seens[-1] if seens else 0)
        if item.type == "shipment.handover":
            seen = self.sizes[1 - item.side]
        return replace(item, seen=seen)


class Amnesia:
    """Names what an order is for by another name each time, so that the order is not known again."""

    def __init__(self) -> None:
        self._times = itertools.count()

    def __call__(self, root: bytes, what: bytes) -> bytes:
        return runtime.blind(root, what + next(self._times).to_bytes(8, "big"))


HASTY = merchants.Build(runtime.Parts(exchange=HastyExchange))
FORGETFUL = merchants.Build(runtime.Parts(blind=Amnesia()), ForgetfulDisk)
BLIND = merchants.Build(runtime.Parts(fold=BlindFold))
