"""Payments: the debtor says what it sent, the creditor says what arrived. Only what arrived reduces the balance."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

from contracts import amounts, payments
from contracts.terms import Version
from node import errors
from node.trade import books, doors, hashes, peering, readings, versions
from node.trade.goods import catalogues
from node.trade.money import rolls, statements
from node.trade.ordering import orders
from node.trade.partners import agreements

register = doors.Register()
REFERENCE_BYTES = 10


class Sent(doors.Arguments):
    """`amount` in decimal text; `statement` (hash, or 8 or more characters of it) names what it is for.

    `payment` is one that I promised, or that the partner did not see; otherwise this is a new one.
    """

    partner: str
    amount: str
    currency: str | None = None
    reference: str | None = None
    statement: str | None = None
    payment: str | None = None
    key: str | None = None


class Promised(doors.Arguments):
    """`due` is the day on which the money will be sent; `statement` names what it is for."""

    partner: str
    amount: str
    currency: str | None = None
    due: str | None = None
    statement: str | None = None
    key: str | None = None


class Disputed(doors.Arguments):
    """`payment`: one that the partner announced, by its hash or 8 or more characters of it; `reason` a short code."""

    payment: str
    reason: str = "not_seen"


class Received(doors.Arguments):
    """`payment` is the one that the partner announced, by its hash or 8 or more characters of it.

    Without it, an announced one of this amount is meant, else money that nobody announced: no more of it than is
    owed, unless `unannounced` says that it is no mistake.
    """

    partner: str
    amount: str
    currency: str | None = None
    payment: str | None = None
    unannounced: bool = False
    key: str | None = None


class Listed(rolls.Page):
    """A page of payments; `open`: only those that wait for somebody, or only those that do not."""

    open: bool | None = None


def account(book: books.Book, currency: str, *, owing: bool) -> tuple[Version, int]:
    """The agreement of a currency under which this node owes most (or is owed most), and what it owes (negative: is
    owed)."""
    found = []
    for version in versions.newest(book):
        if version.currency == currency:
            owed = book.history.owed(version.key)
            found.append((version, owed if version.seller != book.side else -owed))
    if not found:
        raise errors.NodeError(
            "agreement.missing", "no agreement in this currency", expected="an agreement in force", got=currency
        )
    return max(found, key=lambda pair: pair[1] if owing else -pair[1])


def amount_of(book: books.Book, text: str, currency: str | None) -> amounts.Money:
    """What was typed, in the currency of the agreement where none was. NodeError `request.malformed`, `agreement.*`."""
    known = sorted({version.currency for version in versions.newest(book)})
    if currency is None and len(known) > 1:
        raise errors.NodeError(
            "agreement.ambiguous",
            "agreements in several currencies are in force",
            expected=", ".join(known),
            got="none",
        )
    return agreements.parse_money(text, currency or (known[0] if known else "CNY"))


@register.case("payment.promise", Promised)
async def promise(trade: doors.Trade, given: Promised, report: doors.Report) -> doors.Json:
    """Tell a partner by when money will be sent."""

    def unit(desk: books.Desk) -> doors.Json:
        book, body = announced(desk, given)
        body["due"] = given.due
        return told(desk.write(book, "payment.promise", body), body)

    return await doors.once(trade, given.key, unit)


@register.case("payment.sent", Sent)
async def sent(trade: doors.Trade, given: Sent, report: doors.Report) -> doors.Json:
    """Say that money is on its way to a partner."""

    def unit(desk: books.Desk) -> doors.Json:
        book, body = announced(desk, given)
        if given.reference is not None:
            body["reference"] = given.reference
        if given.payment is not None:
            payment = one_of(mine_to_send(book), given.payment)
            version = next(known for known in versions.newest(book) if known.key == payment.agreement)
            role = book.role(version.seller)
            same: books.Body = {"thread": payment.key, "agreement": version.hash, "role": role}
            body |= same | {"reference": payment.reference}
        return told(desk.write(book, "payment.sent", body), body)

    return await doors.once(trade, given.key, unit)


def announced(desk: books.Desk, given: Sent | Promised) -> tuple[books.Book, books.Body]:
    """The book, and the body of a payment by this node."""
    _, channel = peering.find(desk, given.partner)
    book = desk.book(channel.id)
    amount = amount_of(book, given.amount, given.currency)
    version, _ = account(book, amount.currency, owing=True)
    body: books.Body = {
        "amount": catalogues.money_value(amount.minor, amount.currency),
        "reference": "HP" + base64.b32encode(desk.books.entropy.token(REFERENCE_BYTES)).decode(),
    }
    if given.statement is not None:
        statement = statements.find(desk, given.statement).statement
        version = next((known for known in versions.newest(book) if known.key == statement.ledger), version)
        body["statements"] = [statement.key]
    body |= {"agreement": version.hash, "role": book.role(version.seller)}
    return book, body


def told(written: books.Written, body: books.Body) -> doors.Json:
    """What was announced."""
    thread = body.get("thread")
    key = thread if isinstance(thread, bytes) else written.hash
    return {"payment": key.hex(), "reference": body["reference"]}


@register.case("payment.dispute", Disputed)
async def dispute(trade: doors.Trade, given: Disputed, report: doors.Report) -> doors.Json:
    """Say that money which a partner has announced did not arrive."""

    def unit(desk: books.Desk) -> doors.Json:
        known = [(payment, book) for book in peering.open_books(desk) for payment in awaited(book)]
        payment = one_of([payment for payment, _ in known], given.payment)
        book = desk.book(next(book.channel.id for other, book in known if other.key == payment.key))
        role = book.role(payment.seller)
        desk.write(book, "payment.dispute", {"thread": payment.key, "role": role, "reason": given.reason})
        return {"payment": payment.key.hex(), "state": book.history.payments[payment.key].state.value}

    return await trade.books.act(unit)


def awaited(book: books.Book) -> list[payments.Payment]:
    """What the partner has announced and I have not seen arrive."""
    return [
        payment
        for payment in book.history.payments.values()
        if payment.state not in payments.CLOSED and payment.debtor != book.side
    ]


def mine_to_send(book: books.Book) -> list[payments.Payment]:
    """What I promised, and what the partner did not see."""
    states = (payments.PaymentState.PROMISED, payments.PaymentState.DISPUTED)
    return [
        payment for payment in book.history.payments.values() if payment.state in states and payment.debtor == book.side
    ]


def one_of(known: list[payments.Payment], wanted: str) -> payments.Payment:
    """The payment of a list that a person means. NodeError `payment.unknown`."""
    fitting = [payment for payment in known if hashes.means(wanted, payment.key)]
    if len(fitting) != 1:
        raise errors.NodeError(
            "payment.unknown",
            "no announced payment could be meant",
            expected=", ".join(f"{one.key.hex()[:12]} of {shown_money(one)}" for one in known) or "a payment",
            got=wanted,
            hint="`hanse payment list` shows them",
        )
    return fitting[0]


@register.case("payment.received", Received)
async def received(trade: doors.Trade, given: Received, report: doors.Report) -> doors.Json:
    """Say that money arrived; from then on it is no longer owed."""

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        amount = amount_of(book, given.amount, given.currency)
        version, owed = account(book, amount.currency, owing=False)
        announced = announcement(book, given, amount, -owed)
        if announced is not None:
            version = next((known for known in versions.newest(book) if known.key == announced.agreement), version)
        body: books.Body = {
            "agreement": version.hash,
            "role": book.role(version.seller),
            "amount": catalogues.money_value(amount.minor, amount.currency),
            "reference": "unannounced" if announced is None else announced.reference,
        }
        if announced is not None:
            body["thread"] = announced.key
        written = desk.write(book, "payment.received", body)
        owed = book.history.owed(version.key) * (1 if version.seller != book.side else -1)
        return {
            "payment": written.hash.hex(),
            "announced": announced is not None,
            "owes_me": catalogues.shown(-owed, amount.currency),
        }

    return await doors.once(trade, given.key, unit)


def announcement(book: books.Book, given: Received, amount: amounts.Money, owed: int) -> payments.Payment | None:
    """Which payment of the partner has arrived; None for money that nobody announced. `owed`: minor units owed to me.

    NodeError `payment.unknown` where the named one does not exist, or where more came unannounced than is owed: the
    command was probably given twice.
    """
    waiting = awaited(book)
    if given.payment is not None:
        fitting = [payment for payment in waiting if hashes.means(given.payment, payment.key)]
    else:
        fitting = [
            payment for payment in waiting if (payment.amount, payment.currency) == (amount.minor, amount.currency)
        ]
    if fitting:
        return fitting[0]
    if given.payment is None and (given.unannounced or amount.minor <= owed):
        return None
    known = ", ".join(f"{payment.key.hex()[:12]} of {shown_money(payment)}" for payment in waiting)
    raise errors.NodeError(
        "payment.unknown",
        "no announced payment could be meant" + ("" if given.payment else ", and less than that is owed"),
        expected=known or "a payment that the partner has announced",
        got=given.payment or f"{amount}",
        hint="`hanse payment list` shows them; --unannounced confirms money that nobody announced",
    )


def shown_money(payment: payments.Payment) -> str:
    """What a payment announces."""
    return str(amounts.Money(payment.amount, payment.currency))


@register.case("payment.list", Listed)
async def listed(trade: doors.Trade, given: Listed, report: doors.Report) -> doors.Json:
    """Payments, the newest of each partner first, and balances by partner."""

    def unit(desk: books.Desk) -> doors.Json:
        found, following = rolls.page(
            desk,
            given,
            lambda book: book.history.payments.items(),
            lambda book, payment: given.open is None or is_open(payment) == given.open,
        )
        balances = [
            {"partner": book.partner.name, "owes_me": catalogues.shown(owed, currency)}
            for book in peering.open_books(desk, given.partner)
            for currency, owed in balances_of(book).items()
        ]
        rows = [describe(book, payment) for book, payment in found]
        return {"payments": rows, "next": following, "balances": balances}

    return await trade.books.read(unit)


def is_open(payment: payments.Payment) -> bool:
    """Whether somebody has to do something yet: pay, say that it arrived, or answer who asks to take that back."""
    return payment.state not in payments.CLOSED or payment.asked is not None


def balances_of(book: books.Book) -> dict[str, int]:
    """By currency, the minor units that the partner owes this node (negative: this node owes)."""
    currencies = {agreement.currency for agreement in book.history.agreements.values()}
    sign = 1 if book.side == 0 else -1
    return {currency: sign * book.history.balance(currency) for currency in sorted(currencies)}


def describe(book: books.Book, payment: payments.Payment) -> doors.Json:
    """One payment for people. `asked`: the creditor asks to take back that it arrived."""
    known = book.history.statements
    return {
        "payment": payment.key.hex(),
        "partner": book.partner.name,
        "debtor": "me" if payment.debtor == book.side else book.partner.name,
        "state": payment.state.value,
        "amount": catalogues.shown(payment.amount, payment.currency),
        "received": catalogues.shown(payment.received, payment.currency) if payment.received else None,
        "reference": payment.reference,
        "periods": [known[name].document.period for name in payment.statements if name in known],
        "announced": payment.announced,
        "asked": payment.asked is not None,
        "possible": possible(book, payment),
    }


STEPS: Final[Mapping[str, tuple[bool, payments.PaymentEvent]]] = {
    "payment.sent": (True, payments.PaymentEvent.SEND),
    "payment.received": (False, payments.PaymentEvent.RECEIVE),
    "payment.dispute": (False, payments.PaymentEvent.DISPUTE),
}
"""Use case -> whether it is the debtor's, and what it does by table T10."""


