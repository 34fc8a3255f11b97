"""Set-off between two who owe each other, and the obligations that it clears."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from contracts import obligations, setoffs, statements, tables
from contracts.histories import History
from contracts.setoffs import SetoffEvent, SetoffState
from protocol import merkle
from tests.contracts import desks
from tests.contracts.desks import BUYER, NODES, SELLER, Body, Shop, money


class Mutual(Shop):
    """A pair that trades both ways: under `back` the buyer of the shop sells, and the shop buys."""

    def __init__(self, currency: str = "EUR", **terms: Any) -> None:
        super().__init__(**terms)
        body = desks.terms(NODES[BUYER], currency)
        self.back = self.both(BUYER, "agreement.propose", {"role": "seller", "terms": body})
        self.both(SELLER, "agreement.accept", {"thread": self.back, "role": "buyer", "accepts": self.back})

    def owe(self, minor: int, **fields: Any) -> bytes:
        """Let the shop owe under `back`: the other has paid it in advance."""
        body = {"agreement": self.back, "role": "buyer", "amount": money(minor), "reference": "R1"}
        return self.both(SELLER, "payment.received", {**body, **fields})

    def offset(self, side: int, minor: int, **changes: Any) -> Body:
        """The body of a proposal of `side`, seen from the agreement in which the shop sells."""
        role = "seller" if side == SELLER else "buyer"
        body = {"agreement": self.agreement, "role": role, "against": self.back, "amount": money(minor)}
        return {**body, **changes}

    def answer(self, side: int, name: bytes, accept: bool = True) -> Body:
        return {"thread": name, "role": "seller" if side == SELLER else "buyer", "accept": accept}

    def close_under(self, agreement: bytes, side: int = SELLER, **changes: Any) -> bytes:
        """Propose and agree to a statement of one of the two agreements."""
        first, self.agreement = self.agreement, agreement
        roles = ("seller", "buyer") if agreement == first else ("buyer", "seller")
        name = self.both(side, "statement.propose", self.statement(side, **{"role": roles[side], **changes}))
        verdict = {**self.verdict(1 - side, name), "role": roles[1 - side]}
        self.both(1 - side, "statement.respond", verdict)
        self.agreement = first
        return name

    def totals(self, history: History) -> tuple[int, int]:
        return history.owed(self.agreement), history.owed(self.back)


def test_netting_changes_no_net_position_and_does_change_the_books() -> None:
    # icn 643
    shop = Mutual()
    shop.shipped(10)
    shop.owe(5_000)
    before = shop.sync().balance("EUR")
    assert shop.totals(shop.desks[0]) == (11_900, 5_000)
    name = shop.both(SELLER, "setoff.propose", shop.offset(SELLER, 5_000))
    assert shop.totals(shop.desks[0]) == (11_900, 5_000)
    shop.both(BUYER, "setoff.consent", shop.answer(BUYER, name))
    history = shop.sync()
    assert shop.totals(history) == (6_900, 0)
    assert history.balance("EUR") == before == 6_900
    assert history.setoffs[name].state is SetoffState.APPLIED


@pytest.mark.parametrize("state", [SetoffState.PROPOSED, SetoffState.APPLIED, SetoffState.DECLINED])
@pytest.mark.parametrize("event", [SetoffEvent.CONSENT, SetoffEvent.DECLINE])
def test_T10_every_pair_of_a_set_off(state: SetoffState, event: SetoffEvent) -> None:
    shop = Mutual()
    name = shop.both(BUYER, "setoff.propose", shop.offset(BUYER, 100))
    if state is not SetoffState.PROPOSED:
        shop.both(SELLER, "setoff.consent", shop.answer(SELLER, name, state is SetoffState.APPLIED))
    body = shop.answer(SELLER, name, event is SetoffEvent.CONSENT)
    following = tables.step(setoffs.TABLE, state, event)
    if following is None:
        assert shop.refuse(SELLER, "setoff.consent", body) == ["setoff.state"]
    else:
        shop.both(SELLER, "setoff.consent", body)
    assert shop.sync().setoffs[name].state is (following or state)


def test_each_statement_holds_its_own_half() -> None:
    shop = Mutual()
    shop.shipped(10)
    shop.owe(5_000)
    name = shop.both(SELLER, "setoff.propose", shop.offset(SELLER, 5_000))
    asked = shop.desks[0].sizes
    shop.both(BUYER, "setoff.consent", shop.answer(BUYER, name))
    shop.sync()
    # one account is cut after the consent, the other before it: each has what its own cut holds
    shop.close_under(shop.agreement)
    history = shop.sync()
    early = statements.compute(history.channel, shop.back, asked)
    assert [(line.kind, line.amount) for line in early.lines] == [("payment", 5_000)]
    late = statements.compute(history.channel, shop.back, history.sizes)
    assert (late.total, len(late.lines)) == (0, 2)
    shop.close_under(shop.back, BUYER)
    assert [ledger.closed[-1].closing for ledger in shop.sync().channel.ledgers.values()] == [6_900, 0]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"against": b"?" * 32}, ["agreement.not-in-force"]),
        ({"role": "buyer"}, ["role.mismatch"]),
        ({"amount": money(5, "USD")}, ["money.currency", "money.currency"]),
        ({"amount": money(0)}, ["document.money"]),
        ({"statements": [b"?" * 32]}, ["reference.dangling"]),
    ],
)
def test_a_set_off_names_two_agreements_of_one_currency(changes: Body, codes: list[str]) -> None:
    shop = Mutual()
    assert shop.refuse(SELLER, "setoff.propose", shop.offset(SELLER, 100, **changes)) == codes


def test_a_set_off_needs_an_agreement_each_way() -> None:
    shop = Mutual()
    same = shop.offset(SELLER, 100, against=shop.agreement)
    assert shop.refuse(SELLER, "setoff.propose", same) == ["setoff.direction"]
    foreign = Mutual("USD")
    assert foreign.refuse(SELLER, "setoff.propose", foreign.offset(SELLER, 100)) == ["money.currency"]


def test_nobody_consents_to_the_own_proposal() -> None:
    shop = Mutual()
    name = shop.both(SELLER, "setoff.propose", shop.offset(SELLER, 100))
    assert shop.refuse(SELLER, "setoff.consent", shop.answer(SELLER, name)) == ["role.mismatch"]
    assert shop.refuse(BUYER, "setoff.consent", shop.answer(BUYER, b"?" * 32)) == ["reference.dangling"]
    assert shop.refuse(BUYER, "setoff.consent", shop.answer(BUYER, shop.agreement)) == ["thread.kind"]


@pytest.mark.parametrize("seed", range(40))
def test_law_6_a_netting_round_leaves_every_net_position_as_it_was(seed: int) -> None:
    chance = Random(seed)
    shop = Mutual()
    net = 0
    for _ in range(30):
        side = chance.randrange(2)
        match chance.randrange(5):
            case 0:
                shop.shipped(quantity := chance.randrange(1, 9))
                net += quantity * 1_190
            case 1:
                shop.owe(minor := chance.randrange(1, 9_000))
                net -= minor
            case 2:
                name = shop.write(side, "setoff.propose", shop.offset(side, chance.randrange(1, 5_000)))
                shop.sync_quietly()
                shop.both(1 - side, "setoff.consent", shop.answer(1 - side, name, chance.randrange(3) > 0))
            case 3:
                shop.close_under(chance.choice((shop.agreement, shop.back)), side)
            case _:
                pass
        assert shop.desks[0].balance("EUR") == net
    history = shop.sync()
    assert not history.refusals
    for agreement in (shop.agreement, shop.back):
        ledger = history.channel.ledgers[agreement]
        closing = ledger.closed[-1].closing if ledger.closed else 0
        sign = {1 - ledger.seller: 1, ledger.seller: -1}
        found = obligations.of(history.channel, agreement)
        assert sum(sign[one.debtor] * one.open for one in found) == closing + obligations.paid_since(ledger)
        assert all(0 < one.open <= one.amount for one in found)
        assert len({one.debtor for one in found}) <= 1


def test_what_is_paid_clears_the_oldest_obligation_first() -> None:
    shop = Mutual()
    shop.shipped(1)
    first = shop.close_under(shop.agreement, due="2026-12-14")
    shop.shipped(2)
    second = shop.close_under(shop.agreement)
    found = obligations.of(shop.sync().channel, shop.agreement)
    assert [(one.statement, one.debtor, one.amount, one.open, one.due) for one in found] == [
        (first, BUYER, 1_190, 1_190, "2026-12-14"),
        (second, BUYER, 2_380, 2_380, None),
    ]
    body = {"agreement": shop.agreement, "role": "seller", "amount": money(2_000), "reference": "R1"}
    shop.both(SELLER, "payment.received", body)
    found = obligations.of(shop.sync().channel, shop.agreement)
    assert [(one.statement, one.amount, one.open) for one in found] == [(second, 2_380, 1_570)]
    shop.close_under(shop.agreement)
    found = obligations.of(shop.sync().channel, shop.agreement)
    assert [(one.statement, one.amount, one.open) for one in found] == [(second, 2_380, 1_570)]


def test_what_is_paid_in_advance_waits_for_the_next_debt() -> None:
    shop = Mutual()
    body = {"agreement": shop.agreement, "role": "seller", "amount": money(2_000), "reference": "R1"}
    shop.both(SELLER, "payment.received", body)
    (ahead,) = obligations.of(shop.sync().channel, shop.agreement)
    assert (ahead.statement, ahead.debtor, ahead.open) == (b"", SELLER, 2_000)
    shop.shipped(2)
    name = shop.close_under(shop.agreement)
    (left,) = obligations.of(shop.sync().channel, shop.agreement)
    assert (left.statement, left.debtor, left.amount, left.open) == (name, BUYER, 2_380, 380)


# --- cycles


def edge(shop: Shop, minor: int = 500, role: str = "buyer", **changes: Any) -> Body:
    """The body of one edge: what the author owes under the shop's agreement becomes less."""
    locks = {"batch": b"b" * 32, "lock": merkle.leaf_hash(LOCK), "release": merkle.leaf_hash(RELEASE)}
    return {"agreement": shop.agreement, "role": role, "amount": money(minor), **locks, **changes}


