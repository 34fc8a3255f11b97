"""A walk step by step: what is written and received is drawn, and what both have is folded in any order."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeVar

from contracts.histories import History
from contracts.lots import LotState
from contracts.orders import Order, OrderLine
from tests.contracts import desks, papers
from tests.contracts.desks import BUYER, SELLER, Body, Shop

Draft = tuple[str, Body]
Thing = TypeVar("Thing")


class Steps(Shop):
    """A shop whose next step is drawn by chance. `hostile`: how many of 100 documents are written though refused."""

    TERMS = papers.ARBITRATION

    def __init__(self, chance: Random, hostile: int = 0) -> None:
        super().__init__(cancel_fee="0.05", seller_penalty="0.03")
        self.back = self.both(BUYER, "agreement.propose", {"role": "seller", "terms": self.shared_terms()})
        self.both(SELLER, "agreement.accept", {"thread": self.back, "role": "buyer", "accepts": self.back})
        self.chance = chance
        self.hostile = hostile
        self.written = 0
        self.refused = 0
        self.drafts: dict[int, list[Callable[[History], Draft | None]]] = {SELLER: [], BUYER: []}

    def shared_terms(self) -> Body:
        """Terms under which the buyer of the shop, which sells, gets a share of what the shop sells to others."""
        node = self.nodes[BUYER]
        return desks.terms(node, shares=({"role": "design", "node": node, "rate": "0.1"},))

    def step(self) -> None:
        """One side receives some documents, or writes one."""
        side = self.chance.randrange(2)
        if self.chance.randrange(4) == 0:
            self.deliver(side, self.chance.choice((1, 2, 5, None)))
            return
        if self.chance.randrange(400) < self.hostile // 4:
            self.copy(side)
            return
        for _ in range(5):
            draft = self.chance.choice(self.drafts[side])(self.desks[side])
            if draft is not None and self.attempt(side, draft):
                return

    def attempt(self, side: int, draft: Draft) -> bool:
        """Write the document if it is legal (or, now and then, though it is not); tells whether it was written."""
        item = self.draft(side, *draft, **self.lies(side))
        legal = not self.desks[side].judge(item)
        if not legal and self.chance.randrange(100) >= self.hostile:
            return False
        if legal and self.written and self.chance.randrange(40) == 0:
            self.repeat(side)
            return True
        outcome = self.desks[side].fold(item)
        assert (not outcome.faults) == legal
        self.logs[side].append(item)
        self.written += legal
        self.refused += not legal
        return True

    def lies(self, side: int) -> Body:
        """A hostile author may claim to have seen less than it has: within the rules of the logbook, and undecidable
        here. It may not claim more, or less than before."""
        if self.chance.randrange(200) >= self.hostile:
            return {}
        before = self.logs[side][-1].seen
        return {"seen": self.chance.randint(before, self.desks[side].sizes[1 - side])}

    def copy(self, side: int) -> None:
        """An entry of the partner's logbook, byte for byte in the own one."""
        old = self.chance.choice(self.logs[1 - side])
        if self.logs[side][-1].seen <= old.seen <= self.desks[side].sizes[1 - side]:
            item = self.draft(side, old.type, old.body, id=old.id, hash=old.hash, seen=old.seen, re=old.re)
            self.desks[side].fold(item)
            self.logs[side].append(item)

    def repeat(self, side: int) -> None:
        """An entry of the own logbook once more: the same bytes, or other bytes under the same id."""
        old = self.chance.choice(self.logs[side])
        other = {} if self.chance.randrange(2) else {"hash": desks.digest("other", old.hash, len(self.logs[side]))}
        item = self.draft(
            side, old.type, old.body, **{"id": old.id, "hash": old.hash, "seen": old.seen, "re": old.re, **other}
        )
        outcome = self.desks[side].fold(item)
        assert not outcome.changes
        assert (outcome.repeats is None) == bool(outcome.faults)
        self.logs[side].append(item)

    def interleaved(self) -> History:
        """Both logbooks folded in an order of arrival that chance draws."""
        history = History(self.nodes, desks.SIGNERS)
        while history.sizes != (len(self.logs[0]), len(self.logs[1])):
            ready = [
                side
                for side in (0, 1)
                if history.sizes[side] < len(self.logs[side])
                and self.logs[side][history.sizes[side]].seen <= history.sizes[1 - side]
            ]
            side = self.chance.choice(ready)
            for _ in range(self.chance.choice((1, 1, 2, 10, 1000))):  # a batch
                index = history.sizes[side]
                if index == len(self.logs[side]) or self.logs[side][index].seen > history.sizes[1 - side]:
                    break
                item = self.logs[side][index]
                if self.chance.randrange(4) == 0:
                    history.judge(item)
                history.fold(item)
        return history

    # --- what is seen

    def some(self, things: list[Thing]) -> Thing | None:
        return self.chance.choice(things) if things else None

    def thread(self, history: History) -> Order | None:
        orders = list(history.orders.values())
        return self.some(orders[-6:])

    def quantity(self, line: OrderLine, *states: LotState) -> int:
        count = line.quantity(*states)
        return count if self.chance.randrange(2) else self.chance.randrange(1, max(2, count + 2))

    def some_line(self, order: Order, *states: LotState) -> OrderLine | None:
        return self.some([line for line in order.lines.values() if line.quantity(*states)])

    def role(self, agreement: bytes, side: int) -> str:
        """The role of a side under one of the two agreements."""
        return "seller" if (side == SELLER) == (agreement == self.agreement) else "buyer"

    def side(self, history: History) -> int:
        """Whose desk this is."""
        return SELLER if history is self.desks[SELLER] else BUYER
