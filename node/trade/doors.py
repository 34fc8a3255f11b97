"""The one door: every use case by its name, whoever asks (control socket, console, program).

A use case is an async function of the trade, its checked arguments and a progress report. Its arguments are a pydantic
model, so every fault of a request is found at once and the same models describe the interface.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Generic, Protocol, TypeVar, cast

import pydantic

from contracts import amounts
from contracts import errors as refusals
from node import config, errors, events, keystore, passwords, ports
from node.storage import alterations, database, partners, settings
from node.trade import books, policies, rasters, receipts, sightings, volumes

Json = dict[str, Any]
Report = Callable[[str, int, int], None]  # what, done, total
Secret = Annotated[  # never shown again, not even in the fault that it may have
    str, pydantic.Field(max_length=1_024, repr=False, json_schema_extra={"format": "password", "writeOnly": True})
]
Quantity = Annotated[int, pydantic.Field(ge=0, le=amounts.QUANTITY_MAX)]  # the rules of the trade say more of it

RowNumber = Annotated[int, pydantic.Field(ge=1, le=(1 << 63) - 1)]
"""The number of a row, as the database counts them: what is larger can be none."""


class Arguments(pydantic.BaseModel):
    """The arguments of a use case: no unknown names, nothing coerced from another kind."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)


class NoArguments(Arguments):
    """For use cases that need none."""


class OfPartner(Arguments):
    """Of one partner, or of all."""

    partner: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """`lost_ms`: since when there is no session, None while there is one. `trouble`: why the last one was refused.

    `nearby`: where the local network says that the partner is; a claim of whoever is there.
    """

    lost_ms: int | None
    trouble: str
    nearby: str = ""


class Network(Protocol):
    """What the trade asks of the links."""

    async def join(self, uri: str) -> partners.Partner:
        """Use an invitation; NodeError when it fails."""

    def online(self, partner: int) -> bool:
        """Whether a session with this partner is open."""

    def contact(self, partner: int) -> Contact:
        """How it goes with this partner since the node was started."""

    def signing(self, channel: int) -> str:
        """Whether this node may sign in a channel: waiting (for the partner), ready, recovering or forked."""

    def skew_ms(self, channel: int) -> int:
        """By how much at least the partner's clock is ahead of mine, as far as known; negative where it is behind."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where this node is reached."""


@dataclass(slots=True)
class Trade:
    """What every use case works with. `caller`: who asks."""

    books: books.Books
    network: Network
    keys: keystore.Keys
    config: config.Config
    world: ports.Ports
    receipts: receipts.Receipts
    passwords: passwords.Hasher
    caller: policies.Caller = policies.MACHINE
    rasters: rasters.Kept = field(default_factory=rasters.Kept)
    backing: asyncio.Lock = field(default_factory=asyncio.Lock)  # held by whoever writes into the folder for backups

    @property
    def database(self) -> database.Database:
        """For use cases that only read tables."""
        return self.books.database


Given = TypeVar("Given", bound=Arguments)
Run = Callable[[Trade, Given, Report], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class UseCase(Generic[Given]):
    """One thing that a person or a program can ask of this node."""

    name: str
    arguments: type[Given]
    run: Run[Given]


@dataclass(slots=True)
class Register:
    """The use cases of one noun."""

    cases: dict[str, UseCase[Any]] = field(default_factory=dict)

    def case(self, name: str, arguments: type[Given]) -> Callable[[Run[Given]], Run[Given]]:
        """Register the decorated function under its public name."""

        def register(run: Run[Given]) -> Run[Given]:
            if name in self.cases:
                raise ValueError(f"use case {name} is registered twice")
            self.cases[name] = UseCase(name, arguments, run)
            return run

        return register


def check(arguments: type[Given], given: Mapping[str, Any]) -> Given:
    """The checked arguments; NodeError `request.malformed` with every fault."""
    try:
        return arguments.model_validate(given)
    except pydantic.ValidationError as error:
        faults = [
            {
                "code": "request." + fault["type"].replace("_", "-"),
                "path": ".".join(map(str, fault["loc"])),
                "expected": fault["msg"],
                "got": shown(arguments, fault["type"], fault["loc"], fault["input"]),
            }
            for fault in error.errors(include_url=False, include_context=False)
        ]
        raise errors.NodeError("request.malformed", "the request has faults", faults=faults) from None


def shown(arguments: type[Arguments], kind: str, place: tuple[int | str, ...], got: object) -> str:
    """What stood where a fault was found: nothing of a secret, and not the whole request where a part is missing."""
    if kind == "missing":
        return "nothing"
    of = arguments.model_fields.get(str(place[0])) if place else None
    extra = of.json_schema_extra if of is not None else None
    if isinstance(extra, dict) and extra.get("writeOnly"):
        return "a secret"
    return repr(got)[:80]


async def once(trade: Trade, key: str | None, unit: Callable[[books.Desk], Json]) -> Json:
    """Run a use case; with an idempotency `key` a repeat gives the first answer and does nothing."""

    def guarded(desk: books.Desk) -> Json:
        if key is not None:
            known = settings.answered(desk.db, key)
            if known is not None:
                return cast(Json, known)
        result = unit(desk)
        if key is not None:
            settings.answer(desk.db, key, result)
        return result

    return await trade.books.act(guarded)


def fault_rows(refused: refusals.Refused) -> list[Json]:
    """The faults of a refused document, for people and programs."""
    return [
        {"code": fault.code, "path": fault.path, "expected": fault.expected, "got": fault.got}
        for fault in refused.faults
    ]


def silent(what: str, done: int, total: int) -> None:
    """A report that nobody reads."""


@dataclass(frozen=True, slots=True)
class Door:
    """The way in, and the only one: whoever asks is authorised here, and nowhere else."""

    trade: Trade
    cases: Mapping[str, UseCase[Any]]

    async def ask(
        self,
        caller: policies.Caller,
        name: str,
        given: Mapping[str, Any],
        report: Report = silent,
        *,
        seen: int | None = None,
    ) -> Json:
        """The answer of a use case to a JSON object of arguments. `seen`: what `sighted` gave when the caller looked;
        None where that is not asked.

        NodeError `request.unknown`, `request.forbidden`, `request.malformed`, `request.overtaken`, `document.refused`,
        and its own.
        """
        case = self.cases.get(name)
        if case is None:
            raise errors.NodeError("request.unknown", f"this node knows no {name[:64]!r}")
        policies.authorise(caller, name)
        attended = sightings.Attended(self.trade.database, self.trade.world.clock, caller, seen, name, given)
        known = self.trade.books
        trade = replace(self.trade, caller=caller, books=replace(known, database=attended, whole=known))
        try:
            answer = await case.run(trade, check(case.arguments, given), report)
        except refusals.Refused as refused:
            raise errors.NodeError(
                "document.refused", "a rule of the trade says no", faults=fault_rows(refused)
            ) from None
        if attended.overtaken is not None:
            raise attended.overtaken
        if name in policies.ADMITTING:
            known.changes.note(events.ADMISSIONS)
        return answer

    @property
    def reading(self) -> volumes.Progress | None:
        """How far the books are read after a start; None once they are."""
        progress = self.trade.books.library.progress
        return None if progress is None or progress.over.is_set() else progress

    async def sighted(self) -> int:
        """The number of the newest alteration: whoever looks now sees everything up to it."""
        return await self.trade.database.read(alterations.last)
