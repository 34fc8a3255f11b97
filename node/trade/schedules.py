"""Backups that the node writes by itself: where, how often, how many stay, and what came of it.

One is due from the chosen hour on, by the local time of the machine. Where the machine was off at that hour, it is
written soon after the next start. One that failed is tried again every hour, and pages say why until one succeeds.
"""

from __future__ import annotations

import asyncio
import functools
import json
import sqlite3
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import structlog
from pydantic import Field

from node import errors
from node.storage import partners, settings
from node.system import vaults
from node.trade import backups, doors
from protocol import identities

register = doors.Register()
log = structlog.get_logger(__name__)

PLAN: Final = "backup_plan"
STATE: Final = "backup_state"

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
DUE_MS: Final = 7 * DAY_MS
"""Once there are partners, a backup is kept elsewhere at least so often: what is missing in one, they give back."""
GRACE_MS: Final = DAY_MS
"""A weekly backup is not called late before it had a day."""
RETRY_MS: Final = HOUR_MS
START_S: Final = 300
"""A node that was just started has better things to do, and so has the machine."""
LOOK_S: Final = 60

Every = Literal["day", "week", "never"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the owner decided. `hour`: local, 0 to 23. `folder`: absolute; empty for `backups` in the home."""

    every: Every = "day"
    hour: int = 3
    keep: int = 14
    folder: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """What came of it, in unix milliseconds; 0 for never. `since_ms`: from when on one can be due.

    `written_ms`, `file`, `bytes`: the last one that succeeded. `tried_ms`: the last attempt. `failure`: why that one
    failed (code, message, expected, got, hint); empty if it did not.
    """

    since_ms: int = 0
    written_ms: int = 0
    file: str = ""
    bytes: int = 0
    tried_ms: int = 0
    failure: dict[str, str] = field(default_factory=dict)


class Planned(doors.Arguments):
    """What is not named stays. `keep`: so many backups at most. `hour`: local time. `folder`: an absolute path."""

    every: Every | None = None
    hour: int | None = Field(default=None, ge=0, le=23)
    keep: int | None = Field(default=None, ge=2, le=400)
    folder: str | None = Field(default=None, max_length=1_000)


def plan_of(db: sqlite3.Connection) -> Plan:
    """What the owner decided, or the usual."""
    stored = settings.get(db, PLAN)
    return Plan() if stored is None else Plan(**json.loads(stored))


def state_of(db: sqlite3.Connection) -> State:
    """What came of it so far."""
    stored = settings.get(db, STATE)
    return State() if stored is None else State(**json.loads(stored))


def note(db: sqlite3.Connection, state: State) -> None:
    """Remember what came of it."""
    settings.put(db, STATE, json.dumps(asdict(state)).encode())


def standing(db: sqlite3.Connection, now_ms: int) -> doors.Json:
    """When the last backup was `written_ms`, and the last one `elsewhere_ms`, None for never; whether one is `due`; why
    the last attempt failed, `failure`.

    One is due where there are partners, and none was taken away for a week: downloaded, or written by the node itself
    into a folder that the owner chose. One in the home is lost with the disk of the home.
    """
    plan, state = plan_of(db), state_of(db)
    by_hand_ms = int(settings.get(db, backups.WRITTEN) or 0)
    by_itself = plan.every != "never" and plan.folder != ""
    away_ms = max(by_hand_ms, state.written_ms) if by_itself else by_hand_ms
    late = now_ms - away_ms >= DUE_MS + GRACE_MS * by_itself
    return {
        "written_ms": max(by_hand_ms, state.written_ms) or None,
        "elsewhere_ms": away_ms or None,
        "due": late and bool(partners.every(db)),
        "failure": {**state.failure, "at_ms": state.tried_ms} if state.failure else None,
    }


def last_moment_ms(plan: Plan, now_ms: int) -> int:
    """The last moment at which one should have been written: the hour, today or yesterday; of a week, on Monday."""
    now = datetime.fromtimestamp(now_ms / 1000).astimezone()
    at = now.replace(hour=plan.hour, minute=0, second=0, microsecond=0)
    if at > now:
        at -= timedelta(days=1)
    if plan.every == "week":
        at -= timedelta(days=at.weekday())
    return int(at.timestamp() * 1000)


def next_ms(plan: Plan, state: State, now_ms: int) -> int | None:
    """When one is written next; None for never."""
    if plan.every == "never":
        return None
    due_ms = last_moment_ms(plan, now_ms)
    if due_ms >= begun_ms(state, now_ms):
        return max(now_ms, state.tried_ms + RETRY_MS) if state.failure else now_ms
    return last_moment_ms(plan, now_ms + (7 if plan.every == "week" else 1) * DAY_MS)


def begun_ms(state: State, now_ms: int) -> int:
    """From when on the next one counts. What was written in the future was written under a wrong clock."""
    return max(at_ms for at_ms in (state.written_ms, state.since_ms, 0) if at_ms <= now_ms)


def is_due(plan: Plan, state: State, now_ms: int) -> bool:
    """Whether one is to be written now."""
    if plan.every == "never" or (state.failure and abs(now_ms - state.tried_ms) < RETRY_MS):
        return False
    return last_moment_ms(plan, now_ms) >= begun_ms(state, now_ms)


def is_same_disk(folder: Path, shelf: Path) -> bool:
    """Whether a folder is lost with the disk of the home. Raises OSError."""
    return folder == shelf or (folder.is_dir() and folder.stat().st_dev == shelf.parent.stat().st_dev)


def folder_of(trade: doors.Trade, plan: Plan) -> Path:
    """Where backups go."""
    return Path(plan.folder) if plan.folder else trade.world.disk.shelf()


# --- use cases


@register.case("backup.show", doors.NoArguments)
async def show(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """What was decided about backups, what came of it, and which ones lie in the folder."""
    now_ms = trade.world.clock.now_ms()
    plan, state, stands = await trade.database.read(lambda db: (plan_of(db), state_of(db), standing(db, now_ms)))
    if not state.since_ms:
        state = State(**{**asdict(state), "since_ms": now_ms})  # as it will be when the node first looks
    folder = folder_of(trade, plan)

    def look() -> doors.Json:
        found = vaults.kept(folder, identities.to_text(trade.books.me), now_ms) if folder.is_dir() else []
        shelf = trade.world.disk.shelf()
        return {
            "files": [{"file": one.file.name, "written_ms": one.written_ms, "bytes": one.bytes} for one in found],
            "same_disk": is_same_disk(folder, shelf),
        }

    try:
        found = await asyncio.to_thread(look)
    except (errors.NodeError, OSError):
        found = {"files": [], "same_disk": folder == trade.world.disk.shelf()}
    newest = found["files"][0] if found["files"] else {"written_ms": 0, "bytes": 0}  # written before a restore, perhaps
    last = newest if newest["written_ms"] > state.written_ms else {"written_ms": state.written_ms, "bytes": state.bytes}
    return {
        **asdict(plan),
        "folder": str(folder),
        "usual": not plan.folder,
        "next_ms": next_ms(plan, state, now_ms),
        "written_ms": last["written_ms"] or None,
        "bytes": last["bytes"],
        "failure": stands["failure"],
        **found,
    }


@register.case("backup.plan", Planned)
async def decide(trade: doors.Trade, given: Planned, report: doors.Report) -> doors.Json:
    """Decide where the node writes backups by itself, how often, and how many stay. Another folder is tried at once."""
    old = await trade.database.read(plan_of)
    shelf = trade.world.disk.shelf()
    chosen = {name: value for name, value in given.model_dump().items() if value is not None}
    if given.folder is not None:
        folder = Path(given.folder.strip())
        await asyncio.to_thread(choose, folder, shelf)
        chosen["folder"] = "" if folder == shelf else str(folder)
    plan = Plan(**{**asdict(old), **chosen})
    now_ms = trade.world.clock.now_ms()

    def unit(db: sqlite3.Connection) -> None:
        settings.put(db, PLAN, json.dumps(asdict(plan)).encode())
        state = asdict(state_of(db))
        if plan != old:
            state |= {"failure": {}, "since_ms": state["since_ms"] or now_ms}
        note(db, State(**state))

    await trade.database.write(unit)
    log.info("backups are planned", every=plan.every, keep=plan.keep, by=trade.caller.operator)
    return await show(trade, doors.NoArguments(), report)


def choose(folder: Path, shelf: Path) -> None:
    """Make a folder ready for backups. NodeError `backup.folder`, `home.permission`, `disk.*`."""
    home = shelf.parent
    if not folder.is_absolute() or ".." in folder.parts or len(folder.parts) < 2:
        raise errors.NodeError(
            "backup.folder",
            "the folder is not named by its whole path",
            expected="as in /media/backups",
            got=str(folder)[:200],
        )
    if folder != shelf and (folder == home or folder.is_relative_to(home)):
        raise errors.NodeError(
            "backup.folder",
            "this folder belongs to the node itself",
            expected="another folder",
            got=str(folder)[:200],
        )
    vaults.prepare(folder, make=folder == shelf)


@register.case("backup.run", doors.NoArguments)
async def run(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """Write a backup into the chosen folder now, as the node does by itself, and remove the surplus."""
    plan = await trade.database.read(plan_of)
    return await keep_one(trade, plan, report)


# --- by itself


async def keep_one(trade: doors.Trade, plan: Plan, report: doors.Report) -> doors.Json:
    """Write one backup, and only then remove the surplus; remembers what came of it. One at a time. NodeError."""
    async with trade.backing:
        return await keep_next(trade, plan, report)


async def keep_next(trade: doors.Trade, plan: Plan, report: doors.Report) -> doors.Json:
    """The same, when it is its turn."""
    now_ms = trade.world.clock.now_ms()
    folder, node = folder_of(trade, plan), identities.to_text(trade.books.me)
    file = vaults.new(folder, datetime.fromtimestamp(now_ms / 1000).astimezone())
    try:
        await asyncio.to_thread(ready, folder, folder == trade.world.disk.shelf())
        size = await backups.make(trade, file, "schedule", now_ms, report, vaults.aside(folder, node))
    except errors.StorageError:
        raise
    except errors.NodeError as error:
        await trade.database.write(functools.partial(failed, now_ms=now_ms, error=error))
        log.warning("no backup was written", code=error.code)
        raise
    await trade.database.write(lambda db: succeeded(db, now_ms, file, size))
    log.info("a backup was written", bytes=size, by=trade.caller.operator)
    try:
        removed = await asyncio.to_thread(vaults.thin, folder, node, plan.keep, file, now_ms)
    except errors.NodeError as error:
        await trade.database.write(functools.partial(failed, now_ms=now_ms, error=error))
        raise
    return {"file": str(file), "bytes": size, "written_ms": now_ms, "removed": removed}


def ready(folder: Path, usual: bool) -> None:
    """See that the folder is the one that was chosen; the usual one is made. NodeError."""
    if usual:
        vaults.prepare(folder, make=True)
    vaults.check(folder)


def succeeded(db: sqlite3.Connection, now_ms: int, file: Path, size: int) -> None:
    """Remember a backup that was written."""
    state = state_of(db)
    note(db, State(state.since_ms, written_ms=now_ms, file=file.name, bytes=size, tried_ms=now_ms))


def failed(db: sqlite3.Connection, now_ms: int, error: errors.NodeError) -> None:
    """Remember why none was written, or why the surplus is still there."""
    why = {"code": error.code, "message": error.message, "hint": error.hint or ""}
    why |= {"expected": str(error.expected or ""), "got": str(error.got or "")}
    note(db, State(**{**asdict(state_of(db)), "tried_ms": now_ms, "failure": why}))


async def look(trade: doors.Trade) -> bool:
    """Write a backup if one is due; tells whether it tried."""
    now_ms = trade.world.clock.now_ms()

    def unit(db: sqlite3.Connection) -> tuple[Plan, State]:
        state = state_of(db)
        if not state.since_ms:
            state = State(**{**asdict(state), "since_ms": now_ms})
            note(db, state)
        return plan_of(db), state

    plan, state = await trade.database.read(lambda db: (plan_of(db), state_of(db)))
    if not state.since_ms:
        plan, state = await trade.database.write(unit)
    if not is_due(plan, state, now_ms):
        return False
    try:
        await keep_one(trade, plan, unseen)
    except errors.StorageError:
        raise
    except errors.NodeError:
        pass  # it is remembered, and said on the pages
    return True


def unseen(what: str, done: int, total: int) -> None:
    """Nobody looks on."""


async def keep_writing(trade: doors.Trade) -> None:
    """Look every minute whether a backup is due, for as long as the node runs."""
    await asyncio.sleep(START_S)
    while True:
        await look(trade)
        await asyncio.sleep(LOOK_S)
