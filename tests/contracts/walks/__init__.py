"""Random trade: two merchants who write whatever is legal in what they know, and receive whenever chance says so.

`Walk` draws every choice from one `random.Random`, so that Hypothesis can shrink a failing walk. A document is drawn
from what its writer sees; if the writer's own fold refuses it, it is not written, except now and then on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from contracts import histories
from contracts.histories import History
from tests.contracts.desks import BUYER, SELLER
from tests.contracts.walks.accounts import Accounts
from tests.contracts.walks.complaints import Complaints
from tests.contracts.walks.feedbacks import Feedbacks
from tests.contracts.walks.goods import Goods
from tests.contracts.walks.invoices import Invoices
from tests.contracts.walks.offers import Offers
from tests.contracts.walks.orders import Orders
from tests.contracts.walks.returns import Returns
from tests.contracts.walks.steps import Draft
from tests.contracts.walks.terms import Terms

__all__ = ["Draft", "Walk", "digest"]


class Walk(Orders, Goods, Returns, Offers, Terms, Complaints, Invoices, Accounts, Feedbacks):
    """A walk through all of the trade: how often each thing is drawn."""

    def __init__(self, chance: Random, hostile: int = 0) -> None:
        super().__init__(chance, hostile)
        self.drafts = {
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
                self.plan, self.pack, self.invite_word, self.curate, self.unlist, *self.anybody(),
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
                self.send_back, self.send_back, self.prove_arrival, self.give_word, *self.anybody(),
            ],
        }  # fmt: skip

    def anybody(self) -> list[Callable[[History], Draft | None]]:
        """What either side may write."""
        return [self.negotiate, self.introduce, self.refuse_one, self.claim_edge]


def digest(history: History) -> dict[str, object]:
    """The whole state, comparable."""
    return histories.snapshot(history)