def secret(name: bytes, role: str, key: bytes) -> Body:
    return {"thread": name, "role": role, "secret": key}


LOCK, RELEASE = b"l" * 32, b"r" * 32
STEPS: dict[SetoffEvent, tuple[str, Body]] = {
    SetoffEvent.LOCK: ("setoff.consent", {"accept": True}),
    SetoffEvent.DECLINE: ("setoff.consent", {"accept": False}),
    SetoffEvent.APPLY: ("setoff.notice", {"secret": LOCK}),
    SetoffEvent.RELEASE: ("setoff.notice", {"secret": RELEASE}),
}
PATHS: dict[SetoffState, list[SetoffEvent]] = {
    SetoffState.PROPOSED: [],
    SetoffState.LOCKED: [SetoffEvent.LOCK],
    SetoffState.DECLINED: [SetoffEvent.DECLINE],
    SetoffState.APPLIED: [SetoffEvent.LOCK, SetoffEvent.APPLY],
    SetoffState.RELEASED: [SetoffEvent.LOCK, SetoffEvent.RELEASE],
}


@pytest.mark.parametrize("state", SetoffState)
@pytest.mark.parametrize("event", STEPS)
def test_T10_every_pair_of_an_edge(state: SetoffState, event: SetoffEvent) -> None:
    shop = Shop()
    name = shop.both(BUYER, "setoff.propose", edge(shop))
    for before in PATHS[state]:
        kind, body = STEPS[before]
        shop.both(SELLER, kind, {"thread": name, "role": "seller", **body})
    kind, body = STEPS[event]
    following = tables.step(setoffs.TABLE, state, event)
    if following is None:
        assert shop.refuse(SELLER, kind, {"thread": name, "role": "seller", **body}) == ["setoff.state"]
    else:
        shop.both(SELLER, kind, {"thread": name, "role": "seller", **body})
    found = shop.sync().setoffs[name].state
    assert found is (following or state)
    assert shop.desks[0].balance("EUR") == (-500 if found is SetoffState.APPLIED else 0)


