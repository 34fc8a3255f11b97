"""Waiting for receipts: who wants to know that a partner holds an entry."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Receipts:
    """Wakes whoever waits until the partner of a channel holds my entries below a size."""

    sizes: dict[int, int] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, channel: int, size: int) -> None:
        """A receipt for everything below `size` is stored."""
        self.sizes[channel] = max(size, self.sizes.get(channel, 0))
        self.changed.set()
        self.changed = asyncio.Event()

    async def wait(self, channel: int, size: int) -> None:
        """Return once the receipt for `size` is there."""
        while self.sizes.get(channel, 0) < size:
            await self.changed.wait()
