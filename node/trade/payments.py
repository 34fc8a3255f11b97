"""Payments: the debtor says what it sent, the creditor says what arrived. Only what arrived reduces the balance."""

from __future__ import annotations

import base64

from contracts import payments
from contracts.terms import Version
from node import errors
from node.trade import agreements, books, catalogues, doors, peering

register = doors.Register()
REFERENCE_BYTES = 10


class Sent(doors.Arguments):
    """`amount` in decimal text; `statement` (hash) names what it is for."""

    partner: str
    amount: str
    currency: str = "CNY"
    reference: str | None = None
    statement: str | None = None
    key: str | None = None


class Received(doors.Arguments):
    """`payment` (hash of its first document) may be left out when only one of this amount was sent."""

    partner: str
    amount: str
    currency: str = "CNY"
    payment: str | None = None
    key: str | None = None


class Listed(doors.Arguments):
    """Of one partner, or of all."""

    partner: str | None = None


def account(book: books.Book, currency: str) -> tuple[Version, int]:
    """The agreement of a currency under which something is owed, and what this node owes (negative: is owed)."""
    found = []
    for seller in (book.side, 1 - book.side):
        try:
            version = agreements.in_force(book, seller)
        except errors.NodeError:
            continue
        if version.currency == currency:
            owed = book.history.owed(version.key)
            found.append((version, owed if seller != book.side else -owed))
    if not found:
        raise errors.NodeError(
            "agreement.missing", "no agreement in this currency", expected="an agreement in force", got=currency
        )
    return max(found, key=lambda pair: abs(pair[1]))


@register.case("payment.sent", Sent)
async def sent(trade: doors.Trade, given: Sent, report: doors.Report) -> doors.Json:
    """Say that money is on its way to a partner."""
    amount = agreements.parse_money(given.amount, given.currency)

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        version, _ = account(book, given.currency)
        body: books.Body = {
            "agreement": version.hash,
            "role": "seller" if version.seller == book.side else "buyer",
            "amount": catalogues.money_value(amount.minor, amount.currency),
            "reference": given.reference or "HP" + base64.b32encode(desk.books.entropy.token(REFERENCE_BYTES)).decode(),
        }
        if given.statement is not None:
            body["statements"] = [bytes.fromhex(given.statement)]
        written = desk.write(book, "payment.sent", body)
        return {"payment": written.hash.hex(), "reference": body["reference"]}

    return await doors.once(trade, given.key, unit)


@register.case("payment.received", Received)
async def received(trade: doors.Trade, given: Received, report: doors.Report) -> doors.Json:
    """Say that money arrived; from then on it is no longer owed."""
    amount = agreements.parse_money(given.amount, given.currency)

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        version, _ = account(book, given.currency)
        waiting = [
            (key, payment)
            for key, payment in book.history.payments.items()
            if payment.state is payments.PaymentState.SENT
            and payment.amount == amount.minor
            and (given.payment is None or key.hex().startswith(given.payment))
        ]
        body: books.Body = {
            "agreement": version.hash,
            "role": "seller" if version.seller == book.side else "buyer",
            "amount": catalogues.money_value(amount.minor, amount.currency),
            "reference": waiting[0][1].reference if waiting else "unannounced",
        }
        if waiting:
            body["thread"] = waiting[0][0]
        written = desk.write(book, "payment.received", body)
        _, owed = account(book, given.currency)
        return {"payment": written.hash.hex(), "balance": catalogues.shown(owed, given.currency)}

    return await doors.once(trade, given.key, unit)


@register.case("payment.list", Listed)
async def listed(trade: doors.Trade, given: Listed, report: doors.Report) -> doors.Json:
    """Payments and balances by partner."""

    def unit(desk: books.Desk) -> doors.Json:
        rows, balances = [], []
        for book in peering.open_books(desk, given.partner):
            rows += [
                {
                    "payment": key.hex(),
                    "partner": book.partner.name,
                    "state": payment.state.value,
                    "amount": catalogues.shown(payment.amount, payment.currency),
                    "reference": payment.reference,
                }
                for key, payment in book.history.payments.items()
            ]
            balances += [
                {"partner": book.partner.name, "owes_me": catalogues.shown(owed, currency)}
                for currency, owed in balances_of(book).items()
            ]
        return {"payments": rows, "balances": balances}

    return await trade.books.read(unit)


def balances_of(book: books.Book) -> dict[str, int]:
    """By currency, the minor units that the partner owes this node (negative: this node owes)."""
    currencies = {agreement.currency for agreement in book.history.agreements.values()}
    sign = 1 if book.side == 0 else -1
    return {currency: sign * book.history.balance(currency) for currency in sorted(currencies)}
