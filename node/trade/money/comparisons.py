"""A statement line by line: what was proposed beside what the other side's books say, and what is left open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

import pydantic

from contracts import dues, reconciliation
from contracts.statements import CLOSED, StatementLine, StatementState
from node.storage import orderbooks
from node.trade import books, doors, waits
from node.trade.goods import catalogues
from node.trade.money import billings, statements
from node.trade.money.statements import Found

register = doors.Register()
Only = Literal["all", "differing", "contested"]
LIMIT_MAX: Final = 2_000


class Page(statements.One):
    """A page of the lines, `limit` from line `offset` on: all, or only those that differ or are contested."""

    only: Only = "all"
    offset: int = pydantic.Field(default=0, ge=0)
    limit: int = pydantic.Field(default=500, ge=1, le=LIMIT_MAX)


@register.case("statement.lines", Page)
async def lines(trade: doors.Trade, given: Page, report: doors.Report) -> doors.Json:
    """The lines of a statement as proposed (`proposed`), and as the other side's books have them (`compared`)."""

    def unit(desk: books.Desk) -> doors.Json:
        found = statements.find(desk, given.statement)
        currency = found.statement.document.currency
        read = statements.account(desk, found)
        if read.rows is None:
            read.rows = list(compared(found, read.proposed, None if read.same else read.mine))
        rows = read.rows
        wanted = [row for row in rows if fits(row, given.only)]
        page = wanted[given.offset : given.offset + given.limit]
        following = given.offset + len(page)
        return {
            "here": read.here,
            "compared_by": compared_by(found, read.mine is not None),
            "rows": [shown(desk, found, row) for row in page],
            "count": len(wanted),
            "differing": sum(bool(row["cause"]) for row in rows),
            "next": following if following < len(wanted) else None,
            "kinds": {kind: catalogues.shown(total, currency) for kind, total in totals(read.proposed).items()},
            "possible": possible(found),
            "deadlines": [
                waits.shown(desk, found.book, wait)
                for wait in waits.of_statements(found.book)
                if wait.thread == found.statement.key
            ],
        }

    return await trade.books.read(unit)


def compared_by(found: Found, computed: bool) -> str | None:
    """Whose figures stand beside the proposal: "me", the partner's name, or None while nobody has compared."""
    if found.statement.side != found.book.side:
        return "me" if computed or found.statement.state is not StatementState.PROPOSED else None
    return None if found.statement.state is StatementState.PROPOSED else found.book.partner.name


def compared(
    found: Found, proposed: Sequence[StatementLine], own: Sequence[StatementLine] | None
) -> Iterator[doors.Json]:
    """One row for each line of either side, by thread and kind; amounts in minor units. `own`: where they differ."""
    statement = found.statement
    left = {thread.key: thread for thread in (*statement.contested, *statement.reopened)}
    before = found.book.history.statements.get(statement.document.previous or b"")
    rolled = set() if before is None else {thread.key for thread in before.contested}
    differing: dict[tuple[bytes, str], tuple[int | None, str]] = {}
    if own is not None and statement.side != found.book.side:
        for line in reconciliation.lines(own, proposed):
            differing[line.key, line.kind] = (line.mine, line.cause.value)
    for thread in left.values():
        for part in thread.lines:
            differing[thread.key, part.kind] = (part.mine, thread.reason)
    known = {(line.key, line.kind): line.amount for line in proposed}
    for key, kind in sorted({*known, *differing}, key=order_of):
        amount, cause = differing.get((key, kind), (known.get((key, kind)), ""))
        yield {
            "key": key,
            "kind": kind,
            "proposed": known.get((key, kind)),
            "compared": amount,
            "cause": cause,
            "contested": left[key].reason if key in left else "",
            "rolled": key in rolled,
        }


def order_of(name: tuple[bytes, str]) -> tuple[bytes, int]:
    """By thread, then by kind in the order of `dues.Owed`."""
    key, kind = name
    return key, dues.Owed._fields.index(kind) if kind in dues.Owed._fields else len(dues.Owed._fields)


def fits(row: Mapping[str, object], only: Only) -> bool:
    """Whether a line is wanted."""
    return only == "all" or bool(row["cause"] if only == "differing" else row["contested"])


def shown(desk: books.Desk, found: Found, row: doors.Json) -> doors.Json:
    """A row for people. `final_ms`: when what is withheld becomes owed, None where no clock runs yet."""
    currency = found.statement.document.currency
    return {
        **row,
        **subject(found.book, row["key"]),
        "shop_order": orderbooks.shop_number(desk.db, row["key"]),
        "key": row["key"].hex(),
        "proposed": catalogues.shown(row["proposed"], currency),
        "compared": catalogues.shown(row["compared"], currency),
        "difference": catalogues.shown((row["compared"] or 0) - (row["proposed"] or 0), currency)
        if row["cause"]
        else None,
        "final_ms": final_ms(desk, found.book, row["key"]) if row["kind"] == "withheld" else None,
    }


def subject(book: books.Book, key: bytes) -> doors.Json:
    """What a thread is, and what people call it."""
    history = book.history
    if key in history.orders:
        return {"what": "order", "number": history.orders[key].number}
    if key in history.payments:
        return {"what": "payment", "number": history.payments[key].reference}
    if key in history.issues:
        about = history.issues[key].document.order
        return {"what": "complaint", "number": "" if about is None else history.orders[about].number}
    return {"what": "netting" if key in history.setoffs else "other", "number": key.hex()[:12]}


def final_ms(desk: books.Desk, book: books.Book, key: bytes) -> int | None:
    """When all of an order is final, by the clocks that run."""
    order = book.history.orders.get(key)
    rows = () if order is None else waits.of_order(order, every=False)
    ends = [waits.due(desk, book, wait) for wait in rows if wait.row == waits.FINAL]
    known = [end for end in ends if end is not None]
    return max(known) * 1000 if known else None


def totals(proposed: Iterable[StatementLine]) -> dict[str, int]:
    """The sums by kind."""
    found: dict[str, int] = {}
    for line in proposed:
        found[line.kind] = found.get(line.kind, 0) + line.amount
    return {kind: found[kind] for kind in dues.Owed._fields if kind in found}


def possible(found: Found) -> list[str]:
    """What this merchant can do with a statement now."""
    statement, book = found.statement, found.book
    steps = []
    theirs = statement.side != book.side
    if theirs and statements.standing(book, statement):
        steps += ["statement.agree", "statement.contest"]
    if theirs and statement.state is StatementState.DEEMED and statement.final_at is None:
        steps.append("statement.reopen")
    version = book.history.agreements[statement.ledger].versions[statement.document.agreement]
    issuer = 1 - version.seller if version.terms.self_billing else version.seller
    invoiced = any(one.document.statement == statement.key for one in billings.mine(book))
    if statement.state in CLOSED and issuer == book.side and not invoiced:
        steps.append("invoice.issue")
    return steps
