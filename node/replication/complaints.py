"""One line a minute for each kind of complaint about each side: whoever misbehaves cannot fill the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

SILENCE_S: Final = 60
KINDS_MAX: Final = 256
"""Kinds and sides that are told apart; beyond that, all others share one line."""


@dataclass(slots=True)
class Complaints:
    """What was said when. `tell` is a method of a logger; `now_s` any clock that never goes back."""

    said: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)  # -> last line, kept back since

    def say(self, tell: Callable[..., Any], event: str, who: str, now_s: float, code: str = "", **fields: Any) -> None:
        """Log an event about somebody, unless the same was said within the last minute."""
        key = (f"{event} {code}", who)
        if key not in self.said and len(self.said) >= KINDS_MAX:
            self.said = {known: last for known, last in self.said.items() if last[0] + SILENCE_S > now_s}
            key = key if len(self.said) < KINDS_MAX else (event, "others")
        last_s, kept_back = self.said.get(key, (now_s - SILENCE_S, 0))
        if now_s < last_s + SILENCE_S:
            self.said[key] = (last_s, kept_back + 1)
            return
        self.said[key] = (now_s, 0)
        if kept_back:
            fields["kept_back"] = kept_back
        tell(event, who=who, **fields)


def host_of(remote: str) -> str:
    """Where somebody comes from, without the port, which is another one each time."""
    return remote.rpartition(":")[0] or remote
