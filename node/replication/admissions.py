"""Who is let in: partners with the keys that their identity logs name, and whoever holds an invitation of mine."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from node import ports
from node.replication import greetings
from node.storage import database, invites, partners
from protocol import identities, messages, sessions
from protocol.errors import Code, PeerError


@dataclass(frozen=True, slots=True)
class Admissions:
    """Looks everybody up. `warn` takes what happened and who did it."""

    database: database.Database
    world: ports.Ports
    me: greetings.Me
    warn: Callable[[str, str], None]

    async def session(self, peer: identities.NodeId | None, secret: bytes | None) -> sessions.Session:
        """A session to begin: with `peer`, or with whoever dialled."""
        mine = await self.database.read(lambda db: partners.identity_entries(db, self.me.node))
        identity = identities.replay(mine)
        kel = (identity.size, identity.root)
        ephemeral = self.world.entropy.token(32)
        if peer is None:
            return sessions.Session.responder(
                me=self.me.node, hs_private=self.me.hs_private, ephemeral=ephemeral, kel=kel, boot=self.me.boot
            )
        return sessions.Session.initiator(
            me=self.me.node,
            peer=peer,
            hs_private=self.me.hs_private,
            ephemeral=ephemeral,
            kel=kel,
            boot=self.me.boot,
            invite_secret=secret,
        )

    def keeper(self, secret: bytes | None) -> greetings.Doorkeeper:
        """Who opens the door: `secret` is that of the invitation with which this node dialled, if it did."""

        async def secret_of(tag: bytes) -> bytes | None:
            now_s = self.world.clock.now_ms() // 1000
            return await self.database.write(lambda db: invites.secret_of(db, tag, self.me.root_secret, now_s))

        async def admit(peer: sessions.Authenticated, tag: bytes | None) -> bool | greetings.Learn:
            if secret is not None:
                return True  # the session is bound to the NodeID of the invitation that was dialled
            return await self.database.read(lambda db: self._judge(db, peer, tag))

        async def teach(node: identities.NodeId, part: messages.IdentityLog) -> None:
            await self.database.write(lambda db: learn_identity(db, node, part))

        async def my_log() -> tuple[bytes, ...]:
            return tuple(await self.database.read(lambda db: partners.identity_entries(db, self.me.node)))

        return greetings.Doorkeeper(secret_of, admit, teach, my_log)

    def _judge(self, db: sqlite3.Connection, peer: sessions.Authenticated, tag: bytes | None) -> bool | greetings.Learn:
        partner = partners.by_node(db, peer.node_id)
        if partner is not None and partner.state is partners.PartnerState.REMOVED:
            return False  # no invitation revives it
        if tag is not None:
            return self._may_use(db, peer, tag)
        if partner is None:
            return False
        identity = identities.replay(partners.identity_entries(db, peer.node_id))
        if peer.kel[0] > identity.size:
            return greetings.Learn(identity.size)
        if peer.kel[0] == identity.size and peer.kel[1] != identity.root:
            self.warn("a partner shows another identity log", partner.name)
            return False
        return identity.keys["hs"] == peer.static  # a shorter log is a restored copy: its key still counts

    def _may_use(self, db: sqlite3.Connection, peer: sessions.Authenticated, tag: bytes) -> bool:
        invite = partners.invite(db, tag)
        if invite is not None and invite.node not in (None, peer.node_id):
            who = identities.to_text(peer.node_id)
            self.warn("an invitation was used again by another node", who)
            return False
        return invite is not None


def learn_identity(db: sqlite3.Connection, node: identities.NodeId, part: messages.IdentityLog) -> None:
    """Extend the stored identity log of a partner with what it sent, verified entry by entry."""
    identity = identities.replay(partners.identity_entries(db, node))
    if part.first != identity.size or not part.entries:
        raise PeerError(Code.GAP, "identity log part", expected=identity.size, got=part.first)
    identities.extend(identity, part.entries)
    partners.add_identity_entries(db, node, part.first, part.entries)
