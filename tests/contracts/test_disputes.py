"""Disputes: escalated after the agreed time only, decided by a named arbiter, ended by consent at any moment."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.issues import IssueState
from tests.contracts.desks import BUYER, SELLER, Body, Shop, cosigned, money
from tests.contracts.papers import ARBITRATION, AWARD_S, award
from tests.contracts.test_issues import accept, offer, opening

T0 = 1_800_000_000
WEEK = 7 * 86_400


class Court(Shop):
    """A shop whose agreement names two arbiters."""

    def __init__(self, **terms: Any) -> None:
        self.TERMS = {**ARBITRATION, **terms}  # type: ignore[misc]
        super().__init__()

    def proofs(self, side: int, after_s: int = WEEK, size: int | None = None) -> Body:
        """That the other side had everything at T0, and was there so many seconds later."""
        head = len(self.logs[side]) if size is None else size
        return {"started": cosigned(side, head, T0), "passed": cosigned(side, head, T0 + after_s)}

    def escalated(self, **fields: Any) -> bytes:
        thread = self.both(BUYER, "issue.open", opening(self, **fields))
        self.both(BUYER, "issue.escalate", {"thread": thread, "role": "buyer", **self.proofs(BUYER)})
        return thread

    def disputed(self, **fields: Any) -> tuple[bytes, bytes]:
        thread = self.escalated(**fields)
        return thread, self.both(BUYER, "dispute.open", {"thread": thread, "role": "buyer", "claim": money(900)})

    def decide(self, side: int, thread: bytes, signed: Body) -> bytes:
        return self.both(side, "dispute.decide", decision(thread, signed, side))

    def at(self, thread: bytes) -> IssueState:
        return self.sync().issues[thread].state


def decision(thread: bytes, signed: Body, side: int = BUYER) -> Body:
    return {"thread": thread, "role": "buyer" if side == BUYER else "seller", **signed}


def test_escalation_before_the_resolution_time_is_refused() -> None:
    # verification-logs 590
    court = Court()
    thread = court.both(BUYER, "issue.open", opening(court))
    body = {"thread": thread, "role": "buyer"}
    early = {**body, **court.proofs(BUYER, WEEK - 1)}
    assert court.refuse(BUYER, "issue.escalate", early) == ["issue.early"]
    before_it_was_there = {**body, **court.proofs(BUYER, size=3)}
    assert court.refuse(BUYER, "issue.escalate", before_it_was_there) == ["deem.evidence"]
    forged = {**body, "started": cosigned(BUYER, 5, T0, by=BUYER), "passed": cosigned(BUYER, 5, T0 + WEEK, by=BUYER)}
    assert court.refuse(BUYER, "issue.escalate", forged) == ["deem.evidence"] * 2
    theirs = {**body, "role": "seller", **court.proofs(SELLER)}
    assert "deem.evidence" in court.refuse(SELLER, "issue.escalate", theirs)
    court.both(BUYER, "issue.escalate", {**body, **court.proofs(BUYER)})
    assert court.at(thread) is IssueState.ESCALATED


def test_the_agreement_says_how_long_an_issue_may_take() -> None:
    court = Court(issue_resolution_s=3_600)
    thread = court.both(BUYER, "issue.open", opening(court, expected_resolution_s=3_600))
    body = {"thread": thread, "role": "buyer"}
    assert court.refuse(BUYER, "issue.escalate", {**body, **court.proofs(BUYER, 3_599)}) == ["issue.early"]
    court.both(BUYER, "issue.escalate", {**body, **court.proofs(BUYER, 3_600)})
    court.sync()


def test_an_answer_that_crossed_the_escalation_stands_and_does_not_undo_it() -> None:
    court = Court()
    thread = court.both(BUYER, "issue.open", opening(court))
    court.write(SELLER, "issue.reply", {"thread": thread, "role": "seller", "status": "resolved"})
    court.write(BUYER, "issue.escalate", {"thread": thread, "role": "buyer", **court.proofs(BUYER)})
    history = court.sync()
    assert not history.refusals
    assert history.issues[thread].state is IssueState.ESCALATED


def test_a_dispute_is_decided_and_the_award_is_a_line_of_the_next_statement() -> None:
    court = Court()
    thread, name = court.disputed()
    evidence = {"thread": thread, "role": "seller", "documents": [thread]}
    court.both(SELLER, "dispute.evidence", evidence)
    court.decide(SELLER, thread, award(name, 600, "buyer"))
    assert court.at(thread) is IssueState.DECIDED
    computed = court.desks[BUYER].statement_lines(court.agreement, court.desks[BUYER].sizes)
    assert [tuple(line) for line in computed.lines] == [(thread, "award", -600)]
    assert court.refuse(BUYER, "dispute.comply", {"thread": thread, "role": "buyer"}) == ["role.mismatch"]
    court.both(SELLER, "dispute.comply", {"thread": thread, "role": "seller"})
    assert court.at(thread) is IssueState.COMPLIED
    assert court.desks[SELLER].balance("EUR") == -600


def test_an_arbiter_decides_with_one_party_gone() -> None:
    # openbazaar-go 685, 1767; openbazaar-desktop 1412: the seller hears nothing of it, and the award stands
    court = Court()
    thread = court.escalated()
    name = court.write(BUYER, "dispute.open", {"thread": thread, "role": "buyer"})
    court.write(BUYER, "dispute.decide", decision(thread, award(name, 600, "buyer")))
    alone = court.desks[BUYER]
    assert alone.issues[thread].state is IssueState.DECIDED
    assert alone.balance("EUR") == -600
    assert court.at(thread) is IssueState.DECIDED  # and once the seller is back, it sees the same


def test_an_award_counts_only_with_the_signature_of_an_arbiter_of_the_agreement() -> None:
    court = Court()
    thread, name = court.disputed()
    good = award(name, 600, "buyer")
    more = {**good, "award": {**good["award"], "deltas": [{"to": "buyer", "amount": money(60_000)}]}}
    assert court.refuse(BUYER, "dispute.decide", decision(thread, more)) == ["dispute.award"]
    stranger = award(name, 600, "buyer", arbiter=b"X" * 32)
    assert court.refuse(BUYER, "dispute.decide", decision(thread, stranger)) == ["dispute.award"]
    other, second = court.disputed()
    assert court.refuse(BUYER, "dispute.decide", decision(other, good)) == ["dispute.award"]
    dollars = award(second, 5, "buyer", deltas=[{"to": "buyer", "amount": money(5, "USD")}])
    assert court.refuse(BUYER, "dispute.decide", decision(other, dollars)) == ["money.currency"]
    nobody = award(second, 5, "buyer", complies=None)
    assert court.refuse(BUYER, "dispute.decide", decision(other, nobody)) == ["document.conflict"]
    court.decide(BUYER, thread, good)
    court.sync()


def test_a_silent_arbiter_is_followed_by_the_next_one_of_the_list() -> None:
    court = Court()
    thread, name = court.disputed()
    early = award(name, 300, "buyer", by=1, decided_s=T0 + AWARD_S - 1)
    assert court.refuse(BUYER, "dispute.decide", decision(thread, early)) == ["dispute.early"]
    court.decide(BUYER, thread, award(name, 300, "buyer", by=1))
    late = decision(thread, award(name, 900, "buyer"))
    assert court.refuse(BUYER, "dispute.decide", late) == ["dispute.decided"]
    assert court.sync().balance("EUR") == -300


def test_of_two_awards_that_crossed_that_of_the_first_arbiter_counts() -> None:
    for first, second in ((0, 1), (1, 0)):
        court = Court()
        thread, name = court.disputed()
        court.write(BUYER, "dispute.decide", decision(thread, award(name, 100 + first, "buyer", by=first)))
        court.write(SELLER, "dispute.decide", decision(thread, award(name, 100 + second, "buyer", by=second), SELLER))
        history = court.sync()
        assert history.balance("EUR") == -100
        assert history.issues[thread].taken is not None


def test_both_may_enter_the_same_award_and_both_may_go_to_the_arbiter() -> None:
    court = Court()
    thread = court.escalated()
    court.write(SELLER, "dispute.open", {"thread": thread, "role": "seller"})
    name = court.write(BUYER, "dispute.open", {"thread": thread, "role": "buyer"})
    court.sync_quietly()
    signed = award(name, 600, "buyer")
    for side in (SELLER, BUYER):
        court.write(side, "dispute.decide", decision(thread, signed, side))
    history = court.sync()
    assert not history.refusals
    assert history.balance("EUR") == -600
    assert court.refuse(BUYER, "dispute.open", {"thread": thread, "role": "buyer"}) == ["dispute.decided"]


def test_a_claim_that_is_dismissed_is_at_an_end() -> None:
    court = Court()
    thread, name = court.disputed()
    court.decide(SELLER, thread, award(name, 0, "buyer"))
    assert court.at(thread) is IssueState.DISMISSED
    assert court.sync().balance("EUR") == 0
    assert court.refuse(BUYER, "issue.close", {"thread": thread, "role": "buyer"}) == ["issue.state"]


@pytest.mark.parametrize("state", ["escalated", "disputed", "decided"])
def test_what_both_agree_on_ends_a_dispute_on_all_copies(state: str) -> None:
    # openbazaar-desktop 1192
    court = Court()
    thread = court.escalated()
    if state != "escalated":
        name = court.both(BUYER, "dispute.open", {"thread": thread, "role": "buyer"})
        if state == "decided":
            court.decide(BUYER, thread, award(name, 600, "buyer"))
    made = court.both(SELLER, "settle.offer", offer(thread, 250))
    court.write(BUYER, "settle.accept", accept(thread, made))
    assert court.at(thread) is IssueState.SETTLED
    assert court.sync().balance("EUR") == -250


def test_an_award_that_crossed_the_acceptance_of_a_settlement_comes_too_late() -> None:
    court = Court()
    thread, name = court.disputed()
    made = court.both(SELLER, "settle.offer", offer(thread, 250))
    court.write(BUYER, "settle.accept", accept(thread, made))
    court.write(SELLER, "dispute.decide", decision(thread, award(name, 600, "buyer"), SELLER))
    assert court.at(thread) is IssueState.SETTLED
    assert court.sync().balance("EUR") == -250


def test_nobody_escapes_an_award_by_an_old_offer() -> None:
    court = Court()
    thread, name = court.disputed()
    made = court.both(BUYER, "settle.offer", offer(thread, 50, "buyer"))
    court.decide(BUYER, thread, award(name, 600, "buyer"))
    assert court.refuse(SELLER, "settle.accept", accept(thread, made, "seller")) == ["settle.state"]
    assert court.at(thread) is IssueState.DECIDED


def test_a_default_is_proved_like_every_silence() -> None:
    court = Court()
    thread, name = court.disputed()
    court.decide(BUYER, thread, award(name, 600, "buyer"))
    body = {"thread": thread, "role": "buyer"}
    early = {**body, **court.proofs(BUYER, 86_399)}
    assert court.refuse(BUYER, "dispute.default", early) == ["issue.early"]
    court.both(BUYER, "dispute.default", {**body, **court.proofs(BUYER, 86_400)})
    assert court.at(thread) is IssueState.DEFAULTED
    court.both(SELLER, "dispute.comply", {"thread": thread, "role": "seller"})
    assert court.at(thread) is IssueState.COMPLIED


def test_there_is_no_default_before_an_award_and_no_dispute_without_an_arbiter() -> None:
    court = Court(arbiters=[])
    thread = court.escalated()
    assert court.refuse(BUYER, "dispute.open", {"thread": thread, "role": "buyer"}) == ["dispute.award"]
    default = {"thread": thread, "role": "buyer", **court.proofs(BUYER)}
    assert court.refuse(BUYER, "dispute.default", default) == ["issue.state"]
    dangling = {"thread": thread, "role": "buyer", "documents": [b"?" * 32]}
    assert "reference.dangling" in court.refuse(BUYER, "dispute.evidence", dangling)
    court.sync()


def test_the_complainant_gives_up_a_dispute() -> None:
    court = Court()
    thread, _ = court.disputed()
    court.both(BUYER, "issue.close", {"thread": thread, "role": "buyer", "satisfied": False})
    assert court.at(thread) is IssueState.CLOSED


@pytest.mark.parametrize(("quantity", "ends"), [(3, True), (2, False)])
def test_a_refund_while_disputed_ends_the_dispute_on_all_copies(quantity: int, ends: bool) -> None:
    # openbazaar-desktop 1192: one copy went on with the dispute after the money had come back
    court = Court()
    order, _ = court.shipped(3)
    court.both(BUYER, "receipt.advice", {"thread": order, "lines": [{"line": 1, "short": 3}]})
    thread, name = court.disputed(order=order, claim=money(3 * 1190))
    row = {"line": 1, "quantity": quantity, "amount": money(quantity * 1190)}
    court.write(SELLER, "refund.grant", {"thread": order, "lines": [row], "issue": thread})
    court.write(BUYER, "dispute.evidence", {"thread": thread, "role": "buyer"})  # knows nothing of it
    assert court.at(thread) is (IssueState.REFUNDED if ends else IssueState.DISPUTED)
    if ends:
        late = decision(thread, award(name, 600, "buyer"))
        assert court.refuse(BUYER, "dispute.decide", late) == ["issue.state"]
