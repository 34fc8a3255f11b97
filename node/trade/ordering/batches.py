"""The consumers' orders that came in one file, and taking back those that no supplier has answered.

What was signed stays signed: an order is taken back as any other, by asking the supplier to stop it, which needs
nobody's consent as long as nothing was answered (docs/trade.md, `cancel.request`). A consumer's order is taken back
whole or not at all. Afterwards the same file, or a better one, may be taken in again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

from contracts.lots import LotState
from node import errors
from node.storage import intakes, orderbooks
from node.trade import books, doors, portions
from node.trade.ordering import orders, purchases, rows
from protocol.encoding import Value

REASON: Final = "mistake"
SHOWN_MAX: Final = 200
ENDED: Final = frozenset({LotState.REJECTED, LotState.WITHDRAWN, LotState.CANCELLED, LotState.LAPSED})
"""Nothing comes of such units any more."""


class Standing(StrEnum):
    """How a consumer's order of a file stands."""

    GONE = "gone"
    """A supplier has begun with it."""
    WAITS = "waits"
    """Nobody has answered it: it can be taken back."""
    ENDED = "ended"
    """It was cancelled or rejected, and stays so."""
    TAKEN_BACK = "taken-back"


PLACES: Final = {standing: place for place, standing in enumerate(Standing)}
"""In which order a list shows them."""


def begin(trade: doors.Trade, desk: books.Desk, name: str) -> int:
    """Remember a file; its number."""
    return intakes.add(desk.db, intakes.Intake(0, desk.now_ms(), intakes.ORDERS, name, trade.caller.name, ""))


def parts(desk: books.Desk, shop_order: int) -> list[orders.Found]:
    """The orders to suppliers that serve a consumer's, for reading."""
    found = (orderbooks.order(desk.db, thread) for thread in orderbooks.threads_serving(desk.db, shop_order))
    return [orders.of_row(desk, row) for row in found if row is not None]


def standing(desk: books.Desk, shop_order: int, found: Sequence[orders.Found]) -> Standing:
    """How a consumer's order stands, by all units of its parts."""
    if orderbooks.is_taken_back(desk.db, shop_order):
        return Standing.TAKEN_BACK
    states = {state for one in found for state in states_of(one)}
    if states - ENDED - {LotState.PLACED}:
        return Standing.GONE
    return Standing.WAITS if LotState.PLACED in states else Standing.ENDED


def states_of(found: orders.Found) -> Iterator[LotState]:
    """The states of all units of an order."""
    return (lot.state for line in found.order.lines.values() for lot in line.lots if lot.quantity)


def lingers(desk: books.Desk, source: str) -> bool:
    """Whether a supplier may still deliver what was taken back: it had accepted before it heard of it."""
    return any(
        state not in ENDED
        for id in orderbooks.taken_back(desk.db, source)
        for found in parts(desk, id)
        for state in states_of(found)
    )


def served(desk: books.Desk, book: books.Book, source: str) -> bytes:
    """What an order to a supplier is for: a consumer's order, and which time if it was taken back before.

    The number of the order follows from it, so that it is known again; how often it was taken back is asked of the
    book as well, since that outlives this disk.
    """
    time = len(orderbooks.taken_back(desk.db, source))
    while purchases.placed_for(desk, book, named(source, time + 1)):
        time += 1
    return named(source, time)


def named(source: str, time: int) -> bytes:
    """A consumer's order for the first time, or for a later one."""
    return b"consumer\n" + source.encode() + (b"\n%d" % time if time else b"")


def shown(desk: books.Desk, intake: int) -> doors.Json:
    """What became of a file of orders: how many stand how, and the first of them, those that stay before the others.
    `since`: the numbers of those that suppliers have begun with."""
    every = sorted(standings(desk, intake), key=lambda one: PLACES[one[1]])
    names = rows.partner_names(desk)
    return {
        "standings": {state.value: sum(stands is state for _, stands in every) for state in Standing},
        "orders": [described(desk, id, stands, names) for id, stands in every[:SHOWN_MAX]],
        "more": max(0, len(every) - SHOWN_MAX),
        "since": [number_of(desk, id) for id, stands in every if stands is Standing.GONE],
    }


def described(desk: books.Desk, shop_order: int, stands: Standing, names: Mapping[int, str]) -> doors.Json:
    """A consumer's order of a file for people, with its parts."""
    known = orderbooks.shop_order(desk.db, shop_order)
    return {
        "number": "" if known is None else known.number,
        "shop": "" if known is None else known.shop,
        "standing": stands.value,
        "orders": [rows.describe(one.row, names[one.row.channel]) for one in parts(desk, shop_order)],
    }


def gone(desk: books.Desk, intake: int) -> dict[str, errors.Fault]:
    """The orders of a file that suppliers have begun with, by their number in the shop."""
    told = {}
    for id in standing_so(desk, intake, Standing.GONE):
        number = number_of(desk, id)
        states = ", ".join(one.row.state for one in parts(desk, id))
        told[number] = errors.fault("import.gone", number, "an order that nobody has answered", states)
    return told


def number_of(desk: books.Desk, shop_order: int) -> str:
    """What the shop calls an order."""
    known = orderbooks.shop_order(desk.db, shop_order)
    return "" if known is None else known.number


async def undo(trade: doors.Trade, intake: int, report: doors.Report) -> tuple[int, list[str]]:
    """Take back every order of a file that waits: how many that were, and the numbers of those that stay."""
    waiting = await trade.books.read(lambda desk: standing_so(desk, intake, Standing.WAITS))
    done, _ = await portions.each(trade, [str(id) for id in waiting], take_back, report, "taking back")
    return done, await trade.books.act(lambda desk: finish(desk, intake))


def standings(desk: books.Desk, intake: int) -> list[tuple[int, Standing]]:
    """The consumers' orders of a file, and how each stands."""
    return [(id, standing(desk, id, parts(desk, id))) for id in intakes.orders(desk.db, intake)]


def standing_so(desk: books.Desk, intake: int, wanted: Standing) -> list[int]:
    """The consumers' orders of a file that stand so."""
    return [id for id, stands in standings(desk, intake) if stands is wanted]


def take_back(desk: books.Desk, named: str) -> None:
    """Ask all suppliers of a consumer's order to stop it. NodeError `import.changed` if one has answered meanwhile."""
    id = int(named)
    found = [orders.find(desk, one.row.thread.hex()) for one in parts(desk, id)]
    if standing(desk, id, found) is not Standing.WAITS:
        raise errors.NodeError("import.changed", "it was answered meanwhile", got=number_of(desk, id))
    for one in found:
        waiting: list[Value] = [
            {"line": line.number, "quantity": quantity}
            for line in one.order.lines.values()
            if (quantity := line.quantity(LotState.PLACED))
        ]
        if waiting:
            purchases.stop(desk, one, waiting, REASON)
    orderbooks.take_back(desk.db, id, desk.now_ms())


def finish(desk: books.Desk, intake: int) -> list[str]:
    """Note that a file was taken back, unless something of it still could be; the numbers of the orders that stay."""
    left = [(id, stands) for id, stands in standings(desk, intake) if stands in (Standing.GONE, Standing.WAITS)]
    if all(stands is Standing.GONE for _, stands in left):
        intakes.take_back(desk.db, intake, desk.now_ms())
    return sorted(number_of(desk, id) for id, _ in left)
