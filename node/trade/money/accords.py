"""How statements are answered: agree to what is the same, leave open what is not, and go on with it next month."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from contracts import assents, histories, reconciliation
from contracts import statements as accounts
from contracts.statements import Computed, StatementLine
from node import errors
from node.storage import blobs
from node.trade import books, doors, hashes
from node.trade.money import statements
from protocol.encoding import Value

register = doors.Register()


class Contest(doors.Arguments):
    """`threads` are orders or payments of the statement that I do not agree to: an order's number, or 8 or more
    characters of the hash in its lines. `reason` is a short code, `due` the day by which it is to be cleared."""

    statement: str
    threads: list[str]
    reason: str = "amount"
    due: str | None = None


class Reopen(Contest):
    """The same for a statement that my silence has agreed to."""


@register.case("statement.agree", statements.One)
async def agree(trade: doors.Trade, given: statements.One, report: doors.Report) -> doors.Json:
    """Compute the account from my own books: what is the same is closed, what differs is named and rolls on."""
    return await trade.books.act(lambda desk: answer(desk, statements.find(desk, given.statement)))


@register.case("statement.contest", Contest)
async def contest(trade: doors.Trade, given: Contest, report: doors.Report) -> doors.Json:
    """Agree to a statement but for some orders: those stand in the next statement again."""

    def unit(desk: books.Desk) -> doors.Json:
        return answer(desk, statements.find(desk, given.statement), given)

    return await trade.books.act(unit)


def answer(desk: books.Desk, found: statements.Found, given: Contest | None = None) -> doors.Json:
    """Write the answer to a statement that my books, and what I contest, call for."""
    book, statement = desk.book(found.book.channel.id), found.statement
    computed = book.history.statement_lines(statement.ledger, statement.cut)
    content = statements.encoded(computed)
    digest = hashlib.sha256(content).digest()
    same = digest == statement.document.lines_hash
    blob = None if same else blobs.get(desk.db, statement.document.lines_hash)
    theirs = computed.lines if same else () if blob is None else tuple(statements.read_lines(blob))
    contested = {} if given is None else {key: given.reason for key in named(book, computed.lines, given.threads)}
    common: books.Body = {
        "thread": statement.key,
        "role": "buyer" if statement.document.role == "seller" else "seller",
        "lines_hash": digest,
    }
    accord = common | {"accord": True} | left_open(contested, computed, theirs)
    if given is not None:
        accord["due"] = given.due
    if same or (blob is not None and not desk.judge(book, "statement.respond", accord)):
        blobs.put(desk.db, content)
        desk.write(book, "statement.respond", accord)
    else:  # nothing of it can be closed: its lines are not here, or its sums are not those of its own lines
        difference: books.Body = {} if blob is None else {"difference": first_difference(computed.lines, theirs)}
        desk.write(book, "statement.respond", common | {"accord": False} | difference)
    return statements.describe(statements.Found(book, book.history.statements[statement.key]))


@register.case("statement.reopen", Reopen)
async def reopen(trade: doors.Trade, given: Reopen, report: doors.Report) -> doors.Json:
    """Contest orders of a statement that my silence has agreed to: once, and in the time that is left for it."""

    def unit(desk: books.Desk) -> doors.Json:
        found = statements.find(desk, given.statement)
        book, document = desk.book(found.book.channel.id), found.statement.document
        content = blobs.get(desk.db, document.lines_hash)
        lines = () if content is None else tuple(statements.read_lines(content))
        rows: list[Value] = [{"key": key, "reason": given.reason} for key in named(book, lines, given.threads)]
        role = "buyer" if document.role == "seller" else "seller"
        body: books.Body = {"thread": found.statement.key, "role": role, "contested": rows, "due": given.due}
        desk.write(book, "statement.reopen", body)
        return statements.describe(statements.Found(book, book.history.statements[found.statement.key]))

    return await trade.books.act(unit)


def acknowledge(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """The partner claims my silence about its statement. Where my books say the same, nothing is left but to agree:
    then it is closed at once, and not only by what I write next."""
    thread = item.body["thread"]
    statement = book.history.statements.get(thread) if isinstance(thread, bytes) else None
    if statement is None or item.body["row"] != assents.SILENCE:
        return
    found = statements.Found(book, statement)
    content = statements.own_lines(found)
    if content is not None and hashlib.sha256(content).digest() == statement.document.lines_hash:
        answer(desk, found)


def named(book: books.Book, lines: Sequence[StatementLine], threads: list[str]) -> list[bytes]:
    """The threads of a statement that a person means. NodeError `statement.line-unknown`."""
    keys = sorted({line.key for line in lines})
    orders = book.history.orders
    found = []
    for wanted in threads:
        fitting = [key for key in keys if key in orders and orders[key].number == wanted]
        fitting = fitting or [key for key in keys if hashes.means(wanted, key)]
        if len(fitting) != 1:
            raise errors.NodeError(
                "statement.line-unknown",
                "no single order or payment of this statement is called so",
                expected="its number, or 8 or more characters of its hash",
                got=wanted,
                hint="`hanse statement show` lists them",
            )
        found += fitting
    return found


def left_open(contested: dict[bytes, str], mine: Computed, theirs: tuple[StatementLine, ...]) -> books.Body:
    """The fields of an answer that leaves threads open: those that I name, and those on which the figures differ."""
    differing: dict[bytes, list[Value]] = {}
    reasons = dict(contested)
    for line in reconciliation.lines(mine.lines, theirs):
        reasons.setdefault(line.key, line.cause.value)
        differing.setdefault(line.key, []).append({"kind": line.kind, "mine": line.mine, "theirs": line.theirs})
    if not reasons:
        return {}
    rows: list[Value] = [
        {"key": key, "reason": reason, "lines": differing.get(key, [])} for key, reason in sorted(reasons.items())
    ]
    return {"contested": rows, "closing": accounts.remainder(mine, reasons)}


def first_difference(mine: tuple[StatementLine, ...], theirs: tuple[StatementLine, ...]) -> dict[str, Value]:
    """The first line, by key and kind, on which two accounts differ, and what mine says."""
    differences = reconciliation.lines(mine, theirs)
    if not differences:
        raise errors.NodeError("statement.unknown", "the lines are the same", expected="a difference", got="none")
    first = differences[0]
    return {"key": first.key, "kind": first.kind, "mine": first.mine}
