"""What comes after the sale, in one inbox: returns and complaints of every partner, by what they wait for.

The list is kept as documents are folded, so a page of it costs what it shows, however many orders there were.
"""

from __future__ import annotations

from typing import Final, Literal

import pydantic

from contracts import disputes, issues
from contracts.channels import Change
from contracts.issues import Issue, IssueState, OfferState
from contracts.lots import LotState
from contracts.orders import Order
from node import errors
from node.storage import aftersales, orderbooks
from node.trade import books, doors, peering
from node.trade.aftersales import complaints, returns
from node.trade.aftersales import issues as issue_cases

register = doors.Register()
Place = Literal["mine", "theirs", "way", "closed"]
Kind = Literal["return", "complaint", "dispute"]
ON_THE_WAY: Final = (LotState.IN_RETURN, LotState.RETURNING)
BOUND: Final = (IssueState.DECIDED, IssueState.DEFAULTED)
"""Somebody has to do what an award says."""
LIMIT_MAX: Final = 500


class Listed(doors.Arguments):
    """A page of the inbox, what changed last first. `place`: mine (waits for me), theirs, way (goods are on their way
    back), closed; without it, all. `after` is the `next` of the page before."""

    place: Place | None = None
    kind: Kind | None = None
    partner: str | None = None
    limit: int = pydantic.Field(default=100, ge=1, le=LIMIT_MAX)
    after: str = ""


# --- kept as documents are folded


def record(desk: books.Desk, book: books.Book, change: Change) -> None:
    """Follow one order or complaint."""
    match change.before, change.after:
        case before, Order() as after:
            known = before if isinstance(before, Order) else None
            follow_order(desk, book, known, after)
        case _, Issue() as issue:
            put(desk, row_of_issue(desk, issue_cases.Found(book, issue)))


def follow_order(desk: books.Desk, book: books.Book, before: Order | None, after: Order) -> None:
    """The returns of an order, and what came back of it by itself."""
    keys: set[bytes | None] = {*after.returns}
    if is_stray(after) or (before is not None and is_stray(before)):
        keys.add(None)
    for key in keys:
        put(desk, row_of_return(desk, returns.Found(book, after.key, key)))
    for gone in () if before is None else before.returns.keys() - after.returns.keys():
        aftersales.drop(desk.db, after.key, gone)


def relist(desk: books.Desk, book: books.Book) -> None:
    """All rows of a channel, from the fold."""
    aftersales.drop_channel(desk.db, book.channel.id)
    for order in book.history.orders.values():
        follow_order(desk, book, None, order)
    for issue in book.history.issues.values():
        put(desk, row_of_issue(desk, issue_cases.Found(book, issue)))


def put(desk: books.Desk, row: aftersales.Row) -> None:
    """One row of the list."""
    aftersales.put(desk.db, row)


def is_stray(order: Order) -> bool:
    """Whether anything of an order came back without a return, or is contested."""
    return any(lot.request is None and lot.state in returns.STRAY for line in order.lines.values() for lot in line.lots)


def row_of_return(desk: books.Desk, found: returns.Found) -> aftersales.Row:
    """Where a return stands in the inbox."""
    units, now_ms = found.units(), desk.now_ms()
    place: Place = "closed"
    if any(state in ON_THE_WAY for state in units):
        place = "way"
    elif returns.waits_for_me(found):
        place = "mine"
    elif returns.is_live(found):
        place = "theirs"
    request = aftersales.STRAY if found.key is None else found.key
    mine = returns.waits_for_me(found)
    return aftersales.Row(found.thread, request, "return", found.book.channel.id, place, mine, now_ms, now_ms)


def row_of_issue(desk: books.Desk, found: issue_cases.Found) -> aftersales.Row:
    """Where a complaint stands in the inbox."""
    issue, now_ms = found.issue, desk.now_ms()
    mine = issue_cases.waits_for_me(found)
    live = issue.state in issues.LIVE or issue.state in BOUND
    place: Place = "mine" if mine else "theirs" if live else "closed"
    kind: Kind = "dispute" if issue.disputes else "complaint"
    return aftersales.Row(issue.key, issue.key, kind, found.book.channel.id, place, mine, now_ms, now_ms)


# --- shown


