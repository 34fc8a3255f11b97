"""Money in a random walk: payments, statements, set-offs, shares of a price."""

from __future__ import annotations

from contracts import amounts, lapses, statements
from contracts.histories import History
from contracts.statements import StatementState
from protocol import merkle
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Body
from tests.contracts.walks.steps import Draft, Steps

SECRETS = (b"l" * 32, b"r" * 32)  # of the lock and of the release of every batch


class Accounts(Steps):
    """What is owed."""

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

    # --- statements

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

    # --- set-offs and shares

    def set_off(self, history: History) -> Draft | None:
        """Two debts cancel out, or one as an edge of a cycle."""
        side = self.side(history)
        pair = [self.agreement, self.back]
        self.chance.shuffle(pair)
        amount = desks.money(self.chance.randrange(1, 9_000))
        locks = {"batch": b"b" * 32, "lock": merkle.leaf_hash(SECRETS[0]), "release": merkle.leaf_hash(SECRETS[1])}
        form = locks if self.chance.randrange(2) else {"against": pair[1]}
        return "setoff.propose", {"agreement": pair[0], "role": self.role(pair[0], side), "amount": amount, **form}

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

    def claim_edge(self, history: History) -> Draft | None:
        """Nobody answers an edge of a cycle, or shows its secret; now and then it is too early to say so."""
        side = self.side(history)
        setoff = self.some([one for one in history.setoffs.values() if lapses.row_of(one)])
        row = None if setoff is None else lapses.row_of(setoff)
        if setoff is None or row is None:
            return None
        head, after_s = len(self.logs[side]), setoff.wait_s - (self.chance.randrange(5) == 0)
        proofs = (desks.cosigned(side, head, 1), desks.cosigned(side, head, 1 + after_s))
        return "deem", desks.deem(setoff.key, self.role(setoff.agreement, side), row, setoff.word[1], *proofs)
