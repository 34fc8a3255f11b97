"""Two merchants at their desks: builders of bodies, and logbooks that are folded as they are written.

A `Pair` holds both logbooks and one history per side, each fed with what that side wrote and received. A document is
written as a node writes it: `seen` is what the writer has received so far.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from contracts import agreements, evidence, histories
from contracts.errors import Fault
from contracts.histories import History, Item, Outcome
from protocol import checkpoints, keys, notes

SELLER, BUYER = 0, 1
NODES = (b"S" * 32, b"B" * 32)
Body = dict[str, Any]


def digest(*parts: object) -> bytes:
    """A hash that stands in for the leaf hash of an entry: this floor is given its hashes."""
    return hashlib.sha256(repr(parts).encode()).digest()


def money(minor: int, currency: str = "EUR", exponent: int = 2) -> Body:
    return {"a": minor, "c": currency, "e": exponent}


def price(minor: int, base: int = 1, currency: str = "EUR", exponent: int = 2) -> Body:
    return {"amount": money(minor, currency, exponent), "base": base}


SECRETS = tuple(hashlib.sha256(node).digest() for node in NODES)  # the private mirror keys of both sides
SIGNERS = (
    evidence.Signer("hanse/l/seller", "hanse/n/s/mirror", (keys.public(SECRETS[SELLER], "mirror"),)),
    evidence.Signer("hanse/l/buyer", "hanse/n/b/mirror", (keys.public(SECRETS[BUYER], "mirror"),)),
)
ROOT = b"r" * 32


def cosigned(author: int, size: int, time_s: int, by: int | None = None, root: bytes = ROOT) -> Body:
    """The other side's (or side `by`'s) cosignature over the author's head, at a time."""
    reader = 1 - author if by is None else by
    text = checkpoints.checkpoint_text(checkpoints.Checkpoint(SIGNERS[author].origin, size, root))
    line = checkpoints.cosign(text, SIGNERS[reader].name, SECRETS[reader], time_s)
    return {"size": size, "root": root, "payload": notes.parse_signature(line[:-1]).payload}


def deem(thread: bytes, role: str, row: str, target: bytes, *proofs: Body) -> Body:
    """The body of a `deem`, with two proofs (or some that prove nothing)."""
    started, passed = proofs or (cosigned(0, 1, 1), cosigned(0, 1, 2))
    return {"thread": thread, "role": role, "row": row, "target": target, "started": started, "passed": passed}


class Pair:
    """Two logbooks and the two copies of their fold."""

    def __init__(self, nodes: tuple[bytes, bytes] = NODES) -> None:
        self.nodes = nodes
        self.logs: tuple[list[Item], list[Item]] = ([], [])
        self.desks = (History(nodes, SIGNERS), History(nodes, SIGNERS))
        self._ids = 0

    # --- writing and delivering

    def draft(self, side: int, kind: str, body: Mapping[str, Any], **fields: Any) -> Item:
        """The item as it would stand next in the logbook of `side`; nothing is written."""
        self._ids += 1
        index = len(self.logs[side])
        values: dict[str, Any] = {
            "side": side,
            "index": index,
            "hash": digest(side, index, kind, sorted(body.items()), self._ids),
            "id": self._ids.to_bytes(16, "big"),
            "type": kind,
            "version": 1,
            "ts_ms": 0,
            "seen": self.desks[side].sizes[1 - side],
            "re": (),
            "body": body,
        }
        values.update(fields)
        return Item(**values)

    def judge(self, side: int, kind: str, body: Mapping[str, Any], **fields: Any) -> tuple[Fault, ...]:
        """What the writer's own fold would refuse."""
        return self.desks[side].judge(self.draft(side, kind, body, **fields))

    def put(self, side: int, kind: str, body: Mapping[str, Any], **fields: Any) -> Item:
        """Write a document, legal or not."""
        item = self.draft(side, kind, body, **fields)
        self.desks[side].fold(item)
        self.logs[side].append(item)
        return item

    def write(self, side: int, kind: str, body: Mapping[str, Any], **fields: Any) -> bytes:
        """Write a document that must be legal when written; its hash."""
        item = self.draft(side, kind, body, **fields)
        faults = self.desks[side].judge(item)
        assert not faults, faults
        outcome = self.desks[side].fold(item)
        assert not outcome.faults
        self.logs[side].append(item)
        return item.hash

    def refuse(self, side: int, kind: str, body: Mapping[str, Any], **fields: Any) -> list[str]:
        """Write a document that must be refused; the codes of its faults, equal on both sides."""
        item = self.put(side, kind, body, **fields)
        mine = self.desks[side].refusals.get((side, item.index), ())
        assert mine, "nothing was refused"
        return [fault.code for fault in mine]

    def deliver(self, to: int, count: int | None = None) -> list[Outcome]:
        """Let `to` receive the next `count` documents (all) of the other logbook."""
        waiting = self.logs[1 - to][self.desks[to].sizes[1 - to] :]
        return [self.desks[to].fold(item) for item in waiting[:count]]

    def sync(self) -> History:
        """Both receive everything; both must then agree, and with every other order of arrival. The common state."""
        self.deliver(0)
        self.deliver(1)
        states = [histories.snapshot(desk) for desk in self.desks]
        assert states[0] == states[1]
        for first in (0, 1):
            assert histories.snapshot(replay(self.nodes, self.logs, first)) == states[0]
        return self.desks[0]

    def both(self, side: int, kind: str, body: Mapping[str, Any]) -> bytes:
        """Write a legal document and let the other side receive it, and everything before it."""
        name = self.write(side, kind, body)
        self.deliver(1 - side)
        return name


