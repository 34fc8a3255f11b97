"""Disputes: brought before an arbiter in a file, decided by its signature, entered by either party."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

from contracts import disputes, issues
from contracts.documents import disputes as papers
from contracts.terms import Version
from node import errors
from node.storage import blobs, logbooks, proofs
from node.trade import attachments, books, doors, hashes, peering, volumes, waits
from node.trade.aftersales import arbiters, cases
from node.trade.aftersales import issues as complaints
from node.trade.goods import catalogues
from node.trade.partners import agreements
from protocol import identities
from protocol.encoding import Value

register = doors.Register()


class Open(doors.Arguments):
    """`documents`: hashes of further documents to disclose, besides those of the issue, its order and the agreement."""

    issue: str
    claim: str | None = None
    documents: list[str] | None = None
    message: str | None = None
    files: attachments.Files | None = None
    key: str | None = None


class Evidence(doors.Arguments):
    """More documents, a message or files for the arbiter."""

    issue: str
    documents: list[str] | None = None
    message: str | None = None
    files: attachments.Files | None = None
    key: str | None = None


class Decide(doors.Arguments):
    """The content of an award file."""

    award: str


@register.case("issue.escalate", complaints.One)
async def escalate(trade: doors.Trade, given: complaints.One, report: doors.Report) -> doors.Json:
    """Go on with an issue that was not resolved in time; two receipts of the partner prove the time.

    Where the time is over but the partner has receipted nothing since, it is reminded: the next receipt is the proof.
    NodeError `deadline.unproved` where that does not come soon.
    """

    def unit(desk: books.Desk) -> tuple[complaints.Found, bool]:
        found = complaints.find(desk, given.issue)
        wait_s = issues.resolution_s(found.issue.version)
        waiting = found.issue.state in issues.WORKED_ON
        return found, waiting and write_in_time(desk, found, "issue.escalate", found.issue.index, wait_s)

    return await in_time(trade, unit)


async def in_time(trade: doors.Trade, unit: Callable[[books.Desk], tuple[complaints.Found, bool]]) -> doors.Json:
    """Do what a receipt has to prove; where it is missing, wait a while for it, and do it then.

    `unit` tells whether it is missing. NodeError `deadline.unproved` where it does not come.
    """

    def step(desk: books.Desk) -> tuple[doors.Json, dict[int, int], str]:
        found, missing = unit(desk)
        sizes = {found.book.channel.id: found.book.history.sizes[found.book.side]} if missing else {}
        return complaints.describe(complaints.again(found)), sizes, found.book.partner.name

    answer, sizes, partner = await trade.books.act(step)
    if sizes:
        await waits.receipts(trade, sizes)
        answer, sizes, partner = await trade.books.act(step)
    if sizes:
        raise waits.unproved([partner])
    return answer


def write_in_time(
    desk: books.Desk, found: complaints.Found, kind: str, index: int, wait_s: int, more: books.Body | None = None
) -> bool:
    """Write a document that needs a proof that `wait_s` have passed since the partner had my entry at `index`.

    Where they have passed and no receipt shows it yet, write a reminder, unless something of mine is under way: every
    receipt has a time. Tells whether the document still waits for one.
    NodeError `issue.unproved` where no clock has started.
    """
    first, last = proofs.first(desk.db, found.book.mine.id, index + 1), proofs.newest(desk.db, found.book.mine.id)
    if first is None or last is None:
        raise errors.NodeError(
            "issue.unproved", "the partner has not receipted it yet: no clock runs", hint="wait until it is online"
        )
    if last.time_s < first.time_s + wait_s <= desk.now_ms() // 1000:
        mine = logbooks.of_channel(desk.db, found.book.channel.id, mine=True)
        if found.book.history.sizes[found.book.side] == mine.receipted:
            desk.write(found.book, "reminder", {**named(found), "target": found.issue.key})
        return True
    proved: books.Body = {"started": waits.cosigned(first), "passed": waits.cosigned(last)}
    desk.write(found.book, kind, {**named(found), **proved, **(more or {})})
    return False


def named(found: complaints.Found) -> books.Body:
    """The fields by which every document of the thread begins."""
    return {"thread": found.issue.key, "role": found.role}


@register.case("dispute.open", Open)
async def open_dispute(trade: doors.Trade, given: Open, report: doors.Report) -> doors.Json:
    """Bring an escalated issue before the arbiter."""

    def unit(desk: books.Desk) -> doors.Json:
        found = complaints.find(desk, given.issue)
        body: books.Body = {
            **named(found),
            "documents": leaves(found.book, given.documents),
            "attachments": attachments.put(desk, given.message, given.files),
        }
        if given.claim is not None:
            claim = agreements.parse_money(given.claim, found.issue.version.currency)
            body["claim"] = catalogues.money_value(claim.minor, claim.currency)
        written = desk.write(found.book, "dispute.open", body)
        return {**complaints.describe(complaints.again(found)), "dispute": written.hash.hex()}

    return await doors.once(trade, given.key, unit)


@register.case("dispute.evidence", Evidence)
async def evidence(trade: doors.Trade, given: Evidence, report: doors.Report) -> doors.Json:
    """Lay more before the arbiter."""

    def unit(desk: books.Desk) -> doors.Json:
        found = complaints.find(desk, given.issue)
        body: books.Body = {
            **named(found),
            "documents": leaves(found.book, given.documents),
            "attachments": attachments.put(desk, given.message, given.files),
        }
        desk.write(found.book, "dispute.evidence", body)
        return complaints.describe(complaints.again(found))

    return await doors.once(trade, given.key, unit)


def leaves(book: books.Book, typed: list[str] | None) -> list[Value]:
    """Documents by the beginning of their hashes. NodeError `audit.document` for one that is not there."""
    found: list[Value] = []
    positions = book.history.channel.positions
    for text in typed or ():
        fitting = [leaf for side in positions for leaf in side if hashes.means(text, leaf)]
        if len(set(fitting)) != 1:
            raise errors.NodeError(
                "audit.document", "no single document has this hash", expected="8 or more characters of it", got=text
            )
        found.append(fitting[0])
    return found


@register.case("dispute.export", complaints.One)
async def export(trade: doors.Trade, given: complaints.One, report: doors.Report) -> doors.Json:
    """Everything that the arbiter needs, as one text: the agreement, the order, the issue, what was disclosed."""

    def unit(desk: books.Desk) -> doors.Json:
        found = complaints.find(desk, given.issue)
        if not found.issue.disputes:
            raise errors.NodeError(
                "dispute.none", "the issue is not before an arbiter", expected="disputed", got=found.issue.state.value
            )
        name = min(found.issue.disputes)  # of two that crossed, whichever: both name this issue
        case = cases.compose(desk, found.book, name, sorted(disclosed(desk, found)))
        return {
            "dispute": name.hex(),
            "documents": sum(len(part.entries) for part in case.books),
            "case": case.model_dump_json(),
        }

    return await trade.books.act(unit)


def disclosed(desk: books.Desk, found: complaints.Found) -> set[bytes]:
    """The leaf hashes of the agreement's, the order's and the issue's documents, and of those that they disclose."""
    issue, threads = found.issue, found.book.history.channel.threads
    leaves: set[bytes] = set()
    for key in (issue.agreement, issue.document.order, issue.key):
        if key is None:
            continue
        leaves.add(key)
        for side in threads[key].members:
            for member in side:
                leaves.add(member.hash)
                if isinstance(member.document, papers.Open | papers.Evidence):
                    leaves.update(volumes.whole(desk.db, found.book, member).document.__dict__["documents"])
    return leaves


