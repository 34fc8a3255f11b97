"""Set-off between two who owe each other, and the obligations that it clears."""

from __future__ import annotations

from random import Random
from typing import Any, ClassVar

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
        assert sum(sign[one.debtor] * one.open for one in found) == closing + ledger.paid
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
WEEK_S = 7 * 86_400
EDGE_EVENTS = (
    *(SetoffEvent.LOCK, SetoffEvent.DECLINE, SetoffEvent.APPLY, SetoffEvent.RELEASE),
    *(SetoffEvent.LAPSE, SetoffEvent.EXPIRE),
)
PATHS: dict[SetoffState, list[SetoffEvent]] = {
    SetoffState.PROPOSED: [],
    SetoffState.LOCKED: [SetoffEvent.LOCK],
    SetoffState.DECLINED: [SetoffEvent.DECLINE],
    SetoffState.APPLIED: [SetoffEvent.LOCK, SetoffEvent.APPLY],
    SetoffState.RELEASED: [SetoffEvent.LOCK, SetoffEvent.RELEASE],
    SetoffState.WITHDRAWN: [SetoffEvent.RELEASE],
    SetoffState.LAPSED: [SetoffEvent.LAPSE],
    SetoffState.EXPIRED: [SetoffEvent.LOCK, SetoffEvent.EXPIRE],
}


def locked(shop: Shop, minor: int = 500) -> bytes:
    """An edge that the seller has locked, and of which the buyer has said so."""
    name = shop.both(BUYER, "setoff.propose", edge(shop))
    consent = {"thread": name, "role": "seller", "accept": True, "amount": money(minor)}
    word = shop.both(SELLER, "setoff.consent", consent)
    shop.both(BUYER, "reminder", {"thread": name, "role": "buyer", "target": word})
    return name


def silent(shop: Shop, side: int, name: bytes, row: str, after_s: int = WEEK_S) -> Body:
    """The body of a claim that the other side has said nothing about an edge for so long."""
    head = len(shop.logs[side])
    proofs = (desks.cosigned(side, head, 1), desks.cosigned(side, head, 1 + after_s))
    target = shop.desks[side].setoffs[name].word[1]
    return desks.deem(name, "seller" if side == SELLER else "buyer", row, target, *proofs)


def edge_step(shop: Shop, name: bytes, event: SetoffEvent) -> tuple[int, str, Body]:
    """Who writes what, so that an event happens to an edge that the buyer of the shop proposed."""
    seller: Body = {"thread": name, "role": "seller"}
    match event:
        case SetoffEvent.LOCK | SetoffEvent.DECLINE:
            return SELLER, "setoff.consent", {**seller, "accept": event is SetoffEvent.LOCK}
        case SetoffEvent.APPLY | SetoffEvent.RELEASE:
            return SELLER, "setoff.notice", {**seller, "secret": LOCK if event is SetoffEvent.APPLY else RELEASE}
        case SetoffEvent.LAPSE:
            return BUYER, "deem", silent(shop, BUYER, name, "setoff.propose")
        case _:
            return SELLER, "deem", silent(shop, SELLER, name, "setoff.lock")


@pytest.mark.parametrize("state", SetoffState)
@pytest.mark.parametrize("event", EDGE_EVENTS)
def test_T10_every_pair_of_an_edge(state: SetoffState, event: SetoffEvent) -> None:
    shop = Shop()
    name = shop.both(BUYER, "setoff.propose", edge(shop))
    for before in PATHS[state]:
        shop.both(*edge_step(shop, name, before))
    shop.sync()
    following = tables.step(setoffs.TABLE, state, event)
    if following is None:
        code = "deem.state" if event in (SetoffEvent.LAPSE, SetoffEvent.EXPIRE) else "setoff.state"
        assert shop.refuse(*edge_step(shop, name, event)) == [code]
    else:
        shop.both(*edge_step(shop, name, event))
    found = shop.sync().setoffs[name].state
    assert found is (following or state)
    assert shop.desks[0].balance("EUR") == (-500 if found is SetoffState.APPLIED else 0)


def test_law_6_no_secret_applies_an_edge_to_which_the_creditor_never_consented() -> None:
    """The debtor holds both secrets: it releases the own proposal, and then shows the secret of the lock."""
    shop = Shop()
    name = shop.both(BUYER, "setoff.propose", edge(shop))
    shop.both(BUYER, "setoff.notice", secret(name, "buyer", RELEASE))
    assert shop.refuse(BUYER, "setoff.notice", secret(name, "buyer", LOCK)) == ["setoff.state"]
    assert shop.sync().balance("EUR") == 0
    late = {"thread": name, "role": "seller", "accept": True}
    assert shop.refuse(SELLER, "setoff.consent", late) == ["setoff.state"]


# --- edges that nobody brings to an end (law 5)


