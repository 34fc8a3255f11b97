"""Partners, their identity logs, the channels with them, and invitations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from node.storage import searches
from protocol import identities
from protocol.identities import NodeId


class PartnerState(StrEnum):
    """Whether a partner is spoken to. Removing is sticky: an introduction never revives it."""

    ACTIVE = "active"
    REMOVED = "removed"


class ChannelState(StrEnum):
    """States of a channel, docs/protocol.md sections 8.4 and 9.5."""

    PAIRING = "pairing"  # the first entries of both sides are not receipted yet
    OPEN = "open"
    RECOVERING = "recovering"
    FORKED = "forked"
    STOPPED = "stopped"  # the partner signed what cannot be, or what is stored is damaged: people have to look
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Partner:
    """Another merchant's node."""

    id: int
    node: NodeId
    name: str
    state: PartnerState
    addresses: tuple[str, ...]
    version_seen_max: int
    invite_tag: bytes | None
    paired_ms: int
    last_seen_ms: int | None
    compared_ms: int | None = None  # when people found that both sides show the same words


@dataclass(frozen=True, slots=True)
class Channel:
    """The pair of logbooks with one partner. `side` is this node's place in the fold: 0 or 1."""

    id: int
    partner: int
    epoch: int
    salt: bytes
    state: ChannelState
    side: int
    applied: int  # how many of the partner's entries were folded and acted upon


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation that this node gave: the secret is encrypted, `node` is who used it first."""

    tag: bytes
    sealed: bytes
    expires_s: int
    node: NodeId | None
    tries: int
    given_s: int


EVIDENCE_MAX = 256  # a partner who sends more claims than this proves nothing more
PARTNER_COLUMNS = "id, node, name, state, addresses, version_seen_max, invite_tag, paired_ms, last_seen_ms, compared_ms"
INVITE_COLUMNS = "tag, sealed, expires_s, node, tries, given_s"
CHANNEL_COLUMNS = "id, partner, epoch, salt, state, side, applied"


def partner_of_row(row: Sequence[object]) -> Partner:
    """A `Partner` from a row of PARTNER_COLUMNS."""
    id, node, name, state, addresses, version, tag, paired_ms, last_seen_ms, compared_ms = row
    assert isinstance(id, int) and isinstance(node, bytes) and isinstance(name, str) and isinstance(version, int)
    assert isinstance(addresses, str) and isinstance(paired_ms, int)
    assert tag is None or isinstance(tag, bytes)
    assert last_seen_ms is None or isinstance(last_seen_ms, int)
    assert compared_ms is None or isinstance(compared_ms, int)
    listed = tuple(json.loads(addresses))
    found = PartnerState(str(state))
    return Partner(id, NodeId(node), name, found, listed, version, tag, paired_ms, last_seen_ms, compared_ms)


def channel_of_row(row: Sequence[object]) -> Channel:
    """A `Channel` from a row of CHANNEL_COLUMNS."""
    id, partner, epoch, salt, state, side, applied = row
    assert isinstance(id, int) and isinstance(partner, int) and isinstance(epoch, int) and isinstance(salt, bytes)
    assert isinstance(side, int) and isinstance(applied, int)
    return Channel(id, partner, epoch, salt, ChannelState(str(state)), side, applied)


def add(
    db: sqlite3.Connection, node: NodeId, name: str, addresses: Sequence[str], tag: bytes | None, now_ms: int
) -> Partner:
    """A new active partner. The name is made unique by a number where another partner has it already."""
    wanted, number = name, 1
    while by_name(db, wanted) is not None:
        number += 1
        wanted = f"{name} {number}"
    db.execute(
        "INSERT INTO partners (node, name, state, addresses, version_seen_max, invite_tag, paired_ms)"
        " VALUES (?, ?, ?, ?, 1, ?, ?)",
        (node, wanted, PartnerState.ACTIVE, json.dumps(list(addresses)), tag, now_ms),
    )
    partner = by_node(db, node)
    assert partner is not None
    enter(db, partner)
    return partner


def enter(db: sqlite3.Connection, partner: Partner) -> None:
    """Let a partner be found: by the name that this merchant gave it, and by its NodeID."""
    key = partner.id.to_bytes(8, "big")
    text = identities.to_text(partner.node)
    searches.put(db, searches.Findable("partner", key, searches.NO_CHANNEL, (text,), (partner.name,)))


def every(db: sqlite3.Connection) -> list[Partner]:
    """All partners, in the order of pairing."""
    rows = db.execute(f"SELECT {PARTNER_COLUMNS} FROM partners ORDER BY id")
    return [partner_of_row(row) for row in rows]


def by_node(db: sqlite3.Connection, node: NodeId) -> Partner | None:
    """The partner with this NodeID."""
    row = db.execute(f"SELECT {PARTNER_COLUMNS} FROM partners WHERE node = ?", (node,)).fetchone()
    return None if row is None else partner_of_row(row)


def by_name(db: sqlite3.Connection, name: str) -> Partner | None:
    """The partner that this merchant calls so."""
    row = db.execute(f"SELECT {PARTNER_COLUMNS} FROM partners WHERE name = ?", (name,)).fetchone()
    return None if row is None else partner_of_row(row)


def by_id(db: sqlite3.Connection, id: int) -> Partner | None:
    """The partner with this row id."""
    row = db.execute(f"SELECT {PARTNER_COLUMNS} FROM partners WHERE id = ?", (id,)).fetchone()
    return None if row is None else partner_of_row(row)


def rename(db: sqlite3.Connection, id: int, name: str) -> None:
    """Call a partner by another name; the name is this merchant's own and is never sent."""
    db.execute("UPDATE partners SET name = ? WHERE id = ?", (name, id))
    partner = by_id(db, id)
    assert partner is not None
    enter(db, partner)


