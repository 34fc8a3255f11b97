"""Operators: who of this merchant's people may sign in to the console, and in which role. An owner decides it.

There is always one owner who can sign in, once there is any operator; whoever runs the node can do everything here by
the command line, so that a lost password never locks a merchant out.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Final, Literal

import pydantic
import structlog

from node import codes, errors, passwords
from node.storage import admissions
from node.storage import operators as rows
from node.trade import doors, policies
from node.trade.people import attempts, entrances, identifications
from protocol import keys

register = doors.Register()
log = structlog.get_logger(__name__)

Role = Literal["owner", "sales", "warehouse", "finance", "auditor"]
Language = Annotated[str, pydantic.Field(pattern=r"^[a-z]{2,3}(-[A-Z][A-Za-z]{1,3})?$")]
NAME_CHARACTERS_MAX: Final = 60


class Add(doors.Arguments):
    """A new operator. `language`: of the console, as in zh-CN. `current`: the password of the owner who adds."""

    name: str
    role: Role
    password: doors.Secret
    language: Language | None = None
    current: doors.Secret = ""


class Named(doors.Arguments):
    """An operator by name."""

    operator: str


class Confirmed(Named):
    """`current`: the password of the owner who asks; not needed at the machine itself."""

    current: doors.Secret = ""


class Change(Confirmed):
    """What is given changes, the rest stays; another role needs `current`. A disabled operator cannot sign in."""

    name: str | None = None
    role: Role | None = None
    language: Language | None = None
    disabled: bool | None = None


class Password(Confirmed):
    """A new password for an operator."""

    password: doors.Secret


@register.case("operator.list", doors.NoArguments)
async def listed(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """Every operator, with role and second factors."""
    return await trade.database.read(lambda db: {"operators": [shown(trade, db, each) for each in rows.every(db)]})


@register.case("operator.add", Add)
async def add(trade: doors.Trade, given: Add, report: doors.Report) -> doors.Json:
    """Let somebody sign in to the console. The first operator must be an owner."""
    name = named(given.name)
    passwords.check(given.password, name)
    await identifications.confirm(trade, given.current)
    hashed = await trade.passwords.make(given.password)

    def unit(db: sqlite3.Connection) -> doors.Json:
        if policies.Role(given.role) is not policies.Role.OWNER and not rows.exist(db):
            raise errors.NodeError(
                "operator.last-owner", "the first operator must be an owner", expected="owner", got=given.role
            )
        refuse_taken(db, name)
        added = rows.add(db, name, given.role, hashed, given.language, trade.world.clock.now_ms())
        log.info("an operator was added", operator=added.id, role=added.role, by=trade.caller.operator)
        return shown(trade, db, added)

    return await trade.database.write(unit)


@register.case("operator.code", doors.NoArguments)
async def code(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """The code with which a browser makes the first owner; empty once there is any operator."""
    known = await trade.database.read(rows.exist)
    return {"code": "" if known else set_up_code(trade)}


def set_up_code(trade: doors.Trade) -> str:
    """What proves that somebody sees the screen or the log of this machine. It follows from the keys of the node."""
    return codes.recovery_code(keys.hkdf(trade.keys.root, b"hanse/set-up/1\n")[: codes.RECOVERY_BYTES])


async def add_first(trade: doors.Trade, typed: str, name: str, password: str, language: str) -> None:
    """Make the first owner, for whoever knows the set-up code. NodeError `sign-in.wrong`, `operator.*`."""
    if not hmac.compare_digest(codes.recovery_hash(typed), codes.recovery_hash(set_up_code(trade))):
        raise errors.NodeError("sign-in.wrong", "the set-up code is wrong", hint="`hanse operator code` shows it")
    checked = named(name)
    passwords.check(password, checked)
    hashed = await trade.passwords.make(password)

    def unit(db: sqlite3.Connection) -> None:
        if rows.exist(db):
            raise errors.NodeError("operator.exists", "this node has an owner already")
        added = rows.add(db, checked, policies.Role.OWNER, hashed, language, trade.world.clock.now_ms())
        log.info("the first owner was added", operator=added.id)

    await trade.database.write(unit)


@register.case("operator.change", Change)
async def change(trade: doors.Trade, given: Change, report: doors.Report) -> doors.Json:
    """Change name, role or language of an operator, or whether they may sign in at all."""
    if given.role is not None:
        await identifications.confirm(trade, given.current)

    def unit(db: sqlite3.Connection, known: rows.Operator) -> doors.Json:
        name = known.name if given.name is None else named(given.name)
        if rows.likeness(name) != rows.likeness(known.name):
            refuse_taken(db, name)
        disabled_ms = known.disabled_ms
        if given.disabled is not None:
            disabled_ms = (disabled_ms or trade.world.clock.now_ms()) if given.disabled else None
        changed = replace(
            known,
            name=name,
            role=given.role or known.role,
            language=given.language or known.language,
            disabled_ms=disabled_ms,
        )
        rows.change(db, changed)
        keep_an_owner(db)
        if disabled_ms is not None:
            admissions.close_sessions(db, known.id)
        log.info("an operator was changed", operator=known.id, role=changed.role, by=trade.caller.operator)
        return shown(trade, db, changed)

    return await of(trade, given.operator, unit)


@register.case("operator.remove", Named)
async def remove(trade: doors.Trade, given: Named, report: doors.Report) -> doors.Json:
    """Remove an operator: sessions end at once. Keys of programs stay, and those that they made are named."""

    def unit(db: sqlite3.Connection, known: rows.Operator) -> doors.Json:
        rows.remove(db, known.id)
        if rows.exist(db):
            keep_an_owner(db)
        elif trade.caller.operator is not None:  # at the machine, the very last one may go
            raise last_owner()
        made = [each.label for each in admissions.keys(db) if each.maker == known.name and each.revoked_ms is None]
        log.info("an operator was removed", operator=known.id, by=trade.caller.operator)
        return {"removed": known.name, "keys": made}

    return await of(trade, given.operator, unit)


@register.case("operator.password", Password)
async def password(trade: doors.Trade, given: Password, report: doors.Report) -> doors.Json:
    """Give an operator another password. All sessions of the operator end, and earlier wrong attempts are forgotten."""
    passwords.check(given.password, given.operator)
    await identifications.confirm(trade, given.current)
    hashed = await trade.passwords.make(given.password)

    def unit(db: sqlite3.Connection, known: rows.Operator) -> doors.Json:
        rows.set_password(db, known.id, hashed)
        admissions.forgive(db, attempts.account(trade.keys.root, known.name))
        ended = admissions.close_sessions(db, known.id, trade.caller.session)
        log.info("a password was replaced", operator=known.id, by=trade.caller.operator)
        return {"operator": known.name, "sessions_ended": ended}

    return await of(trade, given.operator, unit)


@register.case("operator.second-factor.off", Confirmed)
async def second_factor_off(trade: doors.Trade, given: Confirmed, report: doors.Report) -> doors.Json:
    """Forget the second factors of an operator who lost them: the password alone is enough until new ones are set."""
    await identifications.confirm(trade, given.current)

    def unit(db: sqlite3.Connection, known: rows.Operator) -> doors.Json:
        rows.drop_totp(db, known.id)
        for passkey in rows.passkeys(db, known.id):
            rows.remove_passkey(db, known.id, passkey.id)
        rows.set_recovery_codes(db, known.id, [])
        admissions.forgive(db, attempts.account(trade.keys.root, known.name))
        ended = admissions.close_sessions(db, known.id, trade.caller.session)
        log.info("second factors were forgotten", operator=known.id, by=trade.caller.operator)
        return {"operator": known.name, "sessions_ended": ended}

    return await of(trade, given.operator, unit)


async def of(
    trade: doors.Trade, name: str, unit: Callable[[sqlite3.Connection, rows.Operator], doors.Json]
) -> doors.Json:
    """Do something with an operator, in one transaction. NodeError `operator.unknown`."""

    def found(db: sqlite3.Connection) -> doors.Json:
        known = rows.by_name(db, name)
        if known is None:
            raise unknown(name)
        return unit(db, known)

    return await trade.database.write(found)


def unknown(name: str) -> errors.NodeError:
    """The NodeError for a name or number that is nobody's."""
    return errors.NodeError("operator.unknown", "no operator is called so", got=name[:NAME_CHARACTERS_MAX])


