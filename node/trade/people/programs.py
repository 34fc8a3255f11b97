"""Keys with which programs ask this node, each in a role. Made by an owner, shown once, revoked at any time.

A key never has the role of an owner: it knows no second factor, so it must not be able to make operators, keys, or
sessions (faults.md C10).
"""

from __future__ import annotations

import sqlite3
from typing import Final, Literal

import structlog

from node import errors
from node.storage import admissions
from node.trade import doors, policies
from node.trade.people import entrances, identifications, operators

register = doors.Register()
log = structlog.get_logger(__name__)

PREFIX: Final = "hanse_"
"""Scanners that look for lost keys, and whoever greps a log, know one by it."""


class Make(doors.Arguments):
    """`label`: what the key is for. `current`: the password of the owner who makes it; not needed at the machine."""

    label: str
    current: doors.Secret = ""
    role: Literal["sales", "warehouse", "finance", "auditor"]


class Revoke(doors.Arguments):
    """A key by its number."""

    number: int


@register.case("key.make", Make)
async def make(trade: doors.Trade, given: Make, report: doors.Report) -> doors.Json:
    """Make a key for a program. It is in the answer and nowhere else."""
    label = operators.named(given.label)
    await identifications.confirm(trade, given.current)
    secret = PREFIX + entrances.new_token(trade)
    now_ms = trade.world.clock.now_ms()

    def unit(db: sqlite3.Connection) -> doors.Json:
        number = admissions.add_key(db, entrances.hashed(secret), label, given.role, trade.caller.name, now_ms)
        log.info("a key was made", key=number, role=given.role, by=trade.caller.operator)
        return {"number": number, "label": label, "role": given.role, "key": secret}

    return await trade.database.write(unit)


@register.case("key.list", doors.NoArguments)
async def listed(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """Every key that was made, the newest first."""

    def unit(db: sqlite3.Connection) -> doors.Json:
        rows = [
            {
                "number": key.id,
                "label": key.label,
                "role": key.role,
                "maker": key.maker,
                "created_ms": key.created_ms,
                "used_ms": key.used_ms,
                "revoked_ms": key.revoked_ms,
            }
            for key in admissions.keys(db)
        ]
        return {"keys": rows}

    return await trade.database.read(unit)


@register.case("key.revoke", Revoke)
async def revoke(trade: doors.Trade, given: Revoke, report: doors.Report) -> doors.Json:
    """Revoke a key, from the next question on."""

    def unit(db: sqlite3.Connection) -> doors.Json:
        known = {key.id: key for key in admissions.keys(db)}.get(given.number)
        if known is None or known.revoked_ms is not None:
            raise errors.NodeError("program-key.unknown", "no key in use has this number", got=given.number)
        admissions.revoke_key(db, known.id, trade.world.clock.now_ms())
        log.info("a key was revoked", key=known.id, by=trade.caller.operator)
        return {"number": known.id, "label": known.label}

    return await trade.database.write(unit)


async def find_key(trade: doors.Trade, secret: str) -> policies.Caller | None:
    """Who asks with a key; None where it is none, or revoked."""
    now_ms = trade.world.clock.now_ms()
    known = await trade.database.read(lambda db: admissions.key(db, entrances.hashed(secret)))
    if known is None or known.revoked_ms is not None:
        return None
    if known.used_ms is None or now_ms - known.used_ms >= entrances.SEEN_EVERY_MS:
        await trade.database.write(lambda db: admissions.use_key(db, known.id, now_ms))
    return policies.Caller(policies.Role(known.role), known.label)
