"""Complaints: opened, answered, settled and closed. What people write travels beside the documents, never in them."""

from __future__ import annotations

from dataclasses import dataclass

from contracts import disputes, issues
from contracts.documents import issues as papers
from contracts.issues import Issue, IssueState, OfferState
from contracts.orders import Order
from contracts.terms import Version
from node import errors
from node.storage import orderbooks
from node.trade import attachments, books, doors, hashes, peering, versions
from node.trade.goods import catalogues
from node.trade.ordering import orders
from node.trade.partners import agreements
from protocol.encoding import Value

register = doors.Register()


class Open(doors.Arguments):
    """About an `order`, or about anything else with a `partner`. `lines`: how many units of which line.

    `claim` is what I want to be paid, in decimal text. With a `key` a repeat opens nothing twice.
    """

    partner: str | None = None
    order: str | None = None
    buying: bool | None = None
    category: papers.Category = "other"
    remedy: papers.Remedy | None = None
    lines: dict[str, doors.Quantity] | None = None
    claim: str | None = None
    message: str | None = None
    files: attachments.Files | None = None
    key: str | None = None


class Reply(doors.Arguments):
    """`status` of the complainant is always information."""

    issue: str
    status: papers.Status | None = None
    message: str | None = None
    files: attachments.Files | None = None
    key: str | None = None


class One(doors.Arguments):
    """An issue by 8 or more characters of its hash, or by the order that it is about."""

    issue: str


class Offer(doors.Arguments):
    """`amount` in decimal text, paid by me, or with `to_me` to me."""

    issue: str
    amount: str
    to_me: bool = False
    message: str | None = None
    key: str | None = None


class Accept(doors.Arguments):
    """The other side's offer that waits, or `offer` by its hash. `decline` says no to it."""

    issue: str
    offer: str | None = None
    decline: bool = False


class Listed(doors.OfPartner):
    """`live`: only those that are not at an end."""

    live: bool = False


class Close(One):
    """`unsatisfied`: closed all the same."""

    unsatisfied: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """An issue in its book."""

    book: books.Book
    issue: Issue

    @property
    def role(self) -> str:
        """What this node is under the agreement of the issue."""
        return self.book.role(self.issue.version.seller)

    @property
    def mine(self) -> bool:
        """Whether this merchant complained."""
        return self.issue.side == self.book.side


@register.case("issue.open", Open)
async def open_issue(trade: doors.Trade, given: Open, report: doors.Report) -> doors.Json:
    """Complain to a partner."""

    def unit(desk: books.Desk) -> doors.Json:
        book, version, order = subject(desk, given)
        body: books.Body = {
            "agreement": version.hash,
            "role": book.role(version.seller),
            "category": given.category,
            "attachments": attachments.put(desk, given.message, given.files),
        }
        if order is not None:
            body["order"] = order.key
            body["lines"] = lines_of(given.lines)
        if given.remedy is not None:
            body["remedy"] = given.remedy
        if given.claim is not None:
            claim = agreements.parse_money(given.claim, version.currency)
            body["claim"] = catalogues.money_value(claim.minor, claim.currency)
        written = desk.write(book, "issue.open", body)
        return describe(Found(book, book.history.issues[written.hash]))

    return await doors.once(trade, given.key, unit)


def subject(desk: books.Desk, given: Open) -> tuple[books.Book, Version, Order | None]:
    """The book, the terms and the order that a complaint is about. NodeError where it is about nothing."""
    if given.order is not None:
        found = orders.find(desk, given.order)
        return found.book, found.order.version, found.order
    if given.partner is None:
        raise errors.NodeError(
            "request.malformed", "an issue is about an order or a partner", expected="one of them", got="neither"
        )
    if given.lines:
        raise errors.NodeError(
            "request.malformed", "lines are lines of an order", expected="an order", got="a partner alone"
        )
    book = desk.book(peering.find(desk, given.partner)[1].id)
    return book, agreement_with(book, given.buying), None


def agreement_with(book: books.Book, buying: bool | None) -> Version:
    """The one agreement with a partner that is meant. NodeError `agreement.ambiguous` where each sells to the other."""
    found = [version for version in versions.newest(book) if buying is None or buying == (version.seller != book.side)]
    if not found:
        raise agreements.missing(book)
    if len(found) > 1:
        raise errors.NodeError(
            "agreement.ambiguous", "you buy from and sell to this partner", expected="say which account", got="both"
        )
    return found[0]


def lines_of(typed: dict[str, int] | None) -> list[Value]:
    """Lines and quantities of a complaint; NodeError `order.line` for a name that is no number."""
    rows: list[Value] = []
    for number, quantity in (typed or {}).items():
        if not number.isdecimal():
            raise errors.NodeError("order.line", "the order has no such line", expected="a line's number", got=number)
        rows.append({"line": int(number), "quantity": quantity})
    return rows


def find(desk: books.Desk, wanted: str) -> Found:
    """The issue that a person means. NodeError `issue.unknown` when there is no single one."""
    every = [Found(book, issue) for book in peering.open_books(desk) for issue in book.history.issues.values()]
    found = [one for one in every if hashes.means(wanted, one.issue.key)]
    if not found:
        about = [one for one in every if number_of(one) == wanted]
        found = [one for one in about if one.issue.state in issues.LIVE] or about
    if len(found) != 1:
        known = ", ".join(one.issue.key.hex()[:12] for one in found)
        raise errors.NodeError(
            "issue.unknown",
            "no single issue is called so",
            expected=f"one of {known}" if known else "8 or more characters of its hash, or the number of its order",
            got=wanted,
            hint="`hanse issue list` shows them",
        )
    book = desk.book(found[0].book.channel.id)
    return Found(book, book.history.issues[found[0].issue.key])