def named(text: str) -> str:
    """A name or label for a person, checked. NodeError `operator.name`."""
    name = " ".join(text.split())
    if not name or len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        raise errors.NodeError(
            "operator.name",
            "this is no name",
            expected=f"1 to {NAME_CHARACTERS_MAX} printable characters",
            got=repr(text[: NAME_CHARACTERS_MAX + 1]),
        )
    return name


def refuse_taken(db: sqlite3.Connection, name: str) -> None:
    """NodeError `operator.exists` where the name, in whatever case, is somebody's."""
    if rows.by_name(db, name) is not None:
        raise errors.NodeError("operator.exists", "an operator of this name exists already", got=name)


def keep_an_owner(db: sqlite3.Connection) -> None:
    """NodeError `operator.last-owner` unless somebody is left who may do everything: the change is undone with it."""
    if not any(each.role == policies.Role.OWNER and each.disabled_ms is None for each in rows.every(db)):
        raise last_owner()


def last_owner() -> errors.NodeError:
    """The NodeError for whoever saws off the branch."""
    return errors.NodeError(
        "operator.last-owner",
        "nobody would be left who may do everything",
        expected="one owner who can sign in",
        hint="make somebody else an owner first",
    )


def shown(trade: doors.Trade, db: sqlite3.Connection, operator: rows.Operator) -> doors.Json:
    """An operator as it is shown: nothing of what proves who they are."""
    now_ms = trade.world.clock.now_ms()
    open = [each for each in admissions.sessions(db, operator.id) if entrances.is_alive(each, now_ms)]
    ways = sorted(way for way in entrances.ways_of(db, operator) if way is not entrances.Way.RECOVERY)
    return {
        "operator": operator.name,
        "number": operator.id,
        "role": operator.role,
        "language": operator.language,
        "second_factor": ways,
        "recovery_codes": rows.recovery_codes(db, operator.id),
        "disabled": operator.disabled_ms is not None,
        "created_ms": operator.created_ms,
        "seen_ms": open[0].seen_ms if open else None,
        "sessions": len(open),
    }
