"""Today: everything that waits for this merchant, by what has to be done, the longest waiting first.

The rows of `duties` follow the folds, so a morning costs what is open. Deadlines that may be claimed stand beside them:
which ones are over depends on the clock, and is asked of the books each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final

import pydantic

from node.storage import duties as stored
from node.storage import errands, orderbooks
from node.trade import books, doors, peering, policies, schedules, waits
from node.trade.aftersales import issues
from node.trade.day.duties import Duty
from node.trade.goods import catalogues
from node.trade.money import invoices, nettings, statements
from node.trade.ordering import rows

register = doors.Register()
CLAIM: Final = "claim"
"""Deadlines of partners that are over: what their silence gives can be claimed."""
DONE_BY: Final = {
    Duty.STATEMENT: "statement.list",
    Duty.INVOICE: "invoice.list",
    Duty.PAYMENT: "payment.list",
    Duty.NETTING: "netting.list",
    Duty.PAYEE: "payee.show",
}
"""Whoever may not see these lists is told of nothing that waits in them."""
Fields = dict[str, Any]


class Today(doors.Arguments):
    """`limit`: so many of each kind are shown; all are counted."""

    limit: Annotated[int, pydantic.Field(ge=0, le=100)] = 5


@register.case("today", Today)
async def today(trade: doors.Trade, given: Today, report: doors.Report) -> doors.Json:
    """What waits for me, by what has to be done; `errands` are left to me along a chain; whether a backup is due."""

    def unit(desk: books.Desk) -> doors.Json:
        counts = stored.counts(desk.db)
        names = rows.partner_names(desk)
        kinds = [
            {
                "duty": duty.value,
                "count": counts[duty],
                "rows": [shown(desk, row, names[row.channel]) for row in stored.first(desk.db, duty, given.limit)],
            }
            for duty in Duty
            if counts.get(duty) and policies.permits(trade.caller, DONE_BY.get(duty, "today"))
        ]
        over = sorted(claimable(desk), key=lambda row: row[0])
        if over:
            first = [claim(desk, book, wait, due_s) for due_s, book, wait in over[: given.limit]]
            kinds.append({"duty": CLAIM, "count": len(over), "rows": first})
        return {
            "kinds": kinds,
            "count": sum(int(str(kind["count"])) for kind in kinds),
            "errands": sum(one.state is not errands.ErrandState.DISMISSED for one in errands.every(desk.db)),
            "backup": schedules.standing(desk.db, desk.now_ms()),
        }

    return await trade.books.read(unit)


def shown(desk: books.Desk, row: stored.Row, partner: str) -> doors.Json:
    """One thread that waits: what it is called, with whom, since and until when."""
    book = peering.readable(desk, row.channel)
    said: Fields = {"id": row.key.hex(), "partner": partner, "since_ms": row.ts_ms, "due_ms": None}
    listed = orderbooks.order(desk.db, row.key)
    if listed is not None:
        said |= of_order(listed)
    if book is None:
        return said
    if listed is None:
        said |= OTHERS[Duty(row.duty)](book, row.key)
    return {**said, "due_ms": answer_by_ms(desk, book, row.key)}


def of_order(listed: orderbooks.OrderRow) -> Fields:
    """An order, from its row."""
    return {
        "number": listed.shop_number or listed.number,
        "what": catalogues.title_of(dict(listed.titles)) or listed.sku,
        "titles": dict(listed.titles),
        "lines": listed.line_count,
        "quantity": listed.quantity,
        "amount": catalogues.shown(listed.minor, listed.currency),
        "state": listed.state,
    }


def answer_by_ms(desk: books.Desk, book: books.Book, key: bytes) -> int | None:
    """Until when this merchant has to answer in a thread; None where no clock runs against it."""
    clocks = [clock for clock in waits.of_thread(book, key) if not waits.is_mine(book, clock.wait)]
    ends = [waits.clock_due(desk, book, clock) for clock in clocks]
    return min((end * 1000 for end in ends if end is not None), default=None)


def of_issue(book: books.Book, key: bytes) -> Fields:
    """A complaint."""
    said = issues.describe(issues.Found(book, book.history.issues[key]))
    return {"number": said["order"] or key.hex()[:12], "what": said["category"], "state": said["state"]}


def of_quote(book: books.Book, key: bytes) -> Fields:
    """A request for a price."""
    quotation = book.history.quotations[key]
    wanted = ", ".join(f"{line.sku} × {line.quantity}" for line in quotation.request.lines)
    return {"number": key.hex()[:12], "what": wanted, "state": quotation.state.value}


def of_agreement(book: books.Book, key: bytes) -> Fields:
    """A proposed agreement."""
    agreement = book.history.agreements[key]
    side = "sell" if agreement.seller == book.side else "buy"
    return {"number": agreement.last.hex()[:12], "what": side, "state": agreement.state.value}


def of_statement(book: books.Book, key: bytes) -> Fields:
    """A proposed statement."""
    said = statements.describe(statements.Found(book, book.history.statements[key]))
    return {"number": said["period"], "what": "", "amount": said["closing"], "state": said["state"]}


def of_invoice(book: books.Book, key: bytes) -> Fields:
    """An invoice to be answered."""
    said = invoices.describe(invoices.Found(book, book.history.invoices[key]))
    return {"number": said["number"], "what": said["kind"], "amount": said["total"], "state": said["state"]}


def of_payment(book: books.Book, key: bytes) -> Fields:
    """A payment that may have arrived."""
    payment = book.history.payments[key]
    amount = catalogues.shown(payment.amount, payment.currency)
    return {"number": payment.reference, "what": "", "amount": amount, "state": payment.state.value}


def of_netting(book: books.Book, key: bytes) -> Fields:
    """A proposal to let debts cancel out."""
    said = nettings.describe(book, book.history.setoffs[key])
    return {"number": key.hex()[:12], "what": "", "amount": said["amount"], "state": said["state"]}


def of_payee(book: books.Book, key: bytes) -> Fields:
    """Payment details that changed."""
    return {"number": "", "what": ""}


OTHERS: Final[Mapping[Duty, Callable[[books.Book, bytes], Fields]]] = {
    Duty.COMPLAINT: of_issue,
    Duty.QUOTE: of_quote,
    Duty.AGREEMENT: of_agreement,
    Duty.STATEMENT: of_statement,
    Duty.INVOICE: of_invoice,
    Duty.PAYMENT: of_payment,
    Duty.NETTING: of_netting,
    Duty.PAYEE: of_payee,
}
"""How each thread that is no order is called."""


# --- deadlines that are over


def claimable(desk: books.Desk) -> Iterator[tuple[int, books.Book, waits.Wait]]:
    """(unix second, book, what waits) of everything that a partner has let pass, by this node's clock."""
    now_ms = desk.now_ms()
    for book in peering.open_books(desk):
        if book.channel.state in peering.SILENT:
            continue
        for clock in waits.every_clock(book):
            mine = waits.is_mine(book, clock.wait) and clock.wait.claimed_by is not None
            due_s = waits.clock_due(desk, book, clock) if mine else None
            if due_s is not None and due_s * 1000 <= now_ms:
                yield due_s, book, clock.wait


def claim(desk: books.Desk, book: books.Book, wait: waits.Wait, due_s: int) -> doors.Json:
    """One deadline that is over."""
    listed = orderbooks.order(desk.db, wait.thread)
    said: Fields = {"number": wait.number} if listed is None else of_order(listed)
    return {
        "id": wait.thread.hex(),
        "partner": book.partner.name,
        "since_ms": None,
        "due_ms": due_s * 1000,
        **said,
        "what": wait.meaning,
        "row": wait.row,
    }
