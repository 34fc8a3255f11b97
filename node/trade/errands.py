"""What this node does not say by itself along a chain: what a rule refused, and what is the merchant's own choice.

It is laid before the merchant once and not tried again by itself. The merchant has it done, or lets it be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import structlog

from contracts import errors as refusals
from node import errors
from node.storage import errands, orderbooks, partners
from node.storage.errands import Errand, ErrandState, Why
from node.trade import books, doors, peering
from protocol import encoding
from protocol.encoding import Value

register = doors.Register()
log = structlog.get_logger(__name__)
Place = tuple[int, bytes, str, bytes]
DECIDED = (ErrandState.OPEN, ErrandState.DISMISSED)


class Listed(doors.Arguments):
    """`dismissed`: those too that the merchant let be."""

    partner: str | None = None
    dismissed: bool = False


class One(doors.Arguments):
    """An errand by its number."""

    errand: doors.RowNumber


# --- for whoever passes something on


def place(book: books.Book, thread: bytes, kind: str, cause: bytes) -> Place:
    """What names one errand: where it would be said, in which document, and what it passes on."""
    return (book.channel.id, thread, kind, cause)


def wish(body: Mapping[str, Value]) -> bytes:
    """The name (32 bytes) of what passes on no one document: its own content."""
    return hashlib.sha256(encoding.encode(dict(body))).digest()


def rests(desk: books.Desk, at: Place) -> bool:
    """Whether it waits for the merchant, or the merchant let it be: then it is not said."""
    return errands.state(desk.db, at) in DECIDED


def say(desk: books.Desk, book: books.Book, at: Place, body: books.Body) -> books.Written | None:
    """Write one document, unless it rests. What a rule refuses is not written, and laid before the merchant."""
    if rests(desk, at):
        return None
    try:
        written = desk.write(book, at[2], body)
    except refusals.Refused as refused:
        refuse(desk, book, at, refused)
        return None
    errands.drop(desk.db, at)
    return written


def refuse(desk: books.Desk, book: books.Book, at: Place, refused: refusals.Refused) -> None:
    """Lay before the merchant what a rule has refused."""
    log.warning("an automatic answer was refused", partner=book.partner.name, type=at[2], fault=str(refused))
    errands.put(desk.db, at, Why.REFUSED, doors.fault_rows(refused), desk.now_ms())


def choose(desk: books.Desk, at: Place) -> bool:
    """Whether the merchant wants what is its own to choose; it is asked once."""
    state = errands.state(desk.db, at)
    if state is None:
        errands.put(desk.db, at, Why.CHOICE, (), desk.now_ms())
    return state is ErrandState.WANTED


def postpone(desk: books.Desk, at: Place, faults: Sequence[Mapping[str, str]]) -> None:
    """Show the merchant what can only be said later, and why; see `come_by`."""
    errands.put(desk.db, at, Why.REFUSED, faults, desk.now_ms(), ErrandState.LATER)


def done(desk: books.Desk, at: Place) -> None:
    """Nothing is left to be said."""
    errands.drop(desk.db, at)


def end(desk: books.Desk, book: books.Book, thread: bytes) -> None:
    """A thread came to its end: nothing is left to choose in it, or to be said later. What was refused stays."""
    errands.end(desk.db, book.channel.id, thread)


def keep_only(desk: books.Desk, book: books.Book, thread: bytes, kinds: Iterable[str], causes: Iterable[bytes]) -> None:
    """What is wanted no more, of documents that repeat no other one, is nobody's errand."""
    errands.keep_only(desk.db, book.channel.id, thread, frozenset(kinds), causes)


# --- for the merchant


@register.case("errand.list", Listed)
async def listed(trade: doors.Trade, given: Listed, report: doors.Report) -> doors.Json:
    """What waits for the merchant along a chain, the oldest first."""
    return await trade.books.read(lambda desk: {"errands": rows(desk, given)})


def rows(desk: books.Desk, given: Listed) -> list[doors.Json]:
    """One row for each errand, of a partner or of all."""
    known = {book.channel.id: book for book in peering.open_books(desk, given.partner)}
    return [
        shown(desk, known[errand.channel], errand)
        for errand in errands.every(desk.db)
        if errand.channel in known and (given.dismissed or errand.state is not ErrandState.DISMISSED)
    ]


def shown(desk: books.Desk, book: books.Book, errand: Errand) -> doors.Json:
    """One errand for people."""
    return {
        "errand": errand.id,
        "partner": book.partner.name,
        "number": number_of(desk, book, errand.thread),
        "thread": errand.thread.hex(),
        "type": errand.type,
        "why": errand.why.value,
        "code": errand.faults[0]["code"] if errand.faults else "",
        "faults": list(errand.faults),
        "since_ms": errand.since_ms,
        "state": errand.state.value,
    }


def number_of(desk: books.Desk, book: books.Book, thread: bytes) -> str:
    """The number of the order that an errand is about."""
    issue = book.history.issues.get(thread)
    row = orderbooks.order(desk.db, thread if issue is None else issue.document.order or b"")
    return "" if row is None else row.number


@register.case("errand.do", One)
async def do(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """Say it after all, or once more. NodeError `document.refused` where a rule still says no: then nothing changed."""

    def unit(desk: books.Desk) -> doors.Json:
        errand = find(desk, given.errand)
        book = desk.book(errand.channel)
        before, folds = shown(desk, book, errand), desk.folds
        errands.decide(desk.db, errand.id, ErrandState.WANTED)
        desk.books.conduct.resume(desk, book, errand.thread)
        after = errands.one(desk.db, errand.id)
        if after is not None and after.state is ErrandState.LATER and desk.folds > folds:
            return shown(desk, book, after)  # the partner was reminded: its receipt is what is missing
        if after is not None and after.state in (ErrandState.OPEN, ErrandState.LATER):
            raise errors.NodeError(
                "document.refused", "a rule of the trade says no", faults=[dict(row) for row in after.faults]
            )
        if after is not None:
            errands.drop(desk.db, place(book, errand.thread, errand.type, errand.cause))
        return {**before, "state": "done" if after is None else "moot"}

    return await trade.books.act(unit)


def come_by(desk: books.Desk) -> None:
    """Say what only had to wait for a time."""
    for errand in errands.later(desk.db):
        if partners.channel(desk.db, errand.channel).state not in books.HALTED:
            desk.books.conduct.resume(desk, desk.book(errand.channel), errand.thread)


@register.case("errand.dismiss", One)
async def dismiss(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """Let it be. It is neither said nor asked again."""

    def unit(desk: books.Desk) -> doors.Json:
        errand = find(desk, given.errand)
        errands.decide(desk.db, errand.id, ErrandState.DISMISSED)
        return {**shown(desk, desk.peek(errand.channel), errand), "state": ErrandState.DISMISSED.value}

    return await trade.books.act(unit)


def find(desk: books.Desk, id: int) -> Errand:
    """An errand by its number. NodeError `errand.unknown`."""
    errand = errands.one(desk.db, id)
    known = {channel.id for channel in partners.channels(desk.db)}
    if errand is None or errand.channel not in known:
        raise errors.NodeError(
            "errand.unknown", "no errand has this number", expected="one that `hanse errand list` shows", got=id
        )
    return errand
