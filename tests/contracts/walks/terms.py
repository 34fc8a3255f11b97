"""Terms in a random walk: proposed, countered, amended, and the end of things."""

from __future__ import annotations

from contracts import agreements
from contracts.histories import History
from tests.contracts import desks
from tests.contracts.desks import SELLER, Body
from tests.contracts.walks.steps import Draft, Steps


class Terms(Steps):
    """What both agree on, and whether they trade."""

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

    def negotiate(self, history: History) -> Draft | None:
        """A further agreement: proposed, countered, accepted, or given up."""
        side = self.side(history)
        role = "seller" if side == SELLER else "buyer"
        terms = agreements.standard(self.nodes[SELLER], "EUR", cancel_fee=self.chance.choice(("0", "0.2")))
        talks = [one for one in history.agreements.values() if not one.accepted]
        talk = self.some(talks)
        if talk is None:
            few = len(history.agreements) < 4 and self.chance.randrange(8) == 0
            return ("agreement.propose", {"role": role, "terms": terms}) if few else None
        last = list(talk.versions)[-1]
        body: Body = {"thread": talk.key, "role": role}
        match self.chance.randrange(4):
            case 0:
                return "agreement.accept", {**body, "accepts": last}
            case 1:
                return "agreement.terminate", body
            case _:
                return "agreement.counter", {**body, "counters": last, "terms": terms}

    def introduce(self, history: History) -> Draft | None:
        """A new card, or the head of the author's identity log."""
        if self.chance.randrange(2):
            return "channel.key", {"size": self.chance.randrange(1, 9), "root": desks.digest("identity")}
        return "peer.card", {"name": f"Shop {self.chance.randrange(9)}", "country": "CN", "languages": ["en"]}

    def refuse_one(self, history: History) -> Draft | None:
        """What the author's fold refused."""
        side = self.side(history)
        wrong = self.some([index for of, index in history.refusals if of != side])
        index = self.chance.randrange(history.sizes[1 - side]) if wrong is None else wrong
        return "channel.nak", {"d": 1, "idx": index, "faults": [["order.state", "", "placed", "agreed"]]}
