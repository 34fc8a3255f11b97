"""The way into the console: password, second factor, session, and out again; and who is in.

A session is a random token of 256 bits in the browser and its SHA-256 here. The token is new at every sign-in, and
again after the second factor; what somebody planted in a browser before is worth nothing (faults.md C09).
"""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog

from node import codes, errors, events, passkeys
from node.storage import admissions, operators
from node.trade import doors, policies
from node.trade.people import attempts

register = doors.Register()
log = structlog.get_logger(__name__)

TOKEN_BYTES: Final = 32
IDLE_MS: Final = 12 * 3_600_000
"""A session ends when nothing was asked for so long: a working day with its breaks."""
AGE_MS: Final = 7 * 86_400_000
"""And after so long whatever was asked."""
HALF_MS: Final = 600_000
"""How long the second factor may take."""
SEEN_EVERY_MS: Final = 60_000
"""How exactly it is remembered when a session or key was last used: each note is a write to the disk."""
BROWSER_CHARACTERS_MAX: Final = 300
CODE_CHARACTERS_MAX: Final = 64
FREE_CODES: Final = 5
CODES_PLACE: Final = "codes"
"""Six digits are guessed against an account from everywhere at once. Whoever may try has its password already."""


class Outcome(StrEnum):
    """What an attempt to sign in came to."""

    OPEN = "open"
    FACTOR = "factor"  # the password was right, the second factor is still to come
    WRONG = "wrong"
    WAIT = "wait"
    OVER = "over"  # the second factor came too late: from the beginning


class Way(StrEnum):
    """What may serve as a second factor."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands at the door: `address` without port; `browser` as it calls itself; `device`: the mark it was given."""

    address: str
    browser: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """`token` of the session, whole or half, and the `device` mark to keep; `wait_s` where it is WAIT."""

    outcome: Outcome
    token: str = ""
    device: str = ""
    ways: frozenset[Way] = frozenset()
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody who is in."""

    caller: policies.Caller
    language: str | None


def hashed(token: str) -> bytes:
    """What is stored of a token or key."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def new_token(trade: doors.Trade) -> str:
    """A token of 256 random bits."""
    return base64.urlsafe_b64encode(trade.world.entropy.token(TOKEN_BYTES)).decode().rstrip("=")


# --- in


