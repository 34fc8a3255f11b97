"""What runs on the machines of a world, what it answers, and what came of a run."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from node import ports
from tests.sim import clocks, disks, invariants, links, lives, observations, plans

if TYPE_CHECKING:
    from tests.sim import worlds


class Running(Protocol):
    """One process of a node."""

    async def run(self) -> None:
        """Until the process ends. Ending, or raising, is an exit: the world starts another process."""

    async def act(self, verb: str, arguments: dict[str, plans.Json]) -> Reply:
        """Carry out what a client asks; raises what `Program.refusal` can name."""


class Program(Protocol):
    """What runs on every machine of a world."""

    def enter(self, world: worlds.World) -> None:
        """The world in which everything else will be asked."""

    def start(self, host: Host, at: ports.Ports) -> Running:
        """A new process, in its own life. Must not do anything yet."""

    def observe(self, host: Host) -> observations.Observed:
        """The durable image of a node."""

    def refusal(self, error: Exception) -> str | None:
        """The code with which a node may refuse what a client asked; None when it is a bug."""

    def is_exit(self, error: BaseException) -> bool:
        """Whether a process may end with this error, as it must when its storage fails."""

    async def setup(self, world: worlds.World) -> None:
        """Bring the nodes together, in calm weather."""

    def unsettled(self, world: worlds.World) -> str | None:
        """What is not yet as it must be some time after the healing; None when all is well."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a node answers to a client: a value to be shown, and the ids of entries that it calls safe."""

    value: plans.Json = None
    entries: tuple[bytes, ...] = ()


class Verdict(StrEnum):
    """What a client knows afterwards."""

    OK = "ok"
    FAILED = "failed"
    INDEFINITE = "indefinite"  # the node died before it answered


@dataclass(frozen=True, slots=True)
class Answer:
    """A line of the shadow ledger."""

    node: str
    verb: str
    verdict: Verdict
    value: plans.Json = None  # of an OK; the code of a refusal


class Host:
    """A machine: disk, clock and address outlive its processes."""

    def __init__(self, name: str, image: disks.Image, clock: clocks.VirtualClock) -> None:
        self.name = name
        self.image = image
        self.clock = clock
        self.incarnation = 0
        self.life: lives.Life | None = None
        self.running: Running | None = None
        self.replies: dict[asyncio.Future[Answer], tuple[str, str]] = {}
        self.backup: disks.Snapshot | None = None

    @property
    def address(self) -> str:
        """Where other nodes dial."""
        return links.address(self.name)

    def alive(self) -> bool:
        """Whether a process runs."""
        return self.life is not None and not self.life.dead


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run."""

    plan: plans.Plan
    digest: str
    violations: tuple[invariants.Violation, ...]
    answers: tuple[Answer, ...]
    counts: dict[str, int]
    elapsed_ms: int
    steps: int
    lines: tuple[str, ...]  # the end of the trace, for reading

    def line(self) -> str:
        """One line that says how to see it again."""
        if not self.violations:
            return f"seed={self.plan.seed} ok digest={self.digest[:16]}"
        return f"seed={self.plan.seed} events={len(self.plan.events)} {self.violations[0]}"
