"""What this node does by itself: it keeps its tables, says no where the fold says no, stops parcels, passes orders on.

One table names the handler for each document type of a partner. A handler runs once for an entry, in the transaction
that holds its answer, and sees the state with every stored entry folded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from contracts import assents, histories, lapses
from contracts.agreements import Agreement, AgreementState
from contracts.documents import holds
from contracts.holds import Hold, HoldState
from contracts.lots import LotState
from contracts.orders import Order, OrderState
from node.storage import sharings, shelves
from node.trade import attachments, books, personal, readings, sightings
from node.trade.day import indexes
from node.trade.dealers import cascades, chains, comebacks, escalations
from node.trade.goods import derivations, promises, reservations, supplies
from node.trade.money import accords, creditors, rounds, shares
from node.trade.ordering import alignments, feedbacks
from node.trade.shelves import expiries, stocks
from protocol.encoding import Value

log = structlog.get_logger(__name__)
DERIVED = frozenset({"listing.change", "listing.withdraw", "price.list", "price.change", "agreement.terminate"})
MIRRORED = frozenset({"stock.snapshot", "stock.delta"})
NAK_FAULTS_MAX = 20
NAK_TEXT_MAX = 200
Handler = Callable[[books.Desk, books.Book, histories.Item], None]


class Habits:
    """`books.Conduct` of a merchant's node."""

    def record(
        self, desk: books.Desk, book: books.Book, item: histories.Item, outcome: histories.Outcome, own: bool
    ) -> None:
        """Lists, shelves and wanted blobs follow the fold."""
        for change in outcome.changes:
            indexes.follow(desk, book, change)
            match change.before, change.after:
                case before, Order() as after:
                    shares.note(desk, book, before if isinstance(before, Order) else None, after)
                case Agreement(), Agreement(state=AgreementState.IN_FORCE):
                    sharings.wake(desk.db)
                case before, Hold() as after:
                    hold_on_shelf(desk, book, before if isinstance(before, Hold) else None, after)
        sightings.note(desk, book, item, outcome, own)
        if own:
            expiries.note(book, item)
        elif not outcome.faults:
            attachments.want(desk, book, item)
            creditors.note(desk, book, item)
            if item.type == "order.place":
                personal.want(desk, book, item)

    def rebuild(self, desk: books.Desk, book: books.Book) -> None:
        """Lists, the index and what is kept back on the shelf; what lies there has to be counted by a person."""
        indexes.rebuild(desk, book)
        reservations.recount(desk)
        for item in readings.stored_items(desk.db, book.theirs.id, 1 - book.side, book.seen):
            attachments.want(desk, book, item)
            creditors.note(desk, book, item)
            order = book.history.orders.get(item.hash)
            if order is not None and order.state is not OrderState.CLOSED:
                personal.want(desk, book, item)
        log.warning("a logbook was recovered: count the shelf", partner=book.partner.name)

    def concerns(self, desk: books.Desk, book: books.Book, item: histories.Item, outcome: histories.Outcome) -> bool:
        """Refused documents are answered, and those that have a handler; an order only where it is passed on."""
        if item.type in MIRRORED and not outcome.faults:
            return shelves.supplies(desk.db, book.partner.id)
        if item.type in DERIVED and not outcome.faults:
            return outcome.repeats is None and bool(derivations.concerned(desk, book, item))
        if item.type == "order.place" and not outcome.faults and outcome.repeats is None:
            order = book.history.orders[item.hash]
            return chains.supplier_channel(desk, order) is not None or bool(used_holds(book, item))
        return bool(outcome.faults) or (item.type in HANDLERS and outcome.repeats is None)

    def react(self, desk: books.Desk, book: books.Book, item: histories.Item) -> None:
        """Answer one entry."""
        faults = book.history.refusals.get((item.side, item.index))
        if faults:
            refuse(desk, book, item, faults)
        else:
            HANDLERS[item.type](desk, book, item)

    def resume(self, desk: books.Desk, book: books.Book, thread: bytes) -> None:
        """Say what the merchant wants to be said, of an order or a complaint."""
        if thread in book.history.issues:
            cascades.resume(desk, book, thread)
            return
        if thread not in book.history.orders:
            chains.place_again(desk, thread)
            return
        chains.settle(desk, book, thread)
        cascades.of_order(desk, book, thread)


def refuse(desk: books.Desk, book: books.Book, item: histories.Item, faults: tuple[histories.Fault, ...]) -> None:
    """Tell the partner what the fold found. A refusal is never answered with a refusal."""
    if item.type == "channel.nak":
        return
    rows: list[Value] = [
        [part[:NAK_TEXT_MAX] for part in (fault.code, fault.path, fault.expected, fault.got)]
        for fault in faults[:NAK_FAULTS_MAX]
    ]
    desk.write(book, "channel.nak", {"d": 1, "idx": item.index, "faults": rows})


