"""What is offered in a random walk: articles, prices, stock and what is kept back of it."""

from __future__ import annotations

from contracts.histories import History
from tests.contracts import desks
from tests.contracts.desks import SELLER
from tests.contracts.walks.steps import Draft, Steps


class Offers(Steps):
    """What is offered."""

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

    def curate(self, history: History) -> Draft | None:
        """A list for the partner, or the end of one."""
        items = self.chance.sample(("tea", "pot", "mug"), self.chance.randrange(0, 4))
        titles = [{"lang": "en", "text": "For you"}]
        return "listing.push", {"name": str(self.chance.randrange(3)), "titles": titles, "items": items}

    def unlist(self, history: History) -> Draft | None:
        """An article is offered no more: of the two that are ordered none, or nothing would go on."""
        listed = history.listings.get((SELLER, "mug"))
        if listed is None or listed.current.document is None:
            return "listing.publish", desks.listing("mug")
        return "listing.withdraw", {"sku": "mug", "listing": listed.current.hash}
