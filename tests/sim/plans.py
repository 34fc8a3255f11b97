"""What will happen in a run, as data: a header and a list of timed events, one JSON line each.

The run reads the plan and nothing else, so events may be taken out of it (`shrink`). `swarms` draws plans from seeds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeAlias

from tests.sim import weathers

Json: TypeAlias = bool | int | str | list["Json"] | dict[str, "Json"] | None


@dataclass(frozen=True, slots=True)
class Act:
    """A client of a node asks for something; the program knows the verbs."""

    at_ms: int
    node: str
    verb: str
    arguments: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Crash:
    """The process is killed; `half_open`: its partners hear nothing of it. It starts again after `down_ms`."""

    at_ms: int
    node: str
    down_ms: int
    half_open: bool = False


@dataclass(frozen=True, slots=True)
class SetTrap:
    """At the `after`-th call from then on that passes `point` ("" is any), the disk has this effect."""

    at_ms: int
    node: str
    point: str
    after: int
    effect: str


@dataclass(frozen=True, slots=True)
class Pause:
    """The process stands still, as on a laptop that sleeps."""

    at_ms: int
    node: str
    for_ms: int


@dataclass(frozen=True, slots=True)
class Split:
    """A partition."""

    at_ms: int
    for_ms: int
    left: tuple[str, ...]
    right: tuple[str, ...] = ()
    kind: str = weathers.CutKind.BOTH.value


@dataclass(frozen=True, slots=True)
class Turn:
    """The weather changes: fields of `weathers.Weather`, the rest is calm."""

    at_ms: int
    weather: dict[str, float]


@dataclass(frozen=True, slots=True)
class Clog:
    """One direction stands still."""

    at_ms: int
    for_ms: int
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Break:
    """Every link of a node is reset."""

    at_ms: int
    node: str


@dataclass(frozen=True, slots=True)
class Echo:
    """A stranger dials `target` and repeats what `source` said there, `back` links ago."""

    at_ms: int
    source: str
    target: str
    back: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """A clock jumps."""

    at_ms: int
    node: str
    delta_ms: int


@dataclass(frozen=True, slots=True)
class Drift:
    """A clock runs wrong from now on."""

    at_ms: int
    node: str
    drift_ppm: int


@dataclass(frozen=True, slots=True)
class Freeze:
    """A clock stands still."""

    at_ms: int
    node: str
    for_ms: int


@dataclass(frozen=True, slots=True)
class SlowDisk:
    """Every sync takes longer."""

    at_ms: int
    node: str
    for_ms: int
    slow_ms: int


@dataclass(frozen=True, slots=True)
class FullDisk:
    """No commit succeeds."""

    at_ms: int
    node: str
    for_ms: int


@dataclass(frozen=True, slots=True)
class Backup:
    """The disk is copied; one copy a node is kept."""

    at_ms: int
    node: str


@dataclass(frozen=True, slots=True)
class Restore:
    """The machine dies and comes back with its last copy; `whole`: with the state folder too, as a machine's image."""

    at_ms: int
    node: str
    down_ms: int
    whole: bool = False


Event: TypeAlias = (
    Act
    | Crash
    | SetTrap
    | Pause
    | Split
    | Turn
    | Clog
    | Break
    | Echo
    | Step
    | Drift
    | Freeze
    | SlowDisk
    | FullDisk
    | Backup
    | Restore
)
KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in Event.__args__}


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole run."""

    seed: int
    names: tuple[str, ...]
    duration_ms: int  # of the safety phase; then everything heals
    events: tuple[Event, ...] = ()

    def with_events(self, events: Iterable[Event]) -> Plan:
        """The same run with other events."""
        return replace(self, events=tuple(events))


def to_lines(plan: Plan) -> str:
    """JSON lines: the header, then an event a line."""
    header = {"seed": plan.seed, "names": list(plan.names), "duration_ms": plan.duration_ms}
    rows = [header, *({"event": type(event).__name__, **asdict(event)} for event in plan.events)]
    return "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)


def from_lines(text: str) -> Plan:
    """Read what `to_lines` wrote."""
    header, *rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    events = tuple(_event(row) for row in rows)
    return Plan(header["seed"], tuple(header["names"]), header["duration_ms"], events)


def _event(row: dict[str, Any]) -> Event:
    kind: Any = KINDS[row.pop("event")]
    known = {part.name for part in fields(kind)}
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items() if key in known}
    event: Event = kind(**values)
    return event
