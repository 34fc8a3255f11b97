"""Longer walks: silence, grants to third keys, notices, quotes and opened references between the documents of `walks`.

What is drawn here acts beside the trade of a `Walk` or on its threads, and must change neither its laws nor the one
state that every order of arrival gives.
"""

from __future__ import annotations

from random import Random

from contracts import abandonments, silences
from contracts.capabilities import CapabilityState
from contracts.documents.capabilities import Grant
from contracts.histories import History
from protocol import delegations, keys
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, TAX, Body
from tests.contracts.walks import Draft, Walk

HOLDERS = (b"w" * 32, b"x" * 32)  # the private keys of two warehouses
DAY_S = 86_400
SIGNED = {"shipment.handover": "hand_over", "shipment.status": "status", "cancel.result": "result"}


class Journey(Walk):
    """A walk with more kinds of documents."""

    def __init__(self, chance: Random, hostile: int = 0) -> None:
        super().__init__(chance, hostile)
        for side in (SELLER, BUYER):
            self.drafts[side] += [
                self.claim_silence, self.claim_silence, self.claim_lying, self.remind, self.grant_key, self.revoke,
                self.post, self.withdraw, self.disclose,
            ]  # fmt: skip
        self.drafts[SELLER] += [self.hand_over_signed, self.hand_over_signed, self.quote, self.quote, self.close_quote]
        self.drafts[BUYER] += [self.request, self.order_quoted, self.order_quoted, self.close_quote]

    # --- silence

    def claim_silence(self, history: History) -> Draft | None:
        """Something of an order waits, and the partner was there when the time was over; or not quite."""
        side, order = self.side(history), self.thread(history)
        if order is None:
            return None
        row = self.some(list(silences.ROWS.values()))
        target = self.some(row.targets(order)) if row else None
        if row is None or target is None:
            return None
        claim = row.clock(order, target)
        after_s = DAY_S if claim is None or claim.after_s is None else claim.after_s
        after_s -= self.chance.randrange(6) == 0
        size = history.sizes[side]
        first = size if self.chance.randrange(4) else self.chance.randrange(1, size + 1)
        proofs = (desks.cosigned(side, first, 1), desks.cosigned(side, size, 1 + after_s))
        return "deem", desks.deem(order.key, self.role(self.agreement, side), row.name, target, *proofs)

    def claim_lying(self, history: History) -> Draft | None:
        """A complaint lies, or not quite."""
        side = self.side(history)
        lying = [(issue, *wait) for issue in history.issues.values() for wait in abandonments.waiting(issue)]
        found = self.some(lying[-8:])
        if found is None:
            return None
        issue, row, member, claim = found
        size = history.sizes[side]
        after_s = (claim.after_s or 0) - (self.chance.randrange(6) == 0)
        proofs = (desks.cosigned(side, size, 1), desks.cosigned(side, size, 1 + after_s))
        return "deem", desks.deem(issue.key, self.role(issue.agreement, side), row.name, member.hash, *proofs)

    def remind(self, history: History) -> Draft | None:
        """The partner is asked for an answer once more."""
        order = self.thread(history)
        target = order and self.some(list(order.named))
        if order is None or target is None:
            return None
        return "reminder", {
            "thread": order.key,
            "role": self.role(self.agreement, self.side(history)),
            "target": target,
        }

    # --- third keys

    def grant_key(self, history: History) -> Draft | None:
        """One transition for a warehouse, or the offer of one."""
        if self.chance.randrange(3) == 0:
            return "capability.offer", {"kind": "warehouse", "name": str(self.chance.randrange(9))}
        most = self.chance.randrange(1, 40) if self.chance.randrange(2) else None
        key = keys.public(self.chance.choice(HOLDERS), "log")
        transition = self.chance.choice(sorted(SIGNED))
        return "capability.grant", {"transition": transition, "key": key, "entries_max": most}

    def revoke(self, history: History) -> Draft | None:
        """The author takes it back; now and then it is the other one's."""
        known = self.some(list(history.capabilities.values()))
        rarely = self.chance.randrange(3) == 0
        return ("capability.revoke", {"capability": known.key}) if known is not None and rarely else None

    def hand_over_signed(self, history: History) -> Draft | None:
        """What the seller does, done by the holder of a granted key."""
        grants = [
            one for one in history.capabilities.values() if isinstance(one.document, Grant) and one.side == SELLER
        ]
        grant = self.some([one for one in grants if one.state is CapabilityState.IN_FORCE] or grants)
        if grant is None:
            return None
        assert isinstance(grant.document, Grant)
        draft: Draft | None = getattr(self, SIGNED[grant.document.transition])(history)
        if draft is None:
            return None
        kind, body = draft
        secret = self.chance.choice(HOLDERS)
        signature = delegations.sign(secret, grant.key, kind, body)
        return kind, {**body, "by": {"grant": grant.key, "signature": signature}}

    # --- notices, quotes, references

    def post(self, history: History) -> Draft | None:
        """Something is looked for or offered."""
        return self.chance.choice(("offer", "want")), {"what": "Blue cups", "quantity": self.chance.randrange(1, 99)}

    def withdraw(self, history: History) -> Draft | None:
        """A notice is taken back."""
        known = self.some(list(history.notices.values())[-4:])
        return None if known is None else ("notice.withdraw", {"notice": known.key})

    def disclose(self, history: History) -> Draft | None:
        """A reference in an own document is opened."""
        item = self.some(self.logs[self.chance.randrange(2)][-9:])
        if item is None:
            return None
        hash = desks.digest(self.chance.randrange(3))
        return "reference.disclose", {"document": item.hash, "name": "parent", "salt": hash, "hash": hash}

    def request(self, history: History) -> Draft | None:
        """A price is asked for, often for what somebody posted."""
        notice = self.some(list(history.notices.values())) if self.chance.randrange(2) else None
        line = {"line": 1, "sku": self.chance.choice(("tea", "pot")), "quantity": self.chance.randrange(1, 9)}
        body = {"agreement": history.agreements[self.agreement].current, "lines": [line]}
        return "quote.request", {**body, "notice": notice and notice.key}

    def quote(self, history: History) -> Draft | None:
        """A frozen price."""
        asked = self.some(list(history.quotations.values())[-4:])
        if asked is None:
            return None
        sku = asked.request.lines[0].sku
        line = {"line": 1, "sku": sku, "quantity": self.chance.randrange(1, 9), "tax": TAX}
        return "quote", {"thread": asked.key, "lines": [{**line, "price": desks.price(self.chance.randrange(1, 999))}]}

    def close_quote(self, history: History) -> Draft | None:
        """Either side has enough of it."""
        asked = self.some(list(history.quotations.values())[-4:])
        if asked is None or self.chance.randrange(3):
            return None
        return "quote.close", {"thread": asked.key, "role": self.role(self.agreement, self.side(history))}

    def order_quoted(self, history: History) -> Draft | None:
        """An order at a frozen price."""
        quoted = self.some([one for one in history.quotations.values() if one.quotes])
        draft = self.order_goods(history)
        if quoted is None or quoted.quotes is None or draft is None:
            return None
        name = self.some(list(quoted.quotes)[-2:])
        assert name is not None
        line = quoted.quotes[name].lines[0]
        kind, body = draft
        listing = history.listings[(SELLER, line.sku)].current.hash
        first: Body = {
            **body["lines"][0],
            "sku": line.sku,
            "listing": listing,
            "quantity": self.chance.randrange(1, line.quantity + 1),
            "price": desks.price(line.price.amount.a),
            "price_list": None,
            "hold": None,
            "quote": name,
        }
        return kind, {**body, "lines": [first]}
