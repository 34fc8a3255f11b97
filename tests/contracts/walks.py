"""Random trade: two merchants who write whatever is legal in what they know, and receive whenever chance says so.

`Walk` draws every choice from one `random.Random`, so that Hypothesis can shrink a failing walk. A document is drawn
from what its writer sees; if the writer's own fold refuses it, it is not written, except now and then on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

from contracts import agreements, amounts, billings, histories, issues, returns, statements
from contracts.documents import orders as order_papers
from contracts.histories import History
from contracts.issues import Issue, IssueState
from contracts.lots import LotState
from contracts.orders import Order, OrderLine
from contracts.statements import StatementState
from protocol import merkle
from tests.contracts import desks, papers
from tests.contracts.desks import BUYER, SELLER, Body, Shop

Draft = tuple[str, Body]
Thing = TypeVar("Thing")
SECRETS = (b"l" * 32, b"r" * 32)  # of the lock and of the release of every batch


class Walk(Shop):
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
        self.drafts: dict[int, list[Callable[[History], Draft | None]]] = {
            SELLER: [
                self.answer, self.answer, self.answer, self.hand_over, self.hand_over, self.hand_over,
                self.status, self.status, self.result, self.result, self.cancel_by_seller, self.change_by_seller,
                self.take_by_seller, self.grant, self.release_by_seller, self.reprice, self.relist, self.restock,
                self.receive_payment, self.propose_by_seller, self.respond_by_seller, self.amend, self.suspend,
                self.end, self.answer_issue, self.split_by_seller, self.take_split_by_seller, self.complain_by_seller,
                self.bill, self.credit, self.void_by_seller, self.escalate_by_seller,
                self.quarrel_by_seller, self.quarrel_by_seller,
                self.quarrel_by_seller,
                self.claim, self.reopen, self.set_off, self.consent,
                self.decide, self.decide, self.take_back, self.take_back, self.inspect,
                self.inspect, self.refund, self.refund, self.exchange, self.share_out,
            ],
            BUYER: [
                self.order_goods, self.order_goods, self.order_goods, self.cancel_by_buyer,
                self.change_by_buyer, self.take_by_buyer, self.take_by_buyer, self.receive, self.receive,
                self.hold, self.release_by_buyer, self.pay, self.confirm, self.propose_by_buyer,
                self.respond_by_buyer, self.accept_amendment, self.suspend, self.end,
                self.complain_by_buyer, self.split_by_buyer, self.take_split_by_buyer, self.close_issue,
                self.answer_bill, self.answer_bill, self.escalate_by_buyer, self.void_by_buyer, self.agree_to_void,
                self.quarrel_by_buyer, self.quarrel_by_buyer, self.quarrel_by_buyer,
                self.claim, self.reopen, self.set_off, self.consent,
                self.ask_back, self.ask_back, self.take_part, self.withdraw_return,
                self.send_back, self.send_back,
            ],
        }  # fmt: skip

    # --- the walk

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

    # --- orders

    def order_goods(self, history: History) -> Draft | None:
        listed = {sku: listing for (side, sku), listing in history.listings.items() if side == SELLER}
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

    # --- cancels and goods

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

    # --- returns

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

    # --- goods offered

    def hold(self, history: History) -> Draft | None:
        current = history.agreements[self.agreement].current
        sku = self.chance.choice(("tea", "pot"))
        return "stock.hold", {"agreement": current, "sku": sku, "quantity": 12, "expires_s": 3600}

    def grant(self, history: History) -> Draft | None:
        hold = self.some([h for h in history.holds.values() if h.state.value == "asked"])
        if hold is None:
            return None
        return ("stock.hold_no" if self.chance.randrange(4) == 0 else "stock.hold_ok"), {"thread": hold.key}

    def _release(self, history: History, role: str) -> Draft | None:
        hold = self.some([h for h in history.holds.values() if h.state.value in ("held", "asked", "consumed")])
        return None if hold is None else ("stock.release", {"thread": hold.key, "role": role})

    def release_by_seller(self, history: History) -> Draft | None:
        return self._release(history, "seller")

    def release_by_buyer(self, history: History) -> Draft | None:
        return self._release(history, "buyer")

    def reprice(self, history: History) -> Draft | None:
        body = self.prices(**{self.chance.choice(("tea", "pot")): self.chance.randrange(900, 3000)})
        return "price.change", {**body, "agreement": history.agreements[self.agreement].current}

    def relist(self, history: History) -> Draft | None:
        sku = self.chance.choice(("tea", "pot"))
        replaces = history.listings[(SELLER, sku)].current.hash
        return "listing.change", desks.listing(sku, replaces=replaces, brand=str(self.chance.randrange(9)))

    def confirm(self, history: History) -> Draft | None:
        sku = self.chance.choice(("tea", "pot"))
        version = history.listings[(SELLER, sku)].current
        status = self.chance.choice(("received", "review", "accepted", "synchronised"))
        return "listing.confirm", {"sku": sku, "listing": version.hash, "status": status}

    def restock(self, history: History) -> Draft | None:
        if self.chance.randrange(2):
            level = {"sku": "tea", "available": self.chance.randrange(100), "as_of": self.chance.randrange(20)}
            return "stock.snapshot", {"items": [level]}
        return "stock.delta", {"items": [{"sku": "tea", "difference": self.chance.randrange(-20, 20)}]}

    # --- terms and money

    def amend(self, history: History) -> Draft | None:
        agreement = history.agreements[self.agreement]
        if self.chance.randrange(8):
            return None
        terms = agreements.standard(self.nodes[SELLER], "EUR", cancel_fee=self.chance.choice(("0", "0.1")))
        body = {"thread": self.agreement, "role": "seller", "amends": agreement.current, "terms": terms}
        return "agreement.amend", body

    def accept_amendment(self, history: History) -> Draft | None:
        agreement = history.agreements[self.agreement]
        name = self.some([name for name in agreement.versions if name not in agreement.accepted])
        return None if name is None else (
            "agreement.accept", {"thread": self.agreement, "role": "buyer", "accepts": name}
        )  # fmt: skip

    def suspend(self, history: History) -> Draft | None:
        rarely = self.chance.randrange(10) == 0 and not history.peering.suspended
        return ("peer.suspend" if rarely else "peer.resume"), {}

    def end(self, history: History) -> Draft | None:
        """What ends things: rarely, or nothing would go on."""
        if self.chance.randrange(40):
            return None
        role = "seller" if history is self.desks[SELLER] else "buyer"
        kind = self.chance.choice(("peer.end", "agreement.terminate", "channel.close", "channel.close", "channel.seal"))
        return kind, {"thread": self.agreement, "role": role} if kind == "agreement.terminate" else {}

    def pay(self, history: History) -> Draft | None:
        thread = self.some([p.key for p in history.payments.values() if p.state.value in ("promised", "disputed")])
        kind = "payment.promise" if thread is None else "payment.sent"
        body = {"thread": thread} if thread else {}
        return kind, {**body, **self._payment(history, "buyer")}

    def receive_payment(self, history: History) -> Draft | None:
        payment = self.some([p for p in history.payments.values() if p.state.value in ("promised", "sent")])
        if payment is not None and self.chance.randrange(4) == 0:
            return "payment.dispute", {"thread": payment.key, "role": "seller", "reason": "not_seen"}
        body = {"thread": payment.key} if payment else {}
        return "payment.received", {**body, **self._payment(history, "seller")}

    def _payment(self, history: History, role: str) -> Body:
        amount = desks.money(self.chance.randrange(1, 5000))
        orders = [name for name in history.orders if self.chance.randrange(len(history.orders)) < 2]
        return {
            "agreement": self.agreement,
            "role": role,
            "amount": amount,
            "reference": "RF18539007547034",
            "orders": orders[-3:],
        }

    # --- complaints

    def _complain(self, history: History, role: str) -> Draft | None:
        order = self.thread(history)
        if order is None or self.chance.randrange(3):
            return None
        claim = desks.money(self.chance.randrange(1, 900)) if self.chance.randrange(2) else None
        body = {"agreement": self.agreement, "role": role, "order": order.key, "category": "late", "claim": claim}
        return "issue.open", body

    def complain_by_seller(self, history: History) -> Draft | None:
        return self._complain(history, "seller") if self.chance.randrange(3) == 0 else None

    def complain_by_buyer(self, history: History) -> Draft | None:
        return self._complain(history, "buyer")

    def _issue(self, history: History) -> Issue | None:
        found = list(history.issues.values())[-4:]
        return self.some([one for one in found if one.state in issues.LIVE or self.chance.randrange(6) == 0])

    def answer_issue(self, history: History) -> Draft | None:
        issue = self._issue(history)
        if issue is None:
            return None
        if self.chance.randrange(5) == 0:
            upstream = desks.digest(issue.key)
            return "issue.cascade", {"thread": issue.key, "role": "seller", "upstream": upstream}
        status = self.chance.choice(("processing", "need_more_info", "resolved"))
        return "issue.reply", {"thread": issue.key, "role": "seller", "status": status}

    def close_issue(self, history: History) -> Draft | None:
        issue = self._issue(history)
        if issue is None:
            return None
        if self.chance.randrange(2):
            return "issue.reply", {"thread": issue.key, "role": "buyer", "status": "information"}
        return "issue.close", {"thread": issue.key, "role": "buyer"}

    def _split(self, history: History, role: str) -> Draft | None:
        issue = self._issue(history)
        if issue is None:
            return None
        amount = desks.money(self.chance.randrange(0, 700))
        return "settle.offer", {"thread": issue.key, "role": role, "to": "buyer", "amount": amount}

    def split_by_seller(self, history: History) -> Draft | None:
        return self._split(history, "seller")

    def split_by_buyer(self, history: History) -> Draft | None:
        return self._split(history, "buyer")

    def _take_split(self, history: History, role: str) -> Draft | None:
        issue = self._issue(history)
        name = self.some(list(issue.offers)[-2:]) if issue is not None else None
        if issue is None or name is None:
            return None
        accept = self.chance.randrange(3) > 0
        return "settle.accept", {"thread": issue.key, "role": role, "offer": name, "accept": accept}

    def take_split_by_seller(self, history: History) -> Draft | None:
        return self._take_split(history, "seller")

    def take_split_by_buyer(self, history: History) -> Draft | None:
        return self._take_split(history, "buyer")

    # --- corrections

    def void_by_seller(self, history: History) -> Draft | None:
        payment = self.some([one for one in history.payments.values() if one.arrived is not None])
        if payment is None:
            return None
        body = {"thread": payment.key, "role": "seller", "target": payment.arrived, "reason": "incorrect_data"}
        return "void", body

    def void_by_buyer(self, history: History) -> Draft | None:
        payment = self.some([one for one in history.payments.values() if one.state.value != "received"])
        if payment is None:
            return None
        return "void", {"thread": payment.key, "role": "buyer", "target": payment.key, "reason": "did_not_occur"}

    def agree_to_void(self, history: History) -> Draft | None:
        payment = self.some([one for one in history.payments.values() if one.asked is not None])
        if payment is None:
            return None
        accept = self.chance.randrange(3) > 0
        return "void.accept", {"thread": payment.key, "role": "buyer", "void": payment.asked, "accept": accept}

    # --- disputes

    def _proofs(self, history: History, side: int) -> Body:
        size = history.sizes[side]
        first = size if self.chance.randrange(4) else self.chance.randrange(1, size + 1)
        after_s = 7 * 86_400 if self.chance.randrange(4) else self.chance.randrange(8 * 86_400)
        return {"started": desks.cosigned(side, first, 1), "passed": desks.cosigned(side, size, 1 + after_s)}

    def escalate_by_seller(self, history: History) -> Draft | None:
        return self._escalate(history, SELLER, "seller")

    def escalate_by_buyer(self, history: History) -> Draft | None:
        return self._escalate(history, BUYER, "buyer")

    def _escalate(self, history: History, side: int, role: str) -> Draft | None:
        issue = self.some([one for one in history.issues.values() if one.side == side and one.state in issues.LIVE])
        if issue is None:
            return None
        return "issue.escalate", {"thread": issue.key, "role": role, **self._proofs(history, side)}

    def quarrel_by_seller(self, history: History) -> Draft | None:
        return self._quarrel(history, SELLER, "seller")

    def quarrel_by_buyer(self, history: History) -> Draft | None:
        return self._quarrel(history, BUYER, "buyer")

    def _quarrel(self, history: History, side: int, role: str) -> Draft | None:
        late = [one for one in history.issues.values() if one.state not in issues.WORKED_ON]
        issue = self.some(late)
        if issue is None:
            return None
        body = {"thread": issue.key, "role": role}
        name = self.some(list(issue.disputes))
        if issue.state is IssueState.ESCALATED or name is None or self.chance.randrange(8) == 0:
            return "dispute.open", body
        if issue.state in (IssueState.DECIDED, IssueState.DEFAULTED) and self.chance.randrange(2):
            if self.chance.randrange(2):
                return "dispute.comply", body
            return "dispute.default", {**body, **self._proofs(history, side)}
        if self.chance.randrange(4) == 0:
            return "dispute.evidence", {**body, "documents": [issue.key]}
        to, minor = self.chance.choice(("seller", "buyer")), self.chance.randrange(0, 400)
        return "dispute.decide", {**body, **papers.award(name, minor, to, by=self.chance.randrange(2))}

    # --- invoices

    def bill(self, history: History) -> Draft | None:
        """Over the last closed statement, or over nothing that can be checked."""
        self._numbers += 1
        known = [one for one in history.statements.values() if one.state is StatementState.CLOSED]
        statement = self.some(known)
        kind = papers.invoice(self.agreement, papers.line(1, self.chance.randrange(1, 4)), number=f"I{self._numbers}")
        if statement is None or self.chance.randrange(3) == 0:
            return "invoice.issue", kind
        held = billings.billable(statement)
        kind = papers.invoice(self.agreement, papers.whole(held.net, held.tax), number=f"I{self._numbers}")
        return "invoice.issue", {**kind, "statement": statement.key}

    def credit(self, history: History) -> Draft | None:
        invoice = self.some(list(history.invoices.values())[-5:])
        if invoice is None:
            return None
        self._numbers += 1
        left = invoice.corrected
        net = left.net if self.chance.randrange(2) else self.chance.randrange(0, max(1, left.net + 3))
        tax = left.tax if net == left.net else 0
        return "invoice.credit", papers.credit(
            invoice.key, (1, 0, max(net, 0), max(tax, 0)), number=f"C{self._numbers}"
        )

    def answer_bill(self, history: History) -> Draft | None:
        invoice = self.some(list(history.invoices.values())[-5:])
        if invoice is None:
            return None
        status = self.chance.choice(("AB", "IP", "UQ", "UQ", "CA", "RE", "AP", "PD", "PD"))
        return "invoice.respond", papers.respond(invoice.key, status, partial=self.chance.randrange(2) == 0)

    # --- accounts

    def _propose(self, history: History, side: int) -> Draft | None:
        if self.chance.randrange(4):
            return None
        key = self.agreement if self.chance.randrange(4) else self.back
        cut = [history.sizes[0], history.sizes[1]]
        if self.chance.randrange(2):
            which = self.chance.randrange(2)
            cut[which] = self.chance.randrange(0, cut[which] + 1)
        last = history.channel.ledgers[key].closed
        computed = history.statement_lines(key, (cut[0], cut[1]))
        own, partner = cut[side], cut[1 - side]
        wrong = self.chance.randrange(8) == 0
        return "statement.propose", {
            "agreement": key,
            "role": self.role(key, side),
            "currency": "EUR",
            "period": "2026-11",
            "own": {"size": own, "root": desks.digest(own)},
            "partner": {"size": partner, "root": desks.digest(partner)},
            "previous": last[-1].statement if last else None,
            "opening": computed.opening,
            "total": computed.total + wrong,
            "closing": computed.closing + wrong,
            "count": len(computed.lines),
            "lines_hash": desks.digest(computed.lines),
        }

    def propose_by_seller(self, history: History) -> Draft | None:
        return self._propose(history, SELLER)

    def propose_by_buyer(self, history: History) -> Draft | None:
        return self._propose(history, BUYER)

    def _respond(self, history: History, side: int) -> Draft | None:
        open_ones = [
            s for s in history.statements.values() if s.state is StatementState.PROPOSED and s.side != side
        ]  # fmt: skip
        statement = self.some(open_ones)
        if statement is None:
            return None
        computed = history.statement_lines(statement.ledger, statement.cut)
        name = desks.digest(computed.lines)
        role = self.role(statement.ledger, side)
        accord = name == statement.document.lines_hash and computed.closing == statement.document.closing
        accord = accord and self.chance.randrange(6) > 0
        body: Body = {"thread": statement.key, "role": role, "accord": accord, "lines_hash": name}
        keys = sorted({line.key for line in computed.lines})
        if accord and keys and self.chance.randrange(2):
            left = self.chance.sample(keys, self.chance.randrange(1, min(3, len(keys)) + 1))
            body["contested"] = [{"key": key, "reason": "amount"} for key in left]
            body["closing"] = statements.remainder(computed, left)
        return "statement.respond", body

    def respond_by_seller(self, history: History) -> Draft | None:
        return self._respond(history, SELLER)

    def respond_by_buyer(self, history: History) -> Draft | None:
        return self._respond(history, BUYER)

    def role(self, agreement: bytes, side: int) -> str:
        """The role of a side under one of the two agreements."""
        return "seller" if (side == SELLER) == (agreement == self.agreement) else "buyer"

    def claim(self, history: History) -> Draft | None:
        """The other side is silent about a statement of mine; now and then it was not silent for long enough."""
        side = self.side(history)
        statement = self.some([one for one in history.statements.values() if one.side == side])
        if statement is None or not self.logs[side]:
            return None
        row = "statement.final" if statement.deemed_at else "statement.silence"
        after_s = (30 if statement.deemed_at else 2) * 86_400 - (self.chance.randrange(5) == 0)
        head = len(self.logs[side])
        proofs = (desks.cosigned(side, head, 1), desks.cosigned(side, head, 1 + after_s))
        return "deem", desks.deem(statement.key, self.role(statement.ledger, side), row, statement.key, *proofs)

    def reopen(self, history: History) -> Draft | None:
        """What silence agreed to is contested after all."""
        side = self.side(history)
        statement = self.some([one for one in history.statements.values() if one.side != side and one.deemed_at])
        keys = [] if statement is None else list(history.orders)[-2:]
        if statement is None or not keys:
            return None
        left = [{"key": key, "reason": "amount"} for key in keys]
        body = {"thread": statement.key, "role": self.role(statement.ledger, side), "contested": left}
        return "statement.reopen", body

    def set_off(self, history: History) -> Draft | None:
        """Two debts cancel out, or one as an edge of a cycle."""
        side = self.side(history)
        pair = [self.agreement, self.back]
        self.chance.shuffle(pair)
        amount = desks.money(self.chance.randrange(1, 9_000))
        locks = {"batch": b"b" * 32, "lock": merkle.leaf_hash(SECRETS[0]), "release": merkle.leaf_hash(SECRETS[1])}
        form = locks if self.chance.randrange(2) else {"against": pair[1]}
        return "setoff.propose", {"agreement": pair[0], "role": self.role(pair[0], side), "amount": amount, **form}

    def shared_terms(self) -> Body:
        """Terms under which the buyer of the shop, which sells, gets a share of what the shop sells to others."""
        node = self.nodes[BUYER]
        return desks.terms(node, shares=({"role": "design", "node": node, "rate": "0.1"},))

    def share_out(self, history: History) -> Draft | None:
        """What a sale elsewhere comes to, for the first time or anew."""
        known = self.some(list(history.shares.values()))
        base = self.chance.randrange(0, 9_000)
        body: Body = {
            "agreement": self.back,
            "share": "design",
            "base": desks.money(base),
            "amount": desks.money(amounts.Rate(1, 10).of(base) + self.chance.choice((0, 0, 0, 1, 2))),
        }
        if known is None or self.chance.randrange(2):
            return "share.report", {**body, "source": bytes([self.chance.randrange(8)]) * 32}
        return "share.report", {**body, "source": known.source, "thread": known.key}

    def consent(self, history: History) -> Draft | None:
        """The other side agrees to a set-off, or does not; or one of them shows a secret."""
        side = self.side(history)
        setoff = self.some(list(history.setoffs.values())[-8:])
        if setoff is None:
            return None
        body: Body = {"thread": setoff.key, "role": self.role(setoff.agreement, side)}
        if setoff.lock is not None and self.chance.randrange(2):
            return "setoff.notice", {**body, "secret": self.chance.choice(SECRETS)}
        return "setoff.consent", {**body, "accept": self.chance.randrange(4) > 0}

    def side(self, history: History) -> int:
        """Whose desk this is."""
        return SELLER if history is self.desks[SELLER] else BUYER


def digest(history: History) -> dict[str, object]:
    """The whole state, comparable."""
    return histories.snapshot(history)