def accept_peering(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """The partner invited this node, and its merchant used the invitation: that is the consent."""
    if not desk.judge(book, "peer.accept", {}):
        desk.write(book, "peer.accept", {})


def stop_parcels(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """A buyer cancels: what has not left is held by the fold already. Say so, at once and without a human (T5).

    A cancel of the supplier concerns the buyer whom its order serves.
    """
    thread = item.body["thread"]
    assert isinstance(thread, bytes)
    order = book.history.orders.get(thread)
    if order is None:
        return
    if order.version.seller != book.side:
        chains.follow(desk, book, item)
    elif not chains.align(desk, book, thread) and item.hash in alignments.open_cancels(order):
        alignments.answer_cancel(desk, book, thread, item.hash)


def hold_on_shelf(desk: books.Desk, book: books.Book, before: Hold | None, after: Hold) -> None:
    """What is held for a buyer is kept back on the seller's shelf, until it is used or released."""
    if is_on_shelf(desk, book, after):
        change = reservations.held(after) - reservations.held(before)
        if change:
            shelves.move(desk.db, after.sku, change, 0, after.location)


def used_holds(book: books.Book, item: histories.Item) -> list[Hold]:
    """The holds on this node's shelf that an order has used up."""
    lines = item.body.get("lines")
    names = [line.get("hold") for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
    holds = [book.history.holds[name] for name in names if isinstance(name, bytes) and name in book.history.holds]
    return [hold for hold in holds if hold.order == item.hash and hold.state is HoldState.CONSUMED]


def take_order(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """A buyer ordered: pass it on to the supplier, and accept at once what a hold had promised."""
    chains.pass_on(desk, book, item)
    order = book.history.orders[item.hash]
    used = {hold.key: hold for hold in used_holds(book, item) if is_on_shelf(desk, book, hold)}
    for hold in used.values():
        if reservations.kept_back(book.history, hold):
            shelves.move(desk.db, hold.sku, -hold.quantity, 0, hold.location)
        else:
            reservations.recount(desk)  # the order was answered or withdrawn already
    lines = item.body["lines"]
    assert isinstance(lines, list)
    parts: list[Value] = []
    for line in lines:
        placed = order.lines[line["line"]].quantity(LotState.PLACED)
        if line.get("hold") in used and placed:
            part: dict[str, Value] = {"line": line["line"], "action": "accept", "quantity": placed}
            location = used[line["hold"]].location
            parts.append(part if location == shelves.MAIN else {**part, "location": location})
    if parts:
        desk.write(book, "order.respond", {"thread": item.hash, "lines": parts})


def is_on_shelf(desk: books.Desk, book: books.Book, hold: Hold) -> bool:
    """Whether a hold is on this node's own shelf."""
    return hold.seller == book.side and reservations.is_own(desk, hold.sku)


def hold_stock(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """A buyer asks to keep stock back: the shelf decides."""
    if book.history.holds[item.hash].state is not HoldState.ASKED:
        return
    ask = holds.Ask.model_validate(item.body)
    good = shelves.good(desk.db, ask.sku)
    granted = 0
    if good is not None and good.supplier is None:
        granted = min(ask.quantity, promises.to_partner(desk, book.partner.id, good).get(ask.location, 0))
    if granted > 0:
        desk.write(book, "stock.hold_ok", {"thread": item.hash, "quantity": granted, "expires_s": ask.expires_s})
    else:
        desk.write(book, "stock.hold_no", {"thread": item.hash, "reason": "unavailable"})


def mirror_stock(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """A supplier's figures changed: those who buy its goods through this node are told as well."""
    stocks.share(desk, book.partner.id)
    supplies.hear(desk, book, item)


def follow_offer(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """A supplier's offer changed: mine follows, and I hear what is gone or came back."""
    derivations.follow(desk, book, item)
    supplies.hear(desk, book, item)


def hear_claim(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """The partner claims a silence: about a statement, an edge of a round, or an order that may be part of a chain."""
    if item.body["row"] in assents.ROWS:
        accords.acknowledge(desk, book, item)
    elif item.body["row"] in lapses.ROWS:
        rounds.hear_claim(desk, book, item)
    else:
        chains.follow_silence(desk, book, item)


def talk(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """Something was said about a complaint or a return: it goes on up or down the chain."""
    cascades.follow(desk, book, item)
    comebacks.follow(desk, book, item)


HANDLERS: Mapping[str, Handler] = {
    "feedback.token": feedbacks.invited,
    "feedback.give": feedbacks.heard,
    "feedback.forward": feedbacks.heard,
    "peer.invite": accept_peering,
    "order.place": take_order,
    "order.respond": chains.follow,
    "shipment.handover": chains.follow,
    "shipment.status": chains.follow,
    "cancel.request": stop_parcels,
    "cancel.result": chains.follow,
    "deem": hear_claim,
    "setoff.propose": rounds.hear_proposal,
    "setoff.consent": rounds.hear_answer,
    "setoff.notice": rounds.hear_secret,
    "stock.hold": hold_stock,
    "stock.snapshot": mirror_stock,
    "stock.delta": mirror_stock,
    "listing.publish": supplies.hear,
    **dict.fromkeys(DERIVED, follow_offer),
    **{paper.TYPE: talk for paper in (*cascades.TYPES, *escalations.TYPES, *comebacks.TYPES)},
}
