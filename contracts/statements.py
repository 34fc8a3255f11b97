"""Statements (table T9): two merchants put the same figure under the same documents.

Both compute the lines from their own copies of the two logbooks (`compute`), so an honest statement cannot differ;
where one does, `reconciliation` names the first line, and the document behind it. An accord is checked again by the
fold against its own figures: a statement that is closed is right. An accord may leave out some threads: those roll
into the next statement, and the rest is closed (docs/decisions/0017-contested-lines-roll-on.md).

**Why two statements can never close after the same one.** All guards look at what the author knew. (1) Nobody
proposes while a proposal that continues the same statement is open in its knowledge. (2) So two open proposals can
only be one of each side, written concurrently. (3) The seller agrees to none of the buyer's while its own is open:
the seller's proposal wins, by role. The buyer answers it first; only when the buyer's `differs` is known may the
seller agree to the buyer's. So the closings of one agreement know of each other, one by one, and nothing here has to
be linearised. How one is answered stands in `accords`, and what silence does in `assents`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from contracts import channels, dues, ledgers, terms, threads
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import statements as papers
from contracts.dues import Owed
from contracts.errors import Fault, Misuse
from contracts.items import Past, Position
from contracts.ledgers import Account, Closed, Ledger
from contracts.sales import Sold
from contracts.terms import Version


class StatementState(StrEnum):
    """Where a statement stands. Whether a proposal can still be answered: `standing`."""

    PROPOSED = "proposed"
    CONTESTED = "contested"
    CLOSED = "closed"
    DIFFERS = "differs"
    DEEMED = "deemed"
    REOPENED = "reopened"


class StatementEvent(StrEnum):
    """What can happen to it."""

    ACCORD = "accord"
    CONTEST = "accord, but for some threads"
    DIFFER = "differ"
    FOLLOW = "the next statement is closed"
    SILENCE = "deem statement.silence"
    REOPEN = "statement.reopen"


S, E = StatementState, StatementEvent
TABLE: Final[Mapping[tuple[StatementState, StatementEvent], StatementState]] = {
    (S.PROPOSED, E.ACCORD): S.CLOSED,
    (S.PROPOSED, E.CONTEST): S.CONTESTED,
    (S.PROPOSED, E.DIFFER): S.DIFFERS,
    (S.CONTESTED, E.FOLLOW): S.CLOSED,  # what was left open stands in the next one
    (S.PROPOSED, E.SILENCE): S.DEEMED,  # closed all the same, and marked for ever
    (S.DEEMED, E.REOPEN): S.REOPENED,  # once; what comes of it is a difference in the next one
}


# both have signed it, but for what it leaves out, or one has and the other was silent
CLOSED: Final = frozenset({S.CLOSED, S.CONTESTED, S.DEEMED, S.REOPENED})


class StatementLine(NamedTuple):
    """What one thread added, by kind: `key` (hash of its first document), `kind` (a field of `dues.Owed`), amount."""

    key: bytes
    kind: str
    amount: int


@dataclass(frozen=True, slots=True)
class Computed:
    """The lines between two cuts, sorted by key and kind, and their sums in minor units that the buyer owes."""

    opening: int
    lines: tuple[StatementLine, ...]
    total: int
    closing: int


@dataclass(frozen=True, slots=True)
class Statement:
    """The state of a statement: who proposed it, what it says, its `cut` by side, and how it was answered.

    `closing` is what it closed at, `contested` what it left out; `due`: the day by which that is to be cleared.
    Once closed: what it `added` by kind, and what was `sold` line by line, for invoices. `deemed_at` is the claim that
    the other side was silent, `final_at` the claim that it was so to the end, `reopened` what it contested after all.
    """

    key: bytes
    ledger: bytes
    side: int
    index: int
    cut: Past
    document: papers.Propose
    state: StatementState = S.PROPOSED
    answered_at: Position | None = None
    difference: papers.Difference | None = None
    closing: int | None = None
    contested: tuple[papers.Contested, ...] = ()
    due: str | None = None
    added: Owed = dues.NOTHING
    sold: tuple[Sold, ...] = ()
    deemed_at: Position | None = None
    final_at: Position | None = None
    reopened: tuple[papers.Contested, ...] = ()
    reopened_at: Position | None = None


def encoded(lines: tuple[StatementLine, ...]) -> list[list[bytes | str | int]]:
    """The lines as an HCM value: its bytes are the blob whose SHA-256 is `lines_hash`."""
    return [[line.key, line.kind, line.amount] for line in lines]


def compute(channel: Channel, key: bytes, cut: Past) -> Computed:
    """The account of the agreement `key` from its last closed statement to `cut` (sizes of side 0 and side 1).

    Every thread with a document in between stands there once for each kind of money that it added. Raises `Misuse`
    for an agreement or a cut that this channel does not have, so a caller checks `cut_faults` first.
    """
    ledger = channel.ledgers.get(key)
    if ledger is None or cut[0] > channel.sizes[0] or cut[1] > channel.sizes[1]:
        raise Misuse("no such agreement or cut")
    lines: list[StatementLine] = []
    for account in ledgers.touched(ledger, cut):
        added = dues.minus(owed_at(ledger, account, cut), account.settled)
        lines.extend(
            StatementLine(account.thread.key, kind, amount)
            for kind, amount in zip(Owed._fields, added, strict=True)
            if amount
        )
    lines.sort()
    opening = ledger.closed[-1].closing if ledger.closed else 0
    total = sum(line.amount for line in lines)
    return Computed(opening, tuple(lines), total, opening + total)


def owed_at(ledger: Ledger, account: Account, cut: Past) -> Owed:
    """What a thread owed at a cut that covers all closed ones."""
    if threads.covered(account.thread, cut):
        return account.owed
    owed: Owed = state_at(ledger, account, cut).owed
    return owed


def state_at(ledger: Ledger, account: Account, cut: Past) -> Any:
    """The state of a thread at a cut that covers all closed ones."""
    if threads.covered(account.thread, cut):
        return account.thread.state
    return threads.replayed(account.thread, cut, ledger.cuts)


def cut_faults(channel: Channel, cut: Past, previous: Closed | None) -> list[Fault]:
    """A cut is closed downwards (nothing inside saw anything outside) and covers the one before."""
    faults = []
    for side in (0, 1):
        seen = channel.seens[side][cut[side] - 1] if cut[side] else 0
        if seen > cut[1 - side]:
            faults.append(Fault("statement.cut", "", f"at least {seen} of side {1 - side}", str(cut[1 - side])))
        if previous is not None and cut[side] < previous.cut[side]:
            faults.append(Fault("statement.cut", "", f"at least {previous.cut[side]} of side {side}", str(cut[side])))
    return faults


# --- documents


def propose(channel: Channel, candidate: Candidate) -> Plan:
    """`statement.propose` of either side."""
    document = candidate.document
    assert isinstance(document, papers.Propose)
    found = channels.accepted(channel, candidate, document.agreement)
    if isinstance(found, Plan):
        return found
    agreement, version = found
    ledger = channel.ledgers[agreement.key]
    cut = (document.own.size, document.partner.size)
    cut = cut if candidate.item.side == 0 else (cut[1], cut[0])
    faults = channels.role_faults(candidate, agreement.seller)
    faults.extend(_figures(document, version))
    faults.extend(_chain(channel, candidate, document, ledger, cut))
    if faults:
        return channels.refused(faults)
    statement = Statement(candidate.item.hash, agreement.key, candidate.item.side, candidate.item.index, cut, document)
    return Plan(effect=lambda: [_proposed(channel, ledger, statement)])


def _figures(document: papers.Propose, version: Version) -> list[Fault]:
    faults = terms.silence_faults(version, "statement", document.respond_by_s, document.on_silence)
    if document.currency != version.currency:
        faults.append(Fault("money.currency", "currency", version.currency, document.currency))
    if document.calc != papers.CALCULATION:
        faults.append(Fault("document.unsupported", "calc", papers.CALCULATION, document.calc))
    if document.opening + document.total != document.closing:
        wanted = str(document.opening + document.total)
        faults.append(Fault("money.sum", "closing", wanted, str(document.closing)))
    return faults


def _chain(channel: Channel, candidate: Candidate, document: papers.Propose, ledger: Ledger, cut: Past) -> list[Fault]:
    previous = ledgers.last_within(ledger, candidate.past)
    name = previous.statement if previous else None
    if document.previous != name:
        got = document.previous.hex() if document.previous else "none"
        return [Fault("statement.chain", "previous", name.hex() if name else "none", got)]
    faults = []
    opening = previous.closing if previous else 0
    if document.opening != opening:
        faults.append(Fault("statement.chain", "opening", str(opening), str(document.opening)))
    for side, size in ((0, cut[0]), (1, cut[1])):
        if size > candidate.past[side]:
            path = "own.size" if side == candidate.item.side else "partner.size"
            faults.append(Fault("statement.ahead", path, f"at most {candidate.past[side]}", str(size)))
    if not faults:
        faults.extend(cut_faults(channel, cut, previous))
    for other in open_after(channel, ledger, name, candidate.past):
        faults.append(Fault("statement.open", "", "an answer to the open statement first", other.key.hex()))
    return faults


def open_after(channel: Channel, ledger: Ledger, previous: bytes | None, past: Past) -> list[Statement]:
    """The proposals after `previous` that an author knows, and of whose answer it does not know."""
    found = []
    for name in sorted(ledger.proposals.get(previous, ())):  # not in the order of arrival
        statement = channel.statements[name]
        if statement.index < past[statement.side] and not known(statement.answered_at, past):
            found.append(statement)
    return found


def _proposed(channel: Channel, ledger: Ledger, statement: Statement) -> Change:
    channel.statements[statement.key] = statement
    ledger.proposals.setdefault(statement.document.previous, []).append(statement.key)
    return Change("statement", statement.key, None, statement)


def remainder(computed: Computed, contested: Collection[bytes]) -> int:
    """What a statement closes at when the lines of some threads are left open."""
    return computed.closing - sum(line.amount for line in computed.lines if line.key in contested)


def closed(statement: Statement, key: bytes, past: Past) -> bool:
    """Whether the author of a document knew that this statement of the agreement `key` is closed."""
    return statement.state in CLOSED and statement.ledger == key and known(statement.answered_at, past)


def known(at: Position | None, past: Past) -> bool:
    """Whether a past holds something that happened at a position, if it happened."""
    return at is not None and at[1] < past[at[0]]


def standing(channel: Channel, statement: Statement) -> bool:
    """Whether a proposal still waits for an answer: not answered, and no other closed over it."""
    ledger = channel.ledgers[statement.ledger]
    last = ledger.closed[-1].statement if ledger.closed else None
    return statement.state is S.PROPOSED and statement.document.previous == last
