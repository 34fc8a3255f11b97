"""What follows from silence about the edge of a cycle: the timed rows of table T10.

`setoff.propose`: the creditor does not answer. The edge lapses: what was offered is free for other rounds. An answer
that comes all the same still counts, whether the claim knew of it or not: what was offered was offered.

`setoff.lock`: an edge is locked, and nobody shows a secret. Either side may claim that, and the edge expires: nobody
counts on it any more. Since one edge alone can never be the judge of the others, the secret of the lock still applies
it where it is shown after all: all edges apply, or none, whatever was claimed in some of them.
docs/decisions/0020-a-cycle-has-one-secret-and-no-clock.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts import channels, evidence, setoffs
from contracts.channels import Candidate, Channel, Plan
from contracts.documents import deems as papers
from contracts.errors import Fault
from contracts.setoffs import Setoff, SetoffState

ANSWER: Final = "setoff.propose"
LOCK: Final = "setoff.lock"
ROWS: Final[Mapping[str, str]] = {
    ANSWER: "the creditor does not answer an edge of a cycle: it lapses, and what was offered is free again",
    LOCK: "nobody shows the secret of a locked edge: it expires, and what was locked is free again",
}
STATES: Final[Mapping[str, SetoffState]] = {ANSWER: SetoffState.PROPOSED, LOCK: SetoffState.LOCKED}


def row_of(setoff: Setoff) -> str | None:
    """The row by which a set-off waits; None for one that nobody has to answer, or that is no edge of a cycle."""
    waits = setoff.lock is not None
    return next((row for row, state in STATES.items() if waits and state is setoff.state), None)


def favours(setoff: Setoff, row: str, side: int) -> bool:
    """Whether a side may claim the silence: the proposer that of its creditor, and either that about a secret."""
    return row == LOCK or setoff.side == side


def deem(channel: Channel, candidate: Candidate) -> Plan:
    """`deem` about an edge of a cycle."""
    document = candidate.document
    assert isinstance(document, papers.Deem)
    thread = channels.follow(channel, candidate, "setoff")
    if isinstance(thread, Plan):
        return thread
    faults = channels.role_faults(candidate, thread.start.seller)
    setoff: Setoff | None = channels.thread_at(channel, thread, candidate.past)
    assert setoff is not None
    faults.extend(_faults(channel, candidate, document, setoff))
    return setoffs.joined(channel, candidate, thread, faults)


def _faults(channel: Channel, candidate: Candidate, document: papers.Deem, setoff: Setoff) -> list[Fault]:
    if row_of(setoff) != document.row:
        return [Fault("deem.state", "row", row_of(setoff) or "an edge of a cycle that waits", document.row)]
    since, word = setoff.word
    if document.target != word:
        return [Fault("deem.state", "target", word.hex(), document.target.hex())]
    side = candidate.item.side
    if not favours(setoff, document.row, side):
        return [Fault("role.mismatch", "", "the side that proposed", "the author")]
    proofs = (document.started, document.passed)
    proved, faults = evidence.elapsed(channel.signers, channel.seens, side, candidate.past, since, proofs)
    if proved is not None and proved.passed_s < proved.started_s + setoff.wait_s:
        due_s = proved.started_s + setoff.wait_s
        faults.append(Fault("deem.early", "passed", f"at or after {due_s}", str(proved.passed_s)))
    return faults
