"""What changed, for whoever looks on: pages that renew themselves, and nobody who acts.

There is no queue: a listener that is late learns once that something changed and reads the newest state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

ADMISSIONS = "admissions"
"""Who may come in, and as what: whoever holds something open looks whether its visitor still may."""


@dataclass(slots=True, eq=False)
class Listener:
    """Somebody who looks on. `topics` gathers what changed since it last asked."""

    topics: set[str] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self) -> frozenset[str]:
        """Wait for a change; what changed since the last time."""
        await self.news.wait()
        self.news.clear()
        topics = frozenset(self.topics)
        self.topics.clear()
        return topics

    def tell(self, topics: Iterable[str]) -> None:
        """Note what changed."""
        self.topics.update(topics)
        self.news.set()


@dataclass(slots=True, eq=False)
class Changes:
    """The listeners of one node. Topics are few: `trade`, `links` and ADMISSIONS."""

    listeners: set[Listener] = field(default_factory=set)

    def note(self, *topics: str) -> None:
        """Something changed. Called in the event loop, after it is durable."""
        for listener in self.listeners:
            listener.tell(topics)
