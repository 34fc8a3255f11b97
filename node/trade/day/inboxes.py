"""One inbox: the orders of all shops and all partners in pages, with how many stand in each state."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

import pydantic

from contracts.orders import OrderState
from node import errors
from node.storage import duties as stored
from node.storage import orderbooks, orderlists
from node.trade import books, doors, peering, waits
from node.trade.day.duties import Duty
from node.trade.ordering import orders, rows

register = doors.Register()
ROWS_MAX = 1_000
TEXT_MAX = 200
EDGE: Final = r"[0-9]{1,18}\.[0-9]{1,18}\.[0-9a-f]{64}"
State = Annotated[OrderState, pydantic.Field(strict=False)]


class Listing(doors.Arguments):
    """A page of orders, the newest first, or with a `duty` the most urgent; `after` is the `next`, `before` the
    `previous` of another page.

    `state`: one or several. `shop`: whose consumers' orders are served. `since_ms`, `until_ms`: when they came, in unix
    milliseconds, the end not included. `text`: what `hanse search` finds. `duty`: only those in which this waits for
    me, as `hanse today` names it and in its order: by when it has to be done, and then since when it waits.
    """

    state: State | list[State] | None = None
    selling: bool | None = None
    partner: str | None = None
    shop: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    text: str | None = pydantic.Field(default=None, max_length=TEXT_MAX)
    duty: Duty | None = pydantic.Field(default=None, strict=False)
    limit: int = 100
    after: str = ""
    before: str = ""


@register.case("order.list", Listing)
async def listed(trade: doors.Trade, given: Listing, report: doors.Report) -> doors.Json:
    """One page of orders, both those I sell and those I buy."""

    def unit(desk: books.Desk) -> doors.Json:
        channel = None if given.partner is None else peering.find(desk, given.partner)[1].id
        wanted = orderlists.Filter(
            states=states_of(given),
            buying=None if given.selling is None else not given.selling,
            channel=channel,
            shop=given.shop,
            since_ms=given.since_ms,
            until_ms=given.until_ms,
            text=given.text or "",
            duty="" if given.duty is None else given.duty.value,
        )
        limit = max(1, min(given.limit, ROWS_MAX))
        page = leafed(desk, wanted, limit, given.after, given.before)
        names = rows.partner_names(desk)
        shown = [complete(trade, desk, row, rows.describe(row, names[row.channel])) for row in page.rows]
        counts: dict[str, int] = {}
        for (_, state), count in orderlists.counts(desk.db, wanted.buying, channel, given.shop).items():
            counts[state] = counts.get(state, 0) + count
        return {
            "orders": shown,
            "next": edge_of(page, -1) if page.rows and page.older else None,
            "previous": edge_of(page, 0) if page.rows and page.newer else None,
            "counts": counts,
            "waiting": stored.counts(desk.db).get(wanted.duty, 0) if wanted.duty else None,
            "shops": orderlists.shops(desk.db),
        }

    return await trade.books.read(unit)


def states_of(given: Listing) -> tuple[str, ...]:
    """The states that are asked for."""
    several = [given.state] if isinstance(given.state, OrderState) else given.state
    return tuple(state.value for state in several or OrderState)


def leafed(desk: books.Desk, wanted: orderlists.Filter, limit: int, after: str, before: str) -> orderlists.Page:
    """The page that is asked for."""
    if wanted.duty:
        return orderlists.queue(desk.db, wanted, limit, place(after), place(before))
    return orderlists.page(desk.db, wanted, limit, page_end(desk, after), page_end(desk, before))


def edge_of(page: orderlists.Page, row: int) -> str:
    """How the next or previous page names its end. What waits is done any minute: its place is named."""
    if not page.places:
        return page.rows[row].thread.hex()
    due_ms, ts_ms, key = page.places[row]
    return f"{due_ms}.{ts_ms}.{key.hex()}"


def place(edge: str) -> stored.Place | None:
    """Where another page of what waits ends; None for none. NodeError `request.malformed`."""
    if not edge:
        return None
    if re.fullmatch(EDGE, edge) is None:
        raise malformed(edge)
    due_ms, ts_ms, key = edge.split(".")
    return stored.Place(int(due_ms), int(ts_ms), bytes.fromhex(key))


def page_end(desk: books.Desk, edge: str) -> bytes | None:
    """The order at which another page ends; None for none. NodeError `request.malformed`."""
    if not edge:
        return None
    row = next(iter(orderbooks.find_orders(desk.db, edge)), None)
    if row is None:
        raise malformed(edge)
    return row.thread


def malformed(edge: str) -> errors.NodeError:
    """The NodeError for what no page named."""
    return errors.NodeError(
        "request.malformed", "this is not where a page ends", expected="what another page named", got=edge
    )


def complete(trade: doors.Trade, desk: books.Desk, row: orderbooks.OrderRow, shown: dict[str, Any]) -> doors.Json:
    """What only the books know: until when something waits, and where it goes if this node ships it.

    Where a damaged entry keeps the book from being read, or the book is not whole yet, the row stands without.
    """
    book = peering.readable(desk, row.channel) if row.state != OrderState.CLOSED else None
    shown |= {"due_ms": None, "due_row": None, "due_for": None}
    if book is None or row.thread not in book.history.orders:  # it has not come back after a restore
        return shown
    due = [(due_s, clock.wait) for clock in waits.of_thread(book, row.thread)
           if (due_s := waits.clock_due(desk, book, clock)) is not None]  # fmt: skip
    if due:
        due_s, wait = min(due, key=lambda pair: pair[0])
        who = "partner" if waits.is_mine(book, wait) else "me"
        shown |= {"due_ms": due_s * 1000, "due_row": wait.row, "due_for": who}
    if row.ships and not row.city:
        consumer = orders.recipient(trade, desk, orders.Found(row, book, book.history.orders[row.thread]))
        shown["city"] = (consumer or {}).get("city")
    return shown
