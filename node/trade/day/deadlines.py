"""Deadlines: what waits under a clock, for whom and until when, and claiming what follows from a silence (law 5).

A claim needs a receipt of the partner from after the deadline. Where there is none, a reminder is written: its
receipt is one. A partner that is away gives none, and so nothing is taken from it until it was there again.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import structlog

from contracts import errors as refusals
from contracts import lapses
from node import errors
from node.storage import logbooks, orderbooks, partners
from node.trade import books, doors, errands, hashes, peering, volumes, waits
from node.trade.dealers import cascades, chains
from node.trade.money import rounds
from node.trade.ordering import orders
from node.trade.waits import Wait

register = doors.Register()
SWEEP_S_MIN, SWEEP_S_MAX = 60, 600  # between two looks at the clock; a new deadline is noticed within the longer one
log = structlog.get_logger(__name__)


class Listed(doors.OfPartner):
    """`mine`: only those whose silence favours me; false: only what I have to answer."""

    mine: bool | None = None


class Claimed(doors.Arguments):
    """One order by its number or hash, or everything that is due; `row` is one timed row of it."""

    order: str | None = None
    row: str | None = None


class Reminded(doors.Arguments):
    """An order by its number or hash; `row` where several of its documents wait."""

    order: str
    row: str | None = None
    key: str | None = None


@register.case("deadline.list", Listed)
async def listed(trade: doors.Trade, given: Listed, report: doors.Report) -> doors.Json:
    """Everything that waits under a deadline, the most urgent first, and what waits for the merchant without one."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = [
            waits.shown(desk, book, wait)
            for book in peering.open_books(desk, given.partner)
            if book.channel.state not in peering.SILENT
            for wait in waits.every(book)
            if given.mine is None or waits.is_mine(book, wait) == given.mine
        ]
        waiting = [] if given.mine else errands.rows(desk, errands.Listed(partner=given.partner))
        return {
            "deadlines": sorted(rows, key=lambda row: (row["due_ms"] is None, row["due_ms"], row["number"])),
            "errands": waiting,
        }

    return await trade.books.read(unit)


# --- claiming


@dataclass(slots=True)
class Round:
    """What one look at the deadlines came to. `sizes`: by channel, the size of my logbook whose receipt is missing."""

    claimed: list[doors.Json] = field(default_factory=list)
    waiting: list[doors.Json] = field(default_factory=list)
    refused: list[doors.Json] = field(default_factory=list)
    sizes: dict[int, int] = field(default_factory=dict)


@register.case("deadline.claim", Claimed)
async def claim(trade: doors.Trade, given: Claimed, report: doors.Report) -> doors.Json:
    """Claim what a partner's silence gives me: all that is due, or of one order. What was claimed is not again."""
    first = await trade.books.act(lambda desk: claim_all(desk, given))
    report("waiting for receipts", 0, len(first.sizes))
    if first.sizes:
        await waits.receipts(trade, first.sizes)
        then = await trade.books.act(lambda desk: claim_all(desk, given))
        then.claimed[:0] = first.claimed
        first = then
    if first.waiting and not first.claimed:
        raise waits.unproved(row["partner"] for row in first.waiting)
    return {"claimed": first.claimed, "waiting": first.waiting, "refused": first.refused}


def claim_all(desk: books.Desk, given: Claimed) -> Round:
    """Claim what is due of everything, or of what was named. NodeError `deadline.*` where that is nothing."""
    round = Round()
    found = named(desk, given.order, given.row) if given.order is not None else due_everywhere(desk, given.row)
    for book, wait in found:
        claim_one(desk, book, wait, round)
    return round


def due_everywhere(desk: books.Desk, row: str | None) -> list[tuple[books.Book, Wait]]:
    """What favours me and is over by my clock, with every partner who can be told."""
    return [
        (book, wait) for book in peering.trading_books(desk) for wait in over(desk, book) if row in (None, wait.row)
    ]


def over(desk: books.Desk, book: books.Book) -> Iterator[Wait]:
    """What favours me in a channel, follows by itself, and is over by my clock or by the partner's."""
    for wait in waits.every(book):
        if waits.is_mine(book, wait) and wait.automatic and is_over(desk, book, wait):
            yield wait


