"""Invitations as they are looked after, partners as they are shown, and terms that change."""

from __future__ import annotations

import asyncio

import pytest

from node import errors, ports
from node.replication import connections, standings
from protocol import limits
from tests.node.towns import Town, play


def test_an_invitation_is_listed_until_it_is_used_and_tells_by_whom() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        given = await town.ask("factory", "invite", hours=2)
        (row,) = (await town.ask("factory", "invite.list"))["invitations"]
        assert (row["state"], row["uri"], row["partner"]) == ("waiting", given["uri"], None)
        await town.ask("shop", "join", uri=row["uri"])
        await town.settle()
        (row,) = (await town.ask("factory", "invite.list"))["invitations"]
        assert (row["state"], row["uri"], row["partner"]) == ("used", None, "shop")
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("factory", "invite.withdraw", invitation=row["invitation"])
        assert refused.value.code == "invite.unknown"

    play(story)


def test_an_invitation_that_was_withdrawn_lets_nobody_in() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        given = await town.ask("factory", "invite")
        (row,) = (await town.ask("factory", "invite.list"))["invitations"]
        await town.ask("factory", "invite.withdraw", invitation=row["invitation"])
        assert (await town.ask("factory", "invite.list"))["invitations"] == []
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("shop", "join", uri=given["uri"])
        assert refused.value.code == "invite.unanswered"
        for name in ("", "zz", row["invitation"]):
            with pytest.raises(errors.NodeError):
                await town.ask("factory", "invite.withdraw", invitation=name)

    play(story)


def test_a_partner_is_shown_with_what_each_lets_the_other_see() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        shown = await town.ask("factory", "partner.show", partner="shop")
        assert (shown["percent"], shown["shown"], shown["seen"], shown["compared_ms"]) == (None, 0, 0, None)
        await town.ask("factory", "partner.compare", partner="shop")
        await town.ask("factory", "partner.suspend", partner="shop", reason="holiday")
        await town.settle()
        shown = await town.ask("factory", "partner.show", partner=shown["node"])
        assert shown["compared_ms"] and (shown["paused_by"], shown["reason"]) == (["me"], None)
        theirs = await town.ask("shop", "partner.show", partner="factory")
        assert (theirs["paused_by"], theirs["reason"]) == (["partner"], "holiday")
        await town.ask("factory", "partner.resume", partner="shop")
        await town.settle()
        assert (await town.ask("shop", "partner.show", partner="factory"))["reason"] is None
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("factory", "partner.show", partner="nobody")
        assert refused.value.code == "partner.unknown"

    play(story)


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_partner_is_called_by_a_name_that_can_be_read(name: str) -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("factory", "partner.rename", partner="shop", name=name)
        assert refused.value.code == "request.malformed"
        await town.ask("factory", "partner.rename", partner="shop", name=" 小满 ")
        assert (await town.ask("factory", "partner.show", partner="小满"))["name"] == "小满"

    play(story)


def test_terms_in_force_change_once_the_partner_accepts_the_change() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        first = (await town.ask("factory", "agreement.propose", partner="shop", payment_days=30))["agreement"]
        await town.settle()
        await town.ask("shop", "agreement.accept", partner="factory")
        await town.settle()
        terms = {"payment_days": 10, "return_days": 7, "period": "weekly", "instead_of": first[:12]}
        second = (await town.ask("shop", "agreement.propose", partner="factory", buying=True, **terms))["agreement"]
        await town.settle()
        (row,) = (await town.ask("factory", "agreement.list"))["agreements"]
        assert (row["agreement"], row["waits_for_me"], row["terms"]["payment_due_s"]) == (first, True, 30 * 86_400)
        change = row["change"]
        assert (change["agreement"], change["mine"], change["terms"]["payment_due_s"]) == (second, False, 10 * 86_400)
        assert (await town.ask("factory", "status"))["waiting_for_me"] == {"agreements": 1}
        await town.ask("factory", "agreement.accept", partner="shop", agreement=second)
        await town.settle()
        for who in ("factory", "shop"):
            (row,) = (await town.ask(who, "agreement.list"))["agreements"]
            assert (row["agreement"], row["state"], row["waits_for_me"]) == (second, "in-force", False)
            assert row["change"] is None and row["terms"]["statement_period"] == "weekly"

    play(story)


