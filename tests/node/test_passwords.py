from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from node import errors, keystore, passwords
from tests.sim import entropy
from tests.sim import loop as loops

CHEAP = keystore.Cost(memory_kib=32, passes=1, lanes=1)
DEARER = keystore.Cost(memory_kib=64, passes=2, lanes=1)


def hasher(cost: keystore.Cost = CHEAP) -> passwords.Hasher:
    return passwords.Hasher(entropy.SeededEntropy(1, "passwords"), cost)


def test_a_password_fits_its_string_and_no_other() -> None:
    async def story() -> None:
        made = await hasher().make("correct horse 茶壶")
        assert await hasher().verify("correct horse 茶壶", made)
        assert not await hasher().verify("correct horse", made)
        assert not await hasher().verify("x" * 5_000, made)

    loops.run(story())


def test_the_same_password_typed_in_two_ways_fits() -> None:
    async def story() -> None:
        made = await hasher().make("Z\u00fcrich-Laden")
        assert await hasher().verify("Zu\u0308rich-Laden", made)

    loops.run(story())


def test_two_strings_of_one_password_differ_and_hold_no_password() -> None:
    async def story() -> None:
        source = hasher()
        one, other = await source.make("correct horse"), await source.make("correct horse")
        assert one != other
        assert "correct" not in one

    loops.run(story())


def test_the_usual_cost_stands_in_the_string_and_a_cheaper_one_is_noticed() -> None:
    async def story() -> None:
        dear = await hasher(keystore.COST).make("correct horse")
        assert dear.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
        assert passwords.cost_of(dear) == keystore.COST
        cheap = await hasher().make("correct horse")
        assert hasher(DEARER).is_cheap(cheap)
        assert not hasher().is_cheap(cheap)
        assert await hasher(DEARER).verify("correct horse", cheap)

    loops.run(story())


@dataclass(slots=True)
class CountingEntropy:
    """Tells how often a salt was drawn: once for every derivation of a new string."""

    drawn: int = 0

    def token(self, size: int) -> bytes:
        self.drawn += 1
        return bytes(size)


def test_C09_an_unknown_name_costs_one_derivation_like_a_known_one() -> None:
    salts = CountingEntropy()

    async def story() -> None:
        assert not await passwords.Hasher(salts, CHEAP).verify("whatever it is", None)

    loops.run(story())
    assert salts.drawn == 1


def test_C09_more_than_can_wait_are_told_to_come_back() -> None:
    async def story() -> None:
        busy = hasher()
        asked = [busy.make(f"password {number}") for number in range(passwords.WAITING_MAX + 3)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, errors.NodeError)]
        assert [error.code for error in refused] == ["sign-in.busy"] * 3
        assert await busy.verify("later", await busy.make("later"))

    asyncio.run(story())


@pytest.mark.parametrize("password", ["short", "1212121212121", "wei zhang 1", "x" * 2_000 + "abcdef"])
def test_a_bad_password_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(errors.NodeError) as refused:
        passwords.check(password, "Wei Zhang")
    assert refused.value.code == "operator.password"
    assert password not in str(refused.value)


@pytest.mark.parametrize("password", ["correct horse", "一二三四五六七八九十", "wei zhang likes tea from Fujian"])
def test_a_good_password_is_taken(password: str) -> None:
    passwords.check(password, "Wei Zhang")
    with pytest.raises(errors.NodeError):
        passwords.check(password[: passwords.CHARACTERS_MIN - 1], "Wei Zhang")
