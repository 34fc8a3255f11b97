"""What a dealer may decide before its supplier has: at its own risk, and said so in the document (table T5)."""

from __future__ import annotations

from typing import Literal

from contracts.lots import LotState
from node import errors
from node.trade import books, doors
from node.trade.ordering import alignments, orders

register = doors.Register()


class CancelAnswer(orders.One):
    """Only a dealer has to ask for this: what lies on an own shelf is stopped without a word."""

    own_risk: Literal[True]


@register.case("order.cancel-answer", CancelAnswer)
async def answer_cancel(trade: doors.Trade, given: CancelAnswer, report: doors.Report) -> doors.Json:
    """Grant a buyer's cancel before the supplier has answered mine: if the parcel leaves all the same, I bear it."""

    def unit(desk: books.Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        waiting = sum(line.quantity(LotState.CANCELLING) for line in found.order.lines.values())
        if found.row.buying or not waiting:
            raise errors.NodeError(
                "order.nothing",
                "no cancel of a buyer waits for my answer",
                expected="cancelling, in an order that I sell",
                got=found.row.state,
            )
        for cancel in alignments.open_cancels(found.order):
            alignments.answer_cancel(desk, found.book, found.row.thread, cancel, own_risk=True)
        return {"order": found.row.thread.hex(), "stopped": waiting}

    return await trade.books.act(unit)
