"""Accords (table T9): how a statement is answered, and what closing one does to the accounts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from contracts import amounts, channels, dues, ledgers, sales, statements, tables, threads
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import statements as papers
from contracts.dues import Owed
from contracts.errors import Fault
from contracts.items import Position
from contracts.ledgers import Account, Closed, Ledger
from contracts.statements import Computed, Statement, StatementEvent, StatementState

S, E = StatementState, StatementEvent


def respond(channel: Channel, candidate: Candidate) -> Plan:
    """`statement.respond` of the side that did not propose."""
    document = candidate.document
    assert isinstance(document, papers.Respond)
    statement = channel.statements.get(document.thread)
    if statement is None or statement.index >= candidate.past[statement.side]:
        return channels.refused([Fault("reference.dangling", "thread", "a statement", document.thread.hex())])
    ledger = channel.ledgers[statement.ledger]
    faults = channels.role_faults(candidate, ledger.seller)
    if statement.side == candidate.item.side:
        # and nothing else is looked at: the proposer may not know yet how its statement was answered
        return channels.refused([*faults, Fault("role.mismatch", "", "the side that did not propose", "the author")])
    faults.extend(_answerable(channel, candidate, document, statement, ledger))
    closing = 0
    if not faults and document.accord:
        closing, wrong = _agreed(channel, ledger, document, statement)
        faults.extend(wrong)
    if faults:
        return channels.refused(faults)
    at = (candidate.item.side, candidate.item.index)
    silent = statements.known(statement.deemed_at, candidate.past)
    state = S.CONTESTED if document.contested else S.DEEMED if silent else S.CLOSED
    if document.accord:
        return Plan(
            effect=lambda: close(
                channel, ledger, statement, Closing(at, state, closing, document.contested, document.due)
            )
        )
    return Plan(effect=lambda: [_differs(channel, statement, at, document)])


def _answerable(
    channel: Channel, candidate: Candidate, document: papers.Respond, statement: Statement, ledger: Ledger
) -> list[Fault]:
    event = (E.CONTEST if document.contested else E.ACCORD) if document.accord else E.DIFFER
    # only the other side answers, so every answer there is stands before this one in the same logbook
    if tables.step(statements.TABLE, statement.state, event) is None:
        # not its state now: a later closing that the author does not know of may have changed that
        return [Fault("statement.state", "", S.PROPOSED, "answered")]
    if event is not E.ACCORD and statements.known(statement.deemed_at, candidate.past):
        return [Fault("statement.state", "", "an answer before the silence was claimed", "deemed")]
    previous = ledgers.last_within(ledger, candidate.past)
    name = previous.statement if previous else None
    if statement.document.previous != name:
        return [Fault("statement.chain", "thread", "a statement that continues the last closed one", "another")]
    mine = [
        other
        for other in statements.open_after(channel, ledger, name, candidate.past)
        if other.side == candidate.item.side and (other.side == ledger.seller or other.deemed_at is not None)
    ]
    if document.accord and mine:
        return [Fault("statement.open", "", "an answer to the author's own first", mine[0].key.hex())]
    return []


def _agreed(
    channel: Channel, ledger: Ledger, document: papers.Respond, statement: Statement
) -> tuple[int, list[Fault]]:
    """An accord closes only what the fold itself computes: what it closes at, and what is wrong with it.

    Whatever the proposal says otherwise must be named among the contested lines, with both figures.
    """
    proposal = statement.document
    computed = statements.compute(channel, statement.ledger, statement.cut)
    differing = [line for thread in document.contested for line in thread.lines]
    faults = _contested(ledger, document, statement, computed)
    if document.lines_hash != proposal.lines_hash and not differing:
        faults.append(Fault("statement.differs", "lines_hash", proposal.lines_hash.hex(), document.lines_hash.hex()))
    more = sum((line.theirs or 0) - (line.mine or 0) for line in differing)
    lines = sum((line.theirs is not None) - (line.mine is not None) for line in differing)
    closing = statements.remainder(computed, {thread.key for thread in document.contested})
    for path, mine, theirs in (
        ("count", len(computed.lines) + lines, proposal.count),
        ("total", computed.total + more, proposal.total),
        ("closing", closing, closing if document.closing is None else document.closing),
    ):
        if mine != theirs:
            faults.append(Fault("statement.differs", path, str(mine), str(theirs)))
    if abs(closing) > amounts.BALANCE_MAX:
        faults.append(Fault("money.range", "closing", f"at most {amounts.BALANCE_MAX}", str(closing)))
    return closing, faults


def _contested(ledger: Ledger, document: papers.Respond, statement: Statement, computed: Computed) -> list[Fault]:
    """A thread is contested for lines that the statement has, and twice in a row only after something happened."""
    if not document.contested:
        return []
    own = {(line.key, line.kind): line.amount for line in computed.lines}
    threads_named = {line.key for line in computed.lines}
    moved = ledgers.moved(ledger, statement.cut)
    faults = []
    for place, thread in enumerate(document.contested):
        path = f"contested.{place}"
        if thread.key not in threads_named and not thread.lines:
            faults.append(Fault("statement.contested", f"{path}.key", "a thread with a line", thread.key.hex()))
        elif thread.key in ledger.contested and thread.key not in moved:
            faults.append(Fault("statement.contested", f"{path}.key", "a document since then", thread.key.hex()))
        for number, line in enumerate(thread.lines):
            mine = own.get((thread.key, line.kind))
            if line.mine != mine or line.mine == line.theirs:
                wanted = f"{mine}, and another of theirs"
                faults.append(Fault("statement.differs", f"{path}.lines.{number}.mine", wanted, str(line.mine)))
    return faults


def _differs(channel: Channel, statement: Statement, at: Position, document: papers.Respond) -> Change:
    after = replace(statement, state=S.DIFFERS, answered_at=at, difference=document.difference)
    channel.statements[statement.key] = after
    return Change("statement", statement.key, statement, after)


class Closing(NamedTuple):
    """How a statement is closed: by the entry `at`, in `state`, at how many minor units, and what it leaves out."""

    at: Position
    state: StatementState
    closing: int
    contested: tuple[papers.Contested, ...] = ()
    due: str | None = None


def close(channel: Channel, ledger: Ledger, statement: Statement, closing: Closing) -> list[Change]:
    """Close the cut: settle what lies inside, and walk again what a concurrent document had stood in front of.

    What is contested is cut like the rest, but its lines are not settled: they stand in the next statement again.
    """
    cut = statement.cut
    settled = [(account, statements.state_at(ledger, account, cut)) for account in ledgers.touched(ledger, cut)]
    left = frozenset(thread.key for thread in closing.contested)
    agreed = [(account, now) for account, now in settled if account.thread.key not in left]
    changes = _followed(channel, ledger)
    after = replace(
        statement,
        state=closing.state,
        answered_at=closing.at,
        closing=closing.closing,
        contested=closing.contested,
        due=closing.due,
        added=_added(agreed),
        sold=tuple(sorted(sold for account, now in agreed for sold in sales.since(account.lines, now))),
    )
    channel.statements[statement.key] = after
    changes.append(Change("statement", statement.key, statement, after))
    ledger.closed.append(Closed(statement.key, cut, closing.closing, closing.at))
    ledger.cuts = (*ledger.cuts, cut)
    ledger.contested = left
    rolled = [(0, 0, account) for account, _ in settled if account.thread.key in left]
    ledger.pending = [*rolled, *(entry for entry in ledger.pending if entry[1] >= cut[entry[0]])]
    for account, now in agreed:
        ledger.paid -= now.owed.paid - account.settled.paid
        account.settled, account.lines = now.owed, sales.lines(now)
    for account, _ in settled:
        if threads.unsettled(account.thread, cut):
            walked = threads.rewalked(account.thread, ledger.cuts)
            changes.extend(channels.carry_out(channel, channels.Join(account.thread, None, walked, (ledger, account))))
        if not account.shared:
            threads.settle(account.thread, cut)
    return changes


def _added(agreed: list[tuple[Account, Any]]) -> Owed:
    """What the threads of a closed statement came to since the one before, by kind."""
    added = dues.NOTHING
    for account, now in agreed:
        added = dues.plus(added, dues.minus(now.owed, account.settled))
    return added


def _followed(channel: Channel, ledger: Ledger) -> list[Change]:
    """The statement before this one leaves nothing open any more."""
    before = channel.statements[ledger.closed[-1].statement] if ledger.closed else None
    following = None if before is None else tables.step(statements.TABLE, before.state, E.FOLLOW)
    if before is None or following is None:
        return []
    after = channel.statements[before.key] = replace(before, state=following)
    return [Change("statement", before.key, before, after)]
