"""A channel in which the two trade: every kind of document that an auditor has to understand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts import agreements, histories, statements
from node.storage import blobs, logbooks
from node.trade import readings
from protocol import encoding
from protocol.encoding import Value
from tests.node.audits import worlds

Body = dict[str, Value]
SELLER, BUYER = 0, 1
TAX: Body = {"category": "S", "percent": "19", "scheme": "VAT"}


def money(minor: int) -> Body:
    return {"a": minor, "c": "EUR", "e": 2}


def price(minor: int) -> Body:
    return {"amount": money(minor), "base": 1}


def fold(subject: worlds.World) -> histories.History:
    """The state of everything that is sequenced on both sides, as the owner of the database computes it."""
    nodes = [merchant.node for merchant in subject.merchants]
    own = subject.channel.side
    history = histories.History((nodes[own], nodes[1 - own]) if own == 0 else (nodes[1], nodes[0]))
    streams = [
        readings.stored_items(subject.db, logbook.id, own if side == 0 else 1 - own, logbook.size)
        for side, logbook in ((side, subject.logbook(side)) for side in (0, 1))
    ]
    for item in readings.replay(*streams):
        history.fold(item)
    return history


@dataclass(slots=True)
class Shop:
    """Merchant 0 sells tea at 10.00 to merchant 1; everything is written through `world`, batch by batch."""

    world: worlds.World = field(default_factory=worlds.world)
    agreement: bytes = b""
    listing: bytes = b""
    price_list: bytes = b""
    orders: int = 0

    def __post_init__(self) -> None:
        for side in (SELLER, BUYER):
            self.world.write(side, "peer.invite", {})
        self.world.settle()
        terms = agreements_terms(self.world.merchants[SELLER].node)
        self.agreement = self.say(SELLER, "agreement.propose", {"role": "seller", "terms": terms})
        accept: Body = {"thread": self.agreement, "role": "buyer", "accepts": self.agreement}
        self.say(BUYER, "agreement.accept", accept)
        titles: list[Value] = [{"lang": "en", "text": "tea"}, {"lang": "zh", "text": "茶"}]
        self.listing = self.say(SELLER, "listing.publish", {"sku": "tea", "titles": titles})
        items: list[Value] = [{"sku": "tea", "price": price(1000), "tax": TAX}]
        body: Body = {"agreement": self.agreement, "currency": "EUR", "items": items}
        self.price_list = self.say(SELLER, "price.list", body)

    def say(self, side: int, kind: str, body: Mapping[str, Value]) -> bytes:
        """Write one document and let the other side receipt it."""
        leaf = self.world.write(side, kind, body)
        self.world.exchange(side)
        return leaf

    def place(self, quantity: int, **fields: Value) -> bytes:
        self.orders += 1
        line: Body = {
            "line": 1,
            "sku": "tea",
            "listing": self.listing,
            "price_list": self.price_list,
            "quantity": quantity,
            "price": price(1000),
            "tax": TAX,
        }
        body: Body = {"agreement": self.agreement, "number": f"N{self.orders:06}", "lines": [line], **fields}
        return self.say(BUYER, "order.place", body)

    def accept(self, thread: bytes, quantity: int, action: str = "accept") -> bytes:
        part: Body = {"line": 1, "action": action, "quantity": quantity}
        return self.say(SELLER, "order.respond", {"thread": thread, "lines": [part]})

    def ship(self, thread: bytes, quantity: int) -> bytes:
        lines: list[Value] = [{"line": 1, "quantity": quantity}]
        body: Body = {"thread": thread, "carrier": "DHL", "waybill": "JD0146", "lines": lines}
        return self.say(SELLER, "shipment.handover", body)

    def sold(self, quantity: int, **fields: Value) -> bytes:
        thread = self.place(quantity, **fields)
        self.accept(thread, quantity)
        self.ship(thread, quantity)
        return thread

    def cancel(self, thread: bytes, quantity: int) -> bytes:
        lines: list[Value] = [{"line": 1, "quantity": quantity}]
        body: Body = {"thread": thread, "role": "buyer", "lines": lines, "reason": "changed_mind"}
        return self.say(BUYER, "cancel.request", body)

    def stop(self, thread: bytes, cancel: bytes, quantity: int, outcome: str = "stopped", **fields: Value) -> bytes:
        lines: list[Value] = [{"line": 1, "quantity": quantity, "outcome": outcome, **fields}]
        return self.say(SELLER, "cancel.result", {"thread": thread, "cancel": cancel, "lines": lines})

    def propose(self, **changes: Value) -> bytes:
        """The seller proposes the account of everything that is receipted. `changes` make it dishonest."""
        self.world.settle()
        history = fold(self.world)
        heads = [self.world.logbook(side) for side in (SELLER, BUYER)]
        cut = self.cut(heads)
        computed = history.statement_lines(self.agreement, cut)
        lines = encoding.encode([list(line) for line in statements.encoded(computed.lines)])
        closed = history.channel.ledgers[self.agreement].closed
        body: Body = {
            "agreement": self.agreement,
            "role": "seller",
            "currency": "EUR",
            "period": "2026-07",
            "own": {"size": heads[SELLER].size, "root": heads[SELLER].root},
            "partner": {"size": heads[BUYER].size, "root": heads[BUYER].root},
            "previous": closed[-1].statement if closed else None,
            "opening": computed.opening,
            "total": computed.total,
            "closing": computed.closing,
            "count": len(computed.lines),
            "lines_hash": hashlib.sha256(lines).digest(),
            **changes,
        }
        blobs.put(self.world.db, lines)
        return self.say(SELLER, "statement.propose", body)

    def cut(self, heads: list[logbooks.Logbook]) -> tuple[int, int]:
        """The sizes of both logbooks by side of the fold."""
        sizes = heads[SELLER].size, heads[BUYER].size
        return sizes if self.world.channel.side == 0 else (sizes[1], sizes[0])

    def answer(self, statement: bytes, accord: bool = True, **fields: Value) -> bytes:
        named = fold(self.world).statements[statement].document.lines_hash
        body: Body = {"thread": statement, "role": "buyer", "accord": accord, "lines_hash": named, **fields}
        return self.say(BUYER, "statement.respond", body)

    def close_account(self) -> bytes:
        statement = self.propose()
        self.answer(statement)
        return statement

    def send(self, minor: int, **fields: Value) -> bytes:
        body: Body = {
            "agreement": self.agreement,
            "role": "buyer",
            "amount": money(minor),
            "reference": "RF18 539",
            **fields,
        }
        return self.say(BUYER, "payment.sent", body)

    def receive(self, thread: bytes, minor: int) -> bytes:
        body: Body = {
            "thread": thread,
            "agreement": self.agreement,
            "role": "seller",
            "amount": money(minor),
            "reference": "RF18 539",
        }
        return self.say(SELLER, "payment.received", body)


def agreements_terms(seller: bytes) -> Body:
    """The standard terms as an HCM value."""
    terms = agreements.standard(seller, "EUR")
    found = encoding.decode(encoding.encode(terms), bytes_max=1 << 16)  # type: ignore[arg-type]
    assert isinstance(found, dict)
    return found


def month(shop: Shop, orders: int = 6) -> bytes:
    """Some business: sold, part rejected, cancelled in time, too late; then the statement and its payment."""
    for number in range(orders):
        match number % 4:
            case 0:
                shop.sold(3)
            case 1:
                thread = shop.place(5)
                shop.accept(thread, 4)
                shop.accept(thread, 1, "reject")
                shop.ship(thread, 4)
            case 2:
                thread = shop.place(2)
                shop.accept(thread, 2)
                shop.stop(thread, shop.cancel(thread, 2), 2)
            case _:
                too_late(shop)
    statement = shop.close_account()
    owed = fold(shop.world).owed(shop.agreement)
    payment = shop.send(owed, statements=[statement])
    shop.receive(payment, owed)
    shop.world.settle()
    return statement


def too_late(shop: Shop) -> bytes:
    """A cancel that crosses the hand-over: neither knew of the other."""
    thread = shop.place(1)
    shop.accept(thread, 1)
    lines: list[Value] = [{"line": 1, "quantity": 1}]
    handover = shop.world.write(
        SELLER, "shipment.handover", {"thread": thread, "carrier": "DHL", "waybill": "JD1", "lines": lines}
    )
    request: Body = {"thread": thread, "role": "buyer", "lines": lines, "reason": "changed_mind"}
    cancel = shop.world.write(BUYER, "cancel.request", request)
    shop.world.settle()
    shop.stop(thread, cancel, 1, "too_late", handover=handover)
    return thread
