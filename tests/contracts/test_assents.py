"""Statements that silence agrees to: closed by what the silent side writes next, marked for ever, reopened once."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import obligations, statements, tables
from contracts.statements import Statement, StatementEvent, StatementState
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Body, Shop, cosigned
from tests.contracts.test_deems import DAY, T0, silent

TERM = 2 * DAY


def proposed(side: int = SELLER, **changes: Any) -> tuple[Shop, bytes]:
    """A shop in which 11.90 are owed, and a statement of `side` that nobody has answered."""
    shop = Shop()
    shop.shipped(1)
    return shop, shop.both(side, "statement.propose", shop.statement(side, **changes))


def claim(shop: Shop, side: int, name: bytes, row: str = "statement.silence", after_s: int = TERM) -> Body:
    return silent(shop, side, name, row, name, after_s)


def speak(shop: Shop, side: int) -> bytes:
    """Any document will do."""
    return shop.both(side, "reminder", {"thread": shop.agreement, "role": ROLES[side], "target": shop.agreement})


ROLES = ("seller", "buyer")


def deemed(side: int = SELLER) -> tuple[Shop, bytes]:
    """A statement that silence has closed."""
    shop, name = proposed(side)
    shop.both(side, "deem", claim(shop, side, name))
    speak(shop, 1 - side)
    return shop, name


def state(shop: Shop, name: bytes) -> Statement:
    return shop.sync().statements[name]


@pytest.mark.parametrize("side", [SELLER, BUYER])
def test_a_statement_that_nobody_answers_is_closed_by_the_next_word_of_the_silent_side(side: int) -> None:
    shop, name = proposed(side)
    shop.both(side, "deem", claim(shop, side, name))
    assert state(shop, name).state is StatementState.PROPOSED
    assert shop.refuse(side, "statement.propose", shop.statement(side)) == ["statement.open"]
    speak(shop, 1 - side)
    found = state(shop, name)
    assert (found.state, found.closing) == (StatementState.DEEMED, 1_190)
    assert [one.open for one in obligations.of(shop.desks[0].channel, shop.agreement)] == [1_190]
    shop.shipped(1)
    shop.close_statement(1 - side)
    assert state(shop, name).state is StatementState.DEEMED  # marked for ever


@pytest.mark.parametrize("accord", [True, False])
def test_an_answer_that_the_claim_did_not_know_of_wins(accord: bool) -> None:
    shop, name = proposed()
    shop.write(BUYER, "statement.respond", shop.verdict(BUYER, name, accord=accord))
    shop.write(SELLER, "deem", claim(shop, SELLER, name))
    speak(shop, BUYER)
    found = state(shop, name)
    assert found.state is (StatementState.CLOSED if accord else StatementState.DIFFERS)
    assert not shop.sync().refusals
    shop.shipped(1)
    shop.close_statement()


def test_who_knows_the_claim_can_only_agree() -> None:
    shop, name = proposed()
    shop.both(SELLER, "deem", claim(shop, SELLER, name))
    left = shop.verdict(BUYER, name, accord=False)
    assert not shop.judge(BUYER, "statement.respond", shop.verdict(BUYER, name))
    assert shop.refuse(BUYER, "statement.respond", left) == ["statement.state"]
    assert state(shop, name).state is StatementState.DEEMED  # the refused answer was its next word
    other, name = proposed()
    other.both(SELLER, "deem", claim(other, SELLER, name))
    other.both(BUYER, "statement.respond", other.verdict(BUYER, name))
    assert state(other, name).state is StatementState.DEEMED


def test_silence_agrees_to_no_wrong_figure() -> None:
    shop, name = proposed(SELLER, total=5_000, closing=5_000)
    shop.both(SELLER, "deem", claim(shop, SELLER, name))
    speak(shop, BUYER)
    assert state(shop, name).state is StatementState.DIFFERS
    shop.close_statement()


@pytest.mark.parametrize(
    ("side", "row", "after_s", "codes"),
    [
        (BUYER, "statement.silence", TERM, ["role.mismatch"]),
        (SELLER, "statement.silence", TERM - 1, ["deem.early"]),
        (SELLER, "statement.final", 30 * DAY, ["deem.state"]),
    ],
)
def test_a_claim_that_its_evidence_does_not_carry_is_refused(
    side: int, row: str, after_s: int, codes: list[str]
) -> None:
    shop, name = proposed()
    assert shop.refuse(side, "deem", claim(shop, side, name, row, after_s)) == codes
    speak(shop, BUYER)
    assert state(shop, name).state is StatementState.PROPOSED


def test_a_claim_names_a_statement_that_waits() -> None:
    shop, name = proposed()
    other = claim(shop, SELLER, name) | {"target": shop.agreement}
    assert shop.refuse(SELLER, "deem", other) == ["deem.state"]
    assert shop.refuse(SELLER, "deem", claim(shop, SELLER, shop.agreement)) == ["reference.dangling"]
    early = claim(shop, SELLER, name) | {"started": cosigned(SELLER, 1, T0)}
    assert shop.refuse(SELLER, "deem", early) == ["deem.evidence"]
    shop.both(BUYER, "statement.respond", shop.verdict(BUYER, name))
    assert shop.refuse(SELLER, "deem", claim(shop, SELLER, name)) == ["deem.state"]


def test_no_claim_where_the_agreement_lets_a_statement_lapse() -> None:
    shop = Shop()
    terms = desks.terms(shop.nodes[SELLER])
    terms["answers"] = [{"proposal": "statement", "respond_by_s": DAY, "on_silence": "lapse"}]
    change = {"thread": shop.agreement, "role": "seller", "amends": shop.agreement, "terms": terms}
    amended = shop.both(SELLER, "agreement.amend", change)
    shop.both(BUYER, "agreement.accept", {"thread": shop.agreement, "role": "buyer", "accepts": amended})
    name = shop.both(SELLER, "statement.propose", shop.statement(SELLER, agreement=amended))
    assert shop.refuse(SELLER, "deem", claim(shop, SELLER, name)) == ["deem.state"]


def test_claims_that_cross_are_decided_by_role() -> None:
    shop = Shop()
    shop.shipped(1)
    mine = shop.write(SELLER, "statement.propose", shop.statement(SELLER))
    theirs = shop.write(BUYER, "statement.propose", shop.statement(BUYER))
    shop.write(SELLER, "deem", claim(shop, SELLER, mine))
    shop.write(BUYER, "deem", claim(shop, BUYER, theirs))
    shop.sync_quietly()
    shop.write(SELLER, "reminder", {"thread": mine, "role": "seller", "target": mine})
    shop.write(BUYER, "reminder", {"thread": mine, "role": "buyer", "target": mine})
    history = shop.sync()
    assert history.statements[mine].state is StatementState.DEEMED
    assert not statements.standing(history.channel, history.statements[theirs])
    assert len(history.channel.ledgers[shop.agreement].closed) == 1


def test_a_buyer_claims_nothing_over_an_open_statement_of_the_seller() -> None:
    shop = Shop()
    shop.shipped(1)
    mine = shop.write(SELLER, "statement.propose", shop.statement(SELLER))
    theirs = shop.write(BUYER, "statement.propose", shop.statement(BUYER))
    shop.sync()
    assert shop.refuse(BUYER, "deem", claim(shop, BUYER, theirs)) == ["statement.open"]
    shop.both(BUYER, "statement.respond", shop.verdict(BUYER, mine))
    assert shop.refuse(BUYER, "deem", claim(shop, BUYER, theirs)) == ["statement.chain"]


def test_who_claimed_its_own_agrees_to_no_other() -> None:
    shop = Shop()
    shop.shipped(1)
    theirs = shop.write(BUYER, "statement.propose", shop.statement(BUYER))
    shop.write(BUYER, "deem", claim(shop, BUYER, theirs))
    mine = shop.write(SELLER, "statement.propose", shop.statement(SELLER))
    shop.sync_quietly()
    assert shop.refuse(BUYER, "statement.respond", shop.verdict(BUYER, mine)) == ["statement.open"]
    shop.sync()


# --- reopened


def reopening(shop: Shop, side: int, name: bytes, *keys: bytes) -> Body:
    left = [{"key": key, "reason": "short"} for key in keys]
    return {"thread": name, "role": ROLES[side], "contested": left, "due": "2026-12-20"}


def test_what_silence_agreed_to_is_reopened_once() -> None:
    shop, name = deemed()
    (order,) = shop.desks[0].orders
    closed = shop.desks[0].channel.ledgers[shop.agreement].closed[-1]
    shop.both(BUYER, "statement.reopen", reopening(shop, BUYER, name, order))
    found = state(shop, name)
    assert (found.state, [thread.key for thread in found.reopened]) == (StatementState.REOPENED, [order])
    assert shop.desks[0].channel.ledgers[shop.agreement].closed[-1] == closed
    assert shop.refuse(BUYER, "statement.reopen", reopening(shop, BUYER, name, order)) == ["statement.state"]


def test_nobody_reopens_what_was_agreed_to_or_what_is_final() -> None:
    shop, name = deemed()
    (order,) = shop.desks[0].orders
    assert shop.refuse(SELLER, "statement.reopen", reopening(shop, SELLER, name, order)) == ["role.mismatch"]
    assert shop.refuse(BUYER, "statement.reopen", reopening(shop, BUYER, name, b"?" * 32)) == ["statement.contested"]
    assert shop.refuse(SELLER, "deem", claim(shop, SELLER, name, "statement.final", TERM)) == ["deem.early"]
    shop.both(SELLER, "deem", claim(shop, SELLER, name, "statement.final", 30 * DAY))
    assert shop.refuse(BUYER, "statement.reopen", reopening(shop, BUYER, name, order)) == ["statement.state"]
    assert state(shop, name).state is StatementState.DEEMED
    shop.shipped(1)
    agreed = shop.close_statement()
    assert shop.refuse(BUYER, "statement.reopen", reopening(shop, BUYER, agreed, order)) == ["statement.state"]


def test_a_reopening_that_the_last_claim_did_not_know_of_wins() -> None:
    shop, name = deemed()
    (order,) = shop.desks[0].orders
    shop.write(BUYER, "statement.reopen", reopening(shop, BUYER, name, order))
    shop.write(SELLER, "deem", claim(shop, SELLER, name, "statement.final", 30 * DAY))
    assert state(shop, name).state is StatementState.REOPENED
    assert not shop.sync().refusals


def test_T9_every_row_of_silence_is_in_the_table() -> None:
    rows = {state: tables.legal(statements.TABLE, state) for state in StatementState}
    assert StatementEvent.SILENCE in rows[StatementState.PROPOSED]
    assert rows[StatementState.DEEMED] == (StatementEvent.REOPEN,)
    assert rows[StatementState.REOPENED] == rows[StatementState.CLOSED] == rows[StatementState.DIFFERS] == ()


def test_nothing_is_owed_before_the_return_window_is_over() -> None:
    shop = Shop(basis="return_window", withholding="0.1", fees=({"name": "market", "rate": "0.05"},))
    thread, parcel = shop.shipped(10)
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "delivered"})
    assert shop.sync().balance("EUR") == 0
    shop.both(SELLER, "deem", silent(shop, SELLER, thread, "shipment.final", parcel, 14 * DAY))
    assert shop.sync().balance("EUR") == 11_900 - 595


def test_what_was_withheld_is_owed_after_the_window() -> None:
    # ONDC payment document v0.6, scenario 1, all the way: 630.00 is 535.50 now and 63.00 after the window
    shop = Shop(withholding="0.1", fees=({"name": "finder", "rate": "0.05"},))
    listed = {"agreement": shop.agreement, "currency": "EUR", "items": [{"sku": "tea", "price": desks.price(1_000)}]}
    shop.price_list = shop.both(SELLER, "price.list", listed)
    untaxed = {**shop.line(1, "tea", 63), "tax": None}
    thread = shop.both(BUYER, "order.place", {**shop.order(1), "lines": [untaxed]})
    shop.both(SELLER, "order.respond", desks.respond(thread, (1, "accept", 63)))
    parcel = shop.both(SELLER, "shipment.handover", desks.handover(thread, (1, 63)))
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "delivered"})
    assert shop.sync().balance("EUR") == 53_550
    shop.close_statement()
    shop.both(SELLER, "deem", silent(shop, SELLER, thread, "shipment.final", parcel, 14 * DAY))
    computed = shop.desks[0].statement_lines(shop.agreement, shop.desks[0].sizes)
    assert [(line.kind, line.amount) for line in computed.lines] == [("withheld", 6_300)]
    assert shop.sync().balance("EUR") == 59_850
