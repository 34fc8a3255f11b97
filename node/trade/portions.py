"""Doing the same to many orders, some in one transaction each, and saying what became of every one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

from contracts import errors as refusals
from contracts import orders
from contracts.lots import LotState
from node import errors
from node.storage import orderbooks
from node.trade import books, doors

FAULTS_SHOWN_MAX = 100
ORDERS_PER_TRANSACTION = 64
One = Callable[[books.Desk, str], None]


async def chosen(
    trade: doors.Trade, order: str | None, several: Sequence[str] | None, all: bool, state: str = "placed"
) -> list[str]:
    """Which orders a person means."""
    if not all:
        return list(several or []) + ([order] if order is not None else [])
    waiting = await trade.database.read(lambda db: orderbooks.in_turn(db, state))
    return [thread.hex() for thread in waiting]


def line_quantities(order: orders.Order, given: Mapping[str, int] | None, *states: LotState) -> dict[int, int]:
    """Units by line: everything in the given states, or what was asked for."""
    if given is None:
        return {line.number: line.quantity(*states) for line in order.lines.values()}
    unknown = [key for key in given if not key.isdigit() or int(key) not in order.lines]
    if unknown:
        raise errors.NodeError(
            "order.line", "no such line", expected=", ".join(map(str, order.lines)), got=", ".join(unknown)
        )
    return {int(key): quantity for key, quantity in given.items()}


async def each(
    trade: doors.Trade,
    wanted: Sequence[str],
    one: One,
    report: doors.Report,
    what: str,
) -> tuple[int, list[doors.Json]]:
    """Do the same to many orders, some in one transaction; one that is refused is reported and stops no other.

    When a portion contains a refusal it is rolled back whole, and its orders are done one by one.
    """
    done, refused = 0, []
    for first in range(0, len(wanted), ORDERS_PER_TRANSACTION):
        portion = wanted[first : first + ORDERS_PER_TRANSACTION]
        try:
            await trade.books.act(functools.partial(all_of, portion=portion, one=one))
            done += len(portion)
        except (refusals.Refused, errors.NodeError) as error:
            if isinstance(error, errors.StorageError):
                raise
            for id in portion:
                fault = await try_one(trade, id, one)
                done += fault is None
                refused += [] if fault is None else [fault]
        report(what, first + len(portion), len(wanted))
    return done, refused[:FAULTS_SHOWN_MAX]


def all_of(desk: books.Desk, portion: Sequence[str], one: One) -> None:
    """Do it to every order of a portion."""
    for id in portion:
        one(desk, id)


async def try_one(trade: doors.Trade, id: str, one: One) -> doors.Json | None:
    """Do it to one order; what it was refused for."""
    try:
        await trade.books.act(lambda desk: one(desk, id))
    except refusals.Refused as refused:
        return {"order": id, "faults": doors.fault_rows(refused)}
    except errors.StorageError:
        raise
    except errors.NodeError as error:
        return {
            "order": id,
            "faults": [
                {
                    "what": error.message,
                    "code": error.code,
                    "path": "",
                    "expected": "" if error.expected is None else str(error.expected),
                    "got": "" if error.got is None else str(error.got),
                }
            ],
        }
    return None