def replay(nodes: tuple[bytes, bytes], logs: Sequence[Sequence[Item]], greedy: int) -> History:
    """Fold two logbooks, taking from side `greedy` whenever its next item's causes are there."""
    history = History(nodes, SIGNERS)
    while history.sizes != (len(logs[0]), len(logs[1])):
        for side in (greedy, 1 - greedy):
            index = history.sizes[side]
            if index < len(logs[side]) and logs[side][index].seen <= history.sizes[1 - side]:
                history.fold(logs[side][index])
                break
        else:
            raise AssertionError("no item can be folded")
    return history


class Shop(Pair):
    """A pair that trades: peered, one agreement in force, SKUs `tea` at 10.00 and `pot` at 25.00 with 19 % tax."""

    TERMS: ClassVar[Body] = {}  # what the agreement says beside the standard terms

    def __init__(self, **terms: Any) -> None:
        super().__init__()
        for side in (SELLER, BUYER):
            self.write(side, "channel.open", opening(self.nodes, side))
            self.write(side, "peer.invite", {})
        self.sync_quietly()
        body = {**agreements.standard(self.nodes[SELLER], "EUR", **terms), **self.TERMS}
        self.agreement = self.both(SELLER, "agreement.propose", {"role": "seller", "terms": body})
        accept = {"thread": self.agreement, "role": "buyer", "accepts": self.agreement}
        self.both(BUYER, "agreement.accept", accept)
        self.listing = {sku: self.both(SELLER, "listing.publish", listing(sku)) for sku in ("tea", "pot")}
        self.price_list = self.both(SELLER, "price.list", self.prices(tea=1000, pot=2500))
        self._numbers = 0

    def sync_quietly(self) -> None:
        self.deliver(0)
        self.deliver(1)

    def prices(self, **skus: int) -> Body:
        items = [{"sku": sku, "price": price(minor), "tax": TAX} for sku, minor in skus.items()]
        return {"agreement": self.agreement, "currency": "EUR", "items": items}

    def line(self, number: int, sku: str, quantity: int, minor: int | None = None, **fields: Any) -> Body:
        return {
            "line": number,
            "sku": sku,
            "listing": self.listing[sku],
            "price_list": self.price_list,
            "quantity": quantity,
            "price": price(minor if minor is not None else {"tea": 1000, "pot": 2500}[sku]),
            "tax": TAX,
            **fields,
        }

    def order(self, *quantities: int, **fields: Any) -> Body:
        """An order body with a line of tea for each quantity."""
        self._numbers += 1
        lines = [self.line(number, "tea", quantity) for number, quantity in enumerate(quantities, 1)]
        return {"agreement": self.agreement, "number": f"N{self._numbers:06}", "lines": lines, **fields}

    def place(self, *quantities: int, **fields: Any) -> bytes:
        return self.both(BUYER, "order.place", self.order(*quantities, **fields))

    def agreed(self, *quantities: int, **fields: Any) -> bytes:
        """An order that the seller accepted as a whole; both know."""
        thread = self.place(*quantities, **fields)
        self.both(SELLER, "order.respond", respond(thread, *((n, "accept", q) for n, q in enumerate(quantities, 1))))
        return thread

    def shipped(self, *quantities: int, **fields: Any) -> tuple[bytes, bytes]:
        """An order whose goods all left in one parcel; both know. The thread and the hand-over."""
        thread = self.agreed(*quantities, **fields)
        return thread, self.both(SELLER, "shipment.handover", handover(thread, *enumerate(quantities, 1)))

    def statement(self, side: int, cut: tuple[int, int] | None = None, **changes: Any) -> Body:
        """The body of an honest statement by `side`, over everything that it knows."""
        history = self.desks[side]
        cut = cut or history.sizes
        computed = history.statement_lines(self.agreement, cut)
        closed = history.channel.ledgers[self.agreement].closed
        return {
            "agreement": self.agreement,
            "role": "seller" if side == SELLER else "buyer",
            "currency": "EUR",
            "period": "2026-11",
            "own": {"size": cut[side], "root": digest(side, cut[side])},
            "partner": {"size": cut[1 - side], "root": digest(1 - side, cut[1 - side])},
            "previous": closed[-1].statement if closed else None,
            "opening": computed.opening,
            "total": computed.total,
            "closing": computed.closing,
            "count": len(computed.lines),
            "lines_hash": digest(computed.lines),
            **changes,
        }

    def verdict(self, side: int, statement: bytes, accord: bool = True, **changes: Any) -> Body:
        """The body of an honest answer of `side`."""
        history = self.desks[side]
        computed = history.statement_lines(self.agreement, history.statements[statement].cut)
        role = "seller" if side == SELLER else "buyer"
        return {"thread": statement, "role": role, "accord": accord, "lines_hash": digest(computed.lines), **changes}

    def close_statement(self, side: int = SELLER) -> bytes:
        """Both agree on everything so far."""
        self.sync_quietly()
        name = self.both(side, "statement.propose", self.statement(side))
        self.both(1 - side, "statement.respond", self.verdict(1 - side, name))
        return name

    def lots(self, thread: bytes, line: int = 1, side: int = SELLER) -> dict[str, int]:
        """Units by state, as one side sees them."""
        found: dict[str, int] = {}
        for lot in self.desks[side].orders[thread].lines[line].lots:
            found[lot.state.value] = found.get(lot.state.value, 0) + lot.quantity
        return found


