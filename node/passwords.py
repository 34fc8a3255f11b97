"""Passwords of operators: Argon2id (RFC 9106), each kept as one string that says what a guess costs.

The string has the PHC form, `$argon2id$v=19$m=KiB,t=passes,p=lanes$salt$hash`. Hashing takes a fifth of a second and
64 MiB: it runs in threads, a few at a time, and whoever comes when too many wait already is told to come back.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final, TypeVar

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from node import errors, keystore, ports

Result = TypeVar("Result")

CHARACTERS_MIN: Final = 10
"""NIST SP 800-63B asks for 8 beside a second factor and for 15 without one."""
BYTES_MAX: Final = 1_024
DIFFERENT_MIN: Final = 5
"""Fewer different characters than this are a pattern: `1212121212`."""
TOGETHER_MAX: Final = 2
WAITING_MAX: Final = 32

_PHC: Final = re.compile(r"\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+")


class Hasher:
    """Makes and checks the strings. One for a node: it is what bounds the memory that guessing strangers can take."""

    def __init__(self, entropy: ports.Entropy, cost: keystore.Cost = keystore.COST) -> None:
        self._entropy = entropy
        self._cost = cost
        self._places = asyncio.Semaphore(TOGETHER_MAX)
        self._waiting = 0

    async def make(self, password: str) -> str:
        """The string for a password. NodeError `sign-in.busy`."""
        salt = self._entropy.token(keystore.SALT_BYTES)
        return await self._run(lambda: kdf(self._cost, salt).derive_phc_encoded(keystore.spelled(password)))

    async def verify(self, password: str, known: str | None) -> bool:
        """Whether this is the password of a string. None, for a name that nobody has, takes as long and is False.

        NodeError `sign-in.busy`.
        """
        if known is None or len(password) > BYTES_MAX:
            await self.make(password[:BYTES_MAX])
            return False
        assert cost_of(known).is_bounded()
        return await self._run(lambda: fits(password, known))

    def is_cheap(self, known: str) -> bool:
        """Whether a string was made at another cost than today's, and should be made anew when its password is seen."""
        return cost_of(known) != self._cost

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= WAITING_MAX:
            raise errors.NodeError("sign-in.busy", "too many want to sign in at this moment")
        self._waiting += 1
        try:
            async with self._places:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def kdf(cost: keystore.Cost, salt: bytes) -> Argon2id:
    """Argon2id at a cost, for a hash of 32 bytes."""
    return Argon2id(salt=salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)


def fits(password: str, known: str) -> bool:
    """Whether a password belongs to a string, whatever its cost. Compares in constant time."""
    try:
        Argon2id.verify_phc_encoded(keystore.spelled(password), known)
    except InvalidKey:
        return False
    return True


def cost_of(known: str) -> keystore.Cost:
    """What a guess at the password behind a string costs."""
    match = _PHC.fullmatch(known)
    assert match is not None, "only strings of this module are stored"
    return keystore.Cost(int(match[1]), int(match[2]), int(match[3]))


def check(password: str, name: str) -> None:
    """Refuse a new password that is short, endless, a pattern, or the name of its operator.

    NodeError `operator.password`.
    """
    expected = ""
    if len(password) < CHARACTERS_MIN:
        expected = f"at least {CHARACTERS_MIN} characters"
    elif len(keystore.spelled(password)) > BYTES_MAX:
        expected = f"at most {BYTES_MAX} bytes"
    elif len(set(password)) < DIFFERENT_MIN:
        expected = f"at least {DIFFERENT_MIN} different characters"
    elif name.casefold() in password.casefold() and len(password) < len(name) + CHARACTERS_MIN:
        expected = "more than the name of the operator"
    if expected:
        raise errors.NodeError("operator.password", "this is no good password", expected=expected)
