"""What waits under a clock: the timed rows of open threads, and what receipts prove of their deadlines.

A clock runs from a receipt of whoever has to answer (law 5). So both sides of a channel name the same deadline: the
one from the receipts that it holds, the other from those that it gave.
"""

from __future__ import annotations

import asyncio
import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import structlog

from contracts import abandonments, assents, disputes, issues, lapses, silences
from contracts.documents.deems import Deem
from contracts.issues import Issue, IssueState, Taken
from contracts.orders import Order
from contracts.silences import Claim
from node import errors
from node.storage import partners, proofs
from node.trade import books, doors
from protocol import notes
from protocol.encoding import Value

FINAL = "shipment.final"
CLOCKED = (*issues.LIVE, IssueState.DECIDED)  # something of a complaint may wait
ROUND_CHARACTERS = 12  # of the name of a round, where it stands for an edge in lists
RESPONSE = "issue.response"
ESCALATE = "issue.escalate"
ANSWER = "the other side does not answer a complaint in the time of the agreement"
AWARD, DUTY, DEFAULT = "dispute.decide", "dispute.return", "dispute.default"
COMPLY = "who must act by an award does not: the other side may say so"
RECEIPT_PATIENCE_S = 10  # how long a person waits for a receipt
GO_BACK = "goods that the buyer must send back by an award"
RESOLVE = "the other side does not resolve a complaint: the complainant may escalate it"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wait:
    """The document `target` of a thread waits by a timed row; `favours` is the side that may claim the silence.

    `claimed_by` is the type of the document that claims it: a `deem` follows by itself where the merchant wants it, any
    other one is left to people, and with None nothing follows. `about`: the order that a complaint is about.
    """

    thread: bytes
    number: str
    row: str
    meaning: str
    target: bytes
    favours: int
    seller: int
    claim: Claim
    claimed_by: str | None = Deem.TYPE
    about: bytes | None = None

    @property
    def automatic(self) -> bool:
        """Whether a node may claim it by itself."""
        return self.claimed_by == Deem.TYPE


def of_order(order: Order, *, every: bool = True) -> Iterator[Wait]:
    """The rows by which something of an order waits. Unless `every`, without what nobody gains anything by."""
    for row in silences.ROWS.values():
        if row.name == FINAL and not every and not pays(order):
            continue
        for target in row.targets(order):
            if not silences.waiting(order, row, target):
                continue
            claim = row.clock(order, target)
            if claim is not None:
                seller = order.version.seller
                favours = seller if row.favours(order, target) == "seller" else 1 - seller
                yield Wait(order.key, order.number, row.name, row.meaning, target, favours, seller, claim)


def pays(order: Order) -> bool:
    """Whether anything is owed only once goods are final."""
    return order.version.withholding.numerator > 0 or order.version.terms.basis == "return_window"


@dataclass(slots=True)
class Clock:
    """Something that waits in an order, and since which unix second its clock runs, once that is known."""

    wait: Wait
    started_s: int | None = None


def of_orders(book: books.Book) -> Iterator[Wait]:
    """What waits in the orders of a channel. The others are not looked at."""
    return (clock.wait for clock in clocks(book))


def clocks(book: books.Book) -> Iterator[Clock]:
    """The same with what is known of the time."""
    known = timed(book)
    for thread in sorted(known):
        yield from known[thread]


def of_thread(book: books.Book, thread: bytes) -> list[Clock]:
    """What waits in one thread."""
    if thread in book.history.orders:
        return list(timed(book).get(thread, []))
    return [Clock(wait) for kind in OTHERS for wait in kind(book) if wait.thread == thread]


def every_clock(book: books.Book) -> Iterator[Clock]:
    """Everything that waits in a channel, with what is known of the time."""
    yield from clocks(book)
    yield from (Clock(wait) for kind in OTHERS for wait in kind(book))


def of_statements(book: books.Book) -> Iterator[Wait]:
    """The statements of a channel whose silence can be claimed, now or later.

    Looked at are the proposals after the last closed statement, and what is closed: a few a year.
    """
    channel = book.history.channel
    for ledger in channel.ledgers.values():
        last = ledger.closed[-1].statement if ledger.closed else None
        names = [*ledger.proposals.get(last, ()), *(closed.statement for closed in ledger.closed)]
        for row, statement in ((row, channel.statements[name]) for name in names for row in assents.ROWS):
            after_s = assents.after_s(channel, statement, row)
            if after_s is not None and not assents.claimable(channel, book.history.sizes, statement, row):
                claim = Claim(assents.since(statement, row), after_s)
                yield Wait(
                    *(statement.key, statement.document.period, row, assents.ROWS[row], statement.key),
                    favours=statement.side,
                    seller=ledger.seller,
                    claim=claim,
                )


