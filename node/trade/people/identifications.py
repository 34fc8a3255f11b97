"""Asking somebody who is signed in for the password again.

What makes an account weaker, lets somebody else in, or could lock its owner out needs more than a browser that was left
open.
"""

from __future__ import annotations

import sqlite3

from node import errors
from node.storage import operators as rows
from node.trade import doors, policies
from node.trade.people import attempts

PLACE = "account"
"""Where a password is tried that is asked for again."""


async def confirm(trade: doors.Trade, typed: str) -> None:
    """`prove`, where an operator asks: whoever runs the node's process, and nobody else, needs no password.

    NodeError as `prove`; `operator.unknown` for a program.
    """
    if trade.caller != policies.MACHINE:
        if not typed:
            raise errors.NodeError("sign-in.wrong", "this needs your own password")
        await prove(trade, typed)


def own(trade: doors.Trade, db: sqlite3.Connection) -> rows.Operator:
    """The operator who asks. NodeError `operator.unknown` for the machine and for programs, which have no account."""
    known = None if trade.caller.operator is None else rows.by_id(db, trade.caller.operator)
    if known is None:
        raise errors.NodeError("operator.unknown", "whoever asks is no operator of the console")
    return known


async def prove(trade: doors.Trade, typed: str) -> None:
    """Ask for the password again. NodeError `sign-in.wrong`, `sign-in.wait`, `sign-in.busy`, `operator.unknown`."""
    now_ms = trade.world.clock.now_ms()

    def reserve(db: sqlite3.Connection) -> rows.Operator:
        known = own(trade, db)
        refuse_early(attempts.reserve(db, counted(trade, known), now_ms))
        return known

    known = await trade.database.write(reserve)
    if not await trade.passwords.verify(typed, known.password):
        raise errors.NodeError("sign-in.wrong", "the password is wrong")
    await trade.database.write(lambda db: attempts.forgive(db, counted(trade, known), all=True))


def counted(trade: doors.Trade, known: rows.Operator) -> list[attempts.Count]:
    """What a wrong password counts against where it is asked for again."""
    return [attempts.Count(attempts.account(trade.keys.root, known.name), PLACE, attempts.FREE)]


def refuse_early(wait_ms: int) -> None:
    """NodeError `sign-in.wait` where the next attempt is not allowed yet."""
    if wait_ms:
        raise errors.NodeError(
            "sign-in.wait", "too many wrong attempts", expected=f"{-(-wait_ms // 1000)} s of patience"
        )