def set_state(db: sqlite3.Connection, id: int, state: PartnerState) -> None:
    """Whether the partner is spoken to."""
    db.execute("UPDATE partners SET state = ? WHERE id = ?", (state, id))


def compared(db: sqlite3.Connection, id: int, now_ms: int) -> None:
    """People read the words to each other, and they were the same."""
    db.execute("UPDATE partners SET compared_ms = ? WHERE id = ?", (now_ms, id))


def saw(db: sqlite3.Connection, id: int, now_ms: int) -> None:
    """A session with the partner is open."""
    db.execute("UPDATE partners SET last_seen_ms = ? WHERE id = ?", (now_ms, id))


def identity_entries(db: sqlite3.Connection, node: NodeId) -> list[bytes]:
    """The stored identity log of a node, in order."""
    rows = db.execute("SELECT data FROM identity_entries WHERE node = ? ORDER BY position", (node,))
    return [row[0] for row in rows]


def add_identity_entries(db: sqlite3.Connection, node: NodeId, first: int, entries: Sequence[bytes]) -> None:
    """Append verified entries to the stored identity log of a node."""
    db.executemany(
        "INSERT INTO identity_entries (node, position, data) VALUES (?, ?, ?)",
        [(node, first + offset, data) for offset, data in enumerate(entries)],
    )


def add_channel(db: sqlite3.Connection, partner: int, epoch: int, salt: bytes, side: int) -> Channel:
    """A new channel in state PAIRING."""
    db.execute(
        "INSERT INTO channels (partner, epoch, salt, state, side, applied) VALUES (?, ?, ?, ?, ?, 0)",
        (partner, epoch, salt, ChannelState.PAIRING, side),
    )
    channel = channel_of(db, partner)
    assert channel is not None
    return channel


def channel_of(db: sqlite3.Connection, partner: int) -> Channel | None:
    """The channel of the newest epoch with a partner."""
    row = db.execute(
        f"SELECT {CHANNEL_COLUMNS} FROM channels WHERE partner = ? ORDER BY epoch DESC LIMIT 1", (partner,)
    ).fetchone()
    return None if row is None else channel_of_row(row)


def channel(db: sqlite3.Connection, id: int) -> Channel:
    """The channel with this row id."""
    row = db.execute(f"SELECT {CHANNEL_COLUMNS} FROM channels WHERE id = ?", (id,)).fetchone()
    return channel_of_row(row)


