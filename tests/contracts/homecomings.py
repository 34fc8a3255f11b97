"""Walks far into what follows a delivery: goods that go back, and what their buyers say of them.

Nothing is new here. Among all documents of a `Journey` the late ones of a return are seldom; here they are not.
"""

from __future__ import annotations

from random import Random

from contracts.histories import History
from tests.contracts.desks import BUYER, SELLER
from tests.contracts.journeys import Journey
from tests.contracts.walks import Draft

ORDERS_MAX = 4


class Homecoming(Journey):
    """A walk with few other documents."""

    def __init__(self, chance: Random, hostile: int = 0) -> None:
        super().__init__(chance, hostile)
        self.drafts = {
            SELLER: [
                *[self.answer, self.hand_over, self.status] * 3, *[self.decide] * 4, *[self.take_back] * 6,
                *[self.inspect] * 6, *[self.refund, self.exchange] * 4, self.invite_word, self.propose_by_seller,
                self.respond_by_seller, *[self.claim_silence] * 2,
            ],
            BUYER: [
                *[self.order_goods, self.receive] * 2, self.take_by_buyer, *[self.ask_back] * 4, self.take_part,
                self.withdraw_return, *[self.send_back] * 8, *[self.prove_arrival] * 3, *[self.give_word] * 2,
                self.propose_by_buyer, self.respond_by_buyer, *[self.claim_silence] * 2,
            ],
        }  # fmt: skip

    def order_goods(self, history: History) -> Draft | None:
        """A few orders, so that there is time for what follows."""
        return super().order_goods(history) if len(history.orders) < ORDERS_MAX else None
