"""A mill: one fold that two merchants' documents are fed to, order after order, with a month end now and then."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import FrameType
from typing import NamedTuple

from contracts.histories import Item
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Body, Shop, money

ORDER_DOCUMENTS = 5
MONTH_DOCUMENTS = 1_000


class Mill:
    """Ordinary trade in one history: `turn` folds the next document of an endless story."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.shop.sync_quietly()
        self.history = self.shop.desks[SELLER]
        self.folded = sum(self.history.sizes)
        self._story = self._tell()

    def turn(self) -> None:
        """Fold one more document."""
        next(self._story)
        self.folded += 1

    def write(self, side: int, kind: str, body: Body) -> bytes:
        """Fold a document that its author writes knowing everything; its hash."""
        history = self.history
        count = sum(history.sizes)
        item = Item(
            side=side,
            index=history.sizes[side],
            hash=desks.digest(count),
            id=count.to_bytes(16, "big"),
            type=kind,
            version=1,
            ts_ms=0,
            seen=history.sizes[1 - side],
            re=(),
            body=body,
        )
        outcome = history.fold(item)
        assert not outcome.faults, outcome.faults
        return item.hash

    def _tell(self) -> Iterator[None]:
        while True:
            for _ in range(MONTH_DOCUMENTS // ORDER_DOCUMENTS):
                yield from self._order()
            yield from self._month()

    def _order(self) -> Iterator[None]:
        order = self.write(BUYER, "order.place", self.shop.order(2))
        yield
        self.write(SELLER, "order.respond", desks.respond(order, (1, "accept", 2)))
        yield
        parcel = self.write(SELLER, "shipment.handover", desks.handover(order, (1, 2)))
        yield
        self.write(SELLER, "shipment.status", {"thread": order, "shipment": parcel, "event": "delivered"})
        yield
        self.write(BUYER, "receipt.advice", {"thread": order, "lines": [{"line": 1, "accepted": 2}]})
        yield

    def _month(self) -> Iterator[None]:
        shop = self.shop
        body = shop.statement(SELLER)
        name = self.write(SELLER, "statement.propose", body)
        yield
        verdict = {"thread": name, "role": "buyer", "accord": True, "lines_hash": body["lines_hash"]}
        self.write(BUYER, "statement.respond", verdict)
        yield
        owed = {"agreement": shop.agreement, "role": "seller", "amount": money(body["total"] or 1), "reference": "R1"}
        self.write(SELLER, "payment.received", owed)
        yield


class Cost(NamedTuple):
    """The steps of tables and the calls of functions, ours and built-in ones, that some documents took."""

    steps: int
    calls: int


def turn(mill: Mill, count: int) -> None:
    """Fold `count` more documents."""
    for _ in range(count):
        mill.turn()


def cost(mill: Mill, count: int) -> Cost:
    """Fold `count` more documents; what they cost, and no clock takes part in it."""
    calls, steps = 0, mill.history.steps

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    gc.collect()
    gc.disable()  # what the collector calls belongs to whatever else the process holds
    sys.setprofile(note)
    try:
        turn(mill, count)
    finally:
        sys.setprofile(None)
        gc.enable()
    return Cost(mill.history.steps - steps, calls)
