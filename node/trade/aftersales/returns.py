"""Returns of either side: finding one, what waits, and showing one with all that was said beside it (table T6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from contracts import lots, orders
from contracts import returns as rules
from contracts.documents import returns as papers
from contracts.lots import Lot, LotEvent, LotState
from node import errors
from node.storage import aftersales, orderbooks
from node.trade import attachments, books, doors, peering, waits
from node.trade.goods import catalogues
from node.trade.ordering import orders as order_cases
from protocol.encoding import Value

register = doors.Register()
STAGES: Final = (
    *(LotState.RETURN_ASKED, LotState.RETURN_OFFERED, LotState.RETURN_APPROVED, LotState.IN_RETURN),
    *(LotState.BACK, LotState.INSPECTED, LotState.RETURN_REFUSED, LotState.REFUNDED, LotState.EXCHANGED),
)
"""The least advanced first: a return as a whole stands where its least advanced quantity stands."""
KEPT: Final = "withdrawn"
"""What a return is called whose buyer keeps everything."""
STRAY: Final = (LotState.CONTESTED, LotState.RETURNING, LotState.BACK, LotState.INSPECTED)
"""What came back, or did not arrive in order, without anybody having asked for a return."""
STRAY_HELD: Final = (*lots.RETURN_OPEN, *STRAY, LotState.REFUNDED)
_WAITS_FOR: Final = {
    LotState.RETURN_ASKED: "seller",
    LotState.RETURN_OFFERED: "buyer",
    LotState.RETURN_APPROVED: "buyer",
    LotState.IN_RETURN: "seller",
    LotState.BACK: "seller",
    LotState.INSPECTED: "seller",
    LotState.RETURNING: "seller",
    LotState.CONTESTED: "seller",
}
STEPS: Final[Mapping[str, tuple[str, tuple[LotEvent, ...]]]] = {
    "return.approve": ("seller", (LotEvent.APPROVE,)),
    "return.offer": ("seller", (LotEvent.OFFER_PART,)),
    "return.reject": ("seller", (LotEvent.REFUSE_BACK,)),
    "return.receive": ("seller", (LotEvent.TAKE_BACK,)),
    "return.inspect": ("seller", (LotEvent.INSPECT,)),
    "return.refund": ("seller", (LotEvent.REFUND, LotEvent.FORGO)),
    "return.exchange": ("seller", (LotEvent.EXCHANGE,)),
    "return.accept": ("buyer", (LotEvent.TAKE_PART,)),
    "return.decline": ("buyer", (LotEvent.DECLINE_PART,)),
    "return.ship": ("buyer", (LotEvent.SEND_BACK,)),
    "return.withdraw": ("buyer", (LotEvent.KEEP,)),
    "return.proof": ("buyer", (LotEvent.ARRIVE_SILENT,)),
}
"""Use case -> the role that may take this step, and what it does by table T6."""
ABOUT_STRAY: Final = ("receipt.advice", "cancel.result", "return.receive", "return.inspect", "refund.grant")
"""The documents that say what came back without a return, or did not arrive in order."""
WITH_REQUEST: Final = frozenset(STEPS) - {"return.receive", "return.inspect", "return.refund"}
"""Steps that need somebody to have asked for a return."""


class Told(doors.Arguments):
    """What every step may say: a message and files such as photos; with a `key` a repeat does nothing twice."""

    message: str | None = None
    files: attachments.Files | None = None
    key: str | None = None


class Step(Told):
    """A return by 8 or more characters of its hash, or by the number of its order. `quantities`: not all of it."""

    name: str
    quantities: dict[str, doors.Quantity] | None = None


class Listed(doors.OfPartner):
    """`live`: only those that are not at an end."""

    live: bool = False


class One(doors.Arguments):
    """One return."""

    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """A return in its book; `key` is None for what came back without one, or is contested in the order."""

    book: books.Book
    thread: bytes
    key: bytes | None

    @property
    def order(self) -> orders.Order:
        """The order as it is now."""
        return self.book.history.orders[self.thread]

    def units(self) -> dict[LotState, int]:
        """Units of it by state."""
        every = [lot for line in self.order.lines.values() for lot in line.lots if self.holds(lot)]
        return {
            state: sum(lot.quantity for lot in every if lot.state is state) for state in {lot.state for lot in every}
        }

    def holds(self, lot: Lot) -> bool:
        """Whether a lot belongs to it."""
        return lot.request == self.key and (self.key is not None or lot.state in STRAY_HELD)

    @property
    def role(self) -> str:
        """What this node is in the order."""
        return self.book.role(self.order.version.seller)


# --- finding


def every(desk: books.Desk, partner: str | None = None) -> list[Found]:
    """All returns, the oldest first."""
    channel = None if partner is None else peering.find(desk, partner)[1].id
    rows = sorted(aftersales.every(desk.db, "return", channel), key=lambda row: row.since_ms)
    known = {row.channel: peering.readable(desk, row.channel) for row in rows}
    return [
        Found(book, row.thread, row.request)
        for row in rows
        if (book := known[row.channel]) is not None and row.request != aftersales.STRAY
    ]


def find(desk: books.Desk, wanted: str) -> Found:
    """The return that a person means. NodeError `return.unknown` when there is no single one."""
    found = [
        Found(desk.peek(row.channel), row.thread, row.request)
        for row in aftersales.beginning_with(desk.db, wanted.lower(), "return")
    ]
    if not found:
        about = [
            Found(desk.peek(row.channel), row.thread, key)
            for row in orderbooks.find_orders(desk.db, wanted)
            for key in order_cases.in_book(desk.peek(row.channel), row.thread).returns
        ]
        found = [one for one in about if is_live(one)] or about
    if len(found) != 1:
        names = ", ".join(one.key.hex()[:12] for one in found if one.key is not None)
        raise errors.NodeError(
            "return.unknown",
            "no single return is called so",
            expected=f"one of {names}" if names else "8 or more characters of its hash, or the number of its order",
            got=wanted,
            hint="`hanse return list` shows them",
        )
    return Found(desk.book(found[0].book.channel.id), found[0].thread, found[0].key)


def find_any(desk: books.Desk, wanted: str) -> Found:
    """A return, or else an order: what came back undelivered and what is contested needs no return."""
    try:
        return find(desk, wanted)
    except errors.NodeError as unknown:
        try:
            order = order_cases.find(desk, wanted)
        except errors.NodeError:
            raise unknown from None
        if order.order.returns:
            raise unknown from None
        return Found(order.book, order.row.thread, None)


def state_of(found: Found) -> str:
    """The word for a return as a whole."""
    units = found.units()
    return next((state.value for state in (*STAGES, *STRAY[:2]) if state in units), KEPT)


def is_live(found: Found) -> bool:
    """Whether somebody still has to do something."""
    return any(state in _WAITS_FOR for state in found.units())


def waits_for_me(found: Found) -> bool:
    """Whether the next step is this merchant's."""
    return any(_WAITS_FOR.get(state) == found.role for state in found.units())


