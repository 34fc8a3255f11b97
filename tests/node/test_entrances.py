"""The way into the console: tokens, guessing, sessions, on a whole node in virtual time."""

from __future__ import annotations

import asyncio
import base64
import sqlite3

import pytest

from node import keystore, passwords
from node.storage import admissions, operators
from node.trade.people import attempts, entrances
from node.trade.people.entrances import Outcome
from tests.node.shops import HOME, PASSWORD, STRANGER, Shop, play


def test_C03_tokens_have_256_bits_and_only_their_hash_is_stored() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        answer = await shop.sign_in("Wei")
        key = (await shop.ask("key.make", label="shop", role="sales"))["key"]
        await shop.enter("Wei")
        secret, recovery = await shop.set_totp("Wei")
        assert len(base64.urlsafe_b64decode(answer.token + "=")) == 32
        assert key.startswith("hanse_") and len(base64.urlsafe_b64decode(key[6:] + "=")) == 32
        dump = await shop.trade.database.read(lambda db: "\n".join(db.iterdump()))
        raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
        for text in (answer.token, key, PASSWORD, secret, *recovery):
            assert text not in dump and text.encode().hex().upper() not in dump.upper()
        assert raw.hex().upper() not in dump.upper()

    play(story)


def test_C03_what_stands_for_a_secret_is_never_shown() -> None:
    answer = entrances.Answer(Outcome.OPEN, "token", "device")
    assert "token" not in repr(answer)
    known = operators.Operator(1, "Wei", "owner", "$argon2id$", None, 0, None, b"sealed", None, 0)
    assert "argon2" not in repr(known) and "sealed" not in repr(known)


def test_C09_wrong_attempts_wait_longer_and_longer_and_time_heals() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        for _ in range(attempts.FREE):
            assert (await shop.sign_in("Wei", "wrong wrong")).outcome is Outcome.WRONG
        waits = []
        for _ in range(4):
            answer = await shop.sign_in("Wei")  # even the right one waits
            assert answer.outcome is Outcome.WAIT
            waits.append(answer.wait_s)
            await asyncio.sleep(answer.wait_s)
            assert (await shop.sign_in("Wei", "wrong wrong")).outcome is Outcome.WRONG
        assert waits == [1, 2, 4, 8]
        await asyncio.sleep(16)
        assert (await shop.sign_in("Wei")).outcome is Outcome.OPEN
        assert (await shop.sign_in("Wei", "wrong wrong")).outcome is Outcome.WRONG
        assert (await shop.sign_in("Wei")).outcome is Outcome.OPEN

    play(story)


def test_C09_the_wait_is_bounded() -> None:
    delays = [attempts.delay(failed, attempts.FREE) for failed in range(200)]
    assert delays == sorted(delays)
    assert (delays[2], delays[3], delays[-1]) == (0, 1_000, attempts.WAIT_MS_MAX)


def test_C09_a_stranger_slows_down_only_himself() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        while (await shop.sign_in("Wei", "wrong wrong", STRANGER)).outcome is Outcome.WRONG:
            pass
        assert (await shop.sign_in("Wei")).outcome is Outcome.OPEN

    play(story)


def test_C09_behind_one_address_a_browser_that_was_here_before_is_let_in() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        first = await shop.sign_in("Wei")
        while (await shop.sign_in("Wei", "wrong wrong")).outcome is Outcome.WRONG:
            pass
        known = entrances.Visitor(HOME.address, HOME.browser, first.device)
        answer = await shop.sign_in("Wei", visitor=known)
        assert (answer.outcome, answer.device) == (Outcome.OPEN, first.device)
        forged = entrances.Visitor(HOME.address, HOME.browser, first.device[:-4] + "AAAA")
        assert (await shop.sign_in("Wei", visitor=forged)).outcome is Outcome.WAIT
        while (await shop.sign_in("Wei", "wrong wrong", known)).outcome is Outcome.WRONG:
            pass
        assert (await shop.sign_in("Wei", visitor=known)).outcome is Outcome.WAIT

    play(story)


def test_C09_lists_of_stolen_names_and_passwords_are_slow_from_one_address() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        outcomes = [(await shop.sign_in(f"name {n}", "wrong wrong", STRANGER)).outcome for n in range(40)]
        assert outcomes == [Outcome.WRONG] * attempts.FREE_PLACE + [Outcome.WAIT] * (40 - attempts.FREE_PLACE)
        assert (await shop.sign_in("Wei")).outcome is Outcome.OPEN

    play(story)


def test_C09_attempts_at_the_same_moment_do_not_slip_through() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        tried = [shop.sign_in("Wei", f"wrong wrong {n}") for n in range(20)]
        outcomes = [answer.outcome for answer in await asyncio.gather(*tried)]
        assert outcomes.count(Outcome.WRONG) == attempts.FREE

    play(story)


def test_C09_a_crash_does_not_forget_what_was_tried() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        for _ in range(attempts.FREE):
            await shop.sign_in("Wei", "wrong wrong")
        shop.town.kill("shop")
        await shop.town.start("shop")
        assert (await shop.sign_in("Wei")).outcome is Outcome.WAIT

    play(story)


