"""Statements: one side proposes an account, the other computes it from its own books: it agrees, or names the line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from contracts import statements
from contracts.statements import StatementState
from contracts.terms import Version
from node import errors
from node.storage import blobs, logbooks
from node.trade import agreements, books, catalogues, doors, peering
from protocol import encoding
from protocol.encoding import Value

register = doors.Register()
LINES_SHOWN_MAX = 10_000
BLOB_BYTES_MAX = 64 << 20
STATEMENT_OBJECTS_MAX = 4 * 10**6


class Propose(doors.Arguments):
    """`period` is what people call it, for instance 2026-11. `buying`: for the agreement in which I buy."""

    partner: str
    period: str
    buying: bool | None = None


class Listed(doors.Arguments):
    """Of one partner, or of all."""

    partner: str | None = None


class One(doors.Arguments):
    """A statement by its hash, or 8 or more characters of it."""

    statement: str


@dataclass(frozen=True, slots=True)
class Found:
    """A statement in its book."""

    book: books.Book
    statement: statements.Statement


def encoded(computed: statements.Computed) -> bytes:
    """The lines as bytes: the blob that a statement names by its SHA-256."""
    lines: list[Value] = [list(line) for line in statements.encoded(computed.lines)]
    return encoding.encode(lines)


def seller_of(book: books.Book, buying: bool | None) -> int:
    """Which side sells in the account that is meant: where only one agreement exists, it is that one."""
    if buying is not None:
        return 1 - book.side if buying else book.side
    sellers = {agreement.seller for agreement in book.history.agreements.values() if agreement.current is not None}
    if len(sellers) > 1:
        raise errors.NodeError(
            "agreement.ambiguous", "you buy from and sell to this partner", expected="say which account", got="both"
        )
    return sellers.pop() if sellers else book.side


@register.case("statement.propose", Propose)
async def propose(trade: doors.Trade, given: Propose, report: doors.Report) -> doors.Json:
    """Propose the account of everything that both sides hold receipts for."""

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        book = desk.book(channel.id)
        version = agreements.in_force(book, seller_of(book, given.buying))
        mine = logbooks.of_channel(desk.db, channel.id, mine=True)
        theirs = logbooks.of_channel(desk.db, channel.id, mine=False)
        own_root = logbooks.root_at(desk.db, mine, mine.receipted)
        partner_root = logbooks.root_at(desk.db, theirs, theirs.receipted)
        assert own_root is not None and partner_root is not None
        cut = (mine.receipted, theirs.receipted) if book.side == 0 else (theirs.receipted, mine.receipted)
        if mine.receipted > book.history.sizes[book.side] or theirs.receipted > book.seen:
            raise errors.NodeError(
                "channel.recovering", f"the books with {given.partner} are not whole yet", hint="try again later"
            )
        computed = book.history.statement_lines(version.key, cut)
        content = encoded(computed)
        body = body_of(book, version, given.period, computed, blobs.put(desk.db, content))
        body["own"] = {"size": mine.receipted, "root": own_root}
        body["partner"] = {"size": theirs.receipted, "root": partner_root}
        written = desk.write(book, "statement.propose", body)
        return {
            "statement": written.hash.hex(),
            "lines": len(computed.lines),
            "total": catalogues.shown(computed.total, version.currency),
            "closing": catalogues.shown(computed.closing, version.currency),
        }

    return await trade.books.act(unit)


def body_of(
    book: books.Book, version: Version, period: str, computed: statements.Computed, lines_hash: bytes
) -> books.Body:
    """The body of a proposal, without its cut."""
    closed = book.history.channel.ledgers[version.key].closed
    return {
        "agreement": version.hash,
        "role": "seller" if version.seller == book.side else "buyer",
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
    found = [one for one in every(desk, None) if len(wanted) >= 8 and one.statement.key.hex().startswith(wanted)]
    if len(found) != 1:
        raise errors.NodeError(
            "statement.unknown", "no single statement", expected="8 or more characters of its hash", got=wanted
        )
    return found[0]


def waits(book: books.Book) -> int:
    """How many statements wait for this merchant's answer."""
    return sum(
        statement.side != book.side and statements.standing(book.history.channel, statement)
        for statement in book.history.statements.values()
    )


