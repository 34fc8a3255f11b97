"""Orders in a random walk: placed, answered, and changed by consent."""

from __future__ import annotations

from typing import Any

from contracts.documents import orders as order_papers
from contracts.histories import History
from contracts.lots import LotState
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Body
from tests.contracts.walks import feedbacks
from tests.contracts.walks.steps import Draft, Steps


class Orders(Steps):
    """What is ordered."""

    def order_goods(self, history: History) -> Draft | None:
        listed = {sku: listing for (side, sku), listing in history.listings.items() if side == SELLER and sku != "mug"}
        agreement = history.agreements[self.agreement]
        lines: list[Body] = []
        for number in range(1, self.chance.randrange(2, 4)):
            sku = self.chance.choice(sorted(listed))
            chain = history.prices[(self.agreement, sku)]
            version = chain.current
            assert version.item.price is not None
            held = [h.key for h in history.holds.values() if h.state.value in ("held", "released") and h.sku == sku]
            use = self.some(held) if self.chance.randrange(2) else None
            if use in [line["hold"] for line in lines]:
                use = None
            lines.append(
                {
                    **self.line(number, sku, self.chance.randrange(1, 12), version.item.price.amount.a),
                    "listing": listed[sku].current.hash,
                    "price_list": version.hash,
                    "hold": use,
                }
            )
        self._numbers += 1
        body = {
            "agreement": agreement.current,
            "number": f"N{self._numbers:06}",
            "lines": lines,
            "partial": self.chance.randrange(4) > 0,
            "feedback_key": feedbacks.KEY if self.chance.randrange(2) else None,
            "charges": [{"code": "FC", "amount": desks.money(490)}] if self.chance.randrange(3) == 0 else [],
        }
        return "order.place", body

    def answer(self, history: History) -> Draft | None:
        order = self.thread(history)
        line = None if order is None else self.some_line(order, LotState.PLACED, LotState.WITHDRAWN)
        if order is None or line is None:
            return None
        left = line.quantity(LotState.PLACED) or 1
        parts: list[tuple[Any, ...]] = []
        while left and len(parts) < 3:
            quantity = left if self.chance.randrange(2) or not order.partial else self.chance.randrange(1, left + 1)
            action = self.chance.choice(("accept", "accept", "accept", "change", "substitute", "backorder", "reject"))
            more: Body = {"promised_ship_s": self.chance.randrange(2)} if self.chance.randrange(2) else {}
            if action == "substitute":
                more["sku"] = "cup"
            if action == "change" or (action in ("substitute", "backorder") and self.chance.randrange(2)):
                more["price"] = desks.price(self.chance.randrange(900, 1100), self.chance.choice((1, 3)))
            parts.append((line.number, action, quantity, more))
            left -= quantity
        return "order.respond", desks.respond(order.key, *parts, original_open=bool(self.chance.randrange(2)))

    def _change(self, history: History, role: str) -> Draft | None:
        order = self.thread(history)
        line = None if order is None else self.some_line(order, LotState.AGREED)
        if order is None or line is None:
            return None
        quantity = self.quantity(line, LotState.AGREED)
        changed: Body = {"line": line.number, "quantity": quantity}
        if self.chance.randrange(2):
            changed["new_quantity"] = self.chance.randrange(0, quantity + 4)
        if self.chance.randrange(2) or "new_quantity" not in changed:
            changed["price"] = desks.price(self.chance.randrange(900, 1100))
        return "order.change", {"thread": order.key, "role": role, "lines": [changed]}

    def change_by_seller(self, history: History) -> Draft | None:
        return self._change(history, "seller")

    def change_by_buyer(self, history: History) -> Draft | None:
        return self._change(history, "buyer")

    def _take(self, history: History, side: int, role: str) -> Draft | None:
        order = self.thread(history)
        if order is None:
            return None
        proposals = [
            (name, member.document)
            for name, member in order.named.items()
            if member.side != side and isinstance(member.document, order_papers.Respond | order_papers.Change)
        ]
        chosen = self.some(proposals)
        if chosen is None:
            return None
        name, document = chosen
        parts = [self.chance.randrange(len(document.lines))] if self.chance.randrange(2) else None
        accept = bool(self.chance.randrange(3))
        body = {"thread": order.key, "role": role, "proposal": name, "accept": accept, "parts": parts}
        return "order.change_respond", body

    def take_by_seller(self, history: History) -> Draft | None:
        return self._take(history, SELLER, "seller")

    def take_by_buyer(self, history: History) -> Draft | None:
        return self._take(history, BUYER, "buyer")