def test_a_proposal_is_answered_with_other_terms_or_declined() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        first = (await town.ask("factory", "agreement.propose", partner="shop", credit="100.00"))["agreement"]
        await town.settle()
        (row,) = (await town.ask("shop", "agreement.list"))["agreements"]
        assert row["terms"]["credit_limit"]["text"] == "100.00 CNY" and not row["mine"] and row["answers"] is None
        asked = {"partner": "factory", "buying": True, "credit": "900.00", "instead_of": first}
        second = (await town.ask("shop", "agreement.propose", **asked))["agreement"]
        await town.settle()
        (row,) = (await town.ask("factory", "agreement.list"))["agreements"]
        assert (row["agreement"], row["state"], row["waits_for_me"]) == (second, "countered", True)
        assert row["answers"]["credit_limit"]["text"] == "100.00 CNY" and row["ended_by_me"] is None
        await town.ask("factory", "agreement.decline", partner="shop", agreement=second)
        await town.settle()
        (row,) = (await town.ask("shop", "agreement.list"))["agreements"]
        assert (row["state"], row["waits_for_me"], row["ended_by_me"]) == ("declined", False, False)
        assert (await town.ask("factory", "agreement.list"))["agreements"][0]["ended_by_me"]
        for case in ("agreement.decline", "agreement.accept"):
            with pytest.raises(errors.NodeError) as refused:
                await town.ask("shop", case, partner="factory", agreement=second)
            assert refused.value.code == "agreement.unknown"
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("shop", "agreement.propose", **{**asked, "instead_of": second})
        assert refused.value.code == "agreement.unknown"

    play(story)


def test_a_partner_on_the_local_network_is_shown_there_and_a_stranger_is_not() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        factory, shop = town.citizens["factory"], town.citizens["shop"]
        assert factory.node is not None and shop.node is not None and factory.life is not None
        tags = {"10.0.0.8:7443": connections.lan_tag(shop.node.trade.books.me), "10.0.0.9:7443": "stranger"}
        for address, tag in tags.items():
            hint = ports.Hint(address, tag)
            await factory.life.spawn(factory.node.connections.hint(hint), "hint")
        assert (await town.ask("factory", "partner.show", partner="shop"))["nearby"] == "10.0.0.8:7443"
        assert (await town.ask("shop", "partner.show", partner="factory"))["nearby"] == ""

    play(story)


@pytest.mark.parametrize(
    ("signed_s", "skew_ms"),
    [(999, -1), (1_000, 0), (1_010, 0), (1_011, 1_000), (0, -999_001), (2_000, 990_000)],
)
def test_a_receipt_says_what_a_clock_is_off_at_least(signed_s: int, skew_ms: int) -> None:
    assert standings.skew_ms(signed_s, sent_ms=1_000_000, now_ms=1_010_000) == skew_ms


@pytest.mark.parametrize("minutes", [-30, 12])
def test_a_partner_whose_clock_is_off_is_told_from_its_receipts(minutes: int) -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        assert abs((await town.ask("shop", "partner.show", partner="factory"))["clock_skew_ms"]) < limits.SKEW_MS_MAX
        clock = town.citizens["factory"].clock
        assert clock is not None
        clock.step(minutes * 60_000)
        await asyncio.sleep(3_600)  # receipts over one logbook never go back, so a clock that was set back waits
        await town.ask("shop", "agreement.propose", partner="factory")
        await town.settle()
        skew_ms = (await town.ask("shop", "partner.show", partner="factory"))["clock_skew_ms"]
        assert abs(skew_ms - minutes * 60_000) < 5_000
        theirs = (await town.ask("factory", "partner.show", partner="shop"))["clock_skew_ms"]
        assert abs(theirs) < limits.SKEW_MS_MAX or theirs * minutes < 0

    play(story)
