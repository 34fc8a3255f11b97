"""An operator's own account: password, language, second factors, sessions. Of others it says and changes nothing.

What makes an account weaker, or could lock its owner out, asks for the password again: a browser that was left open is
not enough.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import replace
from typing import Any

import structlog

from node import codes, errors, passkeys, passwords
from node.storage import admissions
from node.storage import operators as rows
from node.trade import doors
from node.trade.people import attempts, entrances, identifications, operators

register = doors.Register()
log = structlog.get_logger(__name__)


class Proved(doors.Arguments):
    """`password`: the one in use."""

    password: doors.Secret


class Password(doors.Arguments):
    """The password in use, and the new one."""

    current: doors.Secret
    password: doors.Secret


class Language(doors.Arguments):
    """The language of the console, as in zh-CN."""

    language: operators.Language


class Confirm(doors.Arguments):
    """The six digits that the new authenticator shows."""

    code: doors.Secret


class Site(Proved):
    """Where the browser is: `host` without port, and the `origin` with scheme and port."""

    host: str
    origin: str


class Passkey(doors.Arguments):
    """What the browser answered, from where, and what the passkey shall be called."""

    label: str
    host: str
    origin: str
    response: dict[str, Any]


class Numbered(Proved):
    """A passkey by its number."""

    passkey: int


class Revoke(doors.Arguments):
    """One of my sessions by its number; without one, all but the one that asks."""

    session: int | None = None


@register.case("account.show", doors.NoArguments)
async def show(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """My account: second factors, passkeys, sessions."""
    now_ms = trade.world.clock.now_ms()

    def unit(db: sqlite3.Connection) -> doors.Json:
        known = identifications.own(trade, db)
        mine = admissions.sessions(db, known.id)
        return {
            **operators.shown(trade, db, known),
            "sessions": [entrances.row(each, trade.caller) for each in mine if entrances.is_alive(each, now_ms)],
            "passkeys": [
                {
                    "passkey": each.id,
                    "label": each.label,
                    "host": each.host,
                    "created_ms": each.created_ms,
                    "used_ms": each.used_ms,
                }
                for each in rows.passkeys(db, known.id)
            ],
        }

    return await trade.database.read(unit)


@register.case("account.language", Language)
async def language(trade: doors.Trade, given: Language, report: doors.Report) -> doors.Json:
    """Speak another language with me."""

    def unit(db: sqlite3.Connection) -> doors.Json:
        rows.change(db, replace(identifications.own(trade, db), language=given.language))
        return {"language": given.language}

    return await trade.database.write(unit)


@register.case("account.password", Password)
async def password(trade: doors.Trade, given: Password, report: doors.Report) -> doors.Json:
    """Change my password. My other sessions end."""
    passwords.check(given.password, trade.caller.name)
    await identifications.prove(trade, given.current)
    hashed = await trade.passwords.make(given.password)

    def unit(db: sqlite3.Connection) -> doors.Json:
        known = identifications.own(trade, db)
        rows.set_password(db, known.id, hashed)
        ended = admissions.close_sessions(db, known.id, trade.caller.session)
        log.info("a password was replaced", operator=known.id, by=known.id)
        return {"sessions_ended": ended}

    return await trade.database.write(unit)


@register.case("account.session.revoke", Revoke)
async def revoke(trade: doors.Trade, given: Revoke, report: doors.Report) -> doors.Json:
    """Close one of my sessions, or all others."""

    def unit(db: sqlite3.Connection) -> doors.Json:
        known = identifications.own(trade, db)
        if given.session is None:
            return {"sessions_ended": admissions.close_sessions(db, known.id, trade.caller.session)}
        if given.session not in {each.id for each in admissions.sessions(db, known.id)}:
            raise entrances.unknown_session(given.session)
        return {"sessions_ended": int(admissions.close_session(db, given.session))}

    return await trade.database.write(unit)


# --- authenticator and recovery codes


@register.case("account.totp.begin", Proved)
async def begin_totp(trade: doors.Trade, given: Proved, report: doors.Report) -> doors.Json:
    """A new secret for an authenticator. It counts once `account.totp.confirm` has seen a code of it."""
    await identifications.prove(trade, given.password)
    secret = trade.world.entropy.token(codes.SECRET_BYTES)

    def unit(db: sqlite3.Connection) -> doors.Json:
        known = identifications.own(trade, db)
        rows.begin_totp(db, known.id, codes.seal(trade.keys.root, trade.world.entropy, known.id, secret))
        uri = codes.uri(secret, f"Hanse {trade.config.name}", known.name)
        return {"secret": codes.written(secret), "uri": uri}

    return await trade.database.write(unit)


@register.case("account.totp.confirm", Confirm)
async def confirm_totp(trade: doors.Trade, given: Confirm, report: doors.Report) -> doors.Json:
    """Use the new authenticator from now on. Recovery codes are in the answer where there were none, and only here."""
    now_s = trade.world.clock.now_ms() // 1000

    def unit(db: sqlite3.Connection) -> doors.Json | None:
        known = identifications.own(trade, db)
        counted = entrances.codes_count(trade, known)
        identifications.refuse_early(attempts.reserve(db, counted, now_s * 1000))
        begun = None if known.totp_begun is None else codes.unseal(trade.keys.root, known.id, known.totp_begun)
        step = None if begun is None else codes.matching(begun, given.code, now_s, 0)
        if step is None:
            return None
        attempts.forgive(db, counted, all=True)
        rows.confirm_totp(db, known.id, step)
        log.info("an authenticator is in use", operator=known.id)
        return {"recovery_codes": first_codes(trade, db, known)}

    answer = await trade.database.write(unit)
    if answer is None:
        raise errors.NodeError(
            "operator.code",
            "these are not the digits of this moment",
            expected="the six digits that the authenticator shows now",
            hint="compare the clocks of the telephone and of this computer",
        )
    return answer


@register.case("account.totp.off", Proved)
async def drop_totp(trade: doors.Trade, given: Proved, report: doors.Report) -> doors.Json:
    """Use the authenticator no more."""
    await identifications.prove(trade, given.password)

    def unit(db: sqlite3.Connection) -> doors.Json:
        known = identifications.own(trade, db)
        rows.drop_totp(db, known.id)
        drop_codes_alone(db, known.id)
        log.info("an authenticator is not in use any more", operator=known.id)
        return {}

    return await trade.database.write(unit)


@register.case("account.codes", Proved)
async def new_codes(trade: doors.Trade, given: Proved, report: doors.Report) -> doors.Json:
    """New recovery codes, shown once; the old ones count no more."""
    await identifications.prove(trade, given.password)

    def unit(db: sqlite3.Connection) -> doors.Json:
        known = identifications.own(trade, db)
        if not entrances.ways_of(db, known):
            raise errors.NodeError("operator.code", "recovery codes stand in for a second factor, and there is none")
        return {"recovery_codes": write_codes(trade, db, known.id)}

    return await trade.database.write(unit)


def first_codes(trade: doors.Trade, db: sqlite3.Connection, known: rows.Operator) -> list[str]:
    """Recovery codes for whoever has none; empty for others."""
    return [] if rows.recovery_codes(db, known.id) else write_codes(trade, db, known.id)


def write_codes(trade: doors.Trade, db: sqlite3.Connection, operator: int) -> list[str]:
    """New recovery codes in the place of all others."""
    fresh = codes.recovery(trade.world.entropy)
    rows.set_recovery_codes(db, operator, [codes.recovery_hash(code) for code in fresh])
    return fresh


def drop_codes_alone(db: sqlite3.Connection, operator: int) -> None:
    """Recovery codes without a second factor that they stand in for are none."""
    known = rows.by_id(db, operator)
    if known is not None and not entrances.ways_of(db, known):
        rows.set_recovery_codes(db, operator, [])


# --- passkeys


@register.case("account.passkey.begin", Site)
async def begin_passkey(trade: doors.Trade, given: Site, report: doors.Report) -> doors.Json:
    """What the browser is asked in order to make a passkey."""
    await identifications.prove(trade, given.password)
    challenge = trade.world.entropy.token(passkeys.CHALLENGE_BYTES)
    now_ms = trade.world.clock.now_ms()

    def unit(db: sqlite3.Connection) -> doors.Json:
        known = identifications.own(trade, db)
        rows.set_challenge(db, known.id, challenge, now_ms)
        user = hashlib.sha256(b"hanse/passkey/1\n" + trade.books.me + b"%d" % known.id).digest()
        there = [each.credential for each in rows.passkeys(db, known.id, given.host)]
        site = passkeys.Site(given.host, given.origin)
        return {"options": passkeys.invitation(site, user, known.name, challenge, there)}

    return await trade.database.write(unit)


@register.case("account.passkey.add", Passkey)
async def add_passkey(trade: doors.Trade, given: Passkey, report: doors.Report) -> doors.Json:
    """Keep the passkey that the browser made. Recovery codes are in the answer where there were none."""
    label = operators.named(given.label)
    now_ms = trade.world.clock.now_ms()

    def unit(db: sqlite3.Connection) -> doors.Json:
        known = identifications.own(trade, db)
        challenge, since_ms = rows.challenge(db, known.id)
        if challenge is None or not 0 <= now_ms - since_ms < passkeys.CHALLENGE_MS:
            raise errors.NodeError("operator.passkey", "this came too late: begin again")
        made = passkeys.made(passkeys.Site(given.host, given.origin), challenge, given.response)
        if rows.passkey(db, made.id) is not None:
            raise errors.NodeError("operator.passkey", "this passkey is known already")
        rows.set_challenge(db, known.id, None, now_ms)
        number = rows.add_passkey(db, known.id, made.id, made.public_key, made.sign_count, given.host, label, now_ms)
        log.info("a passkey was added", operator=known.id, passkey=number)
        return {"passkey": number, "label": label, "recovery_codes": first_codes(trade, db, known)}

    return await trade.database.write(unit)


@register.case("account.passkey.remove", Numbered)
async def remove_passkey(trade: doors.Trade, given: Numbered, report: doors.Report) -> doors.Json:
    """Accept a passkey no more."""
    await identifications.prove(trade, given.password)

    def unit(db: sqlite3.Connection) -> doors.Json:
        known = identifications.own(trade, db)
        if not rows.remove_passkey(db, known.id, given.passkey):
            raise errors.NodeError("operator.passkey", "no passkey has this number", got=given.passkey)
        drop_codes_alone(db, known.id)
        log.info("a passkey was removed", operator=known.id, passkey=given.passkey)
        return {"passkey": given.passkey}

    return await trade.database.write(unit)
