"""Quarrels in a random walk: complaints, corrections, disputes."""

from __future__ import annotations

from contracts import issues
from contracts.histories import History
from contracts.issues import Issue, IssueState
from tests.contracts import desks, papers
from tests.contracts.desks import BUYER, SELLER, Body
from tests.contracts.walks.steps import Draft, Steps


class Complaints(Steps):
    """What goes wrong."""

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