def possible(book: books.Book, payment: payments.Payment) -> list[str]:
    """The use cases that this merchant can take now, by the table and its side."""
    mine = payment.debtor == book.side
    steps = [
        case for case, (debtor, event) in STEPS.items() if debtor == mine and (payment.state, event) in payments.TABLE
    ]
    event = payments.PaymentEvent.VOID if mine else payments.PaymentEvent.ASK
    if (payment.state, event) in payments.TABLE and payment.asked is None:
        steps.append("void")
    if mine and payment.asked is not None:
        steps.append("void.accept")
    return steps


class One(doors.Arguments):
    """A payment by its hash, or 8 or more characters of it."""

    payment: str


def find(desk: books.Desk, wanted: str) -> tuple[books.Book, payments.Payment]:
    """The payment that a person means, among those of all partners, with its book. NodeError `payment.unknown`."""
    known = {one.key: (book, one) for book in peering.open_books(desk) for one in book.history.payments.values()}
    return known[one_of([one for _, one in known.values()], wanted).key]


@register.case("payment.show", One)
async def show(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """One payment with every document about it, and what the debtor said by when."""

    def unit(desk: books.Desk) -> doors.Json:
        found, payment = find(desk, given.payment)
        book = desk.book(found.channel.id)
        root = book.history.channel.threads[payment.key].root
        assert root is not None
        logbook = book.mine if root[0] == book.side else book.theirs
        first = readings.stored_entry(desk.db, logbook.id, root[1])
        opening = "payment.sent" if first is None else first.type
        return {
            **describe(book, book.history.payments[payment.key]),
            "due": None if first is None else first.body.get("due"),
            "documents": orders.documents(desk, book, payment.key, opening),
        }

    return await trade.books.act(unit)
