"""One node with operators, in virtual time: asked as any of them, entered by any visitor."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from node import codes, errors, passkeys
from node.trade import policies
from node.trade.people import entrances
from node.trade.people.entrances import Outcome
from tests.node import towns

PASSWORD = "a kettle of oolong"
SITE = passkeys.Site("localhost", "http://localhost:7444")
HOME = entrances.Visitor("198.51.100.7", "Browser 1")
STRANGER = entrances.Visitor("203.0.113.9", "Browser 2")


@dataclass(slots=True)
class Shop:
    """One node with operators, asked as any of them."""

    town: towns.Town
    callers: dict[str, policies.Caller] = field(default_factory=dict)

    @property
    def trade(self) -> Any:
        node = self.town.citizens["shop"].node
        assert node is not None
        return node.trade

    async def ask(self, case: str, /, who: str = "", **given: Any) -> Any:
        node = self.town.citizens["shop"].node
        assert node is not None
        return await node.door({}).ask(self.callers.get(who, policies.MACHINE), case, given)

    async def refused(self, case: str, /, who: str = "", **given: Any) -> str:
        with pytest.raises(errors.NodeError) as refused:
            await self.ask(case, who, **given)
        assert PASSWORD not in str(errors.to_json(refused.value))
        return refused.value.code

    async def add(self, name: str, role: str = "owner") -> None:
        await self.ask("operator.add", name=name, role=role, password=PASSWORD)

    async def sign_in(self, name: str, password: str = PASSWORD, visitor: entrances.Visitor = HOME) -> entrances.Answer:
        return await entrances.sign_in(self.trade, visitor, name, password)

    async def present(self, token: str, visitor: entrances.Visitor = HOME) -> entrances.Presence | None:
        return await entrances.find_session(self.trade, token, visitor.address)

    async def enter(self, name: str, visitor: entrances.Visitor = HOME) -> str:
        answer = await self.sign_in(name, visitor=visitor)
        assert answer.outcome is Outcome.OPEN
        presence = await self.present(answer.token, visitor)
        assert presence is not None
        self.callers[name] = presence.caller
        return answer.token

    async def digits(self, secret: str, steps: int = 0) -> str:
        raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
        return codes.digits(raw, self.trade.world.clock.now_ms() // 1000 // codes.STEP_S + steps)

    async def set_totp(self, name: str) -> tuple[str, list[str]]:
        begun = await self.ask("account.totp.begin", name, password=PASSWORD)
        answer = await self.ask("account.totp.confirm", name, code=await self.digits(begun["secret"]))
        await asyncio.sleep(2 * codes.STEP_S)
        return begun["secret"], answer["recovery_codes"]


def play(story: Callable[[Shop], Awaitable[None]]) -> None:
    async def told(town: towns.Town) -> None:
        await town.open("shop")
        await story(Shop(town))

    towns.play(told)
