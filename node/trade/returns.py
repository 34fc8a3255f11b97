"""Returns of either side: finding one, what waits, and showing one with all that was said beside it (table T6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts import lots, orders, terms
from contracts import returns as rules
from contracts.documents import returns as papers
from contracts.lots import Lot, LotState
from node import errors
from node.storage import logbooks
from node.trade import attachments, books, catalogues, doors, issues, peering
from node.trade import orders as order_cases
from protocol.encoding import Value

register = doors.Register()
STAGES: Final = (
    *(LotState.RETURN_ASKED, LotState.RETURN_OFFERED, LotState.RETURN_APPROVED, LotState.IN_RETURN),
    *(LotState.BACK, LotState.INSPECTED, LotState.RETURN_REFUSED, LotState.REFUNDED, LotState.EXCHANGED),
)
"""The least advanced first: a return as a whole stands where its least advanced quantity stands."""
KEPT: Final = "withdrawn"
"""What a return is called whose buyer keeps everything."""
_WAITS_FOR: Final = {
    LotState.RETURN_ASKED: "seller",
    LotState.RETURN_OFFERED: "buyer",
    LotState.RETURN_APPROVED: "buyer",
    LotState.IN_RETURN: "seller",
    LotState.BACK: "seller",
    LotState.INSPECTED: "seller",
}


class Told(doors.Arguments):
    """What every step may say: a message and files such as photos; with a `key` a repeat does nothing twice."""

    message: str | None = None
    files: attachments.Files | None = None
    key: str | None = None


class Step(Told):
    """A return by 8 or more characters of its hash, or by the number of its order. `quantities`: not all of it."""

    name: str
    quantities: dict[str, doors.Quantity] | None = None


class Listed(doors.Arguments):
    """Of one partner, or of all; `live`: only those that are not at an end."""

    partner: str | None = None
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
        return lot.request == self.key and (self.key is not None or lot.state in lots.RETURN_OPEN)

    @property
    def role(self) -> str:
        """What this node is in the order."""
        return issues.role(self.book, self.order.version)


# --- finding


def every(desk: books.Desk, partner: str | None = None) -> list[Found]:
    """All returns, the oldest first."""
    return [
        Found(book, thread, key)
        for book in peering.open_books(desk, partner)
        for thread, order in book.history.orders.items()
        for key in order.returns
    ]


def find(desk: books.Desk, wanted: str) -> Found:
    """The return that a person means. NodeError `return.unknown` when there is no single one."""
    known = every(desk)
    found = [
        one for one in known if one.key is not None and len(wanted) >= 8 and one.key.hex().startswith(wanted.lower())
    ]
    if not found:
        about = [one for one in known if one.order.number == wanted or one.thread.hex().startswith(wanted.lower())]
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
    return next((state.value for state in STAGES if state in units), KEPT)


def is_live(found: Found) -> bool:
    """Whether somebody still has to do something."""
    return any(state in _WAITS_FOR for state in found.units())


def waits_for_me(found: Found) -> bool:
    """Whether the next step is this merchant's."""
    return any(_WAITS_FOR.get(state) == found.role for state in found.units())


def waits(book: books.Book) -> int:
    """How many returns wait for this merchant."""
    return sum(
        waits_for_me(Found(book, thread, key)) for thread, order in book.history.orders.items() for key in order.returns
    )


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


@register.case("return.show", One)
async def show(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """One return with its lines, parcels, documents, and what was written and sent beside them."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.name)
        assert found.key is not None
        order, asked = found.order, found.order.returns[found.key]
        bearer = terms.bearer(order.version, "delivered", "back", asked.fault)
        return {
            **describe(found),
            "fault": asked.fault,
            "freight_borne_by": bearer,
            "freight": catalogues.shown(asked.way_back, order.version.currency) if asked.way_back else None,
            "lines": [
                {
                    "line": line.number,
                    "sku": line.terms[lot.terms].sku,
                    "quantity": lot.quantity,
                    "state": lot.state.value,
                    "verdict": lot.verdict,
                }
                for line in order.lines.values()
                for lot in line.lots
                if found.holds(lot)
            ],
            "shipments": [{"carrier": carrier, "waybill": waybill} for carrier, waybill in asked.shipped],
            "documents": told(desk, found),
        }

    return await trade.books.act(unit)


def told(desk: books.Desk, found: Found) -> list[doors.Json]:
    """Every document of the return with what was written beside it."""
    logs = [logbooks.of_channel(desk.db, found.book.channel.id, mine=side == found.book.side) for side in (0, 1)]
    assert found.key is not None
    decided = {member.hash for member in found.order.returns[found.key].decided}
    shown: list[doors.Json] = []
    for row in order_cases.documents(desk, found.book, found.thread):
        side = found.book.side if row["by"] == "me" else 1 - found.book.side
        entry = books.stored_entry(desk.db, logs[side].id, row["index"])
        said: Mapping[str, Any] = {} if entry is None else entry.body
        about = (bytes.fromhex(row["hash"]), said.get("request"), said.get("target"))
        if found.key in about or said.get("offer") in decided:
            row["message"], row["files"] = ("", []) if entry is None else attachments.shown(desk.db, entry.body)
            shown.append(row)
    return shown