def test_law_5_either_side_frees_a_locked_edge_and_both_may_at_once() -> None:
    shop = Shop()
    name = locked(shop)
    shop.write(SELLER, "deem", silent(shop, SELLER, name, "setoff.lock"))
    mine = shop.put(BUYER, "deem", silent(shop, BUYER, name, "setoff.lock"))
    history = shop.sync()
    assert history.setoffs[name].state is SetoffState.EXPIRED
    assert [fault.code for fault in history.refusals[(BUYER, mine.index)]] == ["deem.state"]


def test_law_5_an_edge_expires_no_sooner_than_agreed_and_only_by_the_partners_own_cosignature() -> None:
    shop = Shop()
    name = shop.both(BUYER, "setoff.propose", edge(shop))
    shop.deliver(BUYER)
    early = silent(shop, BUYER, name, "setoff.propose", WEEK_S - 1)
    assert shop.refuse(BUYER, "deem", early) == ["deem.early"]
    head = len(shop.logs[BUYER])
    own = desks.cosigned(BUYER, head, 1 + WEEK_S, by=BUYER)
    forged = {**silent(shop, BUYER, name, "setoff.propose"), "passed": own}
    assert shop.refuse(BUYER, "deem", forged) == ["deem.evidence"]
    before = desks.cosigned(BUYER, shop.desks[BUYER].setoffs[name].word[0][1], 1)
    unknown = {**silent(shop, BUYER, name, "setoff.propose"), "started": before}
    assert shop.refuse(BUYER, "deem", unknown) == ["deem.evidence"]
    assert shop.refuse(BUYER, "deem", silent(shop, BUYER, name, "setoff.lock")) == ["deem.state"]


def test_law_5_the_agreement_says_how_long_an_edge_waits() -> None:
    class Quick(Shop):
        TERMS: ClassVar[Body] = {"answers": [{"proposal": "setoff", "respond_by_s": 60, "on_silence": "lapse"}]}

    shop = Quick()
    name = shop.both(BUYER, "setoff.propose", edge(shop))
    assert shop.refuse(BUYER, "deem", silent(shop, BUYER, name, "setoff.propose", 59)) == ["deem.early"]
    shop.both(BUYER, "deem", silent(shop, BUYER, name, "setoff.propose", 60))
    assert shop.sync().setoffs[name].state is SetoffState.LAPSED


def test_law_5_a_creditor_claims_nothing_from_its_own_silence() -> None:
    shop = Shop()
    name = shop.both(BUYER, "setoff.propose", edge(shop))
    shop.write(SELLER, "reminder", {"thread": name, "role": "seller", "target": name})
    assert shop.refuse(SELLER, "deem", silent(shop, SELLER, name, "setoff.propose")) == ["role.mismatch"]
    assert shop.refuse(BUYER, "deem", silent(shop, BUYER, name, "statement.silence")) == ["reference.dangling"]
    two = Mutual()
    pair = two.both(SELLER, "setoff.propose", two.offset(SELLER, 100))
    assert two.refuse(SELLER, "deem", silent(two, SELLER, pair, "setoff.propose")) == ["deem.state"]


@pytest.mark.parametrize("shown", [LOCK, RELEASE])
def test_law_5_a_word_that_a_claim_did_not_know_of_wins(shown: bytes) -> None:
    shop = Shop()
    name = locked(shop)
    shop.write(SELLER, "setoff.notice", secret(name, "seller", shown))
    claim = shop.put(BUYER, "deem", silent(shop, BUYER, name, "setoff.lock"))
    history = shop.sync()
    assert history.setoffs[name].state is (SetoffState.APPLIED if shown == LOCK else SetoffState.RELEASED)
    assert [fault.code for fault in history.refusals[(BUYER, claim.index)]] == ["deem.state"]


def test_D19_an_edge_that_expired_here_still_applies_with_all_others() -> None:
    """Its neighbour was away and shows the secret late: one debt less and one claim less, as everywhere else."""
    shop = Shop()
    name = locked(shop, 300)
    shop.both(BUYER, "deem", silent(shop, BUYER, name, "setoff.lock"))
    shop.close_statement()
    shop.both(SELLER, "setoff.notice", secret(name, "seller", LOCK))
    assert shop.sync().balance("EUR") == -300


@pytest.mark.parametrize("closed_first", [False, True])
def test_a_consent_that_crosses_a_lapse_counts_whatever_a_statement_cut(closed_first: bool) -> None:
    shop = Shop()
    name = shop.both(BUYER, "setoff.propose", edge(shop))
    shop.write(BUYER, "deem", silent(shop, BUYER, name, "setoff.propose"))
    statement = shop.write(BUYER, "statement.propose", shop.statement(BUYER)) if closed_first else None
    shop.write(SELLER, "setoff.consent", {"thread": name, "role": "seller", "accept": True})
    shop.sync_quietly()
    if statement is not None:
        shop.both(SELLER, "statement.respond", shop.verdict(SELLER, statement))
    assert shop.sync().setoffs[name].state is SetoffState.LOCKED


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