def of_setoffs(book: books.Book) -> Iterator[Wait]:
    """The edges of rounds that wait for a word. All are looked at: a merchant nets a few times a month."""
    for setoff in book.history.setoffs.values():
        row = lapses.row_of(setoff)
        if row is not None and setoff.batch is not None:
            yield Wait(
                *(setoff.key, setoff.batch.hex()[:ROUND_CHARACTERS], row, lapses.ROWS[row], setoff.word[1]),
                favours=book.side if lapses.favours(setoff, row, book.side) else 1 - book.side,
                seller=setoff.seller,
                claim=Claim(setoff.word[0], setoff.wait_s),
            )


def of_issue(book: books.Book, issue: Issue) -> Iterator[Wait]:
    """What waits in a complaint: for the other side to answer and to resolve it, and then for the complainant."""
    order = issue.document.order
    number = issue.key.hex()[:12] if order is None else book.history.orders[order].number
    opened, terms = (issue.side, issue.index), issue.version.terms

    def wait(row: str, meaning: str, target: bytes, claim: Claim, by: str | None) -> Wait:
        favours = 1 - issue.side if by == Deem.TYPE else issue.side
        return Wait(issue.key, number, row, meaning, target, favours, issue.version.seller, claim, by, order)

    if issue.state is IssueState.OPEN and terms.issue_response_s is not None:
        yield wait(RESPONSE, ANSWER, issue.key, Claim(opened, terms.issue_response_s), None)
    if issue.state in issues.WORKED_ON:
        yield wait(issue.document.TYPE, RESOLVE, issue.key, Claim(opened, issues.resolution_s(issue.version)), ESCALATE)
    for row, member, claim in abandonments.waiting(issue):
        yield wait(row.name, row.meaning, member.hash, claim, Deem.TYPE)
    if issue.state is IssueState.DECIDED and issue.taken is not None:
        yield from of_award(book, issue, issue.taken)


def of_award(book: books.Book, issue: Issue, taken: Taken) -> Iterator[Wait]:
    """What an award asks for, until it is said that it is done: of who must act by it, and of the buyer who has goods
    to send back. Those are no return of table T6, which would refund them once more: the award says what they cost."""
    member, seller, about = taken.member, issue.version.seller, issue.document.order
    claim = Claim((member.side, member.index), taken.award.comply_within_s)

    def wait(row: str, meaning: str, order: bytes | None, favours: int, by: str | None) -> Wait:
        number = issue.key.hex()[:12] if order is None else book.history.orders[order].number
        return Wait(issue.key, number, row, meaning, member.hash, favours, seller, claim, by, about)

    yield wait(AWARD, COMPLY, about, 1 - disputes.bound(issue), DEFAULT)
    for duty in taken.award.duties:
        known = duty.order if duty.order in book.history.orders else about
        yield wait(DUTY, f"{GO_BACK}: {duty.quantity} of line {duty.line}", known, seller, None)


def of_issues(book: books.Book) -> Iterator[Wait]:
    """What waits in the complaints of a channel. Those that are at an end are not looked at."""
    for key in sorted(complained(book)):
        yield from of_issue(book, book.history.issues[key])


def complained(book: books.Book) -> set[bytes]:
    """The complaints of a channel that are not at an end; kept by differences from the first question on."""
    if book.complained is None:
        book.complained = {key for key, issue in book.history.issues.items() if issue.state in CLOCKED}
    return book.complained


def follow_issue(book: books.Book, after: Issue) -> None:
    """Take over one complaint's change."""
    if book.complained is not None:
        (book.complained.add if after.state in CLOCKED else book.complained.discard)(after.key)


OTHERS: tuple[Callable[[books.Book], Iterator[Wait]], ...] = (of_statements, of_setoffs, of_issues)
KINDS: tuple[Callable[[books.Book], Iterator[Wait]], ...] = (of_orders, *OTHERS)
"""One for each kind of thread with timed rows; each takes care that its cost does not grow with what is closed."""


def every(book: books.Book) -> Iterator[Wait]:
    """Everything that waits in a channel."""
    for kind in KINDS:
        yield from kind(book)


def timed(book: books.Book) -> dict[bytes, list[Clock]]:
    """The orders of a channel in which a clock may run; kept by differences from the first question on."""
    if book.timed is None:
        book.timed = {}
        for order in book.history.orders.values():
            follow(book, order)
    return book.timed


def follow(book: books.Book, after: Order) -> None:
    """Take over one order's change. What was known of a clock is asked anew: it may run from another document now."""
    if book.timed is not None:
        found = [Clock(wait) for wait in of_order(after, every=False)]
        if found:
            book.timed[after.key] = found
        else:
            book.timed.pop(after.key, None)


# --- what receipts prove


def is_mine(book: books.Book, wait: Wait) -> bool:
    """Whether the silence would favour me."""
    return wait.favours == book.side


def started(desk: books.Desk, book: books.Book, wait: Wait) -> proofs.Proof | None:
    """The receipt that started the clock: the first one over the logbook of the side that the silence favours by
    which the other side had the target, or an entry that knows it. None while there is none."""
    side, index = wait.claim.since
    if wait.claimed_by is None:  # nothing has to be proved by it: since when the other side had the word itself
        return proofs.first(desk.db, (book.mine if side == book.side else book.theirs).id, index + 1)
    logbook = book.mine if is_mine(book, wait) else book.theirs
    if side != wait.favours:  # an entry of the favoured side that had seen more than `index`
        index = bisect.bisect_right(book.history.channel.seens[wait.favours], index)
    return proofs.first(desk.db, logbook.id, index + 1)


