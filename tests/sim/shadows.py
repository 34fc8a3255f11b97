"""What the invariants see of a real node: its committed rows, and a fold of its own over the committed entries.

The shadow reads through a connection of its own, so it sees nothing that is not durable. It folds each stored entry
once, with the fold that runs on that machine, and remembers which orders were touched: a look costs what is new.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts import histories
from contracts.lots import LotState
from contracts.orders import Order
from node.replication import recoveries
from node.storage import orderbooks, shelves
from node.trade import readings, volumes
from node.trade.goods import reservations
from protocol import checkpoints, entries, identities, notes
from tests.sim import disks, observations

CANCELLED = (LotState.CANCELLED, LotState.WITHDRAWN)
CHANNELS = """
SELECT partners.name, channels.side, partners.node, own.id, own.origin, theirs.id, theirs.origin FROM channels
JOIN partners ON partners.id = channels.partner
JOIN logbooks AS own ON own.channel = channels.id AND own.mine = 1
JOIN logbooks AS theirs ON theirs.channel = channels.id AND theirs.mine = 0 ORDER BY channels.id
"""
SIZES = "SELECT origin, id, size, known_size, receipted FROM logbooks"


@dataclass(slots=True)
class Registry:
    """What is known across machines: which order of a buyer an order to a supplier serves."""

    parents: dict[bytes, bytes] = field(default_factory=dict)

    def root(self, thread: bytes) -> bytes:
        """The first order of a chain."""
        while thread in self.parents:
            thread = self.parents[thread]
        return thread


@dataclass(slots=True)
class Fold:
    """The fold of one channel as far as its entries are committed."""

    partner: str
    side: int
    own: tuple[int, str]  # row id and origin
    theirs: tuple[int, str]
    history: histories.History
    parcels: dict[tuple[bytes, str], int] = field(default_factory=dict)  # (thread, SKU) -> handed over by this node
    documents: dict[tuple[bytes, str], list[bytes]] = field(default_factory=dict)  # (thread, type) -> ids of my own
    types: Counter[str] = field(default_factory=Counter)  # my own documents that stood when they were folded

    @property
    def sizes(self) -> tuple[int, int]:
        """Entries folded of my logbook and of theirs."""
        return self.history.sizes[self.side], self.history.sizes[1 - self.side]


class Shadow:
    """`Observed` of one machine. It outlives the processes, as the disk does."""

    def __init__(self, image: disks.Image, fold: type[histories.History], registry: Registry) -> None:
        self.node = b""
        self._image = image
        self._db = image.reader
        self._kind = fold
        self.registry = registry
        self._seen = (-1, -1)  # commits and restores of the image at the last look
        self._restores = 0
        self._channels: list[observations.Channel] = []
        self._sizes: dict[str, tuple[int, int, int, int]] = {}  # origin -> row id, size, known size, receipted
        self._known: dict[str, tuple[int, bytes]] = {}
        self.folds: dict[str, Fold] = {}  # by partner
        self._touched: list[tuple[str, bytes]] = []
        self._effects: list[str] = []
        self._ids: dict[bytes, bytes] = {}  # leaf hash -> id of my own entries
        self._goods: dict[str, bool] = {}

    # -- Observed

    def channels(self) -> Sequence[observations.Channel]:
        self._look()
        return self._channels

    def size(self, origin: str) -> int:
        self._look()
        return self._sizes[origin][1] if origin in self._sizes else 0

    def entries(self, origin: str, first: int, end: int) -> Sequence[bytes]:
        sql = "SELECT data FROM entries WHERE logbook = ? AND position >= ? AND position < ? ORDER BY position"
        return [data for (data,) in self._db.execute(sql, (self._id(origin), first, end))]

    def heads(self, origin: str, after: int) -> Sequence[tuple[int, bytes]]:
        sql = "SELECT size, root FROM heads WHERE logbook = ? AND size > ? ORDER BY size"
        return self._db.execute(sql, (self._id(origin), after)).fetchall()

    def known(self, origin: str) -> tuple[int, bytes] | None:
        self._look()
        size = self._sizes[origin][2] if origin in self._sizes else 0
        cached = self._known.get(origin)
        if not size or (cached is not None and cached[0] == size):
            return cached if size else None
        (note,) = self._db.execute("SELECT known_checkpoint FROM logbooks WHERE origin = ?", (origin,)).fetchone()
        head = checkpoints.parse_text(notes.parse_note(note).text)
        self._known[origin] = head.size, head.root
        return self._known[origin]

    def receipts(self, origin: str, after: int) -> Sequence[int]:
        rows = self._db.execute("SELECT size FROM receipts WHERE logbook = ? AND size > ?", (self._id(origin), after))
        return [size for (size,) in rows]

    def waiting(self, origin: str) -> Sequence[bytes]:
        rows = self._db.execute("SELECT data FROM outbox WHERE logbook = ? ORDER BY id", (self._id(origin),))
        return [data for (data,) in rows]

    def lapsed(self) -> Sequence[bytes]:
        rows = self._db.execute("SELECT content FROM evidence WHERE kind = ?", (recoveries.LAPSED,))
        return [content for (content,) in rows]

    def identify(self, entry: bytes) -> bytes:
        return entries.parse(entry).id

    def effects(self, cursor: int) -> tuple[int, Sequence[str]]:
        self._fold()
        return len(self._effects), self._effects[cursor:]

    def lines(self, cursor: int) -> tuple[int, Sequence[observations.Line]]:
        self._fold()
        touched = dict.fromkeys(self._touched[cursor:])
        return len(self._touched), [line for partner, key in touched for line in self._lines(partner, key)]

    def shelves(self) -> Sequence[observations.Shelf]:
        if not self.channels():
            return []
        return [
            observations.Shelf(shelf.sku, shelf.location, shelf.on_hand, shelf.reserved)
            for shelf in shelves.shelves(self._db)
        ]

    def balances(self, partner: str) -> Mapping[str, int] | None:
        self._fold()
        fold = self.folds[partner]
        if fold.sizes != (self.size(fold.own[1]), self.size(fold.theirs[1])):
            return None  # my own entries are back after a restore, the partner's are not
        return balances_of(fold)

    # -- for the program

    def receipted(self, origin: str) -> int:
        """The largest size for which a receipt is stored."""
        self._look()
        return self._sizes[origin][3]

    def entry_id(self, leaf: bytes) -> bytes:
        """The id of an entry of mine that is durable; its hash when it is not, which no entry is called by."""
        self._fold()
        if leaf in self._ids:
            return self._ids[leaf]
        row = self._db.execute("SELECT data FROM outbox WHERE leaf = ?", (leaf,)).fetchone()
        return leaf if row is None else entries.parse(row[0]).id

    def written(self, thread: bytes, kind: str) -> list[bytes]:
        """The ids of my own durable documents of a type in a thread, with those that wait in the outbox."""
        self._fold()
        found = [id for fold in self.folds.values() for id in fold.documents.get((thread, kind), ())]
        for (data,) in self._db.execute("SELECT data FROM outbox"):
            entry = entries.parse(data)
            if entry.type == kind and entry.body.get("thread") == thread:
                found.append(entry.id)
        return found

    def order(self, thread: bytes) -> tuple[Fold, Order] | None:
        """An order as committed."""
        self._fold()
        for fold in self.folds.values():
            if thread in fold.history.orders:
                return fold, fold.history.orders[thread]
        return None

    def live(self) -> dict[str, histories.History]:
        """The folds by partner, with everything folded that can be."""
        self._fold()
        return {partner: fold.history for partner, fold in self.folds.items()}

    # -- inside

    def _id(self, origin: str) -> int:
        self._look()
        return self._sizes[origin][0] if origin in self._sizes else 0

    def _look(self) -> None:
        """Read the sizes again, when something was committed since."""
        now = (self._image.commits, self._image.restores)
        if now == self._seen:
            return
        if self._restores != self._image.restores:
            self._restores = self._image.restores
            self._forget()
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'orders'").fetchone() is None:
            return
        rows = self._db.execute(SIZES).fetchall()
        self._sizes = {origin: (id, size, known, receipted) for origin, id, size, known, receipted in rows}
        if len(rows) != 2 * len(self._channels):
            self._meet()
        self._seen = now

    def _meet(self) -> None:
        self.node = self._db.execute("SELECT value FROM settings WHERE key = 'node'").fetchone()[0]
        self._channels = []
        for name, side, node, own_id, own, theirs_id, theirs in self._db.execute(CHANNELS).fetchall():
            self._channels.append(observations.Channel(name, own, theirs))
            if name not in self.folds:
                parties = (self.node, node) if side == 0 else (node, self.node)
                signers = (
                    volumes.signer(self._db, identities.NodeId(self.node), own),
                    volumes.signer(self._db, identities.NodeId(node), theirs),
                )
                history = self._kind(parties, signers if side == 0 else signers[::-1])
                self.folds[name] = Fold(name, side, (own_id, own), (theirs_id, theirs), history)

    def _forget(self) -> None:
        """An old copy was put back."""
        self._channels, self._sizes, self.folds = [], {}, {}
        self._touched, self._effects, self._known = [], [], {}
        self._ids, self._goods = {}, {}

    def _fold(self) -> None:
        """Fold what was committed since, as far as its causes are there."""
        self._look()
        for fold in self.folds.values():
            sizes = (self.size(fold.own[1]), self.size(fold.theirs[1]))
            if fold.sizes != sizes:
                self._advance(fold, sizes)

    def _advance(self, fold: Fold, sizes: tuple[int, int]) -> None:
        own = self._rows(fold.own[0], fold.side, fold.sizes[0], sizes[0])
        theirs = self._rows(fold.theirs[0], 1 - fold.side, fold.sizes[1], sizes[1])
        while own or theirs:
            if own and own[-1].seen <= fold.sizes[1]:
                item = own.pop()
                outcome = fold.history.fold(item)
                fold.types[item.type] += not outcome.faults
                self._enter(fold, item, outcome)
                self._note(fold, item)
            elif theirs and theirs[-1].seen <= fold.sizes[0]:
                item = theirs.pop()
                self._enter(fold, item, fold.history.fold(item))
            else:
                return

    def _rows(self, logbook: int, side: int, first: int, end: int) -> list[histories.Item]:
        """Items [first, end), the last one first."""
        sql = (
            "SELECT position, leaf, data FROM entries WHERE logbook = ? AND position >= ? AND position < ?"
            " ORDER BY position DESC"
        )
        return [readings.read_item(side, *row) for row in self._db.execute(sql, (logbook, first, end))]

    def _enter(self, fold: Fold, item: histories.Item, outcome: histories.Outcome) -> None:
        for change in outcome.changes:
            if isinstance(change.after, Order):
                self._touched.append((fold.partner, change.after.key))

    def _note(self, fold: Fold, item: histories.Item) -> None:
        """Remember what one of my own entries means outside the logbooks."""
        self._ids[item.hash] = item.id
        thread = item.body.get("thread")
        if isinstance(thread, bytes):
            fold.documents.setdefault((thread, item.type), []).append(item.id)
        match item.type:
            case "order.place":
                self._effects.append(self._placed(fold, item))
            case "shipment.handover":
                self._effects.append(f"parcel {item.body['waybill']} of {thread!r}")
                self._hand_over(fold, item)
            case "payment.sent":
                self._effects.append(f"payment {item.body['reference']}")

    def _placed(self, fold: Fold, item: histories.Item) -> str:
        """What an order of mine is for: it is placed once for each consumer's order and for each buyer's."""
        parent = orderbooks.parent_of(self._db, item.hash)
        row = orderbooks.shop_order_of(self._db, item.hash)
        shop_order = None if row is None else orderbooks.shop_order(self._db, row)
        if parent is not None:
            self.registry.parents[item.hash] = parent
            return f"order for {parent.hex()} from {fold.partner}"
        if shop_order is not None:
            return f"order for {shop_order.number} of {shop_order.shop} from {fold.partner}"
        return f"order {item.hash.hex()}"

    def _hand_over(self, fold: Fold, item: histories.Item) -> None:
        thread = item.body["thread"]
        assert isinstance(thread, bytes)
        order = fold.history.orders[thread]
        lines: Any = item.body["lines"]
        for shipped in lines:
            sku = order.lines[shipped["line"]].terms[0].sku
            if self._is_own(sku):
                key = (thread, sku)
                fold.parcels[key] = fold.parcels.get(key, 0) + shipped["quantity"]

    def _is_own(self, sku: str) -> bool:
        if sku not in self._goods:
            good = shelves.good(self._db, sku)
            self._goods[sku] = good is not None and good.supplier is None
        return self._goods[sku]

    def _lines(self, partner: str, key: bytes) -> list[observations.Line]:
        fold = self.folds[partner]
        order = fold.history.orders[key]
        root = self.registry.root(key)
        found = []
        for line in order.lines.values():
            sku = line.terms[0].sku
            found.append(
                observations.Line(
                    key=f"{key.hex()}/{line.number}",
                    ordered=line.ordered,
                    shipped=line.quantity(*reservations.GONE),
                    cancelled=line.quantity(*CANCELLED),
                    demand=f"{root.hex()}/{sku}",
                    demanded=line.ordered if root == key else 0,
                    hands_over=fold.parcels.get((key, sku), 0),
                )
            )
        return found


def balances_of(fold: Fold) -> dict[str, int]:
    """By currency, what the partner owes this node."""
    currencies = sorted({agreement.currency for agreement in fold.history.agreements.values()})
    sign = 1 if fold.side == 0 else -1
    return {currency: sign * fold.history.balance(currency) for currency in currencies}


def answers(db: sqlite3.Connection) -> dict[str, Any]:
    """What was answered to commands with a key."""
    return {key: json.loads(result) for key, result in db.execute("SELECT key, result FROM commands").fetchall()}
