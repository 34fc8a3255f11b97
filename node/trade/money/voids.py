"""Corrections of payments that were typed by mistake."""

from __future__ import annotations

from typing import Literal

from contracts import payments
from node import errors
from node.trade import books, doors, hashes, peering
from node.trade.goods import catalogues
from protocol.encoding import Value

register = doors.Register()


class Void(doors.Arguments):
    """A payment by its hash, or 8 or more characters of it. `did_not_occur`, or it held `incorrect_data`."""

    payment: str
    reason: Literal["did_not_occur", "incorrect_data"] = "incorrect_data"
    replacement: str | None = None


class Accept(doors.Arguments):
    """A payment that the partner asks to void. `decline` says no."""

    payment: str
    decline: bool = False


def find(desk: books.Desk, wanted: str) -> tuple[books.Book, payments.Payment]:
    """The payment that a person means. NodeError `payment.unknown`."""
    found = [
        (book, payment)
        for book in peering.open_books(desk)
        for payment in book.history.payments.values()
        if hashes.means(wanted, payment.key)
    ]
    if len(found) != 1:
        raise errors.NodeError(
            "payment.unknown", "no single payment", expected="8 or more characters of its hash", got=wanted
        )
    book = desk.book(found[0][0].channel.id)
    return book, book.history.payments[found[0][1].key]


def named(book: books.Book, payment: payments.Payment) -> books.Body:
    """The thread and my role in it."""
    return {"thread": payment.key, "role": book.role(payment.seller)}


@register.case("void", Void)
async def void(trade: doors.Trade, given: Void, report: doors.Report) -> doors.Json:
    """Take back what I said of a payment: at once if nothing came of it, else once the partner agrees."""

    def unit(desk: books.Desk) -> doors.Json:
        book, payment = find(desk, given.payment)
        target: Value = payment.key if payment.debtor == book.side else payment.arrived
        body: books.Body = {**named(book, payment), "target": target, "reason": given.reason}
        if target is None:
            raise errors.NodeError(
                "payment.unknown", "I have not confirmed this payment", expected="received", got=payment.state.value
            )
        if given.replacement is not None:
            body["replacement"] = find(desk, given.replacement)[1].key
        desk.write(book, "void", body)
        return describe(book, book.history.payments[payment.key])

    return await trade.books.act(unit)


@register.case("void.accept", Accept)
async def accept(trade: doors.Trade, given: Accept, report: doors.Report) -> doors.Json:
    """Agree that money which the partner had confirmed never arrived, or decline."""

    def unit(desk: books.Desk) -> doors.Json:
        book, payment = find(desk, given.payment)
        if payment.asked is None or payment.debtor != book.side:
            raise errors.NodeError(
                "payment.unknown", "nobody asks to void this payment", expected="a void that waits", got=given.payment
            )
        body: books.Body = {**named(book, payment), "void": payment.asked, "accept": not given.decline}
        desk.write(book, "void.accept", body)
        return describe(book, book.history.payments[payment.key])

    return await trade.books.act(unit)


def describe(book: books.Book, payment: payments.Payment) -> doors.Json:
    """The payment as it is now."""
    return {
        "payment": payment.key.hex(),
        "partner": book.partner.name,
        "state": payment.state.value,
        "amount": catalogues.shown(payment.amount, payment.currency),
        "waits_for_consent": payment.asked is not None,
    }
