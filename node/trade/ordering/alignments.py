"""Bringing the two orders of a dealer's link to the same state: what the buyer ordered, and what serves it.

Nothing here follows one document. Whatever came from either side, the two states are compared and what is missing on
one of them is written: so it does not matter what crossed what, what was handled twice, or what a lost disk forgot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts import lots
from contracts.documents import cancellations, fields, orders, shipments
from contracts.lots import LotState
from contracts.orders import Order, OrderLine
from node.trade import books, errands, references, volumes
from node.trade.goods import reservations
from protocol.encoding import Value

KINDS = ("order.respond", "shipment.handover", "cancel.request", "cancel.result")  # what is written here
Parcel = tuple[str, str]  # carrier and waybill
PROMISED = (*reservations.READY, LotState.CHANGE_PROPOSED)
UNDECIDED = (LotState.PLACED, LotState.SELLER_PROPOSED)
STOPPABLE = (*UNDECIDED, *PROMISED)
# everything that has left, wherever it is by now
GONE = tuple(state for state in LotState if state not in {*STOPPABLE, *lots.UNFULFILLED, LotState.CANCELLING})


@dataclass(slots=True)
class Link:
    """An order of a buyer in the book `downstream`, and the order to the supplier in `upstream` that serves it.

    `wishes`: by channel, what was found missing there, said or not; see `errands.wish`."""

    desk: books.Desk
    downstream: books.Book
    thread: bytes
    upstream: books.Book
    child: bytes
    wishes: dict[int, set[bytes]] = field(default_factory=dict)

    @property
    def order(self) -> Order:
        """The buyer's order, as it stands now."""
        return self.downstream.history.orders[self.thread]

    @property
    def source(self) -> Order:
        """The order to the supplier, as it stands now."""
        return self.upstream.history.orders[self.child]

    def lines(self) -> list[tuple[int, OrderLine, OrderLine]]:
        """Number, line of the buyer and line of the supplier, which bear the same number."""
        order = self.order
        return [(number, order.lines[number], source) for number, source in self.source.lines.items()]

    def down(self, kind: str, body: books.Body, cause: bytes | None) -> None:
        """Tell the buyer what the supplier's document `cause` said."""
        self._say(self.downstream, self.thread, kind, body, "upstream", cause)

    def up(self, kind: str, body: books.Body, cause: bytes | None) -> None:
        """Tell the supplier what the buyer's document `cause` wants."""
        self._say(self.upstream, self.child, kind, body, "parent", cause)

    def said(self, *types: type[fields.Document]) -> bytes | None:
        """The supplier's last document of these types about the order, by hash."""
        return last(self.upstream, self.child, types)

    def wished(self, *types: type[fields.Document]) -> bytes | None:
        """The buyer's last document of these types about the order, by hash."""
        return last(self.downstream, self.thread, types)

    def _say(
        self, book: books.Book, thread: bytes, kind: str, body: books.Body, name: str, cause: bytes | None
    ) -> None:
        """Write one document. Where a rule refuses it, the merchant is told, and the rest goes on."""
        wish = errands.wish(body)
        self.wishes.setdefault(book.channel.id, set()).add(wish)
        whole: books.Body = {"thread": thread, **body, **references.to(self.desk, book, name, cause)}
        errands.say(self.desk, book, errands.place(book, thread, kind, wish), whole)

    def forget(self) -> None:
        """What both sides have come to otherwise is nobody's errand any more."""
        for book, thread in ((self.downstream, self.thread), (self.upstream, self.child)):
            errands.keep_only(self.desk, book, thread, KINDS, self.wishes.get(book.channel.id, ()))


def last(book: books.Book, thread: bytes, types: tuple[type[fields.Document], ...]) -> bytes | None:
    """The partner's last document of these types in a thread, by hash; None when there is none."""
    members = reversed(book.history.channel.threads[thread].members[1 - book.side])
    return next((member.hash for member in members if isinstance(member.document, types)), None)


def align(link: Link, reasons: Mapping[int, str]) -> None:
    """Write what is missing on either side. `reasons`: by line, why the supplier declined, where it just said so."""
    stop_surplus(link)
    answer(link, reasons)
    hand_on(link)
    answer_cancels(link)
    give_up(link)


def stop_surplus(link: Link) -> None:
    """Stop at the supplier what the buyer does not want any more."""
    lines: list[Value] = []
    for number, line, source in link.lines():
        open_ = source.quantity(*STOPPABLE)
        wanted = line.quantity(*STOPPABLE, *GONE)
        quantity = min(open_, open_ + source.quantity(*GONE) - wanted)
        if quantity > 0:
            lines.append({"line": number, "quantity": quantity})
    if lines:
        body: books.Body = {"role": "buyer", "lines": lines, "reason": "consumer"}
        link.up("cancel.request", body, link.wished(cancellations.Request))


def answer(link: Link, reasons: Mapping[int, str]) -> None:
    """Accept and decline as the supplier did. Its offers wait for this merchant's decision."""
    parts: list[Value] = []
    for number, line, source in link.lines():
        placed = line.quantity(LotState.PLACED)
        more = source.quantity(*PROMISED, *GONE) - line.quantity(*PROMISED, *GONE)
        accepted = min(placed, max(0, more))
        declined = max(0, placed - accepted - source.quantity(*UNDECIDED))
        if accepted:
            parts.append({"line": number, "action": "accept", "quantity": accepted})
        if declined:
            reason = reasons.get(number, "supply")
            parts.append({"line": number, "action": "reject", "quantity": declined, "reason": reason})
    if parts:
        cause = link.said(orders.Respond, cancellations.Request, cancellations.Result)
        link.down("order.respond", {"lines": parts}, cause)


