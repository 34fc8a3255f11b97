"""Agreements: proposing standard terms, accepting, and finding the one in force."""

from __future__ import annotations

import contextlib
from typing import Annotated, Literal, cast

import pydantic

from contracts import agreements, amounts
from contracts import errors as refusals
from contracts.documents import fields
from contracts.terms import Version
from node import errors
from node.trade import books, doors, hashes, peering
from protocol import nodeids
from protocol.encoding import Value
from protocol.errors import PeerError

register = doors.Register()
Basis = Literal["shipment", "delivery", "return_window"]
Period = Literal["weekly", "half-monthly", "monthly"]
DAY_S = 86_400
DAYS_MAX = 10 * 366
HOURS_MAX = 10 * 366 * 24  # ten years, the longest time that a document can name


class Propose(doors.Arguments):
    """Terms that start from the standard ones. `buying`: the partner is the seller. `credit` in decimal text.
    `ship_to`: how closely the seller sees where goods go that somebody else ships.

    `basis` is what makes goods owed; `withhold` the share of it that the buyer keeps until the goods are final; `fees`
    what it keeps for good: parts by name, a tax on them behind a plus sign, for instance {"market": "0.05+0.18"}.
    `shares` is what third merchants get of every price, each "ROLE=RATE:WHO", passed on by `shares_by`: WHO is a
    partner of mine, a NodeID, or `seller`, where the seller here gets a share of what its buyer trades elsewhere.
    `channels`: the kinds of channel that the buyer may sell on; all where none is named.
    `arbiters` decide disputes, in this order: each is what `hanse dispute key` prints there, and behind it, if it is to
    be called by a name, a space and the name. An issue may be escalated after `resolve_hours`, the next arbiter decides
    after `award_hours`. `self_billing`: the buyer writes the invoices.
    Goods may come back within `return_days`, and what is owed is due after `payment_days`, by statements of a `period`.
    `instead_of`: the agreement in force that these terms are to change, or the partner's proposal that they answer.
    """

    partner: str
    currency: str = "CNY"
    buying: bool = False
    ship_to: fields.Level | None = None
    credit: str | None = None
    cancel_fee: str = "0"
    oversell_penalty: str = "0"
    seller_penalty: str = "0"
    ship_by_hours: Annotated[int, pydantic.Field(ge=1, le=HOURS_MAX)] = 48
    basis: Basis = "shipment"
    withhold: str = "0"
    fees: dict[str, str] = pydantic.Field(default_factory=dict)
    shares: list[str] = pydantic.Field(default_factory=list, max_length=8)
    shares_by: fields.Role = "buyer"
    channels: list[fields.Code] = pydantic.Field(default_factory=list, max_length=50)
    arbiters: list[str] = pydantic.Field(default_factory=list, max_length=8)
    resolve_hours: Annotated[int, pydantic.Field(ge=1, le=HOURS_MAX)] | None = None
    award_hours: Annotated[int, pydantic.Field(ge=1, le=HOURS_MAX)] | None = None
    self_billing: bool = False
    return_days: Annotated[int, pydantic.Field(ge=0, le=DAYS_MAX)] | None = None
    payment_days: Annotated[int, pydantic.Field(ge=0, le=DAYS_MAX)] | None = None
    period: Period | None = None
    instead_of: str | None = None


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


@register.case("agreement.propose", Propose)
async def propose(trade: doors.Trade, given: Propose, report: doors.Report) -> doors.Json:
    """Propose terms to a partner; they are in force once the partner accepts them."""

    def unit(desk: books.Desk) -> doors.Json:
        partner, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        for share in (given.cancel_fee, given.oversell_penalty, given.seller_penalty, given.withhold):
            check_share(share)
        seller = partner.node if given.buying else book.me
        terms = agreements.standard(
            seller,
            given.currency,
            basis=given.basis,
            cancel_fee=given.cancel_fee,
            oversell_penalty=given.oversell_penalty,
            seller_penalty=given.seller_penalty,
            withholding=given.withhold,
            fees=tuple(commission(name, text) for name, text in given.fees.items()),
            shares=tuple(part(desk, text, seller, given.shares_by) for text in given.shares),
            ship_by_s=given.ship_by_hours * 3600,
            credit_limit_minor=None if given.credit is None else parse_money(given.credit, given.currency).minor,
        )
        terms["arbiters"] = [arbiter(text) for text in given.arbiters]
        terms["self_billing"] = given.self_billing
        if given.channels:
            terms["channels"] = list(given.channels)
        if given.ship_to is not None:
            terms["disclosure"] = {"ship_to": given.ship_to}
        for name, hours in (("issue_resolution_s", given.resolve_hours), ("award_s", given.award_hours)):
            if hours is not None:
                terms[name] = hours * 3600
        for name, days in (("return_window_s", given.return_days), ("payment_due_s", given.payment_days)):
            if days is not None:
                terms[name] = days * DAY_S
        if given.period is not None:
            terms["statement_period"] = given.period
        kind, about = "agreement.propose", {}  # type: str, dict[str, Value]
        if given.instead_of is not None:
            kind, about, kept = answered(book, given.instead_of)
            terms = kept | terms
        role = "buyer" if given.buying else "seller"
        written = desk.write(book, kind, books.body({**about, "role": role, "terms": terms}))
        return {"agreement": written.hash.hex()}

    return await trade.books.act(unit)