@register.case("dispute.decide", Decide)
async def decide(trade: doors.Trade, given: Decide, report: doors.Report) -> doors.Json:
    """Enter an arbiter's award in this merchant's logbook; it counts from then on, whatever the other side does."""
    text, signature, reasons = cases.read_award(given.award)

    def unit(desk: books.Desk) -> doors.Json:
        found = of_dispute(desk, text.get("dispute"))
        rows = (
            [attachments.row("reasons.txt", reasons.encode(), blobs.put(desk.db, reasons.encode()))] if reasons else []
        )
        body: books.Body = {**named(found), "award": text, "signature": signature, "attachments": list(rows)}
        desk.write(found.book, "dispute.decide", body)
        desk.books.conduct.resume(desk, found.book, found.issue.key)
        return complaints.describe(complaints.again(found))

    return await trade.books.act(unit)


def of_dispute(desk: books.Desk, name: Value) -> complaints.Found:
    """The issue that an award is about. NodeError `issue.unknown`."""
    for book in peering.open_books(desk):
        for issue in book.history.issues.values():
            if isinstance(name, bytes) and name in issue.disputes:
                writing = desk.book(book.channel.id)
                return complaints.Found(writing, writing.history.issues[issue.key])
    raise errors.NodeError("issue.unknown", "the award is about no issue of mine", got=str(arbiters.plain(name))[:64])


