"""What happened in this node, for whoever shows it: published once, delivered to every subscriber in order.

Events are frozen dataclasses below `Event`. They are news, not state: who misses one reads the database. So no
subscriber can hold anybody up, and none loses an event without knowing: one that is too slow is disconnected.
"""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

QUEUED_MAX: Final = 1_000
"""Events that wait for one subscriber: a minute of a busy shop."""


class Event:
    """The base of all events. Subclasses are frozen dataclasses with slots."""

    __slots__ = ()


Kind = TypeVar("Kind", bound=Event)


class Lagged(Exception):
    """The subscriber was too slow and was disconnected; what came after its last event is lost to it."""


class Subscription(Generic[Kind]):
    """The events of one kind since it was made, as an asynchronous iterator. Leaving the `with` block ends it."""

    def __init__(self, hub: Hub, kind: type[Kind], queued_max: int) -> None:
        self._hub = hub
        self._kind = kind
        self._queued_max = queued_max
        self._queue: deque[Kind] = deque()
        self._news = asyncio.Event()
        self._lagged = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hub.leave(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Kind:
        """The next event; `Lagged` after the last one that still fitted."""
        while not self._queue:
            if self._lagged:
                raise Lagged
            self._news.clear()
            await self._news.wait()
        return self._queue.popleft()

    def offer(self, event: Event) -> bool:
        """Take an event if it is of this kind; False when there is no room for it."""
        if not isinstance(event, self._kind):
            return True
        self._news.set()
        if len(self._queue) >= self._queued_max:
            self._lagged = True
            return False
        self._queue.append(event)
        return True


class Hub:
    """Where events are published. All calls come from the event loop's thread."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription[Any]] = []

    def subscribe(self, kind: type[Kind], queued_max: int = QUEUED_MAX) -> Subscription[Kind]:
        """Receive every event of this kind (and of its subclasses) from now on."""
        subscription = Subscription(self, kind, queued_max)
        self._subscriptions.append(subscription)
        return subscription

    def publish(self, event: Event) -> None:
        """Tell every subscriber. Never waits; whoever has no room left is disconnected."""
        slow = [subscription for subscription in self._subscriptions if not subscription.offer(event)]
        for subscription in slow:
            self.leave(subscription)

    def leave(self, subscription: Subscription[Any]) -> None:
        """Forget a subscriber; what it has queued it may still read."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def __len__(self) -> int:
        return len(self._subscriptions)