KEPT = frozenset(
    {"countries", "channels", "shares", "law", "texts", "floor_prices", "short_penalty", "issue_response_s"}
)
"""Terms that stay as they are where other terms for the same agreement do not name them."""


def answered(book: books.Book, wanted: str) -> tuple[str, dict[str, Value], dict[str, object]]:
    """The document that puts other terms in the place of the named ones, what it says of them, and what stays.

    NodeError `agreement.unknown` for what is neither in force nor a proposal of the partner.
    """
    for agreement in book.history.agreements.values():
        for name, kind, hash in (
            ("amends", "agreement.amend", agreement.current),
            ("counters", "agreement.counter", None if agreement.current or mine(agreement, book) else agreement.last),
        ):
            if hash is not None and hashes.means(wanted, hash) and agreement.state in CHANGEABLE:
                old = agreement.versions[hash].terms
                kept = old.model_dump(include=set(KEPT), exclude_none=True, exclude_defaults=True)
                return kind, {"thread": agreement.key, name: hash}, kept
    raise errors.NodeError(
        "agreement.unknown",
        "these terms cannot be changed",
        expected=f"an agreement with {book.partner.name} that is in force, or a proposal of theirs",
        got=wanted,
    )


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


def commission(name: str, text: str) -> dict[str, str]:
    """A fee that the buyer keeps, from what a person typed: its share, and the tax on it behind a plus sign."""
    rate, _, tax = text.partition("+")
    for share in (rate, tax or "0"):
        check_share(share)
    return {"name": name, "rate": rate, "tax": tax or "0"}


def part(desk: books.Desk, text: str, seller: bytes, by: fields.Role) -> dict[str, Value]:
    """A share of every price, from what a person typed: role, rate, and who gets it. NodeError `request.malformed`."""
    role, _, rest = text.partition("=")
    rate, _, who = rest.partition(":")
    check_share(rate)
    return {"role": role, "node": seller if who == "seller" else receiver(desk, who), "rate": rate, "by": by}


def receiver(desk: books.Desk, who: str) -> bytes:
    """The NodeID of a merchant who is a partner, or of any other by its full NodeID."""
    with contextlib.suppress(ValueError, PeerError):
        return nodeids.from_text(who)
    return peering.find(desk, who)[0].node


def arbiter(text: str) -> dict[str, Value]:
    """An arbiter as an agreement names it, from what `hanse dispute key` prints, and behind it what people call it.

    NodeError `request.malformed`.
    """
    line, _, name = text.strip().partition(" ")
    node, _, public = line.rpartition(":")
    with contextlib.suppress(ValueError, PeerError):
        named: dict[str, Value] = {"name": name.strip()} if name.strip() else {}
        return {"node": nodeids.from_text(node), "key": bytes.fromhex(public), **named}
    raise errors.NodeError(
        "request.malformed", "this names no arbiter", expected="what `hanse dispute key` prints there", got=text
    )


def check_share(text: str) -> None:
    """NodeError `request.malformed` for what is no part of a price."""
    with contextlib.suppress(refusals.Refused):
        rate = amounts.rate(text)
        if 0 <= rate.numerator <= rate.denominator:
            return
    raise errors.NodeError(
        "request.malformed", "a fee is a part of the price", expected="0 to 1, for instance 0.1 for a tenth", got=text
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
