"""The quantity of an order line (tables T4, T5 and T6): a multiset of lots, each with its state.

Law 14: every row acts on a quantity of a line, not on the line. A `Lot` is a quantity that shares everything: state,
terms, and the proposal, cancel and shipment that it is under. An event takes quantity out of the lots that it may
act on, in the order of the table's rows, and puts it into the next state: nothing appears, nothing gets lost, and so
shipped plus cancelled is never more than ordered.

Row numbers are not given: a row is named by its state and event. Guards (who may sign, whose `seen` covers what)
stand in `orders`, `cancellations`, `shipments` and `returns`, beside the events that they guard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from contracts import tables


class LotState(StrEnum):
    """Where a quantity of a line stands."""

    PLACED = "placed"
    SELLER_PROPOSED = "seller-proposed"
    AGREED = "agreed"
    CHANGE_PROPOSED = "change-proposed"
    CANCELLING = "cancelling"
    SHIPPED = "shipped"
    RTO_ASKED = "rto-asked"
    RETURNING = "returning"
    DELIVERED = "delivered"
    RECEIVED = "received"
    CONTESTED = "contested"
    RETURN_ASKED = "return-asked"
    RETURN_OFFERED = "return-offered"
    RETURN_APPROVED = "return-approved"
    RETURN_REFUSED = "return-refused"
    IN_RETURN = "in-return"
    BACK = "back"
    INSPECTED = "inspected"
    REFUNDED = "refunded"
    EXCHANGED = "exchanged"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    SHORT = "short"
    LAPSED = "lapsed"
    OVERDUE = "overdue"
    FORFEITED = "forfeited"  # cancelled for money by silence, and under way at the seller's risk
    FINAL = "final"


class LotEvent(StrEnum):
    """What moves a quantity. One document may cause several, one for each of its lines or parts."""

    ACCEPT = "order.respond accept"
    OFFER = "order.respond change, substitute, backorder"
    REJECT = "order.respond reject"
    CHANGE = "order.change"
    TAKE = "order.change_respond accept"
    REDUCE = "order.change_respond accept, fewer"
    DECLINE = "order.change_respond reject"
    REOPEN = "order.change_respond reject, original open"
    CANCEL_BUYER = "cancel.request by the buyer"
    CANCEL_SELLER = "cancel.request by the seller"
    STOPPED = "cancel.result stopped"
    TOO_LATE = "cancel.result too_late"
    RECALLED = "cancel.result recalled, rto"
    PACK = "shipment.pack"
    HANDOVER = "shipment.handover"
    SHORTFALL = "shipment.handover, not outstanding"
    DELIVER = "shipment.status delivered"
    REFUSE = "shipment.status refused"
    RECEIVE = "receipt.advice accepted"
    CONTEST = "receipt.advice short, rejected"
    LAPSE = "deem order.place, lapse or reject"
    ACCEPT_SILENT = "deem order.place, accept"
    LATE = "deem order.overdue"
    CANCEL_SILENT = "deem cancel.request"
    INSPECT_SILENT = "deem shipment.inspect"
    FINAL = "deem shipment.final"
    ASK_BACK = "return.request"
    APPROVE = "return.decide approve"
    REFUSE_BACK = "return.decide reject"
    FORGO = "return.decide refund"
    OFFER_PART = "return.decide offer"
    TAKE_PART = "settle.accept"
    DECLINE_PART = "settle.accept, declined"
    KEEP = "return.withdraw"
    SEND_BACK = "return.ship"
    TAKE_BACK = "return.receive"
    INSPECT = "return.inspect"
    REFUND = "refund.grant"
    EXCHANGE = "exchange.order"
    APPROVE_SILENT = "deem return.request"
    FORGO_SILENT = "deem return.request, refund_only"
    LAPSE_BACK = "deem return.ship"
    RESELLABLE_SILENT = "deem return.inspect"
    ARRIVE_SILENT = "deem return.proof"


S, E = LotState, LotEvent
# what the buyer has in hand, or says that it never got
ARRIVED: Final = (S.DELIVERED, S.RECEIVED, S.CONTESTED)
# table T6, before its ends
RETURN_OPEN: Final = (
    *(S.RETURN_ASKED, S.RETURN_OFFERED, S.RETURN_APPROVED, S.RETURN_REFUSED),
    *(S.IN_RETURN, S.BACK, S.INSPECTED),
)
RETURNED: Final = (S.REFUNDED, S.EXCHANGED)
TABLE: Final[Mapping[tuple[LotState, LotEvent], LotState]] = {
    # the seller answers
    (S.PLACED, E.ACCEPT): S.AGREED,
    (S.WITHDRAWN, E.ACCEPT): S.CANCELLING,  # the accept did not know of the cancel: it stands, and T5 goes on
    (S.PLACED, E.OFFER): S.SELLER_PROPOSED,
    (S.WITHDRAWN, E.OFFER): S.REJECTED,  # the offer did not know of the cancel
    (S.PLACED, E.REJECT): S.REJECTED,
    (S.WITHDRAWN, E.REJECT): S.WITHDRAWN,  # the reject did not know of the cancel
    # changes, by consent
    (S.AGREED, E.CHANGE): S.CHANGE_PROPOSED,
    (S.OVERDUE, E.CHANGE): S.CHANGE_PROPOSED,
    (S.SELLER_PROPOSED, E.TAKE): S.AGREED,
    (S.CHANGE_PROPOSED, E.TAKE): S.AGREED,
    (S.CHANGE_PROPOSED, E.REDUCE): S.CANCELLED,
    (S.SELLER_PROPOSED, E.DECLINE): S.REJECTED,
    (S.CHANGE_PROPOSED, E.DECLINE): S.AGREED,  # the original stands (Peppol)
    (S.SELLER_PROPOSED, E.REOPEN): S.PLACED,
    # cancels
    (S.PLACED, E.CANCEL_BUYER): S.WITHDRAWN,
    (S.SELLER_PROPOSED, E.CANCEL_BUYER): S.CANCELLING,
    (S.CHANGE_PROPOSED, E.CANCEL_BUYER): S.CANCELLING,
    (S.AGREED, E.CANCEL_BUYER): S.CANCELLING,
    (S.OVERDUE, E.CANCEL_BUYER): S.CANCELLED,  # the buyer alone
    (S.SHIPPED, E.CANCEL_BUYER): S.RTO_ASKED,  # the cancel did not know of the hand-over, or asks for a recall
    (S.DELIVERED, E.CANCEL_BUYER): S.DELIVERED,  # the cancel did not know of the hand-over: T6 may name it
    (S.SELLER_PROPOSED, E.CANCEL_SELLER): S.CANCELLED,
    (S.CHANGE_PROPOSED, E.CANCEL_SELLER): S.CANCELLED,
    (S.AGREED, E.CANCEL_SELLER): S.CANCELLED,  # the buyer's consent is not needed, the penalty row applies
    (S.OVERDUE, E.CANCEL_SELLER): S.CANCELLED,
    (S.CANCELLING, E.CANCEL_SELLER): S.CANCELLED,  # the seller did not know of the buyer's cancel
    (S.CANCELLING, E.STOPPED): S.CANCELLED,
    (S.RTO_ASKED, E.TOO_LATE): S.RTO_ASKED,
    (S.RETURNING, E.TOO_LATE): S.RETURNING,
    **{(state, E.TOO_LATE): state for state in (*ARRIVED, *RETURN_OPEN, *RETURNED)},
    (S.RTO_ASKED, E.RECALLED): S.RETURNING,
    # goods
    (S.AGREED, E.PACK): S.AGREED,
    (S.OVERDUE, E.PACK): S.OVERDUE,
    (S.AGREED, E.HANDOVER): S.SHIPPED,
    (S.OVERDUE, E.HANDOVER): S.SHIPPED,
    (S.CHANGE_PROPOSED, E.HANDOVER): S.SHIPPED,  # the hand-over did not know of the change: the original shipped
    (S.CANCELLING, E.HANDOVER): S.RTO_ASKED,  # the hand-over did not know of the cancel: law 13
    (S.AGREED, E.SHORTFALL): S.SHORT,
    (S.OVERDUE, E.SHORTFALL): S.SHORT,
    (S.CHANGE_PROPOSED, E.SHORTFALL): S.SHORT,  # did not know of the change
    (S.SHIPPED, E.DELIVER): S.DELIVERED,
    (S.RTO_ASKED, E.DELIVER): S.DELIVERED,
    (S.SHIPPED, E.REFUSE): S.RETURNING,
    (S.RTO_ASKED, E.REFUSE): S.RETURNING,
    (S.DELIVERED, E.RECEIVE): S.RECEIVED,
    (S.SHIPPED, E.RECEIVE): S.RECEIVED,
    (S.RTO_ASKED, E.RECEIVE): S.RECEIVED,
    (S.DELIVERED, E.CONTEST): S.CONTESTED,
    (S.SHIPPED, E.CONTEST): S.CONTESTED,
    (S.RTO_ASKED, E.CONTEST): S.CONTESTED,
    # returns
    **{(state, E.ASK_BACK): S.RETURN_ASKED for state in ARRIVED},
    (S.RETURN_ASKED, E.APPROVE): S.RETURN_APPROVED,
    (S.RETURN_ASKED, E.REFUSE_BACK): S.RETURN_REFUSED,
    (S.RETURN_ASKED, E.FORGO): S.REFUNDED,
    (S.RETURN_ASKED, E.OFFER_PART): S.RETURN_OFFERED,
    (S.RETURN_OFFERED, E.TAKE_PART): S.REFUNDED,
    (S.RETURN_OFFERED, E.DECLINE_PART): S.RETURN_ASKED,
    (S.RETURN_ASKED, E.KEEP): S.RECEIVED,
    (S.RETURN_OFFERED, E.KEEP): S.RECEIVED,
    (S.RETURN_APPROVED, E.KEEP): S.RECEIVED,
    (S.RETURN_REFUSED, E.KEEP): S.RETURN_REFUSED,  # the withdrawal did not know of the reject
    (S.RETURN_APPROVED, E.SEND_BACK): S.IN_RETURN,
    (S.IN_RETURN, E.TAKE_BACK): S.BACK,
    (S.RETURN_APPROVED, E.TAKE_BACK): S.BACK,  # the parcel was faster than the buyer's word
    (S.RETURNING, E.TAKE_BACK): S.BACK,
    (S.BACK, E.INSPECT): S.INSPECTED,
    (S.INSPECTED, E.REFUND): S.REFUNDED,
    (S.CONTESTED, E.REFUND): S.REFUNDED,
    (S.RETURN_REFUSED, E.REFUND): S.REFUNDED,  # the seller thought better of it, in a dispute or before
    (S.RETURN_ASKED, E.REFUND): S.REFUNDED,  # the refund of what is contested did not know of the request
    (S.INSPECTED, E.EXCHANGE): S.EXCHANGED,
    # silence, by a deem (law 5)
    (S.PLACED, E.LAPSE): S.LAPSED,
    (S.PLACED, E.ACCEPT_SILENT): S.AGREED,
    (S.AGREED, E.LATE): S.OVERDUE,
    (S.CANCELLING, E.CANCEL_SILENT): S.CANCELLED,
    (S.RTO_ASKED, E.CANCEL_SILENT): S.FORFEITED,  # the deem did not know of the hand-over
    (S.FORFEITED, E.TOO_LATE): S.FORFEITED,
    (S.FORFEITED, E.RECALLED): S.CANCELLED,
    (S.FORFEITED, E.REFUSE): S.CANCELLED,
    (S.FORFEITED, E.DELIVER): S.FORFEITED,
    (S.FORFEITED, E.RECEIVE): S.RECEIVED,  # the buyer keeps the goods after all, and owes them
    (S.FORFEITED, E.CONTEST): S.CANCELLED,
    (S.DELIVERED, E.INSPECT_SILENT): S.RECEIVED,
    (S.DELIVERED, E.FINAL): S.FINAL,
    (S.RECEIVED, E.FINAL): S.FINAL,
    (S.RETURN_REFUSED, E.FINAL): S.FINAL,
    (S.RETURN_ASKED, E.APPROVE_SILENT): S.RETURN_APPROVED,
    (S.RETURN_ASKED, E.FORGO_SILENT): S.REFUNDED,
    (S.RETURN_APPROVED, E.LAPSE_BACK): S.RECEIVED,
    (S.BACK, E.RESELLABLE_SILENT): S.INSPECTED,
    (S.IN_RETURN, E.ARRIVE_SILENT): S.BACK,  # the carrier's proof stands in
}
SOURCES: Final = {event: tables.sources(TABLE, event) for event in LotEvent}
UNFULFILLED: Final = frozenset({S.REJECTED, S.WITHDRAWN, S.CANCELLED, S.SHORT, S.LAPSED, S.FORFEITED})
# nothing but silence leaves these for good: received and refused wait for the end of the return window, and what is
# refused may still be refunded in a dispute
CLOSED: Final = UNFULFILLED | {S.RECEIVED, S.RETURN_REFUSED, S.FINAL, *RETURNED}
RELEASED: Final = frozenset({S.FINAL, *RETURNED})  # nothing of their price is withheld any more
# owed as soon as they are in this state, by the basis of the agreement. Goods on their way back stay owed until they
# were inspected: what the term table gives back then is a refund beside them. What came back undelivered was never
# owed on delivery (`undelivered`)
_DELIVERED: Final = frozenset({*ARRIVED, *RETURN_OPEN, *RETURNED, S.FINAL})
OWED: Final = {
    "shipment": _DELIVERED | {S.SHIPPED, S.RTO_ASKED, S.RETURNING},
    "delivery": _DELIVERED,
    "return_window": frozenset({S.FINAL, *RETURNED}),
}


class Lot(NamedTuple):
    """`quantity` units in one state.

    `terms` is the place in the line's terms (price, goods, promise). `proposal` is (hash, part) of what waits for an
    answer; `cancel`, `shipment` and `request` are the hashes of the documents that it is under; `levy` is (fee or
    penalty, stage), what the term table asks for if it ends cancelled or comes back undelivered. `late`: the shipper
    answered that it left. `fault` (a role) and `verdict` are those of its return.
    `packed` is the hash of the parcel that it lies in.
    """

    state: LotState
    quantity: int
    terms: int = 0
    proposal: tuple[bytes, int] | None = None
    cancel: bytes | None = None
    shipment: bytes | None = None
    levy: tuple[str, str] | None = None
    late: bool = False
    request: bytes | None = None
    fault: str | None = None
    verdict: str | None = None
    packed: bytes | None = None


Lots = tuple[Lot, ...]
Fits = Callable[[Lot], bool]
Change = Callable[[Lot, LotState], Lot]


def anything(lot: Lot) -> bool:
    """The guard that lets every lot pass."""
    return True


def into(lot: Lot, state: LotState) -> Lot:
    """The change that changes nothing but the state."""
    return lot._replace(state=state)


def owes(lot: Lot, basis: str) -> bool:
    """Whether the buyer owes the price of this quantity, whatever it gets back of it beside."""
    return lot.state in OWED[basis] and (basis == "shipment" or not undelivered(lot))


def undelivered(lot: Lot) -> bool:
    """Whether a quantity that is back, or refunded, never came to the buyer: only such goods keep their levy."""
    return lot.levy is not None and lot.state in (LotState.BACK, LotState.INSPECTED, LotState.REFUNDED)


def repaid(lot: Lot) -> bool:
    """Whether the price of a quantity goes back in full: it can be sold again, it is exchanged, or the seller is at
    fault."""
    if lot.state is not LotState.REFUNDED:
        return lot.state is LotState.EXCHANGED
    by_fault = lot.verdict in ("damaged", "wrong_item") and lot.fault == "seller"
    return by_fault or lot.verdict in (None, "resellable")


def available(lots: Lots, event: LotEvent, fits: Fits = anything) -> int:
    """How many units the event can act on."""
    states = SOURCES[event]
    return sum(lot.quantity for lot in lots if lot.state in states and fits(lot))


def move(lots: Lots, event: LotEvent, quantity: int, change: Change = into, fits: Fits = anything) -> tuple[Lots, int]:
    """Let the event act on up to `quantity` units. Returns the lots after it, and how many units moved.

    `change` makes the moved lot out of the old one and its next state; `fits` is the guard. Lots that become equal in
    everything but quantity are joined, so that a line never holds more lots than it has different fates.
    """
    left: list[Lot | None] = list(lots)
    moved: list[Lot] = []
    wanted = quantity
    for state in SOURCES[event]:
        for place, lot in enumerate(left):
            if lot is None or lot.state is not state or not wanted or not fits(lot):
                continue
            if lot.quantity <= wanted:
                left[place], taken = None, lot
            else:
                left[place], taken = lot._replace(quantity=lot.quantity - wanted), lot._replace(quantity=wanted)
            wanted -= taken.quantity
            moved.append(change(taken, TABLE[(state, event)]))
    return (joined(left, moved) if moved else lots), quantity - wanted


def joined(left: Iterable[Lot | None], added: Iterable[Lot]) -> Lots:
    """The lots with `added` among them, the old ones first: those that are equal in all but quantity become one."""
    kept = [lot for lot in left if lot is not None]
    for lot in added:
        for place, other in enumerate(kept):
            if other[2:] == lot[2:] and other.state is lot.state:
                kept[place] = lot._replace(quantity=lot.quantity + other.quantity)
                break
        else:
            kept.append(lot)
    return tuple(kept)


def total(lots: Lots) -> int:
    """All units: what the line is ordered for."""
    return sum(lot.quantity for lot in lots)


def count(lots: Lots, states: Iterable[LotState]) -> int:
    """The units in any of `states`."""
    wanted = frozenset(states)
    return sum(lot.quantity for lot in lots if lot.state in wanted)