async def simple(kind: str, trade: doors.Trade, given: complaints.One, report: doors.Report) -> doors.Json:
    """A document of the thread with nothing to say but its type."""

    def unit(desk: books.Desk) -> doors.Json:
        found = complaints.find(desk, given.issue)
        desk.write(found.book, kind, named(found))
        return complaints.describe(complaints.again(found))

    return await trade.books.act(unit)


register.case("dispute.comply", complaints.One)(functools.partial(simple, "dispute.comply"))


@register.case("dispute.default", complaints.One)
async def default(trade: doors.Trade, given: complaints.One, report: doors.Report) -> doors.Json:
    """Say that the other side did not do what the award says, in time; two receipts of it prove the time."""

    def unit(desk: books.Desk) -> tuple[complaints.Found, bool]:
        found = complaints.find(desk, given.issue)
        taken = found.issue.taken
        if taken is None or taken.member.side != found.book.side:
            raise errors.NodeError(
                "dispute.none", "there is no award that I have entered", expected="`hanse dispute decide` first"
            )
        within_s = taken.award.comply_within_s
        return found, write_in_time(desk, found, "dispute.default", taken.member.index, within_s)

    return await in_time(trade, unit)


@register.case("dispute.list", doors.OfPartner)
async def listed(trade: doors.Trade, given: doors.OfPartner, report: doors.Report) -> doors.Json:
    """All issues that came before an arbiter, and what was decided."""

    def unit(desk: books.Desk) -> doors.Json:
        return {"disputes": list(rows(desk, given.partner))}

    return await trade.books.read(unit)


def rows(desk: books.Desk, partner: str | None) -> Iterator[doors.Json]:
    """One row for each dispute."""
    for book in peering.open_books(desk, partner):
        for issue in book.history.issues.values():
            if not issue.disputes:
                continue
            found = complaints.Found(book, issue)
            taken = issue.taken
            yield {
                **complaints.describe(found),
                "dispute": min(issue.disputes).hex(),
                "arbiter": None if taken is None else arbiter_of(issue.version, taken.place),
                "pays_me": None
                if taken is None
                else catalogues.shown(complaints.pays_me(found, issue.delta), issue.version.currency),
                "complies": None if taken is None or taken.award.complies is None else whose(found),
            }


def arbiter_of(version: Version, place: int) -> str:
    """An arbiter by its name, or by its NodeID."""
    one = version.terms.arbiters[place]
    return one.name or identities.to_text(identities.NodeId(one.node))


def whose(found: complaints.Found) -> str:
    """Who must comply, for people."""
    return "me" if disputes.bound(found.issue) == found.book.side else found.book.partner.name
