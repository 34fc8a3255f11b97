"""Rounds: debts around a cycle of merchants cancel out, edge by edge; nobody sees more of it than its two neighbours.

A round goes along debts: a debtor asks its creditor, which asks its own, until somebody asks the one who began.
Consents come back the other way, each at the smallest amount on the way, and then one secret applies all edges
(docs/decisions/0020-a-cycle-has-one-secret-and-no-clock.md). Every step is an answer to one document, found again in
the state of the channels after a restart; a merchant takes part in rounds of others only if it has said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from contracts import histories, obligations
from contracts.setoffs import Setoff, SetoffState
from contracts.terms import Version
from node import errors
from node.storage import settings
from node.trade import books, doors, hashes, peering, versions
from node.trade.goods import catalogues
from protocol import merkle

register = doors.Register()
SETTING = "netting.rounds"  # b"1" where this merchant takes part in rounds of others
BATCH_BYTES = 32
CREDITORS_MAX = 8  # asked at once, so that a round stays small
HOPS_MAX = 4  # a cycle of at most five: longer ones hang on too many
PENDING = (SetoffState.PROPOSED, SetoffState.LAPSED, SetoffState.LOCKED, SetoffState.EXPIRED)
APPLICABLE = (SetoffState.LOCKED, SetoffState.RELEASED, SetoffState.EXPIRED)
NEVER = (SetoffState.DECLINED, SetoffState.WITHDRAWN)  # nothing can apply such an edge any more
ENDED = (*NEVER, SetoffState.RELEASED, SetoffState.LAPSED)


class Begin(doors.Arguments):
    """`currency` where I owe in several."""

    currency: str | None = None


class Join(doors.Arguments):
    """Whether I take part in rounds that others begin."""

    join: bool


class Release(doors.Arguments):
    """A round that I began, by 8 or more characters of its name."""

    round: str


class Edge(NamedTuple):
    """One edge of a round in its book. I am the debtor of those that I proposed."""

    book: books.Book
    setoff: Setoff

    @property
    def mine(self) -> bool:
        """Whether it is my debt."""
        return self.setoff.side == self.book.side


class Locks(NamedTuple):
    """What all edges of a round have in common."""

    batch: bytes
    lock: bytes
    release: bytes


# --- asked by a person


@register.case("netting.join", Join)
async def join(trade: doors.Trade, given: Join, report: doors.Report) -> doors.Json:
    """Take part in rounds that others begin, or not any more."""

    def unit(desk: books.Desk) -> doors.Json:
        settings.put(desk.db, SETTING, b"1" if given.join else b"0")
        return {"takes_part": given.join}

    return await trade.books.act(unit)


@register.case("netting.begin", Begin)
async def begin(trade: doors.Trade, given: Begin, report: doors.Report) -> doors.Json:
    """Ask those whom I owe whether their debts, and those of their creditors, come round to me."""

    def unit(desk: books.Desk) -> doors.Json:
        batch = desk.books.entropy.token(BATCH_BYTES)
        locks = Locks(batch, *(merkle.leaf_hash(secret) for secret in secrets(desk, batch)))
        found = [debt for debt in debts(desk) if given.currency in (None, debt[1].currency)]
        currencies = sorted({version.currency for _, version, _ in found})
        if len(currencies) != 1:
            raise errors.NodeError(
                "netting.nothing",
                "I owe nobody anything that both have signed" if not currencies else "I owe in several currencies",
                expected="a debt in one currency",
                got=", ".join(currencies) or "none",
            )
        asked = [ask(desk, book, version, owed, locks, 0) for book, version, owed in found[:CREDITORS_MAX]]
        return {"round": batch.hex(), "asked": asked}

    return await trade.books.act(unit)


@register.case("netting.release", Release)
async def release(trade: doors.Trade, given: Release, report: doors.Report) -> doors.Json:
    """End a round that I began and that did not come about: its edges are free again."""

    def unit(desk: books.Desk) -> doors.Json:
        every = [edge for edge in edges(desk, None) if began(desk, edge.setoff)]
        found = {one.setoff.batch for one in every if hashes.means(given.round, one.setoff.batch or b"")}
        if len(found) != 1:
            raise errors.NodeError("netting.round", "no single round could be meant", got=given.round)
        batch = found.pop()
        assert batch is not None
        states = {one.setoff.state for one in every if one.setoff.batch == batch}
        if SetoffState.APPLIED in states:
            raise errors.NodeError("netting.round", "this round was applied", expected="one that waits", got="applied")
        show(desk, batch, secrets(desk, batch)[1])
        return {"round": batch.hex(), "state": "released"}

    return await trade.books.act(unit)


# --- answered by the node


def hear_proposal(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """A debtor asks me: its round has come back to me, or I ask my own creditors, or it ends here."""
    edge = Edge(book, book.history.setoffs[item.hash])
    setoff = edge.setoff
    if setoff.batch is None or setoff.lock is None or setoff.release is None:
        return
    if setoff.state is not SetoffState.PROPOSED:
        return
    others = [one for one in edges(desk, setoff.batch) if one.setoff.key != setoff.key]
    most = min(setoff.amount, signed(book, setoff.agreement, setoff.side))
    if began(desk, setoff):
        over = (SetoffState.RELEASED, SetoffState.WITHDRAWN)
        released = any(one.mine and one.setoff.state in over for one in others)
        free = not released and all(one.mine or one.setoff.state in NEVER for one in others)
        answer(desk, edge, most if free else 0)
    elif others or setoff.hops >= HOPS_MAX or settings.get(desk.db, SETTING) != b"1" or most < 1:
        answer(desk, edge, 0)
    else:
        locks = Locks(setoff.batch, setoff.lock, setoff.release)
        mine = [debt for debt in debts(desk) if debt[1].currency == setoff.currency and debt[0] is not book]
        for creditor, version, owed in mine[:CREDITORS_MAX]:
            ask(desk, creditor, version, min(owed, most), locks, setoff.hops + 1)
        if not mine:
            answer(desk, edge, 0)


def hear_answer(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """A creditor of mine has locked an edge, or declined: pass it on to whoever asked me, or show the secret."""
    thread = item.body["thread"]
    setoff = book.history.setoffs.get(thread) if isinstance(thread, bytes) else None
    if setoff is None or setoff.batch is None:
        return
    every = list(edges(desk, setoff.batch))
    asking = [one for one in every if not one.mine]
    if setoff.state is SetoffState.LOCKED and began(desk, setoff):
        whole = any(one.setoff.state is SetoffState.LOCKED and one.setoff.amount == setoff.amount for one in asking)
        show(desk, setoff.batch, secrets(desk, setoff.batch)[0 if whole else 1])
    elif setoff.state is SetoffState.LOCKED:
        for one in asking:
            answer(desk, one, setoff.amount)
    elif not began(desk, setoff):
        pass_no(desk, every)


def pass_no(desk: books.Desk, every: Iterable[Edge]) -> None:
    """Decline what I was asked, once nobody whom I asked can consent any more."""
    if all(one.setoff.state in ENDED for one in every if one.mine):
        for one in every:
            if not one.mine:
                answer(desk, one, 0)


def hear_secret(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """A neighbour shows a secret: show it to the other one."""
    thread = item.body["thread"]
    setoff = book.history.setoffs.get(thread) if isinstance(thread, bytes) else None
    if setoff is not None and setoff.batch is not None and setoff.secret is not None:
        show(desk, setoff.batch, setoff.secret)


def hear_claim(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """A partner claims that an edge has waited for too long."""
    thread = item.body["thread"]
    if isinstance(thread, bytes):
        follow_silence(desk, book, thread)


def follow_silence(desk: books.Desk, book: books.Book, thread: bytes) -> None:
    """An edge has lapsed or expired: a round that I began is over, and who asked me need not wait for those whom I
    asked. In one transaction with my own claim, so that no late consent finds me still passing it on."""
    setoff = book.history.setoffs.get(thread)
    if setoff is None or setoff.batch is None or setoff.state not in (SetoffState.LAPSED, SetoffState.EXPIRED):
        return
    every = list(edges(desk, setoff.batch))
    if not began(desk, setoff):
        pass_no(desk, every)
    elif all(one.setoff.state is not SetoffState.APPLIED for one in every):
        show(desk, setoff.batch, secrets(desk, setoff.batch)[1])


def show(desk: books.Desk, batch: bytes, secret: bytes) -> None:
    """Show a secret on every edge that it still changes."""
    for edge in list(edges(desk, batch)):
        applies = merkle.leaf_hash(secret) == edge.setoff.lock
        if edge.setoff.state in (APPLICABLE if applies else PENDING):
            desk.write(edge.book, "setoff.notice", {**named(edge), "secret": secret})


def answer(desk: books.Desk, edge: Edge, minor: int) -> None:
    """Lock an edge that waits for me at an amount, or decline it (0)."""
    if edge.setoff.state is SetoffState.PROPOSED:
        body: books.Body = {**named(edge), "accept": minor > 0}
        if minor > 0:
            body["amount"] = catalogues.money_value(min(minor, edge.setoff.amount), edge.setoff.currency)
        desk.write(edge.book, "setoff.consent", body)


def ask(desk: books.Desk, book: books.Book, version: Version, minor: int, locks: Locks, hops: int) -> str:
    """Propose an edge to a creditor; its name."""
    body: books.Body = {
        "agreement": version.hash,
        "role": book.role(version.seller),
        "amount": catalogues.money_value(minor, version.currency),
        "hops": hops,
        **locks._asdict(),
    }
    desk.write(book, "setoff.propose", body)
    return book.partner.name


# --- what the channels say


def edges(desk: books.Desk, batch: bytes | None) -> Iterator[Edge]:
    """The edges of a round, or of all rounds, that stand in my channels."""
    for book in peering.written_books(desk):
        for setoff in list(book.history.setoffs.values()):
            if setoff.batch is not None and batch in (None, setoff.batch):
                yield Edge(book, setoff)


def debts(desk: books.Desk) -> list[tuple[books.Book, Version, int]]:
    """What I owe by what both have signed, and have not offered yet: the largest first."""
    found: list[tuple[books.Book, Version, int]] = []
    for book in peering.written_books(desk):
        for version in versions.newest(book):
            owed = signed(book, version.key, book.side)
            if owed > 0:
                found.append((book, version, owed))
    return sorted(found, key=lambda debt: -debt[2])


def signed(book: books.Book, agreement: bytes, debtor: int) -> int:
    """What a side owes under an agreement by what both have signed, less what it has offered and nobody declined."""
    owed = sum(one.open for one in obligations.of(book.history.channel, agreement) if one.debtor == debtor)
    return owed - sum(one.amount for one in offered(book, agreement) if debtor == one.side or one.batch is None)


def offered(book: books.Book, agreement: bytes) -> Iterable[Setoff]:
    """The set-offs of an agreement that are locked, or proposed by me, and not applied yet."""
    return [
        one
        for one in book.history.setoffs.values()
        if agreement in (one.agreement, one.against)
        and (one.state is SetoffState.LOCKED or (one.state is SetoffState.PROPOSED and one.side == book.side))
    ]


def named(edge: Edge) -> books.Body:
    """The thread of an edge and my role in it."""
    return {"thread": edge.setoff.key, "role": edge.book.role(edge.setoff.seller)}


def secrets(desk: books.Desk, batch: bytes) -> tuple[bytes, bytes]:
    """The secrets (32 bytes each) of a round that I began: of its lock, and of its release. They follow from its name
    and my keys, and so outlive every disk."""
    return desk.books.blind(b"round lock\n" + batch), desk.books.blind(b"round release\n" + batch)


def began(desk: books.Desk, setoff: Setoff) -> bool:
    """Whether this round is mine."""
    return setoff.batch is not None and setoff.lock == merkle.leaf_hash(secrets(desk, setoff.batch)[0])
