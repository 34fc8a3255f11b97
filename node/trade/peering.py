"""Opening a channel with a new partner, and what each side says first in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from contracts import documents
from node import errors
from node.storage import logbooks, partners, settings
from node.trade import books, doors
from protocol import entries, identities

EPOCH_FIRST = 1
CARD = "card"  # the setting that holds what this merchant says of itself
SILENT = (partners.ChannelState.FORKED, partners.ChannelState.STOPPED, partners.ChannelState.CLOSED)


def channel_salt(initiator: bytes, responder: bytes) -> bytes:
    """docs/protocol.md section 3: the salt of a channel from the parts (16 bytes each) of both sides."""
    return entries.channel_salt(initiator, responder)


def open_channel(
    desk: books.Desk,
    identity: identities.Identity,
    name: str,
    addresses: Sequence[str],
    salt: bytes,
    tag: bytes,
    invited: bool,
) -> partners.Partner:
    """Make a verified node a partner and write the first entries; a repeat of the same invitation changes nothing.

    `invited` tells whether the partner invited this node, or was invited by it.
    """
    known = partners.by_node(desk.db, identity.node_id)
    if known is not None:
        return known  # H08: one node is one partner, whatever invitation it comes with
    now_ms = desk.now_ms()
    partner = partners.add(desk.db, identity.node_id, name, addresses, tag, now_ms)
    partners.add_identity_entries(desk.db, identity.node_id, 0, identity.entries)
    partners.bind_invite(desk.db, tag, identity.node_id)
    side = 0 if desk.books.me < identity.node_id else 1
    channel = partners.add_channel(desk.db, partner.id, EPOCH_FIRST, salt, side)
    origins = [
        entries.origin(entries.log_id(author, reader, EPOCH_FIRST, salt))
        for author, reader in ((desk.books.me, identity.node_id), (identity.node_id, desk.books.me))
    ]
    logbooks.create(desk.db, channel.id, True, origins[0])
    logbooks.create(desk.db, channel.id, False, origins[1])
    book = desk.book(channel.id)
    desk.write(book, "channel.open", opening(book, origins, salt))
    desk.write(book, "peer.card", card(desk.books.merchant, stored_card(desk)))
    if not invited:
        desk.write(book, "peer.invite", {})
    return partner


def card(merchant: books.Merchant, decided: Mapping[str, Any]) -> books.Body:
    """What this merchant says of itself: what it has `decided` to say goes before what is usual."""
    usual = {"name": merchant.name, "country": merchant.country, "languages": list(merchant.languages)}
    said: dict[str, Any] = {**usual, **decided, "documents": understood()}
    if "payees" in said:
        said["payees"] = [
            {"currency": row["currency"], "len": row["len"], "hash": bytes.fromhex(row["hash"])}
            for row in said["payees"]
        ]
    return books.body(said)


def tell_card(desk: books.Desk, decided: Mapping[str, Any]) -> int:
    """Keep what this merchant says of itself, and tell every partner; how many hear of it."""
    settings.put(desk.db, CARD, json.dumps(decided, ensure_ascii=False, sort_keys=True).encode())
    content, told = card(desk.books.merchant, decided), 0
    for book in trading_books(desk):
        desk.write(book, "peer.card", content)
        told += 1
    return told


def stored_card(desk: books.Desk) -> dict[str, Any]:
    """What this merchant has decided to say of itself."""
    content = settings.get(desk.db, CARD)
    return {} if content is None else cast(dict[str, Any], json.loads(content))


def understood() -> list[dict[str, Any]]:
    """The document types that this program reads, with their versions."""
    return [
        {"type": name, "min": min(versions), "max": max(versions)}
        for name, versions in sorted(documents.SUPPORTED.items())
    ]


def opening(book: books.Book, origins: Sequence[str], salt: bytes) -> books.Body:
    """The body of leaf 0: who, which logbooks, and under which rules. The author's own side stands first."""
    return {
        "nodes": [book.me, book.partner.node],
        "origins": list(origins),
        "salt": salt,
        "epoch": EPOCH_FIRST,
        "suites": ["hanse/1"],
        "fold": "hanse-fold/1",
        "words_compared": False,
        "retention_years": 10,
        "prev": None,
    }


def find(desk: books.Desk, wanted: str) -> tuple[partners.Partner, partners.Channel]:
    """The partner that a person means: by name, or by the first characters of the NodeID text."""
    every = partners.every(desk.db)
    exact = [partner for partner in every if partner.name == wanted]
    plain = wanted.upper().replace("-", "")
    prefixed = [
        partner
        for partner in every
        if len(plain) >= 7 and identities.to_text(partner.node).replace("-", "").startswith(plain)
    ]
    found = exact or prefixed
    if len(found) != 1:
        raise errors.NodeError(
            "partner.unknown" if not found else "partner.ambiguous",
            f"no single partner is called {wanted!r}",
            expected=", ".join(partner.name for partner in every) or "a partner: invite one first",
            got=wanted,
        )
    channel = partners.channel_of(desk.db, found[0].id)
    assert channel is not None
    return found[0], channel


def heard_ms(trade: doors.Trade, desk: books.Desk, id: int) -> int | None:
    """When a partner was last heard, if ever: the end of its last session, or its beginning where that was earlier."""
    partner = partners.by_id(desk.db, id)
    known = (trade.network.contact(id).lost_ms, None if partner is None else partner.last_seen_ms)
    return max((at_ms for at_ms in known if at_ms is not None), default=None)


def open_books(desk: books.Desk, wanted: str | None = None) -> list[books.Book]:
    """The books of one partner, or of all that can be read, as far as they were dispatched, for reading."""
    if wanted is not None:
        return [desk.peek(find(desk, wanted)[1].id)]
    found = (readable(desk, channel.id) for channel in partners.channels(desk.db))
    return [book for book in found if book is not None]


def readable(desk: books.Desk, channel: int) -> books.Book | None:
    """A book, or None where a damaged entry keeps it from being read until the partner's copy is back (L14)."""
    try:
        return desk.peek(channel)
    except logbooks.DamagedError:
        return None


def trading_books(desk: books.Desk) -> Iterator[books.Book]:
    """The books of everybody with whom nothing stands still, for writing."""
    for channel in partners.channels(desk.db):
        if channel.state not in books.HALTED:
            yield desk.book(channel.id)


def written_books(desk: books.Desk) -> Iterator[books.Book]:
    """The books of everybody who can still be told anything, for writing."""
    for channel in partners.channels(desk.db):
        if channel.state not in SILENT:
            yield desk.book(channel.id)
