"""Netting with a partner: what we owe each other cancels out, and only the rest is paid.

Only what both have signed in a closed statement is set off, and never more than either owes.
"""

from __future__ import annotations

from contracts import amounts, obligations
from contracts.documents import fields
from contracts.setoffs import Setoff, SetoffState
from contracts.terms import Version
from node import errors
from node.trade import books, doors, hashes, peering, versions
from node.trade.goods import catalogues
from node.trade.partners import agreements

register = doors.Register()


class Propose(doors.Arguments):
    """`amount` in decimal text; without it, as much as both owe. `currency` where there are debts in several."""

    partner: str
    currency: str | None = None
    amount: str | None = None


class Answer(doors.Arguments):
    """A netting by its hash, or 8 or more characters of it."""

    netting: str


@register.case("netting.propose", Propose)
async def propose(trade: doors.Trade, given: Propose, report: doors.Report) -> doors.Json:
    """Propose to a partner that two debts cancel each other out."""

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        selling, buying, most = pair_of(book, given.currency)
        amount = most
        if given.amount is not None:
            amount = agreements.parse_money(given.amount, selling.currency).minor
        if not 0 < amount <= most:
            raise nothing(book, max(0, most), amount, selling.currency)
        named = clears(book, (selling, buying))
        body: books.Body = {
            "agreement": selling.hash,
            "role": "seller",
            "against": buying.hash,
            "amount": catalogues.money_value(amount, selling.currency),
            "statements": [*named],
        }
        written = desk.write(book, "setoff.propose", body)
        return describe(book, book.history.setoffs[written.hash])

    return await trade.books.act(unit)


def pair_of(book: books.Book, currency: str | None) -> tuple[Version, Version, int]:
    """The two agreements under which most can be set off, the one in which I sell first, and how much."""
    every = versions.newest(book)
    pairs = [
        (selling, buying, both_owe(book, (selling.key, buying.key)))
        for selling in every
        for buying in every
        if selling.seller == book.side != buying.seller
        and selling.currency == buying.currency
        and currency in (None, selling.currency)
    ]
    if not pairs:
        raise errors.NodeError(
            "netting.nothing",
            f"{book.partner.name} and I do not sell to each other in one currency",
            expected="an agreement each way",
            got=currency or "none",
        )
    return max(pairs, key=lambda pair: pair[2])


def both_owe(book: books.Book, pair: tuple[bytes, bytes]) -> int:
    """What the buyer owes under each of two agreements, by what both have ascertained: the smaller of the two.

    What is proposed already, and not answered, is left out.
    """
    channel = book.history.channel
    found = []
    for agreement in pair:
        buyer = 1 - channel.ledgers[agreement].seller
        owed = sum(one.open for one in obligations.of(channel, agreement) if one.debtor == buyer)
        asked = sum(
            setoff.amount
            for setoff in book.history.setoffs.values()
            if setoff.state is SetoffState.PROPOSED and agreement in (setoff.agreement, setoff.against)
        )
        found.append(owed - asked)
    return min(found)


def clears(book: books.Book, pair: tuple[Version, Version]) -> list[bytes]:
    """The closed statements whose debts a netting of two agreements clears, the oldest first."""
    channel = book.history.channel
    names = [one.statement for version in pair for one in obligations.of(channel, version.key) if one.statement]
    return names[: fields.ATTACHMENTS_MAX]


def nothing(book: books.Book, most: int, amount: int, currency: str) -> errors.NodeError:
    """That less can be set off, or nothing at all."""
    return errors.NodeError(
        "netting.nothing",
        f"{book.partner.name} and I have not both signed debts of that much to each other",
        expected=f"at most {amounts.Money(most, currency)}",
        got=str(amounts.Money(amount, currency)),
        hint="`hanse obligation list` shows what both have signed; a statement makes it so",
    )


@register.case("netting.consent", Answer)
async def consent(trade: doors.Trade, given: Answer, report: doors.Report) -> doors.Json:
    """Consent to what a partner proposed: both debts are less from now on."""
    return await trade.books.act(lambda desk: answer(desk, given.netting, accept=True))


@register.case("netting.decline", Answer)
async def decline(trade: doors.Trade, given: Answer, report: doors.Report) -> doors.Json:
    """Leave both debts as they are."""
    return await trade.books.act(lambda desk: answer(desk, given.netting, accept=False))


def answer(desk: books.Desk, wanted: str, accept: bool) -> doors.Json:
    """Answer a proposal of a partner. NodeError `netting.unknown`, `netting.nothing`."""
    known = [
        (book, setoff)
        for book in peering.open_books(desk)
        for setoff in book.history.setoffs.values()
        if hashes.means(wanted, setoff.key)
    ]
    if len(known) != 1:
        raise errors.NodeError(
            "netting.unknown",
            "no single netting could be meant",
            expected="8 or more characters of its hash",
            got=wanted,
            hint="`hanse netting list` shows them",
        )
    book, setoff = desk.book(known[0][0].channel.id), known[0][1]
    if setoff.against is None:
        raise errors.NodeError("netting.round", "an edge of a round is answered by the node")
    if accept and setoff.state is SetoffState.PROPOSED:
        most = both_owe(book, (setoff.agreement, setoff.against)) + setoff.amount
        if setoff.amount > most:
            raise nothing(book, max(0, most), setoff.amount, setoff.currency)
    role = book.role(setoff.seller)
    desk.write(book, "setoff.consent", {"thread": setoff.key, "role": role, "accept": accept})
    return describe(book, book.history.setoffs[setoff.key])


@register.case("netting.list", doors.OfPartner)
async def listed(trade: doors.Trade, given: doors.OfPartner, report: doors.Report) -> doors.Json:
    """All nettings with their state."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = [
            describe(book, setoff)
            for book in peering.open_books(desk, given.partner)
            for setoff in book.history.setoffs.values()
        ]
        return {"nettings": rows}

    return await trade.books.read(unit)


def describe(book: books.Book, setoff: Setoff) -> doors.Json:
    """One netting for people."""
    mine = setoff.side == book.side
    return {
        "netting": setoff.key.hex(),
        "partner": book.partner.name,
        "amount": catalogues.shown(setoff.amount, setoff.currency),
        "state": setoff.state.value,
        "proposed_by": "me" if mine else book.partner.name,
        "round": None if setoff.batch is None else setoff.batch.hex(),
        "waits_for_me": setoff.state is SetoffState.PROPOSED and not mine and setoff.batch is None,
    }


def waits(book: books.Book) -> int:
    """How many nettings wait for this merchant's answer."""
    return sum(row["waits_for_me"] for row in (describe(book, one) for one in book.history.setoffs.values()))
