"""What this merchant has to do next in each thread, kept as rows that follow the folds.

A thread waits for me by its state alone, whatever the clock says; deadlines are beside it (`waits`). The rows make one
question of every morning ("what waits for me?") cheap, however many threads are closed. Parcels stand in the order in
which they have to leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from contracts import channels, statements
from contracts.histories import Change
from contracts.invoices import InvoiceState
from contracts.lots import LotState
from contracts.orders import Order
from contracts.payments import PaymentState
from contracts.quotations import QuotationState
from contracts.setoffs import SetoffState
from node.storage import duties, proofs
from node.trade import books, readings
from node.trade.aftersales import issues, returns
from node.trade.dealers import chains
from node.trade.goods import reservations
from node.trade.money import creditors
from node.trade.ordering import proposals
from node.trade.partners import agreements


class Duty(StrEnum):
    """Something that a merchant does, in the order in which a morning goes through them."""

    STOP = "stop"  # a cancel that reached goods of mine which may leave, or have left
    ACCEPT = "accept"
    SHIP = "ship"
    ANSWER = "answer"  # a proposal inside an order
    RETURN = "return"
    COMPLAINT = "complaint"
    QUOTE = "quote"
    AGREEMENT = "agreement"
    STATEMENT = "statement"
    INVOICE = "invoice"
    PAYMENT = "payment"  # announced by the partner, not seen to arrive
    NETTING = "netting"
    PAYEE = "payee"  # a partner wants to be paid elsewhere than before: kept by `creditors`


D = Duty
OF_SHIPPER: Final = frozenset({D.STOP, D.ACCEPT, D.SHIP})
"""A dealer whose supplier ships has none of these: what the supplier answers is passed on."""
NONE: Final[frozenset[Duty]] = frozenset()
NO_PROMISES: Final[frozenset[int | None]] = frozenset()


def of_order(order: Order | None, side: int) -> frozenset[Duty]:
    """What an order wants of a side, as if it shipped what it sells."""
    if order is None:
        return NONE
    lots = [lot for line in order.lines.values() for lot in line.lots]
    states = {lot.state for lot in lots}
    found = set()
    role = channels.role(order.version.seller, side)
    if role == "seller":
        if LotState.PLACED in states:
            found.add(D.ACCEPT)
        if not states.isdisjoint(reservations.READY):
            found.add(D.SHIP)
        if any(lot.state is LotState.CANCELLING or (lot.state is LotState.RTO_ASKED and not lot.late) for lot in lots):
            found.add(D.STOP)
    proposed = LotState.SELLER_PROPOSED in states or LotState.CHANGE_PROPOSED in states
    if proposed and any(proposal.member.side != side for proposal in proposals.waiting(order)):
        found.add(D.ANSWER)
    if any(returns.turn(state) == role for state in states):
        found.add(D.RETURN)
    return frozenset(found)


def standing(order: Order | None, side: int) -> tuple[frozenset[Duty], frozenset[int | None]]:
    """What an order wants of a side, and by when its goods are promised that may leave."""
    wanted = of_order(order, side)
    return wanted, NO_PROMISES if order is None or D.SHIP not in wanted else promises(order)


def promises(order: Order) -> frozenset[int | None]:
    """The unix seconds by which goods that may leave are promised to be handed over; None for those without."""
    lots = ((line, lot) for line in order.lines.values() for lot in line.lots if lot.state in reservations.READY)
    return frozenset(line.terms[lot.terms].promised_ship_s for line, lot in lots)


def ship_by_ms(desk: books.Desk, book: books.Book, order: Order) -> int:
    """Until when the first goods that may leave have to be handed over: by the promise, or by the agreement from the
    receipt of the order on; `duties.NEVER` where no time was agreed."""
    ends_s = {promise for promise in promises(order) if promise is not None}
    after_s = order.version.terms.ship_by_s
    if after_s is not None and None in promises(order):
        receipt = proofs.first(desk.db, book.theirs.id, order.root[1] + 1)
        ends_s.add((desk.now_ms() // 1000 if receipt is None else receipt.time_s) + after_s)
    return min(ends_s) * 1000 if ends_s else duties.NEVER


def of_statement(book: books.Book, statement: statements.Statement) -> Duty | None:
    """A proposal of the partner that no other has made needless."""
    standing = statement.side != book.side and statements.standing(book.history.channel, statement)
    return D.STATEMENT if standing else None


KINDS: Final[Mapping[str, Callable[[books.Book, Any], Duty | None]]] = {
    "agreement": lambda book, agreement: D.AGREEMENT if agreements.waits_for(agreement, book.side) else None,
    "statement": of_statement,
    "issue": lambda book, issue: D.COMPLAINT if issues.waits_for_me(issues.Found(book, issue)) else None,
    "payment": lambda book, payment: (
        D.PAYMENT if payment.state is PaymentState.SENT and payment.debtor != book.side else None
    ),
    "quote": lambda book, quotation: (
        D.QUOTE if quotation.state is QuotationState.ASKED and quotation.seller == book.side else None
    ),
    "invoice": lambda book, invoice: (
        D.INVOICE if invoice.state is InvoiceState.ISSUED and invoice.side != book.side else None
    ),
    "setoff": lambda book, setoff: (
        D.NETTING
        if setoff.state is SetoffState.PROPOSED and setoff.side != book.side and setoff.batch is None
        else None
    ),
}
"""What a thread of a kind wants of this merchant, from its state; orders may want several things at once."""


def follow(desk: books.Desk, book: books.Book, change: Change) -> None:
    """Take over the change of one thread."""
    if change.kind == "order":
        assert isinstance(change.after, Order)
        before = change.before if isinstance(change.before, Order) else None
        if standing(before, book.side) != standing(change.after, book.side):
            enter_order(desk, book, change.after, of_mine(desk, change.after, book.side), desk.now_ms())
    elif change.kind == "statement":
        stale = duties.keys(desk.db, book.channel.id, D.STATEMENT)
        for key in {bytes(change.key), *stale} if isinstance(change.key, bytes) else stale:
            enter(desk, book, "statement", key, book.history.statements[key])
    elif change.kind in KINDS and isinstance(change.key, bytes):
        enter(desk, book, change.kind, change.key, change.after)


def of_mine(desk: books.Desk, order: Order, side: int) -> frozenset[Duty]:
    """What an order wants of this merchant. Of what a supplier ships, only what the supplier does not do."""
    wanted = of_order(order, side)
    if wanted & OF_SHIPPER and chains.supplier_channel(desk, order) is not None:
        wanted -= OF_SHIPPER
    return wanted


def enter_order(desk: books.Desk, book: books.Book, order: Order, wanted: Iterable[Duty], since_ms: int) -> None:
    """The rows of an order."""
    due_ms = {duty.value: ship_by_ms(desk, book, order) if duty is D.SHIP else duties.NEVER for duty in wanted}
    duties.replace(desk.db, order.key, book.channel.id, due_ms, since_ms)


def enter(desk: books.Desk, book: books.Book, kind: str, key: bytes, state: object) -> None:
    """The row of any other thread."""
    duty = KINDS[kind](book, state)
    duties.replace(desk.db, key, book.channel.id, {} if duty is None else {duty: duties.NEVER}, desk.now_ms())


def relist(desk: books.Desk, book: books.Book) -> None:
    """The rows of a channel, from the fold; they wait since their thread was begun."""
    duties.drop_channel(desk.db, book.channel.id)
    for key, wanted in whole(desk, book):
        since_ms = begun_ms(desk, book, key)
        if key in book.history.orders:
            enter_order(desk, book, book.history.orders[key], wanted, since_ms)
        else:
            duties.replace(desk.db, key, book.channel.id, dict.fromkeys(wanted, duties.NEVER), since_ms)


def whole(desk: books.Desk, book: books.Book) -> Iterator[tuple[bytes, frozenset[Duty]]]:
    """Every thread of a channel in which something is to be done, from the fold."""
    for key, order in book.history.orders.items():
        wanted = of_mine(desk, order, book.side)
        if wanted:
            yield key, wanted
    others = (
        ("agreement", book.history.agreements),
        ("statement", book.history.statements),
        ("issue", book.history.issues),
        ("payment", book.history.payments),
        ("quote", book.history.quotations),
        ("invoice", book.history.invoices),
        ("setoff", book.history.setoffs),
    )
    for kind, states in others:
        for key, state in states.items():
            duty = KINDS[kind](book, state)
            if duty is not None:
                yield key, frozenset({duty})
    for row in creditors.waits(creditors.kept(desk, book.channel.id)):
        yield bytes.fromhex(row["hash"]), frozenset({D.PAYEE})


def begun_ms(desk: books.Desk, book: books.Book, key: bytes) -> int:
    """When the first document of a thread was written, by its author's claim, but not in the future."""
    for side, logbook in ((book.side, book.mine), (1 - book.side, book.theirs)):
        index = book.history.channel.positions[side].get(key)
        entry = None if index is None else readings.stored_entry(desk.db, logbook.id, index)
        if entry is not None:
            return min(entry.ts_ms, desk.now_ms())
    return desk.now_ms()
