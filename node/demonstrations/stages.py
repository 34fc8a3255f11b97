"""What every chapter of a demonstration stands on: who plays, who listens, what was counted, and how to wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from node.demonstrations import merchants
from node.demonstrations.merchants import Merchant

Json = dict[str, Any]
Asked = ParamSpec("Asked")
Given = TypeVar("Given")
Result = TypeVar("Result")

WAIT_SECONDS_MAX: Final = 120.0
POLL_SECONDS: Final = 0.05
ORDERS_PER_PAGE: Final = 1_000


class Narrator(Protocol):
    """Who tells the story to the person in front of the screen."""

    def chapter(self, title: str) -> AbstractContextManager[None]:
        """A step that takes a while."""

    def say(self, sentence: str) -> None:
        """Something that happened."""

    def report(self, what: str, done: int, total: int) -> None:
        """How far something is."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for. directory: None for a new folder beside. orders: of consumers.

    keep: leave the homes. running: leave the nodes and their consoles running until somebody has seen enough.
    """

    directory: Path | None
    orders: int
    seed: int
    keep: bool
    running: bool = False


@dataclass(slots=True)
class Stage:
    """The four merchants, the narrator, and what the chapters counted."""

    plan: Plan
    folder: Path
    narrator: Narrator
    factory: Merchant
    dealer: Merchant
    xiaoman: Merchant
    harbour: Merchant
    facts: Json = field(default_factory=dict)

    @property
    def cast(self) -> tuple[Merchant, Merchant, Merchant, Merchant]:
        """Everybody."""
        return self.factory, self.dealer, self.xiaoman, self.harbour

    def report_of(self, merchant: Merchant) -> merchants.Report:
        """A report that says whose work it is: several merchants work at the same time."""
        return lambda what, done, total: self.narrator.report(f"{merchant.name}: {what}", done, total)

    @property
    def trades(self) -> tuple[tuple[Merchant, Merchant], ...]:
        """Who sells to whom. One distributor also buys straight from the factory."""
        return (
            (self.factory, self.dealer),
            (self.dealer, self.xiaoman),
            (self.dealer, self.harbour),
            (self.factory, self.harbour),
        )

    @property
    def accounts(self) -> tuple[tuple[Merchant, Merchant], ...]:
        """Seller and buyer of every agreement: two of the merchants sell to each other in the end."""
        return (*self.trades, (self.harbour, self.dealer))


def until(what: str, condition: Callable[Asked, Result], *given: Asked.args, **named: Asked.kwargs) -> Result:
    """Ask again and again until the answer is true, and give it back. NodeError `demo.unmet` when it never is."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not (answer := condition(*given, **named)):
        if time.monotonic() > deadline:
            raise merchants.unmet(f"{what} does not happen", "true", answer)
        time.sleep(POLL_SECONDS)
    return answer


def require(what: str, expected: object, got: object) -> None:
    """NodeError `demo.unmet`, unless equal."""
    if expected != got:
        raise merchants.unmet(what, expected, got)


def at_once(action: Callable[[Given], Result], many: Iterable[Given]) -> list[Result]:
    """Do the same for many, side by side; the first failure is raised when all have ended."""
    listed = list(many)
    with ThreadPoolExecutor(max_workers=max(1, len(listed))) as pool:
        return list(pool.map(action, listed))


def orders(merchant: Merchant, **chosen: Any) -> list[Json]:
    """Every order of a merchant that fits, all pages of it."""
    found: list[Json] = []
    after = ""
    while after is not None:
        page = merchant.ask("order.list", limit=ORDERS_PER_PAGE, after=after, **chosen)
        found += page["orders"]
        after = page["next"]
    return found


def count(merchant: Merchant, side: str, state: str | None = None) -> int:
    """How many orders a merchant has on the `selling` or the `buying` side, in one state or in any."""
    states: dict[str, int] = merchant.ask("status")["orders"][side]
    return sum(states.values()) if state is None else states.get(state, 0)


def has(merchant: Merchant, side: str, number: int, state: str | None = None) -> bool:
    """Whether a merchant has exactly so many orders on a side, in one state or in any."""
    return count(merchant, side, state) == number


def lines(merchant: Merchant, found: Iterable[str]) -> list[frozenset[str]]:
    """The lines of orders: for each, the states that some of its units are in."""
    shown = (merchant.ask("order.show", order=order)["lines"] for order in found)
    return [frozenset(state for state, units in line["buckets"].items() if units) for part in shown for line in part]


def count_in(found: Iterable[frozenset[str]], *states: str) -> int:
    """Lines with units in any of the states: a line half shipped, half rejected is found under both."""
    return sum(not line.isdisjoint(states) for line in found)


def waybill(carrier: str, serial: int) -> Json:
    """A parcel number such as carriers print."""
    return {"carrier": carrier, "waybill": f"{carrier}{7_300_000_000_000 + serial * 7}"}