@register.case("aftersales.list", Listed)
async def listed(trade: doors.Trade, given: Listed, report: doors.Report) -> doors.Json:
    """A page of the inbox, with what each entry waits for, and until when."""

    def unit(desk: books.Desk) -> doors.Json:
        channel = None if given.partner is None else peering.find(desk, given.partner)[1].id
        rows = aftersales.page(desk.db, given.place, given.kind, channel, given.limit, cursor(given.after))
        shown = [entry for row in rows if (entry := describe(desk, row)) is not None]
        last = rows[-1] if len(rows) == given.limit else None
        return {
            "entries": shown,
            "counts": aftersales.counts(desk.db),
            "next": None if last is None else f"{last.changed_ms}.{last.request.hex()}",
        }

    return await trade.books.read(unit)


def cursor(after: str) -> list[str]:
    """The end of the page before. NodeError `request.malformed`."""
    if not after:
        return []
    changed, _, request = after.partition(".")
    if not changed.isdecimal() or any(letter not in "0123456789abcdef" for letter in request) or len(request) % 2:
        raise errors.NodeError(
            "request.malformed", "this is not where a page ends", expected="what the page before named", got=after
        )
    return [changed, request]


def describe(desk: books.Desk, row: aftersales.Row) -> doors.Json | None:
    """One entry of the inbox; None where its book cannot be read now (L14)."""
    book = peering.readable(desk, row.channel)
    if book is None:
        return None
    told = {"kind": row.kind, "place": row.place, "since_ms": row.since_ms, "changed_ms": row.changed_ms}
    if row.kind != "return":
        found = issue_cases.Found(book, book.history.issues[row.thread])
        shown = issue_cases.describe(found) | issue_cases.own_number(desk, found)
        return {**told, **shown, "name": row.thread.hex(), **next_of_issue(found), **complaints.clock(desk, found)}
    back = returns.Found(book, row.thread, row.request or None)
    shown = returns.describe(back) | {"shop_order": orderbooks.shop_number(desk.db, row.thread)}
    name = row.thread.hex() if back.key is None else back.key.hex()
    due = [wait["due_ms"] for wait in returns.deadlines(desk, back) if wait["due_ms"] is not None]
    return {**told, **shown, "name": name, **next_of_return(back), "due_ms": min(due, default=None)}


NEXT_OF_RETURN: Final = {
    LotState.RETURN_ASKED: "answer-request",
    LotState.RETURN_OFFERED: "answer-offer",
    LotState.RETURN_APPROVED: "send-back",
    LotState.IN_RETURN: "take-in",
    LotState.RETURNING: "take-in",
    LotState.BACK: "inspect",
    LotState.INSPECTED: "refund",
    LotState.CONTESTED: "refund",
}
NEXT_OF_ISSUE: Final = {
    IssueState.OPEN: "answer-complaint",
    IssueState.PROCESSING: "solve",
    IssueState.CASCADED: "solve",
    IssueState.NEED_MORE_INFO: "tell-more",
    IssueState.RESOLVED: "confirm-solved",
    IssueState.ESCALATED: "go-to-arbiter",
    IssueState.DISPUTED: "decide",
    IssueState.DECIDED: "comply",
    IssueState.DEFAULTED: "comply",
}
BY_COMPLAINANT: Final = (IssueState.NEED_MORE_INFO, IssueState.RESOLVED, IssueState.ESCALATED)


def next_of_return(found: returns.Found) -> doors.Json:
    """Whose turn it is, and what has to be done. `who`: "me", the partner's name, or None for nobody."""
    units = found.units()
    state = next(
        (state for state in (*returns.STAGES, *returns.STRAY) if state in units and state in NEXT_OF_RETURN), None
    )
    if state is None:
        return {"who": None, "next": None}
    mine = returns.turn(state) == found.role
    return {"who": "me" if mine else found.book.partner.name, "next": NEXT_OF_RETURN[state]}


def next_of_issue(found: issue_cases.Found) -> doors.Json:
    """The same for a complaint; an arbiter is nobody's partner here and has no name."""
    issue, partner = found.issue, found.book.partner.name
    what = NEXT_OF_ISSUE.get(issue.state)
    if what is None:
        return {"who": None, "next": None}
    waiting = [made for made in issue.offers.values() if made.state is OfferState.OPEN]
    if waiting and issue.state in issues.LIVE:
        mine = any(made.member.side != found.book.side for made in waiting)
        return {"who": "me" if mine else partner, "next": "answer-offer"}
    if issue.state is IssueState.DISPUTED:
        return {"who": "arbiter", "next": what}
    side = issue.side if issue.state in BY_COMPLAINANT else 1 - issue.side
    if issue.state in BOUND:
        side = disputes.bound(issue)
    return {"who": "me" if side == found.book.side else partner, "next": what}
