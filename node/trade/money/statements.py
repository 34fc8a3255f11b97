"""Statements: one side proposes an account, line by line; how the other answers stands in `accords`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from contracts import statements
from contracts.statements import StatementState
from contracts.terms import Version
from node import errors
from node.storage import blobs, logbooks
from node.trade import books, doors, hashes, peering
from node.trade.goods import catalogues
from node.trade.money import rolls
from node.trade.partners import agreements
from protocol import encoding
from protocol.encoding import Value

register = doors.Register()
LINES_SHOWN_MAX = 10_000
BLOB_BYTES_MAX = 64 << 20
STATEMENT_OBJECTS_MAX = 4 * 10**6


class Propose(doors.Arguments):
    """`period` is what people call it, for instance 2026-11. One statement for each agreement that something is new
    under; `buying`: only where I buy (or sell); `currency`: only in this one."""

    partner: str
    period: str
    buying: bool | None = None
    currency: str | None = None


class Listed(rolls.Page):
    """A page of statements; `period`: only of one; `waiting`: only those that wait for my answer, or the others."""

    period: str | None = None
    waiting: bool | None = None


class One(doors.Arguments):
    """A statement by its hash, or 8 or more characters of it."""

    statement: str


class Shown(One):
    """`lines`: with its lines, up to 10,000; `statement.lines` gives them page by page."""

    lines: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """A statement in its book."""

    book: books.Book
    statement: statements.Statement


@dataclass(slots=True)
class Account:
    """The lines of a statement: as `proposed`, and as my own books have them where they still answer for it.

    `here`: whether the proposed ones have arrived. `same`: whether both are the same, None where mine do not answer.
    `rows`: both side by side, see `comparisons`.
    """

    here: bool
    same: bool | None
    proposed: Sequence[statements.StatementLine]
    mine: Sequence[statements.StatementLine] | None
    rows: Sequence[doors.Json] | None = None


def account(desk: books.Desk, found: Found) -> Account:
    """The lines of a statement; kept for whoever reads on in it, until anything is folded or its lines arrive."""
    book, name = found.book, (found.statement.key, *found.book.history.sizes)
    if book.account is None or book.account[0] != name or not book.account[1].here:
        book.account = name, read_account(desk, found)
    kept: Account = book.account[1]
    return kept


def read_account(desk: books.Desk, found: Found) -> Account:
    """The same, read anew."""
    wanted, computed = found.statement.document.lines_hash, own_account(found)
    same = None if computed is None else hashlib.sha256(encoded(computed)).digest() == wanted
    mine = None if computed is None else computed.lines
    if same and mine is not None:
        return Account(True, same, mine, mine)
    content = blobs.get(desk.db, wanted)
    return Account(content is not None, same, [] if content is None else read_lines(content), mine)


def encoded(computed: statements.Computed) -> bytes:
    """The lines as bytes: the blob that a statement names by its SHA-256."""
    lines: list[Value] = [list(line) for line in statements.encoded(computed.lines)]
    return encoding.encode(lines)


def accounts(book: books.Book, given: Propose) -> list[Version]:
    """The agreements that are meant: of several, those with something new and nothing that waits for an answer."""
    every = [
        agreement.versions[agreement.current]
        for agreement in book.history.agreements.values()
        if agreement.current is not None
        and (given.buying is None or given.buying == (agreement.seller != book.side))
        and given.currency in (None, agreement.currency)
    ]
    if not every:
        raise agreements.missing(book)
    if len(every) == 1:
        return every
    channel = book.history.channel
    waiting = {one.ledger for one in book.history.statements.values() if statements.standing(channel, one)}
    found = [version for version in every if version.key not in waiting and channel.ledgers[version.key].pending]
    if not found:
        raise errors.NodeError(
            "statement.nothing", "no account with this partner has anything new", hint="`hanse statement list`"
        )
    return found


@register.case("statement.propose", Propose)
async def propose(trade: doors.Trade, given: Propose, report: doors.Report) -> doors.Json:
    """Propose the account of everything that both sides hold receipts for."""

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        chosen = accounts(book, given)
        mine = logbooks.of_channel(desk.db, channel.id, mine=True)
        theirs = logbooks.of_channel(desk.db, channel.id, mine=False)
        if mine.receipted > book.history.sizes[book.side] or theirs.receipted > book.seen:
            raise errors.NodeError(
                "channel.recovering", f"the books with {given.partner} are not whole yet", hint="try again later"
            )
        rows = [propose_one(desk, book, version, given.period, (mine, theirs)) for version in chosen]
        return rows[0] if len(rows) == 1 else {"proposed": rows}

    return await trade.books.act(unit)


def propose_one(
    desk: books.Desk, book: books.Book, version: Version, period: str, heads: tuple[logbooks.Logbook, logbooks.Logbook]
) -> doors.Json:
    """Propose the statement of one agreement over what is receipted of my logbook and the partner's."""
    mine, theirs = heads
    roots = [logbooks.root_at(desk.db, logbook, logbook.receipted) for logbook in heads]
    assert None not in roots
    cut = (mine.receipted, theirs.receipted) if book.side == 0 else (theirs.receipted, mine.receipted)
    computed = book.history.statement_lines(version.key, cut)
    body = body_of(book, version, period, computed, blobs.put(desk.db, encoded(computed)))
    body["due"] = due_date(desk, version)
    body["own"] = {"size": mine.receipted, "root": roots[0]}
    body["partner"] = {"size": theirs.receipted, "root": roots[1]}
    written = desk.write(book, "statement.propose", body)
    return {
        "statement": written.hash.hex(),
        "lines": len(computed.lines),
        "total": catalogues.shown(computed.total, version.currency),
        "closing": catalogues.shown(computed.closing, version.currency),
    }


