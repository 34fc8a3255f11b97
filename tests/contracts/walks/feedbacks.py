"""Feedback in a random walk: the buyer is asked for a word, and the order's own key gives it."""

from __future__ import annotations

from contracts.histories import History
from protocol import feedbacks as signatures
from protocol import keys
from tests.contracts.desks import Body
from tests.contracts.walks.steps import Draft, Steps

SECRET = b"f" * 32
"""The private key of every consumer in a walk; an order names its public half, or none."""
KEY = keys.public(SECRET, "log")


class Feedbacks(Steps):
    """What consumers say."""

    def invite_word(self, history: History) -> Draft | None:
        """The seller offers a proof of the purchase."""
        order = self.thread(history)
        return None if order is None else ("feedback.token", {"thread": order.key})

    def give_word(self, history: History) -> Draft | None:
        """Said by the consumer or passed on; now and then by another key."""
        order = self.thread(history)
        token = order and self.some([*order.parcels, order.key])
        if order is None or token is None:
            return None
        body: Body = {
            "thread": order.key,
            "token": token,
            "ratings": [{"code": "overall", "stars": self.chance.randrange(1, 6)}],
        }
        secret = SECRET if self.chance.randrange(8) else b"g" * 32
        kind = self.chance.choice(("feedback.give", "feedback.forward"))
        return kind, {**body, "signature": signatures.sign(secret, body)}