def turn(state: LotState) -> str | None:
    """The role that has to do something about goods in a state, if any has to."""
    return _WAITS_FOR.get(state)


def possible(found: Found) -> list[str]:
    """The use cases that this merchant can take now, by the table and its role."""
    there = set(found.units())
    return [
        case
        for case, (role, events) in STEPS.items()
        if role == found.role
        and (found.key is not None or case not in WITH_REQUEST)
        and any(
            (state, event) in lots.TABLE and lots.TABLE[state, event] is not state
            for state in there
            for event in events
        )
    ]


def deadlines(desk: books.Desk, found: Found) -> list[doors.Json]:
    """What of a return waits under a clock."""
    every = waits.of_order(found.order, every=False)
    return [waits.shown(desk, found.book, wait) for wait in every if wait.target == found.key]


def chosen(found: Found, given: Mapping[str, int] | None, *states: LotState) -> list[tuple[int, int]]:
    """(line, units) in these states: all of them, or what was asked for. NodeError `return.nothing` for none."""
    there = {
        line.number: sum(lot.quantity for lot in line.lots if lot.request == found.key and lot.state in states)
        for line in found.order.lines.values()
    }
    if given is not None:
        unknown = [name for name in given if not name.isdecimal() or int(name) not in there]
        if unknown:
            raise errors.NodeError(
                "order.line", "no such line", expected=", ".join(map(str, there)), got=", ".join(unknown)
            )
        there = {int(name): quantity for name, quantity in given.items()}
    picked = [(number, quantity) for number, quantity in there.items() if quantity]
    if not picked:
        raise errors.NodeError(
            "return.nothing",
            "nothing of this return can do that now",
            expected=" or ".join(states),
            got=", ".join(f"{count} {state}" for state, count in found.units().items()) or "nothing",
        )
    return picked


def rows(picked: list[tuple[int, int]], **more: Value) -> list[Value]:
    """Lines of a document."""
    return [{"line": number, "quantity": quantity, **more} for number, quantity in picked]


def body(desk: books.Desk, found: Found, given: Told, lines: list[Value], **more: Value) -> books.Body:
    """The body of a step of a return, with what was said beside it."""
    told = attachments.put(desk, given.message, given.files)
    named: books.Body = {} if found.key is None else {"request": found.key}
    return {"thread": found.thread, **named, "lines": lines, "attachments": told, **more}


async def step(
    trade: doors.Trade, given: Step, write: Callable[[books.Desk, Found], None], any_order: bool = False
) -> doors.Json:
    """Do one step of a return, once."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find_any(desk, given.name) if any_order else find(desk, given.name)
        write(desk, found)
        return describe(found)

    return await doors.once(trade, given.key, unit)


# --- looking


@register.case("return.list", Listed)
async def listed(trade: doors.Trade, given: Listed, report: doors.Report) -> doors.Json:
    """All returns, the newest last."""

    def unit(desk: books.Desk) -> doors.Json:
        shown = [describe(one) for one in every(desk, given.partner) if is_live(one) or not given.live]
        return {"returns": shown}

    return await trade.books.read(unit)


def describe(found: Found) -> doors.Json:
    """One return for people."""
    order, currency = found.order, found.order.version.currency
    asked = None if found.key is None else order.returns[found.key].member.document
    wanted = asked if isinstance(asked, papers.Request) else None
    due = rules.due(order, found.key)
    repaid = order.owed.refund + order.owed.refund_tax
    return {
        "return": None if found.key is None else found.key.hex(),
        "order": order.number,
        "thread": found.thread.hex(),
        "partner": found.book.partner.name,
        "selling": found.role == "seller",
        "reason": None if wanted is None else wanted.reason,
        "remedy": None if wanted is None else wanted.remedy,
        "quantity": sum(found.units().values()),
        "state": state_of(found),
        "units": {state.value: count for state, count in found.units().items()},
        "to_refund": catalogues.shown(sum(amount for _, amount in due.values()), currency) if due else None,
        "refunded": catalogues.shown(-repaid, currency) if repaid else None,
        "waits_for_me": waits_for_me(found),
    }