@pytest.mark.parametrize(("side", "owed"), [(BUYER, -300), (SELLER, 300)])
def test_an_edge_takes_off_what_its_author_owes(side: int, owed: int) -> None:
    shop = Shop()
    roles = ("seller", "buyer")
    name = shop.both(side, "setoff.propose", edge(shop, 500, roles[side]))
    answer = {"thread": name, "role": roles[1 - side], "accept": True, "amount": money(300)}
    shop.both(1 - side, "setoff.consent", answer)
    shop.both(side, "setoff.notice", secret(name, roles[side], LOCK))
    shop.both(1 - side, "setoff.notice", secret(name, roles[1 - side], LOCK))
    assert shop.sync().balance("EUR") == owed
    shop.close_statement()


def test_D19_where_both_secrets_are_shown_all_edges_apply() -> None:
    shop = Shop()
    name = shop.both(BUYER, "setoff.propose", edge(shop))
    shop.both(SELLER, "setoff.consent", {"thread": name, "role": "seller", "accept": True})
    shop.write(SELLER, "setoff.notice", secret(name, "seller", RELEASE))
    shop.write(BUYER, "setoff.notice", secret(name, "buyer", LOCK))
    history = shop.sync()
    assert (history.setoffs[name].state, history.setoffs[name].secret) == (SetoffState.APPLIED, LOCK)
    assert not history.refusals


def test_an_edge_is_locked_at_no_more_than_was_proposed_and_by_no_wrong_secret() -> None:
    shop = Shop()
    name = shop.both(BUYER, "setoff.propose", edge(shop))
    more = {"thread": name, "role": "seller", "accept": True, "amount": money(501)}
    assert shop.refuse(SELLER, "setoff.consent", more) == ["setoff.amount"]
    shop.both(SELLER, "setoff.consent", {"thread": name, "role": "seller", "accept": True})
    assert shop.refuse(BUYER, "setoff.notice", secret(name, "buyer", b"x" * 32)) == ["setoff.secret"]
    two = Mutual()
    pair = two.both(SELLER, "setoff.propose", two.offset(SELLER, 100))
    assert two.refuse(SELLER, "setoff.notice", secret(pair, "seller", LOCK)) == ["setoff.secret"]


@pytest.mark.parametrize("changes", [{"lock": None}, {"against": b"a" * 32}, {"release": merkle.leaf_hash(LOCK)}])
def test_an_edge_names_batch_lock_and_release_and_no_second_agreement(changes: Body) -> None:
    shop = Shop()
    assert shop.refuse(BUYER, "setoff.propose", edge(shop, **changes)) == ["document.conflict"]
