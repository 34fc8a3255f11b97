"""What is owed: by partner, agreement and currency, and the obligations that both sides have ascertained."""

from __future__ import annotations

from collections.abc import Iterator

from contracts import obligations
from contracts.ledgers import Account
from contracts.obligations import Obligation
from contracts.payments import PaymentState
from contracts.terms import Version
from node.trade import books, doors, peering, versions
from node.trade.goods import catalogues
from node.trade.partners import credits

register = doors.Register()


@register.case("balance", doors.OfPartner)
async def balance(trade: doors.Trade, given: doors.OfPartner, report: doors.Report) -> doors.Json:
    """One row for each agreement and currency; what I owe is negative."""

    def unit(desk: books.Desk) -> doors.Json:
        every = peering.open_books(desk, given.partner)
        return {"balances": [describe(book, version) for book in every for version in versions.newest(book)]}

    return await trade.books.read(unit)


def describe(book: books.Book, version: Version) -> doors.Json:
    """How one agreement stands: `owes_me` is all that is owed now, `agreed` what the last statement closed at less what
    was paid since, `contested` what it left open, `withheld` what the buyer keeps until goods are final."""
    channel = book.history.channel
    ledger = channel.ledgers[version.key]
    sign = 1 if version.seller == book.side else -1
    found = obligations.of(channel, version.key)
    agreed = sum(one.open if one.debtor != version.seller else -one.open for one in found)
    contested = sum(account.owed.total - account.settled.total for account in left_open(book, version))
    under_way = sum(
        payment.amount if payment.debtor != book.side else -payment.amount
        for payment in book.history.payments.values()
        if payment.agreement == version.key and payment.state is PaymentState.SENT
    )
    following = min((one for one in found if one.due), key=lambda one: one.due or "", default=None)

    def shown(minor: int) -> doors.Json | None:
        return catalogues.shown(minor, version.currency)

    return {
        "partner": book.partner.name,
        "agreement": version.hash.hex(),
        "selling": version.seller == book.side,
        "owes_me": shown(sign * ledger.total),
        "agreed": shown(sign * agreed),
        "contested": shown(sign * contested),
        "withheld": shown(sign * ledger.withheld),
        "under_way": shown(under_way),
        "due": None if following is None else following.due,
        "due_amount": None if following is None else shown(owed_to(book, following)),
    }


def left_open(book: books.Book, version: Version) -> list[Account]:
    """The accounts whose lines the last statement of an agreement left open."""
    channel = book.history.channel
    keys = sorted(channel.ledgers[version.key].contested & channel.accounts.keys())
    return [channel.accounts[key][1] for key in keys]


def owed_to(book: books.Book, obligation: Obligation) -> int:
    """What is open of an obligation, for this node: negative where it is the debtor."""
    return obligation.open if obligation.debtor != book.side else -obligation.open


@register.case("credit.list", doors.OfPartner)
async def lines(trade: doors.Trade, given: doors.OfPartner, report: doors.Report) -> doors.Json:
    """Every credit line, and what is left of it: an acceptance of both, computed
    (docs/decisions/0018-obligations-are-computed.md)."""

    def unit(desk: books.Desk) -> doors.Json:
        every = peering.open_books(desk, given.partner)
        rows = [line(book, version) for book in every for version in versions.newest(book)]
        return {"credits": [row for row in rows if row is not None]}

    return await trade.books.read(unit)


def line(book: books.Book, version: Version) -> doors.Json | None:
    """One credit line: `limit`, of which `owed` is used up by debts, `ordered` by goods that have not left; None where
    the agreement names no limit."""
    limit, left = version.terms.credit_limit, credits.left(book, version)
    if limit is None or left is None:
        return None
    owed = book.history.owed(version.key)
    return {
        "partner": book.partner.name,
        "agreement": version.hash.hex(),
        "giver": "me" if version.seller == book.side else book.partner.name,
        "limit": catalogues.money(limit.money),
        "owed": catalogues.shown(owed, version.currency),
        "ordered": catalogues.shown(limit.a - owed - left, version.currency),
        "left": catalogues.shown(left, version.currency),
    }


@register.case("obligation.list", doors.OfPartner)
async def listed(trade: doors.Trade, given: doors.OfPartner, report: doors.Report) -> doors.Json:
    """The open obligations, the oldest of each agreement first. `to_clear`: what must be paid until one is cleared, as
    whatever is paid clears the oldest first."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = [
            row
            for book in peering.open_books(desk, given.partner)
            for version in versions.newest(book)
            for row in under(book, version)
        ]
        return {"obligations": rows}

    return await trade.books.read(unit)


def under(book: books.Book, version: Version) -> Iterator[doors.Json]:
    """The open obligations of one agreement, for people."""
    until = {0: 0, 1: 0}
    for one in obligations.of(book.history.channel, version.key):
        until[one.debtor] += one.open
        yield {
            "partner": book.partner.name,
            "agreement": version.hash.hex(),
            "statement": one.statement.hex(),
            "period": book.history.statements[one.statement].document.period if one.statement else "",
            "debtor": "me" if one.debtor == book.side else book.partner.name,
            "amount": catalogues.shown(one.amount, one.currency),
            "open": catalogues.shown(one.open, one.currency),
            "to_clear": catalogues.shown(until[one.debtor], one.currency),
            "due": one.due,
        }
