"""Proposing terms: what people type, in the place of the standard terms or of those that there are."""

from __future__ import annotations

import contextlib
from typing import Annotated, Any, Literal

import pydantic

from contracts import agreements as pacts
from contracts import amounts
from contracts import errors as refusals
from contracts.documents import fields
from node import errors
from node.trade import books, doors, hashes, peering
from node.trade.partners import agreements
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


@register.case("agreement.propose", Propose)
async def propose(trade: doors.Trade, given: Propose, report: doors.Report) -> doors.Json:
    """Propose terms to a partner; they are in force once the partner accepts them."""

    def unit(desk: books.Desk) -> doors.Json:
        partner, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        seller = partner.node if given.buying else book.me
        terms = wished(desk, given, seller)
        kind, about = "agreement.propose", {}  # type: str, dict[str, Value]
        if given.instead_of is not None:
            kind, about, kept = answered(book, given.instead_of)
            terms = kept | terms
        role = "buyer" if given.buying else "seller"
        written = desk.write(book, kind, books.body({**about, "role": role, "terms": terms}))
        return {"agreement": written.hash.hex()}

    return await trade.books.act(unit)


def wished(desk: books.Desk, given: Propose, seller: bytes) -> dict[str, Any]:
    """The standard terms with what was typed in their places. `seller`: the NodeID. NodeError `request.malformed`."""
    for share in (given.cancel_fee, given.oversell_penalty, given.seller_penalty, given.withhold):
        check_share(share)
    terms = pacts.standard(
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
        credit_limit_minor=None if given.credit is None else agreements.parse_money(given.credit, given.currency).minor,
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
    return terms


KEPT = frozenset(
    {"countries", "channels", "shares", "law", "texts", "floor_prices", "short_penalty", "issue_response_s"}
)
"""Terms that stay as they are where other terms for the same agreement do not name them."""


def answered(book: books.Book, wanted: str) -> tuple[str, dict[str, Value], dict[str, object]]:
    """The document that puts other terms in the place of the named ones, what it says of them, and what stays.

    NodeError `agreement.unknown` for what is neither in force nor a proposal of the partner.
    """
    for agreement in book.history.agreements.values():
        asked = None if agreement.current or agreements.mine(agreement, book) else agreement.last
        for name, kind, hash in (
            ("amends", "agreement.amend", agreement.current),
            ("counters", "agreement.counter", asked),
        ):
            if hash is not None and hashes.means(wanted, hash) and agreement.state in agreements.CHANGEABLE:
                old = agreement.versions[hash].terms
                kept = old.model_dump(include=set(KEPT), exclude_none=True, exclude_defaults=True)
                return kind, {"thread": agreement.key, name: hash}, kept
    raise errors.NodeError(
        "agreement.unknown",
        "these terms cannot be changed",
        expected=f"an agreement with {book.partner.name} that is in force, or a proposal of theirs",
        got=wanted,
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
