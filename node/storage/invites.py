"""Invitations that this node gave. The secret is stored encrypted, under a key that only the keystore gives.

docs/protocol.md section 9: valid for a day, bound to the first node that completes it, burnt after wrong tries.
"""

from __future__ import annotations

import sqlite3

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from node.storage import partners
from protocol import invitations, limits
from protocol.errors import Code, PeerError
from protocol.identities import NodeId


def cipher(root_secret: bytes) -> ChaCha20Poly1305:
    """The cipher for invitation secrets; the tag is its nonce, which is unique since the secret is random."""
    return ChaCha20Poly1305(HKDF(SHA256(), 32, None, b"hanse/invites-at-rest/1").derive(root_secret))


def give(db: sqlite3.Connection, secret: bytes, root_secret: bytes, expires_s: int, given_s: int = 0) -> bytes:
    """Remember a new invitation; returns its tag (16 bytes)."""
    tag = invitations.tag(secret)
    partners.add_invite(db, tag, cipher(root_secret).encrypt(tag[:12], secret, tag), expires_s, given_s)
    return tag


def secret_of(db: sqlite3.Connection, tag: bytes, root_secret: bytes, now_s: int) -> bytes | None:
    """The secret of a valid invitation, counting the try; None for one that is unknown, expired or burnt.

    Once it is bound to a node it does not expire for that node: a crash in between harms nothing.
    """
    invite = partners.invite(db, tag)
    if invite is None or (invite.node is None and invite.expires_s <= now_s):
        return None
    if invite.node is None and invite.tries >= limits.INVITE_TRIES_MAX:
        return None
    partners.count_try(db, tag)
    return reveal(invite, root_secret)


def reveal(invite: partners.Invite, root_secret: bytes) -> bytes | None:
    """The secret of an invitation, for whoever gave it; None where another key sealed it."""
    try:
        secret: bytes = cipher(root_secret).decrypt(invite.tag[:12], invite.sealed, invite.tag)
    except InvalidTag:
        return None
    return secret


def claim(db: sqlite3.Connection, tag: bytes, node: NodeId) -> None:
    """Bind an invitation to the node that completes it; PeerError `pair.invite` when another one was first (H01)."""
    partners.bind_invite(db, tag, node)
    bound = partners.invite(db, tag)
    if bound is None or bound.node != node:
        raise PeerError(
            Code.INVITE, "the invitation was used by another node", expected="its first node", got=node.hex()
        )
