"""Returns in a random walk: asked for, decided, sent, counted, refunded and exchanged."""

from __future__ import annotations

from typing import Any

from contracts import returns
from contracts.histories import History
from contracts.lots import LotState
from contracts.orders import Order, OrderLine
from tests.contracts import desks
from tests.contracts.desks import Body
from tests.contracts.walks.steps import Draft, Steps


class Returns(Steps):
    """What goes back."""

    def _returning(
        self, history: History, *states: LotState
    ) -> tuple[Order, OrderLine, bytes | None, bytes | None, int] | None:
        """A quantity of some lot in these states: order, line, request, parcel, quantity."""
        found = [
            (order, line, lot.request, lot.shipment, lot.quantity)
            for order in history.orders.values()
            for line in order.lines.values()
            for lot in line.lots
            if lot.state in states
        ]
        chosen = self.some(found[-8:])
        if chosen is None or self.chance.randrange(2):
            return chosen
        return (*chosen[:4], self.chance.randrange(1, chosen[4] + 2))

    def ask_back(self, history: History) -> Draft | None:
        found = self._returning(history, LotState.DELIVERED, LotState.RECEIVED, LotState.CONTESTED)
        if found is None:
            return None
        order, line, _, _, quantity = found
        reason = self.chance.choice(("changed_mind", "damaged", "missing", "wrong_item"))
        remedy = self.chance.choice(("refund", "refund", "exchange", "repair", "refund_only"))
        return "return.request", desks.back(order.key, None, (line.number, quantity), reason=reason, remedy=remedy)

    def decide(self, history: History) -> Draft | None:
        found = self._returning(history, LotState.RETURN_ASKED)
        if found is None:
            return None
        order, line, request, _, quantity = found
        assert request is not None
        action = self.chance.choice(("approve", "approve", "approve", "offer", "reject", "refund"))
        part: tuple[Any, ...] = (line.number, quantity, action)
        if action == "offer":
            part += (self.chance.randrange(0, line.terms[0].gross(quantity) + 2),)
        more: Body = {"freight": desks.money(self.chance.randrange(1, 900))} if self.chance.randrange(3) == 0 else {}
        if self.chance.randrange(4) == 0:
            more["fault"] = self.chance.choice(("buyer", "seller"))
        return "return.decide", desks.decide(order.key, request, part, **more)

    def take_part(self, history: History) -> Draft | None:
        offers = [
            (order, lot.proposal[0])
            for order in history.orders.values()
            for line in order.lines.values()
            for lot in line.lots
            if lot.state is LotState.RETURN_OFFERED and lot.proposal is not None
        ]
        chosen = self.some(offers)
        if chosen is None:
            return None
        accept = self.chance.randrange(3) > 0
        return "settle.accept", {"thread": chosen[0].key, "role": "buyer", "offer": chosen[1], "accept": accept}

    def withdraw_return(self, history: History) -> Draft | None:
        states = (LotState.RETURN_ASKED, LotState.RETURN_OFFERED, LotState.RETURN_APPROVED)
        found = self._returning(history, *states) if self.chance.randrange(3) == 0 else None
        if found is None:
            return None
        order, line, request, _, quantity = found
        lines = [(line.number, quantity)] if self.chance.randrange(2) else []
        return "return.withdraw", desks.back(order.key, request, *lines)

    def send_back(self, history: History) -> Draft | None:
        found = self._returning(history, LotState.RETURN_APPROVED)
        if found is None:
            return None
        order, line, request, _, quantity = found
        return "return.ship", desks.back(order.key, request, (line.number, quantity), carrier="DHL", waybill="9")

    def take_back(self, history: History) -> Draft | None:
        found = self._returning(history, LotState.IN_RETURN, LotState.RETURN_APPROVED, LotState.RETURNING)
        if found is None:
            return None
        order, line, request, parcel, quantity = found
        more = {} if request else {"shipment": parcel}
        return "return.receive", desks.back(order.key, request, (line.number, quantity), **more)

    def inspect(self, history: History) -> Draft | None:
        found = self._returning(history, LotState.BACK)
        if found is None:
            return None
        order, line, request, _, quantity = found
        verdict = self.chance.choice(("resellable", "resellable", "damaged", "wrong_item", "missing"))
        return "return.inspect", desks.inspect(order.key, request, (line.number, quantity, verdict))

    def refund(self, history: History) -> Draft | None:
        states = (LotState.INSPECTED, LotState.INSPECTED, LotState.CONTESTED, LotState.RETURN_REFUSED)
        found = self._returning(history, self.chance.choice(states))
        if found is None:
            return None
        order, line, request, _, quantity = found
        due = returns.due(order, request, {line.number: quantity})
        lines = [(number, count, amount) for number, (count, amount) in due.items()]
        about = [one.key for one in history.issues.values() if one.document.order == order.key]
        issue = self.some(about) if self.chance.randrange(2) else None
        return "refund.grant", desks.refund(order.key, request, *lines, issue=issue)

    def exchange(self, history: History) -> Draft | None:
        found = self._returning(history, LotState.INSPECTED)
        if found is None:
            return None
        order, line, request, _, quantity = found
        return "exchange.order", desks.back(order.key, request, (line.number, quantity))

    def prove_arrival(self, history: History) -> Draft | None:
        """The carrier delivered what goes back."""
        found = self._returning(history, LotState.IN_RETURN)
        if found is None:
            return None
        slip = {"name": "slip.pdf", "media": "application/pdf", "len": 9, "hash": desks.digest("slip")}
        told = {"carrier": "DHL", "waybill": "9", "attachments": [slip]}
        return "return.proof", {"thread": found[0].key, "request": found[2], **told}
