"""A shop with one delivered and received order of ten, and how far a return of it has come."""

from __future__ import annotations

from typing import Any

from contracts.orders import Order
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Body, Shop, back, decide, inspect

UNIT = 1_190  # what a unit of tea costs with tax


class Returning(Shop):
    """A shop with one delivered and received order of ten."""

    def __init__(self, charges: int = 0, **terms: Any) -> None:
        super().__init__(**terms)
        more: Body = {"charges": [{"code": "FC", "amount": desks.money(charges)}]} if charges else {}
        self.thread, self.parcel = self.shipped(10, **more)
        self.both(SELLER, "shipment.status", {"thread": self.thread, "shipment": self.parcel, "event": "delivered"})

    def order(self, *quantities: int, **fields: Any) -> Body:
        return super().order(*quantities, **fields)

    @property
    def state(self) -> Order:
        return self.sync().orders[self.thread]

    def asked(self, quantity: int = 4, **fields: Any) -> bytes:
        wanted: Body = {"reason": "changed_mind", **fields}
        return self.both(BUYER, "return.request", back(self.thread, None, (1, quantity), **wanted))

    def approved(self, quantity: int = 4, fields: Body | None = None, **decided: Any) -> bytes:
        name = self.asked(quantity, **(fields or {}))
        self.both(SELLER, "return.decide", decide(self.thread, name, (1, quantity, "approve"), **decided))
        return name

    def sent(self, quantity: int = 4, fields: Body | None = None, **decided: Any) -> bytes:
        name = self.approved(quantity, fields, **decided)
        self.both(BUYER, "return.ship", back(self.thread, name, (1, quantity), carrier="DHL", waybill="9"))
        return name

    def came(self, *verdicts: tuple[int, str], fields: Body | None = None, **decided: Any) -> bytes:
        quantity = sum(count for count, _ in verdicts)
        name = self.sent(quantity, fields, **decided)
        self.both(SELLER, "return.receive", back(self.thread, name, (1, quantity)))
        named = [(1, count, verdict) for count, verdict in verdicts]
        self.both(SELLER, "return.inspect", inspect(self.thread, name, *named))
        return name