@register.case("statement.list", Listed)
async def listed(trade: doors.Trade, given: Listed, report: doors.Report) -> doors.Json:
    """All statements with their state and figures."""
    rows = await trade.books.read(lambda desk: [describe(found) for found in every(desk, given.partner)])
    return {"statements": rows}


def describe(found: Found) -> doors.Json:
    """One statement for people."""
    statement, book = found.statement, found.book
    document = statement.document
    standing = statements.standing(book.history.channel, statement)
    return {
        "statement": statement.key.hex(),
        "partner": book.partner.name,
        "period": document.period,
        "state": statement.state.value if standing or statement.state is not StatementState.PROPOSED else "superseded",
        "proposed_by": "me" if statement.side == book.side else book.partner.name,
        "lines": document.count,
        "opening": catalogues.shown(document.opening, document.currency),
        "total": catalogues.shown(document.total, document.currency),
        "closing": catalogues.shown(document.closing, document.currency),
        "lines_hash": document.lines_hash.hex(),
        "waits_for_me": standing and statement.side != book.side,
    }


@register.case("statement.show", One)
async def show(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """One statement line by line, as proposed, beside what my own books say where that still differs."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.statement)
        document = found.statement.document
        mine = own_lines(found)
        same = None if mine is None else hashlib.sha256(mine).digest() == document.lines_hash
        content = mine if same else blobs.get(desk.db, document.lines_hash)
        lines = [] if content is None else read_lines(content)
        orders = found.book.history.orders
        shown = [
            {
                "key": line.key.hex(),
                "number": orders[line.key].number if line.key in orders else "",
                "kind": line.kind,
                "amount": catalogues.shown(line.amount, document.currency),
            }
            for line in lines[:LINES_SHOWN_MAX]
        ]
        difference = found.statement.difference
        return {
            **describe(found),
            "detail": shown,
            "here": content is not None,
            "same_as_mine": same,
            "difference": None
            if difference is None
            else {"key": difference.key.hex(), "kind": difference.kind, "mine": difference.mine},
        }

    return await trade.books.read(unit)


def own_lines(found: Found) -> bytes | None:
    """What my own books give for a statement that waits for its answer; None for another, or where they end before."""
    history, statement = found.book.history, found.statement
    reached = all(cut <= size for cut, size in zip(statement.cut, history.sizes, strict=True))
    if not reached or not statements.standing(history.channel, statement):
        return None
    return encoded(history.statement_lines(statement.ledger, statement.cut))


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


@register.case("statement.agree", One)
async def agree(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """Compute the account from my own books: agree if it is the same, else name the first line that differs."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.statement)
        book, statement = desk.book(found.book.channel.id), found.statement
        document = statement.document
        computed = book.history.statement_lines(statement.ledger, statement.cut)
        content = encoded(computed)
        digest = hashlib.sha256(content).digest()
        body: books.Body = {
            "thread": statement.key,
            "role": "buyer" if document.role == "seller" else "seller",
            "accord": digest == document.lines_hash,
            "lines_hash": digest,
        }
        if digest == document.lines_hash:
            blobs.put(desk.db, content)
        else:
            theirs = blobs.get(desk.db, document.lines_hash)
            if theirs is not None:
                body["difference"] = first_difference(computed.lines, tuple(read_lines(theirs)))
        desk.write(book, "statement.respond", body)
        return describe(Found(book, book.history.statements[statement.key]))

    return await trade.books.act(unit)


def first_difference(
    mine: tuple[statements.StatementLine, ...], theirs: tuple[statements.StatementLine, ...]
) -> dict[str, Value]:
    """The first line, by key and kind, on which two accounts differ, and what mine says."""
    own = {(line.key, line.kind): line.amount for line in mine}
    other = {(line.key, line.kind): line.amount for line in theirs}
    for key, kind in sorted(own.keys() | other.keys()):
        if own.get((key, kind)) != other.get((key, kind)):
            return {"key": key, "kind": kind, "mine": own.get((key, kind))}
    raise errors.NodeError("statement.unknown", "the lines are the same", expected="a difference", got="none")
