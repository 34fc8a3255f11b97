"""Authenticators, recovery codes and passkeys, on a whole node in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

from node import codes, keystore, passkeys
from node.trade.people import entrances
from node.trade.people.entrances import Outcome, Way
from tests.node import authenticators
from tests.node.shops import HOME, PASSWORD, SITE, Shop, play


def test_with_an_authenticator_the_password_opens_half_the_door() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.enter("Wei")
        secret, recovery = await shop.set_totp("Wei")
        assert len(recovery) == codes.RECOVERY_CODES
        half = await shop.sign_in("Wei")
        assert (half.outcome, half.ways) == (Outcome.FACTOR, frozenset({Way.TOTP, Way.RECOVERY}))
        assert await shop.present(half.token) is None
        assert (await entrances.finish(shop.trade, HOME, half.token, "000000")).outcome is Outcome.WRONG
        code = await shop.digits(secret)
        whole = await entrances.finish(shop.trade, HOME, half.token, f"{code[:3]} {code[3:]}")
        assert whole.outcome is Outcome.OPEN and whole.token != half.token
        assert await shop.present(whole.token) is not None
        assert await shop.present(half.token) is None
        assert (await entrances.finish(shop.trade, HOME, half.token, code)).outcome is Outcome.OVER
        again = await shop.sign_in("Wei")
        assert (await entrances.finish(shop.trade, HOME, again.token, code)).outcome is Outcome.WRONG  # used up

    play(story)


def test_C09_six_digits_are_guessed_slowly_from_everywhere_at_once() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.enter("Wei")
        secret, recovery = await shop.set_totp("Wei")
        outcomes = []
        for number in range(8):
            visitor = entrances.Visitor(f"203.0.113.{number}")
            half = await shop.sign_in("Wei", visitor=visitor)
            outcomes.append((await entrances.finish(shop.trade, visitor, half.token, "000000")).outcome)
        assert outcomes == [Outcome.WRONG] * entrances.FREE_CODES + [Outcome.WAIT] * 3
        half = await shop.sign_in("Wei")
        assert (await entrances.finish(shop.trade, HOME, half.token, await shop.digits(secret))).outcome is Outcome.WAIT
        assert (await entrances.finish(shop.trade, HOME, half.token, recovery[3])).outcome is Outcome.OPEN

    play(story)


def test_a_recovery_code_opens_once_and_new_ones_replace_the_old() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.enter("Wei")
        assert await shop.refused("account.codes", "Wei", password=PASSWORD) == "operator.code"
        _, recovery = await shop.set_totp("Wei")
        half = await shop.sign_in("Wei")
        assert (await entrances.finish(shop.trade, HOME, half.token, "aaaa-bbbb")).outcome is Outcome.WRONG
        assert (await entrances.finish(shop.trade, HOME, half.token, recovery[0].upper())).outcome is Outcome.OPEN
        half = await shop.sign_in("Wei")
        assert (await entrances.finish(shop.trade, HOME, half.token, recovery[0])).outcome is Outcome.WRONG
        assert (await shop.ask("account.show", "Wei"))["recovery_codes"] == codes.RECOVERY_CODES - 1
        fresh = (await shop.ask("account.codes", "Wei", password=PASSWORD))["recovery_codes"]
        assert (await entrances.finish(shop.trade, HOME, half.token, recovery[1])).outcome is Outcome.WRONG
        assert (await entrances.finish(shop.trade, HOME, half.token, fresh[1])).outcome is Outcome.OPEN

    play(story)


def test_the_second_factor_may_take_ten_minutes() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.enter("Wei")
        _, recovery = await shop.set_totp("Wei")
        half = await shop.sign_in("Wei")
        assert await entrances.ways(shop.trade, half.token) == half.ways
        await asyncio.sleep(601)
        assert await entrances.ways(shop.trade, half.token) == frozenset()
        assert (await entrances.finish(shop.trade, HOME, half.token, recovery[0])).outcome is Outcome.OVER

    play(story)


def test_an_authenticator_counts_once_it_has_shown_a_code_and_until_another_one_has() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.enter("Wei")
        assert await shop.refused("account.totp.confirm", "Wei", code="000000") == "operator.code"
        assert await shop.refused("account.totp.begin", "Wei", password="wrong wrong") == "sign-in.wrong"
        await shop.ask("account.totp.begin", "Wei", password=PASSWORD)
        assert (await shop.sign_in("Wei")).outcome is Outcome.OPEN  # begun is not in use
        first, _ = await shop.set_totp("Wei")
        second = (await shop.ask("account.totp.begin", "Wei", password=PASSWORD))["secret"]
        half = await shop.sign_in("Wei")
        answer = await entrances.finish(shop.trade, HOME, half.token, await shop.digits(first))
        assert answer.outcome is Outcome.OPEN
        confirmed = await shop.ask("account.totp.confirm", "Wei", code=await shop.digits(second))
        assert confirmed["recovery_codes"] == []  # those that are there still count
        await asyncio.sleep(60)
        half = await shop.sign_in("Wei")
        assert (await entrances.finish(shop.trade, HOME, half.token, await shop.digits(first))).outcome is Outcome.WRONG
        answer = await entrances.finish(shop.trade, HOME, half.token, await shop.digits(second))
        assert answer.outcome is Outcome.OPEN
        await shop.ask("account.totp.off", "Wei", password=PASSWORD)
        assert (await shop.sign_in("Wei")).outcome is Outcome.OPEN
        assert (await shop.ask("account.show", "Wei"))["recovery_codes"] == 0

    play(story)


def test_a_passkey_is_made_and_used_and_removed() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.enter("Wei")
        telephone = authenticators.Authenticator()
        place = {"host": SITE.host, "origin": SITE.origin}
        options = (await shop.ask("account.passkey.begin", "Wei", password=PASSWORD, **place))["options"]
        made = telephone.make(options)
        answer = await shop.ask("account.passkey.add", "Wei", label="My telephone", response=made, **place)
        assert len(answer["recovery_codes"]) == codes.RECOVERY_CODES
        given = {"label": "Again", "response": made, **place}
        assert await shop.refused("account.passkey.add", "Wei", **given) == "operator.passkey"

        half = await shop.sign_in("Wei")
        assert half.ways == {Way.PASSKEY, Way.RECOVERY}
        question = await entrances.passkey_question(shop.trade, half.token, SITE)
        assert question is not None
        reply = telephone.use(question)
        whole = await entrances.finish_with_passkey(shop.trade, HOME, half.token, SITE, reply)
        assert whole.outcome is Outcome.OPEN
        assert await shop.present(whole.token) is not None
        replayed = await entrances.finish_with_passkey(shop.trade, HOME, half.token, SITE, reply)
        assert replayed.outcome is Outcome.OVER

        shown = (await shop.ask("account.show", "Wei"))["passkeys"]
        assert [(row["label"], row["used_ms"] is not None) for row in shown] == [("My telephone", True)]
        number = shown[0]["passkey"]
        assert await shop.refused("account.passkey.remove", "Wei", passkey=99, password=PASSWORD) == "operator.passkey"
        await shop.ask("account.passkey.remove", "Wei", passkey=number, password=PASSWORD)
        assert (await shop.sign_in("Wei")).outcome is Outcome.OPEN

    play(story)


def test_C09_a_passkey_of_another_site_operator_or_moment_opens_nothing() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.add("Li")
        place = {"host": SITE.host, "origin": SITE.origin}
        passkeys_of = {"Wei": authenticators.Authenticator(id=b"wei's"), "Li": authenticators.Authenticator(id=b"li's")}
        for name, telephone in passkeys_of.items():
            await shop.enter(name)
            options = (await shop.ask("account.passkey.begin", name, password=PASSWORD, **place))["options"]
            await shop.ask("account.passkey.add", name, label="One", response=telephone.make(options), **place)
        half = await shop.sign_in("Wei")

        async def outcome(reply: dict[str, Any], site: passkeys.Site = SITE) -> Outcome:
            return (await entrances.finish_with_passkey(shop.trade, HOME, half.token, site, reply)).outcome

        assert await outcome({}) is Outcome.OVER  # nothing was asked
        question = await entrances.passkey_question(shop.trade, half.token, SITE)
        assert question is not None
        assert await outcome(passkeys_of["Li"].use(question)) is Outcome.WRONG
        assert await outcome(passkeys_of["Wei"].use(question)) is Outcome.OVER  # one question, one answer

        for reply in ({}, {"rawId": "€"}, {"rawId": authenticators.text(b"wei's")}, {"rawId": "x" * 99_999}):
            await entrances.passkey_question(shop.trade, half.token, SITE)
            assert await outcome(reply) is Outcome.WRONG
        evil = authenticators.Authenticator(origin="https://evil.example", id=b"wei's")
        evil.private = passkeys_of["Wei"].private
        question = await entrances.passkey_question(shop.trade, half.token, SITE)
        assert question is not None
        assert await outcome(evil.use(question)) is Outcome.WRONG
        elsewhere = passkeys.Site("shop.example", "https://shop.example")
        assert await entrances.passkey_question(shop.trade, half.token, elsewhere) is None

        question = await entrances.passkey_question(shop.trade, half.token, SITE)
        assert question is not None
        passkeys_of["Wei"].count = 5
        assert await outcome(passkeys_of["Wei"].use(question)) is Outcome.OPEN
        half = await shop.sign_in("Wei")
        question = await entrances.passkey_question(shop.trade, half.token, SITE)
        assert question is not None
        passkeys_of["Wei"].count = 2  # a copy of it counts from the past
        assert await outcome(passkeys_of["Wei"].use(question)) is Outcome.WRONG

    play(story)


def test_C09_a_passkey_is_made_in_time_and_for_this_site() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.enter("Wei")
        place = {"host": SITE.host, "origin": SITE.origin}
        telephone = authenticators.Authenticator()
        early = {"label": "One", "response": telephone.make({"challenge": "AAAA"}), **place}
        assert await shop.refused("account.passkey.add", "Wei", **early) == "operator.passkey"
        options = (await shop.ask("account.passkey.begin", "Wei", password=PASSWORD, **place))["options"]
        assert options["rp"]["id"] == "localhost"
        assert "Wei" not in options["user"]["id"]
        evil = authenticators.Authenticator(origin="https://evil.example")
        given = {"label": "One", "response": evil.make(options), **place}
        assert await shop.refused("account.passkey.add", "Wei", **given) == "operator.passkey"
        assert await shop.refused("account.passkey.add", "Wei", label="One", response={}, **place) == "operator.passkey"
        await asyncio.sleep(301)
        late = {"label": "One", "response": telephone.make(options), **place}
        assert await shop.refused("account.passkey.add", "Wei", **late) == "operator.passkey"

    play(story)


def test_whoever_lost_the_second_factor_is_helped_by_an_owner_or_at_the_machine() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.enter("Wei")
        await shop.set_totp("Wei")
        await shop.ask("operator.second-factor.off", operator="Wei")
        assert (await shop.sign_in("Wei")).outcome is Outcome.OPEN

    play(story)


def test_after_the_keys_were_rotated_an_authenticator_opens_nothing_but_a_recovery_code_does() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.enter("Wei")
        secret, recovery = await shop.set_totp("Wei")
        citizen = shop.town.citizens["shop"]
        trade = shop.trade
        trade.keys = keystore.with_root(citizen.unlocked, bytes(32))
        half = await shop.sign_in("Wei")
        assert half.outcome is Outcome.FACTOR
        assert (await entrances.finish(trade, HOME, half.token, await shop.digits(secret))).outcome is Outcome.WRONG
        assert (await entrances.finish(trade, HOME, half.token, recovery[0])).outcome is Outcome.OPEN

    play(story)
