"""What this merchant can do with an order now, by its role and where the quantities stand; nothing is judged here."""

from __future__ import annotations

from typing import Final

from contracts import channels, lots
from contracts.lots import LotState
from contracts.orders import Order
from node.trade.goods import reservations
from node.trade.ordering import alignments, proposals

STEPS: Final = (
    ("order.accept", "seller", (LotState.PLACED,)),
    ("order.propose", "seller", (LotState.PLACED,)),
    ("order.reject", "seller", (LotState.PLACED,)),
    ("order.ship", "seller", reservations.READY),
    ("order.pack", "seller", reservations.READY),
    ("order.change", "", reservations.READY),
    ("order.cancel-answer", "seller", (LotState.CANCELLING,)),
    ("order.cancel", "buyer", alignments.STOPPABLE),
    ("order.cancel", "seller", tuple(state for state in alignments.STOPPABLE if state is not LotState.PLACED)),
    ("order.report", "seller", (LotState.SHIPPED, LotState.RTO_ASKED)),
    ("order.receive", "buyer", (LotState.SHIPPED, LotState.DELIVERED, LotState.RTO_ASKED)),
    ("return.request", "buyer", lots.ARRIVED),
)
"""Use case, the role that it is for (empty: either), and the states of which some quantity must stand in one."""
OF_SHIPPER: Final = frozenset({"order.accept", "order.propose", "order.reject", "order.ship", "order.pack"})
OF_DEALER: Final = frozenset({"order.cancel-answer"})


def possible(order: Order, side: int, *, ships: bool) -> list[str]:
    """The use cases that fit, the most urgent first. `ships`: the goods that this side sells are its own."""
    role = channels.role(order.version.seller, side)
    states = {lot.state for line in order.lines.values() for lot in line.lots}
    left_out = frozenset[str]() if role == "buyer" else OF_DEALER if ships else OF_SHIPPER
    found = [
        case
        for case, wanted, needed in STEPS
        if wanted in ("", role) and not states.isdisjoint(needed) and case not in left_out
    ]
    if any(proposal.member.side != side for proposal in proposals.waiting(order)):
        found.insert(0, "order.answer")
    return [*found, "issue.open"]
