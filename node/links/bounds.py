"""How much a link may take: messages, time, strangers. The protocol's figures, smaller only in tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from protocol import limits

LINE_BYTES_MAX: Final = 8 * 1024
"""One line of an HTTP head (faults.md W03)."""
HEADERS_MAX: Final = 128
"""Header lines of an HTTP head (W03); a reverse proxy adds a dozen to our eight."""
UNREAD_SLACK_BYTES: Final = 1 << 20
"""Bytes beyond two messages that may come between two whole ones: a read of the event loop (256 KiB), what the
library queues (128 KiB), framing. Only a message cut into crumbs, or one that never ends, needs more (W07)."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Every bound of the links of one node."""

    message_bytes_max: int = limits.MESSAGE_BYTES_MAX
    strangers_max: int = limits.UNAUTHENTICATED_MAX
    strangers_address_max: int = limits.UNAUTHENTICATED_ADDRESS_MAX
    authentication_s: float = limits.AUTHENTICATION_MS_MAX / 1000
    """From the first byte to `authenticated()`; for the dialler, from the open connection."""
    dial_s: float = 10
    """From a name to an open link: resolving, connecting, TLS and HTTP together."""
    heartbeat_s: float = limits.HEARTBEAT_MS / 1000
    """Between pings; the answer must come within half of it, so that a dead link is noticed after 30 s."""
    close_s: float = 2
    """For the other side to answer a close, and for handlers to end, before they are cut off."""

    @property
    def library_message_bytes(self) -> int:
        """The bound as aiohttp counts it: it refuses a message of exactly the size that it is given."""
        return self.message_bytes_max + 1

    @property
    def unread_bytes_max(self) -> int:
        """Bytes between two whole messages."""
        return 2 * self.message_bytes_max + UNREAD_SLACK_BYTES