def due_date(desk: books.Desk, version: Version) -> str | None:
    """The day by which a balance that is closed today is to be paid, where the agreement says within how long."""
    if version.terms.payment_due_s is None:
        return None
    return datetime.fromtimestamp(desk.now_ms() // 1000 + version.terms.payment_due_s, UTC).date().isoformat()


def body_of(
    book: books.Book, version: Version, period: str, computed: statements.Computed, lines_hash: bytes
) -> books.Body:
    """The body of a proposal, without its cut."""
    closed = book.history.channel.ledgers[version.key].closed
    return {
        "agreement": version.hash,
        "role": book.role(version.seller),
        "currency": version.currency,
        "period": period,
        "previous": closed[-1].statement if closed else None,
        "opening": computed.opening,
        "total": computed.total,
        "closing": computed.closing,
        "count": len(computed.lines),
        "lines_hash": lines_hash,
    }


def every(desk: books.Desk, partner: str | None) -> list[Found]:
    """All statements, of one partner or of all."""
    return [
        Found(book, statement)
        for book in peering.open_books(desk, partner)
        for statement in book.history.statements.values()
    ]


def find(desk: books.Desk, wanted: str) -> Found:
    """The statement that a person means."""
    found = [one for one in every(desk, None) if hashes.means(wanted, one.statement.key)]
    if len(found) != 1:
        raise errors.NodeError(
            "statement.unknown", "no single statement", expected="8 or more characters of its hash", got=wanted
        )
    return found[0]


def standing(book: books.Book, statement: statements.Statement) -> bool:
    """Whether a statement still waits for its answer."""
    return statements.standing(book.history.channel, statement)


def waits_for(book: books.Book, statement: statements.Statement) -> bool:
    """Whether a statement waits for this merchant's answer."""
    return statement.side != book.side and standing(book, statement)


def waits(book: books.Book) -> int:
    """How many statements wait for this merchant's answer."""
    return sum(waits_for(book, statement) for statement in book.history.statements.values())


@register.case("statement.list", Listed)
async def listed(trade: doors.Trade, given: Listed, report: doors.Report) -> doors.Json:
    """Statements with their state and figures, the newest of each partner first; `periods`: all that there are."""

    def fits(book: books.Book, statement: statements.Statement) -> bool:
        of_period = given.period in (None, statement.document.period)
        return of_period and given.waiting in (None, waits_for(book, statement))

    def unit(desk: books.Desk) -> doors.Json:
        found, following = rolls.page(desk, given, lambda book: book.history.statements.items(), fits)
        return {
            "statements": [describe(Found(book, statement)) for book, statement in found],
            "next": following,
            "periods": sorted({one.statement.document.period for one in every(desk, given.partner)}, reverse=True),
        }

    return await trade.books.read(unit)


def describe(found: Found) -> doors.Json:
    """One statement for people."""
    statement, book = found.statement, found.book
    document = statement.document
    open_ = standing(book, statement)
    return {
        "statement": statement.key.hex(),
        "partner": book.partner.name,
        "selling": book.history.channel.ledgers[statement.ledger].seller == book.side,
        "period": document.period,
        "state": statement.state.value if open_ or statement.state is not StatementState.PROPOSED else "superseded",
        "proposed_by": "me" if statement.side == book.side else book.partner.name,
        "lines": document.count,
        "opening": catalogues.shown(document.opening, document.currency),
        "total": catalogues.shown(document.total, document.currency),
        "closing": catalogues.shown(closing(statement), document.currency),
        "contested": len(statement.contested or statement.reopened),
        "deemed": statement.deemed_at is not None,
        "due": document.due,
        "contested_due": statement.due,
        "lines_hash": document.lines_hash.hex(),
        "waits_for_me": open_ and statement.side != book.side,
    }


def closing(statement: statements.Statement) -> int:
    """What it closed at, or would close at if all of it were agreed to."""
    return statement.document.closing if statement.closing is None else statement.closing


@register.case("statement.show", Shown)
async def show(trade: doors.Trade, given: Shown, report: doors.Report) -> doors.Json:
    """One statement line by line, as proposed, beside what my own books say where that still differs."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.statement)
        document = found.statement.document
        read = account(desk, found)
        orders = found.book.history.orders
        left = found.statement.contested + found.statement.reopened
        contested = {thread.key: thread.reason for thread in left}
        before = found.book.history.statements.get(document.previous or b"")
        rolled = set() if before is None else {thread.key for thread in before.contested}
        shown = [
            {
                "key": line.key.hex(),
                "number": orders[line.key].number if line.key in orders else "",
                "kind": line.kind,
                "amount": catalogues.shown(line.amount, document.currency),
                "contested": contested.get(line.key, ""),
                "rolled": line.key in rolled,
            }
            for line in read.proposed[: LINES_SHOWN_MAX if given.lines else 0]
        ]
        difference = found.statement.difference
        return {
            **describe(found),
            "detail": shown,
            "here": read.here,
            "same_as_mine": read.same,
            "difference": None
            if difference is None
            else {"key": difference.key.hex(), "kind": difference.kind, "mine": difference.mine},
            "differing": differing(found.statement),
        }

    return await trade.books.read(unit)


def differing(statement: statements.Statement) -> list[doors.Json]:
    """The lines on which the answer's figures are others than the proposal's, with the document that each is about."""
    currency = statement.document.currency
    return [
        {
            "key": thread.key.hex(),
            "cause": thread.reason,
            "kind": line.kind,
            "answered": None if line.mine is None else catalogues.shown(line.mine, currency),
            "proposed": None if line.theirs is None else catalogues.shown(line.theirs, currency),
        }
        for thread in statement.contested
        for line in thread.lines
    ]


def own_lines(found: Found) -> bytes | None:
    """What my own books give for a statement that waits for its answer; None for another, or where they end before."""
    computed = own_account(found)
    return None if computed is None else encoded(computed)


def own_account(found: Found) -> statements.Computed | None:
    """The same, not encoded."""
    history, statement = found.book.history, found.statement
    reached = all(cut <= size for cut, size in zip(statement.cut, history.sizes, strict=True))
    if not reached or not statements.standing(history.channel, statement):
        return None
    return history.statement_lines(statement.ledger, statement.cut)


def read_lines(content: bytes) -> list[statements.StatementLine]:
    """The lines of a blob; NodeError when the partner sent something else under that hash."""
    decoded = encoding.decode(content, bytes_max=BLOB_BYTES_MAX, objects_max=STATEMENT_OBJECTS_MAX)
    lines = []
    for row in decoded if isinstance(decoded, list) else [None]:
        match row:
            case [bytes(key), str(kind), int(amount)]:
                lines.append(statements.StatementLine(key, kind, amount))
            case _:
                raise errors.NodeError("statement.unknown", "the lines are unreadable", expected="lines", got="other")
    return lines