def is_over(desk: books.Desk, book: books.Book, wait: Wait) -> bool:
    """Whether a deadline is over."""
    due_s = waits.due(desk, book, wait)
    return due_s is not None and (desk.now_ms() >= due_s * 1000 or waits.claim_of(desk, book, wait) is not None)


def named(desk: books.Desk, wanted: str, row: str | None) -> list[tuple[books.Book, Wait]]:
    """What favours me and is over in what a person named; nothing where it was claimed before."""
    mine = [
        (book, wait)
        for book, wait in thread_waits(desk, wanted)
        if waits.is_mine(book, wait) and (row == wait.row if row else wait.automatic)
    ]
    if not mine and not was_claimed(desk, wanted, row):
        raise errors.NodeError(
            "deadline.nothing",
            "nothing of it waits for the partner under a deadline",
            expected="what `hanse deadline list --mine` shows",
            got=wanted if row is None else f"{wanted} {row}",
        )
    found = [(book, wait) for book, wait in mine if is_over(desk, book, wait)]
    if mine and not found:
        ends = [waits.due(desk, book, wait) for book, wait in mine]
        known = [end for end in ends if end is not None]
        raise errors.NodeError(
            "deadline.early",
            "the deadline is not over" if known else "the partner has given no receipt: no clock runs",
            expected=f"unix second {min(known)} or later" if known else "a receipt of the partner",
            got=desk.now_ms() // 1000,
        )
    return found


def thread_waits(desk: books.Desk, wanted: str) -> list[tuple[books.Book, Wait]]:
    """What waits in the threads that a person means: orders by any of their names, other threads as they are listed."""
    found = []
    for row in orderbooks.find_orders(desk.db, wanted):
        book = desk.book(row.channel)
        found += [(book, wait) for wait in waits.of_order(orders.in_book(book, row.thread))]
        found += [(book, wait) for wait in waits.of_issues(book) if wait.about == row.thread]
    if found:
        return found
    return [
        (book, wait)
        for book in peering.written_books(desk)
        for wait in waits.every(book)
        if wait.number == wanted or hashes.means(wanted, wait.thread)
    ]


def was_claimed(desk: books.Desk, wanted: str, row: str | None) -> bool:
    """Whether I have claimed a silence in the order that a person means."""
    return any(
        member.document.TYPE == "deem" and row in (None, volumes.whole(desk.db, book, member).document.__dict__["row"])
        for book, thread in threads_of(desk, wanted)
        for member in book.history.channel.threads[thread].members[book.side]
    )


def threads_of(desk: books.Desk, wanted: str) -> Iterator[tuple[books.Book, bytes]]:
    """The orders that a person means, and the complaints about them; or a complaint by the start of its hash."""
    for found in orderbooks.find_orders(desk.db, wanted):
        book = desk.book(found.channel)
        yield book, found.thread
        yield from ((book, issue.key) for issue in book.history.issues_about(found.thread))
    for book in peering.open_books(desk):
        yield from ((book, key) for key in book.history.issues if hashes.means(wanted, key))


def claim_one(desk: books.Desk, book: books.Book, wait: Wait, round: Round) -> None:
    """Claim one deadline that is over, or ask for the receipt that is missing. What a rule refuses is noted."""
    shows = {"partner": book.partner.name, "order": wait.number, "row": wait.row, "target": wait.target.hex()}
    body = waits.claim_of(desk, book, wait)
    if body is None:
        round.waiting.append(shows)
        round.sizes[book.channel.id] = ask_for_receipt(desk, book, wait)
        return
    assert wait.claimed_by is not None
    faults = desk.judge(book, wait.claimed_by, body)
    if faults:
        round.refused.append({**shows, "faults": doors.fault_rows(refusals.Refused(faults))})
        return
    written = desk.write(book, wait.claimed_by, body)
    round.claimed.append({**shows, "deem": written.hash.hex()})
    chains.settle(desk, book, wait.thread)
    rounds.follow_silence(desk, book, wait.thread)
    cascades.abandon(desk, book, wait.thread)


