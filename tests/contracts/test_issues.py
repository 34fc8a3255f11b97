"""Table T7: complaints, answers, splits. Every pair, every crossing, and money that both copies agree on."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import abandonments, complaints, issues, tables, terms
from contracts.documents import agreements as agreement_papers
from contracts.documents import issues as issue_papers
from contracts.documents import parse
from contracts.documents.fields import Money
from contracts.issues import IssueEvent, IssueState, Offer, OfferState
from contracts.items import Member
from tests.contracts import desks, papers
from tests.contracts.desks import BUYER, NODES, SELLER, Body, Shop, cosigned, money

H = b"h" * 32
PROOFS = {"started": cosigned(BUYER, 1, 1), "passed": cosigned(BUYER, 1, 2)}
EITHER = frozenset(
    {
        IssueEvent.REFUND, IssueEvent.OFFER, IssueEvent.DISPUTE, IssueEvent.EVIDENCE, IssueEvent.DECIDE,
        IssueEvent.DISMISS,
    }
)  # fmt: skip
SILENT = frozenset({IssueEvent.UNANSWERED, IssueEvent.UNDISPUTED, IssueEvent.UNDECIDED})
SEVEN_DAYS = 7 * 86_400


def opening(shop: Shop, role: str = "buyer", **fields: Any) -> Body:
    return {"agreement": shop.agreement, "role": role, "category": "damaged", **fields}


def opened(shop: Shop, side: int = BUYER, **fields: Any) -> bytes:
    return shop.both(side, "issue.open", opening(shop, "buyer" if side == BUYER else "seller", **fields))


def reply(thread: bytes, status: str, role: str = "seller") -> Body:
    return {"thread": thread, "role": role, "status": status}


def offer(thread: bytes, minor: int, role: str = "seller", to: str = "buyer") -> Body:
    return {"thread": thread, "role": role, "to": to, "amount": money(minor)}


def accept(thread: bytes, name: bytes, role: str = "buyer", taken: bool = True) -> Body:
    return {"thread": thread, "role": role, "offer": name, "accept": taken}


def state(shop: Shop, thread: bytes) -> IssueState:
    return shop.sync().issues[thread].state


# --- the table, pair by pair


def version() -> terms.Version:
    document = agreement_papers.Propose.model_validate(
        {
            "role": "seller",
            "terms": agreement_papers.Terms.model_validate({**desks.terms(NODES[SELLER]), **papers.ARBITRATION}),
        }
    )
    member = Member(SELLER, 0, 0, H, 0, document)
    return terms.version(member, H, SELLER, None, document.terms)


def issue(of: IssueState) -> issues.Issue:
    document = issue_papers.Open(agreement=H, role="buyer", category="late")
    made = Member(SELLER, 1, 1, b"o" * 32, 0, parse("settle.offer", 1, offer(H, 500)))
    offers = {b"o" * 32: Offer(made, -500)}
    brought = Member(SELLER, 20, 0, b"d" * 32, 0, parse("dispute.open", 1, {"thread": H, "role": "seller"}))
    answered = Member(SELLER, 4, 4, b"a" * 32, 0, parse("issue.reply", 1, reply(H, "resolved")))
    raised = {"thread": H, "role": "buyer", **PROOFS}
    escalated = Member(BUYER, 5, 5, b"e" * 32, 0, parse("issue.escalate", 1, raised))
    disputes = {b"d" * 32: brought}
    return issues.Issue(
        H, H, version(), BUYER, 3, document, of, offers, disputes=disputes, answered=answered, escalated=escalated
    )


def told(event: IssueEvent) -> Member:
    """The document of an event by the side that may sign it."""
    buyer, seller = (BUYER, "buyer"), (SELLER, "seller")
    cases: dict[IssueEvent, tuple[tuple[int, str], str, Body]] = {
        IssueEvent.PROCESS: (seller, "issue.reply", {"status": "processing"}),
        IssueEvent.ASK: (seller, "issue.reply", {"status": "need_more_info"}),
        IssueEvent.RESOLVE: (seller, "issue.reply", {"status": "resolved"}),
        IssueEvent.INFORM: (buyer, "issue.reply", {"status": "information"}),
        IssueEvent.CASCADE: (seller, "issue.cascade", {"upstream": b"u" * 32}),
        IssueEvent.ESCALATE: (buyer, "issue.escalate", PROOFS),
        IssueEvent.DISPUTE: (buyer, "dispute.open", {}),
        IssueEvent.EVIDENCE: (buyer, "dispute.evidence", {}),
        IssueEvent.DECIDE: (buyer, "dispute.decide", papers.award(b"d" * 32, 700, "buyer")),
        IssueEvent.DISMISS: (buyer, "dispute.decide", papers.award(b"d" * 32, 0, "buyer")),
        IssueEvent.COMPLY: (seller, "dispute.comply", {}),
        IssueEvent.DEFAULT: (buyer, "dispute.default", PROOFS),
        IssueEvent.CLOSE: (buyer, "issue.close", {}),
        IssueEvent.OFFER: (buyer, "settle.offer", {"to": "buyer", "amount": money(9)}),
        IssueEvent.DECLINE: (buyer, "settle.accept", {"offer": b"o" * 32, "accept": False}),
        IssueEvent.SETTLE: (buyer, "settle.accept", {"offer": b"o" * 32}),
        **{
            event: (seller, "deem", {"row": row.name, "target": target, **PROOFS})
            for event, row, target in (
                (IssueEvent.UNANSWERED, abandonments.ROWS["issue.reply"], b"a" * 32),
                (IssueEvent.UNDISPUTED, abandonments.ROWS["issue.escalate"], b"e" * 32),
                (IssueEvent.UNDECIDED, abandonments.ROWS["dispute.open"], b"d" * 32),
            )
        },
    }
    (side, role), kind, body = cases[event]
    return Member(side, 9, 9, b"m" * 32, 0, parse(kind, 1, {"thread": H, "role": role, **body}))


@pytest.mark.parametrize("of", IssueState)
@pytest.mark.parametrize("event", [event for event in IssueEvent if event is not IssueEvent.REFUND])
def test_T7_every_pair(of: IssueState, event: IssueEvent) -> None:
    before = issue(of)
    after, faults = complaints.step(before, told(event), False)
    following = tables.step(issues.TABLE, of, event)
    if following is None:
        assert [fault.code for fault in faults] == ["deem.state" if event in SILENT else "issue.state"]
        assert after == before
        return
    assert not faults
    assert after.state is following
    assert after.owed.award == {IssueEvent.SETTLE: -500, IssueEvent.DECIDE: -700}.get(event, 0)


@pytest.mark.parametrize("of", IssueState)
@pytest.mark.parametrize(("claim", "ends"), [(None, True), (500, True), (501, False)])
def test_T7_a_refund_ends_it_where_it_covers_the_claim(of: IssueState, claim: int | None, ends: bool) -> None:
    before = issue(of)
    if claim is not None:
        document = before.document.model_copy(update={"claim": euros(claim)})
        before = issues.Issue(H, H, before.version, BUYER, 3, document, of, before.offers)
    after, faults = issues.refund(before, told(IssueEvent.CLOSE), 500)
    assert not faults, "a refund stands by the table of its order"
    following = tables.step(issues.TABLE, of, IssueEvent.REFUND)
    assert after.state is (following if following is not None and ends else of)


def euros(minor: int) -> Money:
    return Money(a=minor, c="EUR", e=2)


@pytest.mark.parametrize(
    "event", [event for event in IssueEvent if event not in EITHER]
)  # fmt: skip
def test_T7_the_other_role_is_refused(event: IssueEvent) -> None:
    member = told(event)
    other = Member(1 - member.side, 9, 9, b"m" * 32, 0, member.document)
    before = issue(IssueState.DECIDED if event in (IssueEvent.COMPLY, IssueEvent.DEFAULT) else IssueState.OPEN)
    after, faults = complaints.step(before, other, False)
    code = "settle.state" if event in (IssueEvent.SETTLE, IssueEvent.DECLINE) else "role.mismatch"
    assert [fault.code for fault in faults] == [code]
    assert after == before


# --- whole threads


def test_an_issue_is_answered_and_closed() -> None:
    shop = Shop()
    order, _ = shop.shipped(3)
    thread = opened(shop, order=order, lines=[{"line": 1, "quantity": 2}], claim=money(500))
    shop.both(SELLER, "issue.reply", reply(thread, "need_more_info"))
    shop.both(BUYER, "issue.reply", reply(thread, "information", "buyer"))
    shop.both(SELLER, "issue.reply", reply(thread, "resolved"))
    assert state(shop, thread) is IssueState.RESOLVED
    shop.both(BUYER, "issue.close", {"thread": thread, "role": "buyer"})
    assert state(shop, thread) is IssueState.CLOSED
    assert shop.refuse(SELLER, "issue.reply", reply(thread, "processing")) == ["issue.state"]


def test_a_cascade_keeps_a_salted_hash_and_the_clock() -> None:
    shop = Shop()
    thread = opened(shop)
    shop.both(SELLER, "issue.cascade", {"thread": thread, "role": "seller", "upstream": b"u" * 32})
    issue = shop.sync().issues[thread]
    assert (issue.state, issue.upstream) == (IssueState.CASCADED, (b"u" * 32,))


def test_a_split_becomes_a_line_of_the_next_statement() -> None:
    shop = Shop()
    order, _ = shop.shipped(1)
    thread = opened(shop, order=order)
    name = shop.both(SELLER, "settle.offer", offer(thread, 400))
    better = shop.both(SELLER, "settle.offer", offer(thread, 590))
    assert shop.refuse(BUYER, "settle.accept", accept(thread, name)) == ["settle.state"]
    shop.both(BUYER, "settle.accept", accept(thread, better))
    assert state(shop, thread) is IssueState.SETTLED
    computed = shop.desks[SELLER].statement_lines(shop.agreement, shop.desks[SELLER].sizes)
    assert (thread, "award", -590) in computed.lines
    assert shop.sync().balance("EUR") == 1190 - 590
    shop.close_statement()
    assert shop.refuse(BUYER, "settle.accept", accept(thread, better)) == ["issue.state"]
    shop.sync()


def test_the_seller_complains_too_and_the_buyer_pays() -> None:
    shop = Shop()
    thread = opened(shop, SELLER)
    name = shop.both(BUYER, "settle.offer", offer(thread, 250, "buyer", "seller"))
    shop.both(SELLER, "settle.accept", accept(thread, name, "seller"))
    assert shop.sync().balance("EUR") == 250


def test_a_declined_offer_is_gone() -> None:
    shop = Shop()
    thread = opened(shop)
    name = shop.both(SELLER, "settle.offer", offer(thread, 400))
    shop.both(BUYER, "settle.accept", accept(thread, name, taken=False))
    assert shop.sync().issues[thread].offers[name].state is OfferState.DECLINED
    assert shop.refuse(BUYER, "settle.accept", accept(thread, name)) == ["settle.state"]
    assert state(shop, thread) is IssueState.OPEN


def test_an_accepted_split_wins_over_a_close_that_did_not_know_of_it() -> None:
    shop = Shop()
    thread = opened(shop)
    name = shop.both(BUYER, "settle.offer", offer(thread, 400, "buyer"))
    shop.write(BUYER, "issue.close", {"thread": thread, "role": "buyer"})
    shop.write(SELLER, "settle.accept", accept(thread, name, "seller"))
    assert state(shop, thread) is IssueState.SETTLED
    assert shop.sync().balance("EUR") == -400


def test_another_offer_that_crossed_the_acceptance_takes_nothing_away() -> None:
    shop = Shop()
    thread = opened(shop)
    first = shop.both(SELLER, "settle.offer", offer(thread, 400))
    shop.write(SELLER, "settle.offer", offer(thread, 100))
    shop.write(BUYER, "settle.accept", accept(thread, first))
    history = shop.sync()
    assert history.issues[thread].state is IssueState.SETTLED
    assert history.balance("EUR") == -400


def test_an_issue_names_what_exists() -> None:
    shop = Shop()
    order = shop.agreed(2)
    wrong = [{"line": 1, "quantity": 3}, {"line": 7, "quantity": 1}]
    assert shop.refuse(BUYER, "issue.open", opening(shop, order=order, lines=wrong)) == ["issue.subject"] * 2
    assert shop.refuse(BUYER, "issue.open", opening(shop, order=H)) == ["reference.dangling"]
    assert shop.refuse(BUYER, "issue.open", opening(shop, order=order, request=H)) == ["reference.dangling"]
    assert shop.refuse(BUYER, "issue.open", opening(shop, lines=wrong)) == ["document.conflict"]
    assert shop.refuse(BUYER, "issue.open", opening(shop, "seller")) == ["role.mismatch"]
    assert shop.refuse(BUYER, "issue.open", {**opening(shop), "agreement": H}) == ["agreement.not-in-force"]
    assert shop.refuse(BUYER, "issue.open", opening(shop, claim=money(5, "USD"))) == ["money.currency"]
    shop.sync()


def test_expected_times_are_those_of_the_agreement() -> None:
    shop = Shop()
    body = opening(shop, expected_resolution_s=SEVEN_DAYS - 1)
    assert shop.refuse(BUYER, "issue.open", body) == ["agreement.silence"]
    opened(shop, expected_resolution_s=SEVEN_DAYS)
    shop.sync()


def test_splits_stand_in_issues_only() -> None:
    shop = Shop()
    order, _ = shop.shipped(1)
    assert shop.refuse(SELLER, "settle.offer", offer(order, 400)) == ["thread.kind"]
    assert shop.refuse(SELLER, "settle.offer", offer(H, 400)) == ["reference.dangling"]
    thread = opened(shop)
    assert shop.refuse(SELLER, "settle.offer", {**offer(thread, 1), "amount": money(1, "USD")}) == ["money.currency"]
    shop.sync()
