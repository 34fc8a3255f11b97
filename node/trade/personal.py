"""Personal data: sealed to the node that ships, and to nobody else.

docs/protocol.md section 11. What stands in a logbook is a commitment; the sealed bytes travel beside it as a blob and
can be destroyed. A dealer passes the blob on unread: the reference then says where it was sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts import histories
from contracts.documents import agreements, orders
from node import keystore
from node.storage import blobs
from node.trade import books
from protocol import identities, keys, sealing
from protocol.encoding import Value

MADE_UP = "hanse/sealed/"
MASKED = orders.MASKED  # a masked recipient, whether it is sealed or stands openly in the order
FIELDS = ("name", "phone", "country", "province", "city", "district", "street", "zip", "note", *MASKED)


def seal(
    desk: books.Desk,
    book: books.Book,
    entry_id: bytes,
    recipient: Mapping[str, str],
    shipper_kem: bytes,
    anonymous: bool,
) -> dict[str, Value]:
    """Seal a recipient to the shipper's `kem` key (32 bytes) for the entry `entry_id`; keep the blob for sending.

    `anonymous`: somebody behind the partner ships. Then the place where it was sealed is made up, so that the shipper
    cannot tell whose consumers are whose.
    """
    entropy = desk.books.entropy
    where = (MADE_UP + entropy.token(16).hex(), entropy.token(16)) if anonymous else (book.mine.origin, entry_id)
    reference, ciphertext = sealing.seal_personal(
        {key: recipient[key] for key in FIELDS if recipient.get(key)},
        salt=entropy.token(32),
        origin=where[0],
        entry_id=where[1],
        recipient_public=shipper_kem,
        ephemeral=entropy.token(32),
    )
    blobs.put(desk.db, ciphertext)
    return sealing.forward(reference, origin=where[0], entry_id=where[1]) if anonymous else reference


def place(whole: Mapping[str, str], table: agreements.Disclosure | None) -> dict[str, Value]:
    """What the disclosure table of an agreement lets the seller see of an address or a destination; the country where
    there is no table. Empty for no address, or for none of it.

    Of a `region` (ISO 3166-2, or six digits of GB/T 2260) the digits that are finer than allowed become zeros. The
    words that a consumer wrote are never taken.
    """
    country, region = whole.get("country", ""), whole.get("region", "")
    level = "country" if table is None else table.ship_to
    if len(country) != 2 or level == "none":
        return {}
    if level == "country" or not region:
        return {"country": country}
    kept = {"province": 2, "city": 4}[level]
    return {"country": country, "region": region[:kept].ljust(6, "0") if region.isdigit() else region}


def forward(reference: Mapping[str, Value], origin: str, entry_id: bytes) -> dict[str, Value]:
    """The reference for the next link of a chain; the sealed blob stays the same."""
    return sealing.forward(reference, origin=origin, entry_id=entry_id)


def want(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """Ask the partner for the sealed blob that one of its entries names, if this node has to ship or pass it on."""
    reference = item.body.get("pii")
    if isinstance(reference, dict):
        digest, size = reference.get("ct"), reference.get("len")
        if isinstance(digest, bytes) and isinstance(size, int):
            blobs.want(desk.db, book.channel.id, [(digest, size)])


def reveal(
    desk: books.Desk,
    unlocked: keystore.Keys,
    partner: identities.NodeId,
    reference: Mapping[str, Any],
    origin: str,
    entry_id: bytes,
) -> dict[str, str] | None:
    """The recipient, if this node is the shipper and has the blob; None otherwise. `partner`: from whom it came."""
    private = private_of(unlocked, partner, bytes(reference["kid"]))
    ciphertext = blobs.get(desk.db, bytes(reference["ct"]))
    if private is None or ciphertext is None:
        return None
    return sealing.open_personal(
        reference,
        ciphertext,
        origin=str(reference.get("o", origin)),
        entry_id=bytes(reference.get("i", entry_id)),
        private=private,
    )


def newest_kem(unlocked: keystore.Keys, partner: identities.NodeId) -> tuple[bytes, bytes]:
    """(key id, public key) for addresses that come through a partner.

    Each partner gets another key: whoever sees it far down a chain cannot tell whose it is.
    """
    public = keys.x25519_public(kem_for(unlocked.kem[-1], partner))
    return sealing.key_id(public), public


def kem_for(private: bytes, partner: identities.NodeId) -> bytes:
    """The key for addresses that come through a partner. It follows from a `kem` key, and is destroyed with it."""
    return keys.hkdf(private, b"hanse/kem/1\n" + partner)


def private_of(unlocked: keystore.Keys, partner: identities.NodeId, kid: bytes) -> bytes | None:
    """The private key with this id, None when it was destroyed or is another node's."""
    for private in unlocked.kem:
        for candidate in (kem_for(private, partner), private):
            if sealing.key_id(keys.x25519_public(candidate)) == kid:
                return candidate
    return None