def ask_for_receipt(desk: books.Desk, book: books.Book, wait: Wait) -> int:
    """Remind the partner, unless something of mine is under way to it: every receipt has a time. The size to wait for.

    So one reminder at most waits for a partner that is away, however many deadlines it lets pass.
    """
    mine = logbooks.of_channel(desk.db, book.channel.id, mine=True)
    if book.history.sizes[book.side] == mine.receipted:
        desk.write(book, "reminder", waits.named(book, wait))
    return book.history.sizes[book.side]


@register.case("deadline.remind", Reminded)
async def remind(trade: doors.Trade, given: Reminded, report: doors.Report) -> doors.Json:
    """Remind a partner of what waits for its answer. It changes nothing; its receipt has a time."""

    def unit(desk: books.Desk) -> doors.Json:
        mine = [
            (book, wait)
            for book, wait in thread_waits(desk, given.order)
            if waits.is_mine(book, wait) and given.row in (None, wait.row)
        ]
        if not mine:
            raise errors.NodeError(
                "deadline.nothing",
                "nothing of it waits for the partner",
                expected="what `hanse deadline list --mine` shows",
                got=given.order,
            )
        targets = {wait.target: (book, wait) for book, wait in reversed(mine)}
        for book, wait in targets.values():
            desk.write(book, "reminder", waits.named(book, wait))
        return {"reminded": [wait.row for _, wait in mine], "partner": mine[0][0].partner.name}

    return await doors.once(trade, given.key, unit)


# --- by itself


async def keep_claiming(trade: doors.Trade, *, everything: bool) -> None:
    """Claim what is due as soon as it is: `everything`, where the merchant has decided so, or else the edges of rounds,
    which cost nobody anything and would hold back for ever what could be netted otherwise."""
    pause_s: float = SWEEP_S_MIN
    while True:
        await asyncio.sleep(pause_s)
        next_s = await sweep(trade, everything=everything)
        now_s = trade.world.clock.now_ms() // 1000
        pause_s = SWEEP_S_MAX if next_s is None else min(max(next_s - now_s, SWEEP_S_MIN), SWEEP_S_MAX)


async def sweep(trade: doors.Trade, *, everything: bool = True) -> int | None:
    """Claim once what is over, channel by channel; the second at which the next deadline ends, if any runs.

    A channel whose partner has not been heard since the start, or that is being recovered, is left alone: what was
    answered may not be here yet (docs/decisions/0013-a-node-answers-after-it-has-read-everything.md).
    """
    ends: list[int] = []
    for channel in await trade.database.read(partners.channels):
        if channel.state in books.HALTED or trade.network.signing(channel.id) != "ready":
            continue
        try:
            if everything or await trade.books.read(functools.partial(has_edges, channel=channel.id)):
                ends += await trade.books.act(functools.partial(sweep_one, channel=channel.id, everything=everything))
        except (refusals.Refused, errors.NodeError) as refused:
            if isinstance(refused, errors.StorageError):
                raise
            log.warning("a deadline could not be claimed", channel=channel.id, fault=str(refused))
    return min(ends, default=None)


def has_edges(desk: books.Desk, channel: int) -> bool:
    """Whether an edge of a round waits in a channel."""
    return any(True for _ in waits.of_setoffs(desk.peek(channel)))


def sweep_one(desk: books.Desk, channel: int, *, everything: bool) -> Sequence[int]:
    """Claim what is over in one channel; when what still runs in my favour ends."""
    book, round = desk.book(channel), Round()
    for wait in list(over(desk, book)):
        if everything or wait.row in lapses.ROWS:
            claim_one(desk, book, wait, round)
    for row in round.claimed:
        log.info("claimed what a silence gives", partner=row["partner"], order=row["order"], row=row["row"])
    running = [wait for wait in waits.every(book) if waits.is_mine(book, wait) and wait.automatic]
    running = [wait for wait in running if everything or wait.row in lapses.ROWS]
    for wait in running:
        if waits.is_unheard(book, wait):
            desk.write(book, "reminder", waits.named(book, wait))  # its receipt starts the clock, and that of others
    ends = [waits.due(desk, book, wait) for wait in running]
    return [end for end in ends if end is not None and end * 1000 > desk.now_ms()]
