from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from node import events
from tests.sim import loop


@dataclass(frozen=True, slots=True)
class Counted(events.Event):
    number: int


@dataclass(frozen=True, slots=True)
class Named(events.Event):
    name: str


async def take(subscription: events.Subscription[Counted], count: int) -> list[int]:
    return [(await anext(subscription)).number for _ in range(count)]


def test_every_subscriber_gets_every_event_of_its_kind_in_order() -> None:
    async def scenario() -> None:
        hub = events.Hub()
        with hub.subscribe(Counted) as one, hub.subscribe(Counted) as two, hub.subscribe(events.Event) as every:
            for number in range(3):
                hub.publish(Counted(number))
                hub.publish(Named("x"))
            assert await take(one, 3) == await take(two, 3) == [0, 1, 2]
            assert [type(await anext(every)) for _ in range(6)] == [Counted, Named] * 3

    loop.run(scenario())


def test_a_subscriber_waits_for_what_comes_later() -> None:
    async def scenario() -> None:
        hub = events.Hub()
        with hub.subscribe(Counted) as subscription:
            waiting = asyncio.create_task(take(subscription, 2))
            await asyncio.sleep(1)
            hub.publish(Counted(1))
            await asyncio.sleep(1)
            hub.publish(Counted(2))
            assert await waiting == [1, 2]

    loop.run(scenario())


def test_a_slow_subscriber_is_disconnected_and_told_so() -> None:
    async def scenario() -> None:
        hub = events.Hub()
        with hub.subscribe(Counted, queued_max=2) as slow, hub.subscribe(Counted) as quick:
            for number in range(4):
                hub.publish(Counted(number))
            assert len(hub) == 1
            assert await take(quick, 4) == [0, 1, 2, 3]
            assert await take(slow, 2) == [0, 1]
            for _ in range(2):
                with pytest.raises(events.Lagged):
                    await anext(slow)

    loop.run(scenario())


def test_a_waiting_subscriber_without_room_is_woken() -> None:
    async def scenario() -> None:
        hub = events.Hub()
        with hub.subscribe(Counted, queued_max=0) as subscription:
            waiting = asyncio.create_task(take(subscription, 1))
            await asyncio.sleep(1)
            hub.publish(Counted(1))
            with pytest.raises(events.Lagged):
                await waiting

    loop.run(scenario())


def test_who_left_is_forgotten() -> None:
    async def scenario() -> None:
        hub = events.Hub()
        with hub.subscribe(Counted) as subscription:
            assert len(hub) == 1
        hub.publish(Counted(1))
        assert len(hub) == 0
        hub.leave(subscription)

    loop.run(scenario())
