"""Becoming partners: an invitation is looked at, both tell who they are, and the channel is opened (section 9)."""

from __future__ import annotations

import asyncio
import datetime
import sqlite3

from node import errors
from node.replication import greetings
from node.storage import invites, partners
from node.trade import books, peering
from protocol import identities, invitations, limits, messages, sessions
from protocol.errors import Code, PeerError

EARLY_MAX = 1  # messages that may come before `pair`: HEADS, from a node that has this partner already


def checked(uri: str, me: identities.NodeId, now_ms: int) -> invitations.Invitation:
    """An invitation that can be used. NodeError `invite.malformed`, `invite.expired` or `invite.own`."""
    invitation = read(uri)
    if invitation.expires_s <= now_ms // 1000:
        ended = datetime.datetime.fromtimestamp(invitation.expires_s, datetime.UTC).isoformat()
        raise errors.NodeError(
            "invite.expired", "the invitation has expired", expected="a new invitation", got=f"valid until {ended}"
        )
    if invitation.node_id == me:
        raise errors.NodeError(
            "invite.own", "this is an invitation of this very node", expected="a partner's", got="my own"
        )
    return invitation


def read(uri: str) -> invitations.Invitation:
    """The invitation that a person typed. NodeError `invite.malformed`; its secret is not repeated there."""
    try:
        return invitations.from_uri(uri)
    except PeerError as error:
        raise errors.NodeError(
            "invite.malformed",
            f"this is no invitation: {error.hint}",
            expected="the whole line that `hanse invite` printed, hanse:1?i=…&a=…&k=…&x=…",
            got=f"{len(uri)} characters",
            hint="put it in quotes, for a shell ends it at the first `&`; or use `hanse join -` and paste it",
        ) from None


def unanswered(invitation: invitations.Invitation) -> errors.NodeError:
    """Why nothing came of an invitation, as far as this side knows."""
    return errors.NodeError(
        "invite.unanswered",
        "no address of the invitation answered, or it was refused there",
        expected="a running node that knows this invitation",
        got=", ".join(invitation.addresses),
        hint="ask whether your partner's node runs there; one that was used or has ended needs a new invitation",
    )


async def pair(
    ledger: books.Books,
    me: greetings.Me,
    addresses: tuple[str, ...],
    greeting: greetings.Greeting,
    proven: sessions.Authenticated,
    dialled: bool,
) -> partners.Partner:
    """Exchange `pair` messages and open the channel, once; a repeat finds it open already.

    `addresses` is where this node says that it can be reached.
    """
    assert greeting.tag is not None
    salt = greetings.salt_of(me.root_secret, greeting.tag)
    entries = await ledger.database.read(lambda db: partners.identity_entries(db, me.node))
    mine = messages.Pair(tuple(entries), me.name, addresses, salt)
    await greeting.link.send(greeting.session.send(mine.compose()))
    theirs = await _received(greeting)
    identity = identities.replay(theirs.identity)
    if identity.node_id != proven.node_id or identity.keys["hs"] != proven.static:
        raise PeerError(Code.KEY, "identity log of another node", expected=proven.node_id.hex(), got="another")
    parts = (salt, theirs.salt) if dialled else (theirs.salt, salt)
    tag = greeting.tag

    def unit(desk: books.Desk) -> partners.Partner:
        if not dialled:
            invites.claim(desk.db, tag, identity.node_id)
        refuse_double(desk.db, identity)
        salt = peering.channel_salt(*parts)
        return peering.open_channel(desk, identity, theirs.name, theirs.addresses, salt, tag, invited=dialled)

    return await ledger.write(unit)


async def _received(greeting: greetings.Greeting) -> messages.Pair:
    async with asyncio.timeout(limits.AUTHENTICATION_MS_MAX / 1000):
        while True:
            for position, message in enumerate(greeting.early):
                if isinstance(message, messages.Pair):
                    del greeting.early[position]
                    return message
            events, replies = greeting.session.receive(await greeting.link.receive())
            for reply in replies:
                await greeting.link.send(reply)
            greeting.early.extend(
                messages.parse(event.message) for event in events if isinstance(event, sessions.Received)
            )
            if len(greeting.early) > EARLY_MAX:
                raise PeerError(Code.STATE, "the first message of an invitation", expected="pair", got="others")


def refuse_double(db: sqlite3.Connection, identity: identities.Identity) -> None:
    """Refuse a node that shares a key with another partner: whose signature would it be? (H08)"""
    for partner in partners.every(db):
        known = partners.identity_entries(db, partner.node)
        if partner.node != identity.node_id and identities.replay(known).used & identity.used:
            raise PeerError(Code.KEY, f"already paired as {partner.name}", expected="keys of its own", got="the same")