def hand_on(link: Link) -> None:
    """Tell the buyer of every parcel of the supplier, with the same waybill.

    What the buyer cancelled meanwhile travels at this node's risk. What the supplier leaves out for good is left out
    here with the last parcel.
    """
    labels = {(parcel.carrier, parcel.waybill): hash for hash, parcel in link.source.parcels.items()}
    for label, cause in labels.items():
        told, held = carried(link.order, label), carried(link.source, label)
        parts: list[Value] = []
        for number, line, source in link.lines():
            agreed = line.quantity(*reservations.READY)
            quantity = min(held[number] - told[number], agreed)
            if quantity > 0:
                short = source.quantity(LotState.SHORT) - line.quantity(LotState.SHORT)
                outstanding = max(0, agreed - quantity - max(0, short))
                parts.append({"line": number, "quantity": quantity, "outstanding": outstanding})
        if parts:
            body: books.Body = {"carrier": label[0], "waybill": label[1], "lines": parts}
            link.down("shipment.handover", body, cause)


def carried(order: Order, label: Parcel) -> Counter[int]:
    """The units of each line that left under a waybill."""
    held: Counter[int] = Counter()
    for parcel in order.parcels.values():
        document = parcel.member.document
        if (parcel.carrier, parcel.waybill) == label and isinstance(document, shipments.Handover):
            held.update({line.line: line.quantity for line in document.lines})
    return held


def answer_cancels(link: Link) -> None:
    """Say what became of the buyer's cancels, once the supplier has said it of the same lines."""
    waiting = {number for number, _, source in link.lines() if source.quantity(LotState.CANCELLING)}
    for cancel, numbers in open_cancels(link.order).items():
        if not numbers & waiting:
            answer = outcome_of(link.desk, link.downstream, link.thread, cancel)
            if answer is not None:
                link.down("cancel.result", answer, link.said(cancellations.Result))


def give_up(link: Link) -> None:
    """Take back what was promised to the buyer and will not come, since the supplier cancelled it."""
    lines: list[Value] = []
    for number, line, source in link.lines():
        promised = line.quantity(*PROMISED)
        coming = source.quantity(*UNDECIDED, *PROMISED, *GONE) - line.quantity(*GONE)
        if promised > max(0, coming):
            lines.append({"line": number, "quantity": promised - max(0, coming)})
    body: books.Body = {"role": "seller", "lines": lines, "reason": "supply"}
    if lines:
        cause = link.said(orders.Respond, cancellations.Request, shipments.Handover)
        link.down("cancel.request", body, cause)


# --- cancels, on any order that this node sells


def open_cancels(order: Order) -> dict[bytes, set[int]]:
    """The cancels under which a quantity still waits for the shipper's word, and in which lines."""
    found: dict[bytes, set[int]] = {}
    for line in order.lines.values():
        for lot in line.lots:
            if lot.cancel is not None and lot.state in (LotState.CANCELLING, LotState.RTO_ASKED):
                found.setdefault(lot.cancel, set()).add(line.number)
    return found


def answer_cancel(desk: books.Desk, book: books.Book, thread: bytes, cancel: bytes, *, own_risk: bool = False) -> None:
    """Say what became of a cancel, with nobody to wait for. `own_risk`: a supplier has not answered yet."""
    answer = outcome_of(desk, book, thread, cancel)
    if answer is not None:
        body: books.Body = {"thread": thread, **answer}
        desk.write(book, "cancel.result", {**body, "own_risk": True} if own_risk else body)


def outcome_of(desk: books.Desk, book: books.Book, thread: bytes, cancel: bytes) -> books.Body | None:
    """What is held is stopped; what had left before is too late, with its hand-over. None where all is said."""
    order = book.history.orders[thread]
    told = too_late(desk, book, thread, cancel)
    lines: list[Value] = []
    for line in order.lines.values():
        for lot in line.lots:
            if lot.cancel != cancel:
                continue
            outcome: dict[str, Value] = {"line": line.number, "quantity": lot.quantity}
            if lot.state is LotState.CANCELLING:
                lines.append({**outcome, "outcome": "stopped"})
            elif lot.state is LotState.RTO_ASKED and (line.number, lot.shipment) not in told:
                lines.append({**outcome, "outcome": "too_late", "handover": lot.shipment})
    return {"cancel": cancel, "lines": lines} if lines else None


def too_late(desk: books.Desk, book: books.Book, thread: bytes, cancel: bytes) -> set[tuple[int, bytes | None]]:
    """The (line, hand-over) pairs of which this node has said already that they left before a cancel."""
    results = (
        volumes.whole(desk.db, book, member).document
        for member in book.history.channel.threads[thread].members[book.side]
        if isinstance(member.document, cancellations.Result)
    )
    return {
        (line.line, line.handover)
        for result in results
        if isinstance(result, cancellations.Result) and result.cancel == cancel
        for line in result.lines
        if line.outcome == "too_late"
    }
