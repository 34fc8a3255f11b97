"""Agreements: accepting, declining and ending them, and finding the one in force."""

from __future__ import annotations

from typing import cast

from contracts import agreements, amounts
from contracts import errors as refusals
from contracts.terms import Version
from node import errors
from node.trade import books, doors, hashes, peering
from protocol import nodeids

register = doors.Register()


class Accept(doors.Arguments):
    """`agreement` may be left out when the partner has proposed only one."""

    partner: str
    agreement: str | None = None


class End(doors.Arguments):
    """An agreement in force, by the beginning of its hash. `reason`: a short code for the partner."""

    partner: str
    agreement: str
    reason: str | None = None


class Decline(doors.Arguments):
    """A proposal that nobody has accepted."""

    partner: str
    agreement: str


def mine(agreement: agreements.Agreement, book: books.Book) -> bool:
    """Whether the newest terms are this merchant's own."""
    return agreement.versions[agreement.last].side == book.side


CHANGEABLE = (
    agreements.AgreementState.PROPOSED,
    agreements.AgreementState.COUNTERED,
    agreements.AgreementState.IN_FORCE,
)


@register.case("agreement.accept", Accept)
async def accept(trade: doors.Trade, given: Accept, report: doors.Report) -> doors.Json:
    """Accept what a partner proposed."""

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        waiting = [
            agreement
            for agreement in proposals(book)
            if given.agreement is None
            or any(hashes.means(given.agreement, id) for id in (agreement.key, agreement.last))
        ]
        if len(waiting) != 1:
            known = ", ".join(agreement.last.hex()[:12] for agreement in proposals(book))
            raise errors.NodeError(
                "agreement.unknown",
                f"{len(waiting)} proposals could be meant",
                expected=f"one of {known}" if known else f"a proposal of {book.partner.name} that waits",
                got=given.agreement or "none named",
                hint="`hanse agreement list` shows them",
            )
        proposal = waiting[0]
        role = book.role(proposal.seller)
        body: books.Body = {"thread": proposal.key, "role": role, "accepts": proposal.last}
        desk.write(book, "agreement.accept", body)
        return {"agreement": proposal.last.hex()}

    return await trade.books.act(unit)


@register.case("agreement.decline", Decline)
async def decline(trade: doors.Trade, given: Decline, report: doors.Report) -> doors.Json:
    """Say no to what a partner proposed, or take back what was proposed to it. Changes to what is in force are not
    declined: they have no effect unless they are accepted."""

    def unit(desk: books.Desk) -> doors.Json:
        book = desk.book(peering.find(desk, given.partner)[1].id)
        open_still = [
            agreement
            for agreement in book.history.agreements.values()
            if agreement.current is None
            and agreement.state in CHANGEABLE
            and any(hashes.means(given.agreement, id) for id in (agreement.key, agreement.last))
        ]
        if len(open_still) != 1:
            raise errors.NodeError(
                "agreement.unknown",
                f"{len(open_still)} proposals could be meant",
                expected="one that is not answered",
                got=given.agreement,
            )
        (agreement,) = open_still
        role = book.role(agreement.seller)
        desk.write(book, "agreement.terminate", books.body({"thread": agreement.key, "role": role}))
        return {"agreement": agreement.last.hex()}

    return await trade.books.act(unit)


@register.case("agreement.end", End)
async def end(trade: doors.Trade, given: End, report: doors.Report) -> doors.Json:
    """End an agreement that is in force: nothing new begins under it, and what has begun goes on as agreed."""

    def unit(desk: books.Desk) -> doors.Json:
        book = desk.book(peering.find(desk, given.partner)[1].id)
        standing = [
            agreement
            for agreement in book.history.agreements.values()
            if agreement.state is agreements.AgreementState.IN_FORCE
            and any(hashes.means(given.agreement, id) for id in (agreement.key, *agreement.versions))
        ]
        if len(standing) != 1:
            raise errors.NodeError(
                "agreement.unknown", "no single agreement in force could be meant",
                expected="8 or more characters of its hash", got=given.agreement,
            )  # fmt: skip
        (agreement,) = standing
        role = book.role(agreement.seller)
        body = {"thread": agreement.key, "role": role} | ({} if given.reason is None else {"reason": given.reason})
        desk.write(book, "agreement.terminate", books.body(body))
        return {"agreement": (agreement.current or agreement.last).hex(), "partner": book.partner.name}

    return await trade.books.act(unit)


