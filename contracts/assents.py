"""Assent by silence: the timed rows of table T9.

`statement.silence`: the other side had the statement, and did not answer in the agreement's time. The claim alone
closes nothing, since an answer that it did not know of wins over it (law 5), and what is closed can never be opened
again. The statement is closed by the first entry of the silent side, whatever it is, that knows the claim: from there
on no answer can come that did not. That entry is in its logbook for both, so both close at the same place.

`statement.final`: the silent side may reopen such a statement once (`statement.reopen`), until it knows the claim that
this time is over as well. Nothing that is closed changes (law 8): what was reopened is contested, and what comes of it
stands in the next statement.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from contracts import accords, channels, evidence, items, ledgers, statements, terms
from contracts.accords import Closing
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import deems as papers
from contracts.documents import statements as statement_papers
from contracts.errors import Fault
from contracts.items import Position
from contracts.ledgers import Ledger
from contracts.statements import Statement, StatementState

SILENCE: Final = "statement.silence"
FINAL: Final = "statement.final"
ROWS: Final = {
    SILENCE: "the other side does not answer a statement: it is agreed to",
    FINAL: "the silent side does not reopen a statement that silence agreed to: it stays so",
}
DEEMED: Final = frozenset({StatementState.DEEMED, StatementState.REOPENED})
ANSWER_S: Final = 2 * 86_400  # ONDC's term, where the agreement names none
REOPEN_S: Final = 30 * 86_400


def after_s(channel: Channel, statement: Statement, row: str) -> int | None:
    """How many seconds the other side has, None where its silence means nothing."""
    if row == FINAL:
        return REOPEN_S
    agreement = channel.kinds["agreement"][statement.ledger].state
    answer = terms.answer(agreement.versions[statement.document.agreement], "statement")
    if answer is None:
        return ANSWER_S
    return answer.respond_by_s if answer.on_silence == "accept" else None


def since(statement: Statement, row: str) -> Position:
    """The document with whose receipt the clock starts."""
    if row == FINAL and statement.deemed_at is not None:
        return statement.deemed_at
    return statement.side, statement.index


def deem(channel: Channel, candidate: Candidate) -> Plan:
    """`deem` of the side that proposed the statement."""
    document, side = candidate.document, candidate.item.side
    assert isinstance(document, papers.Deem)
    statement = channel.statements.get(document.thread)
    if statement is None or statement.index >= candidate.past[statement.side]:
        return channels.refused([Fault("reference.dangling", "thread", "a statement", document.thread.hex())])
    ledger = channel.ledgers[statement.ledger]
    faults = channels.role_faults(candidate, ledger.seller)
    if statement.side != side:
        return channels.refused([*faults, Fault("role.mismatch", "", "the side that proposed", "the author")])
    faults.extend(claimable(channel, candidate.past, statement, document.row))
    if document.target != document.thread:
        faults.append(Fault("deem.state", "target", "the statement itself", document.target.hex()))
    if not faults:
        faults.extend(_early(channel, candidate, document, statement))
    if faults:
        return channels.refused(faults)
    at = (side, candidate.item.index)
    return Plan(effect=lambda: [_claimed(channel, statement.key, document.row, at)])


def claimable(channel: Channel, past: items.Past, statement: Statement, row: str) -> list[Fault]:
    """What keeps the author of a claim with this past from claiming the silence about an own statement."""
    if after_s(channel, statement, row) is None:
        return [Fault("deem.state", "row", "an agreement in which silence accepts", row)]
    if row == FINAL:
        waits = statement.final_at is None and not statements.known(statement.reopened_at, past)
        if waits and statements.known(statement.answered_at, past) and statement.state in DEEMED:
            return []
        return [Fault("deem.state", "target", "a statement closed by silence and not reopened", "another")]
    if statement.deemed_at is not None or statements.known(statement.answered_at, past):
        return [Fault("deem.state", "target", "a statement without an answer", "answered or claimed")]
    ledger = channel.ledgers[statement.ledger]
    previous = ledgers.last_within(ledger, past)
    name = previous.statement if previous else None
    if statement.document.previous != name:
        return [Fault("statement.chain", "thread", "a statement that continues the last closed one", "another")]
    first = [one for one in statements.open_after(channel, ledger, name, past) if one.side == ledger.seller]
    if first and statement.side != ledger.seller:
        return [Fault("statement.open", "", "an answer to the seller's first", first[0].key.hex())]
    return []


def _early(channel: Channel, candidate: Candidate, document: papers.Deem, statement: Statement) -> list[Fault]:
    side, start = candidate.item.side, since(statement, document.row)
    proofs = (document.started, document.passed)
    proved, faults = evidence.elapsed(channel.signers, channel.seens, side, candidate.past, start, proofs)
    wait_s = after_s(channel, statement, document.row)
    assert wait_s is not None
    if proved is not None and proved.passed_s < proved.started_s + wait_s:
        due_s = proved.started_s + wait_s
        faults.append(Fault("deem.early", "passed", f"at or after {due_s}", str(proved.passed_s)))
    return faults


def _claimed(channel: Channel, key: bytes, row: str, at: Position) -> Change:
    before = channel.statements[key]
    after = replace(before, final_at=at) if row == FINAL else replace(before, deemed_at=at)
    channel.statements[key] = after
    if row == SILENCE:
        channel.silent.append(key)
    return Change("statement", key, before, after)


def acknowledged(channel: Channel, side: int, index: int, seen: int) -> list[Change]:
    """Close what an entry of the silent side, now folded, knows to be claimed."""
    changes: list[Change] = []
    for key in tuple(channel.silent):
        statement = channel.statements[key]
        assert statement.deemed_at is not None
        if statement.state is not StatementState.PROPOSED:
            channel.silent.remove(key)
        elif statement.side != side and statement.deemed_at[1] < seen:
            changes.extend(_acknowledge(channel, statement, (side, index), items.past(side, index + 1, seen)))
    return changes


def _acknowledge(channel: Channel, statement: Statement, at: Position, past: items.Past) -> list[Change]:
    ledger = channel.ledgers[statement.ledger]
    previous = ledgers.last_within(ledger, past)
    name = previous.statement if previous else None
    if statement.document.previous != name:
        channel.silent.remove(statement.key)
        return []
    if at[0] == ledger.seller and any(
        one.side == ledger.seller for one in statements.open_after(channel, ledger, name, past)
    ):
        return []  # the seller agrees to nothing while its own is open, not even by silence
    channel.silent.remove(statement.key)
    return _taken(channel, ledger, statement, at)


def _taken(channel: Channel, ledger: Ledger, statement: Statement, at: Position) -> list[Change]:
    """Close a statement if its figures are those of the fold: silence agrees to nothing else."""
    proposal, computed = statement.document, statements.compute(channel, statement.ledger, statement.cut)
    if (proposal.count, proposal.total) == (len(computed.lines), computed.total):
        return accords.close(channel, ledger, statement, Closing(at, StatementState.DEEMED, computed.closing))
    after = channel.statements[statement.key] = replace(statement, state=StatementState.DIFFERS, answered_at=at)
    return [Change("statement", statement.key, statement, after)]


def reopen(channel: Channel, candidate: Candidate) -> Plan:
    """`statement.reopen` of the side that was silent."""
    document, side = candidate.document, candidate.item.side
    assert isinstance(document, statement_papers.Reopen)
    statement = channel.statements.get(document.thread)
    if statement is None or statement.index >= candidate.past[statement.side]:
        return channels.refused([Fault("reference.dangling", "thread", "a statement", document.thread.hex())])
    ledger = channel.ledgers[statement.ledger]
    faults = channels.role_faults(candidate, ledger.seller)
    if statement.side == side:
        return channels.refused([*faults, Fault("role.mismatch", "", "the side that was silent", "the author")])
    deemed = statement.state is StatementState.DEEMED and statements.known(statement.answered_at, candidate.past)
    if not deemed or statements.known(statement.final_at, candidate.past):
        faults.append(Fault("statement.state", "", "closed by silence, not reopened, not final", "another"))
    for place, thread in enumerate(document.contested):
        account = channel.accounts.get(thread.key)
        root = None if account is None else account[1].thread.root
        known = root is not None and root[1] < candidate.past[root[0]]
        if account is None or not known or all(of is not ledger for of, _ in ledgers.parts(*account)):
            path = f"contested.{place}.key"
            faults.append(Fault("statement.contested", path, "a thread of this agreement", thread.key.hex()))
    if faults:
        return channels.refused(faults)
    at = (side, candidate.item.index)
    return Plan(effect=lambda: [_reopened(channel, statement.key, document, at)])


def _reopened(channel: Channel, key: bytes, document: statement_papers.Reopen, at: Position) -> Change:
    before = channel.statements[key]
    after = replace(
        before, state=StatementState.REOPENED, reopened=document.contested, reopened_at=at, due=document.due
    )
    channel.statements[key] = after
    return Change("statement", key, before, after)