def number_of(found: Found) -> str:
    """The number of the order that an issue is about."""
    name = found.issue.document.order
    return "" if name is None else found.book.history.orders[name].number


def own_number(desk: books.Desk, found: Found) -> doors.Json:
    """What the own shop calls the order that an issue is about."""
    return {"shop_order": orderbooks.shop_number(desk.db, found.issue.document.order)}


@register.case("issue.reply", Reply)
async def reply(trade: doors.Trade, given: Reply, report: doors.Report) -> doors.Json:
    """Answer a complaint, or tell more of the own one."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.issue)
        body: books.Body = {
            "thread": found.issue.key,
            "role": found.role,
            "status": given.status or ("information" if found.mine else "processing"),
            "attachments": attachments.put(desk, given.message, given.files),
        }
        desk.write(found.book, "issue.reply", body)
        return describe(again(found))

    return await doors.once(trade, given.key, unit)


@register.case("issue.close", Close)
async def close(trade: doors.Trade, given: Close, report: doors.Report) -> doors.Json:
    """Say that nothing more is asked for."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.issue)
        if found.issue.state is not IssueState.CLOSED:
            body: books.Body = {"thread": found.issue.key, "role": found.role, "satisfied": not given.unsatisfied}
            desk.write(found.book, "issue.close", body)
        return describe(again(found))

    return await trade.books.act(unit)


@register.case("issue.offer", Offer)
async def offer(trade: doors.Trade, given: Offer, report: doors.Report) -> doors.Json:
    """Offer to settle for an amount of money."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.issue)
        amount = agreements.parse_money(given.amount, found.issue.version.currency)
        other = "buyer" if found.role == "seller" else "seller"
        body: books.Body = {
            "thread": found.issue.key,
            "role": found.role,
            "to": found.role if given.to_me else other,
            "amount": catalogues.money_value(amount.minor, amount.currency),
            "attachments": attachments.put(desk, given.message, None),
        }
        written = desk.write(found.book, "settle.offer", body)
        return {**describe(again(found)), "offer": written.hash.hex()}

    return await doors.once(trade, given.key, unit)


@register.case("issue.accept", Accept)
async def accept(trade: doors.Trade, given: Accept, report: doors.Report) -> doors.Json:
    """Take or decline what the other side offered; taken, it ends the issue and stands in the next statement."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.issue)
        name = offered(found, given.offer)
        body: books.Body = {
            "thread": found.issue.key,
            "role": found.role,
            "offer": name,
            "accept": not given.decline,
        }
        desk.write(found.book, "settle.accept", body)
        return describe(again(found))

    return await trade.books.act(unit)


def offered(found: Found, wanted: str | None) -> bytes:
    """The open offer of the other side that is meant. NodeError `issue.offer`."""
    waiting = [
        name
        for name, made in found.issue.offers.items()
        if made.member.side != found.book.side and made.state is OfferState.OPEN
    ]
    fitting = [name for name in waiting if wanted is None or hashes.means(wanted, name)]
    if len(fitting) != 1:
        raise errors.NodeError(
            "issue.offer",
            "no single offer could be meant",
            expected="an offer of the other side that waits",
            got=wanted or f"{len(waiting)} that wait",
        )
    return fitting[0]


def again(found: Found) -> Found:
    """The same issue as it is now."""
    return Found(found.book, found.book.history.issues[found.issue.key])


@register.case("issue.list", Listed)
async def listed(trade: doors.Trade, given: Listed, report: doors.Report) -> doors.Json:
    """All issues, the newest last."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = [
            describe(Found(book, issue))
            for book in peering.open_books(desk, given.partner)
            for issue in book.history.issues.values()
            if issue.state in issues.LIVE or not given.live
        ]
        return {"issues": rows}

    return await trade.books.read(unit)


def describe(found: Found) -> doors.Json:
    """One issue for people."""
    issue, book = found.issue, found.book
    return {
        "issue": issue.key.hex(),
        "partner": book.partner.name,
        "by": "me" if found.mine else book.partner.name,
        "category": issue.document.category,
        "order": number_of(found),
        "state": issue.state.value,
        "claim": catalogues.shown(issue.claim, issue.version.currency),
        "settled": catalogues.shown(pays_me(found, issue.delta), issue.version.currency) if issue.delta else None,
        "deemed": issue.deemed,
        "waits_for_me": waits_for_me(found),
    }


def pays_me(found: Found, delta: int) -> int:
    """A change of what the buyer owes, as what the partner owes me more."""
    return delta if found.role == "seller" else -delta


def waits_for_me(found: Found) -> bool:
    """Whether the next word is this merchant's: an offer to answer, a question, or a complaint without an answer."""
    issue = found.issue
    if any(made.member.side != found.book.side and made.state is OfferState.OPEN for made in issue.offers.values()):
        return issue.state in issues.LIVE
    if issue.state in (IssueState.DECIDED, IssueState.DEFAULTED):
        return disputes.bound(issue) == found.book.side
    if found.mine:
        return issue.state in (IssueState.NEED_MORE_INFO, IssueState.RESOLVED)
    return issue.state is IssueState.OPEN