@register.case("agreement.list", doors.OfPartner)
async def listed(trade: doors.Trade, given: doors.OfPartner, report: doors.Report) -> doors.Json:
    """All agreements with their state and terms; `answers`: the terms in whose place a proposal was put."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = [
            describe(book, agreement)
            for book in peering.open_books(desk, given.partner)
            for agreement in book.history.agreements.values()
        ]
        return {"agreements": rows}

    return await trade.books.read(unit)


def describe(book: books.Book, agreement: agreements.Agreement) -> doors.Json:
    """One agreement for people."""
    version = agreement.versions[agreement.current or agreement.last]
    limit = version.terms.credit_limit
    change = agreement.versions[agreement.last] if agreement.current is not None else None
    if change is not None and (change.hash in agreement.accepted or change.replaces != agreement.current):
        change = None
    answered = None if agreement.current is not None or version.replaces is None else version.replaces
    return {
        "agreement": version.hash.hex(),
        "partner": book.partner.name,
        "state": agreement.state.value,
        "selling": agreement.seller == book.side,
        "currency": agreement.currency,
        "credit": None if limit is None else str(limit.money),
        "ship_by_s": version.terms.ship_by_s,
        "waits_for_me": agreement in proposals(book),
        "mine": version.side == book.side,
        "ended_by_me": ended_by_me(book, agreement),
        "terms": plain_terms(book, version),
        "answers": None if answered is None else plain_terms(book, agreement.versions[answered]),
        "change": None
        if change is None
        else {
            "agreement": change.hash.hex(),
            "mine": change.side == book.side,
            "terms": plain_terms(book, change),
        },
    }


def ended_by_me(book: books.Book, agreement: agreements.Agreement) -> bool | None:
    """Whether I declined, took back or ended an agreement; None for one that is open or in force."""
    thread = book.history.channel.threads[agreement.key]
    said = (one for one in (*thread.members[0], *thread.members[1]) if (one.side, one.index) not in thread.refused)
    return next((one.side == book.side for one in said if one.document.TYPE == "agreement.terminate"), None)


def plain_terms(book: books.Book, version: Version) -> doors.Json:
    """Every term as JSON has it. Nodes are called by their names where they are partners of this channel, or me."""
    found = cast(doors.Json, plain(version.terms.model_dump(exclude_none=True)))
    limit = version.terms.credit_limit
    if limit is not None:
        found["credit_limit"] = {"amount": limit.a, "currency": limit.c, "text": str(limit.money)}
    for row in (*found["shares"], *found["arbiters"]):
        row["node"] = nodeids.to_text(nodeids.NodeId(bytes.fromhex(row["node"])))
    return found


def plain(value: object) -> object:
    """A value as JSON has it: bytes in hex, tuples as lists."""
    match value:
        case bytes():
            return value.hex()
        case dict():
            return {name: plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
    return value


def proposals(book: books.Book) -> list[agreements.Agreement]:
    """What the partner has proposed and this merchant has not answered, changes to what is in force among them."""
    return [agreement for agreement in book.history.agreements.values() if waits_for(agreement, book.side)]


def waits_for(agreement: agreements.Agreement, side: int) -> bool:
    """Whether the newest terms wait for the answer of a side."""
    newest = agreement.versions[agreement.last]
    if newest.side == side or newest.hash in agreement.accepted:
        return False
    return agreement.state in CHANGEABLE and agreement.current in (None, newest.replaces)


def waits(book: books.Book) -> int:
    """How many agreements wait for this merchant."""
    return len(proposals(book))


def in_force(book: books.Book, seller: int) -> Version:
    """The version in force in which the given side sells. NodeError when there is none."""
    for agreement in reversed(list(book.history.agreements.values())):
        if agreement.seller == seller and agreement.state is agreements.AgreementState.IN_FORCE:
            assert agreement.current is not None
            return agreement.versions[agreement.current]
    raise missing(book)


def missing(book: books.Book) -> errors.NodeError:
    """That there is no agreement to act under."""
    return errors.NodeError(
        "agreement.missing",
        f"no agreement with {book.partner.name} is in force",
        expected="an agreement accepted by both",
        got="none",
        hint="propose one with `hanse agreement propose`",
    )


def parse_money(text: str, currency: str) -> amounts.Money:
    """A decimal text as money. NodeError `request.malformed` for anything else."""
    try:
        return amounts.money(text, currency)
    except refusals.Refused as refused:
        fault = refused.faults[0]
        raise errors.NodeError(
            "request.malformed", "this is no amount", expected=fault.expected or fault.code, got=text
        ) from None