def test_C09_what_is_typed_as_a_name_is_not_stored_and_rows_are_bounded() -> None:
    async def story(shop: Shop) -> None:
        await shop.sign_in(PASSWORD, "Wei", STRANGER)
        dump = await shop.trade.database.read(lambda db: "\n".join(db.iterdump()))
        assert PASSWORD not in dump
        assert STRANGER.address in dump

        def unit(db: sqlite3.Connection) -> int:
            for number in range(50):
                admissions.set_failures(db, b"%d" % number, "place", 1, number)
            admissions.forget_failures(db, 10, 20)
            rows = db.execute("SELECT count(*), min(last_ms) FROM sign_in_failures WHERE place = 'place'").fetchone()
            assert rows[1] > 10
            return int(rows[0])

        assert await shop.trade.database.write(unit) <= 20

    play(story)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("x" * 100, "x" * 64),
    ],
)
def test_C09_a_host_is_one_place_whatever_address_of_its_network_it_takes(address: str, place: str) -> None:
    assert attempts.network(address) == place


def test_C09_unknown_disabled_and_wrong_are_told_alike() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.add("Li", "sales")
        await shop.ask("operator.change", operator="Li", disabled=True)
        answers = [
            await shop.sign_in("nobody"),
            await shop.sign_in("Li"),
            await shop.sign_in("Wei", "wrong wrong"),
            await shop.sign_in("", ""),
        ]
        assert answers == [entrances.Answer(Outcome.WRONG)] * 4

    play(story)


def test_C09_every_sign_in_has_a_new_token_and_signing_out_kills_it() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        one, other = await shop.enter("Wei"), await shop.enter("Wei")
        assert one != other
        await entrances.sign_out(shop.trade, one)
        assert await shop.present(one) is None
        assert await shop.present(other) is not None
        await entrances.sign_out(shop.trade, "planted")
        assert await shop.present("planted") is None

    play(story)


def test_C09_sessions_end_when_idle_and_when_old() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        idle, busy = await shop.enter("Wei"), await shop.enter("Wei")
        hour_s = 3_600
        for _ in range(13):
            await asyncio.sleep(hour_s)
            assert await shop.present(busy) is not None
        assert await shop.present(idle) is None
        assert (await shop.ask("operator.list"))["operators"][0]["sessions"] == 1
        for _ in range(7 * 24 - 14):
            await asyncio.sleep(hour_s)
            assert await shop.present(busy) is not None
        await asyncio.sleep(hour_s)
        assert await shop.present(busy) is None
        await shop.enter("Wei")
        count = await shop.trade.database.read(lambda db: len(admissions.sessions(db)))
        assert count == 1

    play(story)


def test_C09_sessions_are_listed_and_revoked_on_the_server() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.add("Li", "sales")
        wei, li = await shop.enter("Wei"), await shop.enter("Li", STRANGER)
        listed = (await shop.ask("session.list", "Wei"))["sessions"]
        assert [(row["operator"], row["address"], row["mine"]) for row in listed] == [
            ("Li", STRANGER.address, False),
            ("Wei", HOME.address, True),
        ]
        await shop.ask("session.revoke", "Wei", session=listed[0]["session"])
        assert await shop.present(li) is None
        assert await shop.refused("session.revoke", session=listed[0]["session"]) == "session.unknown"
        other = await shop.sign_in("Wei")
        assert await shop.ask("account.session.revoke", "Wei") == {"sessions_ended": 1}
        assert await shop.present(other.token) is None
        assert await shop.present(wei) is not None

    play(story)


def test_C09_a_new_password_ends_the_other_sessions_and_asks_for_the_old_one() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        other, mine = await shop.enter("Wei"), await shop.enter("Wei")
        given = {"current": "wrong wrong", "password": "a new password"}
        assert await shop.refused("account.password", "Wei", **given) == "sign-in.wrong"
        assert await shop.refused("account.password", "Wei", current=PASSWORD, password="x") == "operator.password"
        await shop.ask("account.password", "Wei", current=PASSWORD, password="a new password")
        assert await shop.present(other) is None
        assert await shop.present(mine) is not None
        for _ in range(attempts.FREE):
            assert await shop.refused("account.totp.off", "Wei", password="wrong wrong") == "sign-in.wrong"
        assert await shop.refused("account.totp.off", "Wei", password="a new password") == "sign-in.wait"

    play(story)


def test_C09_a_disabled_or_removed_operator_is_out_at_once() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.add("Li", "sales")
        token = await shop.enter("Li")
        await shop.ask("operator.change", operator="Li", disabled=True)
        assert await shop.present(token) is None
        await shop.ask("operator.change", operator="Li", disabled=False)
        token = await shop.enter("Li")
        await shop.ask("operator.remove", operator="Li")
        assert await shop.present(token) is None
        assert (await shop.sign_in("Li")).outcome is Outcome.WRONG
        await shop.add("Li", "auditor")
        assert await shop.present(token) is None

    play(story)


def test_a_password_is_hashed_anew_where_the_cost_grew() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        dearer = keystore.Cost(memory_kib=64, passes=1, lanes=1)
        shop.trade.passwords = passwords.Hasher(shop.trade.world.entropy, dearer)
        assert (await shop.sign_in("Wei")).outcome is Outcome.OPEN
        known = await shop.trade.database.read(lambda db: operators.by_name(db, "Wei"))
        assert passwords.cost_of(known.password) == dearer
        assert (await shop.sign_in("Wei")).outcome is Outcome.OPEN

    play(story)


def test_C09_a_clock_that_was_set_back_makes_nobody_wait_longer() -> None:
    async def story(shop: Shop) -> None:
        counted = attempts.Count(b"account", "place", attempts.FREE)
        hour_ms = 3_600_000

        def unit(db: sqlite3.Connection) -> list[int]:
            admissions.set_failures(db, counted.account, counted.place, attempts.FREE + 4, 10 * hour_ms)
            return [attempts.wait(db, counted, now_ms) for now_ms in (0, 9 * hour_ms, 10 * hour_ms, 11 * hour_ms)]

        assert await shop.trade.database.write(unit) == [16_000, 16_000, 16_000, 0]

    play(story)