def channels(db: sqlite3.Connection) -> list[Channel]:
    """All channels."""
    return [channel_of_row(row) for row in db.execute(f"SELECT {CHANNEL_COLUMNS} FROM channels ORDER BY id")]


def set_channel_state(db: sqlite3.Connection, id: int, state: ChannelState) -> None:
    """Move a channel to another state."""
    db.execute("UPDATE channels SET state = ? WHERE id = ?", (state, id))


def open_if_paired(db: sqlite3.Connection, id: int) -> None:
    """PAIRING ends when the first entries of both sides are receipted."""
    db.execute(
        "UPDATE channels SET state = ? WHERE id = ? AND state = ?"
        " AND NOT EXISTS (SELECT 1 FROM logbooks WHERE channel = ? AND receipted = 0)",
        (ChannelState.OPEN, id, ChannelState.PAIRING, id),
    )


def set_applied(db: sqlite3.Connection, id: int, applied: int) -> None:
    """Move the dispatch cursor, in the transaction of the effects."""
    db.execute("UPDATE channels SET applied = ? WHERE id = ?", (applied, id))


def add_invite(db: sqlite3.Connection, tag: bytes, sealed: bytes, expires_s: int, given_s: int) -> None:
    """Remember an invitation given."""
    db.execute(
        "INSERT INTO invites (tag, sealed, expires_s, node, tries, given_s) VALUES (?, ?, ?, NULL, 0, ?)",
        (tag, sealed, expires_s, given_s),
    )


def invite(db: sqlite3.Connection, tag: bytes) -> Invite | None:
    """The invitation with this tag."""
    row = db.execute(f"SELECT {INVITE_COLUMNS} FROM invites WHERE tag = ?", (tag,)).fetchone()
    return None if row is None else Invite(*row)


def invites(db: sqlite3.Connection, since_s: int, count_max: int) -> list[Invite]:
    """The invitations that ended after `since_s` or have not ended, the newest first."""
    rows = db.execute(
        f"SELECT {INVITE_COLUMNS} FROM invites WHERE expires_s > ? ORDER BY given_s DESC, tag LIMIT ?",
        (since_s, count_max),
    )
    return [Invite(*row) for row in rows]


def withdraw_invite(db: sqlite3.Connection, tag: bytes) -> bool:
    """Let nobody use an invitation any more; tells whether it was still open."""
    done = db.execute("UPDATE invites SET expires_s = 0 WHERE tag = ? AND node IS NULL AND expires_s > 0", (tag,))
    return done.rowcount > 0


def bind_invite(db: sqlite3.Connection, tag: bytes, node: NodeId) -> None:
    """Bind an invitation to the first node that completed it."""
    db.execute("UPDATE invites SET node = ? WHERE tag = ? AND node IS NULL", (node, tag))


def count_try(db: sqlite3.Connection, tag: bytes) -> None:
    """Count a failed use of an invitation."""
    db.execute("UPDATE invites SET tries = tries + 1 WHERE tag = ?", (tag,))


def keep_evidence(db: sqlite3.Connection, channel: int, kind: str, content: bytes) -> None:
    """Store a proof before anything else is done with it: the same one once, of each kind at most EVIDENCE_MAX."""
    db.execute(
        "INSERT INTO evidence (channel, kind, content) SELECT ?, ?, ?"
        " WHERE NOT EXISTS (SELECT 1 FROM evidence WHERE channel = ? AND kind = ? AND content = ?)"
        " AND (SELECT count(*) FROM evidence WHERE channel = ? AND kind = ?) < ?",
        (channel, kind, content, channel, kind, content, channel, kind, EVIDENCE_MAX),
    )


def stop(db: sqlite3.Connection, channel: int, kind: str, proof: bytes) -> None:
    """Stop a channel until people have looked at the proof."""
    keep_evidence(db, channel, kind, proof)
    set_channel_state(db, channel, ChannelState.STOPPED)


def evidence(db: sqlite3.Connection, channel: int) -> list[tuple[str, bytes]]:
    """(kind, content) of every proof kept for a channel."""
    return db.execute("SELECT kind, content FROM evidence WHERE channel = ? ORDER BY id", (channel,)).fetchall()