async def sign_in(trade: doors.Trade, visitor: Visitor, name: str, password: str) -> Answer:
    """Try a name and a password. A name that nobody has takes as long as a wrong password.

    NodeError `sign-in.busy`.
    """
    counted = attempts.counts(trade.keys.root, name, visitor.address, visitor.device)
    now_ms = trade.world.clock.now_ms()
    wait_ms = await trade.database.write(lambda db: attempts.reserve(db, counted, now_ms))
    if wait_ms:
        return Answer(Outcome.WAIT, wait_s=-(-wait_ms // 1000))
    tried = name[: attempts.NAME_CHARACTERS_MAX]
    found = await trade.database.read(lambda db: operators.by_name(db, tried))
    known = found if found is not None and found.disabled_ms is None else None
    right = await trade.passwords.verify(password, None if known is None else known.password)
    if known is None or not right:
        log.warning("a sign-in was refused", address=visitor.address, operator=None if known is None else known.id)
        return Answer(Outcome.WRONG)
    renewed = await trade.passwords.make(password) if trade.passwords.is_cheap(known.password) else None

    def unit(db: sqlite3.Connection) -> Answer:
        operator = operators.by_id(db, known.id)
        if operator is None or operator.password != known.password or operator.disabled_ms is not None:
            return Answer(Outcome.WRONG)  # changed meanwhile
        if renewed is not None:
            operators.set_password(db, operator.id, renewed)
        ways = ways_of(db, operator)
        attempts.forgive(db, counted, all=not ways)
        return let_in(trade, db, visitor, operator) if not ways else half_open(trade, db, visitor, operator, ways)

    return await trade.database.write(unit)


def ways_of(db: sqlite3.Connection, operator: operators.Operator) -> frozenset[Way]:
    """The second factors that an operator has set up; none means that the password is enough."""
    ways = {Way.TOTP} if operator.totp is not None else set()
    if operators.passkeys(db, operator.id):
        ways.add(Way.PASSKEY)
    return frozenset(ways | {Way.RECOVERY}) if ways else frozenset()


def half_open(
    trade: doors.Trade, db: sqlite3.Connection, visitor: Visitor, operator: operators.Operator, ways: frozenset[Way]
) -> Answer:
    """A session in which nothing can be done but to show the second factor."""
    token = new_token(trade)
    now_ms = trade.world.clock.now_ms()
    admissions.open_session(db, hashed(token), operator.id, False, visitor.address, browser_of(visitor), now_ms)
    return Answer(Outcome.FACTOR, token, visitor.device, ways)


def let_in(trade: doors.Trade, db: sqlite3.Connection, visitor: Visitor, operator: operators.Operator) -> Answer:
    """A whole session, with a token that nobody has seen before."""
    token = new_token(trade)
    now_ms = trade.world.clock.now_ms()
    tried = attempts.account(trade.keys.root, operator.name)
    device = visitor.device
    if attempts.known_device(trade.keys.root, tried, device) is None:
        device = attempts.device(trade.keys.root, tried, trade.world.entropy.token(attempts.DEVICE_BYTES))
    admissions.forget_sessions(db, now_ms - IDLE_MS, now_ms - AGE_MS, now_ms - HALF_MS)
    number = admissions.open_session(db, hashed(token), operator.id, True, visitor.address, browser_of(visitor), now_ms)
    log.info("signed in", operator=operator.id, session=number, address=visitor.address)
    return Answer(Outcome.OPEN, token, device)


def browser_of(visitor: Visitor) -> str:
    """What the browser calls itself, as far as it is worth keeping."""
    kept = "".join(char for char in visitor.browser if char.isprintable())
    return kept[:BROWSER_CHARACTERS_MAX]


# --- the second factor


def half(
    trade: doors.Trade, db: sqlite3.Connection, token: str
) -> tuple[admissions.Session, operators.Operator] | None:
    """The half session of a token, and whose it is; None when it is over."""
    session = admissions.session(db, hashed(token))
    if session is None or session.whole or not 0 <= trade.world.clock.now_ms() - session.created_ms < HALF_MS:
        return None
    operator = operators.by_id(db, session.operator)
    return None if operator is None or operator.disabled_ms is not None else (session, operator)


async def ways(trade: doors.Trade, token: str) -> frozenset[Way]:
    """What a half session may show; nothing when it is over."""

    def unit(db: sqlite3.Connection) -> frozenset[Way]:
        found = half(trade, db, token)
        return frozenset() if found is None else ways_of(db, found[1])

    return await trade.database.read(unit)


async def finish(trade: doors.Trade, visitor: Visitor, token: str, typed: str) -> Answer:
    """Show the six digits of the authenticator, or a recovery code, to a half session."""

    def unit(db: sqlite3.Connection) -> Answer:
        found = half(trade, db, token)
        if found is None:
            return Answer(Outcome.OVER)
        session, operator = found
        digits = "".join(typed[:CODE_CHARACTERS_MAX].split())
        if len(digits) == codes.DIGITS and digits.isascii() and digits.isdigit():
            counted = codes_count(trade, operator)
            wait_ms = attempts.reserve(db, counted, trade.world.clock.now_ms())
            if wait_ms:
                return Answer(Outcome.WAIT, wait_s=-(-wait_ms // 1000))
            if not use_code(trade, db, operator, digits):
                return Answer(Outcome.WRONG)
            attempts.forgive(db, counted, all=True)
        elif not operators.use_recovery_code(db, operator.id, codes.recovery_hash(typed[:CODE_CHARACTERS_MAX])):
            return Answer(Outcome.WRONG)
        return complete(trade, db, visitor, session, operator)

    return await trade.database.write(unit)


def codes_count(trade: doors.Trade, operator: operators.Operator) -> list[attempts.Count]:
    """What a guess at the six digits of an operator counts against."""
    return [attempts.Count(attempts.account(trade.keys.root, operator.name), CODES_PLACE, FREE_CODES)]


def use_code(trade: doors.Trade, db: sqlite3.Connection, operator: operators.Operator, typed: str) -> bool:
    """Whether these are the digits of this moment, which are used up with that."""
    secret = codes.unseal(trade.keys.root, operator.id, operator.totp) if operator.totp is not None else None
    if secret is None:
        return False
    step = codes.matching(secret, typed, trade.world.clock.now_ms() // 1000, operator.totp_counter)
    if step is None:
        return False
    operators.use_totp(db, operator.id, step)
    return True


def complete(
    trade: doors.Trade,
    db: sqlite3.Connection,
    visitor: Visitor,
    session: admissions.Session,
    operator: operators.Operator,
) -> Answer:
    """The second factor was right: the half session is gone, a whole one is open."""
    admissions.close_session(db, session.id)
    counted = attempts.counts(trade.keys.root, operator.name, visitor.address, visitor.device)
    for count in counted:
        if count.account != attempts.ANYBODY:
            admissions.set_failures(db, count.account, count.place, 0, 0)
    return let_in(trade, db, visitor, operator)


async def passkey_question(trade: doors.Trade, token: str, site: passkeys.Site) -> doors.Json | None:
    """What the browser is asked for a half session; None when it is over or no passkey fits this site."""
    challenge = trade.world.entropy.token(passkeys.CHALLENGE_BYTES)

    def unit(db: sqlite3.Connection) -> doors.Json | None:
        found = half(trade, db, token)
        known = [] if found is None else operators.passkeys(db, found[1].id, site.host)
        if found is None or not known:
            return None
        admissions.challenge_session(db, found[0].id, challenge)
        return passkeys.question(site, challenge, [passkey.credential for passkey in known])

    return await trade.database.write(unit)


async def finish_with_passkey(
    trade: doors.Trade, visitor: Visitor, token: str, site: passkeys.Site, response: doors.Json
) -> Answer:
    """Show the answer of a passkey to a half session. A challenge is answered once, rightly or wrongly."""

    def unit(db: sqlite3.Connection) -> Answer:
        found = half(trade, db, token)
        if found is None or found[0].challenge is None:
            return Answer(Outcome.OVER)
        session, operator = found
        admissions.challenge_session(db, session.id, None)
        try:
            passkey = operators.passkey(db, passkeys.used(response))
            if passkey is None or passkey.operator != operator.id or passkey.host != site.host:
                return Answer(Outcome.WRONG)
            credential = passkeys.Credential(passkey.credential, passkey.public_key, passkey.sign_count)
            assert session.challenge is not None
            sign_count = passkeys.proved(site, session.challenge, response, credential)
        except errors.NodeError as error:
            log.warning("a passkey was refused", operator=operator.id, why=error.got)
            return Answer(Outcome.WRONG)
        operators.use_passkey(db, passkey.id, sign_count, trade.world.clock.now_ms())
        return complete(trade, db, visitor, session, operator)

    return await trade.database.write(unit)


# --- who is in, and out


async def find_session(trade: doors.Trade, token: str, address: str) -> Presence | None:
    """Who the browser with this token is; None when nobody is signed in with it, or not any more."""
    now_ms = trade.world.clock.now_ms()

    def look(db: sqlite3.Connection) -> tuple[admissions.Session, operators.Operator] | None:
        session = admissions.session(db, hashed(token))
        if session is None or not is_alive(session, now_ms):
            return None
        operator = operators.by_id(db, session.operator)
        return None if operator is None or operator.disabled_ms is not None else (session, operator)

    found = await trade.database.read(look)
    if found is None:
        return None
    session, operator = found
    if now_ms - session.seen_ms >= SEEN_EVERY_MS or session.address != address:
        await trade.database.write(lambda db: admissions.see_session(db, session.id, now_ms, address))
    caller = policies.Caller(policies.Role(operator.role), operator.name, operator.id, session.id)
    return Presence(caller, operator.language)


def is_alive(session: admissions.Session, now_ms: int) -> bool:
    """Whether a session is whole and neither idle for too long nor too old."""
    return session.whole and now_ms - session.seen_ms < IDLE_MS and now_ms - session.created_ms < AGE_MS


async def sign_out(trade: doors.Trade, token: str) -> None:
    """Close the session of a token. Its token opens nothing from then on, in whatever browser it lies."""

    def unit(db: sqlite3.Connection) -> None:
        session = admissions.session(db, hashed(token))
        if session is not None:
            admissions.close_session(db, session.id)

    await trade.database.write(unit)
    trade.books.changes.note(events.ADMISSIONS)


async def any_operator(trade: doors.Trade) -> bool:
    """Whether anybody could sign in."""
    return await trade.database.read(operators.exist)


# --- use cases of the owner


class Revoke(doors.Arguments):
    """A session by its number."""

    session: int


@register.case("session.list", doors.NoArguments)
async def listed(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """Every open session of the console."""
    now_ms = trade.world.clock.now_ms()

    def unit(db: sqlite3.Connection) -> doors.Json:
        names = {operator.id: operator.name for operator in operators.every(db)}
        rows = [
            {"operator": names[session.operator], **row(session, trade.caller)}
            for session in admissions.sessions(db)
            if is_alive(session, now_ms)
        ]
        return {"sessions": rows}

    return await trade.database.read(unit)


@register.case("session.revoke", Revoke)
async def revoke(trade: doors.Trade, given: Revoke, report: doors.Report) -> doors.Json:
    """Close a session of anybody."""

    def unit(db: sqlite3.Connection) -> doors.Json:
        if not admissions.close_session(db, given.session):
            raise unknown_session(given.session)
        return {"session": given.session}

    return await trade.database.write(unit)


def row(session: admissions.Session, caller: policies.Caller) -> doors.Json:
    """A session as it is shown. `mine`: the very one that asks."""
    return {
        "session": session.id,
        "address": session.address,
        "browser": session.browser,
        "created_ms": session.created_ms,
        "seen_ms": session.seen_ms,
        "mine": session.id == caller.session,
    }


def unknown_session(number: int) -> errors.NodeError:
    """The NodeError for a session that is not open, or another operator's."""
    return errors.NodeError("session.unknown", "no such session is open", got=number)