def is_unheard(book: books.Book, wait: Wait) -> bool:
    """Whether no clock can run yet, because nothing that I wrote knows the partner's word that waits."""
    side, index = wait.claim.since
    seens = book.history.channel.seens[wait.favours]
    return side != wait.favours and bisect.bisect_right(seens, index) == len(seens)


def passed(desk: books.Desk, book: books.Book) -> proofs.Proof | None:
    """The partner's newest receipt: that it was there at a time, and had said nothing else."""
    return proofs.newest(desk.db, book.mine.id)


async def receipts(trade: doors.Trade, sizes: Mapping[int, int]) -> None:
    """Wait a while for receipts of those partners that are there. `sizes`: by channel, that of my logbook."""
    names = await trade.database.read(lambda db: {row.id: row.partner for row in partners.channels(db)})
    there = [(channel, size) for channel, size in sizes.items() if trade.network.online(names[channel])]
    try:
        async with asyncio.timeout(RECEIPT_PATIENCE_S):
            for channel, size in there:
                await trade.receipts.wait(channel, size)
    except TimeoutError:
        log.info("receipts are late", channels=[channel for channel, _ in there])


def unproved(away: Iterable[str]) -> errors.NodeError:
    """The NodeError `deadline.unproved` for what partners have given no receipt of; they were reminded."""
    return errors.NodeError(
        "deadline.unproved",
        "the deadline is over, but no receipt shows that the partner was there since",
        expected=f"a receipt of {', '.join(sorted(set(away)))}",
        got="none yet: what waits for it is sent as soon as they are there",
        hint="repeat the command then",
    )


def body(book: books.Book, wait: Wait, start: proofs.Proof, end: proofs.Proof) -> books.Body:
    """The document that claims a silence: the two receipts, and in a `deem` what waits by which row."""
    proved: books.Body = {"started": cosigned(start), "passed": cosigned(end)}
    if wait.automatic:
        return {**named(book, wait), "row": wait.row, **proved}
    return {"thread": wait.thread, "role": book.role(wait.seller), **proved}


def named(book: books.Book, wait: Wait) -> books.Body:
    """The thread, my role in it, and what waits: the body of a `reminder`."""
    return {"thread": wait.thread, "role": book.role(wait.seller), "target": wait.target}


def cosigned(proof: proofs.Proof) -> dict[str, Value]:
    """A receipt as a document carries it."""
    payload = notes.parse_signature(proof.cosignature.removesuffix("\n")).payload
    return {"size": proof.size, "root": proof.root, "payload": payload}


def shown(desk: books.Desk, book: books.Book, wait: Wait) -> doors.Json:
    """One deadline. Its state: unreceipted (no clock runs), running, over (no proof yet), due (to be claimed), or held
    (to be claimed once nothing in the order stands against it)."""
    due_s = due(desk, book, wait)
    start = started(desk, book, wait)
    state = "unreceipted" if due_s is None else "running" if desk.now_ms() < due_s * 1000 else "over"
    claim = claim_of(desk, book, wait) if is_mine(book, wait) else None
    if claim is not None and wait.claimed_by is not None:
        state = "held" if desk.judge(book, wait.claimed_by, claim) else "due"
    return {
        "partner": book.partner.name,
        "number": wait.number,
        "thread": wait.thread.hex(),
        "row": wait.row,
        "meaning": wait.meaning,
        "target": wait.target.hex(),
        "favours": "me" if is_mine(book, wait) else "partner",
        "since_ms": None if start is None else start.time_s * 1000,
        "due_ms": None if due_s is None else due_s * 1000,
        "state": state,
    }


def clock_due(desk: books.Desk, book: books.Book, clock: Clock) -> int | None:
    """The unix second at which a clock is over. The receipt that started it never changes, so it is looked up once."""
    if clock.started_s is None:
        start = started(desk, book, clock.wait)
        clock.started_s = None if start is None else start.time_s
    return None if clock.started_s is None else clock.wait.claim.due_s(clock.started_s)


def due(desk: books.Desk, book: books.Book, wait: Wait) -> int | None:
    """The unix second at which a deadline is over; None while whoever has to answer has given no receipt."""
    start = started(desk, book, wait)
    return None if start is None else wait.claim.due_s(start.time_s)


def claim_of(desk: books.Desk, book: books.Book, wait: Wait) -> books.Body | None:
    """The claim that receipts prove now, None where they prove none yet, or where none can be made."""
    if wait.claimed_by is None:
        return None
    start, end = started(desk, book, wait), passed(desk, book)
    if start is None or end is None or end.time_s < wait.claim.due_s(start.time_s):
        return None
    return body(book, wait, start, end)
