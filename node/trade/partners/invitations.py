"""Invitations: giving one, looking after those that were given, and using one of somebody else."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3

from contracts.peerings import PeeringState
from node import errors
from node.storage import invites, partners
from node.trade import books, doors
from protocol import identities, invitations, limits

register = doors.Register()
JOIN_POLL_S, JOIN_POLLS_MAX = 0.05, 200  # ten seconds in all
LISTED_MAX = 50
LISTED_BACK_S = 7 * 86_400
"""So long after its end an invitation is still listed, so that a merchant sees what became of it."""


class Invite(doors.Arguments):
    """`hours` the invitation is valid."""

    hours: int = limits.INVITE_VALID_S // 3600


class Join(doors.Arguments):
    """`uri` is the invitation."""

    uri: str


class Withdraw(doors.Arguments):
    """`invitation` is the name that `invite.list` gives."""

    invitation: str


@register.case("invite", Invite)
async def invite(trade: doors.Trade, given: Invite, report: doors.Report) -> doors.Json:
    """Make an invitation: a secret that one other node may use once."""
    hours_max = 7 * 24
    if not 1 <= given.hours <= hours_max:
        raise errors.NodeError(
            "request.malformed", "an invitation lives for hours", expected=f"1 to {hours_max}", got=given.hours
        )
    secret = trade.world.entropy.token(16)
    now_s = trade.world.clock.now_ms() // 1000
    expires_s = now_s + given.hours * 3600
    await trade.database.write(lambda db: invites.give(db, secret, trade.keys.root, expires_s, now_s))
    invitation = invitations.Invitation(trade.books.me, trade.network.addresses, secret, expires_s)
    return {"uri": invitations.to_uri(invitation), "expires_s": expires_s}


@register.case("join", Join)
async def join(trade: doors.Trade, given: Join, report: doors.Report) -> doors.Json:
    """Use somebody's invitation: afterwards both nodes are partners."""
    before = await trade.database.read(lambda db: {partner.id for partner in partners.every(db)})
    partner = await trade.network.join(given.uri)
    return {
        "partner": partner.name,
        "active": await becomes_active(trade, partner),
        "node": identities.to_text(partner.node),
        "words": list(invitations.words(trade.books.me, partner.node)),
        "already": partner.id in before,
    }


async def becomes_active(trade: doors.Trade, partner: partners.Partner) -> bool:
    """Wait a little until both sides have said that they trade, so that the next command finds it so."""

    def active(desk: books.Desk) -> bool:
        channel = partners.channel_of(desk.db, partner.id)
        return channel is not None and desk.peek(channel.id).history.peering.state is PeeringState.ACTIVE

    for _ in range(JOIN_POLLS_MAX):
        if await trade.books.read(active):
            return True
        await asyncio.sleep(JOIN_POLL_S)
    return False


@register.case("invite.list", doors.NoArguments)
async def listed(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """The invitations of late, the newest first, with what became of each. `uri` is there while one can be used."""
    now_s = trade.world.clock.now_ms() // 1000

    def unit(db: sqlite3.Connection) -> doors.Json:
        found = partners.invites(db, now_s - LISTED_BACK_S, LISTED_MAX)
        return {"invitations": [describe(trade, db, invite, now_s) for invite in found]}

    return await trade.database.read(unit)


def describe(trade: doors.Trade, db: sqlite3.Connection, invite: partners.Invite, now_s: int) -> doors.Json:
    """One invitation for people."""
    partner = None if invite.node is None else partners.by_node(db, invite.node)
    state = state_of(invite, now_s)
    secret = invites.reveal(invite, trade.keys.root) if state == "waiting" else None
    made = None
    if secret is not None:
        made = invitations.Invitation(trade.books.me, trade.network.addresses, secret, invite.expires_s)
    return {
        "invitation": invite.tag.hex(),
        "state": state,
        "given_ms": invite.given_s * 1000,
        "expires_s": invite.expires_s,
        "uri": None if made is None else invitations.to_uri(made),
        "partner": None if partner is None else partner.name,
        "node": None if invite.node is None else identities.to_text(invite.node),
    }


def state_of(invite: partners.Invite, now_s: int) -> str:
    """`used`, `burnt` (too many wrong tries), `expired` or `waiting`."""
    if invite.node is not None:
        return "used"
    if invite.tries >= limits.INVITE_TRIES_MAX:
        return "burnt"
    return "expired" if invite.expires_s <= now_s else "waiting"


@register.case("invite.withdraw", Withdraw)
async def withdraw(trade: doors.Trade, given: Withdraw, report: doors.Report) -> doors.Json:
    """Let nobody use an invitation any more."""

    def unit(desk: books.Desk) -> doors.Json:
        named, tag = given.invitation, b""
        with contextlib.suppress(ValueError):
            tag = bytes.fromhex(named)
        if not partners.withdraw_invite(desk.db, tag):
            raise errors.NodeError(
                "invite.unknown", "no such invitation waits to be used", expected="one that waits", got=named
            )
        return {"invitation": named}

    return await trade.books.act(unit)