TAX: Body = {"category": "S", "percent": "19", "scheme": "VAT"}


def opening(nodes: tuple[bytes, bytes], side: int) -> Body:
    return {
        "nodes": [nodes[side], nodes[1 - side]],
        "origins": [f"hanse/l/{side}", f"hanse/l/{1 - side}"],
        "salt": b"s" * 16,
        "epoch": 0,
        "suites": ["ed25519"],
        "fold": "hanse-fold/1",
    }


def listing(sku: str, **fields: Any) -> Body:
    return {"sku": sku, "titles": [{"lang": "en", "text": "A good thing"}], **fields}


def respond(thread: bytes, *parts: tuple[Any, ...], **fields: Any) -> Body:
    """Parts are (line, action, quantity) or (line, action, quantity, further fields)."""
    lines = [{"line": p[0], "action": p[1], "quantity": p[2], **(p[3] if len(p) > 3 else {})} for p in parts]
    return {"thread": thread, "lines": lines, **fields}


def cancel(thread: bytes, *lines: tuple[int, int | None], role: str = "buyer", **fields: Any) -> Body:
    named = [{"line": line, "quantity": quantity} for line, quantity in lines]
    return {"thread": thread, "role": role, "lines": named, "reason": "changed_mind", **fields}


def result(thread: bytes, name: bytes | None, *lines: tuple[Any, ...]) -> Body:
    """Lines are (line, quantity, outcome) or (line, quantity, outcome, handover)."""
    named = [{"line": n[0], "quantity": n[1], "outcome": n[2], "handover": n[3] if len(n) > 3 else None} for n in lines]
    return {"thread": thread, "cancel": name, "lines": named}


def handover(thread: bytes, *lines: tuple[int, ...], **fields: Any) -> Body:
    """Lines are (line, quantity) or (line, quantity, outstanding)."""
    named = [{"line": n[0], "quantity": n[1], "outstanding": n[2] if len(n) > 2 else None} for n in lines]
    return {"thread": thread, "carrier": "DHL", "waybill": "JD014600003", "lines": named, **fields}


def back(thread: bytes, request: bytes | None, *lines: tuple[int, int], **fields: Any) -> Body:
    """A document of a return about some (line, quantity)."""
    named = [{"line": line, "quantity": quantity} for line, quantity in lines]
    return {"thread": thread, "lines": named, **({"request": request} if request else {}), **fields}


def decide(thread: bytes, request: bytes, *lines: tuple[Any, ...], **fields: Any) -> Body:
    """Lines are (line, quantity, action) or (line, quantity, "offer", minor units)."""
    named = [
        {"line": n[0], "quantity": n[1], "action": n[2], "amount": money(n[3]) if len(n) > 3 else None} for n in lines
    ]
    return {"thread": thread, "request": request, "lines": named, **fields}


def inspect(thread: bytes, request: bytes | None, *lines: tuple[int, int, str], **fields: Any) -> Body:
    """Lines are (line, quantity, verdict)."""
    named = [{"line": line, "quantity": quantity, "verdict": verdict} for line, quantity, verdict in lines]
    return {"thread": thread, "request": request, "lines": named, **fields}


def refund(thread: bytes, request: bytes | None, *lines: tuple[int, int, int], **fields: Any) -> Body:
    """Lines are (line, quantity, minor units)."""
    named = [{"line": line, "quantity": quantity, "amount": money(minor)} for line, quantity, minor in lines]
    return {"thread": thread, "request": request, "lines": named, **fields}


def terms(seller: bytes, currency: str = "EUR", **changes: Any) -> Body:
    """Standard terms with some changed."""
    return agreements.standard(seller, currency, **changes)
