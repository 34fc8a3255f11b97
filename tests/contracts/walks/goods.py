"""Goods in a random walk: planned, packed, handed over, cancelled, and what arrived."""

from __future__ import annotations

from contracts.histories import History
from contracts.lots import LotState
from tests.contracts import desks
from tests.contracts.walks.steps import Draft, Steps


class Goods(Steps):
    """What leaves, and what is stopped."""

    def _cancel(self, history: History, role: str) -> Draft | None:
        order = self.thread(history)
        if order is None:
            return None
        lines = [line for line in order.lines.values() if self.chance.randrange(2)] or list(order.lines.values())
        named = [
            (line.number, None if self.chance.randrange(2) else self.chance.randrange(1, line.ordered + 1))
            for line in lines
        ]
        return "cancel.request", desks.cancel(order.key, *named, role=role, recall=self.chance.randrange(4) == 0)

    def cancel_by_buyer(self, history: History) -> Draft | None:
        return self._cancel(history, "buyer")

    def cancel_by_seller(self, history: History) -> Draft | None:
        return self._cancel(history, "seller") if self.chance.randrange(3) == 0 else None

    def result(self, history: History) -> Draft | None:
        waiting = [
            (order, line, lot)
            for order in history.orders.values()
            for line in order.lines.values()
            for lot in line.lots
            if lot.cancel and lot.state in (LotState.CANCELLING, LotState.RTO_ASKED, LotState.DELIVERED)
        ]
        chosen = self.some(waiting)
        if chosen is None:
            return None
        order, line, lot = chosen
        outcome = "stopped" if lot.state is LotState.CANCELLING else self.chance.choice(("too_late", "recalled", "rto"))
        quantity = lot.quantity if self.chance.randrange(2) else self.chance.randrange(1, lot.quantity + 2)
        named = (line.number, quantity, outcome, lot.shipment if outcome == "too_late" else None)
        return "cancel.result", desks.result(order.key, lot.cancel, named)

    def hand_over(self, history: History) -> Draft | None:
        order = self.thread(history)
        line = None if order is None else self.some_line(order, LotState.AGREED, LotState.CHANGE_PROPOSED)
        if order is None or line is None:
            return None
        quantity = self.quantity(line, LotState.AGREED)
        outstanding = self.chance.randrange(0, 3) if self.chance.randrange(3) == 0 else None
        named: tuple[int, ...] = (line.number, quantity)
        named += () if outstanding is None else (outstanding,)
        return "shipment.handover", desks.handover(order.key, named)

    def status(self, history: History) -> Draft | None:
        order = self.thread(history)
        parcel = order and self.some(list(order.parcels))
        if order is None or parcel is None:
            return None
        event = self.chance.choice(("in_transit", "delivered", "delivered", "delivered", "refused", "returned"))
        return "shipment.status", {"thread": order.key, "shipment": parcel, "event": event}

    def receive(self, history: History) -> Draft | None:
        order = self.thread(history)
        states = (LotState.SHIPPED, LotState.DELIVERED, LotState.RTO_ASKED)
        line = None if order is None else self.some_line(order, *states)
        if order is None or line is None:
            return None
        quantity = self.quantity(line, *states)
        short = self.chance.randrange(0, quantity) if self.chance.randrange(3) == 0 else 0
        parcel = self.some(list(order.parcels)) if self.chance.randrange(3) == 0 else None
        got = {"line": line.number, "accepted": quantity - short, "short": short}
        return "receipt.advice", {"thread": order.key, "shipment": parcel, "lines": [got]}

    # --- packing

    def plan(self, history: History) -> Draft | None:
        """How the seller means to ship."""
        order = self.thread(history)
        if order is None:
            return None
        return "shipment.plan", {"thread": order.key, "parcels": self.chance.randrange(1, 4), "carrier": "DHL"}

    def pack(self, history: History) -> Draft | None:
        """A parcel with some of a line; now and then more than is left."""
        order = self.thread(history)
        line = None if order is None else self.some_line(order, LotState.AGREED)
        if order is None or line is None:
            return None
        free = sum(lot.quantity for lot in line.lots if lot.state is LotState.AGREED and lot.packed is None)
        quantity = max(1, free if self.chance.randrange(2) else self.chance.randrange(0, free + 2))
        return "shipment.pack", {"thread": order.key, "lines": [{"line": line.number, "quantity": quantity}]}
